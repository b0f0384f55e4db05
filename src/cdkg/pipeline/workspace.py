"""`Workspace`: a graph with all that can be asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyoxigraph import Triple

from cdkg.assets import Project
from cdkg.bounded import Bounds, Tell
from cdkg.errors import ClashError, SourceError
from cdkg.graph import INFERRED_OWL, INFERRED_RULES, KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import journal
from cdkg.query import Answer, Limits, Question, read_questions, run
from cdkg.query.names import Names
from cdkg.query.trace import Why
from cdkg.query.why import why
from cdkg.query.why_not import WhyNot, why_not
from cdkg.reasoning import Engine, Inference, LiveInference, Proof, Rule, read_rules, reason
from cdkg.reasoning.choice import choose
from cdkg.reasoning.profile.outside import OutsideProfile, outside_profile
from cdkg.reasoning.rl.closure import Closure
from cdkg.reasoning.telling.contradiction import Contradiction, told
from cdkg.reasoning.telling.dispute import Dispute, disputes
from cdkg.reasoning.telling.explanation import Explanation, explained
from cdkg.settings import read as read_settings
from cdkg.sources import load
from cdkg.sources.foreign import RdfFile, read_foreign, read_ontology
from cdkg.sources.origins import Origins

if TYPE_CHECKING:
    import rdflib

    from cdkg.validation import Check, Report, Validation
    from cdkg.validation.places import AskedFor
    from cdkg.validation.querying import Checking
    from cdkg.validation.validate import Data

#: So many contradictions are told in full; of a thousand, the first hundred say what is wrong.
MOST_CONTRADICTIONS: Final = 100


@dataclass(frozen=True)
class Workspace:
    """A project with its graph, or files of somebody else; `reason()` gives a new one, nothing is changed in place.

    Attributes:
        project: Where the files lie; for files of somebody else, whose ontology and rules may be added.
        graph: The named graphs.
        inference: What reasoning found, once it ran.
        foreign: Whether the graphs are files of somebody else.
    """

    project: Project
    graph: KnowledgeGraph
    inference: Inference | None = None
    foreign: bool = False

    def reason(
        self, engine: Engine = "cdkg", *, only: str | Iterable[str] = (), without: str | Iterable[str] = ()
    ) -> Workspace:
        """Add what follows (OWL 2 RL and the closed-world rules).

        Args:
            engine: The OWL 2 RL engine: ours, or `owlrl` for the reference, which is slow and explains nothing.
            only: Patterns of the graphs that take part (`ucl/*`); none: all.
            without: Patterns of graphs that do not.

        Raises:
            ClashError: The graph contradicts itself; it names the statements and their lines.
            SettingsError: There is no such engine, or a pattern meets no graph.
        """
        reasoned = self.chosen(only, without).infer(engine)
        number = reasoned.clashes
        if number:
            found = reasoned.contradictions(MOST_CONTRADICTIONS)
            raise ClashError(told(found, number), found, number)
        return reasoned

    def chosen(self, only: str | Iterable[str] = (), without: str | Iterable[str] = ()) -> Workspace:
        """The same with a choice of its graphs (see `cdkg.reasoning.choice`), not reasoned over.

        Raises:
            SettingsError: A pattern meets no graph.
            SourceError: The choice leaves nothing.
        """
        asserted = KnowledgeGraph(graph for graph in self.graph if graph.role is not Role.INFERRED)
        graph = choose(asserted, only, without)
        if not any(named.triples for named in graph.asserted()):
            raise SourceError("there is nothing to reason over", why="the choice of graphs leaves no triple")
        return replace(self, graph=graph, inference=None)

    def infer(self, engine: Engine = "cdkg", *, closed_world: bool = True, axiomatic: bool = False) -> Workspace:
        """The same as `reason`, also of a graph that contradicts itself: see `contradictions`.

        Args:
            engine: The OWL 2 RL engine.
            closed_world: Whether the closed-world rules of the project are run too.
            axiomatic: Whether the rules are on that only add reflexive or axiomatic triples (`Closure` names them).

        Raises:
            LimitError: More would follow than may be held.
            SettingsError: There is no such engine, or it has no such switch.
        """
        inference = reason(self.graph, self.rules() if closed_world else (), engine, axiomatic=axiomatic)
        return replace(self, graph=inference.graph, inference=inference)

    def live(self, *, closed_world: bool = True) -> LiveInference:
        """What follows, kept up to date while named graphs are put and dropped; this workspace stays as it is.

        Raises:
            LimitError: More would follow than may be held.
        """
        return LiveInference(self.graph, self.rules() if closed_world else ())

    @cached_property
    def inferred(self) -> tuple[NamedGraph, NamedGraph]:
        """What follows by OWL 2 RL and what by closed-world rules; of foreign files also about blank nodes."""
        by_owl, by_rule = self.graph.graph(INFERRED_OWL.value), self.graph.graph(INFERRED_RULES.value)
        if self.foreign and self.inference is not None:
            made, closure = set(by_rule.triples), self.inference.closure
            by_owl = replace(by_owl, triples=tuple(t for t in closure.inferred() if t not in made))
        return by_owl, by_rule

    def sizes(self) -> dict[str, int]:
        """How many triples are given, and how many follow from them by OWL 2 RL and by closed-world rules."""
        by_owl, by_rule = self.inferred
        given = {t for graph in self.graph.asserted() for t in graph.triples}
        return {"given": len(given), "inferred_owl": len(by_owl.triples), "inferred_rules": len(by_rule.triples)}

    @property
    def clashes(self) -> int:
        """In how many places the graph contradicts itself, as far as reasoning ran."""
        return len(self.inference.clashes) if self.inference else 0

    def outside_profile(self) -> list[OutsideProfile]:
        """What is not in OWL 2 RL: in the project's ontology, or in files of somebody else."""
        graphs = self.graph.asserted() if self.foreign else self.graph.of(Role.ONTOLOGY)
        return outside_profile((t for graph in graphs for t in graph.triples), self.origins)

    def contradictions(self, most: int | None = None, *, proofs: bool = False) -> list[Contradiction]:
        """What the graph says against itself, each with the statements that clash.

        Args:
            most: How many at most.
            proofs: Whether an inferred statement comes with its proof, or just with the asserted ones behind it.
        """
        if self.inference is None:
            return []
        tell = self._first if proofs else self._rested
        return [Contradiction(c.rule, tuple(map(tell, c.triples))) for c in self.inference.clashes[:most]]

    def checking(self, bounds: Bounds | None = None, tell: Tell = lambda _: None) -> Checking:
        """Begin the check queries with what is asserted, while somebody reasons; to be used in a `with` block.

        Raises:
            ShapesError: A check cannot be read.
        """
        from cdkg.validation.querying import Checking  # noqa: PLC0415  # only those pay for it who validate

        return Checking(self.checks(), self.graph, bounds or self._bounds, tell)

    def validate(
        self,
        engine: str | None = None,
        bounds: Bounds | None = None,
        tell: Tell = lambda _: None,
        checking: Checking | None = None,
        asked_for: AskedFor | None = None,
    ) -> Report:
        """Validate against the shapes and check queries; of data of ours in the background nothing is reported.

        Args:
            engine: The SHACL engine by name; the first of `validation.shacl.ENGINES` where nothing is said.
            bounds: What the evaluation may take; the settings of the project where nothing is said.
            tell: Is told what is at work.
            checking: The check queries, where they have begun.
            asked_for: Whether somebody asked for findings about a file; None: about all.

        Raises:
            ShapesError: There are no shapes, or a check cannot be read.
        """
        from cdkg.validation import Validation  # noqa: PLC0415  # as above
        from cdkg.validation.shacl import ENGINES  # noqa: PLC0415  # as above

        validation = Validation(self.graph.of(Role.SHAPES), self.checks(), engine or ENGINES[0])
        return self.held_against(validation, checking=checking, asked_for=asked_for, bounds=bounds, tell=tell)

    def held_against(
        self,
        validation: Validation,
        *,
        data: Data | None = None,
        checking: Checking | None = None,
        asked_for: AskedFor | None = None,
        bounds: Bounds | None = None,
        tell: Tell = lambda _: None,
    ) -> Report:
        """As `validate`, with shapes and checks, and maybe a data graph, that somebody keeps (see `Validation`)."""
        from cdkg.validation.contradictions import as_result  # noqa: PLC0415  # as above
        from cdkg.validation.validate import Data  # noqa: PLC0415  # as above

        behind = self.inference.asserted_behind if self.inference else None
        bounds, root = bounds or self._bounds, self.project.root
        if asked_for is None and self.project.background:
            asked_for = cache(lambda path: root in path.parents)
        if data is None:
            closure = self.inference.closure if self.inference else None
            data = Data(self.graph, closure if isinstance(closure, Closure) else None)
        report = validation.report(
            self.graph, behind, data=data, checking=checking, asked_for=asked_for, bounds=bounds, tell=tell
        )
        report = report.with_results(map(as_result, self.contradictions(MOST_CONTRADICTIONS)))
        return report.within(root) if self.project.background and not self.foreign else report

    @cached_property
    def _bounds(self) -> Bounds:
        known = read_settings(self.project.root)
        return Bounds(known.validation_seconds, known.validation_megabytes)

    def query(self, text: str, limits: Limits | None = None) -> Answer:
        """Answer a SPARQL query over the union of all graphs.

        Raises:
            QueryError: It is not valid or not allowed.
        """
        return run(self.graph.store, text, limits=limits)

    def why(self, text: str, limit: int = 20) -> Why:
        """The triples that make the rows of a SELECT query true, with the asserted ones behind them.

        Args:
            text: The query.
            limit: How many rows are traced.

        Raises:
            QueryError: It is not valid, not allowed, or neither SELECT nor ASK.
        """
        behind = self.inference.asserted_behind if self.inference else lambda triple: [triple]
        return why(self.graph.store, text, behind, limit=limit)

    def why_not(self, text: str) -> WhyNot:
        """The smallest part of a query that has no solution, and what may have been meant.

        Raises:
            QueryError: It is not valid, not allowed, or neither SELECT nor ASK.
        """
        return why_not(self.graph.store, text)

    def explain(self, subject: str, predicate: str, obj: str) -> Explanation | None:
        """Why a triple holds, by its shortest proof; None where it does not.

        Args:
            subject: A prefixed name, an IRI, or a label in any language (`Leeds`).
            predicate: The same, or `a`.
            obj: The same, or a literal as Turtle writes it (`"Leeds"@en`, `1998`).

        Raises:
            VocabularyError: A prefix is unknown, or nothing or more than one thing is called so.
        """
        triple = self.triple(subject, predicate, obj)
        return next(self.explanations(triple), None)

    def triple(self, subject: str, predicate: str, obj: str) -> Triple:
        """The triple that names or labels mean; where the object may mean two things, the one that holds.

        Raises:
            VocabularyError: A prefix is unknown, or nothing or more than one thing is called so.
        """
        s, p = self.names.node(subject), self.names.predicate(predicate)
        meant = [Triple(s, p, o) for o in self.names.objects(obj)]
        return next((triple for triple in meant if triple in self.graph.union), meant[0])

    def explanations(self, triple: Triple) -> Iterator[Explanation]:
        """All proofs of a triple, the shortest first; none when it does not hold."""
        if triple not in self.graph.union:
            return
        for proof in _proofs(self.inference, triple):
            yield explained(proof, self.origins, self._rule_files)

    def disputes(self, proofs: Iterable[Explanation]) -> list[Dispute]:
        """The disagreements between documents that concern what proofs speak of, with all their sides."""
        return disputes(proofs, self.graph.store, self.origins)

    def _first(self, triple: Triple) -> Explanation:
        return next(self.explanations(triple), Explanation(triple))

    def _rested(self, triple: Triple) -> Explanation:
        """A triple with the asserted ones that it rests on, in place of its proof."""
        derivation = self.inference.derivation(triple) if self.inference else None
        if self.inference is None or derivation is None:
            return Explanation(triple, origins=self.origins.of(triple))
        behind = self.inference.asserted_behind(triple)
        leaves = tuple(Explanation(t, origins=self.origins.of(t)) for t in behind)
        return Explanation(triple, derivation.rule, leaves, outline=True)

    def to_rdflib(self, *, same_as: bool = False) -> rdflib.Dataset:
        """A copy as an `rdflib.Dataset`.

        Args:
            same_as: Whether exact matches with things of others are told as `owl:sameAs`, too, in a graph of their own.
        """
        graph = self.graph
        if same_as:
            from cdkg.store.export import same_as as same_as_graph  # noqa: PLC0415  # only those pay for it who want it

            graph = graph.with_graphs(same_as_graph(graph))
        return graph.to_rdflib()

    @cached_property
    def origins(self) -> Origins:
        """Finds the lines, passages and documents of asserted triples."""
        return Origins(self.graph)

    @cached_property
    def names(self) -> Names:
        """Finds terms by name and by label."""
        return Names(self.graph)

    @cached_property
    def _rule_files(self) -> dict[str, Path]:
        return {rule.slug: rule.path for rule in self.inference.rules} if self.inference else {}

    def rules(self) -> list[Rule]:
        """The closed-world rules of the project."""
        return read_rules(self.project.folder("ontology") / "rules")

    def checks(self) -> list[Check]:
        """The check queries of the project."""
        from cdkg.validation import read_checks  # noqa: PLC0415  # as above

        return read_checks(self.project.folder("queries/checks"))

    def questions(self) -> list[Question]:
        """The competency questions of the project."""
        return read_questions(self.project.folder("queries/competency"))


def open_project(folder: Path | None = None) -> Workspace:
    """Load the project of a folder (default: of the current folder, else the one that came with the package).

    Raises:
        SourceError: Its files cannot be read.
        LockedError: Others write to them again and again.
        WriteError: A write was broken off.
    """
    project = Project.find(folder)
    return Workspace(project, journal.undisturbed(project.root, lambda: load(project)))


def open_files(files: Iterable[RdfFile], project: Project, *, ontology: bool = False) -> Workspace:
    """Load RDF files of somebody else, alone or with the ontology of a project.

    Raises:
        SourceError: A file is not valid, or there is no triple in any.
    """
    found = read_foreign(files)
    if not any(graph.triples for graph in found):
        raise SourceError("there is nothing to reason over", why="the files hold no triple")
    return Workspace(project, KnowledgeGraph([*(read_ontology(project) if ontology else ()), *found]), foreign=True)


def _proofs(inference: Inference | None, triple: Triple) -> Iterator[Proof]:
    """The proofs of a triple that holds, the shortest first."""
    return inference.proofs(triple) if inference else iter([Proof(triple)])
