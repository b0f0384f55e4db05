"""Triples in few words, for descriptions of the server itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.vocabulary import PREFIXES, RDF_TYPE

Value = NamedNode | BlankNode | Literal | str | int
_NAMESPACES: Final = PREFIXES | {
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "spex": "https://purl.expasy.org/sparql-examples/ontology#",
    "void-ext": "http://ldf.fi/void-ext#",
}
_INTEGER: Final = NamedNode(PREFIXES["xsd"] + "integer")


def term(name: str) -> NamedNode:
    """The node of a prefixed name of the descriptions' vocabularies."""
    prefix, _, local = name.partition(":")
    return NamedNode(_NAMESPACES[prefix] + local)


def about(subject: NamedNode | BlankNode, kind: str, **said: Value | list[Value]) -> Iterator[Triple]:
    """Triples about a subject: its class, and values of properties, named as `void_triples`.

    A text is a literal in English; a number is an `xsd:integer`.
    """
    yield Triple(subject, RDF_TYPE, term(kind))
    for name, values in said.items():
        prefix, _, local = name.partition("_")
        for value in values if isinstance(values, list) else [values]:
            yield Triple(subject, term(f"{prefix}:{local}"), _node(value))


def _node(value: Value) -> NamedNode | BlankNode | Literal:
    if isinstance(value, int):
        return Literal(str(value), datatype=_INTEGER)
    return Literal(value, language="en") if isinstance(value, str) else value
