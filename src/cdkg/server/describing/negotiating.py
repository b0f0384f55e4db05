"""Which RDF format, or a page, is wanted; and descriptions written in it (RFC 9110, section 12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flask import Response, redirect, request
from pyoxigraph import Triple, serialize

from cdkg.formats import GRAPHS, Format, prefixes_in_order
from cdkg.server.caching import tagged
from cdkg.server.negotiation import chosen
from cdkg.vocabulary import PREFIXES

#: The formats of descriptions: those of triples.
RDF: Final = tuple(form for form in GRAPHS if form.name in {"turtle", "jsonld", "ntriples", "rdfxml"})
SUFFIXES: Final = {form.suffix: form for form in RDF}
#: A page for people; nothing in RDF writes it.
PAGE: Final = Format("html", ("text/html", "application/xhtml+xml"), ".html", None)  # type: ignore[arg-type]
_PREFIXES: Final = PREFIXES | {"sd": "http://www.w3.org/ns/sparql-service-description#"}


def wanted(*offered: Format) -> Format:
    """The format that `?format=`, or else the Accept header asks for; the first one of who asks for none.

    Raises:
        NotAcceptableError: None on offer is acceptable.
    """
    return chosen(request.args.get("format", ""), request.headers.get("Accept", ""), offered)[0]


def written(triples: Iterable[Triple], form: Format) -> bytes:
    """A description in a format, the same bytes each time."""
    ordered = sorted(set(triples), key=str)
    text = " ".join(map(str, ordered))
    used = {prefix: iri for prefix, iri in _PREFIXES.items() if f"<{iri}" in text}
    return prefixes_in_order(serialize(ordered, format=form.writer, prefixes=used) or b"")  # type: ignore[arg-type]


def sent(data: bytes, form: Format) -> Response:
    """A description as a response, with its entity tag; without a body if the client has it."""
    response = tagged(Response(data, content_type=form.media_type))
    response.vary.add("Accept")
    return response


def see_other(address: str) -> Response:
    """Lead to another address, chosen by the Accept header (RFC 9110, section 15.4.4)."""
    response = redirect(address, 303, Response)
    response.vary.add("Accept")
    return response  # type: ignore[return-value]  # of the class that was asked for
