"""The project's own data, checked twice in one process, and by both engines: `python -m bench.validation.project`.

It prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

import cdkg
from bench.memory import peak
from cdkg.errors import CdkgError
from cdkg.graph import Role
from cdkg.pipeline import Workspace
from cdkg.processor import prefer_quick_sort
from cdkg.validation.shacl import engine_named
from cdkg.validation.validate import Data


def checked(root: Path) -> tuple[float, Workspace]:
    """Load, reason and validate; how long it took."""
    start = perf_counter()
    workspace = cdkg.load(root).reason()
    workspace.validate()
    return perf_counter() - start, workspace


def by_engine(workspace: Workspace, engine: str) -> tuple[dict[str, Any], Counter[str]]:
    """Seconds of one engine on the reasoned graph, and its rows without messages."""
    shapes = [triple for named in workspace.graph.of(Role.SHAPES) for triple in named.triples]
    data = Data(workspace.graph)
    _ = data.triples, data.store  # both engines get them ready
    start = perf_counter()
    try:
        rows = list(engine_named(engine)(shapes).rows(data))
    except CdkgError as error:
        return {"fault": str(error).splitlines()[0]}, Counter()
    seconds = perf_counter() - start
    told = Counter(f"{r.focus} {r.path} {r.value} {r.component} {r.severity} {r.shape}" for r in rows)
    return {"seconds": seconds, "rows": len(rows)}, told


def run(root: Path, reference: str = "pyshacl") -> dict[str, Any]:
    """All figures; a second run of an engine counts, as the first one pays for imports."""
    first, _ = checked(root)
    before = _computed()
    second, workspace = checked(root)
    computed, most = _computed() - before, peak()
    by_engine(workspace, "cdkg")
    ours, rows = by_engine(workspace, "cdkg")
    theirs, reference_rows = by_engine(workspace, reference)
    differs = sorted((rows - reference_rows) | (reference_rows - rows))
    return {
        "first": first, "second": second, "cpu": computed, "peak": most, "cdkg": ours, "reference": theirs,
        "differs": len(differs), "examples": differs[:3],
    }  # fmt: skip


def _computed() -> float:
    """Seconds that this process and those it has started have computed so far."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    prefer_quick_sort()
    print(json.dumps(run(Path(sys.argv[1]))))
