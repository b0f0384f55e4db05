"""Run the application with waitress."""

from __future__ import annotations

import errno
from collections.abc import Callable

import waitress
from flask import Flask

from cdkg.errors import ServerError


def serve(app: Flask, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Listen until interrupted; `ready` is called with the address once requests are taken.

    Raises:
        ServerError: The port is in use or not allowed.
    """
    try:
        server = waitress.create_server(app, host=host, port=port, threads=8, ident=None)
    except (OSError, ValueError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise ServerError(
            f"cannot listen on {host}:{port}",
            why="the port is in use" if taken else str(error),
            hint="--port 0 takes a free one, --port N another",
        ) from error
    ready(f"http://{host}:{server.effective_port}/")
    try:
        server.run()
    finally:
        server.close()
