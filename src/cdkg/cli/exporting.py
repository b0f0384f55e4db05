"""The command `export`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from cdkg.cli import options, show
from cdkg.cli.current import current_snapshot

if TYPE_CHECKING:
    from cdkg.formats import Format
    from cdkg.store.export import Export


@click.command()
@click.option("-f", "--format", "form",
              help="nquads, trig and jsonld with the names of graphs; turtle, ntriples, rdfxml and n3 as one graph "
              "(default: by the suffix of FILE, else nquads).")  # fmt: skip
@click.option("--graph", "patterns", multiple=True, metavar="PATTERN",
              help="These graphs only, as in 'links/*', graph:ucl/table-1 or a full IRI; may be repeated.")  # fmt: skip
@click.option("--same-as", is_flag=True,
              help="Tell exact matches with things of others as owl:sameAs, too, in a graph of their own.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="Write this file, whole or not at all (default, or -: standard output).")  # fmt: skip
@options.project
@options.state
@options.guarded
def export(
    form: str | None, patterns: tuple[str, ...], same_as: bool, output: Path | None, folder: Path | None,
    state: Path | None,
) -> int:  # fmt: skip
    """Write the built graph, or some of its named graphs, in an RDF syntax.

    A syntax that has no names of graphs gets each triple once; shapes then only by their own names, as in queries.

    \b
    Example:
      cdkg export --output graph.trig
      cdkg export --graph 'links/*' --same-as --format ntriples > links.nt
      cdkg export --graph 'ucl/*' --graph 'entities/*' --output ucl.ttl
    """
    from cdkg.store.aside import write_aside
    from cdkg.store.export import Export

    target = None if output is None or str(output) == "-" else output
    syntax = _syntax(form, target)  # before anything is built
    found = Export.of(current_snapshot(folder, state), patterns, with_same_as=same_as)
    with _progress(found.number) as tell:
        if target is None:
            _write(found, syntax, sys.stdout.buffer, tell)
        else:
            write_aside(target, lambda out: _write(found, syntax, out, tell))
    return 0


def _syntax(form: str | None, target: Path | None) -> Format:
    """The syntax by its name, else by the suffix of the file.

    Raises:
        NotAcceptableError: There is none of this name or suffix.
    """
    from cdkg.formats import SYNTAXES, by_name, by_suffix

    if form is not None:
        return by_name(form, SYNTAXES)
    return by_suffix(target) if target is not None else by_name("nquads", SYNTAXES)


def _write(found: Export, syntax: Format, out: BinaryIO, tell: Callable[[int], None]) -> None:
    from cdkg.query.graph_output import write_graph

    if syntax.writer.supports_datasets:  # type: ignore[union-attr]  # those of RDF say whether they do
        write_graph(found.quads(tell), out, syntax)
    else:
        write_graph(found.triples(tell), out, syntax)
    out.flush()


@contextmanager
def _progress(number: int) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many quads were read."""
    from rich.progress import Progress

    with Progress(console=show.err, transient=True, disable=not show.err.is_terminal) as bar:
        task = bar.add_task("Export", total=number)
        yield lambda done: bar.update(task, completed=done)


COMMANDS = (export,)
