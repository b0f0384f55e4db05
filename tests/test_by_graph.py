"""Queries whose answers fall into parts by named graph, and what checks have found, kept from edit to edit."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from cdkg.nearest import Role as Use
from cdkg.reasoning.rules import select
from cdkg.reasoning.rules.by_graph import by_graph
from cdkg.validation import Severity
from cdkg.validation.checks import Check, CheckRow
from cdkg.validation.kept import Kept
from cdkg.validation.terms import nearest_names
from cdkg.vocabulary import RDF_TYPE

P, Q, R = (NamedNode(f"urn:x:{name}") for name in "pqr")
LABEL = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
SPACES = [f"https://w3id.org/cdkg/id/{kind}/" for kind in ("city", "country")]
GRAPHS = [NamedNode(f"urn:x:g{n}") for n in range(3)]

#: Queries, and whether their answers fall into parts.
QUERIES = {
    "SELECT ?focus { GRAPH ?g { ?focus <urn:x:p> ?o } }": True,
    "SELECT DISTINCT ?focus { GRAPH ?g { ?focus <urn:x:p> ?o } FILTER NOT EXISTS { GRAPH ?g { ?o ?p [] } } }": True,
    "SELECT ?focus ?g { ?focus <urn:x:r> ?r . GRAPH ?g { ?focus <urn:x:p> ?o } }": True,
    "SELECT ?focus (COUNT(?o) AS ?n) { GRAPH ?g { ?focus ?p ?o } } GROUP BY ?g ?focus HAVING (COUNT(?o) > 1)": True,
    "SELECT ?focus { GRAPH $g { ?focus <urn:x:p> ?o } GRAPH ?g { ?o ?any ?focus } }": True,
    "SELECT ?focus { GRAPH ?g { ?focus ?p ?o } OPTIONAL { GRAPH ?g { ?o <urn:x:q> ?x } } FILTER (!BOUND(?x)) }": True,
    "SELECT * { GRAPH ?g { ?focus <urn:x:p> ?o MINUS { ?focus <urn:x:q> ?x } } }": False,
    "SELECT ?focus (COUNT(?o) AS ?n) { GRAPH ?g { ?focus <urn:x:p> ?o } } GROUP BY ?focus": False,
    "SELECT ?focus (COUNT(?o) AS ?n) { GRAPH ?g { ?focus <urn:x:p> ?o } } GROUP BY ?focus (STR(?g) AS ?name)": False,
    "SELECT ?focus { GRAPH ?g { ?focus <urn:x:p> ?o } } LIMIT 2": False,
    "SELECT ?focus { { GRAPH ?g { ?focus <urn:x:p> ?o } } UNION { ?focus <urn:x:r> ?o } }": False,
    "SELECT ?focus { GRAPH ?g { ?focus <urn:x:p> ?o } FILTER NOT EXISTS { GRAPH ?h { ?o <urn:x:q> ?x } } }": True,
    "SELECT ?focus { ?focus <urn:x:r> ?o FILTER EXISTS { GRAPH ?g { ?focus <urn:x:p> ?x } } }": False,
    "SELECT ?focus { ?focus <urn:x:r> ?o OPTIONAL { GRAPH ?g { ?focus <urn:x:p> ?x } } }": False,
    "SELECT ?focus { { SELECT ?focus { GRAPH ?g { ?focus <urn:x:p> ?o } } } }": False,
    "SELECT ?focus { GRAPH <urn:x:g1> { ?focus <urn:x:p> ?o } }": False,
    "SELECT ?focus { ?focus <urn:x:p>+ ?o . ?o <urn:x:q> ?x }": False,
    "SELECT ?focus { GRAPH ?g { } ?focus <urn:x:p> ?g }": True,
    "SELECT ?focus { GRAPH ?g { ?focus <urn:x:p> ?o } MINUS { GRAPH ?h { ?focus ?p ?x } FILTER (?h != ?g) } }": False,
    "SELECT ?focus { GRAPH ?g { ?focus <urn:x:p> ?o } MINUS { GRAPH ?h { ?focus <urn:x:q> ?x } } }": False,
    "SELECT ?focus { GRAPH ?g { ?focus <urn:x:p> ?o } GRAPH ?h { ?o <urn:x:q> ?x } ?x <urn:x:r> ?focus }": True,
    "SELECT ?focus { GRAPH ?g { FILTER NOT EXISTS { GRAPH ?h { ?focus <urn:x:q> ?x } } ?focus <urn:x:p> ?o } }": True,
    "SELECT ?focus { ?focus <urn:x:p>/<urn:x:q> ?o . ?o <urn:x:r>* ?x . ?x a ?focus }": False,
    "SELECT ?focus { ?focus <urn:x:p> ?o { ?o <urn:x:q> ?x } UNION { ?x <urn:x:r> ?o } }": False,
    "SELECT ?focus { VALUES ?o { <urn:x:n1> <urn:x:n2> } ?focus <urn:x:p> ?o ; <urn:x:q> [ <urn:x:r> ?o ] }": False,
    "SELECT ?focus (MAX(?o) AS ?most) { ?focus <urn:x:p> ?o . ?o <urn:x:q> ?focus } GROUP BY ?focus": False,
    "SELECT ?focus { ?focus <urn:x:p> ?o { SELECT ?focus { ?o <urn:x:q> ?focus . ?focus <urn:x:r> ?o } } }": False,
    "SELECT ?focus { ?focus <urn:x:p> ?o OPTIONAL { ?o <urn:x:q> ?x . ?x <urn:x:r> ?y } FILTER (!BOUND(?y)) }": False,
    "SELECT ?focus { GRAPH ?g { ?focus <urn:x:p> ?o } MINUS { ?a <urn:x:q> ?b } }": False,
    'SELECT ?focus { ?focus <urn:x:p> "a" . ?focus ?any ?o . ?o ?any ?focus }': False,
}  # fmt: skip


def _triple(source: random.Random) -> Triple:
    nodes = [NamedNode(f"urn:x:n{n}") for n in range(4)] + GRAPHS[:1]
    values: list[NamedNode | Literal] = [*nodes, Literal("a")]
    return Triple(source.choice(nodes), source.choice([P, Q, R]), source.choice(values))


def _check(text: str) -> Check:
    return Check("check", Severity.INFO, "{focus}", text, Path("check.rq"))


def _rows(rows: list[CheckRow]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset((name, str(term)) for name, term in row.items()) for row in rows}


def _fill(store: Store, source: random.Random) -> None:
    for _ in range(25):
        triple = _triple(source)
        names: list[NamedNode | DefaultGraph] = [*GRAPHS, DefaultGraph()]
        store.add(Quad(triple.subject, triple.predicate, triple.object, source.choice(names)))


@pytest.mark.parametrize(("text", "falls"), QUERIES.items())
def test_which_fall_into_parts(text: str, falls: bool) -> None:
    """Those of which each answer comes from one graph; of others nobody says so."""
    assert (by_graph(text) is not None) == falls


@pytest.mark.parametrize("text", [text for text, falls in QUERIES.items() if falls])
@pytest.mark.parametrize("seed", range(5))
def test_parts_make_the_whole(text: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers of each graph, asked for alone, are those that the whole has of it."""
    monkeypatch.setattr(select, "falls_apart", lambda *_: False)
    monkeypatch.setattr(select, "read_select", select.read_select.__wrapped__)
    monkeypatch.setattr("cdkg.validation.checks.read_select", select.read_select)
    source, store, check = random.Random(seed), Store(), _check(text)  # noqa: S311
    _fill(store, source)
    parts = check.parts(store)
    assert _rows([row for rows in parts.values() for row in rows]) == _rows(check.rows(store))
    for graph in GRAPHS:
        assert _rows(check.parts(store, graph).get(graph, [])) == _rows(parts.get(graph, []))


