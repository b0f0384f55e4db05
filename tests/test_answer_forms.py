"""What answers say: descriptions, long graphs as they come, and values that XML cannot carry."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from pyoxigraph import BaseDirection, BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from cdkg.errors import NotAcceptableError
from cdkg.formats import GRAPHS, SOLUTIONS, Format, by_name
from cdkg.query import graph_output, run
from cdkg.query.graph_output import XmlOutput, write_graph
from cdkg.server import create_app
from cdkg.server.answers import InProcess

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
A, B, P = (NamedNode(f"http://e/{name}") for name in ("a", "b", "p"))


# -- DESCRIBE ---------------------------------------------------------------------------------------------------------

_DESCRIBED = f"""
@prefix : <http://e/> . @prefix rdf: <{RDF}> . @prefix rdfs: <{RDFS}> . @prefix skos: <{SKOS}> .
:a :p :b , [ :q [ :r :c ; :back _:loop ] ] , _:loop , "text" ; rdfs:label "A" .
_:loop :to _:loop .
:b rdfs:label "B"@en , "Be"@de ; :p :far .
:c skos:prefLabel "C" .
:far rdfs:label "far" .
:from :p :a .
[] rdf:subject :a ; rdf:predicate :p ; rdf:object :b ; :by :who .
:statement rdf:subject :a ; rdf:predicate :p ; rdf:object "text" ; :by [ :name "X" ] .
:other rdf:subject :a ; rdf:predicate :other ; rdf:object :b ; :by :nobody .
:who rdfs:label "who" .
"""


def _described(query: str) -> list[Triple]:
    store = Store()
    store.load(_DESCRIBED, format=RdfFormat.TURTLE)
    data = run(store, query).write(by_name("nquads", GRAPHS))
    return [quad.triple for quad in parse(data, format=RdfFormat.N_QUADS)]


def _value(triple: Triple) -> str:
    return str(getattr(triple.object, "value", ""))


def test_concise_bounded_description() -> None:
    """All about the node, its blank nodes and its reified statements; nothing about others but their labels."""
    found = _described("DESCRIBE <http://e/a>")
    assert len(found) == len(set(found))
    told = {(t.predicate.value.rpartition("/")[2], _value(t)) for t in found}
    assert {("r", "http://e/c"), ("by", "http://e/who"), ("name", "X"), ("p", "text")} <= told
    assert sum(t.predicate.value == "http://e/to" for t in found) == 1
    labels = {_value(t) for t in found if t.predicate.value in {f"{RDFS}label", f"{SKOS}prefLabel"}}
    assert labels == {"A", "B", "Be", "C", "who"}
    subjects = {t.subject.value for t in found if isinstance(t.subject, NamedNode)}
    assert subjects == {f"http://e/{name}" for name in ("a", "b", "c", "who", "statement")}
    assert {t.predicate.value for t in found if t.subject == B} == {f"{RDFS}label"}


def test_describe_in_other_words() -> None:
    """DESCRIBE of variables gives the same; of what is unknown nothing, which is no error."""
    by_name_, by_pattern = (
        _described("DESCRIBE <http://e/a>"),
        _described("DESCRIBE ?x { ?x <http://e/p> <http://e/b> }"),
    )
    assert len(by_name_) == len(by_pattern)
    assert not _described("DESCRIBE <http://e/unknown>")
    assert not list(run(Store(), "DESCRIBE <http://e/a>").write(by_name("ntriples", GRAPHS)))


def test_describe_knows_the_dataset() -> None:
    """A description is of the graphs that are named, with the labels that those have."""
    store = Store()
    for name, label in (("x:g1", "one"), ("x:g2", "two")):
        store.add(Quad(A, P, B, NamedNode(name)))
        store.add(Quad(B, NamedNode(f"{RDFS}label"), Literal(label), NamedNode(name)))
    found = run(store, "DESCRIBE <http://e/a>", default_graphs=["x:g1"]).write(by_name("ntriples", GRAPHS))
    assert b'"one"' in found
    assert b'"two"' not in found
    assert run(store, "DESCRIBE <http://e/a> FROM <x:none>").write(by_name("ntriples", GRAPHS)) == b""


# -- answers as they come ---------------------------------------------------------------------------------------------


class _Noted(io.BytesIO):
    """A file that knows when its first part came."""

    def __init__(self, taken: list[int]) -> None:
        super().__init__()
        self.taken, self.first = taken, 0

    def write(self, data: object, /) -> int:
        self.first = self.first or self.taken[0]
        return super().write(data)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", GRAPHS, ids=lambda form: str(form.name))
@pytest.mark.parametrize("number", [0, 1, graph_output.HELD, 3 * graph_output.HELD + 1])
def test_long_graphs_stream(form: object, number: int) -> None:
    """A long graph goes out before it is at its end, with its prefixes once, and reads back as the same triples."""
    taken = [0]

    def triples() -> Iterator[Triple]:
        for taken[0] in range(1, number + 1):
            yield Triple(BlankNode("b"), NamedNode(f"{RDFS}label"), Literal(f"@prefix {taken[0]}\n@prefix"))

    out = _Noted(taken)
    write_graph(triples(), out, form)  # type: ignore[arg-type]
    data = out.getvalue()
    read = {quad.triple.object.value for quad in parse(data, format=form.writer)}  # type: ignore[attr-defined]
    assert len(read) == number
    assert len({quad.subject for quad in parse(data, format=form.writer)}) <= 1  # type: ignore[attr-defined]
    assert data.count(b"@prefix rdfs:") <= 1
    if number > 2 * graph_output.HELD:
        assert out.first <= graph_output.HELD + 1


# -- what XML cannot carry --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0x1, 0x8, 0xB, 0x1F, 0xFFFE, 0xFFFF])
@pytest.mark.parametrize("query", ["SELECT ?o { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"])
def test_characters_that_xml_has_not(query: str, code: int) -> None:
    """A character that XML cannot carry is refused with its number, wherever it stands; JSON carries it."""
    for before in ("", "x" * 8190, "x" * 8191, "é" * 5000):
        store = Store()
        store.add(Quad(A, P, Literal(before + chr(code)), DefaultGraph()))
        client = create_app(InProcess(store)).test_client()
        refused = client.get("/sparql", query_string={"query": query, "format": "xml"})
        assert refused.status_code == 406
        assert f"U+{code:04X}" in json.loads(refused.data)["detail"]
        carried = client.get("/sparql", query_string={"query": query, "format": "json"})
        assert carried.status_code == 200
        assert before + chr(code) in _strings(json.loads(carried.data))


def _strings(tree: object) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return [text for value in inner for text in _strings(value)]


def test_characters_that_are_cut_in_two() -> None:
    """A character is seen though it comes byte by byte; others that look like parts of it pass."""
    out = io.BytesIO()
    passing = XmlOutput(out, "xml")
    for byte in "é\ufffd\uff3e\U0001f600\r".encode():
        passing.write(bytes([byte]))
    assert out.getvalue().decode() == "é\ufffd\uff3e\U0001f600&#13;"
    *first, last = "x\uffff".encode()
    for byte in first:
        passing.write(bytes([byte]))
    with pytest.raises(NotAcceptableError):
        passing.write(bytes([last]))


def test_white_space_comes_through_xml() -> None:
    """Carriage returns, which parsers would make line feeds, and other odd characters arrive as they are."""
    text = "a\r\nb\rc\td <&>]]>\"' é\U0001f600\ufffd"
    store = Store()
    store.add(Quad(A, P, Literal(text), DefaultGraph()))
    rows = ET.fromstring(run(store, "SELECT ?o { ?s ?p ?o }").write(by_name("xml", SOLUTIONS)))  # noqa: S314
    assert [node.text for node in rows.iter("{http://www.w3.org/2005/sparql-results#}literal")] == [text]
    written = run(store, "CONSTRUCT WHERE { ?s ?p ?o }").write(by_name("rdfxml", GRAPHS))
    assert [quad.object.value for quad in parse(written, format=RdfFormat.RDF_XML)] == [text]


@pytest.mark.parametrize(
    "iri",
    ["http://e/", "http://e/p#", "http://e/1", "http://e/p?x=1", "http://e/a(b)", f"{RDF}li", f"{RDF}Description",
     "http://www.w3.org/2000/xmlns/a"],
)  # fmt: skip
def test_predicates_that_rdf_xml_cannot_name(iri: str) -> None:
    """A predicate without a name for XML is refused with the reason; other formats have it."""
    store = Store()
    store.add(Quad(A, NamedNode(iri), B, DefaultGraph()))
    client = create_app(InProcess(store)).test_client()
    query = "CONSTRUCT WHERE { ?s ?p ?o }"
    refused = client.get("/sparql", query_string={"query": query, "format": "rdfxml"})
    assert refused.status_code == 406
    assert f"<{iri}>" in json.loads(refused.data)["detail"]
    assert client.get("/sparql", query_string={"query": query, "format": "nt"}).data.count(b"\n") == 1


@pytest.mark.parametrize(
    "iri",
    ["http://e/1a", "http://e/a%20b", "urn:x:p", "http://e/été", "http://e/p.", "http://e/-a", "http://e/a·", "a:b-1",
     "http://e/_1", f"{RDF}_1", "http://e/a&b"],
)  # fmt: skip
def test_predicates_that_rdf_xml_can_name(iri: str) -> None:
    """All others come through RDF/XML as they are."""
    out = io.BytesIO()
    write_graph([Triple(A, NamedNode(iri), B)], out, by_name("rdfxml", GRAPHS))
    ET.fromstring(out.getvalue())  # noqa: S314
    assert [quad.predicate.value for quad in parse(out.getvalue(), format=RdfFormat.RDF_XML)] == [iri]


@pytest.mark.parametrize("form", GRAPHS, ids=lambda form: str(form.name))
def test_triple_terms(form: Format) -> None:
    """Triple terms come through, or are refused by a format that cannot carry them."""
    store = Store()
    store.add(Quad(A, P, Triple(A, NamedNode("http://e/1"), Literal("x", language="ar", direction=BaseDirection.RTL))))
    answer = run(store, "DESCRIBE <http://e/a>")
    if form.name in {"jsonld", "rdfxml"}:
        with pytest.raises(NotAcceptableError):
            answer.write(form)
    else:
        assert {quad.triple for quad in parse(answer.write(form), format=form.writer)} == {q.triple for q in store}  # type: ignore[arg-type]
