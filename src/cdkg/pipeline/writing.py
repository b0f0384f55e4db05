"""Writes to a project: a graph is a file, and nothing is written that would break the graph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, parse

from cdkg.assets import Project
from cdkg.bounded import NOT_ENDED
from cdkg.errors import ClashError, SourceError, WriteError
from cdkg.graph import KnowledgeGraph, NamedGraph
from cdkg.pipeline import journal
from cdkg.pipeline.building import changed_since, count, snapshots
from cdkg.pipeline.graph_files import as_turtle, file_of, role_of
from cdkg.pipeline.workspace import Workspace
from cdkg.settings import read as read_settings
from cdkg.sources import load
from cdkg.sources.loader import read
from cdkg.store import Snapshot, Snapshots
from cdkg.store.aside import make_folder
from cdkg.store.locking import LockedError, alone
from cdkg.workers.writing.applying import Applied, apply, check_version
from cdkg.workers.writing.message import Write, Written
from cdkg.workers.writing.process import answer, arguments

if TYPE_CHECKING:
    from cdkg.validation import Report


@dataclass(frozen=True, slots=True)
class ProjectWriter:
    """Writes graphs of a project.

    Attributes:
        project: The project.
        snapshots: Its snapshots.
        writable: The folder below which files may be written.
    """

    project: Project
    snapshots: Snapshots
    writable: Path

    def write(self, asked: Write) -> Written:
        """Do a write: load → reason → validate → snapshot and files, as one.

        Raises:
            WriteError: It is refused, or another process writes.
            CdkgError: It is not valid.
        """
        root = self.project.root
        try:
            make_folder(journal.place(root))
            with ExitStack() as stack:
                stack.enter_context(alone(journal.place(root) / "lock"))
                stack.enter_context(self.snapshots.building())
                journal.settle(root, self.snapshots)
                return self._write(asked)
        except LockedError as error:
            raise WriteError("another process writes or builds here", why=error.why, status=503) from error
        except OSError as error:
            raise WriteError("the project cannot be written", why=error.strerror or str(error), status=507) from error

    def _write(self, asked: Write) -> Written:
        snapshot = self._current()
        check_version(asked, snapshot.path.name)
        quads = list(parse(path=str(snapshot.path / "graph.nq"), format=RdfFormat.N_QUADS))
        applied = apply(asked, quads, _union(quads))
        names = tuple(sorted("" if isinstance(n, DefaultGraph) else n.value for n in applied.changed))
        if not names:
            return Written((), created=False, source=str(snapshot.path))
        files = {name: file_of(name, self.project, self.writable) for name in names}
        contents = {path: _content(name, applied) for name, path in files.items()}
        with journal.staged(self.project.root, contents) as staged:
            graph, report = self._built(files, staged.lying, validated=asked.validated)
            summary = {"counts": count(graph), "results": report.counts() if report else {}, "seconds": {}}
            written = self.snapshots.prepare(graph, summary)
            staged.decide(written, self.snapshots)
        return Written(names, applied.created, str(written.path))

    def _current(self) -> Snapshot:
        """The snapshot that is served; it must be of the files as they are, or what was edited since would be lost."""
        snapshot = self.snapshots.current()
        if snapshot is None:
            raise WriteError("nothing is built yet", hint="`cdkg build`")
        if changed := changed_since(self.project, snapshot):
            raise WriteError(
                f"{len(changed)} files were edited since the last build", why=f"{changed[0].name}, for one",
                hint="`cdkg build` takes them in; then write again",
            )  # fmt: skip
        return snapshot

    def _built(
        self, files: Mapping[str, Path], lying: Mapping[Path, Path], *, validated: bool
    ) -> tuple[KnowledgeGraph, Report | None]:
        """The graph with what follows, and the report.

        Raises:
            WriteError: The write would break it.
        """
        others = (graph for graph in load(self.project) if graph.iri.value not in files)
        changed = [self._read(name, lying[path]) for name, path in files.items() if path in lying]
        workspace = Workspace(self.project, KnowledgeGraph([*others, *changed]))
        shown = self._shown(lying)
        if not validated:
            return workspace.infer().graph, None
        try:
            with workspace.checking() as checking:
                workspace = workspace.reason()
                report = workspace.validate(checking=checking)
        except ClashError as error:
            raise WriteError("the graph would contradict itself", why=_named(error.what, shown), status=422) from error
        if ended := [result.message for result in report.results if result.message.startswith(NOT_ENDED)]:
            raise WriteError("the write could not be checked", why=ended[0], hint="write less at a time", status=504)
        if not report.conforms:
            found = _findings(report, self.project.root, shown)
            raise WriteError("the graph would not conform", why=f"{len(found)} findings", findings=found, status=422)
        return workspace.graph, report

    def _shown(self, lying: Mapping[Path, Path]) -> dict[str, str]:
        """Where files lie for now, absolute and relative → their own names."""
        root = self.project.root
        named = {lies: path.relative_to(root).as_posix() for path, lies in lying.items()}
        absolute = {str(lies): name for lies, name in named.items()}
        return absolute | {lies.relative_to(root).as_posix(): name for lies, name in named.items()}

    def _read(self, name: str, path: Path) -> NamedGraph:
        try:
            return read(path, name, role_of(name))
        except SourceError as error:
            raise WriteError(f"<{name}> cannot be written as Turtle", why=error.what, status=400) from error


def _union(quads: Iterable[Quad]) -> Iterator[Quad]:
    """The default graph that is derived from all graphs but shapes (see `workers.source`)."""
    default = DefaultGraph()
    for quad in quads:
        if "/graph/shapes/" not in str(quad.graph_name):
            yield Quad(quad.subject, quad.predicate, quad.object, default)


def _content(name: str, applied: Applied) -> bytes | None:
    triples = applied.graph(NamedNode(name))
    return as_turtle(name, triples) if triples else None


def _findings(report: Report, root: Path, shown: Mapping[str, str]) -> list[Any]:
    from cdkg.validation.writing.json_document import write_json  # noqa: PLC0415  # only a refusal pays for it
    from cdkg.validation.writing.telling import Telling  # noqa: PLC0415

    told = json.loads(_named(write_json(report, Telling(root)), shown))
    found: list[Any] = told["results"]
    return found


def _named(text: str, shown: Mapping[str, str]) -> str:
    """A text with the files' own names in place of where they lie for now."""
    for path, name in shown.items():
        text = text.replace(path, name)
    return text


def main() -> None:
    """Do the write on standard input."""
    parser = arguments()
    parser.add_argument("project", type=Path)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--writable", type=Path, required=True)
    asked = parser.parse_args()
    project = Project.find(asked.project)
    writer = ProjectWriter(project, snapshots(project, read_settings(project.root), asked.state), asked.writable)
    answer(writer.write, asked)


if __name__ == "__main__":
    main()
