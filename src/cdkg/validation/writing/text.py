"""Findings as text for a terminal, by file, with the source line of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdkg.validation.report import Report, Result, Severity
from cdkg.validation.shortening import cut
from cdkg.validation.writing import words
from cdkg.validation.writing.excerpt import excerpt
from cdkg.validation.writing.telling import Telling, Verdict

#: Codes of ECMA-48, "select graphic rendition".
_BOLD, _DIM, _RED, _GREEN, _YELLOW, _CYAN = "1", "2", "31", "32", "33", "36"
_COLOURS: Final = {Severity.VIOLATION: _RED, Severity.WARNING: _YELLOW, Severity.INFO: _CYAN}
_VERDICTS: Final = {Verdict.PASS: _GREEN, Verdict.FAIL: _RED, Verdict.INCOMPLETE: _RED}
#: So many further places, findings that are gone, and files that could not be read are named where a limit is set.
_FURTHER: Final = 3
_LISTED: Final = 20


def write_text(report: Report, telling: Telling) -> str:
    """Findings by file in the order of their places, then what is left to say about all of them."""
    results, rest = telling.told(report)
    lines: list[str] = []
    for name, found in telling.by_file(results).items():
        title = words.printable(name) or "without a place in a file"
        lines += [f"{_paint(title, _BOLD, telling)}: {words.counted(len(found), 'finding')}", ""]
        for result in found:
            lines += [*_finding(result, telling), ""]
    for (source, severity), number in rest.items():
        lines.append(f"… and {number:,} more of {words.brief(words.source(source))} ({severity.value})")
    return "\n".join([*lines, *_summary(report, telling), ""])


def _finding(result: Result, telling: Telling) -> Iterator[str]:
    place = result.places[0] if result.places else None
    where = f"{words.place(place, telling)}: " if place else ""
    severity = _paint(result.severity.value, _COLOURS[result.severity], telling)
    found_by = _paint(f"[{words.brief(words.source(result.source))}]", _DIM, telling)
    yield f"{where}{severity}: {words.brief(result.message)} {found_by}"
    shown = excerpt(place, telling) if place else None
    if place and shown:
        number = str(place.line)
        yield f"  {number} | {shown[0]}"
        if shown[1]:
            marks = shown[1].lstrip()
            indent = " " * (len(shown[1]) - len(marks))
            yield f"  {' ' * len(number)} | {indent}{_paint(marks, _COLOURS[result.severity], telling)}"
    for label, text in words.advice(result):
        yield f"    {label}: {text}"
    further = result.places[1:] if telling.most is None else result.places[1 : 1 + _FURTHER]
    for other in further:
        yield f"    also: {words.place(other, telling)}"
    if len(result.places) - 1 > len(further):
        yield f"    also: {words.counted(len(result.places) - 1 - len(further), 'place')} more"
    if result.stated:
        yield _paint(f"    rule: {words.place(result.stated, telling)}", _DIM, telling)


def _summary(report: Report, telling: Telling) -> Iterator[str]:
    limit = None if telling.most is None else _LISTED
    for path in report.unread[:limit]:
        yield _paint(f"not read or checked: {words.printable(telling.name(path))}", _RED, telling)
    if limit and len(report.unread) > limit:
        yield f"… and {len(report.unread) - limit:,} more that could not be read or checked"
    for gone in report.gone[:limit]:
        yield f"gone: {words.printable(cut(words.entry(gone), 300))}"
    if limit and len(report.gone) > limit:
        yield f"… and {len(report.gone) - limit:,} more that are gone"
    yield f"{words.counts(report)} ({words.looked_at(report, telling)})"
    if known := words.baseline(report):
        yield known
    yield _paint(words.verdict(report, telling), _VERDICTS[telling.verdict(report)], telling)


def _paint(text: str, code: str, telling: Telling) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if telling.colour else text
