"""Who may ask: limits for each client and for all, turns that are fair, and room made for those who have none."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from cdkg.errors import BusyError
from cdkg.workers.admission import Admission, party


def _waiting(admission: Admission, number: int) -> None:
    until = time.monotonic() + 5
    while admission.waiting != number:
        assert time.monotonic() < until
        time.sleep(0.005)


def _come(admission: Admission, client: str, told: list[str]) -> threading.Thread:
    def wait() -> None:
        with contextlib.suppress(BusyError):  # the test is over
            admission.enter(client)
            told.append(client)

    before = admission.waiting
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    _waiting(admission, before + 1)
    return thread


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("unix", "", False),
        ("192.0.2.1:4711", "192.0.2.1:4712", True),
        ("192.0.2.1:4711", "192.0.2.2:4711", False),
        ("[2001:db8::1]:443", "[2001:db8::2]:444", True),
        ("[2001:db8::1]:443", "2001:db8:0:1::1", False),
    ],
)
def test_who_counts_as_one_client(one: str, other: str, *, same: bool) -> None:
    """An IPv4 address, or an IPv6 network of 64 bits: nobody is many by counting up."""
    assert (party(one) == party(other)) is same


def test_one_client_has_a_limit_of_its_own() -> None:
    """A client with too many is told 429; another one goes on, and so does it when one of its own is over."""
    admission = Admission(most=4, each=2, waiting=4, patience=1)
    admission.enter("a")
    admission.enter("a")
    with pytest.raises(BusyError) as caught:
        admission.enter("a")
    assert caught.value.status == 429
    admission.enter("b")
    admission.leave("a")
    admission.enter("a")
    assert admission.working == 3


def test_those_who_wait_count_for_their_client() -> None:
    """Nobody gets round the limit by waiting."""
    admission = Admission(most=1, each=2, waiting=4, patience=5)
    admission.enter("a")
    _come(admission, "a", [])
    with pytest.raises(BusyError) as caught:
        admission.enter("a")
    assert caught.value.status == 429


def test_a_full_queue_is_closed() -> None:
    """When too many wait, the next one is told 503 at once."""
    admission = Admission(most=1, each=9, waiting=2, patience=5)
    admission.enter("a")
    _come(admission, "b", [])
    _come(admission, "c", [])
    begun = time.monotonic()
    with pytest.raises(BusyError) as caught:
        admission.enter("d")
    assert (caught.value.status, time.monotonic() - begun < 0.2) == (503, True)


def test_patience_ends() -> None:
    """Nobody waits longer than patience allows, and whoever was told so waits no more."""
    admission = Admission(most=1, each=9, waiting=2, patience=0.3)
    admission.enter("a")
    with pytest.raises(BusyError, match="no turn") as caught:
        admission.enter("b")
    assert (caught.value.status, admission.waiting, admission.working) == (503, 0, 1)


def test_who_leaves_waits_no_more() -> None:
    """A client that has left gives up its place in the queue within a moment."""
    admission = Admission(most=1, each=9, waiting=2, patience=60)
    admission.enter("a")
    with pytest.raises(BusyError) as caught:
        admission.enter("b", gone=lambda: True)
    assert (caught.value.status, admission.waiting) == (499, 0)


def test_fewest_at_work_go_first() -> None:
    """Of those who wait, the client with none at work goes before the one that came earlier and has one."""
    admission = Admission(most=2, each=9, waiting=9, patience=5)
    admission.enter("greedy")
    admission.enter("greedy")
    told: list[str] = []
    threads = [_come(admission, client, told) for client in ("greedy", "greedy", "modest")]
    admission.leave("greedy")
    threads[2].join(5)
    assert told == ["modest"]


def test_turns_are_handed_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever's turn it is wakes when another one ends, and not only when it looks the next time."""
    monkeypatch.setattr("cdkg.workers.admission._LOOK", 10)
    admission = Admission(most=1, each=9, waiting=99, patience=20)
    admission.enter("first")
    told: list[str] = []

    def come(client: str) -> None:
        admission.enter(client)
        told.append(client)
        admission.leave(client)

    threads = [threading.Thread(target=come, args=(str(number),), daemon=True) for number in range(30)]
    for number, thread in enumerate(threads):
        thread.start()
        _waiting(admission, number + 1)
    begun = time.monotonic()
    admission.leave("first")
    for thread in threads:
        thread.join(20)
    assert time.monotonic() - begun < 2
    assert told == [str(number) for number in range(30)]


def test_greediest_makes_room_only_for_who_has_nothing() -> None:
    """The client with the most at work is named when one with none waits; never for one of its own, nor too early."""
    admission = Admission(most=3, each=9, waiting=9, patience=5)
    for client in ("a", "b", "a"):
        admission.enter(client)
    assert admission.greediest(0) is None
    _come(admission, "a", [])
    assert admission.greediest(0) is None
    _come(admission, "c", [])
    assert admission.greediest(60) is None
    time.sleep(0.01)
    assert admission.greediest(0) == "a"


def test_one_each_is_nobodys_greed() -> None:
    """Where each client has one at work, none is named."""
    admission = Admission(most=2, each=9, waiting=9, patience=5)
    admission.enter("a")
    admission.enter("b")
    _come(admission, "c", [])
    time.sleep(0.01)
    assert admission.greediest(0) is None
