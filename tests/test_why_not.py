"""`query --why-not`: the part of a query that fails is the smallest, and the nearest known terms are told."""

from __future__ import annotations

import json
import time
from itertools import combinations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Quad, QueryBoolean, Store

from cdkg.errors import QueryError
from cdkg.pipeline import Workspace
from cdkg.query.why_not import WhyNot, why_not
from random_queries import PLAIN, QUADS, QUERIES, made_of

_PREFIX = "PREFIX x: <x:> "
_QUIET = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


def _store(*triples: str) -> Store:
    names = [[NamedNode(f"x:{name}") for name in triple.split()] for triple in triples]
    return made_of([Quad(s, p, o, NamedNode("x:g1")) for s, p, o in names])


def _texts(reasons: WhyNot) -> list[list[str]]:
    return [[text for text, _ in failing.parts] for failing in reasons.failing]


# --- the smallest part that fails ---------------------------------------------------------------------------------


@_QUIET
@given(quads=QUADS, patterns=st.lists(PLAIN, min_size=1, max_size=5, unique=True))
def test_failing_parts_fail_together_and_no_fewer_of_them_do(quads: list[Quad], patterns: list[str]) -> None:
    """The parts have no solution, any fewer of them have, and no smaller set of patterns fails."""
    store = made_of(quads)

    def holds(chosen: list[str]) -> bool:
        return bool(store.query(f"{_PREFIX} ASK {{ {' . '.join(chosen)} }}"))

    reasons = why_not(store, f"{_PREFIX} SELECT * {{ {' '.join(patterns)} }}")
    assert reasons.empty is not holds([pattern.rstrip(" .") for pattern in patterns])
    for parts in _texts(reasons):
        assert not holds(parts)
        assert all(holds([other for other in parts if other != part]) for part in parts)
        smaller = (list(some) for size in range(1, min(len(parts), 3)) for some in combinations(patterns, size))
        assert all(holds([pattern.rstrip(" .") for pattern in some]) for some in smaller)


@_QUIET
@given(quads=QUADS, text=QUERIES)
def test_any_query_without_an_answer_has_a_part_that_fails(quads: list[Quad], text: str) -> None:
    """Whether the answer is empty is told rightly, and a part is named whenever it is."""
    store = made_of(quads)
    try:
        answer = store.query(_PREFIX + text)
    except SyntaxError:
        assume(False)  # noqa: FBT003
    reasons = why_not(store, _PREFIX + text)
    if isinstance(answer, QueryBoolean):
        assert reasons.empty is not bool(answer)
    elif not text.startswith("SELECT (COUNT(*)"):  # which has a row, of zero
        assert reasons.empty is (next(iter(answer), None) is None)
    assert reasons.empty is bool(reasons.failing)
    json.dumps(reasons.as_json())


