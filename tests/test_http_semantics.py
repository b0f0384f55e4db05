"""HTTP itself (RFC 9110, RFC 9112): what the wire carries, HEAD, OPTIONS, pages of other origins, entity tags."""

from __future__ import annotations

import gzip
import html
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import rdflib
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse, serialize
from rdflib.namespace import SH, VOID

from cdkg.pipeline import Workspace
from cdkg.server import create_app
from cdkg.server.answers import InProcess, Parts
from cdkg.vocabulary import BASE, ID
from cdkg.workers import Request, Source
from plain_server import new_token, running

ASK = "/sparql?query=ASK%7B%7D"
#: What a snapshot decides on, and what else does.
OF_SNAPSHOT = ("/data/id/city/barcelona.ttl", "/data/id/city/barcelona", "/page/id/city/barcelona", "/data/dataset.nt")
OTHERS = ("/", "/sparql", "/.well-known/void", "/void.rdf", "/.well-known/sparql-examples", "/data/query/")


class Swapped(InProcess):
    """Answers from a store that can be another one from one question to the next."""

    during = ""

    def ask(self, request: Request, client: str = "", gone: Callable[[], bool] = lambda: False) -> Parts:
        """Answer, and take another snapshot where that is told."""
        parts = super().ask(request, client, gone)
        self.version = self.during or self.version
        return parts


@pytest.fixture
def answers(reasoned: Workspace) -> Swapped:
    """Answers from the project's graph."""
    return Swapped(reasoned.graph.store, version="one")


@pytest.fixture
def app(answers: Swapped, reasoned: Workspace) -> Flask:
    """The application over it."""
    return create_app(answers, questions=reasoned.questions())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of it."""
    return app.test_client()


@pytest.fixture
def anybody() -> Flask:
    """The application over a store of anybody, with a name in it as the project has them."""
    triple = NamedNode(f"{ID}city/x"), NamedNode("http://e/p"), Literal("x")
    store = Store()
    store.extend([Quad(*triple), Quad(*triple, NamedNode("http://e/g"))])
    answers = InProcess(store)
    answers.source = Source(Path("nowhere"), plain=True)  # type: ignore[attr-defined]
    return create_app(answers)


# -- on the wire -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Host and port of a server."""
    file = tmp_path_factory.mktemp("wire") / "data.nt"
    file.write_text("".join(f'<http://e/{n}> <http://e/p> "{"x" * 50}" .\n' for n in range(4000)))
    with running("--plain", str(file)) as server:
        parts = urlsplit(server.address)
        yield str(parts.hostname), int(parts.port or 0)


def _sent(address: tuple[str, int], request: str) -> str:
    """All that comes back until the server closes the connection."""
    with socket.create_connection(address, 20) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


END = "Connection: close\n\n"
POST = "POST /sparql HTTP/1.1\nHost: x\nContent-Type: application/sparql-query\n"


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (f"GET http://elsewhere:1{ASK} HTTP/1.1\nHost: x\n{END}", ["200"]),  # absolute form (RFC 9112, 3.2.2)
        (f"GET {ASK} HTTP/1.0\n\n", ["200"]),
        (f"GET {ASK} HTTP/1.1\n{END}", ["400"]),  # no Host
        (f"gET {ASK} HTTP/1.1\nHost: x\n{END}", ["400"]),  # methods have their case (RFC 9110, 9.1)
        (f"GET {ASK}#x HTTP/1.1\nHost: x\n{END}", ["200"]),
        (f"GET /%73parql?%71uery=ASK%7b%7D HTTP/1.1\nhOST: x\n{END}", ["200"]),
        (f"{POST}Transfer-Encoding: chunked\n{END}3\nASK\n3;a=b\n {{}}\n0\nTrailer: x\n\n", ["200"]),
        (f"{POST}Transfer-Encoding: chunked\n{END}zz\nASK\n0\n\n", ["400"]),
        (f"{POST}Transfer-Encoding: gzip, chunked\n{END}0\n\n", ["501"]),
        (f"{POST}Content-Length: 6\nExpect: 100-continue\n{END}ASK {{}}", ["100", "200"]),
        (f"OPTIONS * HTTP/1.1\nHost: x\n{END}", ["204"]),
        (f"GET {ASK} HTTP/1.1\nHost: x\n\nGET {ASK} HTTP/1.1\nHost: x\n{END}", ["200", "200"]),
        (f"HEAD {ASK} HTTP/1.1\nHost: x\n\nGET {ASK} HTTP/1.1\nHost: x\n{END}", ["200", "200"]),
        (f"PUT /sparql HTTP/1.1\nHost: x\nContent-Length: 3\n\nabcGET {ASK} HTTP/1.1\nHost: x\n{END}", ["405", "200"]),
    ],
)
def test_the_wire(address: tuple[str, int], request_: str, statuses: list[str]) -> None:
    """Requests as clients of all ages frame them have one answer each."""
    assert re.findall(r"HTTP/1\.\d (\d{3}) ", _sent(address, request_)) == statuses


