"""Requests that came before, to the letter: their answer is sent again before the application is asked.

Taking a request apart and making a response costs more than all else of an answer that is in memory. So where nothing
but the address, the host and what is accepted decides on an answer, these are what it is found by.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from cdkg.server.answers import Answers
from cdkg.server.caching import VERSION, Results

#: Fields with which a request asks for something else than the plain answer, or brings a body.
_OTHERWISE: Final = (
    "CONTENT_LENGTH", "HTTP_AUTHORIZATION", "HTTP_CACHE_CONTROL", "HTTP_CONTENT_ENCODING", "HTTP_EXPECT",
    "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_NONE_MATCH", "HTTP_IF_RANGE", "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_PRAGMA", "HTTP_RANGE", "HTTP_TRANSFER_ENCODING",
)  # fmt: skip
#: What decides on a plain answer.
_LETTERS: Final = ("QUERY_STRING", "wsgi.url_scheme", "HTTP_HOST", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING")
#: Characters of these, and bytes of an answer; longer ones are worth the application's time.
_LONGEST: Final = 4000
_LARGEST: Final = 16 * 1024

Letters = tuple[str, ...]
_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class _Whole:
    """A whole answer: its fields, its bytes, and the query for the log."""

    headers: list[tuple[str, str]]
    body: bytes
    query: str


class Repeated:
    """Remembers the answers to GET requests at `/sparql` that have a strong entity tag (RFC 9110, section 8.8.1).

    Args:
        app: A WSGI application.
        answers: Tells the version of the graph; answers of another one are forgotten.
        results: Where what is found counts as found.
        most: How many answers are remembered.
    """

    def __init__(self, app: _Application, answers: Answers, results: Results, most: int = 2048) -> None:
        self._app, self._answers, self._results, self._most = app, answers, results, most
        self._turn, self._version = threading.Lock(), ""
        self._known: OrderedDict[Letters, _Whole] = OrderedDict()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        letters, version = _letters(environ), self._answers.version
        if letters is None or not version:
            return self._app(environ, start_response)
        known = self._find(version, letters)
        if known is None:
            return self._asked(environ, start_response, version, letters)
        environ["cdkg.query"] = known.query
        start_response("200 OK", [*known.headers])
        return (known.body,)

    def _find(self, version: str, letters: Letters) -> _Whole | None:
        with self._turn:
            if version != self._version:
                self._known.clear()
                self._version = version
            found = self._known.get(letters)
            if found:
                self._known.move_to_end(letters)
                self._results.hits += 1
            return found

    def _asked(
        self, environ: dict[str, Any], start_response: Callable[..., Any], version: str, letters: Letters
    ) -> Iterable[bytes]:
        """Ask the application, and remember what it answers where that may be said again."""
        told: list[tuple[str, dict[str, str], list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            told[:] = [(status, {name.lower(): value for name, value in headers}, headers)]
            return start_response(status, headers, *more)

        parts = self._app(environ, start)
        status, fields, headers = told[0]
        length = fields.get("content-length", "")
        may = status == "200 OK" and fields.get("etag", "").startswith('"') and length and int(length) <= _LARGEST
        if not may or environ.get(VERSION) != version:
            return parts
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close:
                close()
        with self._turn:
            if version == self._version:
                self._known[letters] = _Whole([*headers], body, environ.get("cdkg.query", ""))
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        return (body,)


def _letters(environ: dict[str, Any]) -> Letters | None:
    """What decides on the answer; None where more does."""
    if environ["REQUEST_METHOD"] != "GET" or environ.get("PATH_INFO") != "/sparql":
        return None
    if any(environ.get(name) for name in _OTHERWISE):
        return None
    found = tuple(environ.get(name, "") for name in _LETTERS)
    return found if found[0] and sum(map(len, found)) <= _LONGEST else None
