"""What a stranger, and the holder of a weak token, cannot do: a real `cdkg serve`, and its parts."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from pyoxigraph import NamedNode, Quad

from cdkg.bounded import Bounds, Job
from cdkg.errors import BusyError, CdkgError, LimitError, Location, OutputError, SnapshotError, WriteError
from cdkg.server.app import create_app
from cdkg.server.guarding import SHIELD, discreet
from cdkg.server.listening import Listening, Server
from cdkg.server.writing import Tokens, offer
from cdkg.server.writing.offer import write
from cdkg.workers import Pool, PoolBounds, Request, Source
from cdkg.workers.writing import Write, Written, applying
from cdkg.workers.writing.applying import apply
from plain_server import Running, new_token, running

JSON = "application/sparql-results+json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A plain dataset of 200 triples, with a token for one graph and what is below it."""
    home = tmp_path_factory.mktemp("safety")
    data, state = home / "data.nq", home / "w"
    lines = [f"<http://e/n{n}> <http://e/p> <http://e/n{n + 1}> .\n" for n in range(200)]
    data.write_text("".join(lines) + "<http://e/a> <http://e/p> <http://e/b> <http://e/uclx> .\n")
    token = new_token("--scope", "write", "--graph", "http://e/ucl", state=state)
    arguments = "--plain", str(data), "--writable", str(state), "--state", str(state)
    os.environ["CDKG_ANSWER_ROWS"] = "500"
    try:
        with running(*arguments, token=token) as found:
            yield found
    finally:
        del os.environ["CDKG_ANSWER_ROWS"]


def _sent(server: Running, data: bytes) -> bytes:
    host, _, port = server.address.removeprefix("http://").rstrip("/").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(4096), b""))


# -- rows --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_rows_of_solutions(server: Running, form: str) -> None:
    """As many rows as may be are answered, and one more is not; what a value holds is no row."""
    text = 'SELECT * {{ VALUES ?x {{ {} }} VALUES ?y {{ {} }} BIND("}}}},{{\\"x\\n</result>\\t" AS ?z) }}'
    most = text.format(" ".join(map(str, range(50))), " ".join(map(str, range(10))))
    if form == "csv":  # whose values hold line ends as they are
        most = most.replace("\\n", "")
    assert server.query(f"{most} LIMIT 500", format=[form]).status == 200
    assert server.query(f"{most} OFFSET 0", format=[form]).status == 200
    more = server.query(most.replace("?y { ", "?y { 77 "), format=[form])
    assert more.status == 400
    assert "500 rows" in json.loads(more.body)["detail"]


@pytest.mark.parametrize("form", ["turtle", "nt", "json-ld", "rdf"])
def test_rows_of_graphs(server: Running, form: str) -> None:
    """Triples are rows too."""
    text = "CONSTRUCT {{ ?s ?x ?o }} {{ ?s <http://e/p> ?o VALUES ?x {{ {} }} }}"
    few = " ".join(f"<http://e/p{n}>" for n in "ab")
    assert server.query(text.format(few), accept="*/*", format=[form]).status == 200
    assert server.query(text.format(few + " <http://e/pc>"), accept="*/*", format=[form]).status == 400


def test_rows_break_off(tmp_path: Path) -> None:
    """A long answer that has begun breaks off; 0 lets any number through."""
    path = tmp_path / "data.nq"
    path.write_text("".join(f"<http://e/n{n}> <http://e/p> <http://e/n{n + 1}> .\n" for n in range(300)))
    asked = Request("SELECT * { ?a ?b ?c . ?d ?e ?f }", JSON)
    for most, rows in ((10_000, None), (0, 90_000)):
        pool = Pool(Source(path, plain=True), PoolBounds(answer_rows=most))
        with contextlib.closing(pool), contextlib.closing(pool.ask(asked)) as reply:
            if rows is None:
                with pytest.raises(LimitError):
                    b"".join(reply)
            else:
                assert len(json.loads(b"".join(reply))["results"]["bindings"]) == rows


