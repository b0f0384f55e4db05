"""SERVICE: only to services that the settings name, through our relay, never from the engine itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs
from urllib.request import Request as Sent
from urllib.request import urlopen

import pytest
from pyoxigraph import NamedNode, Quad, Store

from cdkg.errors import QueryError, SettingsError
from cdkg.formats import by_name
from cdkg.http import Bounds, Policy
from cdkg.query import Limits, inspect, run
from cdkg.query.run import OFFERED
from cdkg.query.services import Service
from cdkg.settings import read
from cdkg.workers import Pool, PoolBounds, Request, Source
from cdkg.workers.relay import Relay

KB = Service("https://kb.example/sparql", "http://127.0.0.1:9/relay/token/0")
LIMITS = Limits(services=(KB,))


@pytest.mark.parametrize("query", ["SELECT * {{ SERVICE <{}> {{ ?s ?p ?o }} }}",
                                   "SELECT * {{ SERVICE SILENT<{}>{{ ?s ?p ?o }} }}",
                                   "ASK {{ ?s ?p ?o . service # <x>\n <{}> {{ ?s ?p ?o }} }}",
                                   "ASK FROM <https://a.example/> {{ SERVICE <{}> {{ ?s ?p ?o }} }}"])  # fmt: skip
def test_an_allowed_service_is_rewritten(query: str) -> None:
    """The engine gets the relay's address in its place, and all else as it was."""
    found = inspect(query.format(KB.url), LIMITS).text
    assert found.count(KB.through) == 1
    assert KB.url not in found


def test_each_service_is_rewritten_and_names_are_not() -> None:
    """Two of them on one line, beside a string and a name that read the same."""
    asked = (
        f"SELECT * {{ SERVICE <{KB.url}> {{ ?s ?p 'SERVICE <{KB.url}>' }} SERVICE <{KB.url}> {{ ?s cd:SERVICE ?o }} }}"
    )
    found = inspect(asked, LIMITS).text
    assert found.count(f"SERVICE <{KB.through}>") == 2
    assert f"'SERVICE <{KB.url}>'" in found


@pytest.mark.parametrize(
    "call",
    [
        "SERVICE <https://other.example/sparql> { ?s ?p ?o }", f"SERVICE <{KB.url}/> { '{ ?s ?p ?o }' }",
        f"SERVICE <{KB.through}> {{ ?s ?p ?o }}", "SERVICE ?where { ?s ?p ?o }", "SERVICE SILENT ?where { ?s ?p ?o }",
        "SERVICE kb:sparql { ?s ?p ?o }", "SERVICEkb:sparql { ?s ?p ?o }", "SERVICE SILENTkb:sparql { ?s ?p ?o }",
        f"SERVICESILENT<{KB.url}> {{ ?s ?p ?o }}", f"FILTER(trueSERVICE<{KB.url}>)", "SERVICE", "SERVICE SILENT",
        f"SERVICE <{KB.url}> {{ SERVICE <{KB.url}> {{ ?s ?p ?o }} }}",
        f"SERVICE <{KB.url}> {{ {{ ?s ?p ?o }} OPTIONAL {{ SERVICE <https://other.example/> {{ ?s ?p ?o }} }} }}",
        "SERVICE <\\u0068ttps://kb.example/sparql> { ?s ?p ?o }", "SERVICE <sparql> { ?s ?p ?o }",
    ],
)  # fmt: skip
def test_all_else_is_refused(call: str) -> None:
    """Other addresses, our own relay's, variables, names, odd spellings, and one inside another."""
    with pytest.raises(QueryError):
        inspect(f"BASE <https://kb.example/> PREFIX kb: <https://kb.example/> SELECT * {{ {call} }}", LIMITS)


def test_the_refusal_names_the_list() -> None:
    """Who asks for another service learns which ones there are; without any, that there are none."""
    with pytest.raises(QueryError, match=KB.url):
        inspect("SELECT * { SERVICE <https://other.example/> { ?s ?p ?o } }", LIMITS)
    with pytest.raises(QueryError, match="sends no requests"):
        inspect(f"SELECT * {{ SERVICE <{KB.url}> {{ ?s ?p ?o }} }}", Limits())


# -- through the relay -----------------------------------------------------------------------------------------------


class _Handler(BaseHTTPRequestHandler):
    """A SPARQL endpoint that always gives the same row, and fails as its path says."""

    server: _Remote

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers), parse_qs(body.decode())["query"][0]))
        row = {"x": {"type": "uri", "value": "https://kb.example/x"}}
        data = json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": [row]}}).encode()
        kind, status = "application/sparql-results+json", 200
        if self.path == "/broken":
            data = data[:40]
        elif self.path == "/html":
            kind = "text/html"
        elif self.path == "/busy":
            status = 429
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))), ("Retry-After", "30")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


class _Remote(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, str], str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def url(self, path: str = "sparql") -> str:
        return f"http://kb.example:{self.server_port}/{path}"


@pytest.fixture
def remote() -> Iterator[_Remote]:
    """A remote endpoint, on this machine."""
    with _Remote() as found:
        threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
        yield found
        found.shutdown()


def _relay(remote: _Remote, *paths: str) -> Relay:
    urls = tuple(remote.url(path) for path in paths or ("sparql",))
    policy = Policy.of(urls, lambda _host, _port: ["127.0.0.1"], ["127.0.0.1"])
    return Relay(urls, "mailto:me@here.example", policy, Bounds(seconds=5, most_bytes=10_000))


def _answer(store: Store, text: str, relay: Relay) -> bytes:
    return run(store, text, limits=Limits(services=relay.services)).write(by_name("json", OFFERED["SELECT"]))


