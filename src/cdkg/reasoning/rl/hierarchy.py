"""Large class hierarchies: members go up at one stroke, by a join with the closed hierarchy (cax-sco, cax-eqc).

A class of which no axiom speaks but the hierarchy is plain; it needs no node of its own. Only in taxonomies of hundreds
of classes does this pay.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from cdkg.reasoning.rl.columns import EMPTY, Rows, join, lower, pack, swap, unique, upper, within
from cdkg.reasoning.rl.facts import Facts, split
from cdkg.reasoning.rl.schema import Schema, each
from cdkg.reasoning.rl.terms import Codes

#: With fewer plain classes than these a node for each is as quick.
_MANY: Final = 500


class Hierarchy:
    """The plain classes of a schema, and how members get into them and out of them.

    Attributes:
        among: Pairs of classes that are not plain, of which the first lies within the second.
    """

    def __init__(self, closed: Rows, busy: Codes) -> None:
        from_busy, to_busy = within(upper(closed), busy), within(lower(closed), busy)
        self.busy = set(busy.tolist())
        self.among = list(each(closed[from_busy & to_busy]))
        self._into_busy = closed[~from_busy & to_busy]
        self._into_plain = closed[~to_busy]

    @classmethod
    def of(cls, facts: Facts, schema: Schema) -> Hierarchy | None:
        """The plain classes, where they are many; else None."""
        generators = schema.generators["subClassOf"]
        if len(generators) < _MANY:
            return None
        busy = spoken_of(facts, schema)
        classes = unique(np.concatenate([upper(generators), lower(generators)]))
        if np.count_nonzero(~within(classes, busy)) < max(_MANY, 2 * len(busy)):
            return None
        return cls(facts.pairs(schema.words["subClassOf"]), busy)

    def from_plain(self, facts: Facts) -> dict[int, Codes]:
        """What the members of plain classes are besides, of the other classes."""
        return dict(split(_upwards(facts, self._into_busy)))

    def completed(self, facts: Facts) -> None:
        """Add to the facts all members of plain classes."""
        facts.add(facts.type_code, swap(_upwards(facts, self._into_plain)))


def _upwards(facts: Facts, pairs: Rows) -> Rows:
    """For each pair of classes the members of the first as members of the second, the class first."""
    below = unique(upper(pairs))
    found = [pack(np.full(len(codes), cls), codes) for cls, codes in _members(facts, below)]
    if not found:
        return EMPTY
    members = np.concatenate(found)
    which, above = join(upper(members), pairs)
    return pack(above, lower(members)[which])


def _members(facts: Facts, classes: Codes) -> Iterator[tuple[int, Codes]]:
    return ((cls, facts.members[cls]) for cls in classes.tolist() if cls in facts.members)


def spoken_of(facts: Facts, schema: Schema) -> Codes:
    """The classes of which an axiom speaks that operators are made from, besides the hierarchy."""
    found = [lower(schema.generators["domain"]), lower(schema.generators["range"])]
    for word in ("someValuesFrom", "allValuesFrom"):
        rows = facts.pairs(schema.words[word])
        found += [upper(rows), lower(rows)]
    found.append(upper(facts.pairs(schema.words["hasValue"])))
    lists = schema.lists["intersectionOf"]
    found.append(np.array([c for both in lists for c in (both.owner, *both.items)], np.int64))
    return unique(np.concatenate(found))
