"""Strata of closed-world rules: what feeds what, which circles are refused, and that the order is right."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from cdkg.errors import RuleError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.reasoning import Rule, read_rules, reason
from cdkg.reasoning.rules.patterns import Polarity
from cdkg.reasoning.rules.rule import Kind
from cdkg.reasoning.rules.strata import Strata
from cdkg.vocabulary import GRAPH, PREFIXES
from conftest import ROOT


def read(turtle: str) -> tuple[Triple, ...]:
    """The triples of a text with our prefixes."""
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    text = f"{head}{turtle} ." if turtle else ""
    return tuple(quad.triple for quad in parse(input=text, format=RdfFormat.TURTLE))


def rule(slug: str, text: str) -> Rule:
    """A rule; what stands before `<-` is its template."""
    head, _, body = text.partition("<-")
    return Rule(slug, "x", f"CONSTRUCT {{ {head} }} WHERE {{ {body} }}" if body else text, Path(f"rules/{slug}.rq"))


def rules(texts: str) -> list[Rule]:
    """Rules a, b, … of a text, one a line."""
    return [rule(slug, text) for slug, text in zip("abcdefgh", texts.strip().splitlines(), strict=False)]


def infer(data: str, made: Iterable[Rule]) -> frozenset[Triple]:
    """All that holds of a passage under the rules."""
    return reason(KnowledgeGraph([NamedGraph(NamedNode(f"{GRAPH}g"), Role.PASSAGE, read(data))]), made).graph.union


# -- circles -------------------------------------------------------------------------------------------------------

#: What is negated | axioms | what rule a makes, what rule b makes of it, and names that the message must have.
CIRCLES = {
    "itself": (
        "",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:p ?z }",
        "a → cd:p → a, under NOT EXISTS or MINUS",
    ),
    "two": (
        "",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r ?z }\n?x cd:r ?y <- ?x cd:p ?y",
        "a → cd:p → b; b → cd:r → a, under NOT EXISTS or MINUS",
    ),
    "minus": ("", "?x cd:p ?y <- ?x cd:q ?y MINUS { ?x cd:p ?z }", "under NOT EXISTS or MINUS"),
    "optional": ("", "?x cd:p ?y <- ?x cd:q ?y OPTIONAL { ?x cd:p ?z } FILTER (!BOUND(?z))", "in OPTIONAL"),
    "in an expression": (
        "",
        "?x cd:p ?y <- ?x cd:q ?y BIND (!EXISTS { ?x cd:p ?z } AS ?n) FILTER (?n)",
        "under NOT EXISTS or MINUS",
    ),
    "in HAVING": (
        "",
        "?x cd:p ?x <- { SELECT ?x { ?x cd:q ?y } GROUP BY ?x HAVING (NOT EXISTS { ?x cd:p ?x }) }",
        "under NOT EXISTS or MINUS",
    ),
    "in a projection": (
        "",
        "?x cd:p ?n <- { SELECT ?x (EXISTS { ?x cd:p ?x } AS ?n) WHERE { ?x cd:q ?y } }",
        "under NOT EXISTS or MINUS",
    ),
    "limit": ("", "?x cd:p ?y <- { SELECT ?x ?y WHERE { ?x cd:p|cd:q ?y } LIMIT 1 }", "below LIMIT"),
    "count": (
        "",
        "?x cd:n ?n <- { SELECT ?x (COUNT(?y) AS ?n) WHERE { ?x cd:p ?y } GROUP BY ?x }\n?x cd:p ?y <- ?x cd:n ?y",
        "a → cd:n → b; b → cd:p → a, in an aggregate",
    ),
    "a count of its own conclusions": (
        "",
        "?x cd:n ?n <- { SELECT ?x (COUNT(?y) AS ?n) WHERE { ?x cd:p|cd:n ?y } GROUP BY ?x }",
        "a → cd:n → a, in an aggregate",
    ),
    "a list of its own conclusions": (
        "cd:name rdfs:subPropertyOf cd:n",
        "?x cd:name ?n <- { SELECT ?x (GROUP_CONCAT(?y) AS ?n) WHERE { ?x cd:p ?z . ?z cd:n ?y } GROUP BY ?x }",
        "a → cd:name → cd:n (prp-spo1) → a, in an aggregate",
    ),
    "double negation": (
        "",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:q ?z FILTER NOT EXISTS { ?z cd:p ?y } }",
        "under NOT EXISTS or MINUS",
    ),
    "path": ("", "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r/(^cd:p|cd:s)* ?y }", "cd:p"),
    "negated property set": (
        "",
        "?x cd:p ?y <- ?x cd:q ?y MINUS { ?x !cd:r ?y }",
        "a → cd:p → a, under NOT EXISTS or MINUS",
    ),
    "variable predicate": ("", "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?y ?any ?x }", "a → cd:p → a"),
    "variable in the template": (
        "",
        "?x ?p ?y <- ?x cd:q ?p . ?x cd:r ?y FILTER NOT EXISTS { ?x cd:s ?y }",
        "anything",
    ),
    "values": (
        "",
        "?x ?p ?y <- VALUES ?p { cd:p cd:r } ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r ?y }",
        "a → cd:r → a, under NOT EXISTS or MINUS",
    ),
    "class": ("", "?x a cd:C <- ?x cd:q ?y FILTER NOT EXISTS { ?y a cd:C }", "a → cd:C → a, under NOT EXISTS or MINUS"),
    "variable class": (
        "",
        "?x a ?c <- ?x cd:q ?c FILTER NOT EXISTS { ?x a cd:C }",
        "a → rdf:type → a, under NOT EXISTS or MINUS",
    ),
    "object": (
        "",
        "?x cd:p cd:yes <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:p cd:yes }",
        "a → cd:p cd:yes → a, under NOT EXISTS or MINUS",
    ),
    "subproperty": (
        "cd:p rdfs:subPropertyOf cd:r",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r ?z }",
        "a → cd:p → cd:r (prp-spo1) → a, under NOT EXISTS or MINUS",
    ),
    "equivalent property": (
        "cd:r owl:equivalentProperty cd:p",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r ?z }",
        "cd:r (prp-spo1)",
    ),
    "inverse": ("cd:r owl:inverseOf cd:p", "?x cd:p ?y <- ?x cd:q ?y MINUS { ?x cd:r ?z }", "cd:r (prp-inv2)"),
    "chain": (
        "cd:r owl:propertyChainAxiom ( cd:q cd:p )",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r ?z }",
        "a → cd:p → cd:r (prp-spo2) → a, under NOT EXISTS or MINUS",
    ),
    "domain": ("cd:p rdfs:domain cd:C", "?x cd:p ?y <- ?x cd:q ?y MINUS { ?x a cd:C }", "cd:C (prp-dom)"),
    "range": ("cd:p rdfs:range cd:C", "?x cd:p ?y <- ?x cd:q ?y MINUS { ?y a cd:C }", "cd:C (prp-rng)"),
    "subclass": ("cd:C rdfs:subClassOf cd:D", "?x a cd:C <- ?x cd:q ?y MINUS { ?x a cd:D }", "cd:D (cax-sco)"),
    "defined class": (
        "cd:C owl:equivalentClass [ owl:intersectionOf ( cd:D [ owl:onProperty cd:p ; owl:hasValue cd:v ] ) ]",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x a cd:C }",
        "a → cd:p → cd:C (cls-hv2, cls-int1, cax-eqc2) → a, under NOT EXISTS or MINUS",
    ),
    "has value": (
        "cd:C rdfs:subClassOf [ owl:onProperty cd:r ; owl:hasValue cd:v ]",
        "?x a cd:C <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r cd:v }",
        "a → cd:C → cd:r cd:v (cax-sco, cls-hv1) → a, under NOT EXISTS or MINUS",
    ),
    "some values": (
        "[ owl:onProperty cd:s ; owl:someValuesFrom cd:D ] rdfs:subClassOf cd:C",
        "?x a cd:D <- ?x cd:q ?y FILTER NOT EXISTS { ?x a cd:C }",
        "a → cd:D → cd:C (cls-svf1, cax-sco) → a, under NOT EXISTS or MINUS",
    ),
    "all values": (
        "cd:C rdfs:subClassOf [ owl:onProperty cd:p ; owl:allValuesFrom cd:D ]",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x a cd:D }",
        "a → cd:p → cd:D (cls-avf) → a, under NOT EXISTS or MINUS",
    ),
    "union": (
        "cd:D owl:unionOf ( cd:B cd:C )",
        "?x a cd:C <- ?x cd:q ?y FILTER NOT EXISTS { ?x a cd:D }",
        "a → cd:C → cd:D (cax-sco) → a, under NOT EXISTS or MINUS",
    ),
    "functional": (
        "cd:p a owl:FunctionalProperty",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r ?z }",
        "a → cd:p → owl:sameAs (prp-fp) → anything (eq-rep-s) → a, under NOT EXISTS or MINUS",
    ),
    "key": (
        "cd:C owl:hasKey ( cd:p )",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r ?z }",
        "owl:sameAs (prp-key)",
    ),
    "same property": ("cd:p owl:sameAs cd:r", "?x cd:p ?y <- ?x cd:q ?y MINUS { ?x cd:r ?z }", "cd:r (eq-rep-p)"),
    "same object": (
        "cd:v owl:sameAs cd:w",
        "?x cd:p cd:v <- ?x cd:q ?y MINUS { ?x cd:p cd:w }",
        "a → cd:p cd:v → cd:p cd:w (eq-rep-o) → a, under NOT EXISTS or MINUS",
    ),
    "axiom": (
        "",
        "?x rdfs:subPropertyOf ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r ?z }",
        "a → rdfs:subPropertyOf → anything (an axiom) → a, under NOT EXISTS or MINUS",
    ),
    "a class that somebody else gets": (
        """cd:C owl:intersectionOf ( cd:D cd:E ) ; rdfs:subClassOf [ owl:onProperty cd:p ; owl:hasValue cd:v ] .
            cd:p rdfs:range cd:D""",
        "?x a cd:E <- ?x cd:q ?y MINUS { ?x a cd:D }",
        "a → cd:E → cd:C (cls-int1) → cd:p cd:v (cax-sco, cls-hv1) → cd:D (prp-rng) → a",
    ),
    "a class that somebody else has": (
        """cd:C owl:intersectionOf ( cd:E [ owl:onProperty cd:p ; owl:hasValue cd:v ] ) ; rdfs:subClassOf cd:D .
            cd:p rdfs:range cd:D""",
        "?x a cd:E <- ?x cd:q ?y MINUS { ?x a cd:D }",
        "a → cd:E → cd:C (cls-int1) → cd:D (cax-sco) → a",
    ),
    "through a defined class": (
        "cd:C owl:intersectionOf ( cd:D cd:E ) ; rdfs:subClassOf cd:E2 . cd:E2 rdfs:subClassOf cd:F",
        "?x a cd:D <- ?x cd:q ?y FILTER NOT EXISTS { ?x a cd:F }",
        "cd:F (cax-sco)",
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_circle_through_negation_is_refused(name: str) -> None:
    """The message names the rules, their files, and the way on which they feed each other."""
    axioms, texts, told = CIRCLES[name]
    made = rules(texts)
    with pytest.raises(RuleError, match="circle through a negation") as error:
        infer(axioms, made)
    message = str(error.value)
    assert told in message
    assert message.startswith("rules/a.rq:1: ")
    assert all(f"{rule.slug} ({rule.path})" in message for rule in made)
    assert "try:" in message


#: Data and axioms | rules | what follows | what must not.
NO_CIRCLES = {
    "positive recursion": (
        "cd:a cd:q cd:b . cd:b cd:q cd:c . cd:c cd:q cd:d",
        "?x cd:p ?y <- ?x cd:q ?y\n?x cd:p ?z <- ?x cd:p ?y . ?y cd:p ?z",
        "cd:a cd:p cd:d",
        "cd:d cd:p cd:a",
    ),
    "recursion through an axiom": (
        "cd:p rdfs:subPropertyOf cd:q . cd:a cd:q cd:b . cd:b cd:next cd:c . cd:c cd:next cd:d",
        "?x cd:p ?z <- ?x cd:q ?y . ?y cd:next ?z",
        "cd:a cd:q cd:d",
        "cd:b cd:q cd:d",
    ),
    "negation of what is asserted": (
        "cd:a cd:q cd:b . cd:b cd:q cd:c ; cd:r cd:c",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r ?z }",
        "cd:a cd:p cd:b",
        "cd:b cd:p cd:c",
    ),
    "another object": (
        "cd:a cd:q cd:b",
        "?x cd:status cd:new <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:status cd:old }",
        "cd:a cd:status cd:new",
        "cd:a cd:status cd:old",
    ),
    "a named graph": (
        "cd:a cd:q cd:b . cd:b cd:q cd:c ; cd:p cd:d",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { GRAPH ?g { ?x cd:p ?z } }",
        "cd:a cd:p cd:b",
        "cd:b cd:p cd:c",
    ),
    "an aggregate of a named graph": (
        'cd:a cd:p cd:b , cd:c . cd:b cd:n "b" . cd:c cd:n "c" . cd:d cd:p cd:a',
        """?x cd:n ?all <- { SELECT ?x (GROUP_CONCAT(?y) AS ?all)
            { { SELECT ?x ?y { ?x cd:p ?z . GRAPH ?g { ?z cd:n ?y } } ORDER BY ?y } } GROUP BY ?x }""".replace(
            "\n", " "
        ),
        'cd:a cd:n "b c"',
        'cd:d cd:n "b c"',
    ),
    "a definition": (
        """cd:Ended owl:equivalentClass [ owl:intersectionOf ( cd:Tie [ owl:onProperty cd:s ; owl:hasValue cd:end ] ) ]
            ; rdfs:subClassOf [ owl:onProperty cd:s ; owl:hasValue cd:end ] .
            cd:a cd:q cd:b . cd:c a cd:Ended ; cd:q cd:d""",
        "?x a cd:Tie <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:s cd:end }",
        "cd:a a cd:Tie",
        "cd:a cd:s cd:end",
    ),
    "functional data property": (
        "cd:p a owl:FunctionalProperty , owl:DatatypeProperty . cd:a cd:q 1",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?x cd:r ?z }",
        "cd:a cd:p 1",
        "cd:a cd:r 1",
    ),
    "other values": (
        "cd:a cd:q cd:b",
        "?x ?p ?y <- VALUES ?p { cd:p cd:r } ?x cd:q ?y FILTER NOT EXISTS { ?x cd:s ?y }",
        "cd:a cd:p cd:b ; cd:r cd:b",
        "cd:a cd:s cd:b",
    ),
    "any predicate": (
        "cd:a cd:q cd:b . cd:b cd:q cd:c . cd:c a cd:C",
        "?x cd:p ?y <- ?x ?any ?y . ?y a cd:C",
        "cd:b cd:p cd:c",
        "cd:a cd:p cd:b",
    ),
    "distinct sub-select": (
        "cd:a cd:q cd:b . cd:b cd:q cd:c",
        "?x cd:q ?z <- { SELECT DISTINCT ?x ?z WHERE { ?x cd:q ?y . ?y cd:q ?z } }",
        "cd:a cd:q cd:c",
        "cd:c cd:q cd:a",
    ),
    "exists": (
        "cd:a cd:p cd:b . cd:b cd:q cd:c . cd:d cd:q cd:a",
        "?x cd:p ?y <- ?y cd:q ?x FILTER EXISTS { ?x cd:p ?z }",
        "cd:a cd:p cd:d",
        "cd:c cd:p cd:b",
    ),
    "a path that ends in the same group": (
        "cd:a cd:q cd:b . cd:c cd:q cd:d . cd:d cd:part cd:a",
        "?x cd:p ?y <- ?x cd:q ?y FILTER NOT EXISTS { ?y cd:part* ?z . ?z cd:part cd:a }",
        "cd:a cd:p cd:b",
        "cd:c cd:p cd:d",
    ),
}


@pytest.mark.parametrize("name", NO_CIRCLES)
def test_what_is_no_circle_runs(name: str) -> None:
    """Positive recursion, and negation of what no rule concludes, give what they say."""
    data, texts, follows, not_so = NO_CIRCLES[name]
    union = infer(data, rules(texts))
    assert {*read(follows)} <= union
    assert not {*read(not_so)} & union


# -- order ---------------------------------------------------------------------------------------------------------

#: By their names the rules would run in the wrong order: a before what it negates.
WRONG_BY_NAME = """
?x cd:lonely true <- ?x a cd:City FILTER NOT EXISTS { ?x cd:tiedTo ?y }
?x cd:note "lonely" <- ?x cd:lonely true
?x cd:twin ?y <- ?x cd:ally ?y
?x cd:ally ?y <- ?t cd:party ?x , ?y FILTER (?x != ?y)
"""


def test_order_of_strata_is_not_that_of_names() -> None:
    """A rule waits for what it negates, three rules and an axiom away."""
    data = """cd:twin rdfs:subPropertyOf cd:tiedTo . cd:t cd:party cd:a , cd:b .
        cd:a a cd:City . cd:b a cd:City . cd:c a cd:City"""
    made = rules(WRONG_BY_NAME)
    for order in (made, made[::-1]):
        union = infer(data, order)
        lonely = {t.subject for t in union if t.predicate.value.endswith(("/lonely", "/note"))}
        assert lonely == {read("cd:c a cd:City")[0].subject}
    strata = [[r.slug for r in stratum.rules] for stratum in Strata(made, read(data))]
    assert strata == [["d"], ["c"], ["a"], ["b"]]


def test_rules_that_feed_each_other_share_a_stratum() -> None:
    """A circle without negation is one stratum, and what negates its conclusions comes after it."""
    made = rules("""
