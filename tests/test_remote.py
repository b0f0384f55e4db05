"""SPARQL endpoints of others, asked through SPARQLWrapper's requests and the polite client; results in pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from cdkg.errors import QueryError, SettingsError
from cdkg.formats import GRAPHS, SOLUTIONS, by_name
from cdkg.http import Bounds, Cache, Client, Pace, Patience, Policy, Turns
from cdkg.store import RemoteEndpoint
from cdkg.store.paging import Paged
from stand_ins import FaultProxy, oxigraph, oxigraph_binary, virtuoso, virtuoso_binary

FORM = by_name("json", SOLUTIONS)
ROWS = 25
DATA = "".join(f"<http://e/{n:02}> <http://e/n> {n} .\n" for n in range(ROWS))
ALL = "SELECT ?s ?n { ?s <http://e/n> ?n } ORDER BY ?s ?n"
needs_oxigraph = pytest.mark.skipif(not oxigraph_binary(), reason="the command `oxigraph` is not there")
needs_virtuoso = pytest.mark.skipif(not virtuoso_binary(), reason="Debian's virtuoso-opensource-7 is not there")


def polite(url: str, folder: Path, tries: int = 3) -> Client:
    """A client that may ask an address of this machine, by an explicit policy, and hardly waits."""
    turns = Turns(folder, Pace(burst=1000, seconds_each=0, failures=1000))
    policy, patience = Policy.of([url], exceptions=["127.0.0.1"]), Patience(tries, first=0.01, busy=0.01)
    return Client("mailto:a@example.org", policy, turns, patience=patience, bounds=Bounds(5, 1_000_000))


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    """A server with faults in store."""
    with FaultProxy() as found:
        yield found


def test_short_queries_are_got_and_long_ones_posted(proxy: FaultProxy, tmp_path: Path) -> None:
    """A query that no address can hold goes as a form; both arrive whole, with the prefixes that they use."""
    remote = RemoteEndpoint(proxy.url, client=polite(proxy.url, tmp_path))
    long = f"SELECT ?x {{ ?x a cd:City }} # {'long ' * 1000}"
    for text in ("SELECT ?x { ?x a cd:City }", long):
        remote.query(text, FORM)
    (get, path, _, _), (post, _, headers, body) = proxy.seen
    assert (get, post) == ("GET", "POST")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    for sent, text in ((path.partition("?")[2], "SELECT ?x { ?x a cd:City }"), (body.decode(), long)):
        asked = parse_qs(sent)["query"][0]
        assert asked.endswith(text)
        assert asked.startswith("PREFIX cd: <")
        assert asked.count("PREFIX") == 1


@pytest.mark.parametrize(("is_virtuoso", "sent"), [(True, ["7000"]), (False, None)])
def test_the_time_limit_is_told(proxy: FaultProxy, tmp_path: Path, is_virtuoso: bool, sent: list[str] | None) -> None:
    """Virtuoso learns it as a parameter, Blazegraph in the header that others pass over."""
    client = polite(proxy.url, tmp_path)
    RemoteEndpoint(proxy.url, 7, client=client, is_virtuoso=is_virtuoso).query("ASK { ?s ?p ?o }", FORM)
    _, path, headers, _ = proxy.seen[0]
    assert parse_qs(path.partition("?")[2]).get("timeout") == sent
    assert {name.lower(): value for name, value in headers.items()}["x-bigdata-max-query-millis"] == "7000"


@pytest.mark.parametrize(
    ("fault", "told"),
    [("status 400", "refused the query"), ("html", "text/html"), ("bomb", "compressed"), ("cut", "breaks off"),
     ("redirect http://10.1.2.3/", "may not be asked"),
     ("lie", "no solutions"), ("endless", "too long"), ("chunk", "does not answer"),
     ("status 503", "503"), ("redirect", "on and on")],
)  # fmt: skip
def test_failures_are_told(proxy: FaultProxy, tmp_path: Path, fault: str, told: str) -> None:
    """In one message, with the reason."""
    proxy.faults = [fault] * 9
    remote = RemoteEndpoint(proxy.url, client=polite(proxy.url, tmp_path))
    with pytest.raises(Exception, match=told) as caught:
        remote.query(ALL, FORM)
    assert "Traceback" not in str(caught.value)


def test_what_others_say_does_not_steer_the_terminal(proxy: FaultProxy, tmp_path: Path) -> None:
    """A refusal is told without the control characters in it."""
    proxy.faults, proxy.excuse = ["status 400"], b"\x1b[2Jno \x07such\nprefix"
    with pytest.raises(QueryError, match="such prefix") as caught:
        RemoteEndpoint(proxy.url, client=polite(proxy.url, tmp_path)).query(ALL, FORM)
    assert caught.value.why.isprintable()


@pytest.mark.parametrize("length", [0, 2000])
def test_an_address_with_parameters(proxy: FaultProxy, tmp_path: Path, length: int) -> None:
    """They are sent beside the query, by GET and by POST; a fragment is not sent."""
    text = f"{ALL} #{'x' * length}"
    RemoteEndpoint(f"{proxy.url}?a=b%26c&union#here", client=polite(proxy.url, tmp_path)).query(text, FORM)
    _, path, _, body = proxy.seen[0]
    sent = parse_qs(body.decode() or path.partition("?")[2], keep_blank_values=True)
    assert bool(body) == bool(length)
    assert (sent["a"], sent["union"], sent["query"]) == (["b&c"], [""], [text])


def test_updates_are_not_sent(proxy: FaultProxy) -> None:
    """SPARQLWrapper knows them apart."""
    with pytest.raises(QueryError, match="update"):
        RemoteEndpoint(proxy.url).query("DELETE WHERE { ?s ?p ?o }", FORM)
    assert not proxy.seen


def test_others_need_a_contact() -> None:
    """Without one nothing is sent, and no name is looked up."""
    with pytest.raises(SettingsError, match="CDKG_CONTACT"):
        RemoteEndpoint("https://kb.example/sparql").query("ASK { ?s ?p ?o }", FORM)


# -- in pages --------------------------------------------------------------------------------------------------------


@needs_oxigraph
def test_pages_of_a_real_server(tmp_path: Path) -> None:
    """All rows, once each, whatever goes wrong in between."""
    with oxigraph(tmp_path, DATA) as url, FaultProxy(url) as proxy:
        proxy.faults = ["", "status 429 0", "cut", "", "status 500"]
        told: list[tuple[int, int]] = []
        remote = RemoteEndpoint(proxy.url, client=polite(proxy.url, tmp_path))
        rows = Paged(remote, ALL, 10, tell=lambda pages, rows: told.append((pages, rows))).rows()
    assert [row["n"]["value"] for row in rows] == [str(n) for n in range(ROWS)]
    assert told == [(1, 10), (2, 20), (3, 25), (4, 25)]


@needs_oxigraph
def test_a_job_goes_on(tmp_path: Path) -> None:
    """A job that broke off asks only for what it has not; a page whose file is broken is asked for again."""
    with oxigraph(tmp_path, DATA) as url, FaultProxy(url) as proxy:
        proxy.faults = ["", "status 400"]
        remote = RemoteEndpoint(proxy.url, client=polite(proxy.url, tmp_path))
        job = Paged(remote, ALL, 10, tmp_path / "journal")
        with pytest.raises(QueryError):
            job.rows()
        proxy.seen.clear()
        assert len(job.rows()) == ROWS
        assert len(proxy.seen) == 3
        next((tmp_path / "journal").glob("*-00001.page")).write_text("nonsense")
        assert len(job.rows()) == ROWS
        assert len(proxy.seen) == 4
        job.forget()
        assert not list((tmp_path / "journal").iterdir())


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?s { ?s ?p ?o }", f"{ALL} LIMIT 5", f"{ALL} OFFSET 3 LIMIT 5", f"{ALL} limit 5 # all",
        "SELECT ?s { { SELECT ?s { ?s ?p ?o } ORDER BY ?s } }", "SELECT ?s { ?s ?p ?o } # ORDER BY ?s",
        "SELECT ?s { ?s ?p 'ORDER BY' }", f"{ALL} VALUES ?s {{ <http://e/01> }}", "",
    ],
)  # fmt: skip
def test_what_has_no_pages(query: str) -> None:
    """Without an order of all, and with a limit of its own, pages say nothing."""
    with pytest.raises(QueryError, match="pages"):
        Paged(RemoteEndpoint("http://127.0.0.1:9/"), query).rows()


@needs_oxigraph
def test_a_limit_inside(tmp_path: Path) -> None:
    """A subquery keeps its own order and limit."""
    query = "SELECT ?n { { SELECT ?n { ?s <http://e/n> ?n } ORDER BY DESC(?n) LIMIT 7 } } ORDER BY ?n"
    with oxigraph(tmp_path, DATA) as url:
        rows = Paged(RemoteEndpoint(url, client=polite(url, tmp_path)), query, 3).rows()
    assert [int(row["n"]["value"]) for row in rows] == list(range(ROWS - 7, ROWS))


def _answer(*values: str, kind: str = "literal") -> bytes:
    rows = [{"x": {"type": kind, "value": value}} for value in values]
    return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": rows}}).encode()


def test_pages_that_do_not_follow(tmp_path: Path) -> None:
    """Rows that came or went meanwhile, no fixed order, or no OFFSET: an error, and what was kept is dropped."""
    for after in (_answer("0", "1"), _answer("3", "4"), _answer()):
        with FaultProxy(answer=_answer("1", "2")) as proxy:

            def change(_pages: int, _rows: int, proxy: FaultProxy = proxy, after: bytes = after) -> None:
                proxy.answer = after

            remote = RemoteEndpoint(proxy.url, client=polite(proxy.url, tmp_path))
            with pytest.raises(QueryError, match="do not follow"):
                Paged(remote, ALL, 2, tmp_path / "journal", change).rows()
            assert not list((tmp_path / "journal").iterdir())


@pytest.mark.parametrize("kind", ["literal", "bnode"])
def test_one_row_for_ever(tmp_path: Path, kind: str) -> None:
    """A server that does not know OFFSET and has one row only ends all the same; a blank node is called anew."""
    with FaultProxy(answer=_answer("1", kind=kind)) as proxy:

        def rename(_pages: int, _rows: int) -> None:
            proxy.answer = _answer("2" if kind == "bnode" else "1", kind=kind)

        remote = RemoteEndpoint(proxy.url, client=polite(proxy.url, tmp_path))
        assert len(Paged(remote, ALL, 1, tell=rename).rows()) == 1
    assert len(proxy.seen) == 2


@needs_oxigraph
def test_an_old_job_is_begun_anew(tmp_path: Path) -> None:
    """What was kept a day ago, or in a future that a clock told, is not mixed with what is told now."""
    with oxigraph(tmp_path, DATA) as url, FaultProxy(url) as proxy:
        job = Paged(RemoteEndpoint(proxy.url, client=polite(proxy.url, tmp_path)), ALL, 10, tmp_path / "journal")
        for hours in (-25, 2):
            assert len(job.rows()) == ROWS
            for path in (tmp_path / "journal").iterdir():
                at = (datetime.now(tz=UTC) + timedelta(hours=hours)).isoformat()
                path.write_text(json.dumps({**json.loads(path.read_text()), "at": at}))
        proxy.seen.clear()
        assert len(job.rows()) == ROWS
        assert len(proxy.seen) == 4


@pytest.mark.parametrize(
    ("fields", "told"), [({"X-SPARQL-MaxRows": "10"}, "10 rows at most"), ({"X-SQL-State": "S1TAT"}, "time")]
)
def test_parts_are_no_answers(proxy: FaultProxy, tmp_path: Path, fields: dict[str, str], told: str) -> None:
    """What a server cut is told, also when it comes from the cache."""
    client = replace(polite(proxy.url, tmp_path), cache=Cache(tmp_path / "answers"))
    proxy.fields = {**fields, "Cache-Control": "max-age=600"}
    for _ in range(2):
        with pytest.raises(QueryError, match=told):
            RemoteEndpoint(proxy.url, client=client).query(ALL, FORM)


@pytest.mark.parametrize("answer", [_answer("Zürich").decode("unicode_escape").encode("latin-1"), b"{}", b"[" * 99_999,
                                    b'{"results": {"bindings": [{"x": {"value": 1}}]}}', b""])  # fmt: skip
def test_answers_that_are_none(tmp_path: Path, answer: bytes) -> None:
    """In another encoding, of another form, without end, without anything."""
    with FaultProxy(answer=answer) as proxy, pytest.raises(QueryError, match="no solutions"):
        Paged(RemoteEndpoint(proxy.url, client=polite(proxy.url, tmp_path)), ALL, 1).rows()


def test_a_lie_is_seen(proxy: FaultProxy, tmp_path: Path) -> None:
    """HTML under the media type of results are no solutions."""
    proxy.faults = ["lie"]
    with pytest.raises(QueryError, match="no solutions"):
        Paged(RemoteEndpoint(proxy.url, client=polite(proxy.url, tmp_path)), ALL, 1).rows()


@needs_virtuoso
@pytest.mark.slow
def test_rows_that_virtuoso_leaves_out(tmp_path: Path) -> None:
    """Virtuoso gives so many rows at most and says it in a header only; in pages they all come."""
    with virtuoso(tmp_path, DATA, most_rows=10) as url:
        remote = RemoteEndpoint(url, client=polite(url, tmp_path), is_virtuoso=True)
        with pytest.raises(QueryError, match="10 rows at most"):
            remote.query(ALL, FORM)
        assert len(json.loads(remote.query(f"{ALL} LIMIT 9", FORM))["results"]["bindings"]) == 9
        rows = Paged(remote, ALL, 100).rows()
        assert [int(row["n"]["value"]) for row in rows] == list(range(ROWS))
        slow = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER (?c + ?f > ?i * 2) }"
        with pytest.raises(QueryError, match="time"):
            RemoteEndpoint(url, 1, client=polite(url, tmp_path), is_virtuoso=True).query(slow, FORM)
        triples = remote.query("CONSTRUCT WHERE { ?s <http://e/n> ?n }", by_name("turtle", GRAPHS))
        assert b"http://e/" in triples
