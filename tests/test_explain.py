"""Every inferred triple has a proof, and every proof ends in lines of files."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from time import perf_counter

import pytest
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Store, Triple

from cdkg.errors import RuleError, SourceError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import Workspace
from cdkg.reasoning import Rule, read_rules, reason
from cdkg.reasoning.telling.explanation import Explanation as Proof
from cdkg.reasoning.telling.explanation import walk
from cdkg.vocabulary import CD, GRAPH, RDF_TYPE, expand

#: So many proofs of one triple are looked at.
MOST = 10


def _steps(proof: Proof, above: tuple[Triple, ...] = ()) -> Iterator[tuple[Triple, tuple[Triple, ...]]]:
    yield proof.triple, above
    for premise in proof.premises:
        yield from _steps(premise, (*above, proof.triple))


def _size(proof: Proof) -> int:
    return bool(proof.rule) + sum(map(_size, proof.premises))


def _has_blank(triple: Triple) -> bool:
    return isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode)


def _explain(reasoned: Workspace, s: str, p: str, o: str) -> Proof:
    proof = reasoned.explain(s, p, o)
    assert proof is not None
    return proof


def _sample(reasoned: Workspace, number: int) -> list[Triple]:
    """Inferred triples of the project, drawn with a fixed seed; a quarter of them made by closed-world rules."""
    by_owl, by_rule = (sorted(graph.triples, key=str) for graph in reasoned.inferred)
    assert min(len(by_owl), len(by_rule)) > 4000
    chance = random.Random(7)  # noqa: S311
    return chance.sample(by_owl, number - number // 4) + chance.sample(by_rule, number // 4)


def test_sample_of_inferred_triples_is_proved(reasoned: Workspace) -> None:
    """Each of three hundred inferred triples has a proof by a rule, which ends in asserted triples with their lines."""
    asserted = {t for g in reasoned.graph.asserted() for t in g.triples}
    seconds = []
    _explain(reasoned, "city:cardiff", "cd:tiedTo", "city:xiamen")  # reads the files once
    for triple in _sample(reasoned, 300):
        start = perf_counter()
        proof = next(reasoned.explanations(triple))
        seconds.append(perf_counter() - start)
        assert proof.triple == triple
        assert proof.rule
        leaves = proof.leaves()
        assert leaves
        for leaf in leaves:
            assert leaf.triple in asserted
            assert leaf.places or _has_blank(leaf.triple)
    print(f"a proof takes {sorted(seconds)[150] * 1000:.1f} ms, the slowest {max(seconds) * 1000:.0f} ms")  # noqa: T201


def test_what_was_asked_before_changes_no_proof(reasoned: Workspace) -> None:
    """Asked in another order, each triple has a first proof of the same size; what a rule says both ways, of one."""
    assert reasoned.inference
    both_ways = [t for t, slug in reasoned.inference.made.items() if slug == "twinned-with" and t.predicate != RDF_TYPE]
    sample = [*both_ways, *_sample(reasoned, 120)]
    fresh = replace(reasoned.inference)
    assert {next(fresh.proofs(triple)).size for triple in both_ways} == {1}
    other = {triple: next(fresh.proofs(triple)).size for triple in reversed(sample)}
    assert {triple: next(reasoned.inference.proofs(triple)).size for triple in sample} == other


def test_no_proof_goes_in_a_circle(reasoned: Workspace) -> None:
    """No triple stands above itself in its first ten proofs; all differ, and none is shorter than the one before."""
    walked = [
        quad.triple
        for name in ("twinnedWith", "tiedTo", "locatedIn", "takesPartIn", "sisterOrganisationOf")
        for quad in [*reasoned.graph.store.quads_for_pattern(None, NamedNode(CD + name), None, DefaultGraph())][:25]
    ]
    several = 0
    for triple in (*walked, *_sample(reasoned, 60)):
        proofs = [*islice(reasoned.explanations(triple), MOST)]
        several += len(proofs) > 1
        told = ["\n".join(proof.lines()) for proof in proofs]
        assert len({*told}) == len(told)
        sizes = [*map(_size, proofs)]
        assert sizes == sorted(sizes)
        for proof in proofs:
            assert all(step not in above for step, above in _steps(proof))
    assert several > 50


def test_twinning_leads_to_both_tables(reasoned: Workspace) -> None:
    """The proofs of a twinning that two tables attest name the lines of both; the first is by the rule, in one step."""
    triple = reasoned.triple("city:bristol", "cd:twinnedWith", "city:guangzhou")
    proofs = [*islice(reasoned.explanations(triple), MOST)]
    assert (proofs[0].rule, _size(proofs[0])) == ("twinned-with", 1)
    assert "prp-symp" in {proof.rule for proof in proofs[1:]}
    places = [place for proof in proofs for leaf in proof.leaves() for place in leaf.places]
    assert {"table-1.ttl", "table-2.ttl"} <= {place.path.rpartition("/")[2] for place in places}


def test_contradiction_is_proved_through_the_rules(reasoned: Workspace) -> None:
    """Who denies a tie that follows sees the denial with its graph, and the tie with its proof down to the table."""
    page = NamedNode(f"{GRAPH}council/page-1")
    terms = {
        "rdf:type": "owl:NegativePropertyAssertion",
        "owl:sourceIndividual": "city:cardiff",
        "owl:assertionProperty": "cd:tiedTo",
        "owl:targetIndividual": "city:xiamen",
    }
    denial = tuple(Triple(NamedNode(f"{page.value}#no"), *map(_named, pair)) for pair in terms.items())
    graph = reasoned.graph.with_graphs(NamedGraph(page, Role.PASSAGE, denial))
    denied = Workspace(reasoned.project, graph).infer()
    (found,) = denied.contradictions(proofs=True)
    assert found.rule == "prp-npa1"
    assert {s.triple for s in found.statements if not s.rule} == {*denial[1:]}
    assert {origin.graph for s in found.statements for origin in s.origins} == {page}
    (tie,) = (statement for statement in found.statements if statement.rule)
    assert tie.triple == Triple(*map(_named, ("city:cardiff", "cd:tiedTo", "city:xiamen")))
    assert {"prp-spo1", "twinned-with"} <= {node.rule for node, _, _ in walk(tie)}
    assert "table-1.ttl" in {place.path.rpartition("/")[2] for leaf in tie.leaves() for place in leaf.places}
    (outline,) = denied.contradictions()
    assert [s.triple for s in outline.statements] == [s.triple for s in found.statements]
    assert [s.leaves() for s in outline.statements] == [s.leaves() for s in found.statements]


def _named(name: str) -> NamedNode:
    return NamedNode(expand(name))


def test_defined_class_is_proved_through_rules_and_axioms(reasoned: Workspace) -> None:
    """The proof of a quadruple-helix initiative names the axioms and the partnerships of the passage."""
    text = "\n".join(_explain(reasoned, "initiative:gesda", "rdf:type", "cd:QuadrupleHelixInitiative").lines())
    for part in ("cls-int1", "cls-hv2", "prp-spo2", "has-partner", "science.ttl:", "geneva-initiatives.ttl:"):
        assert part in text


def test_asserted_triple_is_its_own_proof(reasoned: Workspace) -> None:
    """An asserted triple has its places and no rule; what is not there has no proof."""
    proof = _explain(reasoned, "twinning:anshan--sheffield", "cd:party", "city:sheffield")
    assert not proof.rule
    assert proof.places[0].line
    assert reasoned.explain("city:chongqing", "cd:hasOfficeIn", "city:dusseldorf") is None


def test_rules_without_an_end_are_refused() -> None:
    """A rule that makes new names out of its own conclusions is stopped and named."""
    text = "CONSTRUCT { ?a cd:about ?c } WHERE { ?a cd:about ?b BIND(IRI(CONCAT(STR(?b), 'x')) AS ?c) }"
    triple = Triple(NamedNode("x:a"), NamedNode(CD + "about"), NamedNode("x:b"))
    graph = KnowledgeGraph([NamedGraph(NamedNode("x:g"), Role.PASSAGE, (triple,))])
    with pytest.raises(RuleError, match="endless"):
        reason(graph, [Rule("endless", "x", text, Path("endless.rq"))])


@pytest.mark.parametrize("made", ["[]", "_:new", "[ a cd:City ]"])
def test_rules_that_make_blank_nodes_are_refused(tmp_path: Path, made: str) -> None:
    """A blank node in a rule's template is refused when the rule is read; one in its body is not."""
    (tmp_path / "r.rq").write_text(f"#+ why: x\nCONSTRUCT {{ ?a cd:about {made} }} WHERE {{ ?a cd:about ?b }}")
    with pytest.raises(RuleError, match="blank"):
        read_rules(tmp_path)
    (tmp_path / "r.rq").write_text("#+ why: x\nCONSTRUCT { ?a cd:about ?a } WHERE { ?a cd:about [] }")
    assert len(read_rules(tmp_path)) == 1


def test_rule_that_is_no_text_has_its_place(tmp_path: Path) -> None:
    """A rule file that is not UTF-8, and one with a syntax error, are errors with line and column."""
    (tmp_path / "r.rq").write_bytes(b"#+ why: x\nCONSTRUCT {} \xe9")
    with pytest.raises(SourceError, match=r"r\.rq:2:14"):
        read_rules(tmp_path)
    (tmp_path / "r.rq").write_text("#+ why: x\nCONSTRUCT {} WHERE { ?a }")
    (rule,) = read_rules(tmp_path)
    with pytest.raises(RuleError, match=r"r\.rq:2:"):
        list(rule.apply(Store()))
