"""`cdkg validate` as people and their CI meet it: what is read, what is told where, and the exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAD = """@prefix cd: <https://w3id.org/cdkg/ontology/> .
@prefix city: <https://w3id.org/cdkg/id/city/> .
@prefix country: <https://w3id.org/cdkg/id/country/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
"""
GOOD = HEAD + 'city:leiden a cd:City ; rdfs:label "Leiden"@en ; cd:country country:netherlands .\n'
BAD = GOOD + "city:leiden schema:latitude 152.16 .\n"
#: The line and column of the latitude in `BAD`.
PLACE = (7, 29)


def _environment() -> dict[str, str]:
    return os.environ | {"COLUMNS": "200", "PYTHONUTF8": "1", "NO_COLOR": "1"}


def _validate(*arguments: str, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    found = subprocess.run(
        [sys.executable, "-m", "cdkg", "validate", *arguments],
        cwd=cwd, env=_environment(), capture_output=True, text=True, timeout=120, check=False, input=stdin,
    )  # fmt: skip
    assert "Traceback" not in found.stderr + found.stdout
    return found


def _results(found: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    results: list[dict[str, object]] = json.loads(found.stdout)["results"]
    return results


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing around but files of somebody."""
    (tmp_path / "good.ttl").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.ttl").write_text(BAD, encoding="utf-8")
    (tmp_path / "cut.ttl").write_text(BAD[:-20], encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "options", "code"),
    [
        (["good.ttl"], [], 0),
        (["bad.ttl"], [], 1),
        (["bad.ttl", "good.ttl"], [], 1),
        (["cut.ttl"], [], 2),
        (["good.ttl", "cut.ttl"], [], 2),
        (["good.ttl"], ["--fail-on", "warning"], 0),
        (["good.ttl"], ["--fail-on", "info"], 1),
        (["."], [], 2),
        (["[bg]*.ttl"], [], 1),
        (["no.ttl"], [], 2),
        (["no*.ttl"], [], 2),
    ],
)
def test_exit_code(folder: Path, paths: list[str], options: list[str], code: int) -> None:
    """0: nothing so grave; 1: something; 2: something could not be read."""
    assert _validate(*paths, *options, cwd=folder).returncode == code


def test_place_and_words(folder: Path) -> None:
    """A fault is told with its place, the line and what is wrong with it."""
    told = _validate("bad.ttl", cwd=folder).stdout
    assert f"bad.ttl:{PLACE[0]}:{PLACE[1]}" in told
    assert "city:leiden schema:latitude 152.16 ." in told
    assert "-90 to 90" in told
    assert "cds:latitude" in told


def test_other_files_are_checked_beside_one_that_is_broken(folder: Path) -> None:
    """What cannot be read stops nothing else."""
    found = _validate("cut.ttl", "bad.ttl", "--format", "json", cwd=folder)
    assert found.returncode == 2
    sources = {str(result["source"]) for result in _results(found)}
    assert "urn:cdkg:rule:syntax" in sources
    assert "https://w3id.org/cdkg/shapes/latitude" in sources


def test_standard_input(folder: Path) -> None:
    """`-` is standard input, in a syntax that is named or can be told."""
    for options in ([], ["--input-format", "turtle"]):
        found = _validate("-", *options, cwd=folder, stdin=BAD)
        assert found.returncode == 1, found.stdout
        assert f"{PLACE[0]}:{PLACE[1]}" in found.stdout


def test_nothing_to_look_at_is_no_pass(folder: Path) -> None:
    """No triple, no node that a shape meets, no shape: never a pass."""
    (folder / "empty.ttl").write_text("# nothing\n", encoding="utf-8")
    (folder / "strange.ttl").write_text("<http://x/a> <http://x/b> 1 .", encoding="utf-8")
    (folder / "shapes.ttl").write_text("<http://x/a> <http://x/b> 1 .", encoding="utf-8")
    for arguments in (["empty.ttl"], ["strange.ttl"], ["good.ttl", "--shapes", "shapes.ttl"], ["-"]):
        assert _validate(*arguments, cwd=folder, stdin="").returncode == 2, arguments


