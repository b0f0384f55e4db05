"""Names of things for people: their labels, or what their IRIs read like."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final
from urllib.parse import unquote

from flask import current_app
from pyoxigraph import BlankNode, Literal, NamedNode

from cdkg.server.describing.addresses import page
from cdkg.server.describing.asking import rows
from cdkg.server.describing.shown import Shown
from cdkg.vocabulary import PREFIXES

#: Where labels are looked for; what has one of the first is not looked for again.
_PATHS: Final = ("rdfs:label", "skos:prefLabel|dcterms:title|schema:name")
#: Languages that pages are written in, before all others; a label without language comes next.
_LANGUAGES: Final = ("en", "")
#: Bytes of a query beside the names in it.
_REST: Final = 500
_LONGEST: Final = 5000
_PLAIN: Final = PREFIXES["xsd"] + "string"


class Labels:
    """The labels of some things.

    Args:
        nodes: The things.
    """

    def __init__(self, nodes: Collection[NamedNode]) -> None:
        self._known: dict[str, tuple[int, str]] = {}
        for path in _PATHS:
            for some in _batches(sorted((node for node in nodes if node.value not in self._known), key=str)):
                for row in rows(_query(some, path)):
                    self._learn(row["x"].value, row["label"])

    def of(self, node: NamedNode) -> str:
        """The best label by language; without any, the end of the IRI in words."""
        found = self._known.get(node.value)
        return found[1] if found else in_words(node.value)

    def shown(self, term: Any) -> Shown:
        """A term as a page shows it."""
        if isinstance(term, NamedNode):
            return Shown(self.of(term), term.value, page(term.value))
        if isinstance(term, Literal):
            text = term.value if len(term.value) <= _LONGEST else f"{term.value[:_LONGEST]}…"
            datatype = "" if term.language or term.datatype.value == _PLAIN else in_words(term.datatype.value)
            return Shown(text, language=term.language or "", datatype=datatype)
        return Shown("something without a name (see the data)" if isinstance(term, BlankNode) else str(term))

    def _learn(self, iri: str, label: Literal) -> None:
        language = (label.language or "").partition("-")[0]
        rank = _LANGUAGES.index(language) if language in _LANGUAGES else len(_LANGUAGES)
        if label.value.strip() and (rank, label.value) < self._known.get(iri, (len(_LANGUAGES) + 1, "")):
            self._known[iri] = rank, label.value


def in_words(iri: str) -> str:
    """The end of an IRI in words: `…/ontology/twinnedWith` is "twinned with"."""
    end = re.split(r"[/#:]", iri.rstrip("/#:"))[-1]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unquote(end)).replace("_", " ").replace("-", " ")
    return words.lower() if re.fullmatch(r"[A-Za-z ]+", words) and not words.isupper() else words


def _query(nodes: list[NamedNode], path: str) -> str:
    names = " ".join(map(str, nodes))
    return f"SELECT ?x ?label WHERE {{ VALUES ?x {{ {names} }} ?x {path} ?label FILTER isLiteral(?label) }}"


def _batches(nodes: list[NamedNode]) -> Iterator[list[NamedNode]]:
    """The nodes in parts that fit into a query each; one that is too long for any stays without label."""
    most = current_app.config["LIMITS"].size - _REST
    some: list[NamedNode] = []
    size = 0
    for node in nodes:
        length = len(str(node).encode()) + 1
        if some and size + length > most:
            yield some
            some, size = [], 0
        if length <= most:
            some.append(node)
            size += length
    if some:
        yield some
