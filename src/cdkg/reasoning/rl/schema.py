"""The axioms among the facts: closed under the rules about schema (scm-*, OWL 2 Profiles, table 9), and read out.

The closed hierarchies are facts like any other. The rules over data are made from their generators instead: the edges
that were there before the transitive step say the same, and there are fewer of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from cdkg.reasoning.rl.columns import EMPTY, Rows, common, gather, groups, join, lower, minus, pack, swap, unique, upper
from cdkg.reasoning.rl.facts import Facts, Vocabulary
from cdkg.reasoning.rl.lists import lists_from
from cdkg.reasoning.rl.terms import Codes
from cdkg.reasoning.rl.transitive import closure

#: What is closed here, and read as generators when rules are made.
HIERARCHIES: Final = ("subClassOf", "subPropertyOf", "domain", "range")
#: The words that hang a list on its owner.
OWNING: Final = (
    "propertyChainAxiom", "intersectionOf", "unionOf", "oneOf", "hasKey", "members", "distinctMembers",
)  # fmt: skip
_READ: Final = (
    *HIERARCHIES, *OWNING, "first", "rest", "inverseOf", "equivalentClass", "equivalentProperty", "onProperty",
    "someValuesFrom", "allValuesFrom", "hasValue", "maxCardinality", "maxQualifiedCardinality", "onClass",
    "disjointWith", "complementOf", "propertyDisjointWith", "sourceIndividual", "assertionProperty",
    "targetIndividual", "targetValue",
)  # fmt: skip
_CLASSES: Final = (
    "FunctionalProperty", "InverseFunctionalProperty", "IrreflexiveProperty", "SymmetricProperty",
    "AsymmetricProperty", "TransitiveProperty", "AllDifferent", "AllDisjointClasses", "AllDisjointProperties",
)  # fmt: skip
_DECLARED: Final = ("Class", "ObjectProperty", "DatatypeProperty")


@dataclass(frozen=True, slots=True)
class Listed:
    """A list by what it hangs on: the owner, and the members in order."""

    owner: int
    head: int
    items: list[int]


class Schema:
    """The axioms of a set of facts. Facts change while rules run: `outdated` tells when this must be read again."""

    def __init__(self, words: Vocabulary, most: int, *, axiomatic: bool = False) -> None:
        self.words, self.most, self.axiomatic = words, most, axiomatic
        self.generators: dict[str, Rows] = dict.fromkeys(HIERARCHIES, EMPTY)
        self._closed: dict[str, Rows] = dict.fromkeys(HIERARCHIES, EMPTY)
        self._sizes: tuple[int, ...] = ()
        self.lists: dict[str, list[Listed]] = {}
        self.datatypes: set[int] = set()  # those that have members by the values of literals

    def replaced(self, rep: Codes) -> None:
        """Go over to other representatives."""
        self.words = self.words.under(rep)
        for column in (self.generators, self._closed):
            for word, rows in column.items():
                column[word] = unique(pack(rep[upper(rows)], rep[lower(rows)]))

    def outdated(self, facts: Facts) -> bool:
        """Whether the facts have got more axioms since they were closed; facts only ever grow."""
        return self._measure(facts) != self._sizes

    def _measure(self, facts: Facts) -> tuple[int, ...]:
        return (
            *(len(facts.pairs(self.words[word])) for word in _READ),
            *(len(facts.of_class(self.words[word])) for word in (*_CLASSES, *(_DECLARED if self.axiomatic else ()))),
        )

    def read(self, facts: Facts) -> None:
        """Read the lists."""
        first, rest = (_multimap(facts.pairs(self.words[word])) for word in ("first", "rest"))
        self.lists = {
            word: list(_read_lists(facts.pairs(self.words[word]), first, rest, self.words["nil"])) for word in OWNING
        }

    def close(self, facts: Facts) -> None:
        """Add to the facts what follows of their axioms alone, and read the axioms.

        Raises:
            TooLargeError: A hierarchy has more pairs than allowed.
            LimitError: A list can be read in too many ways.
        """
        words = self.words
        for word in HIERARCHIES:
            fresh = minus(facts.pairs(words[word]), self._closed[word])
            self.generators[word] = gather([self.generators[word], fresh])
        self.read(facts)
        if self.axiomatic:
            self._declare(facts)
        self._close_properties(facts)
        self._close_classes(facts)
        self._close_ends(facts)
        for one in self.lists["oneOf"]:  # cls-oo
            facts.add(words["type"], pack(np.array(one.items, np.int64), np.int64(one.owner)))  # type: ignore[arg-type]
        for word in HIERARCHIES:
            self._closed[word] = facts.pairs(words[word])
        self._sizes = self._measure(facts)

    # -- table 9 ---------------------------------------------------------------------------------------------------

    def _declare(self, facts: Facts) -> None:
        """scm-cls, scm-op and scm-dp: what each declared class and property is to itself, and to all things."""
        words = self.words
        classes = facts.of_class(words["Class"])
        top, bottom = np.int64(words["Thing"]), np.int64(words["Nothing"])
        facts.add(words["equivalentClass"], pack(classes, classes))
        self.generators["subClassOf"] = gather(
            [self.generators["subClassOf"], pack(classes, classes), pack(classes, top), (bottom << 32) | classes]  # type: ignore[arg-type]
        )
        properties = gather([facts.of_class(words["ObjectProperty"]), facts.of_class(words["DatatypeProperty"])])
        facts.add(words["equivalentProperty"], pack(properties, properties))
        self.generators["subPropertyOf"] = gather([self.generators["subPropertyOf"], pack(properties, properties)])

    def _close_properties(self, facts: Facts) -> None:
        """scm-eqp1, scm-eqp2, scm-spo."""
        words = self.words
        same = facts.pairs(words["equivalentProperty"])
        edges = self.generators["subPropertyOf"] = gather([self.generators["subPropertyOf"], same, swap(same)])
        closed = closure(edges, self.most)
        facts.add(words["subPropertyOf"], closed)
        facts.add(words["equivalentProperty"], common(closed, unique(swap(closed))))

    def _close_classes(self, facts: Facts) -> None:
        """scm-eqc1, scm-eqc2, scm-sco, scm-int, scm-uni, scm-hv, scm-svf, scm-avf."""
        words = self.words
        same = facts.pairs(words["equivalentClass"])
        of_lists = [(x.owner, item) for x in self.lists["intersectionOf"] for item in x.items]
        of_lists += [(item, x.owner) for x in self.lists["unionOf"] for item in x.items]
        edges = gather([self.generators["subClassOf"], same, swap(same), _rows(of_lists)])
        restrictions = _Restrictions(facts, words)
        while True:
            closed = closure(edges, self.most)
            more = minus(restrictions.subsumed(closed), closed)
            if not len(more):
                break
            edges = gather([edges, more])
        self.generators["subClassOf"] = edges
        facts.add(words["subClassOf"], closed)
        facts.add(words["equivalentClass"], common(closed, unique(swap(closed))))

    def _close_ends(self, facts: Facts) -> None:
        """scm-dom1, scm-dom2, scm-rng1, scm-rng2."""
        words = self.words
        above = facts.pairs(words["subClassOf"])
        below = facts.pairs(words["subPropertyOf"], flip=True)
        for word in ("domain", "range"):
            rows = facts.pairs(words[word])
            which, p = join(upper(rows), below)
            rows = gather([rows, pack(p, lower(rows)[which])])
            which, c = join(lower(rows), above)
            facts.add(words[word], gather([rows, pack(upper(rows)[which], c)]))


class _Restrictions:
    """Restrictions by property and filler; which of them lie within others (scm-hv, scm-svf1/2, scm-avf1/2)."""

    def __init__(self, facts: Facts, words: Vocabulary) -> None:
        on = _multimap(facts.pairs(words["onProperty"]))
        self.by_filler = {
            word: [(r, p, c) for r, c in each(facts.pairs(words[word])) for p in on.get(r, ())]
            for word in ("hasValue", "someValuesFrom", "allValuesFrom")
        }
        self.above = _multimap(facts.pairs(words["subPropertyOf"])) if any(self.by_filler.values()) else {}

    def subsumed(self, classes: Rows) -> Rows:
        """All pairs of restrictions of which the first lies within the second."""
        found: list[tuple[int, int]] = []
        fillers = {c for word in ("someValuesFrom", "allValuesFrom") for _, _, c in self.by_filler[word]}
        wider = {c: [d for d in _of(classes, c) if d in fillers] for c in fillers}
        for word, rows in self.by_filler.items():
            same: dict[tuple[int, int], list[int]] = defaultdict(list)
            for r, p, c in rows:
                same[p, c].append(r)
            for r, p, c in rows:
                for q in (p, *self.above.get(p, ())):
                    above = same.get((q, c), ())
                    # the more is a property allowed, the less does "all values" allow
                    found += [(s, r) if word == "allValuesFrom" else (r, s) for s in above]
                if word != "hasValue":
                    found += [(r, s) for d in wider[c] for s in same.get((p, d), ())]
        return unique(_rows(found))


def _of(column: Rows, x: int) -> list[int]:
    start, end = np.searchsorted(column, [x << 32, (x + 1) << 32])
    found: list[int] = lower(column[start:end]).tolist()
    return found


def _read_lists(owners: Rows, first: dict[int, list[int]], rest: dict[int, list[int]], nil: int) -> Iterator[Listed]:
    """The lists that hang on owners; half a list, or an empty one, is none."""
    for owner, head in each(owners):
        if head in first:
            for items in lists_from(head, first, rest, nil):
                yield Listed(owner, head, items)


def each(rows: Rows) -> Iterator[tuple[int, int]]:
    """Pairs one by one."""
    return zip(upper(rows).tolist(), lower(rows).tolist(), strict=True)


def _rows(pairs: list[tuple[int, int]]) -> Rows:
    if not pairs:
        return EMPTY
    both = np.array(pairs, np.int64)
    return pack(both[:, 0], both[:, 1])


def _multimap(rows: Rows) -> dict[int, list[int]]:
    starts, counts = groups(rows)
    y = lower(rows).tolist()
    ends = (starts + counts).tolist()
    return {x: y[start:end] for x, start, end in zip(upper(rows)[starts].tolist(), starts.tolist(), ends, strict=True)}
