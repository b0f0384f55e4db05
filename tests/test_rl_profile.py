"""The OWL 2 RL profile (OWL 2 Profiles, section 4.2): each construct where it may stand and where it may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from cdkg.reasoning import rl_violations
from cdkg.reasoning.profile.expressions import SUPPORTED_DATATYPES
from conftest import ROOT
from owl2_suite import SuiteTest, needs_suite, rdf_xml, suite
from owl_rl_cases import triples

DECLARED = ":p a owl:ObjectProperty . :q a owl:ObjectProperty . :d a owl:DatatypeProperty . "

# Construct and section: what is legal, and what is not.
CONSTRUCTS = """
# class expressions
owl:Thing below (4.2.3)
    legal   :C rdfs:subClassOf owl:Nothing
    illegal owl:Thing rdfs:subClassOf :C
owl:Thing above (4.2.3)
    legal   owl:Nothing rdfs:subClassOf :C
    illegal :C rdfs:subClassOf owl:Thing
owl:Thing as a type (4.2.3)
    legal   :a a :C
    illegal :a a owl:Thing
union (4.2.3)
    legal   [ owl:unionOf ( :C :D ) ] rdfs:subClassOf :E
    illegal :E rdfs:subClassOf [ owl:unionOf ( :C :D ) ]
union, equivalent (4.2.3)
    legal   :E owl:equivalentClass [ owl:intersectionOf ( :C :D ) ]
    illegal :E owl:equivalentClass [ owl:unionOf ( :C :D ) ]
intersection, left (4.2.3)
    legal   [ owl:intersectionOf ( :C [ owl:unionOf ( :D :E ) ] ) ] rdfs:subClassOf :F
    illegal [ owl:intersectionOf ( :C [ owl:complementOf :D ] ) ] rdfs:subClassOf :F
intersection, right (4.2.3)
    legal   :F rdfs:subClassOf [ owl:intersectionOf ( :C [ owl:complementOf :D ] ) ]
    illegal :F rdfs:subClassOf [ owl:intersectionOf ( :C [ owl:unionOf ( :D :E ) ] ) ]
intersection of nothing (4.2.3)
    legal   :F rdfs:subClassOf [ owl:intersectionOf ( :C :D ) ]
    illegal :F rdfs:subClassOf [ owl:intersectionOf () ]
complement (4.2.3)
    legal   :C rdfs:subClassOf [ owl:complementOf :D ]
    illegal [ owl:complementOf :D ] rdfs:subClassOf :C
complement of (4.2.3)
    legal   :C rdfs:subClassOf [ owl:complementOf [ owl:unionOf ( :D :E ) ] ]
    illegal :C rdfs:subClassOf [ owl:complementOf [ owl:complementOf :D ] ]
complement of owl:Thing (4.2.3)
    legal   :C rdfs:subClassOf [ owl:complementOf :D ]
    illegal :C rdfs:subClassOf [ owl:complementOf owl:Thing ]
enumeration (4.2.3)
    legal   [ owl:oneOf ( :a :b ) ] rdfs:subClassOf :C
    illegal :C rdfs:subClassOf [ owl:oneOf ( :a :b ) ]
some (4.2.3)
    legal   [ owl:onProperty :p ; owl:someValuesFrom [ owl:unionOf ( :C :D ) ] ] rdfs:subClassOf :E
    illegal :E rdfs:subClassOf [ owl:onProperty :p ; owl:someValuesFrom :C ]
some of owl:Thing (4.2.3)
    legal   [ owl:onProperty :p ; owl:someValuesFrom owl:Thing ] rdfs:subClassOf :E
    illegal :E owl:equivalentClass [ owl:onProperty :p ; owl:someValuesFrom owl:Thing ]
some, over literals (4.2.3)
    legal   [ owl:onProperty :d ; owl:someValuesFrom xsd:string ] rdfs:subClassOf :E
    illegal :E rdfs:subClassOf [ owl:onProperty :d ; owl:someValuesFrom xsd:string ]
only (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :p ; owl:allValuesFrom :D ]
    illegal [ owl:onProperty :p ; owl:allValuesFrom :D ] rdfs:subClassOf :C
only of (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :p ; owl:allValuesFrom [ owl:complementOf :D ] ]
    illegal :C rdfs:subClassOf [ owl:onProperty :p ; owl:allValuesFrom owl:Thing ]
