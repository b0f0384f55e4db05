"""What the endpoint says of itself: Service Description, VoID, DCAT, and its examples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import rdflib
from click.testing import CliRunner
from flask.testing import FlaskClient
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store
from rdflib.namespace import DCAT, DCTERMS, RDF, RDFS, SH, VOID, Namespace

from cdkg.cli import main
from cdkg.errors import SettingsError
from cdkg.formats import GRAPHS, SOLUTIONS
from cdkg.pipeline import Workspace
from cdkg.query import run
from cdkg.server import create_app
from cdkg.server.answers import InProcess
from cdkg.server.writing import Tokens, offer
from cdkg.settings import read
from cdkg.vocabulary import BASE, GRAPH, ID, PREFIXES, QUERY
from cdkg.workers import Source
from cdkg.workers.writing import Write, Written

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
MEDIA = {
    "text/turtle": "turtle",
    "application/ld+json": "json-ld",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
}
DOCUMENTS = ("/sparql", "/.well-known/void", "/.well-known/sparql-examples")
HERE = "http://localhost/"
#: Property of the vocabulary → classes of its subject and of its value (Service Description, sections 3.2 and 3.4).
SCHEMA = {
    SD.endpoint: (SD.Service, None),
    SD.feature: (SD.Service, SD.Feature),
    SD.supportedLanguage: (SD.Service, SD.Language),
    SD.resultFormat: (SD.Service, None),
    SD.defaultDataset: (SD.Service, SD.Dataset),
    SD.defaultGraph: (SD.Dataset, SD.Graph),
    SD.namedGraph: (SD.Dataset, SD.NamedGraph),
    SD.name: (SD.NamedGraph, None),
    SD.graph: (SD.NamedGraph, SD.Graph),
}


@pytest.fixture(scope="module")
def client(reasoned: Workspace) -> FlaskClient:
    """A client of the application over the project's graph."""
    return create_app(InProcess(reasoned.graph.store), questions=reasoned.questions()).test_client()


def _read(client: FlaskClient, path: str, media: str = "text/turtle") -> rdflib.Graph:
    response = client.get(path, headers={"Accept": media})
    assert (response.status_code, response.mimetype) == (200, media), path
    assert "accept" in response.vary
    return rdflib.Graph().parse(data=response.text, format=MEDIA[media], publicID="http://elsewhere/")


def _number(graph: rdflib.Graph, subject: Any, predicate: Any) -> int:
    return int(str(graph.value(subject, predicate, any=False)))


@pytest.mark.parametrize("path", DOCUMENTS)
def test_each_format_says_the_same(client: FlaskClient, path: str) -> None:
    """All four formats have as many triples, and the same ones where nothing is blank."""
    found = [_read(client, path, media) for media in MEDIA]
    grounded = [{t for t in graph if not any(isinstance(term, rdflib.BNode) for term in t)} for graph in found]
    assert len(found[0]) > 20
    assert {len(graph) for graph in found} == {len(found[0])}
    assert all(some == grounded[0] for some in grounded)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_same_bytes_each_time(client: FlaskClient, path: str) -> None:
    """Two requests have equal answers; HEAD has their headers."""
    first, second = client.get(path), client.get(path)
    assert first.data == second.data
    head = client.head(path)
    assert (head.status_code, head.data, head.content_type) == (200, b"", first.content_type)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_nothing_else_is_on_offer(client: FlaskClient, path: str) -> None:
    """A media type that cannot be written is refused; a format that is not known too."""
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert client.get(path, query_string={"format": "xyz"}).status_code == 406


def test_service_returns_rdf_and_its_endpoint(client: FlaskClient) -> None:
    """The first two tests of the W3C for service descriptions: RDF comes, and it names this endpoint."""
    for media in MEDIA:
        assert [str(value) for value in _read(client, "/sparql", media).objects(None, SD.endpoint)] == [f"{HERE}sparql"]


