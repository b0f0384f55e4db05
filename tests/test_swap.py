"""New data without a gap: a server that follows its snapshots, under load, and under fire."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from cdkg.errors import ServerError, SnapshotError
from cdkg.server import create_app, follow
from cdkg.server.following import Following
from cdkg.store import Snapshot, Snapshots
from cdkg.workers import Pool, Source
from test_snapshots import graph

#: How many processes are killed, and how many swaps there are; `make soak` has more.
KILLS = int(os.environ.get("CDKG_KILLS", "40"))
SWAPS = int(os.environ.get("CDKG_SWAPS", "10"))
COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH <x:g> { ?s ?p ?o } }"
FEW, MANY = 300, 2000


def state(folder: Path) -> Snapshots:
    """Snapshots with two graphs, of which the one with many triples is current."""
    snapshots = Snapshots(folder)
    for number in (FEW, MANY):
        snapshots.write(graph(number), {"counts": {"triples": number}})
    return snapshots


# -- following ---------------------------------------------------------------------------------------------------------


def test_looks_only_when_the_pointer_changes(tmp_path: Path) -> None:
    """A new snapshot is taken once; one that is current already is not taken; rolling back is followed too."""
    snapshots = state(tmp_path)
    taken: list[Snapshot] = []
    first = snapshots.current()
    assert first is not None
    follower = Following(snapshots, first, taken.append)
    for _ in range(2):
        follower.look()
    assert taken == []
    second = snapshots.write(graph(3), {})
    for _ in range(2):
        follower.look()
    assert taken == [second]
    snapshots.roll_back()
    follower.look()
    assert taken == [second, first]
    assert (follower.served, follower.fault) == (first, "")


def test_built_while_the_server_starts(tmp_path: Path) -> None:
    """What became current between the start and the first look is taken."""
    snapshots = state(tmp_path)
    taken: list[Snapshot] = []
    older = snapshots.former()
    assert older is not None
    Following(snapshots, older, taken.append).look()
    assert taken == [snapshots.current()]


def test_waiting_for_a_snapshot(tmp_path: Path) -> None:
    """Who waits for a snapshot goes on when it or a later one is served, or is refused; not only when time is up."""
    snapshots, broken = state(tmp_path), [False]

    def take(_: Snapshot) -> None:
        if broken[0]:
            raise SnapshotError("no")

    first = snapshots.current()
    assert first is not None
    follower = Following(snapshots, first, take)
    follower.start()
    try:
        begun = time.monotonic()
        second, third = (snapshots.write(graph(number), {}).path.name for number in (3, 4))
        assert follower.wait_for(third, 20)
        assert follower.wait_for(second, 20)
        broken[0] = True
        assert not follower.wait_for(snapshots.write(graph(5), {}).path.name, 20)
        assert time.monotonic() - begun < 10
        assert not follower.wait_for("9", 0.1)
    finally:
        follower.close()


def test_what_cannot_be_taken(tmp_path: Path) -> None:
    """A snapshot that cannot be served is told and not tried again at each look, but later; the next one is taken."""
    snapshots, tried, broken = state(tmp_path), [], [True]

    def take(snapshot: Snapshot) -> None:
        tried.append(snapshot)
        if broken[0]:
            raise SnapshotError("it is damaged", why="a test")

    first = snapshots.current()
    assert first is not None
    follower = Following(snapshots, first, take)
    bad = snapshots.write(graph(3), {})
    for _ in range(3):
        follower.look()
    assert tried == [bad]
    assert bad.path.name in follower.fault
    assert "a test" in follower.fault
    assert follower.served == first
    follower._not_before = 0  # noqa: SLF001  # half a minute later
    follower.look()
    assert tried == [bad, bad]
    broken[0] = False
    good = snapshots.write(graph(4), {})
    follower.look()
    assert (follower.served, follower.fault) == (good, "")


def test_rolled_back_from_what_cannot_be_taken(tmp_path: Path) -> None:
    """Where the one that is served is made current again, nothing is at fault any more."""
    snapshots = state(tmp_path)
    first = snapshots.current()
    assert first is not None

    def take(_: Snapshot) -> None:
        raise ServerError("no")

    follower = Following(snapshots, first, take)
    snapshots.write(graph(3), {})
    follower.look()
    assert follower.fault
    snapshots.roll_back()
    follower.look()
    assert not follower.fault


def test_health_tells(tmp_path: Path) -> None:
    """A damaged snapshot is not served, the former one is, and `/health` says so; the next good one is served."""
    snapshots = state(tmp_path)
    served = snapshots.current()
    assert served is not None
    pool = Pool(Source(served.path))
    app = create_app(pool, counts={})
    client = app.test_client()
    try:
        with follow(app, pool, snapshots, served) as follower:
            bad = snapshots.write(graph(3), {"counts": {}})
            (bad.path / "graph.nq").write_text("<x:s> <x:p> nonsense")
            _until(lambda: bool(follower.fault))
            told = client.get("/health")
            assert told.status_code == 200
            assert json.loads(told.data)["snapshot"] == served.path.name
            assert bad.path.name in json.loads(told.data)["fault"]
            assert _count(client.get("/sparql", query_string={"query": COUNT}).data) == MANY
            good = snapshots.write(graph(FEW), {"counts": {"triples": FEW}})
            _until(lambda: json.loads(client.get("/health").data)["snapshot"] == good.path.name)
            assert "fault" not in json.loads(client.get("/health").data)
            assert _count(client.get("/sparql", query_string={"query": COUNT}).data) == FEW
            assert app.config["COUNTS"] == {"triples": FEW}
    finally:
        pool.close()


# -- under load --------------------------------------------------------------------------------------------------------


@contextmanager
def serving(project: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`cdkg serve` as a process of its own, and its address."""
    command = [sys.executable, "-u", "-m", "cdkg", "serve", "--port", "0"]
    command += ["--project", str(project), "--state", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            told = server.stdout.readline().split()
            yield server, urlsplit(told[2]).netloc
        finally:
            server.kill()


def ask(address: str, query: str, client: str = "127.0.0.1", **headers: str) -> tuple[int, bytes]:
    """Ask by GET from an address of this machine.

    Raises:
        OSError: The connection broke.
        HTTPException: The answer broke off.
    """
    connection = http.client.HTTPConnection(address, timeout=20, source_address=(client, 0))
    try:
        connection.request("GET", f"/sparql?{urlencode({'query': query})}", headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _count(answer: bytes) -> int:
    return int(json.loads(answer)["results"]["bindings"][0]["n"]["value"])


def _until(holds: Callable[[], bool], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


@contextmanager
def asking(address: str, clients: int) -> Iterator[Counter[object]]:
    """Clients that ask COUNT all the while; what they saw: a count, a status, or the name of an error."""
    seen: Counter[object] = Counter()
    over = threading.Event()

    def go_on(number: int) -> None:
        headers = {"Cache-Control": "no-cache"} if number % 2 else {}
        while not over.is_set():
            try:
                status, body = ask(address, COUNT, f"127.0.0.{number + 2}", **headers)
                seen[_count(body) if status == 200 else f"status {status}"] += 1
            except (OSError, http.client.HTTPException, ValueError) as error:
                seen[type(error).__name__] += 1

    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.slow
def test_swaps_under_load(starter: Path, tmp_path: Path) -> None:
    """Eight clients ask while graphs are swapped: each answer is of the one or the other, and none fails."""
    snapshots = state(tmp_path / "state")
    with serving(starter, tmp_path / "state") as (_, address), asking(address, 8) as seen:
        for number in range(SWAPS):
            wanted = FEW if number % 2 == 0 else MANY
            if number % 3 == 2:
                snapshots.roll_back()
            else:
                snapshots.write(graph(wanted), {"counts": {"triples": wanted}})
            current = snapshots.current()
            assert current is not None
            holds = len(current.read().union)
            _until(lambda holds=holds: _count(ask(address, COUNT)[1]) == holds)  # type: ignore[misc]
    assert set(seen) == {FEW, MANY}
    assert min(seen.values()) > 10


def test_swaps_in_one_process(tmp_path: Path) -> None:
    """The same with threads and no HTTP between: no answer of a former snapshot under the tag of the new one."""
    snapshots = state(tmp_path)
    served = snapshots.current()
    assert served is not None
    holds = {served.path.name: MANY}
    pool = Pool(Source(served.path))
    app = create_app(pool, counts={})
    over, tags, faults = threading.Event(), set(), []

    def go_on(number: int) -> None:
        client = app.test_client()
        while not over.is_set():
            answer = client.get(
                "/sparql", query_string={"query": COUNT}, environ_base={"REMOTE_ADDR": f"127.0.0.{number}"}
            )
            if answer.status_code == 200:
                tags.add((answer.headers["ETag"], _count(answer.data)))
            else:
                faults.append(answer.data)

    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in (FEW, MANY):
            made = snapshots.write(graph(number), {})
            holds[made.path.name] = number
            pool.renew(Source(made.path))
            client = app.test_client()
            assert _count(client.get("/sparql", query_string={"query": COUNT}).data) == number
    finally:
        over.set()
        for thread in threads:
            thread.join()
        pool.close()
    assert faults == []
    assert len(tags) == len({tag for tag, _ in tags}) == len(holds)


# -- under fire --------------------------------------------------------------------------------------------------------


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if after_name[0] != "Z":
            parents[int(path.parent.name)] = int(after_name[1])
    found = [child for child, parent in parents.items() if parent == pid]
    return [*found, *(below for child in found for below in descendants(child))]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_killed_holders_and_workers(starter: Path, tmp_path: Path) -> None:
    """Whichever process behind the server is killed: clients see right answers or errors, and it comes back."""
    state(tmp_path / "state")
    chance = random.Random(53)  # noqa: S311
    with serving(starter, tmp_path / "state") as (server, address), asking(address, 4) as seen:
        _until(lambda: seen[MANY] > 0)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, 0.3))
            victims = descendants(server.pid)
            if victims:
                try:
                    os.kill(chance.choice(victims), signal.SIGKILL)
                except ProcessLookupError:
                    continue
        _until(lambda: ask(address, COUNT, **{"Cache-Control": "no-cache"})[0] == 200)
        assert server.poll() is None
    assert seen[MANY] > KILLS
    assert {kind for kind in seen if isinstance(kind, int)} == {MANY}
    assert {kind for kind in seen if isinstance(kind, str)} <= {"status 503", "status 504"}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_killed_servers(starter: Path, tmp_path: Path) -> None:
    """A server that is killed leaves no process and no file behind, and the next one serves the same."""
    folder, chance = tmp_path / "state", random.Random(54)  # noqa: S311
    snapshots = state(folder)
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    for _ in range(max(KILLS // 10, 3)):
        with serving(starter, folder) as (server, address):
            assert _count(ask(address, COUNT)[1]) == MANY
            with asking(address, 2):
                time.sleep(chance.uniform(0, 0.5))
                below = descendants(server.pid)
                assert below
                server.kill()
                server.wait()
            _until(lambda below=below: not any(_is_there(pid) for pid in below), 5)  # type: ignore[misc]
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    assert snapshots.current() is not None


def _is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
