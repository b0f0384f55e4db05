"""What a check looks at: the files that were named, and what stands behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyoxigraph import Triple

from cdkg.assets import FOLDERS, Project
from cdkg.bounded import Bounds, Tell
from cdkg.errors import SourceError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import journal
from cdkg.sources import loader
from cdkg.sources.foreign import RdfFile, read_each
from cdkg.sources.gather import Gathered
from cdkg.validation.shacl import ENGINES


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be checked, and how.

    Attributes:
        project: Whose ontology, rules, shapes and checks are used.
        files: The files that findings are told of; None: all of the project.
        shapes: Shapes to use in place of those of the project; None: those of the project.
        engine: The SHACL engine.
        bounds: What the evaluation of shapes and checks may take.
        tell: Is told what is done.
    """

    project: Project
    files: Gathered | None = None
    shapes: Gathered | None = None
    engine: str = ENGINES[0]
    bounds: Bounds = field(default_factory=Bounds)
    tell: Tell = lambda _: None


class Reader:
    """Reads each file anew."""

    def read(self, path: Path, iri: str | None, role: Role) -> NamedGraph:
        """A file of a project (see `loader.read`).

        Raises:
            SourceError: It is not valid.
        """
        return loader.read(path, iri, role)

    def graphs(self, file: RdfFile, several: bool) -> dict[str, list[Triple]]:
        """The graphs of a file of anybody (see `RdfFile.graphs`).

        Raises:
            SourceError: It is not valid.
        """
        return file.graphs(rename_blank_nodes=several)

    def nodes(self, graph: NamedGraph) -> frozenset[str]:
        """What a graph speaks of: its subjects and objects, in N-Triples form."""
        return frozenset(str(node) for triple in graph.triples for node in (triple.subject, triple.object))


class Memory(Reader):
    """Reads a file anew where it has changed; what was read of the others is given again."""

    def __init__(self) -> None:
        self._read: dict[tuple[Path, str | None, Role], tuple[tuple[int, int], NamedGraph]] = {}
        self._graphs: dict[tuple[str, bool], tuple[bytes, dict[str, list[Triple]]]] = {}
        self._nodes: dict[str, tuple[tuple[Triple, ...], frozenset[str]]] = {}

    def read(self, path: Path, iri: str | None, role: Role) -> NamedGraph:
        """A file of a project."""
        stat, key = path.stat(), (path, iri, role)
        stamp = stat.st_mtime_ns, stat.st_size
        if key not in self._read or self._read[key][0] != stamp:
            self._read[key] = stamp, super().read(path, iri, role)
        return self._read[key][1]

    def graphs(self, file: RdfFile, several: bool) -> dict[str, list[Triple]]:
        """The graphs of a file of anybody."""
        key = file.iri, several
        if key not in self._graphs or self._graphs[key][0] != file.data:
            self._graphs[key] = file.data, super().graphs(file, several)
        return self._graphs[key][1]

    def nodes(self, graph: NamedGraph) -> frozenset[str]:
        """As of `Reader`."""
        known = self._nodes.get(graph.iri.value)
        if known is None or known[0] != graph.triples:
            known = self._nodes[graph.iri.value] = graph.triples, super().nodes(graph)
        return known[1]


@dataclass(frozen=True, slots=True)
class Read:
    """What was read.

    Attributes:
        graph: The graphs, as far as they are valid.
        faults: What could not be read.
        paths: The files that findings are told of, as they were named.
        nodes: What a graph speaks of.
    """

    graph: KnowledgeGraph
    faults: tuple[SourceError, ...]
    paths: tuple[str, ...]
    nodes: Callable[[NamedGraph], frozenset[str]] = Reader().nodes


def read_all(asked: Asked, reader: Reader | None = None) -> Read:
    """Read what is asked for, and what stands behind it."""
    reader = reader or Reader()
    read = _project(asked.project, reader) if asked.files is None else _files(asked.files, asked.project, reader)
    read = replace(read, nodes=reader.nodes)
    if asked.shapes is None:
        return read
    shapes, faults = read_each(asked.shapes.files, reader.graphs)
    others = (graph for graph in read.graph if graph.role is not Role.SHAPES)
    graph = KnowledgeGraph([*others, *(replace(graph, role=Role.SHAPES) for graph in shapes)])
    return replace(read, graph=graph, faults=(*read.faults, *asked.shapes.faults, *faults))


def _project(project: Project, reader: Reader) -> Read:
    graph, faults = journal.undisturbed(project.root, lambda: loader.load_what_can_be(project, reader.read))
    valid = [named.path for named in graph if named.path and project.root in named.path.parents]
    broken = [Path(fault.where.path) for fault in faults if fault.where]
    return Read(graph, tuple(faults), tuple(sorted({str(path) for path in [*valid, *broken]})))


def _files(gathered: Gathered, project: Project, reader: Reader) -> Read:
    """The files, and behind them the project: all of it where some are part of it, else what is no passage.

    A fault of the project is told too: without the broken file, findings may be missing or false.
    """
    folders = _folders(project)
    inside = [not folders.isdisjoint(file.path.resolve().parents) for file in gathered.files]
    foreign = [file for file, is_inside in zip(gathered.files, inside, strict=True) if not is_inside]
    others, faults = read_each(foreign, reader.graphs)
    background = loader.load_what_can_be if any(inside) else loader.load_background
    graph, more = background(project, reader.read)
    paths = tuple(str(file.path) for file in gathered.files)
    return Read(graph.with_graphs(*others), (*gathered.faults, *faults, *more), paths)


def is_part(file: RdfFile, project: Project) -> bool:
    """Whether a file is one of those that a project is made of."""
    return not _folders(project).isdisjoint(file.path.resolve().parents)


def _folders(project: Project) -> frozenset[Path]:
    return frozenset((project.root / name).resolve() for name in FOLDERS)
