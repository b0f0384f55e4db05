"""The graph that was built last, which most commands ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cdkg.cli import show
from cdkg.errors import SnapshotError

if TYPE_CHECKING:
    from cdkg.graph import KnowledgeGraph
    from cdkg.store import Snapshot


def current_graph(folder: Path | None, state: Path | None) -> KnowledgeGraph:
    """The graph of the current snapshot; where nothing was built yet, it is built.

    Raises:
        SnapshotError: Nothing was built before, and the data does not conform; or the snapshot is damaged.
    """
    return current_snapshot(folder, state).read()


def current_snapshot(folder: Path | None, state: Path | None) -> Snapshot:
    """The current snapshot; where nothing was built yet, one is built.

    Raises:
        SnapshotError: Nothing was built before, and the data does not conform; or the snapshot is damaged.
    """
    from cdkg import pipeline
    from cdkg.assets import Project
    from cdkg.settings import read

    project = Project.find(folder)
    current = pipeline.snapshots(project, read(project.root), state).current()
    if current is None:
        show.err.print("note: nothing built yet: building")
        with show.steps() as tell:
            built = pipeline.build(project, state=state, tell=tell)
        if built.snapshot is None:
            show.findings(built.report)
            raise SnapshotError(
                "the data does not conform, and nothing was built before",
                hint="mend what is listed above, or `cdkg build --allow-violations`",
            )
        return built.snapshot
    if changed := pipeline.changed_since(project, current):
        show.err.print(f"note: {len(changed)} files changed since the last build; `cdkg build` takes them in")
    return current
