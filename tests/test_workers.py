"""A pool of workers: bounds that hold, workers and holders that die and come back, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cdkg.errors import BusyError, CdkgError, DeadlineError, LimitError, QueryError, ServerError, SnapshotError
from cdkg.server import create_app
from cdkg.workers import Pool, PoolBounds, Request, Source
from processes import children, eventually, is_alive

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up under /proc")

CSV = "text/csv"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
#: Runs on and on without memory: the engine looks at pair after pair.
RUNAWAY = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(CONCAT(STR(?c), STR(?f), STR(?i)) = 'x') } LIMIT 1"
#: Streams without end.
STREAM = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
#: Keeps all rows.
HEAVY = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY DESC(CONCAT(STR(?c), STR(?f), STR(?i)))"


def snapshot(folder: Path, triples: int) -> Source:
    """A snapshot of so many triples."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = (f'<http://e/s{n}> <http://e/p> "value {n}" <http://e/g> .\n' for n in range(triples))
    (folder / "graph.nq").write_text("".join(lines), encoding="utf-8")
    return Source(folder)


@contextmanager
def pool_of(source: Source, **bounds: float) -> Iterator[Pool]:
    """A pool that is closed."""
    pool = Pool(source, PoolBounds(**bounds))  # type: ignore[arg-type]
    try:
        yield pool
    finally:
        pool.close()


def asked(pool: Pool, text: str, client: str = "", gone: Callable[[], bool] = lambda: False) -> bytes:
    """The whole answer."""
    reply = pool.ask(Request(text, CSV), client, gone)
    try:
        return b"".join(reply)
    finally:
        reply.close()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A store of 2,000 triples."""
    return snapshot(tmp_path / "store", 2000)


def test_answers_and_errors_leave_the_worker_in_use(source: Source) -> None:
    """One process answers one after the other; an error of the query costs nothing."""
    with pool_of(source) as pool:
        assert asked(pool, COUNT) == b"n\r\n2000\r\n"
        for _ in range(5):
            with pytest.raises(QueryError):
                asked(pool, "SELECT nonsense")
        assert asked(pool, COUNT) == b"n\r\n2000\r\n"
        assert (pool.idle, pool.outcomes["answered"], pool.outcomes["refused"]) == (1, 2, 5)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT ?o { <x:s> <x:p> ?o }", {"1", "2"}),
        ("SELECT ?g { GRAPH ?g { <x:s> <x:p> 2 } }", {"x:g", "x:h"}),
        ("SELECT ?g { <x:s> <x:p> 1.graph ?g { <x:s> <x:p> 2 } }", {"x:g", "x:h"}),
        ("SELECT ?g { FILTER(1<2)GRAPH?g{ <x:s> <x:p> 1 } }", {"x:g"}),
        ("SELECT ?o { <x:s> ?p ?o FILTER EXISTS { GRAPH <x:g> { <x:s> <x:p> ?o } } }", {"1", "2"}),
        ("SELECT ?o FROM <x:g> { <x:s> <x:p> ?o }", {"1", "2"}),
        ("SELECT ?o FROM NAMED <x:h> { <x:s> <x:p> ?o }", set()),
        ("SELECT ?o { <x:s> <x:graph> ?o }", {"GRAPH"}),
    ],
)
def test_which_graphs_are_asked(tmp_path: Path, text: str, rows: set[str]) -> None:
    """The default graph is the union of all, each triple once; the named graphs are there for who names any."""
    number = "^^<http://www.w3.org/2001/XMLSchema#integer>"
    one, two = f'"1"{number}', f'"2"{number}'
    told = [("p", one, "g"), ("p", two, "g"), ("p", two, "h"), ("graph", '"GRAPH"', "h")]
    (tmp_path / "graph.nq").write_text("".join(f"<x:s> <x:{p}> {o} <x:{g}> .\n" for p, o, g in told))
    with pool_of(Source(tmp_path)) as pool:
        found = asked(pool, text).decode().split("\r\n")[1:-1]
    assert (set(found), len(found)) == (rows, len(rows))


def test_worker_of_a_long_query_answers_others_too(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as quick as others again, where that is allowed."""
    monkeypatch.setattr("cdkg.workers.reply.LONG", 0.0)
    with pool_of(source) as pool:
        asked(pool, COUNT)
        if os.geteuid():
            assert pool.idle == 0
        else:
            own = os.getpriority(os.PRIO_PROCESS, 0)
            assert pool.idle == 1
            assert {os.getpriority(os.PRIO_PROCESS, each) for each in children(os.getpid())} == {own}


