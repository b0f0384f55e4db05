"""Closed sets of facts to find proofs in: a small one made by trying everything, and large ones made by a formula."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.reasoning.proofs.prover import Proof, Prover
from cdkg.reasoning.rl.lists import LIST_CLASSES, LIST_PREDICATES, list_patterns
from cdkg.reasoning.rl.table import TABLE, Atom, Pattern
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term
from owl_rl_cases import triples

Fact = tuple[Term, Term, Term]
Way = tuple[str, tuple[Fact, ...]]
Code = tuple[int, int, int]
Codes = NDArray[np.int64]

EXAMPLE = "http://example.org/"
NONE = np.zeros(0, np.int64)

REFLEXIVE = {
    NamedNode(PREFIXES[prefix] + local)
    for prefix, local in (
        ("owl", "sameAs"), ("owl", "equivalentClass"), ("owl", "equivalentProperty"),
        ("rdfs", "subClassOf"), ("rdfs", "subPropertyOf"),
    )
}  # fmt: skip


class Coded:
    """Facts by codes, indexed in dictionaries: what a prover asks the engine for."""

    def __init__(self, facts: Iterable[Fact], asserted: Iterable[Fact], terms: Iterable[Term]) -> None:
        self.terms = list(terms)
        self.codes = {term: code for code, term in enumerate(self.terms)}
        self.facts = {self.coded(fact) for fact in facts}
        self.asserted = {self.coded(fact) for fact in asserted}
        self._all, self._given = _index(self.facts), _index(self.asserted)

    def coded(self, fact: Fact) -> Code:
        """A fact by the codes of its terms."""
        s, p, o = (self.codes[term] for term in fact)
        return s, p, o

    def code(self, term: Term) -> int:
        """The code of a term."""
        return self.codes.get(term, -1)

    def term(self, code: int) -> Term:
        """The term of a code."""
        return self.terms[code]

    def holds(self, s: int, p: int, o: int) -> bool:
        """Whether it is there."""
        return (s, p, o) in self.facts

    def given(self, s: int, p: int, o: int) -> bool:
        """Whether it is asserted."""
        return (s, p, o) in self.asserted

    def objects(self, s: int, p: int) -> Codes:
        """All o."""
        return self._all.get((s, p, -1), NONE)

    def subjects(self, p: int, o: int) -> Codes:
        """All s."""
        return self._all.get((-1, p, o), NONE)

    def given_objects(self, s: int, p: int) -> Codes:
        """All asserted o."""
        return self._given.get((s, p, -1), NONE)

    def given_subjects(self, p: int, o: int) -> Codes:
        """All asserted s."""
        return self._given.get((-1, p, o), NONE)

    def links(self, s: int, o: int) -> Codes:
        """All p."""
        return self._all.get((s, -1, o), NONE)

    def predicates(self) -> list[int]:
        """All predicates."""
        return sorted({p for _, p, _ in self.facts})


def _index(facts: set[Code]) -> dict[Code, Codes]:
    index = defaultdict(list)
    for s, p, o in facts:
        for key, code in (((s, p, -1), o), ((-1, p, o), s), ((s, -1, o), p)):
            index[key].append(code)
    return {key: np.sort(np.array(codes, np.int64)) for key, codes in index.items()}


class Large(Coded):
    """One relation between nodes :n0, :n1, … that is too large to write out; all else is asserted.

    `related` tells the numbers of the nodes to which, and from which, the node of a number is related.
    """

    def __init__(
        self,
        others: str,
        name: str,
        edges: Iterable[tuple[int, int]],
        related: tuple[Sequence[Codes], Sequence[Codes]],
        inferred: str = ":x :y :z",
    ) -> None:
        self._after, self._before = related
        self.nodes = [NamedNode(f"{EXAMPLE}n{number}") for number in range(len(self._after))]
        relation = NamedNode(name)
        asserted = [as_fact(triple) for triple in triples(others)]
        facts = [*asserted, *(as_fact(triple) for triple in triples(inferred))]
        terms = sorted({relation, *(term for fact in facts for term in fact)} - {*self.nodes}, key=str)
        asserted += [(self.nodes[x], relation, self.nodes[y]) for x, y in edges]
        super().__init__(facts, asserted, [*terms, *self.nodes])
        self._relation, self._first = self.codes[relation], len(terms)

    def holds(self, s: int, p: int, o: int) -> bool:
        """Whether it is there."""
        if p != self._relation or min(s, o) < self._first:
            return super().holds(s, p, o)
        after = self._after[s - self._first]
        place = int(np.searchsorted(after, o - self._first))
        return place < len(after) and bool(after[place] == o - self._first)

    def objects(self, s: int, p: int) -> Codes:
        """All o."""
        if p != self._relation:
            return super().objects(s, p)
        return self._after[s - self._first] + self._first if s >= self._first else NONE

    def subjects(self, p: int, o: int) -> Codes:
        """All s."""
        if p != self._relation:
            return super().subjects(p, o)
        return self._before[o - self._first] + self._first if o >= self._first else NONE

    def predicates(self) -> list[int]:
        """All predicates."""
        return [*super().predicates(), self._relation]

    def fact(self, x: int, y: int) -> Triple:
        """That two nodes are related."""
        return Triple(self.nodes[x], self.terms[self._relation], self.nodes[y])  # type: ignore[arg-type]


class Table(Coded):
    """The closure of a graph, made by trying everything, with every step of every rule to every fact.

    `more` are facts that hold although they are neither given nor follow.
    """

    def __init__(self, graph: Iterable[Triple], more: Iterable[Fact] = ()) -> None:
        self.given_facts = {as_fact(triple) for triple in graph}
        self.all: set[Fact] = set()
        self.ways: dict[Fact, dict[Way, None]] = {}
        self.patterns: list[Pattern] = []
        self._by_ends: dict[tuple[Term | None, Term | None, Term | None], list[Fact]] = defaultdict(list)
        for fact in {*self.given_facts, *more}:
            self._put(fact)
        while any([self._put(fact) for fact in self._following()]):  # noqa: C419  # all of them, not up to the first
            pass
        terms = sorted({term for fact in self.all for term in fact}, key=str)
        super().__init__(self.all, self.given_facts, terms)

    def _put(self, fact: Fact) -> bool:
        if fact in self.all:
            return False
        self.all.add(fact)
        s, p, o = fact
        for ends in product((s, None), (p, None), (o, None)):
            self._by_ends[ends].append(fact)
        return True

    def _following(self) -> list[Fact]:
        """What all rules give now; the ways are kept."""
        lists = [f for f in self.all if f[1] in LIST_PREDICATES or (f[1] == RDF_TYPE and f[2] in LIST_CLASSES)]
        self.patterns = [*TABLE, *list_patterns(as_triple(fact) for fact in sorted(lists, key=str))]
        self.ways = defaultdict(dict)
        for rule in self.patterns:
            body = (*rule.schema, *rule.data)
            for found in self._matches(body, {}) if rule.head else ():
                fact, *premises = [_ground(atom, found) for atom in (rule.head, *body) if atom]
                if fact not in premises:
                    self.ways[fact][rule.name, tuple(dict.fromkeys(premises))] = None
        return [(s, p, o) for s, p, o in self.ways if not isinstance(p, Literal) and not (s == o and p in REFLEXIVE)]

    def _matches(self, atoms: tuple[Atom, ...], bound: dict[str, Term]) -> Iterator[dict[str, Term]]:
        if not atoms:
            yield bound
            return
        s, p, o = (bound.get(term) if isinstance(term, str) else term for term in atoms[0])
        for fact in list(self._by_ends.get((s, p, o), ())):
            extended = dict(bound)
            pairs = [(t, v) for t, v in zip(atoms[0], fact, strict=True) if isinstance(t, str)]
            if all(extended.setdefault(t, v) == v for t, v in pairs):
                yield from self._matches(atoms[1:], extended)

    def costs(self) -> dict[Fact, int]:
        """How many steps the shortest proof of each fact has."""
        costs: dict[Fact, int] = dict.fromkeys(self.given_facts, 0)
        while True:
            better = {
                fact: least
                for fact in self.all
                if (known := [1 + sum(costs[f] for f in way[1]) for way in self.ways.get(fact, ()) if _in(way, costs)])
                and (least := min(known)) < costs.get(fact, least + 1)
            }
            if not better:
                return costs
            costs |= better

    def proofs(self, fact: Fact, most: int, above: frozenset[Fact] = frozenset()) -> Iterator[Proof]:
        """All proofs of a fact by at most so many steps, by trying everything; given ones below the top are leaves."""
        if above and fact in self.given_facts:
            yield Proof(as_triple(fact))
            return
        for rule, premises in self.ways.get(fact, ()) if most else ():
            below = above | {fact}
            if below.isdisjoint(premises):
                for parts in product(*(list(self.proofs(premise, most - 1, below)) for premise in premises)):
                    proof = Proof(as_triple(fact), rule, parts)
                    if proof.size <= most:
                        yield proof

    def inferred(self) -> list[Triple]:
        """What follows and RDF can say, in a fixed order."""
        return sorted((as_triple(fact) for fact in self.all - self.given_facts if sayable(fact)), key=str)

    def prover(self) -> Prover:
        """A prover for it."""
        return Prover(self, self.patterns)


def as_fact(triple: Triple) -> Fact:
    """A triple taken apart."""
    return triple.subject, triple.predicate, triple.object


def as_triple(fact: Fact) -> Triple:
    """A fact that RDF can say."""
    return Triple(*fact)  # type: ignore[arg-type]


def sayable(fact: Fact) -> bool:
    """Whether RDF can say it."""
    return isinstance(fact[0], NamedNode | BlankNode) and isinstance(fact[1], NamedNode)


def _ground(atom: Atom, bound: dict[str, Term]) -> Fact:
    s, p, o = (bound[term] if isinstance(term, str) else term for term in atom)
    return s, p, o


def _in(way: Way, costs: dict[Fact, int]) -> bool:
    return all(fact in costs for fact in way[1])
