"""The shortest walk of a property path (SPARQL 1.1 Query, section 9): the triples that lead from one term to another.

The path becomes a finite automaton (Thompson's construction), and the search goes breadth first over pairs of a term
and a state, so that it ends on cycles and finds a walk with the fewest triples.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store, Triple

from cdkg.query.syntax import Alternative, Negated, Path, Repeated, Sequence, Step
from cdkg.vocabulary import Term

#: A term and a state of the automaton.
_At = tuple[Term, int]


@dataclass(frozen=True, slots=True)
class _Automaton:
    """States 0 (begin) and 1 (end) and those between; each has its ways on, along a link or (None) without one."""

    ways: list[list[tuple[Step | Negated | None, int]]] = field(default_factory=lambda: [[], []])

    def add(self, path: Path, begin: int = 0, end: int = 1) -> _Automaton:
        """Let `path` lead from one state to another."""
        match path:
            case Step() | Negated():
                self.ways[begin].append((path, end))
            case Alternative():
                for one in path.paths:
                    self.add(one, begin, end)
            case Sequence():
                between = [self._state() for _ in path.paths[1:]]
                for one, a, b in zip(path.paths, [begin, *between], [*between, end], strict=True):
                    self.add(one, a, b)
            case Repeated():
                self._repeat(path, begin, end)
        return self

    def _repeat(self, path: Repeated, begin: int, end: int) -> None:
        if path.times == "?":
            self.add(path.path, begin, end).ways[begin].append((None, end))
            return
        loop = self._state()
        self.add(path.path, loop, loop).ways[loop].append((None, end))
        if path.times == "+":
            self.add(path.path, begin, loop)
        else:
            self.ways[begin].append((None, loop))

    def _state(self) -> int:
        self.ways.append([])
        return len(self.ways) - 1


def shortest_walk(
    store: Store, path: Path, begin: Term, end: Term, names: Mapping[str, Term], graph: NamedNode | DefaultGraph
) -> list[Triple] | None:
    """The triples of a shortest walk along `path`, in order; none where it needs no step; None where there is none.

    Args:
        store: Where to walk.
        path: The way.
        begin: The term to begin at.
        end: The term to come to.
        names: What the IRIs of the path, as written, stand for.
        graph: The graph to stay in.
    """
    automaton = _Automaton().add(path)
    goal = (end, 1)
    came: dict[_At, tuple[_At, Triple | None] | None] = {(begin, 0): None}
    steps = {(begin, 0): 0}
    queue: deque[tuple[int, _At]] = deque([(0, (begin, 0))])
    while queue:
        walked, here = queue.popleft()
        if here == goal:
            return _triples(came, goal)
        if walked > steps[here]:
            continue  # a shorter walk came here in the meantime
        term, state = here
        for link, on in automaton.ways[state]:
            moves = [(None, term)] if link is None else _moves(store, link, term, names, graph)
            for triple, reached in moves:
                there, length = (reached, on), walked + (triple is not None)
                if length < steps.get(there, length + 1):
                    steps[there] = length
                    came[there] = (here, triple)
                    (queue.appendleft if triple is None else queue.append)((length, there))
    return None


def _moves(
    store: Store, link: Step | Negated, term: Term, names: Mapping[str, Term], graph: NamedNode | DefaultGraph
) -> Iterator[tuple[Triple, Term]]:
    """The triples that a link may go along from a term, and where each leads."""
    predicate = names[link.iri] if isinstance(link, Step) else None
    forwards = not link.inverse if isinstance(link, Step) else link.forward is not None
    backwards = link.inverse if isinstance(link, Step) else link.backward is not None
    if forwards and not isinstance(term, Literal):
        without = {names[iri] for iri in link.forward or ()} if isinstance(link, Negated) else ()
        for quad in store.quads_for_pattern(term, predicate, None, graph):  # type: ignore[arg-type]
            if quad.predicate not in without:
                yield quad.triple, quad.object
    if backwards:
        without = {names[iri] for iri in link.backward or ()} if isinstance(link, Negated) else ()
        for quad in store.quads_for_pattern(None, predicate, term, graph):  # type: ignore[arg-type]
            if quad.predicate not in without:
                yield quad.triple, quad.subject


def _triples(came: Mapping[_At, tuple[_At, Triple | None] | None], goal: _At) -> list[Triple]:
    walked: list[Triple] = []
    step = came[goal]
    while step is not None:
        if step[1] is not None:
            walked.append(step[1])
        step = came[step[0]]
    return walked[::-1]
