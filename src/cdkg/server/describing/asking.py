"""Questions of the server to its own store, asked as anybody's are: guarded, bounded, and in a worker."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

from flask import current_app, request
from pyoxigraph import Literal, QueryBoolean, QueryResultsFormat, QuerySolution, QuerySolutions, parse_query_results

from cdkg.server.answers import Parts
from cdkg.workers import Request

_JSON: Final = "application/sparql-results+json"


def ask(text: str, media_type: str, default_graphs: tuple[str, ...] = ()) -> Parts:
    """Begin to answer a query in a format, for the client of this request."""
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    wanted = Request(text, media_type, default_graphs)
    parts: Parts = current_app.config["ANSWERS"].ask(wanted, request.remote_addr or "", gone)
    return parts


def rows(text: str) -> list[QuerySolution]:
    """The solutions of a SELECT."""
    found = _answer(text)
    return list(found) if isinstance(found, QuerySolutions) else []


def holds(text: str) -> bool:
    """The answer of an ASK."""
    found = _answer(text)
    return isinstance(found, QueryBoolean) and bool(found)


def number(row: QuerySolution, name: str) -> int:
    """A count in a solution."""
    found = row[name]
    return int(found.value) if isinstance(found, Literal) else 0


def _answer(text: str) -> Any:
    with closing(ask(text, _JSON)) as parts:
        data = b"".join(parts)
    return parse_query_results(data, format=QueryResultsFormat.JSON)
