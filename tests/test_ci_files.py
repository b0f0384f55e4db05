"""What other people's CI reads is well-formed, pinned, safe and documented; the runner refuses what it must."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cdkg
from cdkg.formats import SYNTAXES
from conftest import ROOT
from workflow_expressions import ExpressionError, Open, evaluate, interpolate
from workflow_runner import Machine, WorkflowError, read_yaml, run_job

EXAMPLE = ROOT / "examples" / "ci"
GUIDE = ROOT / "docs" / "continuous-integration.md"
WORKFLOW = EXAMPLE / ".github" / "workflows" / "validate.yml"
WORKFLOWS = (ROOT / "action.yml", WORKFLOW)
HOOKS = ROOT / ".pre-commit-hooks.yaml"


def _steps(content: dict[str, Any]) -> list[dict[str, Any]]:
    if "runs" in content:
        return list(content["runs"]["steps"])
    return [step for job in content["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_expression_stands_inside_a_script(path: Path) -> None:
    """Names of branches, titles and inputs reach a script as variables, so that none is run as a command."""
    scripts = [step["run"] for step in _steps(read_yaml(path)) if "run" in step]
    assert scripts or path != WORKFLOWS[0]
    assert all("${{" not in script for script in scripts)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_of_others_are_pinned(path: Path) -> None:
    """Each is named with a version or a commit, never with a branch."""
    used = [step["uses"] for step in _steps(read_yaml(path)) if "uses" in step]
    assert used
    for name in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@(v\d+(\.\d+)*|[0-9a-f]{40})", name), name


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("github-actions", ROOT / "action.yml"),
        ("github-workflows", WORKFLOW),
        ("gitlab-ci", EXAMPLE / ".gitlab-ci.yml"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_files_keep_to_their_published_schemas(schema: str, path: Path) -> None:
    """As the schema store has them; the validator brings them along, so that nothing is fetched."""
    _passes("check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path))


@pytest.mark.parametrize(
    ("command", "path"),
    [("validate-manifest", HOOKS), ("validate-config", EXAMPLE / ".pre-commit-config.yaml")],
    ids=["hooks", "config"],
)
def test_pre_commit_accepts_its_files(command: str, path: Path) -> None:
    """By its own reading."""
    _passes("pre_commit", command, str(path))


def _passes(module: str, *words: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_input_reaches_the_action() -> None:
    """None is offered that nothing looks at, and none looked at that is not offered."""
    action = read_yaml(ROOT / "action.yml")
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text(encoding="utf-8")))
    assert used == set(action["inputs"])


def test_the_hook_takes_what_cdkg_reads() -> None:
    """Each suffix of RDF but `.xml`, which is mostly something else, and `.n3` and `.json`."""
    pattern = re.compile(read_yaml(HOOKS)[0]["files"])
    suffixes = {entry.suffix for entry in SYNTAXES} | {".owl"}
    assert {suffix for suffix in suffixes if pattern.search(f"data/a{suffix}")} == suffixes - {".n3"}
    assert pattern.search("links/mine.sssom.tsv")
    assert not pattern.search("data/table.tsv")
    assert not pattern.search("README.md")
    assert not pattern.search("data/ttl")


def test_the_example_names_hooks_and_versions_that_there_are() -> None:
    """And this version of cdkg everywhere."""
    offered = {hook["id"] for hook in read_yaml(HOOKS)}
    (used,) = read_yaml(EXAMPLE / ".pre-commit-config.yaml")["repos"]
    assert {hook["id"] for hook in used["hooks"]} <= offered
    assert used["rev"] == f"v{cdkg.__version__}"
    assert f"cdkg@v{cdkg.__version__}" in WORKFLOW.read_text(encoding="utf-8")
    assert read_yaml(EXAMPLE / ".gitlab-ci.yml")["validate"]["variables"]["CDKG_VERSION"] == cdkg.__version__


def test_the_guide_tells_every_input_output_and_hook() -> None:
    """What can be set is what is written down."""
    guide = GUIDE.read_text(encoding="utf-8")
    action = read_yaml(ROOT / "action.yml")
    named = [*action["inputs"], *action["outputs"], *(hook["id"] for hook in read_yaml(HOOKS))]
    assert [name for name in named if f"`{name}`" not in guide] == []


def test_the_guide_shows_the_example_as_it_is() -> None:
    """Its code blocks that name a file of the example hold that file."""
    shown = re.findall(r"`(examples/ci/\S+)`:\n\n```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(shown) == 3
    for name, text in shown:
        assert text == (ROOT / name).read_text(encoding="utf-8")


def test_the_links_of_the_guide_lead_somewhere() -> None:
    """To files of this tree."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", GUIDE.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (GUIDE.parent / link).exists()] == []


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("always() && steps.a.outputs.b != ''", True),
        ("!always()", False),
        ("inputs.diff == 'TRUE'", True),
        ("(inputs.diff == 'x' || github.event.none.deep) && 'a'", None),
        ("github.event.number", 7),
        ("'it''s'", "it's"),
    ],
)
def test_expressions(expression: str, value: object) -> None:
    """As GitHub evaluates them."""
    contexts = {
        "steps": {"a": {"outputs": Open(b="c")}},
        "inputs": {"diff": "true"},
        "github": {"event": Open(number=7)},
    }
    assert evaluate(expression, contexts, {"always": lambda: True}) == value


