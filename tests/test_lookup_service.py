"""Look-ups over HTTP and in the command line: bodies, formats, tags, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from cdkg import cli
from cdkg.graph import KnowledgeGraph
from cdkg.linking.lookup import MOST
from cdkg.linking.spellings import LONGEST
from cdkg.query import Limits
from cdkg.server import create_app
from cdkg.server.answers import InProcess
from cdkg.store import Snapshots
from cdkg.vocabulary import ID
from lookups import GEONAMES, LEEDS, WD, graph_of, project_in, text


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a file of mappings."""
    return project_in(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def graph(project: Path) -> KnowledgeGraph:
    """Its graph."""
    return graph_of(project)


@pytest.fixture(scope="module")
def client(graph: KnowledgeGraph) -> FlaskClient:
    """A client of a server of it."""
    return create_app(InProcess(graph.store, version="one")).test_client()


# -- over HTTP ---------------------------------------------------------------------------------------------------------


def test_one_iri_over_http(client: FlaskClient) -> None:
    """For pages of all origins; a tag for each version and each question."""
    path = "/lookup?iri=https://www.wikidata.org/wiki/Q39121"
    response = client.get(path)
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "accept" in response.vary
    (found,) = response.json["results"]  # type: ignore[index]
    assert (found["asked"], found["iri"]) == ("https://www.wikidata.org/wiki/Q39121", f"{WD}Q39121")
    assert [match["match"] for match in found["matches"]] == [LEEDS]
    tag = response.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    for other in (f"/lookup?iri={WD}Q1", f"{path}&candidates=yes", f"{path}&format=csv"):
        again = client.get(other, headers={"If-None-Match": tag})
        assert again.status_code == 200, other
        assert again.headers["ETag"] != tag


def test_another_version_has_another_tag(graph: KnowledgeGraph) -> None:
    """A client that asks again gets what is new."""
    path, tags = f"/lookup?iri={LEEDS}", set()
    for version in ("one", "two"):
        tags.add(create_app(InProcess(graph.store, version=version)).test_client().get(path).headers["ETag"])
    assert len(tags) == 2


def test_unknown_and_known_without_a_match(client: FlaskClient) -> None:
    """404 for one that nothing is known of; a thing of ours without matches has an empty list."""
    response = client.get("/lookup?iri=https://www.wikidata.org/wiki/Q3")
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
    assert f"<{WD}Q3>" in response.json["detail"]  # type: ignore[index]
    for path in (f"/lookup?iri={ID}city/hull", f"/lookup?iri={GEONAMES}2644688/"):
        response = client.get(path)
        assert response.status_code == 200
        assert [each["matches"] for each in response.json["results"]] == [[]]  # type: ignore[index]
    several = client.get(f"/lookup?iri={WD}Q3&iri={LEEDS}").json["results"]  # type: ignore[index]
    assert [(each["known"], len(each["matches"])) for each in several] == [(False, 0), (True, 2)]


def test_in_bulk(client: FlaskClient) -> None:
    """As a list, as lines, as a form: the same answers as one by one."""
    asked = [LEEDS, "wd:Q3", "https://www.geonames.org/2644688"]
    as_json = client.post("/lookup?candidates=yes", json=asked)
    assert as_json.status_code == 200
    assert "ETag" not in as_json.headers
    (results,) = as_json.json.values()  # type: ignore[union-attr]
    assert [each["asked"] for each in results] == asked
    assert [len(each["matches"]) for each in results] == [3, 0, 1]
    lines = "\ufeff" + "\r\n".join(asked) + "\n\n"
    as_text = client.post("/lookup?candidates=yes", data=lines.encode(), content_type="text/plain; charset=utf-8")
    as_form = client.post("/lookup", data={"iri": asked, "candidates": "yes"})
    assert as_json.json == as_text.json == as_form.json
    for each in (results[0], results[2]):
        alone = client.get("/lookup", query_string={"iri": each["asked"], "candidates": "yes"})
        assert alone.json == {"results": [each]}


def test_addresses_of_this_server(client: FlaskClient) -> None:
    """What somebody copies from the browser is a thing of ours, and is told as it was asked."""
    here = [f"http://localhost/{path}" for path in ("page/id/city/leeds", "data/id/city/leeds.ttl", "id/city/leeds")]
    results = client.post("/lookup", json=here).json["results"]  # type: ignore[index]
    assert [(each["asked"], each["iri"], len(each["matches"])) for each in results] == [(one, LEEDS, 2) for one in here]
    assert client.get("/lookup?iri=http://elsewhere/page/id/city/leeds").status_code == 404


def test_a_table(client: FlaskClient) -> None:
    """For spreadsheets: a mark of UTF-8, a row for each match, and one for what has none."""
    response = client.post("/lookup", json=[LEEDS, "wd:Q3"], headers={"Accept": "text/csv"})
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"), newline="")))
    assert [(row["asked"], row["match"], row["state"]) for row in rows] == [
        (LEEDS, f"{WD}Q39121", "accepted"), (LEEDS, f"{WD}Q1", "denied"), ("wd:Q3", "", "")
    ]  # fmt: skip
    assert (rows[0]["confidence"], rows[0]["reviewers"]) == ("0.95", "Ann | Bea")
    assert rows[0]["comment"] == 'said "twice", even'
    assert (rows[0]["negative"], rows[1]["negative"]) == ("no", "yes")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/lookup", 400, "no IRI"),
        ("/lookup?iri=", 400, "no absolute IRI"),
        ("/lookup?iri=Leeds", 400, "'Leeds'"),
        ("/lookup?iri=http://a%20b", 400, "'http://a b'"),
        ("/lookup?iri=%ff", 400, "UTF-8"),
        ("/lookup?iri=wd:Q1&candidates=maybe", 400, "maybe"),
        ("/lookup?iri=wd:Q1&candidate=yes", 400, "candidates"),
        ("/lookup?iri=wd:Q1&format=xls", 406, "csv"),
        ("/lookup?" + "&".join(["iri=wd:Q1"] * 1001), 400, "1000"),
        (f"/lookup?iri=http://x/{'a' * LONGEST}", 400, str(LONGEST)),
    ],
)
def test_bad_addresses(client: FlaskClient, path: str, status: int, words: str) -> None:
    """Each is told as problem details."""
    response = client.get(path)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert words in response.json["detail"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("body", "media_type", "status", "words"),
    [
        (b"[]", "application/json", 400, "no IRI"),
        (b"", "text/plain", 400, "no IRI"),
        (b"{}", "application/json", 400, "no list"),
        (b'["wd:Q1", 3]', "application/json", 400, "number 2"),
        (b'["wd:Q1", "Leeds", "\\ud800"]', "application/json", 400, "number 2, 'Leeds'"),
        (b"[" * 100_000, "application/json", 400, "JSON"),
        (b'["wd:Q1"', "application/json", 400, "JSON"),
        (b"\xff", "text/plain", 400, "UTF-8"),
        (b"wd:Q1", "text/plain; charset=latin-1", 415, "UTF-8"),
        (b"wd:Q1", "text/turtle", 415, "text/plain"),
        (json.dumps(["wd:Q1"] * (MOST + 1)).encode(), "application/json", 400, "too many"),
        (b"x" * 400_000, "text/plain", 413, ""),
    ],
)
def test_bad_bodies(client: FlaskClient, body: bytes, media_type: str, status: int, words: str) -> None:
    """Each is told as problem details, with which and why."""
    response = client.post("/lookup", data=body, content_type=media_type)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert words in response.json["detail"]  # type: ignore[index]


