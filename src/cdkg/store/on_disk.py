"""A graph as a store on disk, for graphs that are too large to be held in memory while they are served."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pyoxigraph import DefaultGraph, Quad, Store

from cdkg.graph import KnowledgeGraph
from cdkg.store.aside import sync

#: The folder of the store in that of a snapshot.
FOLDER: Final = "store"


def write_store(graph: KnowledgeGraph, folder: Path) -> None:
    """Write the named graphs, and their union as default graph, through to the disk.

    Raises:
        OSError: It cannot be written.
    """
    store = Store(str(folder))
    store.bulk_extend(graph.quads())
    default = DefaultGraph()
    store.bulk_extend(Quad(t.subject, t.predicate, t.object, default) for t in graph.union)
    store.optimize()
    store.flush()
    del store  # else its files stay open
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    sync(folder)
