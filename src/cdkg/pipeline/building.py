"""A build: load → reason → validate → snapshot."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from cdkg import settings as settings_room
from cdkg.assets import FOLDERS, Project, bundled
from cdkg.errors import Location, SnapshotError
from cdkg.graph import KnowledgeGraph, Role
from cdkg.pipeline import journal
from cdkg.pipeline.workspace import Workspace
from cdkg.reasoning import Engine
from cdkg.sources import load
from cdkg.sources.sssom import SUFFIX
from cdkg.store import Snapshot, Snapshots
from cdkg.vocabulary import CD, GRAPH

if TYPE_CHECKING:
    from cdkg.settings import Settings
    from cdkg.validation import Report

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: the workspace, the report, the snapshot (None: kept the former one), counts and seconds."""

    workspace: Workspace
    report: Report
    snapshot: Snapshot | None
    counts: dict[str, int]
    seconds: dict[str, float]


@dataclass(slots=True)
class _Clock:
    """Times the steps and tells each of them to whoever wants to show progress."""

    tell: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.tell(name)
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
        _log.info("%s took %.2f s", name, self.seconds[name])


def snapshots(project: Project, settings: Settings, state: Path | None = None) -> Snapshots:
    """The snapshots of a project, in `state`, the folder of the settings, or the usual place."""
    folder = state or (Path(settings.state) if settings.state else project.state())
    return Snapshots(folder, settings.keep_snapshots, settings.memory_quads)


def build(
    project: Project,
    *,
    state: Path | None = None,
    allow_violations: bool = False,
    reasoner: Engine = "cdkg",
    validator: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Built:
    """Load, reason, validate and write a snapshot; with a violation the former snapshot stays.

    Raises:
        SourceError: A file cannot be read.
        ClashError: The graph contradicts itself.
        ShapesError: There is nothing to validate with.
        SnapshotError: Another process is building or writing here, or the snapshot cannot be written.
        WriteError: A write that was decided before a crash cannot be done.
    """
    kept = snapshots(project, settings_room.read(project.root), state)
    clock = _Clock(tell)
    with kept.building() as write:
        with clock.step("load"), journal.at_rest(project.root, kept):  # what was decided before a crash is done first
            workspace = Workspace(project, load(project))
        with workspace.checking(tell=tell) as checking:
            with clock.step("reason"):
                workspace = workspace.reason(reasoner)
            with clock.step("validate"):
                report = workspace.validate(validator, tell=tell, checking=checking)
        counts = count(workspace.graph)
        snapshot = None
        if report.conforms or (allow_violations and report.complete):
            with clock.step("write"):
                summary = {"counts": counts, "results": report.counts(), "seconds": clock.seconds}
                snapshot = write(workspace.graph, summary)
    return Built(workspace, report, snapshot, counts, clock.seconds)


def count(graph: KnowledgeGraph) -> dict[str, int]:
    """Sizes of a graph: files, passages, entities, statements, triples asserted, inferred and in all."""
    asserted = {t for g in graph.asserted() for t in g.triples}
    return {
        "files": sum(1 for g in graph if g.role is not Role.INFERRED),
        "passages": len(graph.of(Role.PASSAGE)),
        "entities": len(
            {t.subject for g in graph.of(Role.EDITORIAL) if "/graph/entities/" in g.iri.value for t in g.triples}
        ),
        "statements": len(graph.instances(NamedNode(f"{CD}Statement"))),
        "relations": len(graph.instances(NamedNode(f"{CD}Relation"))),
        "disagreements": len(graph.instances(NamedNode(f"{CD}Disagreement"))),
        "gaps": len(graph.instances(NamedNode(f"{CD}Gap"))),
        "asserted triples": len(asserted),
        "inferred triples": len(graph.union - asserted),
        "triples": len(graph.union),
    }


def changed_since(project: Project, snapshot: Snapshot) -> list[Path]:
    """The files of a project that were written after a snapshot was made, and those that it was made of and are gone.

    Hidden files, such as editors leave, are no part of a project.

    Raises:
        SnapshotError: The snapshot is damaged.
    """
    try:
        made = (snapshot.path / "about.json").stat().st_mtime
        roles = snapshot.about["roles"]
    except (OSError, ValueError, KeyError) as error:
        raise SnapshotError(
            "the snapshot is damaged",
            where=Location(str(snapshot.path)),
            why=(error.strerror if isinstance(error, OSError) else "") or str(error),
            hint="`cdkg build` makes a new one",
        ) from error
    paths = (path for name in FOLDERS for path in project.folder(name).rglob("*") if _is_of_project(path))
    gone = (_gone(project, iri) for iri, role in roles.items() if role != Role.INFERRED.value)
    return sorted([*(path for path in paths if path.stat().st_mtime > made), *(path for path in gone if path)])


def _gone(project: Project, iri: str) -> Path | None:
    """The file that a graph was read from (see `sources.loader`), if it is there no more."""
    local = iri.removeprefix(GRAPH)
    folder = local.partition("/")[0]
    name = f"{local}{SUFFIX if folder == 'links' else '.ttl'}"
    above = project.folder(folder).parent if folder in {"ontology", "shapes", "links"} else project.root / "data"
    behind = bundled() if folder == "links" else bundled() / "data"
    return None if (above / name).exists() or (behind / name).exists() else above / name


def _is_of_project(path: Path) -> bool:
    return not path.name.startswith(".") and path.is_file()