only, over literals (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :d ; owl:allValuesFrom xsd:integer ]
    illegal [ owl:onProperty :d ; owl:allValuesFrom xsd:integer ] rdfs:subClassOf :C
a value (4.2.3)
    legal   :C owl:equivalentClass [ owl:onProperty :p ; owl:hasValue :a ]
    illegal :C owl:equivalentClass [ owl:onProperty :p ; owl:hasSelf true ]
a literal value (4.2.1)
    legal   :C owl:equivalentClass [ owl:onProperty :d ; owl:hasValue '1'^^xsd:byte ]
    illegal :C owl:equivalentClass [ owl:onProperty :d ; owl:hasValue '2009'^^xsd:gYear ]
itself (4.2.3)
    legal   [ owl:onProperty :p ; owl:hasValue :a ] rdfs:subClassOf :C
    illegal [ owl:onProperty :p ; owl:hasSelf true ] rdfs:subClassOf :C
at most none (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxCardinality 0 ]
    illegal [ owl:onProperty :p ; owl:maxCardinality 0 ] rdfs:subClassOf :C
at most one (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxCardinality '1'^^xsd:nonNegativeInteger ]
    illegal :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxCardinality '2'^^xsd:nonNegativeInteger ]
at most one of (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxQualifiedCardinality 1 ; owl:onClass owl:Thing ]
    illegal :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxQualifiedCardinality 3 ; owl:onClass owl:Thing ]
at most one of a class (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxQualifiedCardinality 1 ; owl:onClass [ owl:oneOf ( :a ) ] ]
    illegal :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxQualifiedCardinality 1 ; owl:onClass [ owl:complementOf
            :D ] ]
at most one literal (4.2.1)
    legal   :C rdfs:subClassOf [ owl:onProperty :d ; owl:maxQualifiedCardinality 1 ; owl:onDataRange xsd:token ]
    illegal :C rdfs:subClassOf [ owl:onProperty :d ; owl:maxQualifiedCardinality 1 ; owl:onDataRange xsd:date ]
at least (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxCardinality 1 ]
    illegal :C rdfs:subClassOf [ owl:onProperty :p ; owl:minCardinality 1 ]
exactly (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxCardinality 1 ]
    illegal :C rdfs:subClassOf [ owl:onProperty :p ; owl:cardinality 1 ]
at least of a class (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxQualifiedCardinality 1 ; owl:onClass :D ]
    illegal [ owl:onProperty :p ; owl:minQualifiedCardinality 1 ; owl:onClass :D ] rdfs:subClassOf :C
exactly of a class (4.2.3)
    legal   :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxQualifiedCardinality 1 ; owl:onClass :D ]
    illegal :C rdfs:subClassOf [ owl:onProperty :p ; owl:qualifiedCardinality 1 ; owl:onClass :D ]
named class with an expression (4.2.3)
    legal   :C owl:intersectionOf ( :D [ owl:onProperty :p ; owl:hasValue :a ] )
    illegal :C owl:unionOf ( :D :E )
anonymous class (4.2.3)
    legal   :C rdfs:subClassOf [ owl:complementOf :D ]
    illegal :C rdfs:subClassOf [ a owl:Class ]
circle (4.2.3)
    legal   _:x owl:intersectionOf ( :C :D ) ; rdfs:subClassOf :E
    illegal _:x owl:intersectionOf ( :C _:x ) ; rdfs:subClassOf :E
datatype as a class (4.2.3)
    legal   :C rdfs:subClassOf :D
    illegal :C rdfs:subClassOf xsd:string

# data ranges and datatypes
datatype (4.2.1)
    legal   :d rdfs:range xsd:dateTime
    illegal :d rdfs:range xsd:time
owl:real (4.2.1)
    legal   :d rdfs:range xsd:decimal
    illegal :d rdfs:range owl:real
datatype with a definition (4.2.1)
    legal   :age a rdfs:Datatype ; owl:equivalentClass xsd:nonNegativeInteger . :d rdfs:range :age
    illegal :age a rdfs:Datatype . :d rdfs:range :age
definition of a datatype (4.2.4)
    legal   :age a rdfs:Datatype ; owl:equivalentClass [ a rdfs:Datatype ; owl:intersectionOf ( xsd:byte xsd:int ) ]
    illegal :age a rdfs:Datatype ; owl:equivalentClass [ a rdfs:Datatype ; owl:unionOf ( xsd:byte xsd:int ) ]
