"""The one table of media types, suffixes and writers, for the command line and the server alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pyoxigraph import QueryResultsFormat, RdfFormat

from cdkg.errors import NotAcceptableError


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
        kind = self.media_types[0]
        return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


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
#: Answers of CONSTRUCT and DESCRIBE; the aliases are what SPARQLWrapper sends as `format`.
GRAPHS: Final = (
    Format("turtle", ("text/turtle",), ".ttl", RdfFormat.TURTLE, ("ttl", "n3")),
    Format("ntriples", ("application/n-triples",), ".nt", RdfFormat.N_TRIPLES, ("nt",)),
    Format("jsonld", ("application/ld+json", "application/json"), ".jsonld", RdfFormat.JSON_LD, ("json-ld", "json")),
    Format("rdfxml", ("application/rdf+xml", "application/xml"), ".rdf", RdfFormat.RDF_XML, ("rdf+xml", "xml")),
)
#: SPARQL 1.1 Query Results CSV and TSV have no form for the answer of an ASK.
BOOLEANS: Final = SOLUTIONS[:2]


def by_name(name: str, offered: tuple[Format, ...]) -> Format:
    """Return the format of this name or alias.

    Raises:
        NotAcceptableError: This kind of answer cannot be written so.
    """
    for entry in offered:
        if name == entry.name or name in entry.aliases:
            return entry
    raise NotAcceptableError(
        f"no format {name!r} for this kind of answer", hint=f"one of {', '.join(f.name for f in offered)}"
    )
