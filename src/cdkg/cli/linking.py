"""The commands `link candidates`, `link review` and `link check`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.markup import escape
from rich.table import Column, Table

from cdkg.cli import options, show
from cdkg.cli.endpoints import ENDPOINTS, asking
from cdkg.cli.link_checking import check
from cdkg.cli.reviewing import review
from cdkg.errors import SettingsError

if TYPE_CHECKING:
    from cdkg.linking.candidates import Finder, Found
    from cdkg.linking.places import Kind, Sought
    from cdkg.linking.remote import RemoteFinder

_KINDS: Final = ("city", "region", "country", "continent")
#: So many things without candidates are named.
_NAMED: Final = 10


@click.group()
def link() -> None:
    """Find, review and check links to GeoNames, Wikidata and others.

    \b
    Example:
      cdkg link candidates --target geonames --format sssom > new.sssom.tsv
      cdkg link review new.sssom.tsv --reviewer orcid:0000-0002-1825-0097
      cdkg link check
    """


@link.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--target", required=True, metavar="geonames|wikidata|dbpedia|URL", help="Whom to look for.")
@click.option("--type", "kind", type=click.Choice(_KINDS), help="What kind of places only.")
@click.option("--column", "columns", multiple=True, metavar="WHAT=COLUMN",
              help="A column of FILE, as in name=Stadt; WHAT is key, name, country, region, latitude, longitude, "
              "population or kind; may be repeated.")  # fmt: skip
@click.option("--most", type=click.IntRange(1, 50), default=3, show_default=True, help="Candidates of each at most.")
@click.option("--at-least", "least", type=click.FloatRange(0, 1), default=0.05, show_default=True,
              help="Leave out those that are less sure.")  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Also for what is linked already.")
@click.option("--format", "form", type=click.Choice(["table", "json", "sssom"]), default="table", show_default=True)
@options.project
@options.guarded
def candidates(
    file: Path | None, target: str, kind: str | None, columns: Sequence[str], form: str, folder: Path | None,
    **more: Any,
) -> int:  # fmt: skip
    """Find who could be meant by the project's places, or by the rows of FILE, each with its evidence.

    FILE is CSV or TSV in UTF-8 with a row of column names. Without it, the project's places that have no accepted link
    to the target yet are looked for. GeoNames is asked offline (`pip install 'cdkg[places]'`), all others over HTTP.

    Exit code: 0 there are candidates, 1 there are none, 2 it could not be looked.

    \b
    Example:
      cdkg link candidates --target geonames --type city
      cdkg link candidates --target geonames --format json cities.csv
      cdkg link candidates --target geonames --column name=Stadt --column country=Land staedte.csv
    """
    from cdkg.linking.candidates import find
    from cdkg.linking.places import Kind

    if columns and file is None:
        raise SettingsError("--column goes with a FILE only")
    wanted = Kind(kind) if kind else None
    denied: frozenset[tuple[str, str]] = frozenset()
    if file is not None:
        things = _of_table(file, columns, wanted)
    else:
        things, denied = _of_project(folder, target, wanted, more["every"])
    if not things:
        show.err.print("nothing to look for: all places have a link (--all looks for these, too)")
        return 1
    finder = _finder(target, folder)
    found = find(finder, things, more["most"], more["least"], denied)
    _tell(found, finder, target, form)
    with_some = sum(bool(each.candidates) for each in found)
    show.err.print(f"{with_some} of {len(found)} have candidates")
    without = [each.thing.name or each.thing.key for each in found if not each.candidates]
    if without and form != "table":
        rest = f" and {len(without) - _NAMED} more" if len(without) > _NAMED else ""
        show.err.print(f"none for {', '.join(without[:_NAMED])}{rest}", markup=False)
    return 0 if with_some else 1


def _of_table(file: Path, columns: Sequence[str], kind: Kind | None) -> list[Sought]:
    from cdkg.linking.tables import COLUMNS, read_table

    named = {}
    for text in columns:
        what, sign, column = text.partition("=")
        if not sign or what not in COLUMNS:
            raise SettingsError(f"--column {text!r} is not WHAT=COLUMN", hint=f"WHAT is one of {', '.join(COLUMNS)}")
        named[what] = column
    return read_table(file, named, kind)


def _of_project(
    folder: Path | None, target: str, kind: Kind | None, every: bool
) -> tuple[list[Sought], frozenset[tuple[str, str]]]:
    """The project's places that have no accepted link to the target, and the matches that were rejected."""
    from cdkg.graph import Role
    from cdkg.linking.places import Kind
    from cdkg.linking.things import places_of
    from cdkg.pipeline import open_project
    from cdkg.sources import sssom

    workspace = open_project(folder)
    kinds = frozenset([kind]) if kind else frozenset(Kind)
    # where our entities stand behind a project, our links do, too: so the graph is asked for the file
    paths = [g.path for g in workspace.graph.of(Role.LINKS) if g.iri.value == sssom.iri_of(target) and g.path]
    mappings = [mapping for path in paths for mapping in sssom.read(path).mappings]
    linked = {m.subject_id for m in mappings if m.is_accepted and not every}
    denied = frozenset((m.subject_id or "", m.object_id or "") for m in mappings if m.is_negative)
    return [thing for thing in places_of(workspace.graph.store, kinds) if thing.key not in linked], denied


def _finder(target: str, folder: Path | None) -> Finder:
    """Who knows the places of a target.

    Raises:
        SettingsError: There is no such target.
    """
    from cdkg.linking.candidates import GazetteerFinder
    from cdkg.linking.gazetteer import geonames

    if target == "geonames":
        return GazetteerFinder(geonames())
    return _remote(target, folder)


def _remote(target: str, folder: Path | None) -> RemoteFinder:
    from cdkg.linking.gazetteer import known_countries
    from cdkg.linking.remote import DIALECTS, GENERIC, RemoteFinder

    ask = asking(target, folder)
    return RemoteFinder(ask, DIALECTS.get(target, GENERIC), known_countries(), ENDPOINTS.get(target, target))


def _tell(found: Sequence[Found], finder: Finder, target: str, form: str) -> None:
    from datetime import UTC, datetime

    from cdkg import __version__
    from cdkg.linking.candidates import as_mappings, rows
    from cdkg.sources import sssom

    if form == "json":
        show.json_of([each.as_json() for each in found])
    elif form == "sssom":
        day = datetime.now(tz=UTC).date()
        click.echo(sssom.write(as_mappings(found, target, finder.source, __version__, day)), nl=False)
    else:
        _table(rows(found))


def _table(cells: Iterable[Sequence[str]]) -> None:
    from cdkg.vocabulary import shorten

    table = Table("thing", Column("candidate", overflow="fold"), "sure", "evidence", show_lines=True)
    for thing, *others in cells:
        name, _, key = thing.partition("\n")
        table.add_row(escape(f"{name}\n{shorten(key) if '://' in key else key}"), *map(escape, others))
    show.out.print(table)


link.add_command(review)
link.add_command(check)

COMMANDS = (link,)
