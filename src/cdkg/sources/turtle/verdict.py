"""All faults of a text that pyoxigraph has refused, as errors for people."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cdkg.errors import Location, SourceError
from cdkg.sources.turtle.document import Document, read_document
from cdkg.sources.turtle.state import MOST_FAULTS, Fault

_CALLED: Final = {"turtle": "Turtle", "trig": "TriG", "ntriples": "N-Triples", "nquads": "N-Quads"}


def syntax_faults(path: Path, text: str, base: str, syntax: str, verdict: SyntaxError) -> list[SourceError]:
    """The faults of a text, in the order of their places; no two at the same place.

    The parser is right up to the place of its verdict: what our reader finds before it is no fault, and where our
    reader finds nothing there, the verdict itself is told.

    Args:
        path: Its file.
        text: The text that was refused, without a byte order mark.
        base: What relative IRIs are resolved against.
        syntax: `turtle`, `trig`, `ntriples` or `nquads`.
        verdict: What the parser has said.
    """
    document = read_document(text, base, syntax)
    what = f"this is not valid {_CALLED[syntax]}"
    first, last = verdict.lineno or 1, verdict.end_lineno or verdict.lineno or 1
    found = [(fault, _shows(document, fault)) for fault in document.faults]
    told = {
        (place := document.location(str(path), (fault.start, fault.end))): SourceError(
            what, where=place, why=fault.why, hint=fault.hint
        )
        for fault, line in found
        if line >= first
    }
    if not any(first <= line <= last for _, line in found):
        error = _told(what, path, document, verdict)
        told.setdefault(error.where or Location(str(path)), error)
    errors = sorted(told.values(), key=_place)
    if len(document.faults) >= MOST_FAULTS and errors:
        errors[-1].why += f"; behind {MOST_FAULTS} faults reading has stopped here, and there may be more"
    return errors


def _place(error: SourceError) -> tuple[int, int]:
    return (error.where.line or 0, error.where.column or 0) if error.where else (0, 0)


def _shows(document: Document, fault: Fault) -> int:
    """The line in which a parser that reads from the beginning comes upon a fault."""
    return document.place(fault.start if fault.seen is None else fault.seen)[0]


def _told(what: str, path: Path, document: Document, verdict: SyntaxError) -> SourceError:
    """The parser's own words, with the place that it names."""
    why = re.sub(r"^(Parser|Syntax) error (at|between) .*?: ", "", str(verdict.msg or verdict))
    where = Location(str(path))
    if verdict.lineno is not None and verdict.offset is not None:
        start = document.offset(verdict.lineno, verdict.offset)
        end = document.offset(verdict.end_lineno or verdict.lineno, verdict.end_offset or verdict.offset + 1)
        where = document.location(str(path), (start, max(start, end)))
    return SourceError(what, where=where, why=why)
