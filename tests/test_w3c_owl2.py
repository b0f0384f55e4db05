"""The tests of the OWL Working Group that are marked as OWL 2 RL, and what all others say of soundness.

What they ask of an engine of the OWL 2 RL/RDF rules (OWL 2 Conformance, section 2): a contradiction is found in an
inconsistent ontology and in no consistent one; a conclusion is part of the closure of its premise, its blank nodes
standing for something, and a non-conclusion is not. Conclusions are taken as they are, declarations and all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable

import pytest
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse

from cdkg.reasoning import Closure, rl_violations
from cdkg.vocabulary import PREFIXES, RDF_TYPE
from naive_owl_rl import naive
from owl2_suite import SuiteTest, follows, names, needs_suite, suite

#: From a graph to its closure and the names of the rules that clash.
Engine = Callable[[Iterable[Triple]], tuple[set[Triple], set[str]]]

KINDS = ("PositiveEntailmentTest", "NegativeEntailmentTest", "ConsistencyTest", "InconsistencyTest")


def ours(graph: Iterable[Triple]) -> tuple[set[Triple], set[str]]:
    """Our engine, with the rules that add axiomatic and reflexive triples."""
    graph = tuple(graph)
    found = Closure(graph, axiomatic=True)
    return {*graph, *found.inferred()}, {clash.rule for clash in found.clashes}


def passes(test: SuiteTest, kind: str, engine: Engine = ours) -> bool:
    """Whether the engine says of a test what it must say by one of its kinds."""
    closed, clashes = engine(test.premise)
    if kind == "PositiveEntailmentTest":
        return follows(test.conclusion, closed)
    if kind == "NegativeEntailmentTest":
        return not follows(test.non_conclusion, closed)
    return bool(clashes) == (kind == "InconsistencyTest")


# -- conclusions that the rules do not reach ----------------------------------------------------------------------

# The rules are complete for conclusions that are assertions of a named class, of a property or of equality (OWL 2
# Profiles, theorem PR1). For each conclusion beyond that: the reason, and what denies it in words that the rules know.
# Each denial contradicts the premise: the rules do know of it, and only have no head that could say it.
DENIED = {
    "DisjointClasses-001": (
        "ClassAssertion( ObjectComplementOf( :Girl ) :Stewie ): the class has no name, and no rule makes complements",
        (":Stewie a :Girl",),
    ),
    "DisjointClasses-003": (
        "ClassAssertion of the complements of :Girl and of :Dog: they have no names, and no rule makes complements",
        (":Stewie a :Girl", ":Stewie a :Dog"),
    ),
    "New-Feature-DisjointDataProperties-002": (
        "DifferentIndividuals( :Peter :Peter_Griffin :Petre ): prp-adp concludes false, and no rule owl:AllDifferent",
        (":Peter owl:sameAs :Peter_Griffin", ":Peter owl:sameAs :Petre", ":Peter_Griffin owl:sameAs :Petre"),
    ),
    "New-Feature-DisjointObjectProperties-001": (
        "DifferentIndividuals( :Peter :Lois ): prp-pdw concludes false, and no rule owl:differentFrom of individuals",
        (":Peter owl:sameAs :Lois",),
    ),
    "New-Feature-DisjointObjectProperties-002": (
        "DifferentIndividuals( :Peter :Lois :StewieJr ): prp-adp concludes false, and no rule owl:AllDifferent",
        (":Peter owl:sameAs :Lois", ":Peter owl:sameAs :StewieJr", ":Lois owl:sameAs :StewieJr"),
    ),
    "New-Feature-ObjectQCR-002": (
        "ClassAssertion( ObjectComplementOf( :Woman ) :Stewie ): the class has no name, and no rule makes complements",
        (":Stewie a :Woman",),
    ),
    "WebOnt-I5.8-006": (
        "DataPropertyRange( :p xsd:short ): no assertion, and no rule puts xsd:byte below xsd:short",
        (":x :p -32769", ":x :p 32768", ":x :p '0'"),
    ),
    "WebOnt-I5.8-008": (
        "DataPropertyRange( :p xsd:unsignedShort ): no assertion, and no rule intersects xsd:short and xsd:unsignedInt",
        (":x :p -1", ":x :p 65536", ":x :p '0'"),
    ),
    "WebOnt-I5.8-009": (
        "DataPropertyRange( :p xsd:short ): no assertion, and no rule finds that 0 is all that both ranges of :p hold",
        (":x :p -32769", ":x :p 32768", ":x :p '0'"),
    ),
    "WebOnt-differentFrom-001": (
        "DifferentIndividuals( :b :a ): no assertion of PR1, and no rule says that owl:differentFrom is symmetric",
        (":b owl:sameAs :a",),
    ),
    "chain2trans1": (
        "TransitiveObjectProperty( :p ): no assertion, and no rule makes a characteristic of a chain",
        (":x :p :y . :y :p :z . [] owl:sourceIndividual :x ; owl:assertionProperty :p ; owl:targetIndividual :z",),
    ),
    "owl2-rl-rules-fp-differentFrom": (
        "DifferentIndividuals( :Y1 :Y2 ): prp-fp read backwards; no rule concludes owl:differentFrom of individuals",
        (":Y1 owl:sameAs :Y2",),
    ),
    "owl2-rl-rules-ifp-differentFrom": (
        "DifferentIndividuals( :X1 :X2 ): prp-ifp read backwards; no rule concludes owl:differentFrom of individuals",
        (":X1 owl:sameAs :X2",),
    ),
}

# Conclusions that no rule reaches and no denial contradicts.
BEYOND = {
    "New-Feature-ReflexiveProperty-001": (
        "ReflexiveObjectProperty( :knows ) in the premise is not in OWL 2 RL (section 4.2.5): no rule reads it"
    ),
    "WebOnt-I4.6-005-Direct": (
        "AnnotationAssertion( rdfs:comment :C2 ): only the Direct Semantics takes annotations for granted; under the "
        "RDF-Based Semantics, whose rules these are, the same pair is a non-entailment (WebOnt-I4.6-005)"
    ),
    "WebOnt-I5.5-005": (
        "a union that occurs in no axiom: its triples follow from the comprehension conditions of OWL 2 RDF-Based "
        "Semantics, section 8, and no rule makes a blank node"
    ),
    "WebOnt-equivalentClass-008-Direct": (
        "AnnotationAssertion( :annotate :c2 ): only the Direct Semantics takes annotations for granted; under the "
        "RDF-Based Semantics :c2 need not share them, as it is equivalent to :c1 and not the same"
    ),
}
REASONS = {name: reason for name, (reason, _) in DENIED.items()} | BEYOND


# -- the tests that are marked as OWL 2 RL ------------------------------------------------------------------------


@needs_suite
def test_the_suite_is_read() -> None:
    """All tests are there, and all of them have a premise."""
    assert len(suite()) == 355
    assert len(names()) == 69
    assert [len(names(kind)) for kind in KINDS] == [27, 4, 55, 14]
    for test in (suite()[name] for name in names()):
        assert test.premise
        assert bool(test.conclusion) == ("PositiveEntailmentTest" in test.kinds)
        assert bool(test.non_conclusion) == ("NegativeEntailmentTest" in test.kinds)
    assert len([name for name in names() if not suite()[name].documents]) == 3  # in functional syntax only


@needs_suite
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xfail(raises=AssertionError, reason=REASONS[name]))
        if name in REASONS
        else name
        for name in names("PositiveEntailmentTest")
    ],
)
def test_entailment(name: str) -> None:
    """The conclusion follows from the premise."""
    assert passes(suite()[name], "PositiveEntailmentTest")


@needs_suite
@pytest.mark.parametrize("name", names("NegativeEntailmentTest"))
def test_non_entailment(name: str) -> None:
    """The conclusion does not follow from the premise."""
    assert passes(suite()[name], "NegativeEntailmentTest")


@needs_suite
@pytest.mark.parametrize("name", names("ConsistencyTest"))
def test_consistency(name: str) -> None:
    """There is no contradiction in the premise."""
    assert passes(suite()[name], "ConsistencyTest")


@needs_suite
@pytest.mark.parametrize("name", names("InconsistencyTest"))
def test_inconsistency(name: str) -> None:
    """There is a contradiction in the premise."""
    assert passes(suite()[name], "InconsistencyTest")


# -- the reasons, checked -----------------------------------------------------------------------------------------


def _is_built_in(term: object) -> bool:
    own = tuple(PREFIXES[prefix] for prefix in ("owl", "rdf", "rdfs", "xsd"))
    return isinstance(term, NamedNode) and term.value.startswith(own)


def _in_words_of(test: SuiteTest, turtle: str) -> list[Triple]:
    """Triples in which `:` is the namespace of most names of the test's premise."""
    terms = [term for triple in test.premise for term in (triple.subject, triple.predicate, triple.object)]
    own = (term.value for term in terms if isinstance(term, NamedNode) and not _is_built_in(term))
    ((namespace, _),) = Counter(re.sub("[^/#]*$", "", iri) for iri in own).most_common(1)
    prefixes = f"@prefix : <{namespace}> . @prefix owl: <{PREFIXES['owl']}> . "
    quads = parse(input=f"{prefixes}{turtle} .", format=RdfFormat.TURTLE, rename_blank_nodes=True)
    return [Triple(quad.subject, quad.predicate, quad.object) for quad in quads]