def test_who_closes_one_side_gets_the_answer(address: tuple[str, int]) -> None:
    """A client that has said all and still listens is answered, and then its connection ends."""
    with socket.create_connection(address, 20) as connection:
        connection.sendall(f"GET {ASK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        found = b"".join(iter(lambda: connection.recv(65536), b""))
    assert found.startswith(b"HTTP/1.1 200")
    assert found.endswith(b"true}")


def test_old_clients_get_no_chunks(address: tuple[str, int]) -> None:
    """A long answer to HTTP/1.0 ends with the connection (RFC 9112, section 6.1)."""
    head, _, body = _sent(address, "GET /sparql?query=SELECT*%7B?s?p?o%7D&format=csv HTTP/1.0\n\n").partition(
        "\r\n\r\n"
    )
    assert "chunked" not in head.lower()
    assert body.count("\r\n") == 4001


@pytest.mark.parametrize("path", ["/sparql?query=SELECT*%7B?s?p?o%7D", "/data/dataset.nt"])
def test_head_of_a_long_answer_has_no_chunks(address: tuple[str, int], path: str) -> None:
    """Nothing comes behind the head, or the next answer would begin with it (RFC 9112, section 6.3)."""
    head, _, body = _sent(address, f"HEAD {path} HTTP/1.1\nHost: x\n\n").partition("\r\n\r\n")
    assert "Transfer-Encoding: chunked" in head
    assert body == ""


def test_files_of_anybody_have_tags(tmp_path: Path) -> None:
    """A file that is served as it is gives strong tags, which end with each write."""
    (tmp_path / "data.nt").write_text("<http://e/a> <http://e/p> 'x' .\n".replace("'", '"'))
    token = new_token("--scope", "write", state=tmp_path / "w")
    arguments = "--plain", str(tmp_path / "data.nt"), "--writable", str(tmp_path / "w"), "--state", str(tmp_path / "w")
    with running(*arguments, token=token) as server:
        for path in ("sparql?query=SELECT*%7B?s?p?o%7D", "data/dataset.nt"):
            first = server.send("GET", path)
            tag = first.headers["ETag"]
            assert tag.startswith('"')
            assert server.send("GET", path, If_None_Match=tag).status == 304
            assert server.update(f"INSERT DATA {{ <http://e/b> <http://e/p> '{tag}' }}".replace('"', "")).status == 204
            again = server.send("GET", path, If_None_Match=tag)
            assert (again.status, again.headers["ETag"] == tag, again.body == first.body) == (200, False, False)
        assert server.send("GET", "graph-store?default&format=rdf+xml").media_type == "application/rdf+xml"


# -- methods -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*OF_SNAPSHOT, *OTHERS, ASK, "/id/city/barcelona", "/health", "/none", "/sparql?x=1"])
def test_head_is_get_without_body(client: FlaskClient, path: str) -> None:
    """Status and fields are the same (RFC 9110, section 9.3.2)."""
    get, head = client.get(path), client.head(path)
    assert (head.status_code, head.data) == (get.status_code, b"")
    fields = {name for name, _ in get.headers if name not in {"Date", "Content-Length"}}
    assert {name: head.headers.get(name) for name in fields} == {name: get.headers.get(name) for name in fields}
    assert head.headers.get("Content-Length") in {None, get.headers.get("Content-Length")}


@pytest.mark.parametrize("path", ["/", "/sparql", "/id/city/barcelona", "/page/id/city/barcelona", "/void.ttl", "/*"])
def test_options_and_wrong_methods(client: FlaskClient, path: str) -> None:
    """OPTIONS tells the methods, and so does the refusal of another one (sections 9.3.7 and 15.5.6)."""
    told = client.options(path)
    assert told.status_code in {200, 204}
    assert {"GET", "HEAD", "OPTIONS"} <= set(told.headers["Allow"].split(", "))
    assert told.data == b""
    refused = client.patch(path)
    assert (refused.status_code, bool(refused.headers["Allow"])) == (405, True)


def test_pages_of_other_origins_may_send_what_libraries_add(client: FlaskClient) -> None:
    """Preflights allow each header but those of credentials, by name where a star would not do (Fetch, 4.8)."""
    response = client.options(
        "/sparql", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    )
    allowed = {name.strip().lower() for name in response.headers["Access-Control-Allow-Headers"].split(",")}
    assert allowed >= {"*", "authorization", "content-type", "accept", "cache-control", "x-requested-with"}
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers


# -- entity tags of what is not a query --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [*OF_SNAPSHOT, *OTHERS])
def test_descriptions_have_strong_tags(client: FlaskClient, path: str, method: str) -> None:
    """Who has the answer gets 304 with the same tag and Vary (RFC 9110, section 15.4.5), for a weak tag too."""
    first = client.open(path, method=method)
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert first.headers["Cache-Control"] == "no-cache"
    for sent in (tag, f'"x", W/{tag}', "*"):
        again = client.open(path, method=method, headers={"If-None-Match": sent})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert set(again.vary) == set(first.vary)
    assert client.open(path, method=method, headers={"If-None-Match": '"x"'}).headers["ETag"] == tag


@pytest.mark.parametrize("path", [*OF_SNAPSHOT, "/.well-known/void"])
def test_a_tag_is_of_one_representation(client: FlaskClient, reasoned: Workspace, path: str) -> None:
    """Packed, in another media type, and of a server of another name it is another."""
    tags = {client.get(path).headers["ETag"]}
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == client.get(path).data
    tags.add(packed.headers["ETag"])
    again = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304
    elsewhere = create_app(
        InProcess(reasoned.graph.store, version="one"), base_url="https://kg.example.org/"
    ).test_client()
    tags |= {elsewhere.get(path).headers["ETag"], client.get(path, base_url="http://other/").headers["ETag"]}
    number = 4
    if path in {"/data/id/city/barcelona", "/.well-known/void"}:
        tags.add(client.get(path, headers={"Accept": "application/ld+json"}).headers["ETag"])
        tags.add(client.get(path, query_string={"format": "rdf+xml"}).headers["ETag"])  # a plus that is a blank
        number = 6
    assert len(tags) == number


@pytest.mark.parametrize("path", OF_SNAPSHOT)
def test_tags_end_with_the_snapshot(client: FlaskClient, answers: Swapped, path: str) -> None:
    """Of another snapshot the tag is another; what two snapshots may have made together has none."""
    tag = client.get(path).headers["ETag"]
    answers.version = "two"
    other = client.get(path, headers={"If-None-Match": tag})
    assert (other.status_code, other.headers["ETag"] == tag) == (200, False)
    answers.during = "three"
    assert "ETag" not in client.get(path).headers


def test_no_work_for_who_has_it(client: FlaskClient, answers: Swapped, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tag is told before the store is asked."""
    tags = {path: client.get(path).headers["ETag"] for path in OF_SNAPSHOT}
    monkeypatch.setattr(answers, "ask", None)
    for path, tag in tags.items():
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_what_is_not_there_has_no_tag(client: FlaskClient) -> None:
    """A name that nobody knows is 404, whatever the client has."""
    for path in ("/data/id/city/atlantis.ttl", "/page/id/city/atlantis", "/data/query/none"):
        response = client.get(path, headers={"If-None-Match": "*"})
        assert (response.status_code, "ETag" in response.headers) == (404, False)


def test_a_store_that_changes_has_tags_of_its_documents_only(anybody: Flask) -> None:
    """Nobody says when it changes: what is written from it each time has none, and what is at hand has its bytes'."""
    client = anybody.test_client()
    assert "ETag" not in client.get("/data/id/city/x.ttl").headers
    before = client.get("/.well-known/void")
    assert client.get("/.well-known/void", headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
    anybody.config["ANSWERS"].store.add(Quad(NamedNode("http://e/y"), NamedNode("http://e/p"), Literal("y")))
    after = client.get("/.well-known/void", headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.data == before.data) == (200, False)


PAGES = """
import hashlib, sys
from pathlib import Path
from cdkg.server import create_app
from cdkg.server.answers import InProcess
from cdkg.workers import Source
client = create_app(InProcess(Source(Path(sys.argv[1])).open(), version="one")).test_client()
for path in sys.argv[2:]:
    response = client.get(path)
    assert response.status_code == 200, path
    print(path, response.headers["ETag"], hashlib.sha256(response.data).hexdigest())
"""


@pytest.mark.slow
def test_pages_are_the_same_bytes_after_a_restart(reasoned: Workspace, tmp_path: Path) -> None:
    """What a strong tag promises: nothing in a description depends on the process."""
    quads = (quad for quad in reasoned.graph.store if isinstance(quad.graph_name, NamedNode))
    serialize(quads, tmp_path / "graph.nq", format=RdfFormat.N_QUADS)
    paths = [*OF_SNAPSHOT, "/page/graph/ucl/table-1", "/page/ontology/twinnedWith", "/data/graph/ucl/table-1.jsonld"]
    said = [
        subprocess.run(
            [sys.executable, "-c", PAGES, str(tmp_path), *paths],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in "12"
    ]
    assert said[0].count(b"\n") == len(paths)
    assert said[0] == said[1]


# -- what is told of whom ----------------------------------------------------------------------------------------------


def test_a_store_of_anybody_has_nothing_of_the_project(anybody: Flask) -> None:
    """Neither pages nor descriptions name the project, its prefixes or its questions."""
    client = anybody.test_client()
    for path in ("/", "/.well-known/sparql-examples", "/page/id/city/x", "/page/id/city/none"):
        text = client.get(path).text.replace(f"{ID}city/", "")
        assert "Diplomacy" not in text
        assert BASE not in text, path
    graph = rdflib.Graph().parse(data=client.get("/.well-known/void").text, format="turtle")
    dataset = graph.value(None, VOID.sparqlEndpoint, rdflib.URIRef("http://localhost/sparql"))
    assert {graph.value(dataset, p) for p in (VOID.uriSpace, VOID.entities)} == {None}
    examples = rdflib.Graph().parse(data=client.get("/.well-known/sparql-examples").text, format="turtle")
    assert not list(examples.objects(None, SH.declare))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("ASK { ?s rdfs:label ?o }", 400),
        ("SELECT * { ?s ?p 'x'^^xsd:string }", 400),
        ("PREFIX rdf: <http://e/> SELECT * { ?s rdf:a/foaf:b ?o }", 400),
        ("CONSTRUCT { ?s skos:p ?o } WHERE { ?s ?p ?o }", 400),
        ("PREFIX : <http://e/> ASK { :a :b _:c, 'rdfs:x', <rdfs:y> } # rdfs:z", 200),
        ("prefix rdfs: <http://e/> BASE <x:> PREFIX a: <b> ASK { rdfs:a a:b ?o FILTER (?o != 1) }", 200),
    ],
)
def test_prefixes_of_the_project_are_for_its_queries(
    client: FlaskClient, anybody: Flask, query: str, status: int
) -> None:
    """A store of anybody knows the prefixes that a query declares (SPARQL 1.1 Query, section 4.1.1)."""
    response = anybody.test_client().get("/sparql", query_string={"query": query})
    assert response.status_code == status
    assert status == 200 or re.search(r"prefix \w+: is not declared", response.text)
    assert client.get("/sparql", query_string={"query": query}).status_code == 200


def test_formats_by_name_for_people(client: FlaskClient) -> None:
    """A plus in an address is a blank, and people write capitals: both are meant well."""
    for path in ("/sparql", "/.well-known/void", "/data/id/city/barcelona"):
        assert client.get(f"{path}?format=rdf+xml").mimetype == "application/rdf+xml"
        assert client.get(f"{path}?format=JSONLD").mimetype == "application/ld+json"


def test_a_page_by_suffix(client: FlaskClient) -> None:
    """`.html` leads to the page as `.ttl` does to the data, whatever is accepted."""
    response = client.get("/id/city/barcelona.html", headers={"Accept": "text/turtle"})
    assert (response.status_code, response.headers["Location"]) == (303, "/page/id/city/barcelona")


@pytest.mark.parametrize(
    "name", ["münchen", "日本", "k%C3%B6ln", "a%20b", "mün%20chen", "100%25", "q%3Fx", "plus+plus", "l'aquila", "x.y"]
)
def test_names_of_all_characters_dereference(name: str) -> None:
    """An IRI is found whether its characters are escaped in it or not, and its address is ASCII (RFC 3987, 3.1)."""
    thing = NamedNode(f"{ID}city/{name}")
    store = Store()
    for graph in (DefaultGraph(), NamedNode("http://e/g")):
        store.add(Quad(thing, NamedNode("http://e/p"), thing, graph))
    client = create_app(InProcess(store, version="one")).test_client()
    for accept in ("application/n-triples", "text/html"):
        response = client.get(f"/id/city/{quote(name, '%')}", headers={"Accept": accept})
        assert response.status_code == 303
        assert response.headers["Location"].isascii()
        response = client.get(response.headers["Location"], headers={"Accept": accept})
        assert response.status_code == 200
        assert response.headers.get("Link", "").isascii()
        if accept == "text/html":
            links = re.findall(r'<li><a href="([^"]*)"', response.text)
            assert [client.get(html.unescape(link)).status_code for link in links] == [200] * len(links) != []
        else:
            assert next(iter(parse(response.data, format=RdfFormat.N_TRIPLES))).subject == thing


def test_the_landing_page_is_below_the_address_that_was_set(reasoned: Workspace) -> None:
    """Behind a proxy with a path of its own, style, script and form are found."""
    app = create_app(InProcess(reasoned.graph.store), base_url="https://kg.example.org/cities/")
    page = app.test_client().get("/").text
    found = re.findall(r'(?:href|src|action)="([^"]*)"', page)
    assert len(found) >= 3
    assert all(address.startswith("https://kg.example.org/cities/") for address in found)
