"""The polite client: who it is, whose turn it is, when it comes again, and what it keeps."""

from __future__ import annotations

import errno
import random
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Never

import pytest

from cdkg.errors import SettingsError
from cdkg.http import (
    Bounds,
    Cache,
    Client,
    InterruptedAnswerError,
    LeftAloneError,
    Pace,
    Patience,
    Policy,
    Refused,
    Request,
    RequestError,
    StatusError,
    Turns,
)
from cdkg.http.cache import Kept
from cdkg.http.client import seconds_of
from cdkg.http.turns import HostState
from stand_ins import JSON, FaultProxy

ASKED = Request(headers={"Accept": JSON}, media_types=frozenset({JSON}))


class Clock:
    """A clock that goes on only where somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 1_800_000_000.0, list[float]()

    def __call__(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Go on."""
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    """A clock of its own."""
    return Clock()


@pytest.fixture
def host() -> Iterator[FaultProxy]:
    """A host with faults in store."""
    with FaultProxy() as found:
        yield found


@pytest.fixture
def client(host: FaultProxy, clock: Clock, tmp_path: Path) -> Client:
    """A client that may ask the host, by an explicit policy."""
    policy = Policy.of([host.url], exceptions=["127.0.0.1"])
    turns = Turns(tmp_path, Pace(burst=100), clock, clock.sleep)
    bounds = Bounds(seconds=1.0, most_bytes=1_000_000)
    patience, chance = Patience(busy=0), random.Random(7)  # noqa: S311
    return Client("mailto:a@example.org", policy, turns, patience=patience, bounds=bounds, chance=chance)


def test_it_says_who_asks(client: Client, host: FaultProxy) -> None:
    """The User-Agent has the program, its page and the contact."""
    client.ask(host.url, ASKED)
    agent = host.seen[0][2]["User-Agent"]
    assert agent.startswith("cdkg/")
    assert "mailto:a@example.org" in agent


@pytest.mark.parametrize("contact", ["", " ", "me", "a@b\r\nHost: x", "a@b) evil (", "ä@example.org"])
def test_nobody_else_is_asked_without_a_contact(client: Client, contact: str) -> None:
    """Nor with one that nobody can be reached at, or that would break the header; no name is looked up before."""

    def never(host: str, _port: int) -> list[str]:
        raise AssertionError(host)

    policy = Policy.of(["https://kb.example/sparql"], never)
    with pytest.raises(SettingsError, match="CDKG_CONTACT"):
        replace(client, contact=contact, policy=policy).ask("https://kb.example/sparql", ASKED)


@pytest.mark.parametrize("fault", ["status 429", "status 500", "status 503", "cut", "chunk", "slow 1.5"])
def test_what_passes_is_asked_again(client: Client, host: FaultProxy, clock: Clock, fault: str) -> None:
    """After each failure there is a pause by chance, in a window that doubles."""
    host.faults = [fault, "status 502"]
    assert client.ask(host.url, ASKED).body == host.answer
    assert len(host.seen) == 3
    assert [0 <= pause <= most for pause, most in zip(clock.slept, (1, 2), strict=True)] == [True, True]


def test_pauses_are_by_chance_and_bounded() -> None:
    """Full jitter: between nothing and an end that doubles up to the longest."""
    patience, chance = Patience(first=1, longest=8), random.Random(1)  # noqa: S311
    for failed, most in ((1, 1), (2, 2), (3, 4), (4, 8), (9, 8)):
        pauses = [patience.pause(failed, chance) for _ in range(200)]
        assert 0.9 * most < max(pauses) <= most
        assert min(pauses) < 0.1 * most


def test_a_rest_is_kept_to(client: Client, host: FaultProxy, clock: Clock) -> None:
    """Retry-After is waited for, in full."""
    host.faults = ["status 429 30"]
    client.ask(host.url, ASKED)
    assert sum(clock.slept) >= 30


