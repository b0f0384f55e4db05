"""The closed-world rules (`ontology/rules/*.rq`): what each of them makes of a little graph, and what it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Triple, parse

from cdkg.errors import RuleError
from cdkg.graph import INFERRED_OWL, INFERRED_RULES, KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import Workspace
from cdkg.reasoning import Inference, Rule, read_rules, reason
from cdkg.vocabulary import GRAPH, PREFIXES, RULE, expand
from conftest import ROOT

# For each rule: a passage, what follows, and a passage next to it from which nothing of that follows.
CASES = """
attested-in
    given   <> dcterms:isPartOf document:report . city:leeds a cd:City
    follows city:leeds cd:attestedIn <>
    near    <> a cd:Passage . city:leeds a cd:City ; cd:country country:united-kingdom
contested-in
    given   <#d> a cd:Disagreement ; cd:concerns twinning:a--b
    follows twinning:a--b cd:contestedIn <#d>
    near    <#d> a cd:Gap ; cd:concerns twinning:a--b
formerly-twinned-with
    given   twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b ; cd:status status:ended
    follows city:a cd:formerlyTwinnedWith city:b . city:b cd:formerlyTwinnedWith city:a
    near    twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b ; cd:status status:existing
geonames-id
    given   city:a skos:exactMatch <https://sws.geonames.org/2644688/>
    follows city:a cd:geonamesId "2644688"
    near    city:a skos:closeMatch <https://sws.geonames.org/2644688/> ; skos:exactMatch
            <http://www.wikidata.org/entity/Q39121> , <https://www.geonames.org/2644688/leeds.html>
has-office-in
    given   office:a--b a cd:OfficeAbroad ; cd:operatedBy city:a ; cd:place city:b ; cd:status status:existing
    follows city:a cd:hasOfficeIn city:b . city:b cd:hostsOfficeOf city:a
    near    office:a--b a cd:OfficeAbroad ; cd:operatedBy city:a ; cd:place city:b ;
            cd:status status:existing , status:ended
has-partner
    given   partnership:i--p a cd:Partnership ; cd:initiative initiative:i ; cd:partner body:p ;
            cd:status status:existing
    follows initiative:i cd:hasPartner body:p
    near    partnership:i--p a cd:Partnership ; cd:initiative initiative:i ; cd:member body:p ;
            cd:status status:existing
indirect-member-of
    given   membership:a--b--via-c a cd:Membership ; cd:member city:a ; cd:organisation body:b ; cd:via body:c ;
            cd:status status:existing
    follows city:a cd:indirectMemberOf body:b
    near    membership:a--b a cd:Membership ; cd:member city:a ; cd:organisation body:b ; cd:status status:existing
member-of
    given   membership:a--b a cd:Membership ; cd:member city:a ; cd:organisation body:b ; cd:status status:existing
    follows city:a cd:memberOf body:b . body:b cd:hasMember city:a
    near    membership:a--b--via-c a cd:Membership ; cd:member city:a ; cd:organisation body:b ; cd:via body:c ;
            cd:status status:existing
relation-labels
    given   twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b .
            city:a rdfs:label "Anshan"@en , "鞍山"@zh . city:b rdfs:label "Bristol"@en
    follows twinning:a--b rdfs:label "twinning: Anshan – Bristol"@en
    near    <> a cd:Passage . twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b ; rdfs:label "own"@en .
            city:a rdfs:label "Anshan"@en . city:b rdfs:label "Bristol"@en
tie-to-city-of-district
    given   tie:a--d a cd:CooperationTie ; cd:party city:a , place:d ; cd:status status:existing .
            place:d cd:districtOf city:b
    follows city:a cd:tiedTo city:b . city:b cd:tiedTo city:a
    near    tie:a--d a cd:CooperationTie ; cd:party city:a , place:d ; cd:status status:existing .
            place:d cd:locatedIn city:b
tied-to
    given   tie:a--b a cd:FirmCooperation ; cd:party body:a , body:b ; cd:status status:existing
    follows body:a cd:tiedTo body:b . body:b cd:tiedTo body:a
    near    tie:a--b a cd:FirmCooperation ; cd:party body:a , body:b ; cd:status status:existing , status:ended
