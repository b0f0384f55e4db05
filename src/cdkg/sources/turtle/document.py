"""A text that was read: where each of its triples stands, and what is wrong with it."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Final, overload

from pyoxigraph import BlankNode, Triple

from cdkg.errors import Location
from cdkg.sources.text import read_bytes, suffix_of
from cdkg.sources.turtle.reader import read
from cdkg.sources.turtle.state import Fault, Reading, Span, Statement, Statements
from cdkg.sources.turtle.tokens import LINE_END
from cdkg.vocabulary import Term

#: Suffixes of files that can be read here, and their syntax; N3 is read as far as it is Turtle.
SYNTAXES: Final = {
    ".ttl": "turtle",
    ".n3": "turtle",
    ".trig": "trig",
    ".nt": "ntriples",
    ".nq": "nquads",
}
#: So many characters of documents are kept for the next who asks (each holds some thirty times their memory).
_KEPT_CHARACTERS: Final = 6_000_000


class Document:
    """A text, its triples in the order in which the parser gives them, and its faults.

    Attributes:
        text: The text.
        statements: Its triples as they are written.
        faults: Where it is not as its grammar asks; empty where it is valid.
    """

    def __init__(self, text: str, statements: Statements, faults: tuple[Fault, ...]) -> None:
        self.text, self.statements, self.faults = text, statements, faults

    def location(self, path: str, span: Span) -> Location:
        """The lines and columns of a span; CRLF, CR and LF end a line."""
        (line, column), (end_line, end_column) = self.place(span[0]), self.place(span[1])
        return Location(path, line, column, end_line, end_column)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column; the end of the text where they are behind it."""
        start = self._starts[line - 1] if 0 < line <= len(self._starts) else len(self.text)
        return min(start + column - 1, len(self.text))

    def of(self, triple: Triple) -> list[Statement]:
        """Where a triple without blank nodes is written; none for one that is not, or has blank nodes."""
        return [self.statements[index] for index in self._written.get(triple, ())]

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in LINE_END.finditer(self.text))]

    @cached_property
    def _written(self) -> dict[Triple, list[int]]:
        found: dict[Triple, list[int]] = defaultdict(list)
        for index, triple in enumerate(self.statements.triples):
            found[triple].append(index)
        return dict(found)


def read_document(text: str, base: str, syntax: str = "turtle") -> Document:
    """Read a text; a bad one has faults, and what could be read in spite of them.

    Args:
        text: The text.
        base: What relative IRIs are resolved against; empty: there is none.
        syntax: `turtle`, `trig`, `ntriples` or `nquads`.
    """
    reading = Reading(text, base, syntax)
    read(reading)
    faults = sorted(reading.faults, key=lambda fault: (fault.start, fault.end))
    return Document(text, reading.statements, tuple(faults))


def document_of(path: Path, base: str | None = None) -> Document:
    """Read a file by its suffix, with the IRI of the file as its base if none is given.

    The file is opened anew at each call; read again is only what has changed since. A byte order mark is passed over,
    and what is not UTF-8 is replaced.

    Raises:
        SourceError: The file cannot be opened.
    """
    data = read_bytes(path)
    syntax = SYNTAXES.get(suffix_of(path), "turtle")
    key = hashlib.blake2b(data).hexdigest(), base or path.resolve().as_uri(), syntax
    with _lock:
        if (known := _kept.pop(key, None)) is not None:
            _kept[key] = known  # the last that was asked for
            return known
    document = read_document(data.decode("utf-8-sig", errors="replace"), *key[1:])
    with _lock:
        _kept[key] = document
        while len(_kept) > 1 and sum(len(kept.text) for kept in _kept.values()) > _KEPT_CHARACTERS:
            del _kept[next(iter(_kept))]
    return document


_kept: dict[tuple[str, str, str], Document] = {}
_lock = Lock()

_Nameless = tuple[Term | None, Term, Term | None]


class Aligned(Sequence[Statement | None]):
    """The statements of some triples; each is made when it is asked for."""

    def __init__(self, written: Statements, indexes: Sequence[int | None]) -> None:
        self._written, self._indexes = written, indexes

    def __len__(self) -> int:
        return len(self._indexes)

    @overload
    def __getitem__(self, index: int) -> Statement | None: ...
    @overload
    def __getitem__(self, index: slice) -> Aligned: ...
    def __getitem__(self, index: int | slice) -> Statement | Aligned | None:
        if isinstance(index, slice):
            return Aligned(self._written, self._indexes[index])
        found = self._indexes[index]
        return None if found is None else self._written[found]


def aligned(triples: Sequence[Triple], document: Document, graph: str | None = None) -> Aligned:
    """The statement of each triple of a graph that the parser has read from the document, blank nodes and all.

    Args:
        triples: The triples in the order of the parser, duplicates included.
        document: The document.
        graph: The IRI of the graph in TriG and N-Quads; None for the default graph.
    """
    written = document.statements
    own = [index for index, name in enumerate(written.graphs) if name == graph]
    if len(own) == len(triples) and all(
        _alike(triple, written.triples[index]) for triple, index in zip(triples, own, strict=True)
    ):
        return Aligned(written, own)
    return Aligned(written, _by_names(triples, own, written))


def _alike(triple: Triple, other: Triple) -> bool:
    """Whether two triples are the same but for the names of blank nodes."""
    return triple == other or _nameless(triple) == _nameless(other)


def _by_names(triples: Sequence[Triple], own: Iterable[int], written: Statements) -> list[int | None]:
    """The statements of triples in another order: by what has a name in them, where that is written as often."""
    places_of: dict[_Nameless, list[int]] = defaultdict(list)
    asked: dict[_Nameless, list[int]] = defaultdict(list)
    for index in own:
        places_of[_nameless(written.triples[index])].append(index)
    for number, triple in enumerate(triples):
        asked[_nameless(triple)].append(number)
    found: list[int | None] = [None] * len(triples)
    for key, numbers in asked.items():
        places = places_of.get(key, [])
        if None not in key:
            places = places + places[-1:] * (len(numbers) - len(places))
        if len(places) >= len(numbers) and (None not in key or len(places) == len(numbers)):
            for number, place in zip(numbers, places, strict=False):
                found[number] = place
    return found


def _nameless(triple: Triple) -> _Nameless:
    """A triple with None in place of its blank nodes, and of what may hold some."""
    s, o = (None if isinstance(term, BlankNode | Triple) else term for term in (triple.subject, triple.object))
    return s, triple.predicate, o
