"""The server takes each new snapshot as soon as it is current, while requests go on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from flask import Flask

from cdkg.errors import CdkgError, Location, SnapshotError
from cdkg.store import Snapshot, Snapshots
from cdkg.workers import Pool, Source

_log = logging.getLogger(__name__)
#: Seconds between two looks at the pointer.
_LOOK: Final = 0.5
#: Seconds until a snapshot that could not be taken is tried again, as long as it is current.
_AGAIN: Final = 30.0


class Following:
    """A thread that looks which snapshot is current.

    Args:
        snapshots: The snapshots of the project.
        served: The one that is served now.
        take: Begins to serve another; raises a `CdkgError` where that cannot be done, and then serves the former one.

    Attributes:
        served: The one that is served.
        fault: Why the current snapshot is not the one that is served; empty where it is.
    """

    def __init__(self, snapshots: Snapshots, served: Snapshot, take: Callable[[Snapshot], object]) -> None:
        self.served, self.fault = served, ""
        self._snapshots, self._take = snapshots, take
        self._seen: tuple[int, int] | None = None
        self._refused, self._not_before = "", 0.0
        self._over, self._wake, self._looked = threading.Event(), threading.Event(), threading.Condition()
        self._thread = threading.Thread(target=self._follow, name="following", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; a snapshot that is being taken is taken to its end."""
        self._over.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def wait_for(self, name: str, seconds: float) -> bool:
        """Wait until a snapshot, or one that was made after it, is served, and return whether it is.

        It is looked for at once. Who was overtaken by another writer does not wait for what nobody will serve again.

        Args:
            name: The name of the snapshot.
            seconds: How long to wait.
        """
        self._wake.set()
        with self._looked:
            self._looked.wait_for(lambda: self.served.path.name >= name or self._refused == name, seconds)
        return self.served.path.name >= name

    def look(self) -> None:
        """Take the current snapshot, if it is another than the one that is served."""
        seen = self._mark()
        if seen == self._seen and not self.fault:
            return
        current = self._snapshots.current()
        if current is None:  # nothing better is there
            return
        if current == self.served:
            self._seen, self.fault = seen, ""
        elif current.path.name != self._refused or time.monotonic() >= self._not_before:
            self._change(current)
            self._seen = seen

    def _change(self, current: Snapshot) -> None:
        name = current.path.name
        try:
            self._take(current)
        except CdkgError as error:
            why = f" ({error.why})" if error.why else ""
            self.fault = f"the snapshot {name} cannot be served: {error.what}{why}"
            self._refused, self._not_before = name, time.monotonic() + _AGAIN
            _log.error("%s; %s is served still", self.fault, self.served.path.name)
            return
        _log.info("the snapshot %s is served now, and %s no more", name, self.served.path.name)
        self.served, self.fault = current, ""

    def _mark(self) -> tuple[int, int] | None:
        """What changes whenever the pointer is replaced."""
        try:
            stat = self._snapshots.pointer.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino

    def _follow(self) -> None:
        while not self._over.is_set():
            self._wake.wait(_LOOK)
            self._wake.clear()
            try:
                if not self._over.is_set():
                    self.look()
            except Exception:  # noqa: BLE001  # whatever it is, the next look may succeed
                _log.exception("the current snapshot could not be looked at")
            with self._looked:
                self._looked.notify_all()


@contextmanager
def follow(app: Flask, pool: Pool, snapshots: Snapshots, served: Snapshot) -> Iterator[Following]:
    """Let a pool and an application follow the current snapshot while the block runs."""

    def take(snapshot: Snapshot) -> None:
        try:
            counts = snapshot.about["counts"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise SnapshotError("it is damaged", where=Location(str(snapshot.path)), why=str(error)) from error
        pool.renew(Source(snapshot.path))
        app.config["COUNTS"] = counts

    follower = app.config["FOLLOWING"] = Following(snapshots, served, take)
    follower.start()
    try:
        yield follower
    finally:
        follower.close()
