"""`query --why`: the facts of a row suffice for it, and what they cannot stand for is named."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from pyoxigraph import DefaultGraph, NamedNode, Quad, QueryBoolean, Store, Triple

from cdkg.errors import QueryError
from cdkg.pipeline import Workspace
from cdkg.query.asking import stored_in
from cdkg.query.trace import RowTrace, Why
from cdkg.query.why import why
from cdkg.vocabulary import PREFIXES, shorten
from random_queries import QUADS, QUERIES, made_of

_PREFIX = "PREFIX x: <x:> "


def _store(*triples: str, graph: str = "x:g1") -> Store:
    names = [[NamedNode(f"x:{name}") for name in triple.split()] for triple in triples]
    return made_of([Quad(s, p, o, NamedNode(graph)) for s, p, o in names])


def _why(store: Store, text: str, limit: int = 20, members: int = 50) -> Why:
    return why(store, _PREFIX + text, limit=limit, members=members)


def _facts(trace: RowTrace) -> list[str]:
    return [" ".join(term.value[2:] for term in fact.triple) for fact in trace.facts]


def _alone(trace: RowTrace) -> Store:
    """A store with the facts of a row and nothing else."""
    store = Store()
    for fact in trace.facts:
        subject, predicate, obj = fact.triple.subject, fact.triple.predicate, fact.triple.object
        store.add(Quad(subject, predicate, obj, DefaultGraph()))
        if isinstance(fact.graph, NamedNode):
            store.add(Quad(subject, predicate, obj, fact.graph))
    return store


def _is_answered(store: Store, text: str, row: dict[str, object]) -> bool:
    answer = store.query(text, prefixes=PREFIXES)
    if isinstance(answer, QueryBoolean):
        return bool(answer)
    return any(all(found[name] == term for name, term in row.items()) for found in answer)


# --- the facts suffice --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_rows_of_all_questions_follow_from_their_facts(reasoned: Workspace) -> None:
    """Of its facts alone each row of each competency question comes again, or the row names what they leave out."""
    rows = again = 0
    for question in reasoned.questions():
        if "CONSTRUCT" in question.text:
            continue
        traces = why(reasoned.graph.store, question.text, limit=500)
        for trace in traces:
            came = _is_answered(_alone(trace), question.text, dict(trace.row))
            assert came or trace.untraced, f"{question.slug}: {trace.row}"
            again += came
        rows += len(traces)
        answer = reasoned.query(question.text).result
        if not isinstance(answer, QueryBoolean):
            names = [v.value for v in answer.variables]  # type: ignore[union-attr]
            expected = Counter(tuple(str(r[n]) for n in names) for r in answer)
            assert Counter(tuple(str(t.row[n]) for n in names) for t in traces) == expected, question.slug
    assert rows > 1000
    assert again > 0.99 * rows


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(quads=QUADS, text=QUERIES)
def test_rows_of_random_queries_follow_from_their_facts(quads: list[Quad], text: str) -> None:
    """The rows are those of the engine; each follows from its facts; a part is named only where it must be."""
    store = made_of(quads)
    try:
        answer = store.query(_PREFIX + text)
    except SyntaxError:
        assume(False)  # noqa: FBT003  # the engine does not take it, as with a variable bound twice
    traces = _why(store, text, limit=1000, members=1000)
    if isinstance(answer, QueryBoolean):
        assert bool(answer) == bool(traces.rows)
    else:
        names = [variable.value for variable in answer.variables]  # type: ignore[union-attr]
        expected = Counter(tuple(str(row[n]) for n in names) for row in answer)
        assert Counter(tuple(str(t.row[n]) for n in names) for t in traces) == expected
    # a count counts the walks of a path one by one, and what OPTIONAL finds nothing for
    is_counted = any(word in text for word in ("COUNT", "MAX")) and any(word in text for word in ("OPTIONAL", "/", "|"))
    is_monotone = not is_counted and not any(word in text for word in ("EXISTS", "MINUS", "BOUND"))
    for trace in traces:
        assert _is_answered(_alone(trace), _PREFIX + text, dict(trace.row)) or trace.untraced
        assert not is_monotone or all("in which graph" in p.reason or "no triple" in p.reason for p in trace.untraced)


def test_facts_are_in_the_store(reasoned: Workspace) -> None:
    """A fact is a triple of the graph that it names."""
    text = "SELECT * { GRAPH ?g { ?x cd:party ?y } ?y a cd:ChineseCity OPTIONAL { ?x cd:theme ?t } }"
    for trace in why(reasoned.graph.store, text, limit=100):
        for fact in trace.facts:
            triple, graph = fact.triple, stored_in(fact.graph)
            assert Quad(triple.subject, triple.predicate, triple.object, graph) in reasoned.graph.store


# --- each part of a query -----------------------------------------------------------------------------------------


def test_facts_come_in_the_order_of_the_query_with_pattern_and_place() -> None:
    """Facts stand in the order of the patterns, each with the pattern and its line and column."""
    (trace,) = why(_store("a p b", "b q c"), "PREFIX x: <x:>\nSELECT ?s {\n  ?m x:q ?o .\n  ?s x:p ?m\n}")
    assert _facts(trace) == ["b q c", "a p b"]
    assert [(fact.pattern, str(fact.where)) for fact in trace.facts] == [
        ("?m x:q ?o", "query:3:6"),
        ("?s x:p ?m", "query:4:6"),
    ]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("SELECT * { x:a x:p ?o OPTIONAL { ?o x:q ?m } }", ["a p b", "b q c"]),
        ("SELECT * { x:a x:p ?o OPTIONAL { ?o x:r ?m } }", ["a p b"]),
        ("SELECT * { x:a x:p ?o OPTIONAL { ?o x:q ?m FILTER (?m != x:c) } }", ["a p b"]),
        ("SELECT ?s { { ?s x:none ?o } UNION { ?s x:q ?o } }", ["b q c"]),
        ("SELECT ?s { VALUES ?s { x:b x:none } ?s x:q x:c }", ["b q c"]),
        ("SELECT ?s { ?s x:p [ x:q x:c ] }", ["a p b", "b q c"]),
        ("SELECT ?s { ?s x:p _:m . _:m x:q x:c }", ["a p b", "b q c"]),
        ("SELECT ?s { ?s x:q x:c { SELECT ?s { ?any x:p ?s } } }", ["b q c", "a p b"]),
        ("SELECT ?s { ?s x:p ?o FILTER EXISTS { ?o x:q ?m } }", ["a p b", "b q c"]),
        ("SELECT ?s (EXISTS { ?o x:q ?m } AS ?has) { ?s x:p ?o }", ["a p b", "b q c"]),
        ("SELECT ?s { ?s x:p/x:q x:c }", ["a p b", "b q c"]),
        ("SELECT ?s { x:c ^x:q/^x:p ?s }", ["b q c", "a p b"]),
        ("SELECT ?o { x:a (x:p|x:q)+ ?o } ORDER BY DESC(?o) LIMIT 1", ["a p b", "b q c"]),
        ("SELECT ?o { x:b !(x:p|^x:p) ?o }", ["b q c"]),
        ("SELECT ?o { x:b !(x:q|^x:q) ?o }", ["a p b"]),
        ("SELECT ?o { x:a x:p? ?o FILTER (?o = x:a) }", ["a p b"]),
        ("ASK { ?s x:p ?o }", ["a p b"]),
    ],
)
def test_each_part_is_traced(text: str, facts: list[str]) -> None:
    """A row is traced through each part of SPARQL that can be traced."""
    traces = _why(_store("a p b", "b q c"), text).rows
    assert [fact for trace in traces for fact in _facts(trace)] == facts
    assert not any(trace.untraced for trace in traces)


def test_rows_of_a_sub_query_that_are_the_same_have_their_own_facts() -> None:
    """Two groups of a sub-query with the same row are counted twice, so both are traced."""
    text = "SELECT (COUNT(*) AS ?n) { { SELECT (MAX(?o) AS ?m) { ?s x:p ?o } GROUP BY ?s } }"
    (trace,) = _why(_store("a p z", "b p z"), text)
    assert sorted(_facts(trace)) == ["a p z", "b p z"]
    assert not trace.untraced


def test_a_minus_that_shares_no_variable_takes_nothing_away() -> None:
    """The key of a group does not become a variable of MINUS."""
    text = "SELECT ?s (COUNT(*) AS ?n) { ?s x:p x:a MINUS { ?o x:p x:a } } GROUP BY ?s"
    (trace,) = _why(_store("a p a"), text)
    assert _facts(trace) == ["a p a"]


def test_a_sub_query_in_graph_is_asked_in_that_graph() -> None:
    """The group of a sub-query in GRAPH has the triples of that graph only."""
    store = _store("a p b")
    for name in (NamedNode("x:g2"), DefaultGraph()):
        store.add(Quad(NamedNode("x:a"), NamedNode("x:p"), NamedNode("x:c"), name))
    (trace,) = _why(store, "SELECT * { GRAPH x:g1 { { SELECT ?s (COUNT(?o) AS ?n) { ?s x:p ?o } GROUP BY ?s } } }")
    assert _facts(trace) == ["a p b"]
    assert not trace.untraced


def test_exists_in_a_group_is_traced_and_not_exists_is_named() -> None:
    """FILTER EXISTS adds its triples to a group; FILTER NOT EXISTS decides what is counted, and is named."""
    store = _store("a p b", "b q c")
    text = "SELECT ?s (COUNT(?o) AS ?n) {{ ?s x:p ?o FILTER {} {{ ?o x:{} ?m }} }} GROUP BY ?s"
    (there,) = _why(store, text.format("EXISTS", "q"))
    assert (_facts(there), there.untraced) == (["a p b", "b q c"], ())
    (absent,) = _why(store, text.format("NOT EXISTS", "r"))
    assert _facts(absent) == ["a p b"]
    assert any("counted" in part.reason for part in absent.untraced)


def test_a_list_in_a_pattern_is_its_cells() -> None:
    """A list in a pattern stands for `rdf:first` and `rdf:rest`."""
    store = Store()
    store.update("INSERT DATA { <x:a> <x:p> (<x:b> <x:c>) }")
    (trace,) = _why(store, "SELECT ?two { x:a x:p (x:b ?two) }")
    assert [shorten(fact.triple.predicate.value) for fact in trace.facts] == [
        "<x:p>", "rdf:first", "rdf:rest", "rdf:first", "rdf:rest",
    ]  # fmt: skip


def test_graph_is_named_and_walks_stay_in_it() -> None:
    """A fact of GRAPH has its graph, and a path in GRAPH goes along the triples of that graph only."""
    store = _store("a p b", "b p c")
    for triple in ("a p c",):
        s, p, o = (NamedNode(f"x:{name}") for name in triple.split())
        store.add(Quad(s, p, o, NamedNode("x:g2")))
        store.add(Quad(s, p, o, DefaultGraph()))
    (far,) = _why(store, "SELECT * { GRAPH x:g1 { x:a x:p+ x:c } }")
    assert _facts(far) == ["a p b", "b p c"]
    assert {fact.graph for fact in far.facts} == {NamedNode("x:g1")}
    (near,) = _why(store, "SELECT * { x:a x:p+ x:c }")
    assert _facts(near) == ["a p c"]
    assert near.facts[0].graph is None


def test_the_shortest_walk_is_told_and_cycles_end() -> None:
    """Of two ways the shorter one is told, though the graph is full of cycles."""
    ring = [f"n{i} p n{(i + 1) % 50}" for i in range(50)]
    store = _store(*ring, "n1 q n0", "n0 q n40", "n40 p n20")
    (trace,) = _why(store, "SELECT * { x:n0 (x:p|x:q)+ x:n20 }")
    assert _facts(trace) == ["n0 q n40", "n40 p n20"]
    (none,) = _why(store, "SELECT * { x:n0 x:p* x:n0 }")
    assert len(none.facts) == 1
    assert NamedNode("x:n0") in (none.facts[0].triple.subject, none.facts[0].triple.object)


@pytest.mark.parametrize("shift", range(12))
def test_a_detour_is_not_told_whatever_comes_first_in_the_store(shift: int) -> None:
    """Of a detour over eight terms and a way over one, the latter is told."""
    names = [f"n{(i + shift) % 12}" for i in range(12)]
    detour = [f"{a} p {b}" for a, b in pairwise([*names[:10], names[11]])]
    store = _store(*detour, f"{names[0]} p {names[10]}", f"{names[10]} p {names[11]}")
    (trace,) = _why(store, f"SELECT * {{ x:{names[0]} x:p+ x:{names[11]} }}")
    assert len(trace.facts) == 2


def test_distinct_takes_the_first_derivation_and_duplicates_have_their_own() -> None:
    """Without DISTINCT each row has its derivation, with DISTINCT the first stands for all."""
    store = _store("a p b", "a p c")
    assert sorted(_facts(trace)[0] for trace in _why(store, "SELECT ?s { ?s x:p ?o }")) == ["a p b", "a p c"]
    assert len(_why(store, "SELECT DISTINCT ?s { ?s x:p ?o }")) == 1


def test_groups_are_the_rows_they_are_made_of() -> None:
    """A row of GROUP BY has the facts of its group, and no others; HAVING has taken the small groups away."""
    store = _store("a p b", "a p c", "d p b")
    (trace,) = _why(store, "SELECT ?s (COUNT(?o) AS ?n) { ?s x:p ?o } GROUP BY ?s HAVING (COUNT(?o) > 1)")
    assert sorted(_facts(trace)) == ["a p b", "a p c"]
    assert not trace.untraced


def test_large_groups_say_how_much_is_left_out() -> None:
    """Beyond the bound an aggregate is named, with the number of solutions that are left out."""
    store = _store(*(f"a p n{i}" for i in range(30)))
    (trace,) = _why(store, "SELECT (COUNT(?o) AS ?n) { ?s x:p ?o }", members=10)
    assert len(trace.facts) == 10
    assert [part.reason for part in trace.untraced] == ["an aggregate over many solutions, of which 20 are left out"]


@pytest.mark.parametrize("part", ["FILTER NOT EXISTS { ?o x:q x:none }", "MINUS { ?s x:r ?o }", "FILTER (!BOUND(?m))"])
def test_negation_is_named_with_its_place(part: str) -> None:
    """A negation is no fact: its text and place are told."""
    (trace,) = why(_store("a p b"), f"PREFIX x: <x:> SELECT * {{\n?s x:p ?o OPTIONAL {{ ?s x:q ?m }}\n  {part} }}")
    (untraced,) = trace.untraced
    assert untraced.text in part
    assert "negation" in untraced.reason
    assert str(untraced.where) == f"query:3:{3 + part.index(untraced.text)}"


def test_what_changes_each_time_is_named() -> None:
    """A row with a random value cannot be had again, and says so."""
    (trace,) = _why(_store("a p b"), "SELECT ?s (RAND() AS ?r) { ?s x:p ?o }")
    assert [part.text for part in trace.untraced] == ["RAND()"]


def test_limit_says_how_many_rows_are_left_out() -> None:
    """Rows beyond the limit are counted; LIMIT and OFFSET of the query come first."""
    store = _store(*(f"a p n{i}" for i in range(30)))
    assert (len(_why(store, "SELECT ?o { ?s x:p ?o }")), _why(store, "SELECT ?o { ?s x:p ?o }").left_out) == (20, 10)
    few = _why(store, "SELECT ?o { ?s x:p ?o } ORDER BY ?o LIMIT 5 OFFSET 3", limit=2)
    assert [trace.row["o"] for trace in few] == [NamedNode("x:n11"), NamedNode("x:n12")]
    assert (few.left_out, few.more) == (3, False)
    many = _store(*(f"n{i} p n{j}" for i in range(102) for j in range(100)))
    assert _why(many, "SELECT * { ?s x:p ?o }").more


def test_from_clauses_choose_the_graphs() -> None:
    """With FROM only the triples of the graphs that it names are facts."""
    store = _store("a p b")
    store.add(Quad(NamedNode("x:c"), NamedNode("x:p"), NamedNode("x:d"), NamedNode("x:g2")))
    (trace,) = _why(store, "SELECT * FROM x:g2 { ?s x:p ?o }")
    assert _facts(trace) == ["c p d"]


def test_inferred_facts_have_the_asserted_ones_behind_them(reasoned: Workspace) -> None:
    """An inferred fact carries asserted triples; an asserted one itself; both are told in text and JSON."""
    assert reasoned.inference is not None
    text = "SELECT ?x { twinning:hangzhou--leeds cd:party ?x . ?x a cd:ChineseCity }"
    traces = why(reasoned.graph.store, text, reasoned.inference.asserted_behind)
    stated, inferred = traces.rows[0].facts
    assert stated.asserted
    assert stated.behind == (stated.triple,)
    assert not inferred.asserted
    asserted = {triple for graph in reasoned.graph.asserted() for triple in graph.triples}
    assert set(inferred.behind) <= asserted
    sources = {triple: [f"at {number}"] for number, triple in enumerate(inferred.behind)}
    lines = list(traces.lines(lambda triple: sources.get(triple, ["somewhere"])))
    assert "  city:hangzhou rdf:type cd:ChineseCity  [inferred]" in lines
    assert "      at 0" in lines
    told = json.loads(json.dumps(traces.as_json(lambda triple: sources.get(triple, []))))
    assert told["rows"][0]["facts"][1]["behind"][0]["sources"] == ["at 0"]
    assert told["rows"][0]["row"]["x"] == "<https://w3id.org/cdkg/id/city/hangzhou>"


# --- what cannot be asked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "CONSTRUCT cannot be explained row by row"),
        ("DESCRIBE <x:a>", "DESCRIBE cannot be explained row by row"),
        ("SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }", "SERVICE is not allowed here"),
        ("SELECT * { ?s ?p }", "not valid SPARQL"),
        ("SELECT * { ?s nope:p ?o }", "not valid SPARQL"),
        ("SELECT * { ?s ?p ?o LATERAL { ?o ?q ?z } }", "cannot be taken apart at 'LATERAL'"),
        ("", "the query is empty"),
    ],
)
def test_what_cannot_be_explained_is_told(text: str, message: str) -> None:
    """A query that is not allowed, not valid, or of another form is refused with a message."""
    with pytest.raises(QueryError, match=message):
        why(_store("a p b"), text)


def test_names_of_ours_never_meet_those_of_the_query() -> None:
    """A query may use the names that the rewriting would use."""
    (trace,) = _why(
        _store("a p b", "b q c"), "SELECT ?whyb0 ?why { ?whyb0 x:p [ x:q ?why ] OPTIONAL { ?why x:r ?whym } }"
    )
    assert set(trace.row) == {"whyb0", "why"}
    assert _facts(trace) == ["a p b", "b q c"]


def test_behind_is_asked_once_for_each_triple() -> None:
    """A triple that many rows share is proved once."""
    asked: list[Triple] = []

    def behind(triple: Triple) -> list[Triple]:
        asked.append(triple)
        return [triple]

    store = _store(*(f"a p n{i}" for i in range(10)), "z q z")
    why(store, "SELECT * { ?s <x:p> ?o . <x:z> <x:q> <x:z> }", behind)
    assert len(asked) == len(set(asked)) == 11
