"""Shapes that are malformed, or of no use, with what the pre-flight must say of them; and good ones."""

from __future__ import annotations

#: A node shape with what stands here, and a property shape with what stands here.
NODE = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; {} ."
PROPERTY = (
    "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property ex:P . ex:P a sh:PropertyShape ; sh:path ex:p ; {} ."
)
OF_PATH = "ex:P a sh:PropertyShape ; sh:path ex:p ; sh:targetClass ex:C ; sh:sparql [ sh:select '''{}''' ] ."
SELECT = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:sparql [ sh:select '''{}''' ] ."
COMPONENT = """ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path ex:{name} ] ;
    sh:validator [ a sh:SPARQLAskValidator ; sh:ask '''{ask}''' ] . ex:U sh:targetClass ex:C ; ex:{name} 1 ."""

#: A component with two parameters.
TWO = """ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path {q} ], [ sh:path ex:least ] ;
    sh:validator [ sh:ask 'ASK {{ }}' ] . """

#: What stands in a node shape, and the violation that it is.
IN_NODE = [
    ("<sh:property> [ sh:path ex:p ; sh:minCount 1 ]", "wrong-namespace"),
    ("<Sh:Property> [ sh:path ex:p ; sh:minCount 1 ]", "wrong-namespace"),
    ("a <SH:NodeShape>", "wrong-namespace"),
    ("sh:minCoun 1", "unknown-term"),
    ("sh:nodeKind sh:Iri", "unknown-term"),
    ("sh:severity sh:Error", "unknown-term"),
    ("a sh:Nodeshape", "unknown-term"),
    ("<http://www.w3.org/ns/shacl/class> ex:C", "wrong-namespace"),
    ("<https://www.w3.org/ns/shacl#class> ex:C", "wrong-namespace"),
    ("a <http://w3.org/ns/shacl#NodeShape>", "wrong-namespace"),
    ("sh:expression [ sh:path ex:p ]", "unsupported-constraint"),
    ("sh:js [ sh:jsFunctionName 'f' ]", "unsupported-constraint"),
    ("sh:memberShape ex:S2", "unsupported-constraint"),
    ("dash:closedByTypes true", "unsupported-constraint"),
    ("sh:class 'C'", "wrong-value"),
    ("sh:class [ a ex:C ]", "wrong-value"),
    ("sh:targetClass 'C'", "wrong-value"),
    ("sh:targetNode [ a ex:C ]", "wrong-value"),
    ("sh:targetSubjectsOf 'p'", "wrong-value"),
    ("sh:targetObjectsOf [ ]", "wrong-value"),
    ("sh:datatype 'string'", "wrong-value"),
    ("sh:datatype xsd:string, xsd:integer", "repeated-parameter"),
    ("sh:nodeKind ex:Odd", "wrong-value"),
    ("sh:nodeKind sh:IRI, sh:Literal", "repeated-parameter"),
    ("sh:severity 'high'", "wrong-value"),
    ("sh:severity sh:Info, sh:Warning", "repeated-parameter"),
    ("sh:message 5", "wrong-value"),
    ("sh:message ex:text", "wrong-value"),
    ("sh:deactivated 'yes'", "wrong-value"),
    ("sh:deactivated '1'^^xsd:boolean", "wrong-value"),
    ("sh:deactivated true, false", "repeated-parameter"),
    ("sh:closed 'true'", "wrong-value"),
    ("sh:closed true, false", "repeated-parameter"),
    ("sh:closed true ; sh:ignoredProperties ex:p", "broken-list"),
    ("sh:closed true ; sh:ignoredProperties ( 'p' )", "wrong-value"),
    ("sh:ignoredProperties ( ex:p )", "missing-partner"),
    ("sh:in ex:a", "broken-list"),
    ("sh:in ( 1 ), ( 2 )", "repeated-parameter"),
    ("sh:in [ rdf:first 1 ]", "broken-list"),
    ("sh:in [ rdf:first 1, 2 ; rdf:rest () ]", "broken-list"),
    ("sh:in _:l . _:l rdf:first 1 ; rdf:rest _:l", "broken-list"),
    ("sh:languageIn ( 'en' 5 )", "wrong-value"),
    ("sh:languageIn 'en'", "broken-list"),
    ("sh:minInclusive ex:five", "wrong-value"),
    ("sh:minExclusive 1, 2", "repeated-parameter"),
    ("sh:maxLength 'two'", "wrong-value"),
    ("sh:maxLength '2'^^xsd:int", "wrong-value"),
    ("sh:minLength 'x'^^xsd:integer", "wrong-value"),
    ("sh:pattern ex:p", "wrong-value"),
    ("sh:pattern 'a'@en", "wrong-value"),
    ("sh:pattern 'a(b'", "invalid-pattern"),
    ("sh:pattern 'a{3,1}'", "invalid-pattern"),
    ("sh:pattern 'a' ; sh:flags 'z'", "invalid-pattern"),
    ("sh:pattern 'a', 'b'", "repeated-parameter"),
    ("sh:flags 'i'", "missing-partner"),
    ("sh:equals 'p'", "wrong-value"),
    ("sh:disjoint [ sh:inversePath ex:p ]", "wrong-value"),
    ("sh:minCount 1", "wrong-place"),
    ("sh:maxCount 1", "wrong-place"),
    ("sh:uniqueLang true", "wrong-place"),
    ("sh:lessThan ex:q", "wrong-place"),
    ("sh:lessThanOrEquals ex:q", "wrong-place"),
    ("sh:qualifiedValueShape [ ] ; sh:qualifiedMinCount 1", "wrong-place"),
    ("sh:path ex:p", "both-kinds"),
    ("sh:property 'p'", "wrong-value"),
    ("sh:property [ sh:minCount 1 ]", "missing-path"),
    ("sh:property ex:Nowhere", "undefined-shape"),
    ("sh:node ex:Nowhere", "undefined-shape"),
    ("sh:not ex:Nowhere", "undefined-shape"),
    ("sh:or ( ex:Nowhere [ sh:class ex:D ] )", "undefined-shape"),
    ("sh:node 'S'", "wrong-value"),
    ("sh:node [ sh:path ex:p ; sh:minCount 1 ]", "wrong-place"),
    ("sh:or ex:T", "broken-list"),
    ("sh:and ( 'T' )", "wrong-value"),
    ("sh:xone 5", "broken-list"),
    ("sh:entailment <http://www.w3.org/ns/entailment/OWL-Direct>", "unsupported-entailment"),
    ("sh:sparql 'SELECT'", "wrong-value"),
    ("sh:sparql [ sh:message 'x' ]", "missing-query"),
    ("sh:sparql [ sh:select 5 ]", "missing-query"),
    ("sh:node ex:S", "recursive-shape"),
    ("sh:not [ sh:node ex:S ]", "recursive-shape"),
    ("sh:property [ sh:path ex:p ; sh:node ex:S ]", "recursive-shape"),
    ("sh:or ( [ sh:class ex:C ] [ sh:property [ sh:path ex:p ; sh:node ex:S ] ] )", "recursive-shape"),
    ("sh:and ( ex:S )", "recursive-shape"),
    ("sh:xone ( ex:T ) . ex:T sh:node ex:S", "recursive-shape"),
    ("sh:property [ sh:path ex:p ; sh:qualifiedValueShape ex:S ; sh:qualifiedMinCount 1 ]", "recursive-shape"),
]
IN_PROPERTY = [
    ("sh:minCount 'two'", "wrong-value"),
    ("sh:minCount 1, 2", "repeated-parameter"),
    ("sh:maxCount 1.0", "wrong-value"),
    ("sh:maxCount -1", "wrong-value"),
    ("sh:minCount 99999999999999999999", "wrong-value"),
    ("sh:path ex:q", "repeated-parameter"),
    ("sh:uniqueLang '1'^^xsd:boolean", "wrong-value"),
    ("sh:uniqueLang true, false", "repeated-parameter"),
    ("sh:lessThan 5", "wrong-value"),
    ("sh:qualifiedMinCount 1", "missing-partner"),
    ("sh:qualifiedMaxCount 1", "missing-partner"),
    ("sh:qualifiedValueShapesDisjoint true", "missing-partner"),
    ("sh:qualifiedValueShape [ sh:class ex:D ]", "missing-partner"),
    ("sh:qualifiedValueShape ex:A, ex:B ; sh:qualifiedMinCount 1", "repeated-parameter"),
    ("sh:singleLine true", "unsupported-constraint"),
    ("sh:property [ sh:path ex:p ; sh:property ex:P ]", "recursive-shape"),
]
PATHS = [
    "'p'", "()", "( ex:p )", "( ex:p 'q' )", "[ ]", "[ sh:inversePath 'p' ]", "[ sh:inversePath ex:p, ex:q ]",
    "[ sh:inversePath ex:p ; sh:zeroOrMorePath ex:q ]", "[ sh:alternativePath ex:p ]",
    "[ sh:alternativePath ( ex:p ) ]",
    "[ sh:inversePath ex:p ; rdfs:label 'p' ]", "_:p . _:p sh:inversePath _:p", "[ ex:other ex:p ]",
    "_:l . _:l rdf:first ex:p ; rdf:rest _:l", "[ sh:zeroOrMorePath ( ex:p [ sh:inversePath () ] ) ]",
    "( ex:p _:q ) . _:q sh:alternativePath ( ex:p _:q )",
]  # fmt: skip
QUERIES = [
    "SELECT $this {", "SELECT $this { $this ex:p ?x }", "ASK { $this ?p ?o }", "SELECT ?x { ?x ?p ?o }",
    "CONSTRUCT WHERE { ?s ?p ?o }", "SELECT $this { $this ?p ?o MINUS { $this a ?c } }",
    "SELECT $this { VALUES ?x { 1 } }", "SELECT $this FROM <http://127.0.0.1:1/> { $this ?p ?o }",
    "SELECT $this { $this ?p ?o SERVICE <http://127.0.0.1:1/> { ?o ?p ?x } }",
    "SELECT $this { $this ?p ?o { SELECT ?o { ?s ?q ?o } } }", "SELECT $this { BIND (1 AS $this) }",
    "SELECT $this { $this $PATH ?o }",
]  # fmt: skip
#: Faults of prefixes, components, and shapes without a name.
ELSEWHERE = [
    ("ex:P a sh:PropertyShape ; sh:targetClass ex:C .", "missing-path"),
    (OF_PATH.format("SELECT $this { $this $PATH ?o FILTER ($PATH = <http://e.org/p>) }"), "unusable-query"),
    (OF_PATH.format("SELECT $this { $this ?p $PATH }"), "unusable-query"),
    ("[] a sh:NodeShape, rdfs:Class .", "unnamed-class"),
    ("ex:O sh:declare [ sh:prefix 'ex' ] .", "malformed-prefix"),
    ("ex:O sh:declare [ sh:prefix 5 ; sh:namespace 'http://e.org/'^^xsd:anyURI ] .", "malformed-prefix"),
    ("ex:O sh:declare [ sh:prefix 'ex' ; sh:namespace ex: ] .", "malformed-prefix"),
    (COMPONENT.format(name="value", ask="ASK { }"), "malformed-component"),
    (COMPONENT.format(name="least", ask="ASK {"), "unusable-query"),
    (COMPONENT.format(name="least", ask="SELECT $this { }"), "unusable-query"),
    (COMPONENT.format(name="least", ask="ASK { BIND (1 AS ?least) }"), "unusable-query"),
    ("ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path ex:q ] . ex:S ex:q 1 .", "malformed-component"),
    (TWO.format(q="ex:q ; sh:optional 1"), "wrong-value"),
    (
        """ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path ex:q ; sh:optional true ] ; sh:validator [] .
            ex:S ex:q 1 .""",
        "malformed-component",
    ),
    (TWO.format(q="ex:q ; sh:optional true") + "ex:S sh:targetClass ex:C ; ex:q 1 .", "missing-partner"),
    (TWO.format(q="ex:q") + "ex:S sh:targetClass ex:C ; ex:q 1, 2 ; ex:least 1 .", "repeated-parameter"),
]
#: What is told without being a violation.
TOLD = [
    ("sh:severity ex:Grave", "own-severity"),
    ("sh:severity sh:Debug", "own-severity"),
    ("sh:severity sh:NodeShape", "own-severity"),
    ("sh:rule [ a sh:TripleRule ; sh:subject sh:this ; sh:predicate ex:p ; sh:object ex:o ]", "unsupported-term"),
    ("sh:target [ a sh:SPARQLTarget ; sh:select 'SELECT ?this { }' ]", "unsupported-term"),
    ("sh:message 'a'@en, 'b'@en", "repeated-message"),
    ("sh:minInclusive 5 ; sh:maxInclusive 3", "unsatisfiable"),
    ("sh:minExclusive '2020-01-01'^^xsd:date ; sh:maxExclusive '2020-01-01'^^xsd:date", "unsatisfiable"),
    ("sh:property [ sh:path ex:p ; sh:minCount 2 ; sh:maxCount 1 ]", "unsatisfiable"),
    ("sh:and ()", "empty-list"),
    ("sh:in ()", "unsatisfiable"),
    ("sh:class ex:C ; sh:datatype xsd:string", "unsatisfiable"),
    ("sh:class ex:C ; sh:nodeKind sh:Literal", "unsatisfiable"),
    ("sh:datatype xsd:date ; sh:nodeKind sh:BlankNodeOrIRI", "unsatisfiable"),
    ("sh:hasValue [ ex:p 1 ]", "unsatisfiable"),
    ("sh:languageIn ( 'en_GB' )", "odd-language"),
    ("sh:datatype xsd:dateTme", "odd-type"),
    ("sh:datatype rdfs:Literal", "odd-type"),
    ("sh:class xsd:string", "odd-type"),
    ("sh:node ex:T . ex:T a rdfs:Class", "empty-shape"),
    ("sh:closed false ; sh:ignoredProperties ( ex:p )", "missing-partner"),
    ("sh:sparql [ sh:select 'SELECT $this { $this ?p ?o }' ; sh:severity sh:Info ]", "ignored-severity"),
    ("sh:sparql [ sh:select 'SELECT $this { $this ?p ?o }' ; sh:prefixes ex:O ]", "missing-prefixes"),
    ("sh:path ( ex:p ex:q ) . ex:T a sh:NodeShape", "idle-shape"),
    ("sh:class ex:C . ex:T a sh:NodeShape, owl:Class", "idle-shape"),
    ("sh:entailment <http://www.w3.org/ns/entailment/RDFS>", "entailment"),
    ("sh:class ex:C . ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path ex:q ]", "malformed-component"),
    ("owl:imports <http://example.org/more>", "import-not-loaded"),
]

