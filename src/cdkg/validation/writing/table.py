"""Findings as a table in CSV."""

from __future__ import annotations

import csv
import io
from typing import Final

from cdkg.errors import Location
from cdkg.validation.report import Report, Result
from cdkg.validation.shortening import cut, cut_term
from cdkg.validation.writing.telling import Telling
from cdkg.validation.writing.words import flat

_HEAD: Final = (
    "severity", "kind", "file", "line", "column", "end_line", "end_column", "further_places", "source", "focus", "path",
    "value", "message", "expected", "hint", "component", "stated_file", "stated_line", "key",
)  # fmt: skip


def write_csv(report: Report, telling: Telling) -> str:
    """A row for each finding (RFC 4180, line ends included: write it without translating them)."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(_HEAD)
    writer.writerows(map(_cell, _row(result, telling)) for result in report.results)
    return target.getvalue()


def _row(result: Result, telling: Telling) -> tuple[object, ...]:
    first = result.places[0] if result.places else Location("")
    file = telling.name(first.path) if first.path else ""
    stated = telling.name(result.stated.path) if result.stated else ""
    return (
        result.severity.value, result.kind.value, file, first.line, first.column, first.end_line, first.end_column,
        max(0, len(result.places) - 1), result.source, cut_term(result.focus), cut(result.path),
        cut_term(result.value), cut(result.message), cut(result.expected), cut(result.hint), result.component,
        stated, result.stated and result.stated.line, result.key,
    )  # fmt: skip


def _cell(value: object) -> object:
    """A cell that a spreadsheet takes for text: what it would take for a formula gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    guarded = value.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    return f"'{flat(value)}" if guarded else flat(value)