twinned-with
    given   twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b ; cd:status status:existing
    follows city:a cd:twinnedWith city:b ; cd:tiedTo city:b . city:b cd:twinnedWith city:a ; cd:tiedTo city:a .
            twinning:a--b a cd:CurrentTwinning
    near    twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b ; cd:status status:existing , status:ended
years
    given   twinning:a--b cd:startDate "1983"^^xsd:gYear ; cd:endDate "2009-05"^^xsd:gYearMonth .
            event:e cd:date "2021-11-02"^^xsd:date . document:w dcterms:issued "2020"^^xsd:gYear
    follows twinning:a--b cd:startYear 1983 ; cd:endYear 2009 . event:e cd:year 2021 . document:w cd:year 2020
    near    twinning:a--b cd:startDate "the eighties" ; cd:endDate "n.d." . event:e rdfs:label "2021"
"""  # noqa: RUF001  # the dash of our labels

_NOTES = frozenset(
    NamedNode(expand(name))
    for name in ("rdfs:label", "rdfs:isDefinedBy", "skos:definition", "skos:example", "skos:scopeNote")
)
HERE = f"{GRAPH}report/table-1"


def _read(turtle: str, base: str = HERE) -> tuple[Triple, ...]:
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    parsed = parse(input=f"{head}{turtle} .", format=RdfFormat.TURTLE, base_iri=base)
    return tuple(Triple(quad.subject, quad.predicate, quad.object) for quad in parsed)


@cache
def ontology() -> NamedGraph:
    """The axioms of our ontology's modules, without labels and definitions."""
    files = sorted((ROOT / "ontology").glob("*.ttl"))
    parsed = (quad for path in files for quad in parse(path=path, format=RdfFormat.TURTLE, rename_blank_nodes=True))
    axioms = tuple(Triple(q.subject, q.predicate, q.object) for q in parsed if q.predicate not in _NOTES)
    return NamedGraph(NamedNode(f"{GRAPH}ontology/all"), Role.ONTOLOGY, axioms)


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of the project."""
    return tuple(read_rules(ROOT / "ontology" / "rules"))


@cache
def infer(passage: str, *others: str) -> Inference:
    """Reason over our ontology with a passage, and further ones named after their number."""
    graphs = [NamedGraph(NamedNode(HERE), Role.PASSAGE, _read(passage))]
    for number, text in enumerate(others, 2):
        iri = f"{GRAPH}report/table-{number}"
        graphs.append(NamedGraph(NamedNode(iri), Role.PASSAGE, _read(text, iri)))
    found = reason(KnowledgeGraph([ontology(), *graphs]), rules())
    assert not found.clashes
    return found


def holds(statements: str, *passages: str) -> bool:
    """Whether all statements hold in what follows from the passages."""
    return {*_read(statements)} <= infer(*passages).graph.union


def none_holds(statements: str, *passages: str) -> bool:
    """Whether not one of the statements holds."""
    return not {*_read(statements)} & infer(*passages).graph.union


def _cases() -> Iterator[tuple[str, str, str, str]]:
    block = r"^([\w-]+)\n +given +(.*?)\n +follows +(.*?)\n +near +(.*?)(?=\n\S|\Z)"
    yield from re.findall(block, CASES.strip(), re.MULTILINE | re.DOTALL)


ALL = list(_cases())


def test_each_rule_has_its_case() -> None:
    """There is a case for each file, and none without a file."""
    assert len(ALL) == CASES.count("    near ")
    assert {slug for slug, *_ in ALL} == {rule.slug for rule in rules()}
    assert len(rules()) >= 12


@pytest.mark.parametrize(("slug", "given", "follows", "near"), ALL, ids=[slug for slug, *_ in ALL])
def test_rule(slug: str, given: str, follows: str, near: str) -> None:
    """What is expected follows from the passage, some of it by this rule, and nothing of it from the one next to it."""
    assert none_holds(follows, near)
    assert holds(follows, given)
    found = infer(given)
    steps = [found.derivation(triple) for triple in _read(follows)]
    assert any(step.premises for step in steps if step and step.rule == slug)
    made = {*found.graph.graph(INFERRED_RULES.value).triples}
    assert made & {*_read(follows)}
    assert not made & {*found.graph.graph(INFERRED_OWL.value).triples}


#: Relations without their status, and the shortcuts that they have when they exist.
RELATIONS = {
    "twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b": "city:a cd:twinnedWith city:b",
    "tie:a--c a cd:CooperationTie ; cd:party city:a , city:c": "city:a cd:tiedTo city:c",
    "membership:a--b a cd:Membership ; cd:member city:a ; cd:organisation body:b": "city:a cd:memberOf body:b",
    "membership:a--c--via-d a cd:Membership ; cd:member city:a ; cd:via body:d ; cd:organisation body:c":
        "city:a cd:indirectMemberOf body:c",
    "office:a--b a cd:TradeOffice ; cd:operatedBy city:a ; cd:place city:b": "city:a cd:hasOfficeIn city:b",
    "partnership:a--b a cd:Partnership ; cd:initiative initiative:a ; cd:partner body:b":
        "initiative:a cd:hasPartner body:b",
}  # fmt: skip


def _relations(*statuses: str) -> str:
    said = "".join(f" ; cd:status status:{status}" for status in statuses)
    return " . ".join(f"{relation}{said}" for relation in RELATIONS)


#: A passage that gives every rule something to do.
MANY = f"""{_relations("existing")} . <> a cd:Passage ; dcterms:isPartOf document:report . <#d> a cd:Disagreement ;
    cd:concerns tie:a--c . place:d cd:districtOf city:b . tie:b--d a cd:Tie ; cd:party city:a , city:b , place:d ;
    cd:status status:existing . twinning:c--d a cd:TwinningAgreement ; cd:party city:c , city:d ;
    cd:status status:ended ; cd:endDate "2009"^^xsd:gYear . city:a rdfs:label "a"@en ;
    skos:exactMatch <https://sws.geonames.org/1/>"""


