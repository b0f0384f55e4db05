"""A real `cdkg serve` under fire: during each attack another client is answered within a second, and nothing stays."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from cdkg.assets import start_project
from processes import children, eventually, is_alive, memory

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="clients have addresses of their own, and /proc is read"),
]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_VALUES = "VALUES ?{} {{ " + " ".join(map(str, range(60))) + " }}"
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
STREAM = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
DOUBLING = "SELECT ?z { BIND('x' AS ?v0) " + "".join(
    f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1}) " for n in range(40)
) + "BIND(STRLEN(?v40) AS ?z) }"  # fmt: skip
BOMBS = {
    "cross product": CROSS,
    "sorted product": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?i ?f ?c",
    "streamed product": STREAM,
    "product of VALUES": f"SELECT (COUNT(*) AS ?n) {{ {' '.join(_VALUES.format(v) for v in 'abcdefg')} }}",
    "paths": "SELECT (COUNT(*) AS ?n) { ?a (<x:p>|!<x:p>)*/(<x:p>|!<x:p>)*/(<x:p>|!<x:p>)* ?b . ?b (!<x:q>)+ ?c }",
    "GROUP_CONCAT": "SELECT (GROUP_CONCAT(?x) AS ?y) { ?a ?b ?c . ?d ?e ?f BIND(CONCAT(STR(?a), STR(?f)) AS ?x) }",
    "doubling": DOUBLING,
    "regex": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(REGEX(STR(?c), CONCAT(STR(?f), '(([a-z])+.)+$'))) }",
    "large regex": "ASK { FILTER(REGEX('" + "a" * 2000 + "', '" + "(a?){999}" * 3 + "')) }",
    "long FILTER IN": "SELECT * { ?a ?b ?c . ?d ?e ?f FILTER(?c IN (" + ",".join(map(str, range(16_000))) + ")) }",
    "nested OPTIONAL": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c " + "OPTIONAL { ?x ?y ?z " * 30 + "}" * 30 + " }",
    "deep UNION": "SELECT * { " + "{ ?s ?p ?o } UNION " * 300 + "{ ?a ?b ?c } ?d ?e ?f . ?g ?h ?i } ORDER BY ?i",
}  # fmt: skip
REFUSED = {
    "100,000-term FILTER IN": "ASK { ?s ?p ?o FILTER(?o IN (" + ",".join(map(str, range(100_000))) + ")) }",
    "nested braces": "ASK " + "{" * 6000 + "}" * 6000,
    "open brackets": "ASK { FILTER" + "(" * 90_000,
    "many minus signs": "ASK { FILTER(1 " + "- " * 40_000 + "1) }",
    "open string": "ASK { ?s ?p '" + "\\'" * 40_000,
    "less than less than": "ASK { FILTER(" + "<" * 90_000,
}


@dataclass
class Served:
    """A server that runs, and what it cost before anybody was wicked."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Ask from the attacker's address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body or None, {k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def query(self, text: str) -> tuple[int, bytes]:
        """Ask a query from the attacker's address."""
        return self.send("POST", "/sparql", urlencode({"query": text}).encode(), **FORM)

    def probe(self) -> float:
        """Seconds that another client waits for `ASK {}`, each time another query, so that no cache answers it."""
        begun = time.monotonic()
        text = quote(f"ASK {{}} # {begun}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10, source_address=("127.0.0.2", 0))
        try:
            connection.request("GET", f"/sparql?query={text}")
            response = connection.getresponse()
            body = response.read()
            assert (response.status, json.loads(body)["boolean"]) == (200, True)
        finally:
            connection.close()
        return time.monotonic() - begun

    def raw(self) -> socket.socket:
        """A connection for those who speak no HTTP."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def metric(self, name: str) -> float:
        """A figure of `/metrics`."""
        lines = self.send("GET", "/metrics")[1].decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A starter project, served with a deadline of two seconds."""
    home = tmp_path_factory.mktemp("abuse")
    folder, log = home / "project", home / "log"
    start_project(folder)
    with _serving(folder, log) as found:
        yield found


@contextlib.contextmanager
def _serving(folder: Path, log: Path) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"CDKG_QUERY_SECONDS": "2", "CDKG_QUERY_MEGABYTES": "300", "CDKG_IDLE_SECONDS": "5"}
    command = [sys.executable, "-m", "cdkg", "serve", "--port", str(port)]
    with log.open("wb") as out, subprocess.Popen(
        command, cwd=folder, stdout=out, stderr=out, env=os.environ | settings
    ) as process:  # fmt: skip
        found = Served(process, port, log)
        try:
            eventually(lambda: _is_up(found), 60)
            yield found
        finally:
            process.kill()


def _is_up(served: Served) -> bool:
    try:
        return served.send("GET", "/health/ready")[0] == 200
    except OSError:
        return False


