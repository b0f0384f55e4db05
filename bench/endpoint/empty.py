"""A Flask application that does nothing: what servers of Python applications cost by themselves."""

from __future__ import annotations

from flask import Flask, Response

app = Flask(__name__)


@app.route("/sparql")
def nothing() -> Response:
    """Answer with a few bytes."""
    return Response(b'{"head":{},"boolean":true}', content_type="application/sparql-results+json")
