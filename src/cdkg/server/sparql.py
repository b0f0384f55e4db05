"""`/sparql`: the query operation of the SPARQL 1.1 Protocol (section 2.1), read only."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Blueprint, Response, current_app, request
from werkzeug.datastructures import MIMEAccept, MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from cdkg.errors import NotAcceptableError
from cdkg.formats import SOLUTIONS, Format, by_name
from cdkg.query import inspect
from cdkg.query.run import OFFERED
from cdkg.server.answers import Parts
from cdkg.workers import Request

blueprint = Blueprint("sparql", __name__)
_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
#: So many bytes are held back until it is known that the answer is whole.
_HELD = 256 * 1024


@blueprint.route("/sparql", methods=["GET", "POST"])
def query() -> Response:
    """Answer a query sent by GET, by POST of a form, or by POST of the query itself."""
    text, fields = _asked()
    asked = inspect(text, current_app.config["LIMITS"])
    form = _form(fields.get("format", ""), OFFERED.get(asked.form, SOLUTIONS))
    graphs = tuple(fields.getlist("default-graph-uri")), tuple(fields.getlist("named-graph-uri"))
    wanted = Request(text, form.media_types[0], *graphs)
    parts = current_app.config["ANSWERS"].ask(wanted, request.remote_addr or "", _has_left())
    response = streamed(parts, form.media_type)
    response.headers["Vary"] = "Accept"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def streamed(parts: Parts, media_type: str) -> Response:
    """An answer as a response: a short one whole, so that whatever goes wrong has its status; else as it comes.

    Of a long answer that breaks off, the client sees that the last chunk is missing (RFC 9112, section 7.1).
    """
    held, rest = bytearray(), iter(parts)
    try:
        for part in rest:
            held += part
            if len(held) > _HELD:
                return Response(_onwards(bytes(held), rest, parts), content_type=media_type, direct_passthrough=True)
    except BaseException:
        parts.close()
        raise
    return Response(bytes(held), content_type=media_type)


def _onwards(held: bytes, rest: Iterator[bytes], parts: Parts) -> Iterator[bytes]:
    try:
        yield held
        yield from rest
    finally:  # the client may have left
        parts.close()


def _has_left() -> Callable[[], bool]:
    """Tells whether the client has closed its connection, where the server knows."""
    found: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return found


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
