"""Queries whose answers fall into parts by the terms that a variable may be."""

from __future__ import annotations

import random

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Store, Triple, Variable

from cdkg.reasoning.rules.by_term import falls_apart
from cdkg.reasoning.rules.construct import PatternReader
from cdkg.reasoning.rules.select import FOCUS

BASE = "SELECT ?focus { ?focus :p ?o "

#: Queries, and whether their answers fall into parts by `?focus`.
QUERIES = {
    "SELECT ?focus { ?focus :p ?o }": True,
    "SELECT ?focus { ?s :p $focus }": True,
    "SELECT ?focus { ?s ?focus ?o }": True,
    "SELECT DISTINCT * { GRAPH ?g { ?focus :p ?o } }": True,
    "SELECT ?focus { GRAPH ?focus { ?s :p ?o } }": False,
    "SELECT ?focus { GRAPH ?focus { ?s :p ?focus } }": True,
    "SELECT ?focus { ?s :p ?o BIND (?o AS ?focus) }": False,
    "SELECT (?o AS ?focus) { ?s :p ?o }": False,
    "SELECT ?focus { ?focus :p ?o } ORDER BY ?o LIMIT 2": False,
    "SELECT ?focus { ?focus :p ?o } OFFSET 1": False,
    "SELECT ?focus { ?focus :p+ ?o }": True,
    "SELECT ?focus { ?focus :p* ?o }": False,
    BASE + ". ?o :q* ?focus }": False,
    BASE + ". ?o :q* ?x }": True,
    BASE + ". ?o !:q ?focus }": False,
    BASE + "FILTER (?o != ?focus) }": True,
    BASE + "FILTER NOT EXISTS { ?o :q ?focus } }": True,
    BASE + "FILTER NOT EXISTS { { ?o :q ?x FILTER (?x = ?focus) } } }": True,
    "SELECT ?focus { FILTER NOT EXISTS { ?o :q ?focus } ?focus :p ?o }": True,
    BASE + "OPTIONAL { ?focus :q ?x } FILTER (!BOUND(?x)) }": True,
    BASE + "OPTIONAL { ?o :q ?x FILTER (?x = ?focus) } }": False,
    BASE + "OPTIONAL { ?x :q ?o OPTIONAL { ?focus :r ?x } } }": False,
    "SELECT ?focus { OPTIONAL { ?focus :q ?x } ?focus :p ?o }": False,
    "SELECT ?focus { ?s :p ?o OPTIONAL { ?o :q ?focus } }": False,
    BASE + "MINUS { ?focus :q ?x } }": True,
    BASE + "MINUS { GRAPH ?g { ?focus :q ?x } } }": True,
    BASE + "MINUS { ?x :q ?y } }": False,
    BASE + "MINUS { ?x :q ?y OPTIONAL { ?y :r ?focus } } }": False,
    "SELECT ?focus { MINUS { ?focus :q ?x } ?focus :p ?o }": False,
    BASE + "{ ?o :q ?focus } UNION { ?x :r ?o } }": True,
    BASE + "{ ?o :q ?focus } UNION { ?x :r ?o FILTER (BOUND(?focus)) } }": False,
    BASE + "{ ?x :r ?o FILTER (!BOUND(?focus)) } }": False,
    BASE + "GRAPH ?g { ?x :r ?o FILTER (!BOUND(?focus)) } }": False,
    BASE + "{ ?x :r ?o FILTER NOT EXISTS { ?focus :q ?x } } }": False,
    "SELECT ?focus { { ?focus :p ?o } UNION { ?focus :q ?o } }": False,
    "SELECT ?focus { { ?s :p ?o } UNION { ?focus :q ?o } }": False,
    "SELECT ?focus { { ?s :p ?o } UNION { ?focus :q ?o } UNION { ?s :r ?o } }": False,
    "SELECT ?focus ?x { BIND (BOUND(?focus) AS ?x) ?focus :p ?o }": False,
    BASE + "BIND (STR(?focus) AS ?x) FILTER (?x > 'urn:x:n1') }": True,
    BASE + "VALUES ?focus { :n0 :n1 } }": True,
    BASE + "VALUES (?focus ?o) { (:n0 UNDEF) (UNDEF :n1) } }": True,
    "SELECT ?focus { ?focus :p ?o } VALUES ?focus { :n0 :n1 }": True,
    "SELECT ?focus (COUNT(?o) AS ?n) { ?focus :p ?o } GROUP BY ?focus HAVING (COUNT(?o) > 1)": True,
    "SELECT ?focus (COUNT(*) AS ?n) { ?focus :p ?o } GROUP BY ?o ?focus": True,
    "SELECT (MIN(?focus) AS ?n) { ?focus :p ?o }": False,
    "SELECT (SAMPLE(?focus) AS ?n) ?o { ?focus :p ?o } GROUP BY ?o": False,
    "SELECT ?focus (GROUP_CONCAT(?x) AS ?n) { { SELECT ?focus ?x { ?focus :p ?o BIND (STR(?o) AS ?x) } ORDER BY ?x } }"
    " GROUP BY ?focus": True,
    "SELECT ?focus (GROUP_CONCAT(?o) AS ?n) { ?focus :p ?o } GROUP BY ?focus": False,
    "SELECT ?focus { ?focus :p ?o { SELECT ?o { ?focus :q ?o } } }": False,
    "SELECT ?focus { ?focus :p ?o { SELECT ?focus { ?focus :q ?o } } }": True,
    "SELECT ?focus ?n { ?focus :p ?o { SELECT (COUNT(?focus) AS ?n) { ?focus :q ?x } } }": False,
    "SELECT ?focus ?n { ?focus :p ?o { SELECT ?focus (COUNT(?x) AS ?n) { ?focus :q ?x } GROUP BY ?focus } }": True,
    "SELECT ?focus ?n { ?focus :p ?o { SELECT ?focus (COUNT(*) AS ?n) { { ?focus :q ?x } UNION { ?x :r ?y } }"
    " GROUP BY ?focus } }": False,
    "SELECT ?focus ?n { ?focus :p ?o { SELECT (COUNT(?x) AS ?n) { ?x :q ?y } } }": True,
    BASE + "FILTER EXISTS { SELECT ?o { ?focus :q ?o } } }": False,
}  # fmt: skip


