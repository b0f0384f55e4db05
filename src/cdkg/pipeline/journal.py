"""Several files replaced as one: what is to be done is put down whole first, and done again after a crash.

A write is decided once `pending` is there. Whoever opens the project next finishes it: old state or new, no third.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO

from cdkg.errors import Location, WriteError
from cdkg.store.aside import write_aside
from cdkg.workers.writing.plain import sync


def place(root: Path) -> Path:
    """Where the journal of a project lies."""
    return root / ".cdkg" / "writing"


def stage(root: Path, files: Mapping[Path, bytes | None]) -> tuple[Path, dict[Path, Path]]:
    """Put down what is to be written, on disk; nothing is decided by that.

    Args:
        root: The folder of the project.
        files: What each file is to hold; None: it is to go.

    Returns:
        The folder that it lies in, and where the content of each file lies.

    Raises:
        WriteError: It cannot be put down, or a file could not be replaced.
    """
    home = place(root)
    try:
        home.mkdir(parents=True, exist_ok=True)
        for left in home.glob("stage-*"):
            shutil.rmtree(left, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(prefix="stage-", dir=home))
        staged: dict[Path, Path] = {}
        told: list[dict[str, str | None]] = []
        for number, (path, content) in enumerate(files.items()):
            _check_writable(path)
            name = f"{number}.ttl" if content is not None else None
            if name is not None and content is not None:
                staged[path] = aside / name
                _write(aside / name, content)
            told.append({"path": path.relative_to(root).as_posix(), "content": name})
        _write(aside / "files.json", json.dumps(told).encode())
        sync(aside)
    except OSError as error:
        raise _cannot(root, error) from error
    return aside, staged


def decide(root: Path, staged: Path) -> None:
    """Decide that what was put down is done, and do it.

    Raises:
        WriteError: It cannot be done now; it will be by whoever opens the project next.
    """
    try:
        staged.rename(place(root) / "pending")
        sync(place(root))
    except OSError as error:
        raise _cannot(root, error) from error
    settle(root)


def settle(root: Path) -> bool:
    """Do what was decided and not done, and return whether there was anything.

    Raises:
        WriteError: It cannot be done.
    """
    pending = place(root) / "pending"
    if not pending.is_dir():
        return False
    try:
        for entry in json.loads((pending / "files.json").read_text(encoding="utf-8")):
            path = root / entry["path"]
            if entry["content"] is None:
                path.unlink(missing_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_aside(path, partial(_copy, pending / entry["content"]))
            if path.parent.is_dir():
                sync(path.parent)
        done = pending.with_name("stage-done")  # in one step: a journal with half its content would be followed
        shutil.rmtree(done, ignore_errors=True)
        pending.rename(done)
        shutil.rmtree(done, ignore_errors=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _cannot(root, error) from error
    return True


def _copy(path: Path, out: BinaryIO) -> None:
    out.write(path.read_bytes())


def _check_writable(path: Path) -> None:
    folder = next(above for above in path.parents if above.is_dir())
    for wanted in (path, folder):
        if wanted.exists() and not os.access(wanted, os.W_OK):
            raise PermissionError(13, "it is read-only", str(wanted))


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _cannot(root: Path, error: Exception) -> WriteError:
    filename = getattr(error, "filename", None)
    why = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return WriteError("the files cannot be written", where=Location(str(filename or root)), why=why, status=507)
