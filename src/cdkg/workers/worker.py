"""A worker: answers one request after the other, and is ended from outside when one takes too much."""

from __future__ import annotations

import socket
import sys
import traceback
from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import QuerySolutions, Store, Triple

from cdkg.bounded import limit_memory
from cdkg.errors import CdkgError, LimitError
from cdkg.formats import by_media_type
from cdkg.query import Limits
from cdkg.query.rewriting import replanned
from cdkg.query.run import evaluated, inspected
from cdkg.vocabulary import BASE
from cdkg.workers.messages import END, ERROR, FAULT, PART, Request, error_written, receive, send

#: Parts are gathered to so many bytes before they are sent.
_PART: Final = 32 * 1024
#: What stands between two solutions, or behind each, as the engine writes them, and what that counts too few or too
#: many. In a value it is escaped, but for the line ends of CSV: such an answer may count for a few rows more.
_MARKS: Final = {"json": (b'},{"', 1), "xml": (b"</result>", 0), "csv": (b"\r\n", -1), "tsv": (b"\n", -1)}


def work(
    store: Store,
    sock: socket.socket,
    megabytes: int,
    most_bytes: int,
    limits: Limits,
    *,
    most_rows: int = 0,
    union: Store | None = None,
) -> None:
    """Answer requests until nobody sends any.

    Args:
        store: What is asked.
        sock: Where requests come from and answers go to.
        megabytes: Memory that an answer may take.
        most_bytes: Length that an answer may have.
        limits: How large a query may be.
        most_rows: Solutions or triples that an answer may have; 0: any number.
        union: The default graph of the store alone. Queries that look into no other are asked there: in memory the
            engine has one list of quads for each term, of all graphs, and passes over those that are not meant.
    """
    limit_memory(megabytes)
    while True:
        try:
            _, data = receive(sock)
        except EOFError:
            return
        try:
            _answer((store, union), Request.read(data), _Parts(sock, most_bytes, most_rows), limits)
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


def _answer(stores: tuple[Store, Store | None], request: Request, out: _Parts, limits: Limits) -> None:
    store, union = stores
    asked = inspected(request.text, request.default_graphs, request.named_graphs, limits, BASE)
    if union is not None and not asked.has_dataset and not asked.names_graphs:
        store = union
    answer = evaluated(store, asked, base=BASE, planned=replanned)
    form = by_media_type(request.media_type, answer.offered)
    if isinstance(answer.result, QuerySolutions):
        out.mark, out.rows = _MARKS[form.name]
    answer.write_to(out, form, out.counted)
    out.flush()


class _Parts:
    """A file whose content goes out in frames."""

    def __init__(self, sock: socket.socket, most: int, most_rows: int) -> None:
        self._sock, self._most, self._written = sock, most, 0
        self._most_rows, self.rows, self.mark, self._last = most_rows, 0, b"", b""
        self._gathered = bytearray()

    def write(self, data: bytes) -> int:
        self._written += len(data)
        if self.mark:
            seen = self._last + data  # a mark may be cut in two
            self._last = seen[len(seen) - len(self.mark) + 1 :]
            self._count(seen.count(self.mark))
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

    def counted(self, triples: Iterable[Triple]) -> Iterator[Triple]:
        """Yield triples, as many as an answer may have."""
        for triple in triples:
            self._count(1)
            yield triple

    def _count(self, rows: int) -> None:
        self.rows += rows
        if self.rows > self._most_rows > 0:
            raise LimitError(
                "the answer is too long",
                why=f"more than {self._most_rows:,} rows",
                hint="ask for less, or page with LIMIT and OFFSET",
            )

    def flush(self) -> None:
        if self._gathered:
            send(self._sock, PART, bytes(self._gathered))
            self._gathered.clear()
