"""Walks of property paths, against a table of all distances."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, NamedNode, Quad, Triple

from cdkg.query.guard import inspect
from cdkg.query.reader import read
from cdkg.query.syntax import Alternative, Negated, Path, Pattern, Sequence, Step
from cdkg.query.walks import shortest_walk
from cdkg.vocabulary import Term
from random_queries import PATHS, QUADS, made_of

_PREFIX = "PREFIX x: <x:> "


@settings(max_examples=200, deadline=None)
@given(quads=QUADS, path=PATHS, ends=st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")))
def test_walks_are_as_short_as_can_be(quads: list[Quad], path: str, ends: tuple[str, str]) -> None:
    """A walk has as many triples as the shortest one that a table of all distances knows, and they are in the graph."""
    store = made_of(quads)
    begin, end = (NamedNode(f"x:{name}") for name in ends)
    query = read(inspect(f"{_PREFIX} ASK {{ x:{ends[0]} {path} x:{ends[1]} }}"))
    (pattern,) = query.select.body.parts
    assert isinstance(pattern, Pattern)
    predicate = Step(pattern.predicate) if isinstance(pattern.predicate, str) else pattern.predicate
    triples = {quad.triple for quad in quads}
    names = {text: NamedNode(text) for text in query.constants if text.startswith("x:")}
    walked = shortest_walk(store, predicate, begin, end, names, DefaultGraph())
    expected = _distances(predicate, triples, {begin, end}).get((begin, end))
    assert (None if walked is None else len(walked)) == expected
    assert triples.issuperset(walked or ())


_Distances = dict[tuple[Term, Term], int]


def _distances(path: Path, triples: set[Triple], ends: set[NamedNode]) -> _Distances:
    """How many triples lead from each term to each other: by the definition of paths, to a fixpoint."""
    match path:
        case Step():
            linked = [(t.subject, t.object) for t in triples if t.predicate == NamedNode(path.iri)]
            return {(b, a) if path.inverse else (a, b): 1 for a, b in linked}
        case Negated():
            ways = ((path.forward, False), (path.backward, True))
            steps: list[tuple[Term, Term]] = [
                (t.object, t.subject) if backwards else (t.subject, t.object)
                for without, backwards in ways
                for t in triples
                if without is not None and t.predicate.value not in without
            ]
            return dict.fromkeys(steps, 1)
        case Alternative():
            return _least(pair for one in path.paths for pair in _distances(one, triples, ends).items())
        case Sequence():
            found = _distances(path.paths[0], triples, ends)
            for one in path.paths[1:]:
                found = _joined(found, _distances(one, triples, ends))
            return found
    once = _distances(path.path, triples, ends)
    terms = ends | {term for t in triples for term in (t.subject, t.object)}
    found = _least([*once.items(), *(((term, term), 0) for term in terms if path.times != "+")])
    while path.times != "?" and (more := _least([*found.items(), *_joined(found, once).items()])) != found:
        found = more
    return found


def _joined(one: _Distances, other: _Distances) -> _Distances:
    return _least(((a, d), m + n) for (a, b), m in one.items() for (c, d), n in other.items() if b == c)


def _least(distances: Iterable[tuple[tuple[Term, Term], int]]) -> _Distances:
    found: _Distances = {}
    for pair, steps in distances:
        found[pair] = min(steps, found.get(pair, steps))
    return found
