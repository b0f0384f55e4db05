"""The patterns of a rule, and what one more match of each does to its answers (SPARQL 1.1 Query, section 18)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pyoxigraph import BlankNode, NamedNode, Variable

from cdkg.vocabulary import Term

#: What may stand at either end of a pattern.
Node = Variable | Term


class Polarity(enum.IntEnum):
    """What one more match of a pattern does to the answers: add one, change a group, replace one, or take some away.

    `REPLACING` is a match in OPTIONAL, or below LIMIT and OFFSET.
    """

    POSITIVE = 0
    AGGREGATED = 1
    REPLACING = 2
    NEGATIVE = 3


@dataclass(frozen=True, slots=True)
class PropertyPath:
    """A property path (section 9).

    Attributes:
        properties: All that it names, whichever way it walks them.
        may_be_empty: Whether it may lead from a term to itself without a step.
        anything: Whether it may walk along properties that it does not name.
    """

    properties: frozenset[NamedNode]
    may_be_empty: bool = False
    anything: bool = False


@dataclass(frozen=True, slots=True)
class TriplePattern:
    """A triple pattern, or a path pattern.

    Attributes:
        subject: A term or a variable; a blank node is a variable that no answer shows.
        predicate: A property, a variable or a path.
        object: Like the subject.
        polarity: What a match does to the answers.
        graph: What names the graph that it asks, where it stands inside GRAPH.
        values: What a VALUES block of the same group lets its variables be.
        scope: The groups that it stands in, from that of the query or sub-select on; GRAPH makes none of its own.
        offset: Where it stands in the text.
    """

    subject: Node
    predicate: Variable | NamedNode | PropertyPath
    object: Node
    polarity: Polarity = Polarity.POSITIVE
    graph: Node | None = None
    values: Mapping[Variable, frozenset[Term]] = field(default_factory=dict, hash=False)
    scope: tuple[int, ...] = field(default=(), compare=False)
    offset: int = field(default=0, compare=False)

    @property
    def ends(self) -> tuple[Node, Node]:
        """Subject and object."""
        return (self.subject, self.object)

    @property
    def in_graph(self) -> bool:
        """Whether it stands inside GRAPH."""
        return self.graph is not None


@dataclass(frozen=True, slots=True)
class SubSelect:
    """A sub-select (section 12) of which the query around it does not see everything.

    Attributes:
        where: The text of its group graph pattern, in its braces.
        offset: Where that begins in the text of the query.
        names: The variables of its group that it shows.
        is_grouped: Whether one row of it is made of many.
    """

    where: str
    offset: int
    names: frozenset[Variable]
    is_grouped: bool

    def holds(self, offset: int) -> bool:
        """Whether what stands there in the text of the query stands inside."""
        return self.offset < offset < self.offset + len(self.where)


@dataclass(frozen=True, slots=True)
class Construct:
    """What a CONSTRUCT query makes (section 16.2), and what it makes it from.

    Attributes:
        template: The patterns that it makes.
        body: All patterns of its WHERE clause.
        selects: The sub-selects in it that do not show everything, each before those inside it.
        prologue: The text of its PREFIX and BASE declarations.
        where: The text of its WHERE clause from the brace on, with the modifiers behind it.
    """

    template: tuple[TriplePattern, ...]
    body: tuple[TriplePattern, ...]
    selects: tuple[SubSelect, ...]
    prologue: str
    where: str

    def select_around(self, offset: int) -> SubSelect | None:
        """The innermost sub-select in which something stands."""
        return next((select for select in reversed(self.selects) if select.holds(offset)), None)


def marked(patterns: Iterable[TriplePattern], polarity: Polarity) -> list[TriplePattern]:
    """The patterns where each has at least this polarity."""
    return [replace(pattern, polarity=max(polarity, pattern.polarity)) for pattern in patterns]


def in_graph(patterns: Iterable[TriplePattern], graph: Node) -> list[TriplePattern]:
    """The patterns inside GRAPH; without any, it asks which graphs there are, and so for all that they hold."""
    inside = list(patterns) or [TriplePattern(BlankNode("s"), PropertyPath(frozenset(), anything=True), BlankNode("o"))]
    return [pattern if pattern.in_graph else replace(pattern, graph=graph) for pattern in inside]


def rooted(patterns: list[TriplePattern], outer: frozenset[Node]) -> list[TriplePattern]:
    """The patterns of a group, where a path that may have no step walks along anything if neither end is bound.

    Such a path leads from every term of the graph to itself (section 18.4); the engine asks of a constant whether it is
    one of them.

    Args:
        patterns: What the group joins.
        outer: What is bound around it.
    """
    paths = [p for p in patterns if isinstance(p.predicate, PropertyPath) and p.predicate.may_be_empty]
    bound = {end for pattern in patterns if pattern not in paths for end in pattern.ends} | outer
    for _ in paths:  # from one to the next, until each that hangs together with something bound is bound
        bound |= {end for path in paths if bound.intersection(path.ends) for end in path.ends}

    def resolved(pattern: TriplePattern) -> TriplePattern:
        path = pattern.predicate
        if not isinstance(path, PropertyPath) or not path.may_be_empty:
            return pattern
        free = bound.isdisjoint(pattern.ends)
        return replace(pattern, predicate=replace(path, anything=path.anything or free))

    return [resolved(pattern) for pattern in patterns]


@dataclass(slots=True)
class Group:
    """A group graph pattern while it is read.

    Attributes:
        own: The patterns that it joins.
        inner: Those of the groups inside.
        asked: The groups of EXISTS, which see what is bound here.
        values: What VALUES lets a variable be.
    """

    own: list[TriplePattern] = field(default_factory=list)
    inner: list[TriplePattern] = field(default_factory=list)
    asked: list[tuple[Group, Polarity]] = field(default_factory=list)
    values: dict[Variable, frozenset[Term]] = field(default_factory=dict)

    def patterns(self, outer: frozenset[Node] = frozenset()) -> list[TriplePattern]:
        """All patterns of the group and of those inside; `outer` is bound around it."""
        own = [replace(pattern, values=self.values) for pattern in rooted(self.own, outer)]
        seen = outer.union(*(pattern.ends for pattern in self.own))
        asked = (pattern for group, polarity in self.asked for pattern in marked(group.patterns(seen), polarity))
        return [*own, *self.inner, *asked]