@pytest.mark.parametrize(
    "expression", ["inputs.unknown", "secrets.TOKEN", "hashFiles('x')", "1 + 1", "a ==", "'a' 'b'", "format()"]
)
def test_unknown_expressions_are_refused(expression: str) -> None:
    """A slip in a name must not come out as an empty text."""
    with pytest.raises(ExpressionError):
        interpolate(f"${{{{ {expression} }}}}", {"inputs": {"a": "b"}, "a": ""})


def _job(folder: Path, steps: str) -> Machine:
    (folder / "workflow.yml").write_text(f"jobs:\n  a:\n    runs-on: x\n    steps:\n{steps}", encoding="utf-8")
    (folder / "scratch").mkdir()
    machine = Machine(folder, folder / "scratch", "push", {}, [], ("OWNER/cdkg", ROOT), {})
    return run_job(folder / "workflow.yml", "a", machine)


def test_the_runner_hands_on_what_steps_say(tmp_path: Path) -> None:
    """Outputs, environment and PATH of a step are there for the next ones."""
    machine = _job(
        tmp_path,
        """\
      - id: one
        run: |
          echo "a=b" >> "$GITHUB_OUTPUT"; echo "C=d" >> "$GITHUB_ENV"; echo /nowhere >> "$GITHUB_PATH"
      - env: {A: "${{ steps.one.outputs.a }}"}
        run: echo "$A $C ${PATH%%:*}"
""",
    )
    assert machine.log == "b d /nowhere\n"


def test_the_runner_stops_where_a_step_fails(tmp_path: Path) -> None:
    """But for steps that want to run always; the job has failed then."""
    machine = _job(
        tmp_path,
        """\
      - run: exit 3
      - run: echo skipped
      - if: github.event_name == 'push'
        run: echo skipped
      - if: always() && github.event_name == 'push'
        run: echo run
""",
    )
    assert machine.log == "run\n"
    assert not machine.succeeded


@pytest.mark.parametrize(
    "step",
    ["uses: somebody/else@v1", "run: a\n        timeout-minutes: 1", "uses: OWNER/cdkg@v1\n        with: {a: b}"],
)
def test_the_runner_refuses_what_it_does_not_know(tmp_path: Path, step: str) -> None:
    """An action, a key, an input."""
    with pytest.raises(WorkflowError):
        _job(tmp_path, f"      - {step}\n")
