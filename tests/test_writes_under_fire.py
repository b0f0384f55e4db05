"""A real server that takes writes, under fire: whoever is killed, whatever is full, nothing acknowledged is lost."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cdkg.pipeline import journal
from little_project import GRAPH, start
from plain_server import Answer, Running, new_token
from processes import at_work, children, eventually, is_alive, memory
from test_snapshots import KILLS, leftovers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]
TURTLE = "text/turtle"
#: Longest body of a graph, and longest update, as `docs/endpoint.md` has them.
LONGEST, LONGEST_UPDATE = 64 * 1024 * 1024, 100_000
GONE = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Served(Running):
    """A server that runs.

    Attributes:
        pid: Its process.
    """

    pid: int = 0


@dataclass(frozen=True)
class Place:
    """What is served, and how it is found again without a server."""

    folder: Path
    arguments: tuple[str, ...]
    token: str
    prefix: str

    @property
    def is_project(self) -> bool:
        """Whether it is a project."""
        return "--plain" not in self.arguments

    @contextlib.contextmanager
    def served(self, **limits: tuple[int, int]) -> Iterator[Served]:
        """Serve it; limits as `resource` names them hold for the server and all that it starts."""

        def limit() -> None:
            for name, values in limits.items():
                resource.setrlimit(getattr(resource, name), values)

        command = [sys.executable, "-m", "cdkg", "serve", "--port", "0", *self.arguments]
        settings = {"CDKG_LOG_REQUESTS": "no", "PYTHONUNBUFFERED": "1", "CDKG_QUERIES_PER_CLIENT": "60"}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | settings,
            preexec_fn=limit,  # noqa: PLW1509  # nothing but limits is set there
        )  # fmt: skip
        assert process.stdout is not None
        try:
            address = process.stdout.readline().split()[2]
            yield Served(address, self.token, process.pid)
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def build(self) -> subprocess.CompletedProcess[str]:
        """`cdkg build`."""
        command = [sys.executable, "-m", "cdkg", "build", "--project", str(self.folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def left(self) -> list[str]:
        """What a write has left that did not come to its end."""
        if not self.is_project:
            return sorted(p.name for p in self.folder.glob(".dataset*"))
        found = [p.name for p in self.folder.joinpath("data").rglob(".*")] + leftovers(self.folder / ".cdkg")
        return sorted([*found, *(p.name for p in journal.place(self.folder).glob("*") if p.name != "lock")])


def _project(tmp_path: Path) -> Place:
    root = start(tmp_path / "project")
    arguments = ("--project", str(root), "--writable", str(root / "data"))
    place = Place(root, arguments, new_token(state=root / ".cdkg"), f"{GRAPH}pages/under-fire-")
    assert place.build().returncode == 0
    return place


def _plain(tmp_path: Path) -> Place:
    given, folder = tmp_path / "given.nq", tmp_path / "writable"
    given.write_text("<x:a> <x:p> <x:o> .\n")
    arguments = ("--plain", str(given), "--writable", str(folder))
    return Place(folder, arguments, new_token(state=folder), "http://example.org/under-fire-")


PLACES = pytest.mark.parametrize("make", [_project, _plain])


def put(server: Running, graph: str, text: str = "<x:a> <x:p> 1 .") -> Answer:
    """PUT a graph."""
    return server.send("PUT", f"graph-store?graph={graph}", text.encode(), Content_Type=TURTLE)


def values(server: Running, prefix: str) -> dict[int, set[int]]:
    """The numbers that each graph of a prefix holds."""
    found = server.query(f"SELECT ?g ?o {{ GRAPH ?g {{ <x:a> <x:p> ?o }} FILTER(STRSTARTS(STR(?g), '{prefix}')) }}",
                         "application/sparql-results+json")  # fmt: skip
    assert found.status == 200, found.body
    told: dict[int, set[int]] = {}
    for row in json.loads(found.body)["results"]["bindings"]:
        told.setdefault(int(row["g"]["value"].removeprefix(prefix)), set()).add(int(row["o"]["value"]))
    return told


# -- kill -9 -----------------------------------------------------------------------------------------------------------


@dataclass
class Writers:
    """Clients that write all the while: each adds numbers to a graph of its own, even ones to a second one too.

    Attributes:
        place: What they write to.
        server: Where.
        clients: Their numbers, which name their graphs.
        acknowledged: Client → the numbers that it was told are written.
        asked: Client → the numbers that it has asked to be written.
        statuses: What was answered.
    """

    place: Place
    server: Served
    clients: tuple[int, ...] = (1, 2, 3)
    acknowledged: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    asked: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    statuses: set[int] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)

    def write(self, client: int) -> None:
        """The life of a client."""
        while not self._over.is_set():
            number = max(self.asked[client], default=0) + 1
            self.asked[client].add(number)
            try:
                status = self._sent(client, number).status
            except (OSError, http.client.HTTPException):
                self._over.wait(0.02)
                continue
            self.statuses.add(status)
            if status < 300:
                self.acknowledged[client].add(number)

    def _sent(self, client: int, number: int) -> Answer:
        graph, triple = f"{self.place.prefix}{client}", f"<x:a> <x:p> {number}"
        if number % 2:
            path = f"graph-store?graph={graph}"
            return self.server.send("POST", path, f"{triple} .".encode(), Content_Type=TURTLE)
        return self.server.update(
            f"INSERT DATA {{ GRAPH <{graph}> {{ {triple} }} GRAPH <{graph}{client}> {{ {triple} }} }}"
        )

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """They write while the block runs."""
        with at_work((threading.Thread(target=self.write, args=(client,)) for client in self.clients), self._over):
            yield

    def number_done(self) -> int:
        """How many writes were acknowledged."""
        return sum(map(len, list(self.acknowledged.values())))

    def check(self, found: dict[int, set[int]]) -> None:
        """All that was acknowledged is there, nothing that nobody has asked for, and no half of a write."""
        for client in self.clients:
            held = found.get(client, set())
            assert self.acknowledged[client] <= held <= self.asked[client]
            assert found.get(int(f"{client}{client}"), set()) == {number for number in held if number % 2 == 0}


def _kill_somebody(server: Served, chance: random.Random) -> bool:
    """Kill the server, or a process behind it: a writer, a holder, a worker; whether it was the server."""
    victims = sorted(children(server.pid))
    victim = server.pid if chance.random() < 0.3 or not victims else chance.choice(victims)
    with contextlib.suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
    return victim == server.pid


@PLACES
def test_killed(tmp_path: Path, make: Callable[[Path], Place]) -> None:
    """Server, writers, holders and workers are killed while clients write: every acknowledged write is there."""
    place, chance, kills = make(tmp_path), random.Random(61), 0  # noqa: S311  # seeded
    acknowledged, asked = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
    statuses = set[int]()
    while kills < KILLS // 2:
        with place.served() as server:
            writers = Writers(place, server, (1, 2, 3), acknowledged, asked, statuses)
            _check_again(writers, kills)
            with writers.at_work():
                is_over = False
                while not is_over and kills < KILLS // 2:
                    if kills % 2:  # some of them come through, before or after a kill
                        before = writers.number_done()
                        eventually(lambda before=before, writers=writers: writers.number_done() > before, 30)  # type: ignore[misc]
                    time.sleep(chance.uniform(0, 0.8))
                    below, kills = children(server.pid), kills + 1
                    is_over = _kill_somebody(server, chance)
            if is_over:
                eventually(lambda below=below: not any(map(is_alive, below)))  # type: ignore[misc]
    assert statuses <= {201, 204, 503, 504}
    assert not place.is_project or place.build().returncode == 0
    with place.served() as server:
        _check_again(Writers(place, server, (1, 2, 3), acknowledged, asked), kills)


def _check_again(writers: Writers, kills: int) -> None:
    """A server that has just started has all, takes writes, and has tidied up."""
    writers.check(values(writers.server, writers.place.prefix))
    assert put(writers.server, f"{writers.place.prefix}0", f"<x:a> <x:p> {kills} .").status < 300
    assert not writers.place.left()


# -- disk full ---------------------------------------------------------------------------------------------------------


@PLACES
def test_full_disk(tmp_path: Path, make: Callable[[Path], Place]) -> None:
    """What does not fit on the disk is refused with 507, nothing is lost, and the server goes on."""
    place = make(tmp_path)
    room = 256 * 1024
    with place.served(RLIMIT_FSIZE=(room, room)) as server:
        assert put(server, f"{place.prefix}1").status == 201
        large = " ".join(f"<x:a> <x:q> '{number:064}' ." for number in range(3000))
        for _ in range(3):
            refused = put(server, f"{place.prefix}2", large)
            assert refused.status == 507, refused.body
            assert b"large" in refused.body
            assert not place.left()
            assert values(server, place.prefix) == {1: {1}}
        assert put(server, f"{place.prefix}1", "<x:a> <x:p> 2 .").status == 204
        assert values(server, place.prefix) == {1: {2}}
    with place.served() as server:
        assert values(server, place.prefix) == {1: {2}}
        assert put(server, f"{place.prefix}2", large).status == 201


# -- a second writer ---------------------------------------------------------------------------------------------------


def test_two_servers_of_a_project(tmp_path: Path) -> None:
    """Two servers and `cdkg build` at a time: who is too late is told 503, each acknowledged write is there."""
    place = _project(tmp_path)
    with place.served() as one, place.served() as other:
        first, second = Writers(place, one, (1,)), Writers(place, other, (2,))
        with first.at_work(), second.at_work():
            builds = [place.build() for _ in range(4)]
            time.sleep(2)
        assert {build.returncode for build in builds} <= {0, 2}
        assert all("another process" in build.stderr for build in builds if build.returncode == 2)
        assert {204, 503} <= first.statuses | second.statuses <= {201, 204, 503}
        told = first.acknowledged | second.acknowledged
        for server in (one, other):
            eventually(lambda server=server: all(told[c] <= values(server, place.prefix)[c] for c in told))  # type: ignore[misc]
        assert place.build().returncode == 0
        for writers in (first, second):
            writers.check(values(one, place.prefix))


def test_second_server_of_a_plain_dataset(tmp_path: Path) -> None:
    """A second server on the same folder does not start, and says why; the first one goes on."""
    place = _plain(tmp_path)
    command = [sys.executable, "-m", "cdkg", "serve", "--port", "0", *place.arguments]
    with place.served() as server:
        second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert second.returncode == 2
        assert "another server writes to this folder" in second.stderr
        assert put(server, f"{place.prefix}1").status == 201
    with place.served() as server:
        assert values(server, place.prefix) == {1: {1}}


# -- long bodies -------------------------------------------------------------------------------------------------------


def _padded(text: str, size: int) -> bytes:
    """A text with comments that make it so long."""
    comments = b"\n#" + b"x" * 998
    return (text.encode() + comments * (size // 1000 + 1))[:size]


@contextlib.contextmanager
def _most_memory(pid: int) -> Iterator[list[int]]:
    """The most that a process has while the block runs; its own, without those behind it."""
    most, over = [memory(pid)], threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], memory(pid))

    looker = threading.Thread(target=look)
    looker.start()
    try:
        yield most
    finally:
        over.set()
        looker.join()


def _status_of_sent(server: Running, head: str, size: int) -> int:
    """The status that comes for a body of zeros, sent as far as the server reads; 0: it has closed the connection."""
    host, _, port = server.address.removeprefix("http://").rstrip("/").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as sock:
        sock.sendall(f"{head} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
                     f"Content-Type: {TURTLE}\r\nContent-Length: {size}\r\n\r\n".encode())  # fmt: skip
        try:
            for _ in range(size // 65536):
                sock.sendall(b"0" * 65536)
            return int(sock.makefile("rb").readline().split()[1])
        except (OSError, IndexError):
            return 0


def test_long_bodies(tmp_path: Path) -> None:
    """Bodies just below a limit are taken and just above are refused; an upload costs the server little more memory."""
    place = _plain(tmp_path)
    with place.served() as server:
        path = f"graph-store?graph={place.prefix}1"
        begun = memory(server.pid)
        with _most_memory(server.pid) as most:
            longest = server.send("PUT", path, _padded("<x:a> <x:p> 1 .", LONGEST), Content_Type=TURTLE)
        assert longest.status == 201, longest.body
        assert most[0] - begun < 3.5 * LONGEST
        assert values(server, place.prefix) == {1: {1}}
        for size in (LONGEST + 1, 2 * LONGEST):
            assert _status_of_sent(server, f"PUT /{path}", size) in {0, 413}
        text = f"INSERT DATA {{ GRAPH <{place.prefix}2> {{ <x:a> <x:p> 2 }} }}"
        for size, statuses in ((LONGEST_UPDATE, {204}), (LONGEST_UPDATE + 1, {400, 413}), (LONGEST_UPDATE * 4, {413})):
            found = server.send("POST", "update", _padded(text, size), Content_Type="application/sparql-update")
            assert found.status in statuses, (size, found.body)
        assert values(server, place.prefix) == {1: {1}, 2: {2}}
        eventually(lambda: memory(server.pid) - begun < 0.5 * LONGEST)


def test_long_bodies_of_strangers(tmp_path: Path) -> None:
    """Only who has a token may send much: of others the rest is not read, and nothing of it is put down."""
    place = _plain(tmp_path)
    with place.served() as server:
        path, size = f"PUT /graph-store?graph={place.prefix}1", 6 * 1024 * 1024
        for token in ("", "cdkg_00000000_00", server.token[:-1], f"{server.token}0"):
            stranger = replace(server, token=token)
            assert _status_of_sent(stranger, path, size) in {0, 413}, token
            assert _status_of_sent(stranger, path, size // 6) == 401, token
        assert _status_of_sent(server, path, size) == 400
