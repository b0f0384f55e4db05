"""Our OWL 2 RL engine held against owlrl, on graphs of each kind, at random, and on our own ontology."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
import rdflib
from click.testing import CliRunner
from hypothesis import given
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse

from cdkg import pipeline
from cdkg.cli import main
from cdkg.errors import RuleError, SettingsError
from cdkg.graph import INFERRED_OWL, INFERRED_RULES, KnowledgeGraph, NamedGraph, Role
from cdkg.reasoning import ENGINES, Closure, OwlrlClosure, Rule, is_trivial, owlrl_closure, read_rules, reason
from cdkg.vocabulary import GRAPH, PREFIXES
from conftest import ROOT
from owl_rl_cases import triples
from random_axioms import AXIOMS, graphs, seeded


def telling(closed: Iterable[Triple]) -> set[Triple]:
    """What of a closure is compared: no blank nodes, nothing reflexive, axiomatic or "is a thing"."""
    return {t for t in closed if not isinstance(t.subject, BlankNode) and not isinstance(t.object, BlankNode)} - {
        t for t in closed if is_trivial(t)
    }


def ours(graph: Iterable[Triple]) -> set[Triple]:
    """What our engine makes of a graph."""
    graph = tuple(graph)
    return telling({*graph, *Closure(graph).inferred()})


# -- owlrl on graphs with each kind of axiom ----------------------------------------------------------------------

GRAPHS = {
    "hierarchy": """:C rdfs:subClassOf :D , :E . :D owl:equivalentClass :F . :p rdfs:subPropertyOf :q .
        :q owl:equivalentProperty :r ; rdfs:domain :C , :G . :p rdfs:range :D . :a :p :b . :c :r :d . :e a :F""",
    "characteristics": """:s a owl:SymmetricProperty . :t a owl:TransitiveProperty . :u owl:inverseOf :v , :w .
        :a :s :b . :a :t :b . :b :t :c . :c :t :d . :d :t :a . :a :u :b . :c :v :d . :e :w :f .
        :t rdfs:subPropertyOf :s""",
    "equality": """:f a owl:FunctionalProperty . :i a owl:InverseFunctionalProperty .
        :a :f :b , :c . :d :i :e . :g :i :e . :b :p :x . :y :p :c . :d a :D . :g :q :h .
        :p owl:sameAs :r . :C owl:sameAs :D""",
    "chains": """:p owl:propertyChainAxiom ( :q :r ) , ( :r :q :s ) . :s owl:propertyChainAxiom ( :s :s :s :s ) .
        :a :q :b . :b :r :c . :c :q :d . :d :s :e . :e :s :f . :f :s :g . :g :s :h""",
    "inverse expression": """:p owl:propertyChainAxiom ( [ owl:inverseOf :q ] :q ) . :a :q :b , :c .
        :C owl:onProperty [ owl:inverseOf :q ] ; owl:someValuesFrom :D . :a a :D""",
    "booleans": """:C owl:intersectionOf ( :D :E :F ) . :G owl:unionOf ( :C :H ) . :I owl:oneOf ( :a :b ) .
        :a a :D , :E , :F . :b a :H . :c a :C . :I rdfs:subClassOf :D . :J owl:equivalentClass
        [ owl:intersectionOf ( :D [ owl:onProperty :p ; owl:hasValue :x ] ) ] . :d a :D ; :p :x . :e a :J""",
    "values": """:S owl:onProperty :p ; owl:someValuesFrom :C . :T owl:onProperty :q ; owl:someValuesFrom owl:Thing .
        :A owl:onProperty :p ; owl:allValuesFrom :D . :V owl:onProperty :p ; owl:hasValue :v .
        :a :p :b , :v . :b a :C . :c :q :d . :e a :A ; :p :f . :g a :V . :W owl:onProperty :q ; owl:hasValue :v .
        :p rdfs:subPropertyOf :q . :C rdfs:subClassOf :D . :U owl:onProperty :p ; owl:someValuesFrom :D .
        :B owl:onProperty :q ; owl:allValuesFrom :D""",
    "at most one": """:M owl:onProperty :p ; owl:maxCardinality 1 . :a a :M ; :p :b , :c . :d :p :e , :f .
        :Q owl:onProperty :q ; owl:maxQualifiedCardinality 1 ; owl:onClass :C .
        :g a :Q ; :q :h , :i , :j . :h a :C . :i a :C . :T owl:onProperty :r ; owl:onClass owl:Thing ;
        owl:maxQualifiedCardinality 1 . :k a :T ; :r :l , :m""",
    "annotations": """:p a owl:AnnotationProperty ; rdfs:label "p"@en , "п"@ru . :C rdfs:comment "01" .
        :C :p 1 , 1.0 , true . :a a :C ; :q "x"@en-GB , "2009"^^xsd:gYear""",
}


@pytest.mark.parametrize("name", GRAPHS)
def test_agrees_with_owlrl(name: str) -> None:
    """On a graph with each kind of axiom both engines hold the same."""
    graph = triples(GRAPHS[name])
    assert ours(graph) == telling(owlrl_closure(graph))


def test_the_graphs_say_something() -> None:
    """Each of the graphs but the one of annotations has consequences."""
    for name, turtle in GRAPHS.items():
        assert (len([*Closure(triples(turtle)).inferred()]) > 3) == (name != "annotations")


# -- random graphs ------------------------------------------------------------------------------------------------


@seeded(40)
@given(graphs(AXIOMS, 8))
def test_agrees_with_owlrl_on_random_graphs(graph: tuple[Triple, ...]) -> None:
    """On random graphs of axioms and facts both engines hold the same."""
    assert ours(graph) == telling(owlrl_closure(graph))


# -- where the two differ, each with its reason and checked to be there -------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A graph of which one engine holds triples that the other does not."""

    reason: str
    graph: str
    only_ours: str = ""
    only_owlrl: str = ""


