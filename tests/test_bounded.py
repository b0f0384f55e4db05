"""Work in a process of its own: what it gives, raises and tells comes back, and it ends at its bounds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from pyoxigraph import Store

from cdkg.bounded import Bounds, Job
from cdkg.errors import CdkgError, ClashError, LimitError, Location, ShapesError

Tell = Callable[[str], None]


def _doubled(number: int, tell: Tell) -> int:
    tell("doubling")
    return 2 * number


def _for_ever(tell: Tell) -> None:
    tell("the first step")
    tell("a step without end")
    while True:
        pass


def _greedy(tell: Tell) -> int:
    tell("filling memory")
    return len(bytearray(1 << 31))


def _greedy_below(tell: Tell) -> int:
    tell("filling a store")
    parts = ", ".join(["?text"] * 400)
    rows = Store().query(f'SELECT ?long {{ BIND("{"x" * (1 << 20)}" AS ?text) BIND(CONCAT({parts}) AS ?long) }}')
    return len(list(rows))  # type: ignore[arg-type]


def _vanishing(_: Tell) -> None:
    os._exit(3)


def _sum_of_what_is_sent(start: int, receive: Callable[[], int], _: Tell) -> int:
    return start + receive() + receive()


def _broken(_: Tell) -> None:
    raise KeyError("a fault of ours")


def _faulty(_: Tell) -> None:
    raise ShapesError("no good", where=Location("shapes.ttl", 3, 4), why="because", hint="mend it")


def _clashing(_: Tell) -> None:
    raise ClashError("two things", ("one",), 2)


def test_result_and_steps_come_back() -> None:
    """The result is that of the function, and each step is told."""
    steps: list[str] = []
    with Job(_doubled, 21, bounds=Bounds(), tell=steps.append) as job:
        assert job.result() == 42
    assert steps == ["doubling"]


def test_values_are_sent_to_a_job_at_work() -> None:
    """A job that is fed waits for what it is sent; its time begins when it has it."""
    with Job(_sum_of_what_is_sent, 1, bounds=Bounds(seconds=20), fed=True) as job:
        job.send(10)
        job.send(100)
        assert job.result() == 111
    with Job(_sum_of_what_is_sent, 1, bounds=Bounds(seconds=0.2), fed=True) as job, pytest.raises(LimitError):
        job.result()


def test_two_jobs_run_side_by_side() -> None:
    """A second job need not wait for the first."""
    with Job(_for_ever, bounds=Bounds(seconds=60)), Job(_doubled, 1, bounds=Bounds(seconds=30)) as other:
        assert other.result() == 2


def test_endless_work_ends_at_the_deadline() -> None:
    """What takes too long is ended, and the step that it was at is named."""
    start = time.monotonic()
    bounds = Bounds(seconds=0.5)
    with Job(_for_ever, bounds=bounds) as job, pytest.raises(LimitError, match="a step without end") as told:
        job.result()
    assert told.value.at_work == "a step without end"
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("function", [_greedy, _greedy_below])
def test_greedy_work_ends(function: Callable[[Tell], int]) -> None:
    """What takes too much memory is ended, be it Python that asks for it or a library below."""
    with Job(function, bounds=Bounds(60, megabytes=300)) as job, pytest.raises(LimitError, match="filling"):
        job.result()


def test_child_that_ends_by_itself() -> None:
    """A process that is gone is an error, not a wait."""
    with Job(_vanishing, bounds=Bounds(seconds=20)) as job, pytest.raises(LimitError, match="3"):
        job.result()


def test_fault_of_ours_is_told() -> None:
    """What nobody foresaw comes back with its trace."""
    with Job(_broken, bounds=Bounds(seconds=20)) as job, pytest.raises(RuntimeError, match="a fault of ours"):
        job.result()


@pytest.mark.parametrize(("function", "kind"), [(_faulty, ShapesError), (_clashing, ClashError)])
def test_errors_come_back_whole(function: Callable[[Tell], None], kind: type[CdkgError]) -> None:
    """An error of ours arrives with all that it says."""
    with Job(function, bounds=Bounds()) as job, pytest.raises(kind) as raised:
        job.result()
    with pytest.raises(kind) as here:
        function(print)
    assert vars(raised.value) == vars(here.value)
    assert str(raised.value) == str(here.value)
