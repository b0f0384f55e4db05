"""Each rule of OWL 2 RL/RDF (OWL 2 Profiles, section 4.3): what follows, what does not, and why."""

from __future__ import annotations

import inspect
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import permutations

import pytest
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse

from cdkg.reasoning import Closure, closure, lists
from cdkg.reasoning.table import TABLE, Pattern
from cdkg.vocabulary import PREFIXES

# A graph, all that follows from it (or a contradiction), and a graph near it from which that does not follow.
CASES = """
# Table 4: equality
eq-sym
    given   :a owl:sameAs :b
    follows :b owl:sameAs :a
    near    :a owl:differentFrom :b
eq-trans
    given   :a owl:sameAs :b . :b owl:sameAs :c
    follows :b owl:sameAs :a . :c owl:sameAs :b , :a . :a owl:sameAs :c
    near    :a owl:sameAs :b . :d owl:sameAs :c
eq-rep-s
    given   :a owl:sameAs :b . :a :p :c
    follows :b owl:sameAs :a . :b :p :c
    near    :a owl:differentFrom :b . :a :p :c
eq-rep-p
    given   :p owl:sameAs :q . :a :p :c
    follows :q owl:sameAs :p . :a :q :c
    near    :p rdfs:subPropertyOf :r . :a :p :c
eq-rep-o
    given   :a owl:sameAs :b . :c :p :a
    follows :b owl:sameAs :a . :c :p :b
    near    :a owl:differentFrom :b . :c :p :a
eq-diff1
    given   :a owl:sameAs :b . :a owl:differentFrom :b
    follows false
    near    :a owl:sameAs :b . :a owl:differentFrom :c
eq-diff1
    given   :a owl:differentFrom :a
    follows false
    near    :a owl:differentFrom :b , :c
eq-diff2
    given   [] a owl:AllDifferent ; owl:members ( :a :b :c ) . :a owl:sameAs :c
    follows false
    near    [] a owl:AllDifferent ; owl:members ( :a :b :c ) . :a owl:sameAs :d
eq-diff2
    given   [] a owl:AllDifferent ; owl:members ( :a :b :a )
    follows false
    near    [] a owl:AllDisjointClasses ; owl:members ( :a :b :a )
eq-diff3
    given   [] a owl:AllDifferent ; owl:distinctMembers ( :a :b :c ) . :b owl:sameAs :c
    follows false
    near    [] a owl:AllDifferent ; owl:distinctMembers ( :a :b :c ) . :b owl:differentFrom :c

# Table 5: axioms about properties
prp-dom
    given   :p rdfs:domain :C , :D . :a :p "x"
    follows :a a :C , :D
    near    :p rdfs:domain :E . :q rdfs:domain :C , :D . :a :p "x"
prp-rng
    given   :p rdfs:range :C , :D . :a :p :b
    follows :b a :C , :D
    near    :p rdfs:range :E . :q rdfs:range :C , :D . :a :p :b
prp-fp
    given   :p a owl:FunctionalProperty . :a :p :b , :c
    follows :b owl:sameAs :c . :c owl:sameAs :b
    near    :p a owl:FunctionalProperty . :a :p :b . :d :p :c . :a :q :c
prp-ifp
    given   :p a owl:InverseFunctionalProperty . :a :p "x" . :b :p "x"
    follows :a owl:sameAs :b . :b owl:sameAs :a
    near    :p a owl:InverseFunctionalProperty . :a :p "x" , "y" . :b :p "z" ; :q "x"
prp-irp
    given   :p a owl:IrreflexiveProperty . :a :p :a
    follows false
    near    :p a owl:IrreflexiveProperty . :a :p :b ; :q :a . :b :p :a
prp-symp
    given   :p a owl:SymmetricProperty . :a :p :b
    follows :b :p :a
    near    :p a owl:AsymmetricProperty . :a :p :b
prp-asyp
    given   :p a owl:AsymmetricProperty . :a :p :b . :b :p :a
    follows false
    near    :p a owl:AsymmetricProperty . :a :p :b . :b :p :c ; :q :a
prp-trp
    given   :p a owl:TransitiveProperty . :a :p :b . :b :p :c . :c :p :d
    follows :a :p :c , :d . :b :p :d
    near    :p a owl:TransitiveProperty . :a :p :b . :b :q :c . :c :p :d . :e :p :b
prp-spo1
    given   :p rdfs:subPropertyOf :q . :a :p :b
    follows :a :q :b
    near    :q rdfs:subPropertyOf :p . :a :p :b
prp-spo2
    given   :p owl:propertyChainAxiom ( :q :r ) . :a :q :b . :b :r :c
    follows :a :p :c
    near    :p owl:propertyChainAxiom ( :q :r ) . :a :r :b . :b :q :c . :d :q :e
prp-eqp1
    given   :p owl:equivalentProperty :q . :a :p :b
    follows :a :q :b . :p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :p ; owl:equivalentProperty :p
    near    :p owl:equivalentProperty :r . :a :p :b
prp-eqp2
    given   :p owl:equivalentProperty :q . :a :q :b
    follows :a :p :b . :p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :p ; owl:equivalentProperty :p
    near    :r owl:equivalentProperty :q . :a :q :b
prp-pdw
    given   :p owl:propertyDisjointWith :q . :a :p :b ; :q :b
    follows false
    near    :p owl:propertyDisjointWith :q . :a :p :b ; :q :c . :b :q :a
prp-adp
    given   [] a owl:AllDisjointProperties ; owl:members ( :p :q :r ) . :a :p :b ; :r :b
    follows false
    near    [] a owl:AllDisjointProperties ; owl:members ( :p :q :r ) . :a :p :b ; :s :b . :b :r :a
prp-inv1
    given   :p owl:inverseOf :q . :a :p :b
    follows :b :q :a
    near    :p owl:inverseOf :r . :a :p :b
prp-inv2
    given   :p owl:inverseOf :q . :a :q :b
    follows :b :p :a
    near    :r owl:inverseOf :q . :a :q :b
prp-key
    given   :C owl:hasKey ( :p :q ) . :a a :C ; :p "1" ; :q :k . :b a :C ; :p "1" ; :q :k
    follows :a owl:sameAs :b . :b owl:sameAs :a
    near    :C owl:hasKey ( :p :q ) . :a a :C ; :p "1" ; :q :k . :b a :C ; :p "1" ; :q :l . :c :p "1" ; :q :k
prp-npa1
    given   [] owl:sourceIndividual :a ; owl:assertionProperty :p ; owl:targetIndividual :b . :a :p :b
    follows false
    near    [] owl:sourceIndividual :a ; owl:assertionProperty :p ; owl:targetIndividual :b . :a :q :b . :b :p :a
prp-npa2
    given   [] owl:sourceIndividual :a ; owl:assertionProperty :p ; owl:targetValue "x" . :a :p "x"
    follows false
    near    [] owl:sourceIndividual :a ; owl:assertionProperty :p ; owl:targetValue "x" . :a :p "y" . :b :p "x"

# Table 6: classes
cls-nothing2
    given   :a a owl:Nothing
    follows false
    near    :a a :C . owl:Nothing rdfs:label "nothing"
cls-int1
    given   :C owl:intersectionOf ( :D :E :F ) . :a a :D , :E , :F
    follows :a a :C . :C rdfs:subClassOf :D , :E , :F
    near    :C owl:intersectionOf ( :D :E :F ) . :a a :D , :E . :b a :F
cls-int2
    given   :C owl:intersectionOf ( :D :E ) . :a a :C
    follows :a a :D , :E . :C rdfs:subClassOf :D , :E
    near    :B owl:intersectionOf ( :D :E ) . :a a :C
cls-uni
    given   :C owl:unionOf ( :D :E ) . :a a :D . :b a :E
    follows :a a :C . :b a :C . :D rdfs:subClassOf :C . :E rdfs:subClassOf :C
    near    :C owl:intersectionOf ( :D :E ) . :a a :D . :b a :E
cls-com
    given   :C owl:complementOf :D . :a a :C , :D
    follows false
    near    :C owl:complementOf :D . :a a :C . :b a :D
cls-svf1
    given   :R owl:someValuesFrom :C ; owl:onProperty :p . :a :p :b . :b a :C
    follows :a a :R
    near    :R owl:someValuesFrom :C ; owl:onProperty :p . :a :p :b ; :q :c . :b a :D . :c a :C
cls-svf2
    given   :R owl:someValuesFrom owl:Thing ; owl:onProperty :p . :a :p "x"
    follows :a a :R
    near    :R owl:someValuesFrom owl:Thing ; owl:onProperty :q . :a :p "x" . :b a :R
cls-avf
    given   :R owl:allValuesFrom :C ; owl:onProperty :p . :a a :R ; :p :b
    follows :b a :C
    near    :R owl:allValuesFrom :C ; owl:onProperty :p . :a :p :b . :b a :R
cls-hv1
    given   :R owl:hasValue "v" ; owl:onProperty :p . :a a :R
    follows :a :p "v"
    near    :R owl:hasValue "w" ; owl:onProperty :p . :S owl:hasValue "v" ; owl:onProperty :p . :a a :R
cls-hv2
    given   :R owl:hasValue :v ; owl:onProperty :p . :a :p :v
    follows :a a :R
    near    :R owl:hasValue :v ; owl:onProperty :p . :a :p :w ; :q :v
cls-maxc1
    given   :R owl:maxCardinality 0 ; owl:onProperty :p . :a a :R ; :p "x"
    follows false
    near    :R owl:maxCardinality 1 ; owl:onProperty :p . :a a :R ; :p "x" . :b :p "y" , "z"
cls-maxc1
    given   :R owl:maxCardinality "0"^^xsd:nonNegativeInteger ; owl:onProperty :p . :a a :R ; :p "x"
    follows false
    near    :R owl:maxCardinality "0"^^xsd:nonNegativeInteger ; owl:onProperty :p . :a a :R ; :q "x" . :b :p "x"
cls-maxc2
    given   :R owl:maxCardinality 1 ; owl:onProperty :p . :a a :R ; :p :b , :c
    follows :b owl:sameAs :c . :c owl:sameAs :b
    near    :R owl:maxCardinality 2 ; owl:onProperty :p . :a a :R ; :p :b , :c
cls-maxc2
    given   :R owl:maxCardinality "1"^^xsd:nonNegativeInteger ; owl:onProperty :p . :a a :R ; :p :b , :c
    follows :b owl:sameAs :c . :c owl:sameAs :b
    near    :R owl:maxCardinality "1"^^xsd:nonNegativeInteger ; owl:onProperty :p . :a :p :b , :c
cls-maxqc1
    given   :R owl:maxQualifiedCardinality 0 ; owl:onProperty :p ; owl:onClass :C . :a a :R ; :p :b . :b a :C
    follows false
    near    :R owl:maxQualifiedCardinality 0 ; owl:onProperty :p ; owl:onClass :C . :a a :R ; :p :b . :b a :D
cls-maxqc1
    given   :R owl:maxQualifiedCardinality "0"^^xsd:nonNegativeInteger ; owl:onProperty :p ; owl:onClass :C .
            :a a :R ; :p :b . :b a :C
    follows false
    near    :R owl:maxQualifiedCardinality "0"^^xsd:nonNegativeInteger ; owl:onProperty :p ; owl:onClass :C .
            :a :p :b . :b a :C
cls-maxqc2
    given   :R owl:maxQualifiedCardinality 0 ; owl:onProperty :p ; owl:onClass owl:Thing . :a a :R ; :p :b
    follows false
    near    :R owl:maxQualifiedCardinality 0 ; owl:onProperty :p ; owl:onClass owl:Thing . :a a :R ; :q :b . :b :p :a
cls-maxqc2
    given   :R owl:maxQualifiedCardinality "0"^^xsd:nonNegativeInteger ; owl:onProperty :p ; owl:onClass owl:Thing .
            :a a :R ; :p :b
    follows false
    near    :R owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onProperty :p ; owl:onClass owl:Thing .
            :a a :R ; :p :b
cls-maxqc3
    given   :R owl:maxQualifiedCardinality 1 ; owl:onProperty :p ; owl:onClass :C .
            :a a :R ; :p :b , :c , :d . :b a :C . :c a :C
    follows :b owl:sameAs :c . :c owl:sameAs :b
    near    :R owl:maxQualifiedCardinality 1 ; owl:onProperty :p ; owl:onClass :C .
            :a a :R ; :p :b , :c . :b a :C . :c a :D
cls-maxqc3
    given   :R owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onProperty :p ; owl:onClass :C .
            :a a :R ; :p :b , :c . :b a :C . :c a :C
    follows :b owl:sameAs :c . :c owl:sameAs :b
    near    :R owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onProperty :p ; owl:onClass :C .
            :a :p :b , :c . :b a :C . :c a :C
cls-maxqc4
    given   :R owl:maxQualifiedCardinality 1 ; owl:onProperty :p ; owl:onClass owl:Thing . :a a :R ; :p :b , :c
    follows :b owl:sameAs :c . :c owl:sameAs :b
    near    :R owl:maxQualifiedCardinality 1 ; owl:onProperty :p ; owl:onClass owl:Thing . :a a :R ; :p :b ; :q :c
cls-maxqc4
    given   :R owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onProperty :p ; owl:onClass owl:Thing .
            :a a :R ; :p :b , :c
    follows :b owl:sameAs :c . :c owl:sameAs :b
    near    :R owl:maxQualifiedCardinality "2"^^xsd:nonNegativeInteger ; owl:onProperty :p ; owl:onClass owl:Thing .
            :a a :R ; :p :b , :c
cls-oo
    given   :C owl:oneOf ( :a :b )
    follows :a a :C . :b a :C
    near    :C owl:unionOf ( :a :b )

# Table 7: class axioms
cax-sco
    given   :C rdfs:subClassOf :D , :E . :a a :C
    follows :a a :D , :E
    near    :D rdfs:subClassOf :C . :E rdfs:subClassOf :C . :a a :C
cax-eqc1
    given   :C owl:equivalentClass :D . :a a :C
    follows :a a :D . :C rdfs:subClassOf :D . :D rdfs:subClassOf :C ; owl:equivalentClass :C
    near    :C owl:equivalentClass :E . :a a :C
cax-eqc2
    given   :C owl:equivalentClass :D . :a a :D
    follows :a a :C . :C rdfs:subClassOf :D . :D rdfs:subClassOf :C ; owl:equivalentClass :C
    near    :E owl:equivalentClass :D . :a a :D
cax-dw
    given   :C owl:disjointWith :D . :a a :C , :D
    follows false
    near    :C owl:disjointWith :D . :a a :C . :b a :D
cax-adc
    given   [] a owl:AllDisjointClasses ; owl:members ( :C :D :E ) . :a a :C , :E
    follows false
    near    [] a owl:AllDisjointClasses ; owl:members ( :C :D :E ) . :a a :C , :F . :b a :E

# Table 9: schema vocabulary
scm-sco
    given   :C rdfs:subClassOf :D . :D rdfs:subClassOf :E
    follows :C rdfs:subClassOf :E
    near    :C rdfs:subClassOf :D . :E rdfs:subClassOf :D
scm-eqc1
    given   :C owl:equivalentClass :D
    follows :C rdfs:subClassOf :D . :D rdfs:subClassOf :C ; owl:equivalentClass :C
    near    :C owl:disjointWith :D
scm-eqc2
    given   :C rdfs:subClassOf :D . :D rdfs:subClassOf :C
    follows :C owl:equivalentClass :D . :D owl:equivalentClass :C
    near    :C rdfs:subClassOf :D . :D rdfs:subClassOf :E
scm-spo
    given   :p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :r
    follows :p rdfs:subPropertyOf :r
    near    :p rdfs:subPropertyOf :q . :r rdfs:subPropertyOf :q
scm-eqp1
    given   :p owl:equivalentProperty :q
    follows :p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :p ; owl:equivalentProperty :p
    near    :p owl:inverseOf :q
scm-eqp2
    given   :p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :p
    follows :p owl:equivalentProperty :q . :q owl:equivalentProperty :p
    near    :p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :r
scm-dom1
    given   :p rdfs:domain :C . :C rdfs:subClassOf :D
    follows :p rdfs:domain :D
    near    :p rdfs:domain :C . :D rdfs:subClassOf :C
scm-dom2
    given   :q rdfs:domain :C . :p rdfs:subPropertyOf :q
    follows :p rdfs:domain :C
    near    :q rdfs:domain :C . :q rdfs:subPropertyOf :p
scm-rng1
    given   :p rdfs:range :C . :C rdfs:subClassOf :D
    follows :p rdfs:range :D
    near    :p rdfs:range :C . :D rdfs:subClassOf :C
scm-rng2
    given   :q rdfs:range :C . :p rdfs:subPropertyOf :q
    follows :p rdfs:range :C
    near    :q rdfs:range :C . :q rdfs:subPropertyOf :p
scm-hv
    given   :R owl:hasValue :v ; owl:onProperty :p . :S owl:hasValue :v ; owl:onProperty :q . :p rdfs:subPropertyOf :q
    follows :R rdfs:subClassOf :S
    near    :R owl:hasValue :v ; owl:onProperty :p . :S owl:hasValue :v ; owl:onProperty :q . :q rdfs:subPropertyOf :p
scm-hv
    given   :R owl:hasValue :v ; owl:onProperty :p . :S owl:hasValue :v ; owl:onProperty :p
    follows :R rdfs:subClassOf :S ; owl:equivalentClass :S . :S rdfs:subClassOf :R ; owl:equivalentClass :R
    near    :R owl:hasValue :v ; owl:onProperty :p . :S owl:hasValue :w ; owl:onProperty :p
scm-svf1
    given   :R owl:someValuesFrom :C ; owl:onProperty :p . :S owl:someValuesFrom :D ; owl:onProperty :p .
            :C rdfs:subClassOf :D
    follows :R rdfs:subClassOf :S
    near    :R owl:someValuesFrom :C ; owl:onProperty :p . :S owl:someValuesFrom :D ; owl:onProperty :q .
            :C rdfs:subClassOf :D
scm-svf1
    given   :R owl:someValuesFrom :C ; owl:onProperty :p . :S owl:someValuesFrom :C ; owl:onProperty :p
    follows :R rdfs:subClassOf :S ; owl:equivalentClass :S . :S rdfs:subClassOf :R ; owl:equivalentClass :R
    near    :R owl:someValuesFrom :C ; owl:onProperty :p . :S owl:allValuesFrom :C ; owl:onProperty :p
scm-svf2
    given   :R owl:someValuesFrom :C ; owl:onProperty :p . :S owl:someValuesFrom :C ; owl:onProperty :q .
            :p rdfs:subPropertyOf :q
    follows :R rdfs:subClassOf :S
    near    :R owl:someValuesFrom :C ; owl:onProperty :p . :S owl:someValuesFrom :D ; owl:onProperty :q .
            :p rdfs:subPropertyOf :q
scm-avf1
    given   :R owl:allValuesFrom :C ; owl:onProperty :p . :S owl:allValuesFrom :D ; owl:onProperty :p .
            :C rdfs:subClassOf :D
    follows :R rdfs:subClassOf :S
    near    :R owl:allValuesFrom :C ; owl:onProperty :p . :S owl:allValuesFrom :D ; owl:onProperty :q .
            :C rdfs:subClassOf :D
scm-avf1
    given   :R owl:allValuesFrom :C ; owl:onProperty :p . :S owl:allValuesFrom :C ; owl:onProperty :p
    follows :R rdfs:subClassOf :S ; owl:equivalentClass :S . :S rdfs:subClassOf :R ; owl:equivalentClass :R
    near    :R owl:allValuesFrom :C ; owl:onProperty :p . :S owl:allValuesFrom :C ; owl:onProperty :q
scm-avf2
    given   :R owl:allValuesFrom :C ; owl:onProperty :p . :S owl:allValuesFrom :C ; owl:onProperty :q .
            :p rdfs:subPropertyOf :q
    follows :S rdfs:subClassOf :R
    near    :R owl:allValuesFrom :C ; owl:onProperty :p . :S owl:allValuesFrom :C ; owl:onProperty :q .
            :q rdfs:subPropertyOf :r
scm-int
    given   :C owl:intersectionOf ( :D :E )
    follows :C rdfs:subClassOf :D , :E
    near    :C owl:unionOf ( :F :G )
scm-uni
    given   :C owl:unionOf ( :D :E )
    follows :D rdfs:subClassOf :C . :E rdfs:subClassOf :C
    near    :C owl:intersectionOf ( :D :E )
"""

