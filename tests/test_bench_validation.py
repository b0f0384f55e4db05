"""The measurements of validation: graphs are the same each time, planted faults are found, differences are noticed."""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from pathlib import Path

import pytest
import rdflib
from bench.validation import __main__ as bench
from bench.validation.commands import Watched, cdkg
from bench.validation.engines import ENGINES
from bench.validation.faults import FAULTS, expected
from bench.validation.goals import Asked, _edited, watch
from bench.validation.graphs import Written, write
from bench.validation.report import Goal, Run, below, exponent, text
from bench.validation.rows import Row, by_shape, difference, of_report, row, shape_paths
from bench.validation.worker import run
from pyoxigraph import parse

from cdkg.pipeline import open_project
from cdkg.validation import shacl

SH = rdflib.SH


#: Parameters of the components of SHACL Core, kinds of target, and kinds of path.
_CORE = """
class datatype nodeKind minCount maxCount minExclusive minInclusive maxExclusive maxInclusive minLength maxLength
pattern flags languageIn uniqueLang equals disjoint lessThan lessThanOrEquals not and or xone node property
qualifiedValueShape qualifiedMinCount qualifiedMaxCount closed ignoredProperties hasValue in severity deactivated
targetClass targetNode targetSubjectsOf targetObjectsOf
inversePath alternativePath zeroOrMorePath oneOrMorePath zeroOrOnePath
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The smallest graph with one fault of each kind."""
    return write(tmp_path_factory.mktemp("bench") / "tiny", 0, each=1)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    """And other seeds other bytes; the whole is what the files are together."""
    one, same, other = (write(tmp_path / str(n), 5_000, each=2, seed=seed) for n, seed in enumerate((1, 1, 2)))
    assert _files(one.folder) == _files(same.folder)
    assert one.whole.read_bytes() == same.whole.read_bytes()
    assert one.whole.read_bytes() != other.whole.read_bytes()
    together = {q.triple for path in one.folder.rglob("*.ttl") for q in parse(path=str(path)) if _named(q)}
    assert together == {q.triple for q in parse(path=str(one.whole)) if _named(q)}
    assert one.page.is_file()


def _named(quad: object) -> bool:
    return "_:" not in str(quad)


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_a_graph_has_about_as_many_triples_as_asked_for(size: int, tmp_path: Path) -> None:
    """Within five in a hundred, and ten faults of every kind."""
    written = write(tmp_path / "graph", size)
    assert written.triples == len({quad.triple for quad in parse(path=str(written.whole))})
    assert written.triples == pytest.approx(size, rel=0.05)
    assert written.planted == {fault.name: 10 for fault in FAULTS}


def test_a_graph_without_faults_has_none_by_our_own_shapes_and_checks(tmp_path: Path) -> None:
    """So that whatever is found was planted."""
    report = open_project(write(tmp_path / "clean", 0, each=0).folder).reason().validate()
    assert not report.results
    assert report.focus_nodes > 1_000


def test_our_own_shapes_and_checks_find_what_was_planted(tmp_path: Path) -> None:
    """Each kind that they are there for, as often as it was planted."""
    report = open_project(write(tmp_path / "faulty", 0, each=1).folder).reason().validate()
    found = Counter(re.split("[/:]", result.source)[-1] for result in report.results)
    wanted = Counter(fault.ours for fault in FAULTS if fault.ours)
    wanted["undefined-thing"] += 1  # the unknown certainty is one as well
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize("engine", shacl.ENGINES)
def test_an_engine_finds_what_was_planted(engine: str, tiny: Written, tmp_path: Path) -> None:
    """Neither more nor fewer; pySHACL compares a day with a year, which SPARQL does not."""
    figures = run(engine, tiny.whole, bench.SHAPES, tmp_path / "rows", time.time())
    rows = [Row(*line) for line in map(json.loads, (tmp_path / "rows").read_text(encoding="utf-8").splitlines())]
    assert figures["rows"] == len(rows)
    wanted = expected(tiny.planted)
    if engine == "pyshacl":
        wanted["TwinningOrder", "SPARQL"] += tiny.planted["a day against a year"]
    found = by_shape(rows)
    assert {kind: found[kind] for kind in wanted} == wanted


