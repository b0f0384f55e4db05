"""Names of ours that nobody defines: terms of the ontology, and things; each with the nearest that somebody does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from cdkg.graph import KnowledgeGraph, Role
from cdkg.nearest import Role as Use
from cdkg.nearest import Vocabulary
from cdkg.reasoning.rl.columns import upper
from cdkg.validation.index import Holder, Index
from cdkg.validation.places import Places
from cdkg.validation.report import Kind, Result, Severity
from cdkg.validation.shacl.columnar.columns import Columns
from cdkg.validation.shacl.preflight.sense import DATATYPES
from cdkg.validation.shacl.preflight.vocabulary import nearest as alike
from cdkg.vocabulary import CD, GRAPH, ID, PREFIXES, RDF_TYPE, Term, shorten

UNKNOWN_TERM: Final = "urn:cdkg:rule:unknown-term"
UNDEFINED_THING: Final = "urn:cdkg:rule:undefined-thing"
_DEFINED_BY: Final = NamedNode(PREFIXES["rdfs"] + "isDefinedBy")
_DATA: Final = frozenset({Role.PASSAGE, Role.EDITORIAL})
_OURS: Final = tuple(f"<{namespace}".encode() for namespace in (CD, ID, GRAPH))
#: What terms of the ontology begin with, and the ontology itself.
_TERM: Final = f"<{CD}".encode()
_CD: Final = f"<{CD}>".encode()
_DATATYPE: Final = NamedNode(PREFIXES["rdfs"] + "Datatype")


#: A name and what it is used as; None for a datatype, which is no node of the graph.
Key = tuple[NamedNode, Use | None]


@dataclass(frozen=True, slots=True)
class Undefined:
    """A statement with a name of ours that nothing defines."""

    triple: Triple
    name: NamedNode

    @property
    def key(self) -> Key:
        """The name, and what the statement uses it as."""
        if self.name == self.triple.predicate:
            return self.name, Use.PROPERTY
        if isinstance(self.triple.object, Literal):
            return self.name, None
        return self.name, Use.CLASS if self.triple.predicate == RDF_TYPE else Use.THING

    def result(self, places: Places, near: Sequence[str] = ()) -> Result:
        """The same as a finding.

        Args:
            places: Finds its line.
            near: Names that are defined, the likeliest first.
        """
        is_term, told = self.name.value.startswith(CD), shorten(self.name.value)
        defined = "define it in ontology/" if is_term else "say what it is, here or in data/entities/"
        wrong = "is no term of the ontology" if is_term else "is used here, but nothing says what it is"
        is_predicate = self.name == self.triple.predicate
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


def undefined_names(graph: KnowledgeGraph, index: Index, columns: Columns) -> list[Undefined]:
    """The statements with a name of ours that nothing defines.

    A term must be defined by the ontology; a thing or passage must have a class somewhere, stated or inferred.

    Args:
        graph: The named graphs; the ontology itself is not looked at.
        index: Those that were read from files.
        columns: What they state of anything but terms of the ontology, with what is inferred.
    """
    ontology = (t for g in graph.of(Role.ONTOLOGY) for t in g.triples)
    defined = {str(t.subject).encode() for t in ontology if t.predicate in {_DEFINED_BY, RDF_TYPE}} | {_CD}
    typed = set(upper(columns.column(RDF_TYPE.value)).tolist())
    predicates, objects = index.names(_DATA)

    def is_undefined(name: bytes) -> bool:
        return name not in defined and (name.startswith(_TERM) or columns.terms.codes.get(name) not in typed)

    def stating(forms: list[bytes], find: Callable[[Term], list[Holder]]) -> Iterator[Undefined]:
        for form in forms:
            iri = _name(form)
            if iri and is_undefined(iri):
                name = NamedNode(iri[1:-1].decode())
                yield from (Undefined(g.triples[at], name) for g, at in find(_term(form)) if g.role in _DATA)

    return list(dict.fromkeys((*stating(predicates, index.with_predicate), *stating(objects, index.mentioning))))


def _name(form: bytes) -> bytes | None:
    """The IRI of ours that a term in N-Triples form is, or that of its datatype, in this form too."""
    start = form.rfind(b"^^<") + 2 if form[:1] == b'"' and form[-1:] == b">" else 0
    return form[start:] if form.startswith(_OURS, start) else None


def _term(form: bytes) -> Term:
    """A term of its N-Triples form."""
    quad: Quad = next(parse(b"<x:s> <x:p> " + form + b" .", format=RdfFormat.N_TRIPLES))
    return quad.object


def nearest_names(store: Store, keys: Iterable[Key]) -> dict[Key, tuple[str, ...]]:
    """Defined names that are like each of some others, the likeliest first; the default graph has what is defined."""
    vocabulary = Vocabulary(store)
    return {
        (name, use): _datatypes(store, name) if use is None else _nearest(vocabulary, name, use) for name, use in keys
    }


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
