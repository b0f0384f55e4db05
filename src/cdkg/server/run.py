"""Run the application with waitress."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import waitress
from flask import Flask

from cdkg.errors import ServerError


def serve(app: Flask, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Listen until interrupted; `ready` is called with the address once requests are taken.

    Raises:
        ServerError: The port is in use or not allowed, or the host is not of this machine.
    """
    listening = _listen(host, port)
    server = waitress.create_server(app, sockets=[listening], threads=32, ident=None, channel_request_lookahead=1)
    shown = f"[{host}]" if ":" in host else host
    ready(f"http://{shown}:{listening.getsockname()[1]}/")
    try:
        server.run()
    finally:
        server.close()


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
