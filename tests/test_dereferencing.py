"""IRIs of the project over HTTP: where they lead, the data, and the pages about things."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
from flask.testing import FlaskClient
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from cdkg.pipeline import Workspace
from cdkg.query import Limits
from cdkg.server import create_app
from cdkg.server.answers import InProcess
from cdkg.vocabulary import BASE, CD, GRAPH, ID, RDFS_LABEL
from pages import Page

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FORMATS = {
    ".ttl": ("text/turtle", RdfFormat.TURTLE),
    ".jsonld": ("application/ld+json", RdfFormat.JSON_LD),
    ".nt": ("application/n-triples", RdfFormat.N_TRIPLES),
    ".rdf": ("application/rdf+xml", RdfFormat.RDF_XML),
}
BARCELONA = f"{ID}city/barcelona"
TABLE = f"{GRAPH}ucl/table-1"


@pytest.fixture(scope="module")
def client(reasoned: Workspace) -> FlaskClient:
    """A client of the application over the project's graph."""
    return create_app(InProcess(reasoned.graph.store), questions=reasoned.questions()).test_client()


@pytest.fixture(scope="module")
def store(reasoned: Workspace) -> Store:
    """The project's graph."""
    return reasoned.graph.store


def _subjects(store: Store, start: str) -> list[str]:
    found = {q.subject.value for q in store.quads_for_pattern(None, None, None) if isinstance(q.subject, NamedNode)}
    return sorted(iri for iri in found if iri.startswith(start))


