"""The store that closed-world rules read: the kinds of triples that some rule reads, and nothing else.

Making quads is the larger part of the work, whatever way they go in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pyoxigraph import NamedNode, Quad, Store, Triple

from cdkg.reasoning.rl.closure import Wanted
from cdkg.reasoning.rules.rule import constant
from cdkg.reasoning.rules.strata import Strata


class Reading:
    """The store that the rules read: of each graph, and of all in one, the kinds of triples that some rule reads."""

    def __init__(self, strata: Strata) -> None:
        self.store = Store()
        self._in_graph, self._outside = (strata.wanted(in_graph=inside) for inside in (True, False))

    def put(self, iri: NamedNode, triples: Iterable[Triple]) -> bool:
        """Put a named graph in place of the one of this name; return whether there is one more, or one less."""
        known = self.store.contains_named_graph(iri)
        self.store.remove_graph(iri)
        names = self._in_graph
        some = (t for t in triples if names is None or t.predicate.value in names)
        self.store.extend(Quad(t.subject, t.predicate, t.object, iri) for t in some)
        return self.store.contains_named_graph(iri) != known

    def fill(self, shown: Callable[[Wanted], Iterator[Quad]]) -> None:
        """Put what a closure shows of what is read into the default graph."""
        self.store.extend(shown(self._outside))

    def add(self, triples: Iterable[Triple]) -> None:
        """Add triples to the default graph."""
        self.store.extend(self._read_outside(triples))

    def remove(self, triples: Iterable[Triple]) -> None:
        """Take triples out of the default graph."""
        for quad in self._read_outside(triples):
            self.store.remove(quad)

    def _read_outside(self, triples: Iterable[Triple]) -> Iterator[Quad]:
        for triple in triples:
            objects = self._outside.get(triple.predicate.value, frozenset()) if self._outside is not None else None
            if objects is None or constant(triple.object) in objects:
                yield Quad(triple.subject, triple.predicate, triple.object)
