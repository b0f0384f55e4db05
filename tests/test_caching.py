"""Answers that are not worked out again: entity tags, the results kept, and gzip."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, current_app
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode, Quad, Store
from werkzeug.test import TestResponse

from cdkg.server import create_app
from cdkg.server.answers import InProcess, Parts
from cdkg.server.caching import Result, Results, is_repeatable
from cdkg.server.compression import compress
from cdkg.workers import Request

SMALL = "SELECT * { ?s <x:p> ?o } LIMIT 1"
MIDDLE = "SELECT * { ?s <x:p> ?o } LIMIT 500"
LARGE = "SELECT * { ?s <x:p> ?o }"


class Counting(InProcess):
    """Counts how often it is asked; its store can be swapped."""

    asked = 0
    swaps_while_asked = False
    lags = False

    def ask(self, request: Request, client: str = "", gone: Callable[[], bool] = lambda: False) -> Parts:
        """Count, and answer."""
        self.asked += 1
        if self.swaps_while_asked:
            self.version += "'"
        parts = super().ask(request, client, gone)
        if self.lags:
            parts.version = "former"  # type: ignore[misc]  # ours can be set
        return parts


@pytest.fixture
def answers() -> Counting:
    """Answers from a store of 9,000 triples."""
    store = Store()
    store.bulk_extend(Quad(NamedNode(f"x:s{n}"), NamedNode("x:p"), Literal(f"value {n}")) for n in range(9000))
    return Counting(store, version="one")


@pytest.fixture
def client(answers: Counting) -> FlaskClient:
    """A client of them."""
    return create_app(answers).test_client()


def get(client: FlaskClient, query: str = SMALL, method: str = "GET", more: str = "", **headers: str) -> TestResponse:
    """Ask by GET."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.open(f"/sparql?{more}", method=method, query_string={"query": query}, headers=named)


# -- entity tags -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"other", "{}"'])
def test_what_the_client_has_is_not_sent(client: FlaskClient, answers: Counting, method: str, form: str) -> None:
    """A tag that the client has is answered with 304 and nothing else, and nothing is evaluated."""
    first = get(client)
    tag, is_weak = first.get_etag()
    assert tag
    assert not is_weak
    before = answers.asked
    again = get(client, method=method, If_None_Match=form.format(tag))
    assert (again.status_code, again.data) == (304, b"")
    assert again.get_etag() == (tag, False)
    assert {"Accept", "Accept-Encoding"} <= set(again.vary)
    assert "Content-Type" not in again.headers
    assert answers.asked == before
    assert get(client, If_None_Match='"other"').status_code == 200
    assert get(client, If_None_Match="*").status_code == 304


def test_another_thing_has_another_tag(client: FlaskClient, answers: Counting) -> None:
    """Query, format, dataset, coding and snapshot each make another tag; the same request has the same."""
    fields: list[dict[str, Any]] = [
        {"query": SMALL},
        {"query": MIDDLE},
        {"query": SMALL, "format": "csv"},
        {"query": SMALL, "default-graph-uri": "x:g"},
        {"query": SMALL, "named-graph-uri": "x:g"},
        {"query": SMALL, "default-graph-uri": ["x:g", "x:h"]},
    ]
    tags = [client.get("/sparql", query_string=each).headers["ETag"] for each in fields]
    tags.append(get(client, SMALL, Accept="application/json").headers["ETag"])
    tags.append(get(client, MIDDLE, Accept_Encoding="gzip").headers["ETag"])
    assert len(set(tags)) == len(tags)
    assert [client.get("/sparql", query_string=each).headers["ETag"] for each in fields] == tags[: len(fields)]
    answers.version = "two"
    assert get(client).headers["ETag"] not in tags
    assert get(client, If_None_Match=tags[0]).status_code == 200


def test_caches_must_ask(client: FlaskClient) -> None:
    """Every answer may be kept by caches that ask whether it is still so."""
    assert get(client).headers["Cache-Control"] == "no-cache"
    assert get(client).headers["Cache-Control"] == "no-cache"  # this one is from memory
    assert get(client, If_None_Match=get(client).headers["ETag"]).headers["Cache-Control"] == "no-cache"


