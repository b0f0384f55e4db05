"""Which store a process holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import DefaultGraph, Quad, RdfFormat, Store, parse

from cdkg.errors import Location, SnapshotError


@dataclass(frozen=True, slots=True)
class Source:
    """A snapshot, or a store of anybody.

    Attributes:
        path: The folder of a snapshot (`graph.nq`), or of a store on disk.
        plain: Whether it is a store on disk, served as it is; else it is a snapshot, whose default graph is the union.
    """

    path: Path
    plain: bool = False

    def open(self) -> Store:
        """The store: of a snapshot in memory, else on disk and read only.

        Raises:
            SnapshotError: It is not there, or damaged.
        """
        try:
            return Store.read_only(str(self.path)) if self.plain else _in_memory(self.path / "graph.nq")
        except (OSError, SyntaxError, ValueError) as error:
            raise SnapshotError(
                "the store cannot be opened",
                where=Location(str(self.path)),
                why=str(error),
                hint="name a folder that a store has been written to" if self.plain else "`cdkg build` makes a new one",
            ) from error


def _in_memory(path: Path) -> Store:
    """The named graphs, and all of them but the shapes once more as default graph."""
    store = Store()
    store.bulk_extend(parse(path=str(path), format=RdfFormat.N_QUADS))
    default = DefaultGraph()
    union = (q for q in parse(path=str(path), format=RdfFormat.N_QUADS) if "/graph/shapes/" not in q.graph_name.value)
    store.bulk_extend(Quad(q.subject, q.predicate, q.object, default) for q in union)
    return store
