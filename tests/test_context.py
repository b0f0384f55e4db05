"""The JSON-LD context over HTTP: what it is sent as, and documents that name it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Store
from rdflib import RDF, XSD, Graph, Literal, URIRef
from werkzeug.serving import make_server

from cdkg.assets import bundled
from cdkg.server import create_app
from cdkg.server.answers import InProcess
from cdkg.vocabulary import CD, ID
from cdkg.workers import Source
from conftest import ROOT

FILE = ROOT / "ontology" / "context.jsonld"
#: Names of the context in one document; and what it says.
DOCUMENT = {
    "id": "office:a--b",
    "type": "cd:TradeOffice",
    "cd:place": "city:b",
    "cd:startYear": "1999",
    "cd:printedAs": "A",
    "skos:exactMatch": ["wd:Q1", "http://x/1"],
}


@pytest.fixture
def client() -> FlaskClient:
    """A client of a server without data."""
    return create_app(InProcess(Store())).test_client()


@pytest.fixture
def address() -> Iterator[str]:
    """A real server: rdflib fetches contexts by itself."""
    server = make_server("127.0.0.1", 0, create_app(InProcess(Store())))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/context.jsonld"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_as_it_is_sent(client: FlaskClient) -> None:
    """With the profile of a context; kept for long, and asked for again by its tag."""
    response = client.get("/context.jsonld", headers={"Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (200, "application/ld+json")
    assert response.mimetype_params["profile"] == "http://www.w3.org/ns/json-ld#context"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.data == FILE.read_bytes()
    again = client.get("/context.jsonld", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for each in (response, again):
        assert (each.cache_control.max_age or 0) >= 86400
        assert each.cache_control.must_revalidate
    assert client.post("/context.jsonld").status_code == 405


def test_a_document_that_names_it(address: str) -> None:
    """The same triples as with the context in the document, and the right ones (JSON-LD 1.1, section 3.1)."""
    named, has = (
        Graph().parse(data=json.dumps({"@context": context, **DOCUMENT}), format="json-ld")
        for context in (address, json.loads(FILE.read_text(encoding="utf-8"))["@context"])
    )
    assert set(named) == set(has)
    node = URIRef(f"{ID}office/a--b")
    assert len(named) == 6
    assert (node, RDF.type, URIRef(f"{CD}TradeOffice")) in named
    assert (node, URIRef(f"{CD}place"), URIRef(f"{ID}city/b")) in named
    assert (node, URIRef(f"{CD}startYear"), Literal("1999", datatype=XSD.integer)) in named
    assert {str(o) for o in named.objects(node, URIRef("http://www.w3.org/2004/02/skos/core#exactMatch"))} == {
        "http://www.wikidata.org/entity/Q1", "http://x/1"
    }  # fmt: skip


def test_that_of_a_project(tmp_path: Path) -> None:
    """An ontology of somebody's own has its own context, or none."""
    path = tmp_path / "context.jsonld"
    client = create_app(InProcess(Store()), context=path).test_client()
    missing = client.get("/context.jsonld")
    assert (missing.status_code, missing.content_type) == (404, "application/problem+json")
    path.write_text('{"@context": {}}', encoding="utf-8")
    assert client.get("/context.jsonld").json == {"@context": {}}


def test_a_store_of_anybody_has_none(tmp_path: Path) -> None:
    """Nothing is known of its vocabulary."""
    answers = InProcess(Store())
    answers.source = Source(tmp_path, plain=True)  # type: ignore[attr-defined]
    assert create_app(answers).test_client().get("/context.jsonld").status_code == 404


def test_it_lies_where_the_wheel_takes_it_from() -> None:
    """The folder `ontology` travels whole."""
    assert (bundled() / "ontology" / "context.jsonld").is_file()
