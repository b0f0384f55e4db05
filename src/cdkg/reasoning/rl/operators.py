"""The shapes that the rules over data take once their axioms are put in: a dozen rules of the tables, seven operators.

An operator reads columns and says what follows. With `at`, the fact at that place of its body is one of the latest
ones (semi-naive evaluation); without, it reads all there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from cdkg.reasoning.rl.columns import (
    EMPTY,
    Rows,
    begins,
    firsts,
    join,
    lower,
    of,
    pack,
    swap,
    unique,
    upper,
    within,
    within_codes,
)
from cdkg.reasoning.rl.facts import Relation
from cdkg.reasoning.rl.terms import Codes, Mask


@dataclass(slots=True, eq=False)
class Node:
    """Properties that hold of the same pairs (some of them turned round), or classes that have the same members.

    Attributes:
        names: The properties, each with whether it is turned round; or the classes.
        symmetric: Whether each pair holds both ways.
        transitive: Whether the pairs are closed under composition.
        rows: Pairs, or members.
        news: What came in last.
    """

    names: list[tuple[int, bool]]
    is_class: bool = False
    symmetric: bool = False
    transitive: bool = False
    relation: Relation = field(default_factory=lambda: Relation(EMPTY))
    news: Relation = field(default_factory=lambda: Relation(EMPTY))

    @property
    def rows(self) -> Rows:
        """Pairs or members, sorted."""
        return self.relation.rows


@dataclass(frozen=True, slots=True)
class Role:
    """A node read in one direction."""

    node: Node
    flip: bool = False

    def pairs(self, latest: bool) -> Relation:
        """The pairs, all or the latest ones; the caller turns them."""
        return self.node.news if latest else self.node.relation

    def rows(self, latest: bool, flip: bool = False) -> Rows:
        """The pairs in this direction (or the other), sorted."""
        return self.pairs(latest).oriented(self.flip != flip)


class Operator(Protocol):
    """A rule over data."""

    @property
    def head(self) -> Node:
        """Where its conclusions go."""

    @property
    def body(self) -> tuple[Node, ...]:
        """What it reads."""

    def fire(self, at: int | None) -> Rows:
        """What follows, in the head's own direction, in any order and with repetitions."""

    def derives(self, rows: Rows) -> Mask:
        """Which of some rows of the head follow from what the body holds now."""


def _members(node: Node, latest: bool) -> Codes:
    return node.news.rows if latest else node.rows


@dataclass(slots=True, eq=False)
class Copy:
    """Pairs or members go over as they are, or turned round: prp-spo1, prp-inv1, prp-eqp1, cax-sco, cls-uni, …."""

    head: Node
    source: Node
    flip: bool = False

    @property
    def body(self) -> tuple[Node, ...]:
        return (self.source,)

    def fire(self, at: int | None) -> Rows:
        rows = _members(self.source, at is not None)
        return swap(rows) if self.flip else rows

    def derives(self, rows: Rows) -> Mask:
        return within(swap(rows) if self.flip else rows, self.source.rows)


@dataclass(slots=True, eq=False)
class Ends:
    """Who has a property is a member: prp-dom, prp-rng, cls-svf2."""

    head: Node
    role: Role

    @property
    def body(self) -> tuple[Node, ...]:
        return (self.role.node,)

    def fire(self, at: int | None) -> Codes:
        relation, flip = self.role.pairs(at is not None), self.role.flip
        return firsts(relation.oriented(flip)) if relation.knows(flip) else lower(relation.rows)

    def derives(self, rows: Codes) -> Mask:
        return begins(rows, self.role.rows(latest=False))


@dataclass(slots=True, eq=False)
class Valued:
    """Who has a property with this value is a member: cls-hv2."""

    head: Node
    role: Role
    value: int

    @property
    def body(self) -> tuple[Node, ...]:
        return (self.role.node,)

    def fire(self, at: int | None) -> Codes:
        return of(self.role.rows(at is not None, flip=True), self.value)

    def derives(self, rows: Codes) -> Mask:
        return within((rows << 32) | np.int64(self.value), self.role.rows(latest=False))


