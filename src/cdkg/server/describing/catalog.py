"""The dataset in DCAT 2: its distributions, and the service that answers queries about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import NamedNode, Triple

from cdkg.server.describing.negotiating import RDF
from cdkg.server.describing.statements import Value, about
from cdkg.server.describing.statistics import Statistics

_TITLE: Final = "City Diplomacy Knowledge Graph"
_ABOUT: Final = "The foreign relations of cities as documents tell them, with the passage behind each statement: "
_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
_PROTOCOL: Final = "https://www.w3.org/TR/sparql11-protocol/"


def catalog(found: Statistics, base: str, data_license: str = "") -> Iterator[Triple]:
    """The dataset, its downloads, and its data service (DCAT 2, sections 6.4, 6.7 and 6.8), and its licence (8)."""
    licence: list[Value] = [NamedNode(data_license)] if data_license else []
    document, endpoint = f"{base}.well-known/void", NamedNode(f"{base}sparql")
    dataset, service, by_query = (NamedNode(f"{document}#{name}") for name in ("dataset", "service", "by-query"))
    downloads = {form: NamedNode(f"{document}#download-{form.name}") for form in RDF}
    yield from about(
        dataset,
        "dcat:Dataset",
        dcterms_title="A dataset" if found.is_plain else _TITLE,
        dcterms_description=f"{'' if found.is_plain else _ABOUT}{found.triples:,} triples in the default graph,"
        f" {len(found.graphs):,} named graphs.",
        dcterms_license=licence,
        dcat_landingPage=NamedNode(base),
        dcat_distribution=[by_query, *downloads.values()],
    )
    yield from about(
        service,
        "dcat:DataService",
        dcterms_title="SPARQL endpoint",
        dcterms_conformsTo=NamedNode(_PROTOCOL),
        dcat_endpointURL=endpoint,
        dcat_endpointDescription=endpoint,
        dcat_servesDataset=dataset,
    )
    yield from about(
        by_query, "dcat:Distribution", dcterms_title="By query", dcat_accessURL=endpoint, dcat_accessService=service
    )
    for form, download in downloads.items():
        address = NamedNode(f"{base}data/dataset{form.suffix}")
        yield from about(
            download,
            "dcat:Distribution",
            dcterms_title=f"The default graph as {form.name}",
            dcterms_license=licence,
            dcat_accessURL=address,
            dcat_downloadURL=address,
            dcat_mediaType=NamedNode(_MEDIA_TYPES + form.media_types[0]),
        )
