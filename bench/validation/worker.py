"""One engine on one graph, in a process of its own: `python -m bench.validation.worker ENGINE DATA SHAPES ROWS`.

It prints one line of JSON, and writes its rows to the file ROWS. `--started` is when its parent started it, as
seconds since 1970, so that the start of Python and the imports count as well.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from bench.memory import peak
from bench.validation.engines import ENGINES


def run(engine: str, data: Path, shapes: Path, rows: Path, started: float) -> dict[str, float]:
    """Measure one engine.

    Args:
        engine: Its name.
        data: A Turtle file.
        shapes: Another.
        rows: Where to write the results, a JSON list a line.
        started: When the process was started, in seconds since 1970.

    Returns:
        Seconds from the start to the report, those of them that were computed with (on all cores), seconds of `read`
        and `validate`, the peak of memory in MB, and how many results there are.
    """
    subject = ENGINES[engine](data, shapes)
    begin = time.perf_counter()
    subject.read()
    ready = time.perf_counter()
    subject.validate()
    done, whole, cpu, most = time.perf_counter(), time.time() - started, time.process_time(), peak()
    found = subject.rows()
    rows.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    return {
        "whole": whole, "cpu": cpu, "read": ready - begin, "validate": done - ready, "peak": most, "rows": len(found)
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.validation.worker")
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("data", type=Path)
    parser.add_argument("shapes", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--started", type=float, required=True)
    asked = parser.parse_args()
    print(json.dumps(run(asked.engine, asked.data, asked.shapes, asked.rows, asked.started)))
