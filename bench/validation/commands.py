"""The command line of cdkg, run and timed as a user runs it."""

from __future__ import annotations

import io
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO, Final

from bench.memory import PER_MB

ROOT: Final = Path(__file__).parents[2]

#: The exit codes of a check that was carried out.
_CHECKED: Final = (0, 1)
#: What a watching command prints when a check is done, and seconds without it after which it has told all.
_DONE: Final = "checked in"
_QUIET: Final = 1.0


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that has run.

    Attributes:
        seconds: From its start to its end.
        cpu: Seconds that its processes have computed, which other work on the machine does not lengthen.
        peak: The most memory of any of its processes, in MB.
        fault: Why it did not do what it should; empty where it did.
    """

    seconds: float
    cpu: float
    peak: float
    fault: str = ""


def cdkg(*arguments: str, timeout: float, okay: tuple[int, ...] = _CHECKED) -> Ran:
    """Run `cdkg`; all that it prints is thrown away but for what it says of a fault."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "-m", "cdkg", *arguments],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=told, start_new_session=True,
        )  # fmt: skip
        alarm = threading.Timer(timeout, _end, (process,))
        alarm.start()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        stopped = not alarm.is_alive()
        alarm.cancel()
        told.seek(0)
        said = told.read().strip().splitlines()
    if stopped:
        return Ran(seconds, 0.0, 0.0, f"not done in {timeout:.0f} s")
    fault = "" if process.returncode in okay else f"exit {process.returncode}: {said[-1][:90] if said else ''}"
    return Ran(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / PER_MB, fault)


def usual(run: Callable[[], Ran], repeat: int) -> Ran:
    """The median of several runs; one where it takes long or fails."""
    runs = [run()]
    while len(runs) < repeat and not runs[0].fault and runs[0].seconds < 10:
        runs.append(run())
    fault = next((ran.fault for ran in runs if ran.fault), "")
    return Ran(
        median(ran.seconds for ran in runs), median(ran.cpu for ran in runs), max(ran.peak for ran in runs), fault
    )


def _end(process: subprocess.Popen[str]) -> None:
    """End a command with all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Watched:
    """A watching command, and when it printed that a check is done.

    Attributes:
        last: The last line that it has printed so far.
    """

    def __init__(self, out: IO[str]) -> None:
        self.last = ""
        self._done: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, args=(out,), daemon=True)
        self._reader.start()

    def _read(self, out: IO[str]) -> None:
        for line in out:
            self.last = line.strip() or self.last
            if _DONE in line:
                self._done.put(time.perf_counter())
        self._done.put(None)

    def told(self, timeout: float) -> float | None:
        """When the command was done with what there is to check now; None where it ends, or is not done in time."""
        last, wait = None, timeout
        while True:
            try:
                when = self._done.get(timeout=wait)
            except queue.Empty:
                return last
            if when is None:
                return None
            last, wait = when, _QUIET  # a file may be seen while it is being written, and once more afterwards

    def join(self) -> None:
        """Wait until all that was printed has been read."""
        self._reader.join()


@contextmanager
def watching(*arguments: str) -> Iterator[Watched]:
    """Start `cdkg` with what makes it watch, and end it afterwards."""
    with subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "cdkg", *arguments],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        watched = Watched(process.stdout or io.StringIO())
        try:
            yield watched
        finally:
            _end(process)
            watched.join()
