"""Ours for theirs and theirs for ours: what is found, and from which forms of IRIs."""

from __future__ import annotations

import random

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from cdkg.errors import LimitError, VocabularyError
from cdkg.graph import KnowledgeGraph
from cdkg.linking.lookup import MOST
from cdkg.linking.spellings import LONGEST, spellings
from cdkg.pipeline import Workspace
from cdkg.sources import sssom
from cdkg.vocabulary import CD, GRAPH, ID, PREFIXES, RDF_TYPE
from conftest import ROOT
from lookups import GEONAMES, LEEDS, WD, found_in, graph_of, pairs, project_in


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    """The graph of the mappings."""
    return graph_of(project_in(tmp_path_factory.mktemp("project")))


# -- what is found -----------------------------------------------------------------------------------------------------


def test_both_directions(graph: KnowledgeGraph) -> None:
    """A denial that was reviewed is told as such; what nobody has looked at is counted and not shown."""
    ours, theirs, denied = found_in(graph.store, [LEEDS, f"{WD}Q39121", f"{WD}Q1"])
    assert pairs(ours) == {(f"{WD}Q39121", "accepted"), (f"{WD}Q1", "denied")}
    assert (ours.matches[0].state, ours.candidates, len(ours.holding)) == ("accepted", 1, 1)
    assert pairs(theirs) == {(LEEDS, "accepted")}
    assert pairs(denied) == {(LEEDS, "denied")}
    assert not denied.holding


def test_candidates_for_whoever_wants_them(graph: KnowledgeGraph) -> None:
    """They are told as what they are."""
    (plain,) = found_in(graph.store, [f"{GEONAMES}2644688/"])
    assert (plain.known, plain.candidates, plain.matches) == (True, 1, ())
    (asked,) = found_in(graph.store, [f"{GEONAMES}2644688/"], candidates=True)
    assert pairs(asked) == {(LEEDS, "candidate")}
    assert not asked.holding


def test_matches_without_a_record(graph: KnowledgeGraph) -> None:
    """A match that Turtle states is told once, one that follows is not, and one with a record is not told twice."""
    (found,) = found_in(graph.store, ["https://schema.org/City"])
    assert pairs(found) == {(f"{CD}City", "stated")}
    assert (found.matches[0].record, found.matches[0].file) == (None, None)
    assert found.matches[0].graph == f"{GRAPH}ontology/alignments/schema"
    assert found.holding


def test_what_a_match_tells(graph: KnowledgeGraph) -> None:
    """All that stands in its row, and where that is."""
    (found,) = found_in(graph.store, [f"{WD}Q39121"])
    (told,) = found.as_json()["matches"]
    record = told.pop("record")
    assert record.startswith(f"{GRAPH}links/mine#city-leeds--Q39121--")
    assert told == {
        "match": LEEDS, "label": "Leeds", "state": "accepted", "negative": False, "subject": LEEDS,
        "subjectLabel": "Leeds", "predicate": f"{PREFIXES['skos']}exactMatch", "object": f"{WD}Q39121",
        "objectLabel": "Leeds", "confidence": 0.95,
        "justification": f"{PREFIXES['semapv']}ManualMappingCuration", "reviewed": True, "reviewers": ["Ann", "Bea"],
        "authors": [], "date": None, "comment": 'said "twice", even', "graph": f"{GRAPH}links/mine",
        "file": "links/mine.sssom.tsv", "line": None,
    }  # fmt: skip


def test_every_mapping_of_the_project_is_found_from_both_ends(reasoned: Workspace) -> None:
    """And says what its row says."""
    store = reasoned.graph.store
    written = [m for path in sorted((ROOT / "links").glob("*.sssom.tsv")) for m in sssom.read(path).mappings]
    assert len(written) > 300
    ends = sorted({end for m in written for end in (m.subject_id, m.object_id) if end})
    found = {each.asked: each for each in found_in(store, ends, candidates=True)}
    for mapping in written:
        for end in (mapping.subject_id, mapping.object_id):
            assert mapping in [match.mapping for match in found[str(end)].matches if match.record], mapping
    told = [match for each in found.values() for match in each.matches if match.record]
    assert len(told) == 2 * len(written)
    for match in told:
        expected = "accepted" if match.mapping.is_accepted else "denied" if match.mapping.is_negative else "candidate"
        assert match.state == expected


def test_batches_give_the_same(reasoned: Workspace) -> None:
    """However many IRIs a query names, in whatever order they are asked, and asked twice."""
    rng = random.Random(11)  # noqa: S311
    written = sssom.read(ROOT / "links" / "wikidata.sssom.tsv").mappings
    asked = [str(m.object_id).replace("http:", "https:") for m in rng.sample(written, 30)]
    asked += [*asked[:3], f"{ID}city/nowhere"]
    whole = found_in(reasoned.graph.store, asked, candidates=True)
    for most in (1, 200, 3000):
        assert found_in(reasoned.graph.store, asked, candidates=True, most_bytes=most) == whole
    shuffled = rng.sample(asked, len(asked))
    by_iri = {each.asked: each for each in whole}
    again = found_in(reasoned.graph.store, shuffled, candidates=True)
    assert again == [by_iri[iri] for iri in shuffled]


