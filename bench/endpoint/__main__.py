"""Measure endpoints: `python -m bench.endpoint [--sizes 100k 1M] [--servers cdkg oxigraph ...] [--at-once 1 8 32]`.

Each server runs alone. Its answers are held against ours before it is timed. The load comes from a process of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from bench.endpoint.compare import Rows, answer, differing, request
from bench.endpoint.queries import LIGHT, MIXED, RUNAWAY, Asked
from bench.endpoint.report import Cell, Note, as_json, text
from bench.endpoint.servers import EMPTY, ROOT, SERVERS, Graph, Server, megabytes, running
from bench.validation.graphs import write

RESULTS: Final = ROOT / "bench" / "results"
SIZES: Final = {"10k": 10_000, "100k": 100_000, "1M": 1_000_000}
#: Runaways that are at work while light queries are timed.
_RUNAWAYS: Final = 2


class Measuring:
    """Measures servers one after the other and writes down what it has so far.

    Args:
        seconds: Time of each load.
        at_once: How many requests are on their way, load by load.
        results: Folder for what is found.
    """

    def __init__(self, seconds: float, at_once: Sequence[int], results: Path = RESULTS) -> None:
        self.seconds, self.at_once, self.results = seconds, at_once, results
        self.cells: list[Cell] = []
        self.notes: list[Note] = []
        self.machine = _machine()
        self._reference: dict[str, dict[str, Rows]] = {}
        (results / "endpoint").mkdir(parents=True, exist_ok=True)

    def server(self, size: str, name: str, server: Server, graph: Graph) -> None:
        """Start a server, hold its answers against the first one's, and put all loads on it."""
        with self._started(size, name, server, graph) as found:
            if not found:
                return
            port, pid = found
            self._compare(size, name, server, port)
            for load, queries in (("light", LIGHT), ("mixed", MIXED)):
                for fresh in (True, False) if server.cache else (True,):
                    told = load if fresh else f"{load}, cached"
                    for number in self.at_once:
                        self._cell(size, name, told, number, _mixed(server.path, queries, fresh=fresh), port, pid)
            if name.startswith("cdkg"):
                self._beside_runaways(size, name, server, port, pid)

    def empty(self, name: str, server: Server, graph: Graph) -> None:
        """Put load on a route that does nothing."""
        with self._started("", f"empty {name}", server, graph) as found:
            if found:
                for number in self.at_once:
                    sent = [request(server.path, LIGHT[0])]
                    self._cell("", f"empty {name}", "light", number, sent, *found)

    @contextlib.contextmanager
    def _started(self, size: str, name: str, server: Server, graph: Graph) -> Iterator[tuple[int, int] | None]:
        log = self.results / "endpoint" / f"{name.replace(' ', '-')}.log"
        with contextlib.ExitStack() as stack:
            try:
                found = stack.enter_context(running(server, graph, log))
            except (OSError, HTTPException) as error:
                self._say(Note(size, name, f"not measured: {error}"))
                found = None
            yield found

    def _compare(self, size: str, name: str, server: Server, port: int) -> None:
        found: dict[str, Rows] = {}
        for asked in MIXED:
            with contextlib.suppress(OSError, HTTPException, ValueError):
                found[asked.name] = answer(port, server.path, asked)
        empty = [each.name for each in MIXED if not found.get(each.name)]
        reference = self._reference.setdefault(size, found)
        odd = differing(reference, found)
        told = f"answers differ: {', '.join(odd)}" if odd else f"{len(found)} answers, all as the first server's"
        self._say(Note(size, name, told + (f"; none to {', '.join(empty)}" if empty else "")))

    def _cell(self, size: str, name: str, load: str, at_once: int, requests: list[str], port: int, pid: int) -> None:
        plan = {"host": "127.0.0.1", "port": port, "requests": requests, "at_once": at_once, "seconds": self.seconds}
        try:
            found = _loaded(plan)
        except (subprocess.SubprocessError, ValueError) as error:
            self._say(Note(size, name, f"{load}, {at_once} at once: not measured: {str(error)[-200:]}"))
            return
        failed = sum(number for status, number in found["statuses"].items() if status != "200")
        cell = Cell(size, name, load, at_once, found["rps"], found["p50"], found["p99"], failed, megabytes(pid))
        print(cell, file=sys.stderr, flush=True)
        self.cells.append(cell)
        self._keep()

    def _beside_runaways(self, size: str, name: str, server: Server, port: int, pid: int) -> None:
        """Light queries alone, and while others run until they are cut."""
        statuses: list[str] = []

        def run() -> None:
            try:
                answer(port, server.path, RUNAWAY)
                statuses.append("answered")
            except (OSError, HTTPException) as error:
                statuses.append(str(error))

        sent = _mixed(server.path, LIGHT, fresh=True)
        self._cell(size, name, "light, alone", 1, sent, port, pid)
        threads = [threading.Thread(target=run) for _ in range(_RUNAWAYS)]
        for thread in threads:
            thread.start()
        self._cell(size, name, "light, runaways", 1, sent, port, pid)
        early = len(statuses)
        for thread in threads:
            thread.join()
        self._say(Note(size, name, f"runaways: {', '.join(statuses)}; {early} had ended before the load did"))

    def _say(self, note: Note) -> None:
        print(note, file=sys.stderr, flush=True)
        self.notes.append(note)
        self._keep()

    def _keep(self) -> None:
        found = as_json(self.cells, self.notes, self.machine)
        (self.results / "endpoint.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        (self.results / "endpoint.txt").write_text(text(self.cells, self.notes, self.machine), encoding="utf-8")


def _machine() -> str:
    """What was measured on, and whether it had other work."""
    machine = f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores"
    return f"{machine}, load {os.getloadavg()[0]:.1f} at the start"


def _mixed(path: str, queries: Sequence[Asked], *, fresh: bool) -> list[str]:
    """Requests for all of these, several times over and shuffled, the same each time."""
    sent = [request(path, asked, fresh=fresh) for asked in queries] * 4
    random.Random(1).shuffle(sent)  # noqa: S311  # no secret
    return sent


def _loaded(plan: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.endpoint.load"],
        cwd=ROOT, input=json.dumps(plan), capture_output=True, text=True, check=True, timeout=plan["seconds"] + 300,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.endpoint", description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", nargs="*", choices=SIZES, default=["100k"], help=f"of {', '.join(SIZES)}")
    parser.add_argument("--servers", nargs="*", choices=SERVERS, default=list(SERVERS), help=f"of {', '.join(SERVERS)}")
    parser.add_argument("--empty", nargs="*", choices=EMPTY, default=list(EMPTY), help=f"of {', '.join(EMPTY)}")
    parser.add_argument("--at-once", nargs="*", type=int, default=[1, 8, 32], help="requests on their way (1 8 32)")
    parser.add_argument("--seconds", type=float, default=10.0, help="time of each load (10)")
    return parser.parse_args()


def main() -> None:
    """Measure what the command line asks for, and print the tables."""
    asked = _arguments()
    measuring = Measuring(asked.seconds, asked.at_once)
    for name in asked.empty:
        measuring.empty(name, EMPTY[name], Graph(Path(), Path()))
    for size in asked.sizes:
        towns = write(RESULTS / "towns" / size, SIZES[size])
        for name in asked.servers:
            measuring.server(size, name, SERVERS[name], Graph(towns.whole, RESULTS / "endpoint" / size))
    print(text(measuring.cells, measuring.notes, measuring.machine))


if __name__ == "__main__":
    main()