def test_service_conforms_to_the_schema(client: FlaskClient) -> None:
    """The third: domains, ranges and counts are those of the vocabulary (Service Description, section 3)."""
    graph = _read(client, "/sparql")
    said = {(p, s, o) for s, p, o in graph if str(p).startswith(str(SD))}
    assert {p for p, _, _ in said} >= {SD.endpoint, SD.defaultDataset, SD.namedGraph, SD.resultFormat}
    for p, s, o in said:
        domain, reach = SCHEMA[p]  # type: ignore[index]
        assert (s, RDF.type, domain) in graph
        assert reach in {None, SD.Feature, SD.Language} or (o, RDF.type, reach) in graph
        assert not isinstance(o, rdflib.Literal)
    for node in graph.subjects(RDF.type, SD.NamedGraph):
        assert len(list(graph.objects(node, SD.name))) == len(list(graph.objects(node, SD.graph))) == 1
    assert len(list(graph.subjects(RDF.type, SD.Service))) == 1


@pytest.mark.skipif(not os.environ.get("CDKG_SUITES"), reason="CDKG_SUITES names no folder with the W3C suites")
def test_all_of_the_published_suite_is_played() -> None:
    """The suite for service descriptions has the three tests that are played above, and no other."""
    manifest = Path(os.environ["CDKG_SUITES"]) / "sparql11/service-description/manifest.ttl"
    suite = rdflib.Graph().parse(manifest)
    kind = rdflib.URIRef("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#ServiceDescriptionTest")
    names = {str(test).partition("#")[2] for test in suite.subjects(RDF.type, kind)}
    assert names == {"returns-rdf", "has-endpoint-triple", "conforms-to-schema"}


def test_service_tells_the_dataset_and_formats(client: FlaskClient, reasoned: Workspace) -> None:
    """Each named graph is there with its size, the default graph too, and each format by its IRI."""
    graph = _read(client, "/sparql")
    sizes = {
        str(graph.value(node, SD.name)): _number(graph, graph.value(node, SD.graph), VOID.triples)
        for node in graph.subjects(RDF.type, SD.NamedGraph)
    }
    assert sizes == {g.iri.value: len(set(g.triples)) for g in reasoned.graph if g.triples}
    default = graph.value(None, RDF.type, SD.Dataset)
    assert _number(graph, graph.value(default, SD.defaultGraph), VOID.triples) == len(reasoned.graph)
    names = {"Turtle", "N-Triples", "N-Quads", "TriG", "RDF_XML", "JSON-LD"}  # as the W3C has registered them
    names |= {f"SPARQL_Results_{name}" for name in ("JSON", "XML", "CSV", "TSV")}
    assert len(names) == len((*SOLUTIONS, *GRAPHS))
    assert {str(o) for o in graph.objects(None, SD.resultFormat)} == {
        f"http://www.w3.org/ns/formats/{n}" for n in names
    }
    assert set(graph.objects(None, SD.feature)) == set()  # neither SERVICE nor anything beyond SPARQL 1.1


class _Takes:
    def write(self, asked: Write) -> Written:
        raise AssertionError(asked)


@pytest.mark.parametrize("takes", [True, False])
def test_the_service_of_updates_is_told(takes: bool) -> None:
    """Where updates are taken they are a service with an endpoint of its own (Service Description, section 3)."""
    app = create_app(InProcess(_with_links()[0]))
    offer(app, _Takes() if takes else None, Tokens(Path()))
    text = app.test_client().get("/sparql").text
    graph = rdflib.Graph().parse(data=text, format="turtle")
    told = {
        (str(graph.value(service, SD.endpoint)), graph.value(service, SD.supportedLanguage))
        for service in graph.subjects(RDF.type, SD.Service)
    }
    updates = {("http://localhost/update", SD.SPARQL11Update)} if takes else set()
    assert told == {("http://localhost/sparql", SD.SPARQL11Query)} | updates
    assert len(set(graph.objects(None, SD.defaultDataset))) == 1


