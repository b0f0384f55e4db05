"""The HTTP side of waitress, made stricter: framing that cannot be read in two ways, and no client that holds on.

A connection holds a descriptor, a request at work holds a thread. Whoever sends or reads too slowly loses the
connection; waitress itself closes those only that say nothing at all between requests.
"""

from __future__ import annotations

import re
import socket
import time
from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, Final

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask

from cdkg.server.guarding import SHIELD
from cdkg.settings import USUAL
from cdkg.workers.admission import party

#: Seconds between two looks at the connections.
_LOOK: Final = 0.5
#: Seconds in which who sends no more may still get an answer: nothing tells it from who has left.
_LAST: Final = 0.25
#: So many connections are kept free for those who come next.
_SPARE: Final = 8
_CHUNKED: Final = re.compile(rb"transfer-encoding:[ \t]*chunked[ \t]*")
#: What stands in links to ourselves (RFC 9110, section 7.2): no comma, no quote, nothing of a path.
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._~%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?")


@dataclass(frozen=True, slots=True)
class Listening:
    """What clients may hold.

    Attributes:
        threads: How many requests are taken up at a time.
        connections: How many clients may be connected.
        header_seconds: Time in which a request must have come, its body included.
        reading_seconds: Time that parts of an answer may lie here unread, one after the other.
        idle_seconds: Time that a connection may say nothing between requests.
        header_bytes: Longest head of a request, its address included.
        body_bytes: Longest body of a request; 0: what the application reads.
        known_bytes: The same for who shows that they are known; 0: no more than for all.
        is_known: Whether a field `Authorization` shows that.
        trusted_proxy: Address of a proxy whose `X-Forwarded-*` headers count; empty where there is none.
        stop_seconds: Time that requests at work have when the server is told to stop.
    """

    threads: int = USUAL.threads
    connections: int = USUAL.connections
    header_seconds: float = 20
    reading_seconds: float = 40
    idle_seconds: int = USUAL.idle_seconds
    header_bytes: int = 332 * 1024
    body_bytes: int = 0
    known_bytes: int = 0
    is_known: Callable[[str], bool] = lambda _: False
    trusted_proxy: str = ""
    stop_seconds: float = 5

    def adjustments(self) -> Adjustments:
        """As waitress has them."""
        proxy = {
            "trusted_proxy": self.trusted_proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        }
        made = Adjustments(
            ident=None,
            threads=self.threads,
            connection_limit=self.connections,
            channel_timeout=self.idle_seconds,
            cleanup_interval=1,
            max_request_header_size=self.header_bytes,
            max_request_body_size=self.body_bytes + 1,
            outbuf_high_watermark=2 * 1024 * 1024,
            channel_request_lookahead=1,  # so that a client that leaves is seen
            log_socket_errors=False,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=True,
            **(proxy if self.trusted_proxy else {}),
        )
        made.is_known, made.of_known = self.is_known, copy(made)
        made.of_known.max_request_body_size = max(self.body_bytes, self.known_bytes) + 1
        return made


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """Refuses what a proxy before us may understand otherwise (RFC 9112, sections 3.2, 6.1 and 6.3)."""

    adj: Any

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        shown = self.headers.get("AUTHORIZATION")
        if shown and self.adj.is_known(shown):  # who is not cannot fill the disk
            self.adj = self.adj.of_known
        lines = header_plus.lower().split(b"\r\n")[1:]
        names = [line.partition(b":")[0] for line in lines]
        if b"transfer-encoding" in names and (b"content-length" in names or self.version != "1.1"):
            raise ParsingError("Transfer-Encoding stands beside Content-Length, or in HTTP/1.0")
        if names.count(b"content-length") > 1:
            raise ParsingError("more than one Content-Length")
        if len(codings := [line for line in lines if line.startswith(b"transfer-encoding")]) > 1 or not all(
            map(_CHUNKED.fullmatch, codings)
        ):
            raise ParsingError("the one Transfer-Encoding that is read is chunked, once")
        if names.count(b"host") > 1 or (self.version == "1.1" and b"host" not in names):
            raise ParsingError("exactly one Host is needed")
        if not _HOST.fullmatch(self.headers.get("HOST", "")):
            raise ParsingError("Host is no name of a server")


