"""`/sparql`: the query operation of the SPARQL 1.1 Protocol (section 2.1), read only."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request
from werkzeug.datastructures import MIMEAccept, MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from cdkg.errors import NotAcceptableError
from cdkg.formats import Format, by_name
from cdkg.query import run

blueprint = Blueprint("sparql", __name__)
_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"


@blueprint.route("/sparql", methods=["GET", "POST"])
def query() -> Response:
    """Answer a query sent by GET, by POST of a form, or by POST of the query itself."""
    text, fields = _asked()
    answer = run(
        current_app.config["STORE"],
        text,
        default_graphs=fields.getlist("default-graph-uri"),
        named_graphs=fields.getlist("named-graph-uri"),
        limits=current_app.config["LIMITS"],
    )
    form = _form(fields.get("format", ""), answer.offered)
    response = Response(answer.write(form), content_type=form.media_type)
    response.headers["Vary"] = "Accept"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _asked() -> tuple[str, MultiDict[str, str]]:
    """The query's text, and the fields that stand beside it."""
    if request.method in {"GET", "HEAD"}:
        return _one(request.args), request.args
    if request.mimetype == _FORM:
        return _one(request.form), request.form
    if request.mimetype == _QUERY:
        try:
            return request.get_data().decode("utf-8"), request.args
        except UnicodeDecodeError as error:
            raise BadRequest("the query is not UTF-8") from error
    raise UnsupportedMediaType(f"a query is posted as {_FORM} or {_QUERY}")


def _one(fields: MultiDict[str, str]) -> str:
    found = fields.getlist("query")
    if len(found) != 1:
        raise BadRequest(f"exactly one `query` is needed, {len(found)} were sent")
    return found[0]


def _form(name: str, offered: tuple[Format, ...]) -> Format:
    """The format by `format=` (for people), else by the Accept header, of whose parameters only `q` counts."""
    if name:
        return by_name(name, offered)
    if not request.accept_mimetypes:
        return offered[0]
    media = {kind: form for form in reversed(offered) for kind in form.media_types}
    accepted = MIMEAccept([(kind.partition(";")[0].strip(), q) for kind, q in request.accept_mimetypes])
    best = accepted.best_match([kind for form in offered for kind in form.media_types])
    if best is None:
        raise NotAcceptableError(
            "nothing on offer is acceptable", hint=f"on offer: {', '.join(f.media_types[0] for f in offered)}"
        )
    return media[best]
