"""From a node, property and value to the lines that state them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property

from pyoxigraph import NamedNode, Triple

from cdkg.errors import Location
from cdkg.graph import KnowledgeGraph, NamedGraph
from cdkg.sources import locate


class Places:
    """Finds where triples stand; what was inferred is led back to the asserted triples behind it."""

    def __init__(
        self, graph: KnowledgeGraph, asserted_behind: Callable[[Triple], Iterable[Triple]] | None = None
    ) -> None:
        self._graph = graph
        self._behind = asserted_behind

    @cached_property
    def _by_subject(self) -> dict[str, list[tuple[NamedGraph, Triple]]]:
        found: dict[str, list[tuple[NamedGraph, Triple]]] = defaultdict(list)
        for graph in self._graph.asserted():
            for triple in graph.triples:
                if graph.path and isinstance(triple.subject, NamedNode):
                    found[str(triple.subject)].append((graph, triple))
        return found

    def of_triple(self, triple: Triple) -> tuple[Location, ...]:
        """Every place that asserts the triple; for an inferred one, of the triples behind it."""
        direct = [(g, t) for g, t in self._by_subject.get(str(triple.subject), ()) if t == triple]
        if not direct and self._behind is not None:
            behind = [t for t in self._behind(triple) if t != triple]
            direct = [(g, s) for t in behind for g, s in self._by_subject.get(str(t.subject), ()) if s == t]
        return self._located(direct)

    def of_node(self, focus: str, path: str = "", value: str = "") -> tuple[Location, ...]:
        """The lines that state `path` (with `value`) of `focus`; where none does, the blocks of `focus`."""
        about = self._by_subject.get(focus, [])
        if path and value:
            exact = [(g, t) for g, t in about if str(t.predicate) == path and str(t.object) == value]
            if exact:
                return self._located(exact)
        if path:
            property_lines = [(g, t) for g, t in about if str(t.predicate) == path]
            if property_lines:
                return self._located(property_lines)
        return tuple(dict.fromkeys(Location(str(g.path), self._subject_line(g, t)) for g, t in about))

    @staticmethod
    def _subject_line(graph: NamedGraph, triple: Triple) -> int | None:
        position = locate(graph.path).get(triple) if graph.path else None
        return position.subject_line if position else None

    @staticmethod
    def _located(stated: Iterable[tuple[NamedGraph, Triple]]) -> tuple[Location, ...]:
        places: list[Location] = []
        for graph, triple in stated:
            position = locate(graph.path).get(triple) if graph.path else None
            places.append(Location(str(graph.path), *((position.line, position.column) if position else ())))
        return tuple(dict.fromkeys(places))
