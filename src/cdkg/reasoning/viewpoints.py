"""Two viewpoints side by side: what each states and entails that the other does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.graph import KnowledgeGraph
from cdkg.vocabulary import CD, PREFIXES, RDFS_LABEL, Term

_ATTESTED_IN: Final = NamedNode(f"{CD}attestedIn")
_PREF_LABEL: Final = NamedNode(PREFIXES["skos"] + "prefLabel")


@dataclass(frozen=True, slots=True)
class Side:
    """What one viewpoint holds that the other does not.

    Attributes:
        stated: Triples that it asserts, and the other neither asserts nor entails.
        entailed: Triples that only follow from it.
        sentences: Triples about the nodes that belong to one of its passages (`{passage}#…`), stated or entailed: no
            other passage can hold them.
        bookkeeping: How many triples about the passages themselves, and about what is attested in which, were left out.
    """

    stated: tuple[Triple, ...]
    entailed: tuple[Triple, ...]
    sentences: tuple[Triple, ...]
    bookkeeping: int

    def by_predicate(self) -> dict[NamedNode, tuple[int, int]]:
        """For each predicate how many triples are stated and how many are entailed, the most frequent first."""
        stated, entailed = (Counter(t.predicate for t in part) for part in (self.stated, self.entailed))
        every = sorted(stated.keys() | entailed.keys(), key=lambda p: (-(stated[p] + entailed[p]), p.value))
        return {predicate: (stated[predicate], entailed[predicate]) for predicate in every}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two viewpoints: how many triples both hold, what each holds alone, and labels to show it with."""

    shared: int
    sides: tuple[Side, Side]
    labels: Mapping[Term, str]


def compare(one: KnowledgeGraph, other: KnowledgeGraph) -> Comparison:
    """Compare two reasoned graphs; triples about the passages themselves are counted, not listed."""
    books = {named.iri for graph in (one, other) for named in graph.asserted()}
    sides = (_side(one, other, books), _side(other, one, books))
    return Comparison(len(one.union & other.union), sides, _labels(one) | _labels(other))


def _side(mine: KnowledgeGraph, other: KnowledgeGraph, books: set[NamedNode]) -> Side:
    alone = mine.union - other.union
    content = {t for t in alone if t.predicate != _ATTESTED_IN and t.subject not in books}
    sentences = {t for t in content if _book(t.subject) in books or _book(t.object) in books}
    asserted = {t for named in mine.asserted() for t in named.triples}
    stated, entailed = (content - sentences) & asserted, content - sentences - asserted
    return Side(_sorted(stated), _sorted(entailed), _sorted(sentences), len(alone) - len(content))


def _book(term: Term) -> NamedNode | None:
    """The graph that a node belongs to by its name (`{graph}#…`)."""
    graph, mark, _ = term.value.partition("#") if isinstance(term, NamedNode) else ("", "", "")
    return NamedNode(graph) if mark else None


def _sorted(triples: Iterable[Triple]) -> tuple[Triple, ...]:
    return tuple(sorted(triples, key=lambda t: (t.predicate.value, str(t.subject), str(t.object))))


def _labels(graph: KnowledgeGraph) -> dict[Term, str]:
    """A label for each thing that has one, English before other languages."""
    found: dict[Term, str] = {}
    for triple in graph.union:
        if triple.predicate in {RDFS_LABEL, _PREF_LABEL} and isinstance(triple.object, Literal):
            english = (triple.object.language or "en").startswith("en")
            if english or triple.subject not in found:
                found[triple.subject] = triple.object.value
    return found
