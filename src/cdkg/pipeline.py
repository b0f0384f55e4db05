"""The one place that strings the rooms together: load → reason → validate → snapshot."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, Triple

from cdkg import settings as settings_room
from cdkg.assets import FOLDERS, Project
from cdkg.errors import ClashError, Location, SnapshotError
from cdkg.graph import KnowledgeGraph, Role
from cdkg.query import Answer, Limits, Question, read_questions, run
from cdkg.reasoning import Clash, Engine, Inference, Rule, read_rules, reason
from cdkg.sources import load
from cdkg.store import Snapshot, Snapshots
from cdkg.validation import Check, Report, read_checks, validate
from cdkg.validation.places import Places
from cdkg.vocabulary import CD, read_name, read_term, shorten

if TYPE_CHECKING:
    import rdflib

    from cdkg.settings import Settings


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a triple holds: the rule that gave it and the proofs of its premises, or the places that assert it."""

    triple: Triple
    rule: str
    premises: tuple[Proof, ...]
    places: tuple[Location, ...]

    def lines(self, tell: Callable[[Location], str] = str, depth: int = 0) -> Iterator[str]:
        """The proof as indented text, a step a line; `tell` says how a place is written."""
        terms = (self.triple.subject, self.triple.predicate, self.triple.object)
        told = " ".join(shorten(t.value) if isinstance(t, NamedNode) else str(t) for t in terms)
        yield f"{'  ' * depth}{told}  [{self.rule or 'asserted'}]"
        for place in self.places:
            yield f"{'  ' * depth}  at {tell(place)}"
        for premise in self.premises:
            yield from premise.lines(tell, depth + 1)