intersection of datatypes (4.2.1)
    legal   :d rdfs:range [ a rdfs:Datatype ; owl:intersectionOf ( xsd:byte xsd:nonNegativeInteger ) ]
    illegal :d rdfs:range [ a rdfs:Datatype ; owl:intersectionOf ( xsd:byte xsd:gDay ) ]
union of datatypes (4.2.4)
    legal   :d rdfs:range xsd:string
    illegal :d rdfs:range [ a rdfs:Datatype ; owl:unionOf ( xsd:byte xsd:string ) ]
literals one by one (4.2.4)
    legal   :d rdfs:range xsd:boolean
    illegal :d rdfs:range [ a rdfs:Datatype ; owl:oneOf ( 'yes' 'no' ) ]
complement of a datatype (4.2.4)
    legal   :d rdfs:range xsd:string
    illegal :d rdfs:range [ a rdfs:Datatype ; owl:datatypeComplementOf xsd:string ]
facets (4.2.4)
    legal   :d rdfs:range xsd:positiveInteger
    illegal :d rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions ( [ xsd:minInclusive
            1 ] ) ]
literal in the data (4.2.1)
    legal   :a :d '2009-01-01T00:00:00'^^xsd:dateTime
    illegal :a :d '2009'^^xsd:gYear
literal that is denied (4.2.1)
    legal   [] owl:sourceIndividual :a ; owl:assertionProperty :d ; owl:targetValue 'x'
    illegal [] owl:sourceIndividual :a ; owl:assertionProperty :d ; owl:targetValue '2009-01'^^xsd:gYearMonth

# axioms
disjoint classes (4.2.3)
    legal   [ owl:onProperty :p ; owl:someValuesFrom :C ] owl:disjointWith :D
    illegal [ owl:onProperty :p ; owl:allValuesFrom :C ] owl:disjointWith :D
many disjoint classes (4.2.3)
    legal   [] a owl:AllDisjointClasses ; owl:members ( :C [ owl:oneOf ( :a ) ] )
    illegal [] a owl:AllDisjointClasses ; owl:members ( :C [ owl:complementOf :D ] )
disjoint union (4.2.5)
    legal   :C owl:disjointWith :D
    illegal :C owl:disjointUnionOf ( :D :E )
domain (4.2.3)
    legal   :p rdfs:domain [ owl:complementOf :C ]
    illegal :p rdfs:domain [ owl:unionOf ( :C :D ) ]
range (4.2.3)
    legal   :p rdfs:range [ owl:complementOf :C ]
    illegal :p rdfs:range [ owl:unionOf ( :C :D ) ]
domain over literals (4.2.3)
    legal   :d rdfs:domain :C
    illegal :d rdfs:domain owl:Thing
range of notes (4.2.3)
    legal   :n a owl:AnnotationProperty ; rdfs:range owl:Thing
    illegal :p rdfs:range owl:Thing
key (4.2.3)
    legal   [ owl:unionOf ( :C :D ) ] owl:hasKey ( :p )
    illegal [ owl:complementOf :C ] owl:hasKey ( :p )
type (4.2.3)
    legal   :a a [ owl:onProperty :p ; owl:allValuesFrom :C ]
    illegal :a a [ owl:unionOf ( :C :D ) ]
reflexive (4.2.5)
    legal   :p a owl:IrreflexiveProperty
    illegal :p a owl:ReflexiveProperty
chain (4.2.5)
    legal   :p owl:propertyChainAxiom ( :q [ owl:inverseOf :q ] )
    illegal :p owl:propertyChainAxiom ( :q )
top property (4.2.1)
    legal   :p rdfs:subPropertyOf :q
    illegal :p rdfs:subPropertyOf owl:topObjectProperty
bottom data property (4.2.1)
    legal   :a :d 'x'
    illegal :a owl:bottomDataProperty 'x'

# simple properties
functional and transitive (Syntax 11.2)
    legal   :p a owl:TransitiveProperty . :q a owl:FunctionalProperty
    illegal :p a owl:TransitiveProperty , owl:FunctionalProperty
