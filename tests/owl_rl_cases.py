"""For each rule of OWL 2 RL/RDF (OWL 2 Profiles, section 4.3) what follows from a graph and what does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from pyoxigraph import RdfFormat, Triple, parse

from cdkg.reasoning import Closure
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
    text = f"{_HEAD}{turtle} ." if turtle else ""
    return tuple(quad.triple for quad in parse(input=text, format=RdfFormat.TURTLE))


@dataclass(frozen=True)
class Case:
    """One case of a rule."""

    rule: str
    given: str
    follows: str
    near: str

    def holds(self) -> bool:
        """Whether exactly this follows, and the rule clashes or ends a proof; none shows those of literals (dt-*)."""
        found = Closure(triples(self.given))
        rules = {clash.rule for clash in found.clashes}
        if self.follows == FALSE:
            return rules == {self.rule}
        prover = found.prover()
        shown = {proof.rule for t in triples(self.follows) for proof in islice(prover.proofs(t), 20)}
        seen = self.rule in shown or self.rule.startswith("dt-")
        return {*found.inferred()} == {*triples(self.follows)} and seen and not rules


def read(cases: str) -> Iterator[Case]:
    """The cases of a text like the one above."""
    block = r"^([\w-]+)\n +given +(.*?)\n +follows +(.*?)\n +near +(.*?)(?=\n\S|\n\n|\Z)"
    for rule, *texts in re.findall(block, cases.strip(), re.MULTILINE | re.DOTALL):
        yield Case(rule, *texts)


ALL = list(read(CASES))
BY_RULE = {case.rule: [c for c in ALL if c.rule == case.rule] for case in ALL}
IDS = [f"{case.rule}-{BY_RULE[case.rule].index(case)}" for case in ALL]