def test_browsers_are_led_to_the_page(client: FlaskClient) -> None:
    """A browser that opens the endpoint gets the page with the query box."""
    response = client.get("/sparql", headers={"Accept": "text/html,application/xml;q=0.9,*/*;q=0.8"})
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert "accept" in response.vary


def test_a_forgotten_query_is_told(client: FlaskClient) -> None:
    """Parameters without a query, and an empty POST, are faults and no requests for the description."""
    assert client.get("/sparql", query_string={"default-graph-uri": f"{GRAPH}x"}).status_code == 400
    assert client.get("/sparql", query_string={"query": ""}).status_code == 400
    assert client.post("/sparql", data={}).status_code in {400, 415}


def test_void_counts_what_is_there(client: FlaskClient, reasoned: Workspace) -> None:
    """Figures are those of the default graph (VoID, section 4.6)."""
    graph, triples = _read(client, "/.well-known/void"), reasoned.graph.union
    dataset = rdflib.URIRef(f"{HERE}.well-known/void#dataset")
    types = [t for t in triples if t.predicate.value == str(RDF.type) and isinstance(t.object, NamedNode)]
    ours = {t.subject for t in triples if isinstance(t.subject, NamedNode) and t.subject.value.startswith(BASE)}
    wanted = {
        VOID.triples: len(triples),
        VOID.entities: len(ours),
        VOID.classes: len({t.object for t in types}),
        VOID.properties: len({t.predicate for t in triples}),
        VOID.distinctSubjects: len({t.subject for t in triples}),
        VOID.distinctObjects: len({t.object for t in triples}),
    }
    assert {p: _number(graph, dataset, p) for p in wanted} == wanted
    city = graph.value(None, VOID["class"], rdflib.URIRef(f"{PREFIXES['cd']}City"), any=False)
    assert (dataset, VOID.classPartition, city) in graph
    cities = {t.subject for t in types if t.object == NamedNode(f"{PREFIXES['cd']}City")}
    assert _number(graph, city, VOID.entities) == len(cities)
    parts = list(graph.objects(dataset, VOID.propertyPartition))
    assert sum(_number(graph, part, VOID.triples) for part in parts) == len(triples)
    inside = {str(graph.value(part, VOID.property)) for part in graph.objects(city, VOID.propertyPartition)}
    assert f"{PREFIXES['cd']}country" in inside
    assert f"{PREFIXES['cd']}party" not in inside


def test_void_by_suffix_and_its_document(client: FlaskClient) -> None:
    """`/void.ttl` and its like are the same document."""
    for suffix, media in (("ttl", "text/turtle"), ("nt", "application/n-triples")):
        response = client.get(f"/void.{suffix}", headers={"Accept": "application/rdf+xml"})
        assert (response.status_code, response.mimetype) == (200, media)
        assert response.data == client.get("/.well-known/void", headers={"Accept": media}).data
    assert client.get("/void.exe").status_code == 404


def _with_links() -> tuple[Store, int]:
    store, graph = Store(), NamedNode(f"{GRAPH}links/geonames")
    match = NamedNode(PREFIXES["skos"] + "exactMatch")
    for n in range(3):
        subject, place = NamedNode(f"{ID}city/c{n}"), NamedNode(f"https://sws.geonames.org/{n}/")
        for name in (graph, DefaultGraph()):
            store.add(Quad(subject, match, place, name))
    store.add(Quad(subject, match, NamedNode(f"{ID}city/other"), graph))  # inside, and no link to others
    store.add(Quad(subject, match, NamedNode("http://e.org/x"), NamedNode(f"{GRAPH}ucl/x")))  # no graph of links
    return store, 3


