"""A graph is a file: which file a graph's name means, and how a graph is written to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, Triple, serialize

from cdkg.assets import Project
from cdkg.errors import WriteError
from cdkg.formats import prefixes_in_order
from cdkg.graph import Role
from cdkg.sources.loader import EDITORIAL
from cdkg.vocabulary import GRAPH, PREFIXES

#: A step of a path: nothing hidden, nothing that leads upwards, nothing that a file system reads in its own way.
_STEP: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.~-]{0,149}")
_OWN_FOLDERS: Final = {"ontology": Role.ONTOLOGY, "shapes": Role.SHAPES}


def role_of(graph: str) -> Role:
    """What a graph below our namespace is for (see `sources.loader`)."""
    first = graph.removeprefix(GRAPH).partition("/")[0]
    return _OWN_FOLDERS.get(first, Role.EDITORIAL if first in EDITORIAL else Role.PASSAGE)


def file_of(graph: str, project: Project, writable: Path) -> Path:
    """The file that is a graph.

    Args:
        graph: The graph.
        project: The project.
        writable: The folder below which files may be written.

    Raises:
        WriteError: The graph is derived, or no file that may be written.
    """
    if not graph:
        raise _refused(
            "the default graph", "it is the union of all graphs", "name a graph: GRAPH <…> { … }, or ?graph=…"
        )
    if graph.startswith(f"{GRAPH}inferred/"):
        raise _refused(f"<{graph}>", "it holds what follows from the others", "write what it follows from")
    if graph.startswith(f"{GRAPH}links/"):
        raise _refused(f"<{graph}>", "it is made of a file of mappings in links/", "write that file, see `cdkg link`")
    steps = graph.removeprefix(GRAPH).split("/")
    if not graph.startswith(GRAPH) or not all(map(_STEP.fullmatch, steps)):
        raise _refused(f"<{graph}>", "no file below data/ has this name", f"name it {GRAPH}folder/name")
    if steps[0] in _OWN_FOLDERS and not (len(steps) > 1 and (project.root / steps[0]).is_dir()):
        raise _refused(f"<{graph}>", f"this project has no {steps[0]}/ of its own", "write it by hand")
    above = project.root if steps[0] in _OWN_FOLDERS else project.root / "data"
    path = above.joinpath(*steps[:-1], f"{steps[-1]}.ttl")
    if writable.resolve() not in path.resolve().parents or path.is_symlink():
        raise _refused(f"<{graph}>", "its file lies outside the folder that may be written", "see --writable")
    return path


def _refused(what: str, why: str, hint: str) -> WriteError:
    return WriteError(f"{what} cannot be written", why=why, hint=hint, status=403)


def as_turtle(graph: str, triples: Iterable[Triple]) -> bytes:
    """A graph as Turtle: the same triples give the same bytes, whatever their order and the labels of blank nodes."""
    dataset = Dataset(Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    ordered = sorted((quad.triple for quad in dataset), key=str)
    text = " ".join(map(str, ordered))
    used = {prefix: iri for prefix, iri in PREFIXES.items() if f"<{iri}" in text}
    body = serialize(ordered, format=RdfFormat.TURTLE, prefixes=used) or b""
    return f"@base {NamedNode(graph)} .\n".encode() + prefixes_in_order(body)
