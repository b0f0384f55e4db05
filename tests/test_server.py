"""The endpoint over HTTP: protocol forms, negotiation, refusals, and real clients."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import threading
from urllib.parse import urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse
from SPARQLWrapper import JSON, SPARQLWrapper

from cdkg.errors import QueryError, ServerError
from cdkg.formats import GRAPHS, SOLUTIONS, by_name
from cdkg.pipeline import Workspace
from cdkg.server import create_app, serve
from cdkg.server.answers import InProcess
from cdkg.store import RemoteEndpoint

SELECT = "SELECT ?c { city:cardiff cd:twinnedWith ?c }"
XIAMEN = "https://w3id.org/cdkg/id/city/xiamen"


@pytest.fixture(scope="module")
def client(reasoned: Workspace) -> FlaskClient:
    """A client of the application over the project's graph."""
    return create_app(
        InProcess(reasoned.graph.store), questions=reasoned.questions(), counts={"files": 1}
    ).test_client()


@pytest.fixture(scope="module")
def address(reasoned: Workspace) -> str:
    """The address of a real server on a free port of this machine."""
    ready: list[str] = []
    listening = threading.Event()

    def tell(address: str) -> None:
        ready.append(address)
        listening.set()

    app = create_app(InProcess(reasoned.graph.store))
    threading.Thread(target=serve, args=(app, "127.0.0.1", 0, tell), daemon=True).start()
    assert listening.wait(20)
    return ready[0]


@pytest.mark.parametrize("how", ["get", "form", "direct"])
def test_three_ways_to_ask(client: FlaskClient, how: str) -> None:
    """GET, POST of a form and POST of the query itself give the same answer (Protocol, section 2.1)."""
    if how == "get":
        response = client.get("/sparql", query_string={"query": SELECT})
    elif how == "form":
        response = client.post("/sparql", data={"query": SELECT})
    else:
        response = client.post("/sparql", data=SELECT, content_type="application/sparql-query")
    assert response.status_code == 200
    rows = json.loads(response.data)["results"]["bindings"]
    assert [row["c"]["value"] for row in rows] == [XIAMEN]


@pytest.mark.parametrize("form", SOLUTIONS, ids=lambda f: str(f.name))
def test_solutions_by_accept_header(client: FlaskClient, form: object) -> None:
    """Each media type of the table is given when it is asked for, with the answer in it."""
    for media in form.media_types:  # type: ignore[attr-defined]
        response = client.get("/sparql", query_string={"query": SELECT}, headers={"Accept": media})
        assert response.status_code == 200
        assert response.mimetype in form.media_types  # type: ignore[attr-defined]
        assert XIAMEN.encode() in response.data
        assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize("form", GRAPHS, ids=lambda f: str(f.name))
def test_triples_by_accept_header(client: FlaskClient, form: object) -> None:
    """A CONSTRUCT is answered in each graph format, and the answer parses to the same triple."""
    query = "CONSTRUCT { city:cardiff cd:twinnedWith ?c } { city:cardiff cd:twinnedWith ?c }"
    media = form.media_types[0]  # type: ignore[attr-defined]
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": media})
    assert response.mimetype == media
    triples = list(parse(response.data, format=RdfFormat.from_media_type(media)))
    assert [t.object.value for t in triples] == [XIAMEN]


def test_quality_values_are_obeyed(client: FlaskClient) -> None:
    """The format with the highest q wins, whatever the order."""
    accept = "text/csv;q=0.3, application/sparql-results+xml;q=0.9, */*;q=0.1"
    response = client.get("/sparql", query_string={"query": SELECT}, headers={"Accept": accept})
    assert response.mimetype == "application/sparql-results+xml"