def _is_assertion(triple: Triple, notes: Container[object]) -> bool:
    """Whether a triple is one of theorem PR1's assertions, or declares or heads something, which is no axiom at all."""
    if triple.predicate == RDF_TYPE and _is_built_in(triple.object):
        return triple.object in _DECLARING
    if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode) or triple.predicate in notes:
        return False
    return triple.predicate in {RDF_TYPE, _owl("sameAs")} or not _is_built_in(triple.predicate)


def _owl(local: str) -> NamedNode:
    return NamedNode(PREFIXES["owl"] + local)


_DECLARING = {
    *map(_owl, ("Ontology", "Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty", "NamedIndividual")),
    NamedNode(PREFIXES["rdfs"] + "Datatype"),
}


@needs_suite
def test_no_reason_where_the_rules_are_complete() -> None:
    """No conclusion that is all assertions is missed (theorem PR1), but where the premise is not in OWL 2 RL."""
    within = set()
    for test in (suite()[name] for name in names("PositiveEntailmentTest")):
        notes = {triple.subject for triple in test.conclusion if triple.object == _owl("AnnotationProperty")}
        if all(_is_assertion(triple, notes) for triple in test.conclusion):
            within.add(test.name)
    assert {*REASONS} <= {*names("PositiveEntailmentTest")}
    assert within & {*REASONS} == {"New-Feature-ReflexiveProperty-001"}
    (violation,) = rl_violations(suite()["New-Feature-ReflexiveProperty-001"].premise)
    assert violation.section == "4.2.5"
    assert len(within) == 6


