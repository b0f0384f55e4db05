"""Work in a copy of this process that is killed, or finds the disk full, at any one of its steps; what it fsyncs.

A step is whatever changes a file system: a file opened to be written, a name made, changed or removed, an fsync.
"""

from __future__ import annotations

import errno
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdkg.errors import CdkgError

KILLED, FULL, NEVER = "killed", "full", "never"
_NAMES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass
class Outcome:
    """How a copy has ended.

    Attributes:
        steps: How many steps it took; fewer than it was to be hurt at: it came to its end unhurt.
        done: What the work returned.
        refused: What it raised.
        killed: Whether it was killed.
        unsynced: What would be lost if the machine failed now.
    """

    steps: int = 0
    done: Any = None
    refused: CdkgError | None = None
    killed: bool = False
    unsynced: set[str] = field(default_factory=set)


@dataclass
class _Watch:
    """Follows each step of a process below a folder, and hurts it at one of them."""

    below: str
    at: int
    how: str
    steps: int = 0
    is_opening: bool = False
    contents: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """From now on; there is no way back."""
        real = os.fsync

        def fsync(handle: int) -> None:
            path = str(Path(f"/proc/self/fd/{handle}").readlink())
            self._step()
            real(handle)
            self.contents.discard(path)
            self.names = {name for name in self.names if os.path.dirname(name) != path}  # noqa: PTH120

        os.fsync = fsync  # type: ignore[assignment]  # all that is given to it here are numbers
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITES and self._is_ours(path) and not self.is_opening:
                self._step()
                self._step(lambda: os.open(path, flags, 0o600))
                self.contents.add(str(path))
                self.names |= set() if os.path.exists(path) else {str(path)}  # noqa: PTH110
        elif event in _NAMES and self._is_ours(arguments[0]):
            self._step()
            paths = [str(path) for path in arguments[:2] if self._is_ours(path)]
            self.names |= set(paths)
            if event == "os.rename" and len(paths) == 2:
                self.contents = {_moved(path, *paths) for path in self.contents}
                self.names = {_moved(path, *paths) for path in self.names} | {paths[0]}

    def _is_ours(self, path: object) -> bool:
        return isinstance(path, (str, os.PathLike)) and str(path).startswith(self.below)

    def _step(self, opened: Callable[[], object] | None = None) -> None:
        """A step; who is killed may have opened a file, and so emptied it, and written nothing."""
        self.steps += 1
        if self.steps != self.at or self.how == NEVER:
            return
        if self.how == KILLED:
            self.is_opening = True
            if opened:
                opened()
            os.kill(os.getpid(), signal.SIGKILL)
        if opened:  # what is open is told to nobody, so nobody could remove it
            return
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _moved(path: str, old: str, new: str) -> str:
    """Where a file lies when it, or a folder above it, has got another name."""
    return new + path[len(old) :] if path == old or path.startswith(f"{old}/") else path


def in_copy(work: Callable[[], object], below: Path, how: str = NEVER, at: int = 0) -> Outcome:
    """Do some work in a copy of this process, hurt at its step `at` below a folder."""
    reading, writing = os.pipe()
    copy = os.fork()
    if not copy:
        _work(work, _Watch(str(below), at, how), writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        data = told.read()
    _, status = os.waitpid(copy, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return Outcome(killed=True, steps=at)
    found = pickle.loads(data)  # noqa: S301  # our own copy wrote it
    assert isinstance(found, Outcome), found
    return found


def each_step(how: str) -> Iterator[tuple[int, Callable[[Callable[[], object], Path], Outcome]]]:
    """One step after the other, until the work comes to its end unhurt."""
    at, unhurt = 0, False
    while not unhurt:
        at += 1

        def run(work: Callable[[], object], below: Path, at: int = at) -> Outcome:
            nonlocal unhurt
            found = in_copy(work, below, how, at)
            unhurt = found.steps < at
            return found

        yield at, run


def _work(work: Callable[[], object], watch: _Watch, told: int) -> None:
    """The life of the copy; it does not come back."""
    try:
        signal.alarm(60)
        found: object = Outcome()
        assert isinstance(found, Outcome)
        try:
            watch.begin()
            found.done = work()
        except CdkgError as error:
            found.refused = error
        found.steps = watch.steps
        found.unsynced = {path for path in watch.contents if Path(path).exists()}
        found.unsynced |= {path for path in watch.names if Path(path).parent.exists()}
        data = pickle.dumps(found)
    except BaseException as error:  # noqa: BLE001  # the test tells it
        import traceback

        data = pickle.dumps("".join(traceback.format_exception(error)))
    with os.fdopen(told, "wb") as out:
        out.write(data)
    os._exit(0)