def test_a_long_rest_is_told_and_remembered(client: Client, host: FaultProxy) -> None:
    """A rest that is too long fails at once; nobody asks before it is over, not another client either."""
    host.faults = ["status 503 3000"]
    with pytest.raises(StatusError, match="3000 s"):
        client.ask(host.url, ASKED)
    with pytest.raises(LeftAloneError):
        replace(client).ask(host.url, ASKED)
    assert len(host.seen) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0), ("", 0), (None, 0), ("Sun, 06 Nov 1994 08:50:07 GMT", 30),
     ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
     ("99999999999999999999", 86_400), ("Fri, 06 Nov 2099 08:00:00 GMT", 86_400), ("soon", 60), ("-1", 60),
     ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 60)],
)  # fmt: skip
def test_rests(header: str | None, seconds: float) -> None:
    """Retry-After is a number or a date, and bounded."""
    assert seconds_of(header, datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("fault", ["status 400", "status 403", "status 404", "html", "bomb", "endless"])
def test_what_does_not_pass_is_not_asked_again(client: Client, host: FaultProxy, fault: str) -> None:
    """A refusal, another media type, a packed answer, and one that never ends, which the size bounds."""
    host.faults = [fault]
    with pytest.raises(RequestError):
        client.ask(host.url, ASKED)
    assert len(host.seen) == 1


def test_redirects(client: Client, host: FaultProxy) -> None:
    """To a private address, to another port of this machine, and around in a loop: none is followed to an answer."""
    for where in ("http://10.0.0.1/", "http://169.254.169.254/latest", "http://127.0.0.1:9/", "http://localhost:1/"):
        host.faults = [f"redirect {where}"]
        with pytest.raises(Refused):
            client.ask(host.url, ASKED)
    host.faults, host.seen = ["redirect"] * 9, []
    with pytest.raises(RequestError, match="on and on"):
        client.ask(host.url, ASKED)
    assert len(host.seen) == 4


def test_a_host_that_is_down_is_left_alone(client: Client, host: FaultProxy, clock: Clock) -> None:
    """After failures in a row nobody asks for a while; then one request tries, and a good answer ends it."""
    client = replace(client, turns=replace(client.turns, pace=Pace(burst=100, failures=3, pause=500)))
    client = replace(client, patience=Patience(tries=3))
    host.faults = ["status 500"] * 3
    with pytest.raises(StatusError):
        client.ask(host.url, ASKED)
    with pytest.raises(LeftAloneError, match="3 times"):
        client.ask(host.url, ASKED)
    assert len(host.seen) == 3
    clock.now += 501
    client.ask(host.url, ASKED)
    host.faults = ["status 500"]
    client.ask(host.url, ASKED)
    assert len(host.seen) == 6


def test_requests_are_paced(client: Client, host: FaultProxy, clock: Clock) -> None:
    """A burst goes through, and then one request in so many seconds; another client shares the count."""
    pace = Pace(burst=3, seconds_each=2)
    for _ in range(7):
        replace(client, turns=replace(client.turns, pace=pace)).ask(host.url, ASKED)
    assert sum(clock.slept) == pytest.approx(8)


def test_one_at_a_time(client: Client, host: FaultProxy, tmp_path: Path) -> None:
    """Whoever asks, a host has one request at a time."""
    host.faults = ["slow 0.05"] * 6
    each = replace(client, turns=Turns(tmp_path / "own", Pace(burst=100)))
    threads = [threading.Thread(target=replace(each).ask, args=(host.url, ASKED)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(host.seen), host.most_at_once) == (6, 1)


_ASKS: Final = """
import sys
from pathlib import Path
from cdkg.http import Client, Pace, Policy, Request, Turns
url, folder = sys.argv[1:]
turns = Turns(Path(folder), Pace(burst=100))
client = Client("mailto:a@example.org", Policy.of([url], exceptions=["127.0.0.1"]), turns)
for _ in range(3):
    client.ask(url, Request())
"""


def test_one_at_a_time_across_processes(host: FaultProxy, tmp_path: Path) -> None:
    """Two processes of one user take turns, too."""
    host.faults = ["slow 0.05"] * 6
    command = [sys.executable, "-c", _ASKS, host.url, str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert (len(host.seen), host.most_at_once) == (6, 1)


def test_a_busy_host_has_a_rest(client: Client, host: FaultProxy, clock: Clock) -> None:
    """Also where it does not say for how long."""
    host.faults = ["status 429", "status 503"]
    replace(client, patience=Patience(busy=5)).ask(host.url, ASKED)
    assert sum(clock.slept) > 9.99


@pytest.mark.parametrize(
    "excuse",
    [
        b"SPARQL-QUERY: " + b"x" * 5000 + b" java.util.concurrent.TimeoutException",
        b"Virtuoso 22023 Error SR353: Sorted TOP clause specifies more then 10027 rows to sort.",
        b"Virtuoso 42000 Error The estimated execution time 4940 (sec) exceeds the limit of 400 (sec).",
    ],
)
def test_a_hopeless_query_is_not_repeated(client: Client, host: FaultProxy, excuse: bytes) -> None:
    """What was out of time once would be so again; the host is not down for that."""
    host.excuse, host.faults = excuse, ["status 500"] * 9
    for number in range(1, 8):
        with pytest.raises(StatusError):
            client.ask(host.url, ASKED)
        assert len(host.seen) == number


def test_a_false_certificate_is_told_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks again who is not who it says."""
    asked: list[str] = []

    def refused(_raw: object, host: str) -> None:
        asked.append(host)
        error = ssl.SSLCertVerificationError("certificate verify failed")
        error.verify_message = "self-signed certificate"
        raise error

    monkeypatch.setattr("cdkg.http.client._encrypted", refused)
    with FaultProxy() as other:
        url = other.url.replace("http:", "https:")
        with pytest.raises(RequestError, match="self-signed"):
            replace(client, policy=Policy.of([url], exceptions=["127.0.0.1"])).ask(url, ASKED)
    assert asked == ["127.0.0.1"]


def test_what_was_interrupted_counts(client: Client, host: FaultProxy, clock: Clock) -> None:
    """Ctrl-C in the midst of a request leaves its turn to others, and its token is spent."""

    def interrupted(*_: object) -> Never:
        raise KeyboardInterrupt

    turns = replace(client.turns, pace=Pace(burst=1, seconds_each=9))
    with pytest.raises(KeyboardInterrupt):
        replace(client, turns=turns, send=interrupted).ask(host.url, ASKED)
    replace(client, turns=turns).ask(host.url, ASKED)
    assert sum(clock.slept) == pytest.approx(9)


def test_a_clock_that_is_set_back(client: Client, host: FaultProxy, clock: Clock) -> None:
    """A rest stays as long as it was, and tokens are not won."""
    client = replace(client, turns=replace(client.turns, pace=Pace(burst=2, seconds_each=10, patience=5)))
    host.faults = ["status 503 3000"]
    with pytest.raises(StatusError):
        client.ask(host.url, ASKED)
    for back in (10_000, 100, 500):
        clock.now -= back
        with pytest.raises(LeftAloneError):
            client.ask(host.url, ASKED)
    clock.now += 3001
    client.ask(host.url, ASKED)
    assert not clock.slept


def test_who_waits_for_a_turn_gives_up(client: Client, host: FaultProxy, clock: Clock) -> None:
    """After the patience that was set, whatever the clock says meanwhile."""
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        clock.now -= 3600

    turns = replace(client.turns, pace=Pace(patience=2))
    with turns.turn(host.url), pytest.raises(LeftAloneError, match="others"):
        replace(client, turns=replace(turns, sleep=nap)).ask(host.url, ASKED)
    assert sum(naps) == pytest.approx(2, abs=0.1)


def test_a_broken_state_is_no_state(client: Client, host: FaultProxy, tmp_path: Path) -> None:
    """A file that says nothing that can be, and one of a clock that was set back."""
    client.ask(host.url, ASKED)
    file = next(tmp_path.glob("*.host"))
    for text in (
        "",
        "nonsense",
        "[]",
        '{"tokens": null}',
        '{"tokens":0,"counted_at":9e12,"rest_until":9e12,"failures":9}',
        '{"tokens":0,"counted_at":0,"rest_until":9e12,"failures":0}',
        '{"tokens":0,"counted_at":0,"rest_until":0,"failures":1e999}',
        "[" * 4096,
    ):
        file.write_text(text)
        client.ask(host.url, ASKED)
    assert len(host.seen) == 9
    with client.turns.turn(host.url) as state:
        assert isinstance(state, HostState)


def test_answers_are_kept(client: Client, host: FaultProxy, clock: Clock, tmp_path: Path) -> None:
    """A fresh one is given without asking; an old one is asked for only if it has changed, and stays the same."""
    client = replace(client, cache=Cache(tmp_path / "answers"), fresh=60)
    first = client.ask(host.url, ASKED)
    again = client.ask(host.url, ASKED)
    assert (first.is_kept, again.is_kept, len(host.seen)) == (False, True, 1)
    assert (again.body, again.sha256, again.at) == (first.body, first.sha256, first.at)
    clock.now += 61
    host.faults = ["same"]
    held = client.ask(host.url, ASKED)
    assert host.seen[-1][2]["If-None-Match"] == '"one"'
    assert (held.is_kept, held.body) == (True, first.body)
    assert held.at > first.at


def test_a_broken_answer_is_not_there(client: Client, host: FaultProxy, tmp_path: Path) -> None:
    """Whatever happens to a file, what is given is what was sent."""
    client = replace(client, cache=Cache(tmp_path / "answers"), fresh=1e9)
    client.ask(host.url, ASKED)
    file = next((tmp_path / "answers").iterdir())
    good = file.read_bytes()
    for data in (
        b"",
        good[:-1],
        good[:20],
        good + b" ",
        good.replace(b"bindings", b"bondings"),
        b"\xff" * 99,
        good.replace(b"1800000000", b"9900000000"),
        good.replace(JSON.encode(), b"text/html" + b"." * 22),
    ):
        file.write_bytes(data)
        assert client.ask(host.url, ASKED).body == host.answer
    assert len(host.seen) == 9
    assert [path.suffix for path in (tmp_path / "answers").iterdir()] == [".answer"]


@pytest.mark.parametrize("field", ["Accept", "Accept-Language", "X-Anything"])
def test_other_wishes_have_other_answers(client: Client, host: FaultProxy, tmp_path: Path, field: str) -> None:
    """Whatever an answer may vary by: one that was kept for other header fields is not given."""
    client = replace(client, cache=Cache(tmp_path / "answers"), fresh=1e9)
    client.ask(host.url, ASKED)
    other = replace(ASKED, headers={**ASKED.headers, field: "text/csv"})
    assert not client.ask(host.url, other).is_kept
    assert client.ask(host.url, other).is_kept


@pytest.mark.parametrize(
    ("fields", "waited", "is_asked"),
    [
        ({"Cache-Control": "public, max-age=300"}, 299, False), ({"Cache-Control": "max-age=300"}, 301, True),
        ({"Cache-Control": "max-age=300", "Age": "200"}, 101, True),
        ({"Cache-Control": "max-age=300", "Age": "200"}, 99, False),
        ({"Cache-Control": "max-age=300, no-cache"}, 0, True), ({"Cache-Control": "no-store, max-age=300"}, 0, True),
        ({"Vary": "*", "Cache-Control": "max-age=300"}, 0, True), ({}, 0, True),
        ({"X-SQL-State": "S1TAT", "Cache-Control": "max-age=300"}, 0, True),
        ({"X-SPARQL-MaxRows": "10", "Cache-Control": "max-age=300"}, 0, False),
    ],
)  # fmt: skip
def test_how_long_answers_hold(
    client: Client,
    host: FaultProxy,
    clock: Clock,
    tmp_path: Path,
    fields: dict[str, str],
    waited: float,
    is_asked: bool,
) -> None:
    """As the other side says; what is only a part is not kept, or is kept with the mark that says so."""
    client = replace(client, cache=Cache(tmp_path / "answers"))
    host.fields = fields
    client.ask(host.url, ASKED)
    clock.now += waited
    again = client.ask(host.url, ASKED)
    assert len(host.seen) == 1 + is_asked
    assert again.headers.get("x-sparql-maxrows") == fields.get("X-SPARQL-MaxRows")


def test_an_answer_that_holds_is_told_anew(client: Client, host: FaultProxy, clock: Clock, tmp_path: Path) -> None:
    """With 304 comes how long it holds from now on, whatever it spent on the way before."""
    client = replace(client, cache=Cache(tmp_path / "answers"))
    host.fields = {"Cache-Control": "max-age=10", "Age": "9", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"}
    client.ask(host.url, ASKED)
    clock.now += 20
    host.faults, host.fields = ["same"], {"Cache-Control": "max-age=100"}
    assert client.ask(host.url, ASKED).is_kept
    assert host.seen[-1][2]["If-Modified-Since"] == "Sun, 06 Nov 1994 08:49:37 GMT"
    clock.now += 99
    assert client.ask(host.url, ASKED).is_kept
    assert len(host.seen) == 2


def test_a_full_disk(client: Client, host: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that cannot be kept is given all the same, and leaves no half of a file."""

    def full(*_: object) -> Never:
        raise OSError(errno.ENOSPC, "No space left on device")

    client = replace(client, cache=Cache(tmp_path / "answers"), fresh=1e9)
    monkeypatch.setattr("os.fsync", full)
    assert client.ask(host.url, ASKED).body == host.answer
    assert not list((tmp_path / "answers").iterdir())
    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(LeftAloneError, match="No space"):
        client.ask(host.url, ASKED)
    assert len(host.seen) == 1


def test_many_write_the_same_answer(tmp_path: Path) -> None:
    """Who reads meanwhile has one of the answers as a whole, or none."""
    cache = Cache(tmp_path)
    bodies = [bytes([letter]) * 100_000 for letter in b"abcd"]

    def write(body: bytes) -> None:
        for _ in range(10):
            cache.put("k", Kept("http://e/", JSON, body, 1.0))

    threads = [threading.Thread(target=write, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    read = [cache.get("k") for _ in range(200)]
    for thread in threads:
        thread.join()
    assert {each.body for each in read if each} <= set(bodies)
    assert cache.get("k") is not None
    assert [path.name for path in tmp_path.iterdir()] == ["k.answer"]


def test_the_cache_is_bounded(tmp_path: Path) -> None:
    """The oldest answers go."""
    cache = Cache(tmp_path, most_bytes=3000)
    for number in range(10):
        cache.put(f"k{number}", Kept("http://e/", JSON, b"x" * 700, 1.0))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3000
    assert cache.get("k9") is not None
    assert cache.get("k0") is None


def test_failures_end(client: Client, host: FaultProxy) -> None:
    """After all tries the last failure is told."""
    host.faults = ["cut"] * 9
    with pytest.raises(InterruptedAnswerError):
        replace(client, patience=Patience(tries=3)).ask(host.url, ASKED)
    assert len(host.seen) == 3


def test_a_folder_that_cannot_be_written(client: Client, host: FaultProxy, tmp_path: Path) -> None:
    """Without a place for turns nobody is asked."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LeftAloneError, match="XDG_CACHE_HOME"):
        replace(client, turns=Turns(tmp_path / "file" / "below")).ask(host.url, ASKED)
    assert not host.seen
