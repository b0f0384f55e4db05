"""Use in other people's CI: the action, the hooks, and the example repository, whose own workflows run here."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from ruamel.yaml import YAML

from conftest import ROOT
from workflow_runner import Machine, read_yaml, run_job

EXAMPLE = ROOT / "examples" / "ci"
SCRIPTS = Path(sys.executable).parent
PASSAGE = "data/council-minutes/page-1.ttl"

#: Stands in for the Python that setup-python brings: makes virtual environments without packages.
PYTHON = """#!/bin/bash
[ "$1 $2" = "-m venv" ] || exit 9
mkdir -p "$3/bin"
printf '#!/bin/bash\\nprintf "%%s\\\\n" "$@" >> "{log}"\\n' > "$3/bin/pip"
chmod +x "$3/bin/pip"
ln -sf "{cdkg}" "$3/bin/cdkg"
ln -sf "{python}" "$3/bin/python"
"""
#: Stands in for cdkg: notes how it was called, and finds nothing.
RECORDER = """#!/bin/bash
printf "%s\\0" "$@" > "$RUNNER_TEMP/words"
echo '{"counts": {"violation": 0, "warning": 0, "info": 0}}' > "$RUNNER_TEMP/cdkg/report.json"
echo nothing > "$RUNNER_TEMP/cdkg/report.md"
"""
#: Stands in for pip: notes what it is asked for.
PIP = """#!/bin/bash
printf '%s\\n' "$@" >> "$HOME/pip.log"
"""
#: Stands in for GitHub's own command line: knows one former comment if `former` is there, and keeps what it is sent.
GH = """#!/bin/bash
printf '%s\\n' "$*" >> "$HOME/gh.log"
case "$*" in *--paginate*) cat "$HOME/former" 2>/dev/null; true ;; esac
"""


def _script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def _git(folder: Path, *words: str) -> str:
    identity = {
        f"GIT_{who}_{what}": f"{who}@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words],
        cwd=folder,
        env=os.environ | identity | {"GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The example repository, committed."""
    folder = tmp_path / "my-city"
    shutil.copytree(EXAMPLE, folder)
    _git(folder, "init", "--quiet")
    _commit(folder)
    return folder


def _commit(repository: Path) -> str:
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--allow-empty", "--message", "a change")
    return _git(repository, "rev-parse", "HEAD")


def _edit(repository: Path, before: str, after: str) -> int:
    """Change the passage and return the number of the first line that has changed."""
    path = repository / PASSAGE
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return text[: text.index(before)].count("\n") + 1


def plant(repository: Path) -> int:
    """Write a year that is none; its line."""
    return _edit(repository, '"1998"^^xsd:gYear', '"long ago"')


def cut(repository: Path) -> int:
    """Cut the passage off in the middle of a statement."""
    path = repository / PASSAGE
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index(", city:sampleville") + 3], encoding="utf-8")
    return text[: text.index(", city:sampleville")].count("\n") + 1


def github(repository: Path, *, pull_request: str = "", former: str = "", cdkg: Path | None = None) -> Machine:
    """Run the example's workflow as GitHub would, for a push or for a pull request with this base commit."""
    home = repository.parent / "runner"
    shutil.rmtree(home, ignore_errors=True)
    python = _script(
        home / "python",
        PYTHON.format(log=home / "pip.log", cdkg=cdkg or SCRIPTS / "cdkg", python=sys.executable),
    )
    _script(home / "bin" / "gh", GH)
    (home / "former").write_text(former, encoding="utf-8")
    event = {"number": 7, "base": {"sha": pull_request}}
    machine = Machine(
        workspace=repository,
        scratch=home,
        event="pull_request" if pull_request else "push",
        payload={"pull_request": event} if pull_request else {},
        path=[str(home / "bin")],
        action=("OWNER/cdkg", ROOT),
        stand_ins={
            "actions/checkout": lambda _: {},
            "actions/setup-python": lambda _: {"python-path": str(python)},
            "github/codeql-action/upload-sarif": lambda _: {},
        },
    )
    return run_job(repository / ".github" / "workflows" / "validate.yml", "validate", machine)


