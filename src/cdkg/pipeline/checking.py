"""A check of a project, or of files of anybody against a project's ontology, shapes and checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from cdkg.errors import CdkgError, Location, ShapesError, SourceError
from cdkg.pipeline.reading import Asked, Read, read_all
from cdkg.pipeline.workspace import Workspace
from cdkg.validation import Kind, Report, Result
from cdkg.validation.losses import losses
from cdkg.validation.places import AskedFor


def check(asked: Asked) -> Report:
    """Check syntax, names, links, shapes, check queries and contradictions; what cannot be read does not stop the rest.

    Returns:
        The findings about the files asked for; `unread` has what could not be read or checked.
    """
    asked.tell("read")
    return told(asked, read_all(asked), validated)


#: Reasons over what was read and holds shapes and checks against it.
Validated = Callable[[Asked, Read, AskedFor | None], Report]


def told(asked: Asked, read: Read, validate: Validated) -> Report:
    """The report about what was read; see `check`."""
    faults = [Result.of(fault, Kind.SYNTAX, "syntax") for fault in read.faults]
    unread = dict.fromkeys(fault.where.path if fault.where else fault.what for fault in read.faults)
    named = (file for gathered in (asked.files, asked.shapes) if gathered is not None for file in gathered.files)
    results = [*faults, *losses(named, unread)]
    report = Report((), files=read.paths, unread=tuple(unread))
    own = _Own(read) if asked.files is not None else None
    if own is not None and not own.nodes and faults:
        return report.only(results)  # there is nothing else to look at
    try:
        report = _checked(asked, read, report, own, validate)
    except CdkgError as error:  # what was found until here is told all the same
        report = report.unchecked(error)
    return report.with_results(results)


def _checked(asked: Asked, read: Read, report: Report, own: _Own | None, validate: Validated) -> Report:
    """The report of all that could be read.

    Raises:
        CdkgError: There is nothing to check, or nothing to check with, or it does not come to an end.
    """
    if own is not None and not own.nodes:
        raise SourceError("nothing was checked", why="the files hold no triple")
    asked.tell("reason")
    found = validate(asked, read, own.has if own else None)
    found = replace(found, files=report.files, unread=report.unread)
    return found if own is None else own.part_of(found)


def validated(asked: Asked, read: Read, asked_for: AskedFor | None) -> Report:
    """Reason over what was read, and hold shapes and checks against it.

    Args:
        asked: How it is to be checked.
        read: What was read.
        asked_for: Whether findings about a file are wanted; None: about all.

    Raises:
        CdkgError: There is nothing to check with, or it does not come to an end.
    """
    workspace = Workspace(asked.project, read.graph, foreign=asked.files is not None)
    with workspace.checking(asked.bounds, asked.tell) as checking:
        return workspace.infer().validate(asked.engine, asked.bounds, asked.tell, checking, asked_for)


class _Own:
    """The files that findings are told of.

    Attributes:
        nodes: What they speak of, in N-Triples form.
    """

    def __init__(self, read: Read) -> None:
        self._paths = {Path(path).resolve() for path in read.paths}
        self._known: dict[Path | str, bool] = {}
        own = (graph for graph in read.graph if graph.path and self.has(graph.path))
        self.nodes = frozenset().union(*map(read.nodes, own))

    def part_of(self, report: Report) -> Report:
        """Of a report the findings about these files, their places in these first; it fails if no shape met them."""
        about = (result for result in report.results if result.kind is Kind.SHAPES or self._places(result.places))
        told = (replace(r, places=tuple(sorted(r.places, key=self._is_elsewhere))) for r in about)
        focus = self.nodes & report.focus
        found = replace(report, focus_nodes=len(focus), focus=frozenset(focus)).only(told)
        if focus or not report.shapes:
            return found
        error = ShapesError(
            "no shape looks at anything in these files",
            why=f"none of the {report.shapes} shapes that met something met one of their {len(self.nodes)} nodes",
            hint="give things a class of the ontology (`a cd:City`), or name shapes for them with --shapes",
        )
        return found.unchecked(error)

    def _places(self, places: Iterable[Location]) -> bool:
        return not all(map(self._is_elsewhere, places))

    def _is_elsewhere(self, place: Location) -> bool:
        return not self.has(place.path)

    def has(self, path: Path | str) -> bool:
        """Whether a file is one of them."""
        known = self._known.get(path)
        if known is None:  # a path is looked up on disk once
            known = self._known[path] = Path(path).resolve() in self._paths
        return known
