"""What the rules find to be the same: prp-fp, prp-ifp, prp-key, cls-maxc2, cls-maxqc3 and cls-maxqc4."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cdkg.reasoning.rl.columns import EMPTY, Rows, join, lower, pack, unique, upper, within_codes
from cdkg.reasoning.rl.facts import Facts, Vocabulary
from cdkg.reasoning.rl.schema import Schema, each
from cdkg.reasoning.rl.terms import Codes


class Sameness:
    """Finds pairs of terms that must be the same.

    Args:
        facts: What is known.
        schema: The axioms, read.
        words: The codes of the vocabulary.
        size: How many codes there are.
        ones: The codes of the literals whose value is 1.
    """

    def __init__(self, facts: Facts, schema: Schema, words: Vocabulary, size: int, ones: set[int]) -> None:
        self.facts, self.schema, self.words, self.size, self.ones = facts, schema, words, size, ones

    def pairs(self) -> tuple[Codes, Codes]:
        """The pairs, in two columns; some may be the same already."""
        said = self.facts.pairs(self.words["sameAs"])
        found = [(upper(said), lower(said)), *self._functional(), *self._at_most_one(), *self._keys()]
        return np.concatenate([x for x, _ in found]), np.concatenate([y for _, y in found])

    def _functional(self) -> Iterator[tuple[Codes, Codes]]:
        for word, flip in (("FunctionalProperty", False), ("InverseFunctionalProperty", True)):
            for p in self.facts.of_class(self.words[word]).tolist():
                yield _alike(self.facts.pairs(p, flip))

    def _at_most_one(self) -> Iterator[tuple[Codes, Codes]]:
        for word in ("maxCardinality", "maxQualifiedCardinality"):
            for r, count in each(self.facts.pairs(self.words[word])):
                if count in self.ones:
                    for p in _objects(self.facts, self.words["onProperty"], r):
                        rows = self.facts.pairs(p)
                        rows = rows[within_codes(upper(rows), self.facts.of_class(r))]
                        if word == "maxCardinality":
                            yield _alike(rows)
                        else:
                            for c in _objects(self.facts, self.words["onClass"], r):
                                yield _alike(self._with_members(rows, c))

    def _with_members(self, rows: Rows, cls: int) -> Rows:
        if cls == self.words["Thing"]:
            return rows
        return rows[within_codes(lower(rows), self.facts.of_class(cls))]

    def _keys(self) -> Iterator[tuple[Codes, Codes]]:
        for key in self.schema.lists["hasKey"]:
            members = self.facts.of_class(key.owner)
            # who has equal values for all keys so far has the same number
            who, number = members, np.zeros(len(members), np.int64)
            for p in key.items:
                which, value = join(who, self.facts.pairs(p))
                who = who[which]
                _, number = np.unique(pack(number[which], value), return_inverse=True)
            yield _alike(unique(pack(number, who)))


class Supports:
    """What the rules of `Sameness` and the lists of members read.

    Attributes:
        of_subjects: Properties whose values may make their subjects the same.
        of_objects: Properties that may make their objects the same.
        keyed: Classes whose members may be the same.
        counting: Classes whose members may have but one value, with the properties that this is said of.
        always: Classes that have members by axioms alone.
    """

    def __init__(self, facts: Facts, schema: Schema) -> None:
        words = schema.words
        counting = [facts.pairs(words[word]) for word in ("maxCardinality", "maxQualifiedCardinality")]
        counted = {r for rows in counting for r in upper(rows).tolist()}
        self.counting = {r: _objects(facts, words["onProperty"], r) for r in counted}
        self.keyed = {key.owner for key in schema.lists["hasKey"]}
        self.keyed |= set(lower(facts.pairs(words["onClass"])).tolist())
        self.of_subjects = set(facts.of_class(words["InverseFunctionalProperty"]).tolist())
        self.of_subjects |= {p for key in schema.lists["hasKey"] for p in key.items}
        self.of_objects = set(facts.of_class(words["FunctionalProperty"]).tolist())
        self.of_objects |= {p for properties in self.counting.values() for p in properties}
        self.always = {one.owner for one in schema.lists["oneOf"]} | schema.datatypes


def _alike(rows: Rows) -> tuple[Codes, Codes]:
    """All second members of one first member are the same: each with the next."""
    if len(rows) < 2:
        return EMPTY, EMPTY
    x, y = upper(rows), lower(rows)
    again = x[1:] == x[:-1]
    return y[:-1][again], y[1:][again]


def _objects(facts: Facts, predicate: int, x: int) -> list[int]:
    rows = facts.pairs(predicate)
    start, end = np.searchsorted(rows, [x << 32, (x + 1) << 32])
    found: list[int] = lower(rows[start:end]).tolist()
    return found
