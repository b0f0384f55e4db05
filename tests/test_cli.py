"""The command line as a person meets it: exit codes, clear errors, never a traceback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from cdkg.store import Snapshots
from conftest import ROOT


def _cdkg(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"COLUMNS": "200", "PYTHONUTF8": "1"} | environment
    return subprocess.run(
        [sys.executable, "-m", "cdkg", *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _fails(result: subprocess.CompletedProcess[str], *words: str, code: int = 2) -> None:
    assert result.returncode == code, result.stderr + result.stdout
    assert "Traceback" not in result.stderr + result.stdout
    for word in words:
        assert word in result.stderr + result.stdout


def _data(folder: Path) -> Path:
    return folder / "data" / "council-minutes" / "page-1.ttl"


def _replace(path: Path, old: str, new: str) -> int:
    """Replace text in a file and return the line where it stood."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_starter_builds_validates_and_answers(starter: Path) -> None:
    """What `init` makes builds without a fault, and its twinning is found from both sides."""
    built = _cdkg("build", "--format", "json", cwd=starter)
    assert built.returncode == 0, built.stderr + built.stdout
    told = json.loads(built.stdout)
    assert (told["results"]["violation"], told["results"]["warning"]) == (0, 0)
    assert told["counts"]["passages"] == 1
    for one, other in (("exampleton", "sampleville"), ("sampleville", "exampleton")):
        asked = _cdkg("query", "-e", f"SELECT ?c {{ city:{one} cd:twinnedWith ?c }}", "-f", "csv", cwd=starter)
        assert asked.stdout.split() == ["c", f"https://w3id.org/cdkg/id/city/{other}"]
    assert _cdkg("validate", cwd=starter).returncode == 0
    assert _cdkg("stats", "--format", "json", cwd=starter).returncode == 0


def test_syntax_error(starter: Path) -> None:
    """A syntax error names file, line and column; the former snapshot stays untouched."""
    assert _cdkg("build", cwd=starter).returncode == 0
    before = (starter / ".cdkg" / "current").read_bytes()
    line = _replace(_data(starter), "    cd:page 1 ;", "    cd:page 1 1 ;")
    result = _cdkg("build", cwd=starter)
    _fails(result, f"page-1.ttl:{line}:")
    assert (starter / ".cdkg" / "current").read_bytes() == before


def test_unknown_prefix(starter: Path) -> None:
    """An undeclared prefix names its line and what was meant."""
    line = _replace(_data(starter), "status:existing", "stattus:existing")
    _fails(_cdkg("build", cwd=starter), f"page-1.ttl:{line}:", "mean status:")


def test_not_utf8(starter: Path) -> None:
    """A file that is not UTF-8 is an error with line and column."""
    _data(starter).write_bytes(_data(starter).read_bytes().replace(b"council reports", b"council\xe9reports"))
    _fails(_cdkg("build", cwd=starter), "page-1.ttl:", "UTF-8")


def test_empty_data(starter: Path) -> None:
    """A project whose data/ holds no Turtle file is refused."""
    for path in (starter / "data").rglob("*.ttl"):
        path.unlink()
    _fails(_cdkg("build", cwd=starter), "data")


def test_duplicate_graph(starter: Path) -> None:
    """A file that is the graph of another one is refused."""
    copy = _data(starter).with_name("page-2.ttl")
    copy.write_bytes(_data(starter).read_bytes())
    _fails(_cdkg("build", cwd=starter), "page-2.ttl:", "council-minutes/page-1")


def test_shapes_that_match_nothing(starter: Path) -> None:
    """A shapes graph whose targets meet no node is never a pass."""
    (starter / "shapes").mkdir()
    (starter / "shapes" / "s.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> .\n<x:s> a sh:NodeShape ; sh:targetClass <x:Nothing> ."
    )
    _fails(_cdkg("validate", cwd=starter), "no shape looks at anything")


def test_shapes_that_are_no_shacl(starter: Path) -> None:
    """A broken shape is an error, not a pass."""
    (starter / "shapes").mkdir()
    (starter / "shapes" / "s.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix cd: <https://w3id.org/cdkg/ontology/> .\n"
        '<x:s> a sh:NodeShape ; sh:targetClass cd:City ; sh:property [ sh:path cd:country ; sh:minCount "two" ] .'
    )
    _fails(_cdkg("validate", cwd=starter))