def test_shapes_of_ones_own(folder: Path) -> None:
    """`--shapes` are used in place of the project's, and a fault in them is told at its line."""
    head = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix cd: <https://w3id.org/cdkg/ontology/> .\n"
    shape = head + "<http://x/s> a sh:NodeShape ; sh:targetClass cd:City ; sh:property <http://x/p> .\n"
    rule = "<http://x/p> a sh:PropertyShape ; sh:path cd:mayor ;\n  sh:minCount 1 .\n"
    (folder / "own.ttl").write_text(shape + rule, encoding="utf-8")
    found = _validate("good.ttl", "--shapes", "own.ttl", "--format", "json", cwd=folder)
    assert found.returncode == 1
    assert [result["source"] for result in _results(found)] == ["http://x/p"]
    (folder / "own.ttl").write_text(shape + rule.replace("minCount", "minCoun"), encoding="utf-8")
    found = _validate("good.ttl", "--shapes", "own.ttl", cwd=folder)
    assert found.returncode == 2
    assert "own.ttl:4:" in found.stdout
    assert "sh:minCount" in found.stdout


def test_several_reports_at_once(folder: Path) -> None:
    """`--output` writes reports beside what is printed, each whole."""
    outputs = [f"--output={form}=out.{form}" for form in ("sarif", "junit", "json", "markdown", "turtle", "csv")]
    found = _validate("bad.ttl", *outputs, "--format", "github", cwd=folder)
    assert found.returncode == 1
    assert f"line={PLACE[0]}" in found.stdout
    sarif = json.loads((folder / "out.sarif").read_text(encoding="utf-8"))
    regions = [
        result["locations"][0]["physicalLocation"]["region"]
        for result in sarif["runs"][0]["results"]
        if result["level"] == "error"
    ]
    assert (PLACE[0], PLACE[1]) in {(region["startLine"], region["startColumn"]) for region in regions}
    assert all((folder / f"out.{form}").stat().st_size for form in ("junit", "json", "markdown", "turtle", "csv"))


@pytest.mark.parametrize("output", ["sarif", "sarif=", "pdf=x.pdf", "=x"])
def test_output_that_cannot_be(folder: Path, output: str) -> None:
    """An output without format or file is refused before any work."""
    found = _validate("bad.ttl", "--output", output, cwd=folder)
    assert found.returncode == 2
    assert "FORMAT=FILE" in found.stderr


def test_output_that_cannot_be_written(folder: Path) -> None:
    """A report that has no place to go is an error, not a pass."""
    found = _validate("good.ttl", "--output", "sarif=no/such/folder/x.sarif", cwd=folder)
    assert found.returncode == 2
    assert "x.sarif" in found.stderr


@pytest.mark.slow
def test_baseline(folder: Path) -> None:
    """What was accepted is told no more, wherever its line goes; what is new is, and what is gone is listed."""
    assert _validate("bad.ttl", "--write-baseline", "known.json", cwd=folder).returncode == 0
    assert _validate("bad.ttl", "--baseline", "known.json", cwd=folder).returncode == 0
    (folder / "bad.ttl").write_text("# a line\n\n" + BAD, encoding="utf-8")
    assert _validate("bad.ttl", "--baseline", "known.json", cwd=folder).returncode == 0
    (folder / "bad.ttl").write_text(BAD + "city:leiden schema:longitude 999 .\n", encoding="utf-8")
    found = _validate("bad.ttl", "--baseline", "known.json", "--format", "json", cwd=folder)
    assert found.returncode == 1
    assert [result["source"] for result in _results(found)] == ["https://w3id.org/cdkg/shapes/longitude"]
    (folder / "known.json").write_text("{", encoding="utf-8")
    assert _validate("bad.ttl", "--baseline", "known.json", cwd=folder).returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["cdkg", "pyshacl"])
