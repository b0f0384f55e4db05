"""What was measured, as tables for people and as JSON for machines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Final

#: What is told of growth.
_STEPS: Final = ("whole", "cpu", "validate")


@dataclass(frozen=True, slots=True)
class Run:
    """One engine on one graph.

    Attributes:
        graph: Name of the graph.
        engine: Name of the engine.
        given: How many triples the graph has.
        figures: What the worker measured; None where the engine did not end.
        note: Why there are no figures.
        planted: How many results the planted faults must have.
        found: How many of them it has.
        beyond: How many it has beyond, of the shapes that find planted faults.
        against: The engine that its rows were held against; empty for that one itself.
        missing: By shape and component, how many rows it lacks.
        extra: By shape and component, how many rows it has beyond.
        examples: Some of them.
    """

    graph: str
    engine: str
    given: int
    figures: dict[str, float] | None
    note: str = ""
    planted: int = 0
    found: int = 0
    beyond: int = 0
    against: str = ""
    missing: dict[str, int] = field(default_factory=dict)
    extra: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal and what was measured.

    Attributes:
        name: What is measured.
        wanted: What it should be, in words; empty where there is no goal.
        measured: What it is, in words; empty where it could not be measured.
        met: Whether the goal is met.
        note: How it was measured, or why it was not.
    """

    name: str
    wanted: str
    measured: str = ""
    met: bool | None = None
    note: str = ""


def below(name: str, seconds: float | None, most: float | None, note: str = "") -> Goal:
    """A goal in seconds."""
    wanted = "" if most is None else f"< {most:g} s"
    if seconds is None:
        return Goal(name, wanted, note=note)
    return Goal(name, wanted, f"{seconds:.2f} s", None if most is None else seconds < most, note)


def as_json(runs: Iterable[Run], goals: Iterable[Goal], machine: str = "") -> dict[str, Any]:
    """All of it as JSON has it."""
    return {"machine": machine, "engines": [asdict(run) for run in runs], "goals": [asdict(goal) for goal in goals]}


def text(runs: list[Run], goals: list[Goal], machine: str = "") -> str:
    """All tables, below what is to be known of the machine."""
    parts = [machine, ""] if machine else []
    if runs:
        parts += [*_times(runs), "", *_growth(runs), "", *_differences(runs), ""]
    if goals:
        parts += [*_goals(goals), ""]
    return "\n".join(parts)


def _times(runs: list[Run]) -> Iterator[str]:
    yield "Seconds (median) from the start of the process to the report; `x`: how many times as long as ours it takes."
    yield "cpu: seconds computed, on all cores; MB: peak; planted: results of planted faults, of all (and beyond them)."
    columns = ("whole", "x", "cpu", "read", "validate", "x", "MB", "rows")
    yield f"{'graph':<8}{'triples':>9}  {'engine':<11}{''.join(f'{name:>9}' for name in columns)}  planted"
    ours = {run.graph: run.figures for run in runs if run.engine == "cdkg"}
    for run in runs:
        start = f"{run.graph:<8}{run.given:>9}  {run.engine:<11}"
        if run.figures is None:
            yield f"{start} {run.note}"
            continue
        cells = _cells(run.figures, ours.get(run.graph) or {})
        beyond = f" (+{run.beyond})" if run.beyond else ""
        yield f"{start}{''.join(f'{cell:>9}' for cell in cells)}  {run.found} of {run.planted}{beyond}"


def _cells(now: dict[str, float], ours: dict[str, float]) -> Iterator[str]:
    yield _number(now["whole"])
    yield _ratio(now["whole"], ours.get("whole"))
    yield _number(now["cpu"])
    yield _number(now["read"])
    yield _number(now["validate"])
    yield _ratio(now["validate"], ours.get("validate"))
    yield f"{now['peak']:.0f}"
    yield f"{now['rows']:.0f}"


def _number(seconds: float) -> str:
    return f"{seconds:.{3 if seconds < 10 else 1}f}"


def _ratio(theirs: float, ours: float | None) -> str:
    return f"{theirs / ours:.2f}" if ours else ""


def _growth(runs: list[Run]) -> Iterator[str]:
    yield "Growth: the exponent of time over triples, between sizes (1 is straight)."
    for engine in dict.fromkeys(run.engine for run in runs):
        sized = sorted((run for run in runs if run.engine == engine and run.figures), key=lambda run: run.given)
        for step in _STEPS:
            told = [
                f"{smaller.graph}→{larger.graph} {exponent(smaller, larger, step):.2f}"
                for smaller, larger in pairwise(sized)
            ]
            if told:
                yield f"  {engine:<11}{step:<10}{'  '.join(told)}"


def exponent(smaller: Run, larger: Run, step: str) -> float:
    """k, where time grows with the k-th power of the number of triples."""
    if not smaller.figures or not larger.figures or smaller.given == larger.given:
        return math.nan
    return power(smaller.given, smaller.figures[step], larger.given, larger.figures[step])


def power(size: float, seconds: float, larger: float, longer: float) -> float:
    """k, where seconds grow with the k-th power of the size."""
    return math.log(longer / seconds) / math.log(larger / size)


def _differences(runs: list[Run]) -> Iterator[str]:
    yield "Rows (focus, path, value, component, severity, shape) as multisets: what an engine lacks, and has beyond."
    for run in runs:
        if not run.against:
            continue
        sides = [
            f"{side} {sum(kinds.values())} ({', '.join(f'{kind} {n}' for kind, n in sorted(kinds.items()))})"
            for side, kinds in (("lacks", run.missing), ("adds", run.extra))
            if kinds
        ]
        yield f"  {run.graph:<8}{run.engine:<11}against {run.against}: {'; '.join(sides) or 'the same'}"
        yield from (f"      {example}" for example in run.examples)


def _goals(goals: list[Goal]) -> Iterator[str]:
    yield "Goals."
    for goal in goals:
        verdict = {True: "met", False: "MISSED", None: ""}[goal.met]
        measured = goal.measured or "not measured"
        yield f"  {goal.name:<58}{goal.wanted:>10} / {measured:<14}{verdict:<7} {goal.note}".rstrip()
