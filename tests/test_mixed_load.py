"""A server under a mixed load for minutes: light and heavy queries, runaways, clients that leave, writes and swaps.

`CDKG_LOAD_MINUTES` says for how long; `make soak` takes a quarter of an hour.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from cdkg.store import Snapshots
from cdkg.store.locking import LockedError
from little_project import GRAPH, start
from plain_server import new_token
from processes import at_work, children, descriptors, eventually, is_alive, memory

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="clients have addresses of their own, and /proc is read"),
]
MINUTES = float(os.environ.get("CDKG_LOAD_MINUTES", "1"))
#: Part of the time until memory has settled.
SETTLED = 0.35
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LIGHT = ("ASK {{}} # {}", "SELECT * {{ ?s a ?class }} LIMIT 20 # {}", "DESCRIBE <x:{}>")
HEAVY = ("SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f }} # {}", "SELECT * {{ ?a ?b ?c . ?d a ?e }} LIMIT 60000 # {}")
RUNAWAYS = (
    "SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }} # {}",
    "SELECT * {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }} ORDER BY ?l # {}",
)
DESCRIPTIONS = ("/", "/sparql", "/.well-known/void", "/health", "/metrics", "/id/city/exampleton")


@dataclass
class Load:
    """Clients of a server, and what became of what they asked.

    Attributes:
        port: Where the server listens.
        token: What they may write with.
        snapshots: What is swapped.
        answers: What was asked → statuses, and 0 for what broke off.
        slow: Light queries that took more than a second.
    """

    port: int
    token: str
    snapshots: Snapshots
    answers: dict[str, Counter[int]] = field(default_factory=dict)
    slow: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _faults: list[BaseException] = field(default_factory=list)

    def ask(self, client: str, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        """The status of an answer that is read to its end; 0 where it breaks off."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(client, 0))
        with contextlib.closing(connection):
            connection.request(method, path, body or None, {k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            try:
                response.read()
            except http.client.IncompleteRead:
                return 0
            return response.status

    def query(self, client: str, text: str, chance: random.Random) -> int:
        """The status of a query that nobody has asked before."""
        body = urlencode({"query": text.format(chance.getrandbits(60))}).encode()
        return self.ask(client, "POST", "/sparql", body, **FORM)

    def light(self, chance: random.Random) -> int:
        """A light query, which is to be answered within a second."""
        begun = time.monotonic()
        status = self.query("127.0.0.2", chance.choice(LIGHT), chance)
        took = time.monotonic() - begun
        if took > 1:
            self.slow.append(took)
        return status

    def heavy(self, chance: random.Random) -> int:
        """One that takes a while."""
        return self.query("127.0.0.3", chance.choice(HEAVY), chance)

    def runaway(self, chance: random.Random) -> int:
        """One that would never end."""
        return self.query(f"127.0.0.{chance.choice((4, 5))}", chance.choice(RUNAWAYS), chance)

    def leave(self, chance: random.Random) -> int:
        """A client that leaves before it is answered, or in the midst of its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=("127.0.0.6", 0))
        text = chance.choice(HEAVY + RUNAWAYS).format(chance.getrandbits(60))
        connection.request("POST", "/sparql", urlencode({"query": text}).encode(), FORM)
        if chance.random() < 0.5:
            with contextlib.suppress(OSError):
                connection.sock.settimeout(chance.uniform(0.01, 0.5))
                connection.sock.recv(1000)
        connection.close()
        return 200

    def describe(self, chance: random.Random) -> int:
        """A page or a description, in one form or another."""
        accept = chance.choice(("text/turtle", "text/html", "*/*", "application/ld+json"))
        path = chance.choice(DESCRIPTIONS)
        return self.ask("127.0.0.7", "GET", path, Accept="*/*" if path in {"/health", "/metrics"} else accept)

    def write(self, chance: random.Random) -> int:
        """A graph is put, changed or removed, or a write is refused."""
        graph = f"{GRAPH}pages/load-{chance.randrange(3)}"
        path = f"/graph-store?graph={graph}"
        asked: tuple[str, str, str, str] = chance.choice((
            ("PUT", path, f"<x:a> <x:p> {chance.randrange(9)} .", "text/turtle"),
            ("POST", path, f"<x:a> <x:p> {chance.randrange(9)} .", "text/turtle"),
            ("DELETE", path, "", "text/turtle"),
            ("POST", "/update", f"INSERT DATA {{ GRAPH <{graph}> {{ <x:a> <x:p> 1 }} }}", "application/sparql-update"),
            ("POST", "/update", "INSERT DATA { <x:a> <x:p> 1 }", "application/sparql-update"),
        ))  # fmt: skip
        method, where, body, kind = asked
        told = {"Authorization": f"Bearer {self.token}", "Content_Type": kind}
        return self.ask("127.0.0.8", method, where, body.encode(), **told)

    def swap(self, _: random.Random) -> int:
        """Another snapshot of the same graph becomes current."""
        with contextlib.suppress(LockedError), self.snapshots.building() as write:
            current = self.snapshots.current()
            assert current is not None
            write(current.read(), {"counts": current.about["counts"]})
        return 200

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """All of them go on while the block runs."""
        kinds: list[tuple[Callable[[random.Random], int], float]] = [
            (self.light, 0.02), (self.light, 0.02), (self.heavy, 0.3), (self.runaway, 0.3), (self.leave, 0.2),
            (self.describe, 0.05), (self.write, 0.5), (self.swap, 2.0),
        ]  # fmt: skip
        threads = [
            threading.Thread(target=self._go_on, args=(kind, pause, seed))
            for seed, (kind, pause) in enumerate(kinds)
        ]  # fmt: skip
        with at_work(threads, self._over):
            yield
        assert not self._faults, self._faults

    def _go_on(self, kind: Callable[[random.Random], int], pause: float, seed: int) -> None:
        chance, name = random.Random(seed), kind.__name__  # noqa: S311  # seeded
        seen = self.answers.setdefault(name, Counter())
        while not self._over.wait(chance.uniform(0, 2 * pause)):
            try:
                seen[kind(chance)] += 1
            except Exception as error:  # noqa: BLE001  # told at the end
                self._faults.append(error)
                return


@contextlib.contextmanager
def _served(root: Path, log: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-u", "-m", "cdkg", "serve", "--port", "0", "--project", str(root)]
    settings = {"CDKG_QUERY_SECONDS": "2", "CDKG_QUERY_MEGABYTES": "300", "CDKG_IDLE_SECONDS": "5"}
    with log.open("wb") as err, subprocess.Popen(
        [*command, "--writable", str(root / "data")], stdout=subprocess.PIPE, stderr=err, text=True,
        env=os.environ | settings,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            yield server, urlsplit(server.stdout.readline().split()[2]).port or 0
        finally:
            server.kill()


def _at_rest(server: int, load: Load) -> tuple[int, int]:
    """Memory and descriptors of server and holder, when nobody is at work; idle workers end with their snapshot."""
    load.swap(random.Random())  # noqa: S311  # so that each time there is a new holder, and no worker
    time.sleep(2)
    begun = time.monotonic()
    while time.monotonic() - begun < 20 and len(children(server)) > 2:
        time.sleep(0.1)
    pids = {server, *children(server)}
    return sum(map(memory, pids)), sum(map(descriptors, pids))


def test_mixed_load(tmp_path: Path) -> None:
    """Memory and descriptors stay as they are, others are answered within a second, and no process is left."""
    root, log = start(tmp_path / "project"), tmp_path / "log"
    for number in range(60):
        (root / f"data/pages/more-{number}.ttl").write_text(
            f"@base <{GRAPH}pages/more-{number}> . <x:s> <x:p> {number}, 100, 200 ."
        )
    command = [sys.executable, "-m", "cdkg", "build", "--project", str(root)]
    subprocess.run(command, check=True, capture_output=True)
    snapshots, token = Snapshots(root / ".cdkg"), new_token(state=root / ".cdkg")
    with _served(root, log) as (server, port):
        first, then = (Load(port, token, snapshots) for _ in range(2))
        with first.at_work():
            time.sleep(60 * MINUTES * SETTLED)
        settled = _at_rest(server.pid, first)
        with then.at_work():
            time.sleep(60 * MINUTES * (1 - SETTLED))
        ended = _at_rest(server.pid, then)
        below = children(server.pid)
        server.terminate()
        assert server.wait(15) == 0
        eventually(lambda: not any(map(is_alive, below)))
    told = json.dumps(
        {"memory": (settled[0], ended[0]), "descriptors": (settled[1], ended[1]), "answers": then.answers}
    )
    print(told)  # noqa: T201  # `pytest -s` shows what was done
    assert ended[0] < 1.1 * settled[0], told
    assert ended[1] == settled[1], told
    _check_answers(first, told)
    _check_answers(then, told)
    assert "Traceback" not in log.read_text()


def _check_answers(load: Load, told: str) -> None:
    """Each kind of client was answered as it should be, and often."""
    wanted = {
        "light": {200}, "describe": {200, 303, 404, 406}, "leave": {200}, "swap": {200}, "heavy": {200, 503, 504, 0},
        "runaway": {503, 504, 429, 0}, "write": {201, 204, 400, 403, 404, 503},
    }  # fmt: skip
    assert {name: set(seen) - wanted[name] for name, seen in load.answers.items()} == {
        name: set() for name in wanted
    }, told
    assert load.answers["light"][200] > 300 * MINUTES * SETTLED, told
    assert load.answers["write"][201] + load.answers["write"][204] > 5 * MINUTES * SETTLED, told
    assert not load.slow, load.slow