def test_post_has_no_tag(client: FlaskClient, answers: Counting) -> None:
    """What a POST answers is no representation of the address (RFC 9110, section 9.3.3), but is kept here."""
    tag = get(client).headers["ETag"]
    posted = client.post("/sparql", data={"query": SMALL}, headers={"If-None-Match": tag})
    assert posted.status_code == 200
    assert "ETag" not in posted.headers
    assert answers.asked == 1


@pytest.mark.parametrize(
    ("query", "repeatable"),
    [
        ("SELECT (NOW() AS ?t) {}", False),
        ("SELECT (rand() AS ?t) {}", False),
        ("SELECT (UUID() AS ?t) {}", False),
        ("SELECT (StrUUID() AS ?t) {}", False),
        ("SELECT (BNODE() AS ?t) {}", False),
        ("SELECT * { ?s ?p ?o FILTER(1 <NOW()&&2>1) }", False),
        ("SELECT * { ?s ?p ?o } ORDER BYRAND()", False),
        ("SELECT * { SERVICE <http://e.org/> { ?s ?p ?o } }", False),
        ("CONSTRUCT { ?s <x:p> [] } WHERE { ?s ?p ?o }", False),
        ("CONSTRUCT { ?s <x:p> _:b } WHERE { ?s ?p ?o }", False),
        ("CONSTRUCT { ?s <x:p> (1 2) } WHERE { ?s ?p ?o }", False),
        ("CONSTRUCT WHERE { ?s <x:p> [ <x:q> ?o ] }", False),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o , [] FILTER(?o > 1) }", True),
        ("CONSTRUCT FROM <x:g> WHERE { ?s ?p ?o }", True),
        ("SELECT * { ?now <x:rand> 'NOW()' } # UUID()", True),
        ("PREFIX snow: <x:> SELECT * { ?s snow:now [] }", True),
        ("ASK { ?s <http://e.org/NOW> ?o }", True),
    ],
)
def test_what_changes_is_not_kept(client: FlaskClient, answers: Counting, query: str, repeatable: bool) -> None:
    """What gives something new each time has no tag and is worked out each time; strings and names do not count."""
    assert is_repeatable(query) is repeatable
    responses = [get(client, query) for _ in range(2)]
    if responses[0].status_code == 200:
        assert [("ETag" in r.headers, r.headers["Cache-Control"]) for r in responses] == [
            (repeatable, "no-cache" if repeatable else "no-store")
        ] * 2
        assert answers.asked == (1 if repeatable else 2)


def test_store_of_unknown_version(answers: Counting) -> None:
    """Of a store that may change unseen, nothing is kept."""
    answers.version = ""
    client = create_app(answers).test_client()
    assert "ETag" not in get(client).headers
    get(client)
    assert answers.asked == 2


#: Prints a digest of the answer of each query on a graph with blank nodes.
DIGESTS = """
import hashlib, sys
from pathlib import Path
from cdkg.query import run
from cdkg.workers import Source
store = Source(Path(sys.argv[1])).open()
for query in QUERIES:
    answer = run(store, query)
    for form in answer.offered:
        print(query, form.name, hashlib.sha256(answer.write(form)).hexdigest())
        answer = run(store, query)
"""


def test_same_bytes_in_another_process(tmp_path: Path) -> None:
    """A strong tag may promise the same bytes after a restart too: nothing in an answer depends on the process."""
    queries = [
        "SELECT * { ?s ?p ?o }",
        "SELECT ?p (COUNT(*) AS ?n) (GROUP_CONCAT(STR(?s)) AS ?g) (SAMPLE(?o) AS ?x) { ?s ?p ?o } GROUP BY ?p",
        "SELECT DISTINCT ?s { { ?s <x:p1> ?o } UNION { ?s <x:p2> ?o } }",
        "SELECT ?v { <x:s1> (<x:p1>|<x:p4>)+/<x:q> ?v }",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "DESCRIBE <x:s1> <x:s2>",
    ]
    lines = (f'<x:s{n % 90}> <x:p{n % 7}> _:b{n} <x:g> .\n_:b{n} <x:q> "value {n}" <x:g> .\n' for n in range(400))
    (tmp_path / "graph.nq").write_text("".join(lines))
    code = DIGESTS.replace("QUERIES", repr(queries))
    said = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in "12"
    ]
    assert said[0].count(b"\n") > len(queries)
    assert said[0] == said[1]


