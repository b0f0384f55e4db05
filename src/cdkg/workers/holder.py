"""The process that holds a store and copies itself: single-threaded, and never asked anything (see the decision).

A copy of a process with threads may hang on a lock that one of them held; so nothing here starts a thread, and the
engine, which has threads of its own while it works, works in the copies only.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from pyoxigraph import Store

from cdkg.errors import CdkgError
from cdkg.query import Limits
from cdkg.workers.messages import ERROR, PART, error_written, send
from cdkg.workers.services import services_heard
from cdkg.workers.source import Source
from cdkg.workers.worker import work

_PR_SET_PDEATHSIG: Final = 1
#: A store, and its default graph alone.
_Stores = tuple[Store, Store | None]


def main(arguments: list[str] | None = None) -> None:
    """Open a store, say so, and make a worker for each socket that is sent, until nobody is there."""
    asked = _parsed(arguments)
    control = socket.socket(fileno=asked.control)
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the server tells its workers
    try:
        source = Source(asked.path, asked.plain)
        store = source.open()
        union = source.union_alone()
    except CdkgError as error:
        send(control, ERROR, error_written(error))
        return
    gc.collect()
    gc.freeze()  # what is copied is not to be looked through, and so written to, in each copy
    send(control, PART, str(len(store)).encode())
    _serve(control, (store, union), asked)
    os._exit(0)  # to take a large store apart would take seconds


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--plain", action="store_true")
    for name in ("control", "megabytes", "most-bytes", "most-rows", "query-bytes", "query-depth"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser.parse_args(arguments)


def _serve(control: socket.socket, stores: _Stores, asked: argparse.Namespace) -> None:
    while True:
        ready, _, _ = select.select([control], [], [], 1.0)
        _reap()
        if not ready:
            continue
        data, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not data:
            return
        holder = os.getpid()
        worker = os.fork()
        if not worker:
            _work(control, stores, socket.socket(fileno=descriptors[0]), asked, holder)
        os.close(descriptors[0])
        send(control, PART, str(worker).encode())


def _work(control: socket.socket, stores: _Stores, sock: socket.socket, asked: argparse.Namespace, holder: int) -> None:
    """The life of a copy; it does not come back."""
    code = 1
    try:
        with Path(os.devnull).open("wb") as nowhere:  # what the engine says when it breaks down is no line of a log
            os.dup2(nowhere.fileno(), 2)
        control.close()
        die_with_parent()
        if os.getppid() != holder:  # it has ended before the system was asked
            return
        _go_first()
        limits = Limits(asked.query_bytes, asked.query_depth, services_heard())
        store, union = stores
        work(store, sock, asked.megabytes, asked.most_bytes, limits, most_rows=asked.most_rows, union=union)
        code = 0
    finally:
        os._exit(code)


def _reap() -> None:
    """Take note of workers that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def _go_first() -> None:
    """Where memory runs out in the whole system, let it be this process that is ended, and not the server."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")


def die_with_parent() -> None:
    """Be ended when the process that made this one ends, however it does; where the system can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
