"""Pages for people: the landing page with a query box and the competency questions as examples."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, json, render_template

from cdkg.vocabulary import PREFIXES

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def landing() -> str:
    """The landing page."""
    questions = current_app.config["QUESTIONS"]
    return render_template(
        "landing.html",
        questions=questions,
        first=questions[0].text if questions else "SELECT * WHERE { ?s ?p ?o } LIMIT 10",
        counts=current_app.config["COUNTS"],
        prefixes=PREFIXES,
    )


@blueprint.get("/health")
def health() -> Response:
    """Whether the server is alive, which it is as it says so, and ready, and how many quads it holds."""
    answers = current_app.config["ANSWERS"]
    ready = answers.is_ready()
    body = json.dumps({"status": "ok" if ready else "not ready", "quads": answers.quads})
    return Response(body, 200 if ready else 503, content_type="application/json")
