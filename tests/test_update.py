"""Writes to a project by SPARQL 1.1 Update: who may, what becomes of files, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from cdkg.server.writing import Scope, Tokens
from little_project import GRAPH, ID, start
from plain_server import Running, new_token, running, taking_writes

PAGE = f"{GRAPH}pages/page-1"
LIST = f"{GRAPH}entities/city"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is built."""
    folder = start(tmp_path_factory.mktemp("project"))
    subprocess.run([sys.executable, "-m", "cdkg", "build", "--project", str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[Running]:
    """The project, served with `data/` to be written."""
    token = new_token("--scope", "admin", state=project / ".cdkg")
    with running("--project", str(project), "--writable", str(project / "data"), token=token) as found:
        yield found


def count(server: Running, pattern: str) -> int:
    """How many solutions a pattern has over the union."""
    found = server.query(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}", "text/csv")
    return int(found.body.split()[1])


@pytest.mark.slow
def test_an_update_rewrites_the_file(server: Running, project: Path) -> None:
    """What is inserted is asked at once, and stands in the file; what follows from it is there too."""
    said = "city:newtown a cd:City ; rdfs:label 'Newtown'@en ; cd:country country:spain"
    text = f"INSERT DATA {{ GRAPH <{LIST}> {{ {said} }} }}"
    assert server.update(text).status == 204
    assert count(server, "city:newtown a cd:SpanishCity") == 1
    first = (project / "data/entities/city.ttl").read_bytes()
    assert b"city:newtown a cd:City" in first
    assert b"Exampleton" in first
    assert server.update(f"DELETE WHERE {{ GRAPH <{LIST}> {{ city:newtown ?p ?o }} }}").status == 204
    assert count(server, "city:newtown ?p ?o") == 0
    assert server.update(text).status == 204
    assert (project / "data/entities/city.ttl").read_bytes() == first
    assert server.update(f"DELETE WHERE {{ GRAPH <{LIST}> {{ city:newtown ?p ?o }} }}").status == 204


def test_what_would_break_the_graph_is_refused(server: Running, project: Path) -> None:
    """A city without a label is no write: the findings are told with the file's own name, and nothing is changed."""
    path = project / "data/entities/city.ttl"
    before = path.read_bytes()
    text = f"INSERT DATA {{ GRAPH <{LIST}> {{ city:nameless a cd:City }} }}"
    found = server.update(text)
    assert found.status == 422
    assert found.media_type == "application/problem+json"
    assert b"A city has no label." in found.body
    assert b"data/entities/city.ttl" in found.body
    assert b"stage-" not in found.body
    assert path.read_bytes() == before
    assert count(server, "city:nameless ?p ?o") == 0


@pytest.mark.slow
def test_without_validation_by_admins_only(server: Running, project: Path) -> None:
    """`validate=off` writes what does not conform, if the token is for that."""
    writer = replace(server, token=new_token("--scope", "write", state=project / ".cdkg"))
    text = f"INSERT DATA {{ GRAPH <{GRAPH}pages/page-2> {{ city:nameless a cd:City }} }}"
    assert writer.update(text, "?validate=off").status == 403
    assert server.update(text, "?validate=off").status == 204
    assert count(server, "city:nameless a cd:City") == 1
    assert server.update(f"DROP GRAPH <{GRAPH}pages/page-2>").status == 204
    assert not (project / "data/pages/page-2.ttl").exists()


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { city:sampleville cd:twinnedWith city:thirdham }",
        "CLEAR DEFAULT",
        "DELETE WHERE { GRAPH <https://w3id.org/cdkg/graph/inferred/owl> { ?s ?p ?o } }",
        "INSERT DATA { GRAPH <https://w3id.org/cdkg/graph/ontology/little> { cd:x a owl:Class } }",
        "INSERT DATA { GRAPH <https://w3id.org/cdkg/graph/../../etc/x> { cd:x a owl:Class } }",
        "INSERT DATA { GRAPH <https://w3id.org/cdkg/graph/.git/x> { cd:x a owl:Class } }",
        "INSERT DATA { GRAPH <http://example.org/other> { cd:x a owl:Class } }",
    ],
)
def test_graphs_that_are_no_files(server: Running, text: str) -> None:
    """The derived default graph, inferred graphs, and what lies outside the folder are not written."""
    found = server.update(text)
    assert found.status == 403, found.body


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://127.0.0.1:1/x>",
        "LOAD<file:///etc/passwd>",
        "PREFIX e: <http://127.0.0.1:1/> loadE:x",
        "LOADSILENT <http://127.0.0.1:1/x>",
        "INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "INSERT DATA { <x:a> <x:b> }",
        "SELECT * { ?s ?p ?o }",
        "INSERT DATA { <x:a> <x:b> " + "(" * 300 + ")" * 300 + " }",
    ],
)
def test_updates_that_are_not_allowed(server: Running, text: str) -> None:
    """Nothing is fetched, and nothing is guessed."""
    assert server.update(text).status == 400


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer cdkg_00000000_00", "Bearer x" * 40])
def test_without_a_token(server: Running, header: str) -> None:
    """Who shows no token, or a wrong one, is asked for one."""
    found = server.send("POST", "update", b"CLEAR ALL", Content_Type="application/sparql-update", Authorization=header)
    assert found.status == 401
    assert found.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.slow