def test_pattern_that_backtracks_for_ever_ends_at_the_deadline(folder: Path, engine: str) -> None:
    """Whatever the engine does with such a pattern, the run ends, and a shape that did not is named."""
    (folder / "slow.ttl").write_text(
        HEAD + f'city:leiden a cd:City ; rdfs:label "{"a" * 60}!"@en .\n', encoding="utf-8"
    )
    (folder / "own.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix cd: <https://w3id.org/cdkg/ontology/> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "<http://x/s> a sh:NodeShape ; sh:targetClass cd:City ; sh:property <http://x/p> .\n"
        r'<http://x/p> sh:path rdfs:label ; sh:pattern "^(?=a)(a+)+$" .',
        encoding="utf-8",
    )
    start = time.monotonic()
    options = ["--shapes", "own.ttl", "--engine", engine, "--deadline", "4", "--output", "json=report.json"]
    found = _validate("slow.ttl", *options, cwd=folder)
    assert found.returncode == 2
    assert "4 seconds" in found.stdout
    assert engine == "pyshacl" or "http://x/p" in found.stdout
    results = json.loads((folder / "report.json").read_text(encoding="utf-8"))["results"]
    (places,) = (result["places"] for result in results if result["source"] == "urn:cdkg:rule:not-checked")
    assert engine == "pyshacl" or [(place["path"], place["line"]) for place in places] == [("own.ttl", 4)]
    assert time.monotonic() - start < 60


@pytest.mark.slow
def test_file_of_a_project_is_checked_with_all_of_it(starter: Path) -> None:
    """A file below data/ is no foreign file: what it needs is there, and only its findings are told."""
    page = starter / "data" / "council-minutes" / "page-1.ttl"
    assert _validate(str(page), cwd=starter).returncode == 0
    other = page.with_name("page-2.ttl")
    other.write_text(page.read_text(encoding="utf-8").replace("page-1", "page-2"), encoding="utf-8")
    broken = other.read_text(encoding="utf-8").replace("cd:page 1 ;", "cd:pagge 1 ;")
    assert broken != other.read_text(encoding="utf-8")
    other.write_text(broken, encoding="utf-8")
    assert _validate(str(page), cwd=starter).returncode == 0
    assert _validate(str(other), cwd=starter).returncode == 1
    assert _validate(cwd=starter).returncode == 1


def test_contradiction_is_a_finding(folder: Path) -> None:
    """What the ontology forbids is told with the statements that clash, beside the other findings."""
    (folder / "clash.ttl").write_text(
        HEAD + 'city:leiden a cd:City , cd:Country ; rdfs:label "Leiden"@en ; schema:latitude 152.16 .\n',
        encoding="utf-8",
    )
    found = _validate("clash.ttl", "--format", "json", cwd=folder)
    assert found.returncode == 1
    kinds = {str(result["kind"]) for result in _results(found)}
    assert {"contradiction", "shape"} <= kinds


def test_watch(folder: Path) -> None:
    """After each change there is a new report, and Ctrl-C ends it with the code of the last one."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cdkg", "validate", "good.ttl", "--watch", "--format", "csv"],
        cwd=folder, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        assert "checked in" in process.stderr.readline()
        (folder / "good.ttl").write_text(BAD, encoding="utf-8")
        assert "checked in" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 1
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


#: Ctrl-C is pressed while a finalizer runs.
_PRESSED_IN_BETWEEN = """
import gc, os, signal, sys
from cdkg.cli import run

class Pressed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(100))