@contextlib.contextmanager
def others_are_answered(served: Served, seconds: float = 1.0) -> Iterator[None]:
    """While the block runs, another client asks all the time; afterwards no worker is at work any more."""
    over, found, faults = threading.Event(), list[float](), list[BaseException]()

    def ask() -> None:
        while not found or not over.wait(0.05):
            try:
                found.append(served.probe())
            except BaseException as error:  # noqa: BLE001  # told below
                faults.append(error)
                return

    served.probe()
    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert not faults
    assert found
    assert max(found) < seconds, f"the slowest of {len(found)} took {max(found):.2f} s"
    eventually(lambda: served.metric('cdkg_workers{state="at work"}') == 0, 5)


def at_once(number: int, attack: Callable[[], object]) -> list[object]:
    """Do something so many times at the same time."""
    found: list[object] = []

    def once() -> None:
        try:
            found.append(attack())
        except (OSError, http.client.HTTPException) as error:
            found.append(error)

    threads = [threading.Thread(target=once) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(served: Served, name: str) -> None:
    """A query that would take for ever is over soon after its deadline, or answered, or refused; never a 500."""
    with others_are_answered(served):
        begun = time.monotonic()
        found = at_once(3, lambda: served.query(BOMBS[name]))
        assert time.monotonic() - begun < 8
    for answer in found:
        if not isinstance(answer, http.client.IncompleteRead):  # streamed, and broken off so that it is seen
            assert isinstance(answer, tuple), answer
            assert answer[0] in {200, 400, 503, 504}, answer
    assert served.metric("cdkg_ready") == 1


@pytest.mark.parametrize("name", REFUSED)
def test_refused_unread(served: Served, name: str) -> None:
    """What the guard refuses is refused at once."""
    with others_are_answered(served):
        begun = time.monotonic()
        assert served.query(REFUSED[name])[0] in {400, 413}
        assert time.monotonic() - begun < 1


def test_bodies(served: Served) -> None:
    """Huge and compressed bodies are refused, and so are odd expectations."""
    with others_are_answered(served):
        for answer in at_once(4, lambda: served.send("POST", "/sparql", b"query=" + b"x" * 20_000_000, **FORM)):
            assert isinstance(answer, OSError) or answer[0] == 413, answer  # type: ignore[index]
        bomb = gzip.compress(b"query=" + b"x" * 50_000_000)
        assert served.send("POST", "/sparql", bomb, Content_Encoding="gzip", **FORM)[0] == 415
        assert served.send("POST", "/sparql", b"query=ASK{}", Expect="a-miracle", **FORM)[0] == 417


@pytest.mark.parametrize(
    "head",
    [
        "POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "POST /sparql HTTP/1.0\r\nTransfer-Encoding: chunked\r\n",
        "POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
        "POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n",
        "GET /sparql?query=ASK%7B%7D HTTP/1.1\r\n",
        "GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n",
    ],
)
def test_framing_that_can_be_read_in_two_ways(served: Served, head: str) -> None:
    """Such a request is refused, and the connection ends: nothing behind it is taken for another request."""
    with served.raw() as connection:
        connection.sendall(head.encode() + b"\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        found = b"".join(iter(lambda: connection.recv(4096), b""))
    assert found.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert len(re.findall(rb"HTTP/1.[01] \d", found)) == 1
    assert b"waitress" not in found


def test_slow_headers_and_idle_clients(served: Served) -> None:
    """Sixty-four clients that say nothing, and some that say a byte now and then, stop nobody, and are sent away."""
    with others_are_answered(served), contextlib.ExitStack() as stack:
        idle = [stack.enter_context(served.raw()) for _ in range(64)]
        slow = [stack.enter_context(served.raw()) for _ in range(8)]
        begun = time.monotonic()
        alive = set(slow)
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        while alive and time.monotonic() - begun < 40:
            time.sleep(0.5)
            for connection in list(alive):
                try:
                    connection.sendall(b"x")
                except OSError:
                    alive.discard(connection)
        assert not alive, "a byte now and then keeps a connection for ever"
        for connection in idle:
            assert connection.recv(1) == b""


def test_slow_reader(served: Served) -> None:
    """A reader that is too slow holds a worker no longer than the deadline."""
    with others_are_answered(served), contextlib.ExitStack() as stack:
        for _ in range(4):
            connection = stack.enter_context(served.raw())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(f"GET /sparql?query={quote(STREAM)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        eventually(lambda: served.metric('cdkg_workers{state="at work"}') >= 3, 3)
        eventually(lambda: served.metric('cdkg_workers{state="at work"}') == 0, 4)


@pytest.mark.parametrize("text", [CROSS, STREAM], ids=["evaluated", "streamed"])
def test_disconnects(served: Served, text: str) -> None:
    """A client that leaves frees its worker within a second."""
    with others_are_answered(served):
        for _ in range(3):
            with served.raw() as connection:
                connection.sendall(f"GET /sparql?query={quote(text)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                eventually(lambda: served.metric('cdkg_workers{state="at work"}') >= 1, 2)
                if text == STREAM:
                    connection.recv(1000)
            eventually(lambda: served.metric('cdkg_workers{state="at work"}') == 0, 1)


def test_injection(served: Served) -> None:
    """Nothing that a client writes begins a header or a line of the log."""
    mark = '{"status": 200, "injected": true}'
    for path in (f"/no%0d%0a{quote(mark)}", "/sparql?query=" + quote(f"ASK {{}} #\r\n{mark}\r\nX: y\x1b[2J")):
        status, _ = served.send("GET", path)
        assert status in {400, 404}
    with served.raw() as connection:
        connection.sendall(b"GET /no%0d%0aX-Injected:%20yes?\xff\xfe HTTP/1.1\r\nHost: a\r\nOrigin: x\x0by\r\n\r\n")
        assert b"\nX-Injected" not in connection.recv(10_000).partition(b"\r\n\r\n")[0]
    served.probe()
    lines = [line for line in served.log.read_text().splitlines() if line.startswith("{")]
    told = [json.loads(line) for line in lines]
    assert not any("injected" in line for line in told)
    assert any(mark in line.get("query", "") for line in told)
    assert all(char.isprintable() for line in lines for char in line)
    assert max(map(len, lines)) < 5000


def test_invalid_utf8(served: Served) -> None:
    """Bytes that are no text are the client's mistake, wherever they stand."""
    assert served.send("GET", "/sparql?query=ASK%7B%7D%23%ff%fe")[0] == 400
    assert served.send("POST", "/sparql", b"query=%ff", **FORM)[0] == 400
    assert served.send("POST", "/sparql", b"ASK { } #\xff", Content_Type="application/sparql-query")[0] == 400
    assert served.send("GET", "/%ff%fe")[0] == 404


def test_too_many_of_one_client(served: Served) -> None:
    """A client with too many queries is told to come again later, and others do not notice."""
    with others_are_answered(served):
        found = at_once(20, lambda: served.query(CROSS))
    statuses = [answer[0] for answer in found if isinstance(answer, tuple)]
    assert statuses.count(429) >= 10
    assert set(statuses) <= {429, 503, 504}


def test_light_query_beside_runaways(served: Served) -> None:
    """While two queries run away, a light one takes at most three times as long as alone."""
    text = "SELECT ?s (COUNT(?o) AS ?n) {{ ?s a ?o }} GROUP BY ?s ORDER BY ?n LIMIT 5 # {}"

    def middle() -> float:
        times = []
        for _ in range(40):
            begun = time.monotonic()
            assert served.query(text.format(begun))[0] == 200
            times.append(time.monotonic() - begun)
        return sorted(times)[20]

    alone = middle()
    threads = [threading.Thread(target=served.query, args=(CROSS,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.7)
    beside = middle()
    for thread in threads:
        thread.join()
    sys.stderr.write(f"alone {alone * 1000:.2f} ms, beside two runaways {beside * 1000:.2f} ms\n")
    assert beside < max(3 * alone, 0.02)


def test_memory_and_processes_come_back(served: Served) -> None:
    """After a round of bombs there is the holder and a few idle workers, and the server is no larger."""

    def whole() -> int:
        found = 0
        for pid in [served.process.pid, *children(served.process.pid)]:
            with contextlib.suppress(OSError):  # it has ended meanwhile
                found += memory(pid)
        return found

    served.probe()
    server, everything = memory(served.process.pid), whole()
    for _ in range(2):
        for name in ("sorted product", "doubling", "GROUP_CONCAT", "streamed product"):
            at_once(3, lambda name=name: served.query(BOMBS[name]))  # type: ignore[misc]
    eventually(lambda: served.metric('cdkg_workers{state="at work"}') == 0, 5)
    assert len(children(served.process.pid)) <= 1 + 8
    assert memory(served.process.pid) < server + 30_000_000
    assert whole() < everything + 100_000_000


def test_graceful_stop(tmp_path: Path) -> None:
    """On SIGTERM, queries at work are cut and told so, the server ends with 0 within 10 s, and nothing stays."""
    folder = tmp_path / "project"
    start_project(folder)
    with _serving(folder, tmp_path / "log") as served:
        found: list[object] = []
        # the deadline comes first, after that the answer goes out
        thread = threading.Thread(target=lambda: found.append(served.query(CROSS)))
        thread.start()
        eventually(lambda: served.metric('cdkg_workers{state="at work"}') == 1)
        below = children(served.process.pid)
        begun = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(10) == 0
        assert time.monotonic() - begun < 10
        thread.join()
        assert found[0][0] in {503, 504}  # type: ignore[index]
        eventually(lambda: not any(map(is_alive, below)), 1)


def test_killed_server_leaves_nothing(tmp_path: Path) -> None:
    """`kill -9` of the server ends all its processes, those at work too."""
    folder = tmp_path / "project"
    start_project(folder)
    with _serving(folder, tmp_path / "log") as served:
        thread = threading.Thread(target=lambda: at_once(2, lambda: served.query(CROSS)))
        thread.start()
        eventually(lambda: served.metric('cdkg_workers{state="at work"}') == 2)
        below = children(served.process.pid)
        assert len(below) >= 3
        served.process.kill()
        eventually(lambda: not any(map(is_alive, below)), 3)
        thread.join()