def test_void_has_the_linksets() -> None:
    """Links of the graphs under `links/` are linksets by property and by whom they lead to (VoID, section 5)."""
    store, number = _with_links()
    graph = _read(create_app(InProcess(store)).test_client(), "/.well-known/void")
    linkset = graph.value(None, RDF.type, VOID.Linkset, any=False)
    assert str(graph.value(linkset, VOID.linkPredicate)) == PREFIXES["skos"] + "exactMatch"
    assert _number(graph, linkset, VOID.triples) == number
    assert str(graph.value(linkset, VOID.subjectsTarget)) == f"{HERE}.well-known/void#dataset"
    target = graph.value(linkset, VOID.objectsTarget)
    assert str(graph.value(target, VOID.uriSpace)) == "https://sws.geonames.org/"


def test_a_store_of_anybody_is_not_called_ours() -> None:
    """Of a store that is served as it is nothing is said that holds of the project's only."""
    answers = InProcess(_with_links()[0])
    answers.source = Source(Path("nowhere"), plain=True)  # type: ignore[attr-defined]
    client = create_app(answers).test_client()
    ours = create_app(InProcess(_with_links()[0])).test_client()
    for path, word in (("/sparql", "inferred"), ("/.well-known/void", "City Diplomacy")):
        assert word in ours.get(path).text
        assert word not in client.get(path).text


class _Counting(InProcess):
    asked = 0

    def ask(self, *args: Any, **named: Any) -> Any:
        self.asked += 1
        return super().ask(*args, **named)


def test_figures_are_counted_once_a_snapshot() -> None:
    """The store is asked again only when it is another one."""
    store, _ = _with_links()
    answers = _Counting(store, version="a")
    client = create_app(answers).test_client()
    first = client.get("/.well-known/void").data
    asked = answers.asked
    assert asked
    assert client.get("/.well-known/void").data == first
    client.get("/sparql")
    assert answers.asked == asked
    store.add(Quad(NamedNode(f"{ID}city/new"), NamedNode("http://e.org/p"), Literal("x"), DefaultGraph()))
    answers.version = "b"
    assert client.get("/.well-known/void").data != first
    assert answers.asked > asked


def test_catalog_leads_to_what_it_says(client: FlaskClient) -> None:
    """Each download is there, in its media type; the service serves the dataset (DCAT)."""
    graph = _read(client, "/.well-known/void")
    dataset = rdflib.URIRef(f"{HERE}.well-known/void#dataset")
    assert (dataset, RDF.type, DCAT.Dataset) in graph
    assert graph.value(dataset, DCTERMS.title)
    downloads = [d for d in graph.objects(dataset, DCAT.distribution) if graph.value(d, DCAT.downloadURL)]
    assert len(downloads) == 4
    for download in downloads:
        address = urlsplit(str(graph.value(download, DCAT.downloadURL)))
        with client.get(address.path) as response:
            assert response.status_code == 200
            assert str(graph.value(download, DCAT.mediaType)).endswith(f"/{response.mimetype}")
    service = graph.value(None, RDF.type, DCAT.DataService, any=False)
    assert (service, DCAT.servesDataset, dataset) in graph
    assert str(graph.value(service, DCAT.endpointURL)) == f"{HERE}sparql"
    dumps = {str(o) for o in graph.objects(dataset, VOID.dataDump)}
    assert dumps == {str(graph.value(d, DCAT.downloadURL)) for d in downloads}