inverse functional above transitive (Syntax 11.2)
    legal   :p rdfs:subPropertyOf :q . :q a owl:TransitiveProperty . :p a owl:InverseFunctionalProperty
    illegal :p rdfs:subPropertyOf :q . :p a owl:TransitiveProperty . :q a owl:InverseFunctionalProperty
irreflexive chain (Syntax 11.2)
    legal   :p owl:propertyChainAxiom ( :q :q ) . :q a owl:IrreflexiveProperty
    illegal :p owl:propertyChainAxiom ( :q :q ) ; a owl:IrreflexiveProperty
asymmetric inverse of transitive (Syntax 11.2)
    legal   :p owl:inverseOf :q ; a owl:AsymmetricProperty
    illegal :p owl:inverseOf :q ; a owl:AsymmetricProperty . :q a owl:TransitiveProperty
asymmetric equal to transitive (Syntax 11.2)
    legal   :p owl:equivalentProperty :q ; a owl:AsymmetricProperty
    illegal :p owl:equivalentProperty :q ; a owl:AsymmetricProperty . :q a owl:TransitiveProperty
disjoint and transitive (Syntax 11.2)
    legal   :p owl:propertyDisjointWith :q
    illegal :p owl:propertyDisjointWith :q . :q a owl:TransitiveProperty
many disjoint properties (Syntax 11.2)
    legal   [] a owl:AllDisjointProperties ; owl:members ( :p :q )
    illegal [] a owl:AllDisjointProperties ; owl:members ( :p :q ) . :q a owl:TransitiveProperty
counting along a path (Syntax 11.2)
    legal   :p a owl:TransitiveProperty . :C rdfs:subClassOf [ owl:onProperty :q ; owl:maxCardinality 1 ]
    illegal :p a owl:TransitiveProperty . :C rdfs:subClassOf [ owl:onProperty :p ; owl:maxCardinality 1 ]
counting against a path (Syntax 11.2)
    legal   :C rdfs:subClassOf [ owl:onProperty [ owl:inverseOf :p ] ; owl:maxCardinality 1 ]
    illegal :p a owl:TransitiveProperty . :C rdfs:subClassOf [ owl:onProperty [ owl:inverseOf :p ] ;
            owl:maxCardinality 1 ]

# the order of properties
chain of itself (Syntax 11.2)
    legal   :p owl:propertyChainAxiom ( :p :p )
    illegal :p owl:propertyChainAxiom ( :p :p :p )
chain with itself in the middle (Syntax 11.2)
    legal   :p owl:propertyChainAxiom ( :p :q :r ) , ( :q :r :p )
    illegal :p owl:propertyChainAxiom ( :q :p :r )
chains in a circle (Syntax 11.2)
    legal   :p owl:propertyChainAxiom ( :q :r ) . :q owl:propertyChainAxiom ( :r :s )
    illegal :p owl:propertyChainAxiom ( :q :r ) . :q owl:propertyChainAxiom ( :r :p )
chain of what is above (Syntax 11.2)
    legal   :p owl:propertyChainAxiom ( :q :r ) . :q rdfs:subPropertyOf :p
    illegal :p owl:propertyChainAxiom ( :q :r ) . :p rdfs:subPropertyOf :q
chain of its inverse (Syntax 11.2)
    legal   :p owl:propertyChainAxiom ( :q :r ) ; owl:inverseOf :s
    illegal :p owl:propertyChainAxiom ( [ owl:inverseOf :p ] :r )
"""


def _constructs() -> Iterator[tuple[str, str, str, str]]:
    block = r"^([^\s#][^\n]*) \(([^\n()]*)\)\n +legal +(.*?)\n +illegal +(.*?)(?=\n\S|\n\n|\Z)"
    yield from re.findall(block, CONSTRUCTS.strip(), re.MULTILINE | re.DOTALL)


ALL = list(_constructs())


def test_no_construct_is_lost() -> None:
    """Each construct of the table is read, and each section that can forbid something does so."""
    assert len(ALL) == CONSTRUCTS.count("    illegal ") == len({name for name, *_ in ALL})
    assert {section for _, section, *_ in ALL} == {"4.2.1", "4.2.3", "4.2.4", "4.2.5", "Syntax 11.2"}


@pytest.mark.parametrize(("section", "legal", "illegal"), [rest for _, *rest in ALL], ids=[name for name, *_ in ALL])
def test_construct(section: str, legal: str, illegal: str) -> None:
    """The legal use has no violation; the illegal one has, with the section that says so and the axiom's triple."""
    assert [str(v) for v in rl_violations(triples(DECLARED + legal))] == []
    violations = rl_violations(triples(DECLARED + illegal))
    assert {v.section for v in violations} == {section}
    for violation in violations:
        assert violation.triples[0] in triples(DECLARED + illegal)
        assert {*violation.triples} <= {*triples(DECLARED + illegal)}
        assert f"(section {section})" in str(violation)


