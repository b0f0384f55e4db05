"""The mappings block of an SSSOM file: cells between tabs, quoted as RFC 4180 has it, with places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cdkg.sources.sssom.head import Fault, Span

_PLAIN: Final = re.compile(r"[^\t\r\n]*")
_QUOTED: Final = re.compile(r'"((?:[^"]++|"")*+)"')
_END: Final = re.compile(r"\r\n|\r|\n")
_PIECE: Final = re.compile(r"\\[|\\]|[^|\\]+|[|\\]")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text without quotation marks, and where it stands."""

    text: str
    span: Span


def read_table(text: str, start: int, fault: Fault) -> list[list[Cell]]:
    """The rows from an offset to the end of a text; the first is the one of the column names.

    Args:
        text: A file.
        start: Where its table begins.
        fault: Is told what is wrong.
    """
    rows: list[list[Cell]] = []
    at = start
    while at < len(text):
        row, at = _row(text, at, fault)
        rows.append(row)
    while rows and _is_blank(rows[-1]):
        rows.pop()
    for row in rows:
        if _is_blank(row):
            fault(row[0].span, "this line is empty", "each line of the table is a mapping", "take it out")
    return [row for row in rows if not _is_blank(row)]


def _is_blank(row: list[Cell]) -> bool:
    """Whether a row is an empty line."""
    return len(row) == 1 and not row[0].text.strip()


def _row(text: str, at: int, fault: Fault) -> tuple[list[Cell], int]:
    row = []
    while True:
        cell = _cell(text, at, fault)
        row.append(cell)
        at = cell.span[1]
        if at < len(text) and text[at] == "\t":
            at += 1
            continue
        end = _END.match(text, at)
        return row, end.end() if end else len(text)


def _cell(text: str, at: int, fault: Fault) -> Cell:
    quoted = _QUOTED.match(text, at)
    if quoted and (quoted.end() == len(text) or text[quoted.end()] in "\t\r\n"):
        return Cell(quoted[1].replace('""', '"'), (at, quoted.end()))
    found = _PLAIN.match(text, at)
    span = (at, found.end()) if found else (at, at)
    if '"' in text[slice(*span)]:
        why = "a cell with quotation marks in it begins and ends with one, and has those in it doubled"
        fault(span, "the quotation marks of this cell do not fit", why, 'write "…""…"')
    return Cell(text[slice(*span)], span)


def pieces(text: str) -> list[str]:
    r"""The values of a cell with several: between `|`, where `\|` is a `|` and `\\` a `\`."""
    found: list[list[str]] = [[]]
    for piece in _PIECE.findall(text):
        if piece == "|":
            found.append([])
        else:
            found[-1].append(piece[1:] if piece in {"\\|", "\\\\"} else piece)
    return ["".join(parts) for parts in found]


def joined(values: tuple[str, ...]) -> str:
    """The cell of several values."""
    return "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)
