"""The one tree of exceptions: what went wrong, where, why, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; lines and columns count from 1, columns in characters.

    Attributes:
        path: The file.
        line: Where it begins.
        column: Where it begins; None where the line alone is known.
        end_line: Where it ends.
        end_column: The column behind its last character.
    """

    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)

    @classmethod
    def told_by(cls, error: Exception, path: str) -> Location:
        """The place in `path` that an error of the SPARQL engine names; without line where it names none."""
        place = re.search(r"at (\d+):(\d+)", str(error))
        return cls(path, int(place[1]), int(place[2])) if place else cls(path)


def reason_told_by(error: Exception) -> str:
    """What an error of the SPARQL engine says, without its place and the classes of characters it would have taken."""
    text = re.sub(r"^error at \d+:\d+: ", "", str(error))
    text = re.sub(r"(, | (?=\[))?\[(?:'[^']*'|[^\]'])*\]", "", text)
    sentence = re.search(r"\b[A-Z][a-z]* \w+ [^,]*", text)  # "Prefix not found" among the tokens is what matters
    return sentence[0] if sentence else re.sub(r"expected( one of)?$", "something else is expected here", text)


class CdkgError(Exception):
    """Anything that a user can mend; shown as one message, never as a traceback.

    Args:
        what: What could not be done.
        where: The file, line and column, when there is one.
        why: The cause in plain words.
        hint: What to do next.
    """

    def __init__(self, what: str, *, where: Location | None = None, why: str = "", hint: str = "") -> None:
        self.what, self.where, self.why, self.hint = what, where, why, hint
        super().__init__(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """How to send it to another process: as it is, since its class may be made from other arguments."""
        return _revived, (type(self), self.__dict__)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        lines = [f"{place}{self.what}"]
        if self.why:
            lines.append(f"  why: {self.why}")
        if self.hint:
            lines.append(f"  try: {self.hint}")
        return "\n".join(lines)


def _revived(cls: type[CdkgError], state: dict[str, Any]) -> CdkgError:
    error = cls.__new__(cls)
    error.__dict__.update(state)
    error.args = (str(error),)
    return error


class SettingsError(CdkgError):
    """`cdkg.toml` or a `CDKG_*` variable says something that cannot be used."""


class SourceError(CdkgError):
    """A file or folder of the graph cannot be read as what it should be."""

    @property
    def faults(self) -> tuple[SourceError, ...]:
        """The single faults, each with its own place: this one, unless it stands for several."""
        return (self,)

    @classmethod
    def of(cls, faults: Sequence[SourceError]) -> SourceError:
        """One error for these faults: the fault itself where there is one only."""
        return faults[0] if len(faults) == 1 else SourceErrors(faults)


class SourceErrors(SourceError):  # noqa: N818 - several of them
    """Several faults of files at once.

    Args:
        faults: The faults as data, in the order of files and places.
    """

    def __init__(self, faults: Sequence[SourceError]) -> None:
        self._faults = tuple(faults)
        files = len({fault.where.path for fault in faults if fault.where})
        told = f"{len(faults)} faults" + (f" in {files} files" if files > 1 else "")
        super().__init__(f"{told}\n" + "\n".join(str(fault) for fault in faults))

    @property
    def faults(self) -> tuple[SourceError, ...]:
        """The single faults."""
        return self._faults


class VocabularyError(CdkgError):
    """A prefix or a term that nobody defines."""


class RuleError(CdkgError):
    """A closed-world rule cannot be run."""


class ClashError(CdkgError):
    """The graph contradicts itself (a `false` rule of OWL 2 RL fired).

    Args:
        what: All that is known of it, in words.
        clashes: The contradictions as data, at least the first of them.
        number: How many there are in all.
    """

    def __init__(self, what: str, clashes: Sequence[Any] = (), number: int = 0) -> None:
        self.clashes, self.number = tuple(clashes), number or len(clashes)
        super().__init__(what)


class LimitError(CdkgError):
    """What follows would be larger than what the machine should hold, or work took more than it may.

    Attributes:
        at_work: The part of the work that was ended, as it was told; may be empty.
    """

    at_work: str = ""


class ShapesError(CdkgError):
    """The shapes or check queries cannot be used, or looked at nothing."""


class SnapshotError(CdkgError):
    """A snapshot cannot be written, found or read."""


class QueryError(CdkgError):
    """A query was not understood or is not allowed."""


class PartialAnswerError(QueryError):
    """An endpoint has more for a query than it gives, or than is read; it may answer a smaller one."""


class OutputError(CdkgError):
    """What was found cannot be written where it should go."""


class DeadlineError(LimitError):
    """A query was ended before its time: it took more time or memory than it may."""


class BusyError(CdkgError):
    """There are too many requests, or whoever asked has left.

    Args:
        what: What is wrong.
        status: The HTTP status that says so.
        **more: As of `CdkgError`.
    """

    def __init__(self, what: str, *, status: int = 503, **more: Any) -> None:
        self.status = status
        super().__init__(what, **more)


class NotAcceptableError(CdkgError):
    """The caller asks for a format that this kind of answer does not have."""


class ServerError(CdkgError):
    """The server cannot start."""


class WriteError(CdkgError):
    """A write is refused, or could not be done; nothing was changed.

    Args:
        what: What is wrong.
        status: The HTTP status that says so.
        findings: What validation found, as the JSON report has it.
        **more: As of `CdkgError`.
    """

    def __init__(self, what: str, *, status: int = 409, findings: Sequence[Any] = (), **more: Any) -> None:
        self.status, self.findings = status, tuple(findings)
        super().__init__(what, **more)