FALSE = "false"
_HEAD = "@prefix : <http://example.org/> .\n" + "".join(
    f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n" for prefix in ("owl", "rdf", "rdfs", "xsd")
)


@cache
def triples(turtle: str) -> tuple[Triple, ...]:
    """The triples of some Turtle, all of whose names are under one prefix."""
    parsed = parse(input=f"{_HEAD}{turtle} .", format=RdfFormat.TURTLE)
    return tuple(Triple(quad.subject, quad.predicate, quad.object) for quad in parsed)


@dataclass(frozen=True)
class Case:
    """One case of a rule."""

    rule: str
    given: str
    follows: str
    near: str

    def holds(self) -> bool:
        """Whether exactly this follows, by this rule."""
        found = Closure(triples(self.given))
        if self.follows == FALSE:
            plain = [clash for clash in found.clashes if {*clash.triples} <= {*triples(self.given)}]
            return {clash.rule for clash in found.clashes} == {self.rule} and bool(plain)
        rules = {step.rule for t in triples(self.follows) if (step := found.derivation(t))}
        return {*found.inferred()} == {*triples(self.follows)} and self.rule in rules and not found.clashes


def _cases() -> Iterator[Case]:
    block = r"^([\w-]+)\n +given +(.*?)\n +follows +(.*?)\n +near +(.*?)(?=\n\S|\n\n|\Z)"
    for rule, *texts in re.findall(block, CASES.strip(), re.MULTILINE | re.DOTALL):
        yield Case(rule, *texts)


