"""A check that is kept up to date says after each edit what a check from nothing says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cdkg.assets import Project
from cdkg.pipeline.checking import check
from cdkg.pipeline.reading import Asked
from cdkg.pipeline.watching import KeptCheck
from cdkg.sources.gather import gather
from cdkg.validation import Report

HEAD = "@prefix ex: <http://x/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
SHAPES = """@prefix ex: <http://x/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
ex:Town-shape a sh:NodeShape ; sh:targetClass ex:Town ; sh:property ex:size-shape , ex:near-shape .
ex:size-shape sh:path ex:size ; sh:minCount 1 ; sh:maxCount 1 ; sh:lessThan ex:limit .
ex:near-shape sh:path [ sh:oneOrMorePath ex:near ] ; sh:class ex:Place .
"""
CHECK = """#+ severity: warning
#+ message: {focus} and {value} have the same size
SELECT ?focus ?path ?value
WHERE { BIND (ex:size AS ?path) GRAPH ?one { ?focus ex:size ?size } GRAPH ?other { ?value ex:size ?size }
        FILTER (STR(?focus) < STR(?value)) }
"""
#: Lines that a file may hold; some of them are axioms, one is broken.
LINES = [
    *(f"ex:{name} a ex:{kind} ." for name in "abcd" for kind in ("Town", "Village", "Place")),
    *(f"ex:{name} ex:size {size} ." for name in "abcd" for size in (1, 2, 3)),
    *(f"ex:{name} ex:near ex:{other} ." for name in "abcd" for other in "abcd"),
    "ex:a ex:limit 2 .", "ex:b ex:limit 9 .",
    "ex:Village rdfs:subClassOf ex:Town .", "ex:Town rdfs:subClassOf ex:Place .",
    "ex:Town <http://www.w3.org/2002/07/owl#disjointWith> ex:Village .",
    "ex:near a <http://www.w3.org/2002/07/owl#SymmetricProperty> .",
    "ex:broken ex:size .",
]  # fmt: skip


def _told(report: Report) -> object:
    rows = sorted(map(repr, report.results))
    return rows, report.shapes, report.focus_nodes, report.checks, report.unread, report.checked, report.files


def _edit(folder: Path, generator: random.Random) -> None:
    path = folder / f"{generator.choice(['one', 'two', 'three'])}.ttl"
    if path.exists() and generator.random() < 0.15:
        path.unlink()
        return
    lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []
    lines = [line for line in lines if generator.random() < 0.85 and "broken" not in line]
    lines += generator.sample(LINES, generator.randint(0, 4))
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_kept_check_is_that_of_the_files_as_they_are(tmp_path: Path, seed: int) -> None:
    """Facts, axioms, faults and whole files come and go; each report is the one that a fresh check gives."""
    generator = random.Random(seed)  # noqa: S311
    root, data = tmp_path / "project", tmp_path / "data"
    for name in ("data", "ontology/rules", "shapes", "queries/checks"):
        (root / name).mkdir(parents=True)
    (root / "queries" / "checks" / "same-size.rq").write_text("PREFIX ex: <http://x/>\n" + CHECK, encoding="utf-8")
    (root / "shapes" / "towns.ttl").write_text(SHAPES, encoding="utf-8")
    data.mkdir()
    kept, conforming = KeptCheck(), set[bool]()
    for step in range(14):
        _edit(data, generator)
        if step == 9:
            (root / "shapes" / "towns.ttl").write_text(SHAPES.replace("maxCount 1", "maxCount 2"), encoding="utf-8")
        asked = Asked(Project.find(root), gather([str(data)]))
        report = kept.check(asked)
        assert _told(report) == _told(check(asked)), step
        conforming.add(bool(report.results))
    assert True in conforming


@pytest.mark.slow
def test_kept_check_of_a_project(starter: Path) -> None:
    """The same for a project with our ontology, rules and checks behind it."""
    page, kept = starter / "data" / "council-minutes" / "page-1.ttl", KeptCheck()
    text = page.read_text(encoding="utf-8")
    for edited in (
        text,
        text.replace("status:existing", "status:ended"),
        text.replace("cd:page 1", "cd:pagge 1"),
        text,
    ):
        page.write_text(edited, encoding="utf-8")
        asked = Asked(Project.find(starter))
        assert _told(kept.check(asked)) == _told(check(asked))