# -- tokens ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "/2026", "#part"])
def test_scope_holds_what_is_below(server: Running, name: str) -> None:
    """A token writes its graph and what is below that."""
    answer = server.update(f"INSERT DATA {{ GRAPH <http://e/ucl{name}> {{ <x:a> <x:b> 1 }} }}")
    assert answer.status == 204


@pytest.mark.parametrize(
    "name", ["x", "-evil", ".evil", "@evil", "/../x", "/%2e%2E/x", "/a/..", "/./x", "/..%2fx", "/..%5Cx"]
)
def test_scope_ends_where_a_step_ends(server: Running, name: str) -> None:
    """What merely begins alike, or leads upwards, is not below."""
    if "%5C" in name:
        name = name.replace("%5C", "/")
    graph = f"http://e/ucl{name}"
    assert server.update(f"INSERT DATA {{ GRAPH <{graph}> {{ <x:a> <x:b> 1 }} }}").status == 403
    sent = server.send(
        "PUT", f"graph-store?graph={quote(graph, safe='')}", b"<x:a> <x:b> 1 .", Content_Type="text/turtle"
    )
    assert sent.status == 403


@pytest.mark.parametrize(
    "text",
    [
        "DROP ALL",
        "DROP NAMED",
        "CLEAR GRAPH <http://e/uclx>",
        "MOVE <http://e/uclx> TO <http://e/ucl>",
        "COPY DEFAULT TO <http://e/other>",
        "WITH <http://e/uclx> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }",
        "INSERT { GRAPH ?g { <x:a> <x:b> 1 } } WHERE { BIND(IRI('http://e/other') AS ?g) }",
        "PREFIX u: <http://e/ucl> INSERT DATA { GRAPH u:x { <x:a> <x:b> 1 } }",
        "INSERT DATA { GRAPH <http://e/\\u0075clx> { <x:a> <x:b> 1 } }",
    ],
)
def test_no_operation_leaves_the_scope(server: Running, text: str) -> None:
    """Whatever an update writes, and however it names it, the token is asked."""
    assert server.update(text).status == 403


