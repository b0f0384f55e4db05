"""The competency questions as SHACL executables, and the prefixes as SHACL declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from flask import current_app
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.query import Question, inspect
from cdkg.server.describing.served import is_plain
from cdkg.server.describing.statements import about, term
from cdkg.vocabulary import PREFIXES, QUERY, RDF_TYPE

_DECLARATIONS: Final = NamedNode(f"{QUERY}#prefixes")
#: Form of query → its class beside sh:SPARQLExecutable, and the property that has its text (SHACL-SPARQL and SIB's).
_FORMS: Final = {
    "SELECT": ("sh:SPARQLSelectExecutable", "sh:select"),
    "ASK": ("sh:SPARQLAskExecutable", "sh:ask"),
    "CONSTRUCT": ("sh:SPARQLConstructExecutable", "sh:construct"),
    "DESCRIBE": ("spex:SPARQLDescribeExecutable", "spex:describe"),
}


def examples(base: str) -> Iterator[Triple]:
    """The prefixes, and all questions with the endpoint that they are for; none of a store that is anybody's."""
    if is_plain():
        return
    yield Triple(_DECLARATIONS, RDF_TYPE, term("owl:Ontology"))
    any_uri = term("xsd:anyURI")
    for prefix, namespace in PREFIXES.items():
        entry = BlankNode(f"prefix-{prefix}")
        yield Triple(_DECLARATIONS, term("sh:declare"), entry)
        yield Triple(entry, term("sh:prefix"), Literal(prefix))
        yield Triple(entry, term("sh:namespace"), Literal(namespace, datatype=any_uri))
    for question in current_app.config["QUESTIONS"]:
        yield from example(question, base)


def example(question: Question, base: str) -> Iterator[Triple]:
    """One question."""
    kind, has_text = _FORMS.get(inspect(question.text).form, _FORMS["SELECT"])
    node = NamedNode(f"{QUERY}{question.slug}")
    yield from about(
        node,
        "sh:SPARQLExecutable",
        rdfs_comment=question.question,
        sh_prefixes=_DECLARATIONS,
        schema_keywords=[question.kind, *_keywords(question.text)],
        schema_target=NamedNode(f"{base}sparql"),
    )
    yield Triple(node, RDF_TYPE, term(kind))
    yield Triple(node, term(has_text), Literal(question.text))


def _keywords(text: str) -> list[str]:
    """The words of the header line for them."""
    found = re.search(r"^#\+ keywords:(.*)$", text, re.MULTILINE)
    return [word.strip() for word in found[1].split(",") if word.strip()] if found else []
