"""Measure the engines side by side: `python -m bench.reasoning [--large] [--graphs ...] [--engines ...]`.

Graphs and figures go to `bench/results/`. Each run is a process of its own, one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from pyoxigraph import RdfFormat, serialize

from bench.reasoning.compare import difference
from bench.reasoning.engines import ENGINES
from bench.reasoning.graphs import SHAPES, shape, town_graph
from bench.reasoning.report import Row, as_json, text

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = ROOT / "bench" / "results"

SMALL: Final = {"towns-1k": 1_000, "towns-10k": 10_000, "towns-100k": 100_000}
LARGE: Final = {"towns-1M": 1_000_000, "towns-5M": 5_000_000}

#: Closures are compared up to this many given triples; beyond it writing them takes longer than all the rest.
_COMPARED: Final = 200_000

_NOT_DONE: Final = "not done in"


def main() -> None:
    """Run what the command line asks for, print the tables and write them down."""
    asked = _arguments()
    RESULTS.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    too_large: dict[str, int] = {}  # by engine, the least graph that it did not end on
    for name, path in _graphs(asked):
        for engine in asked.engines:
            limits = Limits(asked.repeat, asked.timeout, not asked.no_load, too_large.get(engine))
            row = measured(engine, name, path, limits)
            if row.note.startswith(_NOT_DONE):
                too_large[engine] = min(row.given, too_large.get(engine, row.given))
            print(f"{name} {engine} {row.note or 'done'}", file=sys.stderr, flush=True)
            rows.append(row)
            _keep(rows)
    print(text(rows))


def _keep(rows: list[Row]) -> None:
    """Write down what there is so far, as the rest may take hours."""
    (RESULTS / "reasoning.json").write_text(json.dumps(as_json(rows), indent=1), encoding="utf-8")
    (RESULTS / "reasoning.txt").write_text(text(rows), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reasoning", description=__doc__.partition("\n")[0])
    every = [*SMALL, *LARGE, "project", *SHAPES]
    parser.add_argument("--graphs", nargs="*", choices=every, metavar="NAME", help=f"of {', '.join(every)}")
    parser.add_argument("--large", action="store_true", help="one and five million triples as well")
    parser.add_argument("--engines", nargs="*", choices=list(ENGINES), default=list(ENGINES), metavar="NAME")
    parser.add_argument(
        "--file", type=Path, action="append", default=[], help="a file of N-Triples as well; may be repeated"
    )
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the median counts (3)")
    parser.add_argument("--no-load", action="store_true", help="without loading (five million triples take 14 GB)")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds after which an engine is stopped (60)")
    return parser.parse_args()


def _graphs(asked: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    """The graphs by name, each written when it is its turn."""
    names = asked.graphs
    if names is None:
        names = [*SMALL, "project", *SHAPES, *(LARGE if asked.large else ())]
    for name in names:
        yield name, _written(name)
    for path in asked.file:
        yield path.stem, path


def _written(name: str) -> Path:
    path = RESULTS / "graphs" / f"{name}.nt"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        if name == "project":
            out.write(_project())
        else:
            out.writelines(shape(name) if name in SHAPES else town_graph((SMALL | LARGE)[name]))
    return path


def _project() -> bytes:
    """What the project's own graph asserts."""
    import cdkg  # noqa: PLC0415  # for this graph only

    return serialize(cdkg.load(ROOT).graph.union, format=RdfFormat.N_TRIPLES) or b""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked of an engine.

    Attributes:
        repeat: How many runs; the median counts.
        timeout: Seconds after which it is stopped.
        load: Whether the closure is made queryable.
        too_large: A number of triples that it did not end on; it is not asked for so many again.
    """

    repeat: int = 1
    timeout: float = 60.0
    load: bool = True
    too_large: int | None = None


def measured(engine: str, name: str, graph: Path, limits: Limits) -> Row:
    """Run an engine on a graph, and compare its closure with ours where that was written before."""
    data = graph.read_bytes()
    given = data.count(b"\n")
    if limits.too_large is not None and given >= limits.too_large:
        return Row(name, engine, given, None, note="not run: it did not end on a smaller graph")
    own = RESULTS / "graphs" / f"{name}-{engine}.nt"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(ENGINES[engine].prepared(data))
    closures = RESULTS / "closures"
    closures.mkdir(exist_ok=True)
    closure = closures / f"{name}-{engine}.nt" if given <= _COMPARED else None
    runs: list[dict[str, float | None]] = []
    for turn in range(limits.repeat):
        found = _run(engine, own, closure if turn == 0 else None, limits)
        if isinstance(found, str):
            return Row(name, engine, given, None, note=found)
        runs.append(found)
        if sum(v or 0.0 for k, v in found.items() if k in ("take", "reason", "load")) > limits.timeout / 6:
            break  # once is enough where it takes long
    figures = {
        key: None if value is None else median(run[key] or 0.0 for run in runs) for key, value in runs[0].items()
    }
    ours = closures / f"{name}-cdkg.nt"
    if closure is None or engine == "cdkg" or not ours.exists():
        return Row(name, engine, given, figures)
    differs = difference(ours, closure)
    return Row(name, engine, given, figures, "", dict(differs.missing), dict(differs.extra), differs.examples)


def _run(engine: str, graph: Path, closure: Path | None, limits: Limits) -> dict[str, float | None] | str:
    """The figures of one run, or why there are none."""
    command = [sys.executable, "-m", "bench.reasoning.worker", engine, str(graph)]
    command += ["--closure", str(closure)] if closure else []
    command += [] if limits.load else ["--no-load"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            command, cwd=ROOT, capture_output=True, text=True, timeout=limits.timeout, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return f"{_NOT_DONE} {limits.timeout:.0f} s"
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line[:1].strip()]  # without the calls, and what to try
        return said[-1][:120] if said else f"ended with {done.returncode}"
    figures: dict[str, float | None] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    main()
