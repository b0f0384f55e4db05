"""`/update`: the update operation of the SPARQL 1.1 Protocol (section 2.2)."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from cdkg.query.update import inspect_update
from cdkg.server.fields import check_charset, fields_of_body, fields_of_url, text_of_body
from cdkg.server.writing.offer import admitted, validated, write
from cdkg.workers.writing import Write

blueprint = Blueprint("update", __name__)
_FORM: Final = "application/x-www-form-urlencoded"
_UPDATE: Final = "application/sparql-update"


@blueprint.post("/update", strict_slashes=False)
def update() -> Response:
    """Do an update, sent as a form or as it is; a request is one transaction."""
    token = admitted()
    limits = current_app.config["LIMITS"]
    text, fields = _asked()
    inspect_update(text, limits)
    asked = Write(
        "update",
        text.encode(),
        using=tuple(fields.getlist("using-graph-uri")),
        using_named=tuple(fields.getlist("using-named-graph-uri")),
        allowed=token.graphs,
        validated=validated(fields.get("validate")),
        size=limits.size,
        depth=limits.depth,
    )
    write(asked)
    return Response(status=204)


def _asked() -> tuple[str, MultiDict[str, str]]:
    """The update, and the fields that stand beside it."""
    if request.content_encoding:
        raise UnsupportedMediaType("a body is read as it is: send it without Content-Encoding")
    if request.mimetype not in {_FORM, _UPDATE}:
        raise UnsupportedMediaType(f"an update is posted as {_FORM} or {_UPDATE}")
    check_charset(request)
    fields = fields_of_url(request)
    if "update" in fields or "query" in fields:
        raise BadRequest("the update stands in the body, not in the address")
    if request.mimetype == _UPDATE:
        return text_of_body(request), fields
    form = fields_of_body(request)
    found = form.getlist("update")
    if len(found) != 1 or "query" in form:
        raise BadRequest(f"exactly one `update` and no `query` is needed, {len(found)} were sent")
    fields.update(form)
    return found[0], fields
