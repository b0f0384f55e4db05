"""A relay between the engine and other people's services: the engine asks it, and it asks them, within our policy.

It listens on this machine only, and answers only who knows its token. It asks by the polite client, but once only, as a
query waits for it; and it keeps answers for a while: in a FILTER the engine asks once for each row.
"""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlencode

from cdkg.errors import CdkgError, SettingsError
from cdkg.http import (
    Answer,
    Bounds,
    Client,
    Pace,
    Patience,
    Policy,
    Refused,
    Request,
    RequestError,
    Turns,
    check_contact,
    told_limit,
    why_cut,
)
from cdkg.query.services import Service

_MEDIA_TYPES: Final = ("application/sparql-results+json", "application/sparql-results+xml")
#: A query to a service is not longer.
_MOST_BYTES: Final = 1_000_000
#: Seconds that an answer is kept, and how many bytes of answers.
_KEPT: Final = 60.0
_ROOM: Final = 20_000_000
#: How a service is asked: a query cannot wait long, and may have to ask often.
PACE: Final = Pace(burst=20, seconds_each=0.2, patience=10.0, failures=5, pause=30.0)
_ONCE: Final = Patience(tries=1, busy=10.0)
#: Seconds that a client of the relay may take to send.
_PATIENCE: Final = 10.0


class Relay:
    """A relay to some services; to be closed.

    Args:
        urls: Addresses of the services.
        contact: Who runs this, for the User-Agent: an address of a page or of mail.
        policy: Who may be asked; by itself the hosts of `urls`.
        bounds: What a request may take.
        folder: Where it is kept whose turn it is, so that other processes of the user keep to it; None for a folder of
            its own.

    Raises:
        SettingsError: One of the addresses is none of a service, or nobody is named whom its operators can reach.
    """

    def __init__(
        self, urls: tuple[str, ...], contact: str = "", policy: Policy | None = None, bounds: Bounds | None = None,
        folder: Path | None = None,
    ) -> None:  # fmt: skip
        policy = policy or _policy(urls)
        for url in urls:
            check_contact(contact, url)
        self._urls = urls
        self._own = None if folder else tempfile.TemporaryDirectory(prefix="cdkg-relay-")
        turns = Turns(folder or Path(self._own.name if self._own else ""), PACE)
        self._client = Client(contact, policy, turns, patience=_ONCE, bounds=bounds or Bounds())
        self._token = secrets.token_urlsafe(32)
        self._kept = _Kept()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, name="relay", daemon=True)
        self._thread.start()

    @property
    def services(self) -> tuple[Service, ...]:
        """The services, each with the address that stands for it."""
        base = f"http://127.0.0.1:{self._server.server_port}/relay/{self._token}"
        return tuple(Service(url, f"{base}/{number}") for number, url in enumerate(self._urls))

    def number(self, path: str) -> int | None:
        """Which service a path of ours stands for; None for all that we have not given out."""
        parts = path.split("/")
        if len(parts) != 4 or parts[:2] != ["", "relay"] or not secrets.compare_digest(
            parts[2].encode(), self._token.encode()
        ):  # fmt: skip
            return None
        known = {str(number): number for number in range(len(self._urls))}
        return known.get(parts[3])

    def asked(self, number: int, query: bytes) -> Answer:
        """The answer of a service to a query, perhaps of a moment ago.

        Raises:
            CdkgError: It may not be asked, or gives no answer that can be used, or only a part.
        """
        kept = self._kept.get(number, query)
        if kept is not None:
            return kept
        url, seconds = self._urls[number], self._client.bounds.seconds
        fields, headers = told_limit(url, seconds)
        headers |= {"Accept": ", ".join(_MEDIA_TYPES), "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({"query": query, **fields}).encode()
        found = self._client.ask(url, Request(body, headers, frozenset(_MEDIA_TYPES)))
        if why := why_cut(found.headers, rows=True):
            raise RequestError("it answered only in part", why=why)
        self._kept.put(number, query, found)
        return found

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        if self._own is not None:
            self._own.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _policy(urls: tuple[str, ...]) -> Policy:
    try:
        return Policy.of(urls)
    except Refused as error:
        raise SettingsError(
            "setting 'services' names what cannot be asked", why=str(error), hint="https://query.wikidata.org/sparql"
        ) from error


class _Kept:
    """Answers of the last minute, the oldest first."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._found: OrderedDict[tuple[int, bytes], tuple[float, Answer]] = OrderedDict()
        self._bytes = 0

    def get(self, number: int, query: bytes) -> Answer | None:
        with self._turn:
            at, found = self._found.get((number, query), (0.0, None))
            return found if time.monotonic() - at < _KEPT else None

    def put(self, number: int, query: bytes, found: Answer) -> None:
        with self._turn:
            self._drop((number, query))
            self._found[number, query] = time.monotonic(), found
            self._bytes += len(query) + len(found.body)
            while self._bytes > _ROOM:
                self._drop(next(iter(self._found)))

    def _drop(self, key: tuple[int, bytes]) -> None:
        _, found = self._found.pop(key, (0.0, None))
        self._bytes -= len(key[1]) + len(found.body) if found else 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a worker that was ended in the midst of it is all that can be wrong."""


class _Handler(BaseHTTPRequestHandler):
    """One request of the engine: `POST /relay/<token>/<number>` with a query."""

    server: _Server
    timeout = _PATIENCE

    def do_POST(self) -> None:
        relay = self.server.relay
        number, length = relay.number(self.path), self.headers.get("Content-Length", "")
        if number is None or self.headers.get_content_type() != "application/sparql-query":
            return self._say(404, "text/plain", b"")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            return self._say(413, "text/plain", b"the query to a service is too long")
        try:
            found = relay.asked(number, self.rfile.read(int(length)))
        except CdkgError as error:
            url = relay.services[number].url
            told = f"{url} gave no answer\n{error.what}{': ' if error.why else ''}{error.why}"
            return self._say(502, "text/plain; charset=utf-8", told.encode(errors="replace"))
        return self._say(200, found.media_type, found.body)

    def _say(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the library names it
        """Say nothing: the log tells of requests to the endpoint."""
