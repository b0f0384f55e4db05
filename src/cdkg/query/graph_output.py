"""Write triples as they come, and XML that every parser reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice
from typing import Final, Protocol

from pyoxigraph import Quad, RdfFormat, Triple, serialize

from cdkg.errors import NotAcceptableError
from cdkg.formats import Format
from cdkg.vocabulary import PREFIXES

#: So many triples are held at a time.
HELD: Final = 10_000

#: What XML 1.0 has no form for, not even escaped (section 2.2): control characters, U+FFFE and U+FFFF.
_NOT_IN_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_CONTROLS: Final = bytes(set(range(0x20)) - set(b"\t\n\r"))
_NAME_START: Final = (
    r"A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    r"\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
#: A name without colon at the end (Namespaces in XML 1.0, section 3).
_ENDS_IN_NAME: Final = re.compile(rf"[{_NAME_START}][{_NAME_START}\-.0-9\xb7\u0300-\u036f\u203f-\u2040]*\Z")
#: These terms are syntax of RDF/XML and no property elements (RDF 1.1 XML Syntax, section 5.1).
_SYNTAX_TERMS: Final = frozenset(
    PREFIXES["rdf"] + name
    for name in ("RDF", "ID", "about", "bagID", "parseType", "resource", "nodeID", "datatype", "Description",
                 "aboutEach", "aboutEachPrefix", "li")
)  # fmt: skip
_XMLNS: Final = "http://www.w3.org/2000/xmlns/"


class Writable(Protocol):
    """Takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Take some, and return how many."""

    def flush(self) -> object:
        """Send on what was taken."""


class XmlOutput:
    """Passes XML of the engine on: what XML cannot carry is refused, and a carriage return is escaped.

    The engine writes both as they are. A parser would not read the former, and would take the latter for a line feed.

    Args:
        out: Where it goes.
        name: The name of the format, for the error.
    """

    def __init__(self, out: Writable, name: str) -> None:
        self._out, self._name, self._last = out, name, b""

    def write(self, data: bytes) -> int:
        """Take some.

        Raises:
            NotAcceptableError: There is a character in it that XML cannot carry.
        """
        seen = self._last + bytes(data)  # a character may be cut in two
        suspect = b"\xef\xbf" in seen or len(seen.translate(None, _CONTROLS)) < len(seen)  # ten times quicker
        found = _NOT_IN_XML.search(seen) if suspect else None
        if found:
            raise NotAcceptableError(
                f"this answer cannot be written as {self._name}",
                why=f"XML cannot carry the character U+{ord(found[0].decode()):04X}, which a value has",
                hint="ask for JSON, Turtle or N-Triples",
            )
        self._last = seen[-2:]
        self._out.write(bytes(data).replace(b"\r", b"&#13;"))
        return len(data)

    def flush(self) -> None:
        """Send on what was taken."""
        self._out.flush()


def write_graph(triples: Iterable[Triple | Quad], out: Writable, form: Format) -> None:
    """Write triples, or quads where a format names graphs, as they come; prefixes that are used, sorted.

    Raises:
        NotAcceptableError: The format cannot carry one of them.
        OSError: It cannot be written there.
    """
    if form.writer in {RdfFormat.N_TRIPLES, RdfFormat.N_QUADS}:  # these have no prefixes
        serialize(triples, out, form.writer)  # type: ignore[arg-type]
        return
    rest = iter(triples)
    first = list(islice(rest, HELD))
    prefixes = _used_prefixes(first) if len(first) < HELD else PREFIXES
    if form.writer in {RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N3}:
        for part in _parts(first, rest, form, prefixes):
            out.write(part)
        return
    every: Iterator[Triple | Quad] = chain(first, rest)
    if form.writer == RdfFormat.RDF_XML:
        every, out = map(_with_property_elements, every), XmlOutput(out, form.name)
    elif form.writer == RdfFormat.JSON_LD:
        every = map(_without_triple_term, every)
    serialize(every, out, form.writer, prefixes=prefixes)  # type: ignore[arg-type]


def _used_prefixes(triples: list[Triple | Quad]) -> dict[str, str]:
    written = " ".join(f"{t.subject} {t.predicate} {t.object}" for t in triples)
    return {prefix: iri for prefix, iri in PREFIXES.items() if f"<{iri}" in written}


def _parts(
    first: list[Triple | Quad], rest: Iterator[Triple | Quad], form: Format, prefixes: dict[str, str]
) -> Iterator[bytes]:
    """Turtle or TriG, some triples at a time; the prefixes once, and sorted: the same graph is written the same."""
    some, is_first = first, True
    while some or is_first:
        lines = (serialize(some, format=form.writer, prefixes=prefixes) or b"").splitlines(keepends=True)  # type: ignore[arg-type]
        end = next((n for n, line in enumerate(lines) if not line.startswith(b"@prefix ")), len(lines))
        yield b"".join((sorted(lines[:end]) if is_first else []) + lines[end:])
        some, is_first = list(islice(rest, HELD)), False


def _with_property_elements(triple: Triple | Quad) -> Triple | Quad:
    """The triple, if RDF/XML has a name for its predicate, and for those of triple terms in it."""
    inner: object = triple
    while isinstance(inner, Triple):
        if not _is_property_element(inner.predicate.value):
            raise NotAcceptableError(
                "this answer cannot be written as rdfxml",
                why=f"the predicate <{inner.predicate.value}> does not end in a name of XML",
                hint="ask for Turtle, N-Triples or JSON-LD",
            )
        inner = inner.object
    return triple


@lru_cache(4096)
def _is_property_element(iri: str) -> bool:
    return not (iri in _SYNTAX_TERMS or iri.startswith(_XMLNS)) and bool(_ENDS_IN_NAME.search(iri))


def _without_triple_term(triple: Triple | Quad) -> Triple | Quad:
    """The triple, if JSON-LD 1.1 can carry it."""
    if isinstance(triple.object, Triple):
        raise NotAcceptableError(
            "this answer cannot be written as jsonld",
            why="JSON-LD cannot carry triple terms",
            hint="ask for Turtle or N-Triples",
        )
    return triple
