"""Triples added to a closure and taken back: it holds what a closure from nothing holds, and tells the difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest
from pyoxigraph import Triple

from cdkg.reasoning import Closure
from cdkg.reasoning.rl.engine import Engine
from cdkg.reasoning.rl.table import TRIVIAL_IF_REFLEXIVE
from owl_rl_cases import triples
from random_axioms import (
    AXIOMS,
    CLASHING,
    DECLARED,
    FACTS,
    ODD,
    OF_DATATYPES,
    OF_LITERALS,
    OF_PLAIN_LITERALS,
    clashing,
    some,
)

CALM = [axiom for axiom in AXIOMS if "sameAs" not in axiom]


def plain(holding: Iterable[Triple]) -> set[Triple]:
    """Without what is trivially reflexive: it may be given, but is never told."""
    return {t for t in holding if t.predicate not in TRIVIAL_IF_REFLEXIVE or t.subject != t.object}


class Edited:
    """A closure and what it was given, and what other rules have made."""

    def __init__(self, given: Iterable[Triple]) -> None:
        self.given, self.by_rule = set(given), set[Triple]()
        self.closure = Closure(self.given)

    @property
    def holding(self) -> set[Triple]:
        """All that the closure says to hold."""
        return plain(self.given | {*self.closure.inferred()})

    def add(self, news: Iterable[Triple], because: str = "") -> None:
        """Add triples; what is told must be what is new and was not added."""
        before, news = self.holding, set(news)
        told = self.closure.add(news, because)
        (self.by_rule if because else self.given).update(news)
        self.check()
        assert len(told) == len({*told})
        assert {*told} == self.holding - before - news

    def remove(self, taken: Iterable[Triple], because: str = "") -> None:
        """Take triples back; what is told must be what is gone."""
        before, taken = self.holding, set(taken)
        told = self.closure.remove(taken, because)
        (self.by_rule if because else self.given).difference_update(taken)
        self.check()
        assert len(told) == len({*told})
        assert {*told} == before - self.holding

    def check(self) -> None:
        """Hold the closure against one from nothing."""
        anew = Closure(self.given | self.by_rule)
        inferred = [*self.closure.inferred()]
        assert len(inferred) == len({*inferred})
        assert {*inferred} == ({*anew.inferred()} | plain(self.by_rule)) - self.given
        assert clashing(self.closure) == clashing(anew)


# -- one kind of axiom after the other ----------------------------------------------------------------------------

#: Given, taken back, and what is then gone besides it (or what of it holds on, with a minus before it).
TAKEN_BACK = {
    "nothing rests on it": (":a :p :b . :b :p :c", ":a :p :b", ":a :p :b"),
    "it was not there": (":a :p :b", ":b :p :a", ""),
    "it was not given": (":p a owl:SymmetricProperty . :a :p :b", ":b :p :a", ""),
    "symmetric, one way given": (":p a owl:SymmetricProperty . :a :p :b", ":a :p :b", ":a :p :b . :b :p :a"),
    "symmetric, both ways given": (":p a owl:SymmetricProperty . :a :p :b . :b :p :a", ":a :p :b", ""),
    "symmetric, both taken": (
        ":p a owl:SymmetricProperty . :a :p :b . :b :p :a", ":a :p :b . :b :p :a", ":a :p :b . :b :p :a",
    ),
    "inverse": (":p owl:inverseOf :q . :a :p :b . :b :q :a , :c", ":a :p :b . :b :q :c", ":b :q :c . :c :p :b"),
    "equivalent": (
        ":p owl:equivalentProperty :q . :a :p :b , :c . :a :q :c", ":a :p :b , :c", ":a :p :b . :a :q :b",
    ),
    "transitive, a link": (
        ":p a owl:TransitiveProperty . :a :p :b . :b :p :c . :c :p :d", ":b :p :c",
        ":b :p :c , :d . :a :p :c , :d",
    ),
    "transitive, another way round": (
        ":p a owl:TransitiveProperty . :a :p :b . :b :p :d . :a :p :c . :c :p :d", ":b :p :d", ":b :p :d",
    ),
    "transitive, a circle holds nothing up": (
        ":p a owl:TransitiveProperty . :a :p :b . :b :p :c . :c :p :b", ":a :p :b", ":a :p :b , :c",
    ),
    "transitive, a circle is opened": (
        ":p a owl:TransitiveProperty . :a :p :b . :b :p :c . :c :p :a", ":c :p :a",
        ":c :p :a , :b , :c . :b :p :a , :b . :a :p :a",
    ),
    "a chain": (
        ":p owl:propertyChainAxiom ( :q :r ) . :a :q :b , :c . :b :r :d . :c :r :d", ":a :q :b", ":a :q :b",
    ),
    "a chain through itself": (
        ":p owl:propertyChainAxiom ( :p :q ) . :a :p :b . :b :q :c . :c :q :b , :d", ":b :q :c",
        ":b :q :c . :a :p :c , :d",
    ),
    "classes that hold each other up": (
        ":C rdfs:subClassOf :D . :D rdfs:subClassOf :C . :a a :C . :b a :C , :D", ":a a :C . :b a :C",
        ":a a :C , :D",
    ),
    "a restriction": (
        ":R owl:onProperty :p ; owl:someValuesFrom :C . :a :p :b , :c . :b a :C . :c a :C", ":a :p :b . :c a :C",
        ":a :p :b ; a :R . :c a :C",
    ),
    "a value": (":R owl:onProperty :p ; owl:hasValue :v . :a :p :v . :b :p :v ; a :R", ":a :p :v . :b :p :v",
                ":a :p :v ; a :R"),
    "an enumeration": (":C owl:oneOf ( :a :b ) . :a a :C , :D . :C rdfs:subClassOf :D", ":a a :C , :D", ""),
    "a functional property": (
        ":p a owl:FunctionalProperty . :a :p :b , :c . :b :q :d", ":a :p :c",
        ":a :p :c . :b owl:sameAs :c . :c owl:sameAs :b ; :q :d",
    ),
    "equality": (
        ":a owl:sameAs :b . :b owl:sameAs :c . :a :p :d . :b :p :d", ":b owl:sameAs :c",
        ":b owl:sameAs :c . :c owl:sameAs :a , :b ; :p :d . :a owl:sameAs :c",
    ),
    "of equals, what the other has": (":a owl:sameAs :b . :a :p :c . :b :p :c", ":a :p :c", ""),
    "an axiom": (":C rdfs:subClassOf :D . :D rdfs:subClassOf :E . :a a :C", ":D rdfs:subClassOf :E",
                 ":D rdfs:subClassOf :E . :C rdfs:subClassOf :E . :a a :E"),
    "a part of a list": (":C owl:unionOf :l . :l rdf:first :D ; rdf:rest () . :a a :D", ":l rdf:first :D",
                         ":l rdf:first :D . :D rdfs:subClassOf :C . :a a :C"),
    "a literal": (":p rdfs:range :C . :R owl:onProperty :p ; owl:someValuesFrom :C . :a :p 1 . :b :p 1", ":a :p 1",
                  ":a :p 1 ; a :R"),
    "a literal that is written otherwise elsewhere": (":a :p 1 . :b :q 1.0", ":a :p 1", ":a :p 1 , 1.0 . :b :q 1"),
    "a literal that is a member by its value": (
        ":C owl:equivalentClass xsd:decimal ; owl:disjointWith xsd:decimal . :a :p 1 ; :q 2", ":a :p 1", ":a :p 1",
    ),
    "what a value leads to": (
        ":R owl:onProperty :p ; owl:someValuesFrom xsd:string . :a :p 'x' . :b :p 'y'", ":a :p 'x'", ":a :p 'x' ; a :R",
    ),
    "a literal twice": (":a :p 1 , 1.0", ":a :p 1.0", ":a :p 1.0"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN_BACK)
def test_taken_back(name: str) -> None:
    """What rests on a triple goes with it, and only that; put in again, all is as before."""
    given, taken, gone = (triples(text) for text in TAKEN_BACK[name])
    edited = Edited(given)
    before = edited.holding
    edited.remove(taken)
    assert before - edited.holding == {*gone}
    edited.add(t for t in taken if t in given)
    assert edited.holding == before


@pytest.mark.parametrize("name", TAKEN_BACK)
def test_one_by_one(name: str) -> None:
    """Each triple may be put in and taken back by itself, in any order."""
    given = list(triples(TAKEN_BACK[name][0]))
    edited, source = Edited([]), Random(name)  # noqa: S311  # no secret
    for triple in source.sample(given, len(given)):
        edited.add([triple])
    for triple in source.sample(given, len(given)):
        edited.remove([triple])
    assert not edited.holding


def test_a_literal_leaves_nothing_behind() -> None:
    """A literal that is no longer in the graph is not given out again where another has its value."""
    for one, other in (("1", "'01'^^xsd:integer"), ("'x'", "'x'^^xsd:token"), ("'x'@en", "'x@en'^^rdf:PlainLiteral")):
        edited = Edited(triples(f":a :p {one} ; :q :b"))
        edited.remove(triples(f":a :p {one}"))
        edited.add(triples(f":a :p {other}"))
        assert edited.holding == {*triples(f":a :p {other} ; :q :b")}


def test_a_datatype_leaves_nothing_behind() -> None:
    """A datatype that is no longer in the graph gets no members, even where all classes are values of a property."""
    edited = Edited(triples(":p owl:inverseOf rdf:type ; a owl:InverseFunctionalProperty . :q rdfs:range rdfs:Literal"))
    edited.remove(triples(":q rdfs:range rdfs:Literal"))
    edited.add(triples(":k :p true"))
    assert {*triples(":k owl:sameAs rdfs:Literal")}.isdisjoint(edited.holding)


def test_what_another_rule_made() -> None:
    """It may be taken back under its own heading only; given as well, it holds on."""
    edited = Edited(triples(":p a owl:SymmetricProperty"))
    made = triples(":a :p :b")
    edited.add(made, because="a-rule")
    edited.remove(made)
    assert {*triples(":b :p :a")} <= edited.holding
    edited.add(made)
    edited.remove(made, because="a-rule")
    assert {*triples(":b :p :a")} <= edited.holding
    edited.remove(made)
    assert edited.holding == {*triples(":p a owl:SymmetricProperty")}


# -- at random ----------------------------------------------------------------------------------------------------


def edits(seed: int, check: Callable[[Edited], None] = lambda _: None) -> None:
    """A graph of random axioms and facts, edited a few times; facts mostly, axioms at times."""
    source = Random(seed)  # noqa: S311  # no secret
    kinds = AXIOMS + CLASHING + OF_DATATYPES if seed % 3 == 0 else CALM
    literals = OF_PLAIN_LITERALS if seed % 2 else OF_LITERALS
    axioms = some(kinds, source.randint(1, 8), source) + some(ODD, int(seed % 10 == 0), source)
    axioms += some(OF_DATATYPES, int(seed % 5 == 0), source)
    facts = some(FACTS, source.randint(3, 10), source) + some(literals, source.randint(0, 4), source)
    statements = [triples(DECLARED), *map(triples, axioms), *map(triples, facts)]
    pool = sorted({t for some in statements[len(axioms) + 1 :] for t in some}, key=str)
    schema = [t for some in statements[: len(axioms) + 1] for t in some]
    edited = Edited([*schema, *source.sample(pool, len(pool) // 2)])
    for _ in range(6):
        chosen = source.sample(pool if source.random() < 0.9 else schema, source.randint(1, 2))
        because = "a-rule" if source.random() < 0.2 else ""
        (edited.add if source.random() < 0.5 else edited.remove)(chosen, because)
        check(edited)


@pytest.mark.parametrize("start", range(0, 300, 30))
def test_random_edits(start: int) -> None:
    """After each of some random edits the closure is the one from nothing, and the difference was told."""
    for seed in range(start, start + 30):
        edits(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 6000, 250))
def test_many_random_edits(start: int) -> None:
    """The same with many more."""
    for seed in range(start, start + 250):
        edits(seed)


def test_both_ways_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random edits are often done by what is new or doubtful alone, and often by closing anew."""
    taken: Counter[tuple[str, bool]] = Counter()

    def counted(name: str) -> Callable[..., Any]:
        change = getattr(Engine, name)

        def call(*arguments: Any) -> Any:
            found = change(*arguments)
            taken[name, found is not None] += 1
            return found

        return call

    monkeypatch.setattr(Engine, "extended", counted("extended"))
    monkeypatch.setattr(Engine, "retracted", counted("retracted"))
    closes = 0
    close = Engine.close

    def closed(engine: Engine) -> None:
        nonlocal closes
        closes += 1
        close(engine)

    monkeypatch.setattr(Engine, "close", closed)
    for seed in range(60):
        edits(seed)
    assert taken["extended", True] > 60  # of about 180 edits
    assert taken["extended", False] > 10
    assert taken["retracted", True] > 60
    assert closes > 3 * 360 // 2  # each check closes anew twice: to start with, and with the triples


