"""The Flask application: what every request shares, and the one table from errors to statuses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from flask import Flask, Response, json, request
from werkzeug.exceptions import HTTPException

from cdkg.assets import bundled
from cdkg.errors import (
    BusyError,
    CdkgError,
    DeadlineError,
    LimitError,
    NotAcceptableError,
    QueryError,
    ServerError,
    SnapshotError,
    VocabularyError,
)
from cdkg.query import Limits, Question
from cdkg.server import context as json_ld_context
from cdkg.server import describing, guarding, lookup, observing, pages, reconciling, resources, sparql
from cdkg.server.answers import Answers
from cdkg.server.caching import Results
from cdkg.server.compression import compress
from cdkg.server.repeated import Repeated
from cdkg.settings import USUAL

#: Errors of ours → HTTP status; what is not here is a fault of the server.
STATUSES: Final[dict[type[CdkgError], int]] = {
    QueryError: 400,
    VocabularyError: 400,
    NotAcceptableError: 406,
    DeadlineError: 504,
    LimitError: 400,
    ServerError: 503,
    SnapshotError: 503,
}

#: What pages of other origins may send: the star stands for all but the first, and some know no star.
_ALLOWED: Final = (
    "Authorization, Accept, Cache-Control, Content-Type, If-Match, If-None-Match, User-Agent, X-Requested-With, *"
)


def create_app(
    answers: Answers,
    *,
    questions: Sequence[Question] = (),
    counts: dict[str, int] | None = None,
    limits: Limits | None = None,
    base_url: str = "",
    cache_megabytes: int = USUAL.cache_megabytes,
    context: Path | None = None,
) -> Flask:
    """Make the application.

    Args:
        answers: Who answers queries; the default graph is the union of all graphs.
        questions: Competency questions, offered as examples.
        counts: Sizes of the graph, for the landing page.
        limits: How large a query may be.
        base_url: Address of this server, for links and descriptions; empty: as each request has it.
        cache_megabytes: Memory for answers that are asked for again; 0: none are kept.
        context: The file with the JSON-LD context of the ontology; None: that of ours.
    """
    app = Flask("cdkg.server")
    limits = limits or Limits()
    app.config.update(ANSWERS=answers, QUESTIONS=tuple(questions), COUNTS=counts or {}, LIMITS=limits)
    app.config["RESULTS"], app.config["BASE_URL"] = Results(cache_megabytes * 1024 * 1024), base_url
    # the longest query as a form, in which a byte takes three, and what stands beside it
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = 3 * limits.size + 10_000
    app.config["DATA_LICENSE"] = ""  # who serves says which
    app.config["METRICS"] = observing.Metrics()
    app.config["CONTEXT"] = context or bundled() / "ontology" / "context.jsonld"
    app.register_blueprint(observing.blueprint)
    app.register_blueprint(sparql.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(describing.blueprint)
    app.register_blueprint(resources.blueprint)
    app.register_blueprint(lookup.blueprint)
    app.register_blueprint(reconciling.blueprint)
    app.register_blueprint(json_ld_context.blueprint)
    app.register_error_handler(CdkgError, _ours)
    app.register_error_handler(HTTPException, _of_http)
    app.before_request(guarding.refuse_odd_bodies)
    app.after_request(_in_order)  # what comes first is done last
    app.after_request(_open_to_all_origins)
    app.after_request(guarding.shield)
    app.after_request(compress)
    if cache_megabytes:
        app.wsgi_app = Repeated(app.wsgi_app, answers, app.config["RESULTS"])  # type: ignore[method-assign]
    return app


def _open_to_all_origins(response: Response) -> Response:
    """Let pages of other origins read every answer, and ask in every way there is (CORS, Fetch Standard, section 3.2).

    Never with credentials: a browser sends no cookie, and a token only where the page itself has it.
    """
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Allow, ETag, Link, Location, Retry-After"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET, HEAD, OPTIONS")
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _in_order(response: Response) -> Response:
    """Let `Vary` be the same to the letter, whoever has added to it first."""
    if "Vary" in response.headers:
        response.headers["Vary"] = ", ".join(sorted(response.vary))
    return response


def _ours(error: CdkgError) -> Response:
    status = next((s for kind, s in STATUSES.items() if isinstance(error, kind)), 500)
    # what is wrong with a query may be told as it is; of the server, nothing that stands on its machine
    detail = guarding.discreet(error) if status >= 500 or isinstance(error, LimitError) else str(error)
    response = _problem(error.status if isinstance(error, BusyError) else status, error.what, detail)
    if response.status_code in {429, 503}:
        response.headers["Retry-After"] = "1"
    return response


def _of_http(error: HTTPException) -> Response:
    response = _problem(error.code or 500, error.name, error.description or "")
    allow = error.get_response().headers.get("Allow")
    if allow:
        response.headers["Allow"] = allow
    return response


def _problem(status: int, title: str, detail: str) -> Response:
    """An error as problem details (RFC 9457)."""
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
    return Response(body, status, content_type="application/problem+json")
