"""Write a file whole or not at all: aside first, then in place of the former one in one step."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from cdkg.errors import Location, OutputError


def write_aside(path: Path, write: Callable[[BinaryIO], object], *, beside: str = "") -> None:
    """Let `write` fill a new file beside `path`, and put it in its place once it is complete.

    What is no regular file (a pipe, a device) is written to directly.

    Args:
        path: The file.
        write: Fills it.
        beside: Name of the new file until it is complete; empty: one of its own. Where one process writes at a time,
            a fixed one is written over by the next, and so nothing stays of one that was killed.

    Raises:
        OutputError: The file cannot be written; the former one is as it was.
    """
    target = path.resolve()
    try:
        if target.is_dir():
            raise OutputError("this is a folder", where=Location(str(path)), hint="name a file")
        if target.exists() and not target.is_file():
            with target.open("wb") as device:
                write(device)
            return
        _replace(target, write, beside)
    except OSError as error:
        raise OutputError(
            "the file cannot be written", where=Location(str(path)), why=error.strerror or str(error)
        ) from error


def sync(folder: Path) -> None:
    """Let the names in a folder outlive a failing machine.

    Raises:
        OSError: That cannot be done.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and let their names outlive a failing machine.

    Raises:
        OSError: One cannot be made.
    """
    missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        sync(each.parent)


def _replace(target: Path, write: Callable[[BinaryIO], object], beside: str) -> None:
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(13, "it is read-only")
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
    handle, aside = _new(target, beside)
    try:
        with os.fdopen(handle, "wb") as out:
            write(out)
            out.flush()
            os.fsync(out.fileno())
        aside.chmod(mode)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _new(target: Path, beside: str) -> tuple[int, Path]:
    if not beside:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        return handle, Path(name)
    aside = target.with_name(beside)
    return os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), aside


def _umask() -> int:
    """The permissions that new files do not get; to read them one must set them."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
