"""How a report is told: what paths are relative to, how much of it, and the text that stands behind its places."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cdkg.errors import Location, SourceError
from cdkg.sources.text import read_bytes
from cdkg.validation.report import Report, Result, Severity

#: So many files are kept at once.
_KEPT: Final = 8


class Verdict(enum.Enum):
    """What a report means for whoever asked; the exit codes of `cdkg validate` are in this order."""

    PASS = "pass"
    FAIL = "fail"
    INCOMPLETE = "incomplete"  # a file could not be read, or nothing was looked at

    @property
    def exit_code(self) -> int:
        """0, 1 or 2."""
        return list(Verdict).index(self)


class Lines:
    """The lines of text files by path and number; an empty text where a file is gone, binary, or no file at all."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def __call__(self, path: str, line: int) -> str:
        """The text of a line, counted from 1, without its end."""
        if path not in self._files:
            while len(self._files) >= _KEPT:
                del self._files[next(iter(self._files))]
            self._files[path] = _read(path)
        lines = self._files[path]
        return lines[line - 1] if 0 < line <= len(lines) else ""


def _read(path: str) -> list[str]:
    try:
        content = read_bytes(Path(path))
    except SourceError:
        return []
    if b"\0" in content[:8192]:
        return []
    text = content.removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@dataclass(frozen=True, slots=True)
class Telling:
    """How a report is told.

    Attributes:
        root: Paths below it are told relative to it, with `/`; others as they are.
        fail_on: The mildest severity that fails.
        mildest: Milder findings are counted and not told, where people read them.
        most: So many findings of a kind (source and severity) are told where people read them; None for all.
        colour: Whether the text may have ANSI colours.
        version: The version of this program.
        lines: Gives the text of a line of a file; empty where it cannot be had.
        seconds: How long the check took, where that should be told.
    """

    root: Path
    fail_on: Severity = Severity.VIOLATION
    mildest: Severity = Severity.INFO
    most: int | None = 20
    colour: bool = False
    version: str = ""
    lines: Callable[[str, int], str] = field(default_factory=Lines)
    seconds: float | None = None

    def name(self, path: str) -> str:
        """A path as it is told."""
        given = Path(path)
        return (given.relative_to(self.root) if given.is_relative_to(self.root) else given).as_posix()

    def uri(self, path: str) -> str:
        """The `file:` URI of a path."""
        return (self.root.absolute() / path).as_uri()

    def verdict(self, report: Report) -> Verdict:
        """What the report means; a report that looked at nothing is no pass."""
        if not report.complete or not (report.focus_nodes or report.checks or report.results or report.known):
            return Verdict.INCOMPLETE
        return Verdict.FAIL if report.at_least(self.fail_on) else Verdict.PASS

    def told(self, report: Report) -> tuple[list[Result], Counter[tuple[str, Severity]]]:
        """The first findings of each kind, and how many more there are of each."""
        seen: Counter[tuple[str, Severity]] = Counter()
        results, rest = [], Counter[tuple[str, Severity]]()
        for result in report.at_least(self.mildest):
            kind = (result.source, result.severity)
            seen[kind] += 1
            if self.most is None or seen[kind] <= self.most:
                results.append(result)
            else:
                rest[kind] += 1
        return results, rest

    def by_file(self, results: Iterable[Result]) -> dict[str, list[Result]]:
        """The findings by the file of their first place, in the order of places; those without a place come last."""
        files: dict[str, list[Result]] = {}
        for result in sorted(results, key=_by_place):
            files.setdefault(self.name(result.places[0].path) if result.places else "", []).append(result)
        return files


def _by_place(result: Result) -> tuple[object, ...]:
    first = result.places[0] if result.places else Location("")
    return (
        not result.places,
        first.path,
        first.line or 0,
        first.column or 0,
        result.severity.rank,
        result.source,
        result.focus,
    )
