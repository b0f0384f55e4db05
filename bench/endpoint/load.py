"""Put load on an endpoint: a process of its own, `python -m bench.endpoint.load < plan.json`; figures come as JSON.

One thread serves all connections, each with one request on its way; requests are written beforehand.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Final

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSES: Final = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass(slots=True)
class _Line:
    """A connection with one request on its way."""

    sock: socket.socket
    began: float = 0.0
    found: bytearray = field(default_factory=bytearray)


def is_whole(found: bytes | bytearray) -> bool:
    """Whether a response has come to its end (RFC 9112, section 6.3)."""
    head = found.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(found, 0, head + 2)
    if length:
        return len(found) >= head + 4 + int(length[1])
    return bool(_CHUNKED.search(found, 0, head + 2)) and found.endswith(b"0\r\n\r\n")


def measured(host: str, port: int, requests: Sequence[bytes], at_once: int, seconds: float) -> dict[str, Any]:
    """Send requests in turn for some seconds over as many connections; what has begun by then is waited for.

    Returns:
        Requests answered a second, times in ms at 50 and 99 per cent, and how many there were of each status.
    """
    following, times, statuses = cycle(requests), list[float](), Counter[str]()
    with selectors.DefaultSelector() as selector:
        begin = time.perf_counter()
        for _ in range(at_once):
            _send(selector, host, port, next(following))
        while selector.get_map():
            for key, _ in selector.select(1.0):
                line: _Line = key.data
                part = line.sock.recv(1 << 18)
                line.found += part
                if part and not is_whole(line.found):
                    continue
                now = time.perf_counter()
                times.append(now - line.began)
                statuses[line.found[9:12].decode() if is_whole(line.found) else "broken"] += 1
                ends = not part or _CLOSES.search(line.found)
                if ends or now - begin > seconds:
                    selector.unregister(line.sock)
                    line.sock.close()
                if now - begin <= seconds:
                    if ends:
                        _send(selector, host, port, next(following))
                    else:
                        _again(line, next(following))
        took = time.perf_counter() - begin
    times.sort()
    return {
        "rps": len(times) / took,
        "p50": 1000 * times[len(times) // 2],
        "p99": 1000 * times[min(len(times) - 1, len(times) * 99 // 100)],
        "statuses": dict(statuses),
    }


def _send(selector: selectors.BaseSelector, host: str, port: int, request: bytes) -> None:
    line = _Line(socket.create_connection((host, port), 10))
    line.sock.settimeout(60)
    line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(line.sock, selectors.EVENT_READ, line)
    _again(line, request)


def _again(line: _Line, request: bytes) -> None:
    line.found.clear()
    line.began = time.perf_counter()
    line.sock.sendall(request)


def main() -> None:
    """Do what the plan on standard input says."""
    plan = json.load(sys.stdin)
    requests = [text.encode() for text in plan.pop("requests")]
    json.dump(measured(requests=requests, **plan), sys.stdout)


if __name__ == "__main__":
    main()