@pytest.mark.slow
def test_violation_keeps_the_former_snapshot(starter: Path) -> None:
    """A violation is exit 1 with the line in the file; no snapshot is made unless it is asked for."""
    assert _cdkg("build", cwd=starter).returncode == 0
    before = (starter / ".cdkg" / "current").read_bytes()
    line = _replace(_data(starter), "cd:party city:exampleton , city:sampleville ;", "cd:party city:exampleton ;")
    result = _cdkg("build", cwd=starter)
    assert result.returncode == 1
    assert "page-1.ttl:" in result.stdout
    assert (starter / ".cdkg" / "current").read_bytes() == before
    assert _cdkg("validate", cwd=starter).returncode == 1
    assert f"page-1.ttl:{line}" in _cdkg("validate", cwd=starter).stdout
    assert _cdkg("build", "--allow-violations", cwd=starter).returncode == 1
    assert (starter / ".cdkg" / "current").read_bytes() != before


def test_contradiction_names_the_lines(starter: Path) -> None:
    """A city that is also a city network contradicts the ontology: exit 1, with the rule and the lines."""
    line = _replace(_data(starter), "city:sampleville\n    a cd:City ;", "city:sampleville\n    a cd:CityNetwork ;")
    result = _cdkg("build", cwd=starter)
    _fails(result, "cax-dw", f"page-1.ttl:{line + 1}", "my-cities.ttl:", code=1)


def test_query_with_a_typo(starter: Path) -> None:
    """A query that is no SPARQL is exit 2 with its place."""
    _fails(_cdkg("query", "-e", "SELECT * {\n ?s ?p }", cwd=starter), "query:2:")


def test_changes_since_the_build_are_told(starter: Path) -> None:
    """A query on a snapshot that is older than the data answers and says so."""
    assert _cdkg("build", cwd=starter).returncode == 0
    assert "changed" not in _cdkg("stats", cwd=starter).stderr
    later = time.time() + 5
    os.utime(_data(starter), (later, later))
    told = _cdkg("stats", cwd=starter)
    assert told.returncode == 0
    assert "1 files changed" in told.stderr


def test_nothing_to_serve_when_the_first_build_fails(starter: Path) -> None:
    """Where the data does not conform and nothing was built before, the findings are shown and it is exit 2."""
    _replace(_data(starter), "cd:party city:exampleton , city:sampleville ;", "cd:party city:exampleton ;")
    result = _cdkg("query", "-e", "ASK {}", cwd=starter)
    _fails(result, "does not conform")
    assert "page-1.ttl:" in result.stdout


def test_query_needs_exactly_one(starter: Path) -> None:
    """No query at all, and an unknown question, are errors."""
    _fails(_cdkg("query", cwd=starter), "exactly one")
    _fails(_cdkg("query", "--question", "999", cwd=starter), "999")


def test_state_folder_that_cannot_be_written(starter: Path) -> None:
    """Where no snapshot can be written, the error says so and nothing else is touched."""
    (starter / ".cdkg").write_text("in the way")
    _fails(_cdkg("build", cwd=starter), "cannot be written", "--state")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission(starter: Path) -> None:
    """A project folder without write permission is an error with a way out."""
    starter.chmod(0o500)
    try:
        _fails(_cdkg("build", cwd=starter), "cannot be written", "--state")
    finally:
        starter.chmod(0o700)


def test_not_a_project(tmp_path: Path) -> None:
    """A folder that is no project is refused when it is named."""
    _fails(_cdkg("build", "--project", str(tmp_path), cwd=tmp_path), "is no project", "cdkg init")


def test_init_overwrites_nothing(starter: Path) -> None:
    """`init` refuses a folder that holds something."""
    _fails(_cdkg("init", str(starter), cwd=starter.parent), "not empty")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("port = 'x'", "port"),
        ("prot = 1", "prot"),
        ("port =", "TOML"),
        ("host = 1", "host"),
        ("port = 70000", "65535"),
        ("keep_snapshots = 0", "at least 1"),
    ],
)
def test_bad_settings(starter: Path, text: str, word: str) -> None:
    """A wrong name, type or syntax in cdkg.toml is an error that names the file."""
    (starter / "cdkg.toml").write_text(text)
    _fails(_cdkg("build", cwd=starter), "cdkg.toml", word)


def test_bad_setting_in_the_environment(starter: Path) -> None:
    """A number that is none is refused by its name."""
    _fails(_cdkg("build", cwd=starter, CDKG_PORT="http"), "CDKG_PORT")
    _fails(_cdkg("build", cwd=starter, CDKG_PORT="-1"), "CDKG_PORT", "65535")


def test_settings_of_the_environment_win(starter: Path) -> None:
    """CDKG_STATE moves the snapshots."""
    assert _cdkg("build", cwd=starter, CDKG_STATE=str(starter / "elsewhere")).returncode == 0
    assert Snapshots(starter / "elsewhere").current() is not None
    assert not (starter / ".cdkg").exists()