def _page(client: FlaskClient, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200, path
    assert response.content_type == "text/html; charset=utf-8"
    return Page(response.text)


@pytest.mark.parametrize(
    ("accept", "location"),
    [
        (BROWSER, "/page/id/city/barcelona"),
        ("text/html", "/page/id/city/barcelona"),
        ("", "/data/id/city/barcelona.ttl"),
        ("*/*", "/data/id/city/barcelona.ttl"),
        ("application/ld+json", "/data/id/city/barcelona.jsonld"),
        ("application/n-triples, text/html;q=0.5", "/data/id/city/barcelona.nt"),
        ("application/rdf+xml", "/data/id/city/barcelona.rdf"),
        ("text/turtle;q=0.3, text/html;q=0.2", "/data/id/city/barcelona.ttl"),
    ],
)
def test_a_thing_leads_to_its_description(client: FlaskClient, accept: str, location: str) -> None:
    """303 by Accept, and caches are told so (Cool URIs, section 4.2)."""
    response = client.get("/id/city/barcelona", headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.headers["Location"]) == (303, location)
    assert "accept" in response.vary


def test_what_nobody_can_read_is_refused(client: FlaskClient) -> None:
    """406 where neither a page nor data is wanted."""
    for path in ("/id/city/barcelona", "/data/id/city/barcelona"):
        response = client.get(path, headers={"Accept": "image/png"})
        assert response.status_code == 406
        assert "accept" in response.vary


@pytest.mark.parametrize("suffix", FORMATS)
def test_formats_by_suffix(client: FlaskClient, store: Store, suffix: str) -> None:
    """The suffix wins over Accept, and each format has what the default graph says of the thing."""
    media, syntax = FORMATS[suffix]
    response = client.get(f"/id/city/barcelona{suffix}", headers={"Accept": BROWSER})
    assert response.headers["Location"] == f"/data/id/city/barcelona{suffix}"
    response = client.get(response.headers["Location"], headers={"Accept": "image/png"})
    assert (response.status_code, response.mimetype) == (200, media)
    found = {q.triple for q in parse(response.data, format=syntax)}
    said = {q.triple for q in store.quads_for_pattern(NamedNode(BARCELONA), None, None, DefaultGraph())}
    assert len(said) > 20
    assert said <= found


def test_data_without_suffix_by_accept(client: FlaskClient) -> None:
    """Without a suffix the Accept header decides, and the answer says so."""
    response = client.get("/data/id/city/barcelona", headers={"Accept": "application/rdf+xml"})
    assert response.mimetype == "application/rdf+xml"
    assert "accept" in response.vary


@pytest.mark.parametrize("start", [ID, f"{GRAPH}ucl/", f"{GRAPH}inferred/", CD, f"{BASE}shapes/"])
def test_every_kind_of_iri_dereferences(client: FlaskClient, reasoned: Workspace, start: str) -> None:
    """IRIs of each kind lead to data in which they occur, and to a page."""
    names = {graph.iri.value for graph in reasoned.graph}
    known = sorted({*_subjects(reasoned.graph.store, start), *(name for name in names if name.startswith(start))})
    for iri in random.Random(5).sample(known, min(12, len(known))):  # noqa: S311
        path = iri.removeprefix(BASE).partition("#")[0]
        page = client.get(f"/{path}", headers={"Accept": "text/html"})
        assert client.get(page.headers["Location"]).status_code == 200, iri
        data = client.get(client.get(f"/{path}.nt").headers["Location"])
        assert data.status_code == 200, iri
        assert data.data.strip(), iri


def test_data_of_a_graph_are_its_triples(client: FlaskClient, reasoned: Workspace) -> None:
    """A graph is described by what it states, no less and no more."""
    found = {q.triple for q in parse(client.get("/data/graph/ucl/table-1.nt").data, format=RdfFormat.N_TRIPLES)}
    assert found == set(reasoned.graph.graph(TABLE).triples)


def test_modules_and_the_whole_ontology(client: FlaskClient) -> None:
    """A module's IRI gives its terms, the ontology's those of all modules."""
    whole = client.get(client.get("/ontology/.nt").headers["Location"]).text
    module = client.get("/data/ontology/agreements.nt").text
    assert f"<{CD}TwinningAgreement>" in module
    assert f"<{CD}Passage> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>" not in module
    assert f"<{CD}Passage> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>" in whole


def test_versions_of_modules(client: FlaskClient, store: Store) -> None:
    """The version IRI of a module leads to its triples, that of the ontology to those of all."""
    versions = store.quads_for_pattern(
        None, NamedNode("http://www.w3.org/2002/07/owl#versionIRI"), None, DefaultGraph()
    )
    found = {str(quad.object)[1:-1]: str(quad.subject)[1:-1] for quad in versions}
    assert len(found) > 5
    for version, module in found.items():
        one, other = (client.get(f"/data/{iri.removeprefix(BASE)}.nt") for iri in (version, module))
        assert one.status_code == 200
        assert sorted(one.text.splitlines()) == sorted(other.text.splitlines()) != []


def test_a_question_dereferences(client: FlaskClient, reasoned: Workspace) -> None:
    """The IRI of a competency question leads to its query."""
    question = reasoned.questions()[0]
    response = client.get(f"/query/{question.slug}", headers={"Accept": "text/turtle"}, follow_redirects=True)
    texts = {q.object.value for q in parse(response.data, format=RdfFormat.TURTLE) if isinstance(q.object, Literal)}
    assert question.text in texts
    assert client.get("/query/999-nothing").status_code == 404


def test_the_whole_dataset(client: FlaskClient, reasoned: Workspace) -> None:
    """The download has the default graph."""
    data = client.get("/data/dataset.nt").data
    assert len(data.splitlines()) == len(reasoned.graph)


def test_statements_resolve_at_their_graph(client: FlaskClient, reasoned: Workspace) -> None:
    """A page of a graph has an element for each fragment that the graph describes."""
    subjects = {t.subject for t in reasoned.graph.graph(TABLE).triples if isinstance(t.subject, NamedNode)}
    statements = {node.value for node in subjects if "#" in node.value}
    page = _page(client, "/page/graph/ucl/table-1")
    assert len(statements) > 3
    assert {iri.partition("#")[2] for iri in statements} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("path", ["id/city/nowhere", "ontology/Nothing", "graph/no/such", "shapes/None", "id/", "id"])
def test_unknown_names(client: FlaskClient, path: str) -> None:
    """404: problem details for programs, a page for people."""
    response = client.get(f"/{path}", follow_redirects=True)
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert json.loads(response.data)["detail"]
    response = client.get(f"/{path}", headers={"Accept": BROWSER}, follow_redirects=True)
    assert (response.status_code, response.mimetype) == (404, "text/html")
    for place in ("data", "page"):
        assert client.get(f"/{place}/{path}").status_code == 404


@pytest.mark.parametrize("place", ["id/", "data/id/", "page/id/", "graph/", "query/", "data/", "page/"])
@pytest.mark.parametrize(
    "text",
    [
        "x> ?p ?o } . { ?a ?b ?c",
        "x>\n",
        "<script>alert(1)</script>",
        '"onmouseover="alert(1)',
        "%zz",
        "x\\u003e",
        "\x00",
        "../../etc/passwd",
        "x#y z",
        "x?query=ASK{}",
        "a" * 6000,
        "\u202e\ufffe",
        "{{7*7}}",
    ],
)
def test_odd_names_are_unknown(client: FlaskClient, place: str, text: str) -> None:
    """Nothing that is put into an address gets into a query or into a page as it is."""
    response = client.get(f"/{place}{quote(text, safe='')}", headers={"Accept": BROWSER})
    assert response.status_code == 404
    assert "<script>" not in response.text
    assert '"onmouseover' not in response.text
    if response.mimetype == "text/html":
        assert Page(response.text).tags <= {
            "html",
            "head",
            "meta",
            "title",
            "link",
            "body",
            "main",
            "h1",
            "p",
            "code",
            "a",
        }


def _cities(store: Store) -> list[str]:
    kinds = ("city", "body", "twinning", "initiative", "person", "membership", "office", "concept")
    some = [iri for kind in kinds for iri in _subjects(store, f"{ID}{kind}/")]
    return random.Random(8).sample(some, 10)  # noqa: S311


def test_no_link_between_pages_is_broken(client: FlaskClient, store: Store) -> None:
    """Each link to a page of ours, from the pages of ten things, leads to a page and to the element that it names."""
    pages = [_page(client, f"/page/{iri.removeprefix(BASE)}") for iri in _cities(store)]
    links = {link["href"] for page in pages for link in page.links if link["href"].startswith("/page/")}
    assert len(links) > 50
    seen: dict[str, Page] = {}
    for link in random.Random(3).sample(sorted(links), min(80, len(links))):  # noqa: S311
        address, _, fragment = link.partition("#")
        if address not in seen:
            seen[address] = _page(client, address)
        assert not fragment or unquote(fragment) in seen[address].ids, link
    for link in links:  # the others lead to something at least
        assert client.head(f"/data/{link.removeprefix('/page/').partition('#')[0]}.nt").status_code == 200, link


def test_other_links_of_a_page(client: FlaskClient) -> None:
    """Data, styles and queries that a page links to are there."""
    page = _page(client, "/page/ontology/City")
    links = {link["href"] for link in page.links if link["href"].startswith(("/data/", "/sparql", "/static/"))}
    assert any(link.startswith("/sparql?") for link in links)
    for link in {*links, "/static/described.css"}:
        with client.get(link) as response:
            assert response.status_code == 200, link


def test_names_for_people(client: FlaskClient, store: Store) -> None:
    """Headings and links are labels and not IRIs; each link tells the IRI besides."""
    for iri in _cities(store):
        page = _page(client, f"/page/{iri.removeprefix(BASE)}")
        found = store.quads_for_pattern(NamedNode(iri), RDFS_LABEL, None, DefaultGraph())
        labels = {q.object.value for q in found if isinstance(q.object, Literal)}
        assert page.headings[0] in labels
        for link in page.links:
            assert link["text"].strip()
            assert "://" not in link["text"]


def test_marks_are_those_of_the_graphs(client: FlaskClient, reasoned: Workspace) -> None:
    """A line is marked as inferred exactly where no file states it; else the graphs that state it are told."""
    store, seen = reasoned.graph.store, {True: 0, False: 0}
    for iri in _cities(store):
        page = _page(client, f"/page/{iri.removeprefix(BASE)}")
        for line in page.lines:
            value = line.hrefs[0][1] if line.hrefs else ""
            ends = [(NamedNode(iri), NamedNode(value)), (NamedNode(value), NamedNode(iri))] if "://" in value else []
            graphs = {
                q.graph_name.value
                for s, o in ends
                for q in store.quads_for_pattern(s, NamedNode(line.property), o)
                if isinstance(q.graph_name, NamedNode)
            }
            if not graphs:
                continue  # a literal, or the link to all
            stated = {graph for graph in graphs if not graph.startswith(f"{GRAPH}inferred/")}
            assert ("inferred" in line.classes) == (not stated)
            assert ("inferred" in line.text) or stated <= {title for _, title in line.hrefs}
            seen[not stated] += 1
    assert min(seen.values()) > 20


def test_what_is_contested_is_marked(client: FlaskClient) -> None:
    """Of a thing that a disagreement concerns, of a property, of a shortcut, and of a statement in its graph."""
    whole = _page(client, "/page/id/city/anshan")
    assert "Contested" in whole.headings
    printed = [line for line in whole.lines if line.property == f"{CD}printedAs"]
    assert all("contested" in line.classes for line in printed)
    twins = [line for line in _page(client, "/page/id/city/birmingham").lines if line.property == f"{CD}twinnedWith"]
    assert twins
    assert all({"inferred", "contested"} <= line.classes for line in twins)
    country = [line for line in _page(client, "/page/id/city/birmingham").lines if line.property == f"{CD}country"]
    assert country
    assert not any("contested" in line.classes for line in country)
    assert any("contested" in heading for heading in _page(client, "/page/graph/ucl/table-1").headings)


def test_sources_are_told(client: FlaskClient) -> None:
    """A line names the passage that states it, and the page lists the passages."""
    page = _page(client, "/page/id/twinning/hangzhou--leeds")
    party = next(line for line in page.lines if line.property == f"{CD}party")
    assert (f"/page/{TABLE.removeprefix(BASE)}", TABLE) in party.hrefs
    assert "Passages that describe it" in page.headings


def _little(*quads: Quad, limits: Limits | None = None) -> FlaskClient:
    store = Store()
    for quad in quads:
        store.add(quad)
        store.add(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()))
    return create_app(InProcess(store, limits), limits=limits).test_client()


