"""cdkg, the City Diplomacy Knowledge Graph.

>>> import cdkg
>>> graph = cdkg.load().reason()          # doctest: +SKIP
>>> report = graph.validate()             # doctest: +SKIP
>>> answer = graph.query("SELECT …")      # doctest: +SKIP
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdkg.pipeline import Workspace

__version__ = version("cdkg")
__all__ = ["__version__", "load"]


def load(folder: str | Path | None = None) -> Workspace:
    """Load a project: that of `folder`, else of the current folder, else the graph that comes with the package.

    Raises:
        cdkg.errors.SourceError: A file cannot be read.
    """
    from cdkg.pipeline import open_project  # noqa: PLC0415  # `import cdkg` stays quick

    return open_project(Path(folder) if folder is not None else None)
