"""The one table of media types, suffixes and writers, for the command line and the server alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from pyoxigraph import QueryResultsFormat, RdfFormat

from cdkg.errors import Location, NotAcceptableError

_IRIS: Final = "http://www.w3.org/ns/formats/"


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write an answer: its name, media types (the first is sent), suffix, writer, and other names."""

    name: str
    media_types: tuple[str, ...]
    suffix: str
    writer: QueryResultsFormat | RdfFormat
    aliases: tuple[str, ...] = ()

    @property
    def media_type(self) -> str:
        """The media type to send, with its charset where the type is text."""
        return with_charset(self.media_types[0])

    @property
    def iri(self) -> str:
        """The IRI that stands for it (W3C, "Unique URIs for File Formats"); the engine has another one for JSON-LD."""
        return f"{_IRIS}JSON-LD" if self.writer == RdfFormat.JSON_LD else self.writer.iri


def with_charset(media_type: str) -> str:
    """A media type as it is sent: with its charset where the type is text."""
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


#: Answers of SELECT and ASK (SPARQL 1.1 Query Results JSON, XML, CSV and TSV).
SOLUTIONS: Final = (
    Format("json", ("application/sparql-results+json", "application/json"), ".srj", QueryResultsFormat.JSON),
    Format(
        "xml",
        ("application/sparql-results+xml", "application/xml", "text/xml"),
        ".srx",
        QueryResultsFormat.XML,
    ),
    Format("csv", ("text/csv",), ".csv", QueryResultsFormat.CSV),
    Format("tsv", ("text/tab-separated-values",), ".tsv", QueryResultsFormat.TSV),
)
_TURTLE: Final = Format(
    "turtle", ("text/turtle", "application/turtle", "application/x-turtle"), ".ttl", RdfFormat.TURTLE, ("ttl", "n3")
)
_NTRIPLES: Final = Format("ntriples", ("application/n-triples",), ".nt", RdfFormat.N_TRIPLES, ("nt",))
_JSONLD: Final = Format(
    "jsonld", ("application/ld+json", "application/json"), ".jsonld", RdfFormat.JSON_LD, ("json-ld", "json")
)
_NQUADS: Final = Format("nquads", ("application/n-quads",), ".nq", RdfFormat.N_QUADS, ("nq",))
_TRIG: Final = Format("trig", ("application/trig",), ".trig", RdfFormat.TRIG)
#: Answers of CONSTRUCT and DESCRIBE; the aliases are what SPARQLWrapper sends as `format`.
GRAPHS: Final = (
    _TURTLE,
    _NTRIPLES,
    _JSONLD,
    Format(
        "rdfxml",
        ("application/rdf+xml", "application/xml", "text/xml"),
        ".rdf",
        RdfFormat.RDF_XML,
        ("rdf+xml", "rdf", "xml"),
    ),
    _TRIG,
    _NQUADS,
)
#: RDF in files, read and written; the aliases are further suffixes and names that people use.
SYNTAXES: Final = (
    _TURTLE,
    _NTRIPLES,
    _NQUADS,
    _TRIG,
    Format("n3", ("text/n3",), ".n3", RdfFormat.N3),
    Format("rdfxml", ("application/rdf+xml",), ".rdf", RdfFormat.RDF_XML, ("owl", "xml", "rdf", "rdf+xml")),
    _JSONLD,
)
#: Answers of ASK. The recommendation has no CSV and TSV of them; here they are the bare word `true` or `false`.
BOOLEANS: Final = SOLUTIONS


def by_name(name: str, offered: tuple[Format, ...]) -> Format:
    """Return the format of this name, alias or media type.

    Raises:
        NotAcceptableError: This kind of answer cannot be written so.
    """
    for entry in sorted(offered, key=lambda entry: name != entry.name):  # what one is called before its other names
        if name == entry.name or name in entry.aliases or name in entry.media_types:
            return entry
    raise NotAcceptableError(
        f"no format {name!r} for this kind of answer", hint=f"one of {', '.join(f.name for f in offered)}"
    )


def by_media_type(media_type: str, offered: tuple[Format, ...]) -> Format:
    """Return the format with this media type.

    Raises:
        NotAcceptableError: This kind of answer cannot be written so.
    """
    for entry in offered:
        if media_type in entry.media_types:
            return entry
    raise NotAcceptableError(
        f"this answer cannot be written as {media_type}",
        hint=f"one of {', '.join(entry.media_types[0] for entry in offered)}",
    )


def by_suffix(path: PurePath) -> Format:
    """Return the RDF syntax that the suffix of a file stands for.

    Raises:
        NotAcceptableError: No syntax has this suffix.
    """
    suffix = path.suffix.lower()
    for entry in sorted(SYNTAXES, key=lambda entry: suffix != entry.suffix):
        if suffix == entry.suffix or suffix[1:] in entry.aliases:
            return entry
    raise NotAcceptableError(
        f"no RDF syntax has the suffix {suffix!r}" if suffix else "a file without a suffix: its syntax is unknown",
        where=Location(str(path)),
        hint="name it " + ", ".join(f"*{known}" for known in known_suffixes()),
    )


def known_suffixes() -> list[str]:
    """The suffixes of RDF files that are read and written."""
    return [*(entry.suffix for entry in SYNTAXES), ".owl"]


def prefixes_in_order(turtle: bytes) -> bytes:
    """Turtle with its leading prefixes sorted, so that the same graph is written the same each time."""
    found = re.match(rb"(?:@prefix [^\n]*\n)*", turtle)
    head = found[0] if found else b""
    return b"".join(sorted(head.splitlines(keepends=True))) + turtle[len(head) :]
