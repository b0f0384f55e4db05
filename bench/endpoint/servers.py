"""The endpoints that are measured: how each is given its graph, and how it is started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse, serialize

from bench.endpoint import virtuoso

ROOT: Final = Path(__file__).parents[2]
PEERS: Final = ROOT / "bench" / ".venv-endpoint" / "bin"
_GRAPH: Final = NamedNode("https://towns.example/graph")
#: Seconds that a server may take to come up, with its graph.
_PATIENCE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Graph:
    """One graph in the forms that servers take.

    Attributes:
        turtle: The graph as written.
        folder: Where other forms of it lie.
    """

    turtle: Path
    folder: Path

    def triples(self) -> Path:
        """As N-Triples, each once."""
        return self._made("graph.nt", lambda path: serialize(_parsed(self.turtle), str(path), RdfFormat.N_TRIPLES))

    def snapshot(self) -> Path:
        """As a snapshot of ours: one named graph."""

        def write(path: Path) -> None:
            quads = (Quad(q.subject, q.predicate, q.object, _GRAPH) for q in parse(path=str(self.triples())))
            serialize(quads, str(path), RdfFormat.N_QUADS)

        return self._made("snapshot/graph.nq", write).parent

    def store(self) -> Path:
        """As a store on disk."""

        def write(path: Path) -> None:
            path.mkdir()
            store = Store(str(path))
            store.bulk_load(path=str(self.triples()), format=RdfFormat.N_TRIPLES)
            store.optimize()

        return self._made("store", write)

    def virtuoso(self) -> Path:
        """As a database of Virtuoso."""
        return self._made("virtuoso", lambda path: virtuoso.load(path, self.triples()))

    def _made(self, name: str, write: Callable[[Path], object]) -> Path:
        path = self.folder / name
        if not path.exists():
            unfinished = path.with_name(f"new-{path.name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(unfinished, ignore_errors=True)
            write(unfinished)
            unfinished.rename(path)
        return path


def _parsed(turtle: Path) -> Iterator[Quad]:
    store = Store()
    store.bulk_load(path=str(turtle), format=RdfFormat.TURTLE)
    return iter(store)


@dataclass(frozen=True, slots=True)
class Server:
    """A server.

    Attributes:
        command: How it is started, for a graph and a port.
        path: Where queries are sent.
        filled: Whether its graph is sent to it when it runs.
        cache: Whether it keeps answers; then it is measured with and without them.
    """

    command: Callable[[Graph, int], list[str]]
    path: str = "/sparql"
    filled: bool = False
    cache: bool = False


def _ours(path: Path, port: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "bench.endpoint.ours", str(path), str(port), "30", *more]


def _peer(name: str, *arguments: str) -> list[str]:
    return [str(PEERS / name), *arguments]


SERVERS: Final[dict[str, Server]] = {
    "cdkg": Server(lambda graph, port: _ours(graph.snapshot(), port), cache=True),
    "cdkg-disk": Server(lambda graph, port: _ours(graph.store(), port, "--plain")),
    "oxigraph": Server(lambda _, port: _peer("oxigraph", "serve", "-b", f"127.0.0.1:{port}"), "/query", filled=True),
    "oxigraph-disk": Server(
        lambda graph, port: _peer("oxigraph", "serve-read-only", "-l", str(graph.store()), "-b", f"127.0.0.1:{port}"),
        "/query",
    ),
    "virtuoso-disk": Server(
        lambda graph, port: [sys.executable, "-m", "bench.endpoint.virtuoso", str(graph.virtuoso()), str(port)]
    ),
    "rdflib-endpoint": Server(
        lambda graph, port: _peer(
            "rdflib-endpoint", "serve", f"--port={port}", "--host=127.0.0.1", str(graph.triples())
        ),
        "/",
    ),
}
_EMPTY: Final = "bench.endpoint.empty:app"
#: An empty route on servers of Python applications.
EMPTY: Final[dict[str, Server]] = {
    "waitress": Server(
        lambda _, port: _peer("waitress-serve", "--threads=32", f"--listen=127.0.0.1:{port}", _EMPTY)
    ),
    "gunicorn": Server(
        lambda _, port: _peer("gunicorn", "-w1", "--threads=32", "-b", f"127.0.0.1:{port}", _EMPTY)
    ),
    "granian": Server(
        lambda _, port: _peer(
            "granian", "--interface=wsgi", "--workers=1", "--blocking-threads=8", "--host=127.0.0.1", f"--port={port}",
            _EMPTY,
        )
    ),
}  # fmt: skip


@contextlib.contextmanager
def running(server: Server, graph: Graph, log: Path) -> Iterator[tuple[int, int]]:
    """Start a server on a free port, and end it and all that it has started; gives port and process.

    Raises:
        OSError: It is not installed, or does not come up.
    """
    port = _free_port()
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603  # our own table
            server.command(graph, port), cwd=ROOT, stdout=out, stderr=out, start_new_session=True
        )
    try:
        _wait(process, port)
        if server.filled:
            _fill(port, graph)
        yield port, process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise OSError(f"it ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise OSError(f"it did not come up in {_PATIENCE:.0f} s")


def _fill(port: int, graph: Graph) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    with contextlib.closing(connection), graph.triples().open("rb") as data:
        connection.request("POST", "/store?default", data, {"Content-Type": "application/n-triples"})
        status = connection.getresponse().status
    if status >= 300:
        raise HTTPException(f"the graph was refused with {status}")


def megabytes(pid: int) -> float:
    """Memory of a process and all that it has started; what they share counts once (Linux)."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    total, waiting = 0, [pid]
    while waiting:
        each = waiting.pop()
        waiting += children.get(each, [])
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1000
