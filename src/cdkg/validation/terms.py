"""Names of ours that nobody defines: terms of the ontology, and things; each with the nearest that somebody does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store, Triple

from cdkg.graph import KnowledgeGraph, Role
from cdkg.nearest import Role as Use
from cdkg.nearest import Vocabulary
from cdkg.validation.places import Places
from cdkg.validation.report import Kind, Result, Severity
from cdkg.validation.shacl.preflight.sense import DATATYPES
from cdkg.validation.shacl.preflight.vocabulary import nearest as alike
from cdkg.vocabulary import CD, GRAPH, ID, PREFIXES, RDF_TYPE, shorten

UNKNOWN_TERM: Final = "urn:cdkg:rule:unknown-term"
UNDEFINED_THING: Final = "urn:cdkg:rule:undefined-thing"
_DEFINED_BY: Final = NamedNode(PREFIXES["rdfs"] + "isDefinedBy")
_DATATYPE: Final = NamedNode(PREFIXES["rdfs"] + "Datatype")


@dataclass(frozen=True, slots=True)
class Undefined:
    """A statement with a name of ours that nothing defines.

    Attributes:
        triple: The statement.
        name: The name.
        nearest: Names that are defined, the likeliest first.
    """

    triple: Triple
    name: NamedNode
    nearest: tuple[str, ...]

    def result(self, places: Places) -> Result:
        """The same as a finding."""
        is_term, told = self.name.value.startswith(CD), shorten(self.name.value)
        defined = "define it in ontology/" if is_term else "say what it is, here or in data/entities/"
        wrong = "is no term of the ontology" if is_term else "is used here, but nothing says what it is"
        near, is_predicate = self.nearest, self.name == self.triple.predicate
        return Result(
            Severity.VIOLATION,
            f"The datatype {told} {wrong}." if self.name not in tuple(self.triple) else f"{told} {wrong}.",
            UNKNOWN_TERM if is_term else UNDEFINED_THING,
            str(self.triple.subject),
            str(self.triple.predicate),
            str(self.triple.object),
            places.of_predicate(self.triple) if is_predicate else places.of_triple(self.triple),
            Kind.VOCABULARY,
            expected=f"the nearest: {', '.join(near)}" if near else "",
            hint=f"write {near[0]}, if that is meant; else {defined}" if near else f"mend the name, or {defined}",
        )


def undefined_names(graph: KnowledgeGraph, store: Store) -> list[Undefined]:
    """The statements with a name of ours that nothing defines.

    A term must be defined by the ontology; a thing or passage must have a class somewhere, stated or inferred.

    Args:
        graph: The named graphs that somebody wrote; the ontology itself is not looked at.
        store: The same with what is inferred, as default graph; its names may be meant.
    """
    terms = {t.subject for g in graph.of(Role.ONTOLOGY) for t in g.triples if t.predicate in {_DEFINED_BY, RDF_TYPE}}
    things = {quad.subject for quad in store.quads_for_pattern(None, RDF_TYPE, None, DefaultGraph())}
    vocabulary, nearest = Vocabulary(store), dict[tuple[NamedNode, Use | None], tuple[str, ...]]()
    found: dict[Undefined, None] = {}
    for named in graph.of(Role.PASSAGE, Role.EDITORIAL):
        for triple in named.triples:
            for name in _undefined(triple, terms, things):
                key = name, _use(triple, name)
                if key not in nearest:
                    nearest[key] = _nearest(vocabulary, name, key[1]) if key[1] else _datatypes(store, name)
                found.setdefault(Undefined(triple, name, nearest[key]))
    return list(found)


def _undefined(triple: Triple, terms: AbstractSet[object], things: AbstractSet[object]) -> Iterator[NamedNode]:
    for name in (triple.predicate, triple.object.datatype if isinstance(triple.object, Literal) else triple.object):
        if not isinstance(name, NamedNode):
            continue
        iri = name.value
        if iri.startswith(CD):
            if name not in terms and iri != CD:
                yield name
        elif iri.startswith((ID, GRAPH)) and name not in things:
            yield name


def _use(triple: Triple, name: NamedNode) -> Use | None:
    """What a name is used as; None for a datatype, which is no node of the graph."""
    if name == triple.predicate:
        return Use.PROPERTY
    if isinstance(triple.object, Literal):
        return None
    return Use.CLASS if triple.predicate == RDF_TYPE else Use.THING


def _nearest(vocabulary: Vocabulary, name: NamedNode, use: Use) -> tuple[str, ...]:
    is_term = name.value.startswith(CD)
    found = vocabulary.nearest(name, use) or (vocabulary.nearest(name, Use.PROPERTY) if is_term else [])
    return tuple(shorten(near.value) for near in found if near.value.startswith(CD) == is_term)


def _datatypes(store: Store, name: NamedNode) -> tuple[str, ...]:
    """The datatypes whose name is like this one: those that the graph declares, and those of XML Schema."""
    declared = (quad.subject for quad in store.quads_for_pattern(None, RDF_TYPE, _DATATYPE, DefaultGraph()))
    iris = [node.value for node in declared if isinstance(node, NamedNode)]
    known = {_local(iri): shorten(iri) for iri in (*(PREFIXES["xsd"] + local for local in DATATYPES), *iris)}
    return tuple(known[local] for local in alike(_local(name.value), frozenset(known)))


def _local(iri: str) -> str:
    return re.split(r"[/#:]", iri)[-1]
