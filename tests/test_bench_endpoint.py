"""The measurements of endpoints measure what they say: whole answers, compared, and a load that is counted right."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bench.endpoint.__main__ import Measuring
from bench.endpoint.compare import differing, request, rows
from bench.endpoint.load import is_whole, measured
from bench.endpoint.queries import MIXED, RUNAWAY, Asked
from bench.endpoint.report import Cell, Note, text
from bench.endpoint.servers import SERVERS, Graph
from bench.validation.graphs import write
from pyoxigraph import RdfFormat, Store

from cdkg.query import inspect

JSON = "application/sparql-results+json"


def test_queries_are_realistic_and_different() -> None:
    """At least 16 in the mix, each with a name and a text of its own, and all pass our guard."""
    assert len(MIXED) >= 16
    assert len({asked.text for asked in MIXED}) == len({asked.name for asked in MIXED}) == len(MIXED)
    assert all(inspect(asked.text).form for asked in (*MIXED, RUNAWAY))


@pytest.mark.slow
def test_each_query_finds_something(tmp_path: Path) -> None:
    """On a graph of the size that is measured, no query of the mix is answered with nothing."""
    graph = Graph(write(tmp_path / "towns", 50_000).whole, tmp_path)
    store = Store()
    store.bulk_load(path=str(graph.triples()), format=RdfFormat.N_TRIPLES)
    empty = []
    for asked in MIXED:
        found: Any = store.query(asked.text)
        if not (found if asked.text.count("ASK {") else list(found)):
            empty.append(asked.name)
    assert empty == ["ended"]  # nothing is wrong with the graph, and this one looks for what is


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwel", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwell\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwell\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", False),
    ],
)
def test_the_end_of_a_response(found: bytes, whole: bool) -> None:
    """By its length, or by its last chunk."""
    assert is_whole(found) is whole


def test_answers_are_compared_as_bags() -> None:
    """Order and names of blank nodes do not count; how often a row is there, and its terms, do."""
    row, other = {"x": {"type": "uri", "value": "a:b"}}, {"x": {"type": "bnode", "value": "n1"}}
    renamed = {"x": {"type": "bnode", "value": "m7"}}

    def bag(*found: dict[str, Any]) -> Counter[str]:
        return rows(json.dumps({"head": {}, "results": {"bindings": found}}).encode(), JSON)

    assert bag(row, other) == bag(renamed, row)
    assert bag(row, row) != bag(row)
    assert bag(row) != bag({"x": {"type": "literal", "value": "a:b"}})
    assert rows(b'{"boolean": true}', JSON) != rows(b'{"boolean": false}', JSON)
    assert rows(b"<a:b> <a:c> <a:d> .", "application/n-triples").total() == 1
    assert differing({"q": bag(row), "r": bag(row)}, {"q": bag(row)}) == ["r"]


class _Handler(BaseHTTPRequestHandler):
    """Answers every third request with a failure, and counts them all."""

    protocol_version = "HTTP/1.1"
    server: _Counting

    def do_GET(self) -> None:
        with self.server.turn:
            self.server.seen += 1
            status = 500 if self.server.seen % 3 == 0 else 200
        self.send_response(status)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"well")

    def log_message(self, *_: Any) -> None:
        pass


class _Counting(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.turn, self.seen = threading.Lock(), 0
        super().__init__(("127.0.0.1", 0), _Handler)


@pytest.fixture
def counting() -> Iterator[_Counting]:
    """A server that counts."""
    with _Counting() as found:
        threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
        yield found
        found.shutdown()


@pytest.mark.parametrize("at_once", [1, 4])
def test_the_load_counts_what_was_answered(counting: _Counting, at_once: int) -> None:
    """Each answer counts once, failures apart; the rate is that of the answers."""
    sent = request("/", Asked("a", "ASK {}")).encode()
    found = measured("127.0.0.1", counting.server_port, [sent], at_once, 0.3)
    assert sum(found["statuses"].values()) == counting.seen > at_once
    assert found["statuses"]["500"] == counting.seen // 3
    assert 0 < found["p50"] <= found["p99"]
    assert found["rps"] <= counting.seen / 0.3


def test_a_report_tells_ratios_to_ours() -> None:
    """Who answers twice as many as we do under the same load has a 2."""
    cells = [Cell("10k", "cdkg", "light", 8, 100, 1, 2, 0, 50), Cell("10k", "other", "light", 8, 200, 1, 2, 3, 50)]
    told = text(cells, [Note("10k", "third", "not measured: gone")], "a machine")
    assert next(line for line in told.splitlines() if "other" in line).split()[5] == "2.00"
    assert "third: not measured: gone" in told


@pytest.mark.slow
def test_our_own_endpoint_is_measured(tmp_path: Path) -> None:
    """The whole way, on a small graph: cells for each load without failures, and runaways that were cut."""
    graph = Graph(write(tmp_path / "towns", 5_000).whole, tmp_path / "forms")
    measuring = Measuring(0.3, [2], tmp_path / "results")
    measuring.server("tiny", "cdkg", SERVERS["cdkg"], graph)
    assert {cell.load for cell in measuring.cells} >= {"light", "mixed", "light, cached", "light, runaways"}
    assert not any(cell.failed for cell in measuring.cells)
    assert any("504" in note.told for note in measuring.notes)
    assert (tmp_path / "results" / "endpoint.json").exists()
