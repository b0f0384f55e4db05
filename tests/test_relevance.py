"""Which changes can matter to a query: none may be passed over, and most that do not matter are."""

from __future__ import annotations

import random

import pytest
from pyoxigraph import DefaultGraph, NamedNode, Quad, QuerySolutions, Store, Triple

from cdkg.reasoning.rules.construct import PatternReader
from cdkg.reasoning.rules.relevance import Change, Changes

NODES = [NamedNode(f"urn:x:n{n}") for n in range(4)]
P, Q, R = PREDICATES = [NamedNode(f"urn:x:{name}") for name in "pqr"]
GRAPHS = NODES[:2]

QUERIES = [
    "SELECT ?a { ?a :p ?b . ?b :q ?c }",
    "SELECT ?a { ?a :p ?b . ?b :q :n1 . :n1 :r ?a }",
    "SELECT ?a { GRAPH ?g { ?a :p ?b } ?b :q ?c }",
    "SELECT ?a ?g { GRAPH ?g { ?a :p ?b . ?b :q ?a } }",
    "SELECT ?a { GRAPH ?g { ?g :p ?b } GRAPH ?h { ?b :q ?h } }",
    "SELECT ?a ?c { ?a :p ?b OPTIONAL { ?b :q ?c } }",
    "SELECT ?a ?d { ?a :p ?b OPTIONAL { ?b :q ?c OPTIONAL { ?c :r ?d } } }",
    "SELECT ?a { ?a :p ?b FILTER NOT EXISTS { ?b :q ?c . ?c :r ?a } }",
    "SELECT ?a { ?a :p ?b FILTER NOT EXISTS { GRAPH ?g { ?b :q ?c } } }",
    "SELECT ?a { ?a :p ?b MINUS { ?b :q ?c . ?c :r ?d } }",
    "SELECT ?a { ?a :p ?b { ?b :q ?c } UNION { ?b :r ?c . ?c :p ?a } }",
    "SELECT ?a { ?a :p/:q ?c . ?c :r ?d }",
    "SELECT ?a { ?a :p+ ?c . ?c :r ?d }",
    "SELECT ?a { ?a :p ?b . ?b (:q|^:r)* ?c . ?c :q ?a }",
    "SELECT ?a { ?a ?any ?b . ?b ?any ?a }",
    "SELECT ?a { VALUES ?b { :n0 :n1 } ?a :p ?b . ?a :q ?c }",
    "SELECT ?a (COUNT(?b) AS ?n) { ?a :p ?b . ?b :q ?c } GROUP BY ?a",
    "SELECT ?a { ?a :p ?b { SELECT ?b (COUNT(?c) AS ?n) { ?b :q ?c } GROUP BY ?b } FILTER (?n > 1) }",
    "SELECT ?a { ?a :p ?b { SELECT ?b { ?b :q ?a . ?a :r ?b } } }",
    "SELECT ?a { ?a :p ?b FILTER (!EXISTS { ?b :q ?a } || EXISTS { ?a :r ?a }) }",
]  # fmt: skip


def _quad(source: random.Random) -> tuple[Triple, NamedNode | None]:
    triple = Triple(source.choice(NODES), source.choice(PREDICATES), source.choice(NODES))
    return triple, source.choice([None, None, *GRAPHS])


def _store(quads: set[tuple[Triple, NamedNode | None]]) -> Store:
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object, graph or DefaultGraph()) for t, graph in quads)
    return store


def _answers(store: Store, text: str) -> list[str]:
    found = store.query(f"PREFIX : <urn:x:> {text}")
    assert isinstance(found, QuerySolutions)
    return sorted(" ".join(str(row[variable]) for variable in found.variables) for row in found)


def _told(seed: int, text: str) -> tuple[bool, bool]:
    """Of a random edit whether answers have changed, and whether some change was said to matter."""
    source = random.Random(seed)  # noqa: S311
    before = {_quad(source) for _ in range(source.randint(4, 24))}
    gone = {quad for quad in sorted(before, key=str) if source.random() < 0.15}
    came = {_quad(source) for _ in range(source.randint(0, 2))} - before
    later = _store((before - gone) | came)
    known = Changes(later, [Change(*quad) for quad in gone])
    body = PatternReader(f"PREFIX : <urn:x:> {text}").select()
    matters = any(next(known.relevant(body, Change(*quad)), None) for quad in (*came, *gone))
    return _answers(_store(before), text) != _answers(later, text), matters


@pytest.mark.parametrize("text", QUERIES)
def test_what_changes_answers_is_told(text: str) -> None:
    """Of random edits of named graphs and the default graph none that changes an answer is passed over."""
    told = [_told(seed, text) for seed in range(600)]
    assert all(matters for changed, matters in told if changed)
    assert sum(changed for changed, _ in told) > 5, "too few edits change anything for this to tell"


def test_what_cannot_matter_is_passed_over() -> None:
    """Else everything would be asked anew: a match without the others, in a graph that is not read, of another term."""
    store = _store({(Triple(NODES[0], P, NODES[1]), None), (Triple(NODES[2], Q, NODES[3]), GRAPHS[0])})
    known = Changes(store, [])

    def is_told(text: str, triple: Triple, graph: NamedNode | None = None) -> bool:
        body = PatternReader(f"PREFIX : <urn:x:> SELECT ?a {text}").select()
        return any(True for _ in known.relevant(body, Change(triple, graph)))

    joined = "{ ?a :p ?b . ?b :q ?c }"
    assert is_told(joined, Triple(NODES[1], Q, NODES[2]))
    assert not is_told(joined, Triple(NODES[2], Q, NODES[2]))
    assert not is_told(joined, Triple(NODES[1], R, NODES[2]))
    assert not is_told(joined, Triple(NODES[1], Q, NODES[2]), GRAPHS[0])
    assert not is_told("{ GRAPH ?g { ?a :q ?b } }", Triple(NODES[1], Q, NODES[2]))
    assert is_told("{ GRAPH ?g { ?a :q ?b } }", Triple(NODES[1], Q, NODES[2]), GRAPHS[1])
    assert is_told("{ ?a :p ?b FILTER NOT EXISTS { ?b :q ?c } }", Triple(NODES[1], Q, NODES[2]))
    assert not is_told("{ ?a :p ?b FILTER NOT EXISTS { ?b :q ?c } }", Triple(NODES[0], Q, NODES[2]))
    assert not is_told("{ VALUES ?a { :n3 } ?a :q ?b }", Triple(NODES[1], Q, NODES[2]))


def test_what_was_there_before_counts() -> None:
    """Two triples that go together were an answer together."""
    first, second = Triple(NODES[0], P, NODES[1]), Triple(NODES[1], Q, NODES[2])
    gone = [Change(first, None), Change(second, None)]
    body = PatternReader("PREFIX : <urn:x:> SELECT ?a { ?a :p ?b . ?b :q ?c }").select()
    told = list(Changes(Store(), gone).relevant(body, gone[0]))
    assert [pattern.predicate for pattern, _ in told] == [P]
    assert not list(Changes(Store(), gone[:1]).relevant(body, gone[0]))