?x cd:alone true <- ?x a cd:City FILTER NOT EXISTS { ?x cd:p ?y }
?x cd:p ?y <- ?x cd:r ?y
?x cd:r ?y <- ?y cd:p ?x
?x cd:p ?y <- ?x cd:q ?y""")
    strata = [*Strata(made, ())]
    assert [[r.slug for r in stratum.rules] for stratum in strata] == [["d"], ["b", "c"], ["a"]]
    assert [stratum.is_recursive for stratum in strata] == [False, True, False]
    union = infer("cd:a a cd:City ; cd:q cd:b . cd:b a cd:City . cd:c a cd:City", made)
    assert {t.subject for t in union if t.predicate.value.endswith("/alone")} == {read("cd:c a cd:City")[0].subject}


# -- the project's rules -------------------------------------------------------------------------------------------


def _project_strata() -> Strata:
    files = [*(ROOT / "ontology").glob("*.ttl"), *(ROOT / "ontology" / "alignments").glob("*.ttl")]
    axioms = [quad.triple for path in files for quad in parse(path=path, format=RdfFormat.TURTLE)]
    return Strata(read_rules(ROOT / "ontology" / "rules"), axioms)


def test_the_rules_of_the_project_have_strata() -> None:
    """Each rule of the project is in one stratum; twinnings come before ties, and both before the labels they share."""
    strata = _project_strata()
    order = [r.slug for stratum in strata for r in stratum.rules]
    assert sorted(order) == [r.slug for r in strata.rules]
    assert order.index("twinned-with") < order.index("tied-to") < order.index("tie-to-city-of-district")
    fed = {(feed.source.slug, feed.target.slug) for feed in strata.feeds}
    assert ("twinned-with", "tie-to-city-of-district") in fed
    assert ("twinned-with", "member-of") not in fed
    assert [s.rules[0].slug for s in strata if s.is_recursive] == ["twinned-with", "tie-to-city-of-district"]
    assert {feed.target.slug for feed in strata.feeds if feed.polarity} <= {"relation-labels"}
    assert ("relation-labels", "relation-labels") not in fed
    negated = {(r.slug, str(read.kind)) for r in strata.rules for read in r.reads if read.polarity is Polarity.NEGATIVE}
    assert {("twinned-with", "cd:status status:ended"), ("member-of", "cd:via")} <= negated


def test_an_edit_of_the_project() -> None:
    """A status concerns the relations, a label the labels only, and a statement no rule at all."""
    strata = _project_strata()

    def affected(turtle: str) -> set[str]:
        return {r.slug for r in strata.affected(map(Kind.of, read(turtle)))}

    assert affected('city:a rdfs:label "A"@en') == {"relation-labels"}
    assert affected("city:a cd:nickname 'A'") == set()
    assert {"twinned-with", "member-of", "tied-to"} <= affected("twinning:a--b cd:status status:ended")
    assert "years" not in affected("twinning:a--b cd:status status:ended")
