"""Servers of the tests that play other people's: `oxigraph serve`, Virtuoso, and a proxy that throws faults.

All listen on this machine only, and are asked only by clients that were given a policy for it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self
from urllib.error import HTTPError
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

JSON: Final = "application/sparql-results+json"
#: Header fields of the server behind that the proxy passes on.
_PASSED: Final = ("X-SPARQL-MaxRows", "X-SQL-State", "ETag", "Cache-Control")


def oxigraph_binary() -> str | None:
    """The `oxigraph` command: beside the Python that runs the tests, or of the path."""
    beside = Path(sys.executable).with_name("oxigraph")
    return str(beside) if beside.exists() else shutil.which("oxigraph")


def virtuoso_binary() -> str | None:
    """Virtuoso's command, as Debian names it."""
    return shutil.which("virtuoso-t")


def free_port() -> int:
    """A port of this machine that nobody has just now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def oxigraph(folder: Path, data: str) -> Iterator[str]:
    """A read-only Oxigraph server with some Turtle in its default graph; gives the address of its endpoint."""
    binary = oxigraph_binary()
    assert binary
    file, store = folder / "slice.ttl", folder / "store"
    file.write_text(data, encoding="utf-8")
    subprocess.run([binary, "load", "-l", str(store), "-f", str(file)], check=True, capture_output=True, timeout=60)
    port = free_port()
    command = [binary, "serve-read-only", "-l", str(store), "-b", f"127.0.0.1:{port}"]
    with _running(command, f"http://127.0.0.1:{port}/query"):
        yield f"http://127.0.0.1:{port}/query"


@contextmanager
def virtuoso(folder: Path, data: str, most_rows: int = 10_000) -> Iterator[str]:
    """A Virtuoso server with some N-Triples in a graph, which gives so many rows at most, in silence."""
    binary, isql = virtuoso_binary(), shutil.which("isql-vt") or shutil.which("isql-v")
    assert binary
    assert isql
    (folder / "slice.nt").write_text(data, encoding="utf-8")
    sql, http = free_port(), free_port()
    (folder / "virtuoso.ini").write_text(f"""
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
NumberOfBuffers = 2000
DirsAllowed = {folder}
[HTTPServer]
ServerPort = 127.0.0.1:{http}
[SPARQL]
ResultSetMaxRows = {most_rows}
MaxQueryExecutionTime = 60
""")
    command = [binary, "+foreground", "+configfile", str(folder / "virtuoso.ini"), "+wait"]
    with _running(command, f"http://127.0.0.1:{http}/sparql?query=ASK%7B%3Fs%20%3Fp%20%3Fo%7D", folder, 120):
        load = f"DB.DBA.TTLP(file_to_string_output('{folder}/slice.nt'), '', 'http://dbpedia.org', 0);"
        subprocess.run(
            [isql, f"127.0.0.1:{sql}", "dba", "dba", f"exec={load} checkpoint;"], check=True, timeout=60,
            capture_output=True,
        )  # fmt: skip
        yield f"http://127.0.0.1:{http}/sparql"


@contextmanager
def _running(command: list[str], url: str, folder: Path | None = None, seconds: float = 30) -> Iterator[None]:
    """A server that runs while the block does, from when it answers."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder) as process:
        try:
            end = time.monotonic() + seconds
            while not _answers(url):
                assert process.poll() is None, f"{command[0]} has ended"
                assert time.monotonic() < end, f"{command[0]} does not answer"
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(url: str) -> bool:
    try:
        urlopen(url, timeout=2).close()
    except HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True


