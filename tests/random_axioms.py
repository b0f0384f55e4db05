"""Random graphs for tests of reasoning: axioms of each kind, odd ones too, and facts with literals, over few names."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pyoxigraph import Triple

from cdkg.reasoning import Closure
from cdkg.reasoning.rl.clashes import Clashes
from owl_rl_cases import triples

AXIOMS = [
    ":{c} rdfs:subClassOf :{d}", ":{c} owl:equivalentClass :{d}", ":{p} rdfs:subPropertyOf :{q}",
    ":{p} owl:equivalentProperty :{q}", ":{p} rdfs:domain :{c}", ":{p} rdfs:range :{c}", ":{p} owl:inverseOf :{q}",
    ":{p} a owl:SymmetricProperty", ":{p} a owl:TransitiveProperty", ":{p} a owl:FunctionalProperty",
    ":{p} a owl:InverseFunctionalProperty", ":{p} owl:propertyChainAxiom ( :{q} :{r} )",
    ":{p} owl:propertyChainAxiom ( :{q} :{r} :{p} )", ":{c} owl:intersectionOf ( :{d} :{e} )",
    ":{c} owl:unionOf ( :{d} :{e} )", ":{c} owl:oneOf ( :{x} :{y} )", ":{c} owl:onProperty :{p}",
    ":{c} owl:onProperty :{p} ; owl:someValuesFrom :{d}", ":{c} owl:onProperty :{p} ; owl:allValuesFrom :{d}",
    ":{c} owl:onProperty :{p} ; owl:hasValue :{x}", ":{c} owl:onProperty :{p} ; owl:maxCardinality 1",
    ":{c} owl:onProperty :{p} ; owl:maxQualifiedCardinality 1 ; owl:onClass :{d}", ":{x} owl:sameAs :{y}",
]  # fmt: skip
FACTS = [":{x} :{p} :{y}", ":{x} a :{c}", ":{x} :{p} :{y} . :{y} :{q} :{z}"]
CLASHING = [
    ":{c} owl:disjointWith :{d}", ":{c} owl:complementOf :{d}", ":{p} owl:propertyDisjointWith :{q}",
    ":{p} a owl:IrreflexiveProperty", ":{p} a owl:AsymmetricProperty", ":{x} owl:differentFrom :{y}",
    ":{c} owl:onProperty :{p} ; owl:maxCardinality 0", "[] a owl:AllDifferent ; owl:members ( :{x} :{y} :{z} )",
    "[] a owl:AllDisjointClasses ; owl:members ( :{c} :{d} :{e} )", ":{c} owl:hasKey ( :{p} :{q} )",
    "[] a owl:AllDisjointProperties ; owl:members ( :{p} :{q} :{r} )", ":{c} rdfs:subClassOf owl:Nothing",
    "[] owl:sourceIndividual :{x} ; owl:assertionProperty :{p} ; owl:targetIndividual :{y}",
    ":{c} owl:onProperty :{p} ; owl:maxQualifiedCardinality 0 ; owl:onClass :{d}", ':{x} :{p} "literal"',
    ":{p} owl:propertyChainAxiom ( [ owl:inverseOf :{q} ] :{r} )",
]  # fmt: skip

#: What speaks of the vocabulary itself, or makes properties and classes the same.
ODD = [
    ":{p} rdfs:subPropertyOf rdf:type", "rdf:type rdfs:subPropertyOf :{p}", ":{p} rdfs:subPropertyOf rdfs:subClassOf",
    ":{p} rdfs:subPropertyOf owl:sameAs", ":{c} owl:sameAs :{d}", ":{p} owl:sameAs :{q}", ":{p} owl:sameAs rdf:type",
    ":{p} owl:propertyChainAxiom ( rdf:type :{q} )", ":{p} rdfs:subPropertyOf rdfs:subPropertyOf",
    "rdf:type rdfs:domain :{c}", ":{c} rdfs:subClassOf owl:TransitiveProperty",
    ":{c} rdfs:subClassOf owl:SymmetricProperty", ":{p} rdfs:domain owl:FunctionalProperty", ":{p} a :{c}",
    ":{p} rdfs:subPropertyOf owl:inverseOf", ":{p} rdfs:subPropertyOf rdfs:domain", ":{p} owl:inverseOf rdf:type",
    ":{c} owl:onProperty rdf:type ; owl:hasValue :{d}", ":{c} owl:onProperty rdf:type ; owl:someValuesFrom :{d}",
    ":{p} owl:equivalentProperty rdf:type", "rdf:type a owl:TransitiveProperty", ":{c} owl:sameAs owl:Thing",
]  # fmt: skip
OF_DATATYPES = [
    ":{p} rdfs:range xsd:integer", ":{p} rdfs:range rdfs:Literal", ":{c} owl:equivalentClass xsd:decimal",
    ":{c} owl:onProperty :{p} ; owl:someValuesFrom xsd:decimal", ":{c} owl:onProperty :{p} ; owl:hasValue 1",
    ":{c} owl:onProperty :{p} ; owl:allValuesFrom xsd:integer", ":{p} a owl:FunctionalProperty",
    ":{c} owl:onProperty :{p} ; owl:someValuesFrom xsd:string", ":{c} rdfs:subClassOf xsd:token",
    ":{c} owl:onProperty :{p} ; owl:maxQualifiedCardinality 1 ; owl:onClass xsd:integer",
]  # fmt: skip
LITERALS = [
    "1", "1.0", '"01"^^xsd:integer', '"1"^^xsd:int', '"x"', '"x"@en', '"x@en"^^rdf:PlainLiteral', '"x"^^xsd:token',
    '"abc"^^xsd:integer', "true", '"1"^^:number',
]  # fmt: skip
OF_LITERALS = [f":{{x}} :{{p}} {literal}" for literal in LITERALS]
#: The same of literals that have each a value of its own.
OF_PLAIN_LITERALS = [f":{{x}} :{{p}} {literal}" for literal in ("1", "2", "3", '"x"', '"y"', '"x"@en', "true")]

DECLARED = ":p a owl:ObjectProperty . :q a owl:ObjectProperty . :r a owl:ObjectProperty"
_NAMES = {"cde": "CDEF", "pqr": "pqr", "xyz": "ijkl"}


def some(templates: list[str], count: int, source: Random) -> list[str]:
    """Statements from templates, of four classes, three properties and four individuals."""
    return [
        source.choice(templates).format(**{v: source.choice(names) for v, names in _letters()}) for _ in range(count)
    ]


def _letters() -> list[tuple[str, str]]:
    return [(letter, names) for letters, names in _NAMES.items() for letter in letters]


def graph_of(*statements: str) -> tuple[Triple, ...]:
    """The triples of statements, with the three properties declared."""
    return triples(" . ".join([DECLARED, *statements]))


def clashing(found: Closure) -> set[str]:
    """The rules that clash; to tell their triples would take proofs, too many where all is the same as all."""
    return {rule for rule, _ in Clashes(found._engine).all()}  # noqa: SLF001


def _statement(templates: list[str]) -> st.SearchStrategy[str]:
    filled = {letter: st.sampled_from(names) for letter, names in _letters()}
    return st.builds(lambda template, **names: template.format(**names), st.sampled_from(templates), **filled)


def graphs(templates: list[str], most: int) -> st.SearchStrategy[tuple[Triple, ...]]:
    """Graphs of a few axioms and facts."""
    axioms = st.lists(_statement(templates), min_size=most - 3, max_size=most, unique=True)
    facts = st.lists(_statement(FACTS), min_size=most - 2, max_size=most, unique=True)
    return st.builds(lambda axioms, facts: graph_of(*axioms, *facts), axioms, facts)


def seeded(examples: int) -> settings:
    """The same examples in each run, and nothing kept on disk."""
    return settings(
        derandomize=True, database=None, deadline=None, max_examples=examples, suppress_health_check=[*HealthCheck]
    )
