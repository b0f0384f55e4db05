"""The SPARQL 1.1 Graph Store HTTP Protocol, on a plain dataset and on a project."""

from __future__ import annotations

import fcntl
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store, parse

from cdkg.assets import Project
from cdkg.errors import WriteError
from cdkg.pipeline import journal
from cdkg.pipeline.graph_files import as_turtle
from cdkg.store import Snapshots
from cdkg.workers.writing import Write, Writing
from cdkg.workers.writing.message import outcome, refused
from cdkg.workers.writing.plain import DATASET, begin, quads_of, write
from little_project import GRAPH, start
from plain_server import Running, new_token, running
from test_snapshots import KILLS, graph

G = "http://example.org/g"
TURTLE = "text/turtle"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a plain dataset."""
    found = tmp_path_factory.mktemp("plain")
    (found / "given.trig").write_text(f"<x:a> <x:p> 1.50 . <{G}0> {{ <x:a> <x:p> _:b }}")
    return found


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    """A plain dataset that is served, to be written."""
    token = new_token(state=folder / "state")
    with running("--plain", str(folder / "given.trig"), "--writable", str(folder / "state"), token=token) as found:
        yield found


def objects(server: Running, graph: str) -> set[str]:
    """The objects of a graph, by GET."""
    found = server.send("GET", f"graph-store?graph={graph}", Accept="application/n-triples", Authorization="")
    assert found.status == 200, found.body
    return {str(quad.object) for quad in parse(found.body, format=RdfFormat.N_TRIPLES)}


def test_a_graph_from_put_to_delete(server: Running) -> None:
    """PUT makes and replaces, POST adds, DELETE removes; HEAD and GET tell (sections 5.2 to 5.6)."""
    path = f"graph-store?graph={G}1"
    assert server.send("GET", path).status == 404
    assert server.send("DELETE", path).status == 404
    assert server.send("PUT", path, b"<#a> <x:p> 'one' .", Content_Type=TURTLE).status == 201
    assert objects(server, f"{G}1") == {'"one"'}
    assert server.send("PUT", path, b"<#a> <x:p> 'two' .", Content_Type=TURTLE).status == 204
    assert server.send("POST", path, b"<#a> <x:p> 'three' .", Content_Type=TURTLE).status == 204
    assert objects(server, f"{G}1") == {'"two"', '"three"'}
    head = server.send("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert server.send("DELETE", path).status == 204
    assert server.send("GET", path).status == 404


def test_conditions(server: Running) -> None:
    """A write is done where its conditions hold, and a graph has a strong tag (RFC 9110, sections 8.8.3 and 13.1)."""
    path, one, two = f"graph-store?graph={G}-if", b"<x:a> <x:p> 'one' .", b"<x:a> <x:p> 'two' ."
    assert server.send("PUT", path, one, Content_Type=TURTLE, If_Match="*").status == 412
    assert server.send("PUT", path, one, Content_Type=TURTLE, If_None_Match="*").status == 201
    assert server.send("PUT", path, two, Content_Type=TURTLE, If_None_Match="*").status == 412
    assert server.send("PUT", path, two, Content_Type=TURTLE, If_Match='"another"').status == 412
    tag = server.send("GET", path).headers["ETag"]
    assert server.send("GET", path, Accept="application/n-triples").headers["ETag"] != tag
    assert server.send("GET", path, If_None_Match=tag).status == 304
    assert server.send("PUT", path, two, Content_Type=TURTLE, If_None_Match=tag).status == 412
    assert objects(server, f"{G}-if") == {'"one"'}
    assert server.send("PUT", path, two, Content_Type=TURTLE, If_Match=f'"x", {tag}').status == 204
    assert server.send("DELETE", path, If_Match=tag).status == 412
    assert (
        server.send("DELETE", f"graph-store?graph={G}-of", If_Match=server.send("GET", path).headers["ETag"]).status
        == 412
    )
    assert objects(server, f"{G}-if") == {'"two"'}
    assert server.send("DELETE", path, If_Match=server.send("GET", path).headers["ETag"]).status == 204


def test_version_that_is_current_no_more(tmp_path: Path) -> None:
    """What was written between the look at a graph and a write that hangs on it is not overwritten."""
    (tmp_path / "given.ttl").write_text("<x:a> <x:p> 1 .")
    begin(tmp_path / "given.ttl", tmp_path / "there")
    asked = Write("put", b"<x:a> <x:p> 2 .", TURTLE, G, version="former")
    with pytest.raises(WriteError, match="meanwhile") as told:
        write(asked, tmp_path / "there")
    assert told.value.status == 412


def test_the_default_graph(server: Running) -> None:
    """`?default` names it; literals that nobody touched stay as they were written."""
    found = server.send("POST", "graph-store?default", b"<x:b> <x:p> <x:c> .", Content_Type="application/n-triples")
    assert found.status == 204
    assert b"x:c" in server.send("GET", "graph-store?default").body


@pytest.mark.slow
def test_what_is_not_touched_stays_as_it_was_written(server: Running, folder: Path) -> None:
    """An update keeps the lexical forms of all other literals on disk."""
    assert server.update("INSERT DATA { <x:a> <x:q> 2 }; DELETE DATA { <x:a> <x:q> 2 }").status == 204
    assert server.update("INSERT DATA { <x:a> <x:q> 3 }").status == 204
    assert server.update("DELETE DATA { <x:a> <x:q> 3 }").status == 204
    assert '"1.50"' in (folder / "state" / DATASET).read_text()
    assert server.update("DELETE DATA { <x:a> <x:p> 1.5 }").status == 204
    assert '"1.50"' not in (folder / "state" / DATASET).read_text()
    assert '"1.50"' not in server.query("SELECT * { ?s ?p ?o }").body.decode()


def test_a_new_graph(server: Running) -> None:
    """A POST that names no graph makes one and tells where it is (section 5.5)."""
    found = server.send("POST", "graph-store", b"<x:a> <x:p> <x:new> .", Content_Type=TURTLE)
    assert found.status == 201
    name = found.headers["Location"].partition("?graph=")[2]
    assert name.startswith("urn:uuid:")  # a store of anybody has no names below ours
    assert objects(server, name) == {"<x:new>"}


def test_a_new_graph_behind_a_name(tmp_path: Path) -> None:
    """Its `Location` begins with the address that the server was given, whatever the Host of the request."""
    (tmp_path / "empty.nq").write_bytes(b"")
    token, named = new_token(state=tmp_path / "state"), "https://kg.example/at/"
    store = ("--plain", str(tmp_path / "empty.nq"), "--writable", str(tmp_path / "state"))
    with running(*store, "--base-url", named, token=token) as server:
        found = server.send("POST", "graph-store", b"<x:a> <x:p> <x:new> .", Content_Type=TURTLE)
        assert found.headers["Location"].startswith(f"{named}graph-store?graph=")


_XML = b"""<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="x:">
    <r:Description r:about="x:a"><x:p r:resource="x:o"/></r:Description></r:RDF>"""


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"<x:a> <x:p> <x:o> .", "text/turtle;charset=UTF-8"),
        (b"<x:a> <x:p> <x:o> .", "application/n-triples"),
        (b'{"@id": "x:a", "x:p": {"@id": "x:o"}}', "application/ld+json"),
        (_XML, "application/rdf+xml"),
    ],
)  # fmt: skip
def test_media_types(server: Running, body: bytes, media_type: str) -> None:
    """Each syntax of triples is read."""
    assert server.send("PUT", f"graph-store?graph={G}2", body, Content_Type=media_type).status in {201, 204}
    assert objects(server, f"{G}2") == {"<x:o>"}


_BOMB = b"<!DOCTYPE r [<!ENTITY a 'ha'>" + b"".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(9)
)  # each entity ten times the one before


@pytest.mark.parametrize(
    ("status", "method", "path", "body", "headers"),
    [
        (400, "PUT", "?graph=relative", b"", {"Content_Type": TURTLE}),
        (400, "PUT", f"?graph={G}&default", b"", {"Content_Type": TURTLE}),
        (400, "GET", "", None, {}),
        (400, "GET", "?graph=x:a%3E%20%7B", None, {}),
        (400, "PUT", f"?graph={G}3", b"<x:a> <x:p> ", {"Content_Type": TURTLE}),
        (400, "PUT", f"?graph={G}3", b"\xff", {"Content_Type": TURTLE}),
        (400, "PUT", f"?graph={G}3", _BOMB + b"]><r>&j;</r>", {"Content_Type": "application/rdf+xml"}),
        (400, "PUT", f"?graph={G}3", b'{"@context": "http://127.0.0.1:1/c"}', {"Content_Type": "application/ld+json"}),
        (401, "PUT", f"?graph={G}3", b"", {"Content_Type": TURTLE, "Authorization": ""}),
        (405, "PATCH", f"?graph={G}3", b"", {"Content_Type": TURTLE}),
        (406, "GET", f"?graph={G}0", None, {"Accept": "image/png"}),
        (415, "PUT", f"?graph={G}3", b"a", {"Content_Type": "text/plain"}),
        (415, "PUT", f"?graph={G}3", b"a", {"Content_Type": TURTLE, "Content_Encoding": "gzip"}),
    ],
)
def test_refusals(
    server: Running, status: int, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> None:
    """Each wrong request has its status and the reason, and nothing comes of it."""
    found = server.send(method, f"graph-store{path}", body, **headers)
    assert found.status == status, found.body
    assert json.loads(found.body)["detail"]
    assert server.send("GET", f"graph-store?graph={G}3").status == 404


@pytest.mark.slow
def test_it_survives_the_server(tmp_path: Path) -> None:
    """What was acknowledged is there for the next server, whatever STORE says."""
    (tmp_path / "given.nt").write_text("<x:a> <x:p> <x:o> .\n")
    arguments = ("--plain", str(tmp_path / "given.nt"), "--writable", str(tmp_path / "state"))
    token = new_token(state=tmp_path / "state")
    with running(*arguments, token=token) as first:
        assert first.update("INSERT DATA { <x:b> <x:p> <x:o> }").status == 204
    with running(*arguments) as second:
        assert b"x:b" in second.query("SELECT * { ?s ?p ?o }").body
        assert second.update("CLEAR ALL").status == 401


def test_a_store_on_disk_is_served(tmp_path: Path) -> None:
    """A folder that the engine has made is served as it is, with the guard, and takes no writes."""
    store = Store(str(tmp_path / "store"))
    store.update(f"INSERT DATA {{ GRAPH <{G}> {{ <x:a> <x:p> <x:o> }} }}")
    store.flush()
    del store
    with running("--plain", str(tmp_path / "store"), token="none") as found:  # noqa: S106
        assert found.query("ASK { ?s ?p ?o }").body.count(b"false") == 1
        assert found.query("ASK { GRAPH ?g { ?s ?p ?o } }").body.count(b"true") == 1
        assert found.query("ASK { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }").status == 400
        assert found.update("CLEAR ALL").status == 403


# -- without a server ---------------------------------------------------------------------------------------------


def test_second_writer(tmp_path: Path) -> None:
    """Who finds another process writing is told so, and writes nothing."""
    (tmp_path / "a.nq").write_bytes(b"")
    path = begin(tmp_path / "a.nq", tmp_path)
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(WriteError) as caught:
            write(Write("put", b"<x:a> <x:p> 1 .", TURTLE, "x:g"), tmp_path)
    assert caught.value.status == 503
    assert quads_of(path) == []
    write(Write("put", b"<x:a> <x:p> 1 .", TURTLE, "x:g"), tmp_path)
    assert len(quads_of(path)) == 1


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("os.kill(os.getpid(), 9)", 503),
        ("raise MemoryError", 504),
        ("sys.exit('no')", 500),
        ("sys.stdout.write('{')", 500),
    ],
)
def test_how_writers_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, status: int) -> None:
    """A writing process that ends without a word is told with the status that says whether to come again."""
    (tmp_path / "writer_that_ends.py").write_text(
        "import os, sys\nfrom cdkg.workers.writing.process import answer, arguments\n"
        f"def end(asked): {ending}\n"
        "answer(end, arguments().parse_args())" if "Memory" in ending else f"import os, sys; {ending}"
    )  # fmt: skip
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    renewed: list[object] = []
    with pytest.raises(WriteError) as caught:
        Writing("writer_that_ends", [], renewed.append).write(Write("delete", graph=G))
    assert caught.value.status == status
    assert not renewed


def test_writer_without_a_server(tmp_path: Path) -> None:
    """A writing process whose server has gone before it could ask to be ended with it writes nothing."""
    (tmp_path / "a.nq").write_bytes(b"")
    path = begin(tmp_path / "a.nq", tmp_path)
    command = [sys.executable, "-m", "cdkg.workers.writing.plain", str(tmp_path), "--megabytes=1000"]
    asked = Write("put", b"<x:a> <x:p> 1 .", TURTLE, "x:g").written()
    for server, quads in ((1, 0), (os.getpid(), 1)):
        subprocess.run([*command, f"--server={server}"], input=asked, check=True, capture_output=True)
        assert len(quads_of(path)) == quads


def test_refusals_travel() -> None:
    """A refusal keeps its status, its words and its findings on the way between processes."""
    error = WriteError("no", why="because", status=422, findings=[{"a": 1}])
    with pytest.raises(WriteError) as caught:
        outcome(refused(error))
    assert (caught.value.status, caught.value.why, caught.value.findings) == (422, "because", ({"a": 1},))


def test_turtle_is_the_same_each_time() -> None:
    """Neither the order of triples nor the labels of blank nodes change what is written."""
    one, other = (
        [q.triple for q in parse(text.encode(), format=RdfFormat.TURTLE)]
        for text in ("<x:a> <x:p> _:u, 2 . _:u <x:p> 1.50 .", "_:z <x:p> 1.50 . <x:a> <x:p> 2, _:z .")
    )
    assert as_turtle("x:g", one) == as_turtle("x:g", other)
    assert b"1.50" in as_turtle("x:g", one)


def test_what_was_decided_is_done_after_a_crash(tmp_path: Path) -> None:
    """A journal that was decided is followed by whoever comes next; one that was not is forgotten."""
    project, snapshots = start(tmp_path), Snapshots(tmp_path / "state")
    page, city = project / "data/pages/page-1.ttl", project / "data/entities/city.ttl"
    old, before = snapshots.write(graph(1), {}), page.read_bytes()
    journal.stage(project, {page: b"undecided"})
    with snapshots.building():
        assert not journal.settle(project, snapshots)
        assert page.read_bytes() == before
        assert not list(journal.place(project).glob("*"))
        staged, new = journal.stage(project, {page: b"new", city: None}), snapshots.prepare(graph(2), {})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(journal, "settle", lambda *_: None)  # and here the process ends
            staged.decide(new, snapshots)
        assert (page.read_bytes(), city.exists(), snapshots.current()) == (before, True, old)
    assert journal.recover(project, snapshots)
    assert (page.read_bytes(), city.exists(), snapshots.current()) == (b"new", False, new)
    assert not journal.recover(project, snapshots)


@pytest.mark.slow
def test_a_project_by_graph_store(tmp_path: Path) -> None:
    """PUT writes a Turtle file, POST adds to it, DELETE removes it; each is there after the next build."""
    project = start(tmp_path)
    build = [sys.executable, "-m", "cdkg", "build", "--project", str(project)]
    subprocess.run(build, check=True, capture_output=True)
    assert Project.find(project).root == project
    token = new_token(state=project / ".cdkg")
    path, file = f"graph-store?graph={GRAPH}pages/new", project / "data/pages/new.ttl"
    with running("--project", str(project), "--writable", str(project / "data"), token=token) as server:
        assert server.send("PUT", path, b"<> <x:p> 1.50 .", Content_Type=TURTLE).status == 201
        assert b"1.50" in file.read_bytes()
        tag = server.send("GET", path).headers["ETag"]
        assert server.send("POST", path, b"<> <x:p> 2 .", Content_Type=TURTLE, If_Match=tag).status == 204
        assert server.send("PUT", path, b"<> <x:p> 3 .", Content_Type=TURTLE, If_Match=tag).status == 412
        assert server.send("PUT", "graph-store?default", b"<x:a> <x:p> 2 .", Content_Type=TURTLE).status == 403
        inferred = f"graph-store?graph={GRAPH}inferred/owl"
        assert server.send("DELETE", inferred).status == 403
        assert server.send("GET", inferred).status == 200
        subprocess.run(build, check=True, capture_output=True)
        assert len(objects(server, f"{GRAPH}pages/new")) == 2
        assert server.send("DELETE", path).status == 204
        assert not file.exists()


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Whenever a writing process is killed, the dataset is the old or the new one, with all that was acknowledged."""
    (tmp_path / "a.nq").write_bytes(b"")
    path, moments, acknowledged = begin(tmp_path / "a.nq", tmp_path), random.Random(5), set()  # noqa: S311  # seeded on purpose
    command = [sys.executable, "-m", "cdkg.workers.writing.plain", str(tmp_path), "--megabytes", "1000"]
    for number in range(KILLS):
        asked = Write("put", f"<x:a> <x:p> {number} .".encode() * 200, TURTLE, f"x:g{number}").written()
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            try:
                told, _ = process.communicate(asked, timeout=moments.uniform(0.05, 0.8))
            except subprocess.TimeoutExpired:
                process.kill()
                told = process.communicate()[0]
        if told:
            assert outcome(told).created
            acknowledged.add(f"x:g{number}")
        found = {str(quad.graph_name)[1:-1] for quad in parse(path=str(path), format=RdfFormat.N_QUADS)}
        assert acknowledged <= found <= {f"x:g{n}" for n in range(number + 1)}
    assert 0 < len(acknowledged) < KILLS