class _Task(WSGITask):  # type: ignore[misc]
    """An answer; the one to HEAD has no body, not even the chunk that ends one (RFC 9112, section 6.3)."""

    def finish(self) -> None:
        if self.request.command != "HEAD":
            super().finish()
        elif not self.wrote_header:
            self.write(b"")


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    """What is told of a request that no application gets to see; it shields its reader as all answers do."""

    def execute(self) -> None:
        self.response_headers.extend([*SHIELD.items(), ("Access-Control-Allow-Origin", "*")])
        super().execute()


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when it waits for its client."""

    parser_class = _Parser
    task_class = _Task
    error_task_class = _ErrorTask
    phase: Any = None
    since = 0.0
    ended = 0.0

    def readable(self) -> bool:
        """Whether more may come."""
        return not self.ended and bool(super().readable())

    def handle_read(self) -> None:
        """Read on; who has closed its own side, and that alone, may still listen (RFC 9293, section 3.6)."""
        if self.requests and self._says_no_more():
            self.ended = time.monotonic()
        else:
            super().handle_read()

    def _says_no_more(self) -> bool:
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except OSError:
            return False

    def overdue(self, now: float, bounds: Listening) -> bool:
        """Whether its client takes too long to send a request or to read an answer."""
        if self.ended and (now - self.ended > _LAST or not (self.requests or self.total_outbufs_len)):
            return True
        phase = "unread" if self.total_outbufs_len else None if self.requests else self.request
        if phase is not self.phase:
            self.phase, self.since = phase, now
        if phase is None:
            return False
        return now - self.since > (bounds.reading_seconds if phase == "unread" else bounds.header_seconds)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Serves an application on a socket until it is told to stop.

    Args:
        app: A WSGI application.
        listening: A socket that is bound.
        bounds: What clients may hold.
    """

    channel_class = _Channel

    def __init__(self, app: Callable[..., Any], listening: socket.socket, bounds: Listening) -> None:
        sockinfo = (listening.family, listening.type, listening.proto, listening.getsockname())
        self._bounds, self._until, self._looked = bounds, float("inf"), 0.0
        super().__init__(app, {}, True, listening, adj=bounds.adjustments(), sockinfo=sockinfo, bind_socket=False)  # noqa: FBT003

    def stop(self) -> None:
        """Take no more connections, and end when those that wait for an answer have it, or time is up."""
        if self._until == float("inf"):
            self._until = time.monotonic() + self._bounds.stop_seconds
            self.accepting = False
            self.del_channel()  # nobody waits at this socket any more
            self.socket.close()
        else:
            self._until = 0.0

    def serve(self) -> None:
        """Take requests until `stop` is called, by a signal or another thread."""
        while time.monotonic() < self._until and (self.accepting or self._has_work()):
            self.step()

    def step(self) -> None:
        """Wait for something, and do it."""
        self.asyncore.loop(timeout=_LOOK, use_poll=True, map=self._map, count=1)
        now = time.monotonic()
        if now - self._looked > _LOOK:
            self._looked = now
            for channel in list(self.active_channels.values()):
                if channel.overdue(now, self._bounds):
                    channel.handle_close()  # its socket may never be writable, so it is not asked to close itself

    def handle_accept(self) -> None:
        """Take a connection; the last places are made free at the cost of who has taken most of them."""
        if len(self._map) >= self._bounds.connections - _SPARE:
            self._make_room()
        super().handle_accept()

    def _make_room(self) -> None:
        """Close the connection of the greediest client that has waited longest, if nothing is at work on it."""
        channels = list(self.active_channels.values())
        waiting = [channel for channel in channels if not channel.requests and not channel.total_outbufs_len]
        if waiting:
            held = Counter(party(channel.addr[0]) for channel in channels)
            greediest = max(waiting, key=lambda channel: (held[party(channel.addr[0])], -channel.creation_time))
            greediest.handle_close()

    def finish(self, seconds: float) -> None:
        """Let answers that are there go out."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._has_work():
            self.step()
        self.task_dispatcher.shutdown(timeout=0.2)
        self.asyncore.close_all(self._map)

    def _has_work(self) -> bool:
        return any(channel.requests or channel.total_outbufs_len for channel in list(self.active_channels.values()))
