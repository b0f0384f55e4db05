"""What a generated file is made of: blocks of Turtle, one a subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

_CDKG: Final = "https://w3id.org/cdkg/"

#: Prefixes of every generated file; `own` is for terms that the towns have added themselves.
PREFIXES: Final = {
    "cd": f"{_CDKG}ontology/",
    "dcterms": "http://purl.org/dc/terms/",
    "own": "https://towns.example/terms#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
} | {
    kind: f"{_CDKG}id/{kind}/"
    for kind in (
        "body", "bound", "certainty", "city", "concept", "country", "document", "event", "initiative", "membership",
        "participation", "partnership", "person", "place", "polarity", "role", "scheme", "sector", "status", "twinning",
        "unit", "variable",
    )
}  # fmt: skip


@dataclass(slots=True)
class Block:
    """All that a file says of one subject; terms as Turtle writes them.

    Attributes:
        kind: What kinds of faults go by (`city`, `twinning`).
        subject: The subject.
        said: Properties with their values.
    """

    kind: str
    subject: str
    said: dict[str, list[str]] = field(default_factory=dict)

    @property
    def triples(self) -> int:
        """How many triples the block has."""
        return sum(map(len, self.said.values()))

    def turtle(self) -> str:
        """The block as the project writes its files."""
        lines = (f"    {predicate} {' , '.join(values)} ;\n" for predicate, values in self.said.items())
        return f"{self.subject}\n{''.join(lines)}.\n"


def block(kind: str, subject: str, a: str, /, **said: str | list[str]) -> Block:
    """A block of one class; names of properties with `__` for the colon, and those of `cd` without a prefix."""
    found = {"a": [a]}
    for name, values in said.items():
        predicate = name.replace("__", ":") if "__" in name else f"cd:{name}"
        found[predicate] = values if isinstance(values, list) else [values]
    return Block(kind, subject, found)


def file_text(stem: str, blocks: Iterable[Block]) -> Iterator[str]:
    """A file of the data of a project, in parts."""
    yield f"@base <{_CDKG}graph/{stem}> .\n"
    yield from (f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    yield from (f"\n{found.turtle()}" for found in blocks)


def text(value: str, language: str = "en") -> str:
    """A literal with a language."""
    return f'"{value}"@{language}'


def date(value: str) -> str:
    """A year, a month or a day, by its length."""
    datatype = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(value)]
    return f'"{value}"^^xsd:{datatype}'
