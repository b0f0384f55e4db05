"""The facts of the reasoner: a column of pairs for each property, a column of members for each class.

All is said of representatives: of terms that are the same, one stands for the others (eq-rep-s, eq-rep-p and eq-rep-o,
OWL 2 Profiles, table 4). What was given is kept as it was written beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from pyoxigraph import NamedNode

from cdkg.reasoning.rl.columns import EMPTY, Rows, gather, groups, lower, merge, minus, pack, swap, unique, upper
from cdkg.reasoning.rl.terms import Codes, Terms
from cdkg.vocabulary import PREFIXES

_WORDS: Final = {
    "rdf": "type first rest nil",
    "rdfs": "domain range subClassOf subPropertyOf Datatype",
    "owl": "sameAs differentFrom FunctionalProperty InverseFunctionalProperty IrreflexiveProperty SymmetricProperty "
    "AsymmetricProperty TransitiveProperty equivalentProperty propertyDisjointWith inverseOf propertyChainAxiom "
    "hasKey sourceIndividual assertionProperty targetIndividual targetValue Thing Nothing complementOf onProperty "
    "someValuesFrom allValuesFrom hasValue maxCardinality maxQualifiedCardinality onClass equivalentClass disjointWith "
    "intersectionOf unionOf oneOf members distinctMembers AllDifferent AllDisjointClasses AllDisjointProperties "
    "Class ObjectProperty DatatypeProperty AnnotationProperty",
}


class Vocabulary:
    """The codes of the words that the rules are written with, each an attribute by its local name."""

    def __init__(self, terms: Terms) -> None:
        self.words = {
            word: terms.add(NamedNode(PREFIXES[prefix] + word))
            for prefix, words in _WORDS.items()
            for word in words.split()
        }

    def under(self, rep: Codes) -> Vocabulary:
        """The same words by their representatives."""
        moved = Vocabulary.__new__(Vocabulary)
        moved.words = {word: int(rep[code]) for word, code in self.words.items()}
        return moved

    def __getitem__(self, word: str) -> int:
        return self.words[word]


class Relation:
    """A column of pairs, and the same turned round, which is sorted when first asked for."""

    __slots__ = ("_swapped", "rows")

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._swapped: Rows | None = None

    def oriented(self, flip: bool) -> Rows:
        """The pairs (x, y), or (y, x), sorted."""
        if not flip:
            return self.rows
        if self._swapped is None:
            self._swapped = unique(swap(self.rows))
        return self._swapped

    def merged(self, news: Rows) -> Relation:
        """The same with more pairs, none of them in it; what is at hand sorted stays so."""
        found = Relation(merge(self.rows, news))
        if self._swapped is not None and len(news):
            found._swapped = merge(self._swapped, unique(swap(news)))
        return found

    def without(self, rows: Rows) -> Relation:
        """The same with fewer pairs."""
        found = Relation(minus(self.rows, rows))
        if self._swapped is not None:
            found._swapped = minus(self._swapped, unique(swap(rows)))
        return found

    def knows(self, flip: bool) -> bool:
        """Whether the pairs are at hand in this order."""
        return not flip or self._swapped is not None


@dataclass(slots=True)
class Facts:
    """Facts about representatives. Several properties may share a relation, one of them turned round."""

    type_code: int
    relations: dict[int, tuple[Relation, bool]] = field(default_factory=dict)
    members: dict[int, Codes] = field(default_factory=dict)

    def pairs(self, predicate: int, flip: bool = False) -> Rows:
        """The pairs of a property, sorted; those of `rdf:type` are put together from the classes each time."""
        if predicate == self.type_code:
            rows = self.type_rows()
            return unique(swap(rows)) if flip else rows
        found = self.relations.get(predicate)
        return found[0].oriented(found[1] != flip) if found else EMPTY

    def of_class(self, cls: int) -> Codes:
        """The members of a class, sorted."""
        return self.members.get(cls, EMPTY)

    def add(self, predicate: int, rows: Rows) -> None:
        """Take up pairs of a property, in any order."""
        if predicate == self.type_code:
            for cls, codes in split(swap(rows)):
                known = self.members.get(cls)
                self.members[cls] = codes if known is None else gather([known, codes])
        elif len(rows):
            self.relations[predicate] = (Relation(gather([self.pairs(predicate), rows])), False)

    def replaced(self, rep: Codes) -> Facts:
        """The same of other representatives."""
        if bool((rep == np.arange(len(rep))).all()):
            return self
        moved = Facts(int(rep[self.type_code]))
        parts: dict[int, list[Rows]] = defaultdict(list)
        done: dict[int, tuple[Relation, Relation]] = {}
        for predicate, (relation, flip) in self.relations.items():
            if id(relation) not in done:
                rows = pack(rep[upper(relation.rows)], rep[lower(relation.rows)])
                same = bool((rows == relation.rows).all())
                done[id(relation)] = (relation, relation if same else Relation(unique(rows)))
            new = done[id(relation)][1]
            parts[int(rep[predicate])].append((new, flip))  # type: ignore[arg-type]
        for predicate, found in parts.items():
            moved._put_relations(predicate, found)  # type: ignore[arg-type]
        for cls, codes in self.members.items():
            name, changed = int(rep[cls]), rep[codes]
            same = bool((changed == codes).all())
            known = moved.members.get(name)
            if same and known is None:
                moved.members[name] = codes
            else:
                moved.members[name] = gather([moved.of_class(name), changed])
        return moved

    def _put_relations(self, predicate: int, found: list[tuple[Relation, bool]]) -> None:
        if len(found) == 1 and predicate != self.type_code:
            self.relations[predicate] = found[0]
        else:
            for relation, flip in found:
                self.add(predicate, relation.oriented(flip))

    def type_rows(self) -> Rows:
        """All pairs (x, class), sorted."""
        if not self.members:
            return EMPTY
        sizes = [len(codes) for codes in self.members.values()]
        classes = np.repeat(np.fromiter(self.members, np.int64, len(sizes)), sizes)
        return np.sort(pack(np.concatenate([*self.members.values()]), classes))

    def __iter__(self) -> Iterator[tuple[int, Rows]]:
        """Each property with its pairs, `rdf:type` too."""
        for predicate in self.relations:
            yield predicate, self.pairs(predicate)
        if self.members:
            yield self.type_code, self.type_rows()


def split(rows: Rows) -> Iterator[tuple[int, Codes]]:
    """Pairs by their first members: each of them with its second members, sorted."""
    rows = unique(rows)
    x, y = upper(rows), lower(rows)
    starts, counts = groups(rows)
    for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
        yield int(x[start]), y[start : start + count]


def by_predicate(s: Codes, p: Codes, o: Codes) -> Iterator[tuple[int, Rows]]:
    """Triples as packed pairs for each predicate, in the order they come."""
    if not len(p):
        return
    distinct = np.flatnonzero(np.bincount(p))
    number = np.zeros(int(distinct[-1]) + 1, np.uint16 if len(distinct) < 2**16 else np.int64)
    number[distinct] = np.arange(len(distinct))
    order = np.argsort(number[p], kind="stable")  # 16 bits are sorted by counting
    rows = pack(s[order], o[order])
    ends = np.cumsum(np.bincount(number[p], minlength=len(distinct)))
    for predicate, start, end in zip(distinct.tolist(), [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        yield predicate, rows[start:end]


def facts_of(type_code: int, given: Iterable[tuple[int, Rows]]) -> Facts:
    """Facts with the given pairs of each property."""
    facts = Facts(type_code)
    for predicate, rows in given:
        facts.add(predicate, rows)
    return facts