def test_nothing_in_the_data_runs() -> None:
    """Markup in literals is text, and only http and https addresses are links."""
    thing, graph, odd = NamedNode(f"{ID}city/odd"), NamedNode(f"{GRAPH}x"), "</title><script>alert(1)</script>\"'>"
    evil = [NamedNode(f"javascript:alert({n})") for n in (1, 2)] + [
        NamedNode("data:text/html,x"),
        NamedNode("JAVASCRIPT:x"),
    ]
    client = _little(
        Quad(thing, RDFS_LABEL, Literal(odd), graph),
        Quad(thing, NamedNode("http://e.org/p"), Literal(odd, language="en"), graph),
        *(Quad(thing, NamedNode(f"{CD}about"), node, graph) for node in evil),
        *(Quad(node, NamedNode("javascript:property"), thing, graph) for node in evil),
        Quad(NamedNode(f"{GRAPH}x#a'b&c"), RDFS_LABEL, Literal(odd), graph),
    )
    for path in ("/page/id/city/odd", "/page/graph/x"):
        page = _page(client, path)
        assert "script" not in page.tags
        assert {urlsplit(link["href"]).scheme for link in page.links} <= {"", "http", "https"}
    assert page.headings[0]


def test_links_to_the_address_that_was_set(reasoned: Workspace) -> None:
    """With a base address, also one with a path, all links and redirects are below it."""
    app = create_app(InProcess(reasoned.graph.store), base_url="https://kg.example.org/cities/")
    response = app.test_client().get("/id/city/barcelona", headers={"Accept": "text/html"})
    assert response.headers["Location"] == "https://kg.example.org/cities/page/id/city/barcelona"
    page = _page(app.test_client(), "/page/id/city/barcelona")
    ours = [link["href"] for link in page.links if link["title"].startswith(BASE)]
    assert len(ours) > 20
    assert all(href.startswith("https://kg.example.org/cities/page/") for href in ours)


