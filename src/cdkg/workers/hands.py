"""The processes behind a pool: the holder of a store, and its workers."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cdkg.errors import ServerError
from cdkg.workers.messages import ERROR, error_read, readable, receive
from cdkg.workers.services import services_told
from cdkg.workers.source import Source

if TYPE_CHECKING:
    from cdkg.workers.pool import PoolBounds

#: Lets glibc ask for large pages (`mallopt`, since 2.35): a store is copied with fewer of them, and read faster.
_LARGE_PAGES: Final = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
#: A worker may keep this part of the memory of a query (1/N) from one long request to the next.
_SPARED: Final = 4
#: Seconds in which a holder copies itself.
_PROMPT: Final = 10


class Worker:
    """A process that answers one request at a time.

    Attributes:
        sock: Where requests go to and answers come from.
        holder: The process that it is a copy of.
        megabytes: Memory that a request may take.
    """

    def __init__(self, pid: int, sock: socket.socket, holder: Holder, megabytes: int) -> None:
        self.pid, self.sock, self.holder = pid, sock, holder
        self.answered, self.slowed, self._ended = 0, False, False
        self._began, self._spare = self._size(), megabytes * 1024 * 1024 // _SPARED // resource.getpagesize()
        # a number may be given to another process once this one is gone; a descriptor never means another
        self._process = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1

    def end(self) -> None:
        """Kill it, whatever it does."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError):
            if self._process >= 0:
                signal.pidfd_send_signal(self._process, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGKILL)
        self.sock.close()
        if self._process >= 0:
            os.close(self._process)

    def is_idle(self) -> bool:
        """Whether it waits for a request: it has neither ended nor said anything."""
        return not readable(self.sock)

    def give_way(self) -> None:
        """Let others have the processor first: this one takes long."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, 10)
        self.slowed = True

    def is_as_new(self) -> bool:
        """Whether it can be given another request as well as a new one; after a long one it is looked at.

        To be made as quick as others again needs a right (`RLIMIT_NICE`); and what a request has taken is seldom all
        given back.
        """
        if self.slowed and self._size() - self._began < self._spare:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, os.getpriority(os.PRIO_PROCESS, 0))
                self.slowed = False
        return not self.slowed

    def _size(self) -> int:
        """Pages of its address space; none where the system does not tell, or it is gone."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[0])
        except (OSError, IndexError):
            return 0


class Holder:
    """A process that holds a store in memory and copies itself on demand.

    It must be started by a thread that lives as long as it shall live.

    Raises:
        ServerError: It does not come up.
        SnapshotError: There is no such store.
    """

    def __init__(self, source: Source, bounds: PoolBounds) -> None:
        self.source, self._megabytes = source, bounds.megabytes
        self._control, theirs = socket.socketpair()
        self._turn = threading.Lock()
        options = {
            "control": theirs.fileno(),
            "megabytes": bounds.megabytes,
            "most-bytes": bounds.answer_bytes,
            "most-rows": bounds.answer_rows,
            "query-bytes": bounds.limits.size,
            "query-depth": bounds.limits.depth,
        }
        said = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        # -P: a file of the folder one stands in is no module of ours
        command = [sys.executable, "-P", "-m", "cdkg.workers.holder", str(source.path), *said]
        command += ["--plain"] if source.plain else []
        services = bounds.limits.services
        self._process = subprocess.Popen(  # noqa: S603
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=_LARGE_PAGES | services_told(services)
        )
        theirs.close()
        try:
            kind, data = receive(self._control)
        except EOFError as error:
            self._control.close()
            code = self._process.wait()
            raise ServerError("the process that holds the store did not come up", why=f"exit code {code}") from error
        if kind == ERROR:
            self._control.close()
            self._process.wait()
            raise error_read(data)
        self.quads = int(data)
        self._control.settimeout(_PROMPT)

    def worker(self) -> Worker:
        """A new copy.

        Raises:
            ServerError: The process is gone.
        """
        ours, theirs = socket.socketpair()
        try:
            with self._turn:
                socket.send_fds(self._control, [b"w"], [theirs.fileno()])
                _, data = receive(self._control)
            return Worker(int(data), ours, self, self._megabytes)
        except (EOFError, OSError) as error:
            ours.close()
            self._process.kill()  # where it hangs, nothing that it says later may be taken for another answer
            raise ServerError("the process that holds the store is gone", why=str(error)) from error
        finally:
            theirs.close()

    def is_alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def retire(self) -> None:
        """Let it end; copies of it that are at work would end with it, so this is done when none is."""
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