gc.collect = Pressed
sys.argv = ["cdkg", "validate", "good.ttl", "--watch"]
run()
"""


def test_no_interrupt_is_lost(folder: Path) -> None:
    """Also one that Python throws away ends the command."""
    done = subprocess.run(
        [sys.executable, "-c", _PRESSED_IN_BETWEEN], cwd=folder, env=_environment(), capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert "Exception ignored" in done.stderr
    assert done.returncode == 0


def _git(folder: Path, *arguments: str) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@x"}
    apart = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=os.environ | who | apart, capture_output=True)


def test_changed_since_of_files_of_anybody(folder: Path) -> None:
    """Of files in a repository without a project, only what the changes touch is told."""
    (folder / "cut.ttl").unlink()
    delft = 'city:delft a cd:City ; rdfs:label "Delft"@en ; schema:latitude 152 .\n'
    (folder / "bad.ttl").write_text(BAD + delft, encoding="utf-8")
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "first")
    told = ["--format", "json", "--changed-since", "main"]
    assert _results(_validate("bad.ttl", *told, cwd=folder)) == []
    (folder / "bad.ttl").write_text(BAD + delft.replace("152", "153"), encoding="utf-8")
    found = _validate("bad.ttl", "good.ttl", *told, cwd=folder)
    assert found.returncode == 1
    assert {str(result["focus"]) for result in _results(found)} == {"<https://w3id.org/cdkg/id/city/delft>"}
    assert _validate("bad.ttl", "--changed-since", "no-such", cwd=folder).returncode == 2


def test_changed_since_of_a_project(starter: Path) -> None:
    """What an edit of a project touches is told, and nothing beside it."""
    _git(starter, "init", "-q", "-b", "main")
    _git(starter, "add", ".")
    _git(starter, "commit", "-q", "-m", "first")
    assert _results(_validate("--format", "json", "--changed-since", "main", cwd=starter)) == []
    page = starter / "data" / "council-minutes" / "page-1.ttl"
    page.write_text(page.read_text(encoding="utf-8").replace("status:existing", "status:exsisting"), encoding="utf-8")
    found = _validate("--format", "json", "--changed-since", "main", cwd=starter)
    assert found.returncode == 1
    assert "urn:cdkg:rule:undefined-thing" in {result["source"] for result in _results(found)}


def test_broken_shapes_of_the_project_are_told_whatever_is_named(starter: Path) -> None:
    """Where the means of checking are broken, nothing passes."""
    (starter / "shapes").mkdir()
    (starter / "shapes" / "broken.ttl").write_text("@prefix sh: <http://www.w3.org/ns/shacl#> .\n@@", encoding="utf-8")
    for paths in ([], ["data"], ["data/council-minutes/page-1.ttl"]):
        found = _validate(*paths, cwd=starter)
        assert found.returncode == 2, paths
        assert "broken.ttl:2:" in found.stdout


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "json=bad.ttl"],
        ["--write-baseline", "bad.ttl"],
        ["-o", "json=same", "-o", "sarif=same"],
        ["-o", "json=same", "--write-baseline", "same"],
        ["-o", "json=-"],
        ["--deadline", "inf"],
        ["--deadline", "nan"],
    ],
)
def test_options_that_would_lose_something(folder: Path, options: list[str]) -> None:
    """What is read is not overwritten, and no report is written over another."""
    assert _validate("bad.ttl", *options, cwd=folder).returncode == 2
    assert (folder / "bad.ttl").read_text(encoding="utf-8") == BAD


def test_report_is_printed_and_others_written_where_one_cannot_be(folder: Path) -> None:
    """One report that has no place to go costs none of the others."""
    found = _validate("bad.ttl", "-o", "json=no/such/x.json", "-o", "csv=out.csv", cwd=folder)
    assert found.returncode == 2
    assert f"bad.ttl:{PLACE[0]}:{PLACE[1]}" in found.stdout
    assert (folder / "out.csv").stat().st_size


@pytest.mark.parametrize(
    ("redirection", "code"), [(">&-", 0), ("2>&-", 0), ("- <&-", 2), (">/dev/full", 2), ("| head -1", 0)]
)
def test_streams_that_are_closed_or_full(folder: Path, redirection: str, code: int) -> None:
    """What whoever calls does with the streams is never taken for faults in the data."""
    command = f"{sys.executable} -m cdkg validate good.ttl {redirection}"
    found = subprocess.run(["bash", "-c", command], cwd=folder, env=_environment(), capture_output=True, text=True,
                           timeout=60, check=False)  # fmt: skip
    assert found.returncode == code, found.stderr
    assert "Traceback" not in found.stderr


def test_changed_shapes_are_told_since_a_revision(folder: Path) -> None:
    """Where the shapes have changed, all that they find counts."""
    head = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix cd: <https://w3id.org/cdkg/ontology/> .\n"
    shape = head + "<http://x/s> a sh:NodeShape ; sh:targetClass cd:City ; sh:property <http://x/p> .\n"
    (folder / "own.ttl").write_text(shape + "<http://x/p> sh:path cd:country ; sh:minCount 1 .", encoding="utf-8")
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "first")
    (folder / "own.ttl").write_text(shape + "<http://x/p> sh:path cd:country ; sh:minCount 9 .", encoding="utf-8")
    found = _validate("good.ttl", "--shapes", "own.ttl", "--changed-since", "main", cwd=folder)
    assert found.returncode == 1


def test_diff_outside_a_project(folder: Path) -> None:
    """Whoever stands in no project is not told of another one."""
    _git(folder, "init", "-q", "-b", "main")
    found = subprocess.run([sys.executable, "-m", "cdkg", "diff"], cwd=folder, env=_environment(), capture_output=True,
                           text=True, timeout=60, check=False)  # fmt: skip
    assert found.returncode == 2
    assert "no project" in found.stderr
