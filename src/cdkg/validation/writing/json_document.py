"""The report as a JSON document with stable keys; `docs/validation-output.md` describes them."""

from __future__ import annotations

import json
from typing import Any, Final

from cdkg.errors import Location
from cdkg.sources.text import utf16_column
from cdkg.validation.report import Entry, Report, Result
from cdkg.validation.shortening import cut, cut_term
from cdkg.validation.writing.telling import Telling

_VERSION: Final = 1


def write_json(report: Report, telling: Telling) -> str:
    """All of the report as JSON (RFC 8259), in ASCII, so that no character of the data does anything to a terminal.

    Texts of more than `shortening.MOST` characters are cut, and say so.
    """
    document = {
        "format": "cdkg-validation-report",
        "format_version": _VERSION,
        "tool": {"name": "cdkg", "version": telling.version},
        "verdict": telling.verdict(report).value,
        "fail_on": telling.fail_on.value,
        "conforms": report.conforms,
        "counts": report.counts(),
        "looked_at": {
            "files": len(report.files),
            "shapes": report.shapes,
            "focus_nodes": report.focus_nodes,
            "checks": report.checks,
            "idle_shapes": list(report.idle_shapes),
        },
        "files": [telling.name(path) for path in report.files],
        "unread": [telling.name(path) for path in report.unread],
        "seconds": telling.seconds,
        "baseline": _baseline(report),
        "results": [_result(result, telling) for result in report.results],
    }
    return json.dumps(document, indent=1) + "\n"


def _baseline(report: Report) -> dict[str, Any] | None:
    return None if report.known is None else {"known": report.known, "gone": [gone_entry(e) for e in report.gone]}


def gone_entry(entry: Entry) -> dict[str, Any]:
    """A finding of a baseline that is gone."""
    return {
        "key": entry.key,
        "severity": entry.severity.value,
        "source": entry.source,
        "focus": cut_term(entry.focus),
        "path": cut(entry.path),
        "value": cut_term(entry.value),
        "message": cut(entry.message),
        "file": entry.file,
        "count": entry.count,
    }


def _result(result: Result, telling: Telling) -> dict[str, Any]:
    return {
        "key": result.key,
        "severity": result.severity.value,
        "kind": result.kind.value,
        "message": cut(result.message),
        "source": result.source,
        "component": result.component,
        "focus": cut_term(result.focus),
        "path": cut(result.path),
        "value": cut_term(result.value),
        "expected": cut(result.expected),
        "hint": cut(result.hint),
        "places": [_place(place, telling) for place in result.places],
        "stated": _place(result.stated, telling) if result.stated else None,
    }


def _place(place: Location, telling: Telling) -> dict[str, Any]:
    end_line = place.end_line if place.end_line is not None or place.end_column is None else place.line
    return {
        "path": telling.name(place.path),
        "line": place.line,
        "column": place.column,
        "end_line": end_line,
        "end_column": place.end_column,
        "column_utf16": _in_utf16(place.path, place.line, place.column, telling),
        "end_column_utf16": _in_utf16(place.path, end_line, place.end_column, telling),
    }


def _in_utf16(path: str, line: int | None, column: int | None, telling: Telling) -> int | None:
    """A column in UTF-16 code units, as editors count; None where the line cannot be had."""
    if line is None or column is None:
        return None
    text = telling.lines(path, line)
    if column - 1 > len(text):
        return None if column > 1 else 1
    return utf16_column(text, column)
