"""Proofs along transitive relations, equality and large classes: short, flat, and found in a moment."""

from __future__ import annotations

import time
from itertools import islice, pairwise

import numpy as np
import pytest

from cdkg.reasoning.proofs.prover import Proof, Prover
from cdkg.vocabulary import PREFIXES
from proof_facts import EXAMPLE, Codes, Large
from test_proofs import SAME_AS, one, told

SUB_CLASS_OF = PREFIXES["rdfs"] + "subClassOf"


def line(size: int) -> tuple[list[Codes], list[Codes]]:
    """Each node is related to all after it."""
    numbers = np.arange(size)
    return [numbers[n + 1 :] for n in range(size)], [numbers[:n] for n in range(size)]


def clique(size: int) -> tuple[list[Codes], list[Codes]]:
    """Each node is related to all others."""
    others = [np.delete(np.arange(size), n) for n in range(size)]
    return others, others


def depth(proof: Proof) -> int:
    """The number of levels."""
    levels, layer = 0, [proof]
    while layer:
        levels, layer = levels + 1, [premise for node in layer for premise in node.premises]
    return levels


@pytest.mark.parametrize(
    ("others", "name", "rule"),
    [(":p a owl:TransitiveProperty", f"{EXAMPLE}p", "prp-trp"), (":a :b :c", SUB_CLASS_OF, "scm-sco")],
)
def test_a_chain_of_two_thousand(others: str, name: str, rule: str) -> None:
    """The proof of a long walk is a step for each link but one, flat, and found in a moment."""
    facts = Large(others, name, pairwise(range(2000)), line(2000))
    started = time.perf_counter()
    proof = Prover(facts).proof(facts.fact(0, 1999))
    assert time.perf_counter() - started < 3
    assert proof
    assert (proof.size, {node.rule for node in proof.nodes()}) == (1998, {rule, ""})
    assert [leaf for leaf in proof.leaves() if leaf.predicate.value == name] == [
        facts.fact(n, n + 1) for n in range(1999)
    ]
    assert depth(proof) < 20


def test_the_shortest_of_two_walks() -> None:
    """Of two ways over a transitive relation the one of fewer links is taken."""
    size = 600
    edges = [*pairwise(range(size)), (0, 300), (300, size - 1)]
    facts = Large(":p a owl:TransitiveProperty", f"{EXAMPLE}p", edges, line(size))
    proof = Prover(facts).proof(facts.fact(0, size - 1))
    assert proof
    assert proof.leaves()[1:] == [facts.fact(0, 300), facts.fact(300, size - 1)]


def test_a_walk_over_inferred_edges() -> None:
    """A walk also goes over edges that one more rule gives: here a subproperty."""
    links = " . ".join(f":n{n} :q :n{n + 1}" for n in range(299))
    facts = Large(f":p a owl:TransitiveProperty . :q rdfs:subPropertyOf :p . {links}", f"{EXAMPLE}p", [], line(300))
    proof = Prover(facts).proof(facts.fact(0, 299))
    assert proof
    assert proof.size == 298 + 299
    assert {node.rule for node in proof.nodes()} == {"prp-trp", "prp-spo1", ""}


STAR = [(0, n) for n in range(1, 1000)]


@pytest.mark.parametrize(
    ("edges", "size"),
    [
        pytest.param([*pairwise(range(1000))], 422, id="chain"),
        pytest.param([(y, x) for x, y in pairwise(range(1000))], 423, id="chain the other way"),
        pytest.param(STAR, 1, id="star"),
        pytest.param([(y, x) for x, y in STAR], 2, id="star the other way"),
    ],
)
def test_a_clique_of_a_thousand(edges: list[tuple[int, int]], size: int) -> None:
    """Equality is walked in both directions; a run of edges against the walk is turned round as one."""
    facts = Large(":a :b :c", SAME_AS, edges, clique(1000))
    started = time.perf_counter()
    proof = Prover(facts).proof(facts.fact(77, 500))
    assert time.perf_counter() - started < 3
    assert proof
    assert proof.size == size
    assert len(proof.leaves()) == (423 if size > 2 else 2)
    assert depth(proof) < 20


def test_a_class_of_a_hundred_thousand() -> None:
    """What a great many facts could give is found without looking at them all."""
    size = 100_000
    nobody, first, others = np.zeros(0, np.int64), np.zeros(1, np.int64), np.arange(1, size)
    related = [nobody, *([first] * (size - 1))], [others, *([nobody] * (size - 1))]
    edges = [(n, 0) for n in range(1, size)]
    schema = ":p rdfs:range :C . :C rdfs:subClassOf :D . :D rdfs:subClassOf :E"
    facts = Large(schema, f"{EXAMPLE}p", edges, related, ":n0 a :C , :D , :E . :C rdfs:subClassOf :E")
    started = time.perf_counter()
    prover = Prover(facts)
    assert [told(proof) for proof in islice(prover.proofs(one(":n0 a :C")), 2)] == [
        "prp-rng[:p range :C; :n1 :p :n0]", "prp-rng[:p range :C; :n2 :p :n0]",
    ]  # fmt: skip
    proof = prover.proof(one(":n0 a :E"))
    assert proof
    assert proof.size == 3
    assert time.perf_counter() - started < 2
