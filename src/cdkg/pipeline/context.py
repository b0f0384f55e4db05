"""The JSON-LD context of the vocabulary: its prefixes, and what the values of its properties are."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from typing import Final

from pyoxigraph import NamedNode

from cdkg.assets import Project, bundled
from cdkg.graph import KnowledgeGraph, Role
from cdkg.sources import load
from cdkg.vocabulary import CD, PREFIXES, RDF_TYPE, shorten

_OWL: Final = PREFIXES["owl"]
_XSD: Final = PREFIXES["xsd"]
_RANGES: Final = (PREFIXES["rdfs"] + "range", PREFIXES["schema"] + "rangeIncludes")
_OBJECT_PROPERTY: Final = NamedNode(f"{_OWL}ObjectProperty")
#: Properties of others whose values are things, whatever an ontology says of them.
_THINGS: Final = tuple(
    PREFIXES[prefix] + name
    for prefix, names in {
        "dcterms": ("isPartOf", "license", "source"),
        "prov": ("wasDerivedFrom",),
        "rdfs": ("isDefinedBy", "seeAlso"),
        "skos": ("broader", "broadMatch", "closeMatch", "exactMatch", "inScheme", "narrowMatch", "relatedMatch"),
    }.items()
    for name in names
)


def json_ld_context(graph: KnowledgeGraph) -> bytes:
    """The context (JSON-LD 1.1, section 3.1) that the ontology of a graph gives, as `ontology/context.jsonld` has it.

    Names are written as in Turtle, with the prefixes of the project: `cd:place` is a property, and `place` the prefix
    of places. Values of properties that lead to things are IRIs; those of properties with one datatype have it.
    """
    types: dict[str, set[str]] = defaultdict(set)
    ranges: dict[str, set[str]] = defaultdict(set)
    for triple in (t for named in graph.of(Role.ONTOLOGY) for t in named.triples):
        if isinstance(triple.subject, NamedNode) and isinstance(triple.object, NamedNode):
            if triple.predicate == RDF_TYPE:
                types[triple.subject.value].add(triple.object.value)
            elif triple.predicate.value in _RANGES:
                ranges[triple.subject.value].add(triple.object.value)
    terms: dict[str, object] = {"@version": 1.1, "id": "@id", "type": "@type", **PREFIXES}
    things = {iri for iri, kinds in types.items() if _OBJECT_PROPERTY.value in kinds and iri.startswith(CD)}
    for iri in sorted({*things, *_THINGS}):
        terms[shorten(iri)] = {"@id": iri, "@type": "@id"}
    for iri in sorted(iri for iri, kinds in types.items() if f"{_OWL}DatatypeProperty" in kinds and iri.startswith(CD)):
        found = ranges[iri]
        if len(found) == 1 and (datatype := next(iter(found))).startswith(_XSD) and datatype != f"{_XSD}string":
            terms[shorten(iri)] = {"@id": iri, "@type": datatype}
    return (json.dumps({"@context": terms}, indent=2, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    sys.stdout.buffer.write(json_ld_context(load(Project(bundled()))))
