"""All proofs of a fact that are not circular, those with the fewest steps first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from cdkg.reasoning.proofs.join import Code
from cdkg.reasoning.proofs.search import NO_PROOF, Outside, Search
from cdkg.reasoning.proofs.steps import Step, Steps

#: The nodes of a proof, each before those it rests on: facts with their steps (None: asserted).
Preorder = list[tuple[Code, Step | None]]

#: How many steps to one fact are tried.
_MOST_STEPS: Final = 1000

#: How much more work than for a shortest proof is done before the next one is given up.
_PATIENCE: Final = 4

#: By how much the estimate of what a part costs may be rougher than the cost of a shortest proof.
_ROUGHER: Final = 50


class _Above(NamedTuple):
    """The facts that a fact stands below, the nearest first."""

    fact: Code
    above: _Above | None


class _Open(NamedTuple):
    """The facts that an unfinished proof still has to prove; `least` is what it reckons with for the first."""

    fact: Code
    least: int
    above: _Above | None
    others: _Open | None


class _Done(NamedTuple):
    """The nodes of an unfinished proof, the last first."""

    fact: Code
    step: Step | None
    before: _Done | None


class Alternatives:
    """Puts proofs together from the top down, best first (A*), with the cost of shortest proofs as the estimate."""

    def __init__(self, search: Search, steps: Steps, outside: Outside) -> None:
        self._search = search
        self._steps = steps
        self._outside = outside
        self._estimates: dict[Code, int] = {}
        self._known: dict[Code, list[Step]] = {}

    def of(self, goal: Code) -> Iterator[Preorder]:
        """Yield the proofs of a fact whose last step is a rule, also of an asserted one; below it these are leaves."""
        start: tuple[int, int, _Open | None, _Done | None] = (1, 0, _Open(goal, 1, None, None), None)
        queue = [start]
        pushed, started = 0, self._search.work
        while queue and self._search.work - started < _PATIENCE * self._search.budget:
            cost, _, open_facts, done = heapq.heappop(queue)
            first, done = self._next(open_facts, done)
            if first is None:
                started = self._search.work
                yield _in_order(done)
                continue
            for more, others, last in self._continued(first, done):
                pushed += 1
                self._search.looked_at(1)
                heapq.heappush(queue, (cost + more, pushed, others, last))

    def _next(self, first: _Open | None, done: _Done | None) -> tuple[_Open | None, _Done | None]:
        """Closes what is asserted, but for the goal itself, up to the first fact that has still to be proved."""
        while first is not None and first.above is not None and self._search.known(first.fact) == 0:
            done = _Done(first.fact, None, done)
            first = first.others
        return first, done

    def _continued(self, first: _Open, done: _Done | None) -> Iterator[tuple[int, _Open | None, _Done | None]]:
        """The ways to go on with a proof at its first open fact: by how much each costs more at least, and how."""
        if first.above is not None:
            cost = self._estimate(first.fact)
            if cost == NO_PROOF:
                return
            if cost > first.least:
                yield cost - first.least, first._replace(least=cost), done
                return
        above = _Above(first.fact, first.above)
        forbidden = set(_facts(above))
        for step in self._steps_to(first.fact):
            if forbidden.isdisjoint(step.premises):
                others, least = first.others, 1
                for premise in reversed(step.premises):
                    expected = self._search.least(premise)
                    others, least = _Open(premise, expected, above, others), least + expected
                yield least - first.least, others, _Done(first.fact, step, done)

    def _estimate(self, fact: Code) -> int:
        cost = self._estimates.get(fact)
        if cost is None:
            cost = self._estimates[fact] = self._search.cost(fact, self._search.budget // _ROUGHER)
        return cost

    def _steps_to(self, fact: Code) -> list[Step]:
        found = self._known.get(fact)
        if found is None:
            found = list(islice(self._steps.of(fact, given=False), _MOST_STEPS))
            other = self._outside(fact)
            if other is not None and other not in found:
                found.append(other)
            self._known[fact] = found
        return found


def _facts(above: _Above | None) -> Iterator[Code]:
    while above is not None:
        yield above.fact
        above = above.above


def _in_order(done: _Done | None) -> Preorder:
    nodes: Preorder = []
    while done is not None:
        nodes.append((done.fact, done.step))
        done = done.before
    return nodes[::-1]
