"""`KnowledgeGraph`: named graphs by role, the type that flows through every room."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from cdkg.vocabulary import GRAPH, PREFIXES, RDF_TYPE, Term

if TYPE_CHECKING:
    from pathlib import Path

    import rdflib

INFERRED_OWL = NamedNode(f"{GRAPH}inferred/owl")
INFERRED_RULES = NamedNode(f"{GRAPH}inferred/rules")
_XSD_STRING = NamedNode(PREFIXES["xsd"] + "string")


class Role(enum.Enum):
    """What a named graph is for."""

    ONTOLOGY = "ontology"
    SHAPES = "shapes"
    PASSAGE = "passage"
    EDITORIAL = "editorial"
    LINKS = "links"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class NamedGraph:
    """A named graph (RDF 1.1 Concepts, section 4) with its role and the file it was read from."""

    iri: NamedNode
    role: Role
    triples: tuple[Triple, ...]
    path: Path | None = None


class KnowledgeGraph:
    """An immutable set of named graphs; every change gives a new one that shares the unchanged graphs."""

    def __init__(self, graphs: Iterable[NamedGraph] = ()) -> None:
        self._graphs = {graph.iri.value: graph for graph in graphs}

    def __reduce__(self) -> tuple[Any, ...]:
        """How to send it to another process: without the store, which is made anew there."""
        return KnowledgeGraph, (list(self),)

    def __iter__(self) -> Iterator[NamedGraph]:
        return iter(self._graphs.values())

    def __len__(self) -> int:
        """The number of triples of the default graph: the union of all graphs but the shapes, as a set."""
        return len(self.union)

    def __contains__(self, iri: str) -> bool:
        return iri in self._graphs

    def graph(self, iri: str) -> NamedGraph:
        """Return the graph named `iri`.

        Raises:
            KeyError: There is no such graph.
        """
        return self._graphs[iri]

    def of(self, *roles: Role) -> list[NamedGraph]:
        """The graphs with one of these roles."""
        return [graph for graph in self if graph.role in roles]

    def with_graphs(self, *graphs: NamedGraph) -> KnowledgeGraph:
        """A new graph with these named graphs added, or put in place of those with the same name."""
        return KnowledgeGraph([*(self._graphs | {graph.iri.value: graph for graph in graphs}).values()])

    def asserted(self) -> list[NamedGraph]:
        """All graphs that somebody wrote, without shapes."""
        return [graph for graph in self if graph.role not in {Role.INFERRED, Role.SHAPES}]

    @cached_property
    def union(self) -> frozenset[Triple]:
        """What queries see by default: each asserted or inferred triple once, shapes left out."""
        return frozenset(t for graph in self if graph.role is not Role.SHAPES for t in graph.triples)

    def in_order(self) -> Iterable[Triple]:
        """The same triples in the order in which the graphs state them.

        The order of a set depends on the labels of blank nodes, which are others in each run; what is worked out from
        this order is the same.
        """
        return dict.fromkeys(t for graph in self if graph.role is not Role.SHAPES for t in graph.triples)

    def quads(self) -> Iterator[Quad]:
        """All named graphs as quads, without the default graph's copy."""
        for graph in self:
            for triple in graph.triples:
                yield Quad(triple.subject, triple.predicate, triple.object, graph.iri)

    @cached_property
    def store(self) -> Store:
        """A store with all named graphs, and their union written once into the default graph."""
        store = Store()
        store.bulk_extend(self.quads())
        default = DefaultGraph()
        store.bulk_extend(Quad(t.subject, t.predicate, t.object, default) for t in self.union)
        return store

    def to_rdflib(self) -> rdflib.Dataset:
        """A copy as an `rdflib.Dataset`, named graphs under the same names."""
        import rdflib  # noqa: PLC0415  # half a second that only those pay who want the copy

        dataset = rdflib.Dataset(default_union=True)
        for graph in self:
            copy_to_rdflib(graph.triples, dataset.graph(rdflib.URIRef(graph.iri.value)))
        return dataset

    def instances(self, cls: NamedNode) -> set[NamedNode]:
        """All IRIs of the union that have this `rdf:type`, asserted or inferred."""
        return {
            t.subject
            for t in self.union
            if t.predicate == RDF_TYPE and t.object == cls and isinstance(t.subject, NamedNode)
        }


def copy_to_rdflib(triples: Iterable[Triple], target: rdflib.Graph) -> dict[Term, Any]:
    """Add triples to an rdflib graph, literals written as they are, and return which term became which.

    Triples with triple terms of RDF 1.2, which rdflib does not have, are left out.
    """
    import rdflib  # noqa: PLC0415

    terms: dict[Term, Any] = {}

    def convert(term: Term) -> Any:
        found = terms.get(term)
        if found is None:
            if isinstance(term, NamedNode):
                found = rdflib.URIRef(term.value)
            elif isinstance(term, BlankNode):
                found = rdflib.BNode(term.value)
            elif isinstance(term, Literal):
                # rdflib's plain literal has no datatype; written as xsd:string it would be another term
                plain = term.language or term.datatype == _XSD_STRING
                datatype = None if plain else rdflib.URIRef(term.datatype.value)
                found = rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
            terms[term] = found
        return found

    for triple in triples:
        nodes = (convert(triple.subject), convert(triple.predicate), convert(triple.object))
        if None not in nodes:
            target.add(nodes)
    return terms
