"""Walks along a transitive relation: the edges that are there without it, and the steps that put them together."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from cdkg.reasoning.proofs.join import Code
from cdkg.reasoning.proofs.steps import CodedRule, Facts, Step, Steps
from cdkg.reasoning.rl.columns import common
from cdkg.reasoning.rl.terms import Codes

#: Up to so many nodes between the ends, inferred edges are looked at although asserted ones lead there too.
_FEW: Final = 512

#: At how many nodes inferred edges are looked at.
_MOST_NODES: Final = 4096

#: How many inferred edges of a node are looked at.
_MOST_EDGES: Final = 4096


class _Edge(NamedTuple):
    """How a node was reached: from where, and by which step, or against an asserted edge by which rule."""

    start: int
    by: Step | CodedRule | None


class Walks:
    """Finds, for a fact of a transitive relation (prp-trp, eq-trans, scm-sco, scm-spo), the steps of a short proof.

    An edge is an asserted fact of the relation or one that a single step gives from asserted data. What lies on no way
    between the two ends is never visited, as the closure tells it.
    """

    def __init__(self, facts: Facts, steps: Steps) -> None:
        self._facts = facts
        self._steps = steps
        #: How many nodes and edges were looked at so far.
        self.work = 0

    def steps(self, goal: Code) -> Iterator[tuple[Code, Step]]:
        """Yield facts with a step to each, `goal` first and each fact before those it rests on; nothing if no walk."""
        rule = self._steps.transitive(goal)
        if rule is None:
            return
        x, p, z = goal
        between = common(self._facts.objects(x, p), self._facts.subjects(p, z))
        between = between[(between != x) & (between != z)]
        if not len(between):
            return
        edges = self._asserted(goal, between)
        if edges is None or len(between) <= _FEW:
            edges = self._lightest(goal, between) or edges
        if edges:
            yield from _nested(rule, p, *_walked(x, z, edges))

    def _asserted(self, goal: Code, between: Codes) -> dict[int, _Edge] | None:
        """The fewest asserted edges from end to end, breadth first; against them, where the relation is symmetric."""
        x, p, z = goal
        ahead = np.append(between, z)
        ahead.sort()
        symmetric = self._steps.symmetric(goal)
        edges: dict[int, _Edge] = {}
        layer = [x]
        while layer and z not in edges:
            following = []
            for node in layer:
                found = common(self._facts.given_objects(node, p), ahead).tolist()
                against = common(self._facts.given_subjects(p, node), ahead).tolist() if symmetric else []
                self.work += 1 + len(found) + len(against)
                following += [target for target in (*found, *against) if target not in edges]
                for targets, rule in ((found, None), (against, symmetric)):
                    for target in targets:
                        edges.setdefault(target, _Edge(node, rule))
                if z in edges:
                    return edges
            layer = list(dict.fromkeys(following))
        return None

    def _lightest(self, goal: Code, between: Codes) -> dict[int, _Edge] | None:
        """The edges that need the fewest steps from end to end (Dijkstra)."""
        x, p, z = goal
        ahead = {*between.tolist(), z}
        edges: dict[int, _Edge] = {}
        queue: list[tuple[int, int, int, int, Step | None]] = [(0, 0, x, x, None)]
        pushed = 0
        while queue and len(edges) < _MOST_NODES:
            weight, _, node, start, step = heapq.heappop(queue)
            if node in edges:
                continue
            if pushed:
                edges[node] = _Edge(start, step)
            if node == z and pushed:
                return edges
            for target, by in self._onwards(node, p):
                self.work += 1
                if target in ahead and target not in edges and target != node:
                    pushed += 1
                    heapq.heappush(queue, (weight + 1 + (by is not None), pushed, target, node, by))
        return None

    def _onwards(self, node: int, predicate: int) -> Iterator[tuple[int, Step | None]]:
        for target in self._facts.given_objects(node, predicate).tolist():
            yield target, None
        for _, found in zip(range(_MOST_EDGES), self._steps.onwards(node, predicate), strict=False):
            yield found


def _walked(start: int, end: int, edges: dict[int, _Edge]) -> tuple[list[int], list[Step | CodedRule | None]]:
    """The nodes from end to end, and how each but the first was reached."""
    nodes, by = [end], list[Step | CodedRule | None]()
    while not by or nodes[-1] != start:
        edge = edges[nodes[-1]]
        by.append(edge.by)
        nodes.append(edge.start)
    return nodes[::-1], by[::-1]


def _nested(
    rule: CodedRule, predicate: int, nodes: list[int], by: Sequence[Step | CodedRule | None]
) -> Iterator[tuple[Code, Step]]:
    """The walk cut in the middle again and again, so that the proof of a long one is not deep.

    Edges that are walked against, one after the other, are put together first and then turned round as one.
    """
    cuts = [i for i, edge in enumerate(by) if not (i and isinstance(edge, CodedRule) and edge is by[i - 1])]
    cuts.append(len(by))
    parts = [(0, len(cuts) - 1)]
    while parts:
        first, last = parts.pop()
        start, end = cuts[first], cuts[last]
        fact, edge = (nodes[start], predicate, nodes[end]), by[start]
        if last - first > 1:
            middle = (first + last) // 2
            yield fact, Steps.apply(rule, fact, nodes[cuts[middle]])
            parts += [(middle, last), (first, middle)]
        elif isinstance(edge, CodedRule):
            yield fact, Steps.apply(edge, fact)
            yield from _nested(rule, predicate, nodes[start : end + 1][::-1], [None] * (end - start))
        elif edge is not None:
            yield fact, edge
