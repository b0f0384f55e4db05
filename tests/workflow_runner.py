"""Runs a GitHub workflow step by step: its scripts in bash, our action from this tree, other actions by stand-ins.

Only what our own workflows use is known; a key, an expression or an action that is not raises `WorkflowError`, so that
a workflow never passes here because half of it was passed over.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from workflow_expressions import Open, as_text, evaluate, interpolate

StandIn = Callable[[dict[str, str]], dict[str, str]]

_STEP_KEYS = {"name", "id", "if", "uses", "with", "run", "shell", "env"}
_JOB_KEYS = {"runs-on", "timeout-minutes", "permissions", "steps", "env"}
_BASH = {"bash": ["--noprofile", "--norc", "-e", "-o", "pipefail"], "": ["-e"]}


class WorkflowError(Exception):
    """The workflow uses what this runner does not know."""


@dataclass(frozen=True)
class Call:
    """One call of somebody else's action."""

    uses: str
    inputs: dict[str, str]


@dataclass
class Machine:
    """What the steps of one job share.

    Attributes:
        workspace: The checkout of the repository that the workflow belongs to.
        scratch: A folder for the files of the runner.
        event: Name of the event, like `pull_request`.
        payload: What GitHub tells of the event.
        path: Folders that stand before the system's own in `PATH`.
        action: Our own action's folder, and how a workflow names it.
        stand_ins: What to do instead for the actions of others, by their names without version.
    """

    workspace: Path
    scratch: Path
    event: str
    payload: Mapping[str, Any]
    path: list[str]
    action: tuple[str, Path]
    stand_ins: Mapping[str, StandIn]
    environment: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    log: str = ""
    summary: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    succeeded: bool = True

    @property
    def github(self) -> dict[str, Any]:
        """The context `github`, as far as it is known here."""
        return {"event": Open(self.payload), "event_name": self.event, "token": "a-token"}

    def named(self, uses: str) -> str:
        """The name of an action without its version."""
        return uses.partition("@")[0]


