"""Whether an ontology keeps to the OWL 2 RL profile (OWL 2 Profiles, section 4.2), read from its triples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, Triple

from cdkg.reasoning.profile.expressions import (
    CONSTRUCTS,
    Fault,
    Place,
    class_faults,
    construct_faults,
    data_range_faults,
    literal_faults,
)
from cdkg.reasoning.profile.ontology_graph import OntologyGraph, named
from cdkg.reasoning.profile.roles import role_faults
from cdkg.vocabulary import PREFIXES, RDF_TYPE, shorten

_THING: Final = named("owl:Thing")
_MEMBERS: Final = named("owl:members")
_DOMAIN: Final = named("rdfs:domain")
_RANGE: Final = named("rdfs:range")
_CHAIN: Final = named("owl:propertyChainAxiom")
_DISJOINT_UNION: Final = named("owl:disjointUnionOf")
_TARGET_VALUE: Final = named("owl:targetValue")
_ANNOTATION: Final = named("owl:AnnotationProperty")
_REFLEXIVE: Final = named("owl:ReflexiveProperty")
_ALL_DISJOINT: Final = named("owl:AllDisjointClasses")
_RESERVED: Final = tuple(PREFIXES[prefix] for prefix in ("owl", "rdf", "rdfs", "xsd"))
_UNSUPPORTED_PROPERTIES: Final = frozenset(
    named(f"owl:{end}{kind}Property") for end in ("top", "bottom") for kind in ("Object", "Data")
)

#: The axioms between classes, with the places of their two sides (None: no class stands there).
_CLASS_AXIOMS: Final[dict[NamedNode, tuple[Place, Place | None]]] = {
    named("rdfs:subClassOf"): (Place.SUB, Place.SUPER),
    named("owl:equivalentClass"): (Place.EQUIVALENT, Place.EQUIVALENT),
    named("owl:disjointWith"): (Place.SUB, Place.SUB),
    named("owl:hasKey"): (Place.SUB, None),
}


@dataclass(frozen=True, slots=True)
class ProfileViolation:
    """Something that OWL 2 RL does not allow.

    Attributes:
        message: What it is.
        section: The section that forbids it: of OWL 2 Profiles (`4.2.3`), or of the Structural Specification, whose
            restrictions hold in all profiles (`Syntax 11.2`).
        triples: The triple of the axiom, then the triples inside it that are at fault.
    """

    message: str
    section: str
    triples: tuple[Triple, ...]

    def __str__(self) -> str:
        told = " ".join(
            shorten(term.value) if isinstance(term, NamedNode) else str(term)
            for term in (self.triples[0].subject, self.triples[0].predicate, self.triples[0].object)
        )
        return f"{self.message} (section {self.section}): {told}"


def rl_violations(triples: Iterable[Triple]) -> list[ProfileViolation]:
    """Check an ontology (with its imports, and data where there are) against the OWL 2 RL profile.

    Undeclared terms are no violation: a property is taken for what its fillers make of it.

    Args:
        triples: The ontology's triples (OWL 2 Mapping to RDF Graphs).

    Returns:
        The violations, each once, in the order of the triples; none when the ontology is in the profile.
    """
    graph = OntologyGraph(triples)
    found = [(triple, fault) for triple in graph.triples for fault in _faults(graph, triple)]
    found += role_faults(graph)
    violations = (
        ProfileViolation(fault.message, fault.section, (axiom, *(t for t in fault.triples if t != axiom)))
        for axiom, fault in found
    )
    return list(dict.fromkeys(violations))


def _faults(graph: OntologyGraph, triple: Triple) -> Iterator[Fault]:
    """What is wrong with the axiom that a triple states (section 4.2.5); nothing for triples that state none."""
    for term in (triple.subject, triple.predicate, triple.object):
        if isinstance(term, NamedNode) and term in _UNSUPPORTED_PROPERTIES:
            yield Fault(f"{shorten(term.value)} is not supported", "4.2.1", ())
    predicate = triple.predicate
    if predicate == RDF_TYPE:
        yield from _type_faults(graph, triple)
    elif predicate in _CLASS_AXIOMS:
        yield from _class_axiom_faults(graph, triple, *_CLASS_AXIOMS[predicate])
    elif predicate in {_DOMAIN, _RANGE}:
        yield from _domain_and_range_faults(graph, triple)
    elif predicate == _DISJOINT_UNION:
        yield Fault("a disjoint union of classes", "4.2.5", ())
    elif predicate == _CHAIN and len(graph.items(triple.object)) < 2:
        yield Fault("a chain of fewer than two properties", "4.2.5", ())
    elif predicate in CONSTRUCTS and isinstance(triple.subject, NamedNode):
        # a named class with an expression of its own is equivalent to it (OWL 2 Mapping to RDF Graphs, section 3.2)
        yield from construct_faults(graph, triple, Place.EQUIVALENT, frozenset({triple.subject}))
    elif predicate == _TARGET_VALUE or graph.is_data_property(predicate):
        yield from literal_faults(graph, triple)


def _class_axiom_faults(graph: OntologyGraph, triple: Triple, left: Place, right: Place | None) -> Iterator[Fault]:
    if left is Place.EQUIVALENT and graph.is_data_range(triple.subject):
        yield from data_range_faults(graph, triple.object)  # the definition of a datatype
        return
    yield from class_faults(graph, triple.subject, left)
    if right is not None:
        yield from class_faults(graph, triple.object, right)


def _type_faults(graph: OntologyGraph, triple: Triple) -> Iterator[Fault]:
    kind = triple.object
    if kind == _REFLEXIVE:
        yield Fault("a reflexive property", "4.2.5", ())
    elif kind == _ALL_DISJOINT:
        for members in graph.values(triple.subject, _MEMBERS):
            for member in graph.items(members):
                yield from class_faults(graph, member, Place.SUB)
    elif kind == _THING or not (isinstance(kind, NamedNode) and kind.value.startswith(_RESERVED)):
        yield from class_faults(graph, kind, Place.SUPER)


def _domain_and_range_faults(graph: OntologyGraph, triple: Triple) -> Iterator[Fault]:
    """Of an annotation property, both are notes; of any other, a class, or a data range."""
    if _ANNOTATION in graph.types(triple.subject):
        return
    of_data = graph.is_data_property(triple.subject) or graph.is_data_range(triple.object)
    if of_data and triple.predicate == _RANGE:
        yield from data_range_faults(graph, triple.object)
    else:
        yield from class_faults(graph, triple.object, Place.SUPER)
