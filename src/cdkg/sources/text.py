"""Read files that may be anything: never blocks, never fills the memory; what is wrong has its line and column."""

from __future__ import annotations

import codecs
import os
import re
import stat
import time
from bisect import bisect_right
from pathlib import Path
from typing import Final

from cdkg.errors import Location, SourceError
from cdkg.sources.looks import encoding_of, packing_of

#: The largest file that is read, in bytes: a file is held in memory as a whole.
MOST_BYTES: Final = 2_000_000_000
#: So often a file that changes while it is read is read again.
_TRIES: Final = 3
_KINDS: Final = {
    stat.S_IFDIR: "this is a folder",
    stat.S_IFIFO: "this is a pipe, no file",
    stat.S_IFSOCK: "this is a socket, no file",
    stat.S_IFCHR: "this is a device, no file",
    stat.S_IFBLK: "this is a device, no file",
}


def shown(path: str | os.PathLike[str]) -> str:
    r"""A path as it can be printed: bytes of its name that are not UTF-8 stand as `\xFF`."""
    return os.fspath(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def place_in(text: str, offset: int, path: str) -> Location:
    """The line and column of an offset; CRLF, CR and LF end a line."""
    before = text[:offset]
    start = max(before.rfind("\n"), before.rfind("\r")) + 1
    lines = before.count("\n") + before.count("\r") - before.count("\r\n")
    if text[offset - 1 : offset + 1] == "\r\n":  # the offset is that of the LF: its line is the one it ends
        lines, start = lines - 1, max(before.rfind("\n", 0, offset - 1), before.rfind("\r", 0, offset - 1)) + 1
    return Location(path, lines + 1, offset - start + 1)


def span_in(text: str, span: tuple[int, int], path: str) -> Location:
    """The lines and columns of a span."""
    start, end = (place_in(text, offset, path) for offset in span)
    return Location(path, start.line, start.column, end.line, end.column)


class LineStarts:
    """The lines of a text, for many places in it: what `span_in` gives, without counting anew each time."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, span: tuple[int, int], path: str) -> Location:
        """The lines and columns of a span."""
        (line, column), (end_line, end_column) = map(self.place, span)
        return Location(path, line, column, end_line, end_column)


#: What came from elsewhere than a file, by the path that stands for it, with the suffix of its syntax.
_held: dict[Path, tuple[bytes, str]] = {}


def hold(path: Path, data: bytes, suffix: str) -> None:
    """Keep what came from standard input, so that it can be read again as a file can, when a place in it is told."""
    _held[path] = data, suffix


def suffix_of(path: Path) -> str:
    """The suffix of a file in small letters; of what is held, that of its syntax."""
    return _held[path][1] if path in _held else path.suffix.lower()


def read_bytes(path: Path) -> bytes:
    """Read a regular file, or what is held in place of one.

    Raises:
        SourceError: It cannot be opened, is no regular file or too large, or changes while it is read.
    """
    if path in _held:
        return _held[path][0]
    for _ in range(_TRIES):
        try:
            data = _read_once(path)
        except OSError as error:
            raise _cannot_open(path, error.strerror or str(error)) from error
        except ValueError as error:  # a NUL in the path
            raise _cannot_open(path, str(error), "name a file that can exist") from error
        if data is not None:
            return data
        time.sleep(0.05)
    raise SourceError(
        "the file changes while it is read",
        where=Location(shown(path)),
        why=f"its size or time was another one after reading, {_TRIES} times",
        hint="wait until it is written, or take a copy of it",
    )


def _cannot_open(path: Path, why: str, hint: str = "") -> SourceError:
    hint = hint or "see that it is there and that you may read it"
    return SourceError("cannot open the file", where=Location(shown(path)), why=why, hint=hint)


def _read_once(path: Path) -> bytes | None:
    """The bytes of a file; None where it has changed meanwhile."""
    _refuse_odd(path, path.stat())  # before it is opened: to open a device may do something
    # without O_NONBLOCK, a pipe that has come in place of the file would never let go
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb", buffering=0) as file:
        before = os.fstat(handle)
        _refuse_odd(path, before)
        parts, left = [], before.st_size + 1  # one more than there should be: a file that grows is noticed
        while left > 0 and (part := file.read(left)):
            parts.append(part)
            left -= len(part)
        after = os.fstat(handle)
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    return b"".join(parts) if same and left == 1 else None


def _refuse_odd(path: Path, found: os.stat_result) -> None:
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFREG:
        raise SourceError(
            _KINDS.get(kind, "this is no file"), where=Location(shown(path)), why="only plain files are read",
            hint="name a file in it" if kind == stat.S_IFDIR else "write its content to a file",
        )  # fmt: skip
    if found.st_size > MOST_BYTES:
        raise SourceError(
            "the file is too large",
            where=Location(shown(path)),
            why=f"it has {found.st_size:,} bytes; files of up to {MOST_BYTES:,} are read",
            hint="split it into several files",
        )


def without_mark(data: bytes) -> bytes:
    """The bytes without a UTF-8 byte order mark.

    Files of others may begin with one (Unicode 15, section 23.8, allows it, and editors on Windows write it). Files of
    a project may not: `read_unmarked` refuses them, as tools downstream stumble over it.
    """
    return data.removeprefix(codecs.BOM_UTF8)


def decoded(data: bytes, path: str) -> str:
    """Bytes as UTF-8 text.

    Raises:
        SourceError: They are compressed, in another encoding, or not UTF-8 somewhere; with the place.
    """
    if packing := packing_of(data):
        raise SourceError(
            f"this is {packing}, no text", where=Location(path, 1, 1), why="its first bytes say so",
            hint="unpack it, and check what is in it",
        )  # fmt: skip
    if encoding := encoding_of(data):
        raise SourceError(
            f"the file is {encoding}, not UTF-8", where=Location(path, 1, 1), why="its first bytes say so",
            hint="save the file as UTF-8",
        )  # fmt: skip
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        cut = error.reason == "unexpected end of data"
        raise SourceError(
            "the file is not UTF-8",
            where=place_in(before, len(before), path),
            why="it ends in the middle of a character"
            if cut
            else f"the byte 0x{data[error.start]:02X} does not belong there",
            hint="see whether it was copied as a whole" if cut else "save the file as UTF-8",
        ) from error


def read_text(path: Path) -> str:
    """Read a text file as it is, line ends included, but for a byte order mark.

    Raises:
        SourceError: The file cannot be opened, or is not UTF-8.
    """
    return decoded(without_mark(read_bytes(path)), shown(path))


def read_unmarked(path: Path) -> str:
    """Read a text file that must not begin with a byte order mark.

    Raises:
        SourceError: The file cannot be opened, is not UTF-8, or begins with the mark.
    """
    return unmarked(read_bytes(path), shown(path))


def unmarked(data: bytes, path: str) -> str:
    """Bytes as UTF-8 text that must not begin with a byte order mark.

    Raises:
        SourceError: They are not UTF-8, or begin with the mark.
    """
    if data.startswith(codecs.BOM_UTF8):
        raise SourceError(
            "the file begins with a byte order mark",
            where=Location(path, 1, 1),
            hint="save the file as UTF-8 without BOM",
        )
    return decoded(data, path)


def read_query(path: Path) -> tuple[str, dict[str, str]]:
    """Read a query file: its text, and its header lines `#+ name: value` by name.

    Raises:
        SourceError: The file cannot be read as text.
    """
    text = read_text(path)
    return text, dict(re.findall(r"^#\+ (\w+): *(\S.*?)\s*$", text, re.MULTILINE))


def utf16_column(line: str, column: int) -> int:
    """The column in UTF-16 code units (as SARIF and editors count) for a column in characters, both from 1."""
    return column + sum(character > "\uffff" for character in line[: column - 1])
