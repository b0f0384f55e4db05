"""What the first bytes of a file, or a line in it, give away: packed, another encoding, another syntax."""

from __future__ import annotations

import codecs
import re
from typing import Final

_PACKED: Final = {
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\0": "an xz archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"%PDF-": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3\0": "a database",
    b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0": "an Office document",
}
#: UTF-32 first: its mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
#: What begins a file, after white space and comments.
_STARTS: Final = (
    ("HTML", r"<!doctype\s+html\b|<html\b(?=[\s\S]*<(?:head|body)\b)"),
    ("RDF/XML", r"<\?xml\b|<!DOCTYPE\b|<!--|<(?:[\w.\-]+:)?RDF\s"),
    ("JSON-LD", r'\{\s*(?:"|\})|\[\s*[\[{]|\[\s*"'),
    ("N-Quads", r"(?:<[^<>\s]*>|_:\S+)[ \t]+<[^<>\s]*>[ \t]+(?:<[^<>\s]*>|_:\S+)[ \t]+(?:<[^<>\s]*>|_:\S+)[ \t]*\."),
    ("N-Triples", r"(?:<[^<>\s]*>|_:\S+)[ \t]+<[^<>\s]*>[ \t]+(?:<[^<>\s]*>|_:\S+)[ \t]*\."),
    ("Turtle", r"@(?:prefix|base)\b|(?:prefix\s+[^\s:]*:|base)\s*<"),
    ("CSV", r"[\w \"]++(?:[,;\t][\w \"]++)+[\r\n]"),
)
_START: Final = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _STARTS)
_SPACE: Final = re.compile(r"(?:\s++|#[^\n\r]*+)*+")
#: Git writes seven of them and a name (gitattributes, conflict-marker-size).
_CONFLICT: Final = re.compile(r"^<{7}(?: [^\n\r>]*)?\r?$", re.MULTILINE)


def packing_of(data: bytes) -> str | None:
    """What kind of packed or other than text file this is, by its first bytes."""
    return next((kind for start, kind in _PACKED.items() if data.startswith(start)), None)


def encoding_of(data: bytes) -> str | None:
    """`UTF-16` or `UTF-32`, where the first bytes show it: a mark, or a NUL in each first pair of them."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    head = data[:64]
    odd, even = head[1::2], head[::2]
    if len(head) >= 4 and any(set(zeros) == {0} and 0 not in others for zeros, others in ((odd, even), (even, odd))):
        return "UTF-16"
    return None


def syntax_of(text: str) -> str | None:
    """The syntax that the beginning of a text is of: `HTML`, `RDF/XML`, `JSON-LD`, `N-Quads`, `N-Triples`, `Turtle`.

    Of two syntaxes that begin alike it is the plainer; None where the beginning does not tell.
    """
    space = _SPACE.match(text)
    start = space.end() if space else 0
    return next((name for name, pattern in _START if pattern.match(text, start)), None)


def is_pointer(text: str) -> bool:
    """Whether this stands in place of a file that git LFS keeps, whose specification asks for these first words."""
    return text.startswith("version https://git-lfs")


def is_blank(text: str) -> bool:
    """Whether there is nothing but white space and comments."""
    return _SPACE.fullmatch(text) is not None


def conflicts_in(text: str) -> list[int]:
    """The offsets of the lines with which git marks a merge that somebody has to settle."""
    return [match.start() for match in _CONFLICT.finditer(text)] if "\n>>>>>>>" in text else []
