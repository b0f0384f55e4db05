"""What check queries have found, kept while graphs change: only what an edit may have changed is asked again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from cdkg.nearest import Role as Use
from cdkg.nearest import may_change
from cdkg.reasoning.rules.relevance import Change, Changes
from cdkg.reasoning.rules.rule import Kind
from cdkg.validation.checks import Check, CheckRow, distinct
from cdkg.validation.terms import Key, nearest_names
from cdkg.vocabulary import Term

#: With more changes than this, only their kinds are looked at.
_MOST_CHANGES: Final = 1000

#: With more pairs of a name and a change than this, names are looked for again.
_MOST_COMPARED: Final = 100_000
#: With more parts of a check than this to ask for, all is asked at once.
_MOST_PARTS: Final = 100

#: The rows of a check by the focus or named graph that each is of; None where they cannot be told apart.
Parts = dict[Term | None, list[CheckRow]]


#: Names that are like undefined ones.
Names = dict[Key, tuple[str, ...]]


class Kept:
    """A dataset for check queries, and the rows that they have found in it.

    Args:
        store: What they read.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._parts: dict[Check, Parts] = {}
        self._stale: dict[Check, set[Term]] = {}
        #: Of undefined things the names that are like theirs.
        self._names: dict[Key, tuple[str, ...]] = {}
        self._came: list[Change] = []
        self._gone: list[Change] = []

    def change(self, graph: NamedNode | None, came: AbstractSet[Triple], gone: AbstractSet[Triple]) -> None:
        """Change a named graph, or the default graph."""
        name = graph or DefaultGraph()
        self.store.extend(Quad(t.subject, t.predicate, t.object, name) for t in came)
        for triple in gone:
            self.store.remove(Quad(triple.subject, triple.predicate, triple.object, name))
        self._came += [Change(triple, graph) for triple in came]
        self._gone += [Change(triple, graph) for triple in gone]

    def settle(self) -> None:
        """Forget what checks have found where it may be something else after the changes until now."""
        changes, known = [*self._came, *self._gone], Changes(self.store, self._gone)
        self._came, self._gone = [], []
        self._forget_names(changes)
        for check in list(self._parts):
            touched = _touched(check, changes, known)
            if touched is None:
                self._parts.pop(check)
                self._stale.pop(check, None)
            elif touched:
                self._stale.setdefault(check, set()).update(touched)
                if len(self._stale[check]) > _MOST_PARTS:
                    del self._parts[check], self._stale[check]

    def _forget_names(self, changes: list[Change]) -> None:
        """Forget names like those to which others may be nearer after these changes."""
        if len(changes) * len(self._names) > _MOST_COMPARED:
            self._names.clear()
        for triple in {change.triple for change in changes if change.graph is None and self._names}:
            for key in [key for key in self._names if may_change(key[0], triple)]:
                del self._names[key]

    def nearest(self, keys: Iterable[Key]) -> Names:
        """Names like those that nothing defines (see `nearest_names`); what is known is not looked for again."""
        wanted = list(keys)
        found = nearest_names(self.store, (key for key in wanted if key not in self._names))
        return {key: found[key] if key in found else self._names[key] for key in wanted}

    def news(self, check: Check) -> Parts:
        """What a check finds in the parts of the dataset where that is not known.

        Raises:
            ShapesError: It cannot be run.
        """
        if check not in self._parts:
            return check.parts(self.store)
        found: Parts = {}
        for part in self._stale.get(check, ()):
            found[part] = check.parts(self.store, part).get(part, [])
        return found

    def learn(self, news: Mapping[Check, Parts], names: Names | None = None) -> None:
        """Take up what checks have found, and names like undefined ones."""
        self._names |= {key: near for key, near in (names or {}).items() if key[1] is Use.THING}
        for check, parts in news.items():
            self._parts[check] = self._parts.get(check, {}) | parts
            self._stale.pop(check, None)

    def rows(self, checks: Iterable[Check]) -> list[list[CheckRow]]:
        """All rows of each check."""
        return [distinct(row for rows in self._parts[check].values() for row in rows) for check in checks]


def _touched(check: Check, changes: list[Change], known: Changes) -> set[Term] | None:
    """The parts of which a check may find something else; None where it may be all."""
    select = check.select
    if select is None:
        return None
    found: set[Term] = set()
    if len(changes) > _MOST_CHANGES:
        changes, kinds = [], {(Kind.of(change.triple), change.graph) for change in changes}
        for read in select.reads:
            met = {graph for kind, graph in kinds if read.in_graph == (graph is not None) and read.kind.meets(kind)}
            if met and (not select.by_graph or read.graph != select.part):
                return None
            found |= {graph for graph in met if graph is not None}
    for change in changes:
        for pattern, bound in known.relevant(select.body, change):
            part = bound.get(select.part) if select.part and not select.by_graph else None
            if select.by_graph and pattern.graph == select.part:
                part = change.graph
            if part is None or isinstance(part, Literal):  # the store writes numbers in a form of its own
                return None
            found.add(part)
    return found
