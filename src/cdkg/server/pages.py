"""Pages for people: the landing page with a query box and the competency questions as examples."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template

from cdkg.server.caching import tagged
from cdkg.server.describing.negotiating import PAGE
from cdkg.server.describing.served import for_pages, is_plain
from cdkg.vocabulary import PREFIXES

blueprint = Blueprint("pages", __name__)


@blueprint.route("/*", methods=["OPTIONS"])
def whole_server() -> Response:
    """What the server as a whole can do: the answer to `OPTIONS *` (RFC 9110, section 9.3.7)."""
    return Response(status=204, headers={"Allow": "GET, HEAD, POST, PUT, DELETE, OPTIONS"})


@blueprint.get("/")
def landing() -> Response:
    """The landing page; that of a store of anybody has nothing of the project."""
    questions = current_app.config["QUESTIONS"]
    page = render_template(
        "landing.html",
        **for_pages(),
        is_plain=is_plain(),
        questions=questions,
        first=questions[0].text if questions else "SELECT * WHERE { ?s ?p ?o } LIMIT 10",
        counts=current_app.config["COUNTS"],
        prefixes={} if is_plain() else PREFIXES,
    )
    return tagged(Response(page, content_type=PAGE.media_type))