# -- as people write IRIs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://www.wikidata.org/entity/Q39121", f"{WD}Q39121"),
        ("http://www.wikidata.org/entity/Q39121/", f"{WD}Q39121"),
        ("https://www.wikidata.org/wiki/Q39121", f"{WD}Q39121"),
        ("https://m.wikidata.org/wiki/q39121?uselang=de#P190", f"{WD}Q39121"),
        ("https://www.wikidata.org/wiki/Special:EntityData/Q39121.ttl", f"{WD}Q39121"),
        ("wikidata.org/wiki/Q39121", None),
        ("wd:Q39121", f"{WD}Q39121"),
        ("<http://www.wikidata.org/entity/Q39121>", f"{WD}Q39121"),
        ("https://www.wikidata.org/wiki/Property:P190", f"{PREFIXES['wdt']}P190"),
        ("http://www.wikidata.org/entity/P190", f"{PREFIXES['wdt']}P190"),
        ("https://www.geonames.org/2644688/leeds.html", f"{GEONAMES}2644688/"),
        ("http://geonames.org/2644688", f"{GEONAMES}2644688/"),
        ("http://sws.geonames.org/2644688/about.rdf", f"{GEONAMES}2644688/"),
        (f"{GEONAMES}2644688", f"{GEONAMES}2644688/"),
        ("https://w3id.org/cdkg/page/id/city/leeds", LEEDS),
        ("http://w3id.org/cdkg/data/id/city/leeds.ttl", LEEDS),
        ("http://w3id.org/cdkg/id/city/leeds/", LEEDS),
        ("city:leeds", LEEDS),
        ("http://schema.org/City", "https://schema.org/City"),
        (" https://schema.org/City/ ", "https://schema.org/City"),
    ],
)
def test_usual_mistakes(graph: KnowledgeGraph, written: str, meant: str | None) -> None:
    """What was asked and what it was taken for are both told."""
    if meant is None:
        with pytest.raises(VocabularyError, match="no scheme"):
            found_in(graph.store, [written])
        return
    (found,) = found_in(graph.store, [written], candidates=True)
    assert (found.asked, found.iri) == (written.strip(), meant)
    assert found.matches


def test_what_is_right_as_it_is_stays_so() -> None:
    """A graph that has the other form of an IRI, too, is asked for the one that was written."""
    exact, match = NamedNode(PREFIXES["skos"] + "exactMatch"), "https://www.wikidata.org/entity/Q5"
    store = Store()
    for number, iri in enumerate((match, f"{WD}Q5")):
        quad = Quad(NamedNode(f"{ID}city/{number}"), exact, NamedNode(iri), NamedNode(f"{GRAPH}x"))
        store.extend([quad, Quad(quad.subject, quad.predicate, quad.object)])
    one, other = found_in(store, [match, f"{WD}Q5"])
    assert (one.iri, pairs(one)) == (match, {(f"{ID}city/0", "stated")})
    assert (other.iri, pairs(other)) == (f"{WD}Q5", {(f"{ID}city/1", "stated")})


def test_escapes() -> None:
    """DBpedia writes names as they are, and addresses have them escaped."""
    assert "http://dbpedia.org/resource/Düsseldorf" in spellings("https://dbpedia.org/page/D%C3%BCsseldorf")


@pytest.mark.parametrize(
    "text", ["", " ", "Q42", "foo:bar", "http://a b", "http://", "urn:a(b)", "\ud800", "<>", "x:" * 5000]
)
def test_no_iris(text: str) -> None:
    """They are told; nothing is looked for in their place."""
    with pytest.raises(VocabularyError):
        spellings(text)


def test_odd_iris_do_no_harm(graph: KnowledgeGraph) -> None:
    """Whatever an IRI may have in it reaches the query as it is."""
    odd = [
        "http://x/SERVICE(a)",
        "http://x/'a'#b",
        "http://x/@@",
        "http://x/(((",
        "urn:x:service",
        "http://x/?a=b&c=%7D",
    ]
    odd += [f"http://x/{'(' * 300}", "http://x/" + "a" * (LONGEST - 9), "http://[::1]/", "http://x/é"]
    for each in found_in(graph.store, odd):
        assert (each.known, each.matches) == (False, ())
    rng = random.Random(3)  # noqa: S311
    for _ in range(300):
        text = "http://x/" + "".join(rng.choices("ab/#?:@!$&'()*+,;=~%-._é|<>{}\\^` \"\n", k=rng.randint(1, 20)))
        try:
            found_in(graph.store, [text])
        except VocabularyError:
            continue


def test_all_that_are_no_iris_are_told() -> None:
    """By their numbers."""
    with pytest.raises(VocabularyError, match=r"2 of 3 are no IRIs(.|\n)*number 1, 'a'(.|\n)*number 3, 'b c'"):
        found_in(Store(), ["a", LEEDS, "b c"])
    with pytest.raises(LimitError):
        found_in(Store(), [LEEDS] * (MOST + 1))
    with pytest.raises(VocabularyError, match="no IRI"):
        found_in(Store(), [])


def test_a_store_of_anybody() -> None:
    """Records that say odd things are read as far as they go."""
    node, record = NamedNode, NamedNode("http://x/record")
    told: dict[NamedNode, NamedNode | Literal] = {
        RDF_TYPE: node(f"{PREFIXES['sssom']}Mapping"),
        node(PREFIXES["owl"] + "annotatedSource"): node("http://x/a"),
        node(PREFIXES["sssom"] + "confidence"): Literal("high"),
        node(PREFIXES["sssom"] + "unheard"): Literal("of"),
    }
    store = Store()
    store.extend(Quad(record, predicate, value, node("http://x/g")) for predicate, value in told.items())
    (found,) = found_in(store, ["http://x/a"], candidates=True)
    assert (pairs(found), found.matches[0].mapping.confidence) == ({("", "candidate")}, None)
