"""A state of a project: a folder, a git revision, or a snapshot."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg import settings
from cdkg.assets import FOLDERS, Project, bundled
from cdkg.changes.canonical import canonical_names, renamed
from cdkg.changes.revisions import TWO_FOLDERS, Repository
from cdkg.errors import CdkgError, Location, SourceError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import Workspace, journal, snapshots
from cdkg.sources import load
from cdkg.sources.sssom import SUFFIX, iri_of
from cdkg.sources.text import read_text
from cdkg.sources.written import Writings
from cdkg.store import Snapshot
from cdkg.validation import Report
from cdkg.vocabulary import GRAPH

_FOLDERS: Final = (*FOLDERS, "queries/competency")
_WORK_TREE: Final = "the work tree"


@dataclass(frozen=True)
class State:
    """A state of a project, read and worked out as far as it is asked; two states share nothing that changes.

    Attributes:
        name: How it is called.
        project: Where its ontology, rules, shapes, checks and questions lie.
        snapshot: What was built, where the state is a snapshot: then the graph is as it was built.
    """

    name: str
    project: Project
    snapshot: Snapshot | None = None

    @cached_property
    def loaded(self) -> Workspace:
        """The asserted graphs.

        Raises:
            SourceError: A file cannot be read.
            SnapshotError: The snapshot is damaged.
        """
        if self.snapshot is None:
            return Workspace(self.project, journal.undisturbed(self.project.root, lambda: load(self.project)))
        return Workspace(self.project, _with_background(self.snapshot.read(), self.project))

    @cached_property
    def reasoned(self) -> Workspace:
        """The same with what follows; what a snapshot says that follows is left as it is.

        Raises:
            RuleError: A closed-world rule cannot be run.
        """
        inferred = self.loaded.infer()
        return replace(inferred, graph=self.loaded.graph) if self.snapshot else inferred

    @cached_property
    def report(self) -> Report:
        """What validation finds.

        Raises:
            ShapesError: The shapes or checks cannot be used.
        """
        return self.reasoned.validate()

    @cached_property
    def written(self) -> dict[NamedNode, NamedGraph]:
        """The named graphs that somebody wrote, shapes too."""
        return {graph.iri: graph for graph in self.loaded.graph if graph.role is not Role.INFERRED}

    @cached_property
    def names(self) -> dict[BlankNode, BlankNode]:
        """The canonical names of all blank nodes."""
        found: dict[BlankNode, BlankNode] = {}
        for graph in self.written.values():
            found |= canonical_names(graph.triples)
        return found

    def canonical(self, triple: Triple) -> Triple:
        """A triple with canonical names for its blank nodes."""
        return renamed(triple, self.names)

    @cached_property
    def triples(self) -> dict[NamedNode, dict[Triple, Triple]]:
        """For each graph its triples, canonical and as they were read."""
        return {iri: {self.canonical(t): t for t in graph.triples} for iri, graph in self.written.items()}

    @cached_property
    def asserted(self) -> frozenset[Triple]:
        """All canonical triples that are asserted, in whatever graph; shapes left out."""
        return frozenset().union(*(self.of_role(role) for role in Role if role is not Role.SHAPES))

    def of_role(self, role: Role) -> frozenset[Triple]:
        """The canonical triples of all graphs of a role."""
        return self._by_role[role]

    @cached_property
    def _by_role(self) -> dict[Role, frozenset[Triple]]:
        found: dict[Role, set[Triple]] = {role: set() for role in Role}
        for iri, triples in self.triples.items():
            found[self.written[iri].role].update(triples)
        return {role: frozenset(triples) for role, triples in found.items()}

    @cached_property
    def terms(self) -> frozenset[NamedNode]:
        """What the ontology says something of by name."""
        return frozenset(t.subject for t in self.of_role(Role.ONTOLOGY) if isinstance(t.subject, NamedNode))

    def place(self, triple: Triple, graph: NamedNode) -> Location | None:
        """Where a triple (as it was read) stands in a graph, relative to the project; None without a file."""
        if graph not in self._places:
            self._places[graph] = _places(self.written[graph])
        found = self._places[graph].get(triple)
        return self.near(found) if found else None

    def places(self, triple: Triple) -> tuple[Location, ...]:
        """All places that assert a triple."""
        canonical = self.canonical(triple)
        found = (self.place(triple, graph) for graph, triples in self.triples.items() if canonical in triples)
        return tuple(place for place in found if place)

    @cached_property
    def _places(self) -> dict[NamedNode, dict[Triple, Location]]:
        return {}

    def near(self, place: Location) -> Location:
        """The place as seen from the project; the same wherever the project lies."""
        return replace(place, path=self.relative(Path(place.path)))

    def relative(self, path: Path) -> str:
        """A path as seen from the project, or from ours for what it takes from ours."""
        if path not in self._relative:
            self._relative[path] = self._from_root(path)
        return self._relative[path]

    @cached_property
    def _relative(self) -> dict[Path, str]:
        return {}

    def _from_root(self, path: Path) -> str:
        for root in (self.project.root, bundled()):
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return str(path)

    @cached_property
    def files(self) -> Mapping[str, Path]:
        """The files that the state is made of, by their path relative to the project.

        Of a snapshot these are the rules, checks and questions alone, which are those of the project around it.
        """
        suffixes = (".ttl", ".rq", SUFFIX) if self.snapshot is None else (".rq",)
        folders = {name: self.project.folder(name) for name in _FOLDERS}
        return {
            f"{name}/{path.relative_to(folder).as_posix()}": path
            for name, folder in folders.items()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name.endswith(suffixes)
        }

    def text(self, name: str) -> str:
        """The text of one of the files; empty where there is none.

        Raises:
            SourceError: It is no text.
        """
        return read_text(self.files[name]) if name in self.files else ""


def _with_background(graph: KnowledgeGraph, project: Project) -> KnowledgeGraph:
    """A snapshot in which the graphs behind the project have their files, as nothing is reported that stands there."""
    data = bundled() / "data"
    behind = [path for part in project.background for path in (data / part).rglob("*.ttl")]
    paths = {GRAPH + path.relative_to(data).with_suffix("").as_posix(): path for path in behind}
    if project.background:
        own = {path.name for path in (project.root / "links").glob(f"*{SUFFIX}")}
        ours = (bundled() / "links").glob(f"*{SUFFIX}")
        paths |= {iri_of(path.name): path for path in ours if path.name not in own}
    return KnowledgeGraph(replace(named, path=paths.get(named.iri.value)) for named in graph)


def _places(graph: NamedGraph) -> dict[Triple, Location]:
    """Where each triple of a graph stands in its file, which is read once for all of them."""
    if graph.path is None:
        return {}
    writings = Writings()
    found: dict[Triple, Location] = {}
    for index, triple in enumerate(graph.triples):
        if triple not in found or found[triple].line is None:
            found[triple] = writings.of(graph, index)
    return found


@contextmanager
def opened(
    name: str | None, project: Project, state: Path | None = None, *, instead: str = TWO_FOLDERS
) -> Iterator[State]:
    """A state by its name: nothing or `.` (the work tree), a project's folder, a snapshot, or a git revision.

    A folder of a project, or a snapshot, comes before a revision of the same name (`refs/heads/main` is always one).

    Args:
        name: What is asked for.
        project: The project that revisions and snapshots are of.
        state: The folder of its snapshots; none: the usual one.
        instead: What to do where there is no repository.

    Raises:
        SourceError: Nothing is called so, or it is no project.
        SnapshotError: The snapshots cannot be read.
        SettingsError: The settings of the project cannot be used.
    """
    if name in {None, "."}:
        yield State(_WORK_TREE, project)
        return
    name = str(name)
    if _may_be_path(name) and (Path(name) / "about.json").is_file():
        yield State(name, project, _snapshot(Path(name)))
    elif _may_be_path(name) and (folder := _project(Path(name))):
        yield State(name, folder)
    elif (found := _built(name, project, state)) is not None:
        yield State(f"the snapshot {name}", project, found)
    elif _may_be_path(name) and Path(name).is_dir() and re.search(r"[/\\]", name):
        raise SourceError(f"{name} is no state", why="the folder holds neither a project (data/ beside cdkg.toml or "
                          "ontology/) nor a snapshot (about.json and graph.nq)")  # fmt: skip
    else:
        yield from _revision(name, project, instead)


def _may_be_path(name: str) -> bool:
    return bool(name.strip()) and name.isprintable() and not name.startswith("-")


def _project(folder: Path) -> Project | None:
    """The project whose root is `folder` itself; one further up is not what was named."""
    if not folder.is_dir():
        return None
    try:
        found = Project.find(folder)
    except SourceError:
        return None
    return found if found.root == folder.resolve() else None


def _built(name: str, project: Project, state: Path | None) -> Snapshot | None:
    """The snapshot of this name (`current`: the last one)."""
    kept = snapshots(project, settings.read(project.root), state)
    if name == "current":
        return kept.current()
    path = kept.folder / "snapshots" / name
    return _snapshot(path) if re.fullmatch(r"\w[\w.-]*", name) and (path / "about.json").is_file() else None


def _snapshot(path: Path) -> Snapshot:
    found = Snapshot(path)
    try:
        found.about  # noqa: B018  # whether it can be read is told here, and what is missing by `read`
    except (OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SourceError("the snapshot is damaged", where=Location(str(path)), why=str(error)) from error
    return found


def _revision(name: str, project: Project, instead: str) -> Iterator[State]:
    repository = Repository(project.root, instead)
    commit = repository.commit(name)
    with tempfile.TemporaryDirectory(prefix="cdkg-revision-") as folder:
        repository.write(commit, Path(folder))
        found = _project(Path(folder))
        if found is None:
            raise SourceError(
                f"the project is not in the revision {name}",
                why="it had no data/ beside cdkg.toml or ontology/ then",
                hint="name a later revision",
            )
        called = name if commit.startswith(name) else f"{name} ({commit[:12]})"
        try:
            yield State(called, found)
        except CdkgError as error:
            _as_git_says(error, found.root, name)
            raise


def _as_git_says(error: CdkgError, root: Path, revision: str) -> None:
    """Tell paths in a revision as git does (`HEAD~1:data/a.ttl`); the folder is gone when the message is read."""
    here, there = f"{root}{os.sep}", f"{revision}:"
    error.what, error.why = error.what.replace(here, there), error.why.replace(here, there)
    if error.where is not None:
        error.where = replace(error.where, path=error.where.path.replace(here, there))
