"""Every IRI of the project leads to data about the thing it names, or to a page (Cool URIs, section 4.2: 303)."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound

from cdkg.errors import CdkgError
from cdkg.formats import Format
from cdkg.server.caching import described
from cdkg.server.describing import content
from cdkg.server.describing.addresses import as_address, base, beside, own, spellings
from cdkg.server.describing.negotiating import PAGE, RDF, see_other, sent, wanted, written
from cdkg.server.describing.portrait import portrait
from cdkg.server.describing.served import for_pages
from cdkg.server.sparql import streamed
from cdkg.vocabulary import BASE

blueprint = Blueprint("resources", __name__)
_THINGS: Final = "any(id,ontology,graph,shapes,query)"


blueprint.context_processor(for_pages)


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
    """Lead from a thing to what describes it: to data or a page, by Accept or by suffix."""
    path, form = _parted(f"{kind}/{rest}", *RDF, PAGE)
    form = form or wanted(*RDF, PAGE)
    known = _known(path)
    if not known:
        return _unknown(path)
    place = f"page/{known}" if form is PAGE else f"data/{known}{form.suffix}"
    return see_other(beside(place))


@blueprint.get("/data/<path:path>")
def data(path: str) -> Response:
    """The data about a thing, in the format of the suffix, else of the Accept header."""
    path, form = _parted(path, *RDF)
    found = form or wanted(*RDF)
    if content.is_question(path) and _known(path):  # no snapshot has it
        return sent(written(content.questions(path), found), found)
    return described(base(), found.media_type, lambda: _data(path, found))


def _data(path: str, form: Format) -> Response:
    if path == "dataset":
        return streamed(content.everything(form), form.media_type)
    known = _known(path)
    if not known:
        return _unknown(path)
    response = streamed(content.about(BASE + known, form), form.media_type)
    response.headers.add("Link", f'<{as_address(BASE + known)}>; rel="describes"')
    return response


@blueprint.get("/page/<path:path>")
def page(path: str) -> Response:
    """A page about a thing."""
    if content.is_question(path) and _known(path):
        return see_other(beside(f"data/{path}{RDF[0].suffix}"))
    return described(base(), PAGE.media_type, lambda: _page(path))


def _page(path: str) -> Response:
    known = _known(path)
    if not known:
        return _unknown(path)
    shown = portrait(BASE + known)
    formats = [(form.name, beside(f"data/{known}{form.suffix}"), form.media_types[0]) for form in RDF]
    return Response(render_template("thing.html", thing=shown, formats=formats), content_type=PAGE.media_type)


def _parted(path: str, *offered: Format) -> tuple[str, Format | None]:
    """A path without the suffix of a format, and that format."""
    for form in offered:
        if path.endswith(form.suffix):
            return path.removesuffix(form.suffix), form
    return path, None


def _known(path: str) -> str:
    """The path as the IRI has it of which something is said; empty where nothing is."""
    return next((one for one in spellings(path) if own(BASE + one) and content.is_known(one)), "")


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