def test_state_of_the_settings_is_relative_to_them(starter: Path) -> None:
    """A relative folder in cdkg.toml is the same wherever one stands."""
    (starter / "cdkg.toml").write_text("state = 'built'")
    assert _cdkg("build", "--project", str(starter), cwd=starter.parent).returncode == 0
    assert Snapshots(starter / "built").current() is not None


def test_explain_leads_to_the_line(starter: Path) -> None:
    """The proof of a derived triple names the rule and the line that asserts the twinning; what does not hold is 1."""
    result = _cdkg("explain", "city:sampleville", "cd:twinnedWith", "city:exampleton", cwd=starter)
    assert result.returncode == 0
    assert "twinned-with" in result.stdout
    assert "page-1.ttl:" in result.stdout
    assert _cdkg("explain", "city:sampleville", "cd:twinnedWith", "city:sampleville", cwd=starter).returncode == 1
    _fails(_cdkg("explain", "nope:x", "cd:twinnedWith", "city:sampleville", cwd=starter), "nope")


def test_serve_and_a_port_in_use(starter: Path) -> None:
    """`serve` builds what is missing and answers; a second one on the same port is exit 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _fails(_cdkg("serve", "--port", str(port), cwd=starter), "in use", "--port")
    command = [sys.executable, "-m", "cdkg", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=starter, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(100):
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                        assert json.load(answer)["status"] == "ok"
                        break
                except OSError:
                    time.sleep(0.2)
            else:
                pytest.fail("the server did not answer in 20 s")
        finally:
            server.terminate()


def test_help_has_examples() -> None:
    """Every command has help with an example."""
    commands = (
        "build", "validate", "reason", "explain", "compare", "diff", "query", "questions", "stats", "lookup", "export",
        "serve", "init",
    )  # fmt: skip
    for command in commands:
        result = _cdkg(command, "--help", cwd=ROOT)
        assert result.returncode == 0
        assert "Example" in result.stdout


def test_project_that_is_no_folder(starter: Path) -> None:
    """A misspelt or wrong --project is an error, not the project around it."""
    _fails(_cdkg("validate", "--project", "my-citties", cwd=starter), "my-citties is no folder")
    _fails(_cdkg("validate", "--project", "cdkg.toml", cwd=starter), "cdkg.toml is no folder")


@pytest.mark.slow
def test_own_questions_leave_our_checks_alone(starter: Path) -> None:
    """A starter has no questions until it brings some, and bringing some does not switch our checks off."""
    _fails(_cdkg("questions", cwd=starter), "there are no questions")
    home = starter / "queries" / "competency"
    home.mkdir(parents=True)
    (home / "001-[b]any.rq").write_text("#+ question: Any [/i]?\n#+ kind: look-up\nASK { ?s ?p ?o }", encoding="utf-8")
    accepted = _cdkg("questions", "--accept", cwd=starter)
    assert (accepted.returncode, "001-[b]any.srj" in accepted.stdout) == (0, True), accepted.stderr
    assert "right 001-[b]any: Any [/i]?" in _cdkg("questions", cwd=starter).stdout
    _fails(_cdkg("questions", "001", "999", cwd=starter), "'999'")
    assert " 0 checks ran" not in _cdkg("validate", cwd=starter).stdout


@pytest.mark.parametrize("text", ["ASK { ?s ?p", "ASK { ?s ?p \xff }"])
def test_broken_question_has_its_place(starter: Path, text: str) -> None:
    """A question that is no SPARQL, or no UTF-8, is told by file and line."""
    home = starter / "queries" / "competency"
    home.mkdir(parents=True)
    (home / "001-any.rq").write_bytes(f"#+ question: Any?\n#+ kind: look-up\n{text}".encode("latin-1"))
    (home / "001-any.ttl").write_text("nonsense")
    _fails(_cdkg("questions", "--accept", cwd=starter), "001-any.rq:3:")


def test_broken_expected_answer_has_its_place(starter: Path) -> None:
    """An expected answer that is no Turtle is told by file and line."""
    home = starter / "queries" / "competency"
    home.mkdir(parents=True)
    (home / "001-any.rq").write_text("#+ question: Any?\n#+ kind: look-up\nDESCRIBE city:exampleton")
    (home / "001-any.ttl").write_text("nonsense")
    _fails(_cdkg("questions", cwd=starter), "001-any.ttl:1:")


@pytest.mark.parametrize(("text", "words"), [("SELECT ?focus {\n ?focus }", "bad.rq:4:"), ("\xff", "bad.rq:3:1")])
def test_broken_check_has_its_place(starter: Path, text: str, words: str) -> None:
    """A check that is no SPARQL, or no UTF-8, is told by file, line and column."""
    checks = starter / "queries" / "checks"
    checks.mkdir(parents=True)
    (checks / "bad.rq").write_bytes(f"#+ severity: warning\r\n#+ message: x\r\n{text}".encode("latin-1"))
    _fails(_cdkg("validate", cwd=starter), words)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ('sh:targetSubjectsOf "country"', "target"),
        ("sh:targetNode [ ]", "target"),
        ("sh:targetClass cd:City ; sh:deactivated true", "no shape looks at anything"),
    ],
)
def test_targets_that_reach_nothing(starter: Path, shape: str, words: str) -> None:
    """A target that is no IRI, and a shape that is deactivated, are no pass."""
    (starter / "shapes").mkdir()
    head = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix cd: <https://w3id.org/cdkg/ontology/> ."
    (starter / "shapes" / "s.ttl").write_text(f"{head} <x:s> a sh:NodeShape ; {shape} ; sh:nodeKind sh:Literal .")
    _fails(_cdkg("validate", cwd=starter), words)


def test_query_files_that_are_no_text(starter: Path) -> None:
    """A query that is not UTF-8 is an error with its line; an empty one is told to be empty."""
    (starter / "q.rq").write_bytes(b"ASK {\n ?s ?p '\xff' }")
    _fails(_cdkg("query", "q.rq", cwd=starter), "q.rq:2", "UTF-8")
    _fails(_cdkg("query", "-e", "", cwd=starter), "empty")
    _fails(_cdkg("query", "q.rq", "-e", "", cwd=starter), "exactly one")


def test_rows_without_a_value_are_printed(starter: Path) -> None:
    """No line of an answer is lost, be it empty."""
    asked = _cdkg("query", "-e", "SELECT ?x { VALUES ?x { UNDEF UNDEF } }", "-f", "tsv", cwd=starter)
    assert asked.stdout == "?x\n\n\n"


@pytest.mark.parametrize("term", ["city:a b", "<rel>", "city:[/red]", "leedsx", "'open", "1 . <x:a> <x:b> 2", ""])
def test_explain_of_no_term(starter: Path, term: str) -> None:
    """What is no term is an error, as subject and as object."""
    _fails(_cdkg("explain", "city:exampleton", "cd:country", term, cwd=starter), "error")
    _fails(_cdkg("explain", term, "cd:country", "city:exampleton", cwd=starter), "error")


def test_explain_a_literal(starter: Path) -> None:
    """A label is led back to its lines too."""
    told = _cdkg("explain", "city:exampleton", "rdfs:label", '"Exampleton"@en', cwd=starter)
    assert (told.returncode, ".ttl:" in told.stdout) == (0, True), told.stderr


def test_host_that_is_none(starter: Path) -> None:
    """A host that cannot be listened on is an error that speaks of the host."""
    for host in ("ü..x", "no.such.host.invalid"):
        _fails(_cdkg("serve", "--host", host, "--port", "0", cwd=starter), "--host")


def test_init_in_a_folder_with_brackets(tmp_path: Path) -> None:
    """A folder's name is shown as it is."""
    made = _cdkg("init", "my[/red]cities", cwd=tmp_path)
    assert (made.returncode, "cd my[/red]cities" in made.stdout) == (0, True), made.stderr


def test_endpoint_that_is_none(starter: Path) -> None:
    """An endpoint that is no address is an error, and an update is never sent to one."""
    _fails(_cdkg("query", "-e", "ASK {}", "--endpoint", "nonsense", cwd=starter), "only http")
    update = ("query", "-e", "DELETE WHERE { ?s ?p ?o }", "--endpoint", "http://127.0.0.1:9/")
    _fails(_cdkg(*update, cwd=starter), "update")


def test_damaged_state(starter: Path) -> None:
    """A snapshot without its description is an error; a pointer that is no text counts for none."""
    assert _cdkg("build", cwd=starter).returncode == 0
    (about,) = starter.glob(".cdkg/snapshots/*/about.json")
    about.unlink()
    _fails(_cdkg("stats", cwd=starter), "damaged", "cdkg build")
    (starter / ".cdkg" / "current").write_bytes(b"\xff")
    assert Snapshots(starter / ".cdkg").current() is None


def test_terminal_without_the_letters(starter: Path) -> None:
    """Where the terminal cannot show a letter, a question mark stands in its place."""
    asked = _cdkg("query", "-e", 'SELECT ("é" AS ?x) {}', cwd=starter, PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (asked.returncode, "?" in asked.stdout) == (0, True), asked.stderr
