"""Where the triples of a named graph are written in its file."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg.errors import Location, SourceError
from cdkg.graph import NamedGraph, Role
from cdkg.sources import sssom
from cdkg.sources.text import LineStarts, shown, suffix_of
from cdkg.sources.xml_lines import Lines, xml_lines
from cdkg.vocabulary import Term

_XML: Final = frozenset({".rdf", ".owl", ".xml"})


class Part(enum.Enum):
    """What of a triple is looked for.

    Attributes:
        TRIPLE: Its object, by which it can be told among the others of its subject; in XML the line of its element, or
            of its subject where there are several; where nothing is known, the file.
        PREDICATE: Its predicate; where that is not known, as `TRIPLE`.
        BLOCK: All that is said of its subject in one go, up to the full stop; in XML the line of the subject.
    """

    TRIPLE = "object"
    PREDICATE = "predicate"
    BLOCK = "block"


class Writings:
    """Finds where triples are written; each file is read once."""

    def __init__(self) -> None:
        self._texts: dict[NamedNode, _Text | _Table] = {}

    def of(self, graph: NamedGraph, index: int, part: Part = Part.TRIPLE) -> Location:
        """Where a triple of a graph with a file is written.

        Args:
            graph: The graph; it must have a file.
            index: Which of its triples.
            part: What of it.
        """
        text = self._texts.get(graph.iri)
        if text is not None:
            return text.location(index, part)
        path = graph.path or Path()
        try:
            if graph.role is Role.LINKS or _is_turtle(path):
                text = self._texts[graph.iri] = (_Table if graph.role is Role.LINKS else _Text)(graph, path)
                return text.location(index, part)
            if suffix_of(path) in _XML:
                return _in_xml(graph, graph.triples[index], path, part)
        except (SourceError, OSError):  # it was there when it was read
            pass
        return Location(str(path))

    def refresh(self) -> None:
        """Read anew what has changed since it was read, when it is asked for next."""
        for iri in [iri for iri, text in self._texts.items() if not text.is_fresh()]:
            del self._texts[iri]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:  # standard input, or gone
        return None
    return stat.st_mtime_ns, stat.st_size


def _is_turtle(path: Path) -> bool:
    from cdkg.sources.turtle.document import SYNTAXES  # noqa: PLC0415  # its patterns take a while to make

    return suffix_of(path) in SYNTAXES


class _Text:
    """A graph in Turtle or one of its kin, and where its triples are written.

    Raises:
        SourceError: The file cannot be opened.
    """

    def __init__(self, graph: NamedGraph, path: Path) -> None:
        from cdkg.sources.turtle import aligned, document_of  # noqa: PLC0415  # as above

        self._path, self._stamp = str(path), _stamp(path)
        self._document = document_of(path, None if graph.iri.value.startswith("file:") else graph.iri.value)
        name = graph.iri.value if graph.iri.value in self._document.statements.graphs else None
        self._statements = aligned(graph.triples, self._document, name)
        self._locations: dict[tuple[int, int], Location] = {}  # the triples of a block share its place

    def is_fresh(self) -> bool:
        """Whether the file is as it was."""
        return _stamp(Path(self._path)) == self._stamp

    def location(self, index: int, part: Part) -> Location:
        """Where a triple is written."""
        statement = self._statements[index]
        if statement is None:
            return Location(self._path)
        span = getattr(statement, part.value)
        found = self._locations.get(span)
        if found is None:
            found = self._locations[span] = self._document.location(self._path, span)
        return found


class _Table:
    """A graph of mappings, and in which cells its triples are written.

    Raises:
        SourceError: The file cannot be opened, or is not valid any more.
    """

    def __init__(self, graph: NamedGraph, path: Path) -> None:
        self._path, self._stamp = path, _stamp(path)
        text, statements = sssom.read_statements(path, graph.iri.value)
        if tuple(statement.triple for statement in statements) == graph.triples:
            self._statements = dict(enumerate(statements))
        else:  # triples of a snapshot, or a file that has changed: by what they say
            said = {statement.triple: statement for statement in reversed(statements)}
            self._statements = {i: said[triple] for i, triple in enumerate(graph.triples) if triple in said}
        self._lines = LineStarts(text)

    def is_fresh(self) -> bool:
        """Whether the file is as it was."""
        return _stamp(self._path) == self._stamp

    def location(self, index: int, part: Part) -> Location:
        """Where a triple is written."""
        statement = self._statements.get(index)
        if statement is None:
            return Location(shown(self._path))
        return self._lines.span(getattr(statement, part.value), shown(self._path))


def _in_xml(graph: NamedGraph, triple: Triple, path: Path, part: Part) -> Location:
    """The line of the property element when it is the only one of its subject, else that of the subject."""
    lines = xml_lines(path)
    owner = _owner(graph, triple.subject)
    if not isinstance(owner, NamedNode):
        return Location(str(path))
    exact = lines.get((owner.value, triple.predicate.value), []) if owner == triple.subject else []
    is_told = part is not Part.BLOCK and len(exact) == 1
    return _line(path, lines, owner.value, triple.predicate.value if is_told else "")


def _line(path: Path, lines: Lines, subject: str, predicate: str) -> Location:
    return Location(str(path), next(iter(lines.get((subject, predicate), [])), None))


def _owner(graph: NamedGraph, subject: Term) -> Term | None:
    """The named node that a blank node is part of, however deep; the node itself when it has a name."""
    seen: set[Term] = set()
    while isinstance(subject, BlankNode) and subject not in seen:
        seen.add(subject)
        subject = next((t.subject for t in graph.triples if t.object == subject), subject)
    return None if isinstance(subject, BlankNode) else subject
