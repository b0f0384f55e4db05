"""Run the application with waitress, until a signal ends it."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from flask import Flask

from cdkg.errors import ServerError
from cdkg.server.listening import Listening, Server
from cdkg.server.observing import Observer

#: Descriptors that a server with many clients may need; it takes as many of them as it may.
_DESCRIPTORS: Final = 8192
#: A body of so many bytes is read before it is refused.
_TOLD: Final = 4 * 1024 * 1024
#: Names of parameters of glibc's allocator (malloc.h), and what a server that runs on and on wants of them: what one of
#: its many threads has freed is taken by the others, and blocks of a size are given back to the system at once.
_ALLOCATOR: Final = {-8: 2, -3: 128 * 1024}  # M_ARENA_MAX, M_MMAP_THRESHOLD
#: Seconds for what is cut to be told to its clients.
_LAST: Final = 1.5


def serve(
    app: Flask,
    host: str,
    port: int,
    ready: Callable[[str], None],
    *,
    bounds: Listening | None = None,
    cut: Callable[[], None] = lambda: None,
) -> None:
    """Listen until SIGTERM or SIGINT; requests at work are ended, or cut when their time is up.

    Args:
        app: The application.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        ready: Is called with the address once requests are taken.
        bounds: What clients may hold.
        cut: Is called to end what is still at work when the server stops.

    Raises:
        ServerError: The port is in use or not allowed, or the host is not of this machine.
    """
    listening = _listen(host, port)
    number = listening.getsockname()[1]
    _allow_descriptors()
    server = Server(Observer(app, app.config["METRICS"]), listening, _for_bodies(app, bounds or Listening()))
    with _told_to_stop(server.stop):
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{number}/")
        server.serve()
        cut()
        server.finish(_LAST)


def keep_memory_small() -> None:
    """Let the allocator of this process keep less of what was freed, where it is that of glibc."""
    for name, value in _ALLOCATOR.items():
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(name, value)


def _for_bodies(app: Flask, bounds: Listening) -> Listening:
    """Bounds that let through the longest body that the application reads, and one that it refuses with its reason.

    Of a still longer one the rest is not read, and a client that only sends sees its connection break.
    """
    if bounds.body_bytes:
        return bounds
    offer = app.config.get("WRITING")
    most, is_known = (offer.most, offer.is_known) if offer and offer.writer else (0, bounds.is_known)
    longest = max(_TOLD, app.config["MAX_CONTENT_LENGTH"])
    return replace(bounds, body_bytes=longest, known_bytes=most, is_known=is_known)


@contextlib.contextmanager
def _told_to_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Let the signals that end a process call `stop`; only the main thread gets any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former: dict[int, Any] = {}
    for number in (int(signal.SIGTERM), int(signal.SIGINT)):
        former[number] = signal.signal(number, lambda *_: stop())
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _allow_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _listen(host: str, port: int) -> socket.socket:
    # bound here and not by waitress, which leaves its socket open when the port is taken
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, TypeError, ValueError) as error:  # the latter two: a host that no name service can be asked for
        number = error.errno if isinstance(error, OSError) else None
        of_port = number in {errno.EADDRINUSE, errno.EACCES}
        raise ServerError(
            f"cannot listen on {host}:{port}",
            why="the port is in use" if number == errno.EADDRINUSE else str(error),
            hint="--port 0 takes a free one, --port N another"
            if of_port
            else "--host names an address of this machine",
        ) from error