def test_format_for_people(client: FlaskClient) -> None:
    """`format=` wins over the header."""
    response = client.get("/sparql", query_string={"query": SELECT, "format": "csv"}, headers={"Accept": "text/html"})
    assert list(csv.reader(io.StringIO(response.text))) == [["c"], [XIAMEN]]


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (400, {"query_string": {"query": "SELECT * {"}}),
        (400, {"query_string": {"query": "SELECT * { <x:a> nope:b ?c }"}}),
        (400, {"query_string": {"query": ""}}),
        (400, {"query_string": "query=ASK%7B%7D&query=ASK%7B%7D"}),
        (400, {"query_string": {"query": "INSERT DATA { <x:a> <x:b> <x:c> }"}}),
        (400, {"query_string": {"query": "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"}}),
        (400, {"query_string": {"query": "ASK {}", "default-graph-uri": "no iri"}}),
        (406, {"query_string": {"query": SELECT}, "headers": {"Accept": "image/png"}}),
        (406, {"query_string": {"query": "ASK {}", "format": "turtle"}}),
        (405, {"method": "PUT", "query_string": {"query": "ASK {}"}}),
        (415, {"method": "POST", "data": "ASK {}", "content_type": "text/plain"}),
        (400, {"method": "POST", "data": b"\xff\xfe", "content_type": "application/sparql-query"}),
        (404, {"path": "/nothing-here"}),
    ],
)
def test_refusals(client: FlaskClient, status: int, request_: dict[str, object]) -> None:
    """Each wrong request has its status and problem details with a reason (RFC 9457)."""
    response = client.open(**{"path": "/sparql", "method": "GET"} | request_)  # type: ignore[arg-type]
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    told = json.loads(response.data)
    assert told["status"] == status
    assert told["detail"]


def test_typo_has_line_and_column(client: FlaskClient) -> None:
    """A syntax error tells where it is."""
    response = client.get("/sparql", query_string={"query": "SELECT * {\n ?s ?p }"})
    assert "query:2:" in json.loads(response.data)["detail"]


def test_nothing_is_written(client: FlaskClient, reasoned: Workspace) -> None:
    """An update by query or by form changes nothing."""
    before = len(reasoned.graph.store)
    client.post("/sparql", data={"update": "CLEAR ALL"})
    client.post("/sparql", data="CLEAR ALL", content_type="application/sparql-update")
    assert len(reasoned.graph.store) == before


def test_several_default_graphs_are_merged(client: FlaskClient) -> None:
    """A triple that two of the default-graph-uri hold counts once."""
    graphs = [f"https://w3id.org/cdkg/graph/ucl/table-{n}" for n in (1, 2)]
    query = "SELECT (COUNT(*) AS ?n) { city:london a cd:City }"
    fields = [("query", query), *(("default-graph-uri", graph) for graph in graphs)]
    response = client.get("/sparql", query_string=urlencode(fields))
    assert json.loads(response.data)["results"]["bindings"][0]["n"]["value"] == "1"


def test_landing_page(client: FlaskClient, reasoned: Workspace) -> None:
    """The landing page has the query box and the questions."""
    page = client.get("/").text
    assert "<textarea" in page
    assert all(str(question.question).split()[0] in page for question in reasoned.questions())
    with client.get("/static/cdkg.js") as script:
        assert script.status_code == 200


def test_links_of_the_landing_page_lead_somewhere(client: FlaskClient) -> None:
    """Each link on it is answered, and services of a kind are among them."""
    links = set(re.findall(r'href="([^"]+)"', client.get("/").text))
    assert {urlsplit(link).path.rpartition("/")[2] for link in links} >= {"void", "lookup", "context.jsonld"}
    for link in links:
        with client.get(link) as response:
            assert response.status_code in {200, 303}, link
            assert "lookup" not in link or response.get_json()["results"][0]["matches"], link


def test_cross_origin_reading(client: FlaskClient) -> None:
    """Pages of other origins may read answers and errors."""
    for query in (SELECT, "nonsense"):
        response = client.get("/sparql", query_string={"query": query})
        assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_sparqlwrapper_is_a_client(address: str) -> None:
    """SPARQLWrapper asks the running server and gets its answer."""
    wrapper = SPARQLWrapper(f"{address}sparql")
    wrapper.setQuery(SELECT)
    wrapper.setReturnFormat(JSON)
    found = wrapper.query().convert()
    assert [row["c"]["value"] for row in found["results"]["bindings"]] == [XIAMEN]  # type: ignore[index,call-overload]


