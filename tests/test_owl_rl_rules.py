"""Each rule of OWL 2 RL/RDF (OWL 2 Profiles, section 4.3): what follows, what does not, and why."""

from __future__ import annotations

import inspect
import random
import re
from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import Any

import pytest
from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg.reasoning import Closure, closure, lists
from cdkg.reasoning.table import TABLE, Pattern
from owl_rl_cases import ALL, BY_RULE, CASES, FALSE, IDS, Case, triples


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


@pytest.mark.parametrize(
    "axiom",
    [":C owl:hasKey ( :p )", ":R owl:onProperty :p ; owl:someValuesFrom :C", ":q owl:propertyChainAxiom ( :p :p )"],
)
def test_work_grows_with_the_graph_and_not_faster(axiom: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A join goes along what is bound: for four times the members it takes four times the steps, not sixteen."""
    steps = 0
    unify = closure._unify  # noqa: SLF001  # the step that is counted

    def counted(*arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        return unify(*arguments)

    monkeypatch.setattr(closure, "_unify", counted)
    taken = []
    for size in (50, 200):
        steps = 0
        Closure(triples(" . ".join([axiom, *(f":x{i} a :C ; :p :y{i} . :y{i} a :D" for i in range(size))])))
        taken.append(steps)
    assert 50 <= taken[0] < taken[1] < 5 * taken[0]
