"""Requests that came before, to the letter."""

from __future__ import annotations

from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store
from werkzeug.test import Client, TestResponse

from cdkg.server import create_app
from cdkg.server.answers import InProcess
from cdkg.server.caching import Results
from cdkg.server.repeated import Repeated

QUERY = "SELECT * { ?s <x:p> ?o } ORDER BY ?s LIMIT 3"
#: Fields that are another answer's, or none's.
DIFFERENT = {"Date"}


class Taken:
    """An application that counts the requests that reach it."""

    def __init__(self, app: Any) -> None:
        self.app, self.requests = app, 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Count, and answer."""
        self.requests += 1
        return self.app(environ, start_response)


class Served:
    """An application over 50 triples, and who counts what reaches it."""

    def __init__(self) -> None:
        store = Store()
        store.bulk_extend(Quad(NamedNode(f"x:s{n}"), NamedNode("x:p"), Literal(f"value {n}")) for n in range(50))
        self.answers = InProcess(store, version="one")
        app = create_app(self.answers)
        assert isinstance(app.wsgi_app, Repeated)
        self.results: Results = app.config["RESULTS"]
        self.taken = Taken(app.wsgi_app._app)  # noqa: SLF001  # to look behind it
        self.remember(most=100)

    def remember(self, most: int) -> None:
        """Remember so many answers, none of the former ones."""
        self.client = Client(Repeated(self.taken, self.answers, self.results, most))

    def get(self, query: str = QUERY, method: str = "GET", **headers: str) -> TestResponse:
        """Ask."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open("/sparql", method=method, query_string={"query": query}, headers=named)


@pytest.fixture
def served() -> Served:
    """A new one."""
    return Served()


@pytest.mark.parametrize("accept", ["", "text/csv", "application/sparql-results+xml"])
def test_the_same_answer(served: Served, accept: str) -> None:
    """Status, fields and bytes are those that the application gave, which is not asked again."""
    first = served.get(Accept=accept)
    again = served.get(Accept=accept)
    assert served.taken.requests == 1
    assert (again.status, again.data) == (first.status, first.data)
    assert [pair for pair in again.headers if pair[0] not in DIFFERENT] == [
        pair for pair in first.headers if pair[0] not in DIFFERENT
    ]
    assert served.results.hits == 1


@pytest.mark.parametrize(
    "other",
    [
        {"Accept": "text/csv"},
        {"Accept_Encoding": "gzip"},
        {"Host": "other.example"},
        {"Cache_Control": "no-cache"},
        {"Cache_Control": "no-store"},
        {"Pragma": "no-cache"},
        {"Authorization": "Bearer x"},
        {"Expect": "100-continue"},
        {"If_None_Match": '"nothing"'},
        {"method": "HEAD"},
        {"query": f"{QUERY} "},
    ],
    ids=str,
)
def test_another_request_is_taken_apart(served: Served, other: dict[str, str]) -> None:
    """Whatever may decide on an answer is looked at."""
    served.get()
    served.get(**other)
    assert served.taken.requests == 2


def test_what_is_not_accepted_stays_refused(served: Served) -> None:
    """An answer that is there in another form is none."""
    assert served.get(Accept="text/csv").status_code == 200
    assert [served.get(Accept="text/csv;q=0").status_code for _ in range(2)] == [406, 406]


def test_tag_of_a_remembered_answer(served: Served) -> None:
    """Who has it gets 304."""
    tag = [served.get().headers["ETag"] for _ in range(2)][1]
    assert served.get(If_None_Match=tag).status_code == 304


@pytest.mark.parametrize("query", ["SELECT (NOW() AS ?n) {}", "SELECT (RAND() AS ?n) {}", "SELECT nonsense"])
def test_what_changes_or_fails_is_asked_again(served: Served, query: str) -> None:
    """Neither has a tag."""
    for _ in range(2):
        served.get(query)
    assert served.taken.requests == 2


def test_forgotten_at_the_swap(served: Served) -> None:
    """Another version has answers of its own; going back brings none of the former ones."""
    former = served.get().headers["ETag"]
    served.answers.version = "two"
    assert served.get().headers["ETag"] != former
    served.answers.version = "one"
    assert served.get().headers["ETag"] == former
    assert served.taken.requests == 3


def test_a_store_of_no_version_is_asked_each_time(served: Served) -> None:
    """Nobody says when it changes."""
    served.answers.version = ""
    for _ in range(2):
        served.get()
    assert served.taken.requests == 2


def test_bounds(served: Served) -> None:
    """No more answers than said, those asked for last; none that is long."""
    served.remember(most=2)
    for limit in (1, 2, 3, 2, 1):
        served.get(f"SELECT * {{ ?s ?p ?o }} LIMIT {limit}")
    assert served.taken.requests == 4
    large = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 500"
    assert min(len(served.get(large).data) for _ in range(2)) > 20_000
    assert served.taken.requests == 6
    long = f"SELECT * {{ ?s ?p ?o FILTER(?o != '{'x' * 20_000}') }}"
    for _ in range(2):
        served.get(long)
    assert served.taken.requests == 8


def test_no_memory_means_none() -> None:
    """Who keeps no answers keeps these no more."""
    answers = InProcess(Store(), version="one")
    assert not isinstance(create_app(answers, cache_megabytes=0).wsgi_app, Repeated)