def _failure(text: str, relay: Relay) -> str:
    """What is told of a query that fails; the error is let go at once: rows of the engine must end in their thread."""
    try:
        found = _answer(Store(), text, relay)
    except QueryError as error:
        return str(error)
    raise AssertionError(found)


def test_an_answer_through_the_relay(remote: _Remote) -> None:
    """The row comes back; the remote sees the query, who asks and what is wanted, and not the relay's token."""
    with _relay(remote) as relay:
        found = _answer(Store(), f"SELECT * {{ SERVICE <{remote.url()}> {{ ?x a ?y }} }}", relay)
        token = relay.services[0].through.split("/")[-2]
    assert json.loads(found)["results"]["bindings"][0]["x"]["value"] == "https://kb.example/x"
    fields, query = remote.seen[0]
    assert "mailto:me@here.example" in fields["User-Agent"]
    assert set(fields["Accept"].split(", ")) == {"application/sparql-results+json", "application/sparql-results+xml"}
    assert "?x" in query
    assert token not in json.dumps(remote.seen)


@pytest.mark.parametrize("path", ["broken", "html", "busy"])
def test_a_service_that_fails(remote: _Remote, path: str) -> None:
    """It is an error of the query, without the relay's address; with SILENT the query goes on without it."""
    url = remote.url(path)
    with _relay(remote, path) as relay:
        told = _failure(f"SELECT * {{ SERVICE <{url}> {{ ?x a ?y }} }}", relay)
        assert "/relay/" not in told
        if path != "broken":  # the engine has begun to give rows then
            assert url in told
            silent = _answer(Store(), f"SELECT * {{ SERVICE SILENT <{url}> {{ ?x a ?y }} }}", relay)
            assert json.loads(silent)["results"]["bindings"] == [{}]


def test_a_service_is_asked_once_for_many_rows(remote: _Remote) -> None:
    """In a FILTER the engine asks for each row; the service is asked once."""
    store, node = Store(), NamedNode("https://kb.example/p")
    store.extend(Quad(NamedNode(f"https://kb.example/{n}"), node, node) for n in range(30))
    with _relay(remote) as relay:
        asked = f"SELECT * {{ ?s ?p ?z FILTER EXISTS {{ SERVICE <{remote.url()}> {{ ?x a ?y }} }} }}"
        assert len(json.loads(_answer(store, asked, relay))["results"]["bindings"]) == 30
    assert len(remote.seen) == 1


def test_a_service_that_wants_to_be_left_alone_is(remote: _Remote) -> None:
    """After a 429 it is not asked again before the time that it named."""
    with _relay(remote, "busy") as relay:
        for _ in range(3):
            assert _failure(f"SELECT * {{ SERVICE <{remote.url('busy')}> {{ ?x a ?y }} }}", relay)
    assert len(remote.seen) == 1


def test_a_private_service_is_not_asked(remote: _Remote) -> None:
    """Being on the list is not enough: the address must be public, too."""
    relay = Relay(
        (remote.url(),), "mailto:me@here.example", Policy.of([remote.url()], lambda _host, _port: ["127.0.0.1"])
    )
    with relay:
        assert "public" in _failure(f"SELECT * {{ SERVICE <{remote.url()}> {{ ?x a ?y }} }}", relay)
    assert not remote.seen


def test_the_relay_knows_its_own_addresses_only(remote: _Remote) -> None:
    """Who does not know the token, or names another number, gets nothing."""
    with _relay(remote) as relay:
        through = relay.services[0].through
        base, token = through.partition("/relay")[0], through.split("/")[-2]
        for path in (
            "/",
            "/relay/x/0",
            "/relay//0",
            *(f"/relay/{token}/{n}" for n in ("1", "-1", "00", "0/0", "%30", "")),
        ):
            sent = Sent(base + path, b"ASK {}", {"Content-Type": "application/sparql-query"})
            with pytest.raises(HTTPError) as caught:
                urlopen(sent, timeout=5)
            assert caught.value.code == 404
            caught.value.close()
    assert not remote.seen


def test_workers_ask_through_the_relay(remote: _Remote, tmp_path: Path) -> None:
    """The whole way: the processes of a pool know the services, and what fails there is told and not swallowed."""
    (tmp_path / "graph.nq").write_text(
        "<https://a.example/s> <https://a.example/p> <https://a.example/o> <https://a.example/g> .\n"
    )
    with _relay(remote, "sparql", "html") as relay:
        pool = Pool(Source(tmp_path), PoolBounds(workers=1, limits=Limits(services=relay.services)))
        try:
            asked = f"SELECT * {{ ?s ?p ?o SERVICE <{remote.url()}> {{ ?x a ?y }} }}"
            found = b"".join(pool.ask(Request(asked, "application/sparql-results+json")))
            assert b"https://kb.example/x" in found
            failing = f"SELECT * {{ ?s ?p ?o SERVICE <{remote.url('html')}> {{ ?x a ?y }} }}"
            with pytest.raises(QueryError, match="text/html"):
                b"".join(pool.ask(Request(failing, "application/sparql-results+json")))
        finally:
            pool.close()


@pytest.mark.parametrize("url", ["ftp://a.example/", "a.example/sparql", "https:///sparql", ""])
def test_what_cannot_be_asked_is_no_service(url: str) -> None:
    """The server does not start with a list that is wrong."""
    with pytest.raises(SettingsError):
        Relay((KB.url, url))


def test_services_are_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file as a list, in the environment with blanks between them; there are none by default."""
    assert read(tmp_path).services == ()
    (tmp_path / "cdkg.toml").write_text('services = ["https://a.example/", "https://b.example/"]\n')
    assert read(tmp_path).services == ("https://a.example/", "https://b.example/")
    monkeypatch.setenv("CDKG_SERVICES", "https://c.example/ https://d.example/")
    assert read(tmp_path).services == ("https://c.example/", "https://d.example/")