class _Handler(BaseHTTPRequestHandler):
    """Passes requests on to the server behind, but for those that have a fault in store for them."""

    protocol_version = "HTTP/1.0"
    server: FaultProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            self.server.seen.append((self.command, self.path, dict(self.headers), body))
            fault = self.server.faults.pop(0) if self.server.faults else ""
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
        try:
            getattr(self, f"_{fault.partition(' ')[0] or 'pass'}")(body, fault.partition(" ")[2])
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            with self.server.lock:
                self.server.at_once -= 1

    do_GET = do_POST  # noqa: N815  # as the library names it

    def _pass(self, body: bytes, _: str) -> None:
        file = self._recorded(body)
        if file and not self.server.behind:
            if not file.exists():
                return self._say(404, b"this request was not recorded", "text/plain")
            return self._say(200, json.dumps(json.loads(file.read_text(encoding="utf-8"))["answer"]).encode())
        if not self.server.behind:
            return self._say(200, self.server.answer, ETag='"one"')
        url = self.server.behind + (f"?{self.path.partition('?')[2]}" if "?" in self.path else "")
        headers = {name: self.headers[name] for name in ("Accept", "Content-Type") if self.headers[name]}
        try:
            with urlopen(Request(url, body or None, headers), timeout=60) as found:
                answer = found.read()
                if file:
                    told = {"query": self._query(body), "answer": json.loads(answer)}
                    file.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
                headers = {name: found.headers[name] for name in _PASSED if found.headers[name]}
                self._say(found.status, answer, found.headers["Content-Type"], **headers)
        except HTTPError as error:
            with error:
                self._say(error.code, error.read(), "text/plain")
        return None

    def _query(self, body: bytes) -> str:
        return parse_qs(body.decode() or self.path.partition("?")[2])["query"][0]

    def _recorded(self, body: bytes) -> Path | None:
        """The file with the answer to a request."""
        folder = self.server.recorded
        return folder / f"{hashlib.sha256(self._query(body).encode()).hexdigest()[:16]}.json" if folder else None

    def _status(self, _: bytes, told: str) -> None:
        status, rest = told.partition(" ")[::2]
        self._say(int(status), self.server.excuse, "text/plain", **({"Retry-After": rest} if rest else {}))

    def _same(self, _: bytes, __: str) -> None:
        self._say(304, b"")

    def _slow(self, _: bytes, seconds: str) -> None:
        self.server.gone.wait(float(seconds))
        self._say(200, self.server.answer)

    def _cut(self, _: bytes, __: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.send_header("Content-Length", str(len(self.server.answer) + 50))
        self.end_headers()
        self.wfile.write(self.server.answer[:20])

    def _chunk(self, _: bytes, __: str) -> None:
        """A part of an answer in chunks, whose last one never comes."""
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(self.server.answer), self.server.answer))

    def _html(self, _: bytes, __: str) -> None:
        self._say(200, b"<html>under maintenance</html>", "text/html")

    def _lie(self, _: bytes, __: str) -> None:
        self._say(200, b"<html>under maintenance</html>")

    def _endless(self, _: bytes, __: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.end_headers()
        while not self.server.gone.wait(0.001):
            self.wfile.write(b" " * 4096)

    def _redirect(self, _: bytes, where: str) -> None:
        self._say(302, b"", Location=where or self.server.url)

    def _bomb(self, _: bytes, __: str) -> None:
        self._say(200, gzip.compress(b" " * 50_000_000), JSON, **{"Content-Encoding": "gzip"})

    def _say(self, status: int, body: bytes, kind: str = JSON, **headers: str) -> None:
        self.send_response(status)
        fields = {"Content-Type": kind, "Content-Length": str(len(body)), **self.server.fields, **headers}
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class FaultProxy(ThreadingHTTPServer):
    """A server that has faults in store, one for each request; after them it passes on, or gives always one answer.

    Faults: `status CODE [RETRY-AFTER]`, `slow SECONDS`, `cut`, `chunk`, `html`, `lie`, `endless`, `redirect [URL]`,
    `bomb`, `same` (304); an empty text is none. With a folder of recorded answers it gives those; with a server behind,
    too, it records what that says. `fields` are header fields of each answer, `excuse` is what it says to a failure.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, behind: str = "", answer: bytes = b'{"head":{"vars":["x"]},"results":{"bindings":[]}}',
        recorded: Path | None = None,
    ) -> None:  # fmt: skip
        self.behind, self.answer, self.recorded = behind, answer, recorded
        self.fields: dict[str, str] = {}
        self.excuse = b"come again"
        self.faults: list[str] = []
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.lock, self.gone = threading.Lock(), threading.Event()
        self.at_once = self.most_at_once = 0
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/sparql"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.gone.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that has gone is what is tested."""
