"""How findings, answers and addresses look on a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cdkg.vocabulary import BASE, shorten

if TYPE_CHECKING:
    from cdkg.errors import Location
    from cdkg.query import Answer
    from cdkg.validation import Report

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def results(report: Report, limit: int | None = 20) -> None:
    """Print the findings; with a limit, that many of each severity, and those that only inform are left out."""
    from cdkg.validation import Severity

    colours = {Severity.VIOLATION: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
    for severity in Severity:
        if severity is Severity.INFO and limit is not None:
            continue
        found = report.of(severity)
        for result in found[:limit]:
            place = f"{near(result.places[0])}: " if result.places else ""
            focus = shorten(result.focus[1:-1]) if result.focus.startswith("<") else result.focus
            grave = f"[{colours[severity]}]{severity.value}[/]"
            out.print(f"{escape(place)}{grave} {escape(focus)}: {escape(result.message)}")
            for other in result.places[1:4]:
                out.print(f"    also {escape(near(other))}")
        if limit is not None and len(found) > limit:
            out.print(f"… and {len(found) - limit} more of severity {severity.value} (`cdkg validate` shows all)")


def near(place: Location) -> str:
    """The place as seen from the current folder, where it lies below it."""
    path = Path(place.path)
    here = Path.cwd()
    return str(place).replace(place.path, str(path.relative_to(here)), 1) if here in path.parents else str(place)


def verdict(report: Report, *, brief: bool = False) -> None:
    """Print how many findings there are and how much was looked at."""
    from cdkg.validation import Severity

    counts = ", ".join(f"{number} {name}" for name, number in report.counts().items())
    out.print(
        f"{counts}; {report.shapes} shapes looked at {report.focus_nodes:,} nodes, {report.checks} checks ran"
        + (f"; {len(report.idle_shapes)} shapes met nothing" if report.idle_shapes else "")
        + (" (`cdkg validate` shows the infos)" if brief and report.of(Severity.INFO) else "")
    )


def counts(numbers: dict[str, int]) -> None:
    """Print sizes, a line each."""
    for name, number in numbers.items():
        out.print(f"{number:>9,}  {name}")


def answer(found: Answer, form: str) -> None:
    """Print an answer in a format by its name, or as a table.

    Raises:
        NotAcceptableError: This kind of answer has no such format.
    """
    from pyoxigraph import NamedNode, QuerySolutions

    from cdkg.formats import by_name

    if form != "table" or not isinstance(found.result, QuerySolutions):
        chosen = found.offered[0] if form == "table" else by_name(form, found.offered)
        written(found.write(chosen))
        return
    table = Table()
    for variable in found.result.variables:
        table.add_column(escape(variable.value), overflow="fold")
    for row in found.result:
        shown = (_name(t.value) if isinstance(t, NamedNode) else getattr(t, "value", "") for t in row)
        table.add_row(*[escape(cell) for cell in shown])
    out.print(table)
    err.print(f"{table.row_count} rows")


def written(data: bytes) -> None:
    """Print an answer as it was written, without touching its line ends; a last one is added where there is none."""
    click.echo(data, nl=not data.endswith(b"\n"))


def _name(iri: str) -> str:
    """A prefixed name; where none fits, the path below the project's base (`graph/ucl/table-1`), or the IRI."""
    short = shorten(iri)
    return iri.removeprefix(BASE) if short.startswith("<") else short


def address(url: str) -> None:
    """Print where the server listens, and three things to try."""
    query = quote("SELECT * { city:leeds cd:twinnedWith ?twin }")
    out.print(f"cdkg serves {url}  (Ctrl-C ends it)")
    out.print("Three things to try:")
    out.print(f"  open {url} in a browser and click a question")
    out.print(f"  curl '{url}sparql?format=csv&query={query}'")
    out.print("  cdkg explain city:leeds cd:twinnedWith city:hangzhou")
