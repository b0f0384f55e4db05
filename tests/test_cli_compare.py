"""`cdkg compare` and `cdkg query --why`, `--why-not`: viewpoints side by side, and the reasons of an answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cdkg.cli import main
from cdkg.pipeline import open_project
from cdkg.reasoning.viewpoints import compare

_ONE, _OTHER = "council-minutes/page-1", "council-minutes/page-2"
_CD = "https://w3id.org/cdkg/ontology/"


@pytest.fixture
def two_pages(starter: Path) -> Path:
    """A project with two pages: the second knows a third city, twinned with the first, and not the second one."""
    page = starter / "data" / "council-minutes" / "page-1.ttl"
    text = page.read_text(encoding="utf-8").replace("page-1", "page-2").replace("Page 1", "Page 2")
    text = text.replace(
        "city:sampleville\n    a cd:City ;", 'city:zedburg\n    a cd:City ;\n    rdfs:label "Zedburg"@en ;'
    )
    text = text.replace("city:sampleville", "city:zedburg").replace("exampleton--sampleville", "exampleton--zedburg")
    page.with_name("page-2.ttl").write_text(text, encoding="utf-8")
    return starter


def _run(command: str, folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [command, *arguments, "--project", str(folder)])


def _sides(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    result = _run("compare", folder, *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    sides: list[dict[str, Any]] = json.loads(result.stdout)["viewpoints"]
    return sides


def test_each_side_states_and_entails(two_pages: Path) -> None:
    """Each page states its twinning and entails the shortcut both ways; what both say is on neither side."""
    for side in _sides(two_pages, "--only", _ONE, "--only", _OTHER):
        assert side["by_predicate"][f"{_CD}party"] == {"stated": 2, "entailed": 0}
        assert side["by_predicate"][f"{_CD}twinnedWith"] == {"stated": 0, "entailed": 2}
        assert f"{_CD}country" not in side["by_predicate"]
        assert f"{_CD}attestedIn" not in side["by_predicate"]
        assert side["bookkeeping"] > 0
        assert side["sentences"] > 0


def test_a_viewpoint_beside_itself_with_more(two_pages: Path) -> None:
    """What a part holds, the whole holds too; the same viewpoint twice differs in nothing."""
    part, whole = _sides(two_pages, "--only", _ONE, "--only", f"{_ONE},{_OTHER}")
    assert (part["stated"], part["entailed"], part["bookkeeping"]) == (0, 0, 0)
    assert whole["entailed"] > 0
    for side in _sides(two_pages, "--only", _ONE, "--only", _ONE):
        assert (side["stated"], side["entailed"], side["sentences"], side["bookkeeping"]) == (0, 0, 0, 0)


def test_text_has_labels_and_all(two_pages: Path) -> None:
    """Examples carry labels; `--all` leaves none out."""
    short = _run("compare", two_pages, "--only", _ONE, "--only", _OTHER)
    assert "Exampleton (city:exampleton) → Zedburg (city:zedburg) (entailed)" in short.stdout
    assert "more (--all)" in short.stdout
    every = _run("compare", two_pages, "--only", _ONE, "--only", _OTHER, "--all")
    assert "more (--all)" not in every.stdout
    listed = _sides(two_pages, "--only", _ONE, "--only", _OTHER, "--all")[0]
    assert len(listed["triples"]["entailed"]) == listed["entailed"]


def test_numbers_are_those_of_the_graphs(two_pages: Path) -> None:
    """Nothing is lost: stated, entailed, sentences and bookkeeping make up what one union has and the other has not."""
    project = open_project(two_pages)
    one, other = project.reason(only=_ONE).graph, project.reason(only=[_OTHER]).graph
    found = compare(one, other)
    for side, mine, theirs in ((found.sides[0], one, other), (found.sides[1], other, one)):
        alone = mine.union - theirs.union
        assert len(side.stated) + len(side.entailed) + len(side.sentences) + side.bookkeeping == len(alone)
        asserted = {t for graph in mine.asserted() for t in graph.triples}
        assert set(side.stated) <= asserted
        assert not set(side.entailed) & asserted
    assert found.shared == len(one.union & other.union)


def test_without_takes_from_both(two_pages: Path) -> None:
    """What is left out is left out of both viewpoints."""
    sides = _sides(two_pages, "--only", "council-minutes/*", "--only", _ONE, "--without", _OTHER)
    assert sides[0]["entailed"] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "not 0"),
        (("--only", _ONE), "not 1"),
        (("--only", _ONE, "--only", _ONE, "--only", _ONE), "not 3"),
        (("--only", _ONE, "--only", "page-9"), "page-9"),
    ],
)
def test_exactly_two_viewpoints(two_pages: Path, arguments: tuple[str, ...], words: str) -> None:
    """Fewer or more than two, and a pattern that meets nothing, are exit 2."""
    result = _run("compare", two_pages, *arguments)
    assert (result.exit_code, words in result.stderr) == (2, True), result.output


def test_a_viewpoint_that_contradicts_itself(two_pages: Path) -> None:
    """It is exit 1 and told as by `reason`; the other one alone would be fine."""
    page = two_pages / "data" / "council-minutes" / "page-2.ttl"
    text = page.read_text(encoding="utf-8").replace(
        "city:exampleton\n    a cd:City ;", "city:exampleton\n    a cd:CityNetwork ;"
    )
    page.write_text(text, encoding="utf-8")
    result = _run("compare", two_pages, "--only", _ONE, "--only", _OTHER)
    assert (result.exit_code, "cax-dw" in result.stderr) == (1, True), result.output


def test_why_leads_to_the_lines(starter: Path) -> None:
    """Each row has the asserted statements behind it with line and passage, in text and as JSON."""
    query = ("-e", "SELECT ?c { city:exampleton cd:twinnedWith ?c }", "--why")
    text = _run("query", starter, *query)
    assert text.exit_code == 0, text.output
    assert "?c = city:sampleville" in text.stdout
    assert "page-1.ttl:" in text.stdout
    assert "graph/council-minutes/page-1 (Page 1, item 3 of" in text.stdout
    (row,) = json.loads(_run("query", starter, *query, "-f", "json").stdout)["rows"]
    sources = [source for fact in row["facts"] for triple in fact["behind"] for source in triple["sources"]]
    assert all(source["line"] for source in sources)
    assert len(sources) >= 4


def test_why_not_names_what_was_meant(starter: Path) -> None:
    """A misspelt property is told with the nearest known one."""
    result = _run("query", starter, "-e", "SELECT ?c { city:exampleton cd:twinedWith ?c }", "--why-not")
    assert (result.exit_code, "cd:twinnedWith" in result.stdout) == (0, True), result.output
    told = json.loads(
        _run("query", starter, "-e", "SELECT ?c { ?c cd:twinedWith ?d }", "--why-not", "-f", "json").stdout
    )
    assert told["empty"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--why", "--why-not"), "take one of"),
        (("--why", "--endpoint", "http://127.0.0.1:9/"), "take one of"),
        (("--why", "-f", "csv"), "csv"),
    ],
)
def test_reasons_that_cannot_be_given(starter: Path, arguments: tuple[str, ...], words: str) -> None:
    """Switches that do not go together, and formats that reasons do not have, are exit 2."""
    result = _run("query", starter, "-e", "ASK { ?s ?p ?o }", *arguments)
    assert (result.exit_code, words in result.stderr) == (2, True), result.output


def test_help_is_quick_and_has_examples() -> None:
    """Each command's help shows an example, and no heavy library is loaded for it."""
    for command in ("reason", "compare", "explain", "query"):
        assert "Example" in CliRunner().invoke(main, [command, "--help"]).output
    heavy = "print([m for m in ('rdflib', 'numpy', 'flask', 'pyshacl') if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, cdkg.cli; {heavy}"], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
