"""Each rule of OWL 2 RL/RDF (OWL 2 Profiles, section 4.3): what follows, what does not, and why."""

from __future__ import annotations

import inspect
import random
import re
from collections.abc import Iterable, Iterator
from itertools import islice, permutations
from typing import Any

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

import naive_owl_rl
from cdkg.reasoning import Closure
from cdkg.reasoning.rl import closure, lists, operators, sameness
from cdkg.reasoning.rl.columns import join
from cdkg.reasoning.rl.table import TABLE, Pattern
from cdkg.vocabulary import PREFIXES
from naive_owl_rl import naive
from owl_rl_cases import ALL, BY_RULE, CASES, FALSE, IDS, Case, triples
from owl_rl_value_cases import AXIOMATIC, VALUE_CASES, VALUE_IDS, VALUES, Axiomatic

SAME_AS = NamedNode(PREFIXES["owl"] + "sameAs")
NAMED_A = NamedNode("http://example.org/a")


BOTH = [*ALL, *VALUES]
BOTH_IDS = [*IDS, *VALUE_IDS]


# -- each rule by itself ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", BOTH, ids=BOTH_IDS)
def test_follows(case: Case) -> None:
    """From the given triples exactly the expected ones follow, by the rule; or they contradict each other by it."""
    found = Closure(triples(case.given))
    if case.follows == FALSE:
        assert {clash.rule for clash in found.clashes} == {case.rule}
    else:
        assert {*map(str, found.inferred())} == {*map(str, triples(case.follows))}
        assert not found.clashes
    assert case.holds()


@pytest.mark.parametrize("case", BOTH, ids=BOTH_IDS)
def test_does_not_follow(case: Case) -> None:
    """From the graph near the given one that does not follow which the rule gives, and nothing contradicts itself."""
    found = Closure(triples(case.near))
    assert not found.clashes
    if case.follows != FALSE:
        prover = Closure(triples(case.given)).prover()
        ends = {t: {proof.rule for proof in islice(prover.proofs(t), 20)} for t in triples(case.follows)}
        by_the_rule = {t for t, rules in ends.items() if case.rule in rules or case in VALUES}
        assert by_the_rule
        assert not by_the_rule <= {*found.inferred(), *triples(case.near)}


@pytest.mark.parametrize("case", BOTH, ids=BOTH_IDS)
def test_what_clashes_holds(case: Case) -> None:
    """Each triple of a contradiction holds and rests on given ones; only that x is the same as x need not be said."""
    given = {*triples(case.given)}
    found = Closure(given)
    for triple in (triple for clash in found.clashes for triple in clash.triples):
        if found.holds(triple):
            assert {*found.asserted_behind(triple)} <= given
            assert found.asserted_behind(triple)
        else:
            assert (triple.subject, triple.predicate) == (triple.object, SAME_AS)


@pytest.mark.parametrize("case", BOTH, ids=BOTH_IDS)
def test_agrees_with_the_naive_evaluator(case: Case) -> None:
    """The engine makes of the graph, and of the one near it, what all rules with all substitutions make of it."""
    assert as_the_rules_say(case.given)
    assert as_the_rules_say(case.near)


@pytest.mark.parametrize("case", AXIOMATIC, ids=lambda case: case.rule)
def test_axiomatic_rules(case: Axiomatic) -> None:
    """What the rule gives follows when it is on and not when it is off; what it does not give never follows."""
    on, off = ({*Closure(triples(case.given), axiomatic=axiomatic).inferred()} for axiomatic in (True, False))
    assert {*triples(case.follows)} <= on
    assert not {*triples(case.follows)} & off
    assert not {*triples(case.stranger)} & (on | off)
    assert as_the_rules_say(case.given, axiomatic=True)


def as_the_rules_say(turtle: str, *, axiomatic: bool = False) -> bool:
    """Whether the engine holds what the naive evaluator holds, and finds the same rules that clash."""
    given = triples(turtle)
    found = Closure(given, axiomatic=axiomatic)
    closed = {*given, *found.inferred()}
    return (closed, {clash.rule for clash in found.clashes}) == naive(given, axiomatic=axiomatic)


