"""The search for shortest proofs: Knuth's generalisation of Dijkstra's algorithm, from the goal backwards.

The facts and the steps between them are a directed hypergraph; a proof of a fact costs one more than the proofs of
the premises of its last step together. The graph is explored lazily: first what a proof of lower cost could rest on.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from cdkg.reasoning.proofs.join import Code
from cdkg.reasoning.proofs.steps import Facts, Step, Steps
from cdkg.reasoning.proofs.walks import Walks

#: The cost of what has no proof, or none that is known.
NO_PROOF: Final = 2**60

#: How many steps to a fact are taken up at a time.
_CHUNK: Final = 32

#: What else gives a fact: a step, or None.
Outside = Callable[[Code], Step | None]


@dataclass(slots=True)
class _Node:
    """A fact met on the search. `reach`: what a proof of the goal costs at least beside the proof of this."""

    reach: int
    chunks: Iterator[tuple[int, list[tuple[Code, Step]]]]
    cost: int = NO_PROOF
    step: Step | None = None
    used: list[tuple[Code, Step]] = field(default_factory=list)


class Search:
    """Shortest proofs of facts, each remembered with those of all facts that it rests on."""

    def __init__(self, facts: Facts, steps: Steps, outside: Outside, budget: int) -> None:
        self._facts = facts
        self._steps = steps
        self._walks = Walks(facts, steps)
        self._outside = outside
        self.budget = budget
        self._work = 0
        self._best: dict[Code, tuple[int, Step | None]] = {}

    def cost(self, fact: Code, budget: int | None = None) -> int:
        """How many steps the shortest proof of a fact has; NO_PROOF where there is none.

        Past the budget it is the cost of the best proof found so far: of the first, if need be. With a budget other
        than the usual one such a proof is not remembered.
        """
        known = self.known(fact)
        if known is not None:
            return known
        run = _Run(self, fact, self.budget if budget is None else budget)
        if run.exact or budget is None:
            self._best |= run.proof()
        return run.cost

    def known(self, fact: Code) -> int | None:
        """The same where it is known already: of asserted facts, and those a search has settled."""
        found = self._best.get(fact)
        if found is None and self._facts.given(*fact):
            found = self._best[fact] = (0, None)
        return found[0] if found else None

    def least(self, fact: Code) -> int:
        """What a proof of a fact costs at least, without a search."""
        known = self.known(fact)
        return 1 if known is None else known

    def step(self, fact: Code) -> Step | None:
        """The last step of the shortest proof of a fact; None where it is asserted, or has no proof."""
        return self._best[fact][1] if self.cost(fact) < NO_PROOF else None

    @property
    def work(self) -> int:
        """How many steps and edges were looked at so far."""
        return self._work + self._walks.work

    def looked_at(self, steps: int) -> None:
        """Count work."""
        self._work += steps

    def chunks(self, goal: Code) -> Iterator[tuple[int, list[tuple[Code, Step]]]]:
        """Yield facts with steps to them, some at a time, and what a proof of `goal` by later ones costs at least.

        The steps to `goal` from asserted data come first, then the one from outside, for it may be as short, then those
        to all facts on a walk, then the other steps to `goal`.
        """
        seen: set[Step] = set()
        steps = self._steps.of(goal, given=True)
        while chunk := list(islice(steps, _CHUNK)):
            seen.update(chunk)
            yield 1, [(goal, step) for step in chunk]
        other = self._outside(goal)
        yield 2, [(goal, other)] if other else []
        yield 2, list(self._walks.steps(goal))
        steps = (step for step in self._steps.of(goal, given=False) if step not in seen)
        while chunk := list(islice(steps, _CHUNK)):
            yield 2, [(goal, step) for step in chunk]


class _Run:
    """One search, best first: a fact is looked at when a proof of the goal that costs so little may rest on it."""

    def __init__(self, search: Search, goal: Code, budget: int) -> None:
        self._search = search
        self._goal = goal
        self._nodes: dict[Code, _Node] = {}
        self._queue: list[tuple[int, int, int, Code]] = []
        self._pushed = 0
        self._end = search.work + budget
        self._meet(goal, 0)
        self.exact = self._go()
        self.cost = self._nodes[goal].cost

    def proof(self) -> dict[Code, tuple[int, Step | None]]:
        """The facts of the proof that was found, each with its cost and last step, but for those known before."""
        if self.cost == NO_PROOF:
            return {self._goal: (NO_PROOF, None)}
        found: dict[Code, tuple[int, Step | None]] = {}
        stack = [self._goal]
        while stack:
            fact = stack.pop()
            node = self._nodes.get(fact)
            if node is not None and node.step is not None and fact not in found:
                found[fact] = (node.cost, node.step)
                stack.extend(node.step.premises)
        return found

    def _go(self) -> bool:
        """Look at one fact after the other; whether to the end: until no shorter proof is left."""
        goal = self._nodes[self._goal]
        while self._queue:
            _, _, least, fact = heapq.heappop(self._queue)
            if least >= goal.cost:
                return True
            if goal.cost < NO_PROOF and self._search.work > self._end:
                return False
            node = self._nodes[fact]
            if node.cost <= least - node.reach:
                continue
            later, steps = next(node.chunks, (NO_PROOF, []))
            self._search.looked_at(1 + len(steps))
            if later < NO_PROOF:
                self._push(fact, node.reach + later)
            for head, step in steps:
                self._take_up(head, step)
        return True

    def _push(self, fact: Code, least: int) -> None:
        """Queue a fact by the least cost of a proof of the goal by way of it; past the budget the last comes first."""
        self._pushed += 1
        key = least if self._search.work <= self._end else -self._pushed
        heapq.heappush(self._queue, (key, self._pushed, least, fact))

    def _meet(self, fact: Code, reach: int) -> None:
        node = self._nodes.get(fact)
        if node is None:
            self._nodes[fact] = _Node(reach, self._search.chunks(fact))
        elif reach < node.reach:
            node.reach = reach
        else:
            return
        self._push(fact, reach + 1)

    def _take_up(self, head: Code, step: Step) -> None:
        """Take up a step to a fact, unless it cannot make its proof shorter."""
        node = self._nodes.get(head)
        if node is None:  # on a walk, what is known already or not needed
            return
        known = [self._known(premise) for premise in step.premises]
        least = 1 + sum(1 if cost is None else cost for cost in known)
        if least >= node.cost:
            return
        for premise, cost in zip(step.premises, known, strict=True):
            if cost is None:
                self._meet(premise, node.reach + least - 1)
                self._nodes[premise].used.append((head, step))
        self._settle(head, step)

    def _settle(self, head: Code, step: Step) -> None:
        """Note what a fact costs by this step, and what that changes above it, the cheapest first."""
        changed = [(1 + sum(map(self._cost, step.premises)), 0, head, step)]
        pushed = 0
        while changed:
            _, _, head, step = heapq.heappop(changed)
            cost = 1 + sum(map(self._cost, step.premises))
            node = self._nodes[head]
            if cost >= node.cost:
                continue
            node.cost, node.step = cost, step
            for above, by in node.used:
                above_cost = 1 + sum(map(self._cost, by.premises))
                if above_cost < self._nodes[above].cost:
                    pushed += 1
                    heapq.heappush(changed, (above_cost, pushed, above, by))

    def _known(self, fact: Code) -> int | None:
        return None if fact in self._nodes else self._search.known(fact)

    def _cost(self, fact: Code) -> int:
        node = self._nodes.get(fact)
        return self._search.least(fact) if node is None else node.cost
