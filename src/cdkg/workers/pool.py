"""A pool of workers over one store, which may be changed for another while requests go on."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cdkg.errors import CdkgError, ServerError
from cdkg.query import Limits
from cdkg.workers.admission import Admission
from cdkg.workers.hands import Holder, Worker
from cdkg.workers.messages import REQUEST, Request, send
from cdkg.workers.reply import Reply
from cdkg.workers.source import Source

#: A worker answers so many requests; what leaks, leaks no further.
_MOST_ANSWERS: Final = 2000
#: Seconds between two looks whether the holder is alive.
_LOOK: Final = 0.5


@dataclass(frozen=True, slots=True)
class PoolBounds:
    """What queries may take.

    Attributes:
        seconds: Time of one query, its answer included.
        megabytes: Memory of one query, beside the store.
        answer_bytes: Length of one answer.
        workers: How many are answered at a time.
        each: How many of one client are answered or wait.
        waiting: How many wait in all.
        patience: Seconds that a query waits for its turn.
        limits: How large a query may be.
    """

    seconds: float = 30
    megabytes: int = 1024
    answer_bytes: int = 256 * 1024 * 1024
    workers: int = 8
    each: int = 6
    waiting: int = 64
    patience: float = 10
    limits: Limits = field(default_factory=Limits)


class Pool:
    """Workers that answer requests; to be closed.

    Args:
        source: The store.
        bounds: What queries may take.

    Raises:
        ServerError: The process that holds the store does not come up.
        SnapshotError: There is no such store.
    """

    def __init__(self, source: Source, bounds: PoolBounds | None = None) -> None:
        self.bounds = bounds or PoolBounds()
        self.admission = Admission(self.bounds.workers, self.bounds.each, self.bounds.waiting, self.bounds.patience)
        self.outcomes: Counter[str] = Counter()
        self._turn = threading.Lock()
        self._idle: list[Worker] = []
        self._at_work: set[Worker] = set()
        self._retiring: list[Holder] = []
        self._asked: queue.SimpleQueue[tuple[Source, queue.SimpleQueue[Holder | CdkgError]] | None] = (
            queue.SimpleQueue()
        )
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()
        self._holder = self._held(source)

    @property
    def source(self) -> Source:
        """The store that is asked now."""
        return self._holder.source

    @property
    def quads(self) -> int:
        """How many quads it has, its default graph included."""
        return self._holder.quads

    def is_ready(self) -> bool:
        """Whether the store is held."""
        return self._holder.is_alive()

    def ask(self, request: Request, client: str = "", gone: Callable[[], bool] = lambda: False) -> Reply:
        """Begin to answer a request.

        Args:
            request: The request.
            client: Who asks.
            gone: Whether the client has left.

        Raises:
            BusyError: There are too many requests.
            ServerError: The store is gone, and nobody has opened it again yet.
        """
        self.admission.enter(client, gone)
        try:
            worker = self._take(request)
        except BaseException:
            self.admission.leave(client)
            raise

        def done(worker: Worker, healthy: bool, outcome: str) -> None:
            self._give_back(worker, healthy=healthy)
            self.outcomes[outcome] += 1
            self.admission.leave(client)

        return Reply(worker, self.bounds.seconds, gone, done)

    def renew(self, source: Source) -> None:
        """Ask another store from now on; who is at work goes on with the former one.

        Raises:
            ServerError: It does not come up; the former one is asked still.
            SnapshotError: There is no such store; the same.
        """
        former, self._holder = self._holder, self._held(source)
        with self._turn:
            old = [worker for worker in self._idle if worker.holder is former]
            self._idle = [worker for worker in self._idle if worker.holder is not former]
            self._retiring.append(former)
        for worker in old:
            worker.end()

    def close(self) -> None:
        """End all processes."""
        with self._turn:
            workers, self._idle = [*self._idle, *self._at_work], []
        for worker in workers:
            worker.end()
        self._asked.put(None)
        self._keeper.join(10)

    # -- workers ---------------------------------------------------------------------------------------------------

    def _take(self, request: Request) -> Worker:
        """A worker that has got the request."""
        while True:
            with self._turn:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                worker = self._holder.worker()
            elif not worker.is_idle():  # it has ended meanwhile
                worker.end()
                continue
            try:
                send(worker.sock, REQUEST, request.written())
            except OSError:
                worker.end()
                continue
            with self._turn:
                self._at_work.add(worker)
            return worker

    def _give_back(self, worker: Worker, *, healthy: bool) -> None:
        worker.answered += 1
        with self._turn:
            self._at_work.discard(worker)
            keep = healthy and worker.holder is self._holder and worker.answered < _MOST_ANSWERS and not worker.slowed
            if keep:
                self._idle.append(worker)
        if not keep:
            worker.end()

    # -- the keeper ------------------------------------------------------------------------------------------------

    def _held(self, source: Source) -> Holder:
        """A holder, started by the keeper: a process ends with the thread that has started it."""
        told: queue.SimpleQueue[Holder | CdkgError] = queue.SimpleQueue()
        self._asked.put((source, told))
        found = told.get()
        if isinstance(found, CdkgError):
            raise found
        return found

    def _keep(self) -> None:
        """Start holders when they are asked for or have died, and end those that nobody needs."""
        while True:
            try:
                asked = self._asked.get(timeout=_LOOK)
            except queue.Empty:
                self._mend()
                continue
            if asked is None:
                for holder in [*self._retiring, *([self._holder] if hasattr(self, "_holder") else [])]:
                    holder.retire()
                return
            source, told = asked
            try:
                told.put(Holder(source, self.bounds))
            except CdkgError as error:
                told.put(error)
            except OSError as error:
                told.put(ServerError("no process can be started", why=str(error)))

    def _mend(self) -> None:
        with self._turn:
            busy = {worker.holder for worker in self._at_work}
            over = [holder for holder in self._retiring if holder not in busy]
            self._retiring = [holder for holder in self._retiring if holder in busy]
        for holder in over:
            holder.retire()
        if hasattr(self, "_holder") and not self._holder.is_alive():
            former = self._holder
            try:
                self._holder = Holder(former.source, self.bounds)
                former.retire()
            except CdkgError:
                time.sleep(_LOOK)  # the next look tries again