@pytest.mark.parametrize(
    ("text", "failing"),
    [
        ("SELECT * { ?s x:p ?o . ?o x:q ?m . ?m x:p ?z }", [["?o x:q ?m", "?m x:p ?z"]]),
        ("SELECT * { ?s x:p ?o . x:z x:q ?m . ?o x:q x:z }", [["x:z x:q ?m"], ["?o x:q x:z"]]),
        ("SELECT * { ?s x:p ?o ; x:p ?o2 FILTER (?s = ?o) }", [["?s x:p ?o", "FILTER (?s = ?o)"]]),
        ("SELECT * { ?s x:p ?o FILTER (1 > 2) }", [["FILTER (1 > 2)"]]),
        ("SELECT * { { ?s x:r ?o } UNION { ?s x:p ?o . ?o x:p ?z } }", [["?s x:r ?o"], ["?s x:p ?o", "?o x:p ?z"]]),
        (
            "SELECT * { ?s x:p ?o OPTIONAL { ?o x:r ?m } FILTER (BOUND(?m)) }",
            [["OPTIONAL { ?o x:r ?m }", "FILTER (BOUND(?m))"]],
        ),
        ("SELECT * { GRAPH x:g1 { ?s x:p ?o . ?o x:r ?m } }", [["GRAPH x:g1 { ?o x:r ?m }"]]),
        ("SELECT * { ?s x:p ?o { SELECT ?o { ?o x:r ?m . ?o x:q ?z } } }", [["?o x:r ?m"]]),
        (
            "SELECT * { ?s x:p ?o { ?o x:q ?m OPTIONAL { ?m x:r ?s } FILTER (?m = x:a) } }",
            [["?o x:q ?m", "FILTER (?m = x:a)"]],
        ),
        ("SELECT (COUNT(*) AS ?n) { ?s x:r ?o }", [["?s x:r ?o"]]),
        ("SELECT ?s { ?s x:p ?o } GROUP BY ?s HAVING (COUNT(*) > 5)", [["HAVING (COUNT(*) > 5)"]]),
        ("SELECT ?s { ?s x:p ?o } OFFSET 7", [["OFFSET 7"]]),
        ("SELECT ?s { ?s x:p ?o } LIMIT 0", [["LIMIT 0"]]),
        ("SELECT ?s { ?s x:p ?o } VALUES ?s { x:c }", [["?s x:p ?o", "VALUES ?s { x:c }"]]),
        ("SELECT ?s { ?s x:p ?o MINUS { ?s x:p x:b } }", [["?s x:p ?o", "MINUS { ?s x:p x:b }"]]),
        ("SELECT ?s { ?s x:p/x:p ?o }", [["?s x:p/x:p ?o"]]),
        ("ASK { x:b x:p x:a }", [["x:b x:p x:a"]]),
    ],
)  # fmt: skip
def test_the_smallest_failing_part_is_named(text: str, failing: list[list[str]]) -> None:
    """The failing part is found among patterns, filters, branches, sub-queries, graphs and modifiers."""
    assert _texts(why_not(_store("a p b", "b q c"), _PREFIX + text)) == failing


def test_the_place_is_line_and_column() -> None:
    """Each failing part has its place in the query."""
    reasons = why_not(_store("a p b"), "SELECT * {\n  ?s <x:p> ?o ;\n     <x:q> ?z .\n}")
    assert [str(where) for failing in reasons.failing for _, where in failing.parts] == ["query:3:6"]


def test_a_pair_is_found_among_parts_that_share_no_variable() -> None:
    """Three parts of 3,000 solutions each do not hide the filter that fails, nor take long."""
    store = _store(*(f"n{i} {p} m{i}" for i in range(3000) for p in "pq"))
    text = "SELECT * { ?a x:p ?b . ?c x:q ?d . ?e x:p ?f . ?g x:q ?h FILTER (?g = ?h) FILTER (?a = ?b) }"
    began = time.perf_counter()
    assert _texts(why_not(store, _PREFIX + text)) == [["?a x:p ?b", "FILTER (?a = ?b)"]]
    assert time.perf_counter() - began < 20