def _sarif(repository: Path) -> list[tuple[str, int]]:
    """File and line of each finding that is an error."""
    (run,) = json.loads((repository / "cdkg.sarif").read_text(encoding="utf-8"))["runs"]
    places = [r["locations"][0]["physicalLocation"] for r in run["results"] if r["level"] == "error"]
    return [(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places]


def _annotations(machine: Machine, level: str = "error") -> list[tuple[str, int]]:
    found = re.findall(rf"^::{level} (\S.*?)::", machine.log, re.MULTILINE)
    tables = [dict(part.partition("=")[::2] for part in each.split(",")) for each in found]
    return [(table["file"], int(table["line"])) for table in tables if "line" in table]


def _uploads(machine: Machine) -> list[dict[str, str]]:
    return [call.inputs for call in machine.calls if call.uses.startswith("github/codeql-action/upload-sarif@")]


def test_good_data_is_green(repository: Path) -> None:
    """The example as it is: no error, a summary, and a report that is handed on."""
    machine = github(repository)
    assert machine.succeeded, machine.log
    assert _annotations(machine) == []
    assert _uploads(machine) == [{"sarif_file": "cdkg.sarif", "category": "cdkg"}]
    assert _sarif(repository) == []
    assert machine.summary


def test_a_fault_is_red_on_its_line(repository: Path) -> None:
    """The annotation, the SARIF report and the summary all name the line, and the report is handed on all the same."""
    line = plant(repository)
    machine = github(repository)
    assert not machine.succeeded
    assert (PASSAGE, line) in _annotations(machine)
    assert (PASSAGE, line) in _sarif(repository)
    summary = html.unescape(machine.summary)
    assert PASSAGE in summary
    assert f"| {line} | violation |" in summary
    assert len(_uploads(machine)) == 1
    assert machine.outputs["cdkg"]["exit-code"] == "1"
    assert int(machine.outputs["cdkg"]["violations"]) == len(_sarif(repository))


def test_a_broken_file_is_two(repository: Path) -> None:
    """What cannot be read is told on its line, and is another verdict than a fault."""
    line = cut(repository)
    machine = github(repository)
    assert not machine.succeeded
    assert machine.outputs["cdkg"]["exit-code"] == "2"
    assert PASSAGE in {path for path, _ in _annotations(machine)}
    assert all(number >= line for path, number in _annotations(machine) if path == PASSAGE)


def test_a_run_that_wrote_nothing_is_red(repository: Path) -> None:
    """A baseline that is gone: no report to hand on, no old one either, and exit 2."""
    (repository / "baseline.json").unlink()
    (repository / "cdkg.sarif").write_text("{}", encoding="utf-8")
    machine = github(repository)
    assert not machine.succeeded
    assert machine.outputs["cdkg"] == {"exit-code": "2"} | dict.fromkeys(
        ("sarif", "violations", "warnings", "infos"), ""
    )
    assert _uploads(machine) == []


@pytest.mark.parametrize("code", [0, 1])
def test_a_run_without_a_verdict_is_two(repository: Path, code: int) -> None:
    """A command that dies, or ends without having said anything, has not checked."""
    cdkg = _script(repository.parent / "cdkg", f"#!/bin/bash\nexit {code}\n")
    machine = github(repository, cdkg=cdkg)
    assert not machine.succeeded
    assert machine.outputs["cdkg"]["exit-code"] == "2"


@pytest.mark.slow
def test_accepted_findings_are_green(repository: Path) -> None:
    """What the baseline holds does not count, wherever it has moved; what is new does."""
    plant(repository)
    assert _cdkg(repository, "validate", "data", "--write-baseline", "baseline.json").returncode == 0
    path = repository / PASSAGE
    path.write_text("# a line more\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    machine = github(repository)
    assert machine.succeeded, machine.log
    line = _edit(repository, "cd:polarity polarity:no", "cd:polarity polarity:nobody-knows")
    machine = github(repository)
    assert not machine.succeeded
    assert {path for path, _ in _annotations(machine)} == {PASSAGE}
    assert any(abs(number - line) <= 9 for _, number in _annotations(machine))


@pytest.mark.slow
def test_a_pull_request_answers_for_what_it_touches(repository: Path) -> None:
    """A fault that was there before does not fail a pull request about something else; a push tells it."""
    plant(repository)
    base = _commit(repository)
    path = repository / "data" / "entities" / "my-city.ttl"
    with path.open("a", encoding="utf-8") as file:
        file.write(
            '\ncity:otherham\n    a cd:City ;\n    rdfs:label "Otherham"@en ;\n    cd:country country:italy ;\n.\n'
        )
    _commit(repository)
    machine = github(repository, pull_request=base)
    assert machine.succeeded, machine.log
    assert not github(repository).succeeded


@pytest.mark.slow
def test_the_comment_is_written_once_and_then_renewed(repository: Path) -> None:
    """The first run posts what the pull request changes, the next one edits that comment."""
    base = _commit(repository)
    _edit(repository, '"1998"^^xsd:gYear', '"1999"^^xsd:gYear')
    machine = github(repository, pull_request=base)
    sent = (machine.scratch / "gh.log").read_text(encoding="utf-8").splitlines()
    assert "--method POST repos/example/my-city/issues/7/comments" in sent[-1], machine.log
    body = Path(sent[-1].rpartition("body=@")[2]).read_text(encoding="utf-8")
    assert "1999" in body
    asked = re.search(r'startswith\("([^"]+)"\)', (ROOT / "action.yml").read_text(encoding="utf-8"))
    assert asked is not None
    assert body.startswith(asked[1])


def test_a_former_comment_is_edited(repository: Path) -> None:
    """A pull request has one comment of ours, however often it is pushed to."""
    cdkg = _script(repository.parent / "cdkg", RECORDER)
    base = _git(repository, "rev-parse", "HEAD")
    machine = github(repository, pull_request=base, former="99\n98\n", cdkg=cdkg)
    sent = (machine.scratch / "gh.log").read_text(encoding="utf-8").splitlines()
    assert "--method PATCH repos/example/my-city/issues/comments/99 " in sent[-1], machine.log


def _with(repository: Path, inputs: dict[str, str]) -> None:
    """Give the action other inputs than the example does."""
    path = repository / ".github" / "workflows" / "validate.yml"
    workflow = read_yaml(path)
    (step,) = [step for step in workflow["jobs"]["validate"]["steps"] if step.get("id") == "cdkg"]
    step["with"] = inputs
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(workflow, file)


def test_inputs_reach_the_command_as_they_are(repository: Path) -> None:
    """Spaces, several lines, what a shell would run, and what looks like an option: all are names of files."""
    paths = ["a file.ttl", "data/**/*.ttl", "$(touch pwned)", "`touch pwned`; touch pwned", "--max", "\"'"]
    given = {
        "paths": "\n".join(paths) + "\n",
        "shapes": "my shapes\nmore",
        "project": ".",
        "fail-on": "warning",
        "baseline": "$(touch pwned)",
        "changed-since": "--output=x",
        "sarif": "",
        "summary": "false",
        "version": "1.2.3",
    }
    _with(repository, given)
    cdkg = _script(repository.parent / "cdkg", RECORDER)
    machine = github(repository, cdkg=cdkg)
    assert machine.succeeded, machine.log
    words = (machine.scratch / "words").read_text(encoding="utf-8").split("\0")[:-1]
    at = words.index("--")
    assert words[at + 1 :] == paths
    assert {"--shapes=my shapes", "--shapes=more", "--project=.", "--fail-on=warning"} < set(words[:at])
    assert {"--baseline=$(touch pwned)", "--changed-since=--output=x"} < set(words[:at])
    assert not any(word.startswith("sarif=") for word in words)
    assert not list(repository.rglob("pwned"))
    assert machine.summary == ""
    assert (machine.scratch / "pip.log").read_text(encoding="utf-8").split()[-1] == "cdkg==1.2.3"


def test_the_action_installs_itself(repository: Path) -> None:
    """Without a version, it is this very tree with the versions that it was tested with."""
    machine = github(repository, cdkg=_script(repository.parent / "cdkg", RECORDER))
    asked = (machine.scratch / "pip.log").read_text(encoding="utf-8").split()
    assert asked[0] == "install"
    assert asked[-1] == str(ROOT)
    assert asked[asked.index("--constraint") + 1] == str(ROOT / "constraints.txt")


def _cdkg(repository: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(SCRIPTS / "cdkg"), *words]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


def gitlab(repository: Path, base: str = "") -> tuple[int, str]:
    """Run the GitLab job as its runner does, all lines in one shell; its exit code and log."""
    job = read_yaml(repository / ".gitlab-ci.yml")["validate"]
    assert set(job) == {"image", "rules", "variables", "before_script", "script", "artifacts"}
    home = repository.parent / "runner"
    _script(home / "bin" / "pip", PIP)
    environment = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join([str(home / "bin"), str(SCRIPTS), os.defpath]),
    }
    environment |= job["variables"] | ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": base} if base else {})
    script = _script(home / "job.sh", "\n".join(["set -eo pipefail", *job["before_script"], *job["script"]]))
    done = subprocess.run(
        ["bash", str(script)], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_gitlab_shows_a_fault_on_its_line(repository: Path) -> None:
    """Both reports that GitLab reads are there, and know the fault."""
    code, log = gitlab(repository)
    assert code == 0, log
    line = plant(repository)
    code, log = gitlab(repository)
    assert code == 1, log
    reports = read_yaml(repository / ".gitlab-ci.yml")["validate"]["artifacts"]["reports"]
    assert list(ET.parse(repository / reports["junit"]).getroot().iter("failure"))  # noqa: S314 -- our own file
    issues = json.loads((repository / reports["codequality"]).read_text(encoding="utf-8"))
    found = {(issue["location"]["path"], issue["location"]["lines"]["begin"], issue["severity"]) for issue in issues}
    assert (PASSAGE, line, "major") in found
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_gitlab_tells_a_broken_file_apart(repository: Path) -> None:
    """Exit 2, and the reports are there all the same."""
    cut(repository)
    shutil.copy(repository / PASSAGE, repository / "data" / "a page.ttl")
    code, log = gitlab(repository)
    assert code == 2, log
    issues = json.loads((repository / "gl-code-quality-report.json").read_text(encoding="utf-8"))
    paths = {issue["location"]["path"] for issue in issues}
    assert {PASSAGE, "data/a page.ttl"} <= paths
    (repository / "baseline.json").unlink()
    (repository / "gl-code-quality-report.json").unlink()
    code, log = gitlab(repository)
    assert code == 2, log


def test_gitlab_asks_only_about_the_merge_request(repository: Path) -> None:
    """A fault that the merge request has not touched does not fail it."""
    plant(repository)
    base = _commit(repository)
    _edit(repository, "page 1: the twinning", "page 1, the twinning")
    code, log = gitlab(repository, base)
    assert code == 0, log
