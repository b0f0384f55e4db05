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
        path: The folder of a snapshot (`graph.nq`), or of a store on disk; or an N-Quads file, if it is plain.
        plain: Whether it is served as it is; else it is a snapshot, whose default graph is the union.
    """

    path: Path
    plain: bool = False

    @property
    def version(self) -> str:
        """The name of the snapshot, which never changes; empty for a store on disk, of which that is not known."""
        return "" if self.plain else self.path.name

    def open(self) -> Store:
        """The store: of a snapshot in memory, else on disk and read only.

        Raises:
            SnapshotError: It is not there, or damaged.
        """
        try:
            if self.plain:
                return _as_it_is(self.path) if self.path.is_file() else Store.read_only(str(self.path))
            return _in_memory(self.path / "graph.nq")
        except (OSError, SyntaxError, ValueError) as error:
            raise SnapshotError(
                "the store cannot be opened",
                where=Location(str(self.path)),
                why=str(error),
                hint="name a folder that a store has been written to" if self.plain else "`cdkg build` makes a new one",
            ) from error


def _as_it_is(path: Path) -> Store:
    store = Store()
    store.bulk_load(path=str(path), format=RdfFormat.N_QUADS)
    return store


def _in_memory(path: Path) -> Store:
    """The named graphs, and all of them but the shapes once more as default graph."""
    store = Store()
    store.bulk_extend(parse(path=str(path), format=RdfFormat.N_QUADS))
    default = DefaultGraph()
    union = (q for q in parse(path=str(path), format=RdfFormat.N_QUADS) if "/graph/shapes/" not in q.graph_name.value)
    store.bulk_extend(Quad(q.subject, q.predicate, q.object, default) for q in union)
    return store