def test_a_long_description_is_bounded() -> None:
    """A thing with more lines than a page shows has a page still, which says so."""
    thing, graph = NamedNode(f"{ID}city/long"), NamedNode(f"{GRAPH}x")
    client = _little(*(Quad(thing, NamedNode("http://e.org/p"), Literal(str(n)), graph) for n in range(4000)))
    page = client.get("/page/id/city/long").text
    assert "more of it than this page shows" in page
    assert page.count("<li") < 3000


def test_many_long_names_have_labels() -> None:
    """What a page names may be longer than the longest query."""
    thing, graph = NamedNode(f"{ID}city/long"), NamedNode(f"{GRAPH}x")
    others = [NamedNode(f"{ID}concept/{'a' * 300}{n}") for n in range(60)] + [NamedNode(f"{ID}concept/{'b' * 9000}")]
    property_ = NamedNode(f"{CD}about")
    quads = [Quad(thing, property_, other, graph) for other in others]
    quads += [Quad(other, RDFS_LABEL, Literal(f"label of {n}"), graph) for n, other in enumerate(others)]
    client = _little(*quads, limits=Limits(8000))
    page = _page(client, "/page/id/city/long")
    assert {link["text"] for link in page.links} >= {f"label of {n}" for n in range(60)}


def _redirected(path: str) -> str | None:
    """Where the rules for w3id.org lead a path to: the first rule that matches (mod_rewrite, in a folder)."""
    text = (Path(__file__).parent.parent / "docs/w3id/.htaccess").read_text(encoding="utf-8")
    for pattern, target in re.findall(r"^RewriteRule (\S+) (\S+) \[R=302,L\]$", text, re.MULTILINE):
        if found := re.search(pattern, path):
            return str(re.sub(r"\$(\d)", lambda number: found[int(number[1])], target))
    return None


def test_w3id_leads_to_what_is_there(client: FlaskClient) -> None:
    """Each kind of IRI is redirected to an address of the server that answers; nothing else is."""
    paths = [
        "",
        "sparql",
        "void.ttl",
        "context.jsonld",
        "ontology",
        "ontology/",
        "ontology/City",
        "id/city/barcelona",
        "id/city/leeds.ttl",
    ]
    for path in [*paths, "graph/ucl/table-1", "shapes/TwinningAgreement", "query", "query/001-leeds-chinese-twin"]:
        target = _redirected(path)
        assert target, path
        response = client.get(
            target.removeprefix("https://kg.example.org"), headers={"Accept": "text/turtle, */*;q=0.1"}
        )
        assert response.status_code in {200, 303}, path
    for path in ("update", "graph-store", "static/cdkg.css", "idea/x", "health"):
        assert _redirected(path) is None