def test_what_clashes_may_rest_on_another_rule() -> None:
    """A contradiction by way of a literal is told by what a rule has made, and is gone with it."""
    edited = Edited(triples(":p rdfs:range xsd:integer"))
    made = triples(":a :p 'x'")
    edited.add(made, because="a-rule")
    (clash,) = edited.closure.clashes
    assert {*clash.triples} == {*triples(":p rdfs:range xsd:integer . :a :p 'x'")}
    edited.remove(made, because="a-rule")
    assert not edited.closure.clashes


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_proofs_after_edits(start: int) -> None:
    """After an edit each inferred triple has a proof from what is then given; what is gone has none."""
    before: set[Triple] = set()

    def check(edited: Edited) -> None:
        nonlocal before
        given = edited.given | edited.by_rule
        prover = edited.closure.prover(lambda triple: ("a-rule", ()) if triple in edited.by_rule else None)
        for triple in sorted(edited.holding, key=str)[:25]:
            proof = prover.proof(triple)
            assert proof
            assert {*proof.leaves()} <= edited.given
            assert {node.triple for node in proof.nodes()} <= plain(given) | edited.holding | given
        for triple in before - edited.holding:
            assert edited.closure.derivation(triple) is None
            assert not edited.closure.asserted_behind(triple)
        before = edited.holding

    for seed in range(start, start + 10):
        before = set()
        edits(seed, check)
