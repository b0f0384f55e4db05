"""Snapshots under bad luck: killed builds, full disks, a second builder; and the way back to a former one."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyoxigraph import Literal, NamedNode, Triple

from cdkg.cli import main
from cdkg.errors import SnapshotError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.store import Snapshots, locking
from processes import children, eventually, is_alive

#: How many builds are killed; `make soak` kills more.
KILLS = int(os.environ.get("CDKG_KILLS", "40"))
#: Builds graphs of so many triples, one after the other, until it is killed.
BUILDER = """
import sys
from pathlib import Path
from test_snapshots import graph
from cdkg.store import Snapshots
graphs = [graph(int(number)) for number in sys.argv[2:]]
print("ready", flush=True)
while True:
    for each in graphs:
        Snapshots(Path(sys.argv[1])).write(each, {})
"""
#: Takes the lock, copies itself, and waits.
HOLDER = """
import os, sys, time
from pathlib import Path
from cdkg.store import Snapshots
with Snapshots(Path(sys.argv[1])).building():
    if not os.fork():
        print(os.getpid(), flush=True)  # by the copy: from here on it has let go of what it got from the holder
    time.sleep(60)
"""


def graph(number: int) -> KnowledgeGraph:
    """A graph of so many triples."""
    subject, predicate = NamedNode("x:s"), NamedNode("x:p")
    triples = tuple(Triple(subject, predicate, Literal(f"value {n}")) for n in range(number))
    return KnowledgeGraph([NamedGraph(NamedNode("x:g"), Role.PASSAGE, triples)])


def size(snapshots: Snapshots) -> int:
    """How many triples the current snapshot has; it is read wholly."""
    current = snapshots.current()
    assert current is not None
    return len(current.read().union)


def leftovers(folder: Path) -> list[str]:
    """What a build that did not come to its end has left behind."""
    return sorted(p.name for p in folder.rglob("*") if p.name.startswith(".") or p.name == "current.new")


def started(code: str, folder: Path, *numbers: int) -> subprocess.Popen[str]:
    """A Python process with this code and these arguments."""
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-c", code, str(folder), *map(str, numbers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)


# -- one builder at a time ---------------------------------------------------------------------------------------------


def test_second_builder_is_told(tmp_path: Path) -> None:
    """While one builds, another is told who does; afterwards it may."""
    snapshots = Snapshots(tmp_path)
    with snapshots.building() as write:
        with pytest.raises(SnapshotError, match=f"another process is building here.*\n.*{os.getpid()}"):
            Snapshots(tmp_path).write(graph(1), {})
        write(graph(2), {})
    assert size(snapshots) == 2
    Snapshots(tmp_path).write(graph(3), {})
    assert size(snapshots) == 3


def test_lock_of_the_dead_blocks_nobody(tmp_path: Path) -> None:
    """A builder that was killed has no lock any more, even if a copy of it lives on."""
    with started(HOLDER, tmp_path) as holder:
        assert holder.stdout is not None
        copy = int(holder.stdout.readline())
        try:
            with pytest.raises(SnapshotError, match="another process"):
                Snapshots(tmp_path).write(graph(1), {})
            holder.kill()
            holder.wait()
            os.kill(copy, 0)  # it is there
            Snapshots(tmp_path).write(graph(1), {})
        finally:
            holder.kill()
            os.kill(copy, signal.SIGKILL)
    assert size(Snapshots(tmp_path)) == 1


def test_two_commands_at_a_time(starter: Path) -> None:
    """`cdkg build` ends with 2 and a way out while somebody else is building."""
    with Snapshots(starter / ".cdkg").building():
        result = CliRunner().invoke(main, ["build", "--project", str(starter)])
    assert result.exit_code == 2
    assert "--state" in result.output


# -- builds that do not come to their end ------------------------------------------------------------------------------


def test_leftovers_are_removed(tmp_path: Path) -> None:
    """What a killed build has left is removed by the next one."""
    snapshots = Snapshots(tmp_path)
    snapshots.write(graph(1), {})
    (tmp_path / "snapshots" / ".building-abc").mkdir()
    (tmp_path / "snapshots" / ".building-abc" / "graph.nq").write_text("half")
    (tmp_path / "snapshots" / ".gone-abc").mkdir()
    (tmp_path / "current.new").write_text("half")
    assert [s.path.name for s in snapshots.all()] == [snapshots.current().path.name]  # type: ignore[union-attr]
    snapshots.write(graph(2), {})
    assert not leftovers(tmp_path)
    assert size(snapshots) == 2


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.rename", "pathlib.Path.replace", "pathlib.Path.open"])
def test_whatever_step_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Each step may fail: the old snapshot or the new one is current and whole, and nothing half-written stays."""
    module, _, name = call.rpartition(".")
    owner = os if module == "os" else Path
    real: Callable[..., object] = getattr(owner, name)
    snapshots, failures = Snapshots(tmp_path, keep=9), 0
    snapshots.write(graph(1), {})
    for step in range(1, 10):
        count, before = iter(range(1, 1000)), snapshots.all()

        def fail(*args: object, count: object = count, step: int = step, **kwargs: object) -> object:
            if next(count) == step:  # type: ignore[call-overload]
                raise OSError(28, "No space left on device")
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, fail)
        failed = None
        try:
            snapshots.write(graph(step + 1), {})
        except SnapshotError as error:
            failed = error
        monkeypatch.undo()
        assert not leftovers(tmp_path)
        if failed:
            failures += 1
            assert "No space left" in failed.why
            assert snapshots.all() == before
            assert snapshots.current() == before[0]
        else:
            assert size(snapshots) == step + 1
    assert failures >= 1


