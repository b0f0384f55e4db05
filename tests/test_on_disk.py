"""Graphs that are served from disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from cdkg.errors import SnapshotError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.store import Snapshot, Snapshots
from cdkg.workers import Pool, PoolBounds, Request, Source

GRAPH = "https://w3id.org/cdkg/graph/"
QUERIES = {
    "union": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "graphs": "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "join": "SELECT ?o { <urn:x:s1> ?p ?o . ?s ?p ?o } ORDER BY ?o ?s",
    "shapes": "ASK { <urn:x:shape> ?p ?o }",
}


def _graph(number: int) -> KnowledgeGraph:
    """Two graphs that have half of their triples in common, and one of shapes."""

    def triples(begin: int, end: int) -> tuple[Triple, ...]:
        predicate = NamedNode("urn:x:p")
        return tuple(Triple(NamedNode(f"urn:x:s{n % 7}"), predicate, Literal(str(n))) for n in range(begin, end))

    shape = Triple(NamedNode("urn:x:shape"), NamedNode("urn:x:p"), Literal("x"))
    return KnowledgeGraph([
        NamedGraph(NamedNode(f"{GRAPH}a"), Role.PASSAGE, triples(0, number)),
        NamedGraph(NamedNode(f"{GRAPH}b"), Role.PASSAGE, triples(number // 2, number * 3 // 2)),
        NamedGraph(NamedNode(f"{GRAPH}shapes/x"), Role.SHAPES, (shape,)),
    ])  # fmt: skip


def _written(folder: Path, most_in_memory: int) -> Snapshot:
    return Snapshots(folder, most_in_memory=most_in_memory).write(_graph(40), {})


def _answers(snapshot: Snapshot) -> dict[str, str]:
    pool = Pool(Source(snapshot.path), PoolBounds())
    try:
        return {name: b"".join(pool.ask(Request(text, "text/csv"))).decode() for name, text in QUERIES.items()}
    finally:
        pool.close()


def test_the_same_answers_from_disk(tmp_path: Path) -> None:
    """What is too large for memory is asked on disk, by several processes, and says the same."""
    small, large = _written(tmp_path / "memory", 81), _written(tmp_path / "disk", 80)
    assert [(snapshot.path / "store").is_dir() for snapshot in (small, large)] == [False, True]
    found = _answers(large)
    assert found == _answers(small)
    assert (found["union"], found["shapes"]) == ("n\r\n60\r\n", "false")
    assert small.read().union == large.read().union


def test_it_is_the_store_that_is_asked(tmp_path: Path) -> None:
    """Not the file beside it, which would take the memory."""
    large = _written(tmp_path, 80)
    (large.path / "graph.nq").write_text("", encoding="utf-8")
    assert _answers(large)["union"] == "n\r\n60\r\n"


def test_a_damaged_store_is_told(tmp_path: Path) -> None:
    """It cannot be opened, and the server says so."""
    large = _written(tmp_path, 80)
    for path in (large.path / "store").iterdir():
        path.write_bytes(b"nothing")
    with pytest.raises(SnapshotError, match="cannot be opened"):
        Pool(Source(large.path), PoolBounds())
