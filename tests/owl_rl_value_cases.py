"""What follows from the values of literals (OWL 2 Profiles, table 8), and by the rules that are off by default."""

from __future__ import annotations

from dataclasses import dataclass

from owl_rl_cases import read

#: Like the cases of the other tables.
VALUE_CASES = """
dt-type2
    given   :R owl:onProperty :p ; owl:someValuesFrom xsd:decimal . :a :p 1
    follows :a a :R
    near    :R owl:onProperty :p ; owl:someValuesFrom xsd:decimal . :a :p "1"
dt-type2
    given   :C owl:equivalentClass xsd:byte . :R owl:onProperty :p ; owl:someValuesFrom :C . :a :p 127 . :b :p 128
    follows :a a :R . :C rdfs:subClassOf xsd:byte . xsd:byte rdfs:subClassOf :C ; owl:equivalentClass :C
    near    :C owl:equivalentClass xsd:byte . :R owl:onProperty :p ; owl:someValuesFrom :C . :a :p -129
dt-eq
    given   :p a owl:InverseFunctionalProperty . :a :p 1.0 . :b :p 1.00
    follows :a :p 1.00 ; owl:sameAs :b . :b :p 1.0 ; owl:sameAs :a
    near    :p a owl:InverseFunctionalProperty . :a :p "1.0" . :b :p "1.00"
dt-eq
    given   :R owl:onProperty :p ; owl:hasValue 1 . :a :p "01"^^xsd:long
    follows :a a :R ; :p 1 . :R owl:hasValue "01"^^xsd:long
    near    :R owl:onProperty :p ; owl:hasValue 1 . :a :p "1"^^xsd:double
dt-eq
    given   :a :p "x"@en , "x@en"^^rdf:PlainLiteral , "y" . :b :q "y"^^xsd:token
    follows :a :p "y"^^xsd:token . :b :q "y"
    near    :a :p "x"@en , "x"@de . :b :q "x"
dt-diff
    given   :p a owl:FunctionalProperty . :a :p "x" , "y"
    follows false
    near    :p a owl:FunctionalProperty . :a :p "x" ; :q "y" . :b :p "y"
dt-diff
    given   :R owl:onProperty :p ; owl:maxCardinality 1 . :a a :R ; :p 1 , 1.5
    follows false
    near    :R owl:onProperty :p ; owl:maxCardinality 1 . :a a :R ; :p 1 , 1.0
dt-diff
    given   :p a owl:FunctionalProperty . :a :p 1 , "1"^^xsd:float
    follows false
    near    :p a owl:FunctionalProperty . :a :p 1 , "1"^^xsd:byte
dt-not-type
    given   :a :p "many"^^xsd:integer
    follows false
    near    :a :p "many" , "many"^^:number
dt-not-type
    given   :p rdfs:range xsd:integer . :a :p "1"
    follows false
    near    :p rdfs:range xsd:integer . :a :p "1"^^xsd:byte , :b
dt-not-type
    given   :C rdfs:subClassOf [ owl:onProperty :p ; owl:allValuesFrom xsd:byte ] . :a a :C ; :p 128
    follows false
    near    :C rdfs:subClassOf [ owl:onProperty :p ; owl:allValuesFrom xsd:byte ] . :a a :D ; :p 128
"""

VALUES = list(read(VALUE_CASES))
VALUE_IDS = [f"{case.rule}-{[c for c in VALUES if c.rule == case.rule].index(case)}" for case in VALUES]


@dataclass(frozen=True)
class Axiomatic:
    """A graph, some of what follows by a rule that is off by default, and what does not follow by it.

    Attributes:
        rule: Its name.
        given: The graph.
        follows: What follows when these rules are on, and does not when they are off.
        stranger: What does not follow either way.
    """

    rule: str
    given: str
    follows: str
    stranger: str


AXIOMATIC = [
    Axiomatic("eq-ref", ":a :p 'x'", ":a owl:sameAs :a . :p owl:sameAs :p", ":b owl:sameAs :b . :a owl:sameAs :p"),
    Axiomatic(
        "prp-ap",
        ":a :p :b",
        "rdfs:label a owl:AnnotationProperty . owl:versionInfo a owl:AnnotationProperty",
        ":p a owl:AnnotationProperty . rdfs:subClassOf a owl:AnnotationProperty",
    ),
    Axiomatic("cls-thing", "", "owl:Thing a owl:Class", "rdfs:Resource a owl:Class"),
    Axiomatic("cls-nothing1", "", "owl:Nothing a owl:Class", ":a a owl:Nothing"),
    Axiomatic(
        "scm-cls",
        ":C a owl:Class . :D a rdfs:Class",
        ":C rdfs:subClassOf :C , owl:Thing ; owl:equivalentClass :C . owl:Nothing rdfs:subClassOf :C",
        ":D rdfs:subClassOf :D , owl:Thing ; owl:equivalentClass :D . owl:Thing rdfs:subClassOf :C",
    ),
    Axiomatic(
        "scm-cls",
        ":C a owl:Class . :R owl:onProperty :p ; owl:someValuesFrom :C . :S owl:onProperty :p ;"
        "owl:someValuesFrom owl:Thing",
        ":R rdfs:subClassOf :S",
        ":S rdfs:subClassOf :R",
    ),
    Axiomatic(
        "scm-op",
        ":p a owl:ObjectProperty . :q a rdf:Property",
        ":p rdfs:subPropertyOf :p ; owl:equivalentProperty :p",
        ":q rdfs:subPropertyOf :q ; owl:equivalentProperty :q",
    ),
    Axiomatic(
        "scm-dp",
        ":p a owl:DatatypeProperty . :q a owl:AnnotationProperty",
        ":p rdfs:subPropertyOf :p ; owl:equivalentProperty :p",
        ":q rdfs:subPropertyOf :q ; owl:equivalentProperty :q",
    ),
    Axiomatic("dt-type1", "", "xsd:integer a rdfs:Datatype . xsd:string a rdfs:Datatype", "owl:real a rdfs:Datatype"),
]
