"""A write, a build and a way back, hurt at each of their steps: killed, or with a full disk. Old state or new."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

import cdkg
from cdkg.assets import Project
from cdkg.bounded import Bounds
from cdkg.errors import CdkgError, WriteError
from cdkg.pipeline import journal
from cdkg.pipeline.building import build, changed_since
from cdkg.pipeline.reading import Asked, read_all
from cdkg.pipeline.writing import ProjectWriter
from cdkg.store import Snapshots
from cdkg.store.locking import alone
from cdkg.workers.writing import Write, plain
from cdkg.workers.writing.plain import DATASET, begin
from faults import FULL, KILLED, Outcome, each_step, in_copy
from little_project import GRAPH, start
from test_snapshots import KILLS, graph, leftovers, size

PAGES = ("pages/page-1", "pages/old", "made/new")
#: Changes a graph, makes one in a folder of its own, and removes one.
UPDATE = f"""
INSERT DATA {{ GRAPH <{GRAPH}pages/page-1> {{ <x:a> <x:p> "new" }} GRAPH <{GRAPH}made/new> {{ <x:a> <x:p> "new" }} }} ;
DROP GRAPH <{GRAPH}pages/old>
"""


def put(name: str, text: str = "<x:a> <x:p> 1 .") -> Write:
    """A write of one graph."""
    return Write("put", text.encode(), "text/turtle", name, validated=False)


# -- projects ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A little project that is built, with a page that may go."""
    root = start(tmp_path / "built")
    (root / "data/pages/old.ttl").write_text(f'@base <{GRAPH}pages/old> . <x:a> <x:p> "old" .')
    build(Project.find(root))
    return root


class Little:
    """A copy of a project, and what its files and its snapshot hold."""

    def __init__(self, built: Path, root: Path) -> None:
        shutil.copytree(built, root, ignore=shutil.ignore_patterns(".git"))
        self.root, self.project = root, Project.find(root)
        self.snapshots = Snapshots(root / ".cdkg")
        self.writer = ProjectWriter(self.project, self.snapshots, root / "data")

    def files(self) -> dict[str, bytes]:
        """The pages."""
        paths = {name: self.root / "data" / f"{name}.ttl" for name in PAGES}
        return {name: path.read_bytes() for name, path in paths.items() if path.exists()}

    def served(self) -> dict[str, int]:
        """How many triples each of them has in the snapshot, which is read wholly."""
        current = self.snapshots.current()
        assert current is not None
        found = {named.iri.value.removeprefix(GRAPH): len(named.triples) for named in current.read()}
        return {name: found[name] for name in PAGES if name in found}

    def left(self) -> list[str]:
        """What nobody needs any more."""
        kept = {".cdkg"}
        hidden = {p.name for p in self.root.rglob("*") if p.name.startswith(".") and p.name not in kept}
        journaled = {p.name for p in journal.place(self.root).glob("*")} - {"lock"}
        return sorted(hidden | journaled | set(leftovers(self.root / ".cdkg")) - kept)


def start_again(little: Little) -> None:
    """What a server does when it starts."""
    journal.recover(little.project.root, little.snapshots)


def write_again(little: Little) -> None:
    """What the next write does."""
    assert little.writer.write(put(f"{GRAPH}pages/next")).created


def build_again(little: Little) -> None:
    """What `cdkg build` does."""
    assert build(little.project, state=little.root / ".cdkg").snapshot


COMEBACKS = (start_again, write_again, build_again)
#: After each step one of them comes; `make soak` lets each come after each.
SHIFTS = range(len(COMEBACKS) if KILLS > 40 else 1)


def _known(built: Path, tmp_path: Path) -> tuple[tuple[dict[str, bytes], dict[str, int]], ...]:
    """What files and snapshot hold before and after the update."""
    little = Little(built, tmp_path / "unhurt")
    before = little.files(), little.served()
    assert set(little.writer.write(Write("update", UPDATE.encode())).changed) == {GRAPH + name for name in PAGES}
    return before, (little.files(), little.served())


@pytest.mark.slow
@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("how", [KILLED, FULL])
def test_project_write(built: Path, tmp_path: Path, how: str, shift: int) -> None:
    """Whatever step of a write of three files is its last: old state or new, in the files as in the snapshot."""
    old, new = _known(built, tmp_path)
    seen = []
    for at, run in each_step(how):
        little = Little(built, tmp_path / str(at))
        outcome = run(lambda little=little: little.writer.write(Write("update", UPDATE.encode())), little.root)  # type: ignore[misc]
        for name, content in little.files().items():
            assert content in {old[0].get(name), new[0].get(name)}
        assert little.served() in (old[1], new[1])
        is_decided = (journal.place(little.root) / "pending").is_dir()
        _told_rightly(outcome, how)
        if outcome.refused and not is_decided:  # nothing is left for others to tidy up
            assert not little.left()
        COMEBACKS[(at + shift) % len(COMEBACKS)](little)
        state = little.files(), little.served()
        assert state in (old, new), at
        if outcome.done or is_decided:
            assert state == new
        elif outcome.refused:
            assert state == old
        assert not little.left()
        current = little.snapshots.current()
        assert current is not None
        assert changed_since(little.project, current) == []
        build_again(little)
        assert (little.files(), little.served()) == state
        seen.append(state == new)
        shutil.rmtree(little.root)
    assert seen.count(False) > 15
    assert seen.count(True) > 5


