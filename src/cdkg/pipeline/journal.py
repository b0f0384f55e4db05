"""Several files and the current snapshot replaced as one: all is put down whole first, and done again after a crash.

A write is decided once `pending` is there. Whoever opens the project next finishes it: old state or new, no third. What
is left to do by then are renamings, which need no room on the disk.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from cdkg.errors import CdkgError, Location, SnapshotError, WriteError
from cdkg.store import Snapshot, Snapshots
from cdkg.store.aside import make_folder, sync, write_aside
from cdkg.store.locking import LockedError, alone

_FILES: Final = "files.json"
_SNAPSHOT: Final = "snapshot.json"
#: Seconds that a reader waits for a write to be put in place, and between two looks.
_PATIENCE: Final = 5.0
_LOOK: Final = 0.05

Found = TypeVar("Found")


def place(root: Path) -> Path:
    """Where the journal of a project lies."""
    return root / ".cdkg" / "writing"


@dataclass(slots=True)
class Staged:
    """What was put down to be written.

    Attributes:
        root: The folder of the project.
        folder: Where it lies.
        lying: Files of the project → where their new content lies.
    """

    root: Path
    folder: Path
    lying: dict[Path, Path] = field(default_factory=dict)

    def decide(self, snapshot: Snapshot, held: Snapshots) -> None:
        """Decide that it is done, and do it.

        Args:
            snapshot: A snapshot that was prepared, to be current from now on.
            held: The snapshots that it is one of; the caller is in their `building()`.

        Raises:
            WriteError: It cannot be decided, and snapshot and files are as if nothing had been asked; or it is decided
                and cannot be done now: it will be by whoever opens the project next.
        """
        pending = place(self.root) / "pending"
        try:
            told = {"folder": str(held.folder.resolve()), "name": snapshot.path.name}
            _write(self.folder / _SNAPSHOT, json.dumps(told).encode())
            sync(self.folder)
            for path in self.lying:
                make_folder(path.parent)
            self.folder.rename(pending)
            try:
                sync(pending.parent)
            except OSError:
                pending.rename(self.folder)
                raise
        except OSError as error:
            held.discard(snapshot)
            raise _cannot(self.root, error) from error
        settle(self.root, held)


def stage(root: Path, files: Mapping[Path, bytes | None]) -> Staged:
    """Put down what is to be written, on disk; nothing is decided by that.

    Args:
        root: The folder of the project.
        files: What each file is to hold; None: it is to go.

    Raises:
        WriteError: It cannot be put down, or a file could not be replaced.
    """
    home = place(root)
    try:
        make_folder(home)
        _sweep(home)
        staged = Staged(root, Path(tempfile.mkdtemp(prefix="stage-", dir=home)))
        try:
            _fill(staged, files)
        except BaseException:
            shutil.rmtree(staged.folder, ignore_errors=True)
            raise
    except OSError as error:
        raise _cannot(root, error) from error
    return staged


@contextmanager
def staged(root: Path, files: Mapping[Path, bytes | None]) -> Iterator[Staged]:
    """The same while the block runs; what is not decided by then is forgotten.

    Raises:
        WriteError: It cannot be put down, or a file could not be replaced.
    """
    found = stage(root, files)
    try:
        yield found
    finally:
        shutil.rmtree(found.folder, ignore_errors=True)


def settle(root: Path, held: Snapshots) -> bool:
    """Do what was decided and not done, forget what was not decided, and return whether there was anything to do.

    Args:
        root: The folder of the project; the caller has the lock of its journal.
        held: The snapshots in whose `building()` the caller is.

    Raises:
        WriteError: It cannot be done.
    """
    pending = place(root) / "pending"
    try:
        if not pending.is_dir():
            _sweep(place(root))
            return False
        for entry in json.loads((pending / _FILES).read_text(encoding="utf-8")):
            _put(root / entry["path"], pending / entry["content"] if entry["content"] else None)
        _point(pending / _SNAPSHOT, held)
        done = pending.with_name("stage-done")  # in one step: a journal with half its content would be followed
        shutil.rmtree(done, ignore_errors=True)
        pending.rename(done)
        with suppress(OSError):  # all is in its place; at worst it is put there once more
            sync(done.parent)
        shutil.rmtree(done, ignore_errors=True)
    except (OSError, ValueError, KeyError, TypeError, SnapshotError) as error:
        raise _cannot(root, error, "it is decided, and will be done with the next write or build") from error
    return True


def recover(root: Path, snapshots: Snapshots) -> bool:
    """The same for a caller that has no lock; where another process is at work, that one does it.

    Raises:
        WriteError: It cannot be done.
    """
    if not _is_left(root):
        return False
    try:
        with ExitStack() as stack:
            stack.enter_context(alone(place(root) / "lock"))
            stack.enter_context(snapshots.building())
            return settle(root, snapshots)
    except LockedError:
        return False
    except (OSError, SnapshotError) as error:
        raise _cannot(root, error) from error


@contextmanager
def at_rest(root: Path, held: Snapshots) -> Iterator[None]:
    """Read the files of a project while the block runs, and nobody writes to them; others may read them too.

    Args:
        root: The folder of the project.
        held: The snapshots in whose `building()` the caller is.

    Raises:
        WriteError: A write that was decided before a crash cannot be done.
        LockedError: Another process writes.
    """
    lock = place(root) / "lock"
    with ExitStack() as stack:
        try:
            if _is_left(root):
                with alone(lock):
                    settle(root, held)
            if lock.exists():
                stack.enter_context(alone(lock, shared=True))
        except LockedError as error:
            where = Location(str(root))
            raise LockedError(
                "another process writes here", where=where, why=error.why, hint="wait until it is done"
            ) from error
        except OSError as error:
            raise _cannot(root, error) from error
        yield


def undisturbed(root: Path, read: Callable[[], Found]) -> Found:
    """Read the files of a project, all before a write or all after it; without a lock, since nobody waits for readers.

    Args:
        root: The folder of the project.
        read: Reads them; once more when a write was put in place meanwhile.

    Raises:
        LockedError: Others write again and again.
        WriteError: A write was decided and broken off, and half of its files may lie there.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        before = _state(root)
        if not before.pending:
            found = read()
            if _state(root) == before:
                return found
        if time.monotonic() > until:
            break
        time.sleep(_LOOK)
    if before.pending:
        why = "half of its files may be old still"
        raise WriteError("a write was broken off", where=Location(str(root)), why=why, hint="`cdkg build` finishes it")
    raise LockedError("another process writes here", where=Location(str(root)), hint="wait until it is done")


