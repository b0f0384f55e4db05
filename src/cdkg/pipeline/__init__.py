"""The one place that strings the rooms together: load → reason → validate → snapshot."""

from cdkg.pipeline.building import Built, build, changed_since, count, snapshots
from cdkg.pipeline.workspace import MOST_CONTRADICTIONS, Workspace, open_files, open_project

__all__ = [
    "MOST_CONTRADICTIONS",
    "Built",
    "Workspace",
    "build",
    "changed_since",
    "count",
    "open_files",
    "open_project",
    "snapshots",
]