def test_full_disk(tmp_path: Path) -> None:
    """Where a file cannot grow any more, the error says so and the old snapshot is whole (the system refuses here)."""
    Snapshots(tmp_path).write(graph(5), {})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(SnapshotError, match="cannot be written") as caught:
            Snapshots(tmp_path).write(graph(900), {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "too large" in caught.value.why
    assert size(Snapshots(tmp_path)) == 5
    assert len(Snapshots(tmp_path).all()) == 1
    assert not leftovers(tmp_path)


def test_read_only_folder(tmp_path: Path) -> None:
    """A folder that nobody may write to: a clear error, and the snapshot in it is read as before."""
    Snapshots(tmp_path).write(graph(5), {})
    folders = (tmp_path, tmp_path / "snapshots")
    for folder in folders:
        folder.chmod(0o555)
    (tmp_path / "lock").chmod(0o444)
    is_root = os.geteuid() == 0
    try:
        if is_root:  # who may do all things is no test
            tmp_path.parent.chmod(0o755)
            os.seteuid(65534)
        with pytest.raises(SnapshotError, match="cannot be written") as caught:
            Snapshots(tmp_path).write(graph(6), {})
    finally:
        if is_root:
            os.seteuid(0)
        for folder in folders:
            folder.chmod(0o755)
    assert "writable" in caught.value.hint
    assert size(Snapshots(tmp_path)) == 5


@pytest.mark.slow
def test_killed_builds(tmp_path: Path) -> None:
    """A build that is killed at any moment leaves the old snapshot or the new one, whole, and the next one works."""
    chance = random.Random(51)  # noqa: S311
    snapshots = Snapshots(tmp_path)
    began = time.monotonic()
    snapshots.write(graph(400), {})
    lasts = time.monotonic() - began
    seen = set()
    for _ in range(KILLS):
        with started(BUILDER, tmp_path, *chance.sample([400, 900], 2)) as builder:
            assert builder.stdout is not None
            assert builder.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 5 * lasts))
            builder.kill()
        seen.add(size(snapshots))
        for snapshot in snapshots.all():  # also those that nobody points to
            assert len(snapshot.read().union) in {400, 900}
    assert seen == {400, 900}
    snapshots.write(graph(7), {})
    assert size(snapshots) == 7
    assert not leftovers(tmp_path)
    assert len(snapshots.all()) == snapshots.keep


