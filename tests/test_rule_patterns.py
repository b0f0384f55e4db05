"""What the patterns of a rule read and write, however it is written, held against what rdflib reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Variable

from cdkg.errors import RuleError
from cdkg.reasoning import Rule, read_rules
from cdkg.reasoning.rules.construct import read_construct
from cdkg.reasoning.rules.patterns import TriplePattern
from cdkg.vocabulary import PREFIXES
from conftest import ROOT

# A body | what it reads; - is negated, + counted or listed together, ~ in OPTIONAL or below LIMIT, @ inside GRAPH.
READS = """
?x cd:p ?y | cd:p
?x cd:p cd:v ; a cd:C , ?c ; . | cd:p cd:v, cd:C, rdf:type
?x cd:p 1, -2.5, "a}b"@en-GB, 'c{', true, "d"^^xsd:date, \"\"\"e " } \"\"\" ; cd:q <x:y> . # } cd:no | cd:p, cd:q <x:y>
[ cd:p [ cd:q ?x ] ] . [] cd:r () | cd:p, cd:q, cd:r rdf:nil
?x cd:p ( cd:a [ cd:q ?y ] ) | cd:p, rdf:first cd:a, rdf:first, rdf:rest, rdf:rest rdf:nil, cd:q
( ?x ) cd:p _:b . _:b cd:q $y | rdf:first, rdf:rest rdf:nil, cd:p, cd:q
?x cd:p ?y FILTER NOT EXISTS { ?x cd:q ?z } ?x cd:r ?z | cd:p, -cd:q, cd:r
?x cd:p ?y FILTER EXISTS { ?x cd:q ?z MINUS { ?z cd:r ?z } } | cd:p, cd:q, -cd:r
?x cd:p ?y FILTER (?y < 3 && (!EXISTS { ?x cd:q "(" })) | cd:p, -cd:q
?x cd:p ?y FILTER regex(?y, ")") FILTER xsd:boolean(?y) | cd:p
?x cd:p ?y BIND (IF(EXISTS { ?x cd:q ?z }, 1, 2) AS ?n) | cd:p, -cd:q
?x cd:p ?y OPTIONAL { ?x cd:q ?z MINUS { ?z cd:r ?y } } | cd:p, ~cd:q, -cd:r
{ ?x cd:p ?y } UNION { ?x cd:q ?y OPTIONAL { ?y cd:r ?z FILTER EXISTS { ?z cd:s ?z } } } | cd:p, cd:q, ~cd:r, ~cd:s
GRAPH ?g { ?x cd:p ?y FILTER NOT EXISTS { ?x cd:q ?y } } GRAPH cd:g { ?y cd:r ?z } | @cd:p, @-cd:q, @cd:r
?x cd:p ?y . GRAPH ?g { } | cd:p, @anything
{ SELECT ?x { ?x cd:p ?y } } { SELECT DISTINCT * WHERE { ?x cd:q ?y } VALUES ?x { cd:a } } | cd:p, cd:q
{ SELECT (MAX(?y) AS ?m) { ?x cd:p ?y { SELECT ?x { ?x cd:q ?z } } } } ?x cd:r ?m | +cd:p, +cd:q, cd:r
{ SELECT ?x { ?x cd:p ?y } GROUP BY ?x HAVING (EXISTS { ?x cd:q ?y }) } | +cd:p, -cd:q
{ SELECT ?x { ?x cd:p ?y } ORDER BY ?y } { SELECT ?x { ?x cd:q ?y } ORDER BY ?y LIMIT 3 } | +cd:p, ~cd:q
{ SELECT ?x { ?x cd:p ?y } OFFSET 1 } | ~cd:p
{ SELECT ?x (EXISTS { ?x cd:q ?x } AS ?e) { ?x cd:p ?y } } | cd:p, -cd:q
VALUES ?c { cd:C cd:D } ?x a ?c | cd:C, cd:D
VALUES (?p ?c) { (cd:p cd:C) (cd:q UNDEF) } ?x ?p ?y ; a ?c | cd:p, cd:q, rdf:type
?x ?p ?y { VALUES ?p { cd:p } ?x ?p ?z } | anything, cd:p
?x cd:p/^cd:q|cd:r+/(a/rdfs:subClassOf*) ?y . ?y cd:s ?z | cd:p, cd:q, cd:r, rdf:type, rdfs:subClassOf, cd:s
?x cd:p* ?y | cd:p, anything
?x cd:p? ?y . ?y cd:q ?z | cd:p, cd:q
cd:a (cd:p|cd:q)* ?y . ?y cd:r? ?z | cd:p, cd:q, cd:r, anything
cd:a (cd:p|cd:q)* ?y . ?y cd:r? ?z . cd:a cd:s ?x | cd:p, cd:q, cd:r, cd:s
?x cd:p* ?x | cd:p, anything
?x cd:p* ?y . ?y cd:q* ?z | cd:p, cd:q, anything
?x cd:p* ?y . ?y cd:q* ?z . ?z cd:r cd:a | cd:p, cd:q, cd:r cd:a
?x cd:p ?y FILTER NOT EXISTS { ?y (cd:q/cd:r)* ?z } | cd:p, -cd:q, -cd:r
?x cd:p ?y { ?z cd:q* ?y } UNION { ?z cd:r ?y } | cd:p, cd:q, anything, cd:r
?x !cd:p ?y . ?x (cd:q|!(cd:r|^a)) ?y | cd:p, cd:q, cd:r, rdf:type, anything
?x ^cd:p cd:a | cd:p
SERVICE SILENT cd:s { ?x cd:p ?y } | cd:p
?x cd:p ?y ; cd:q%20r cd:a\\-b | cd:p, <https://w3id.org/cdkg/ontology/q%20r> cd:a-b
"""


def _told(rule: Rule) -> set[str]:
    mark = {0: "", 1: "+", 2: "~", 3: "-"}
    return {f"{'@' if read.in_graph else ''}{mark[read.polarity]}{read.kind}" for read in rule.reads}


def _rule(text: str) -> Rule:
    return Rule("r", "x", text, Path("r.rq"))


@pytest.mark.parametrize("line", READS.strip().splitlines())
def test_what_a_body_reads(line: str) -> None:
    """Each pattern is read with its constant object, and with what stands around it."""
    body, _, expected = line.rpartition(" | ")
    rule = _rule(f"CONSTRUCT {{ ?x cd:made ?y }} WHERE {{\n{body}\n}}")
    if "SERVICE" not in body:
        rule.check()
    assert _told(rule) == set(expected.split(", "))


def test_heads_and_declarations() -> None:
    """WHERE may be left out, a template may be the body, prefixes and a base may be declared, FROM may stand there."""
    texts = {
        "PREFIX : <x:> BASE <http://b/c> CONSTRUCT { ?x :p <d> } FROM <x:g> { ?x a :C }": (
            "<x:p> <http://b/d>",
            "<x:C>",
        ),
        "prefix cd: <x:> construct where { ?x cd:p ?y . ?y a cd:C }": ("<x:C> <x:p>", "<x:C> <x:p>"),
        "CONSTRUCT { ?x ?p ?y ; a ?c } { VALUES (?p ?c) { (cd:p cd:C) (cd:q cd:C) } ?x cd:r ?y }": (
            "cd:C cd:p cd:q",
            "cd:r",
        ),
        "CONSTRUCT { ?x ?p ?y . ?y a ?c } { ?x cd:r ?y , ?p , ?c } LIMIT 3": ("anything rdf:type", "~cd:r"),
        "CONSTRUCT { } WHERE { }": ("", ""),
    }
    for text, (writes, reads) in texts.items():
        rule = _rule(text)
        rule.check()
        assert " ".join(sorted(map(str, rule.writes))) == writes
        assert " ".join(sorted(_told(rule))) == reads


def test_terms_are_read_as_they_are() -> None:
    """Escapes, language tags and datatypes of literals, and numbers, are those of SPARQL."""
    body = r"""?x cd:p "a\"\n\u00e9"@en-GB , 'b' , '''c'd''' , 1 , -1.5 , 2e3 , TRUE , "1983"^^xsd:gYear , <x:\u0061>"""
    found = [pattern.object for pattern in read_construct(f"CONSTRUCT {{ }} WHERE {{ {body} }}").body]
    xsd = {name: NamedNode(PREFIXES["xsd"] + name) for name in ("integer", "decimal", "double", "boolean", "gYear")}
    assert found == [
        Literal('a"\né', language="en-GB"),
        Literal("b"),
        Literal("c'd"),
        Literal("1", datatype=xsd["integer"]),
        Literal("-1.5", datatype=xsd["decimal"]),
        Literal("2e3", datatype=xsd["double"]),
        Literal("true", datatype=xsd["boolean"]),
        Literal("1983", datatype=xsd["gYear"]),
        NamedNode("x:a"),
    ]


@pytest.mark.parametrize("body", ["<< ?x cd:p ?y >> cd:q ?z", "?x cd:p ?y {| cd:q ?z |}", "?x cd:p <<( ?x cd:p ?y )>>"])
def test_what_is_not_sparql_1_1_is_refused(body: str) -> None:
    """Triple terms, which the engine knows, are refused in a rule: what it reads would not be known."""
    rule = _rule(f"CONSTRUCT {{ ?x cd:made ?y }} WHERE {{ {body} }}")
    with pytest.raises(RuleError, match=r"r\.rq"):
        _ = rule.reads


@pytest.mark.parametrize("function", ["BNODE()", "uuid()", "STRUUID()", "RAND()", "NOW()"])
def test_rules_that_say_something_else_each_time_are_refused(tmp_path: Path, function: str) -> None:
    """A function that makes something new at each call is refused with its place."""
    path = tmp_path / "r.rq"
    body = f"{{ ?x a 'NOW' BIND ({function} AS ?n) }}"
    path.write_text(f"#+ why: RAND() in a comment is none\nCONSTRUCT {{ ?x cd:p ?n }}\nWHERE {body}", encoding="utf-8")
    with pytest.raises(RuleError, match=rf"r\.rq:3:\d+: a rule must not call {function[:-2].upper()}"):
        read_rules(tmp_path)


# -- rdflib as the other reader ------------------------------------------------------------------------------------


def _of_rdflib(text: str) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    from rdflib.plugins.sparql.algebra import translateQuery
    from rdflib.plugins.sparql.parser import parseQuery
    from rdflib.plugins.sparql.parserutils import CompValue

    def walk(part: Any) -> Iterator[Any]:
        if isinstance(part, CompValue):
            if part.name in {"BGP", "TriplesBlock"}:
                yield from part.triples
            for value in part.values():
                yield from walk(value)
        elif isinstance(part, list | tuple):
            for value in part:
                yield from walk(value)

    def told(nodes: Any) -> tuple[str, ...]:
        return tuple("blank" if type(n).__name__ == "BNode" else n.n3() for n in nodes)

    algebra = translateQuery(parseQuery(text), initNs=PREFIXES).algebra
    return {told(t) for t in algebra.template}, {told(t) for t in walk(algebra.p) if len(t) == 3}


def _of_ours(text: str) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    def told(node: Any) -> str:
        return "blank" if isinstance(node, BlankNode) else f"?{node.value}" if isinstance(node, Variable) else str(node)

    def all_told(patterns: tuple[TriplePattern, ...]) -> set[tuple[str, ...]]:
        return {(told(p.subject), told(p.predicate), told(p.object)) for p in patterns}

    found = read_construct(text)
    return all_told(found.template), all_told(found.body)


@pytest.mark.parametrize("path", sorted((ROOT / "ontology" / "rules").glob("*.rq")), ids=lambda path: path.stem)
def test_rdflib_reads_the_same(path: Path) -> None:
    """The template and the patterns of each rule of the project are those that rdflib finds."""
    text = path.read_text(encoding="utf-8")
    ours, theirs = _of_ours(text), _of_rdflib(text)
    assert ours == theirs
    assert all(ours)
