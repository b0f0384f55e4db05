"""Axioms that are not what they set out to be: broken lists and restrictions, properties of two kinds.

The rules read what is whole and pass over the rest (OWL 2 Mapping to RDF Graphs, section 3), so somebody has to say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.reasoning.profile.ontology_graph import OntologyGraph, named
from cdkg.reasoning.profile.violations import ProfileViolation
from cdkg.vocabulary import RDF_TYPE, Term

_FIRST: Final = named("rdf:first")
_REST: Final = named("rdf:rest")
_NIL: Final = named("rdf:nil")
_OBJECT_PROPERTY: Final = named("owl:ObjectProperty")
_DATA_PROPERTY: Final = named("owl:DatatypeProperty")
_ON_PROPERTY: Final = named("owl:onProperty")
_QUALIFIED: Final = named("owl:maxQualifiedCardinality")
_OWNING: Final = tuple(
    named(f"owl:{word}")
    for word in ("propertyChainAxiom", "intersectionOf", "unionOf", "oneOf", "hasKey", "members", "distinctMembers")
)
_RESTRICTING: Final = tuple(
    named(f"owl:{word}")
    for word in ("someValuesFrom", "allValuesFrom", "hasValue", "maxCardinality", "maxQualifiedCardinality")
)


def malformed(triples: Iterable[Triple]) -> Iterator[ProfileViolation]:
    """Yield what is broken, each with the triple that hangs it on its owner."""
    graph = OntologyGraph(triples)
    for predicate in _OWNING:
        for triple in graph.with_predicate(predicate):
            if fault := _list_fault(graph, triple.object):
                yield ProfileViolation(fault, "Mapping 3.2", (triple,))
    for predicate in _RESTRICTING:
        for triple in graph.with_predicate(predicate):
            if not graph.values(triple.subject, _ON_PROPERTY):
                yield ProfileViolation("a restriction without owl:onProperty", "Mapping 3.2", (triple,))
            elif predicate == _QUALIFIED and not _is_qualified(graph, triple.subject):
                yield ProfileViolation("a qualified cardinality without owl:onClass", "Mapping 3.2", (triple,))
    yield from _of_two_kinds(graph)


def _list_fault(graph: OntologyGraph, node: Term) -> str:
    """What is wrong with a list; empty where it is whole."""
    seen: set[Term] = set()
    while node != _NIL:
        if node in seen:
            return "a list that runs in a circle"
        seen.add(node)
        first, rest = graph.values(node, _FIRST), graph.values(node, _REST)
        if not first or not rest:
            return "a list that breaks off before rdf:nil"
        if len(first) > 1 or len(rest) > 1:
            return "a list with two rdf:first or two rdf:rest at one node"
        node = rest[0]
    return "" if seen else "a list without members"


def _is_qualified(graph: OntologyGraph, node: Term) -> bool:
    return any(graph.values(node, named(f"owl:{word}")) for word in ("onClass", "onDataRange"))


def _of_two_kinds(graph: OntologyGraph) -> Iterator[ProfileViolation]:
    """Properties declared as of both kinds, or used as what they are not declared as (Structural Spec., 5.8.1)."""
    for triple in graph.with_predicate(RDF_TYPE):
        prop, kind = triple.subject, triple.object
        if not isinstance(prop, NamedNode) or kind not in {_OBJECT_PROPERTY, _DATA_PROPERTY}:
            continue
        if kind == _DATA_PROPERTY and _OBJECT_PROPERTY in graph.types(prop):
            yield ProfileViolation("a property that is both object and data property", "Syntax 5.8.1", (triple,))
            continue
        for use in graph.with_predicate(prop):
            if isinstance(use.object, Literal) != (kind == _DATA_PROPERTY):
                told = "a literal" if isinstance(use.object, Literal) else "no literal"
                name = "an object property" if kind == _OBJECT_PROPERTY else "a data property"
                yield ProfileViolation(f"{name} with {told} as its value", "Syntax 5.8.1", (use, triple))
                break
