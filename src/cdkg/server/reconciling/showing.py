"""A thing for people who choose: a small page for frames of other sites, and the way to its own page."""

from __future__ import annotations

from flask import Response, redirect, render_template, request
from werkzeug.exceptions import NotFound

from cdkg.linking.reconciling import Entity
from cdkg.server.caching import tagged
from cdkg.server.describing.addresses import page
from cdkg.server.describing.negotiating import PAGE
from cdkg.server.describing.served import for_pages
from cdkg.server.fields import fields_of_url
from cdkg.server.guarding import FRAMED
from cdkg.server.reconciling.answering import blueprint
from cdkg.server.reconciling.gathering import Gathered
from cdkg.server.reconciling.service import working


@blueprint.get("/reconcile/preview")
def preview() -> Response:
    """A small page about a thing (Reconciliation Service API 0.2, section 5); the only one that others may frame."""
    with working() as gathered:
        entity = _entity(gathered)
        types = [gathered.types[each].name for each in entity.types]
    text = render_template("preview.html", **for_pages(), thing=entity, types=types, href=page(entity.iri))
    return tagged(Response(text, content_type=PAGE.media_type, headers={"Content-Security-Policy": FRAMED}))


@blueprint.get("/reconcile/view")
def view() -> Response:
    """Lead to the page of a thing; of a known one only, so that nobody is led astray."""
    with working() as gathered:
        entity = _entity(gathered)
    address = page(entity.iri)
    if not address:
        raise NotFound(f"{entity.iri} has no page")
    return redirect(address, 303, Response)  # type: ignore[return-value]  # of the class that was asked for


def _entity(gathered: Gathered) -> Entity:
    iri = fields_of_url(request).get("id", "")
    found = gathered.known.find(iri)
    if not found:
        raise NotFound(f"nothing that can be reconciled is called {iri[:200]}")
    return found
