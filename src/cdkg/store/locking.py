"""One process at a time may change a folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdkg.errors import Location, SnapshotError

_held: set[int] = set()


class LockedError(SnapshotError):
    """Another process is at work in a folder."""


@contextmanager
def alone(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Have a lock file to oneself while the block runs; it ends with the process that has it, however that ends.

    Args:
        path: The file.
        shared: Whether others may have it in the same way; then the file must be there, and is only read.

    Raises:
        LockedError: Another process has it.
        OSError: The file cannot be opened.
    """
    lock = os.open(path, os.O_CLOEXEC | (os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT), 0o666)
    _held.add(lock)
    try:
        _take(lock, path, shared=shared)
        yield
    finally:
        _held.discard(lock)
        os.close(lock)


def _take(lock: int, path: Path, *, shared: bool) -> None:
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        who = os.pread(lock, 20, 0).decode(errors="replace").strip()
        raise LockedError(
            "another process is building here",
            where=Location(str(path.parent)),
            why=f"process {who} has the lock" if who.isdecimal() else "it has the lock",
            hint="wait until it is done, or name another folder with --state",
        ) from error
    if shared:
        return
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)


def _let_go() -> None:
    """In a copy of this process: close what would keep the lock after the process that took it has died."""
    for lock in _held:
        os.close(lock)
    _held.clear()


os.register_at_fork(after_in_child=_let_go)