@pytest.mark.slow
def test_killed_commands(starter: Path) -> None:
    """`cdkg build` as it is, killed: the graph of before or the one of after is there, and the next build works."""
    chance = random.Random(52)  # noqa: S311
    command = [sys.executable, "-m", "cdkg", "build", "--project", str(starter)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    snapshots = Snapshots(starter / ".cdkg")
    whole = size(snapshots)
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    lasts = time.monotonic() - began
    for _ in range(max(KILLS // 8, 3)):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as builder:
            time.sleep(chance.uniform(0, lasts))
            below = children(builder.pid) if sys.platform == "linux" else set()
            builder.kill()
        eventually(lambda below=below: not any(map(is_alive, below)))  # type: ignore[misc]
        assert size(snapshots) == whole
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert not leftovers(starter / ".cdkg")


# -- the way back ------------------------------------------------------------------------------------------------------


def test_way_back(tmp_path: Path) -> None:
    """Rolling back leads to what was current before, also past a snapshot that was rolled back itself."""
    snapshots = Snapshots(tmp_path, keep=5)
    with pytest.raises(SnapshotError, match="no former"):
        snapshots.roll_back()
    good, bad = snapshots.write(graph(1), {}), snapshots.write(graph(2), {})
    assert snapshots.roll_back() == good
    assert snapshots.current() == good
    snapshots.write(graph(3), {})
    assert snapshots.roll_back() == good
    assert snapshots.roll_back(bad.path.name) == bad
    assert size(snapshots) == 2
    assert len(snapshots.all()) == 3
    with pytest.raises(SnapshotError, match="no snapshot 'nope'"):
        snapshots.roll_back("nope")


def test_former_one_is_kept(tmp_path: Path) -> None:
    """Of few that are kept, the one that was current before is among them, though others are newer."""
    snapshots = Snapshots(tmp_path, keep=3)
    good = snapshots.write(graph(1), {})
    for number in (2, 3):
        snapshots.write(graph(number), {})
    snapshots.roll_back(good.path.name)
    snapshots.write(graph(4), {})
    assert good in snapshots.all()
    assert len(snapshots.all()) == 3
    assert snapshots.roll_back() == good


def test_no_way_back_to_what_is_damaged(tmp_path: Path) -> None:
    """A former snapshot that is damaged is not made current."""
    snapshots = Snapshots(tmp_path)
    first, second = snapshots.write(graph(1), {}), snapshots.write(graph(2), {})
    (first.path / "graph.nq").write_text("")
    with pytest.raises(SnapshotError, match="damaged"):
        snapshots.roll_back()
    assert snapshots.current() == second


def test_rollback_command(starter: Path) -> None:
    """`cdkg rollback` brings the former one back with 0, lists without change, and ends with 2 where there is none."""
    snapshots, run = Snapshots(starter / ".cdkg"), CliRunner()
    project = ["--project", str(starter), "--format", "json"]
    assert run.invoke(main, ["rollback", *project]).exit_code == 2
    first, second = snapshots.write(graph(1), {}), snapshots.write(graph(2), {})
    listed = run.invoke(main, ["rollback", "--list", *project])
    assert listed.exit_code == 0
    told = [(entry["name"], entry["current"]) for entry in json.loads(listed.stdout)]
    assert told == [(second.path.name, True), (first.path.name, False)]
    assert snapshots.current() == second
    done = run.invoke(main, ["rollback", *project])
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"current": first.path.name})
    assert snapshots.current() == first
    assert run.invoke(main, ["rollback", "--to", second.path.name, *project[:2]]).exit_code == 0
    assert snapshots.current() == second
    assert run.invoke(main, ["rollback", "--to", "nope", *project]).exit_code == 2
    assert run.invoke(main, ["rollback", "--list", "--to", "x", *project]).exit_code == 2


def test_copies_close_the_lock_only_for_themselves(tmp_path: Path) -> None:
    """That a copy of the builder ends does not let others in."""
    with locking.alone(tmp_path / "lock"):
        copy = os.fork()
        if not copy:
            os._exit(0)
        os.waitpid(copy, 0)
        with pytest.raises(SnapshotError), locking.alone(tmp_path / "lock"):
            pass
