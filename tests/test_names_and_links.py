"""Names of ours that nobody defines, and links that name no thing, are found with what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.validation import Kind, Severity
from cdkg.validation.index import Index
from cdkg.validation.links import wrong_links
from cdkg.validation.places import Places
from cdkg.validation.prefixes import odd_prefixes
from cdkg.validation.shacl.columnar.columns import Columns
from cdkg.validation.terms import UNDEFINED_THING, UNKNOWN_TERM, nearest_names, undefined_names
from cdkg.vocabulary import PREFIXES

HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
ONTOLOGY = """
<https://w3id.org/cdkg/ontology/> a owl:Ontology .
cd:City a owl:Class ; rdfs:label "city"@en ; rdfs:isDefinedBy <https://w3id.org/cdkg/ontology/> .
cd:country a owl:ObjectProperty ; rdfs:label "country"@en ; rdfs:isDefinedBy <https://w3id.org/cdkg/ontology/> .
"""


def _graph(path: Path, role: Role, text: str) -> NamedGraph:
    path.write_text(HEAD + text, encoding="utf-8")
    quads = parse(path.read_bytes(), format=RdfFormat.TURTLE, base_iri="https://example.org/")
    return NamedGraph(NamedNode(f"https://example.org/{path.stem}"), role, tuple(q.triple for q in quads), path)


def _project(folder: Path, text: str) -> KnowledgeGraph:
    entities = "country:france a cd:Country . city:paris a cd:City . city:lyon a cd:City ."
    return KnowledgeGraph(
        [
            _graph(
                folder / "ontology.ttl",
                Role.ONTOLOGY,
                ONTOLOGY + "cd:Country a owl:Class . cd:markdown a rdfs:Datatype .",
            ),
            _graph(folder / "entities.ttl", Role.EDITORIAL, entities),
            _graph(folder / "mine.ttl", Role.PASSAGE, text),
        ]
    )


@pytest.mark.parametrize(
    ("text", "rule", "value", "meant"),
    [
        ("city:paris cd:countri country:france .", UNKNOWN_TERM, "country:france", "cd:country"),
        ("city:paris a cd:Citty .", UNKNOWN_TERM, "cd:Citty", "cd:City"),
        ('city:paris cd:country "a"^^cd:Citty .', UNKNOWN_TERM, "", ""),
        ('city:paris cd:country "1998"^^cd:gyear .', UNKNOWN_TERM, "", "xsd:gYear"),
        ('city:paris cd:country "a"^^cd:markdwon .', UNKNOWN_TERM, "", "cd:markdown"),
        ("city:paris rdfs:seeAlso city:lion .", UNDEFINED_THING, "city:lion", "city:lyon"),
        ("city:paris rdfs:seeAlso <https://w3id.org/cdkg/graph/x/gone> .", UNDEFINED_THING, "", ""),
    ],
)
def test_undefined_name(tmp_path: Path, text: str, rule: str, value: str, meant: str) -> None:
    """A name that nothing defines is a violation on its line, and the nearest known one is offered."""
    graph = _project(tmp_path, f"\n{text}\n")
    (name,) = undefined_names(graph, Index(graph), Columns(graph.union))
    found = name.result(Places(graph), nearest_names(graph.store, [name.key])[name.key])
    assert (found.severity, found.kind, found.source) == (Severity.VIOLATION, Kind.VOCABULARY, rule)
    assert meant in found.expected
    assert meant in found.hint
    if value:
        prefix, _, local = value.partition(":")
        assert found.value == f"<{PREFIXES[prefix]}{local}>"
    (place,) = found.places
    line = (tmp_path / "mine.ttl").read_text(encoding="utf-8").splitlines()[(place.line or 0) - 1]
    assert (Path(place.path).name, line) == ("mine.ttl", text)


def test_defined_names_are_no_findings(tmp_path: Path) -> None:
    """Defined terms and things, the namespace itself, and names of others are passed over."""
    known = "city:paris cd:country country:france ; rdfs:seeAlso <http://x/nobody>, cd: "
    graph = _project(tmp_path, known + '; rdfs:comment "a"^^cd:markdown, "b"^^<http://x/nobody>, "c", 5 .')
    assert not undefined_names(graph, Index(graph), Columns(graph.union))


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("<https://www.wikidata.org/wiki/Q90>", "http://www.wikidata.org/entity/Q90"),
        ("<https://www.wikidata.org/entity/Q90>", "http://www.wikidata.org/entity/Q90"),
        ("<http://www.wikidata.org/entity/Q090>", "http://www.wikidata.org/entity/"),
        ("<http://www.geonames.org/2988507/paris.html>", "https://sws.geonames.org/2988507/"),
        ("<https://sws.geonames.org/2988507>", "https://sws.geonames.org/2988507/"),
        ("<https://dbpedia.org/page/Paris>", "http://dbpedia.org/resource/Paris"),
        ('"http://www.wikidata.org/entity/Q90"', "the IRI of the thing"),
        ("[]", "the IRI of the thing"),
        ("city:paris", "another IRI"),
    ],
)
@pytest.mark.parametrize("property_", ["skos:exactMatch", "owl:sameAs"])
def test_wrong_link(tmp_path: Path, property_: str, link: str, wanted: str) -> None:
    """A link to a page, to a text or to nothing is told with the IRI that is meant."""
    graph = _project(tmp_path, f"city:paris {property_} {link} .")
    (found,) = wrong_links(Index(graph), Places(graph))
    assert found.kind is Kind.LINK
    assert wanted in found.expected


@pytest.mark.parametrize(
    "link",
    [
        "<http://www.wikidata.org/entity/Q90>",
        "<https://sws.geonames.org/2988507/>",
        "<http://dbpedia.org/resource/Paris>",
        "<https://example.org/paris>",
        "city:lyon",
    ],
)
def test_right_link(tmp_path: Path, link: str) -> None:
    """IRIs of things are no findings, nor are those of sides that are not known."""
    graph = _project(tmp_path, f"city:paris skos:exactMatch {link} .")
    assert not list(wrong_links(Index(graph), Places(graph)))


def test_page_that_is_no_link(tmp_path: Path) -> None:
    """Addresses of pages are fine where they are no matches."""
    graph = _project(tmp_path, "city:paris rdfs:seeAlso <https://www.wikidata.org/wiki/Q90> .")
    assert not list(wrong_links(Index(graph), Places(graph)))
    assert Triple(NamedNode(PREFIXES["city"] + "paris"), NamedNode(PREFIXES["rdfs"] + "seeAlso"),
                  NamedNode("https://www.wikidata.org/wiki/Q90")) in graph.union  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "wanted"),
    [
        ("@prefix schema: <http://schema.org/> .", "https://schema.org/"),
        ("@prefix cd: <https://w3id.org/cdkg/ontology#> .", "https://w3id.org/cdkg/ontology/"),
        ("PREFIX kos: <http://www.w3.org/2004/02/skos/core>", "http://www.w3.org/2004/02/skos/core#"),
        ("@prefix owl: <https://example.org/birds/> .", "http://www.w3.org/2002/07/owl#"),
    ],
)
def test_odd_prefix(tmp_path: Path, declared: str, wanted: str) -> None:
    """A well-known prefix or namespace that is bound otherwise is told at its IRI."""
    path = tmp_path / "mine.ttl"
    path.write_text(f"# mine\n{declared}\n<http://x/a> <http://x/b> 1 .\n", encoding="utf-8")
    graph = KnowledgeGraph([NamedGraph(NamedNode("http://x/g"), Role.PASSAGE, (), path)])
    (found,) = odd_prefixes(graph)
    assert wanted in found.expected
    (place,) = found.places
    assert (place.line, place.column, place.end_column) == (2, declared.index("<") + 1, declared.index(">") + 2)


@pytest.mark.parametrize(
    "text",
    [
        "@prefix schema: <https://schema.org/> .",
        "@prefix mine: <https://example.org/mine/> .",
        "@prefix city: <https://example.org/my-cities/> .",
        '<http://x/a> <http://x/b> """\n@prefix schema: <http://schema.org/> .\n""" .',
    ],
)
def test_usual_prefix(tmp_path: Path, text: str) -> None:
    """Usual prefixes, those of one's own, and what only looks like a declaration are no findings."""
    path = tmp_path / "mine.ttl"
    path.write_text(text, encoding="utf-8")
    assert not list(odd_prefixes(KnowledgeGraph([NamedGraph(NamedNode("http://x/g"), Role.PASSAGE, (), path)])))
