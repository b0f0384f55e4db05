"""Read text files, and query files with their headers; what is wrong with one has its line and column."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from cdkg.errors import Location, SourceError


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        SourceError: It cannot be opened.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            "cannot open the file", where=Location(str(path)), why=error.strerror or str(error)
        ) from error


def read_text(path: Path) -> str:
    """Read a text file as it is, line ends included.

    Raises:
        SourceError: The file cannot be opened, is not UTF-8, or begins with a byte order mark.
    """
    data = read_bytes(path)
    if data.startswith(codecs.BOM_UTF8):
        raise SourceError(
            "the file begins with a byte order mark",
            where=Location(str(path), 1, 1),
            hint="save the file as UTF-8 without BOM",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        raise SourceError(
            "the file is not UTF-8",
            where=Location(str(path), line, column),
            why=f"the byte 0x{data[error.start]:02X} does not belong there",
            hint="save the file as UTF-8",
        ) from error


def read_query(path: Path) -> tuple[str, dict[str, str]]:
    """Read a query file: its text, and its header lines `#+ name: value` by name.

    Raises:
        SourceError: The file cannot be read as text.
    """
    text = read_text(path)
    return text, dict(re.findall(r"^#\+ (\w+): *(\S.*?)\s*$", text, re.MULTILINE))
