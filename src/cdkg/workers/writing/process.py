"""The server's side of writes, one at a time: a process does each, and is killed when it takes too long."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final

from cdkg.bounded import limit_memory
from cdkg.errors import BusyError, CdkgError, DeadlineError, LimitError, WriteError
from cdkg.workers.holder import die_with_parent
from cdkg.workers.writing.message import Write, Written, done, outcome, refused

_log = logging.getLogger(__name__)

#: Seconds that a write waits for those before it.
_PATIENCE: Final = 30.0


class Writing:
    """Does writes.

    Args:
        module: The module that is run for each.
        arguments: What it is run with.
        renew: Lets what was written be served; a write is answered once it is.
        seconds: Time that one may take, load, reasoning and validation included.
        megabytes: Memory that it may take.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        renew: Callable[[Written], None],
        *,
        seconds: float = 300,
        megabytes: int = 4096,
    ) -> None:
        # -P: a file of the folder one stands in is no module of ours
        self._command = [sys.executable, "-P", "-m", module, *arguments]
        self._command += [f"--megabytes={megabytes}", f"--server={os.getpid()}"]
        self._renew, self._seconds, self._turn = renew, seconds, threading.Lock()

    def write(self, asked: Write) -> Written:
        """Do a write; once this returns, it is on disk and served.

        Raises:
            WriteError: It is refused; nothing was changed.
            DeadlineError: It took too long.
            BusyError: Others write, and do not come to an end.
        """
        if not self._turn.acquire(timeout=_PATIENCE):
            raise BusyError("somebody else writes", why="one writes at a time", hint="try again later")
        try:
            written = self._done(asked)
            if written.changed:
                self._renew(written)
            return written
        finally:
            self._turn.release()

    def _done(self, asked: Write) -> Written:
        try:
            ran = subprocess.run(  # noqa: S603  # the command is ours
                self._command, input=asked.written(), capture_output=True, timeout=self._seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise DeadlineError(
                "the write was ended", why=f"it took more than {self._seconds:g} seconds", hint="write less at a time"
            ) from error
        try:
            return outcome(ran.stdout)
        except json.JSONDecodeError as error:
            _log.error("a writing process ended with %d: %s", ran.returncode, ran.stderr.decode(errors="replace"))
            raise _ended(ran.returncode) from error


def _ended(code: int) -> WriteError:
    """A writing process has ended without a word."""
    if code >= 0:
        return WriteError("the write came to no end", why="its process failed; the log says more", status=500)
    if code in {-signal.SIGALRM, -signal.SIGABRT}:
        why = "it took too long" if code == -signal.SIGALRM else "it took more memory than it may"
        return WriteError("the write was ended", why=why, hint="write less at a time", status=504)
    return WriteError(
        "the write was ended", why=f"its process was ended by {signal.Signals(-code).name}",
        hint="ask whether it was done, and send it again if not", status=503,
    )  # fmt: skip


def arguments() -> argparse.ArgumentParser:
    """What every writing process is run with."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, required=True)
    parser.add_argument("--server", type=int, default=0)
    return parser


def answer(write: Callable[[Write], Written], asked: argparse.Namespace) -> None:
    """The life of a process that does one write: read it, do it, say what became of it."""
    die_with_parent()
    if asked.server not in {0, os.getppid()}:  # it has ended before the system was asked
        return
    limit_memory(asked.megabytes)
    try:
        told = done(write(Write.read(sys.stdin.buffer.read())))
    except CdkgError as error:
        told = refused(error)
    except MemoryError:
        why = f"it took more than {asked.megabytes:,} megabytes of memory"
        told = refused(LimitError("the write came to no end", why=why, hint="write less at a time"))
    sys.stdout.buffer.write(told)
