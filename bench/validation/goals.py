"""Our own goals: how long people wait for the check of the project, of their own data, and after an edit."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

from bench.validation.commands import ROOT, Ran, cdkg, usual, watching
from bench.validation.graphs import Written
from bench.validation.report import Goal, below, power

#: Seconds that foreign data of a size may take, and an edit of one of its files.
_FOREIGN: Final = {"100k": 4.0, "1M": 60.0}
_EDITED: Final = 0.5
_WATCHED: Final = "100k"
_WATCHING: Final = ("validate", "--watch")
_TIMES: Final = 10.0

#: What is put at the end of a file that is watched: a tie of a town with itself alone.
_EDIT: Final = "\ntwinning:town-0--town-0\n    a cd:TwinningAgreement ;\n    cd:party city:town-{} ;\n.\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for.

    Attributes:
        write: Writes the graph of a size.
        sizes: The sizes by name, the smallest first.
        repeat: How many runs of each; the median counts.
        timeout: Seconds after which one is stopped.
    """

    write: Callable[[str], Written]
    sizes: list[str]
    repeat: int = 3
    timeout: float = 120.0


def check(asked: Asked) -> Iterator[Goal]:
    """The project's own data: as a command, and the second time in one process; ours against the reference."""
    cdkg("validate", timeout=asked.timeout)  # warms what is kept between runs
    ran = usual(partial(cdkg, "validate", timeout=asked.timeout), asked.repeat)
    yield _of(ran, "`cdkg validate` of the project, warm", 1.5)
    slow = cdkg("validate", "--engine", "pyshacl", timeout=asked.timeout)
    name = "`cdkg validate --engine pyshacl`, its time over ours"
    if slow.fault or ran.fault:
        yield Goal(name, "", note=slow.fault or ran.fault)
    else:
        yield Goal(name, "", f"{slow.seconds / ran.seconds:.1f} times", note=f"{slow.seconds:.2f} s")
    yield from _in_process(asked.timeout)


def _in_process(timeout: float) -> Iterator[Goal]:
    command = [sys.executable, "-m", "bench.validation.project", str(ROOT)]
    name = "the project, second time in one process"
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        yield Goal(name, "< 1.5 s", note=f"not done in {timeout:.0f} s")
        return
    if done.returncode:
        yield Goal(name, "< 1.5 s", note=(done.stderr.strip().splitlines() or ["?"])[-1][:90])
        return
    found = json.loads(done.stdout)
    yield below(
        name,
        found["second"],
        1.5,
        f"computes {found['cpu']:.2f} s, first {found['first']:.2f} s, {found['peak']:.0f} MB",
    )
    ours, theirs = found["cdkg"], found["reference"]
    wanted = f"≥ {_TIMES:g} times"
    if "fault" in ours or "fault" in theirs:
        yield Goal("shapes alone, pySHACL's time over ours", wanted, note=ours.get("fault") or theirs.get("fault"))
        return
    times = theirs["seconds"] / ours["seconds"]
    yield Goal("shapes alone, pySHACL's time over ours", wanted, f"{times:.1f} times", times >= _TIMES,
               f"{theirs['seconds']:.2f} s against {ours['seconds']:.3f} s")  # fmt: skip
    note = f"{ours['rows']} and {theirs['rows']} rows {'; '.join(found['examples'])}"
    yield Goal("rows that differ between the two", "0", str(found["differs"]), not found["differs"], note)


def build(asked: Asked) -> Iterator[Goal]:
    """The whole build, into a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as state:
        ran = usual(partial(cdkg, "build", "--state", state, timeout=asked.timeout), asked.repeat)
    yield _of(ran, "`cdkg build` of the project", 2.5)


def foreign(asked: Asked) -> Iterator[Goal]:
    """Folders of somebody else with our ontology, shapes and checks; how time grows with their size."""
    taken: list[tuple[int, float, str]] = []
    for size in asked.sizes:
        written = asked.write(size)
        data = str(written.folder / "data")
        ran = usual(partial(cdkg, "validate", data, timeout=asked.timeout), asked.repeat)
        yield _of(ran, f"`cdkg validate FOLDER`, {size} ({written.triples} triples)", _FOREIGN.get(size))
        if not ran.fault:
            taken.append((written.triples, ran.seconds, size))
    for (small, short, one), (large, long, other) in pairwise(taken):
        yield Goal(f"growth from {one} to {other}", "", f"{power(small, short, large, long):.2f}", note="1 is straight")


def watch(asked: Asked) -> Iterator[Goal]:
    """The time from the edit of one file to the last line of the new report."""
    size = _WATCHED if _WATCHED in asked.sizes else asked.sizes[-1]
    written = asked.write(size)
    name = f"one file of {size} edited, with `--watch`"
    with watching(*_WATCHING, str(written.folder / "data")) as watched:
        if watched.told(asked.timeout) is None:
            yield below(name, None, _EDITED, f"no first check: {watched.last[:90]}")
            return
        taken = [_edited(written.page, turn, watched.told) for turn in range(max(asked.repeat, 2))]
    seen = [seconds for seconds in taken if seconds is not None]
    if len(seen) < len(taken):
        yield below(name, None, _EDITED, f"an edit without a report: {watched.last[:90]}")
    else:
        yield below(name, median(seen), _EDITED, f"each edit: {', '.join(f'{seconds:.2f}' for seconds in seen)}")


def _edited(page: Path, turn: int, told: Callable[[float], float | None]) -> float | None:
    """Seconds from the write to the last line that follows; None where none follows."""
    before = page.read_text(encoding="utf-8")
    try:
        start = time.perf_counter()
        page.write_text(before + _EDIT.format(turn), encoding="utf-8")
        end = told(20.0)
    finally:
        page.write_text(before, encoding="utf-8")
    told(20.0)  # the report on the file as it was
    return None if end is None else end - start


def _of(ran: Ran, name: str, most: float | None) -> Goal:
    if ran.fault:
        return below(name, None, most, ran.fault)
    return below(name, ran.seconds, most, f"computes {ran.cpu:.2f} s, {ran.peak:.0f} MB")


#: By name, what gives the lines of the report.
GOALS: Final[Mapping[str, Callable[[Asked], Iterator[Goal]]]] = {
    "check": check,
    "build": build,
    "foreign": foreign,
    "watch": watch,
}
