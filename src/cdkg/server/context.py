"""`/context.jsonld`: the JSON-LD context of the vocabulary, for documents that name it instead of having it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, current_app
from werkzeug.exceptions import NotFound

from cdkg.server.caching import tagged
from cdkg.server.describing.served import is_plain

blueprint = Blueprint("context", __name__)
#: The profile says that it is a context alone (JSON-LD 1.1, appendix C).
_MEDIA_TYPE: Final = 'application/ld+json; profile="http://www.w3.org/ns/json-ld#context"'
#: Who reads documents by the thousand asks once a week; then the tag tells whether it is still so.
_CACHING: Final = "public, max-age=604800, must-revalidate"


@blueprint.get("/context.jsonld")
def context() -> Response:
    """The context; a store of anybody has none, nor has an ontology without the file."""
    path: Path = current_app.config["CONTEXT"]
    if is_plain() or not path.is_file():
        raise NotFound("what is served here has no JSON-LD context")
    response = tagged(Response(path.read_bytes(), content_type=_MEDIA_TYPE))
    response.headers["Cache-Control"] = _CACHING
    return response
