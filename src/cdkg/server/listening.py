"""The HTTP side of waitress, made stricter: framing that cannot be read in two ways, and no client that holds on.

A connection holds a descriptor, a request at work holds a thread. Whoever sends or reads too slowly loses the
connection; waitress itself closes those only that say nothing at all between requests.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer

#: Seconds between two looks at the connections.
_LOOK: Final = 0.5


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
        trusted_proxy: Address of a proxy whose `X-Forwarded-*` headers count; empty where there is none.
        stop_seconds: Time that requests at work have when the server is told to stop.
    """

    threads: int = 80
    connections: int = 1000
    header_seconds: float = 20
    reading_seconds: float = 40
    idle_seconds: int = 60
    header_bytes: int = 332 * 1024
    body_bytes: int = 0
    trusted_proxy: str = ""
    stop_seconds: float = 5

    def adjustments(self) -> Adjustments:
        """As waitress has them."""
        proxy = {
            "trusted_proxy": self.trusted_proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        }
        return Adjustments(
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


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """Refuses what a proxy before us may understand otherwise (RFC 9112, sections 3.2, 6.1 and 6.3)."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        lines = header_plus.lower().split(b"\r\n")[1:]
        names = [line.partition(b":")[0] for line in lines]
        if b"transfer-encoding" in names and (b"content-length" in names or self.version != "1.1"):
            raise ParsingError("Transfer-Encoding stands beside Content-Length, or in HTTP/1.0")
        if names.count(b"content-length") > 1:
            raise ParsingError("more than one Content-Length")
        if names.count(b"host") > 1 or (self.version == "1.1" and b"host" not in names):
            raise ParsingError("exactly one Host is needed")


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when it waits for its client."""

    parser_class = _Parser
    phase: Any = None
    since = 0.0

    def overdue(self, now: float, bounds: Listening) -> bool:
        """Whether its client takes too long to send a request or to read an answer."""
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

    def finish(self, seconds: float) -> None:
        """Let answers that are there go out."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._has_work():
            self.step()
        self.task_dispatcher.shutdown(timeout=0.2)
        self.asyncore.close_all(self._map)

    def _has_work(self) -> bool:
        return any(channel.requests or channel.total_outbufs_len for channel in list(self.active_channels.values()))
