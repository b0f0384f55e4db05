"""The triples that describe a thing: which they are, by the kind of its IRI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import current_app
from pyoxigraph import NamedNode, Triple

from cdkg.formats import Format
from cdkg.server.answers import Parts
from cdkg.server.describing.addresses import base
from cdkg.server.describing.asking import ask, holds, rows
from cdkg.server.describing.examples import example, examples
from cdkg.vocabulary import BASE, CD, GRAPH, SHAPES

_QUESTIONS: Final = "query/"


def is_known(path: str) -> bool:
    """Whether anything is said of the thing, or in the graph, whose IRI ends with this path."""
    if is_question(path):
        return any(True for _ in questions(path))
    node, graph = NamedNode(BASE + path), _module(BASE + path)
    return holds(
        f"ASK {{ {{ {node} ?p ?o }} UNION {{ GRAPH ?g {{ {node} ?p ?o }} }} UNION {{ ?s ?p {node} }}"
        f" UNION {{ ?s {node} ?o }} UNION {{ GRAPH {graph} {{ ?s ?p ?o }} }} }}"
    )


def is_question(path: str) -> bool:
    """Whether the path is of a competency question, or of all of them; the store holds none."""
    return path.startswith(_QUESTIONS)


def questions(path: str) -> Iterator[Triple]:
    """The question that a path names; of the path that they share, all of them."""
    slug = path.removeprefix(_QUESTIONS)
    if not slug:
        yield from examples(base())
    for question in current_app.config["QUESTIONS"]:
        if question.slug == slug:
            yield from example(question, base())


def everything(form: Format) -> Parts:
    """The default graph."""
    return ask("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", form.media_types[0])


def about(iri: str, form: Format) -> Parts:
    """What the store says of a thing.

    A graph, and a module of the ontology or a version of one, is described by its triples; the ontology by those of
    all its modules; a shape in the graphs that it stands in, since the default graph has none; all else by DESCRIBE.
    """
    iri = _versioned(iri)
    if iri == CD:
        return ask(
            _all_of(f'GRAPH ?g {{ ?s ?p ?o }} FILTER STRSTARTS(STR(?g), "{GRAPH}ontology/")'), form.media_types[0]
        )
    node, module = NamedNode(iri), _module(iri)
    if iri.startswith(SHAPES):
        graphs = [row["g"].value for row in rows(f"SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ {node} ?p ?o }} }}")]
        return ask(f"DESCRIBE {node}", form.media_types[0], tuple(graphs))
    if holds(f"ASK {{ GRAPH {module} {{ ?s ?p ?o }} }}"):
        return ask(_all_of(f"GRAPH {module} {{ ?s ?p ?o }}"), form.media_types[0])
    return ask(f"DESCRIBE {node}", form.media_types[0])


def _all_of(pattern: str) -> str:
    return f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}"


def _versioned(iri: str) -> str:
    """The module of the ontology of which an IRI is the version, of which nothing else is said; else the IRI."""
    found = rows(f"SELECT ?module {{ ?module owl:versionIRI {NamedNode(iri)} }}") if iri.startswith(CD) else []
    return found[0]["module"].value if found else iri


def _module(iri: str) -> NamedNode:
    """The graph that an IRI names, or that holds the module of the ontology that it names."""
    return NamedNode(f"{GRAPH}ontology/{iri.removeprefix(CD)}" if iri.startswith(CD) else iri)
