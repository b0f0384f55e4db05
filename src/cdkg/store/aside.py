"""Write a file whole or not at all: aside first, then in place of the former one in one step."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from cdkg.errors import Location, OutputError


def write_aside(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a new file beside `path`, and put it in its place once it is complete.

    What is no regular file (a pipe, a device) is written to directly.

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
        _replace(target, write)
    except OSError as error:
        raise OutputError(
            "the file cannot be written", where=Location(str(path)), why=error.strerror or str(error)
        ) from error


def _replace(target: Path, write: Callable[[BinaryIO], object]) -> None:
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(13, "it is read-only")
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    aside = Path(name)
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


def _umask() -> int:
    """The permissions that new files do not get; to read them one must set them."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