@dataclass(slots=True, eq=False)
class Values:
    """Each member has this value: cls-hv1."""

    head: Node
    source: Node
    value: int
    flip: bool = False

    @property
    def body(self) -> tuple[Node, ...]:
        return (self.source,)

    def fire(self, at: int | None) -> Rows:
        codes = _members(self.source, at is not None)
        value = np.int64(self.value)
        return (value << 32) | codes if self.flip else (codes << 32) | value

    def derives(self, rows: Rows) -> Mask:
        x, y = (lower(rows), upper(rows)) if self.flip else (upper(rows), lower(rows))
        found: Mask = (y == self.value) & within(x, self.source.rows)
        return found


@dataclass(slots=True, eq=False)
class Filler:
    """Who has a property with a member of a class is a member of another: cls-svf1; turned round, cls-avf."""

    head: Node
    role: Role
    filler: Node

    @property
    def body(self) -> tuple[Node, ...]:
        return (self.role.node, self.filler)

    def fire(self, at: int | None) -> Codes:
        fillers = _members(self.filler, at == 1)
        relation, flip = self.role.pairs(at == 0), self.role.flip
        if not len(fillers) or not len(relation.rows):
            return EMPTY
        if at == 1 or (len(fillers) * 16 < len(relation.rows) and relation.knows(not flip)):
            return join(fillers, relation.oriented(not flip))[1]
        rows = relation.rows
        x, y = (lower(rows), upper(rows)) if flip else (upper(rows), lower(rows))
        return x[within_codes(y, fillers)]

    def derives(self, rows: Codes) -> Mask:
        which, y = join(rows, self.role.rows(latest=False))
        return np.bincount(which[within(y, self.filler.rows)], minlength=len(rows)) > 0


@dataclass(slots=True, eq=False)
class Meet:
    """Who is a member of all these is a member: cls-int1."""

    head: Node
    sources: tuple[Node, ...]

    @property
    def body(self) -> tuple[Node, ...]:
        return self.sources

    def fire(self, at: int | None) -> Codes:
        first = min(range(len(self.sources)), key=lambda i: len(self.sources[i].rows)) if at is None else at
        found = _members(self.sources[first], at is not None)
        for index, source in enumerate(self.sources):
            if index != first and len(found):
                found = found[within_codes(found, source.rows)]
        return found

    def derives(self, rows: Codes) -> Mask:
        found = np.ones(len(rows), np.bool_)
        for source in self.sources:
            found &= within(rows, source.rows)
        return found


@dataclass(slots=True, eq=False)
class Chain:
    """Steps one after the other make one: prp-spo2 of any length, and prp-trp where it is not done at one stroke."""

    head: Node
    roles: tuple[Role, ...]
    flip: bool = False

    @property
    def body(self) -> tuple[Node, ...]:
        return tuple(role.node for role in self.roles)

    def fire(self, at: int | None) -> Rows:
        if not all(len(role.node.rows) for role in self.roles):
            return EMPTY
        start = min(range(len(self.roles)), key=lambda i: len(self.roles[i].node.rows)) if at is None else at
        ways = self.roles[start].rows(at is not None)
        for role in self.roles[start + 1 :]:
            ways = _onwards(ways, role.rows(latest=False))
        for role in reversed(self.roles[:start]):
            ways = swap(_onwards(swap(ways), role.rows(latest=False, flip=True)))
        return swap(ways) if self.flip else ways

    def derives(self, rows: Rows) -> Mask:
        rows = swap(rows) if self.flip else rows
        which, at = np.arange(len(rows)), upper(rows)
        for role in self.roles[:-1]:
            step, at = join(at, role.rows(latest=False))
            which = which[step]
        last = pack(at, lower(rows)[which])
        return np.bincount(which[within(last, self.roles[-1].rows(latest=False))], minlength=len(rows)) > 0


def _onwards(ways: Rows, step: Rows) -> Rows:
    """Each way with one step more; sorted as soon as many ways lead to the same place."""
    which, far = join(lower(ways), step)
    longer = pack(upper(ways)[which], far)
    return unique(longer) if len(longer) > 2 * len(ways) else longer
