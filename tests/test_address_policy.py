"""Requests go to named hosts at public addresses only, and to no other by any way around."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest

from cdkg.http import Bounds, InterruptedAnswerError, Policy, Refused, Request, RequestError, fetch, is_public

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "100.63.255.255", "172.32.0.1", "2620:0:861:ed1a::1"])
def test_public_addresses(address: str) -> None:
    """Ordinary addresses of the internet, some of them beside a range that is not public."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:8.8.8.8", "::ffff:127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1",
        "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2620::1%1", "fec0::1", "ff02::1", "localhost", "", "1",
        "127.1", "0x7f.0.0.1", "2130706433",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    """Private, loopback, link-local, shared, mapped, translated, multicast, reserved; and what is no address."""
    assert not is_public(address)


def _policy(*addresses: str) -> Policy:
    return Policy.of(["https://kb.example/sparql"], lambda _host, _port: addresses)


def test_a_public_host_on_the_list_may_be_asked() -> None:
    """The target has the address that was looked at, and the whole path."""
    target = _policy(PUBLIC).checked("https://KB.example/sparql?a=b#c")
    assert (target.host, target.port, target.path, target.address) == ("kb.example", 443, "/sparql?a=b", PUBLIC)


def test_one_hidden_address_is_enough_to_refuse() -> None:
    """A name with a public and a private address is not asked at all, nor is one without addresses."""
    for addresses in ((PUBLIC, "10.0.0.1"), ("10.0.0.1", PUBLIC), ("::1",), ()):
        with pytest.raises(Refused):
            _policy(*addresses).checked("https://kb.example/sparql")


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/sparql", "https://kb.example:8443/sparql", "http://kb.example/sparql",
        "ftp://kb.example/x", "file:///etc/passwd", "gopher://kb.example/", "https://user:pw@kb.example/sparql",
        "https://kb.example@other.example/", "https://kb.example./sparql", "https://kb.example\\@other.example/",
        "https:///sparql", "//kb.example/", "https://kb.example:99999/", "https://[::1/", "https://kb.example/a b",
        "https://kb.example/\r\nHost: x", "https://kb.exämple/", "https://93.184.215.14/sparql", "",
        "https://kb.example/" + "a" * 3000,
    ],
)  # fmt: skip
def test_other_urls_are_refused(url: str) -> None:
    """Other hosts, ports, schemes and spellings are refused before any name is looked up."""

    def never(host: str, _port: int) -> list[str]:
        raise AssertionError(host)

    with pytest.raises(Refused):
        Policy.of(["https://kb.example/sparql"], never).checked(url)


def test_the_name_is_asked_for_once() -> None:
    """What the name service says later does not count: a second answer would be another address."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with _Remote() as remote:
        policy = Policy.of([remote.url], lambda _host, _port: next(answers), ["127.0.0.1"])
        assert fetch(remote.url, Request(), policy).body == b"well"
    assert next(answers) == ["10.0.0.1"]


# -- the client ------------------------------------------------------------------------------------------------------


class _Handler(BaseHTTPRequestHandler):
    """Behaves as the path says."""

    server: _Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        getattr(self, self.path.strip("/").partition("-")[0])()

    do_POST = do_GET  # noqa: N815  # as the library names it

    def say(self, status: int, body: bytes = b"", fields: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", "Content-Length": str(len(body)), **(fields or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def well(self) -> None:
        self.say(200, b"well")

    def around(self) -> None:
        left = int(self.path.partition("-")[2])
        self.say(307, fields={"Location": f"/around-{left - 1}" if left > 1 else "/well"})

    def inwards(self) -> None:
        self.say(302, fields={"Location": "http://169.254.169.254/latest/meta-data/"})

    def plain(self) -> None:
        self.say(302, fields={"Location": f"http://{self.headers['Host']}/well"})

    def header(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        with contextlib.suppress(OSError):
            for _ in range(20):
                self.wfile.write(b"x")
                time.sleep(0.1)

    def squeezed(self) -> None:
        self.say(200, b"well", {"Content-Encoding": "gzip"})

    def large(self) -> None:
        self.say(200, b"x" * 200_000)

    def short(self) -> None:
        self.say(200, b"well", {"Content-Length": "100"})

    def busy(self) -> None:
        self.say(429, b"no", {"Retry-After": "7"})

    def slow(self) -> None:
        """Never end, but never be silent for long."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            time.sleep(0.05)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: Any) -> None:
        """A client that has left is what is tested."""