def test_no_rule_is_without_its_cases() -> None:
    """Each rule of the table and of the lists has its cases, and there is no case of a rule that does not exist."""
    of_lists = set(re.findall(r'"((?:eq|prp|cls|cax|scm)-[a-z0-9]+)"', inspect.getsource(lists)))
    assert len(of_lists) == 12
    assert {pattern.name for pattern in TABLE} | of_lists == set(BY_RULE)
    assert CASES.count("given") == len(ALL)
    assert VALUE_CASES.count("given") == len(VALUES)
    of_values = {*(case.rule for case in VALUES), *(case.rule for case in AXIOMATIC)}
    assert not of_values & set(BY_RULE)
    assert len(of_values) == 12


# -- the cases would notice ---------------------------------------------------------------------------------------


def _row(pattern: Pattern) -> tuple[object, ...]:
    """What is taken out at once: a row; or a rule whose rows stand in for each other (numbers, or eq-diff1)."""
    counts = any(isinstance(term, Literal) for atom in pattern.schema for term in atom)
    alone = pattern.head and not counts
    return (pattern.name, pattern.schema, pattern.data, pattern.head) if alone else (pattern.name,)


ROWS = [*dict.fromkeys(map(_row, TABLE))]


@pytest.mark.parametrize("row", range(len(ROWS)), ids=lambda row: f"{row}-{ROWS[row][0]}")
def test_each_row_of_the_table_is_needed(row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a row of the table a case of its rule fails: by the naive evaluator, or for want of a proof."""
    without = tuple(pattern for pattern in TABLE if _row(pattern) != ROWS[row])
    monkeypatch.setattr(naive_owl_rl, "TABLE", without)
    monkeypatch.setattr(closure, "TABLE", without)
    assert not all(case.holds() and as_the_rules_say(case.given) for case in BY_RULE[str(ROWS[row][0])])


@pytest.mark.parametrize("rule", ["eq-diff2", "eq-diff3", "prp-spo2", "prp-key", "prp-adp", "cls-int1", "cls-int2",
                                  "cls-uni", "cls-oo", "cax-adc", "scm-int", "scm-uni"])  # fmt: skip
def test_each_rule_over_lists_is_needed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a rule over lists one of its cases fails: by the naive evaluator, or for want of a proof."""

    def all_but_one(given: Iterable[Triple]) -> Iterator[Pattern]:
        return (pattern for pattern in lists.list_patterns(given) if pattern.name != rule)

    monkeypatch.setattr(naive_owl_rl, "list_patterns", all_but_one)
    monkeypatch.setattr(closure, "list_patterns", all_but_one)
    assert not all(case.holds() and as_the_rules_say(case.given) for case in BY_RULE[rule])


# -- more than one axiom ------------------------------------------------------------------------------------------


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
    """What has a literal as its subject or predicate takes part, and is not given out."""
    found = Closure(triples(":p a owl:SymmetricProperty ; rdfs:range :C . :a :p 'x'"))
    assert {*found.inferred()} == {*triples(":a a :C")}  # as 'x' has :a for :p
    assert {*found.asserted_behind(triples(":a a :C")[0])} >= {*triples(":p rdfs:range :C . :a :p 'x'")}
    assert not [*Closure(triples(":a :q :b . :q owl:sameAs 'x'")).inferred()]
    typed = ":p rdfs:range :C . :C rdfs:subClassOf :D . :R owl:onProperty :p ; owl:someValuesFrom :D . :a :p 'x'"
    assert {*triples(":a a :R")} == {t for t in Closure(triples(typed)).inferred() if t.subject == NAMED_A}


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
    by_rule = triples(":a :p :b")[0]
    prover = found.prover(lambda triple: ("some-rule", ()) if triple == by_rule else None)
    steps = [prover.derivation(t) for t in (by_rule, *triples(":b :p :a"))]
    assert [step and step.rule for step in steps] == ["some-rule", "prp-symp"]
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
    [":C owl:hasKey ( :p )", ":r owl:propertyChainAxiom ( :p :q :p )", ":r owl:propertyChainAxiom ( :r :q ) , ( :p )"],
)
def test_work_grows_with_the_graph_and_not_faster(axiom: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A join goes along what is bound: for four times the members it makes four times the rows, not sixteen."""
    rows = 0

    def counted(*columns: Any) -> Any:
        nonlocal rows
        found = join(*columns)
        rows += len(found[0])
        return found

    for module in (operators, sameness):
        monkeypatch.setattr(module, "join", counted)
    taken = []
    for size in (50, 200):
        rows = 0
        Closure(triples(" . ".join([axiom, *(f":x{i} a :C ; :p :y{i} . :y{i} :q :x{i}" for i in range(size))])))
        taken.append(rows)
    assert 50 <= taken[0] < taken[1] < 5 * taken[0]
