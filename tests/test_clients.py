"""Clients of others at a real server with workers: SPARQLWrapper, rdflib, curl, pandas, fetch of Node, Comunica."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)

from cdkg.server import create_app, serve
from cdkg.workers import Pool, PoolBounds, Source

E = "http://e/"
ROWS = 30_000
NAMES = "SELECT ?name { ?s <http://e/name> ?name } ORDER BY ?name"
ASK = "ASK { <http://e/a> <http://e/knows> <http://e/b> }"
TRIPLES = "CONSTRUCT { ?s <http://e/name> ?name } WHERE { ?s <http://e/name> ?name }"
#: Two graphs, and one that is long.
GRAPHS = (
    '<http://e/a> <http://e/name> "Ann \u00e9\U0001f600" <http://e/g1> .\n'
    "<http://e/a> <http://e/knows> <http://e/b> <http://e/g1> .\n"
    '<http://e/b> <http://e/name> "Bo, \\"the\\tsecond\\"\\n"@en <http://e/g2> .\n'
    "<http://e/b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e/Person> <http://e/g2> .\n"
    '<http://e/o> <http://e/odd> "\\u0001" <http://e/g2> .\n'
) + "".join(f"<http://e/n{n}> <http://e/number> <http://e/n{n + 1}> <http://e/long> .\n" for n in range(ROWS))
ANN, BO = "Ann \u00e9\U0001f600", 'Bo, "the\tsecond"\n'


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the endpoint of a real server, whose answers come from worker processes."""
    folder = tmp_path_factory.mktemp("snapshot")
    (folder / "graph.nq").write_text(GRAPHS, encoding="utf-8")
    pool = Pool(Source(folder), PoolBounds(workers=2))
    ready: list[str] = []
    listening = threading.Event()

    def tell(address: str) -> None:
        ready.append(address)
        listening.set()

    threading.Thread(target=serve, args=(create_app(pool), "127.0.0.1", 0, tell), daemon=True).start()
    assert listening.wait(20)
    yield f"{ready[0]}sparql"
    pool.close()


