"""Where the triples of a named graph are written in its file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg.errors import Location, SourceError
from cdkg.graph import NamedGraph
from cdkg.sources.text import suffix_of
from cdkg.sources.xml_lines import Lines, xml_lines
from cdkg.vocabulary import Term

if TYPE_CHECKING:
    from cdkg.sources.turtle.document import Aligned, Document

_XML: Final = frozenset({".rdf", ".owl", ".xml"})


@dataclass(frozen=True, slots=True)
class Written:
    """Where a triple is written.

    Attributes:
        triple: Where its object stands, by which it can be told among the others of its subject; in XML the line of its
            element, or of its subject where there are several; where nothing is known, the file.
        predicate: Where its predicate stands; where that is not known, as `triple`.
        block: All that is said of its subject in one go, up to the full stop; in XML the line of the subject.
    """

    triple: Location
    predicate: Location
    block: Location


class Writings:
    """Finds where triples are written; each file is read once."""

    def __init__(self) -> None:
        self._aligned: dict[NamedNode, tuple[Document, Aligned]] = {}

    def of(self, graph: NamedGraph, index: int) -> Written:
        """Where a triple of a graph with a file is written.

        Args:
            graph: The graph; it must have a file.
            index: Which of its triples.
        """
        from cdkg.sources.turtle.document import SYNTAXES  # noqa: PLC0415  # its patterns take a while to make

        path = graph.path or Path()
        suffix = suffix_of(path)
        try:
            if suffix in SYNTAXES:
                return self._in_text(graph, index, path)
            if suffix in _XML:
                return _in_xml(graph, graph.triples[index], path)
        except (SourceError, OSError):  # it was there when it was read
            pass
        return _nowhere(path)

    def forget(self, graphs: Iterable[NamedNode]) -> None:
        """Read the files of these graphs anew when they are asked for next."""
        for iri in graphs:
            self._aligned.pop(iri, None)

    def _in_text(self, graph: NamedGraph, index: int, path: Path) -> Written:
        from cdkg.sources.turtle import aligned, document_of  # noqa: PLC0415  # as above

        known = self._aligned.get(graph.iri)
        if known is None:
            document = document_of(path, None if graph.iri.value.startswith("file:") else graph.iri.value)
            name = graph.iri.value if graph.iri.value in document.statements.graphs else None
            known = self._aligned[graph.iri] = document, aligned(graph.triples, document, name)
        document, statements = known
        statement = statements[index]
        if statement is None:
            return _nowhere(path)
        spans = (statement.object, statement.predicate, statement.block)
        return Written(*(document.location(str(path), span) for span in spans))


def _in_xml(graph: NamedGraph, triple: Triple, path: Path) -> Written:
    """The line of the property element when it is the only one of its subject, else that of the subject."""
    lines = xml_lines(path)
    owner = _owner(graph, triple.subject)
    if not isinstance(owner, NamedNode):
        return _nowhere(path)
    block = _line(path, lines, owner.value, "")
    exact = lines.get((owner.value, triple.predicate.value), []) if owner == triple.subject else []
    line = _line(path, lines, owner.value, triple.predicate.value) if len(exact) == 1 else block
    return Written(line, line, block)


def _nowhere(path: Path) -> Written:
    file = Location(str(path))
    return Written(file, file, file)


def _line(path: Path, lines: Lines, subject: str, predicate: str) -> Location:
    return Location(str(path), next(iter(lines.get((subject, predicate), [])), None))


def _owner(graph: NamedGraph, subject: Term) -> Term | None:
    """The named node that a blank node is part of, however deep; the node itself when it has a name."""
    seen: set[Term] = set()
    while isinstance(subject, BlankNode) and subject not in seen:
        seen.add(subject)
        subject = next((t.subject for t in graph.triples if t.object == subject), subject)
    return None if isinstance(subject, BlankNode) else subject
