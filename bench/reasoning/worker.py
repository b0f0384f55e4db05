"""One engine on one graph, in a process of its own: `python -m bench.reasoning.worker ENGINE GRAPH`.

It prints one line of JSON. `--closure FILE` is where to write all that holds, for the comparison; `--no-load` spares
the memory that a store takes.
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from bench.memory import peak
from bench.reasoning.compare import write_closure
from bench.reasoning.engines import ENGINES


def run(engine: str, graph: Path, closure: Path | None = None, *, load: bool = True) -> dict[str, float | int | None]:
    """Measure one engine.

    Args:
        engine: Its name.
        graph: A file of canonical N-Triples.
        closure: Where to write all that holds.
        load: Whether to make the closure queryable.

    Returns:
        Seconds of each step, the triples that follow, and the peak of memory in MB before and after `load`.
    """
    clock = [perf_counter()]
    subject = ENGINES[engine]()
    clock.append(perf_counter())
    subject.take(graph)
    clock.append(perf_counter())
    follows = subject.reason()
    clock.append(perf_counter())
    peak_reasoned = peak()
    if load:
        subject.load()
    clock.append(perf_counter())
    start, take, reason, loading = (after - before for before, after in pairwise(clock))
    found = {"start": start, "take": take, "reason": reason, "load": loading if load else None}
    peak_loaded = peak()
    if closure:
        write_closure(subject.closure(), closure)
    return {**found, "follows": follows, "peak": peak_reasoned, "peak_loaded": peak_loaded}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.reasoning.worker")
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("graph", type=Path)
    parser.add_argument("--closure", type=Path)
    parser.add_argument("--no-load", action="store_true")
    asked = parser.parse_args()
    print(json.dumps(run(asked.engine, asked.graph, asked.closure, load=not asked.no_load)))
