"""A pool of workers over one store, which may be changed for another while requests go on."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cdkg.errors import BusyError, CdkgError, ServerError
from cdkg.query import Limits
from cdkg.settings import USUAL
from cdkg.workers.admission import Admission, party
from cdkg.workers.hands import Holder, Worker
from cdkg.workers.messages import REQUEST, Request, send
from cdkg.workers.reply import LONG, Reply
from cdkg.workers.source import Source

log = logging.getLogger("cdkg.workers")

#: A worker answers so many requests; what leaks, leaks no further.
_MOST_ANSWERS: Final = 2000
#: Seconds between two looks whether the holder is alive.
_LOOK: Final = 0.5
#: Seconds between two looks at the deadlines of answers.
_WATCH: Final = 0.25


@dataclass(frozen=True, slots=True)
class PoolBounds:
    """What queries may take.

    Attributes:
        seconds: Time of one query, its answer included.
        megabytes: Memory of one query, beside the store.
        answer_bytes: Length of one answer.
        answer_rows: Solutions or triples of one answer; 0: any number.
        workers: How many are answered at a time.
        each: How many of one client are answered or wait.
        waiting: How many wait in all.
        patience: Seconds that a query waits for its turn.
        limits: How large a query may be.
    """

    seconds: float = USUAL.query_seconds
    megabytes: int = USUAL.query_megabytes
    answer_bytes: int = USUAL.answer_bytes
    answer_rows: int = USUAL.answer_rows
    workers: int = USUAL.query_workers
    each: int = USUAL.queries_per_client
    waiting: int = USUAL.queries_waiting
    patience: float = USUAL.query_patience
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
        self._replies: set[Reply] = set()
        self._needed: Counter[Holder] = Counter()
        self._retiring: list[Holder] = []
        self._stopped = threading.Event()
        self._asked: queue.SimpleQueue[tuple[Source, queue.SimpleQueue[Holder | CdkgError]] | None] = (
            queue.SimpleQueue()
        )
        self._renewing = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()
        try:
            self._holder = self._held(source)
        except CdkgError:
            self._asked.put(None)
            raise
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    @property
    def source(self) -> Source:
        """The store that is asked now."""
        return self._holder.source

    @property
    def version(self) -> str:
        """The version of the store that is asked now."""
        return self._holder.source.version

    @property
    def quads(self) -> int:
        """How many quads it has, its default graph included."""
        return self._holder.quads

    @property
    def idle(self) -> int:
        """How many workers wait for requests."""
        return len(self._idle)

    @property
    def at_work(self) -> int:
        """How many workers answer one."""
        return len(self._replies)

    def is_ready(self) -> bool:
        """Whether the store is held, and requests are taken."""
        return self._holder.is_alive() and not self._stopped.is_set()

    def ask(self, request: Request, client: str = "", gone: Callable[[], bool] = lambda: False) -> Reply:
        """Begin to answer a request.

        Args:
            request: The request.
            client: Who asks.
            gone: Whether the client has left.

        Raises:
            BusyError: There are too many requests.
            ServerError: The store is gone, and nobody has opened it again in time; or the server stops.
        """
        client = party(client)
        try:
            self.admission.enter(client, gone)
        except BusyError as error:
            self._count({429: "too many", 499: "left"}.get(error.status, "busy"))
            raise
        try:
            worker = self._take(request)
        except BaseException:
            self.admission.leave(client)
            self._count("unanswered")
            raise
        reply = Reply(worker, client, self.bounds.seconds, gone, self._done)
        with self._turn:
            self._replies.add(reply)
        if self._stopped.is_set():
            reply.cut("stopped", _stopping())
        return reply

    def renew(self, source: Source) -> None:
        """Ask another store from now on; who is at work goes on with the former one.

        Raises:
            ServerError: It does not come up; the former one is asked still.
            SnapshotError: There is no such store; the same.
        """
        with self._renewing:
            new = self._held(source)
            with self._turn:
                former, self._holder = self._holder, new
                old = [worker for worker in self._idle if worker.holder is former]
                self._idle = [worker for worker in self._idle if worker.holder is not former]
                self._retiring.append(former)
        for worker in old:
            worker.end()

    def stop(self) -> None:
        """Take no more requests, and cut those that are at work."""
        self._stopped.set()
        with self._turn:
            replies = list(self._replies)
        for reply in replies:
            reply.cut("stopped", _stopping())

    def close(self) -> None:
        """End all processes."""
        self.stop()
        with self._turn:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()
        self._asked.put(None)
        self._keeper.join(10)

    # -- workers ---------------------------------------------------------------------------------------------------

    def _take(self, request: Request) -> Worker:
        """A worker that has got the request; where its holder has died, wait until another one is there."""
        until = time.monotonic() + self.bounds.patience
        while not self._stopped.is_set():
            with self._turn:  # a holder that somebody needs is not ended
                worker = self._idle.pop() if self._idle else None
                holder = worker.holder if worker else self._holder
                self._needed[holder] += 1
            try:
                if worker is None:
                    worker = holder.worker()
                if not worker.is_idle():  # it has ended meanwhile
                    raise ServerError("the worker has ended")  # noqa: TRY301  # another one is taken
                send(worker.sock, REQUEST, request.written())
            except BaseException as error:
                self._drop(worker, holder)
                if not isinstance(error, (OSError, ServerError)) or time.monotonic() > until:
                    raise
                if not holder.is_alive():
                    time.sleep(0.05)
            else:
                return worker
        raise _stopping()

    def _drop(self, worker: Worker | None, holder: Holder) -> None:
        if worker is not None:
            worker.end()
        self._release(holder)

    def _release(self, holder: Holder) -> None:
        with self._turn:
            self._needed[holder] -= 1
            if not self._needed[holder]:
                del self._needed[holder]

    def _done(self, reply: Reply, healthy: bool) -> None:
        """An answer is over: its worker answers others, or ends."""
        worker = reply.worker
        worker.answered += 1
        with self._turn:
            self._replies.discard(reply)
            keep = healthy and worker.holder is self._holder and worker.answered < _MOST_ANSWERS and worker.is_as_new()
            if keep and not self._stopped.is_set():
                self._idle.append(worker)
            self.outcomes[reply.outcome] += 1
        if not keep or self._stopped.is_set():
            worker.end()
        self._release(worker.holder)
        self.admission.leave(reply.client)

    def _count(self, outcome: str) -> None:
        with self._turn:
            self.outcomes[outcome] += 1

    def _watch(self) -> None:
        """Mind the deadlines of answers that nobody reads on, and that no client keeps the others out."""
        while not self._stopped.wait(_WATCH):
            with self._turn:
                replies = list(self._replies)
            for reply in replies:
                reply.mind()
            greediest = self.admission.greediest(LONG)
            long = [reply for reply in replies if reply.client == greediest and reply.age > 2 * LONG]
            if long:
                max(long, key=lambda reply: reply.age).cut("evicted", _for_others())

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
            over = [holder for holder in self._retiring if not self._needed[holder]]
            self._retiring = [holder for holder in self._retiring if self._needed[holder]]
        for holder in over:
            holder.retire()
        former = getattr(self, "_holder", None)
        if former is None or former.is_alive():
            return
        log.error("the process that holds the store has ended; another one is started")
        try:
            new = Holder(former.source, self.bounds)
        except (CdkgError, OSError) as error:
            log.error("it did not come up: %s", error)  # noqa: TRY400  # the next look tries again
            return
        with self._turn:
            replaced = self._holder is former
            if replaced:
                self._holder = new
        (former if replaced else new).retire()


def _stopping() -> ServerError:
    return ServerError("the server is stopping", hint="ask again in a moment")


def _for_others() -> BusyError:
    why = "others waited, and this client had several at work"
    return BusyError("the query was ended to make room", why=why, hint="ask for less at a time", status=503)
