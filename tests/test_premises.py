"""What a closed-world rule was applied to, found again for a triple that it made."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, Store, Triple

from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import Workspace
from cdkg.reasoning import Rule, read_rules
from cdkg.reasoning.rules.premises import premises
from cdkg.vocabulary import GRAPH, ID, PREFIXES, expand
from test_strata import read


def _store(text: str) -> Store:
    store = Store()
    for line in text.split(" . "):
        s, p, o = (NamedNode(expand(word)) for word in line.split())
        store.add(Quad(s, p, o))
    return store


_MEMBER = "membership:x rdf:type cd:Membership . membership:x cd:status status:existing"
_MEMBER += " . membership:x cd:member city:a . membership:x cd:organisation body:b"
_TWINS = "twinning:x rdf:type cd:TwinningAgreement . twinning:x cd:status status:existing"
_TWINS += " . twinning:x cd:party city:a . twinning:x cd:party city:b"
_DISTRICT = "city:a cd:tiedTo place:d . place:d cd:districtOf city:b"


@pytest.mark.parametrize(
    ("slug", "data", "conclusion", "expected"),
    [
        ("member-of", _MEMBER, "city:a cd:memberOf body:b", 4),
        ("indirect-member-of", f"{_MEMBER} . membership:x cd:via body:v", "city:a cd:indirectMemberOf body:b", 5),
        ("tie-to-city-of-district", _DISTRICT, "city:a cd:tiedTo city:b", 2),
        ("twinned-with", _TWINS, "twinning:x rdf:type cd:CurrentTwinning", 4),
        ("member-of", "city:a cd:country country:b", "city:a cd:memberOf body:b", 0),
    ],
)
def test_premises_of_a_rule(reasoned: Workspace, slug: str, data: str, conclusion: str, expected: int) -> None:
    """The premises are what the positive patterns match; where the rule does not apply there are none."""
    rule = next(r for r in read_rules(reasoned.project.folder("ontology") / "rules") if r.slug == slug)
    s, p, o = (NamedNode(expand(word)) for word in conclusion.split())
    found = premises(rule, _store(data), Triple(s, p, o))
    assert len(found) == expected
    assert all(t.subject.value.startswith((ID, PREFIXES["cd"])) for t in found)  # type: ignore[union-attr]


@pytest.mark.parametrize("head", ["WHERE {", "where {", "{", "# WHERE it is\n{"])
def test_premises_however_the_body_is_written(head: str) -> None:
    """The keyword WHERE may be written small, left out, or stand in a comment."""
    text = (
        f"#+ why: WHERE and CONSTRUCT {{ }} in a comment\nCONSTRUCT {{ ?a cd:tiedTo ?b }}\n{head} ?a cd:country ?b }}"
    )
    rule = Rule("r", "x", text, Path("r.rq"))
    conclusion = Triple(*(NamedNode(expand(word)) for word in ("city:a", "cd:tiedTo", "country:b")))
    assert len(premises(rule, _store("city:a cd:country country:b"), conclusion)) == 1


#: A body | what the premises of `city:a cd:made city:b` are in the little graph below.
PREMISES = {
    "?x cd:p ?y OPTIONAL { ?y cd:q ?z } OPTIONAL { ?y cd:r ?w }": "city:a cd:p city:b . city:b cd:q city:c",
    "?x cd:p ?y FILTER NOT EXISTS { ?y cd:p ?x }": "city:a cd:p city:b",
    "?x cd:p ?y MINUS { ?x cd:r ?y }": "city:a cd:p city:b",
    "?x cd:p ?y FILTER (?x != ?y || EXISTS { ?y cd:q city:c })": "city:a cd:p city:b",
    "?x cd:p ?y FILTER EXISTS { ?x cd:p ?y . ?y cd:q [] }": "city:a cd:p city:b",
    "?x cd:p/cd:q ?z . ?x cd:p ?y": "city:a cd:p city:b",
    "VALUES ?p { cd:p } ?x ?p ?y . ?y cd:q city:c": "city:a cd:p city:b . city:b cd:q city:c",
    "{ SELECT ?x ?y { ?x cd:p ?y } LIMIT 9 }": "city:a cd:p city:b",
    "{ SELECT ?x ?y { ?x cd:p ?y . ?y cd:q ?z } }": "city:a cd:p city:b . city:b cd:q city:c",
    "{ SELECT ?x { ?x cd:p ?y } } ?z cd:q [] BIND (?z AS ?y)": "city:a cd:p city:b",
    "{ SELECT * { ?x cd:p ?y . ?y cd:q ?z } }": "city:a cd:p city:b . city:b cd:q city:c",
    "{ SELECT ?x (MIN(?o) AS ?y) { ?x cd:p|cd:q ?o . ?s cd:p ?o } GROUP BY ?x }": "city:a cd:p city:b",
    "{ SELECT ?x (MAX(?o) AS ?y) { { SELECT ?x ?o { ?x cd:p ?o . ?o cd:q [] } } } GROUP BY ?x }": "city:a cd:p city:b",
    "{ ?x cd:q ?y } UNION { ?x c:p ?y }": "city:a cd:p city:b",
}


@pytest.mark.parametrize("body", PREMISES)
def test_premises_are_what_the_patterns_match(body: str) -> None:
    """The premises are the triples of all patterns that must or may match; a rule may have prefixes of its own."""
    text = f"PREFIX c: <{PREFIXES['cd']}> CONSTRUCT {{ ?x c:made ?y }} WHERE {{ {body} }}"
    graph = KnowledgeGraph(
        [NamedGraph(NamedNode(f"{GRAPH}g"), Role.PASSAGE, read("city:a cd:p city:b . city:b cd:q city:c"))]
    )
    (conclusion,) = read("city:a cd:made city:b")
    found = premises(Rule("r", "x", text, Path("r.rq")), graph.store, conclusion)
    assert sorted(found, key=str) == sorted(read(PREMISES[body]), key=str)
    (other,) = read("city:b cd:made city:a")
    assert not premises(Rule("r", "x", text, Path("r.rq")), graph.store, other)


def test_premises_of_a_group_are_those_of_all_its_rows() -> None:
    """What is counted or listed together stands behind the count; a variable that a sub-select hides is another."""
    data = read("city:a cd:p city:b , city:c . city:b rdfs:label 'b' . city:c rdfs:label 'c' . body:y cd:q city:a")
    store = KnowledgeGraph([NamedGraph(NamedNode(f"{GRAPH}g"), Role.PASSAGE, data)]).store
    body = """{ SELECT ?x (GROUP_CONCAT(?label) AS ?all) { { SELECT DISTINCT ?x ?label
        { ?x cd:p ?y GRAPH ?g { ?y rdfs:label ?label } } ORDER BY ?label } } GROUP BY ?x } ?y cd:q ?x"""
    rule = Rule("r", "x", f"CONSTRUCT {{ ?x cd:listed ?all }} WHERE {{ {body} }}", Path("r.rq"))
    (conclusion,) = rule.apply(store)
    assert conclusion == read("city:a cd:listed 'b c'")[0]
    assert {*premises(rule, store, conclusion)} == {*data}
