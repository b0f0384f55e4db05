"""`/sparql`: the query operation of the SPARQL 1.1 Protocol (section 2.1), read only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from flask import Blueprint, Response, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from cdkg.formats import SOLUTIONS
from cdkg.query.run import OFFERED, check_prefixes
from cdkg.server.answers import Parts
from cdkg.server.caching import answered, looked_at
from cdkg.server.describing import asks_for_description, service_description
from cdkg.server.describing.served import is_plain
from cdkg.server.fields import check_charset, fields_of_body, fields_of_url, text_of_body
from cdkg.server.negotiation import chosen
from cdkg.workers import Request

blueprint = Blueprint("sparql", __name__)
_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"
_NO_UPDATE = "this address answers queries only; updates, where the server takes any, go to /update"
#: So many bytes are held back until it is known that the answer is whole.
_HELD = 256 * 1024


@blueprint.route("/sparql", methods=["GET", "POST"], strict_slashes=False)
def query() -> Response:
    """Answer a query sent by GET, by POST of a form, or by POST of itself; without one, describe the service."""
    if asks_for_description():
        return service_description()
    text, fields = _asked()
    request.environ["cdkg.query"] = text  # for the log
    asked, _ = looked_at(text, current_app.config["LIMITS"])
    if is_plain():  # the project's prefixes are for its own queries
        check_prefixes(text)
    accept = request.headers.get("Accept", "")
    form, media_type = chosen(fields.get("format", ""), accept, OFFERED.get(asked, SOLUTIONS))
    graphs = tuple(fields.getlist("default-graph-uri")), tuple(fields.getlist("named-graph-uri"))
    wanted = Request(text, form.media_types[0], *graphs)

    def answer() -> tuple[Response, str]:
        parts: Parts = current_app.config["ANSWERS"].ask(wanted, request.remote_addr or "", _has_left())
        return streamed(parts, media_type), parts.version

    return answered(wanted, media_type, answer)


@blueprint.after_request
def _negotiated_by_accept(response: Response) -> Response:
    """Tell caches what the answer depends on, a refusal too (RFC 9110, section 12.5.5)."""
    response.vary.add("Accept")
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
                return Response(_Onwards(bytes(held), rest, parts), content_type=media_type, direct_passthrough=True)
    except BaseException:
        parts.close()
        raise
    return Response(bytes(held), content_type=media_type)


class _Onwards:
    """An answer from its beginning; closing it ends the work, even where nobody has read a part (HEAD, who left)."""

    def __init__(self, held: bytes, rest: Iterator[bytes], parts: Parts) -> None:
        self._every, self._parts = chain((held,), rest), parts

    def __iter__(self) -> Iterator[bytes]:
        return self._every

    def close(self) -> None:
        self._parts.close()


def _has_left() -> Callable[[], bool]:
    """Tells whether the client has closed its connection, where the server knows."""
    found: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return found


def _asked() -> tuple[str, MultiDict[str, str]]:
    """The query's text, and the fields that stand beside it; of a form those in the address count too."""
    fields = fields_of_url(request)
    if request.method == "POST":
        if request.mimetype not in {_FORM, _QUERY}:
            raise UnsupportedMediaType(
                _NO_UPDATE if request.mimetype == _UPDATE else f"a query is posted as {_FORM} or {_QUERY}"
            )
        check_charset(request)
        if request.mimetype == _QUERY:
            if "query" in fields:
                raise BadRequest("the query stands in the body and in the address")
            return text_of_body(request), fields
        fields.update(fields_of_body(request))
    if "update" in fields:
        raise BadRequest(_NO_UPDATE)
    found = fields.getlist("query")
    if len(found) != 1:
        raise BadRequest(f"exactly one `query` is needed, {len(found)} were sent")
    return found[0], fields
