"""Which triples came and went: asserted ones by graph, and what follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from pyoxigraph import NamedNode, Triple

from cdkg.changes.difference import Change, Inferred, Move, Statement
from cdkg.changes.states import State
from cdkg.graph import Role

#: So many inferences on each side are traced to what they rest on; to trace one takes 0.3 ms.
MOST_TRACED: Final = 2000


def statements(before: State, after: State) -> Change[Statement]:
    """The asserted triples, by graph, that only one of the states has."""
    return Change(tuple(_alone(before, after)), tuple(_alone(after, before)))


def _alone(mine: State, other: State) -> list[Statement]:
    found: list[Statement] = []
    for iri, triples in mine.triples.items():
        news = triples.keys() - other.triples.get(iri, {}).keys()
        found += [stated(mine, triple, iri) for triple in sorted(news, key=str)]
    return sorted(found, key=_in_order)


def stated(state: State, triple: Triple, graph: NamedNode) -> Statement:
    """A canonical triple of a graph, with its place."""
    place = state.place(state.triples[graph][triple], graph)
    return Statement(triple, graph, state.written[graph].role, place)


def _in_order(statement: Statement) -> tuple[str, int, str]:
    place = statement.place
    return (statement.graph.value, (place.line or 0) if place else 0, str(statement.triple))


def moved(change: Change[Statement]) -> tuple[Move, ...]:
    """The triples that left one graph and came into another; each of them once on either side."""
    came: dict[Triple, list[Statement]] = defaultdict(list)
    for statement in change.come:
        came[statement.triple].append(statement)
    return tuple(Move(gone, came[gone.triple].pop(0)) for gone in change.gone if came[gone.triple])


def inferences(before: State, after: State) -> Change[Inferred]:
    """What follows in one state and neither follows nor is asserted in the other."""
    return Change(_follows(before, after), _follows(after, before))


def _follows(mine: State, other: State) -> tuple[Inferred, ...]:
    inferred = {t for graph in mine.reasoned.graph.of(Role.INFERRED) for t in graph.triples}
    alone = sorted(inferred - other.reasoned.graph.union, key=_by_predicate)
    traced = [_traced(mine, other, triple) for triple in alone[:MOST_TRACED]]
    return (*traced, *(Inferred(triple, traced=False) for triple in alone[MOST_TRACED:]))


def _by_predicate(triple: Triple) -> tuple[str, str, str]:
    return (triple.predicate.value, str(triple.subject), str(triple.object))


def _traced(mine: State, other: State, triple: Triple) -> Inferred:
    inference = mine.reasoned.inference
    derivation = inference.derivation(triple) if inference else None
    if inference is None or derivation is None:
        return Inferred(triple)
    behind = inference.asserted_behind(triple)
    return Inferred(triple, derivation.rule, tuple(_only_here(mine, other, behind)))


def _only_here(mine: State, other: State, behind: Iterable[Triple]) -> list[Statement]:
    """Those of some asserted triples that the other state does not assert.

    Where it asserts all of them, those that it does not have in the same graph: some rules read in which graph a triple
    stands.
    """
    nowhere, elsewhere = list[Statement](), list[Statement]()
    for triple in map(mine.canonical, behind):
        only = [
            iri for iri, known in mine.triples.items() if triple in known and triple not in other.triples.get(iri, {})
        ]
        for graph in only[: None if triple in other.asserted else 1]:
            (elsewhere if triple in other.asserted else nowhere).append(stated(mine, triple, graph))
    return nowhere or elsewhere
