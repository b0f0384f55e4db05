"""`cdkg export`: the built graph in any syntax, whole or in part, as it comes from the disk."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

from cdkg import cli
from cdkg.errors import SnapshotError
from cdkg.formats import SYNTAXES, by_name
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.query.graph_output import write_graph
from cdkg.store import Snapshots
from cdkg.store.export import Export
from cdkg.vocabulary import CD, GRAPH, ID, PREFIXES, RDFS_LABEL

EXACT, SAME_AS = NamedNode(PREFIXES["skos"] + "exactMatch"), NamedNode(PREFIXES["owl"] + "sameAs")
LEEDS = NamedNode(f"{ID}city/leeds")
THEIRS = NamedNode("http://www.wikidata.org/entity/Q39121")
WITH_NAMES = ("nquads", "trig", "jsonld")


def _triples(number: int, rng: random.Random) -> tuple[Triple, ...]:
    values = [
        Literal("ä\n\"'\\"),
        Literal("x", language="en"),
        Literal("1", datatype=NamedNode(PREFIXES["xsd"] + "integer")),
    ]
    return tuple(
        Triple(NamedNode(f"{ID}city/{rng.randrange(50)}"), NamedNode(f"{CD}p{rng.randrange(9)}"), rng.choice(values))
        for _ in range(number)
    )


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    """Graphs that share triples, with blank nodes, links and shapes."""
    rng = random.Random(8)  # noqa: S311
    shared = _triples(20, rng)
    node = BlankNode("b")
    blank = (Triple(LEEDS, NamedNode(f"{CD}at"), node), Triple(node, RDFS_LABEL, Literal("somewhere")))
    links = (Triple(LEEDS, EXACT, THEIRS), Triple(NamedNode(f"{CD}City"), EXACT, NamedNode("http://x/City")))
    return KnowledgeGraph(
        NamedGraph(NamedNode(GRAPH + name), role, tuple(dict.fromkeys(triples)))
        for name, role, triples in (
            ("ucl/table-1", Role.PASSAGE, (*shared, *_triples(20, rng), *blank)),
            ("ucl/table-2", Role.PASSAGE, (*shared, *_triples(20, rng))),
            ("links/wikidata", Role.LINKS, links),
            ("shapes/x", Role.SHAPES, (Triple(NamedNode("http://x/shape"), RDFS_LABEL, Literal("s")),)),
            ("inferred/owl", Role.INFERRED, shared[:5]),
        )
    )


@pytest.fixture
def project(tmp_path: Path, graph: KnowledgeGraph) -> Path:
    """A project that was built."""
    (tmp_path / "data").mkdir()
    (tmp_path / "cdkg.toml").write_text("", encoding="utf-8")
    Snapshots(tmp_path / ".cdkg").write(graph, {})
    return tmp_path


def _export(project: Path, *arguments: str, code: int = 0) -> Any:
    told = CliRunner().invoke(cli.main, ["export", *arguments, "--project", str(project)])
    assert told.exit_code == code, told.output
    assert "Traceback" not in told.output
    return told


def _canonical(quads: Any) -> set[Quad]:
    """The quads with labels of blank nodes that are the same for the same graph."""
    found = Dataset(quads)
    found.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return set(found)


def _read(data: bytes, name: str) -> set[Quad]:
    return _canonical(parse(data, format=by_name(name, SYNTAXES).writer))  # type: ignore[arg-type]


def _union(graph: KnowledgeGraph) -> set[Quad]:
    return _canonical(Quad(t.subject, t.predicate, t.object) for t in graph.union)


@pytest.mark.parametrize("name", [form.name for form in SYNTAXES])
def test_every_syntax(project: Path, graph: KnowledgeGraph, name: str) -> None:
    """Those that name graphs have all of them; the others have the union, without shapes, each triple once."""
    data = _export(project, "--format", name).stdout_bytes
    assert _read(data, name) == (_canonical(graph.quads()) if name in WITH_NAMES else _union(graph))


def test_each_triple_once(project: Path, graph: KnowledgeGraph) -> None:
    """However many graphs state it."""
    lines = _export(project, "--format", "nt").stdout_bytes.splitlines()
    assert len(lines) == len(set(lines)) == len(graph)


def test_without_a_name_of_a_format(project: Path, graph: KnowledgeGraph) -> None:
    """The suffix of the file says which; standard output gets N-Quads. What stood there before is replaced."""
    for suffix in (".ttl", ".nq", ".trig", ".jsonld"):
        path = project / f"out{suffix}"
        path.write_text("before", encoding="utf-8")
        assert not _export(project, "--output", str(path)).stdout_bytes
        with_names = suffix in {".nq", ".trig", ".jsonld"}
        expected = _canonical(graph.quads()) if with_names else _union(graph)
        assert _canonical(parse(path=str(path), format=RdfFormat.from_extension(suffix[1:]))) == expected
    assert _read(_export(project).stdout_bytes, "nquads") == _canonical(graph.quads())
    assert _export(project, "--output", "-").stdout_bytes == _export(project).stdout_bytes
    assert sorted(path.name for path in project.glob("*out*")) == ["out.jsonld", "out.nq", "out.trig", "out.ttl"]


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["ucl/*"], {"ucl/table-1", "ucl/table-2"}),
        (["graph:ucl/table-1", f"<{GRAPH}shapes/x>"], {"ucl/table-1", "shapes/x"}),
        ([f"{GRAPH}links/wikidata", "links/*"], {"links/wikidata"}),
        (["*"], {"ucl/table-1", "ucl/table-2", "links/wikidata", "shapes/x", "inferred/owl"}),
    ],
)
def test_some_graphs(project: Path, graph: KnowledgeGraph, patterns: list[str], names: set[str]) -> None:
    """Those that the patterns mean, and no others; shapes, where they are named, in every syntax."""
    chosen = [argument for pattern in patterns for argument in ("--graph", pattern)]
    found = KnowledgeGraph(named for named in graph if named.iri.value.removeprefix(GRAPH) in names)
    assert _read(_export(project, *chosen).stdout_bytes, "nquads") == _canonical(found.quads())
    triples = {Quad(t.subject, t.predicate, t.object) for named in found for t in named.triples}
    assert _read(_export(project, *chosen, "--format", "turtle").stdout_bytes, "turtle") == _canonical(triples)


def test_same_as_only_on_request(project: Path, graph: KnowledgeGraph) -> None:
    """Then for things alone, in a graph of its own; nothing else changes."""
    plain = _read(_export(project).stdout_bytes, "nquads")
    assert not [quad for quad in plain if quad.predicate == SAME_AS]
    asked = _read(_export(project, "--same-as").stdout_bytes, "nquads")
    assert asked - plain == {Quad(LEEDS, SAME_AS, THEIRS, NamedNode(f"{GRAPH}export/same-as"))}
    assert plain < asked
    some = _read(_export(project, "--same-as", "--graph", "links/*", "-f", "nt").stdout_bytes, "ntriples")
    assert {quad.predicate for quad in some} == {EXACT, SAME_AS}
    assert len(some) == 3
    _export(project, "--same-as", "--format", "ntriples")
    refused = _export(project, "--same-as", "--graph", "ucl/*", code=2)
    assert "links/*" in refused.stderr
    assert len(graph.graph(f"{GRAPH}links/wikidata").triples) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "xls"], "turtle"),
        (["--output", "out.xls"], "*.ttl"),
        (["--output", "no/such/out.ttl"], "cannot be written"),
        (["--output", ".", "--format", "turtle"], "folder"),
        (["--graph", "ucl/tabel-1"], "ucl/table-1"),
        (["--graph", ""], "no graph"),
    ],
)
def test_what_cannot_be_done(project: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str) -> None:
    """It is told, with what to do, and nothing is written."""
    monkeypatch.chdir(project)
    before = sorted(project.rglob("*"))
    told = _export(project, *arguments, code=2)
    assert words in told.stderr
    assert not told.stdout_bytes
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize("damage", ["cut", "broken", "gone", "about"])
def test_a_damaged_snapshot(project: Path, damage: str) -> None:
    """It is told, and the file of an earlier export is as it was."""
    snapshot = Snapshots(project / ".cdkg").current()
    assert snapshot is not None
    path = snapshot.path / "graph.nq"
    lines = path.read_bytes().splitlines(keepends=True)
    if damage == "gone":
        path.unlink()
    elif damage == "about":
        (snapshot.path / "about.json").write_text('{"roles": {"x": "none"}, "quads": 1}', encoding="utf-8")
    else:
        path.write_bytes(b"".join(lines[:-1]) + (b"" if damage == "cut" else b"<broken"))
    out = project / "out.nt"
    out.write_text("before", encoding="utf-8")
    told = _export(project, "--output", str(out), code=2)
    assert "damaged" in told.stderr
    assert out.read_text(encoding="utf-8") == "before"


class Counted(io.BytesIO):
    """Remembers how many quads had been read when the first bytes came."""

    number = 0
    first: int | None = None

    def write(self, data: Any, /) -> int:
        """Take some."""
        if self.first is None and bytes(data):
            self.first = self.number
        return super().write(data)


@pytest.mark.parametrize("name", [form.name for form in SYNTAXES])
def test_it_is_written_as_it_is_read(tmp_path: Path, name: str) -> None:
    """Nothing waits for the end, and how far it is is told."""
    predicate = NamedNode(f"{CD}p")
    triples = tuple(Triple(NamedNode(f"{ID}city/{n}"), predicate, Literal(f"{n}")) for n in range(45_000))
    graph = KnowledgeGraph([NamedGraph(NamedNode(f"{GRAPH}ucl/long"), Role.PASSAGE, triples)])
    found = Export.of(Snapshots(tmp_path).write(graph, {}))
    out, told = Counted(), list[int]()

    def tell(number: int) -> None:
        out.number = number
        told.append(number)

    form = by_name(name, SYNTAXES)
    write_graph(found.quads(tell) if name in WITH_NAMES else found.triples(tell), out, form)
    assert told == [10_000, 20_000, 30_000, 40_000, 45_000]
    assert out.first is not None
    assert out.first <= 20_000
    assert len({q.subject for q in parse(out.getvalue(), format=form.writer)}) == 45_000  # type: ignore[arg-type]


def test_many_graphs_in_trig(tmp_path: Path) -> None:
    """A graph that is written in two goes is one graph."""
    predicate = NamedNode(f"{CD}p")
    graphs = [
        NamedGraph(
            NamedNode(f"{GRAPH}ucl/{g}"), Role.PASSAGE,
            tuple(Triple(NamedNode(f"{ID}city/{n}"), predicate, Literal(f"{g}")) for n in range(7_000)),
        )
        for g in range(4)
    ]  # fmt: skip
    found = Export.of(Snapshots(tmp_path).write(KnowledgeGraph(graphs), {}))
    out = io.BytesIO()
    write_graph(found.quads(), out, by_name("trig", SYNTAXES))
    assert set(parse(out.getvalue(), format=RdfFormat.TRIG)) == set(KnowledgeGraph(graphs).quads())
    assert out.getvalue().count(b"@prefix cd:") == 1


def test_a_snapshot_that_is_cut_is_found_at_its_end(project: Path) -> None:
    """Also where only some graphs are wanted."""
    snapshot = Snapshots(project / ".cdkg").current()
    assert snapshot is not None
    path = snapshot.path / "graph.nq"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(SnapshotError):
        list(Export.of(snapshot, ["ucl/table-1"]).triples())
