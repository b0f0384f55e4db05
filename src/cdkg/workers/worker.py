"""A worker: answers one request after the other, and is ended from outside when one takes too much."""

from __future__ import annotations

import socket
import sys
import traceback
from typing import Final

from pyoxigraph import Store

from cdkg.bounded import limit_memory
from cdkg.errors import CdkgError, LimitError
from cdkg.formats import by_media_type
from cdkg.query import Limits, run
from cdkg.vocabulary import BASE
from cdkg.workers.messages import END, ERROR, FAULT, PART, Request, error_written, receive, send

#: Parts are gathered to so many bytes before they are sent.
_PART: Final = 32 * 1024


def work(store: Store, sock: socket.socket, megabytes: int, most_bytes: int, limits: Limits) -> None:
    """Answer requests until nobody sends any.

    Args:
        store: What is asked.
        sock: Where requests come from and answers go to.
        megabytes: Memory that an answer may take.
        most_bytes: Length that an answer may have.
        limits: How large a query may be.
    """
    limit_memory(megabytes)
    while True:
        try:
            _, data = receive(sock)
        except EOFError:
            return
        try:
            _answer(store, Request.read(data), _Parts(sock, most_bytes), limits)
        except CdkgError as error:
            send(sock, ERROR, error_written(error))
        except MemoryError:  # nothing can be trusted to work after that
            sys.exit(1)
        except OSError:
            return  # nobody reads on
        except BaseException as error:  # noqa: BLE001  # the engine panics with one; the server tells it in its log
            send(sock, FAULT, traceback.format_exc().encode(errors="replace"))
            if not isinstance(error, Exception):
                sys.exit(1)
        else:
            send(sock, END)


def _answer(store: Store, request: Request, out: _Parts, limits: Limits) -> None:
    named, default = request.named_graphs, request.default_graphs
    answer = run(store, request.text, default_graphs=default, named_graphs=named, limits=limits, base=BASE)
    answer.write_to(out, by_media_type(request.media_type, answer.offered))
    out.flush()


class _Parts:
    """A file whose content goes out in frames."""

    def __init__(self, sock: socket.socket, most: int) -> None:
        self._sock, self._most, self._written = sock, most, 0
        self._gathered = bytearray()

    def write(self, data: bytes) -> int:
        self._written += len(data)
        if self._written > self._most:
            raise LimitError(
                "the answer is too long",
                why=f"more than {self._most:,} bytes",
                hint="ask for less, or page with LIMIT and OFFSET",
            )
        self._gathered += data
        if len(self._gathered) >= _PART:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self._gathered:
            send(self._sock, PART, bytes(self._gathered))
            self._gathered.clear()
