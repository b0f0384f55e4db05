"""Our OWL 2 RL engine held against an evaluator too simple to be wrong, on random graphs."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from pyoxigraph import Triple

from cdkg.reasoning import Closure
from naive_owl_rl import TooManyStepsError, is_a_step, naive
from random_axioms import (
    AXIOMS,
    CLASHING,
    FACTS,
    ODD,
    OF_DATATYPES,
    OF_LITERALS,
    clashing,
    graph_of,
    graphs,
    seeded,
    some,
)

#: How many facts the simple evaluator may look at: some seconds; what needs more fails its test.
MOST = 5_000_000


def agree(graph: tuple[Triple, ...], *, axiomatic: bool = False) -> bool:
    """Whether both hold the same and find the same rules that clash."""
    found = Closure(graph, axiomatic=axiomatic)
    return ({*graph, *found.inferred()}, clashing(found)) == naive(graph, axiomatic=axiomatic, most=MOST)


@seeded(150)
@given(graphs(AXIOMS + CLASHING, 8))
def test_on_axioms_and_facts(graph: tuple[Triple, ...]) -> None:
    """On random graphs the engine holds and finds contradictory what the rule table says, no more and no less."""
    assert agree(graph)


def with_literals(seed: int, axioms: list[str], most: int) -> tuple[Triple, ...]:
    """A graph of up to `most` axioms, a few about datatypes, and facts of which every other has a literal."""
    source = Random(seed)  # noqa: S311  # no secret
    said = some(axioms, source.randint(1, most), source) + some(OF_DATATYPES, source.randint(0, 2), source)
    facts = [line for kind in (FACTS, OF_LITERALS) for line in some(kind, source.randint(1, most - 1), source)]
    return graph_of(*said, *facts)


@pytest.mark.parametrize("start", range(0, 400, 40))
def test_with_literals(start: int) -> None:
    """The same with literals of many datatypes, equal, different and ill typed."""
    for seed in range(start, start + 40):
        assert agree(with_literals(seed, AXIOMS + CLASHING, 5)), seed


@pytest.mark.parametrize("start", range(0, 200, 40))
def test_with_odd_schemas(start: int) -> None:
    """The same where axioms speak of the vocabulary itself: type and sameness above, below or equal to properties."""
    for seed in range(start, start + 40):
        assert agree(with_literals(seed, AXIOMS + CLASHING + ODD, 4)), seed


@pytest.mark.parametrize("start", range(0, 48, 6))
def test_with_axiomatic_rules(start: int) -> None:
    """The same with the rules on that are off by default."""
    for seed in range(start, start + 6):
        kinds = AXIOMS + CLASHING + ODD * (seed % 2)
        assert agree(with_literals(seed, kinds, 4), axiomatic=True), seed


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 2000, 200))
def test_on_many_more(start: int) -> None:
    """Literals and odd schemas in larger graphs, but for the few that are too much for the simple evaluator."""
    too_much = 0
    for seed in range(start, start + 200):
        graph = with_literals(seed, AXIOMS + CLASHING + ODD * (seed % 2), 5)
        try:
            assert agree(graph), seed
        except TooManyStepsError:
            too_much += 1
    assert too_much <= 4


#: What random graphs found, kept: a datatype or a literal where only classes were looked for.
FOUND = [
    "rdf:type rdfs:domain :D . :D rdfs:subClassOf xsd:token . :D owl:equivalentClass xsd:decimal . :k :r 'x'",
    ":l a 'abc'^^xsd:integer",
    ":q owl:sameAs rdf:type . :l :q 'abc'^^xsd:integer",
    ":l owl:sameAs 'abc'^^xsd:integer . :k :p :l",
    ":C owl:sameAs xsd:integer . :p rdfs:range :C . :a :p 'x'",
    ":p rdfs:range owl:AllDifferent ; owl:disjointWith :q . :a :p 'x' ; owl:differentFrom :a",
]


@pytest.mark.parametrize("turtle", FOUND)
def test_what_was_found(turtle: str) -> None:
    """Graphs on which the two once differed."""
    assert agree(graph_of(turtle))
    assert Closure(graph_of(turtle)).clashes


def test_contradictions_where_nearly_all_is_the_same() -> None:
    """What rests on what is found in a second where each of a thousand facts may rest on each other."""
    found = Closure(with_literals(204, AXIOMS + CLASHING + ODD, 4))
    assert len([*found.inferred()]) > 1000
    assert {clash.rule for clash in found.clashes} == clashing(found) == {"prp-irp", "dt-diff"}


@seeded(60)
@given(graphs([axiom for axiom in AXIOMS + CLASHING if "inverseOf" not in axiom], 8))
def test_each_step_of_a_proof_is_a_rule(graph: tuple[Triple, ...]) -> None:
    """A derivation is one application of the rule that it names, to triples that hold; proofs end in given ones."""
    found = Closure(graph)
    holds = {*graph, *found.inferred()}
    for triple in [*found.inferred()][:20]:
        step = found.derivation(triple)
        assert step
        assert {*step.premises} <= holds
        assert is_a_step(step, triple, holds)
        assert {*found.asserted_behind(triple)} <= {*graph}