# -- results kept ------------------------------------------------------------------------------------------------------


def test_same_bytes_from_memory(client: FlaskClient, answers: Counting) -> None:
    """The second answer is the first one, head and body, and is not worked out; so is one for HEAD."""
    for coding in ("", "gzip"):
        before = answers.asked
        first, second = (get(client, MIDDLE, Accept_Encoding=coding) for _ in range(2))
        head = get(client, MIDDLE, "HEAD", Accept_Encoding=coding)
        assert answers.asked == before + 1
        assert first.data == second.data
        assert _head(first) == _head(second) == _head(head)


def _head(response: TestResponse) -> dict[str, object]:
    return {**response.headers, "Vary": sorted(response.vary)}


def test_dropped_at_the_swap(client: FlaskClient, answers: Counting) -> None:
    """After a swap, no answer of the former snapshot is given, and none is kept."""
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    before = get(client, count).data
    answers.store.add(Quad(NamedNode("x:s"), NamedNode("x:q"), NamedNode("x:o")))
    assert get(client, count).data == before
    answers.version = "two"
    assert get(client, count).data != before
    results: Results = client.application.config["RESULTS"]
    assert len(results) == 1


def test_swap_while_it_is_worked_out(client: FlaskClient, answers: Counting) -> None:
    """An answer of a newer snapshot than the one that was looked up has the newer tag and is not kept as the older."""
    older = get(client).headers["ETag"]
    answers.swaps_while_asked = True
    newer = get(client, MIDDLE)
    answers.swaps_while_asked = False
    assert get(client, MIDDLE).headers["ETag"] == newer.headers["ETag"]
    assert answers.asked == 3
    assert get(client).headers["ETag"] != older


def test_answer_of_a_former_snapshot(client: FlaskClient, answers: Counting) -> None:
    """An answer that a worker of the former snapshot still gives is not kept as one of the new, and has its own tag."""
    answers.lags = True
    former = get(client).headers["ETag"]
    answers.lags = False
    assert get(client).headers["ETag"] != former
    assert answers.asked == 2


def test_errors_are_not_kept(client: FlaskClient, answers: Counting) -> None:
    """What fails is tried again, and has no tag."""
    for _ in range(2):
        failed = get(client, "SELECT * { ?s <x:p ?o }")
        assert failed.status_code == 400
        assert "ETag" not in failed.headers
    assert len(client.application.config["RESULTS"]) == 0
    before = answers.asked
    _ = get(client, LARGE), get(client, LARGE)  # it is sent as it comes, and may yet break off
    assert answers.asked == before + 2


@pytest.mark.parametrize(("control", "asked"), [("no-store", 2), ("no-cache", 2), ("max-age=0", 1), ("", 1)])
def test_the_client_decides(client: FlaskClient, answers: Counting, control: str, asked: int) -> None:
    """With `no-store` nothing is kept; with `no-cache` nothing that was kept is given."""
    _ = get(client, Cache_Control=control), get(client, Cache_Control=control)
    assert answers.asked == asked


def test_bounds() -> None:
    """Results take no more bytes than they may; the one that was asked for longest ago goes first."""
    results = Results(most=5000, each=2000)
    results.find("v", "")
    results.keep("v", "too large", Result(bytes(1600), "", "", None))
    assert len(results) == 0
    for name in "abcde":
        results.keep("v", name, Result(bytes(1000), "", name, None))
        results.find("v", "a")
        assert results.size <= 5000
    assert [name for name in "abcde" if results.find("v", name)] == ["a", "d", "e"]
    results.keep("former", "f", Result(b"", "", "", None))
    assert results.find("v", "f") is None
    assert results.find("w", "a") is None
    assert (len(results), results.size) == (0, 0)


