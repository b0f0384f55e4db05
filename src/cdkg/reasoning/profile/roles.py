"""Simple properties and the property hierarchy (OWL 2 Structural Specification, section 11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import Triple

from cdkg.reasoning.profile.expressions import Fault
from cdkg.reasoning.profile.ontology_graph import OntologyGraph, named
from cdkg.vocabulary import RDF_TYPE, Term

_CHAIN: Final = named("owl:propertyChainAxiom")
_MEMBERS: Final = named("owl:members")
_ON_PROPERTY: Final = named("owl:onProperty")
_DISJOINT: Final = named("owl:propertyDisjointWith")
_TRANSITIVE: Final = named("owl:TransitiveProperty")
_ALL_DISJOINT: Final = named("owl:AllDisjointProperties")
_FOR_SIMPLE_ONLY: Final = frozenset(
    named(f"owl:{kind}Property") for kind in ("Functional", "InverseFunctional", "Irreflexive", "Asymmetric")
)
_COUNTING: Final = frozenset(
    named(f"owl:{local}")
    for local in (
        "hasSelf", "cardinality", "maxCardinality", "minCardinality", "qualifiedCardinality",
        "maxQualifiedCardinality", "minQualifiedCardinality",
    )
)  # fmt: skip

Edges = dict[Term, set[Term]]


def role_faults(graph: OntologyGraph) -> Iterator[tuple[Triple, Fault]]:
    """Yield the axioms that break a restriction on properties of section 11.2, with what is wrong."""
    above = _hierarchy(graph)
    composite = _composite(graph, above)
    for axiom, expression in _needing_simple(graph):
        name = graph.property_name(expression)
        if name in composite:
            message = "a transitive or chained property where only a simple one may stand"
            yield axiom, Fault(message, "Syntax 11.2", (composite[name],))
    yield from _irregular(graph, above)


def _hierarchy(graph: OntologyGraph) -> Edges:
    """Property → those directly above it; inverses count as one property."""
    above: Edges = defaultdict(set)
    for local, both_ways in (("rdfs:subPropertyOf", False), ("owl:equivalentProperty", True), ("owl:inverseOf", True)):
        for triple in graph.with_predicate(named(local)):
            lower, upper = graph.property_name(triple.subject), graph.property_name(triple.object)
            above[lower].add(upper)
            if both_ways:
                above[upper].add(lower)
    return above


def _reached(start: Term, edges: Edges) -> set[Term]:
    """All that can be reached in one step or more."""
    found: set[Term] = set()
    stack = [start]
    while stack:
        for term in edges.get(stack.pop(), set()) - found:
            found.add(term)
            stack.append(term)
    return found


def _composite(graph: OntologyGraph, above: Edges) -> dict[Term, Triple]:
    """The properties that are not simple, with a triple that makes them so."""
    reasons = [t for t in graph.with_predicate(RDF_TYPE) if t.object == _TRANSITIVE]
    reasons += graph.with_predicate(_CHAIN)
    composite: dict[Term, Triple] = {}
    for triple in reasons:
        name = graph.property_name(triple.subject)
        for term in {name} | _reached(name, above):
            composite.setdefault(term, triple)
    return composite


def _needing_simple(graph: OntologyGraph) -> Iterator[tuple[Triple, Term]]:
    """The axioms and restrictions that take simple properties only, with the property expressions in them."""
    for triple in graph.with_predicate(RDF_TYPE):
        if triple.object in _FOR_SIMPLE_ONLY:
            yield triple, triple.subject
        elif triple.object == _ALL_DISJOINT:
            for members in graph.values(triple.subject, _MEMBERS):
                yield from ((triple, member) for member in graph.items(members))
    for triple in graph.with_predicate(_DISJOINT):
        yield from ((triple, end) for end in (triple.subject, triple.object))
    for triple in graph.with_predicate(_ON_PROPERTY):
        if any(t.predicate in _COUNTING for t in graph.about(triple.subject)):
            yield triple, triple.object


def _irregular(graph: OntologyGraph, above: Edges) -> Iterator[tuple[Triple, Fault]]:
    """Yield the chains for which no strict order of the properties exists."""
    smaller: Edges = defaultdict(set)
    chains: list[tuple[Triple, Term, set[Term]]] = []
    for axiom in graph.with_predicate(_CHAIN):
        head = graph.property_name(axiom.subject)
        parts = {graph.property_name(part) for part in _that_must_be_smaller(axiom.subject, graph.items(axiom.object))}
        chains.append((axiom, head, parts))
        smaller[head] |= parts
    for axiom, head, parts in chains:
        below = parts.union(*(_reached(part, smaller) for part in parts))
        if head in below or below & _reached(head, above):
            yield axiom, Fault("a chain that makes the property hierarchy circular", "Syntax 11.2", ())


def _that_must_be_smaller(head: Term, chain: list[Term]) -> Iterable[Term]:
    if chain == [head, head]:
        return []
    if chain[:1] == [head]:
        return chain[1:]
    return chain[:-1] if chain[-1:] == [head] else chain
