"""Virtuoso as Debian packages it (`virtuoso-opensource-7-bin`): load a graph, and serve it: `… FOLDER PORT`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

_GRAPH: Final = "https://towns.example/graph"
#: Seconds in which it starts.
_PATIENCE: Final = 60
#: Buffers of 8 KB as its manual wants them for 4 GB; threads for 32 clients.
_SETTINGS: Final = """[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = temp.db
TransactionFile = temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DirsAllowed = .
NumberOfBuffers = 340000
MaxDirtyBuffers = 250000
ServerThreads = 60
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 40
MaxClientConnections = 40
[SPARQL]
DefaultGraph = {graph}
ResultSetMaxRows = 10000000
"""


def load(folder: Path, triples: Path) -> None:
    """Make a database of N-Triples in a folder.

    Raises:
        OSError: Virtuoso is not installed, does not start, or does not load.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "graph.nt").unlink(missing_ok=True)
    (folder / "graph.nt").symlink_to(triples.resolve())
    sql = _free_port()
    with subprocess.Popen(_command(folder, sql, _free_port()), cwd=folder) as server:  # noqa: S603
        try:
            _wait(sql, server)
            told = f"ld_dir('.', 'graph.nt', '{_GRAPH}');\nrdf_loader_run();\ncheckpoint;\nshutdown;\n"
            login = ["isql-vt", f"127.0.0.1:{sql}", "dba", "dba"]
            subprocess.run(login, input=told, text=True, check=True, capture_output=True)  # noqa: S603
            ended = server.wait(_PATIENCE)
        except (subprocess.SubprocessError, OSError) as error:
            server.kill()
            raise OSError(f"Virtuoso did not load: {error}") from error
    if ended:
        raise OSError(f"Virtuoso ended with {ended}")


def _command(folder: Path, sql: int, http: int) -> list[str]:
    settings = folder / f"{http}.ini"
    settings.write_text(_SETTINGS.format(sql=sql, http=http, graph=_GRAPH), encoding="utf-8")
    return ["virtuoso-t", "-f", "-c", settings.name]


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise OSError("Virtuoso did not start")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def main(folder: str, port: str) -> None:
    """Serve a folder that was loaded; this process becomes the server."""
    os.chdir(folder)
    command = _command(Path(), _free_port(), int(port))
    os.execvp(command[0], command)  # noqa: S606  # so that whoever ends this process ends the server


if __name__ == "__main__":
    main(*sys.argv[1:])