# -- gzip --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("x-gzip", True),
        ("deflate, gzip;q=0.2, br", True),
        ("*", True),
        ("identity;q=0, *;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("identity, gzip;q=0.5", False),
        ("br", False),
        ("", False),
    ],
)
def test_coding_by_quality(client: FlaskClient, accepted: str, packed: bool) -> None:
    """Gzip is sent to those who like it at least as much as none; what is unpacked is the same."""
    plain = get(client, MIDDLE)
    answer = get(client, MIDDLE, Accept_Encoding=accepted)
    assert answer.headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert (gzip.decompress(answer.data) if packed else answer.data) == plain.data
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert {"Accept", "Accept-Encoding"} <= set(answer.vary)
    assert (answer.headers["ETag"] != plain.headers["ETag"]) is packed


def test_tag_of_the_packed_form(client: FlaskClient) -> None:
    """Either form is recognised by its own tag; who takes no gzip is not told that the packed form is still good."""
    packed = get(client, MIDDLE, Accept_Encoding="gzip").headers["ETag"]
    plain = get(client, MIDDLE).headers["ETag"]
    for tag, accepted, status in ((packed, "gzip", 304), (plain, "gzip", 304), (plain, "", 304), (packed, "", 200)):
        assert get(client, MIDDLE, If_None_Match=tag, Accept_Encoding=accepted).status_code == status


def test_tiny_answers_stay_as_they_are(client: FlaskClient) -> None:
    """What fits into one packet is not packed."""
    answer = get(client, SMALL, Accept_Encoding="gzip")
    assert "Content-Encoding" not in answer.headers
    assert json.loads(answer.data)
    assert "Accept-Encoding" in answer.vary


def test_long_answers_are_packed_as_they_come(client: FlaskClient) -> None:
    """A long answer has no length beforehand, and comes in several parts; unpacked it is the same."""
    plain = get(client, LARGE)
    with client.get("/sparql", query_string={"query": LARGE}, headers={"Accept-Encoding": "gzip"}) as answer:
        assert "Content-Length" not in answer.headers
        parts = list(answer.response)
    assert len(parts) > 1
    assert gzip.decompress(b"".join(parts)) == plain.data  # type: ignore[arg-type]


class _Breaking:
    """An answer that breaks off."""

    closed = False

    def __iter__(self) -> Any:
        yield random.Random(1).randbytes(100_000)  # noqa: S311
        raise RuntimeError("cut")

    def close(self) -> None:
        self.closed = True


def test_what_breaks_off_has_no_end(client: FlaskClient) -> None:
    """Of a packed answer that breaks off, the end of the gzip format is missing, and the work behind it is ended."""
    breaking = _Breaking()
    with client.application.test_request_context("/", headers={"Accept-Encoding": "gzip"}):
        response = compress(Response(breaking, content_type="text/csv", direct_passthrough=True))
        parts = iter(response.response)
        got = next(parts)
        with pytest.raises(RuntimeError, match="cut"):
            next(parts)
        response.close()
    with pytest.raises(EOFError):
        gzip.decompress(got)  # type: ignore[arg-type]
    assert breaking.closed


def test_other_pages(answers: Counting) -> None:
    """Other pages are packed too; a strong tag of theirs becomes weak, so that it is still recognised; files stay."""
    app = create_app(answers)
    _add_page(app)
    client = app.test_client()
    page = client.get("/page", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(page.data) == b"x" * 5000
    assert page.get_etag() == ("tag", True)
    assert "Accept-Encoding" in page.vary
    with client.get("/static/cdkg.js", headers={"Accept-Encoding": "gzip"}) as file:
        assert "Content-Encoding" not in file.headers


def _add_page(app: Flask) -> None:
    @app.get("/page")
    def page() -> Response:
        assert current_app
        response = Response("x" * 5000, content_type="text/html")
        response.set_etag("tag")
        return response