def test_other_methods(client: FlaskClient) -> None:
    """They are refused; OPTIONS says which there are."""
    assert client.delete("/lookup").status_code == 405
    allowed = client.options("/lookup").headers
    assert {"GET", "HEAD", "POST", "OPTIONS"} <= set(allowed["Access-Control-Allow-Methods"].split(", "))
    assert client.head(f"/lookup?iri={LEEDS}").status_code == 200


def test_small_queries_and_many_iris(graph: KnowledgeGraph) -> None:
    """Where queries must be short, more of them are asked."""
    app = create_app(InProcess(graph.store, Limits(8000), version="one"), limits=Limits(8000))
    asked = [f"http://www.wikidata.org/entity/Q{number}" for number in range(39_000, 39_300)]
    results = app.test_client().post("/lookup", json=asked).json["results"]  # type: ignore[index]
    assert [each["asked"] for each in results if each["matches"]] == [f"{WD}Q39121"]
    assert len(results) == 300


# -- in the command line -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(project: Path, graph: KnowledgeGraph) -> list[str]:
    """The options that name the project and its snapshot."""
    Snapshots(project / ".cdkg").write(graph, {})
    return ["--project", str(project)]


def _run(built: list[str], *arguments: str, given: str | bytes = "") -> Any:
    return CliRunner(env={"COLUMNS": "200"}).invoke(cli.main, ["lookup", *arguments, *built], given)


def test_the_command_says_what_the_server_says(built: list[str], client: FlaskClient) -> None:
    """And the line, too, as it has the files."""
    told = _run(built, "--format", "json", "--candidates", "wd:Q39121", LEEDS)
    assert told.exit_code == 0, told.output
    results = json.loads(told.stdout)["results"]
    lines = {match["object"]: match.pop("line") for each in results for match in each["matches"]}
    written = text().splitlines()
    for iri, line in lines.items():
        assert f":{iri.rstrip('/').rpartition('/')[2]}" in written[line - 1]
    over_http = client.get(f"/lookup?iri=wd:Q39121&iri={LEEDS}&candidates=yes").json["results"]  # type: ignore[index]
    for each in over_http:
        for match in each["matches"]:
            del match["line"]
    assert results == over_http


def test_a_table_for_people(built: list[str]) -> None:
    """With what was taken for what, and what else there is."""
    told = _run(built, "https://www.wikidata.org/wiki/Q39121", "city:leeds", "wd:Q3")
    assert told.exit_code == 1
    for words in ("city:leeds", "accepted", "denied", "not skos:exactMatch", "unknown"):
        assert words in told.stdout
    assert "https://www.wikidata.org/wiki/Q39121 is taken for wd:Q39121" in told.stderr
    assert "--candidates" in told.stderr


def test_iris_of_standard_input(built: list[str]) -> None:
    """One a line, in place of the dash."""
    told = _run(built, "--format", "csv", "wd:Q1", "-", given="\ufeffwd:Q39121\r\n\nwd:Q2\n")
    assert [row["asked"] for row in csv.DictReader(io.StringIO(told.stdout))] == ["wd:Q1", "wd:Q39121", "wd:Q2"]
    assert told.exit_code == 1  # the first is denied
    for given, words in ((b"\xff", "UTF-8"), (b"\n", "no IRI"), (b"Leeds\nYork", "2 of 2")):
        told = _run(built, "-", given=given)
        assert (told.exit_code, words in told.stderr, "Traceback" in told.output) == (2, True, False)
