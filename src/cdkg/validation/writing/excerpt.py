"""The source line of a place with marks under what is meant."""

from __future__ import annotations

import unicodedata
from typing import Final

from cdkg.errors import Location
from cdkg.validation.writing.telling import Telling
from cdkg.validation.writing.words import printable

#: So many characters of a line are shown, and so many of them before the marks.
_WIDE: Final = 110
_BEFORE: Final = 40


def excerpt(place: Location, telling: Telling) -> tuple[str, str] | None:
    """The line where a place begins and the marks under it; None where there is no such line.

    Long lines are cut around the place, of several lines the first is shown. Where no column is known, nothing is
    marked.
    """
    line = telling.lines(place.path, place.line) if place.line else ""
    start, end = _span(place, line)
    left = max(0, start - _BEFORE) if end > _WIDE else 0
    shown = line[left : left + _WIDE]
    if not shown.strip():
        return None
    cut_left, cut_right = "…" * (left > 0), "…" * (len(line) > left + _WIDE)
    text = cut_left + "".join(map(_cell, shown)).rstrip() + cut_right
    if place.column is None:
        return text, ""
    before = len(cut_left) + sum(map(_width, shown[: start - left]))
    marked = max(1, sum(map(_width, shown[start - left : end - left])))
    return text, " " * before + "^" + "~" * (marked - 1)


def _span(place: Location, line: str) -> tuple[int, int]:
    """Offsets of the part of a line that a place is about; at least one character where the line has one there."""
    start = min((place.column or 1) - 1, len(line))
    if place.end_line is not None and place.line is not None and place.end_line > place.line:
        end = len(line.rstrip())
    else:
        end = (place.end_column or 0) - 1
    return start, max(start + 1, min(end, len(line)))


def _cell(char: str) -> str:
    return "    " if char == "\t" else printable(char)


def _width(char: str) -> int:
    """Columns of a terminal that a character takes (Unicode Standard Annex 11)."""
    shown = _cell(char)
    if len(shown) > 1:
        return len(shown)
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
