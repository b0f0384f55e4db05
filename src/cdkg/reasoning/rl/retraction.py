"""Take facts back: delete what may rest on them, then put back what follows all the same.

So Gupta, Mumick and Subrahmanian, "Maintaining views incrementally", 1993.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from cdkg.reasoning.rl.columns import Rows, common, gather, join, lower, minus, pack, swap, upper, within
from cdkg.reasoning.rl.facts import Facts, Relation
from cdkg.reasoning.rl.operators import Chain, Node, Operator, Role
from cdkg.reasoning.rl.program import Program
from cdkg.reasoning.rl.terms import Mask

#: Which pairs of a property are given.
Given = Callable[[int, Rows], Mask]
#: Rows of nodes.
ByNode = list[tuple[Node, Rows]]


def retract(
    program: Program, taken: Facts, given: Given, upholds_more: Callable[[Node, Rows], bool]
) -> tuple[ByNode, ByNode] | None:
    """Take facts back from a program that has run.

    Args:
        program: Its nodes are changed.
        taken: What is no longer given.
        given: Which pairs of a property are still given.
        upholds_more: Whether more may rest on rows of a node than operators know.

    Returns:
        What no longer holds, by node, and all that had a derivation from what was taken; None, and nothing is changed,
        where that cannot be told from the operators alone.

    Raises:
        TooLargeError: A column has more pairs than allowed.
    """
    retraction = _Retraction(program, given)
    retraction.doubt(taken)
    doubtful = [(node, retraction.doubtful[id(node)]) for node in program.nodes if id(node) in retraction.doubtful]
    if any(upholds_more(node, rows) for node, rows in doubtful):
        return None
    for node, rows in doubtful:
        node.relation = node.relation.without(rows)
    return retraction.lost(), doubtful


class _Retraction:
    def __init__(self, program: Program, given: Given) -> None:
        self.program, self.size, self.given = program, program.size, given
        self.doubtful: dict[int, Rows] = {}

    # -- what may rest on the facts --------------------------------------------------------------------------------

    def doubt(self, taken: Facts) -> None:
        """Collect, while all still holds, whatever has a derivation from what is taken back."""
        first: dict[int, list[Rows]] = defaultdict(list)
        for node, rows in self.program.placed(taken):
            first[id(node)].append(rows)
        for node in self.program.nodes:
            node.news = Relation(gather([]))
        for component in self.program.components:
            entering, inner = self.program.operators_of(component)
            found = [(node, rows) for node in component for rows in first.get(id(node), ())]
            found += self._fired([*entering, *inner])
            while found:
                parts: dict[int, list[Rows]] = defaultdict(list)
                for node, rows in found:
                    parts[id(node)].append(rows)
                latest = [node for node in component if id(node) in parts and self._spread(node, parts[id(node)])]
                found = self._fired(inner, {id(node) for node in latest})
            for node in component:
                if id(node) in self.doubtful:
                    node.news = Relation(self.doubtful[id(node)])

    def _fired(self, operators: list[Operator], changed: set[int] | None = None) -> list[tuple[Node, Rows]]:
        return [
            (operator.head, operator.fire(at))
            for operator in operators
            for at, read in enumerate(operator.body)
            if len(read.news.rows) and (changed is None or id(read) in changed)
        ]

    def _spread(self, node: Node, parts: list[Rows]) -> bool:
        """Doubt these rows of a node, and what its own nature makes of them; whether any are new."""
        known = self.doubtful.get(id(node), gather([]))
        news = minus(common(gather(parts), node.rows), known)
        if node.symmetric:
            news = minus(gather([news, swap(news)]), known)
        if node.transitive and len(news):
            which, far = join(lower(news), node.rows)
            ways = gather([news, pack(upper(news)[which], far)])
            which, near = join(upper(ways), node.relation.oriented(flip=True))
            news = minus(gather([ways, pack(near, lower(ways)[which])]), known)
        if not len(news):
            return False
        self.doubtful[id(node)] = gather([known, news])
        node.news = Relation(news)
        return True

    # -- what follows all the same ---------------------------------------------------------------------------------

    def lost(self) -> list[tuple[Node, Rows]]:
        """Put back what still follows, and tell the rest."""
        gone: list[tuple[Node, Rows]] = []
        for node in self.program.nodes:
            node.news = Relation(gather([]))
        for component in self.program.components:
            doubted = [node for node in component if id(node) in self.doubtful]
            if not doubted:
                continue
            entering, inner = self.program.operators_of(component)
            found = [(node, self._derived(node, [*entering, *inner])) for node in doubted]
            self.program.iterate(component, inner, [(node, rows) for node, rows in found if len(rows)])
            for node in doubted:
                rows = minus(self.doubtful[id(node)], node.rows)
                if len(rows):
                    gone.append((node, rows))
        return gone

    def _derived(self, node: Node, operators: list[Operator]) -> Rows:
        """The doubtful rows of a node that are given, or follow at one step from what holds now."""
        rows = self.doubtful[id(node)]
        found = self._given(node, rows)
        into = [operator for operator in operators if operator.head is node]
        if node.transitive:
            into.append(Chain(node, (Role(node), Role(node))))
        for operator in into:
            open_rows = np.flatnonzero(~found)
            if not len(open_rows):
                break
            found[open_rows] = self._follows(operator, rows[open_rows])
        if node.symmetric:
            found |= within(rows, gather([swap(rows[found])]))
        return rows[found]

    def _given(self, node: Node, rows: Rows) -> Mask:
        found = np.zeros(len(rows), np.bool_)
        for name, flip in node.names:
            if node.is_class:
                found |= self.given(self.program.words["type"], pack(rows, np.int64(name)))  # type: ignore[arg-type]
            else:
                found |= self.given(name, swap(rows) if flip else rows)
        return found

    def _follows(self, operator: Operator, rows: Rows) -> Mask:
        if not all(len(read.rows) for read in operator.body):
            return np.zeros(len(rows), np.bool_)
        return operator.derives(rows)
