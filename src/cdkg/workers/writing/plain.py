"""Writes to a plain dataset, which is one N-Quads file: replaced as a whole, and on disk before anybody is told."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse, serialize

from cdkg.errors import Location, SnapshotError, SourceError, WriteError
from cdkg.sources.gather import gather
from cdkg.store.aside import write_aside
from cdkg.store.locking import alone
from cdkg.workers.writing.applying import apply
from cdkg.workers.writing.message import Write, Written
from cdkg.workers.writing.process import answer

#: The file in the folder that is written to.
DATASET: Final = "dataset.nq"
_WITH_GRAPHS: Final = frozenset({"nquads", "trig", "jsonld"})


def begin(store: Path, folder: Path) -> Path:
    """The dataset in a folder; where there is none yet, it begins as a copy of a store or of RDF files.

    Raises:
        SourceError: The files are not valid.
        SnapshotError: The store cannot be opened.
    """
    path = folder / DATASET
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_down(quads_of(store), path)
    return path


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
    """
    write_aside(path, lambda out: serialize(quads, out, format=RdfFormat.N_QUADS))
    sync(path.parent)


def sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(asked: Write, folder: Path) -> Written:
    """Do a write.

    Raises:
        WriteError: It is refused.
        CdkgError: It is not valid, or cannot be written.
    """
    path = folder / DATASET
    try:
        with alone(folder / ".lock"):
            applied = apply(asked, list(parse(path=str(path), format=RdfFormat.N_QUADS)))
            if applied.changed:
                write_down(applied.quads, path)
    except SnapshotError as error:
        raise WriteError("another process writes here", why=error.why, status=503) from error
    except OSError as error:
        raise WriteError(
            "the dataset cannot be read or written", why=error.strerror or str(error), status=507
        ) from error
    names = tuple(sorted("" if isinstance(name, DefaultGraph) else name.value for name in applied.changed))
    return Written(names, applied.created, str(path))


def main() -> None:
    """Do the write on standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=int, required=True)
    asked = parser.parse_args()
    answer(lambda given: write(given, asked.folder), asked.megabytes)


if __name__ == "__main__":
    main()