def test_licence_that_is_set(reasoned: Workspace, tmp_path: Path) -> None:
    """The dataset and its downloads tell the licence of the settings; what is no address is none."""
    licence = "https://creativecommons.org/publicdomain/zero/1.0/"
    (tmp_path / "cdkg.toml").write_text(f'data_license = "{licence}"\n', encoding="utf-8")
    app = create_app(InProcess(reasoned.graph.store))
    app.config["DATA_LICENSE"] = read(tmp_path).data_license
    graph = _read(app.test_client(), "/.well-known/void")
    assert len(list(graph.subjects(DCTERMS.license, rdflib.URIRef(licence)))) == 5
    assert not list(
        _read(create_app(InProcess(reasoned.graph.store)).test_client(), "/void.ttl").objects(None, DCTERMS.license)
    )
    (tmp_path / "cdkg.toml").write_text('data_license = "CC0"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="no address of a licence"):
        read(tmp_path)


def test_examples_as_editors_look_for_them(client: FlaskClient, reasoned: Workspace) -> None:
    """The look-ups of editors by the SIB convention find each question and each prefix."""
    graph = _read(client, "/.well-known/sparql-examples")
    found = graph.query(
        "SELECT ?comment ?query"
        " { ?q a sh:SPARQLExecutable ; rdfs:comment ?comment ; sh:select|sh:ask|sh:construct ?query }",
        initNs={"sh": SH, "rdfs": RDFS},
    )
    questions = {(question.question, question.text) for question in reasoned.questions()}
    assert {(str(row[0]), str(row[1])) for row in found} == questions  # type: ignore[index]
    prefixes = graph.query("SELECT ?p ?n { [] sh:declare [ sh:prefix ?p ; sh:namespace ?n ] }", initNs={"sh": SH})
    assert {str(row[0]): str(row[1]) for row in prefixes} == PREFIXES  # type: ignore[index]


def test_an_example_runs_with_its_prefixes(client: FlaskClient, reasoned: Workspace) -> None:
    """A question is a query of its class, for this endpoint, and is complete with the prefixes that it names."""
    graph = _read(client, "/.well-known/sparql-examples")
    question = reasoned.questions()[0]
    node = rdflib.URIRef(f"{QUERY}{question.slug}")
    assert (node, RDF.type, SH.SPARQLSelectExecutable) in graph
    target = graph.value(node, rdflib.URIRef("https://schema.org/target"))
    assert str(target) == f"{HERE}sparql"
    declared = graph.objects(graph.value(node, SH.prefixes), SH.declare)
    head = "".join(f"PREFIX {graph.value(d, SH.prefix)}: <{graph.value(d, SH.namespace)}>\n" for d in declared)
    text = head + str(graph.value(node, SH.select))
    assert reasoned.graph.store.query(text) is not None
    assert run(reasoned.graph.store, text).write(SOLUTIONS[2]) == run(reasoned.graph.store, question.text).write(
        SOLUTIONS[2]
    )


def test_addresses_are_those_that_were_set(reasoned: Workspace) -> None:
    """With a base address the descriptions name it, whatever Host the request has."""
    app = create_app(InProcess(reasoned.graph.store), base_url="https://kg.example.org/cities")
    client = app.test_client()
    response = client.get("/sparql", headers={"Host": "evil.example", "Accept": "text/turtle"})
    assert "<https://kg.example.org/cities/sparql>" in response.text
    assert "evil.example" not in response.text + client.get("/.well-known/void").text


@pytest.mark.parametrize("host", ['x"><script>', "a b", "x\\u003e", "<>", "[", "x/../y", ""])
def test_odd_hosts(client: FlaskClient, host: str) -> None:
    """A Host that no address can have is a fault of the request, and is never written."""
    response = client.get("/sparql", headers={"Host": host})
    assert response.status_code in {200, 400}
    assert "<script>" not in response.text


@pytest.mark.parametrize(
    "address", ["kg.example.org", "ftp://e.org/", "https://e.org/?a", "https://e.org/a b", "//e.org"]
)
def test_wrong_base_addresses(tmp_path: Path, address: str) -> None:
    """What is no address of a server is refused in the settings and on the command line, and told."""
    (tmp_path / "cdkg.toml").write_text(f'base_url = "{address}"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="no address of a server"):
        read(tmp_path)
    told = CliRunner().invoke(main, ["serve", "--base-url", address, "--state", str(tmp_path)])
    assert told.exit_code == 2
    assert "no address of a server" in told.output


def test_a_base_address(tmp_path: Path) -> None:
    """An address with a path may be set; without any, there is none."""
    assert read(tmp_path).base_url == ""
    (tmp_path / "cdkg.toml").write_text('base_url = "https://kg.example.org/cities/"\n', encoding="utf-8")
    assert read(tmp_path).base_url == "https://kg.example.org/cities/"