@pytest.mark.parametrize("seed", range(12))
def test_kept_rows_are_those_of_the_dataset_as_it_is(seed: int) -> None:
    """After each of many edits, of named graphs and of the default graph."""
    source, kept = random.Random(seed), Kept(Store())  # noqa: S311
    checks = [_check(text) for text in QUERIES if "LIMIT" not in text]
    held: dict[NamedNode | None, set[Triple]] = {}
    for _ in range(30):
        graph = source.choice([*GRAPHS, None])
        before = held.setdefault(graph, set())
        gone = {t for t in sorted(before, key=str) if source.random() < 0.2}
        came = {_triple(source) for _ in range(source.randint(0, 3))} - before
        held[graph] = (before - gone) | came
        kept.change(graph, came, gone)
        if source.random() < 0.5:
            kept.settle()
            kept.learn({check: kept.news(check) for check in checks})
            for check, rows in zip(checks, kept.rows(checks), strict=True):
                assert _rows(rows) == _rows(check.rows(kept.store)), check.text


@pytest.mark.parametrize("seed", range(12))
def test_kept_names_are_those_of_the_dataset_as_it_is(seed: int) -> None:
    """Names like undefined ones, after each of many edits that bring, label and type things, or take them away."""
    source, kept = random.Random(seed), Kept(Store())  # noqa: S311
    keys = [(NamedNode(f"{space}{local}"), Use.THING) for space in SPACES for local in ("leeds", "bradford")]
    held: set[Triple] = set()
    for _ in range(25):
        gone = {t for t in sorted(held, key=str) if source.random() < 0.2}
        came = {_named(source) for _ in range(source.randint(0, 2))} - held
        held = (held - gone) | came
        kept.change(None, came, gone)
        kept.settle()
        names = kept.nearest(keys)
        assert names == nearest_names(kept.store, keys)
        kept.learn({}, names)


