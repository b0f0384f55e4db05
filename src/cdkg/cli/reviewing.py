"""The command `link review`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.markup import escape

from cdkg.cli import options, show

if TYPE_CHECKING:
    from cdkg.linking.review import Review
    from cdkg.sources.sssom import Mapping

#: The keys of answers, and the words that they stand for.
_WORDS: Final = {"a": "accept", "r": "reject", "s": "skip", "w": "why", "q": "quit"}


@click.command()
@click.argument("file", metavar="LINKS", type=click.Path(path_type=Path))
@click.option("--reviewer", required=True, metavar="orcid:…", help="Who you are: an ORCID iD, or an IRI of yours.")
@click.option("--confidence", type=click.FloatRange(0.9, 1), default=0.95, show_default=True,
              help="How sure you are of what you accept or reject.")  # fmt: skip
@options.guarded
def review(file: Path, reviewer: str, confidence: float) -> int:
    """Walk through the candidates in LINKS (an SSSOM file), and accept or reject each.

    Keys: a accept, r reject, s skip, w why (all that is known), q quit. Each answer is in the file at once, so that a
    break loses none; the next walk goes on where this one ended. Answers may come from a pipe, too, one a line.

    Exit code: 0 nothing is open any more, 1 something is, 2 the file cannot be read or written.

    \b
    Example:
      cdkg link candidates --target geonames --format sssom > new.sssom.tsv
      cdkg link review new.sssom.tsv --reviewer orcid:0000-0002-1825-0097
    """
    from datetime import UTC, datetime

    from cdkg.linking.review import Review

    walk = Review.of(file, reviewer, datetime.now(tz=UTC).date(), confidence)
    given = {"a": 0, "r": 0, "s": 0}
    for mapping, others in walk.open():
        _show_candidate(mapping, others, walk)
        key = _answer(mapping, others)
        if key == "q":
            break
        if {"a": walk.accept, "r": walk.reject, "s": walk.skip}[key](mapping) is False:
            show.out.print(
                "    [yellow]note[/] somebody has answered this meanwhile, or changed it; what is there stays"
            )
        else:
            given[key] += 1
    left = len(walk.unanswered())
    show.out.print(f"{given['a']} accepted, {given['r']} rejected, {given['s']} skipped; {left} open")
    return 1 if left else 0


def _answer(mapping: Mapping, others: Sequence[Mapping]) -> str:
    """The key of an answer; the end of the input is `q`."""
    while True:
        show.out.print("[bold]a[/]ccept  [bold]r[/]eject  [bold]s[/]kip  [bold]w[/]hy  [bold]q[/]uit ? ", end="")
        key = _key()
        show.out.print(key if key.isprintable() else "")  # what arrows send would move the cursor
        if key == "w":
            _why(mapping, others)
        elif key in {"a", "r", "s", "q"}:
            return key
        else:
            show.out.print(f"{escape(repr(key))} is none of these keys")


def _key() -> str:
    """A key from the terminal, or a line that is not empty, of which the first letter is enough; `q` at the end."""
    if _is_terminal():
        try:
            return str(click.getchar()).lower()
        except EOFError:  # Ctrl-D
            return "q"
    lines = (line.strip().lower() for line in iter(sys.stdin.readline, ""))
    line = next(filter(None, lines), "q")
    return next((key for key, word in _WORDS.items() if word.startswith(line)), line)


def _is_terminal() -> bool:
    """Whether somebody sits there who presses keys."""
    return sys.stdin.isatty()


def _show_candidate(mapping: Mapping, others: Sequence[Mapping], walk: Review) -> None:
    from cdkg.vocabulary import shorten

    subject = f" ({shorten(mapping.subject_id)})" if mapping.subject_id else ""
    sure = "" if mapping.confidence is None else f", confidence {mapping.confidence:g}"
    show.out.print(f"\n[bold]{escape(mapping.subject_label or '')}[/]{escape(subject)}")
    show.out.print(f"  {escape(shorten(mapping.predicate_id))} [bold]{escape(mapping.object_label or '')}[/] "
                   f"{escape(mapping.object_id or '')}{sure}")  # fmt: skip
    for part in (mapping.comment or "no evidence is written down").split(" | "):
        show.out.print(f"    {escape(part)}")
    for other in walk.taken_by(mapping):
        show.out.print(
            f"    [yellow]note[/] {escape(other.subject_label or other.subject_id or '')} is linked to it already"
        )
    if others:
        show.out.print(f"    {len(others)} more of this name: [bold]w[/] shows them")


def _why(mapping: Mapping, others: Sequence[Mapping]) -> None:
    """All that is written down of a mapping, and its rivals."""
    from dataclasses import fields

    for field in fields(mapping):
        value = getattr(mapping, field.name)
        if value not in {None, ()}:
            text = ", ".join(value) if isinstance(value, tuple) else str(value)
            show.out.print(f"    {field.name}: {escape(text)}")
    for other in others:
        state = "rejected" if other.is_negative else "accepted" if other.is_confirmed else "open"
        sure = "" if other.confidence is None else f"{other.confidence:g}"
        show.out.print(f"    rival ({state}) {sure} {escape(other.object_label or '')} {escape(other.object_id or '')}")
        show.out.print(f"      {escape(other.comment or '')}")
