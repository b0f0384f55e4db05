"""An answer as it comes from a worker."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from cdkg.errors import BusyError, CdkgError, DeadlineError, ServerError
from cdkg.workers.hands import Worker
from cdkg.workers.messages import END, ERROR, PART, error_read, readable, receive

#: Seconds after which a worker gives way to others.
LONG: Final = 0.5
#: Seconds between two looks whether the client is still there.
_LOOK: Final = 0.1

log = logging.getLogger("cdkg.workers")


class Reply:
    """The parts of an answer; whoever takes it must call `close`, which ends what is still at work.

    It may be waited for by one thread and cut by others.

    Args:
        worker: Who answers.
        client: Who has asked.
        seconds: Time from now that it may take.
        gone: Whether the client has left.
        done: Is called once, with whether the worker can answer again, and how it ended.

    Attributes:
        outcome: How it ended: `answered`, `refused`, `failed`, `died`, `timeout`, `left`, `cut`, `evicted`, `stopped`.
    """

    def __init__(
        self,
        worker: Worker,
        client: str,
        seconds: float,
        gone: Callable[[], bool],
        done: Callable[[Reply, bool], None],
    ) -> None:
        self.worker, self.client, self.outcome = worker, client, ""
        self._gone, self._done = gone, done
        self._seconds, self._begun = seconds, time.monotonic()
        self._reading = threading.Lock()
        self._cut: tuple[str, CdkgError] | None = None
        self._over = False

    @property
    def version(self) -> str:
        """The version of the store that answers."""
        return self.worker.holder.source.version

    @property
    def age(self) -> float:
        """Seconds since the request was sent."""
        return time.monotonic() - self._begun

    def __iter__(self) -> Iterator[bytes]:
        """Yield the parts as they come.

        Raises:
            DeadlineError: It took too long, or more memory than it may.
            BusyError: The client has left, or must make room for others.
            ServerError: The process that holds the store is gone, or the server stops.
            CdkgError: What the worker says.
        """
        while True:
            with self._reading:
                part = None if self._over else self._part()
                if part is None and self._cut:
                    raise self._cut[1]
            if part is None:
                return
            yield part

    def close(self) -> None:
        """End what is still at work."""
        with self._reading:
            self._end("left" if self._gone() else "cut", healthy=False)

    def mind(self) -> None:
        """Cut it when its time is up, also while its reader does not read on."""
        if self.age > self._seconds:
            self.cut("timeout", self._too_long())

    def cut(self, outcome: str, error: CdkgError) -> None:
        """End it from another thread; whoever reads it gets the error."""
        self._cut = self._cut or (outcome, error)
        if self._reading.acquire(blocking=False):  # else the reader is waiting, and looks now and then
            try:
                self._end(self._cut[0], healthy=False)
            finally:
                self._reading.release()

    def _part(self) -> bytes | None:
        """The next part, or None where there is no more."""
        self._wait()
        try:
            kind, data = receive(self.worker.sock)
        except EOFError:
            error = self._death()
            self._end("died", healthy=False)
            raise error from None
        if kind == PART:
            return data
        self._end({END: "answered", ERROR: "refused"}.get(kind, "failed"), healthy=kind in {END, ERROR})
        if kind == END:
            return None
        if kind == ERROR:
            raise error_read(data)
        log.error("a worker failed: %s", data.decode(errors="replace"))
        raise CdkgError("the query could not be answered", why="a fault of the server, which its log tells")

    def _wait(self) -> None:
        """Wait until there is something to read."""
        while not self._cut:
            if self.age > self._seconds:
                self._cut = "timeout", self._too_long()
                break
            if self.age > LONG and not self.worker.slowed:
                self.worker.give_way()
            if readable(self.worker.sock, min(_LOOK, self._seconds - self.age + 0.001)):
                return
            if self._gone():
                self._cut = "left", BusyError("the client has left", status=499)
        self._end(self._cut[0], healthy=False)
        raise self._cut[1]

    def _too_long(self) -> CdkgError:
        why = f"it took more than {self._seconds:g} seconds"
        return DeadlineError("the query was ended", why=why, hint="ask for less at a time")

    def _death(self) -> CdkgError:
        """Why the worker is gone."""
        if self._cut:
            return self._cut[1]
        time.sleep(0.05)  # a worker dies a little before its holder is known to be dead
        if not self.worker.holder.is_alive():
            return ServerError("the process that holds the store has ended", hint="ask again: another one is started")
        why = "it took more memory than it may, or nested too deeply"
        return DeadlineError("the query was ended", why=why, hint="ask for less at a time")

    def _end(self, outcome: str, *, healthy: bool) -> None:
        if not self._over:
            self._over, self.outcome = True, outcome
            self._done(self, healthy)