def test_engines_in_processes_of_their_own(tiny: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are measured and held against the first; one that does not end is stopped, and spared the next time."""
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    runs = list(bench.side_by_side("tiny", tiny, shacl.ENGINES, bench.Limits(1, 60.0)))
    assert all(found.figures and found.figures["whole"] >= found.figures["validate"] > 0 for found in runs)
    assert {found.found for found in runs} == {expected(tiny.planted).total()}
    assert [found.against for found in runs] == ["", *[runs[0].engine] * (len(runs) - 1)]
    (slow,) = bench.side_by_side("tiny", tiny, ["pyshacl"], bench.Limits(1, 0.01))
    assert (slow.figures, slow.note) == (None, "not done in 0 s")
    larger = Written(tiny.folder, tiny.whole, tiny.triples + 1, tiny.planted)
    (spared,) = bench.side_by_side("larger", larger, ["pyshacl"], bench.Limits(), [slow])
    assert spared.note == "not run: it did not end on a smaller graph"


def test_the_shapes_have_all_of_shacl_core() -> None:
    """Each constraint component, each kind of target and path, and four constraints in SPARQL."""
    graph = rdflib.Graph().parse(bench.SHAPES)
    used = {str(predicate).removeprefix(str(SH)) for predicate in graph.predicates()}
    assert used >= set(_CORE.split())
    assert len(set(graph.objects(None, SH.sparql))) == 4
    assert len(set(graph.subjects(SH.path))) > 100
    assert len(set(graph.subjects(rdflib.RDF.type, SH.NodeShape))) >= 25
    # what results are told by must be there, and each property shape must be asked
    assert set(graph.subjects(rdflib.RDF.type, SH.PropertyShape)) <= set(graph.objects(None, SH.property))
    named = {str(shape).rpartition("#")[2] for shape in graph.subjects() if isinstance(shape, rdflib.URIRef)}
    assert {fault.shape for fault in FAULTS} <= named


def test_planted_differences_are_noticed() -> None:
    """A row too few, one too many, and one that is there once instead of twice."""
    rows = [row(f"<x:{n}>", "<x:p>", "", f"<{SH}InConstraintComponent>", f"<{SH}Info>", "<x:s#A>") for n in range(4)]
    found = difference([*rows, rows[0]], [*rows[1:], rows[0], rows[1]._replace(component="Or")])
    assert (dict(found.missing), dict(found.extra), found.total) == ({"A In": 1}, {"A Or": 1}, 2)
    assert len(found.examples) == 2
    assert not difference(rows, reversed(rows)).total
    assert difference(rows, [one._replace(severity="Warning") for one in rows]).total == 8


def test_what_engines_may_write_as_they_like_is_no_difference() -> None:
    """Names of blank nodes, brackets and spaces in paths."""
    rows = {row(f"_:{n}", path, f"_:v{n}", "<x:#In>", "<x:#Info>", f"_:s{n}") for n, path in enumerate(
        ("(<x:p>/(<x:q>)+)", "<x:p> / <x:q>+")
    )}  # fmt: skip
    assert len(rows) == 1


def test_a_path_that_a_report_does_not_describe_is_that_of_the_shape() -> None:
    """And one that it describes is taken from there."""
    known = shape_paths(bench.SHAPES)
    city = "<https://towns.example/shapes#City-continent>"
    said = (
        f"_:r <{SH}sourceConstraintComponent> <{SH}ClassConstraintComponent> .\n_:r <{SH}resultPath> _:p .\n"
        f"_:r <{SH}focusNode> <x:a> .\n_:r <{SH}sourceShape> {city} .\n_:r <{SH}resultSeverity> <{SH}Info> .\n"
    )
    (dangling,) = of_report(said, known)
    cd = "https://w3id.org/cdkg/ontology/"
    assert dangling == Row("<x:a>", f"<{cd}country>/<{cd}locatedIn>+", "", "Class", "Info", city)
    (described,) = of_report(f"{said}_:p <{SH}inversePath> <x:q> .\n", known)
    assert described.path == "^<x:q>"


def test_a_command_that_fails_or_does_not_end_says_so(tmp_path: Path) -> None:
    """And one that does what it should has no fault."""
    good = cdkg("--version", timeout=60)
    assert (good.fault, good.seconds > 0, good.peak > 1) == ("", True, True)
    assert cdkg("no-such-command", timeout=60).fault.startswith("exit 2")
    stopped = cdkg("build", "--state", str(tmp_path), timeout=0.05)
    assert stopped.fault == "not done in 0 s"
    assert stopped.seconds < 5


def test_an_edit_is_timed_to_the_last_line_that_follows(tmp_path: Path) -> None:
    """The file is faulty while it is checked, and as it was afterwards; without a report there is no time."""
    page = tmp_path / "page.ttl"
    page.write_text("<x:a> <x:b> <x:c> .\n", encoding="utf-8")
    seen: list[str] = []

    def told(_: float) -> float:
        seen.append(page.read_text(encoding="utf-8"))
        return time.perf_counter() + 1

    taken = _edited(page, 7, told)
    assert taken is not None
    assert 1 <= taken < 2
    assert "town-7" in seen[0]
    assert seen[1] == page.read_text(encoding="utf-8") == "<x:a> <x:b> <x:c> .\n"
    assert _edited(page, 7, lambda _: None) is None


def test_when_a_watching_command_is_done() -> None:
    """When it says so for the last time; not at all where it ends."""
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as out, os.fdopen(writing, "w", encoding="utf-8", buffering=1) as pipe:
        watched = Watched(out)
        pipe.write("data.ttl:1:1 something\n")
        assert watched.told(0.1) is None
        pipe.write("checked in 0.10 s\nmore\n")
        first = time.perf_counter()
        done = watched.told(5)
        assert done is not None
        assert abs(done - first) < 0.5
        pipe.close()
        assert watched.told(60) is None
        assert time.perf_counter() - first < 30


def test_a_command_that_cannot_watch_is_no_success(tiny: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends, and the goal says why."""
    monkeypatch.setattr("bench.validation.goals._WATCHING", ("no-such-command",))
    (goal,) = watch(Asked(lambda _: tiny, ["10k"], 1, 60.0))
    assert (goal.measured, goal.met) == ("", None)
    assert "no-such-command" in goal.note


def test_the_tables() -> None:
    """Ratios to ours, growth, and whether a goal is met."""

    def one(engine: str, given: int, seconds: float) -> Run:
        figures = {"whole": seconds, "cpu": seconds, "read": 0.0, "validate": seconds, "peak": 1.0, "rows": 1.0}
        return Run(f"{given}", engine, given, figures)

    small, large = one("cdkg", 1_000, 1.0), one("cdkg", 10_000, 100.0)
    assert exponent(small, large, "whole") == pytest.approx(2)
    met, missed = below("a", 1.0, 2.0), below("b", 3.0, 2.0)
    assert (met.met, missed.met, below("c", None, 2.0).met) == (True, False, None)
    told = text([small, one("pyshacl", 1_000, 7.0), large], [met, missed, Goal("d", "")])
    assert " 7.00 " in told
    assert "1000→10000 2.00" in told
    assert "MISSED" in told
    assert "not measured" in told
    assert ENGINES.keys() >= set(shacl.ENGINES)
