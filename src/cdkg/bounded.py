"""Work that must not go on for ever or take all memory, done in a process of its own that can be ended.

Shapes, checks and data may come from anybody. A pattern that backtracks, or a join without end, cannot be stopped from
inside a process; so the work is given to a child, and the child is killed when its time is up.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from cdkg.errors import CdkgError, LimitError

Result = TypeVar("Result")

#: What is told of work that was ended.
NOT_ENDED: Final = "the check did not come to an end"

#: Is told what is at work, so that it can be named when time runs out.
Tell = Callable[[str], None]

#: Where a process can be copied, the child has all that its parent holds at once; elsewhere it is sent over.
_CONTEXT: Final[Any] = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


#: Waits for what the parent sends.
Receive = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a piece of work may take.

    Attributes:
        seconds: Time by the clock.
        megabytes: Memory beside what its parent holds; minded on Linux only.
    """

    seconds: float = 300
    megabytes: int = 4096


class Job(Generic[Result]):
    """A function at work in a child process; it is killed when its bounds are met or the block is left.

    Args:
        function: What to do; it is called with `arguments`, maybe a `receive`, and a `tell`. What it is called with
            must be picklable where no process can be copied; so must the result, everywhere.
        arguments: What it is called with.
        bounds: What it may take.
        tell: Is told what the function tells.
        fed: Whether the function is called with a `receive`, which waits for what is sent to the job.
    """

    def __init__(
        self,
        function: Callable[..., Result],
        *arguments: Any,
        bounds: Bounds,
        tell: Tell = lambda _: None,
        fed: bool = False,
    ) -> None:
        self._bounds, self._tell, self._last = bounds, tell, ""
        self._until = time.monotonic() + bounds.seconds
        self._messages, theirs = _CONTEXT.Pipe()
        # the child runs nothing but the function: locks that threads of the parent hold are none of its business
        self._process = _CONTEXT.Process(
            target=_work, args=(os.getpid(), theirs, bounds.megabytes, function, arguments, fed), daemon=True
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()
        self._messages.close()

    def send(self, value: Any) -> None:
        """Send a value to a function that waits for it; its time begins now."""
        self._until = time.monotonic() + self._bounds.seconds
        with contextlib.suppress(OSError):  # it is gone, which `result` tells
            self._messages.send(value)

    def result(self) -> Result:
        """Wait for the result.

        Raises:
            LimitError: Time or memory ran out; it names what was told last.
            CdkgError: Whatever the function raised.
            RuntimeError: It raised what is no error of ours; with the trace of it.
        """
        while True:
            if not self._messages.poll(max(0.0, self._until - time.monotonic())):
                raise self._out_of(f"it took more than {self._bounds.seconds:g} seconds", "--deadline")
            try:
                kind, value = self._messages.recv()
            except (EOFError, OSError):
                raise self._died() from None
            if kind == "told":
                self._last = value
                self._tell(value)
            elif kind == "done":
                return value  # type: ignore[no-any-return]
            elif kind == "broken":
                raise RuntimeError(value)
            else:
                raise value

    def _died(self) -> CdkgError:
        self._process.join()
        code = self._process.exitcode or 0
        if code == _NO_MEMORY or -code in {signal.SIGABRT, signal.SIGKILL}:
            return self._out_of(f"it took more than {self._bounds.megabytes:,} megabytes of memory", "--memory")
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return self._out_of(f"its process ended by itself ({name})", "")

    def _out_of(self, why: str, option: str) -> LimitError:
        at_work = f"; at work was: {self._last}" if self._last else ""
        hint = "mend what was at work" + (f", or allow more with {option}" if option else "")
        error = LimitError(NOT_ENDED, why=why + at_work, hint=hint)
        error.at_work = self._last
        return error


_PR_SET_PDEATHSIG: Final = 1
#: The exit code of a child that has no memory left.
_NO_MEMORY: Final = 77


def _work(
    parent: int,
    messages: Connection,
    megabytes: int,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    fed: bool,
) -> None:
    if sys.platform == "linux":  # nobody would end it when its parent is killed, or send it what it waits for
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told too, and ends its child
    with Path(os.devnull).open("w") as nowhere:  # libraries below write there when they give up; the parent says why
        os.dup2(nowhere.fileno(), 2)
    try:
        limit_memory(megabytes)
        more = (messages.recv,) if fed else ()
        answer = ("done", function(*arguments, *more, lambda text: messages.send(("told", text))))
    except CdkgError as error:
        answer = ("failed", error)
    except MemoryError:
        sys.exit(_NO_MEMORY)
    except Exception:  # noqa: BLE001  # the parent tells it
        answer = ("broken", traceback.format_exc())
    with contextlib.suppress(BrokenPipeError):  # the parent waits no more
        messages.send(answer)


def limit_memory(megabytes: int) -> None:
    """Let this process take so much more than it has: the child of a large process begins large."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415  # not there on every platform

    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = has + megabytes * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))
