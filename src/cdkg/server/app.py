"""The Flask application: what every request shares, and the one table from errors to statuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Flask, Response, json
from pyoxigraph import Store
from werkzeug.exceptions import HTTPException

from cdkg.errors import CdkgError, NotAcceptableError, QueryError, VocabularyError
from cdkg.query import Limits, Question
from cdkg.server import pages, sparql

#: Errors of ours → HTTP status; what is not here is a fault of the server.
STATUSES: Final[dict[type[CdkgError], int]] = {QueryError: 400, VocabularyError: 400, NotAcceptableError: 406}


def create_app(
    store: Store,
    *,
    questions: Sequence[Question] = (),
    counts: dict[str, int] | None = None,
    limits: Limits | None = None,
) -> Flask:
    """Make the application.

    Args:
        store: The store to serve, read only; its default graph is the union of all graphs.
        questions: Competency questions, offered as examples.
        counts: Sizes of the graph, for the landing page.
        limits: How large a query may be.
    """
    app = Flask("cdkg.server")
    app.config.update(STORE=store, QUESTIONS=tuple(questions), COUNTS=counts or {}, LIMITS=limits or Limits())
    app.register_blueprint(sparql.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_error_handler(CdkgError, _ours)
    app.register_error_handler(HTTPException, _of_http)
    return app


def _ours(error: CdkgError) -> Response:
    status = next((s for kind, s in STATUSES.items() if isinstance(error, kind)), 500)
    return _problem(status, error.what, str(error))


def _of_http(error: HTTPException) -> Response:
    response = _problem(error.code or 500, error.name, error.description or "")
    allow = error.get_response().headers.get("Allow")
    if allow:
        response.headers["Allow"] = allow
    return response


def _problem(status: int, title: str, detail: str) -> Response:
    """An error as problem details (RFC 9457)."""
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
    response = Response(body, status, content_type="application/problem+json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
