"""Where an asserted triple comes from: the graph, the line of its file, the passage and its document."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.errors import Location
from cdkg.graph import KnowledgeGraph, NamedGraph
from cdkg.sources.written import Writings
from cdkg.vocabulary import CD, PREFIXES, RDFS_LABEL, Term

_PART_OF: Final = NamedNode(PREFIXES["dcterms"] + "isPartOf")
_LOCATOR: Final = NamedNode(CD + "locator")


@dataclass(frozen=True, slots=True)
class Origin:
    """One place that asserts a triple.

    Attributes:
        graph: The named graph.
        place: File, line and column, as far as they are known; None for a graph without a file.
        locator: Where in its document the passage stands (`Table 1`); empty where the graph is no passage.
        document: The document that the passage is part of.
        title: The title of the document.
    """

    graph: NamedNode
    place: Location | None
    locator: str = ""
    document: NamedNode | None = None
    title: str = ""


class Origins:
    """Finds the origins of the asserted triples of a graph."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph
        self._writings = Writings()

    def of(self, triple: Triple) -> tuple[Origin, ...]:
        """Every place that asserts `triple`; none when nobody does."""
        return tuple(self._origin(graph, index) for graph, index in self._holders.get(triple, ()))

    def _origin(self, graph: NamedGraph, index: int) -> Origin:
        document = self._value(graph.iri, _PART_OF)
        locator = self._value(graph.iri, _LOCATOR)
        title = self._value(document, RDFS_LABEL) if document else None
        return Origin(
            graph.iri,
            self._place(graph, index),
            locator.value if isinstance(locator, Literal) else "",
            document if isinstance(document, NamedNode) else None,
            title.value if isinstance(title, Literal) else "",
        )

    def _place(self, graph: NamedGraph, index: int) -> Location | None:
        """Where a triple stands in the file of its graph."""
        path = graph.path
        if path is None:
            return None
        if path.suffix.lower() in {".nt", ".nq"} and path.is_file():  # such files are large: searched, not read
            line = _line_of(path, graph.triples[index])
            if line is not None:
                return Location(str(path), line)
        return self._writings.of(graph, index)

    def _value(self, subject: Term, predicate: NamedNode) -> Term | None:
        return next((t.object for t in self._about.get(subject, ()) if t.predicate == predicate), None)

    @cached_property
    def _holders(self) -> dict[Triple, list[tuple[NamedGraph, int]]]:
        """The graphs that hold a triple, and which it is there; where one says it twice, the first."""
        found: dict[Triple, list[tuple[NamedGraph, int]]] = defaultdict(list)
        for graph in self._graph.asserted():
            for index, triple in enumerate(graph.triples):
                holders = found[triple]
                if not holders or holders[-1][0] is not graph:
                    holders.append((graph, index))
        return found

    @cached_property
    def _about(self) -> dict[Term, list[Triple]]:
        """What passages and documents say of themselves: all that a locator or a title is read from."""
        found: dict[Term, list[Triple]] = defaultdict(list)
        for triple in self._holders:
            if triple.predicate in {_PART_OF, _LOCATOR, RDFS_LABEL}:
                found[triple.subject].append(triple)
        return found


def _line_of(path: Path, triple: Triple) -> int | None:
    """The line of a triple in N-Triples or N-Quads that are written in the canonical way, else None."""
    data = _bytes(path, path.stat().st_mtime_ns)
    text = f"{triple.subject} {triple.predicate} {triple.object} ".encode()
    at = 0 if data.startswith(text) else data.find(b"\n" + text)
    return data.count(b"\n", 0, at + 1) + 1 if at >= 0 else None


@lru_cache(maxsize=1)
def _bytes(path: Path, _changed: int) -> bytes:
    return path.read_bytes()
