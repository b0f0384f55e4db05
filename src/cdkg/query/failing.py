"""The smallest part of a group graph pattern that has no solution.

A group is a conjunction: it fails when some of its members fail together. Members alone come first, then pairs that
share a variable; else members are left out one by one for as long as the rest still fails. Members that share no
variable are never asked together, so no cross product is made.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from cdkg.query.asking import Asked
from cdkg.query.syntax import Bind, Filter, Group, InGraph, Minus, Optional, Part, Pattern, Select, Union, Values

#: Seconds for the pairs; what is found after that is minimal, but perhaps not the smallest.
_PATIENCE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Member:
    """A part of a conjunction, and the graphs (as written, the innermost last) that it stands in."""

    part: Part
    graphs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The part as the query has it, in its GRAPH."""
        return f"GRAPH {self.graphs[-1]} {{ {self.part.text} }}" if self.graphs else self.part.text

    @property
    def sparql(self) -> str:
        """The part as a group of its own, or, where it says something about others, as it is."""
        text = self.part.rewritten()
        if not self.graphs or isinstance(self.part, Filter | Bind | Values):
            return text
        return f"GRAPH {self.graphs[-1]} {{ {text} }}"

    @property
    def names(self) -> set[str]:
        """All variables that it mentions."""
        return mentioned(self.part) | {graph[1:] for graph in self.graphs if graph.startswith("?")}

    @property
    def gives(self) -> set[str]:
        """The variables that it may bind."""
        return set(self.part.visible()) | {graph[1:] for graph in self.graphs if graph.startswith("?")}

    @property
    def needs(self) -> set[str]:
        """The variables without which it means nothing."""
        if isinstance(self.part, Bind):
            return set(self.part.value.names)
        return self.names if isinstance(self.part, Filter | Minus) else set()


def mentioned(part: Part) -> set[str]:
    """All variables that a part mentions; those of ours for blank nodes too."""
    return {*re.findall(r"[?$](\w+)", part.text), *part.visible()}


def members(group: Group, outside: Collection[str], graphs: tuple[str, ...] = ()) -> list[Member]:
    """The members of a group, with those of the groups in it where that changes nothing.

    Args:
        group: The group.
        outside: The variables that stand somewhere else in the query.
        graphs: The graphs that it stands in.
    """
    found: list[Member] = []
    for part in group.parts:
        others = {name for other in group.parts if other is not part for name in mentioned(other)}.union(outside)
        if isinstance(part, Optional):
            if not (part.body.visible().keys() & others) - _bound_by_others(part, group):
                continue  # binds what nobody else looks at, so nothing fails for it
            found.append(Member(part, graphs))
        elif isinstance(part, Group | InGraph) and _is_flat(inner := body_of(part), others):
            within = (*graphs, part.name) if isinstance(part, InGraph) else graphs
            found += members(inner, others, within)
        else:
            found.append(Member(part, graphs))
    return found


def body_of(part: Group | InGraph | Select) -> Group:
    """The group that a part is, or has."""
    return part if isinstance(part, Group) else part.body


def _bound_by_others(part: Part, group: Group) -> set[str]:
    return {name for other in group.parts if other is not part for name in other.certain()}


def _is_flat(group: Group, outside: Collection[str]) -> bool:
    """Whether the parts of a group mean the same outside of its braces."""
    names = group.visible().keys()
    return bool(group.parts) and all(
        isinstance(part, Pattern | Values)
        or (isinstance(part, Filter) and not part.condition.exists and part.condition.names <= names)
        or (isinstance(part, Optional) and not (part.visible().keys() & set(outside)) - group.certain())
        or (isinstance(part, Group | InGraph) and _is_flat(body_of(part), outside))
        for part in group.parts
    )


@dataclass(frozen=True, slots=True)
class Conjunction:
    """The members of a group, and which of them were found to have a solution together."""

    asked: Asked
    members: list[Member]
    _known: dict[frozenset[Member], bool] = field(default_factory=dict)

    def smallest(self) -> list[list[Member]]:
        """The smallest sets of members without a solution: all that fail alone, or else one pair or larger set."""
        alone = [[member] for member in self.members if not self.holds([member])]
        if alone or self.holds(self.members):
            return alone
        end = time.monotonic() + _PATIENCE
        for pair in combinations(self.members, 2):
            if time.monotonic() > end:
                break
            if not self.holds(pair):
                return [list(pair)]
        return [self._shrunk()]

    def holds(self, chosen: Iterable[Member]) -> bool:
        """Whether these have a solution together; left out is what is said about variables that none of them binds."""
        return all(self._ask(part) for part in _connected(self._meaningful(chosen)))

    def _shrunk(self) -> list[Member]:
        """Leave out members, the last first, for as long as the others still fail."""
        failing = self.members
        for member in self.members[::-1]:
            rest = [other for other in failing if other is not member]
            if not self.holds(rest):
                failing = rest
        return self._meaningful(failing)

    def _meaningful(self, chosen: Iterable[Member]) -> list[Member]:
        chosen = list(chosen)
        bound = {name for member in self.members for name in member.gives}
        missing = bound - {name for member in chosen for name in member.gives}
        kept = [member for member in chosen if not member.needs & missing]
        return kept if len(kept) == len(chosen) else self._meaningful(kept)

    def _ask(self, chosen: list[Member]) -> bool:
        key = frozenset(chosen)
        if key not in self._known:
            where = f"{{ {' '.join(member.sparql for member in chosen)} }}"
            self._known[key] = next(self.asked.solutions((), where), None) is not None
        return self._known[key]


def _connected(chosen: list[Member]) -> list[list[Member]]:
    """The members in sets that share no variable, each in the order of the query."""
    found: list[tuple[set[str], list[Member]]] = []
    for member in chosen:
        names = set(member.names)
        joined = [part for part in found if part[0] & names]
        for part in joined:
            found.remove(part)
            names |= part[0]
        order = [other for other in chosen if other is member or any(other in part[1] for part in joined)]
        found.append((names, order))
    return [part for _, part in found]


def failures(asked: Asked, select: Select, graphs: tuple[str, ...] = ()) -> Iterator[tuple[Conjunction, list[Member]]]:
    """The conjunctions of a query that fail, each with the smallest sets of its members that fail together."""
    data = [Member(select.data)] if select.data and not select.aggregated else []
    yield from _failures(asked, select.body, graphs, data)


def _failures(
    asked: Asked, group: Group, graphs: tuple[str, ...], data: list[Member]
) -> Iterator[tuple[Conjunction, list[Member]]]:
    whole = Conjunction(asked, [*members(group, (), graphs), *data])
    sets = whole.smallest()
    if not sets and not Conjunction(asked, [Member(group, graphs), *data]).holds([Member(group, graphs), *data]):
        sets = [whole.members]  # it lies in how the parts stand together, as with filters on what OPTIONAL leaves open
    for together in sets:
        inner = list(_inside(asked, together[0])) if len(together) == 1 else []
        yield from inner or [(whole, together)]


def _inside(asked: Asked, member: Member) -> Iterator[tuple[Conjunction, list[Member]]]:
    """What fails in a part that fails alone: in each branch of UNION, in a group, or in a sub-query."""
    part = member.part
    if isinstance(part, Union):
        for branch in part.branches:
            yield from _failures(asked, branch, member.graphs, [])
    elif isinstance(part, Select):
        yield from failures(asked, part, member.graphs)
    elif isinstance(part, Group | InGraph):
        graphs = (*member.graphs, part.name) if isinstance(part, InGraph) else member.graphs
        yield from _failures(asked, part.body if isinstance(part, InGraph) else part, graphs, [])
