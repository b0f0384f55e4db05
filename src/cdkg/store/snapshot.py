"""Snapshots: built aside in a folder of their own, then made current by one atomic replacement of a pointer file."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, RdfFormat, Triple, parse, serialize

from cdkg.errors import Location, SnapshotError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role


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
    """The snapshots of a project, below its state folder."""

    folder: Path
    keep: int = 3

    def current(self) -> Snapshot | None:
        """The snapshot that is served, or None where nothing was built."""
        try:
            name = (self.folder / "current").read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        path = self.folder / "snapshots" / name
        return Snapshot(path) if name and path.is_dir() else None

    def write(self, graph: KnowledgeGraph, summary: Mapping[str, Any]) -> Snapshot:
        """Write a snapshot and make it current; until the very last step the former one stays as it is.

        Raises:
            SnapshotError: The folder cannot be written.
        """
        try:
            return self._write(graph, summary)
        except OSError as error:
            raise SnapshotError(
                "the snapshot cannot be written",
                where=Location(str(self.folder)),
                why=error.strerror or str(error),
                hint="make the folder writable, or name another with --state",
            ) from error

    def _write(self, graph: KnowledgeGraph, summary: Mapping[str, Any]) -> Snapshot:
        home = self.folder / "snapshots"
        home.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".building-", dir=home))
        try:
            with (aside / "graph.nq").open("wb") as out:
                serialize(graph.quads(), out, format=RdfFormat.N_QUADS)
                out.flush()
                os.fsync(out.fileno())
            roles = {g.iri.value: g.role.value for g in graph}
            quads = sum(len(g.triples) for g in graph)
            _write_text(aside / "about.json", json.dumps({**summary, "quads": quads, "roles": roles}, indent=1))
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{aside.name[-8:]}"
            aside.rename(home / name)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        _write_text(self.folder / "current.new", name)
        (self.folder / "current.new").replace(self.folder / "current")
        self._forget_old(name)
        return Snapshot(home / name)

    def _forget_old(self, current: str) -> None:
        home = self.folder / "snapshots"
        others = sorted(p for p in home.iterdir() if not p.name.startswith(".") and p.name != current)
        for path in others[: max(0, len(others) - self.keep + 1)]:
            shutil.rmtree(path, ignore_errors=True)


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
