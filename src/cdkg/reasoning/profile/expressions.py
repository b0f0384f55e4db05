"""Class expressions and data ranges of OWL 2 RL (OWL 2 Profiles, sections 4.2.3 and 4.2.4)."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.reasoning.profile.ontology_graph import OntologyGraph, named
from cdkg.vocabulary import PREFIXES, Term, shorten

_THING: Final = named("owl:Thing")
_ON_PROPERTY: Final = named("owl:onProperty")
_ON_PROPERTIES: Final = named("owl:onProperties")
_ON_CLASS: Final = named("owl:onClass")
_ON_DATA_RANGE: Final = named("owl:onDataRange")
_EQUIVALENT_CLASS: Final = named("owl:equivalentClass")
_INTERSECTION_OF: Final = named("owl:intersectionOf")
_MAY_BE_OF_THING: Final = frozenset({named("owl:someValuesFrom"), named("owl:maxQualifiedCardinality")})

#: The datatypes of OWL 2 RL (section 4.2.1); `rdf:langString` is what RDF 1.1 made of `rdf:PlainLiteral`.
SUPPORTED_DATATYPES: Final = frozenset(
    named(name)
    for name in (
        "rdf:PlainLiteral", "rdf:langString", "rdf:XMLLiteral", "rdfs:Literal", "xsd:decimal", "xsd:integer",
        "xsd:nonNegativeInteger", "xsd:nonPositiveInteger", "xsd:positiveInteger", "xsd:negativeInteger", "xsd:long",
        "xsd:int", "xsd:short", "xsd:byte", "xsd:unsignedLong", "xsd:unsignedInt", "xsd:unsignedShort",
        "xsd:unsignedByte", "xsd:float", "xsd:double", "xsd:string", "xsd:normalizedString", "xsd:token",
        "xsd:language", "xsd:Name", "xsd:NCName", "xsd:NMTOKEN", "xsd:boolean", "xsd:hexBinary", "xsd:base64Binary",
        "xsd:anyURI", "xsd:dateTime", "xsd:dateTimeStamp",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit, the section of the Profiles recommendation that says so, and the triples in question."""

    message: str
    section: str
    triples: tuple[Triple, ...]


class Place(enum.Enum):
    """Where a class expression stands; each place has a grammar of its own."""

    SUB = "subclass"
    SUPER = "superclass"
    EQUIVALENT = "equivalent class"


#: What each place allows, and in which place its operands stand (None: they are no classes).
_GRAMMAR: Final[dict[Place, dict[str, Place | None]]] = {
    Place.SUB: {
        "intersectionOf": Place.SUB,
        "unionOf": Place.SUB,
        "oneOf": None,
        "someValuesFrom": Place.SUB,
        "hasValue": None,
    },
    Place.SUPER: {
        "intersectionOf": Place.SUPER,
        "complementOf": Place.SUB,
        "allValuesFrom": Place.SUPER,
        "hasValue": None,
        "maxCardinality": None,
        "maxQualifiedCardinality": Place.SUB,
    },
    Place.EQUIVALENT: {"intersectionOf": Place.EQUIVALENT, "hasValue": None},
}

#: The predicates that make an expression of a node, by local name.
CONSTRUCTS: Final = {
    named(f"owl:{local}"): local
    for local in (
        "intersectionOf", "unionOf", "complementOf", "oneOf", "someValuesFrom", "allValuesFrom", "hasValue",
        "hasSelf", "maxCardinality", "maxQualifiedCardinality", "minCardinality", "minQualifiedCardinality",
        "cardinality", "qualifiedCardinality", "onDatatype", "datatypeComplementOf",
    )
}  # fmt: skip


def class_faults(
    graph: OntologyGraph, node: Term, place: Place, above: frozenset[Term] = frozenset()
) -> Iterator[Fault]:
    """Yield what in a class expression does not fit its place (section 4.2.3)."""
    if node == _THING:
        yield Fault(f"owl:Thing as a {place.value} expression", "4.2.3", ())
    elif isinstance(node, Literal | Triple) or graph.is_data_range(node):
        yield Fault(f"a datatype or literal as a {place.value} expression", "4.2.3", ())
    elif not isinstance(node, NamedNode):
        parts = [t for t in graph.about(node) if t.predicate in CONSTRUCTS]
        if not parts or node in above:
            yield Fault("an anonymous class without an expression, or inside itself", "4.2.3", ())
        for part in parts if node not in above else ():
            yield from construct_faults(graph, part, place, above | {node})