def _told_rightly(outcome: Outcome, how: str) -> None:
    """Who finds the disk full is told so."""
    if outcome.refused is None:
        return
    assert how == FULL
    assert getattr(outcome.refused, "status", 507) == 507
    assert "No space left" in f"{outcome.refused.why} {outcome.refused.what}"


@pytest.mark.slow
@pytest.mark.parametrize("how", [KILLED, FULL])
def test_build(built: Path, tmp_path: Path, how: str) -> None:
    """A build hurt at any step leaves the snapshot of before or the one of after, and the next one works."""
    (built / "data/made").mkdir()
    (built / "data/made/new.ttl").write_text(f'@base <{GRAPH}made/new> . <x:a> <x:p> "new" .')
    seen = set()
    for at, run in each_step(how):
        little = Little(built, tmp_path / str(at))
        outcome = run(lambda little=little: build(little.project).snapshot, little.root)  # type: ignore[misc]
        state = set(little.served()) >= {"made/new"}
        if outcome.done:
            assert state
        if outcome.refused:
            assert how == FULL
            assert not state
            assert not little.left()
        seen.add(state)
        build_again(little)
        assert "made/new" in little.served()
        assert not little.left()
        shutil.rmtree(little.root)
    assert seen == {False, True}


@pytest.mark.parametrize("how", [KILLED, FULL])
def test_way_back(tmp_path: Path, how: str) -> None:
    """Going back to a former snapshot, hurt at any step: the one or the other is current, and going back works."""
    seen = set()
    for at, run in each_step(how):
        snapshots = Snapshots(tmp_path / str(at))
        for number in (1, 2):
            snapshots.write(graph(number), {})
        outcome = run(snapshots.roll_back, snapshots.folder)
        seen.add(found := size(snapshots))
        if outcome.done:
            assert found == 1
        snapshots.roll_back(snapshots.all()[1].path.name)
        assert size(snapshots) == 1
        assert not leftovers(snapshots.folder)
    assert seen == {1, 2}


# -- plain datasets ----------------------------------------------------------------------------------------------------


def numbers(folder: Path) -> set[str]:
    """The graphs of a dataset, which is read wholly."""
    return {quad.graph_name.value for quad in parse(path=str(folder / DATASET), format=RdfFormat.N_QUADS)}


@pytest.mark.parametrize("how", [KILLED, FULL])
def test_plain_write(tmp_path: Path, how: str) -> None:
    """Whatever step of a write is its last: old dataset or new, and the next server has nothing to tidy up."""
    (tmp_path / "none.nq").write_bytes(b"")
    seen = []
    for at, run in each_step(how):
        folder = tmp_path / str(at)
        begin(tmp_path / "none.nq", folder)
        plain.write(put("x:g1"), folder)
        outcome = run(lambda folder=folder: plain.write(put("x:g2"), folder), folder)  # type: ignore[misc]
        _told_rightly(outcome, how)
        assert numbers(folder) in ({"x:g1"}, {"x:g1", "x:g2"})
        if outcome.done:
            assert "x:g2" in numbers(folder)
        seen.append(len(numbers(folder)))
        if at % 2:
            begin(tmp_path / "none.nq", folder)
        else:
            plain.write(put("x:g3"), folder)
        assert numbers(folder) - {"x:g3"} == {"x:g1", "x:g2"} - ({"x:g2"} if seen[-1] == 1 else set())
        assert sorted(p.name for p in folder.iterdir()) == [".lock", DATASET]
    assert {1, 2} == set(seen)


@pytest.mark.parametrize("how", [KILLED, FULL])
def test_first_start(tmp_path: Path, how: str) -> None:
    """The first start of a plain dataset, hurt at any step: the next one begins anew, or has it whole."""
    (tmp_path / "given.nq").write_text("<x:a> <x:p> <x:o> <x:g1> .\n")
    for at, run in each_step(how):
        folder = tmp_path / "above" / str(at)
        outcome = run(lambda folder=folder: begin(tmp_path / "given.nq", folder), folder)  # type: ignore[misc]
        _told_rightly(outcome, how)
        begin(tmp_path / "given.nq", folder)
        assert numbers(folder) == {"x:g1"}


# -- acknowledged means fsynced ----------------------------------------------------------------------------------------


def _lost(outcome: Outcome, *spared: str) -> set[str]:
    """What would be lost with the power, but for locks and what is thrown away."""
    assert outcome.refused is None
    parts = ("lock", ".lock", "stage-", ".gone-", *spared)
    return {path for path in outcome.unsynced if not any(step.startswith(parts) for step in Path(path).parts[3:])}