def test_rdflib_is_a_client(address: str) -> None:
    """Rdflib's SPARQLStore asks the running server."""
    from rdflib import Graph
    from rdflib.plugins.stores.sparqlstore import SPARQLStore

    rows = Graph(SPARQLStore(f"{address}sparql")).query(
        "SELECT ?c { <https://w3id.org/cdkg/id/city/cardiff> <https://w3id.org/cdkg/ontology/twinnedWith> ?c }"
    )
    assert [str(row[0]) for row in rows] == [XIAMEN]  # type: ignore[index]


def test_remote_endpoint(address: str) -> None:
    """Our own client reads an answer, and tells a refusal and a silent address."""
    remote = RemoteEndpoint(f"{address}sparql", timeout=10)
    assert XIAMEN.encode() in remote.query(SELECT, by_name("csv", SOLUTIONS))
    with pytest.raises(QueryError, match="refused"):
        remote.query("SELECT nonsense", SOLUTIONS[0])
    with pytest.raises(QueryError, match="does not answer"):
        RemoteEndpoint("http://127.0.0.1:9/sparql", timeout=2).query(SELECT, SOLUTIONS[0])


def test_port_in_use(address: str, reasoned: Workspace) -> None:
    """A port that is taken is an error with a way out."""
    port = int(address.rstrip("/").rpartition(":")[2])
    with pytest.raises(ServerError) as caught:
        serve(create_app(InProcess(reasoned.graph.store)), "127.0.0.1", port, lambda _: None)
    assert "in use" in caught.value.why
    assert "--port" in caught.value.hint


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/turtle;charset=utf-8", "text/turtle"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ("application/n-triples;v=1;q=0.5, text/turtle;q=0.4", "application/n-triples"),
        ("*/*", "text/turtle"),
    ],
)
def test_parameters_of_media_types_do_not_matter(client: FlaskClient, accept: str, media: str) -> None:
    """Whatever parameters an Accept header has beside q, the type is given."""
    query = "CONSTRUCT WHERE { city:cardiff cd:twinnedWith ?c }"
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (200, media)


def test_head_is_a_get_without_its_body(client: FlaskClient) -> None:
    """HEAD has the status and type of GET."""
    response = client.head("/sparql", query_string={"query": SELECT, "format": "csv"})
    assert (response.status_code, response.mimetype, response.data) == (200, "text/csv", b"")


def test_other_origins_may_post(client: FlaskClient) -> None:
    """The question that a browser sends before it posts a query is answered."""
    response = client.options("/sparql", headers={"Origin": "http://e", "Access-Control-Request-Method": "POST"})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert int(response.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_body_that_is_too_long(client: FlaskClient) -> None:
    """A body far beyond the longest query is refused unread; one just beyond it is told the limit."""
    for size, status in ((400_000, 413), (110_000, 400)):
        for send in ({"data": {"query": "x" * size}}, {"data": "x" * size, "content_type": "application/sparql-query"}):
            assert client.post("/sparql", **send).status_code == status


@pytest.mark.parametrize("form", ["xml", "turtle", "n3", "json-ld", "rdf+xml"])
def test_sparqlwrapper_constructs(address: str, form: str) -> None:
    """SPARQLWrapper gets triples in each format that it has a name for, its default included."""
    wrapper = SPARQLWrapper(f"{address}sparql", returnFormat=form)
    wrapper.setQuery("CONSTRUCT WHERE { city:cardiff cd:twinnedWith ?c }")
    assert b"xiamen" in wrapper.query().response.read()


def test_prefixes_at_an_endpoint() -> None:
    """A query to another endpoint brings the project's prefixes along; a body that is no HTTP is told."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                asked.append(connection.recv(65536))
                connection.sendall(b"nonsense\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(QueryError, match="does not answer"):
            RemoteEndpoint(f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout=5).query(SELECT, SOLUTIONS[0])
        thread.join()
    assert b"PREFIX+city%3A" in asked[0]