@pytest.mark.parametrize(("text", "falls"), QUERIES.items())
def test_which_fall_into_parts(text: str, falls: bool) -> None:
    """Those of which bound and unbound is never asked before the variable is bound."""
    text = f"PREFIX : <urn:x:> {text}"
    assert falls_apart(text, PatternReader(text).select(), FOCUS) == falls


@pytest.mark.parametrize("text", [text for text, falls in QUERIES.items() if falls])
def test_parts_make_the_whole(text: str) -> None:
    """The answers of each term, asked for alone, are those that the whole has of it; also of terms without any."""
    for seed in range(12):
        store, terms = _store(random.Random(seed))  # noqa: S311
        whole = _answers(store, text, None)
        assert all(dict(answer).get("focus") for answer in whole)
        for term in terms:
            assert _answers(store, text, term) == [a for a in whole if dict(a)["focus"] == str(term)]


def _store(source: random.Random) -> tuple[Store, list[NamedNode]]:
    nodes = [NamedNode(f"urn:x:n{n}") for n in range(4)]
    predicates = [NamedNode(f"urn:x:{name}") for name in "pqr"]
    graphs: list[NamedNode | DefaultGraph] = [*nodes[:2], *[DefaultGraph()] * 3]
    store = Store()
    for _ in range(source.randint(5, 25)):
        end: list[NamedNode | Literal] = [*nodes, *predicates[:1], Literal("a")]
        store.add(Quad(source.choice(nodes), source.choice(predicates), source.choice(end), source.choice(graphs)))
    return store, [*nodes, *predicates, NamedNode("urn:x:nowhere")]


def _answers(store: Store, text: str, focus: NamedNode | None) -> list[tuple[tuple[str, str], ...]]:
    chosen: dict[Variable, NamedNode | BlankNode | Literal | Triple] | None = {FOCUS: focus} if focus else None
    found = store.query(f"PREFIX : <urn:x:> {text}", substitutions=chosen)
    assert isinstance(found, QuerySolutions)
    names = sorted(variable.value for variable in found.variables)
    return sorted(tuple((name, str(row[name])) for name in names if row[name] is not None) for row in found)