def test_scopes(server: Running, project: Path) -> None:
    """A token for reading does not write; one for some graphs writes no others; one that is revoked nothing."""
    state = project / ".cdkg"
    text = f"INSERT DATA {{ GRAPH <{PAGE}> {{ city:exampleton cd:twinnedWith city:thirdham }} }}"
    reader = replace(server, token=new_token("--scope", "read", state=state))
    assert reader.update(text).status == 403
    other = replace(server, token=new_token("--scope", "write", "--graph", f"{GRAPH}entities/", state=state))
    assert other.update(text).status == 403
    some = replace(server, token=new_token("--scope", "write", "--graph", f"{GRAPH}pages/", state=state))
    assert some.update(text).status == 204
    name = some.token.split("_")[1]
    command = [sys.executable, "-m", "cdkg", "token", "revoke", name, "--state", str(state)]
    subprocess.run(command, check=True, capture_output=True)
    assert some.update(text).status == 401


def test_nothing_of_a_token_is_kept(project: Path) -> None:
    """The file has no secret in it, and nobody else may read it."""
    token = new_token(state=project / ".cdkg")
    path = project / ".cdkg/tokens.json"
    assert token.split("_")[1] in path.read_text()
    assert token.split("_")[2] not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_edited_files_are_not_overwritten(server: Running, project: Path) -> None:
    """Where a file was edited since the build, a write would lose that: it is refused."""
    path = project / "data/pages/page-3.ttl"
    path.write_text(f"@base <{GRAPH}pages/page-3> .\n<> <http://www.w3.org/2000/01/rdf-schema#label> 'Page 3'@en .\n")
    text = f"INSERT DATA {{ GRAPH <{PAGE}> {{ city:thirdham cd:twinnedWith city:exampleton }} }}"
    try:
        found = server.update(text)
    finally:
        path.unlink()
    assert found.status == 409
    assert b"page-3.ttl" in found.body


@pytest.mark.slow
def test_writes_one_after_the_other(server: Running, project: Path) -> None:
    """Of writes at the same time each is done, and none undoes another."""
    texts = [
        f"INSERT DATA {{ GRAPH <{GRAPH}pages/many> {{ <{ID}city/c{n}> a cd:City ; rdfs:label 'C{n}'@en }} }}"
        for n in range(4)
    ]
    with ThreadPoolExecutor(4) as threads:
        assert [found.status for found in threads.map(server.update, texts)] == [204] * 4
    assert (project / "data/pages/many.ttl").read_text().count("a cd:City") == 4
    assert server.update(f"DROP GRAPH <{GRAPH}pages/many>").status == 204


def test_fields_of_the_address_count_beside_a_form(tmp_path: Path) -> None:
    """An update as a form looks at no other graphs than the address names, nor is one of two taken."""
    kind = "application/x-www-form-urlencoded"
    with taking_writes(tmp_path) as server:
        form = urlencode({"update": "INSERT DATA { <x:a> <x:p> 1 }"}).encode()
        assert server.send("POST", "update", form, Content_Type=kind).status == 204
        assert server.send("POST", "update?update=DROP+ALL", form, Content_Type=kind).status == 400
        assert server.send("POST", "update?update=DROP+ALL", b"", Content_Type=kind).status == 400
        form = urlencode({"update": "DELETE { <x:a> ?p ?o } WHERE { ?s ?p ?o }"}).encode()
        assert server.send("POST", "update?using-graph-uri=x:none", form, Content_Type=kind).status == 204
        assert server.query("ASK { <x:a> <x:p> 1 }", "text/csv").body == b"true"


@pytest.mark.slow
def test_the_dataset_of_the_protocol(server: Running) -> None:
    """`using-graph-uri` is what patterns see; it may not stand beside USING."""
    copy = f"INSERT {{ GRAPH <{GRAPH}pages/copy> {{ ?s rdfs:label ?l }} }} WHERE {{ ?s rdfs:label ?l }}"
    assert server.update(copy, f"?using-graph-uri={PAGE}").status == 204
    assert count(server, f"GRAPH <{GRAPH}pages/copy> {{ ?s ?p ?o }}") == count(
        server, f"GRAPH <{PAGE}> {{ ?s rdfs:label ?o }}"
    )
    assert server.update(f"WITH <{PAGE}> {copy}", f"?using-graph-uri={PAGE}").status == 400
    assert server.update(f"DROP GRAPH <{GRAPH}pages/copy>").status == 204


def test_off_by_default(project: Path) -> None:
    """Without a folder nothing is written, whatever token is shown; the reason is told."""
    token = new_token(state=project / ".cdkg")
    with running("--project", str(project), token=token) as found:
        answer = found.update("CLEAR ALL")
        assert answer.status == 403
        assert b"--writable" in answer.body
        assert found.send("PUT", "graph-store?default", b"").status == 403


def test_only_the_whole_secret_opens(tmp_path: Path) -> None:
    """A token is known by all of its secret, and by nothing else."""
    tokens = Tokens.of(tmp_path)
    given = tokens.new(Scope.WRITE, ["x:g"])
    other = given[:-1] + ("0" if given[-1] != "0" else "1")
    found = tokens.known(given)
    assert found is not None
    assert (found.scope, found.graphs) == (Scope.WRITE, ("x:g",))
    assert [tokens.known(wrong) for wrong in (other, given[:-1], given + "0", given[5:], "", "é" * 300)] == [None] * 6
    tokens.revoke(found.name)
    assert tokens.known(given) is None