def test_names_are_looked_for_once() -> None:
    """Until something changes that may be nearer."""
    kept, key = Kept(Store()), (NamedNode(f"{SPACES[0]}leeds"), Use.THING)
    kept.learn({}, {key: ("known",)})
    kept.change(None, {Triple(NamedNode(f"{SPACES[1]}york"), RDF_TYPE, P)}, set())
    kept.settle()
    assert kept.nearest([key]) == {key: ("known",)}
    kept.change(None, {Triple(NamedNode(f"{SPACES[0]}leads"), RDF_TYPE, P)}, set())
    kept.settle()
    assert kept.nearest([key]) == {key: ("city:leads",)}


def _named(source: random.Random) -> Triple:
    space = source.choice([*SPACES, "https://w3id.org/cdkg/ontology/"])
    subject = NamedNode(space + source.choice(["leeds", "leds", "bradfort", "york"]))
    kinds = [NamedNode("http://www.w3.org/2002/07/owl#Class"), P]
    label = Literal(source.choice(["Leeds", "Bradford", "York"]))
    return Triple(subject, RDF_TYPE, source.choice(kinds)) if source.random() < 0.6 else Triple(subject, LABEL, label)


def test_what_an_edit_does_not_concern_is_not_asked_again() -> None:
    """Neither checks that read other kinds of triples, nor parts that have not changed."""
    local, listed, other = (
        _check("SELECT ?focus { GRAPH ?g { ?focus <urn:x:p> ?o } }"),
        _check("SELECT ?focus { GRAPH ?g { [] <urn:x:p> ?o } BIND (?g AS ?focus) }"),
        _check("SELECT ?focus { ?focus <urn:x:q> ?o }"),
    )
    kept = Kept(Store())
    triple = Triple(GRAPHS[2], P, Literal("a"))
    for graph in GRAPHS[:2]:
        kept.change(graph, {triple}, set())
    kept.settle()
    kept.learn({check: kept.news(check) for check in (local, listed, other)})
    kept.change(GRAPHS[0], {Triple(GRAPHS[1], P, Literal("b"))}, set())
    kept.settle()
    assert kept.news(local).keys() == {GRAPHS[1]}
    assert kept.news(listed).keys() == {GRAPHS[0]}
    assert not kept.news(other)