@needs_suite
@pytest.mark.parametrize(("name", "denials"), [(name, denials) for name, (_, denials) in DENIED.items()], ids=[*DENIED])
def test_what_is_denied_is_contradictory(name: str, denials: tuple[str, ...]) -> None:
    """What the rules cannot say they know: the premise has no contradiction, and with any of the denials it has one."""
    test = suite()[name]
    assert not ours(test.premise)[1]
    assert [denial for denial in denials if not ours([*test.premise, *_in_words_of(test, denial)])[1]] == []


# -- other engines, and tests outside the profile ------------------------------------------------------------------


def _failed(kind: str, engine: Engine) -> list[str]:
    """The tests of a kind that an engine fails, of those that ours must pass."""
    expected = REASONS if kind == "PositiveEntailmentTest" else {}
    return [name for name in names(kind) if name not in expected and not passes(suite()[name], kind, engine)]


@needs_suite
def test_wrong_engines_fail() -> None:
    """Who concludes nothing fails where something follows, and who contradicts everything where nothing clashes."""
    idle = [len(_failed(kind, lambda graph: ({*graph}, set()))) for kind in KINDS]
    wild = [len(_failed(kind, lambda graph: ({*graph}, {"false"}))) for kind in KINDS]
    assert (idle, wild) == ([10, 0, 0, 14], [10, 0, 55, 0])


@needs_suite
@pytest.mark.parametrize("axiomatic", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_agrees_with_the_naive_evaluator(*, axiomatic: bool) -> None:
    """On each premise the engine holds and finds contradictory what the rule table says, no more and no less."""
    for premise in (suite()[name].premise for name in names()):
        found = Closure(premise, axiomatic=axiomatic)
        closed, clashes = naive(premise, axiomatic=axiomatic)
        assert {*premise, *found.inferred()} == closed
        assert {clash.rule for clash in found.clashes} == clashes


@needs_suite
@pytest.mark.parametrize(("kind", "count"), [("ConsistencyTest", 226), ("NegativeEntailmentTest", 9)])
def test_sound_outside_the_profile(kind: str, count: int) -> None:
    """In none of all 355 tests is a consistent ontology contradicted or a non-conclusion drawn; profiles do not matter.

    Left out are the tests of the Direct Semantics alone, whose rules these are not, and those without RDF/XML.
    """
    tests = [test for test in suite().values() if kind in test.kinds and "RDF-BASED" in test.semantics]
    readable = [test for test in tests if test.ontologies["rdfXmlPremiseOntology"]]
    assert len(readable) == count
    assert [test.name for test in readable if not passes(test, kind)] == []