@pytest.mark.parametrize("what", ["rights", "memory"])
def test_worker_that_is_not_as_new_is_ended(source: Source, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """One that cannot be made quick again answers nobody else; nor does one that keeps much memory."""
    monkeypatch.setattr("cdkg.workers.reply.LONG", 0.0)
    given = os.setpriority

    def refused(which: int, who: int, priority: int) -> None:
        if priority < 10:
            raise PermissionError
        given(which, who, priority)

    if what == "rights":
        monkeypatch.setattr("cdkg.workers.hands.os.setpriority", refused)
    else:
        monkeypatch.setattr("cdkg.workers.hands._SPARED", 10**12)
    with pool_of(source) as pool:
        for _ in range(2):
            assert asked(pool, COUNT).endswith(b"2000\r\n")
            assert pool.idle == 0


@pytest.mark.parametrize(("text", "status"), [(COUNT, 200), (RUNAWAY, 504), ("SELECT", 400)])
def test_statuses(source: Source, text: str, status: int) -> None:
    """What is cut before anything was sent has its own status, and is never an answer."""
    with pool_of(source, seconds=1) as pool:
        answer = create_app(pool).test_client().get("/sparql", query_string={"query": text})
        assert answer.status_code == status


def test_deadline(source: Source) -> None:
    """A runaway is cut at its time, its process is gone, and the next query is answered."""
    with pool_of(source, seconds=1) as pool:
        begun = time.monotonic()
        with pytest.raises(DeadlineError, match="more than 1 seconds"):
            asked(pool, RUNAWAY)
        assert 0.9 < time.monotonic() - begun < 2
        eventually(lambda: len(children(os.getpid())) == 1, 2)
        assert asked(pool, COUNT).endswith(b"2000\r\n")
        assert pool.outcomes["timeout"] == 1


def test_deadline_of_an_answer_that_nobody_reads_on(source: Source) -> None:
    """Who stops reading holds a worker until the deadline and no longer, and is then told that the answer broke off."""
    with pool_of(source, seconds=1) as pool:
        reply = pool.ask(Request(STREAM, CSV))
        parts = iter(reply)
        assert next(parts)
        eventually(lambda: pool.idle + pool.at_work == 0, 3)
        with pytest.raises(DeadlineError):
            for _ in parts:
                pass
        reply.close()
        assert (pool.admission.working, pool.outcomes["timeout"]) == (0, 1)


def test_memory(source: Source, capfd: pytest.CaptureFixture[str]) -> None:
    """A query that takes more memory than it may ends alone, and writes nothing between the lines of the log."""
    with pool_of(source, megabytes=100, seconds=20) as pool:
        with pytest.raises(DeadlineError, match="memory"):
            asked(pool, HEAVY)
        assert asked(pool, COUNT).endswith(b"2000\r\n")
    assert capfd.readouterr().err == ""


def test_modules_of_the_folder_one_stands_in(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of the folder that a server is started in is taken for a module."""
    (tmp_path / "argparse.py").write_text("raise SystemExit(7)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pool_of(source) as pool:
        assert asked(pool, COUNT).endswith(b"2000\r\n")


def test_length(source: Source) -> None:
    """An answer beyond its length breaks off with an error, and does not end as if it were whole."""
    with pool_of(source, answer_bytes=100_000, seconds=20) as pool, pytest.raises(LimitError, match="too long"):
        asked(pool, STREAM)


def test_client_that_leaves(source: Source) -> None:
    """A client that leaves during evaluation frees its worker within a second."""
    left = threading.Event()
    with pool_of(source, seconds=30) as pool:
        threading.Timer(0.5, left.set).start()
        begun = time.monotonic()
        with pytest.raises(BusyError) as caught:
            asked(pool, RUNAWAY, gone=left.is_set)
        assert (caught.value.status, time.monotonic() - begun < 1.5) == (499, True)
        assert (pool.idle + pool.at_work, pool.admission.working, pool.outcomes["left"]) == (0, 0, 1)


def test_killed_worker(source: Source) -> None:
    """A worker that is killed fails its own query; one that is killed while it waits fails none."""
    with pool_of(source, seconds=20) as pool:
        asked(pool, COUNT)
        [idle] = pool._idle  # noqa: SLF001
        os.kill(idle.pid, signal.SIGKILL)
        eventually(lambda: not idle.is_idle())
        assert asked(pool, COUNT).endswith(b"2000\r\n")
        reply = pool.ask(Request(RUNAWAY, CSV))
        os.kill(reply.worker.pid, signal.SIGKILL)
        with pytest.raises(DeadlineError):
            list(reply)
        assert asked(pool, COUNT).endswith(b"2000\r\n")
        assert pool.admission.working == 0


def test_killed_holder_comes_back(source: Source) -> None:
    """Without its holder a pool starts another one; who asks meanwhile waits, and nobody is told of memory."""
    with pool_of(source, seconds=20) as pool:
        asked(pool, COUNT)
        reply = pool.ask(Request(RUNAWAY, CSV))
        former = pool._holder  # noqa: SLF001
        os.kill(former._process.pid, signal.SIGKILL)  # noqa: SLF001
        with pytest.raises(ServerError, match="has ended"):
            list(reply)
        assert asked(pool, COUNT).endswith(b"2000\r\n")
        assert pool.is_ready()
        assert pool._holder is not former  # noqa: SLF001


@pytest.mark.slow
def test_renewed_while_others_ask(tmp_path: Path) -> None:
    """Eight threads ask without a break while the store is changed ten times: each answer is of one of the two."""
    stores = snapshot(tmp_path / "one", 2000), snapshot(tmp_path / "two", 3000)
    found: list[bytes | CdkgError] = []
    over = threading.Event()
    with pool_of(stores[0], each=9) as pool:

        def ask() -> None:
            while not over.is_set():
                try:
                    found.append(asked(pool, COUNT))
                except CdkgError as error:
                    found.append(error)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for turn in range(10):
            pool.renew(stores[(turn + 1) % 2])
        over.set()
        for thread in threads:
            thread.join()
        assert set(found) == {b"n\r\n2000\r\n", b"n\r\n3000\r\n"}
        assert asked(pool, COUNT) == b"n\r\n2000\r\n"
        # of the former holders and their workers none stays
        eventually(lambda: len(children(os.getpid())) == 1 + pool.idle + pool.at_work, 10)


def test_who_is_at_work_keeps_the_former_store(tmp_path: Path) -> None:
    """An answer that has begun goes on from the store it began with, whose holder stays as long."""
    with pool_of(snapshot(tmp_path / "one", 2000), seconds=20) as pool:
        reply = pool.ask(Request("SELECT ?s { ?s ?p ?o }", CSV))
        pool.renew(snapshot(tmp_path / "two", 10))
        time.sleep(1.5)
        assert b"".join(reply).count(b"\r\n") == 2001
        reply.close()


def test_store_that_cannot_be_taken(source: Source, tmp_path: Path) -> None:
    """A snapshot that is not there is an error, and the former one is asked still."""
    with pool_of(source) as pool:
        with pytest.raises(SnapshotError):
            pool.renew(Source(tmp_path / "nothing"))
        assert asked(pool, COUNT).endswith(b"2000\r\n")
    with pytest.raises(SnapshotError):
        Pool(Source(tmp_path / "nothing"))


@pytest.mark.parametrize("damaged", [False, True])
def test_snapshot_that_goes_while_it_is_read(tmp_path: Path, damaged: bool) -> None:
    """A snapshot is read twice: what has gone or been cut off in between is told as what was never whole."""
    read = snapshot(tmp_path, 10)
    read.open()
    file = tmp_path / "graph.nq"
    file.write_bytes(file.read_bytes()[:-20]) if damaged else file.unlink()
    with pytest.raises(SnapshotError):
        read.union_alone()


def test_greedy_client_makes_room(source: Source) -> None:
    """When one client has all workers, another one is answered within two seconds, and the greedy one is told 503."""
    errors: list[CdkgError] = []
    with pool_of(source, workers=3, each=3, seconds=20, patience=10) as pool:

        def run_away() -> None:
            try:
                asked(pool, RUNAWAY, "greedy")
            except CdkgError as error:
                errors.append(error)

        for _ in range(3):
            threading.Thread(target=run_away, daemon=True).start()
        eventually(lambda: pool.admission.working == 3)
        begun = time.monotonic()
        assert asked(pool, COUNT, "modest").endswith(b"2000\r\n")
        assert time.monotonic() - begun < 2
        assert pool.outcomes["evicted"] == 1
        assert [error.status for error in errors if isinstance(error, BusyError)] == [503]


def test_nothing_is_left_after_close(source: Source) -> None:
    """`close` ends holder and workers, those at work too, and who asks is told that the server stops."""
    told: list[CdkgError] = []
    with pool_of(source, seconds=20) as pool:

        def run_away() -> None:
            try:
                asked(pool, RUNAWAY)
            except CdkgError as error:
                told.append(error)

        thread = threading.Thread(target=run_away)
        thread.start()
        eventually(lambda: pool.at_work == 1)
    thread.join(5)
    assert "stopping" in told[0].what
    eventually(lambda: not children(os.getpid()), 3)
    with pytest.raises(ServerError, match="stopping"):
        asked(pool, COUNT)


def test_nothing_is_left_after_a_killed_server(source: Source) -> None:
    """When the process with the pool is killed, holder and workers end with it."""
    code = (
        "import sys, time; from pathlib import Path; from cdkg.workers import *\n"
        f"pool = Pool(Source(Path({str(source.path)!r})), PoolBounds(seconds=60))\n"
        f"replies = [pool.ask(Request({RUNAWAY!r}, 'text/csv')) for _ in range(3)]\n"
        "print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"up\n"
        found = children(server.pid)
        assert len(found) == 4
        server.kill()
    eventually(lambda: not any(map(is_alive, found)), 3)


def test_no_descriptors_are_lost(source: Source) -> None:
    """After many answers of all kinds there are as many open descriptors as before."""
    with pool_of(source, seconds=0.2, megabytes=200) as pool:
        asked(pool, COUNT)
        before = len(list(Path("/proc/self/fd").iterdir()))
        for text in (COUNT, RUNAWAY, "SELECT nonsense", STREAM) * 3:
            reply = pool.ask(Request(text, CSV))
            try:
                next(iter(reply))
            except CdkgError:
                pass
            finally:
                reply.close()
        assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2
