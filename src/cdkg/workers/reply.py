"""An answer as it comes from a worker."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator

from cdkg.errors import BusyError, DeadlineError, QueryError
from cdkg.workers.hands import Worker
from cdkg.workers.messages import END, ERROR, PART, error_read, receive

#: Seconds after which a worker gives way to others.
_LONG = 0.5
#: Seconds between two looks whether the client is still there.
_LOOK = 0.1


class Reply:
    """The parts of an answer; whoever takes it must call `close`, which ends what is still at work.

    Args:
        worker: Who answers.
        seconds: Time from now that it may take.
        gone: Whether the client has left.
        done: Is called once, with whether the worker can answer again.
    """

    def __init__(
        self, worker: Worker, seconds: float, gone: Callable[[], bool], done: Callable[[Worker, bool, str], None]
    ) -> None:
        self._worker, self._gone, self._done = worker, gone, done
        self._seconds, self._begun = seconds, time.monotonic()
        self._over = False
        self.outcome = ""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the parts as they come.

        Raises:
            DeadlineError: It took too long, or more memory than it may.
            BusyError: The client has left.
            CdkgError: What the worker says.
        """
        while not self._over:
            kind, data = self._frame()
            if kind == PART:
                yield data
            elif kind == END:
                self._end("answered", healthy=True)
            else:
                self._end("refused", healthy=True)
                raise error_read(data) if kind == ERROR else QueryError("the query failed", why=data.decode())

    def close(self) -> None:
        """End what is still at work."""
        self._end("cut", healthy=False)

    def _frame(self) -> tuple[bytes, bytes]:
        self._wait()
        try:
            return receive(self._worker.sock)
        except EOFError:
            self._end("died", healthy=False)
            raise DeadlineError(
                "the query was ended", why="it took more memory than it may", hint="ask for less at a time"
            ) from None

    def _wait(self) -> None:
        """Wait until there is something to read."""
        gave_way = False
        while True:
            passed = time.monotonic() - self._begun
            if passed > self._seconds:
                self._end("timeout", healthy=False)
                raise DeadlineError(
                    "the query was ended",
                    why=f"it took more than {self._seconds:g} seconds",
                    hint="ask for less at a time",
                )
            if not gave_way and passed > _LONG:
                self._worker.give_way()
                gave_way = True
            ready, _, _ = select.select([self._worker.sock], [], [], min(_LOOK, self._seconds - passed + 0.001))
            if ready:
                return
            if self._gone():
                self._end("left", healthy=False)
                raise BusyError("the client has left", status=499)

    def _end(self, outcome: str, *, healthy: bool) -> None:
        if not self._over:
            self._over, self.outcome = True, outcome
            self._done(self._worker, healthy, outcome)
