"""How findings, answers and addresses look on a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import click
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cdkg.vocabulary import BASE, shorten

if TYPE_CHECKING:
    from cdkg.errors import ClashError, Location
    from cdkg.query import Answer
    from cdkg.query.questions import Outcome, Question
    from cdkg.reasoning.profile.outside import OutsideProfile
    from cdkg.reasoning.telling.contradiction import Contradiction
    from cdkg.validation import Report

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

#: So many findings are printed; `--format json` has more.
_MOST: Final = 20
_NOTHING: Final = object()


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is being done; without a thread, as processes may be copied meanwhile."""
    if not err.is_terminal:
        yield lambda _: None
        return
    with Live(console=err, auto_refresh=False, transient=True) as live:
        yield lambda text: live.update(Text(text, style="dim"), refresh=True)


def findings(report: Report) -> None:
    """Print the findings of a build, some of each kind; those that only inform are left to `cdkg validate`."""
    from cdkg.validation import Severity
    from cdkg.validation.writing import Telling, write

    colour = out.is_terminal and not out.no_color
    out.out(write(report, "text", Telling(Path.cwd(), mildest=Severity.WARNING, colour=colour)), end="")
    if report.of(Severity.INFO):
        out.print("(`cdkg validate` shows the infos)")


def near(place: Location) -> str:
    """The place as seen from the current folder, where it lies below it."""
    path = Path(place.path)
    here = Path.cwd()
    return str(place).replace(place.path, str(path.relative_to(here)), 1) if here in path.parents else str(place)


def counts(numbers: Mapping[str, int], target: Console = out) -> None:
    """Print sizes, a line each."""
    for name, number in numbers.items():
        target.print(f"{number:>9,}  {name}")


def contradictions(found: Sequence[Contradiction], number: int) -> None:
    """Print what the graph says against itself, so that someone can mend it."""
    from cdkg.reasoning.telling.contradiction import told

    err.print(f"[red]contradiction[/red] {escape(told(found[:_MOST], number, near))}")


def clash(error: ClashError) -> None:
    """Print the contradictions that an error brings; the whole message where it brings none as data."""
    if error.clashes:
        contradictions(error.clashes, error.number)
    else:
        err.print(f"[red]contradiction[/red] {escape(str(error))}")


def outside_profile(found: Sequence[OutsideProfile], *, refused: bool) -> None:
    """Say which axioms are outside OWL 2 RL, and what becomes of them."""
    if not found:
        return
    number = sum(finding.number for finding in found)
    becomes = "refused" if refused else "no rule reads these parts; all else is reasoned over"
    err.print(f"note: {number} axiom{'s'[: number != 1]} outside OWL 2 RL ({becomes}):")
    for finding in found[:_MOST]:
        err.print(f"  {escape(finding.text(near))}")
    if len(found) > _MOST:
        err.print(f"  … and {len(found) - _MOST} more kinds")


def outcome(question: Question, found: Outcome) -> None:
    """Print how the answer of a question compares with the expected one."""
    mark = "[green]right[/]" if found.right else "[red]wrong[/]"
    out.print(f"{mark} {escape(question.slug)}: {escape(question.question)} ({found.rows} rows)")
    for sign, rows in (("-", found.missing), ("+", found.surplus)):
        for row in rows[:5]:
            out.print(f"    {sign} {escape(' '.join(row))}")
    if not found.right and not found.missing and not found.surplus:
        out.print("    the rows are right, their order is not")


def json_of(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json_text(value))


def json_text(value: Any) -> str:
    """A value as JSON with an indent of one, however deep it is (`json.dumps` recurses; proofs are deep)."""
    parts: list[str] = []
    stack: list[tuple[str, Any, int]] = [("", value, 0)]  # what stands before a value; text alone: no value follows
    while stack:
        before, item, depth = stack.pop()
        parts.append(before)
        if item is _NOTHING:
            continue
        if not isinstance(item, dict | list) or not item:
            parts.append(json.dumps(item))
            continue
        pad = "\n" + " " * (depth + 1)
        opening, closing = "{}" if isinstance(item, dict) else "[]"
        heads = [f"{json.dumps(key)}: " for key in item] if isinstance(item, dict) else [""] * len(item)
        values = list(item.values()) if isinstance(item, dict) else item
        stack.append((f"\n{' ' * depth}{closing}", _NOTHING, depth))
        rows = [(f"{',' if index else opening}{pad}{head}", inner, depth + 1)
                for index, (head, inner) in enumerate(zip(heads, values, strict=True))]  # fmt: skip
        stack += reversed(rows)
    return "".join(parts)


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


def address(url: str, *, plain: bool = False) -> None:
    """Print where the server listens, and things to try; of a plain store nobody knows what there is to be asked."""
    query = quote("SELECT * { ?s ?p ?o } LIMIT 10" if plain else "SELECT * { city:leeds cd:twinnedWith ?twin }")
    out.print(f"cdkg serves {url}  (Ctrl-C ends it)")
    if plain:
        out.print(f"Try: curl '{url}sparql?format=csv&query={query}'")
        return
    out.print("Three things to try:")
    out.print(f"  open {url} in a browser and click a question")
    out.print(f"  curl '{url}sparql?format=csv&query={query}'")
    out.print("  cdkg explain city:leeds cd:twinnedWith city:hangzhou")
