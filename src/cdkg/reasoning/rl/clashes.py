"""Contradictions: the rules of OWL 2 RL/RDF whose conclusion is `false` (OWL 2 Profiles, tables 4 to 8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from pyoxigraph import NamedNode, Triple

from cdkg.reasoning.rl.columns import (
    EMPTY,
    Rows,
    common,
    gather,
    groups,
    lower,
    pack,
    upper,
    within,
    within_codes,
)
from cdkg.reasoning.rl.datatypes import DATATYPES, differ
from cdkg.reasoning.rl.engine import Engine
from cdkg.reasoning.rl.schema import Listed, each
from cdkg.reasoning.rl.terms import Codes


@dataclass(frozen=True, slots=True)
class Clash:
    """A contradiction: the `false` rule that fired and the triples that clash."""

    rule: str
    triples: tuple[Triple, ...]


#: A contradiction: the rule, and the facts that clash, about representatives.
Coded = tuple[str, tuple[tuple[int, int, int], ...]]


class Clashes:
    """Finds the contradictions in what an engine has closed."""

    def __init__(self, engine: Engine) -> None:
        self.facts, self.schema, self.words = engine.facts, engine.schema, engine.schema.words
        self.terms, self.equality, self.literals, self.zeros = (
            engine.terms, engine.equality, engine.literals, engine.zeros,
        )  # fmt: skip
        self.given, self.type = engine.given, self.words["type"]

    def all(self) -> Iterator[Coded]:
        """Every contradiction."""
        yield from self._equality()
        yield from self._properties()
        yield from self._disjoint_properties()
        yield from self._negative_assertions()
        yield from self._classes()
        yield from self._cardinalities()
        yield from self._datatypes()

    def _pairs(self, word: str) -> Iterator[tuple[int, int]]:
        return each(self.facts.pairs(self.words[word]))

    def _objects(self, word: str, x: int) -> list[int]:
        rows = self.facts.pairs(self.words[word])
        start, end = np.searchsorted(rows, [x << 32, (x + 1) << 32])
        found: list[int] = lower(rows[start:end]).tolist()
        return found

    def _equality(self) -> Iterator[Coded]:
        """eq-diff1, eq-diff2, eq-diff3 and dt-diff."""
        same, different = self.words["sameAs"], self.words["differentFrom"]
        rows = self.facts.pairs(different)
        for x in upper(rows[upper(rows) == lower(rows)]).tolist():
            a, b = self._twins(x, different)
            yield "eq-diff1", (*self._sameness(a, b), (a, different, b))
        for rule, word in (("eq-diff2", "members"), ("eq-diff3", "distinctMembers")):
            for owner, kind in self._owners(word, "AllDifferent"):
                seen: set[int] = set()
                for x in owner.items:
                    if x in seen:
                        same_as = self._sameness(*self._twins(x, same))
                        yield rule, (*kind, (owner.owner, self.words[word], owner.head), *same_as)
                    seen.add(x)
        for rep in self.equality.plural.tolist():
            codes = self.equality.same_as(rep)
            values = {self.literals.value(code): code for code in codes[self.terms.is_literal(codes)].tolist()}
            for (one, a), (other, b) in combinations(values.items(), 2):
                if differ(one, other):
                    yield "dt-diff", ((a, same, b),)
                    break

    def _twins(self, x: int, predicate: int) -> tuple[int, int]:
        """Two terms that a representative stands for, if possible such of which the predicate was given."""
        codes = self.equality.same_as(x)
        given = self.given.get(predicate, EMPTY)
        said = given[within(upper(given), codes) & within(lower(given), codes)]
        said = np.concatenate([said[upper(said) != lower(said)], said])
        return (int(upper(said[:1])[0]), int(lower(said[:1])[0])) if len(said) else (int(codes[0]), int(codes[-1]))

    def _sameness(self, a: int, b: int) -> tuple[tuple[int, int, int], ...]:
        """That two terms are the same, which of one and the same need not be said."""
        return ((a, self.words["sameAs"], b),) if a != b else ()

    def _owners(self, word: str, kind: str) -> Iterator[tuple[Listed, tuple[tuple[int, int, int], ...]]]:
        kinds = self.facts.of_class(self.words[kind])
        for owner in self.schema.lists[word]:
            if owner.owner in kinds:
                yield owner, ((owner.owner, self.type, self.words[kind]),)

    def _properties(self) -> Iterator[Coded]:
        """prp-irp and prp-asyp."""
        words, facts = self.words, self.facts
        for p in facts.of_class(words["IrreflexiveProperty"]).tolist():
            rows = facts.pairs(p)
            for x in upper(rows[upper(rows) == lower(rows)]).tolist():
                yield "prp-irp", ((p, self.type, words["IrreflexiveProperty"]), (x, p, x))
        for p in facts.of_class(words["AsymmetricProperty"]).tolist():
            for x, y in each(common(facts.pairs(p), facts.pairs(p, flip=True))):
                if x <= y:
                    yield "prp-asyp", ((p, self.type, words["AsymmetricProperty"]), (x, p, y), (y, p, x))

    def _disjoint_properties(self) -> Iterator[Coded]:
        """prp-pdw and prp-adp."""
        words, facts = self.words, self.facts
        disjoint = words["propertyDisjointWith"]
        said: list[tuple[int, int, str, tuple[tuple[int, int, int], ...]]] = [
            (p, q, "prp-pdw", ((p, disjoint, q),)) for p, q in self._pairs("propertyDisjointWith")
        ]
        for owner, kind in self._owners("members", "AllDisjointProperties"):
            hung = (*kind, (owner.owner, words["members"], owner.head))
            said += [(p, q, "prp-adp", hung) for p, q in combinations(owner.items, 2)]
        for p, q, rule, axiom in said:
            for x, y in each(common(facts.pairs(p), facts.pairs(q))):
                yield rule, (*axiom, (x, p, y), (x, q, y))

    def _negative_assertions(self) -> Iterator[Coded]:
        """prp-npa1 and prp-npa2."""
        for rule, word in (("prp-npa1", "targetIndividual"), ("prp-npa2", "targetValue")):
            for n, y in self._pairs(word):
                for x in self._objects("sourceIndividual", n):
                    for p in self._objects("assertionProperty", n):
                        if y in self._values(x, p):
                            of = ((n, self.words["sourceIndividual"], x), (n, self.words["assertionProperty"], p))
                            yield rule, (*of, (n, self.words[word], y), (x, p, y))

    def _values(self, x: int, p: int) -> Codes:
        rows = self.facts.pairs(p)
        start, end = np.searchsorted(rows, [x << 32, (x + 1) << 32])
        return lower(rows[start:end])

    def _classes(self) -> Iterator[Coded]:
        """cls-nothing2, cls-com, cax-dw and cax-adc."""
        words, facts, type_ = self.words, self.facts, self.type
        for x in facts.of_class(words["Nothing"]).tolist():
            yield "cls-nothing2", ((x, type_, words["Nothing"]),)
        for rule, word in (("cls-com", "complementOf"), ("cax-dw", "disjointWith")):
            for c, d in self._pairs(word):
                for x in common(facts.of_class(c), facts.of_class(d)).tolist():
                    yield rule, ((c, words[word], d), (x, type_, c), (x, type_, d))
        for owner, kind in self._owners("members", "AllDisjointClasses"):
            hung = (*kind, (owner.owner, words["members"], owner.head))
            places = [pack(facts.of_class(c), np.int64(i)) for i, c in enumerate(owner.items)]  # type: ignore[arg-type]
            rows = gather(places)
            starts, counts = groups(rows)
            for start, count in zip(starts[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True):
                x = int(rows[start] >> 32)
                for i, j in combinations(lower(rows[start : start + count]).tolist(), 2):
                    yield "cax-adc", (*hung, (x, type_, owner.items[i]), (x, type_, owner.items[j]))

    def _cardinalities(self) -> Iterator[Coded]:
        """cls-maxc1, cls-maxqc1 and cls-maxqc2."""
        words, facts, type_ = self.words, self.facts, self.type
        for word in ("maxCardinality", "maxQualifiedCardinality"):
            for r, count in self._pairs(word):
                for p in self._objects("onProperty", r) if count in self.zeros else ():
                    rows = facts.pairs(p)
                    rows = rows[within_codes(upper(rows), facts.of_class(r))]
                    of = ((r, words[word], count), (r, words["onProperty"], p))
                    if word == "maxCardinality":
                        for u, v in each(rows):
                            yield "cls-maxc1", (*of, (u, type_, r), (u, p, v))
                    else:
                        yield from self._qualified(r, p, rows, of)

    def _qualified(self, r: int, p: int, rows: Rows, of: tuple[tuple[int, int, int], ...]) -> Iterator[Coded]:
        for c in self._objects("onClass", r):
            every = c == self.words["Thing"]
            within = rows if every else rows[within_codes(lower(rows), self.facts.of_class(c))]
            for u, v in each(within):
                facts = (*of, (r, self.words["onClass"], c), (u, self.type, r), (u, p, v))
                yield ("cls-maxqc2", facts) if every else ("cls-maxqc1", (*facts, (v, self.type, c)))

    def _datatypes(self) -> Iterator[Coded]:
        """dt-not-type: members of a datatype that is not theirs, and literals that have no value at all."""
        for datatype in DATATYPES:
            cls = self.terms.find(NamedNode(datatype))
            rep = int(self.equality.rep[cls]) if 0 <= cls < len(self.equality.rep) else -1
            members = self.equality.spread_codes(self.facts.of_class(rep))
            for literal in self.literals.outside(members[self.terms.is_literal(members)], datatype):
                yield "dt-not-type", ((literal, self.type, cls),)
        ill = self.literals.ill_typed
        if ill:
            yield from self._ill_typed(np.array(sorted(ill), np.int64))

    def _ill_typed(self, codes: Codes) -> Iterator[Coded]:
        """The statements that have such a literal as their object (RDF 1.1 Semantics, section 7: they are false)."""
        rep = self.equality.rep
        for predicate, rows in self.facts:
            found = rows[within_codes(lower(rows), np.unique(rep[codes]))]
            for x, y in each(found):
                yield from (("dt-not-type", ((x, predicate, code),)) for code in codes[rep[codes] == y].tolist())


def first_of_each(found: Iterable[Coded]) -> list[Coded]:
    """Without repetition, whatever the order of the statements."""
    seen: dict[tuple[str, frozenset[tuple[int, int, int]]], Coded] = {}
    for rule, facts in found:
        seen.setdefault((rule, frozenset(facts)), (rule, facts))
    return list(seen.values())
