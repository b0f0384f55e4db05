"""Which of the things that are gone are those that are new, under another name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg.changes.difference import Change, Renamed, Statement, Sureness, Thing
from cdkg.vocabulary import Term

#: From this share of alike triples on, things of the same type are taken for the same.
_POSSIBLE: Final = 0.5
#: From this share on, that is likely.
_LIKELY: Final = 0.75
#: What so many things have says little about which of them is meant.
_MOST_BEARERS: Final = 50
#: A thing that is renamed changes what is said of its neighbours, so it is looked at again with the new names.
_MOST_ROUNDS: Final = 5

#: What is said of a thing: the way of the triple, its predicate, and its other end.
_Said = frozenset[tuple[str, str, str]]


def renames(
    gone: Mapping[str, frozenset[str]],
    come: Mapping[str, frozenset[str]],
    change: Change[Statement],
    before: Callable[[str], Thing],
    after: Callable[[str], Thing],
) -> list[Renamed]:
    """Pair things that are gone with new ones of which the same is said.

    Args:
        gone: The things that are gone, with their types.
        come: The new things, with their types.
        change: All statements gone and come: whatever is said of these things is among them.
        before: Tells a thing of the former state.
        after: Tells a thing of the latter.
    """
    said_now = _said((s.triple for s in change.come), come, {})
    names: dict[str, tuple[str, float]] = {}
    for _ in range(_MOST_ROUNDS):
        said_then = _said((s.triple for s in change.gone), gone, {old: new for old, (new, _) in names.items()})
        found = _paired(said_then, said_now, gone, come, before, after)
        if found == names:
            break
        names = found
    counted = Counter(said_now.values()), Counter(said_then.values()) if names else Counter()
    return [
        Renamed(before(old), after(new), _sureness(alike, said_now[new], counted, before(old), after(new)), alike)
        for old, (new, alike) in sorted(names.items())
    ]


def _said(triples: Iterable[Triple], wanted: Mapping[str, object], names: Mapping[str, str]) -> dict[str, _Said]:
    """What is said of each wanted thing, with the new names of what was renamed; itself is `self`."""
    found: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for triple in triples:
        s, o = _name(triple.subject, names), _name(triple.object, names)
        predicate = names.get(triple.predicate.value, triple.predicate.value)
        same = triple.subject == triple.object
        if isinstance(triple.subject, NamedNode) and triple.subject.value in wanted:
            found[triple.subject.value].add((">", predicate, "self" if same else o))
        if isinstance(triple.object, NamedNode) and triple.object.value in wanted and not same:
            found[triple.object.value].add(("<", predicate, s))
        if triple.predicate.value in wanted:
            found[triple.predicate.value].add(("-", s, o))
    return {iri: frozenset(said) for iri, said in found.items()}


def _name(term: Term, names: Mapping[str, str]) -> str:
    """The name of a term; a blank node's own name rests on all that it is part of, so it says nothing here."""
    if isinstance(term, NamedNode):
        return names.get(term.value, term.value)
    return "_:" if isinstance(term, BlankNode) else str(term)


def _paired(
    said_then: Mapping[str, _Said],
    said_now: Mapping[str, _Said],
    gone: Mapping[str, frozenset[str]],
    come: Mapping[str, frozenset[str]],
    before: Callable[[str], Thing],
    after: Callable[[str], Thing],
) -> dict[str, tuple[str, float]]:
    """The best new name for each old one, the surest pairs first; no name is given twice."""
    ranked = []
    for old, new in _candidates(said_then, said_now):
        if not gone[old] & come[new]:
            continue
        alike = len(said_then[old] & said_now[new]) / len(said_then[old] | said_now[new])
        if alike >= _POSSIBLE:
            same_label = before(old).label == after(new).label
            ranked.append((-alike, not same_label, old, new))
    found: dict[str, tuple[str, float]] = {}
    taken = set[str]()
    for alike, _, old, new in sorted(ranked):
        if old not in found and new not in taken:
            found[old] = (new, -alike)
            taken.add(new)
    return found


def _candidates(said_then: Mapping[str, _Said], said_now: Mapping[str, _Said]) -> Iterator[tuple[str, str]]:
    """Pairs that have something rare in common."""
    bearers: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for new, said in said_now.items():
        for feature in said:
            bearers[feature].append(new)
    for old, said in said_then.items():
        shared = {new for feature in said if len(bearers.get(feature, ())) <= _MOST_BEARERS
                  for new in bearers.get(feature, ())}  # fmt: skip
        yield from ((old, new) for new in sorted(shared))


def _sureness(
    alike: float, said: _Said, counted: tuple[Counter[_Said], Counter[_Said]], before: Thing, after: Thing
) -> Sureness:
    if alike == 1 and all(count[said] <= 1 for count in counted):
        return Sureness.CERTAIN
    same = before.label == after.label and before.types == after.types
    return Sureness.LIKELY if alike >= _LIKELY or (same and before.label) else Sureness.POSSIBLE
