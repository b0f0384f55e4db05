"""An ontology's triples, indexed for whoever reads its axioms (OWL 2 Mapping to RDF Graphs, section 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term, expand


def named(name: str) -> NamedNode:
    """The IRI of a prefixed name."""
    return NamedNode(expand(name))


_FIRST: Final = named("rdf:first")
_REST: Final = named("rdf:rest")
_NIL: Final = named("rdf:nil")
_INVERSE_OF: Final = named("owl:inverseOf")
_DATATYPE: Final = frozenset({named("rdfs:Datatype"), named("owl:DataRange")})
_DATATYPE_ONLY: Final = frozenset({named("owl:onDatatype"), named("owl:datatypeComplementOf")})
_OPERANDS: Final = (named("owl:oneOf"), named("owl:intersectionOf"), named("owl:unionOf"))
_DATATYPES_OUTSIDE_XSD: Final = frozenset(
    named(name)
    for name in ("rdfs:Literal", "rdf:PlainLiteral", "rdf:XMLLiteral", "rdf:langString", "owl:real", "owl:rational")
)


class OntologyGraph:
    """Triples by subject and by predicate, lists as lists, and what kind a term is of."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = tuple(dict.fromkeys(triples))
        self._by_subject: dict[Term, list[Triple]] = defaultdict(list)
        self._by_predicate: dict[Term, list[Triple]] = defaultdict(list)
        for triple in self.triples:
            self._by_subject[triple.subject].append(triple)
            self._by_predicate[triple.predicate].append(triple)
        self._types: dict[Term, set[Term]] = defaultdict(set)
        for triple in self._by_predicate[RDF_TYPE]:
            self._types[triple.subject].add(triple.object)

    def about(self, subject: Term) -> list[Triple]:
        """The triples with this subject."""
        return self._by_subject.get(subject, [])

    def with_predicate(self, predicate: NamedNode) -> list[Triple]:
        """The triples with this predicate."""
        return self._by_predicate.get(predicate, [])

    def types(self, node: Term) -> set[Term]:
        """What a node is said to be."""
        return self._types.get(node, set())

    def values(self, subject: Term, predicate: NamedNode) -> list[Term]:
        """The objects of a subject and predicate."""
        return [t.object for t in self.about(subject) if t.predicate == predicate]

    def items(self, node: Term) -> list[Term]:
        """The members of a list, as far as it is one."""
        found: list[Term] = []
        seen: set[Term] = set()
        while node != _NIL and node not in seen:
            seen.add(node)
            found += self.values(node, _FIRST)[:1]
            node = next(iter(self.values(node, _REST)), _NIL)
        return found

    def property_name(self, expression: Term) -> Term:
        """The property of a property expression: of an inverse (a blank node), the property that it inverts."""
        if isinstance(expression, NamedNode):
            return expression
        return next(iter(self.values(expression, _INVERSE_OF)), expression)

    def is_data_property(self, term: Term) -> bool:
        """Whether a term is declared as a data property (and not as an object property)."""
        return named("owl:DatatypeProperty") in self.types(term) and named("owl:ObjectProperty") not in self.types(term)

    def is_data_range(self, term: Term) -> bool:
        """Whether a term stands for literals: a datatype, or an expression made of datatypes or literals."""
        if isinstance(term, NamedNode) and (
            term.value.startswith(PREFIXES["xsd"]) or term in _DATATYPES_OUTSIDE_XSD
        ):  # fmt: skip
            return True
        if self.types(term) & _DATATYPE or any(t.predicate in _DATATYPE_ONLY for t in self.about(term)):
            return True
        operands = [i for p in _OPERANDS for value in self.values(term, p) for i in self.items(value)[:1]]
        return any(isinstance(i, Literal) or (i != term and self.is_data_range(i)) for i in operands)
