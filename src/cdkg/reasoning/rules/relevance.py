"""Whether a triple that comes or goes can change the answers of a query at all.

A match of a pattern takes part in an answer only together with matches of the patterns that are joined with it. Where
one of these has none that fits, before and after, the answers are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Store, Triple, Variable

from cdkg.reasoning.rules.patterns import Node, PropertyPath, TriplePattern
from cdkg.vocabulary import Term

#: What the variables of a pattern are where a triple matches it.
Bound = Mapping[Node, Term]


@dataclass(frozen=True, slots=True)
class Change:
    """A triple that has come or gone, and the named graph; None for the default graph."""

    triple: Triple
    graph: NamedNode | None


class Changes:
    """What has come and gone between two states of a store.

    Args:
        store: The later state.
        gone: What was there before and is not now.
    """

    def __init__(self, store: Store, gone: Iterable[Change]) -> None:
        self._store = store
        self._gone: dict[Term, list[Change]] = {}
        for change in gone:
            for end in {change.triple.subject, change.triple.object}:
                self._gone.setdefault(end, []).append(change)

    def relevant(self, body: Sequence[TriplePattern], change: Change) -> Iterator[tuple[TriplePattern, Bound]]:
        """The patterns of a query whose match with the change may take part in an answer, before or after.

        Args:
            body: The patterns of the query.
            change: A triple that has come or gone.

        Returns:
            Each with what its variables are in the match; of a path no end is known.
        """
        for pattern in body:
            bound = _match(pattern, change) if pattern.in_graph == (change.graph is not None) else None
            if bound is None:
                continue
            if all(self._may_hold(other, bound) for other in body if _is_joined(other, pattern)):
                yield pattern, bound

    def _may_hold(self, pattern: TriplePattern, bound: Bound) -> bool:
        """Whether a pattern has a match, before or after, where its ends are what they are bound to."""
        path = pattern.predicate
        s, o = (bound.get(end, None if isinstance(end, Variable | BlankNode) else end) for end in pattern.ends)
        if (s is None and o is None) or isinstance(path, Variable):
            return True
        if isinstance(s, Literal):
            return False
        if isinstance(path, NamedNode):
            return self._has(s, {path}, o, in_graph=pattern.in_graph)
        if path.anything or path.may_be_empty:
            return True
        return any(  # each way has a step at either end, whichever way it is walked
            self._has(end, path.properties, None, in_graph=pattern.in_graph)
            or self._has(None, path.properties, end, in_graph=pattern.in_graph)
            for end in (s, o)
            if end is not None
        )

    def _has(self, s: Any, predicates: Iterable[NamedNode], o: Any, *, in_graph: bool) -> bool:
        graph = None if in_graph else DefaultGraph()  # a graph more is a match too much, which does no harm
        wanted = frozenset(predicates)
        if any(next(iter(self._store.quads_for_pattern(s, p, o, graph)), None) is not None for p in wanted):
            return True
        return any(
            change.triple.predicate in wanted
            and (s is None or change.triple.subject == s)
            and (o is None or change.triple.object == o)
            for change in self._gone.get(s if s is not None else o, ())
        )


def _is_joined(other: TriplePattern, pattern: TriplePattern) -> bool:
    """Whether a match of a pattern is of use only together with one of another: of its group, or of one around it."""
    return other is not pattern and other.scope == pattern.scope[: len(other.scope)]


def _match(pattern: TriplePattern, change: Change) -> Bound | None:
    """What the variables of a pattern are where a triple matches it; None where it does not.

    Of a path only one step is known, and so none of its ends.
    """
    triple, path = change.triple, pattern.predicate
    if isinstance(path, PropertyPath):
        return {} if path.anything or triple.predicate in path.properties else None
    bound: dict[Node, Term] = {}
    asked: list[tuple[Node, Term]] = [(pattern.subject, triple.subject), (path, triple.predicate)]
    asked += [(pattern.object, triple.object)]
    if change.graph is not None and pattern.graph is not None:
        asked.append((pattern.graph, change.graph))
    for node, term in asked:
        if isinstance(node, Variable | BlankNode):
            if bound.setdefault(node, term) != term:
                return None
        elif node != term and not isinstance(node, Literal):  # two literals may be one value
            return None
    return bound if all(_is_among(term, pattern.values.get(node)) for node, term in bound.items()) else None  # type: ignore[arg-type]


def _is_among(term: Term, values: frozenset[Term] | None) -> bool:
    return values is None or isinstance(term, Literal) or term in values
