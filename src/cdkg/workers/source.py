"""Which store a process holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, Store, parse

from cdkg.errors import Location, SnapshotError
from cdkg.store.on_disk import FOLDER


@dataclass(frozen=True, slots=True)
class Source:
    """A snapshot, or a store of anybody.

    Attributes:
        path: The folder of a snapshot (`graph.nq`, and `store` where that is too large for memory), or of a store on
            disk; or an N-Quads file, if it is plain.
        plain: Whether it is served as it is; else it is a snapshot, whose default graph is the union.
        version: The name of the snapshot, which never changes; of a file, which is read once and made anew by each
            write, a digest; empty for a store on disk, of which nobody knows when it changes.
    """

    path: Path
    plain: bool = False
    version: str = field(init=False, default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", _digest(self.path) if self.plain else self.path.name)

    def open(self) -> Store:
        """The store: of a snapshot or a file in memory; of a large snapshot, or a folder, on disk and read only.

        Raises:
            SnapshotError: It is not there, or damaged.
        """
        with self._faults_told():
            if self.plain:
                return _as_it_is(self.path) if self.path.is_file() else Store.read_only(str(self.path))
            on_disk = self.path / FOLDER
            return Store.read_only(str(on_disk)) if on_disk.is_dir() else _in_memory(self.path / "graph.nq")

    def union_alone(self) -> Store | None:
        """The default graph of what `open` gives in a store of its own, where that is of use: in memory.

        Raises:
            SnapshotError: It is not there, or damaged.
        """
        if self.plain or (self.path / FOLDER).is_dir():
            return None
        with self._faults_told():
            return _filled(_union(self.path / "graph.nq"))

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, SyntaxError, ValueError) as error:
            raise SnapshotError(
                "the store cannot be opened",
                where=Location(str(self.path)),
                why=str(error),
                hint="name a folder that a store has been written to" if self.plain else "`cdkg build` makes a new one",
            ) from error


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, hashlib.blake2b).hexdigest()[:32]
    except OSError:  # a folder; or what is not there, which is told when it is opened
        return ""


def _as_it_is(path: Path) -> Store:
    store = Store()
    store.load(path=str(path), format=RdfFormat.N_QUADS)
    return store


def _in_memory(path: Path) -> Store:
    """The named graphs, and all of them but the shapes once more as default graph."""
    return _filled(chain(parse(path=str(path), format=RdfFormat.N_QUADS), _union(path)))


def _union(path: Path) -> Iterator[Quad]:
    for quad in parse(path=str(path), format=RdfFormat.N_QUADS):
        if "/graph/shapes/" not in quad.graph_name.value:
            yield Quad(quad.subject, quad.predicate, quad.object)


def _filled(quads: Iterable[Quad]) -> Store:
    """One by one: a store that is filled in bulk (`bulk_load`, `bulk_extend`) is strewn over memory and read slower."""
    store = Store()
    for quad in quads:
        store.add(quad)
    return store
