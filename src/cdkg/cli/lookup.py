"""The command `lookup`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Column, Table

from cdkg.cli import options, show
from cdkg.cli.current import current_graph
from cdkg.errors import QueryError

if TYPE_CHECKING:
    from cdkg.linking.lookup import Found


@click.command()
@click.argument("iris", nargs=-1, required=True, metavar="IRI...")
@click.option("--candidates", is_flag=True, help="Also mappings that nobody has reviewed, or that are unsure.")
@click.option("-f", "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@options.project
@options.state
@options.guarded
def lookup(iris: tuple[str, ...], candidates: bool, form: str, folder: Path | None, state: Path | None) -> int:
    """Find what of ours is what of others, and the other way round: the matches of each IRI, with their evidence.

    An IRI may be written as people do: with a prefix, with https for http, or as the address of a page about the thing.
    `-` reads IRIs from standard input, one a line.

    Exit code: 0 each IRI has a match that holds (no mere candidate), 1 some have none, 2 it could not be done.

    \b
    Example:
      cdkg lookup https://www.geonames.org/2644688/leeds.html
      cdkg lookup --candidates city:leeds https://www.wikidata.org/wiki/Q727
      cut -d, -f3 cities.csv | cdkg lookup - --format csv > ours.csv
    """
    from cdkg.linking.lookup import as_csv, look_up
    from cdkg.query import run

    asked = _asked(iris)
    store = current_graph(folder, state).store
    found = look_up(asked, lambda text: run(store, text).result, candidates=candidates)
    if form == "table":
        _table(found)
    else:
        found = _with_lines(found, folder)
        if form == "json":
            show.json_of({"results": [each.as_json() for each in found]})
        else:
            show.written(as_csv(found).encode())
    return 0 if all(each.holding for each in found) else 1


def _asked(iris: Sequence[str]) -> list[str]:
    """The IRIs, with those of standard input in place of `-`.

    Raises:
        QueryError: Standard input is not UTF-8, or has none.
    """
    if "-" not in iris:
        return [*iris]
    try:
        lines = sys.stdin.buffer.read().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise QueryError("standard input is not UTF-8") from error
    read = [line.strip() for line in lines if line.strip()]
    if not read:
        raise QueryError("there is no IRI on standard input", hint="write one a line")
    at = [*iris].index("-")
    return [*iris[:at], *read, *(iri for iri in iris[at + 1 :] if iri != "-")]


def _with_lines(found: Sequence[Found], folder: Path | None) -> list[Found]:
    """The same with the lines of the mappings in the project's files, where these have them still."""
    from cdkg.assets import Project
    from cdkg.errors import SourceError
    from cdkg.sources.sssom import read_statements
    from cdkg.sources.text import LineStarts

    root = Project.find(folder).root
    lines: dict[tuple[str, str], int] = {}
    for graph, file in {match.graph: match.file for each in found for match in each.matches if match.file}.items():
        if (root / file).is_file():
            try:
                text, statements = read_statements(root / file, graph)
            except SourceError:  # it was edited since the graph was built
                continue
            starts = LineStarts(text)
            lines |= {(graph, str(s.triple.subject)): starts.place(s.block[0])[0] for s in statements}
    return [
        replace(each, matches=tuple(replace(m, line=lines.get((m.graph, f"<{m.record}>"))) for m in each.matches))
        for each in found
    ]


def _table(found: Sequence[Found]) -> None:
    from cdkg.vocabulary import shorten

    table = Table(
        *(Column(name, overflow="fold") for name in ("asked", "match", "what is said of it")), show_lines=True
    )
    for each in found:
        _note(each)
        for match in each.matches:
            mapping = match.mapping
            iri, label = match.other(each.iri)
            no = "not " if mapping.is_negative else ""
            sure = "" if mapping.confidence is None else f" {mapping.confidence:g}"
            by = ", ".join((*mapping.reviewer_id, *mapping.reviewer_label))
            said = f"{no}{shorten(mapping.predicate_id)}, {match.state}{sure}" + (f"\nreviewed by {by}" if by else "")
            table.add_row(*map(escape, (shorten(each.iri), f"{shorten(iri)}\n{label or ''}".rstrip(), said)))
        if not each.matches:
            table.add_row(escape(shorten(each.iri)), "", "no match" if each.known else "unknown")
    show.out.print(table)


def _note(found: Found) -> None:
    """Say what was taken for what, and what is not shown."""
    from cdkg.vocabulary import shorten

    if found.iri != found.asked.strip("<>") and shorten(found.iri) != found.asked:
        show.err.print(f"note: {escape(found.asked)} is taken for {escape(shorten(found.iri))}")
    if found.candidates and not any(match.state == "candidate" for match in found.matches):
        number = "a candidate" if found.candidates == 1 else f"{found.candidates} candidates"
        show.err.print(f"note: {escape(found.asked)} has {number}; --candidates shows more")


COMMANDS = (lookup,)
