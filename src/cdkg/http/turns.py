"""Whose turn it is to ask a host: one request at a time, so many in a while, and none while it rests.

What is known of a host stands in a file, which whoever asks holds locked: so all processes of a user keep to it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cdkg.http.client import RequestError

#: Seconds between two looks at a lock that another process has.
_LOOK: Final = 0.05


class LeftAloneError(RequestError):
    """A host is not asked now: it wants to be left alone, it failed too often, or others are asking it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often one host is asked.

    Attributes:
        burst: So many requests may follow each other without a pause.
        seconds_each: After that, one request in so many seconds.
        patience: Seconds to wait for a turn, all reasons together.
        failures: After so many failures in a row the host counts as down.
        pause: Seconds that a host which counts as down is left alone; after them one request may try it.
    """

    burst: int = 5
    seconds_each: float = 1.0
    patience: float = 300.0
    failures: int = 5
    pause: float = 300.0


@dataclass(slots=True)
class HostState:
    """What is known of a host; times are seconds since 1970, for other processes read them.

    Attributes:
        tokens: Requests that may be sent without a pause (a token bucket).
        counted_at: When they were counted.
        rest_until: Until when the host wants to be left alone.
        failures: Failures in a row.
    """

    tokens: float = -1.0
    counted_at: float = 0.0
    rest_until: float = 0.0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of all hosts.

    Attributes:
        folder: Where the files are.
        pace: How often a host is asked.
        clock: Gives the time.
        sleep: Waits.
    """

    folder: Path
    pace: Pace = Pace()
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    @contextmanager
    def turn(self, url: str) -> Iterator[HostState]:
        """Have the host of an address to oneself while the block runs; what the block writes into the state is kept.

        Raises:
            LeftAloneError: The turn does not come in time, or the folder cannot be written.
        """
        host = urlsplit(url).netloc.lower()
        name = hashlib.sha256(host.encode()).hexdigest()[:16]
        file = self._opened(f"{name}.host", host)
        try:
            left = self._lock(file, host)
            state = _read(file, self.clock())
            self._write(file, state, host)  # by the clock as it is now: a rest is put off once only
            self._wait(state, host, left)
            try:
                yield state
            finally:
                with contextlib.suppress(LeftAloneError):  # there was an answer, or a failure to be told
                    self._write(file, state, host)
        finally:
            os.close(file)

    def _opened(self, name: str, host: str) -> int:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._cannot_tell(host, error) from error

    def _write(self, file: int, state: HostState, host: str) -> None:
        data = json.dumps(asdict(state)).encode()
        try:
            os.pwrite(file, data, 0)
            os.ftruncate(file, len(data))
        except OSError as error:
            raise self._cannot_tell(host, error) from error

    def _cannot_tell(self, host: str, error: OSError) -> LeftAloneError:
        why = f"{self.folder} cannot be written: {error.strerror or error}"
        hint = "let XDG_CACHE_HOME name a folder that can be written"
        return LeftAloneError(f"{host} is not asked: nothing tells whose turn it is", why=why, hint=hint)

    def failed(self, state: HostState, rest: float) -> None:
        """Remember a failure, and how long the host wants to be left alone."""
        state.failures += 1
        if state.failures >= self.pace.failures:
            rest = max(rest, self.pace.pause)
        state.rest_until = max(state.rest_until, self.clock() + rest)

    def _lock(self, file: int, host: str) -> float:
        """Have the file to oneself, and give the seconds of patience that are left; no clock that is set counts."""
        left = self.pace.patience
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return left
            if left <= 0:
                why = f"others have asked it for {self.pace.patience:g} s"
                raise LeftAloneError(f"{host} is not asked now", why=why, hint="try again later")
            self.sleep(_LOOK)
            left -= _LOOK

    def _wait(self, state: HostState, host: str, left: float) -> None:
        """Wait for the end of a rest and for a token, and take it."""
        rest = state.rest_until - self.clock()
        down = state.failures >= self.pace.failures
        if rest > left or (down and rest > 0):
            why = f"it failed {state.failures} times in a row" if down else "it wants to be left alone"
            raise LeftAloneError(f"{host} is not asked now", why=why, hint=f"try again in {rest:.0f} s")
        if rest > 0:
            self.sleep(rest)
        now = self.clock()
        gained = (now - state.counted_at) / self.pace.seconds_each if self.pace.seconds_each else self.pace.burst
        state.tokens = min(float(self.pace.burst), max(0.0, state.tokens) + gained)
        missing = (1.0 - state.tokens) * self.pace.seconds_each
        if missing > 0:
            self.sleep(missing)
            now, state.tokens = self.clock(), 1.0
        state.tokens, state.counted_at = state.tokens - 1.0, now


def _read(file: int, now: float) -> HostState:
    """What is known of a host; nothing, where the file says what cannot be.

    After the clock was set back, a rest is as long as it was when the file was written.
    """
    try:
        found = json.loads(os.pread(file, 4096, 0))
        state = HostState(**{each.name: found[each.name] for each in fields(HostState)})
        back = max(0.0, state.counted_at - now)
        counted_at, rest_until = state.counted_at - back, state.rest_until - back
        if counted_at >= 0 and rest_until <= now + 86_400 and state.failures >= 0:
            return HostState(float(state.tokens), counted_at, rest_until, int(state.failures))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        pass
    return HostState()
