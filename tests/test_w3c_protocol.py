"""The protocol tests of the SPARQL Working Group: their requests, played to our endpoint."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse
from werkzeug.test import TestResponse

from cdkg.formats import GRAPHS, SOLUTIONS
from cdkg.server import create_app
from cdkg.server.answers import InProcess
from cdkg.vocabulary import RDF_TYPE, Term
from plain_server import Running, taking_writes
from random_queries import made_of

_FOLDER = Path(os.environ.get("CDKG_SUITES", "")) / "sparql11" / "protocol"
_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_HT = "http://www.w3.org/2011/http#"
_CNT = "http://www.w3.org/2011/content#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#: The names that the tests give to the graphs of data1.nt, data2.nt and data3.nt.
_GRAPH = "http://kasei.us/2009/09/sparql/data/data{}.rdf"

needs_suite = pytest.mark.skipif(
    "CDKG_SUITES" not in os.environ,
    reason="CDKG_SUITES names no folder with sparql11/protocol/manifest.ttl (W3C SPARQL 1.1 tests)",
)


@dataclass(frozen=True)
class Exchange:
    """A request of a test, and what its answer must be."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    statuses: frozenset[str]  # `2xx`, …
    boolean: bool | None
    kind: str  # `boolean`, `tabular`, `RDF`, or nothing


class _Manifest:
    """The manifest as a graph to walk through."""

    def __init__(self) -> None:
        self._store = Store()
        self._store.extend(
            Quad(q.subject, q.predicate, q.object)
            for q in parse(
                (_FOLDER / "manifest.ttl").read_bytes(), format=RdfFormat.TURTLE, base_iri="http://manifest/"
            )
        )

    def tests(self) -> dict[str, list[Exchange]]:
        """The exchanges of each test."""
        found = {}
        for quad in self._store.quads_for_pattern(None, RDF_TYPE, NamedNode(f"{_MF}ProtocolTest")):
            requests = self._one(self._one(quad.subject, f"{_MF}action"), f"{_HT}requests")
            name = str(quad.subject).rpartition("#")[2].rstrip(">")
            found[name] = [self._exchange(request) for request in self._list(requests)]
        return found

    def _exchange(self, request: Term) -> Exchange:
        body, response = self._one(request, f"{_HT}body"), self._one(request, f"{_HT}resp")
        encoding = self._text(body, f"{_CNT}characterEncoding") or "utf-8"
        fields = self._list(self._one(request, f"{_HT}headers"))
        boolean = self._text(response, f"{_MF}expectedBoolean")
        return Exchange(
            self._text(request, f"{_HT}methodName"),
            self._text(request, f"{_HT}absolutePath"),
            tuple((self._text(f, f"{_HT}fieldName"), self._text(f, f"{_HT}fieldValue")) for f in fields),
            self._text(body, f"{_CNT}chars").encode(encoding),
            frozenset(
                str(o).rpartition("StatusCode")[2].rstrip(">") for o in self._all(response, f"{_MF}expectedStatus")
            ),
            boolean == "true" if boolean else None,
            self._text(response, f"{_MF}expectedFormat"),
        )

    def _all(self, subject: Term | None, predicate: str) -> list[Term]:
        if subject is None:
            return []
        return [q.object for q in self._store.quads_for_pattern(subject, NamedNode(predicate), None)]  # type: ignore[arg-type]

    def _one(self, subject: Term | None, predicate: str) -> Term | None:
        return next(iter(self._all(subject, predicate)), None)

    def _text(self, subject: Term | None, predicate: str) -> str:
        return str(getattr(self._one(subject, predicate), "value", ""))

    def _list(self, head: Term | None) -> Iterator[Term]:
        while (first := self._one(head, f"{_RDF}first")) is not None:
            yield first
            head = self._one(head, f"{_RDF}rest")


@cache
def suite() -> dict[str, list[Exchange]]:
    """The tests by name; none where the suite is missing."""
    return _Manifest().tests() if "CDKG_SUITES" in os.environ else {}


def _of_queries() -> list[str]:
    return sorted(name for name in suite() if not name.startswith("update_"))


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A client of the application over the three graphs of the tests."""
    quads = [
        Quad(quad.subject, quad.predicate, quad.object, NamedNode(_GRAPH.format(number)))
        for number in (1, 2, 3)
        for quad in parse((_FOLDER / f"data{number}.nt").read_bytes(), format=RdfFormat.N_TRIPLES)
    ]
    return create_app(InProcess(made_of(quads))).test_client()


def _play(client: FlaskClient, exchange: Exchange) -> TestResponse:
    return client.open(
        exchange.path,
        method=exchange.method,
        headers=list(exchange.headers),
        input_stream=io.BytesIO(exchange.body),
        content_length=len(exchange.body),
    )


def _check(exchange: Exchange, response: TestResponse) -> None:
    assert f"{response.status_code // 100}xx" in exchange.statuses, response.text
    media = {
        "boolean": {kind for form in SOLUTIONS[:2] for kind in form.media_types},
        "tabular": {kind for form in SOLUTIONS for kind in form.media_types},
        "RDF": {kind for form in GRAPHS for kind in form.media_types},
    }
    if exchange.kind:
        assert response.mimetype in media[exchange.kind]
    if exchange.boolean is not None:
        assert json.loads(response.data)["boolean"] is exchange.boolean


@needs_suite
def test_the_suite_is_whole() -> None:
    """There are 34 tests, of which 7 write; every exchange says what is expected."""
    assert len(suite()) == 34
    assert len(_of_queries()) == 27
    assert all(exchange.statuses and exchange.method for exchanges in suite().values() for exchange in exchanges)


@needs_suite
@pytest.mark.parametrize("name", _of_queries())
def test_query_operation(client: FlaskClient, name: str) -> None:
    """Each request is answered, or refused, as the Working Group says."""
    for exchange in suite()[name]:
        _check(exchange, _play(client, exchange))


@needs_suite
@pytest.mark.parametrize("name", sorted(name for name in suite() if name.startswith("update_")))
def test_updates_are_refused_where_queries_are_taken(client: FlaskClient, name: str) -> None:
    """An endpoint that takes no updates refuses each of them, and stays as it is."""
    before = client.get("/sparql?query=SELECT%20*%20%7B%20GRAPH%20%3Fg%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20%7D").data
    assert _play(client, suite()[name][0]).status_code in {400, 415}
    after = client.get("/sparql?query=SELECT%20*%20%7B%20GRAPH%20%3Fg%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20%7D").data
    assert sorted(before) == sorted(after)


def _of_updates() -> list[str]:
    return sorted(name for name in suite() if "update" in name)


@pytest.fixture(scope="module")
def writable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that takes writes, and has nothing yet."""
    with taking_writes(tmp_path_factory.mktemp("updates")) as found:
        yield found


@needs_suite
@pytest.mark.slow
@pytest.mark.parametrize("name", _of_updates())
def test_update_operation(writable: Running, name: str) -> None:
    """Each update is done, or refused, as the Working Group says; it is sent to `/update`, with a token."""
    for exchange in suite()[name]:
        kind = dict(exchange.headers).get("content-type", "text/plain")  # what urllib would put in is a form
        is_query = kind == "application/sparql-query"
        path = exchange.path.replace("/sparql/", "sparql" if is_query else "update", 1)
        found = writable.send(exchange.method, path, exchange.body or None, Content_Type=kind)
        assert f"{found.status // 100}xx" in exchange.statuses, found.body.decode()
        if exchange.boolean is not None:
            assert json.loads(found.body)["boolean"] is exchange.boolean
