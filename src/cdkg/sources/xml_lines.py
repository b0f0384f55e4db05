"""On which lines an RDF/XML file speaks of what (RDF 1.1 XML Syntax, section 7): nodes and their properties."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urljoin
from xml.parsers import expat

from cdkg.vocabulary import PREFIXES

_RDF: Final = PREFIXES["rdf"]
_XML: Final = "http://www.w3.org/XML/1998/namespace"

#: (subject, predicate) → lines; under the predicate "" the lines where the node's element begins.
Lines = dict[tuple[str, str], list[int]]


def xml_lines(path: Path) -> Lines:
    """The lines of the nodes and properties of an RDF/XML file; as far as it is well-formed."""
    return _lines(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _lines(path: Path, _changed: int) -> Lines:
    reader = _Reader(path.resolve().as_uri())
    with path.open("rb") as file, suppress(expat.ExpatError):  # the syntax verdict is pyoxigraph's
        reader.parser.ParseFile(file)
    return reader.lines


class _Reader:
    """Follows the stripes of RDF/XML: a node element holds property elements, which hold node elements."""

    def __init__(self, base: str) -> None:
        self.lines: Lines = defaultdict(list)
        self._bases = [base]
        self._open: list[str | None] = []  # the subject of a node element; None for a property element
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        base = urljoin(self._bases[-1], attributes.get(f"{_XML} base", ""))
        self._bases.append(base)
        if name == f"{_RDF} RDF":
            return
        line = self.parser.CurrentLineNumber
        parent = self._open[-1] if self._open else None
        if parent is not None:  # a property element
            self.lines[parent, name.replace(" ", "")].append(line)
            self._open.append(None)
            return
        subject = _subject(attributes, base)
        self.lines[subject, ""].append(line)
        self._open.append(subject)

    def _end(self, name: str) -> None:
        self._bases.pop()
        if name != f"{_RDF} RDF":
            self._open.pop()


def _subject(attributes: dict[str, str], base: str) -> str:
    """The IRI of a node element; of a blank node something that is no IRI."""
    about, local = attributes.get(f"{_RDF} about"), attributes.get(f"{_RDF} ID")
    if about is not None:
        return urljoin(base, about)
    return f"{base.partition('#')[0]}#{local}" if local is not None else "_:"
