"""Measure validation: `python -m bench.validation [--large] [--sizes ...] [--engines ...] [--goals ...]`.

First the engines side by side, on the same graphs and shapes and without inference; then our own goals. Graphs and
figures go to `bench/results/`. Each run is a process of its own, one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import median
from typing import Final

from bench.validation.commands import ROOT
from bench.validation.engines import ENGINES
from bench.validation.faults import expected
from bench.validation.goals import GOALS, Asked
from bench.validation.graphs import Written, write
from bench.validation.report import Goal, Run, as_json, text
from bench.validation.rows import Row, by_shape, difference

RESULTS: Final = ROOT / "bench" / "results"
SHAPES: Final = Path(__file__).with_name("shapes.ttl")

SMALL: Final = {"10k": 10_000, "100k": 100_000}
LARGE: Final = {"1M": 1_000_000}

_NOT_DONE: Final = "not done in"
#: Seconds from which on one run is enough.
_LONG: Final = 10.0


def main() -> None:
    """Run what the command line asks for, print the tables and write them down."""
    asked = _arguments()
    RESULTS.mkdir(parents=True, exist_ok=True)
    runs: list[Run] = []
    goals: list[Goal] = []
    machine = _machine()
    for size in asked.sizes:
        for run in side_by_side(size, written(size), asked.engines, Limits(asked.repeat, asked.timeout), runs):
            print(f"{run.graph} {run.engine} {run.note or 'done'}", file=sys.stderr, flush=True)
            runs.append(run)
            _keep(runs, goals, machine)
    for name in asked.goals:
        for goal in GOALS[name](Asked(written, asked.sizes, asked.repeat, asked.timeout)):
            print(f"{goal.name}: {goal.measured or goal.note}", file=sys.stderr, flush=True)
            goals.append(goal)
            _keep(runs, goals, machine)
    print(text(runs, goals, machine))


def _keep(runs: list[Run], goals: list[Goal], machine: str) -> None:
    """Write down what there is so far, as the rest may take long."""
    (RESULTS / "validation.json").write_text(json.dumps(as_json(runs, goals, machine), indent=1), encoding="utf-8")
    (RESULTS / "validation.txt").write_text(text(runs, goals, machine), encoding="utf-8")


def _machine() -> str:
    """What was measured on, and whether it had other work: a load of more than a core or two makes figures too high."""
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores{load}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.validation", description=__doc__.partition("\n")[0])
    every = SMALL | LARGE
    parser.add_argument("--sizes", nargs="*", choices=every, metavar="SIZE", help=f"of {', '.join(every)}")
    parser.add_argument("--large", action="store_true", help="one million triples as well")
    parser.add_argument("--engines", nargs="*", choices=list(ENGINES), default=list(ENGINES), metavar="NAME",
                        help=f"of {', '.join(ENGINES)}; without a name none")  # fmt: skip
    parser.add_argument("--goals", nargs="*", choices=list(GOALS), default=list(GOALS), metavar="NAME",
                        help=f"of {', '.join(GOALS)}; without a name none")  # fmt: skip
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the median counts (3)")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds after which one is stopped (120)")
    asked = parser.parse_args()
    asked.sizes = list(every if asked.large else SMALL) if asked.sizes is None else asked.sizes
    return asked


@cache
def written(size: str) -> Written:
    """The graph of a size, written once."""
    return write(RESULTS / "towns" / size, (SMALL | LARGE)[size])


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked of an engine.

    Attributes:
        repeat: How many runs; the median counts.
        timeout: Seconds after which it is stopped.
    """

    repeat: int = 1
    timeout: float = 120.0


def side_by_side(
    name: str, graph: Written, engines: Iterable[str], limits: Limits, before: Iterable[Run] = ()
) -> Iterator[Run]:
    """Run each engine on a graph; the rows of the first that ends are what the others are held against.

    Args:
        name: Name of the graph.
        graph: The graph.
        engines: Names of the engines.
        limits: How much is asked of each.
        before: Earlier runs: who did not end on a smaller graph is spared.
    """
    spared = {run.engine for run in before if run.note.startswith(_NOT_DONE) and run.given < graph.triples}
    first: tuple[str, list[Row]] | None = None
    for engine in engines:
        if engine in spared:
            yield Run(name, engine, graph.triples, None, "not run: it did not end on a smaller graph")
            continue
        run, rows = measured(engine, name, graph, limits)
        if run.figures is None or first is None:
            first = first or ((engine, rows) if run.figures else None)
            yield run
            continue
        differs = difference(first[1], rows)
        yield replace(run, against=first[0], missing=dict(differs.missing), extra=dict(differs.extra),
                      examples=differs.examples)  # fmt: skip


def measured(engine: str, name: str, graph: Written, limits: Limits) -> tuple[Run, list[Row]]:
    """Run one engine on a graph, and count which of the planted faults it finds."""
    rows_file = RESULTS / "rows" / f"{name}-{engine}.jsonl"
    rows_file.parent.mkdir(parents=True, exist_ok=True)
    runs: list[dict[str, float]] = []
    while len(runs) < limits.repeat and (not runs or runs[-1]["whole"] < _LONG):
        figures = _run(engine, graph.whole, rows_file, limits)
        if isinstance(figures, str):
            return Run(name, engine, graph.triples, None, figures), []
        runs.append(figures)
    middle = {key: median(run[key] for run in runs) for key in runs[0]}
    rows = [Row(*json.loads(line)) for line in rows_file.read_text(encoding="utf-8").splitlines()]
    wanted, got = expected(graph.planted), by_shape(rows)
    found = Counter({kind: min(number, got[kind]) for kind, number in wanted.items()})
    beyond = sum(got[kind] - found[kind] for kind in wanted)
    return Run(name, engine, graph.triples, middle, "", wanted.total(), found.total(), beyond), rows


def _run(engine: str, data: Path, rows: Path, limits: Limits) -> dict[str, float] | str:
    """The figures of one run, or why there are none."""
    command = [sys.executable, "-m", "bench.validation.worker", engine, str(data), str(SHAPES), str(rows)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            [*command, "--started", str(time.time())],
            cwd=ROOT, capture_output=True, text=True, timeout=limits.timeout, check=False, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"{_NOT_DONE} {limits.timeout:.0f} s"
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line[:1].strip()]  # without the calls, and what to try
        return said[-1][:120] if said else f"ended with {done.returncode}"
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    main()