class _Remote:
    """A server on this machine that is called `kb.example`."""

    def __enter__(self) -> Self:
        self._server = _Server()
        self.seen = self._server.seen
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.base = f"http://kb.example:{self._server.server_port}"
        self.url = f"{self.base}/well"
        self.policy = Policy.of([self.url], lambda _host, _port: ["127.0.0.1"], ["127.0.0.1"])
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def remote() -> Iterator[_Remote]:
    """A server to be asked."""
    with _Remote() as found:
        yield found


def test_the_host_keeps_its_name(remote: _Remote) -> None:
    """The connection goes to the address, but the request is for the name."""
    assert fetch(remote.url, Request(b"a=b", {"User-Agent": "me"}), remote.policy).status == 200
    method, _, fields, body = remote.seen[0]
    assert (method, body, fields["User-Agent"], fields["Accept-Encoding"]) == ("POST", b"a=b", "me", "identity")
    assert fields["Host"].startswith("kb.example:")


def test_three_redirects_and_no_more(remote: _Remote) -> None:
    """Redirects on the same host are followed with method and body, three of them."""
    found = fetch(f"{remote.base}/around-3", Request(b"a=b"), remote.policy)
    assert (found.body, found.url) == (b"well", remote.url)
    assert [(method, body) for method, _, _, body in remote.seen] == [("POST", b"a=b")] * 4
    with pytest.raises(RequestError):
        fetch(f"{remote.base}/around-4", Request(), remote.policy)


def test_a_redirect_inwards_is_refused(remote: _Remote) -> None:
    """An allowed host cannot send us to one that is not."""
    with pytest.raises(Refused):
        fetch(f"{remote.base}/inwards", Request(), remote.policy)


def test_no_redirect_takes_the_encryption_away(remote: _Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was asked with https does not lead on to http, not even on the same host and port."""
    monkeypatch.setattr("cdkg.http.client._encrypted", lambda raw, _host: raw)
    with pytest.raises(Refused, match="without encryption"):
        fetch(f"{remote.base.replace('http:', 'https:')}/plain", Request(), remote.policy)
    assert [path for _, path, _, _ in remote.seen] == ["/plain"]


@pytest.mark.parametrize("path", ["squeezed", "large", "short"])
def test_answers_that_are_not_taken(remote: _Remote, path: str) -> None:
    """Compressed without being asked, longer than allowed, or broken off."""
    with pytest.raises(RequestError):
        fetch(f"{remote.base}/{path}", Request(), remote.policy, Bounds(most_bytes=100_000))


def test_an_answer_of_another_media_type_is_not_taken(remote: _Remote) -> None:
    """What was not asked for is not handed on."""
    with pytest.raises(RequestError):
        fetch(remote.url, Request(media_types=frozenset({"application/json"})), remote.policy)


def test_a_server_that_drips_is_left(remote: _Remote) -> None:
    """The time is that of the whole answer, not of each byte; what came is no answer."""
    begin = time.monotonic()
    with pytest.raises(RequestError):
        fetch(f"{remote.base}/slow", Request(), remote.policy, Bounds(seconds=0.5))
    assert time.monotonic() - begin < 2.5


def test_a_header_that_drips_is_late(remote: _Remote) -> None:
    """The half of a header that came in time says nothing, not that the format is another."""
    asked = Request(media_types=frozenset({"text/plain"}))
    with pytest.raises(InterruptedAnswerError, match="within"):
        fetch(f"{remote.base}/header", asked, remote.policy, Bounds(seconds=0.5))


def test_a_refusal_says_when_to_come_again(remote: _Remote) -> None:
    """Status and Retry-After are told; the body of a refusal is nobody's answer."""
    found = fetch(f"{remote.base}/busy", Request(), remote.policy)
    assert (found.status, found.retry_after, found.body) == (429, 7.0, b"")