@dataclass(frozen=True)
class Workspace:
    """A project with its graph; `reason()` gives a new one, nothing is changed in place.

    Attributes:
        project: Where the files lie.
        graph: The named graphs.
        inference: What reasoning found, once it ran.
    """

    project: Project
    graph: KnowledgeGraph
    inference: Inference | None = None

    def reason(self, engine: Engine = "cdkg") -> Workspace:
        """Add what follows (OWL 2 RL and the closed-world rules).

        Args:
            engine: The OWL 2 RL engine: ours, or `owlrl` for the reference, which is slow and explains nothing.

        Raises:
            ClashError: The graph contradicts itself; the message names the statements and their lines.
            SettingsError: There is no such engine.
        """
        inference = reason(self.graph, self.rules(), engine)
        reasoned = Workspace(self.project, inference.graph, inference)
        if inference.clashes:
            raise ClashError(_tell_clashes(inference.clashes, reasoned.places))
        return reasoned

    def validate(self) -> Report:
        """Validate against the shapes and check queries; of data of ours in the background nothing is reported.

        Raises:
            ShapesError: There is nothing to check with, or nothing that is looked at.
        """
        behind = self.inference.asserted_behind if self.inference else None
        report = validate(self.graph, self.checks(), behind)
        return report.within(self.project.root) if self.project.background else report

    def query(self, text: str, limits: Limits | None = None) -> Answer:
        """Answer a SPARQL query over the union of all graphs.

        Raises:
            QueryError: It is not valid or not allowed.
        """
        return run(self.graph.store, text, limits=limits)

    def explain(self, subject: str, predicate: str, obj: str) -> Proof | None:
        """Why a triple holds; None where it does not.

        Args:
            subject: A prefixed name or an IRI.
            predicate: A prefixed name or an IRI.
            obj: A prefixed name, an IRI, or a literal as Turtle writes it (`"Leeds"@en`, `1998`).

        Raises:
            VocabularyError: A prefix is unknown, or a term is none.
        """
        triple = Triple(read_name(subject), read_name(predicate), read_term(obj))
        return self._prove(triple) if triple in self.graph.union else None

    def _prove(self, triple: Triple, above: frozenset[Triple] = frozenset()) -> Proof:
        derivation = self.inference.derivation(triple) if self.inference else None
        if derivation is None:
            return Proof(triple, "", (), self.places.of_triple(triple))
        above |= {triple}
        steps = (self._prove(premise, above) for premise in derivation.premises if premise not in above)
        return Proof(triple, derivation.rule, tuple(steps), ())

    def to_rdflib(self) -> rdflib.Dataset:
        """A copy as an `rdflib.Dataset`."""
        return self.graph.to_rdflib()

    @cached_property
    def places(self) -> Places:
        """Finds the lines of triples."""
        return Places(self.graph, self.inference.asserted_behind if self.inference else None)

    def rules(self) -> list[Rule]:
        """The closed-world rules of the project."""
        return read_rules(self.project.folder("ontology") / "rules")

    def checks(self) -> list[Check]:
        """The check queries of the project."""
        return read_checks(self.project.folder("queries/checks"))

    def questions(self) -> list[Question]:
        """The competency questions of the project."""
        return read_questions(self.project.folder("queries/competency"))


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: the workspace, the report, the snapshot (None: kept the former one), counts and seconds."""

    workspace: Workspace
    report: Report
    snapshot: Snapshot | None
    counts: dict[str, int]
    seconds: dict[str, float]


@dataclass(slots=True)
class _Clock:
    """Times the steps and tells each of them to whoever wants to show progress."""

    tell: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.tell(name)
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
        _log.info("%s took %.2f s", name, self.seconds[name])


def open_project(folder: Path | None = None) -> Workspace:
    """Load the project of a folder (default: of the current folder, else the one that came with the package).

    Raises:
        SourceError: Its files cannot be read.
    """
    project = Project.find(folder)
    return Workspace(project, load(project))


def snapshots(project: Project, settings: Settings, state: Path | None = None) -> Snapshots:
    """The snapshots of a project, in `state`, the folder of the settings, or the usual place."""
    folder = state or (Path(settings.state) if settings.state else project.state())
    return Snapshots(folder, settings.keep_snapshots)


def build(
    project: Project,
    *,
    state: Path | None = None,
    allow_violations: bool = False,
    reasoner: Engine = "cdkg",
    tell: Callable[[str], None] = lambda _: None,
) -> Built:
    """Load, reason, validate and write a snapshot; with a violation the former snapshot stays.

    Raises:
        SourceError: A file cannot be read.
        ClashError: The graph contradicts itself.
        ShapesError: There is nothing to validate with.
        SnapshotError: The snapshot cannot be written.
    """
    settings = settings_room.read(project.root)
    clock = _Clock(tell)
    with clock.step("load"):
        workspace = Workspace(project, load(project))
    with clock.step("reason"):
        workspace = workspace.reason(reasoner)
    with clock.step("validate"):
        report = workspace.validate()
    counts = count(workspace.graph)
    snapshot = None
    if report.conforms or allow_violations:
        with clock.step("write"):
            summary = {"counts": counts, "results": report.counts(), "seconds": clock.seconds}
            snapshot = snapshots(project, settings, state).write(workspace.graph, summary)
    return Built(workspace, report, snapshot, counts, clock.seconds)


def count(graph: KnowledgeGraph) -> dict[str, int]:
    """Sizes of a graph: files, passages, entities, statements, triples asserted, inferred and in all."""
    asserted = {t for g in graph.asserted() for t in g.triples}
    return {
        "files": sum(1 for g in graph if g.role is not Role.INFERRED),
        "passages": len(graph.of(Role.PASSAGE)),
        "entities": len(
            {t.subject for g in graph.of(Role.EDITORIAL) if "/graph/entities/" in g.iri.value for t in g.triples}
        ),
        "statements": len(graph.instances(NamedNode(f"{CD}Statement"))),
        "relations": len(graph.instances(NamedNode(f"{CD}Relation"))),
        "disagreements": len(graph.instances(NamedNode(f"{CD}Disagreement"))),
        "gaps": len(graph.instances(NamedNode(f"{CD}Gap"))),
        "asserted triples": len(asserted),
        "inferred triples": len(graph.union - asserted),
        "triples": len(graph.union),
    }


def changed_since(project: Project, snapshot: Snapshot) -> list[Path]:
    """The files of a project that were written after a snapshot was made.

    Raises:
        SnapshotError: The snapshot is damaged.
    """
    try:
        made = (snapshot.path / "about.json").stat().st_mtime
    except OSError as error:
        raise SnapshotError(
            "the snapshot is damaged",
            where=Location(str(snapshot.path)),
            why=error.strerror or str(error),
            hint="`cdkg build` makes a new one",
        ) from error
    paths = (path for name in FOLDERS for path in project.folder(name).rglob("*") if path.is_file())
    return sorted(path for path in paths if path.stat().st_mtime > made)


def read_current(project: Project, state: Path | None = None) -> KnowledgeGraph:
    """The graph of the current snapshot.

    Raises:
        SnapshotError: Nothing was built yet, or the snapshot is damaged.
    """
    found = snapshots(project, settings_room.read(project.root), state).current()
    if found is None:
        raise SnapshotError("nothing was built yet", where=Location(str(project.root)), hint="`cdkg build`")
    return found.read()


def _tell_clashes(clashes: tuple[Clash, ...], places: Places) -> str:
    lines = [f"the graph contradicts itself in {len(clashes)} place{'s'[: len(clashes) != 1]}"]
    for clash in clashes:
        lines.append(f"{clash.rule}:")
        for triple in clash.triples:
            terms = (triple.subject, triple.predicate, triple.object)
            lines.append("  " + " ".join(shorten(t.value) if isinstance(t, NamedNode) else str(t) for t in terms))
            lines += [f"    at {place}" for place in places.of_triple(triple)]
    return "\n".join(lines)
