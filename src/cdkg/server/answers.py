"""Who answers queries: a pool of workers, or the store itself for those who need no protection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from pyoxigraph import Store

from cdkg.formats import by_media_type
from cdkg.query import Limits, run
from cdkg.vocabulary import BASE
from cdkg.workers import Request


class Parts(Protocol):
    """An answer as it comes; `close` ends what is still at work."""

    @property
    def version(self) -> str:
        """The version of the store that answers."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the parts."""

    def close(self) -> None:
        """End it."""


class Answers(Protocol):
    """Answers queries about one store."""

    @property
    def quads(self) -> int:
        """How many quads it holds."""

    @property
    def version(self) -> str:
        """What is another whenever the store has changed; empty where that is not known."""

    def is_ready(self) -> bool:
        """Whether it can be asked."""

    def ask(self, request: Request, client: str = "", gone: Callable[[], bool] = ...) -> Parts:
        """Begin to answer a request."""


class InProcess:
    """Answers in the process that asks, without deadline: for tests, and for queries that nobody else writes."""

    def __init__(self, store: Store, limits: Limits | None = None, version: str = "") -> None:
        self.store, self._limits, self.version = store, limits, version

    @property
    def quads(self) -> int:
        """How many quads it holds."""
        return len(self.store)

    def is_ready(self) -> bool:
        """It always is."""
        return True

    def ask(self, request: Request, client: str = "", gone: Callable[[], bool] = lambda: False) -> Parts:  # noqa: ARG002
        """Answer a request."""
        named, default = request.named_graphs, request.default_graphs
        limits = self._limits
        answer = run(self.store, request.text, default_graphs=default, named_graphs=named, limits=limits, base=BASE)
        return _Whole(answer.write(by_media_type(request.media_type, answer.offered)), self.version)


class _Whole:
    def __init__(self, data: bytes, version: str) -> None:
        self._data, self.version = data, version

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._data,))

    def close(self) -> None:
        pass
