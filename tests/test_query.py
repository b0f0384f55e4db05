"""Guarded queries, dataset clauses and formats."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from cdkg.errors import NotAcceptableError, QueryError, VocabularyError
from cdkg.formats import GRAPHS, SOLUTIONS, by_name
from cdkg.query import Limits, inspect, run
from cdkg.vocabulary import PREFIXES, expand, shorten

_TRIPLES = {
    "x:g1": [("x:a", "x:p", "x:b"), ("x:b", "x:p", "x:c")],
    "x:g2": [("x:a", "x:p", "x:b"), ("x:c", "x:p", "x:d")],
    "x:g3": [("x:d", "x:p", "x:e")],
}


@pytest.fixture
def store() -> Store:
    """Three graphs, two of which hold the same triple; the default graph is their union as a set."""
    made = Store()
    for graph, triples in _TRIPLES.items():
        for s, p, o in triples:
            for name in (NamedNode(graph), DefaultGraph()):
                made.add(Quad(NamedNode(s), NamedNode(p), NamedNode(o), name))
    return made


def _count(store: Store, text: str, default: tuple[str, ...] = ()) -> int:
    answer = run(store, text, default_graphs=default).write(by_name("json", SOLUTIONS))
    return int(json.loads(answer)["results"]["bindings"][0]["n"]["value"])


@pytest.mark.parametrize(
    ("clauses", "triples", "paths"),
    [
        ("", 4, 3),
        ("FROM <x:g1>", 2, 1),
        ("FROM <x:g1> FROM <x:g2>", 3, 2),
        ("FROM <x:g1> FROM <x:g2> FROM <x:g1>", 3, 2),
        ("FROM <x:g1> FROM <x:g2> FROM <x:g3>", 4, 3),
        ("FROM NAMED <x:g1>", 0, 0),
    ],
)
def test_counts_and_joins_equal_those_of_a_merge(store: Store, clauses: str, triples: int, paths: int) -> None:
    """COUNT and a join over the default graph and over several FROM are those of the merged graph."""
    assert _count(store, f"SELECT (COUNT(*) AS ?n) {clauses} WHERE {{ ?s ?p ?o }}") == triples
    assert _count(store, f"SELECT (COUNT(*) AS ?n) {clauses} WHERE {{ ?s ?p ?m . ?m ?p ?o }}") == paths


def test_protocol_dataset_wins_over_from(store: Store) -> None:
    """A dataset given beside the query replaces its FROM clauses (Protocol, section 2.1.4)."""
    assert _count(store, "SELECT (COUNT(*) AS ?n) FROM <x:g1> { ?s ?p ?o }", ("x:g3",)) == 1


def test_from_named_is_what_graph_sees(store: Store) -> None:
    """GRAPH ranges over the FROM NAMED graphs only."""
    assert _count(store, "SELECT (COUNT(*) AS ?n) FROM NAMED <x:g1> { GRAPH ?g { ?s ?p ?o } }") == 2


def test_from_in_strings_and_comments_is_text(store: Store) -> None:
    """FROM inside a literal, an IRI or a comment is no dataset clause, and a prefixed name after FROM is resolved."""
    text = 'PREFIX e: <x:> # FROM <x:g3>\nSELECT (COUNT(*) AS ?n) FROM e:g1 { ?s ?p ?o BIND("FROM <x:g3>" AS ?t) }'
    assert _count(store, text) == 2
    assert inspect(text).default_graphs == ("x:g1",)


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ("", "<g1>"),
        ("", "<../y/g1>"),
        ("PREFIX : <./>", ":g1"),
        ("BASE <http://ex.org/a/> BASE <../y/>", "<g1>"),
        ("BASE <tag://y/>", "<g1>"),
        ("", r"<http://ex.org/y/\u00671>"),
    ],
)
def test_graphs_of_from_are_resolved_as_other_iris(head: str, named: str) -> None:
    """The graph that FROM names is the one that GRAPH names so: by base, prefix and escapes (sections 4.1.1, 19.2)."""
    base, there = "http://ex.org/y/", ("tag://y/g1" if "tag:" in head else "http://ex.org/y/g1")
    store = Store()
    store.add(Quad(NamedNode("x:s"), NamedNode("x:p"), NamedNode("x:o"), NamedNode(there)))
    for text in (f"ASK FROM {named} {{ ?s ?p ?o }}", f"ASK {{ GRAPH {named} {{ ?s ?p ?o }} }}"):
        assert bool(run(store, f"{head} {text}", base=base).result), text


def test_service_is_refused_where_it_stands() -> None:
    """SERVICE is refused with its place, but the word in a string or an IRI passes."""
    with pytest.raises(QueryError) as caught:
        inspect("SELECT * {\n  SERVICE <http://e/> { ?s ?p ?o } }")
    assert caught.value.where is not None
    assert (caught.value.where.line, caught.value.where.column) == (2, 3)
    inspect('SELECT * { <http://e/SERVICE> ?p "SERVICE <x>" } # SERVICE')


@pytest.mark.parametrize(
    "text",
    ["", "  \n", "SELECT * " + "{" * 201 + "}" * 201, "SELECT * {} #" + "x" * 200, "ASK { FILTER(" + "(" * 250 + ")}"],
)
def test_guard_refuses(text: str) -> None:
    """An empty, an overlong and a too deeply nested query are refused before any engine sees them."""
    with pytest.raises(QueryError):
        inspect(text, Limits(size=len(text.encode()) - 1 if "#" in text else 100_000))


def test_three_thousand_groups_do_no_harm(store: Store) -> None:
    """The query that ends the process of an unguarded engine is an error here."""
    with pytest.raises(QueryError):
        run(store, "SELECT * " + "{" * 3000 + "?s ?p ?o" + "}" * 3000)


def test_typo_has_its_place(store: Store) -> None:
    """A query with a typo names line and column."""
    with pytest.raises(QueryError) as caught:
        run(store, "SELECT * WHERE {\n ?s ?p }")
    assert caught.value.where is not None
    assert caught.value.where.line == 2


def test_unknown_prefix_is_told(store: Store) -> None:
    """An unknown prefix is an error that says so."""
    with pytest.raises(QueryError) as caught:
        run(store, "SELECT * { citty:leeds ?p ?o }")
    assert "refix" in str(caught.value)


@pytest.mark.parametrize("form", [f.name for f in SOLUTIONS])
def test_solutions_in_every_format(store: Store, form: str) -> None:
    """A SELECT can be written in each format of the table."""
    data = run(store, "SELECT ?s { ?s ?p <x:e> }").write(by_name(form, SOLUTIONS))
    assert b"x:d" in data


@pytest.mark.parametrize("form", [f.name for f in GRAPHS])
def test_triples_in_every_format(store: Store, form: str) -> None:
    """A CONSTRUCT can be written in each graph format of the table."""
    data = run(store, "CONSTRUCT { ?s a cd:City } { ?s ?p <x:e> }").write(by_name(form, GRAPHS))
    assert b"x:d" in data


def test_turtle_has_the_prefixes_it_uses(store: Store) -> None:
    """Turtle is written with the prefixes that occur in it, in the same order every time."""
    query = "CONSTRUCT { ?s a cd:City ; rdfs:label 'x' ; cd:country country:c } { ?s ?p <x:e> }"
    text = run(store, query).write(by_name("turtle", GRAPHS)).decode()
    assert [line.split()[1] for line in text.splitlines() if line.startswith("@prefix")] == [
        "cd:",
        "country:",
        "rdf:",
        "rdfs:",
    ]


def test_ask_in_csv_is_a_word(store: Store) -> None:
    """The answer of an ASK is a boolean; CSV and TSV have it as the bare word; triples it has none."""
    for pattern, known in (("{ ?s ?p <x:e> }", True), ("{ FILTER(false) }", False)):
        answer = run(store, f"ASK {pattern}")
        assert json.loads(answer.write(by_name("json", answer.offered)))["boolean"] is known
        for name in ("csv", "tsv"):
            assert json.loads(answer.write(by_name(name, answer.offered))) is known
        with pytest.raises(NotAcceptableError):
            by_name("turtle", answer.offered)


def test_names_and_iris() -> None:
    """Prefixed names of the table expand, IRIs shorten, and each undoes the other."""
    for prefix, iri in PREFIXES.items():
        assert expand(f"{prefix}:x") == iri + "x"
        assert expand(shorten(iri + "x")) == iri + "x"
    assert shorten("https://w3id.org/cdkg/graph/ucl/t#x").startswith("<")
    with pytest.raises(VocabularyError, match="nope"):
        expand("nope:x")


@pytest.mark.parametrize(
    "text",
    [
        "PREFIX : <http://e/> SELECT * { SERVICE:p { ?s ?p ?o } }",
        "PREFIX e: <http://e/> SELECT * { SERVICEe:p { ?s ?p ?o } }",
        "SELECT * { SERVICESILENT<http://e/> { ?s ?p ?o } }",
        "SELECT * { ?a ?b trueSERVICE<http://e/> { ?s ?p ?o } }",
        "SELECT * { ?a ?b 1e5service<http://e/> { ?s ?p ?o } }",
        "SELECT * { FILTER(1<2)SERVICE#>\n<http://e/>{ ?s ?p ?o } }",
        "SELECT * { FILTER(1<'>')SERVICE<http://e/>{ ?s ?p ?o } FILTER(1<'>') }",
        "SELECT * { FILTER(1<2#>'''\n)SERVICE<http://e/>{ ?s ?p ?o }#'''\n }",
        "SELECT * { ?s ?p <http://e/\\u0041#> SERVICE <http://e/> { ?s ?p ?o } }",
    ],
)
def test_service_is_refused_in_disguise(text: str) -> None:
    """The engine wants no space around keywords and may take `<…>` for a comparison; still no request leaves."""
    with pytest.raises(QueryError):
        inspect(text)


def test_names_with_service_in_them_pass() -> None:
    """The word in a variable, a local name or an IRI with its scheme is no SERVICE."""
    inspect("PREFIX e: <http://e/> SELECT ?service { ?service e:service <http://e/service#(x)>, 'it''s' }")
    inspect("SELECT * { ?a ?b <#c> FILTER(?a<?d && ?d>?e) }")


@pytest.mark.parametrize("unit", ["a.", "a-", '\\"', '"""\\"""', "\\'"])
def test_guard_takes_linear_time(unit: str) -> None:
    """A hundred thousand bytes that are no SPARQL are looked at once, not once for each of them."""
    started = time.perf_counter()
    with contextlib.suppress(QueryError):
        inspect('SELECT * { "' * ("a" not in unit) + unit * (99_000 // len(unit)))
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { FILTER(" + "!" * 90_000 + "true) }",
        "SELECT * { FILTER(" + "1+" * 40_000 + "1) }",
        "SELECT * { FILTER(1<" + "1+" * 40_000 + "1>1) }",
        "SELECT * { FILTER(1<" + "(" * 6000 + "2" + ")" * 6000 + ">1) }",
        "SELECT * { {} " + "UNION{}" * 14_000 + " }",
        "SELECT * { " + "BIND(1 AS ?a)" * 7000 + " }",
        "SELECT * { ?s " + "<a:b>/" * 16_000 + "<a:b> ?o }",
        "SELECT * { " + "?a?b?c." * 14_000 + " }",
    ],
)
def test_guard_refuses_long_chains(text: str) -> None:
    """A chain of operators or groups, which ends the process of an unguarded engine like deep nesting, is an error."""
    with pytest.raises(QueryError):
        inspect(text)


def test_long_lists_are_answered(store: Store) -> None:
    """Thousands of terms in VALUES and IN are no chain."""
    terms = " ".join(f"<x:{number}>" for number in range(4000))
    numbers = ", ".join(f"{number}.5" for number in range(4000))
    assert _count(store, f"SELECT (COUNT(*) AS ?n) {{ VALUES ?s {{ <x:a> {terms} }} ?s ?p ?o }}") == 1
    assert _count(store, f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o FILTER(1.5 IN ({numbers})) }}") == 4


def test_dataset_of_a_construct(store: Store) -> None:
    """The FROM of a CONSTRUCT stands behind its template; it is merged too, and a dataset beside the query wins."""
    text = "CONSTRUCT { <x:n> <x:count> ?n } FROM <x:g1> FROM <x:g2> { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } }"
    for graphs, count in (((), "3"), (("x:g3",), "1")):
        assert f'"{count}"'.encode() in run(store, text, default_graphs=graphs).write(by_name("ntriples", GRAPHS))
    short = run(store, "CONSTRUCT FROM <x:g3> WHERE { ?s ?p ?o }")
    assert short.write(by_name("ntriples", GRAPHS)) == b"<x:d> <x:p> <x:e> .\n"


def test_query_without_a_form_in_utf8() -> None:
    """A byte of the command line that is no UTF-8 is an error with its place."""
    with pytest.raises(QueryError, match=r"query:1:5: .*UTF-8"):
        inspect("ASK \udcff {}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SELECT * { ?s a nope:x }", "Prefix not found"),
        ("SELECT ?s { ?s a ?o } GROUP BY ?o", "The SELECT contains a variable that is unbound"),
        ("SELECT * {\n ?s ?p }", "expected one of LATERAL, SERVICE"),
        ("INSERT DATA {}", "expected CONSTRUCT"),
    ],
)
def test_reason_is_readable(store: Store, text: str, why: str) -> None:
    """The engine's reason is given without its tables of characters."""
    with pytest.raises(QueryError) as caught:
        run(store, text)
    assert caught.value.why == why
