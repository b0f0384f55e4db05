"""A check that is kept up to date while files change: what an edit did not touch is not worked out again."""

from __future__ import annotations

import contextlib
import gc
import glob
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from cdkg.assets import FOLDERS, Project
from cdkg.formats import known_suffixes
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline.checking import told
from cdkg.pipeline.reading import Asked, Memory, Read, read_all
from cdkg.pipeline.workspace import Workspace
from cdkg.reasoning import LiveInference
from cdkg.reasoning.live import Edit
from cdkg.validation import Report, Validation
from cdkg.validation.kept import Kept
from cdkg.validation.places import AskedFor, with_file
from cdkg.validation.querying import dataset
from cdkg.validation.validate import Data

#: Seconds between two looks at the files.
PAUSE: Final = 0.05

_SUFFIXES: Final = frozenset({*known_suffixes(), ".xml", ".json", ".rq", ".toml", ".tsv"})

#: Files with the time and size of their last change.
_Stamps = dict[Path, tuple[int, int]]


def watch(
    ask: Callable[[], Asked],
    paths: tuple[str, ...],
    pause: float = PAUSE,
    is_over: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[Asked, Report, float]]:
    """Check, and again each time that a file has changed; yields what was asked, the report, and the seconds it took.

    Args:
        ask: What is to be checked, gathered anew at each call.
        paths: The files, folders and patterns that were named, shapes among them.
        pause: Seconds between two looks.
        is_over: Whether somebody has ended it.
    """
    kept, project, is_first = KeptCheck(), ask().project, True
    while True:
        stamps = _stamps(project, paths)  # before anything is read: what changes meanwhile is seen after
        asked = ask()
        start = time.perf_counter()
        report = kept.check(asked)
        yield asked, report, time.perf_counter() - start
        kept.warm()
        if is_first:
            gc.freeze()  # what is kept is not looked through again and again
        gc.collect()
        is_first = False
        while not is_over() and _stamps(project, paths) == stamps:
            time.sleep(pause)
        if is_over():
            return


def _stamps(project: Project, paths: tuple[str, ...]) -> _Stamps:
    """The files that a check may read, by their suffix; a link that leads nowhere counts as well."""
    named = [Path(found) for path in paths for found in (glob.glob(path, recursive=True) or [path])]  # noqa: PTH207
    folders = [project.folder(name) for name in FOLDERS]
    files = [path for place in (*named, *folders) if place.is_dir() for path in place.rglob("*")]
    found: _Stamps = {}
    for path in (*files, *named, project.root / "cdkg.toml"):
        if path.suffix.lower() in _SUFFIXES:
            with contextlib.suppress(OSError):  # it is gone again
                try:
                    stat = path.stat()
                except OSError:  # a link that leads nowhere
                    stat = path.lstat()
                found[path] = stat.st_mtime_ns, stat.st_size
    return found


class KeptCheck:
    """What a check has read, inferred and encoded, for the next check of nearly the same files."""

    def __init__(self) -> None:
        self._memory = Memory()
        self._kept: _Kept | None = None

    def check(self, asked: Asked) -> Report:
        """As `pipeline.checking.check`."""
        return told(asked, read_all(asked, self._memory), self._validated)

    def warm(self) -> None:
        """Work out once here, while nobody waits, what the process that evaluates shapes takes with it when it ends."""
        if self._kept is not None:
            self._kept.warm()

    def _validated(self, asked: Asked, read: Read, asked_for: AskedFor | None) -> Report:
        """Reason and validate; from nothing where ontology, rules, shapes, checks or the engine are others.

        Raises:
            CdkgError: There is nothing to check with, or it does not come to an end.
        """
        workspace = Workspace(asked.project, read.graph, foreign=asked.files is not None)
        terms = {graph.iri.value: graph for graph in read.graph.of(Role.ONTOLOGY, Role.SHAPES)}
        means = (terms, workspace.rules(), workspace.checks(), asked.engine)
        former, self._kept = self._kept, None  # an error on the way leaves nothing half done
        kept = former if former and former.means == means else _Kept(read.graph, workspace, means)
        kept.put(read.graph)
        report = kept.report(asked, workspace, asked_for)
        self._kept = kept
        return report


class _Kept:
    """A graph with what follows, in the forms that rules, engine and checks read."""

    def __init__(self, graph: KnowledgeGraph, workspace: Workspace, means: tuple[Any, ...]) -> None:
        self.means = means
        _, rules, checks, engine = means
        self._live = LiveInference(graph, rules)
        self._validation = Validation(workspace.graph.of(Role.SHAPES), checks, engine)
        self._data = _KeptData(self._live.inference.graph)
        self._is_harmless = self._is_warm = False

    def put(self, graph: KnowledgeGraph) -> None:
        """Put the graphs that have changed, and drop those that are gone."""
        known = {named.iri.value: named for named in self._live.graph}
        edits = [self._live.put(named) for named in graph if known.get(named.iri.value) != named]
        edits += [self._live.drop(iri) for iri in known.keys() - {named.iri.value for named in graph}]
        for edit in edits:
            self._data.edit(edit)
        if edits:
            self._data.put(self._live.inference.graph)

    def report(self, asked: Asked, workspace: Workspace, asked_for: AskedFor | None) -> Report:
        """Hold the shapes and checks against what is there now."""
        self._data.writings.refresh()
        inference = self._live.inference
        reasoned = replace(workspace, graph=inference.graph, inference=inference)
        report = reasoned.held_against(
            self._validation, data=self._data, asked_for=asked_for, bounds=asked.bounds, tell=asked.tell
        )
        self._is_harmless |= report.checked
        return report

    def warm(self) -> None:
        """Evaluate the shapes in this process; they have been seen to come to an end."""
        if self._is_harmless and not self._is_warm:
            self._validation.warm(self._data)
            self._is_warm = True


class _KeptData(Data):
    """A data graph in all its forms, changed where the graphs change."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        super().__init__(graph)
        self._terms = {triple.subject for ontology in graph.of(Role.ONTOLOGY) for triple in ontology.triples}
        self.kept: Kept = Kept(dataset(graph))
        self.columns, self.index  # noqa: B018  # made of this graph, and changed with it from here on

    def edit(self, edit: Edit) -> None:
        """Take in what an edit has changed in the union."""
        came = edit.stated | edit.inferred
        gone = (edit.unstated | edit.uninferred) - came
        self.kept.change(None, came, gone)
        self.columns.add([t for t in came if t.subject not in self._terms])
        self.columns.remove([t for t in gone if t.subject not in self._terms])

    def put(self, graph: KnowledgeGraph) -> None:
        """Take in the graphs that somebody wrote as they are now."""
        former = {named.iri: named for named in _written(self._graph)}
        latter = {named.iri: named for named in _written(graph)}
        for iri in former.keys() | latter.keys():
            before, after = (graphs[iri].triples if iri in graphs else () for graphs in (former, latter))
            if before != after:
                self.kept.change(iri, set(after) - set(before), set(before) - set(after))
        self._graph = graph
        self.index.put(with_file(graph))
        for name in ("triples", "store"):
            self.__dict__.pop(name, None)


def _written(graph: KnowledgeGraph) -> list[NamedGraph]:
    return [named for named in graph if named.role is not Role.INFERRED]
