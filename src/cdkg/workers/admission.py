"""Who may ask now: a queue that is fair between clients, and says no before it grows without end."""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from cdkg.errors import BusyError

#: An address with brackets, or with a port, or both.
_WITH_PORT: Final = re.compile(r"\[([^\]]*)\](?::\w+)?|([\d.]+):\w+")
#: Seconds between two looks of who waits: whether its client is still there.
_LOOK: Final = 0.2


def party(client: str) -> str:
    """Who counts as one client: an address, of IPv6 its network of 64 bits, which one customer has as a whole.

    Proxies may tell a port behind it (RFC 7239, section 6): it says nothing of who asks.
    """
    told = _WITH_PORT.fullmatch(client)
    client = (told[1] or told[2]) if told else client
    try:
        address = ipaddress.IPv6Address(client.partition("%")[0])
    except ValueError:
        return client
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))


class _Waiting(NamedTuple):
    """Who waits, since when (monotonic), and what wakes it."""

    client: str
    since: float
    called: threading.Condition


class Admission:
    """So many may work at a time; of those who wait, the client with the fewest at work goes first.

    Args:
        most: How many may work at a time.
        each: How many of one client may work or wait.
        waiting: How many may wait in all.
        patience: Seconds that anybody waits.
    """

    def __init__(self, most: int, each: int, waiting: int, patience: float) -> None:
        self._most, self._each, self._longest, self._patience = most, each, waiting, patience
        self._lock = threading.Lock()
        self._working: Counter[str] = Counter()
        self._waiting: dict[int, _Waiting] = {}
        self._tickets = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def working(self) -> int:
        """How many are at work."""
        return self._working.total()

    def enter(self, client: str, gone: Callable[[], bool] = lambda: False) -> None:
        """Wait for a turn; `leave` is to be called when it is over.

        Args:
            client: Who asks.
            gone: Whether the client has left.

        Raises:
            BusyError: This client has too many requests at a time, or there are too many in all.
        """
        waiting = _Waiting(client, time.monotonic(), threading.Condition(self._lock))
        with self._lock:
            mine = self._working[client] + sum(other.client == client for other in self._waiting.values())
            if mine >= self._each:
                raise BusyError("too many queries of one client at a time", why=f"at most {self._each}", status=429)
            if self.working >= self._most and len(self._waiting) >= self._longest:
                raise BusyError("too many queries wait already", why=f"at most {self._longest}", status=503)
            ticket = self._tickets = self._tickets + 1
            self._waiting[ticket] = waiting
            try:
                while self.working >= self._most or self._next() != ticket:
                    waiting.called.wait(_LOOK)
                    if gone():
                        raise BusyError("the client has left", status=499)
                    if time.monotonic() - waiting.since > self._patience:
                        raise BusyError("no turn came in time", why=f"{self._patience:g} s passed", status=503)
                self._working[client] += 1
            finally:
                del self._waiting[ticket]
                self._call()

    def leave(self, client: str) -> None:
        """End a turn."""
        with self._lock:
            self._working[client] -= 1
            if not self._working[client]:
                del self._working[client]
            self._call()

    def greediest(self, seconds: float) -> str | None:
        """Who should make room: a client with several at work, while one with none has waited so many seconds."""
        with self._lock:
            before = time.monotonic() - seconds
            if not any(each.since < before and not self._working[each.client] for each in self._waiting.values()):
                return None
            client, number = self._working.most_common(1)[0] if self._working else ("", 0)
            return client if number > 1 and self.working >= self._most else None

    def _call(self) -> None:
        """Wake the one whose turn it is; were all woken, most would only look and wait again."""
        if self._waiting and self.working < self._most:
            self._waiting[self._next()].called.notify()

    def _next(self) -> int:
        """Whose turn it is: of the clients with the fewest at work, who has waited longest."""
        return min(self._waiting, key=lambda ticket: (self._working[self._waiting[ticket].client], ticket))