@dataclass(frozen=True, slots=True)
class _State:
    """What shows that a write was put in place: the journal's folder changes with it."""

    changed: int
    pending: bool


def _state(root: Path) -> _State:
    home = place(root)
    try:
        return _State(home.stat().st_mtime_ns, (home / "pending").exists())
    except OSError:  # nobody has ever written here
        return _State(0, pending=False)


def _is_left(root: Path) -> bool:
    """Whether anything lies in the journal."""
    home = place(root)
    return (home / "pending").exists() or any(home.glob("stage-*"))


def _sweep(home: Path) -> None:
    for left in home.glob("stage-*"):
        shutil.rmtree(left, ignore_errors=True)


def _fill(staged: Staged, files: Mapping[Path, bytes | None]) -> None:
    told: list[dict[str, str | None]] = []
    for number, (path, content) in enumerate(files.items()):
        _check_writable(path)
        name = None
        if content is not None:
            name = f"{number}.ttl"
            lies = staged.lying[path] = staged.folder / name
            _write(lies, content)
            if path.exists():
                lies.chmod(path.stat().st_mode & 0o7777)
        told.append({"path": path.relative_to(staged.root).as_posix(), "content": name})
    _write(staged.folder / _FILES, json.dumps(told).encode())
    sync(staged.folder)


def _put(path: Path, content: Path | None) -> None:
    """Put a file in its place. It keeps the time at which it was put down: the snapshot, made later, has it already."""
    if content is None:
        path.unlink(missing_ok=True)
    elif content.exists():  # else it was put there before a crash
        make_folder(path.parent)
        try:
            content.replace(path)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            made = content.stat()
            write_aside(path, partial(_copy, content), beside=f".{path.name}.new")
            os.utime(path, ns=(made.st_atime_ns, made.st_mtime_ns))
    if path.parent.is_dir():
        sync(path.parent)


def _point(told: Path, held: Snapshots) -> None:
    """Make the snapshot of a write current, if it is still there."""
    entry = json.loads(told.read_text(encoding="utf-8"))
    snapshots = Snapshots(Path(entry["folder"]), held.keep)
    named = [snapshot for snapshot in snapshots.all() if snapshot.path.name == entry["name"]]
    if not named or named[0] == snapshots.current():
        return
    with ExitStack() as stack:
        if snapshots.folder != held.folder.resolve():
            stack.enter_context(snapshots.building())
        snapshots.point(named[0])


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


def _cannot(root: Path, error: Exception, hint: str = "") -> WriteError:
    where = Location(str(getattr(error, "filename", None) or root))
    why = error.why if isinstance(error, CdkgError) else getattr(error, "strerror", None) or str(error)
    return WriteError("the files cannot be written", where=where, why=why, hint=hint, status=507)
