"""Where an asserted triple comes from: the graph, the line of its file, the passage and its document."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.errors import Location
from cdkg.graph import KnowledgeGraph, NamedGraph
from cdkg.sources.positions import Position, locate, locate_nameless, nameless
from cdkg.sources.xml_lines import xml_lines
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

    def of(self, triple: Triple) -> tuple[Origin, ...]:
        """Every place that asserts `triple`; none when nobody does."""
        return tuple(self._origin(graph, triple) for graph in self._holders.get(triple, ()))

    def _origin(self, graph: NamedGraph, triple: Triple) -> Origin:
        document = self._value(graph.iri, _PART_OF)
        locator = self._value(graph.iri, _LOCATOR)
        title = self._value(document, RDFS_LABEL) if document else None
        return Origin(
            graph.iri,
            _place(graph, triple),
            locator.value if isinstance(locator, Literal) else "",
            document if isinstance(document, NamedNode) else None,
            title.value if isinstance(title, Literal) else "",
        )

    def _value(self, subject: Term, predicate: NamedNode) -> Term | None:
        return next((t.object for t in self._about.get(subject, ()) if t.predicate == predicate), None)

    @cached_property
    def _holders(self) -> dict[Triple, list[NamedGraph]]:
        found: dict[Triple, list[NamedGraph]] = defaultdict(list)
        for graph in self._graph.asserted():
            for triple in dict.fromkeys(graph.triples):
                found[triple].append(graph)
        return found

    @cached_property
    def _about(self) -> dict[Term, list[Triple]]:
        """What passages and documents say of themselves: all that a locator or a title is read from."""
        found: dict[Term, list[Triple]] = defaultdict(list)
        for triple in self._holders:
            if triple.predicate in {_PART_OF, _LOCATOR, RDFS_LABEL}:
                found[triple.subject].append(triple)
        return found


def _place(graph: NamedGraph, triple: Triple) -> Location | None:
    """The place of a triple in the file of its graph; of one with blank nodes, the block that it stands in."""
    path = graph.path
    if path is None:
        return None
    suffix = path.suffix.lower() if path.is_file() else ""
    if suffix in {".ttl", ".n3"}:
        found = _position(path, graph, triple)
        return Location(str(path), *((found.line, found.column) if found else ()))
    if suffix in {".nt", ".nq"}:
        return Location(str(path), _line_of(path, triple))
    if suffix in {".rdf", ".owl", ".xml"}:
        return Location(str(path), _xml_line(path, graph, triple))
    return Location(str(path))


def _position(path: Path, graph: NamedGraph, triple: Triple) -> Position | None:
    """Where a triple stands in a Turtle file; among triples that differ in blank nodes alone, order decides."""
    try:
        key = nameless(triple)
        if None not in key:
            return locate(path).get(triple)
        alike = [t for t in graph.triples if t.predicate == triple.predicate and nameless(t) == key]
        positions = locate_nameless(path).get(key, [])
        return positions[alike.index(triple)] if len(alike) == len(positions) else None
    except (LookupError, ValueError):
        return None  # N3 that is not Turtle, or a file that changed since it was read


def _owner(graph: NamedGraph, subject: Term) -> Term | None:
    """The named node that a blank node is part of, however deep; the node itself when it has a name."""
    seen: set[Term] = set()
    while isinstance(subject, BlankNode) and subject not in seen:
        seen.add(subject)
        subject = next((t.subject for t in graph.triples if t.object == subject), subject)
    return None if isinstance(subject, BlankNode) else subject


def _line_of(path: Path, triple: Triple) -> int | None:
    """The line of a triple in N-Triples or N-Quads that are written in the canonical way, else None."""
    data = _bytes(path, path.stat().st_mtime_ns)
    text = f"{triple.subject} {triple.predicate} {triple.object} ".encode()
    at = 0 if data.startswith(text) else data.find(b"\n" + text)
    return data.count(b"\n", 0, at + 1) + 1 if at >= 0 else None


@lru_cache(maxsize=1)
def _bytes(path: Path, _changed: int) -> bytes:
    return path.read_bytes()


def _xml_line(path: Path, graph: NamedGraph, triple: Triple) -> int | None:
    """The line of the property element when it is the only one of its subject, else that of the subject."""
    lines = xml_lines(path)
    owner = _owner(graph, triple.subject)
    if not isinstance(owner, NamedNode):
        return None
    exact = lines.get((owner.value, triple.predicate.value), []) if owner == triple.subject else []
    return exact[0] if len(exact) == 1 else next(iter(lines.get((owner.value, ""), [])), None)
