"""Snapshots: built aside in a folder of their own, then made current by one atomic replacement of a pointer file."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, RdfFormat, Triple, parse, serialize

from cdkg.errors import Location, SnapshotError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.settings import USUAL
from cdkg.store.aside import make_folder, sync
from cdkg.store.locking import alone
from cdkg.store.on_disk import FOLDER, write_store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A built graph on disk: `graph.nq` (all named graphs) and `about.json` (roles, sizes and the build's summary)."""

    path: Path

    @property
    def about(self) -> dict[str, Any]:
        """What the build said of it."""
        found: dict[str, Any] = json.loads((self.path / "about.json").read_text(encoding="utf-8"))
        return found

    def read(self) -> KnowledgeGraph:
        """Read it back.

        Raises:
            SnapshotError: Its files are damaged.
        """
        try:
            about = self.about
            roles = {iri: Role(role) for iri, role in about["roles"].items()}
            triples: dict[str, list[Triple]] = {iri: [] for iri in roles}
            for quad in parse(path=str(self.path / "graph.nq"), format=RdfFormat.N_QUADS):
                triples[quad.graph_name.value].append(quad.triple)
            found = sum(map(len, triples.values()))
            if found != about["quads"]:
                raise ValueError(f"it has {found} quads and not {about['quads']}")  # noqa: TRY301  # told just below
        except (OSError, SyntaxError, ValueError, LookupError, AttributeError, TypeError) as error:
            raise SnapshotError(
                "the snapshot is damaged",
                where=Location(str(self.path)),
                why=str(error),
                hint="`cdkg build` makes a new one",
            ) from error
        return KnowledgeGraph(NamedGraph(NamedNode(iri), role, tuple(triples[iri])) for iri, role in roles.items())


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The snapshots of a project, below its state folder.

    Attributes:
        folder: The state folder: `snapshots/`, the pointer `current` and the file `lock`.
        keep: How many snapshots stay on disk.
        most_in_memory: A graph of more quads is written as a store on disk too, which is then what is served.
    """

    folder: Path
    keep: int = USUAL.keep_snapshots
    most_in_memory: int = USUAL.memory_quads

    @property
    def pointer(self) -> Path:
        """The file that names the current snapshot; it is replaced, never changed."""
        return self.folder / "current"

    @property
    def _home(self) -> Path:
        return self.folder / "snapshots"

    def current(self) -> Snapshot | None:
        """The snapshot that is served, or None where nothing was built."""
        name = self._pointed()
        while name and not (self._home / name).is_dir():  # forgotten, maybe, since the pointer was read
            name, before = self._pointed(), name
            if name == before:
                return None
        return Snapshot(self._home / name) if name else None

    def _pointed(self) -> str:
        try:
            return self.pointer.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def all(self) -> list[Snapshot]:
        """All whole snapshots, the newest first."""
        if not self._home.is_dir():
            return []
        names = sorted((p.name for p in self._home.iterdir() if not p.name.startswith(".")), reverse=True)
        return [Snapshot(self._home / name) for name in names]

    @contextmanager
    def building(self) -> Iterator[Callable[[KnowledgeGraph, Mapping[str, Any]], Snapshot]]:
        """Keep other builders out while the block runs; gives what `write` does.

        Raises:
            SnapshotError: Another process is building here, or the folder cannot be written.
        """
        with ExitStack() as stack:
            with self._told():
                make_folder(self._home)
                stack.enter_context(alone(self.folder / "lock"))
                for left in self._home.glob(".*"):  # of a build that was killed: nobody else is at work
                    shutil.rmtree(left)
                self._aimed.unlink(missing_ok=True)
            yield self._write

    def write(self, graph: KnowledgeGraph, summary: Mapping[str, Any]) -> Snapshot:
        """Write a snapshot and make it current; until the very last step the former one stays as it is.

        Raises:
            SnapshotError: Another process is building here, or the folder cannot be written.
        """
        with self.building() as write:
            return write(graph, summary)

    def prepare(self, graph: KnowledgeGraph, summary: Mapping[str, Any]) -> Snapshot:
        """Write a snapshot that nothing points to yet, for a caller in `building()`; `point` needs no room then.

        Raises:
            SnapshotError: It cannot be written, and nothing of it is left.
        """
        with self._told():
            former = self.current()
            made = self._made(graph, {**summary, "former": former.path.name if former else ""})
            try:
                self._aim(made.name)
            except BaseException:
                self.discard(Snapshot(made))
                raise
        return Snapshot(made)

    def point(self, snapshot: Snapshot) -> None:
        """Make a snapshot that was prepared current, for a caller in `building()`.

        Raises:
            SnapshotError: That cannot be done.
        """
        with self._told():
            former = self.current()
            self._point(snapshot.path.name)
            self._forget_old((former.path.name if former else "", snapshot.path.name))

    def discard(self, snapshot: Snapshot) -> None:
        """Remove a snapshot that was prepared and that nothing points to, for a caller in `building()`."""
        with suppress(OSError):
            self._aimed.unlink(missing_ok=True)
        shutil.rmtree(snapshot.path, ignore_errors=True)

    def roll_back(self, name: str = "") -> Snapshot:
        """Make a former snapshot current again: the one of this name, else the one that was current before.

        Raises:
            SnapshotError: There is none, or it is damaged; or the folder cannot be written.
        """
        with self.building():
            chosen = self._named(name) if name else self.former()
            if chosen is None:
                raise SnapshotError(
                    "there is no former snapshot", where=Location(str(self._home)), hint="`cdkg rollback --list`"
                )
            chosen.read()  # a damaged one is found before anybody is led to it
            with self._told():
                self._point(chosen.path.name)
        return chosen

    def former(self) -> Snapshot | None:
        """The snapshot in whose place the current one was built, if it is still there."""
        current, found = self.current(), self.all()
        if current is None:
            return found[0] if found else None
        before = _former_name(current)
        if before is None:  # it does not say: the newest of those that are older
            return next((other for other in found if other.path.name < current.path.name), None)
        return next((other for other in found if other.path.name == before), None)

    def _named(self, name: str) -> Snapshot:
        found = {snapshot.path.name: snapshot for snapshot in self.all()}
        if name not in found:
            raise SnapshotError(
                f"there is no snapshot {name!r}",
                where=Location(str(self._home)),
                hint=f"one of {', '.join(found)}" if found else "`cdkg build` makes one",
            )
        return found[name]

    def _write(self, graph: KnowledgeGraph, summary: Mapping[str, Any]) -> Snapshot:
        made = self.prepare(graph, summary)
        try:
            self.point(made)
        except BaseException:
            if self.current() != made:
                self.discard(made)
            raise
        return made

    def _made(self, graph: KnowledgeGraph, summary: Mapping[str, Any]) -> Path:
        """A whole snapshot, which nothing points to yet."""
        aside = Path(tempfile.mkdtemp(prefix=".building-", dir=self._home))
        made = self._home / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{aside.name[-8:]}"
        try:
            with (aside / "graph.nq").open("wb") as out:
                serialize(graph.quads(), out, format=RdfFormat.N_QUADS)
                out.flush()
                os.fsync(out.fileno())
            roles = {g.iri.value: g.role.value for g in graph}
            quads = sum(len(g.triples) for g in graph)
            if quads > self.most_in_memory:
                write_store(graph, aside / FOLDER)
            _write_text(aside / "about.json", json.dumps({**summary, "quads": quads, "roles": roles}, indent=1))
            sync(aside)
            aside.rename(made)
            sync(self._home)
        except BaseException:
            for left in (aside, made):
                shutil.rmtree(left, ignore_errors=True)
            raise
        return made

    @property
    def _aimed(self) -> Path:
        """What is to take the place of the pointer."""
        return self.folder / "current.new"

    def _aim(self, name: str) -> None:
        try:
            _write_text(self._aimed, name)
            sync(self.folder)
        except BaseException:
            self._aimed.unlink(missing_ok=True)
            raise

    def _point(self, name: str) -> None:
        """Make a snapshot current, in one step."""
        if not self._aimed.is_file() or self._aimed.read_text(encoding="utf-8") != name:
            self._aim(name)
        try:
            self._aimed.replace(self.pointer)
        except BaseException:
            self._aimed.unlink(missing_ok=True)
            raise
        try:
            sync(self.folder)
        except OSError as error:  # who reads sees the new one by now; only a failing machine could bring the old back
            _log.warning("the change of the current snapshot may not outlive a power cut: %s", error)

    def _forget_old(self, last: tuple[str, ...]) -> None:
        """Remove all but as many as are kept: the last of `last` first, then the newest."""
        names = [snapshot.path.name for snapshot in self.all()]
        ranked = sorted(names, key=lambda name: (last.index(name) if name in last else -1, name), reverse=True)
        for name in ranked[max(self.keep, 1) :]:
            gone = self._home / f".gone-{name}"
            with suppress(OSError):  # the next build tries again
                (self._home / name).rename(gone)  # or one that is killed here would leave half of it under its name
            shutil.rmtree(gone, ignore_errors=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SnapshotError(
                "the snapshot cannot be written",
                where=Location(str(self.folder)),
                why=error.strerror or str(error),
                hint="make room, or make the folder writable, or name another with --state",
            ) from error


def _former_name(snapshot: Snapshot) -> str | None:
    """The name of the snapshot that was current before this one was built; None where it does not say."""
    try:
        found = snapshot.about.get("former")
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
