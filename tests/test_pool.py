"""Queries in workers that can be ended: what takes too much is cut, and the others go on."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cdkg.errors import BusyError, CdkgError, DeadlineError, LimitError, QueryError, SnapshotError
from cdkg.server import create_app
from cdkg.workers import Pool, PoolBounds, Request, Source
from cdkg.workers.admission import Admission

JSON = "application/sparql-results+json"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
#: It joins everything with everything, thrice.
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
SORTED = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
LONG = "SELECT * { ?a ?b ?c . ?d ?e ?f }"


def _snapshot(folder: Path, size: int) -> Source:
    """A snapshot of so many triples, each in the union once more."""
    folder.mkdir()
    lines = (f'<urn:x:s{n}> <urn:x:p> "{n}" <https://w3id.org/cdkg/graph/x> .\n' for n in range(size))
    (folder / "graph.nq").write_text("".join(lines), encoding="utf-8")
    return Source(folder)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """Workers over 2,000 triples, each with a second and 150 megabytes."""
    bounds = PoolBounds(seconds=1, megabytes=150, answer_bytes=2_000_000, workers=3)
    found = Pool(_snapshot(tmp_path_factory.mktemp("pool") / "one", 2000), bounds)
    yield found
    found.close()


def _asked(pool: Pool, text: str) -> bytes:
    return b"".join(pool.ask(Request(text, JSON)))


def _count(pool: Pool) -> int:
    return int(json.loads(_asked(pool, COUNT))["results"]["bindings"][0]["n"]["value"])


def _children() -> set[str]:
    """The processes that this one has started, and those that these have."""
    found, todo = set[str](), [str(os.getpid())]
    for pid in todo:
        for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
            new = set(tasks.read_text().split()) - found
            found |= new
            todo += new
    return found


def test_workers_answer_and_are_used_again(pool: Pool) -> None:
    """One after the other needs one worker, whatever it is asked."""
    assert _count(pool) == 2000
    workers = _children()
    assert json.loads(_asked(pool, "ASK { <urn:x:s1> ?p ?o }"))["boolean"]
    with pytest.raises(QueryError):
        _asked(pool, "SELECT * { ?s ?p")
    assert _count(pool) == 2000
    assert _children() == workers


@pytest.mark.parametrize(
    ("text", "kind", "outcome"),
    [(RUNAWAY, DeadlineError, "timeout"), (SORTED, DeadlineError, "died"), (LONG, LimitError, "refused")],
    ids=["time", "memory", "length"],
)
def test_what_takes_too_much_is_cut(pool: Pool, text: str, kind: type[CdkgError], outcome: str) -> None:
    """Soon after its time, and the next query is answered."""
    start, before = time.monotonic(), pool.outcomes[outcome]
    with pytest.raises(kind) as error:
        _asked(pool, text)
    assert type(error.value) is kind
    assert pool.outcomes[outcome] == before + 1
    assert time.monotonic() - start < 5
    assert _count(pool) == 2000


def test_an_answer_that_nobody_reads_on_ends_its_worker(pool: Pool) -> None:
    """`close` is enough, long before the deadline."""
    before = _children()
    reply = pool.ask(Request(LONG, JSON))
    assert next(iter(reply))
    reply.close()
    assert pool.admission.working == 0
    deadline = time.monotonic() + 3
    while not _children() <= before and time.monotonic() < deadline:
        _count(pool)  # the process that has started workers takes note of their end when it is asked
        time.sleep(0.1)
    assert len(_children()) <= len(before) + 1


def test_a_client_that_leaves_is_noticed_while_the_query_runs(pool: Pool) -> None:
    """Not only when there is something to send."""
    left = threading.Event()
    threading.Timer(0.2, left.set).start()
    start = time.monotonic()
    with pytest.raises(BusyError):
        b"".join(pool.ask(Request(RUNAWAY, JSON), gone=left.is_set))
    assert time.monotonic() - start < 0.9


def test_another_store_while_queries_run(tmp_path: Path) -> None:
    """Each answer is of the one or the other; a store that is not there changes nothing; no process stays behind."""
    before = _children()
    one, other = _snapshot(tmp_path / "one", 10), _snapshot(tmp_path / "other", 20)
    pool, counts, stop = Pool(one), set[int](), threading.Event()
    try:
        asking = threading.Thread(target=lambda: counts.update(iter(lambda: -1 if stop.is_set() else _count(pool), -1)))
        asking.start()
        for source in (other, one, other):
            pool.renew(source)
        with pytest.raises(SnapshotError):
            pool.renew(Source(tmp_path / "none"))
        stop.set()
        asking.join(20)
        assert _count(pool) == 20
    finally:
        stop.set()
        pool.close()
    assert counts
    assert counts <= {10, 20}
    assert _children() <= before


def test_a_holder_that_dies_is_started_again(tmp_path: Path) -> None:
    """With its workers; until then there are errors, and never a wrong answer."""
    before = _children()
    pool = Pool(_snapshot(tmp_path / "one", 10))
    try:
        for pid in _children() - before:
            os.kill(int(pid), 9)
        deadline, found = time.monotonic() + 20, 0
        while found != 10 and time.monotonic() < deadline:
            try:
                found = _count(pool)
            except CdkgError:
                time.sleep(0.1)
        assert found == 10
    finally:
        pool.close()


@pytest.fixture
def client(pool: Pool) -> FlaskClient:
    """A client of the application over these workers."""
    return create_app(pool).test_client()


@pytest.mark.parametrize(("text", "status"), [(COUNT, 200), (RUNAWAY, 504), (SORTED, 504), ("SELECT", 400)])
def test_statuses(client: FlaskClient, text: str, status: int) -> None:
    """What is cut before anything was sent has its own status, and is never an answer."""
    assert client.get("/sparql", query_string={"query": text}).status_code == status


def test_turns_are_fair_and_bounded() -> None:
    """Whoever has the fewest at work goes first; one client, and all together, have their limits."""
    admission = Admission(most=2, each=3, waiting=2, patience=5)
    admission.enter("a")
    admission.enter("a")
    order: list[str] = []

    def wait(client: str) -> None:
        admission.enter(client)
        order.append(client)

    threads = []
    for number, name in enumerate(("a", "b"), start=1):
        threads.append(threading.Thread(target=wait, args=(name,)))
        threads[-1].start()
        while admission.waiting < number:
            time.sleep(0.01)
    with pytest.raises(BusyError) as mine:
        admission.enter("a")
    with pytest.raises(BusyError) as all_of_us:
        admission.enter("c")
    assert (mine.value.status, all_of_us.value.status) == (429, 503)
    admission.leave("a")
    threads[1].join(5)
    assert order == ["b"]
    admission.leave("a")
    threads[0].join(5)
    assert order == ["b", "a"]


def test_nobody_waits_for_ever() -> None:
    """When patience is over, the turn is given up."""
    admission = Admission(most=1, each=2, waiting=2, patience=0.3)
    admission.enter("a")
    with pytest.raises(BusyError) as error:
        admission.enter("b")
    assert error.value.status == 503
    assert admission.waiting == 0
