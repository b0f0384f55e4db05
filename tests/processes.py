"""What tests need to know of other processes, which Linux tells under `/proc`; and threads while a block runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def children(pid: int) -> set[int]:
    """All processes that a process and its children have started."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it has ended meanwhile
            continue
        if state != "Z":
            parents[int(stat.parent.name)] = int(parent)
    found, more = set[int](), {pid}
    while more := {child for child, parent in parents.items() if parent in more} - found:
        found |= more
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there, and not only its name."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def memory(pid: int) -> int:
    """Bytes that a process has to itself, files apart: how many others use the same libraries changes all the time."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss_Anon:"):
            return int(line.split()[1]) * 1024
    raise ValueError(pid)


def descriptors(pid: int) -> int:
    """How many files, sockets and pipes a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def eventually(holds: Callable[[], bool], seconds: float = 10) -> float:
    """Wait until something holds, and tell how long that took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, "it did not come to hold"
        time.sleep(0.02)
    return time.monotonic() - begun


@contextmanager
def at_work(threads: Iterable[threading.Thread], over: threading.Event) -> Iterator[None]:
    """Threads that work while the block runs; the event tells them that it is over, and they are waited for."""
    started = list(threads)
    for thread in started:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in started:
            thread.join()