ALL = list(_cases())
BY_RULE = {case.rule: [c for c in ALL if c.rule == case.rule] for case in ALL}
IDS = [f"{case.rule}-{BY_RULE[case.rule].index(case)}" for case in ALL]


@pytest.mark.parametrize("case", ALL, ids=IDS)
def test_follows(case: Case) -> None:
    """From the given triples exactly the expected ones follow, by the rule; or they contradict each other by it."""
    found = Closure(triples(case.given))
    if case.follows == FALSE:
        assert {clash.rule for clash in found.clashes} == {case.rule}
        assert all(t in triples(case.given) or found.derivation(t) for clash in found.clashes for t in clash.triples)
    else:
        assert {*map(str, found.inferred())} == {*map(str, triples(case.follows))}
        assert not found.clashes
    assert case.holds()


@pytest.mark.parametrize("case", ALL, ids=IDS)
def test_does_not_follow(case: Case) -> None:
    """From the graph near the given one the same does not follow, and nothing contradicts itself."""
    found = Closure(triples(case.near))
    assert not found.clashes
    if case.follows != FALSE:
        expected = {t for t in triples(case.follows) if Closure(triples(case.given)).derivation(t)}
        by_the_rule = {t for t in expected if (d := Closure(triples(case.given)).derivation(t)) and d.rule == case.rule}
        assert by_the_rule
        assert not by_the_rule & {*found.inferred(), *triples(case.near)}