def test_fsynced_project(built: Path, tmp_path: Path) -> None:
    """When a write is acknowledged, its files, the snapshot and the names of both are on disk; so after a build."""
    little = Little(built, tmp_path / "copy")
    outcome = in_copy(lambda: little.writer.write(Write("update", UPDATE.encode())), little.root)
    assert outcome.steps > 20
    assert _lost(outcome) == set()
    outcome = in_copy(lambda: build(little.project).snapshot, little.root)
    assert outcome.steps > 5
    assert _lost(outcome) == set()


def test_fsynced_plain(tmp_path: Path) -> None:
    """The same of a plain dataset, its folder included."""
    (tmp_path / "none.nq").write_bytes(b"")
    folder = tmp_path / "above" / "folder"
    outcome = in_copy(lambda: begin(tmp_path / "none.nq", folder), tmp_path)
    assert _lost(outcome) == set()
    outcome = in_copy(lambda: plain.write(put("x:g1"), folder), tmp_path)
    assert outcome.steps > 3
    assert _lost(outcome) == set()


# -- read-only, and others at work -------------------------------------------------------------------------------------


def _as_nobody(work: Callable[[], object]) -> Callable[[], object]:
    """The same by somebody who may not do all things."""

    def run() -> object:
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        return work()

    return run


@pytest.mark.parametrize("name", ["data", "data/pages", "data/pages/page-1.ttl", ".cdkg", ".cdkg/writing"])
def test_read_only_project(built: Path, tmp_path: Path, name: str) -> None:
    """Where a folder or file may not be written, a write is refused with 507 and nothing is changed."""
    tmp_path.chmod(0o755)
    little = Little(built, tmp_path / "copy")
    little.writer.write(put(f"{GRAPH}pages/next"))
    before = little.files(), little.served()
    for path in (little.root, *little.root.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    locked = little.root / name
    for path in (locked, *locked.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for above in (tmp_path, *tmp_path.parents[:3]):
        above.chmod(above.stat().st_mode | 0o055)
    outcome = in_copy(_as_nobody(lambda: little.writer.write(Write("update", UPDATE.encode()))), little.root)
    assert isinstance(outcome.refused, CdkgError), outcome
    assert getattr(outcome.refused, "status", 507) == 507
    assert (little.files(), little.served()) == before
    assert not little.left()
    for path in (locked, *locked.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    write_again_later = little.writer.write(Write("update", UPDATE.encode()))
    assert len(write_again_later.changed) == 3


def test_check_without_end(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write whose check needs more than it may is no write that breaks the graph: 504, and nothing is changed."""
    little = Little(built, tmp_path / "copy")
    before = little.files(), little.served()
    # no time at all: how much memory a check needs depends on what this process has freed before
    monkeypatch.setattr("cdkg.pipeline.workspace.Bounds", lambda _, megabytes: Bounds(0, megabytes))
    with pytest.raises(WriteError) as caught:
        little.writer.write(Write("update", UPDATE.encode()))
    assert caught.value.status == 504
    assert (little.files(), little.served()) == before
    assert not little.left()


def test_readers_see_no_half_of_a_write(built: Path) -> None:
    """What is read while a write is put in place is read again; of one that was broken off they are told."""
    little = Little(built, built.parent / "copy")
    write_again(little)
    seen: list[dict[str, bytes]] = []

    def read() -> dict[str, bytes]:
        seen.append(little.files())
        if len(seen) == 1:
            little.writer.write(Write("update", UPDATE.encode()))
        return seen[-1]

    assert journal.undisturbed(little.root, read) == little.files() != seen[0]
    assert len(seen) == 2
    (journal.place(little.root) / "pending").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "_PATIENCE", 0.1)
        with pytest.raises(WriteError, match="broken off"):
            cdkg.load(little.root)
        with pytest.raises(WriteError, match="broken off"):
            read_all(Asked(little.project))


def test_builder_and_writer(built: Path) -> None:
    """While one builds a write is told 503, while one writes a build is told so, wherever each has its snapshots."""
    little = Little(built, built.parent / "copy")
    write_again(little)
    with little.snapshots.building():
        with pytest.raises(WriteError) as caught:
            little.writer.write(Write("update", UPDATE.encode()))
        assert caught.value.status == 503
    other = Snapshots(built.parent / "elsewhere")
    with journal.at_rest(little.root, other):
        build(little.project, state=other.folder)  # both only read
        with pytest.raises(WriteError) as caught:
            little.writer.write(Write("update", UPDATE.encode()))
        assert caught.value.status == 503
    with alone(journal.place(little.root) / "lock"):
        for state in (other.folder, little.snapshots.folder):
            with pytest.raises(CdkgError, match="another process writes"):
                build(little.project, state=state)
        assert not journal.recover(little.root, little.snapshots)
    assert len(little.writer.write(Write("update", UPDATE.encode())).changed) == 3
