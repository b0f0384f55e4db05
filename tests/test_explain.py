"""Every inferred triple has a proof, and every proof ends in lines of files."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, NamedNode, Quad, Store, Triple

from cdkg.errors import RuleError, SourceError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import Proof, Workspace
from cdkg.reasoning import Rule, read_rules, reason
from cdkg.reasoning.premises import premises
from cdkg.vocabulary import CD, ID, PREFIXES, expand


def _leaves(proof: Proof) -> Iterator[Proof]:
    if not proof.rule:
        yield proof
    for premise in proof.premises:
        yield from _leaves(premise)


def _steps(proof: Proof, above: tuple[Triple, ...] = ()) -> Iterator[tuple[Triple, tuple[Triple, ...]]]:
    yield proof.triple, above
    for premise in proof.premises:
        yield from _steps(premise, (*above, proof.triple))


def _has_blank(triple: Triple) -> bool:
    return isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode)


def _explain(reasoned: Workspace, s: str, p: str, o: str) -> Proof:
    proof = reasoned.explain(s, p, o)
    assert proof is not None
    return proof


def test_sample_of_inferred_triples_is_proved(reasoned: Workspace) -> None:
    """Three hundred inferred triples of the project, drawn with a fixed seed: each proof ends in asserted lines."""
    inferred = sorted(reasoned.graph.union - {t for g in reasoned.graph.asserted() for t in g.triples}, key=str)
    assert len(inferred) > 5000
    asserted = {t for g in reasoned.graph.asserted() for t in g.triples}
    for triple in random.Random(7).sample([t for t in inferred if isinstance(t.object, NamedNode)], 300):  # noqa: S311
        terms = (triple.subject, triple.predicate, triple.object)
        proof = _explain(reasoned, *(f"<{term.value}>" for term in terms))  # type: ignore[union-attr]
        assert proof.rule
        leaves = list(_leaves(proof))
        assert leaves
        for leaf in leaves:
            assert leaf.triple in asserted
            assert leaf.places or _has_blank(leaf.triple)


def test_no_proof_goes_in_a_circle(reasoned: Workspace) -> None:
    """No triple stands above itself in the proofs of the symmetric and transitive properties."""
    for name in ("twinnedWith", "tiedTo", "locatedIn", "takesPartIn", "sisterOrganisationOf"):
        pairs = list(reasoned.graph.store.quads_for_pattern(None, NamedNode(CD + name), None))
        for quad in pairs[:40]:
            proof = _explain(reasoned, f"<{quad.subject.value}>", f"cd:{name}", f"<{quad.object.value}>")  # type: ignore[union-attr]
            assert all(triple not in above for triple, above in _steps(proof))


def test_twinning_leads_to_both_tables(reasoned: Workspace) -> None:
    """A twinning that two tables attest is proved by the lines of both."""
    proof = _explain(reasoned, "city:bristol", "cd:twinnedWith", "city:guangzhou")
    files = {place.path.rpartition("/")[2] for leaf in _leaves(proof) for place in leaf.places}
    assert {"table-1.ttl", "table-2.ttl"} <= files
    assert proof.rule == "twinned-with"


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


def _store(text: str) -> Store:
    store = Store()
    for line in text.split(" . "):
        s, p, o = (NamedNode(expand(word)) for word in line.split())
        store.add(Quad(s, p, o))
    return store


_MEMBER = "membership:x rdf:type cd:Membership . membership:x cd:status status:existing"
_MEMBER += " . membership:x cd:member city:a . membership:x cd:organisation body:b"
_TWINS = "twinning:x rdf:type cd:TwinningAgreement . twinning:x cd:status status:existing"
_TWINS += " . twinning:x cd:party city:a . twinning:x cd:party city:b"
_DISTRICT = "city:a cd:tiedTo place:d . place:d cd:districtOf city:b"


@pytest.mark.parametrize(
    ("slug", "data", "conclusion", "expected"),
    [
        ("member-of", _MEMBER, "city:a cd:memberOf body:b", 4),
        ("indirect-member-of", f"{_MEMBER} . membership:x cd:via body:v", "city:a cd:indirectMemberOf body:b", 5),
        ("tie-to-city-of-district", _DISTRICT, "city:a cd:tiedTo city:b", 2),
        ("twinned-with", _TWINS, "twinning:x rdf:type cd:CurrentTwinning", 4),
        ("member-of", "city:a cd:country country:b", "city:a cd:memberOf body:b", 0),
    ],
)
def test_premises_of_a_rule(reasoned: Workspace, slug: str, data: str, conclusion: str, expected: int) -> None:
    """The premises are what the positive patterns match; where the rule does not apply there are none."""
    rule = next(r for r in read_rules(reasoned.project.folder("ontology") / "rules") if r.slug == slug)
    s, p, o = (NamedNode(expand(word)) for word in conclusion.split())
    found = premises(rule, _store(data), Triple(s, p, o))
    assert len(found) == expected
    assert all(t.subject.value.startswith((ID, PREFIXES["cd"])) for t in found)  # type: ignore[union-attr]


@pytest.mark.parametrize("head", ["WHERE {", "where {", "{", "# WHERE it is\n{"])
def test_premises_however_the_body_is_written(head: str) -> None:
    """The keyword WHERE may be written small, left out, or stand in a comment."""
    text = (
        f"#+ why: WHERE and CONSTRUCT {{ }} in a comment\nCONSTRUCT {{ ?a cd:tiedTo ?b }}\n{head} ?a cd:country ?b }}"
    )
    rule = Rule("r", "x", text, Path("r.rq"))
    conclusion = Triple(*(NamedNode(expand(word)) for word in ("city:a", "cd:tiedTo", "country:b")))
    assert len(premises(rule, _store("city:a cd:country country:b"), conclusion)) == 1


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
