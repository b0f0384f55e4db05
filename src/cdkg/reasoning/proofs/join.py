"""Solutions of the body of a rule over facts in integer codes, one variable at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from cdkg.reasoning.rl.columns import common
from cdkg.reasoning.rl.terms import Codes

#: A fact by codes; in a rule, `~i` (which is negative) stands for the variable number i.
Code = tuple[int, int, int]

#: Stands in a list of values for a variable that has none yet.
UNBOUND: Final = -1

#: How many candidates are turned into Python's integers at a time: nobody may want them all.
_PIECE: Final = 256

#: Atoms that are still to be met (by their number) and the values of the variables.
_State = tuple[tuple[int, ...], list[int]]


class View(NamedTuple):
    """The facts that an atom may be met by: all of the closure, or the asserted ones alone."""

    holds: Callable[[int, int, int], bool]
    objects: Callable[[int, int], Codes]
    subjects: Callable[[int, int], Codes]
    links: Callable[[int, int], Codes]


def value(term: int, values: Sequence[int]) -> int:
    """The code that a term of an atom stands for; UNBOUND while it is a variable without a value."""
    return term if term >= 0 else values[~term]


def ground(atom: Code, values: Sequence[int]) -> Code:
    """The fact that an atom becomes when all its variables have values."""
    s, p, o = atom
    return value(s, values), value(p, values), value(o, values)


def solutions(body: Sequence[Code], views: Sequence[View], values: list[int]) -> Iterator[list[int]]:
    """Yield the values of the variables under which each atom of `body` is a fact, in a fixed order.

    A variable is given values by the atoms in which only it is unbound, and first the one with the fewest
    candidates; so no large class is ever enumerated when anything narrower is known. An atom with neither its subject
    nor its object known is never enumerated: such a body has no solutions here.

    Args:
        body: The atoms.
        views: For each atom the facts that it may be met by.
        values: What is known already, UNBOUND for the rest; it is not changed.
    """
    stack: list[Iterator[_State]] = [iter([(tuple(range(len(body))), values)])]
    while stack:
        state = next(stack[-1], None)
        if state is None:
            stack.pop()
            continue
        unmet = _unmet(body, views, *state)
        if unmet is None:
            continue
        if unmet:
            stack.append(_branches(body, views, unmet, state[1]))
        else:
            yield state[1]


def _unmet(
    body: Sequence[Code], views: Sequence[View], left: tuple[int, ...], values: list[int]
) -> list[tuple[int, Code]] | None:
    """The atoms with unbound variables, as far as they are known; None when an atom without any is no fact."""
    unmet = []
    for number in left:
        fact = s, p, o = ground(body[number], values)
        if s < 0 or p < 0 or o < 0:
            unmet.append((number, fact))
        elif not views[number].holds(s, p, o):
            return None
    return unmet


def _branches(
    body: Sequence[Code], views: Sequence[View], unmet: list[tuple[int, Code]], values: list[int]
) -> Iterator[_State]:
    """The ways to give one more variable a value."""
    sources = _sources(body, views, unmet) or _links(body, views, unmet)
    if not sources:
        return
    variable = min(sources, key=lambda name: min(len(codes) for _, codes in sources[name]))
    narrow = sorted(sources[variable], key=lambda source: len(source[1]))
    candidates = narrow[0][1]
    for _, codes in narrow[1:]:
        candidates = common(candidates, codes)
    met = {number for number, _ in narrow}
    left = tuple(number for number, _ in unmet if number not in met)
    for start in range(0, len(candidates), _PIECE):
        for code in candidates[start : start + _PIECE].tolist():
            extended = values.copy()
            extended[~variable] = code
            yield left, extended


_Sources = dict[int, list[tuple[int, Codes]]]


def _sources(body: Sequence[Code], views: Sequence[View], unmet: list[tuple[int, Code]]) -> _Sources:
    """For each variable the candidates by each atom in which only it, as subject or object, is unbound."""
    sources: _Sources = {}
    for number, (s, p, o) in unmet:
        if p >= 0 and (s >= 0 or o >= 0):
            codes = views[number].objects(s, p) if s >= 0 else views[number].subjects(p, o)
            sources.setdefault(body[number][2 if s >= 0 else 0], []).append((number, codes))
    return sources


def _links(body: Sequence[Code], views: Sequence[View], unmet: list[tuple[int, Code]]) -> _Sources:
    """The same for an unbound predicate, which costs more to look up: only where there is nothing else."""
    for number, (s, _, o) in unmet:
        if s >= 0 and o >= 0:
            return {body[number][1]: [(number, views[number].links(s, o))]}
    return {}