@pytest.mark.parametrize("statuses", [(), ("planned",), ("sought",), ("rejected",), ("ended",), ("existing", "ended")])
def test_only_what_exists_counts(statuses: tuple[str, ...]) -> None:
    """A shortcut needs the status existing; planned, sought, rejected, ended or none at all give none of any kind."""
    shortcuts = {t.predicate for follows in RELATIONS.values() for t in _read(follows)}
    assert len(shortcuts) == 6
    assert all(holds(follows, _relations("existing")) for follows in RELATIONS.values())
    assert not [t for t in infer(_relations(*statuses)).graph.union if t.predicate in shortcuts]


def test_an_end_in_another_passage_counts() -> None:
    """What one passage gives as existing and another as ended has no shortcut; another as sought leaves it."""
    for follows in RELATIONS.values():
        assert none_holds(follows, _relations("existing"), _relations("ended"))
        assert holds(follows, _relations("existing"), _relations("sought"))


def test_an_ended_twinning_is_not_current() -> None:
    """It is an ended twinning, its cities were formerly twinned, and they are neither twinned nor tied."""
    ended = "twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b ; cd:status status:ended"
    assert holds("twinning:a--b a cd:EndedTwinning . city:b cd:formerlyTwinnedWith city:a", ended)
    assert none_holds("twinning:a--b a cd:CurrentTwinning . city:a cd:twinnedWith city:b ; cd:tiedTo city:b", ended)
    said_by_class = "twinning:a--b a cd:EndedTwinning ; cd:party city:a , city:b ; cd:status status:existing"
    assert none_holds("city:a cd:twinnedWith city:b . twinning:a--b a cd:CurrentTwinning", said_by_class)


def test_twinning_goes_both_ways_and_no_further() -> None:
    """Being twinned is symmetric, not reflexive and not transitive."""
    twins = """twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b ; cd:status status:existing .
        twinning:b--c a cd:TwinningAgreement ; cd:party city:b , city:c ; cd:status status:existing"""
    pairs = {
        (t.subject, t.object)
        for t in infer(twins).graph.union
        if t.predicate in {NamedNode(expand("cd:twinnedWith")), NamedNode(expand("cd:tiedTo"))}
    }
    a, b, c = (NamedNode(expand(f"city:{name}")) for name in "abc")
    assert pairs == {(a, b), (b, a), (b, c), (c, b)}