def test_no_rule_is_without_its_cases() -> None:
    """Each rule of the table and of the lists has its cases, and there is no case of a rule that does not exist."""
    of_lists = set(re.findall(r'"((?:eq|prp|cls|cax|scm)-[a-z0-9]+)"', inspect.getsource(lists)))
    assert len(of_lists) == 12
    assert {pattern.name for pattern in TABLE} | of_lists == set(BY_RULE)
    assert CASES.count("given") == len(ALL)


@pytest.mark.parametrize("row", range(len(TABLE)), ids=lambda row: f"{row}-{TABLE[row].name}")
def test_each_row_of_the_table_is_needed(row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a row of the table one of the cases of its rule fails: the cases would notice."""
    monkeypatch.setattr(closure, "TABLE", TABLE[:row] + TABLE[row + 1 :])
    assert not all(case.holds() for case in BY_RULE[TABLE[row].name])


@pytest.mark.parametrize("rule", ["eq-diff2", "eq-diff3", "prp-spo2", "prp-key", "prp-adp", "cls-int1", "cls-int2",
                                  "cls-uni", "cls-oo", "cax-adc", "scm-int", "scm-uni"])  # fmt: skip
def test_each_rule_over_lists_is_needed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a rule over lists one of its cases fails: the cases would notice."""

    def all_but_one(given: Iterable[Triple]) -> Iterator[Pattern]:
        return (pattern for pattern in lists.list_patterns(given) if pattern.name != rule)

    monkeypatch.setattr(closure, "list_patterns", all_but_one)
    assert not all(case.holds() for case in BY_RULE[rule])


@pytest.mark.parametrize("length", [2, 3, 4])
def test_chains_of_any_length(length: int) -> None:
    """A chain joins its ends over all its steps, and over nothing shorter, longer or in another order."""
    names = [f":q{step}" for step in range(length)]
    axiom = f":p owl:propertyChainAxiom ( {' '.join(names)} )"
    steps = [f":x{step} {name} :x{step + 1}" for step, name in enumerate(names)]
    found = Closure(triples(" . ".join([axiom, *steps])))
    assert {*found.inferred()} == {*triples(f":x0 :p :x{length}")}
    for left_out in range(length):
        rest = steps[:left_out] + steps[left_out + 1 :]
        assert not [*Closure(triples(" . ".join([axiom, *rest]))).inferred()]
    backwards = [f":x{step} {name} :x{step + 1}" for step, name in enumerate(reversed(names))]
    assert not [*Closure(triples(" . ".join([axiom, *backwards]))).inferred()]


def test_two_chains_of_one_property() -> None:
    """Both chains of a property work, each by itself, and do not mix."""
    axioms = ":p owl:propertyChainAxiom ( :q :r ) , ( :s :t :u )"
    data = ":a :q :b . :b :r :c . :d :s :e . :e :t :f . :f :u :g . :h :q :i . :i :t :j . :j :u :k"
    assert {*Closure(triples(f"{axioms} . {data}")).inferred()} == {*triples(":a :p :c . :d :p :g")}


def test_chain_through_itself() -> None:
    """A chain that begins with its own property runs on to the end of the path."""
    data = " . ".join(f":x{i} :part :x{i + 1}" for i in range(6))
    found = Closure(triples(f":p owl:propertyChainAxiom ( :p :part ) . :x0 :p :x1 . {data}"))
    assert {*found.inferred()} == {*triples(" . ".join(f":x0 :p :x{i}" for i in range(2, 7)))}


def test_two_axioms_of_each_kind() -> None:
    """A second domain, inverse, superclass or disjointness of the same term counts as much as the first."""
    found = Closure(triples(":p owl:inverseOf :q , :r ; rdfs:range :C , :D . :C rdfs:subClassOf :E , :F . :a :p :b"))
    data = ":b :q :a . :b :r :a . :b a :C , :D , :E , :F"
    assert {*found.inferred()} == {*triples(f"{data} . :p rdfs:range :E , :F")}
    clashes = Closure(triples(":C owl:disjointWith :D , :E . :a a :C , :E . :b a :C , :D")).clashes
    assert sorted(str(clash.triples[1].subject) for clash in clashes) == [
        "<http://example.org/a>",
        "<http://example.org/b>",
    ]


def test_functional_both_ways_keeps_strangers_apart() -> None:
    """A property that is functional and inverse functional makes nobody the same who shares no value."""
    kinds = ":p a owl:FunctionalProperty , owl:InverseFunctionalProperty"
    assert not [*Closure(triples(f"{kinds} . :a :p :x . :b :p :y")).inferred()]


def test_half_a_list_says_nothing() -> None:
    """A list without its end, or with a hole, is no list: a chain must not be cut short."""
    open_end = ":p owl:propertyChainAxiom :l . :l rdf:first :q ; rdf:rest :m . :m rdf:first :r . :a :q :b . :b :r :c"
    found = Closure(triples(open_end))
    assert not [*found.inferred()]
    assert found.add(triples(":m rdf:rest ()")) == [*triples(":a :p :c")]
    circle = ":C owl:unionOf :l . :l rdf:first :D ; rdf:rest :l . :a a :D"
    assert not [*Closure(triples(circle)).inferred()]


def test_derived_list_counts() -> None:
    """A list that hangs on its owner by inference works like one that was written there."""
    found = Closure(triples(":C owl:unionOf ( :E ) . :D owl:sameAs :C . :a a :E"))
    assert triples(":a a :D")[0] in {*found.inferred()}


def test_inverse_property_expression() -> None:
    """An inverse without a name works in chains and restrictions, and is never given out as a predicate."""
    axioms = ":p owl:propertyChainAxiom ( [ owl:inverseOf :q ] :r ) . :R owl:onProperty [ owl:inverseOf :q ]"
    found = Closure(triples(f"{axioms} ; owl:hasValue :a . :a :q :b . :a :r :c"))
    assert {*found.inferred()} == {*triples(":b :p :c . :b a :R")}
    step = found.derivation(triples(":b :p :c")[0])
    assert step
    assert {str(t) for t in step.premises if isinstance(t.subject, NamedNode)} >= {
        str(t) for t in triples(":a :q :b . :a :r :c")
    }
    assert {*triples(":a :q :b . :a :r :c")} <= {*found.asserted_behind(triples(":b :p :c")[0])}


def test_literals_are_no_subjects() -> None:
    """What would have a literal as its subject or predicate is not made, and does no harm."""
    found = Closure(triples(":p a owl:SymmetricProperty , owl:FunctionalProperty ; rdfs:range :C . :a :p 'x' , 'y'"))
    assert not [*found.inferred()]
    assert not [*Closure(triples(":a :q :b . :q owl:sameAs 'x'")).inferred()]


FAMILY = """
    :ancestor a owl:TransitiveProperty ; rdfs:domain :Person . :parent rdfs:subPropertyOf :ancestor .
    :child owl:inverseOf :parent . :Person owl:disjointWith :City . :Elder owl:unionOf ( :Sage :Mayor ) .
    :Greeter owl:intersectionOf ( :Mayor [ owl:onProperty :greets ; owl:someValuesFrom :City ] ) .
    :cousin owl:propertyChainAxiom ( :child :parent ) .
    :a :parent :b . :b :parent :c . :d :child :c . :a a :Mayor ; :greets :e . :e a :City . :e owl:sameAs :f
"""


def test_derivations_end_in_given_triples() -> None:
    """Each derived triple has a rule and premises that hold; its proof has no circle and ends in given triples."""
    given = {*triples(FAMILY)}
    found = Closure(given)
    derived = {*found.inferred()}
    assert len(derived) > 20
    assert not given & derived
    for triple in derived:
        step = found.derivation(triple)
        assert step
        assert step.rule in BY_RULE
        assert step.premises
        assert {*step.premises} <= given | derived
        assert triple not in step.premises
        leaves = found.asserted_behind(triple)
        assert leaves
        assert len(leaves) == len({*leaves})
        assert {*leaves} <= given
        # the leaves, with the triples of lists, are enough to derive it
        lists_of = {t for t in given if isinstance(t.subject, BlankNode) or t.predicate in lists.LIST_PREDICATES}
        assert triple in {*Closure([*leaves, *lists_of]).inferred()}


def test_given_triples_have_no_derivation() -> None:
    """A given triple is its own leaf; a triple that does not hold has neither derivation nor leaves."""
    found = Closure(triples(FAMILY))
    given, stranger = triples(":a :parent :b")[0], triples(":c :parent :a")[0]
    assert found.derivation(given) is None
    assert found.asserted_behind(given) == [given]
    assert found.derivation(stranger) is None
    assert found.asserted_behind(stranger) == []


def test_what_was_derived_may_be_given_later() -> None:
    """A derived triple that is given afterwards is asserted from then on, and what rests on it still holds."""
    found = Closure(triples(":p a owl:TransitiveProperty . :a :p :b . :b :p :c . :c :p :d"))
    before = {*found.inferred()}
    later = triples(":a :p :c")
    assert found.add(later) == []
    assert {*found.inferred()} == before - {*later}
    assert found.derivation(later[0]) is None
    assert found.asserted_behind(triples(":a :p :d")[0])


def test_triples_of_other_rules_feed_these() -> None:
    """A triple that another rule made carries that rule's name; what OWL draws from it is an ordinary step."""
    found = Closure(triples(":p a owl:SymmetricProperty"))
    assert found.add(triples(":a :p :b"), because="some-rule") == [*triples(":b :p :a")]
    step = found.derivation(triples(":a :p :b")[0])
    assert step
    assert (step.rule, step.premises) == ("some-rule", ())
    step = found.derivation(triples(":b :p :a")[0])
    assert step
    assert step.rule == "prp-symp"
    assert {*found.inferred()} == {*triples(":a :p :b . :b :p :a")}


@pytest.mark.parametrize("case", ALL, ids=IDS)
def test_order_does_not_matter(case: Case) -> None:
    """Triples added one by one, in any order, give what one batch gives."""
    given = triples(case.given)
    whole = Closure(given)
    orders = [*permutations(given)] if len(given) <= 4 else []
    orders += [tuple(random.Random(seed).sample(given, len(given))) for seed in range(8)]  # noqa: S311  # no secret
    for order in orders:
        parts = Closure()
        for triple in order:
            parts.add([triple])
        assert {*parts.inferred()} == {*whole.inferred()}
        assert {clash.rule for clash in parts.clashes} == {clash.rule for clash in whole.clashes}


@pytest.mark.parametrize("seed", range(12))
def test_batches_do_not_matter(seed: int) -> None:
    """A graph with lists, restrictions and equality may come in batches of any size and order; `add` tells the news."""
    source = random.Random(seed)  # noqa: S311  # no secret
    given = source.sample(triples(FAMILY), len(triples(FAMILY)))
    parts, told = Closure(), set[Triple]()
    while given:
        size = source.randint(1, 6)
        told |= {*parts.add(given[:size])}
        given = given[size:]
    whole = Closure(triples(FAMILY))
    assert {*parts.inferred()} == {*whole.inferred()}
    assert {*parts.inferred()} == told - {*triples(FAMILY)}
    assert len(parts.clashes) == len(whole.clashes)


def test_a_contradiction_names_its_triples() -> None:
    """A clash has its rule and exactly the triples that clash, each pair once; it stays when more is added."""
    found = Closure(triples(":C owl:disjointWith :D . :B rdfs:subClassOf :C . :a a :B , :D"))
    (clash,) = found.clashes
    assert clash.rule == "cax-dw"
    assert {*clash.triples} == {*triples(":C owl:disjointWith :D . :a a :C , :D")}
    found.add(triples(":x :y :z"))
    assert found.clashes == [clash]


def test_size_is_no_danger() -> None:
    """A path of 100 steps, an intersection of 1,100 classes and a chain of 60 properties are closed."""
    path = " . ".join(f":x{i} :p :x{i + 1}" for i in range(100))
    found = Closure(triples(f":p a owl:TransitiveProperty . {path}"))
    assert len([*found.inferred()]) == 100 * 99 // 2
    assert len(found.asserted_behind(triples(":x0 :p :x100")[0])) == 101
    classes = [f":C{i}" for i in range(1100)]
    found = Closure(triples(f":C owl:intersectionOf ( {' '.join(classes)} ) . :a a {' , '.join(classes)}"))
    assert triples(":a a :C")[0] in {*found.inferred()}
    names = [f":q{i}" for i in range(60)]
    steps = " . ".join(f":x{i} {name} :x{i + 1}" for i, name in enumerate(names))
    found = Closure(triples(f":p owl:propertyChainAxiom ( {' '.join(names)} ) . {steps}"))
    assert [*found.inferred()] == [*triples(":x0 :p :x60")]