def test_a_violation_shows_the_way_to_the_fault() -> None:
    """A fault deep inside an axiom comes with the axiom's triple first and then each construct on the way."""
    (violation,) = rl_violations(
        triples(":C rdfs:subClassOf [ owl:intersectionOf ( :D [ owl:onProperty :p ; owl:minCardinality 1 ] ) ]")
    )
    path = [t.predicate.value.rpartition("#")[2] for t in violation.triples]
    assert path == ["subClassOf", "intersectionOf", "minCardinality"]
    assert violation.message == "owl:minCardinality in a superclass expression"


def test_each_axiom_is_looked_at() -> None:
    """Several faulty axioms are several violations, each of them once."""
    twice = ":C rdfs:subClassOf [ owl:unionOf ( :D :E ) ] , [ owl:oneOf ( :a ) ] . :F owl:disjointUnionOf ( :D :E )"
    assert len(rl_violations(triples(twice))) == 3
    assert len(rl_violations(triples(twice) * 2)) == 3


def test_supported_datatypes() -> None:
    """Every datatype of section 4.2.1 may be a range, and there are 33 of them (one is RDF 1.1's)."""
    assert len(SUPPORTED_DATATYPES) == 33
    for datatype in SUPPORTED_DATATYPES:
        assert not rl_violations(triples(f"{DECLARED} :d rdfs:range {datatype}"))


def _module(path: Path) -> list[Triple]:
    parsed = parse(path=path, format=RdfFormat.TURTLE, rename_blank_nodes=True)
    return [Triple(quad.subject, quad.predicate, quad.object) for quad in parsed]


MODULES = sorted((ROOT / "ontology").rglob("*.ttl"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_each_module_of_our_ontology(path: Path) -> None:
    """Each module and alignment keeps to the profile by itself."""
    assert [str(v) for v in rl_violations(_module(path))] == []


def test_our_ontology() -> None:
    """All modules and alignments together keep to the profile; a planted fault among them is found."""
    ontology = [triple for path in MODULES for triple in _module(path)]
    assert len(ontology) > 3000
    assert [str(v) for v in rl_violations(ontology)] == []
    fault = triples("<https://w3id.org/cdkg/ontology/locatedIn> a owl:FunctionalProperty")
    assert [v.section for v in rl_violations([*ontology, *fault])] == ["Syntax 11.2"]


# -- the test cases of the OWL Working Group ----------------------------------------------------------------------

#: Marked as RL, and yet not in the profile.
MISMARKED = {"New-Feature-ReflexiveProperty-001": "section 4.2.5 leaves reflexive properties out of OWL 2 RL"}


def _with_ontologies() -> list[SuiteTest]:
    """The tests with ontologies in RDF/XML; each is marked as RL or as not RL."""
    found = [test for test in suite().values() if test.documents]
    assert all(("RL" in test.profiles) != ("RL" in test.not_profiles) for test in found)
    return found


def _in_profile(test: SuiteTest) -> bool:
    return not any(rl_violations(rdf_xml(text)) for text in test.documents)


@needs_suite
def test_ontologies_of_the_suite_in_the_profile() -> None:
    """All ontologies of the tests that are marked as RL are accepted, but for those that are marked by mistake."""
    marked = [test for test in _with_ontologies() if "RL" in test.profiles]
    assert len(marked) == 66  # 3 more are in functional syntax only
    assert {test.name for test in marked if not _in_profile(test)} == {*MISMARKED}


@needs_suite
def test_ontologies_of_the_suite_outside_the_profile() -> None:
    """Of the tests that are OWL 2 DL and marked as not RL, each has an ontology that is refused."""
    marked = [test for test in _with_ontologies() if "RL" in test.not_profiles and "DL" in test.species]
    assert len(marked) == 179  # 17 more are in functional syntax only
    assert {test.name for test in marked if _in_profile(test)} == set()