def test_nothing_is_tied_to_itself() -> None:
    """No shortcut leads from a thing to itself, neither of a tie nor of its end; nor is a passage its own witness."""
    made = infer(MANY).graph.graph(INFERRED_RULES.value).triples
    assert len(made) > 15
    assert not [t for t in made if t.subject == t.object]


def test_membership_through_another_body() -> None:
    """A membership held via a body is indirect only; a member's member is an indirect member too."""
    via = """membership:a--b a cd:Membership ; cd:member city:a ; cd:organisation body:b ; cd:via body:c ;
        cd:status status:existing"""
    assert holds("city:a cd:indirectMemberOf body:b", via)
    assert none_holds("city:a cd:memberOf body:b . body:b cd:hasMember city:a", via)
    chain = """membership:a--c a cd:Membership ; cd:member city:a ; cd:organisation body:c ; cd:status status:existing .
        membership:c--b a cd:Membership ; cd:member body:c ; cd:organisation body:b ; cd:status status:existing"""
    assert holds("city:a cd:memberOf body:c ; cd:indirectMemberOf body:b . body:c cd:memberOf body:b", chain)
    assert none_holds("city:a cd:memberOf body:b . body:c cd:indirectMemberOf body:b", chain)


@pytest.mark.parametrize("sectors", range(1, 5))
def test_helices(sectors: int) -> None:
    """Partners from four sectors make a quadruple helix, from three a triple one, from fewer none."""
    names = ["government", "research", "industry", "civil-society"][:sectors]
    of = "a cd:Partnership ; cd:initiative initiative:i ; cd:status status:existing ; cd:partner"
    partners = " . ".join(f"partnership:i--{n} {of} body:{n} . body:{n} cd:sector sector:{n}" for n in names)
    given = f"initiative:i a cd:Initiative . {partners}"
    union = infer(given).graph.union
    assert (_read("initiative:i a cd:QuadrupleHelixInitiative")[0] in union) == (sectors == 4)
    assert (_read("initiative:i a cd:TripleHelixInitiative")[0] in union) == (sectors >= 3)
    planned = given.replace("status:existing ; cd:partner body:research", "status:planned ; cd:partner body:research")
    assert none_holds("initiative:i a cd:TripleHelixInitiative , cd:QuadrupleHelixInitiative", planned)


def test_a_contest_marks_and_removes_nothing() -> None:
    """Rival twins both count; both twinnings carry the mark of the disagreement between the passages."""
    first = "twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b ; cd:status status:existing"
    second = "twinning:a--c a cd:TwinningAgreement ; cd:party city:a , city:c ; cd:status status:existing"
    contest = "<#twin> a cd:Disagreement ; cd:concerns twinning:a--b , twinning:a--c"
    alone = infer(first, second).graph.union
    contested = infer(first, second, contest).graph.union
    assert alone < contested
    marks = _read(
        "twinning:a--b cd:contestedIn <#twin> . twinning:a--c cd:contestedIn <#twin>", f"{GRAPH}report/table-3"
    )
    assert {*marks} <= contested
    assert {*_read("city:a cd:twinnedWith city:b , city:c")} <= contested


def test_rules_and_axioms_feed_each_other() -> None:
    """A rule's triple goes through the axioms to another rule, and back, until nothing is new; each step is kept."""
    given = """twinning:a--d a cd:TwinningAgreement ; cd:party city:a , city:d ; cd:status status:existing .
        city:d cd:districtOf city:b"""
    found = infer(given)
    path = _read("city:a cd:twinnedWith city:d ; cd:tiedTo city:b . city:b cd:tiedTo city:a")
    steps = [found.derivation(triple) for triple in path]
    assert [step and step.rule for step in steps] == ["twinned-with", "tie-to-city-of-district", "prp-symp"]
    assert {*found.asserted_behind(path[-1])} > {*_read(given)}
    assert none_holds("city:a cd:twinnedWith city:b", given)