#: Shapes without any fault.
GOOD = [
    NODE.format("sh:class ex:D, ex:E ; sh:hasValue ex:a, ex:b ; sh:not ex:T, [ sh:class ex:D ] . ex:T a sh:NodeShape"),
    NODE.format("sh:closed true ; sh:ignoredProperties ( rdf:type ) ; sh:message 'one'@en, 'eins'@de, 'one'"),
    NODE.format("sh:severity sh:Info ; sh:deactivated true ; sh:targetNode 'text', ex:a ; sh:in ( 1 'a' ex:b )"),
    NODE.format("sh:pattern '^(?=a)' ; sh:flags 'i' ; sh:minLength 0 ; sh:maxLength 0"),
    NODE.format("sh:minInclusive '2020-01-01'^^xsd:date ; sh:maxInclusive '2020-01-01'^^xsd:date"),
    NODE.format("sh:languageIn ( '*' )"),
    PROPERTY.format("sh:qualifiedValueShape [ sh:class ex:D ] ; sh:qualifiedMaxCount 0 ; sh:languageIn ( 'pt-BR' )"),
    PROPERTY.format("sh:name 'p'@en, 'p'@de ; sh:order 1.5 ; sh:group ex:G ; sh:defaultValue 5"),
    """ex:S a sh:NodeShape, rdfs:Class ; sh:property [ sh:path ( ex:p [ sh:zeroOrMorePath [ sh:alternativePath
        ( ex:p [ sh:inversePath ex:q ] ) ] ] ) ; sh:minCount 1 ] .""",
    "ex:S sh:targetNode ex:a ; sh:node ex:T ; sh:property [ sh:path ex:p ; sh:node ex:T ] . ex:T sh:class ex:C .",
    SELECT.format("SELECT $this ?value { $this ?p ?value FILTER NOT EXISTS { ?value a ?c } }"),
    SELECT.format("SELECT $this { $this ?p ?o { SELECT $this (COUNT(*) AS ?n) { $this ?p ?o } GROUP BY $this } }"),
    SELECT.format("SELECT $this { $this ?p 'MINUS { VALUES', <http://e.org/SERVICE> . # FROM\n }"),
    """ex:O sh:declare [ sh:prefix 'ex' ; sh:namespace 'http://e.org/'^^xsd:anyURI ] . ex:P a sh:PropertyShape ;
        sh:path ex:p ; sh:targetClass ex:C ;
        sh:sparql [ sh:prefixes ex:O ; sh:select 'SELECT $this { $this $PATH/ex:q ?o }' ] .""",
    COMPONENT.format(name="least", ask="ASK { FILTER ($value > ?least) }") + "ex:S sh:targetClass ex:C ; ex:least 5 .",
    """<http://e.org/shapes> a owl:Ontology ; owl:imports <http://e.org/more> ; rdfs:isDefinedBy sh: ;
        rdfs:seeAlso <http://www.w3.org/ns/shacl> . <http://e.org/more> a owl:Ontology .""",
]
