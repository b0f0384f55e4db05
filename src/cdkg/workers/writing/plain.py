"""Writes to a plain dataset, which is one N-Quads file: replaced as a whole, and on disk before anybody is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse, serialize

from cdkg.errors import Location, OutputError, SnapshotError, SourceError, WriteError
from cdkg.sources.gather import gather
from cdkg.store.aside import make_folder, sync, write_aside
from cdkg.store.locking import LockedError, alone
from cdkg.workers.source import Source
from cdkg.workers.writing.applying import apply, check_version
from cdkg.workers.writing.message import Write, Written
from cdkg.workers.writing.process import answer, arguments

#: The file in the folder that is written to.
DATASET: Final = "dataset.nq"
#: What a new one is named until it is complete.
_ASIDE: Final = f".{DATASET}.new"
#: The locks of who writes, and of who serves.
_LOCK: Final = ".lock"
_SERVED: Final = ".served"
_WITH_GRAPHS: Final = frozenset({"nquads", "trig", "jsonld"})


def begin(store: Path, folder: Path) -> Path:
    """The dataset in a folder; where there is none yet, it begins as a copy of a store or of RDF files.

    Raises:
        SourceError: The files are not valid.
        SnapshotError: The store cannot be opened, or another process writes in the folder.
        OutputError: The folder cannot be written.
    """
    path = folder / DATASET
    try:
        make_folder(folder)
        with alone(folder / _LOCK):
            (folder / _ASIDE).unlink(missing_ok=True)  # of who was killed
            if not path.exists():
                write_down(quads_of(store), path)
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError("the folder cannot be written", where=Location(str(folder)), why=why) from error
    return path


@contextmanager
def served(store: Path, folder: Path) -> Iterator[Path]:
    """The same for a server, which has the folder to itself: it would not see what another one writes.

    Raises:
        SourceError: The files are not valid.
        SnapshotError: The store cannot be opened, or another server has the folder.
        OutputError: The folder cannot be written.
    """
    path = begin(store, folder)
    with ExitStack() as stack:
        try:
            stack.enter_context(alone(folder / _SERVED))
        except LockedError as error:
            raise SnapshotError(
                "another server writes to this folder", where=Location(str(folder)), why=error.why,
                hint="end it, or name another folder with --writable",
            ) from error  # fmt: skip
        yield path


def is_store(path: Path) -> bool:
    """Whether a folder is a store on disk."""
    return (path / "CURRENT").is_file()


def quads_of(path: Path) -> list[Quad]:
    """What a store on disk holds, or RDF files: a file without graphs of its own speaks in the default graph.

    Raises:
        SourceError: The files are not valid, or there are none.
        SnapshotError: The store cannot be opened.
    """
    if is_store(path):
        try:
            return list(Store.read_only(str(path)))
        except OSError as error:
            raise SnapshotError("the store cannot be opened", where=Location(str(path)), why=str(error)) from error
    gathered = gather([str(path)])
    if gathered.faults:
        raise SourceError.of(gathered.faults)
    found: list[Quad] = []
    for file in gathered.files:
        for name, triples in file.graphs(rename_blank_nodes=len(gathered.files) > 1).items():
            graph = () if file.syntax.name not in _WITH_GRAPHS or name == file.iri else (NamedNode(name),)
            found += (Quad(t.subject, t.predicate, t.object, *graph) for t in triples)
    return found


def write_down(quads: Iterable[Quad], path: Path) -> None:
    """Replace a dataset as a whole.

    Raises:
        OutputError: It cannot be written; the former one is as it was.
        OSError: It is written, and may not outlive a failing machine.
    """
    write_aside(path, lambda out: serialize(quads, out, format=RdfFormat.N_QUADS), beside=_ASIDE)
    sync(path.parent)


def write(asked: Write, folder: Path) -> Written:
    """Do a write.

    Raises:
        WriteError: It is refused.
        CdkgError: It is not valid, or cannot be written.
    """
    path = folder / DATASET
    try:
        with alone(folder / _LOCK):
            if asked.version:
                check_version(asked, Source(path, plain=True).version)
            applied = apply(asked, list(parse(path=str(path), format=RdfFormat.N_QUADS)))
            if applied.changed:
                write_down(applied.quads, path)
    except LockedError as error:
        raise WriteError("another process writes here", why=error.why, status=503) from error
    except OSError as error:
        raise WriteError(
            "the dataset cannot be read or written", why=error.strerror or str(error), status=507
        ) from error
    names = tuple(sorted("" if isinstance(name, DefaultGraph) else name.value for name in applied.changed))
    return Written(names, applied.created, str(path))


def main() -> None:
    """Do the write on standard input."""
    parser = arguments()
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    answer(lambda given: write(given, asked.folder), asked)


if __name__ == "__main__":
    main()
