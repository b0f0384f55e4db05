"""Every IRI of the project leads to data about the thing it names, or to a page (Cool URIs, section 4.2: 303)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound

from cdkg.errors import CdkgError
from cdkg.formats import Format
from cdkg.server.describing import content
from cdkg.server.describing.addresses import beside, own
from cdkg.server.describing.negotiating import PAGE, RDF, SUFFIXES, see_other, sent, wanted, written
from cdkg.server.describing.portrait import portrait
from cdkg.server.sparql import streamed
from cdkg.vocabulary import BASE

blueprint = Blueprint("resources", __name__)
_THINGS: Final = "any(id,ontology,graph,shapes,query)"


@blueprint.context_processor
def _addresses() -> dict[str, Callable[[str], str]]:
    return {"beside": beside}


@blueprint.after_request
def _by_accept(response: Response) -> Response:
    """Tell caches that all but pages depends on the Accept header, refusals too (RFC 9110, section 12.5.5)."""
    if request.endpoint != "resources.page":
        response.vary.add("Accept")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.get(f"/<{_THINGS}:kind>/")
@blueprint.get(f"/<{_THINGS}:kind>/<path:rest>")
def thing(kind: str, rest: str = "") -> Response:
    """Lead from a thing to what describes it: to data or a page by Accept, to data by suffix."""
    path, form = _parted(f"{kind}/{rest}")
    form = form or wanted(*RDF, PAGE)
    if not _is_known(path):
        return _unknown(path)
    place = f"page/{path}" if form is PAGE else f"data/{path}{form.suffix}"
    return see_other(beside(place))


@blueprint.get("/data/<path:path>")
def data(path: str) -> Response:
    """The data about a thing, in the format of the suffix, else of the Accept header."""
    path, form = _parted(path)
    form = form or wanted(*RDF)
    if path == "dataset":
        response = streamed(content.everything(form), form.media_type)
    elif not _is_known(path):
        return _unknown(path)
    elif content.is_question(path):
        response = sent(written(content.questions(path), form), form)
    else:
        response = streamed(content.about(BASE + path, form), form.media_type)
        response.headers.add("Link", f'<{BASE}{path}>; rel="describes"')
    return response


@blueprint.get("/page/<path:path>")
def page(path: str) -> Response:
    """A page about a thing."""
    if not _is_known(path):
        return _unknown(path)
    if content.is_question(path):
        return see_other(beside(f"data/{path}{RDF[0].suffix}"))
    shown = portrait(BASE + path)
    formats = [(form.name, beside(f"data/{path}{form.suffix}"), form.media_types[0]) for form in RDF]
    return Response(render_template("thing.html", thing=shown, formats=formats), content_type=PAGE.media_type)


def _parted(path: str) -> tuple[str, Format | None]:
    """A path without the suffix of a format, and that format."""
    for suffix, form in SUFFIXES.items():
        if path.endswith(suffix):
            return path.removesuffix(suffix), form
    return path, None


def _is_known(path: str) -> bool:
    return own(BASE + path) is not None and content.is_known(path)


def _unknown(path: str) -> Response:
    """Say that nothing has this name: on a page to who likes pages, else as all errors are told."""
    iri = BASE + path
    if request.path.startswith("/page/") or _likes_pages():
        return Response(render_template("unknown.html", iri=iri), 404, content_type=PAGE.media_type)
    raise NotFound(f"nothing in the graph is called {iri}")


def _likes_pages() -> bool:
    try:
        return wanted(*RDF, PAGE) is PAGE
    except CdkgError:  # another kind of answer than any on offer
        return False
