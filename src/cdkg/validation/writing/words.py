"""Findings in words: terms, counts and sentences that several formats share."""

from __future__ import annotations

import re
from typing import Final

from cdkg.errors import Location
from cdkg.validation.report import Entry, Report, Result, Severity
from cdkg.validation.shortening import MOST, cut
from cdkg.validation.writing.telling import Telling, Verdict
from cdkg.vocabulary import BASE, PREFIXES, shorten

_LITERAL: Final = re.compile(r'"(.*)"(?:\^\^<([^>]*)>)?(@[\w-]+)?', re.DOTALL)
_BARE: Final = {PREFIXES["xsd"] + name for name in ("integer", "decimal", "double", "boolean")}
#: What is no text: controls, surrogates, line and paragraph separators, noncharacters, and marks that turn the
#: direction of what follows, so that it could read as something else.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_ESCAPED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """A text on one line: what is a command to a terminal, breaks lines or turns their direction is escaped."""
    return _UNSEEN.sub(lambda match: _escaped(match[0]), text)


def _escaped(char: str) -> str:
    code = ord(char)
    return _ESCAPED.get(char) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def flat(text: str) -> str:
    """A text of several lines on one, printable."""
    return printable(re.sub(r"[\r\n\t]+", " ", text).strip())


def brief(text: str, most: int = MOST) -> str:
    """A text on one line, cut before it is looked at more closely: literals may have millions of characters."""
    return flat(cut(text, most))


def term(text: str) -> str:
    """A term in N-Triples form as people read it: prefixed names, paths below the project's base, numbers bare."""
    if text.startswith("<") and text.endswith(">"):
        short = shorten(text[1:-1])
        return short[1:-1].removeprefix(BASE) if short.startswith(f"<{BASE}") else short
    if text.startswith("_:"):
        return "a blank node"
    literal = _LITERAL.fullmatch(text)
    if literal is None:
        return text
    if literal[2] in _BARE:
        return literal[1]
    return f'"{literal[1]}"' + (f"^^{shorten(literal[2])}" if literal[2] else literal[3] or "")


def source(iri: str) -> str:
    """What found something, shortly; the path below the project's base where there is no prefix."""
    if iri.startswith("_:"):
        return "a shape without a name"
    short = shorten(iri)
    return iri.removeprefix(BASE) if short.startswith("<") else short


def anchor(result: Result, report: Report) -> Location:
    """The first place of a finding; for one without any, where its shape stands, or the first file."""
    if result.places:
        return result.places[0]
    return result.stated or Location((*report.files, ".")[0])


def about(result: Result | Entry) -> str:
    """Node and property that a finding is about; empty where it is about a whole file."""
    return ", ".join(term(part) for part in (result.focus, result.path) if part)


def counted(number: int, word: str) -> str:
    """A number with its noun."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def counts(report: Report) -> str:
    """The number of findings of each severity."""
    return ", ".join(counted(number, name) for name, number in report.counts().items())


def looked_at(report: Report, telling: Telling) -> str:
    """How much was looked at, so that nobody takes an empty check for a clean one."""
    shapes = f"{counted(report.shapes, 'shape')} looked at {counted(report.focus_nodes, 'node')}"
    parts = [f"{shapes}, {counted(report.checks, 'check')} ran"]
    if report.files:
        parts.insert(0, counted(len(report.files), "file"))
    if report.idle_shapes:
        parts.append(f"{counted(len(report.idle_shapes), 'shape')} met nothing")
    if telling.seconds is not None:
        parts.append(f"{telling.seconds:.1f} s")
    return "; ".join(parts)


def baseline(report: Report) -> str:
    """What a baseline hid; empty without one."""
    if report.known is None:
        return ""
    gone = sum(entry.count for entry in report.gone)
    known = f"{counted(report.known, 'finding')} known from the baseline, {gone:,} of the baseline gone"
    return known if report.results else f"nothing new: {known}"


def entry(gone: Entry) -> str:
    """A finding of a baseline in words."""
    number = f"{gone.count:,} times " if gone.count > 1 else ""
    where = f"{about(gone)}: " if gone.focus else ""
    return f"{number}{where}{brief(gone.message)} [{source(gone.source)}]"


def verdict(report: Report, telling: Telling) -> str:
    """Whether the check passes, and why."""
    grave = len(report.at_least(telling.fail_on))
    match telling.verdict(report):
        case Verdict.INCOMPLETE if report.unread:
            return f"incomplete: {counted(len(report.unread), 'file')} could not be read"
        case Verdict.INCOMPLETE if not report.checked:
            return "incomplete: not all could be checked"
        case Verdict.INCOMPLETE:
            return "incomplete: nothing was looked at"
        case Verdict.FAIL:
            return f"fails: {counted(grave, 'finding')} of severity {_at_least(telling.fail_on)}"
        case Verdict.PASS:
            return f"passes: no finding of severity {_at_least(telling.fail_on)}"


def _at_least(severity: Severity) -> str:
    return severity.value if severity.rank == 0 else f"{severity.value} or graver"


def advice(result: Result, most: int = 300) -> list[tuple[str, str]]:
    """What a finding says besides its message: labels and texts, of those that there are."""
    said = [
        ("about", about(result)),
        ("value", term(result.value) if result.value else ""),
        ("expected", result.expected),
        ("try", result.hint),
    ]
    return [(label, brief(text, most)) for label, text in said if text]


def place(where: Location, telling: Telling) -> str:
    """File, line and column of a place, as far as they are known."""
    numbers = [str(number) for number in (where.line, where.column) if number is not None]
    return ":".join([printable(telling.name(where.path)), *numbers])
