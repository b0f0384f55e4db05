"""What check queries have found, kept while graphs change: only what an edit may have changed is asked again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store, Triple

from cdkg.reasoning.rules.rule import Kind, Read
from cdkg.validation.checks import Check, CheckRow, distinct

#: The rows of a check by the named graph that each comes from; None where they cannot be told apart.
Parts = dict[NamedNode | None, list[CheckRow]]


class Kept:
    """A dataset for check queries, and the rows that they have found in it.

    Args:
        store: What they read.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._parts: dict[Check, Parts] = {}
        self._stale: dict[Check, set[NamedNode]] = {}

    def change(self, graph: NamedNode | None, came: AbstractSet[Triple], gone: AbstractSet[Triple]) -> None:
        """Change a named graph, or the default graph, and forget what checks have found in what they read of it."""
        name = graph or DefaultGraph()
        self.store.extend(Quad(t.subject, t.predicate, t.object, name) for t in came)
        for triple in gone:
            self.store.remove(Quad(triple.subject, triple.predicate, triple.object, name))
        kinds = {Kind.of(triple) for triple in (*came, *gone)}
        for check in [check for check in self._parts if _is_concerned(check, graph, kinds)]:
            if graph is not None and None not in self._parts[check]:
                self._stale.setdefault(check, set()).add(graph)
            else:
                self._parts.pop(check)
                self._stale.pop(check, None)

    def news(self, check: Check) -> Parts:
        """What a check finds in the parts of the dataset where that is not known.

        Raises:
            ShapesError: It cannot be run.
        """
        if check not in self._parts:
            return check.parts(self.store)
        found: Parts = {}
        for graph in self._stale.get(check, ()):
            found[graph] = check.parts(self.store, graph).get(graph, [])
        return found

    def learn(self, news: Mapping[Check, Parts]) -> None:
        """Take up what checks have found."""
        for check, parts in news.items():
            self._parts[check] = self._parts.get(check, {}) | parts
            self._stale.pop(check, None)

    def rows(self, checks: Iterable[Check]) -> list[list[CheckRow]]:
        """All rows of each check."""
        return [distinct(row for rows in self._parts[check].values() for row in rows) for check in checks]


def _is_concerned(check: Check, graph: NamedNode | None, kinds: AbstractSet[Kind]) -> bool:
    """Whether a check may find something else when triples of these kinds come to a graph, or go."""
    select = check.select
    if select is None:
        return True
    reads: list[Read] = [read for read in select.reads if read.in_graph == (graph is not None)]
    return any(read.kind.meets(kind) for read in reads for kind in kinds)
