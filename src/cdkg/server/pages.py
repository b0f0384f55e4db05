"""Pages for people: the landing page with a query box and the competency questions as examples."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

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