def construct_faults(graph: OntologyGraph, part: Triple, place: Place, above: frozenset[Term]) -> Iterator[Fault]:
    """Yield what does not fit in the expression that one triple (`_:x owl:unionOf _:list`, …) makes."""
    construct = CONSTRUCTS[part.predicate]
    if construct not in _GRAMMAR[place]:
        yield Fault(f"owl:{construct} in a {place.value} expression", "4.2.3", (part,))
        return
    inner = _GRAMMAR[place][construct]
    if construct in {"intersectionOf", "unionOf", "oneOf"}:
        faults = _operand_faults(graph, part, inner, above)
    elif construct in {"maxCardinality", "maxQualifiedCardinality"}:
        faults = _cardinality_faults(graph, part, above)
    elif construct == "hasValue":
        faults = literal_faults(graph, part)
    else:
        faults = _filler_faults(graph, part, part.object, inner, above)
    for fault in faults:
        yield Fault(fault.message, fault.section, (part, *(t for t in fault.triples if t != part)))


def _operand_faults(graph: OntologyGraph, part: Triple, inner: Place | None, above: frozenset[Term]) -> Iterator[Fault]:
    operands = graph.items(part.object)
    if not operands:
        yield Fault(f"{shorten(part.predicate.value)} of nothing", "4.2.3", ())
    for operand in operands:
        if inner is not None:
            yield from class_faults(graph, operand, inner, above)
        elif isinstance(operand, Literal):
            yield Fault("an enumeration of literals as a class", "4.2.3", ())


def _cardinality_faults(graph: OntologyGraph, part: Triple, above: frozenset[Term]) -> Iterator[Fault]:
    if not isinstance(part.object, Literal) or part.object.value.strip().lstrip("+0") not in {"", "1"}:
        yield Fault(f"{shorten(part.predicate.value)} of another number than 0 and 1", "4.2.3", ())
    for filler in graph.values(part.subject, _ON_CLASS):
        yield from _filler_faults(graph, part, filler, Place.SUB, above)
    for filler in graph.values(part.subject, _ON_DATA_RANGE):
        yield from data_range_faults(graph, filler)


def _filler_faults(
    graph: OntologyGraph, part: Triple, filler: Term, inner: Place | None, above: frozenset[Term]
) -> Iterator[Fault]:
    """A filler is a class expression, or a data range where the property takes literals."""
    on_data = any(graph.is_data_property(p) for p in graph.values(part.subject, _ON_PROPERTY))
    if on_data or graph.values(part.subject, _ON_PROPERTIES) or graph.is_data_range(filler):
        yield from data_range_faults(graph, filler)
    elif inner is not None and not (filler == _THING and part.predicate in _MAY_BE_OF_THING):
        yield from class_faults(graph, filler, inner, above)


def data_range_faults(graph: OntologyGraph, node: Term, above: frozenset[Term] = frozenset()) -> Iterator[Fault]:
    """Yield what in a data range is not allowed (section 4.2.4): all but datatypes and their intersections."""
    if isinstance(node, NamedNode):
        if node not in SUPPORTED_DATATYPES and (
            node.value.startswith((PREFIXES["xsd"], PREFIXES["owl"])) or not graph.values(node, _EQUIVALENT_CLASS)
        ):
            yield Fault(f"the datatype {shorten(node.value)} is not supported", "4.2.1", ())
        return
    parts = [t for t in graph.about(node) if t.predicate in CONSTRUCTS]
    if not parts or node in above:
        yield Fault("a data range without an expression, or inside itself", "4.2.4", ())
    for part in parts if node not in above else ():
        if part.predicate != _INTERSECTION_OF:
            yield Fault(f"owl:{CONSTRUCTS[part.predicate]} in a data range", "4.2.4", (part,))
            continue
        for operand in graph.items(part.object):
            yield from data_range_faults(graph, operand, above | {node})


def literal_faults(graph: OntologyGraph, triple: Triple) -> Iterator[Fault]:
    """Yield a fault where the object is a literal of a datatype that is not supported (section 4.2.1)."""
    if isinstance(triple.object, Literal):
        yield from data_range_faults(graph, triple.object.datatype)
