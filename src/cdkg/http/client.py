"""Send a request to somebody else's server, within bounds of time and size, wherever it leads."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import urljoin

from cdkg.errors import CdkgError
from cdkg.http.policy import Policy, Refused, Target

_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_PART: Final = 64 * 1024
#: So much is read of what a server says to a failure, and so long is what it may ask to be left alone, in seconds.
_EXCUSE: Final = 20_000
_LONGEST_REST: Final = 24 * 3600.0


class RequestError(CdkgError):
    """Who was asked gave no answer that can be used.

    Args:
        what: What could not be done; with `why` it may hold what the other side said, which a terminal would obey.
        **more: As of `CdkgError`.
    """

    def __init__(self, what: str, **more: str) -> None:
        told = {name: _printable(text) for name, text in more.items()}
        super().__init__(_printable(what), **told)  # type: ignore[arg-type]


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


class InterruptedAnswerError(RequestError):
    """There was no answer, or half of one; the same request may be answered next time."""


class LongAnswerError(RequestError):
    """The answer is longer than what is read."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a request may take.

    Attributes:
        seconds: Time in all, redirects included.
        most_bytes: Length of the answer.
        redirects: How often it may lead elsewhere.
    """

    seconds: float = 20.0
    most_bytes: int = 10_000_000
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Request:
    """A request, but for its address.

    Attributes:
        body: What is sent; without it the method is GET, with it POST.
        headers: Header fields.
        media_types: Media types that the answer may have; empty for any.
    """

    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    media_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer.

    Attributes:
        url: Where it came from in the end.
        status: The HTTP status.
        media_type: Its media type, without parameters, in lower case.
        body: What was sent; empty where the status tells of a failure.
        retry_after: Seconds that the other side wants to be left alone; 0 where it said nothing.
        headers: All header fields, their names in lower case.
        said: The beginning of what was sent with the status of a failure.
    """

    url: str
    status: int
    media_type: str
    body: bytes
    retry_after: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    said: bytes = b""


def fetch(url: str, request: Request, policy: Policy, bounds: Bounds | None = None) -> Fetched:
    """Send a request, and follow where it leads as long as the policy lets it (RFC 9110, section 15.4).

    A redirect keeps method and body, as only those that ask again in the same way are followed.

    Raises:
        Refused: The address, or one that it leads to, may not be asked.
        InterruptedAnswerError: There is no answer in time, or it breaks off.
        RequestError: It is too long, led on too often, or of another media type.
    """
    bounds = bounds or Bounds()
    end = time.monotonic() + bounds.seconds
    for _ in range(bounds.redirects + 1):
        target = policy.checked(url)
        found = _once(target, request, bounds, end)
        if isinstance(found, Fetched):
            return found
        if target.scheme == "https" and not found.startswith("https:"):
            raise Refused(f"{target.host} leads on without encryption", why="it was asked with https")
        url = found
    raise RequestError(f"{target.host} leads on and on", why=f"more than {bounds.redirects} redirects")


def _once(target: Target, request: Request, bounds: Bounds, end: float) -> Fetched | str:
    """The answer, or where it leads."""
    try:
        with _connected(target, end) as connection:
            fields = {"Accept-Encoding": "identity", "Connection": "close", **request.headers}
            connection.request("POST" if request.body else "GET", target.path, request.body or None, fields)
            with connection.getresponse() as response:
                if time.monotonic() >= end:
                    raise TimeoutError  # its header, too
                location = response.getheader("Location")
                if response.status in _REDIRECTS and location:
                    return urljoin(target.url, location)
                found = _read(response, target, request, bounds)
            if time.monotonic() >= end:
                raise TimeoutError  # an answer without a length ends where the connection was shut
            return found
    except ssl.SSLCertVerificationError as error:  # it would be the same next time
        raise RequestError(f"{target.host} is not known to be itself", why=error.verify_message) from error
    except (OSError, HTTPException, ValueError) as error:
        late = time.monotonic() >= end
        why = f"no answer within {bounds.seconds:g} s" if late else str(error)[:200] or type(error).__name__
        raise InterruptedAnswerError(f"{target.host} does not answer", why=why) from error


@contextlib.contextmanager
def _connected(target: Target, end: float) -> Iterator[HTTPConnection]:
    """A connection to the very address that was checked; at the deadline it is shut, whoever waits on it."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    raw = socket.create_connection((target.address, target.port), left)
    # a second descriptor of the same connection: TLS moves the first one into a socket of its own
    with raw, socket.socket(fileno=os.dup(raw.fileno())) as same:

        def shut() -> None:
            with contextlib.suppress(OSError):
                same.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(max(0.0, end - time.monotonic()), shut)
        timer.daemon = True
        timer.start()
        kind = HTTPSConnection if target.scheme == "https" else HTTPConnection
        connection = kind(target.host, target.port, timeout=left)
        try:
            connection.sock = _encrypted(raw, target.host) if target.scheme == "https" else raw
            yield connection
        finally:
            timer.cancel()
            connection.close()


def _encrypted(raw: socket.socket, host: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host)


def _read(response: HTTPResponse, target: Target, request: Request, bounds: Bounds) -> Fetched:
    media_type = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    headers = {name.lower(): value for name, value in response.getheaders()}
    if response.status != 200:
        rest = seconds_of(headers.get("retry-after"))
        said = b"" if response.status == 304 else response.read(_EXCUSE)
        return Fetched(target.url, response.status, media_type, b"", rest, headers, said)
    if request.media_types and media_type not in request.media_types:
        raise RequestError(
            f"{target.host} answered in {media_type[:100] or 'no format'}",
            why=f"one of {', '.join(sorted(request.media_types))} was asked for",
        )
    if (response.getheader("Content-Encoding") or "identity").strip().lower() != "identity":
        raise RequestError(f"{target.host} answered compressed", why="that was not asked for")
    body = bytearray()
    while part := response.read(_PART):
        body += part
        if len(body) > bounds.most_bytes:
            why = f"more than {bounds.most_bytes:,} bytes"
            raise LongAnswerError(f"the answer of {target.host} is too long", why=why)
    if response.length:
        raise InterruptedAnswerError(f"the answer of {target.host} breaks off")
    return Fetched(target.url, response.status, media_type, bytes(body), headers=headers)


def seconds_of(header: str | None, now: datetime | None = None) -> float:
    """Retry-After in seconds, of seconds or of a date (RFC 9110, section 10.2.3), a day at most.

    What is neither counts as a minute: whoever sends it wants to be left alone.
    """
    text = (header or "").strip()
    if not text:
        return 0.0
    if text.isascii() and text.isdecimal():
        return min(float(text[:10]), _LONGEST_REST)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 60.0
    left = (at.replace(tzinfo=at.tzinfo or UTC) - (now or datetime.now(tz=UTC))).total_seconds()
    return min(max(left, 0.0), _LONGEST_REST)
