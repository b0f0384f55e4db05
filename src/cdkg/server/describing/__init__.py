"""What the endpoint says of itself: Service Description, VoID, DCAT, and its examples, in the RDF formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from flask import Blueprint, Response, current_app, request
from pyoxigraph import Triple

from cdkg.formats import Format
from cdkg.server.describing.addresses import base, beside
from cdkg.server.describing.catalog import catalog
from cdkg.server.describing.examples import examples
from cdkg.server.describing.negotiating import PAGE, RDF, SUFFIXES, see_other, sent, wanted, written
from cdkg.server.describing.service import service
from cdkg.server.describing.statistics import Statistics, statistics
from cdkg.server.describing.void import void

blueprint = Blueprint("describing", __name__)
_MOST_DOCUMENTS: Final = 32


@blueprint.get("/.well-known/void")
@blueprint.get("/void<any('.ttl','.jsonld','.nt','.rdf'):suffix>")
def dataset(suffix: str = "") -> Response:
    """The dataset in VoID and DCAT (VoID, section 7.2: its well-known address)."""
    form = SUFFIXES[suffix] if suffix else wanted(*RDF)
    licence: str = current_app.config["DATA_LICENSE"]
    return _of_snapshot("dataset", lambda found, here: [*void(found, here), *catalog(found, here, licence)], form)


@blueprint.get("/.well-known/sparql-examples")
def questions() -> Response:
    """The prefixes and the competency questions, as SHACL writes them."""
    form = wanted(*RDF)
    return sent(written(examples(base()), form), form)


def asks_for_description() -> bool:
    """Whether a request to the endpoint is for its description: it has no parameters but perhaps a format."""
    return request.method in {"GET", "HEAD"} and not set(request.args) - {"format"}


def service_description() -> Response:
    """What the endpoint can do (SPARQL 1.1 Service Description, section 2); a browser is led to the page."""
    form = wanted(*RDF, PAGE)
    if form is PAGE:
        return see_other(beside(""))
    federates = bool(getattr(current_app.config["LIMITS"], "services", ()))
    writable = getattr(current_app.config.get("WRITING"), "writer", None) is not None
    return _of_snapshot(
        "service", lambda found, here: service(found, here, federates=federates, writable=writable), form
    )


def _of_snapshot(name: str, describe: Callable[[Statistics, str], Iterable[Triple]], form: Format) -> Response:
    """A document that is written once for each snapshot, address of the server, and format."""
    found, here = statistics(), base()
    key = (name, here, form.name)
    data = found.documents.get(key)
    if data is None:
        data = written(describe(found, here), form)
        if len(found.documents) < _MOST_DOCUMENTS:  # anybody can make addresses up
            found.documents[key] = data
    return sent(data, form)
