"""A little graph of mappings that IRIs are looked up in: what tests of look-ups share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, Store, Triple

from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.linking.lookup import Found, look_up
from cdkg.query import run
from cdkg.sources import sssom
from cdkg.vocabulary import CD, GRAPH, ID, PREFIXES, RDF_TYPE

WD, LEEDS = PREFIXES["wd"], f"{ID}city/leeds"
GEONAMES = "https://sws.geonames.org/"
HEAD = """#curie_map:
#  cd: https://w3id.org/cdkg/ontology/
#  city: https://w3id.org/cdkg/id/city/
#  geonames: https://sws.geonames.org/
#  wd: http://www.wikidata.org/entity/
#  wdt: http://www.wikidata.org/prop/direct/
#mapping_set_id: https://w3id.org/cdkg/graph/links/mine
#license: https://creativecommons.org/publicdomain/zero/1.0/
"""
NAMES = (
    "subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id", "object_label",
    "mapping_justification", "reviewer_label", "confidence", "comment",
)  # fmt: skip
ROWS = (
    (
        "cd:twinnedWith",
        "twinned with",
        "skos:closeMatch",
        "",
        "wdt:P190",
        "twinned body",
        "Ann",
        "1",
        "",
    ),
    ("city:leeds", "Leeds", "skos:exactMatch", "", "geonames:2644688/", "Leeds", "", "0.8", "only one source"),
    ("city:leeds", "Leeds", "skos:exactMatch", "", "wd:Q39121", "Leeds", "Ann|Bea", "0.95", 'said "twice", even'),
    ("city:leeds", "Leeds", "skos:exactMatch", "Not", "wd:Q1", "Leeds, Alabama", "Ann", "1", "another one"),
    ("city:york", "York", "skos:broadMatch", "", "wd:Q2", "Yorkshire", "Ann", "0.9", ""),
)


def text() -> str:
    """The file of the mappings."""
    lines = (
        "\t".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' if '"' in cell else cell for cell in cells)
        for cells in (NAMES, *((*row[:6], "semapv:ManualMappingCuration", *row[6:]) for row in ROWS))
    )
    return HEAD + "\n".join(lines) + "\n"


def project_in(folder: Path) -> Path:
    """A project with a file of mappings."""
    for name in ("links", "data"):
        (folder / name).mkdir()
    (folder / "cdkg.toml").write_text("", encoding="utf-8")
    (folder / "links" / "mine.sssom.tsv").write_text(text(), encoding="utf-8")
    return folder


def graph_of(project: Path) -> KnowledgeGraph:
    """Its graph, with a match in Turtle beside it, one that follows, and a city without any."""
    city, close = NamedNode(f"{CD}City"), NamedNode(PREFIXES["skos"] + "closeMatch")
    stated = (
        Triple(city, close, NamedNode("https://schema.org/City")),
        Triple(NamedNode(f"{ID}city/hull"), RDF_TYPE, city),
    )
    follows = (Triple(NamedNode("https://schema.org/City"), close, NamedNode(f"{CD}Other")),)
    return KnowledgeGraph(
        [
            sssom.read_graph(project / "links" / "mine.sssom.tsv", f"{GRAPH}links/mine"),
            NamedGraph(NamedNode(f"{GRAPH}ontology/alignments/schema"), Role.ONTOLOGY, stated),
            NamedGraph(NamedNode(f"{GRAPH}inferred/owl"), Role.INFERRED, follows),
        ]
    )


def found_in(store: Store, asked: Iterable[str], **more: Any) -> list[Found]:
    """Look IRIs up in a store."""
    return look_up([*asked], lambda text: run(store, text).result, **more)


def pairs(found: Found) -> set[tuple[str, str]]:
    """What stands at the other ends, with the state of each match."""
    return {(match.other(found.iri)[0], match.state) for match in found.matches}