def read_yaml(path: Path) -> Any:
    """The content of a YAML 1.2 file, as GitHub reads it."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def run_job(workflow: Path, job: str, machine: Machine) -> Machine:
    """Run one job of a workflow and return the machine, which knows how it went."""
    content = read_yaml(workflow)
    found = content["jobs"][job]
    _refuse(found, _JOB_KEYS)
    for table in (content.get("env", {}), found.get("env", {})):
        machine.environment |= {key: interpolate(as_text(value), _contexts(machine)) for key, value in table.items()}
    steps = _Steps(machine, found["steps"], _contexts(machine), needs_shell=False)
    steps.run()
    machine.outputs = {name: step["outputs"] for name, step in steps.contexts["steps"].items()}
    return machine


class _Steps:
    """A list of steps, of a job or of a composite action, and what they have given."""

    def __init__(
        self, machine: Machine, steps: list[dict[str, Any]], contexts: dict[str, Any], *, needs_shell: bool
    ) -> None:
        self._machine = machine
        self._steps = steps
        self._needs_shell = needs_shell
        self.contexts = contexts | {"steps": {}}
        self.succeeded = True

    def run(self) -> bool:
        for number, step in enumerate(self._steps):
            _refuse(step, _STEP_KEYS)
            outputs: dict[str, str] = Open()
            if self._wanted(str(step.get("if", ""))):
                done, outputs = self._run_one(step)
                self.succeeded = self.succeeded and done
                self._machine.succeeded = self._machine.succeeded and done
            self.contexts["steps"][step.get("id", f"__{number}")] = {"outputs": outputs}
        return self.succeeded

    def _wanted(self, condition: str) -> bool:
        functions = {
            "always": lambda: True,
            "success": lambda: self.succeeded,
            "failure": lambda: not self.succeeded,
            "cancelled": lambda: False,
        }
        condition = condition.removeprefix("${{").removesuffix("}}") or "success()"
        asked = any(f"{name}()" in condition for name in functions)
        return bool(evaluate(condition, self.contexts, functions)) and (asked or self.succeeded)

    def _run_one(self, step: dict[str, Any]) -> tuple[bool, dict[str, str]]:
        env = self._texts(step.get("env", {}))
        if "run" in step:
            if self._needs_shell and "shell" not in step:
                raise WorkflowError("a step of a composite action must name its shell")
            return _run_script(self._machine, str(step["run"]), str(step.get("shell", "")), env)
        inputs = self._texts(step.get("with", {}))
        ours, folder = self._machine.action
        if self._machine.named(step["uses"]) == ours:
            return _run_composite(self._machine, folder, inputs)
        stand_in = self._machine.stand_ins.get(self._machine.named(step["uses"]))
        if stand_in is None:
            raise WorkflowError(f"no stand-in for {step['uses']}")
        self._machine.calls.append(Call(step["uses"], inputs))
        return True, Open(stand_in(inputs))

    def _texts(self, table: Mapping[str, Any]) -> dict[str, str]:
        return {key: interpolate(as_text(value), self.contexts) for key, value in table.items()}


def _contexts(machine: Machine) -> dict[str, Any]:
    return {"github": machine.github, "env": Open(machine.environment), "runner": {"temp": str(machine.scratch)}}


def _run_composite(machine: Machine, folder: Path, given: dict[str, str]) -> tuple[bool, dict[str, str]]:
    action = read_yaml(folder / "action.yml")
    _refuse(given, set(action["inputs"]))
    if action["runs"]["using"] != "composite":
        raise WorkflowError("only composite actions are known here")
    contexts = _contexts(machine)
    defaults = {name: interpolate(as_text(entry.get("default")), contexts) for name, entry in action["inputs"].items()}
    machine.environment["GITHUB_ACTION_PATH"] = str(folder)
    steps = _Steps(machine, action["runs"]["steps"], contexts | {"inputs": defaults | given}, needs_shell=True)
    steps.run()
    del machine.environment["GITHUB_ACTION_PATH"]
    outputs = {name: interpolate(entry["value"], steps.contexts) for name, entry in action["outputs"].items()}
    return steps.succeeded, outputs


def _run_script(machine: Machine, script: str, shell: str, env: dict[str, str]) -> tuple[bool, dict[str, str]]:
    folder = machine.scratch / f"step-{len(list(machine.scratch.glob('step-*')))}"
    folder.mkdir()
    (folder / "script.sh").write_text(script, encoding="utf-8")
    files = {name: folder / name for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
    for path in files.values():
        path.touch()
    environment = {
        "HOME": str(machine.scratch),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join([*machine.path, os.defpath]),
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "example/my-city",
        "GITHUB_WORKSPACE": str(machine.workspace),
        "RUNNER_TEMP": str(machine.scratch),
    }
    environment |= {f"GITHUB_{name}": str(path) for name, path in files.items()} | machine.environment | env
    command = [shutil.which("bash") or "bash", *_BASH[shell], str(folder / "script.sh")]
    done = subprocess.run(command, cwd=machine.workspace, env=environment, capture_output=True, text=True, check=False)
    machine.log += done.stdout + done.stderr
    machine.summary += files["STEP_SUMMARY"].read_text(encoding="utf-8")
    machine.path[:0] = reversed(files["PATH"].read_text(encoding="utf-8").split())
    machine.environment |= _assignments(files["ENV"])
    return done.returncode == 0, Open(_assignments(files["OUTPUT"]))


def _assignments(path: Path) -> dict[str, str]:
    """What the lines `name=value` say; the form for values of several lines is not used by us."""
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, sign, value = line.partition("=")
        if not sign:
            raise WorkflowError(f"{line!r} sets nothing")
        found[name] = value
    return found


def _refuse(table: Mapping[str, Any], known: set[str]) -> None:
    if unknown := set(table) - known:
        raise WorkflowError(f"not known here: {sorted(unknown)}")