def test_order_of_rules_does_not_matter() -> None:
    """The rules may run in any order: the same follows."""
    graph = KnowledgeGraph([ontology(), NamedGraph(NamedNode(HERE), Role.PASSAGE, _read(MANY))])
    assert all([*rule.apply(infer(MANY).graph.store)] for rule in rules())
    found = [reason(graph, order).graph for order in (rules(), rules()[::-1], rules()[5:] + rules()[:5])]
    assert found[0].union == found[1].union == found[2].union
    for each in found:
        by_owl, by_rules = (each.graph(iri.value).triples for iri in (INFERRED_OWL, INFERRED_RULES))
        assert len({*by_owl} | {*by_rules} | graph.union) == len(by_owl) + len(by_rules) + len(graph.union)


def test_what_was_inferred_before_is_made_anew() -> None:
    """Reasoning over a graph that holds inferred triples forgets them first: nothing stale stays."""
    before = infer(_relations("existing")).graph
    ended = _read("twinning:a--b cd:status status:ended")
    after = reason(before.with_graphs(NamedGraph(NamedNode(f"{GRAPH}x"), Role.PASSAGE, ended)), rules()).graph
    assert _read("city:a cd:twinnedWith city:b")[0] in before.union
    assert _read("city:a cd:twinnedWith city:b")[0] not in after.union
    assert reason(before, rules()).graph.union == before.union


def test_each_relation_has_one_derived_label(reasoned: Workspace) -> None:
    """On the project's graph no relation is labelled twice by the rule, and no shortcut is written by hand."""
    label = NamedNode(expand("rdfs:label"))
    labels = [t for t in reasoned.graph.graph(INFERRED_RULES.value).triples if t.predicate == label]
    assert len(labels) > 100
    assert len(labels) == len({t.subject for t in labels})


def test_a_derived_label_is_proved_by_the_labels_of_the_parties(reasoned: Workspace) -> None:
    """The proof of a relation's label has as leaves the names that it is made of, with their lines."""
    twinning, label = NamedNode(expand("twinning:cardiff--xiamen")), NamedNode(expand("rdfs:label"))
    (quad,) = reasoned.graph.store.quads_for_pattern(twinning, label, None, DefaultGraph())
    (proof,) = islice(reasoned.explanations(quad.triple), 1)
    names = {leaf.triple for leaf in proof.leaves() if leaf.triple.predicate == label}
    assert proof.rule == "relation-labels"
    assert names == {*_read('city:cardiff rdfs:label "Cardiff"@en . city:xiamen rdfs:label "Xiamen"@en')}
    assert all(leaf.places for leaf in proof.leaves())


# -- how rules are written ----------------------------------------------------------------------------------------


def _rule(folder: Path, text: str) -> Rule:
    (folder / "some.rq").write_text(text, encoding="utf-8")
    (rule,) = read_rules(folder)
    return rule


def test_a_rule_says_why(tmp_path: Path) -> None:
    """Each rule has its reason in its header, and its own IRI; a file without a reason is refused with its name."""
    assert all(len(rule.why) > 30 and rule.iri == f"{RULE}{rule.slug}" for rule in rules())
    with pytest.raises(RuleError, match="without its why") as error:
        _rule(tmp_path, "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    assert error.value.where
    assert error.value.where.path == str(tmp_path / "some.rq")


REFUSED = {
    "SELECT * WHERE { ?s ?p ?o }": ("must be a CONSTRUCT", None),
    "ASK { ?s ?p ?o }": ("must be a CONSTRUCT", None),
    "CONSTRUCT { ?s ?p ?o }\nWHERE { ?s ?p }": ("not valid SPARQL", 3),
}


@pytest.mark.parametrize("query", REFUSED)
def test_a_rule_is_a_construct(query: str, tmp_path: Path) -> None:
    """A rule of another query form, or with a mistake in it, is refused with its file and the line of the mistake."""
    message, line = REFUSED[query]
    rule = _rule(tmp_path, f"#+ why: to be refused\n{query}")
    with pytest.raises(RuleError, match=message) as error:
        reason(KnowledgeGraph([ontology()]), [rule])
    assert error.value.where
    assert (error.value.where.path, error.value.where.line) == (str(tmp_path / "some.rq"), line)