DIFFERENCES = {
    "one value, written in two ways": Difference(
        "owlrl makes no two literals the same for their value (dt-eq)",
        ":R owl:onProperty :p ; owl:hasValue 1.5 . :a :p 1.50",
        only_ours=":a a :R ; :p 1.5 . :R owl:hasValue 1.50",
    ),
    "a narrower datatype": Difference(
        "owlrl types a literal with its own datatype and those it is derived from; by dt-type2 with all that hold it",
        ":R owl:onProperty :p ; owl:someValuesFrom xsd:byte . :a :p 1",
        only_ours=":a a :R",
    ),
    "undeclared property": Difference(
        "two equal restrictions are equivalent by p subPropertyOf p, which scm-op gives declared properties only",
        ":R owl:onProperty :p ; owl:hasValue :v . :S owl:onProperty :p ; owl:hasValue :v",
        only_ours=":R rdfs:subClassOf :S ; owl:equivalentClass :S . :S rdfs:subClassOf :R ; owl:equivalentClass :R",
    ),
    "everything is a thing": Difference(
        "that each class is below owl:Thing is axiomatic and left out, and so is what follows from it between classes",
        ":C a owl:Class . :p a owl:ObjectProperty . :R owl:onProperty :p ; owl:someValuesFrom :C ."
        ":S owl:onProperty :p ; owl:someValuesFrom owl:Thing",
        only_owlrl=":R rdfs:subClassOf :S",
    ),
    "keys": Difference(
        "owlrl compares all keys but the last and so finds false sameness; we show it no key",
        ":C owl:hasKey ( :p ) . :a a :C ; :p 1 . :b a :C ; :p 1",
        only_ours=":a owl:sameAs :b . :b owl:sameAs :a",
    ),
    "a list without an end": Difference(
        "owlrl takes half a list for a list",
        ":C owl:unionOf :l . :l rdf:first :D . :a a :D",
        only_owlrl=":a a :C . :D rdfs:subClassOf :C",
    ),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_known_difference_is_there(name: str) -> None:
    """The engines differ in exactly the listed triples."""
    known = DIFFERENCES[name]
    graph = triples(known.graph)
    mine, theirs = ours(graph), telling(owlrl_closure(graph))
    assert mine - theirs == {*triples(known.only_ours)} if known.only_ours else mine <= theirs
    assert theirs - mine == {*triples(known.only_owlrl)} if known.only_owlrl else theirs <= mine


#: Contradictions, and whether owlrl misses them.
CLASHES = {
    ":C owl:disjointWith :D . :a a :C , :D": False,
    ":C owl:complementOf :D . :a a :C , :D": False,
    ":a a owl:Nothing": False,
    ":a owl:sameAs :b ; owl:differentFrom :b": False,
    ":a owl:differentFrom :a": False,
    ":p a owl:IrreflexiveProperty . :a :p :a": False,
    ":p a owl:AsymmetricProperty . :a :p :b . :b :p :a": False,
    ":p owl:propertyDisjointWith :q . :a :p :b ; :q :b": False,
    "[] owl:sourceIndividual :a ; owl:assertionProperty :p ; owl:targetIndividual :b . :a :p :b": False,
    "[] owl:sourceIndividual :a ; owl:assertionProperty :p ; owl:targetValue 1 . :a :p 1": False,
    ":R owl:onProperty :p ; owl:maxCardinality 0 . :a a :R ; :p :b": False,
    ":R owl:onProperty :p ; owl:maxQualifiedCardinality 0 ; owl:onClass :C . :a a :R ; :p :b . :b a :C": False,
    "[] a owl:AllDisjointClasses ; owl:members ( :C :D :E ) . :a a :C , :E": False,
    "[] a owl:AllDifferent ; owl:members ( :a :b :c ) . :a owl:sameAs :b": False,
    # its loops over pairs stop before the last member
    "[] a owl:AllDifferent ; owl:members ( :a :b :c ) . :a owl:sameAs :c": True,
    "[] a owl:AllDifferent ; owl:distinctMembers ( :a :b ) . :a owl:sameAs :b": True,
    "[] a owl:AllDisjointProperties ; owl:members ( :p :q ) . :a :p :b ; :q :b": True,
    # and it skips equal members
    "[] a owl:AllDifferent ; owl:members ( :a :a :b )": True,
    # ill-typed literals, and values of datatypes that it knows to be disjoint
    ":a :p 'many'^^xsd:integer": False,
    ":a :p '2009-02-30'^^xsd:dateTime": False,
    ":p a owl:FunctionalProperty . :a :p 1 , '1'^^xsd:double": False,
    # it compares no values (dt-diff), nor a value with a datatype (dt-not-type)
    ":p a owl:FunctionalProperty . :a :p 1 , 2": True,
    ":p a owl:FunctionalProperty . :a :p 'x' , 'y'": True,
    ":p rdfs:range xsd:integer . :a :p 'x'": True,
    ":p rdfs:range xsd:byte . :a :p 128": True,
}


def test_literals_are_read_as_before() -> None:
    """What rdflib makes of a literal is one for the whole process; whoever validates after owlrl must not notice."""
    texts = [("abcd", rdflib.XSD.gYear), ("2012-13-01", rdflib.XSD.date), ("1", rdflib.XSD.integer)]

    def told() -> list[tuple[object, bool | None]]:
        read = [rdflib.Literal(text, datatype=datatype) for text, datatype in texts]
        return [(literal.value, literal.ill_typed) for literal in read]

    before = told()
    owlrl_closure([Triple(NamedNode("x:a"), NamedNode("x:p"), NamedNode("x:b"))])
    assert told() == before


@pytest.mark.parametrize("graph", CLASHES)
def test_contradictions(graph: str) -> None:
    """Both engines find the contradiction, but for those that owlrl is known to miss."""
    reference = OwlrlClosure(triples(graph))
    assert Closure(triples(graph)).clashes
    assert bool(reference.clashes) == (not CLASHES[graph])
    assert all(clash.rule.startswith("owlrl: ") for clash in reference.clashes)


def test_owlrl_goes_on_from_a_contradiction() -> None:
    """Two values of a functional property are carried along as one by both engines; only ours says that they differ."""
    graph = triples(":p a owl:FunctionalProperty . :a :p 'x' , 'y' . :b :q 'x'")
    assert {*triples(":b :q 'y'")} == ours(graph) - {*graph} == telling(owlrl_closure(graph)) - {*graph}


@pytest.mark.parametrize(
    "turtle",
    [
        ":p rdfs:range :D . :R owl:onProperty :p ; owl:someValuesFrom :D . :a :p 'x'",
        ":R owl:onProperty :p ; owl:someValuesFrom xsd:integer . :a :p 1",
        ":R owl:onProperty :p ; owl:maxCardinality '1'^^xsd:int . :a a :R ; :p :b , :c",
    ],
)
def test_literals_take_part_in_both(turtle: str) -> None:
    """A literal is a member of a range and of its datatype, and a number what it means, for both engines."""
    graph = triples(turtle)
    assert ours(graph) == telling(owlrl_closure(graph)) > {*graph}


# -- the reference behind the same face ---------------------------------------------------------------------------


def test_the_reference_tells_what_is_new() -> None:
    """`add` of the reference returns what newly follows, knows what was given, and gives no reasons."""
    reference = OwlrlClosure(triples(":p a owl:TransitiveProperty . :a :p :b"))
    assert not [*reference.inferred()]
    assert reference.add(triples(":b :p :c"), because="some-rule") == [*triples(":a :p :c")]
    given, by_rule, derived, stranger = triples(":a :p :b . :b :p :c . :a :p :c . :c :p :a")
    steps = [reference.derivation(t) for t in (given, by_rule, derived, stranger)]
    assert [step and (step.rule, step.premises) for step in steps] == [
        None, ("some-rule", ()), ("owlrl", ()), None,
    ]  # fmt: skip
    assert [reference.asserted_behind(t) for t in (given, derived)] == [[given], []]
    assert {*reference.inferred()} == {by_rule, derived}


def test_terms_survive_the_way_through_rdflib() -> None:
    """Literals come back as they were written, with language and datatype; so do blank nodes and triple terms."""
    graph = triples(
        ":a :p '01'^^xsd:integer , 1 , 1.10 , 'x' , 'x'@en-gb , '2009'^^xsd:gYear , [ :q true ] ,"
        "'<b></b>'^^rdf:HTML . :p rdfs:subPropertyOf :q . :a :r <<( :a :b :c )>>"
    )
    closed = owlrl_closure(graph)
    assert {*graph} <= closed
    assert telling(closed) == ours(graph)
    assert {*triples(":a :q '01'^^xsd:integer , 1 , 1.10 , 'x' , 'x'@en-gb")} <= closed


def _read(turtle: str) -> tuple[Triple, ...]:
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    return tuple(Triple(q.subject, q.predicate, q.object) for q in parse(f"{head}{turtle} .", format=RdfFormat.TURTLE))


def _small_graph() -> KnowledgeGraph:
    axioms = """cd:twinnedWith a owl:SymmetricProperty ; rdfs:subPropertyOf cd:tiedTo .
        cd:tiedTo a owl:SymmetricProperty . cd:OfficeAbroad owl:disjointWith cd:TwinningAgreement"""
    data = """twinning:a--b a cd:TwinningAgreement ; cd:party city:a , place:b ; cd:status status:existing .
        place:b cd:districtOf city:c . office:a--b a cd:OfficeAbroad ; cd:status status:sought ;
        cd:operatedBy city:a ; cd:place place:b"""
    return KnowledgeGraph(
        NamedGraph(NamedNode(GRAPH + name), role, _read(turtle))
        for name, role, turtle in (("axioms", Role.ONTOLOGY, axioms), ("data", Role.PASSAGE, data))
    )


def test_either_engine_reasons_over_a_graph() -> None:
    """Axioms and closed-world rules feed each other to the same end, whichever engine is taken."""
    graph, rules = _small_graph(), read_rules(ROOT / "ontology" / "rules")
    mine, theirs = (reason(graph, rules, engine) for engine in ENGINES)
    assert telling(mine.graph.union) == telling(theirs.graph.union)
    assert {*_read("city:c cd:tiedTo city:a")} <= mine.graph.union - graph.union
    for iri in (INFERRED_OWL, INFERRED_RULES):
        assert {*theirs.graph.graph(iri.value).triples} == {*mine.graph.graph(iri.value).triples}
    assert not theirs.clashes
    faulty = graph.with_graphs(
        NamedGraph(NamedNode(f"{GRAPH}fault"), Role.PASSAGE, _read("twinning:a--b a cd:OfficeAbroad"))
    )
    assert [clash.rule[:5] for clash in reason(faulty, rules, "owlrl").clashes] == ["owlrl"]


def test_there_is_no_third_engine() -> None:
    """An engine that nobody knows is refused by its name."""
    with pytest.raises(SettingsError, match="no reasoner 'pellet'"):
        reason(_small_graph(), [], "pellet")  # type: ignore[arg-type]  # what a caller without types may write


def test_the_command_line_hands_the_engine_on(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`cdkg build --reasoner` reaches the reasoner; without it, ours is taken; a third one is refused."""
    asked = []

    def stop(_graph: KnowledgeGraph, _rules: list[Rule], engine: str, **_: bool) -> None:
        asked.append(engine)
        raise RuleError("far enough")

    monkeypatch.setattr(pipeline.workspace, "reason", stop)
    for arguments in ([], ["--reasoner", "owlrl"], ["--reasoner", "cdkg"], ["--reasoner", "pellet"]):
        assert CliRunner().invoke(main, ["build", "--project", str(starter), *arguments]).exit_code == 2
    assert asked == ["cdkg", "owlrl", "cdkg"]


# -- the project's own ontology -----------------------------------------------------------------------------------

_NOTES = frozenset(
    NamedNode(PREFIXES[prefix] + local)
    for prefix, local in (
        ("rdfs", "label"), ("rdfs", "isDefinedBy"), ("skos", "definition"), ("skos", "example"),
        ("skos", "scopeNote"), ("schema", "domainIncludes"), ("schema", "rangeIncludes"),
    )
)  # fmt: skip


def _axioms(*paths: Path) -> list[Triple]:
    """The triples of Turtle files, without labels, definitions and other notes."""
    parsed = (quad for path in paths for quad in parse(path=path, format=RdfFormat.TURTLE, rename_blank_nodes=True))
    return [Triple(q.subject, q.predicate, q.object) for q in parsed if q.predicate not in _NOTES]


#: A little data for the modules: who ties with whom, who is a member of what.
DATA = """
    twinning:leeds--hangzhou a cd:TwinningAgreement ; cd:party city:leeds , city:hangzhou ; cd:status status:ended .
    city:leeds a cd:City ; cd:country country:united-kingdom ; cd:memberOf body:core-cities ; cd:tiedTo city:brno .
    city:brno cd:districtOf city:moravia . body:core-cities a cd:CityNetwork ; cd:subNetworkOf body:world .
    membership:core-cities--world a cd:Membership ; cd:member body:core-cities ; cd:organisation body:world .
    body:world a cd:CityNetwork . initiative:hub a cd:Initiative ; cd:hasPartner body:lab , city:leeds .
    body:lab cd:sector sector:research . city:leeds cd:sector sector:government
"""


@pytest.mark.parametrize("module", ["agreements", "networks", "science"])
def test_agrees_with_owlrl_on_our_ontology(module: str) -> None:
    """On a module of the ontology with a little data both engines hold the same, and something follows."""
    graph = [*_axioms(ROOT / "ontology" / f"{module}.ttl"), *_read(DATA)]
    mine = ours(graph)
    assert mine == telling(owlrl_closure(graph))
    assert len(mine - {*graph}) > 5
    assert not Closure(graph).clashes
