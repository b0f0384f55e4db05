"""What changed axioms mean for data that exists: less follows from it, or more, or it clashes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg.changes.difference import Level, Reason, Statement
from cdkg.changes.states import State
from cdkg.graph import Role
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term, shorten

_OWL, _RDFS = PREFIXES["owl"], PREFIXES["rdfs"]


def _names(space: str, names: str) -> frozenset[str]:
    return frozenset(space + name for name in names.split())


#: Axioms that can make data contradict itself, or say of it what it did not say, when they are added.
RESTRICTIVE: Final = _names(_RDFS, "domain range") | _names(
    _OWL,
    "disjointWith propertyDisjointWith complementOf datatypeComplementOf disjointUnionOf hasKey differentFrom sameAs "
    "allValuesFrom maxCardinality maxQualifiedCardinality cardinality qualifiedCardinality",
)
_RESTRICTIVE_TYPES: Final = _names(
    _OWL,
    "FunctionalProperty InverseFunctionalProperty AsymmetricProperty IrreflexiveProperty AllDisjointClasses "
    "AllDisjointProperties AllDifferent NegativePropertyAssertion",
)
#: Axioms that cannot hurt while no data uses one of the two terms.
_BETWEEN: Final = _names(_OWL, "disjointWith propertyDisjointWith")
#: Predicates of OWL and RDF Schema that only tell people something, or tell the version itself.
_ANNOTATIONS: Final = _names(_RDFS, "label comment seeAlso isDefinedBy") | _names(_OWL, "deprecated")
_VERSION: Final = _names(_OWL, "versionInfo versionIRI priorVersion backwardCompatibleWith incompatibleWith") | _names(
    PREFIXES["dcterms"], "modified issued created"
)
_LOGIC: Final = (_OWL, _RDFS)
_PROPERTIES: Final = _names(_OWL, "ObjectProperty DatatypeProperty")


@dataclass(frozen=True, slots=True)
class Changed:
    """The axioms of one state that the other does not have.

    Attributes:
        state: The state that has them.
        triples: Their triples, canonical.
        places: Where they stand.
        properties: All object and data properties: what is said with one of them is an axiom too (an assertion).
    """

    state: State
    triples: frozenset[Triple]
    places: Mapping[Triple, Statement]
    properties: frozenset[str]

    @classmethod
    def of(cls, mine: State, other: State, statements: Iterable[Statement]) -> Changed:
        """Those that are among some statements gone or come; what only went to another module is none."""
        places = {
            s.triple: s for s in statements if s.role is Role.ONTOLOGY and s.triple not in _ontology(other)
        }  # fmt: skip
        declared = {
            t.subject.value for state in (mine, other) for t in _ontology(state)
            if t.predicate == RDF_TYPE and isinstance(t.subject, NamedNode) and _value(t.object) in _PROPERTIES
        }  # fmt: skip
        return cls(mine, frozenset(places), places, frozenset(declared))

    def roots(self) -> Iterator[tuple[str, Triple, list[Triple]]]:
        """Yield each axiom: the term it is about, its first triple, and those of the class expressions in it."""
        parts: dict[Term, list[Triple]] = defaultdict(list)
        for triple in self.triples:
            parts[triple.subject].append(triple)
        inner = {triple.object for triple in self.triples if isinstance(triple.object, BlankNode)}
        for triple in sorted(self.triples, key=str):
            if isinstance(triple.subject, NamedNode):
                yield triple.subject.value, triple, _reached(triple.object, parts)
            elif triple.subject not in inner and triple.predicate == RDF_TYPE:
                below = _reached(triple.subject, parts)
                named = sorted(_value(t.object) for t in below if t.predicate != RDF_TYPE and _value(t.object))
                own = [name for name in named if not name.startswith((_OWL, PREFIXES["rdf"]))]
                yield (own or [_value(triple.object)])[0], triple, below

    def is_axiom(self, triple: Triple) -> bool:
        """Whether a triple says something that follows into the data; all else is for people."""
        name = triple.predicate.value
        if name in _ANNOTATIONS or name in _VERSION:
            return False
        return triple.predicate == RDF_TYPE or name.startswith(_LOGIC) or name in self.properties


def _ontology(state: State) -> frozenset[Triple]:
    return state.of_role(Role.ONTOLOGY)


def _value(term: Term) -> str:
    return term.value if isinstance(term, NamedNode) else ""


def _reached(start: Term, parts: Mapping[Term, list[Triple]]) -> list[Triple]:
    """The triples of a blank node and of those below it."""
    found, waiting, seen = list[Triple](), [start], set[Term]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, BlankNode) and node not in seen:
            seen.add(node)
            found += parts[node]
            waiting += [triple.object for triple in parts[node]]
    return found


def axiom_reasons(gone: Changed, come: Changed, skip: frozenset[str], new: frozenset[str]) -> Iterator[Reason]:
    """Yield what follows for the version from the axioms gone and come.

    Args:
        gone: The axioms gone.
        come: The axioms come.
        skip: Terms that are new, gone or renamed: that says it all.
        new: Those of them that are new.
    """
    annotated: dict[str, Triple] = {}
    for changed, words in ((gone, "no longer says"), (come, "now says")):
        for about, root, inner in changed.roots():
            if about in skip or root.predicate.value in _VERSION:
                continue
            if not changed.is_axiom(root):
                annotated[about] = root
                continue
            added = changed is come
            level = Level.MAJOR if not added or _restricts(root, inner, new) else Level.MINOR
            yield Reason(level, about, f"{words} {_said(root)}", changed.places[root].place)
    for about, root in annotated.items():
        place = (come.places.get(root) or gone.places[root]).place
        yield Reason(Level.PATCH, about, f"what is written for people changed ({shorten(root.predicate.value)})", place)


def _restricts(root: Triple, inner: Iterable[Triple], new: frozenset[str]) -> bool:
    if root.predicate.value in _BETWEEN and _value(root.object) in new:
        return False
    return any(
        t.predicate.value in RESTRICTIVE or (t.predicate == RDF_TYPE and _value(t.object) in _RESTRICTIVE_TYPES)
        for t in (root, *inner)
    )


def _said(triple: Triple) -> str:
    """An axiom without its subject; a class expression in it is left out."""
    predicate = "a" if triple.predicate == RDF_TYPE else shorten(triple.predicate.value)
    if isinstance(triple.object, NamedNode):
        return f"{predicate} {shorten(triple.object.value)}"
    return f"{predicate} [ … ]" if isinstance(triple.object, BlankNode) else f"{predicate} {triple.object}"
