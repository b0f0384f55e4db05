"""What has changed since a git revision, for whoever wants to look at that alone: of a project, of files of anybody."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from cdkg.assets import Project
from cdkg.changes.canonical import canonical_names, renamed
from cdkg.changes.comparing import compare
from cdkg.changes.deleted import NO_REPOSITORY
from cdkg.changes.difference import Change, Difference, Inferred, Scope, Statement
from cdkg.changes.revisions import Repository
from cdkg.changes.scope import changed_lines, common, lines_that_differ
from cdkg.changes.states import opened
from cdkg.errors import SourceError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import Workspace
from cdkg.sources.foreign import RdfFile, read_each
from cdkg.sources.loader import load_background


def difference_since(project: Project, revision: str) -> Difference:
    """The difference between a revision and the work tree, as far as `changed_results` needs it.

    Where a file of one of them cannot be read, it has the changed lines alone.

    Raises:
        SourceError: There is no such revision, or no repository.
        RuleError: A closed-world rule cannot be run.
    """
    with opened(revision, project, instead=NO_REPOSITORY) as before, opened(None, project) as after:
        try:
            return compare(before, after, ("statements", "inferences"))
        except SourceError:
            lines = changed_lines(before, after)
            return Difference(before.name, after.name, (), scope=Scope(str(project.root), lines=lines))


def foreign_difference_since(
    files: Iterable[RdfFile], project: Project, revision: str, gone: Iterable[RdfFile] = ()
) -> Difference:
    """The same for files that are no part of a project, over the ontology and entities of one.

    A file that was not valid then, or is not now, has its changed lines alone.

    Args:
        files: The files as they are.
        project: Whose ontology and entities stand behind them.
        revision: What they are compared with.
        gone: Files of that revision that are there no more (see `deleted`).

    Raises:
        SourceError: There is no such revision, or a file is in no repository.
        RuleError: A closed-world rule cannot be run.
    """
    files = list(files)
    former = [_former(file, revision) for file in files]
    background, _ = load_background(project)  # once: its blank nodes must have the same names in both
    old = _Foreign([*(file for file in former if file is not None), *gone], background, project)
    new = _Foreign(files, background, project)
    lines = {
        os.path.relpath(file.path): lines_that_differ(_text(was), _text(file))
        for file, was in zip(files, former, strict=True)
    }
    given = old.given.keys() | new.given.keys()
    return Difference(
        revision,
        "the work tree",
        ("statements", "inferences"),
        statements=Change(old.only(new), new.only(old)),
        inferences=Change(*(_inferred(one.union - other.union - given) for one, other in ((old, new), (new, old)))),
        scope=Scope(str(Path.cwd()), common(new.asserted, new.terms), frozenset(), lines),
    )


def has_changed(files: Iterable[RdfFile], revision: str, gone: Iterable[RdfFile] = ()) -> bool:
    """Whether one of some files is not what it was in a revision, was not there, or is gone (see `deleted`).

    Raises:
        SourceError: There is no such revision, or a file is in no repository.
    """
    changed = ((former := _former(file, revision)) is None or former.data != file.data for file in files)
    return any(gone) or any(changed)


def _former(file: RdfFile, revision: str) -> RdfFile | None:
    """The file as it was, under the same path; None where it was not there."""
    repository = Repository(file.path.resolve().parent, NO_REPOSITORY)
    data = repository.blob(repository.commit(revision), file.path.resolve().name)
    return None if data is None else replace(file, data=data)


def _text(file: RdfFile | None) -> str:
    return file.data.decode(errors="replace") if file else ""


def _inferred(triples: Iterable[Triple]) -> tuple[Inferred, ...]:
    return tuple(Inferred(triple, traced=False) for triple in sorted(triples, key=str))


def _canonical(graph: NamedGraph) -> NamedGraph:
    """The graph with names for its blank nodes that are the same whenever it is read."""
    names = canonical_names(graph.triples)
    return replace(graph, triples=tuple(renamed(triple, names) for triple in graph.triples))


class _Foreign:
    """Files of somebody with what follows from them."""

    def __init__(self, files: list[RdfFile], background: KnowledgeGraph, project: Project) -> None:
        self._graphs = [_canonical(graph) for graph in read_each(files)[0]]
        graph = background.with_graphs(*self._graphs)
        self.given: dict[Triple, NamedNode] = {t: named.iri for named in self._graphs for t in named.triples}
        self.asserted = {t for named in graph.asserted() for t in named.triples}
        self.terms = {t.subject for named in graph.of(Role.ONTOLOGY) for t in named.triples}
        self.union = Workspace(project, graph, foreign=True).infer().graph.union

    def only(self, other: _Foreign) -> tuple[Statement, ...]:
        """The statements that the other does not have."""
        own = ((t, iri) for t, iri in self.given.items() if t not in other.given)
        return tuple(Statement(triple, iri, Role.PASSAGE) for triple, iri in own)
