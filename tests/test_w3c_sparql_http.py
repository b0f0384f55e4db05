"""The SPARQL 1.1 suite of the W3C over HTTP, against a plain endpoint; what is known to fail is named, with why."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pyoxigraph import BlankNode, NamedNode, Quad, QuerySolutions, RdfFormat, parse_query_results, serialize
from pyoxigraph import QueryResultsFormat as Results

from plain_server import Running, running, taking_writes
from sparql11_suite import (
    BASE,
    SuiteTest,
    answer,
    expected,
    file,
    insertion,
    names,
    needs_suite,
    of_graphs,
    same,
    suite,
    table,
    triples,
)

pytestmark = [needs_suite, pytest.mark.slow]

#: Tests that fail → why.
_LOAD = "LOAD is refused: the endpoint sends no requests to others"
_EMPTY_PATH = "the engine finds no zero-length path between a constant and itself where the graph has no such node"
REASONS: dict[str, str] = {
    "aggregates/agg-groupconcat-04": "the engine drops the language tag that all members of GROUP_CONCAT share",
    "aggregates/agg-groupconcat-06": "the engine drops the language tag of the only member of GROUP_CONCAT",
    "aggregates/agg-empty-group-count-graph": "the engine counts no graph where the suite wants a row for each",
    "bindings/graph": "the engine does not join VALUES inside GRAPH with the graph's variable",
    "functions/bnode01": "the engine gives BNODE of one string the same node in all rows",
    "negation/graph-minus": "the engine takes the variable of GRAPH for shared inside MINUS",
    "property-path/zero_or_more_set_start": _EMPTY_PATH,
    "property-path/zero_or_more_set_end": _EMPTY_PATH,
    "property-path/zero_or_one_set_start": _EMPTY_PATH,
    "property-path/zero_or_one_set_end": _EMPTY_PATH,
    "syntax-query/test_4": "the engine refuses a call of a function that it does not know, valid as it is",
    "csv-tsv-res/csv03": "the engine keeps numbers as values and writes them in canonical form",
    "syntax-update-1/test_1": _LOAD,
    "syntax-update-1/test_2": _LOAD,
    "syntax-update-1/test_3": _LOAD,
    "syntax-update-1/test_4": _LOAD,
    "syntax-update-1/test_37": _LOAD,
}


def cases(*kinds: str) -> list[object]:
    """The tests of these kinds, those that are known to fail marked."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(reason=REASONS[name], strict=True)) if name in REASONS else name
        for name in names(*kinds)
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with the data of all query tests, each file a named graph; updates have one of their own."""
    folder = tmp_path_factory.mktemp("queries")
    files = {iri for test in suite().values() if test.kind != "UpdateEvaluationTest" for _, iri in test.data}
    quads = (Quad(t.subject, t.predicate, t.object, NamedNode(iri)) for iri in sorted(files) for t in triples(iri))
    serialize(quads, folder / "all.nq", format=RdfFormat.N_QUADS)
    with running("--plain", str(folder / "all.nq")) as found:
        yield found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that takes writes."""
    with taking_writes(tmp_path_factory.mktemp("updates")) as found:
        yield found


def ask(server: Running, test: SuiteTest, accept: str) -> bytes:
    """The answer of a test's query over its data, named as the protocol does (section 2.1.4)."""
    if re.search(r"\bFROM\b", test.text):  # it names them itself
        found = server.query(test.text, accept)
    else:
        default = [iri for name, iri in test.data if not name] or [f"{BASE}nothing"]
        named = [iri for name, iri in test.data if name]
        found = server.query(test.text, accept, default_graph_uri=default, named_graph_uri=named)
    assert found.status == 200, found.body.decode()
    return found.body


@pytest.mark.parametrize("name", cases("QueryEvaluationTest"))
def test_query(server: Running, name: str) -> None:
    """A query has the answer that the suite has."""
    test = suite()[name]
    graph = "CONSTRUCT" in test.text.upper()
    accept = "application/n-triples" if graph else "application/sparql-results+json"
    if file(test.result).suffix == ".tsv":
        accept = "text/tab-separated-values"
    assert answer(ask(server, test, accept), accept) == expected(test)


@pytest.mark.parametrize("name", cases("CSVResultFormatTest"))
def test_csv(server: Running, name: str) -> None:
    """A CSV answer has the rows that the suite has."""
    test = suite()[name]
    assert table(ask(server, test, "text/csv").decode()) == table(file(test.result).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", cases("PositiveSyntaxTest11"))
def test_query_syntax(server: Running, name: str) -> None:
    """A valid query is answered."""
    found = server.query(suite()[name].text)
    assert found.status == 200, found.body.decode()


@pytest.mark.parametrize("name", cases("NegativeSyntaxTest11"))
def test_query_no_syntax(server: Running, name: str) -> None:
    """What is no query is refused as such."""
    assert server.query(suite()[name].text).status == 400


@pytest.mark.parametrize("name", cases("UpdateEvaluationTest"))
def test_update(written: Running, name: str) -> None:
    """An update leaves the graphs that the suite has."""
    test = suite()[name]
    assert written.update(insertion(of_graphs(test.data))).status == 204
    found = written.update(test.text)
    assert found.status == 204, found.body.decode()
    rows = written.query("SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }", "application/sparql-results+json")
    solutions = parse_query_results(rows.body, format=Results.JSON)
    assert isinstance(solutions, QuerySolutions)
    quads = [Quad(r["s"], r["p"], r["o"], *([r["g"]] if r["g"] else [])) for r in solutions]
    assert same(quads) == same(of_graphs(test.after))


@pytest.mark.parametrize("name", cases("PositiveUpdateSyntaxTest11"))
def test_update_syntax(written: Running, name: str) -> None:
    """A valid update is done, or cannot be as it names a graph that is not there."""
    found = written.update(suite()[name].text)
    assert found.status == 204 or (found.status == 409 and b"does not exist" in found.body), found.body.decode()


@pytest.mark.parametrize("name", cases("NegativeUpdateSyntaxTest11"))
def test_update_no_syntax(written: Running, name: str) -> None:
    """What is no update is refused as such."""
    assert written.update(suite()[name].text).status == 400


def test_how_many() -> None:
    """The suite is looked at as a whole; answers that differ are told apart."""
    assert len(suite()) == 454
    node = NamedNode("x:a")
    assert same([Quad(node, node, BlankNode("a"))]) == same([Quad(node, node, BlankNode("b"))])
    assert same([Quad(node, node, BlankNode("a"))]) != same([Quad(node, node, node)])
