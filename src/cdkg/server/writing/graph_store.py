"""`/graph-store`: the SPARQL 1.1 Graph Store HTTP Protocol, graphs named by `?graph=` or `?default` (section 4.2)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Final

from flask import Blueprint, Response, current_app, request
from pyoxigraph import NamedNode
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from cdkg.errors import WriteError
from cdkg.formats import GRAPHS, Format
from cdkg.query.update import graph_name
from cdkg.server.caching import graph_tag, of_version
from cdkg.server.describing.addresses import base
from cdkg.server.describing.served import is_plain
from cdkg.server.fields import check_charset, fields_of_url
from cdkg.server.negotiation import chosen
from cdkg.server.sparql import streamed
from cdkg.server.writing.offer import admitted, offered, validated, write
from cdkg.vocabulary import GRAPH
from cdkg.workers import Request
from cdkg.workers.writing import Write

blueprint = Blueprint("graph-store", __name__)
_WHOLE: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_HEAD: Final = "ASK { ?s ?p ?o }"


@blueprint.get("/graph-store", strict_slashes=False)
def read() -> Response:
    """A graph as triples (sections 5.2 and 5.6); who may ask queries may read graphs."""
    name = _graph()
    if offered().writer is None:
        admitted()  # which says why
    fields = fields_of_url(request)
    form, media_type = chosen(fields.get("format", ""), request.headers.get("Accept", ""), GRAPHS)

    def answer() -> Response:
        response = _written(name, form)
        response.content_type = media_type
        return response

    response = of_version(lambda version: f"{graph_tag(version, name)}-{form.name}", answer)
    response.vary.add("Accept")
    return response


def _written(name: str, form: Format) -> Response:
    graphs = (name,) if name else ()
    if name and b"true" not in _answer(_HEAD, "application/sparql-results+json", graphs).get_data():
        raise WriteError(f"there is no graph <{name}>", why="a graph without triples is not there", status=404)
    return _answer(_WHOLE, form.media_types[0], graphs)


@blueprint.put("/graph-store", strict_slashes=False)
def put() -> Response:
    """Replace a graph (section 5.3)."""
    return _sent("put", _graph())


@blueprint.delete("/graph-store", strict_slashes=False)
def delete() -> Response:
    """Remove a graph (section 5.4)."""
    token = admitted()
    name = _graph()
    asked = Write("delete", graph=name, allowed=token.graphs, validated=_validated())
    write(_on_conditions(asked))
    return Response(status=204)


@blueprint.post("/graph-store", strict_slashes=False)
def post() -> Response:
    """Add to a graph; where none is named, to a new one (section 5.5)."""
    fields = fields_of_url(request)
    if "graph" in fields or "default" in fields:
        return _sent("post", _graph())
    name = uuid.uuid4().urn if is_plain() else f"{GRAPH}posted/{uuid.uuid4().hex}"
    response = _sent("post", name)
    response.headers["Location"] = f"{base()}graph-store?graph={name}"
    return response


def _sent(kind: str, name: str) -> Response:
    token = admitted()
    if request.content_encoding:
        raise UnsupportedMediaType("a body is read as it is: send it without Content-Encoding")
    check_charset(request)
    request.max_content_length = offered().most
    kind_of_body = request.mimetype
    asked = Write(kind, request.get_data(), kind_of_body, name, allowed=token.graphs, validated=_validated())
    return Response(status=201 if write(_on_conditions(asked)).created else 204)


def _on_conditions(asked: Write) -> Write:
    """A write with the conditions of its request (RFC 9110, sections 13.1.1 and 13.1.2).

    Raises:
        WriteError: The graph is another one than the client has.
    """
    version: str = current_app.config["ANSWERS"].version
    had, not_had = (
        {tag for tag in tags.as_set() if version and tag.startswith(graph_tag(version, asked.graph))}
        for tags in (request.if_match, request.if_none_match)
    )
    any_, none = request.if_match.star_tag, request.if_none_match.star_tag
    if not_had or (request.if_match and not any_ and not had):
        raise WriteError("this graph is not as the request wants it", why="it was written meanwhile", status=412)
    return replace(asked, version=version if had else "", exists=True if any_ else False if none else None)


def _validated() -> bool:
    return validated(fields_of_url(request).get("validate"))


def _graph() -> str:
    """The graph that a request names; empty: the default graph."""
    fields = fields_of_url(request)
    names = fields.getlist("graph")
    if len(names) + ("default" in fields) != 1:
        raise BadRequest("exactly one `graph=…` or `default` is needed")
    found: NamedNode | None = graph_name(names[0]) if names else None
    return found.value if found else ""


def _answer(text: str, media_type: str, graphs: tuple[str, ...]) -> Response:
    parts = current_app.config["ANSWERS"].ask(Request(text, media_type, graphs), request.remote_addr or "")
    return streamed(parts, media_type)
