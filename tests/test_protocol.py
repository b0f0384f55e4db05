"""The query operation of the SPARQL 1.1 Protocol: datasets, refusals, encodings, negotiation, and forms of answers."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    Store,
    Triple,
    parse,
)
from werkzeug.test import TestResponse

from cdkg.errors import NotAcceptableError
from cdkg.formats import GRAPHS, SOLUTIONS
from cdkg.query import inspect, run
from cdkg.query.run import dataset
from cdkg.server import create_app
from cdkg.server.answers import InProcess, Parts
from cdkg.server.negotiation import negotiated
from random_queries import QUADS, made_of

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
A, B, C, P = (NamedNode(f"http://e/{name}") for name in ("a", "b", "c", "p"))
G1, G2 = "http://e/g1", "http://e/g2"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
NAMED = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"


@pytest.fixture(scope="module")
def store() -> Store:
    """Two graphs which share a triple, and their union as default graph."""
    return made_of(
        [
            Quad(A, P, B, NamedNode(G1)),
            Quad(A, P, B, NamedNode(G2)),
            Quad(A, P, Literal("e + é & ü"), NamedNode(G2)),
        ]
    )


@pytest.fixture(scope="module")
def client(store: Store) -> FlaskClient:
    """A client of the application over these graphs."""
    return create_app(InProcess(store)).test_client()


def _values(response: TestResponse) -> list[str]:
    assert response.status_code == 200, response.text
    return sorted(next(iter(row.values()))["value"] for row in json.loads(response.data)["results"]["bindings"])


# -- datasets (Protocol, 2.1.4) ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["get", "form", "direct", "form with address"])
@pytest.mark.parametrize(
    ("clauses", "fields", "count", "named"),
    [
        ("", [], "2", [G1, G2]),
        ("", [("default-graph-uri", G1)], "1", []),
        ("", [("default-graph-uri", G1), ("default-graph-uri", G2)], "2", []),
        ("", [("named-graph-uri", G1)], "0", [G1]),
        ("", [("default-graph-uri", G2), ("named-graph-uri", G1)], "2", [G1]),
        ("", [("default-graph-uri", "http://e/unknown")], "0", []),
        ("", [("named-graph-uri", "http://e/unknown")], "0", []),
        (f"FROM <{G1}>", [], "1", []),
        (f"FROM NAMED <{G1}>", [], "0", [G1]),
        (f"FROM <{G1}> FROM NAMED <{G1}>", [("named-graph-uri", G2)], "0", [G2]),
        (f"FROM <{G1}> FROM NAMED <{G1}>", [("default-graph-uri", G2)], "2", []),
    ],
)
def test_dataset(
    client: FlaskClient, how: str, clauses: str, fields: list[tuple[str, str]], count: str, named: list[str]
) -> None:
    """What the request names is the whole dataset, in place of what the query names, however it is sent."""
    for query, expected in ((COUNT, [count]), (NAMED, named)):
        text = query.replace(" {", f" {clauses} {{", 1)
        address = f"/sparql?{urlencode(fields)}"
        if how == "get":
            response = client.get(f"{address}&{urlencode({'query': text})}")
        elif how == "form":
            body = urlencode([*fields, ("query", text)])
            response = client.post("/sparql", data=body, content_type="application/x-www-form-urlencoded")
        elif how == "direct":
            response = client.post(address, data=text, content_type="application/sparql-query")
        else:
            response = client.post(address, data={"query": text})
        assert _values(response) == expected


@settings(max_examples=60, deadline=None)
@given(
    quads=QUADS,
    default=st.sampled_from([(), ("x:g1",), ("x:g2",), ("x:none",)]),
    named=st.sampled_from([(), ("x:g1",), ("x:g1", "x:g2"), ("x:none",)]),
    pattern=st.sampled_from(
        ["?s ?p ?o", "GRAPH ?g { ?s ?p ?o }", "?s (<x:p>|<x:q>)+ ?o", "?s ?p ?o . GRAPH <x:g1> { ?s ?q ?o }",
         "?s ?p ?o MINUS { GRAPH ?g { ?s ?p ?o } }", "OPTIONAL { ?s <x:p> ?o } GRAPH ?g { ?o ?q ?r }"]
    ),
)  # fmt: skip
def test_dataset_without_a_copy(
    quads: list[Quad], default: tuple[str, ...], named: tuple[str, ...], pattern: str
) -> None:
    """A dataset of one default graph, which the engine is told of, answers as a copy of it does."""
    store, text = made_of(quads), f"SELECT * {{ {pattern} }}"
    if not (default or named):
        return
    clauses = "".join(f"FROM <{g}> " for g in default) + "".join(f"FROM NAMED <{g}> " for g in named)
    asked = inspect(text.replace("{", clauses + "{", 1))
    copied, found = (
        dataset(store, asked).query(asked.text),
        run(store, text, default_graphs=default, named_graphs=named).result,
    )
    assert isinstance(copied, QuerySolutions)
    assert isinstance(found, QuerySolutions)
    assert sorted(map(str, found)) == sorted(map(str, copied))


# -- refusals and encodings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "method", "address", "sent"),
    [
        (400, "GET", "?query=", {}),
        (400, "GET", "?query=ASK%7B%7D&query=ASK%7B%7D", {}),
        (400, "GET", "?query=ASK%20%7B%20%3Fs%20%3Fp%20%22%FF%22%20%7D", {}),
        (400, "GET", "?query=ASK%7B%7D&default-graph-uri=%ED%A0%80", {}),
        (400, "GET", "?update=CLEAR%20ALL", {}),
        (400, "GET", "?query=ASK%7B%7D&update=CLEAR%20ALL", {}),
        (400, "GET", "?" + "&".join(["x=1"] * 2000), {}),
        (400, "POST", "", {"data": {"update": "CLEAR ALL"}}),
        (400, "POST", "?query=ASK%7B%7D", {"data": {"query": "ASK {}"}}),
        (400, "POST", "?query=ASK%7B%7D", {"data": "ASK {}", "content_type": "application/sparql-query"}),
        (400, "POST", "", {"data": b"query=ASK{}%FF", "content_type": "application/x-www-form-urlencoded"}),
        (400, "POST", "", {"data": b"query=\xff", "content_type": "application/x-www-form-urlencoded"}),
        (400, "POST", "", {"data": b"\xff", "content_type": "application/sparql-query"}),
        (415, "POST", "", {"data": b"ASK {}", "content_type": "application/sparql-query; charset=UTF-16"}),
        (415, "POST", "", {"data": b"query=ASK{}", "content_type": "application/x-www-form-urlencoded;charset=latin1"}),
        (415, "POST", "", {"data": "CLEAR ALL", "content_type": "application/sparql-update"}),
        (415, "POST", "", {"data": "ASK {}"}),
        (415, "POST", "", {"data": {"query": (io.BytesIO(b"ASK {}"), "q.rq")}}),
        (405, "PUT", "?query=ASK%7B%7D", {}),
        (405, "DELETE", "?query=ASK%7B%7D", {}),
        (405, "PATCH", "", {"data": "ASK {}", "content_type": "application/sparql-query"}),
    ],
)  # fmt: skip
def test_refusals(client: FlaskClient, status: int, method: str, address: str, sent: dict[str, object]) -> None:
    """Each wrong request has its status and its reason; one with a wrong method is told the right ones."""
    response = client.open(f"/sparql{address}", method=method, **sent)  # type: ignore[arg-type]
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert json.loads(response.data)["detail"]
    if status == 405:
        assert {"GET", "HEAD", "OPTIONS", "POST"} <= set(response.headers["Allow"].split(", "))


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", "; charset=UTF-8", ';charset="utf-8"'])
def test_every_encoding_of_a_text(client: FlaskClient, charset: str) -> None:
    """Plus signs, percent signs, ampersands and letters beyond ASCII arrive as they were meant, in each way to ask."""
    text = 'SELECT ?s { ?s ?p "e + é & ü" }'
    form = f"application/x-www-form-urlencoded{charset}"
    for response in (
        client.get("/sparql?query=" + quote(text)),
        client.get("/sparql?" + urlencode({"query": text})),
        client.get("/sparql/?" + urlencode({"query": text, "unheard-of": "1"})),
        client.post("/sparql", data="query=" + quote(text), content_type=form),
        client.post("/sparql", data=urlencode({"query": text}), content_type=form),
        client.post("/sparql", data=text.encode(), content_type=f"application/sparql-query{charset}"),
    ):
        assert _values(response) == ["http://e/a"]


def test_head_has_the_headers_of_get(client: FlaskClient) -> None:
    """HEAD is answered as GET, without the body; its errors too."""
    for query in (COUNT, "DESCRIBE <http://e/a>", "nonsense", ""):
        got = client.get("/sparql", query_string={"query": query})
        head = client.head("/sparql", query_string={"query": query})
        assert head.data == b""
        assert head.status_code == got.status_code
        assert {**head.headers, "Date": ""} == {**got.headers, "Date": ""}


def test_head_of_a_long_answer_ends_the_work(store: Store) -> None:
    """The work on a long answer ends with a HEAD, which nobody reads on."""
    closed: list[bool] = []

    class Long:
        version = ""

        def __iter__(self) -> Iterator[bytes]:
            return iter([b"x" * 200_000] * 5)

        def close(self) -> None:
            closed.append(True)

    class LongAnswers(InProcess):
        def ask(self, *_: Any, **__: Any) -> Parts:
            return Long()

    client = create_app(LongAnswers(store)).test_client()
    with client.head("/sparql?query=ASK%7B%7D") as response:
        assert response.data == b""
    assert closed
    closed.clear()
    with client.get("/sparql?query=ASK%7B%7D") as response:
        assert len(response.data) == 1_000_000
    assert closed


def test_questions_of_browsers(client: FlaskClient) -> None:
    """A preflight is told methods, headers and for how long; every answer may be read; never with credentials."""
    asked = {"Origin": "http://o", "Access-Control-Request-Method": "POST"}
    told = client.options("/sparql", headers=asked).headers
    assert {"GET", "POST"} <= set(told["Access-Control-Allow-Methods"].split(", "))
    assert "Content-Type" in told["Access-Control-Allow-Headers"]
    assert int(told["Access-Control-Max-Age"]) >= 600
    for query in ("ASK {}", "nonsense"):
        headers = client.get("/sparql", query_string={"query": query}, headers={"Origin": "http://o"}).headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" in headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in headers
        assert "Accept" in [name.strip() for name in headers["Vary"].split(",")]


# -- negotiation (RFC 9110, 12.5.1) -----------------------------------------------------------------------------------

JSON, XML, CSV = "application/sparql-results+json", "application/sparql-results+xml", "text/csv; charset=utf-8"
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", CSV),
        ("text/csv, */*", CSV),
        ("text/csv;q=0.5, */*;q=0.1", CSV),
        ("*/*;q=0.9, text/csv;q=0.1", JSON),
        (f"{JSON};q=0, */*", XML),
        (f"{JSON};q=0, application/*;q=0.5, text/csv;q=0.4", XML),
        ("*/*, */*;q=0.5", JSON),
        (f"{XML};q=0.5, {JSON};q=0.9", JSON),
        (f"{JSON};q=0.5,{XML};q=0.900", XML),
        ("TEXT/CSV", CSV),
        ("text/csv;header=present;q=0.7", CSV),
        (f'text/csv;p="a,b;q=0", {XML};q=0.2', CSV),
        ("application/json", "application/json"),
        ("text/xml", "text/xml; charset=utf-8"),
        (CHROME, "application/xml"),
        ("nonsense", JSON),
        (",;,/,q=1", JSON),
        (f"text/csv;q=high, {XML}", XML),
        (f"text/csv;q=7, {XML}", XML),
        ("text/html", None),
        ("image/*", None),
        ("*/*;q=0", None),
        ("text/turtle", None),
        (f"{JSON};q=0", None),
    ],
)
def test_negotiation(accept: str, expected: str | None) -> None:
    """The most specific range counts, then its weight; what is malformed is passed over."""
    if expected is None:
        with pytest.raises(NotAcceptableError) as caught:
            negotiated(accept, SOLUTIONS)
        assert JSON in caught.value.hint
    else:
        form, media_type = negotiated(accept, SOLUTIONS)
        assert media_type == expected
        assert media_type.partition(";")[0] in form.media_types


@pytest.mark.parametrize("accept", ["text/csv;q={}x y", "text/csv;{}x", "{}/", 'text/csv;a="{}', "text/csv{};q=x"])
@pytest.mark.parametrize("filling", [" ", "a", "\\", ";", ";q=", '"', ", ", "q "])
def test_long_headers_are_read_in_no_time(accept: str, filling: str) -> None:
    """Of a header of 100 kB no part is read again and again: it takes milliseconds, and not minutes."""
    begun = time.process_time()
    with contextlib.suppress(NotAcceptableError):
        negotiated(accept.format(filling * (100_000 // len(filling))), SOLUTIONS)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("query", "name", "media"),
    [
        ("ASK {}", "csv", "text/csv"),
        ("ASK {}", "TSV", "text/tab-separated-values"),
        (COUNT, "xml", XML),
        (COUNT, "application/sparql-results+json", JSON),
        ("DESCRIBE <http://e/a>", "xml", "application/rdf+xml"),
        ("DESCRIBE <http://e/a>", "json", "application/ld+json"),
        ("DESCRIBE <http://e/a>", "application/n-quads", "application/n-quads"),
    ],
)
def test_format_for_people(client: FlaskClient, query: str, name: str, media: str) -> None:
    """`format=` takes names and media types, in any case, and with a bare plus sign, and wins over Accept."""
    for written in (name, quote(name), name.upper()):
        response = client.get(f"/sparql?query={quote(query)}&format={written}", headers={"Accept": "image/png"})
        assert (response.status_code, response.mimetype) == (200, media)


def test_formats_that_are_none(client: FlaskClient) -> None:
    """A format that this kind of answer has not is refused."""
    for query, name in ((COUNT, "turtle"), ("DESCRIBE <http://e/a>", "csv"), (COUNT, "nonsense")):
        assert client.get("/sparql", query_string={"query": query, "format": name}).status_code == 406


@pytest.mark.parametrize("form", GRAPHS, ids=lambda form: str(form.name))
@pytest.mark.parametrize("query", ["CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE <http://e/a>"])
def test_graphs_in_every_format(client: FlaskClient, form: object, query: str) -> None:
    """A graph is the same triples in each format, and in each media type of it."""
    for media in form.media_types:  # type: ignore[attr-defined]
        response = client.get("/sparql", query_string={"query": query}, headers={"Accept": media})
        assert response.mimetype == media
        read = {quad.triple for quad in parse(response.data, format=form.writer)}  # type: ignore[attr-defined]
        assert read == {Triple(A, P, B), Triple(A, P, Literal("e + é & ü"))}