def _run(*command: str, folder: Path | None = None, seconds: float = 60) -> str:
    done = subprocess.run(command, capture_output=True, cwd=folder, timeout=seconds, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


# -- SPARQLWrapper ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=[(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)], ids="-".join)
def wrapper(endpoint: str, request: pytest.FixtureRequest) -> SPARQLWrapper:
    """A SPARQLWrapper in each of the ways that it can ask."""
    found = SPARQLWrapper(endpoint)
    method, how = request.param
    found.setMethod(method)
    found.setRequestMethod(how)
    found.setTimeout(30)
    return found


def _answer(wrapper: SPARQLWrapper) -> Any:
    return wrapper.queryAndConvert()


def test_sparqlwrapper_selects(wrapper: SPARQLWrapper) -> None:
    """Rows come in each format that SPARQLWrapper converts, and in CSV and TSV."""
    wrapper.setQuery(NAMES)
    wrapper.setReturnFormat(JSON)
    rows = _answer(wrapper)["results"]["bindings"]
    assert [row["name"]["value"] for row in rows] == [ANN, BO]
    wrapper.setReturnFormat(XML)
    document = _answer(wrapper)
    assert [node.firstChild.data for node in document.getElementsByTagName("literal")] == [ANN, BO]
    wrapper.setReturnFormat(CSV)
    assert list(csv.reader(io.StringIO(_answer(wrapper).decode(), newline=""))) == [["name"], [ANN], [BO]]
    wrapper.setReturnFormat(TSV)
    assert ANN in _answer(wrapper).decode()


def test_sparqlwrapper_asks(wrapper: SPARQLWrapper) -> None:
    """A boolean comes in JSON and XML."""
    wrapper.setQuery(ASK)
    wrapper.setReturnFormat(JSON)
    assert _answer(wrapper)["boolean"] is True
    wrapper.setReturnFormat(XML)
    document = _answer(wrapper)
    assert document.getElementsByTagName("boolean")[0].firstChild.data == "true"


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
@pytest.mark.parametrize("form", [TURTLE, N3, XML, RDFXML, JSONLD])
def test_sparqlwrapper_constructs_and_describes(wrapper: SPARQLWrapper, form: str) -> None:
    """Triples come in each format that SPARQLWrapper knows for them."""
    for query in (TRIPLES, "DESCRIBE <http://e/a> <http://e/b>"):
        wrapper.setQuery(query)
        wrapper.setReturnFormat(form)
        found = _answer(wrapper)
        graph = found if isinstance(found, Graph) else Graph().parse(data=found, format="turtle")
        names = {str(name) for name in graph.objects(None, URIRef(f"{E}name"))}
        assert names == {ANN, BO}


def test_sparqlwrapper_names_graphs(wrapper: SPARQLWrapper) -> None:
    """The graphs that SPARQLWrapper names are the dataset."""
    wrapper.setReturnFormat(JSON)
    wrapper.addDefaultGraph(f"{E}g2")
    wrapper.setQuery(NAMES)
    rows = _answer(wrapper)["results"]["bindings"]
    assert [row["name"]["value"] for row in rows] == [BO]
    wrapper.addNamedGraph(f"{E}g1")
    wrapper.setQuery("SELECT ?g { GRAPH ?g { ?s <http://e/name> ?o } }")
    rows = _answer(wrapper)["results"]["bindings"]
    assert [row["g"]["value"] for row in rows] == [f"{E}g1"]


# -- rdflib -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
def test_rdflib_queries(endpoint: str, method: str, form: str) -> None:
    """Rdflib's SPARQLStore gets rows in each format."""
    graph = Graph(SPARQLStore(endpoint, method=method, returnFormat=form))
    names = [str(row[0]) for row in graph.query(NAMES)]  # type: ignore[index]
    if form == "tsv":  # rdflib's reader of TSV leaves escapes as they are
        assert len(names) == 2
    else:
        assert names == [ANN, BO]


def test_rdflib_as_a_graph(endpoint: str) -> None:
    """Rdflib asks, constructs, walks through the endpoint as through a graph, and sees its named graphs."""
    graph = Graph(SPARQLStore(endpoint))
    assert graph.query(ASK).askAnswer is True
    assert {str(o) for _, _, o in graph.query(TRIPLES)} == {ANN, BO}  # type: ignore[misc]
    assert (URIRef(f"{E}a"), URIRef(f"{E}knows"), URIRef(f"{E}b")) in graph
    assert list(graph.subjects(RDF.type, URIRef(f"{E}Person"))) == [URIRef(f"{E}b")]
    assert graph.value(URIRef(f"{E}b"), URIRef(f"{E}name")) == Literal(BO, lang="en")
    one = Graph(SPARQLStore(endpoint), identifier=URIRef(f"{E}g1"))
    assert {str(o) for o in one.objects(None, URIRef(f"{E}name"))} == {ANN}


# -- curl -------------------------------------------------------------------------------------------------------------

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")


@needs_curl
def test_curl(endpoint: str, tmp_path: Path) -> None:
    """Curl asks in each way, as people write it."""
    (tmp_path / "q.rq").write_text(NAMES)
    for arguments in (
        ["-G", "--data-urlencode", f"query={NAMES}", "-H", "Accept: text/csv"],
        ["-G", "--data-urlencode", "query@q.rq", "-d", "format=csv"],
        ["--data-urlencode", f"query={NAMES}", "-H", "Accept: text/csv"],
        ["--data-binary", "@q.rq", "-H", "Content-Type: application/sparql-query", "-H", "Accept: text/csv"],
        ["--compressed", "-G", "--data-urlencode", "query@q.rq", "-d", "format=csv"],
        ["--http1.0", "-G", "--data-urlencode", "query@q.rq", "-d", "format=csv"],
    ):
        told = _run("curl", "-sSf", *arguments, endpoint, folder=tmp_path)
        assert list(csv.reader(io.StringIO(told, newline=""))) == [["name"], [ANN], [BO]]


@needs_curl
@pytest.mark.parametrize("form", ["turtle", "nt", "nquads", "trig", "rdfxml", "jsonld"])
def test_curl_gets_long_graphs(endpoint: str, form: str, tmp_path: Path) -> None:
    """A long graph, which streams, comes whole in each format."""
    query = "CONSTRUCT WHERE { ?s <http://e/number> ?o }"
    file = tmp_path / "out"
    _run("curl", "-sSf", "-G", "--data-urlencode", f"query={query}", "-d", f"format={form}", "-o", str(file), endpoint)
    from pyoxigraph import parse

    from cdkg.formats import GRAPHS as KNOWN
    from cdkg.formats import by_name

    assert len({quad.triple for quad in parse(path=str(file), format=by_name(form, KNOWN).writer)}) == ROWS  # type: ignore[arg-type]


@needs_curl
def test_curl_sees_headers_and_refusals(endpoint: str) -> None:
    """HEAD of a short and of a long answer has its headers and ends; a refusal is told by the exit code."""
    for query in (ASK, "SELECT * { ?s ?p ?o }"):
        for _ in range(5):  # were a worker left behind by each, the next would wait
            told = _run("curl", "-sSfI", f"{endpoint}?query={quote(query)}", seconds=20)
            assert " 200 " in told.splitlines()[0]
            assert "application/sparql-results+json" in told
    refused = subprocess.run(["curl", "-sSf", f"{endpoint}?query=nonsense"], capture_output=True, check=False)
    assert refused.returncode == 22


@needs_curl
def test_curl_sees_what_breaks_off(endpoint: str) -> None:
    """What XML cannot carry is a refusal; far behind in a long answer, the answer visibly breaks off."""
    odd, long = "?s <http://e/odd> ?o", "?s <http://e/number> ?o"
    for pattern, code in ((odd, 22), (f"{{ {long} }} UNION {{ {odd} }}", 18)):
        query = f"SELECT ?s ?o {{ {pattern} }}"
        command = ["curl", "-sSf", "-H", "Accept: application/sparql-results+xml", f"{endpoint}?query={quote(query)}"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=30)
        assert done.returncode == code
        assert b"</sparql>" not in done.stdout
        assert json.loads(_run("curl", "-sSf", f"{endpoint}?query={quote(ASK)}"))["boolean"] is True


# -- pandas -----------------------------------------------------------------------------------------------------------


def test_pandas_reads_csv(endpoint: str) -> None:
    """Pandas reads an answer from its address."""
    frame = pd.read_csv(f"{endpoint}?format=csv&query={quote(NAMES)}")
    assert list(frame["name"]) == [ANN, BO]
    counted = "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY DESC(?n) LIMIT 1"
    assert list(pd.read_csv(f"{endpoint}?format=csv&query={quote(counted)}")["n"]) == [ROWS]


# -- Node -------------------------------------------------------------------------------------------------------------

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node")
_FETCH = """
const [address, query] = process.argv.slice(2);
const accept = { Accept: 'application/sparql-results+json' };
const direct = { ...accept, 'Content-Type': 'application/sparql-query' };
const said = [];
for (const answer of [
  await fetch(`${address}?${new URLSearchParams({ query })}`, { headers: accept }),
  await fetch(address, { method: 'POST', headers: accept, body: new URLSearchParams({ query }) }),
  await fetch(address, { method: 'POST', headers: direct, body: query }),
]) said.push((await answer.json()).results.bindings.map(row => row.name.value));
console.log(JSON.stringify(said));
"""
_COMUNICA = """
import { QueryEngine } from '@comunica/query-sparql';
const [value, names, ask, triples] = process.argv.slice(2);
const engine = new QueryEngine();
const sources = [{ type: 'sparql', value }];
const rows = await (await engine.queryBindings(names, { sources })).toArray();
const known = await engine.queryBoolean(ask, { sources });
const quads = await (await engine.queryQuads(triples, { sources })).toArray();
console.log(JSON.stringify([rows.map(row => row.get('name').value), known, quads.map(q => q.object.value).sort()]));
"""


@needs_node
def test_fetch_of_node(endpoint: str, tmp_path: Path) -> None:
    """The fetch that browsers and Node share asks in each way."""
    (tmp_path / "ask.mjs").write_text(_FETCH)
    told = json.loads(_run("node", "ask.mjs", endpoint, NAMES, folder=tmp_path))
    assert told == [[ANN, BO]] * 3


@needs_node
@pytest.mark.slow
def test_comunica(endpoint: str, tmp_path: Path) -> None:
    """Comunica, told that the endpoint is one, or left to find that out, gets rows, a boolean and triples."""
    node = int(_run("node", "-p", "process.versions.node.split('.')[0]"))
    version = 5 if node >= 22 else 4  # the newer one does not start on older Nodes
    install = ["npm", "install", "--no-audit", "--no-fund", f"@comunica/query-sparql@{version}"]
    if subprocess.run(install, cwd=tmp_path, capture_output=True, check=False, timeout=400).returncode:
        pytest.skip("Comunica cannot be installed from npm here")
    (tmp_path / "ask.mjs").write_text(_COMUNICA)
    (tmp_path / "found.mjs").write_text(_COMUNICA.replace("{ type: 'sparql', value }", "value"))
    for script in ("ask.mjs", "found.mjs"):
        rows, known, objects = json.loads(_run("node", script, endpoint, NAMES, ASK, TRIPLES, folder=tmp_path))
        assert (rows, known, objects) == ([ANN, BO], True, sorted([ANN, BO]))
