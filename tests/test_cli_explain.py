"""`cdkg explain`: proofs by names and labels, as text, JSON, PROV-O and GraphViz, down to the lines."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Store, Triple, parse

from cdkg.cli import main
from cdkg.cli.show import json_text
from cdkg.errors import ClashError, Location, VocabularyError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import Workspace, open_project
from cdkg.reasoning import Closure
from cdkg.reasoning.rl.table import TABLE
from cdkg.reasoning.telling.contradiction import FORBIDS, told
from cdkg.reasoning.telling.explanation import Explanation, triple_text
from cdkg.reasoning.telling.proof_graph import dot, prov
from cdkg.sources.origins import Origin, Origins
from cdkg.vocabulary import PREFIXES

_TWINS = ("city:sampleville", "cd:twinnedWith", "city:exampleton")


def _explain(starter: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments, "--project", str(starter)])


def _page(starter: Path) -> Path:
    return starter / "data" / "council-minutes" / "page-1.ttl"


def _change(starter: Path, old: str, new: str) -> None:
    text = _page(starter).read_text(encoding="utf-8")
    assert old in text
    _page(starter).write_text(text.replace(old, new), encoding="utf-8")


def _nodes(proof: dict[str, Any]) -> list[dict[str, Any]]:
    return [proof, *(node for premise in proof.get("premises", ()) for node in _nodes(premise))]


def test_text_names_rule_file_and_lines(starter: Path) -> None:
    """The proof names the file of the closed-world rule, and for each leaf line, graph, passage and document."""
    result = _explain(starter, *_TWINS)
    assert result.exit_code == 0, result.output
    assert "rules/twinned-with.rq]" in result.stdout
    assert re.search(r"page-1\.ttl:\d+:\d+ in graph/council-minutes/page-1 \(\S.* of “.+”\)", result.stdout)


@pytest.mark.parametrize(
    "terms",
    [
        ("Sampleville", "twinned with", "Exampleton"),
        ("SAMPLEVILLE", "Twinned  With", "exampleton"),
        ('"Sampleville"', "<https://w3id.org/cdkg/ontology/twinnedWith>", '"Exampleton"@en'),
        ("https://w3id.org/cdkg/id/city/sampleville", "cd:twinnedWith", "city:exampleton"),
    ],
)
def test_labels_and_iris(starter: Path, terms: tuple[str, str, str]) -> None:
    """Labels, in any case and with quotes or without, and IRIs mean the same as names."""
    assert _explain(starter, *terms).stdout == _explain(starter, *_TWINS).stdout


def test_a_is_type_and_an_object_may_be_a_literal(starter: Path) -> None:
    """`a` is rdf:type; a literal that holds is taken as one, and not for the thing that it labels."""
    assert _explain(starter, "Exampleton", "a", "cd:City").exit_code == 0
    told = _explain(starter, "city:exampleton", "rdfs:label", '"Exampleton"@en')
    assert (told.exit_code, '"Exampleton"@en  [asserted]' in told.stdout) == (0, True)
    assert _explain(starter, "city:exampleton", "rdfs:label", '"Exampleton"@fr').exit_code == 1


def test_ambiguous_and_unknown_labels(starter: Path) -> None:
    """A label of two things lists them; one of nothing tells the nearest; a property is no thing."""
    label = '    <http://www.w3.org/2004/02/skos/core#altLabel> "Exampleton"@de ;'
    _change(starter, "city:sampleville\n    a cd:City ;", f"city:sampleville\n    a cd:City ;\n{label}")
    result = _explain(starter, "Exampleton", "cd:country", "city:x")
    assert (result.exit_code, "city:exampleton, city:sampleville" in result.stderr) == (2, True), result.output
    result = _explain(starter, "Examplton", "cd:country", "city:x")
    assert (result.exit_code, "did you mean 'exampleton'" in result.stderr) == (2, True), result.output
    result = _explain(starter, "city:exampleton", "Exampleton", "city:x")
    assert (result.exit_code, "nothing is called" in result.stderr) == (2, True), result.output


def test_what_does_not_follow(starter: Path) -> None:
    """It is exit 1; a term that nobody knows is told, with those like it."""
    result = _explain(starter, "city:exampelton", "cd:twinnedWith", "city:sampleville")
    assert (result.exit_code, "did you mean city:exampleton" in result.stderr) == (1, True), result.output
    assert _explain(starter, "city:exampleton", "cd:twinnedWith", "city:exampleton").exit_code == 1


@pytest.mark.parametrize("arguments", [(), ("city:exampleton",), (*_TWINS, "more"), (*_TWINS, "--contradictions")])
def test_three_terms_or_contradictions(starter: Path, arguments: tuple[str, ...]) -> None:
    """Anything else than three terms, or --contradictions alone, is exit 2."""
    result = _explain(starter, *arguments)
    assert (result.exit_code, "--contradictions" in result.stderr) == (2, True), result.output


def test_json_is_the_same_tree(starter: Path) -> None:
    """JSON has rules, premises, and for each leaf graph, file, line, passage and document."""
    result = _explain(starter, *_TWINS, "--format", "json")
    (proof,) = json.loads(result.stdout)["proofs"]
    nodes = _nodes(proof)
    assert next(node["rule"] for node in nodes) == "twinned-with"
    leaves = [node for node in nodes if node["rule"] is None]
    assert len(leaves) == len([line for line in _explain(starter, *_TWINS).stdout.splitlines() if "[asserted]" in line])
    for leaf in leaves:
        for source in leaf["sources"]:
            assert source["line"] >= 1
            assert source["graph"].startswith("https://w3id.org/cdkg/graph/")
    assert any(source["document"] and source["locator"] for leaf in leaves for source in leaf["sources"])


def test_all_gives_alternatives(starter: Path) -> None:
    """With --all the first proof is the one that comes without, and --most bounds their number."""
    one = json.loads(_explain(starter, *_TWINS, "--format", "json").stdout)["proofs"]
    every = json.loads(_explain(starter, *_TWINS, "--all", "--format", "json").stdout)["proofs"]
    assert every[:1] == one
    assert len(json.loads(_explain(starter, *_TWINS, "--all", "--most", "1", "--format", "json").stdout)["proofs"]) == 1


def test_prov_is_linked_from_the_conclusion_to_the_passage(starter: Path) -> None:
    """In PROV-O a walk leads from the conclusion over steps and premises to passage, document and line."""
    result = _explain(starter, *_TWINS, "--format", "turtle")
    store = Store()
    store.load(result.stdout.encode(), format=RdfFormat.TURTLE)
    query = """ASK { ?top rdf:predicate cd:twinnedWith ; prov:wasGeneratedBy ?step .
      ?step a prov:Activity ; dcterms:identifier "twinned-with" ; prov:used ?leaf ;
        dcterms:conformsTo <https://w3id.org/cdkg/rule/twinned-with> .
      ?leaf a rdf:Statement , prov:Entity ; prov:wasQuotedFrom <https://w3id.org/cdkg/graph/council-minutes/page-1> ;
        prov:hadPrimarySource ?document ; prov:atLocation ?at . ?at rdfs:label ?line
      FILTER (CONTAINS(?line, "page-1.ttl:") && STRENDS(STRBEFORE(STR(?at), "#line="), "page-1.ttl")) }"""
    assert bool(store.query(query, prefixes=PREFIXES))


def test_dot_joins_all_steps(starter: Path) -> None:
    """Each node of the GraphViz graph is declared, and the conclusion is where the arrows lead."""
    text = _explain(starter, *_TWINS, "--format", "dot").stdout
    assert text.startswith("digraph proof {")
    used = set(re.findall(r"\b([tr]\d+)\b(?= ->)|-> ([tr]\d+)", text))
    declared = set(re.findall(r"^  ([tr]\d+) \[label=", text, re.MULTILINE))
    assert {name for pair in used for name in pair if name} <= declared
    assert re.search(r"-> t0;", text)
    assert not re.search(r"t0 ->", text)


def test_dot_and_prov_escape_what_is_odd() -> None:
    """Quotes, backslashes, line ends and markup in a literal stay inside one quoted string."""
    odd = Literal('a "quoted\\" \n<b>{x}|')
    leaf = Explanation(Triple(NamedNode("x:s"), NamedNode("x:p"), odd))
    step = Explanation(Triple(NamedNode("x:t"), NamedNode("x:p"), odd), "prp-x", (leaf,))
    labels = re.findall(r' \[label="((?:[^"\\]|\\.)*)"[\],]', dot([step]))
    plain = [re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), label) for label in labels]
    assert plain == [triple_text(step.triple), "prp-x", triple_text(leaf.triple)]
    assert any(quad.object == odd for quad in parse(prov([step]), format=RdfFormat.TURTLE))


def test_a_choice_of_graphs(starter: Path) -> None:
    """What only a page says does not follow without it."""
    assert _explain(starter, *_TWINS, "--only", "council-minutes/*").exit_code == 0
    assert _explain(starter, *_TWINS, "--graph", "council-minutes/page-1").exit_code == 0
    assert _explain(starter, *_TWINS, "--without", "council-minutes/*").exit_code == 1
    assert _explain(starter, *_TWINS, "--only", "nothing/*").exit_code == 2


def test_contradictions_are_explained(starter: Path) -> None:
    """Each clashing statement has its proof; a graph without contradiction is told so and is exit 0."""
    fine = _explain(starter, "--contradictions")
    assert (fine.exit_code, "does not contradict itself" in fine.stdout) == (0, True)
    _change(starter, "city:sampleville\n    a cd:City ;", "city:sampleville\n    a cd:CityNetwork ;")
    text = _explain(starter, "--contradictions")
    assert text.exit_code == 1
    for words in ("cax-dw: ", "page-1.ttl:", "cities.ttl:"):
        assert words in text.stdout
    data = json.loads(_explain(starter, "--contradictions", "--format", "json").stdout)
    assert data["contradictions"][0]["rule"] == "cax-dw"
    assert _explain(starter, "--contradictions", "--format", "turtle").stdout.count("prov:Entity") >= 3
    # a triple is explained all the same, with a note
    other = _explain(starter, *_TWINS)
    assert "contradicts itself" in other.stderr


def test_the_error_keeps_contradictions_as_data(starter: Path) -> None:
    """`ClashError` has them under `clashes`; its text is what `told` makes of them."""
    _change(starter, "city:sampleville\n    a cd:City ;", "city:sampleville\n    a cd:CityNetwork ;")
    with pytest.raises(ClashError) as caught:
        open_project(starter).reason()
    assert caught.value.clashes[0].rule == "cax-dw"
    assert str(caught.value) == told(caught.value.clashes, caught.value.number)


def test_each_false_rule_says_what_it_forbids() -> None:
    """Every rule of the table that concludes `false` has its sentence."""
    rules = {pattern.name for pattern in TABLE if pattern.head is None}
    assert rules
    assert rules <= set(FORBIDS)
    text = """@prefix owl: <http://www.w3.org/2002/07/owl#> .
      [ a owl:AllDisjointClasses ; owl:members ( <x:C> <x:D> ) ] .
      [ a owl:AllDisjointProperties ; owl:members ( <x:p> <x:q> ) ] .
      [ a owl:AllDifferent ; owl:members ( <x:a> <x:b> ) ] .
      [ a owl:AllDifferent ; owl:distinctMembers ( <x:a> <x:c> ) ] .
      <x:a> a <x:C> , <x:D> ; owl:sameAs <x:b> , <x:c> ; <x:p> <x:e> ; <x:q> <x:e> ."""
    clashes = Closure(quad.triple for quad in parse(text, format=RdfFormat.TURTLE)).clashes
    assert {"cax-adc", "eq-diff2", "eq-diff3", "prp-adp"} <= {clash.rule for clash in clashes} <= set(FORBIDS)


def test_labels_of_the_python_face(reasoned: Workspace) -> None:
    """`Workspace.explain` takes labels too, and says when one is not enough."""
    by_label = reasoned.explain("Leeds", "twinned with", "Hangzhou")
    by_name = reasoned.explain("city:leeds", "cd:twinnedWith", "city:hangzhou")
    assert by_label is not None
    assert by_name is not None
    assert list(by_label.lines()) == list(by_name.lines())
    with pytest.raises(VocabularyError, match="did you mean"):
        reasoned.explain("Leedz", "twinned with", "Hangzhou")


def test_triples_with_blank_nodes_have_their_lines(tmp_path: Path) -> None:
    """Among triples that differ in their blank nodes alone, each has its own line."""
    path = tmp_path / "a.ttl"
    path.write_text("<x:a> <x:p> [ <x:q> <x:b> ] ,\n  [ <x:q> <x:c> ] ,\n  [ <x:q> <x:b> ] .\n")
    triples = tuple(quad.triple for quad in parse(path=str(path), format=RdfFormat.TURTLE))
    origins = Origins(KnowledgeGraph([NamedGraph(NamedNode("x:g"), Role.PASSAGE, triples, path)]))
    lines = [origin.place.line for t in triples for origin in origins.of(t) if origin.place]
    assert lines == [1, 1, 2, 2, 3, 3]


def test_a_triple_of_two_graphs_has_two_origins(tmp_path: Path) -> None:
    """Each graph that asserts a triple is an origin; one without a file has no place."""
    triple = Triple(NamedNode("x:a"), NamedNode("x:b"), NamedNode("x:c"))
    path = tmp_path / "a.ttl"
    path.write_text("\n<x:a> <x:b> <x:c> .")
    one = NamedGraph(NamedNode("x:g"), Role.PASSAGE, (triple,), path)
    other = NamedGraph(NamedNode("x:h"), Role.PASSAGE, (triple,))
    found = Origins(KnowledgeGraph([one, other])).of(triple)
    assert found == (
        Origin(NamedNode("x:g"), Location(str(path), 2, 13, 2, 18)),
        Origin(NamedNode("x:h"), None),
    )


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(_JSON)
def test_json_of_any_value(value: Any) -> None:
    """Our JSON is that of the standard library."""
    assert json_text(value) == json.dumps(value, indent=1)


@pytest.mark.slow
def test_proofs_of_any_depth() -> None:
    """A proof of ten thousand steps is written in every format without recursion."""
    proof = Explanation(Triple(NamedNode("x:s"), NamedNode("x:p"), NamedNode("x:0")))
    for number in range(1, 10_000):
        proof = Explanation(Triple(NamedNode("x:s"), NamedNode("x:p"), NamedNode(f"x:{number}")), "prp-x", (proof,))
    assert len(list(proof.lines())) == 10_000
    assert json_text(proof.as_json()).count('"rule": "prp-x"') == 9_999
    assert dot([proof]).count("->") == 2 * 9_999
    assert prov([proof]).count(b"prov:Activity") == 9_999
    assert len(proof.leaves()) == 1