def test_runaway_update(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update is ended when its time is up, and its process with it; nothing waits for minutes."""
    monkeypatch.setattr(applying, "SECONDS", 1)
    node = [NamedNode(f"http://e/n{n}") for n in range(400)]
    quads = [Quad(each, NamedNode("http://e/p"), each) for each in node]
    text = (
        b"INSERT { ?a ?b 1 } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER(CONCAT(STR(?c), STR(?f), STR(?i)) = 'x') }"
    )
    begun = time.monotonic()
    with (
        Job(lambda _: apply(Write("update", text), quads), bounds=Bounds(20, 4096)) as job,
        pytest.raises(LimitError, match="SIGALRM"),
    ):
        job.result()
    assert time.monotonic() - begun < 10


def test_many_writes_at_once() -> None:
    """Of many writes at the same time, some wait and the others are told to come again: they hold no threads."""
    going, over = threading.Semaphore(0), threading.Event()

    class _Slow:
        def write(self, _: Write) -> Written:
            going.release()
            over.wait(10)
            return Written((), created=False, source="")

    app, told = Flask("slow"), list[type[Exception] | None]()
    offer(app, _Slow(), Tokens(Path("nowhere")))

    def once() -> None:
        with app.app_context():
            try:
                write(Write("delete"))
                told.append(None)
            except BusyError as error:
                told.append(type(error) if error.status == 503 else None)

    threads = [threading.Thread(target=once) for _ in range(20)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        assert going.acquire(timeout=5)
    until = time.monotonic() + 5
    while told.count(BusyError) < 12 and time.monotonic() < until:
        time.sleep(0.01)
    over.set()
    for thread in threads:
        thread.join()
    assert (told.count(BusyError), told.count(None)) == (12, 8)


# -- what is told ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["<x:f>", "<java:java.lang.Runtime>", "<file:///etc/passwd>", "xsd:nope"])
def test_functions_that_nobody_knows(server: Running, name: str) -> None:
    """A function of the request is the client's mistake, and nothing is run."""
    text = f"PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT ({name}(1) AS ?x) {{}}"
    assert server.query(text).status == 400


class _Failing:
    """Answers with an error."""

    version, quads = "", 0

    def __init__(self, error: CdkgError) -> None:
        self.error = error

    def ask(self, *_: object) -> object:
        raise self.error

    def is_ready(self) -> bool:
        return True


@pytest.mark.parametrize("kind", [SnapshotError, OutputError])
def test_errors_tell_no_paths(kind: type[CdkgError]) -> None:
    """Who asks learns nothing of the machine; a store that is locked or gone is a reason to come again."""
    path = "/srv/kg.d/secret/graph.nq"
    error = kind("it cannot be opened", where=Location(path, 3), why=f"IO error: lock {path}: busy", hint="wait")
    answer = create_app(_Failing(error)).test_client().get("/sparql?query=ASK%7B%7D")  # type: ignore[arg-type]
    assert "secret" not in answer.text
    assert "it cannot be opened" in answer.text
    if kind is SnapshotError:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert all(answer.headers[name] == value for name, value in SHIELD.items())


def test_discreet_keeps_addresses() -> None:
    """Addresses of the web, and places in what was sent, are no paths of the machine."""
    said = "see https://w3id.org/cdkg/graph/x and <http://e/a/b/c>, data/x/y.ttl or /sparql"
    assert discreet(WriteError("no", where=Location("update", 1, 2), why=said)) == f"update:1:2: no\n  why: {said}"


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1", b"NONSENSE", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b"])
def test_refusals_of_the_parser_are_shielded(server: Running, head: bytes) -> None:
    """Also what no application gets to see has the headers that shield its reader."""
    found = _sent(server, head + b"\r\n\r\n").lower()
    assert b" 400 " in found.partition(b"\r\n")[0]
    assert all(f"{name}: {value}".lower().encode() in found for name, value in SHIELD.items())


@pytest.mark.parametrize("value", ["chunked, chunked", "chunked, identity", "xchunked", "\x0bchunked", "gzip, chunked"])
def test_transfer_codings(server: Running, value: str) -> None:
    """What two servers may read in two ways is refused, and what stands behind it is no request."""
    head = f"POST /sparql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {value}\r\n\r\n0\r\n\r\n"
    found = _sent(server, head.encode() + b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert found.count(b"HTTP/1.") == 1
    assert found[9:10] in {b"4", b"5"}


@pytest.mark.parametrize("host", ["a, b", 'a"><script>', "a/b", "a@b", "a b", "[::1", "a?b", "a:x", "a\\b"])
def test_hosts_that_are_none(server: Running, host: str) -> None:
    """Host stands in links, so it is a name or nothing."""
    assert b" 400 " in _sent(server, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())[:20]


@pytest.mark.parametrize("host", ["a", "kg.example.org:8000", "127.0.0.1", "[::1]:80", "a_b.example"])
def test_hosts(server: Running, host: str) -> None:
    """A name, or an address, with a port or without."""
    assert b" 200 " in _sent(server, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())[:20]


def test_one_client_takes_not_all_connections() -> None:
    """Where all places are taken, who has most of them loses the oldest idle one, and others come in."""

    def app(_: object, start: object) -> list[bytes]:
        start("200 OK", [("Content-Length", "2")])  # type: ignore[operator]
        return [b"ok"]

    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(app, listening, replace(Listening(), connections=30, threads=2, body_bytes=1000))
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        with contextlib.ExitStack() as stack:
            address = listening.getsockname()
            other = stack.enter_context(socket.create_connection(address, 5, source_address=("127.0.0.2", 0)))
            for _ in range(60):
                stack.enter_context(socket.create_connection(address, 5))
            new = stack.enter_context(socket.create_connection(address, 5, source_address=("127.0.0.3", 0)))
            for connection in (new, other):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        server.stop()
        server.stop()
        thread.join(5)
        server.finish(0.1)