# --- what may have been meant -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("SELECT * { ?x cd:twinedWith ?y }", "no property cd:twinedWith; did you mean cd:twinnedWith?"),
        ("SELECT * { ?x cd:twinnedwith ?y }", "no property cd:twinnedwith; did you mean cd:twinnedWith?"),
        ("SELECT * { ?x rdfs:lable ?y }", "no property rdfs:lable; did you mean rdfs:label?"),
        ("SELECT * { ?x cd:label ?y }", "no property cd:label; did you mean rdfs:label"),
        ("SELECT * { ?x cd:twinnedWith/cd:countri ?y }", "no property cd:countri; did you mean cd:country?"),
        ("SELECT * { ?x a cd:ChineseCitty }", "no class cd:ChineseCitty; did you mean cd:ChineseCity"),
        ("SELECT * { ?x a cd:City FILTER (?x IN (city:leads)) }", "no term city:leads; did you mean city:leeds"),
        ("SELECT * { twinning:leeds--hangzhou ?p ?o }", "did you mean twinning:hangzhou--leeds?"),
        ("SELECT * { GRAPH <https://w3id.org/cdkg/graph/ucl/table1> { ?s ?p ?o } }", "no graph graph/ucl/table1;"),
        ("SELECT * { ?x a city:leeds }", "city:leeds is known, but nothing is one"),
        ('SELECT * { ?x rdfs:label "Leeds" }', '"Leeds" is no value of rdfs:label; did you mean "Leeds"@en?'),
        ('SELECT * { ?x rdfs:label "leeds"@en }', 'did you mean "Leeds"@en?'),
        ('SELECT * { ?x cd:noteNumber "17" }', 'did you mean "17"^^xsd:integer?'),
        ('SELECT * { ?x a cd:City ; cd:country "China" }', "did you mean country:china?"),
        ('SELECT * { ?x rdfs:label ?l FILTER (?l = "Leeds") }', '?l is "Leeds"@en'),
        ("SELECT * { country:china cd:country ?x }", "the other way round it holds: ?x cd:country country:china"),
        ("SELECT * { GRAPH ?g { ?x a cd:ChineseCity ; cd:country ?c } }", "outside of GRAPH this holds"),
        ("SELECT * { ?x a cd:City ; cd:startYear ?y }", "?x would be cd:Relation"),
        ("ASK { city:leeds cd:twinnedWith city:bristol }", "city:leeds cd:twinnedWith leads to city:"),
        ("SELECT * { ?x cd:partner ?y FILTER (?z > 3) }", "?z has no value where FILTER (?z > 3) stands"),
    ],
)  # fmt: skip
def test_what_may_have_been_meant_is_told(reasoned: Workspace, text: str, hint: str) -> None:
    """A likely mistake is named with what could be written instead."""
    reasons = why_not(reasoned.graph.store, text)
    assert reasons.empty
    assert any(hint in line for line in reasons.lines()), list(reasons.lines())


def test_suggestions_give_an_answer(reasoned: Workspace) -> None:
    """With what is suggested in place of the unknown term the query has an answer."""
    text = "SELECT * { ?x a cd:Citty ; cd:twinedWith ?y }"
    reasons = why_not(reasoned.graph.store, text)
    assert len(reasons.hints) == 2
    for hint, wrong in zip(reasons.hints, ("cd:Citty", "cd:twinedWith"), strict=True):
        text = text.replace(wrong, hint.suggestions[0])
    assert not why_not(reasoned.graph.store, text).empty


def test_known_terms_are_not_blamed(reasoned: Workspace) -> None:
    """A query of known terms has no hint about terms, whatever fails."""
    reasons = why_not(reasoned.graph.store, "SELECT * { city:leeds a cd:ChineseCity ; rdfs:label ?l }")
    assert _texts(reasons) == [["city:leeds a cd:ChineseCity"]]
    assert not [hint for hint in reasons.hints if hint.kind in {"unknown-term", "unused-term"}]


def test_an_answer_that_is_not_empty_is_said_to_be_so(reasoned: Workspace) -> None:
    """Where there is a row nothing is explained."""
    reasons = why_not(reasoned.graph.store, "SELECT * { ?x a cd:City }")
    assert not reasons.empty
    assert list(reasons.lines()) == ["the answer is not empty"]
    assert reasons.as_json() == {"empty": False, "failing": [], "hints": []}


def test_a_store_without_ontology_or_labels_is_enough() -> None:
    """Suggestions come from what is used when nothing is declared."""
    reasons = why_not(_store("a near b", "a type b"), "SELECT * { ?s <x:nearr> ?o }")
    assert [hint.suggestions for hint in reasons.hints] == [("<x:near>",)]
    assert next(why_not(Store(), "SELECT * { ?s <x:p> ?o }").lines()) == "nothing matches"


@pytest.mark.parametrize(
    "text", ["CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "SELECT * { ?s ?p", " ", "SELECT * { ?s é:p ?o }"]
)
def test_what_cannot_be_explained_is_told(text: str) -> None:
    """A query that is not valid, or of another form, is refused with a message."""
    with pytest.raises(QueryError):
        why_not(_store("a p b"), text)
