"""Loading Turtle files, and finding where their triples stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from cdkg.assets import Project
from cdkg.errors import SourceError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.sources import load
from cdkg.sources.foreign import RdfFile, read_foreign

GRAPH = "https://w3id.org/cdkg/graph/"


def _project(folder: Path, **files: str | bytes) -> Project:
    for name, text in files.items():
        path = folder / "data" / f"{name.replace('__', '/')}.ttl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "data").mkdir(exist_ok=True)
    return Project(folder)


def _fault(folder: Path, **files: str | bytes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        load(_project(folder, **files))
    return caught.value


def test_one_file_is_one_graph(tmp_path: Path) -> None:
    """A file below data/ is the graph of that path; editorial folders have their own role."""
    graph = load(_project(tmp_path, ucl__t="<> a <x:C> .", entities__city="<> a <x:C> ."))
    assert graph.graph(GRAPH + "ucl/t").role is Role.PASSAGE
    assert graph.graph(GRAPH + "entities/city").role is Role.EDITORIAL
    assert graph.graph(GRAPH + "ucl/t").triples[0].subject == NamedNode(GRAPH + "ucl/t")


def test_syntax_error_has_its_place(tmp_path: Path) -> None:
    """A syntax error names file, line and column."""
    fault = _fault(tmp_path, a="<x:a> <x:b> <x:c> .\n<x:a> <x:b> .\n")
    assert fault.where is not None
    assert (Path(fault.where.path).name, fault.where.line) == ("a.ttl", 2)
    assert fault.where.column is not None


def test_unknown_prefix_has_its_place_and_a_hint(tmp_path: Path) -> None:
    """An undeclared prefix is named, with its line and what to add."""
    fault = _fault(tmp_path, a="\n\ncity:a a <x:C> .")
    assert fault.where is not None
    assert fault.where.line == 3
    assert "@prefix" in fault.hint
    assert "city" in fault.hint


def test_not_utf8_has_its_place(tmp_path: Path) -> None:
    """A byte that is no UTF-8 is found by line and column, counted in characters."""
    fault = _fault(tmp_path, a='<x:a> <x:b> "ü" .\n<x:a> <x:b> "é'.encode() + b'\xe9" .')
    assert fault.where is not None
    assert (fault.where.line, fault.where.column) == (2, 15)


def test_all_faulty_files_are_told_at_once(tmp_path: Path) -> None:
    """Two bad files give one error that names both."""
    fault = _fault(tmp_path, a="x", b="y", c="<> a <x:C> .")
    assert "a.ttl" in str(fault)
    assert "b.ttl" in str(fault)
    assert "c.ttl" not in str(fault)


def test_base_must_be_the_graph(tmp_path: Path) -> None:
    """An @base that is not the graph of the file is refused with its line."""
    fault = _fault(tmp_path, a="# first\n@base <https://w3id.org/cdkg/graph/b> .\n<> a <x:C> .")
    assert fault.where is not None
    assert fault.where.line == 2


def test_no_data_is_an_error(tmp_path: Path) -> None:
    """An empty data/ is never a graph without content."""
    assert "data" in str(_fault(tmp_path))


@pytest.mark.parametrize("folder", ["inferred", "links", "ontology", "shapes"])
def test_data_takes_no_name_of_other_graphs(tmp_path: Path, folder: str) -> None:
    """What lies in data/ cannot pass for what is inferred, defined or linked; each such file is named."""
    fault = _fault(tmp_path, ucl__t="<> a <x:C> .", **{f"{folder}__owl": "<> a <x:C> ."})
    assert fault.where is not None
    assert fault.where.path.endswith(f"data/{folder}/owl.ttl")


@pytest.mark.parametrize("name", ["a.trig", "a.nt", "a.TTL", "a.jsonld"])
def test_other_formats_are_not_passed_over(tmp_path: Path, name: str) -> None:
    """RDF below data/ that would not be read is refused by its name."""
    project = _project(tmp_path, b="<> a <x:C> .")
    (tmp_path / "data" / name).write_text("<x:a> <x:b> <x:c> .")
    with pytest.raises(SourceError, match=name.replace(".", r"\.")):
        load(project)


def test_duplicate_graph_is_an_error(tmp_path: Path) -> None:
    """A file that is a graph of ours, which stand behind a project without an ontology, is refused; both are named."""
    (tmp_path / "cdkg.toml").touch()
    folder = tmp_path / "data" / "entities"
    folder.mkdir(parents=True)
    (folder / "city.ttl").write_text("@base <https://w3id.org/cdkg/graph/entities/city> .\n<> a <x:C> .")
    with pytest.raises(SourceError, match="there twice") as caught:
        load(Project.find(tmp_path))
    assert str(folder / "city.ttl") in str(caught.value)
    assert str(Path("data", "entities", "city.ttl")) in str(caught.value).replace(str(folder / "city.ttl"), "")


def test_settings_without_data_are_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever misnames the folder is told, and does not get our data checked in place of theirs."""
    (tmp_path / "cdkg.toml").touch()
    (tmp_path / "daten").mkdir()
    monkeypatch.chdir(tmp_path / "daten")
    with pytest.raises(SourceError, match="no data/"):
        Project.find()
    (tmp_path / "data").mkdir()
    assert Project.find().root == tmp_path


