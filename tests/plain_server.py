"""A real `cdkg serve` for tests, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get_content_type()


@dataclass(frozen=True)
class Running:
    """A server that runs."""

    address: str
    token: str = ""

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send a request; underscores in the names of headers stand for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token and "Authorization" not in named:
            named["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.address + path, body, named, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def query(self, text: str, accept: str = "*/*", **more: list[str]) -> Answer:
        """Ask a query by POST of a form."""
        fields = urlencode([("query", text), *((k.replace("_", "-"), v) for k, vs in more.items() for v in vs)])
        kind = "application/x-www-form-urlencoded"
        return self.send("POST", "sparql", fields.encode(), Accept=accept, Content_Type=kind)

    def update(self, text: str, parameters: str = "") -> Answer:
        """Send an update as it is."""
        return self.send("POST", f"update{parameters}", text.encode(), Content_Type="application/sparql-update")


@contextmanager
def running(*arguments: str, token: str = "") -> Iterator[Running]:
    """Run `cdkg serve` on a free port while the block runs."""
    command = [sys.executable, "-m", "cdkg", "serve", "--port", "0", *arguments]
    environment = os.environ | {"CDKG_LOG_REQUESTS": "no", "PYTHONUNBUFFERED": "1", "CDKG_QUERIES_PER_CLIENT": "60"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"http://[^ ]+/", line):
                yield Running(found[0], token)
                break
        else:
            raise AssertionError(said)
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.close()
        process.wait(20)


def new_token(*arguments: str, state: Path) -> str:
    """Make a token by the command."""
    command = [sys.executable, "-m", "cdkg", "token", "new", "--state", str(state), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def taking_writes(folder: Path) -> Iterator[Running]:
    """A server that takes writes, and has nothing yet."""
    (folder / "empty.nq").write_bytes(b"")
    token = new_token(state=folder / "state")
    with running("--plain", str(folder / "empty.nq"), "--writable", str(folder / "state"), token=token) as found:
        yield found