def test_foreign_file_is_named_by_its_base_or_its_place(tmp_path: Path) -> None:
    """A foreign file is the graph of its @base, else of its file IRI."""
    (tmp_path / "a.ttl").write_text("@base <https://example.org/g> .\n<> a <x:C> .")
    (tmp_path / "b.ttl").write_text("<> a <x:C> .")
    graphs = read_foreign(RdfFile.opened(tmp_path / name) for name in ("a.ttl", "b.ttl"))
    assert [graph.iri.value for graph in graphs] == ["https://example.org/g", (tmp_path / "b.ttl").as_uri()]


def test_a_stage_changes_nothing(tmp_path: Path) -> None:
    """Adding a graph gives a new knowledge graph and leaves the old one alone."""
    graph = load(_project(tmp_path, a="<> a <x:C> ."))
    before = len(graph)
    more = NamedGraph(NamedNode("x:g"), Role.INFERRED, (Triple(NamedNode("x:s"), NamedNode("x:p"), Literal("o")),))
    assert len(graph.with_graphs(more)) == before + 1
    assert len(graph) == before


def test_a_copy_for_rdflib_holds_the_same(tmp_path: Path) -> None:
    """`to_rdflib` gives each named graph with all its triples."""
    import rdflib

    graph = load(_project(tmp_path, a='<> a <x:C> ; <x:p> "é"@en , 1 , 2.5 , true .'))
    copy = graph.to_rdflib().graph(rdflib.URIRef(GRAPH + "a"))
    assert len(copy) == 5
    assert (None, rdflib.URIRef("x:p"), rdflib.Literal(1)) in copy


def test_union_is_a_set(tmp_path: Path) -> None:
    """A triple of two graphs is once in the default graph and in both named graphs."""
    graph = load(_project(tmp_path, a="<x:s> <x:p> <x:o> .", b="<x:s> <x:p> <x:o> ."))
    triple = Triple(NamedNode("x:s"), NamedNode("x:p"), NamedNode("x:o"))
    assert sum(triple in named.triples for named in graph) == 2
    rows = graph.store.query("SELECT (COUNT(*) AS ?n) { <x:s> ?p ?o }")
    assert [row["n"].value for row in rows] == ["1"]  # type: ignore[union-attr]


def test_empty_knowledge_graph() -> None:
    """A knowledge graph without graphs is empty, not an error."""
    assert len(KnowledgeGraph()) == 0


@pytest.mark.parametrize("name", ["page 1", "a%20b", "a#b", "a?b"])
def test_file_name_must_fit_into_an_iri(tmp_path: Path, name: str) -> None:
    """A file whose name would need escapes in the IRI of its graph is refused, with what to do."""
    fault = _fault(tmp_path, **{name: "<> a <x:C> ."})
    assert fault.where is not None
    assert fault.where.path.endswith(f"{name}.ttl")
    assert "letters" in fault.hint


def test_byte_order_mark_is_told(tmp_path: Path) -> None:
    """A byte order mark, which Turtle does not have and nobody sees, is named."""
    fault = _fault(tmp_path, a=b"\xef\xbb\xbf<> a <x:C> .")
    assert "byte order mark" in fault.what
