"""Shapes, check queries, terms, prefixes and links together, as one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from pyoxigraph import DefaultGraph, Quad, Store, Triple

from cdkg.bounded import Bounds, Job, Tell
from cdkg.errors import CdkgError, ShapesError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.reasoning.rl.closure import Closure
from cdkg.sources.written import Writings
from cdkg.validation.at_work import placed
from cdkg.validation.checks import Check
from cdkg.validation.index import Index
from cdkg.validation.kept import Kept
from cdkg.validation.links import wrong_links
from cdkg.validation.places import AskedFor, Places, with_file
from cdkg.validation.prefixes import odd_prefixes
from cdkg.validation.querying import Checking
from cdkg.validation.report import Report, Severity
from cdkg.validation.shacl import ENGINES, engine_named
from cdkg.validation.shacl.columnar.columns import Columns
from cdkg.validation.shacl.preflight.rules import ShapeFault, preflight
from cdkg.validation.shacl.rows import Row
from cdkg.validation.telling import Shapes
from cdkg.validation.terms import undefined_names
from cdkg.vocabulary import Term

Result = TypeVar("Result")

#: Leads an inferred triple back to asserted ones.
Behind = Callable[[Triple], Iterable[Triple]]


class Data:
    """The data graph: the union without the ontology, whose classes are inferred already (see `DataGraph`).

    Args:
        graph: The named graphs with what is inferred.
        closure: The same with its terms as codes, where our reasoner has it.
    """

    def __init__(self, graph: KnowledgeGraph, closure: Closure | None = None) -> None:
        self._graph, self._closure = graph, closure

    @cached_property
    def terms(self) -> set[Term]:
        """The terms of the ontology."""
        return {triple.subject for ontology in self._graph.of(Role.ONTOLOGY) for triple in ontology.triples}

    @cached_property
    def triples(self) -> list[Triple]:
        """Asserted and inferred triples about anything but terms of the ontology."""
        return [triple for triple in self._graph.in_order() if triple.subject not in self.terms]

    @cached_property
    def store(self) -> Store:
        """The same as the default graph of a store."""
        store = Store()
        store.bulk_extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in self.triples)
        return store

    @cached_property
    def columns(self) -> Columns:
        """The same as columns, for our engine and for finding places."""
        return Columns.of_closure(self._closure, self.terms) if self._closure else Columns(self.triples)

    @cached_property
    def index(self) -> Index:
        """The graphs that were read from files."""
        return Index(with_file(self._graph))

    @cached_property
    def writings(self) -> Writings:
        """Where their triples are written."""
        return Writings()

    #: What check queries read and have found, where somebody keeps it.
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """What the process that evaluates shapes gives.

    Attributes:
        faults: What is wrong with the shapes; with a violation among them no data is looked at.
        rows: What the engine has found.
        sizes: How many focus nodes each shape with a target has.
        focus: The focus nodes of all of them, in N-Triples form.
    """

    faults: Sequence[ShapeFault] = ()
    rows: Sequence[Row] = ()
    sizes: Mapping[str, int] | None = None
    focus: frozenset[str] = frozenset()


class Validation:
    """Shapes and checks, read once and held against as many graphs as one likes.

    Args:
        shapes: The graphs with shapes.
        checks: Check queries.
        engine: The SHACL engine by name.

    Raises:
        ShapesError: There are no shapes.
    """

    def __init__(self, shapes: Iterable[NamedGraph], checks: Iterable[Check] = (), engine: str = ENGINES[0]) -> None:
        self._graphs, self.checks, self._name = list(shapes), list(checks), engine
        self.triples = [triple for named in self._graphs for triple in named.triples]
        if not self.triples:
            raise ShapesError("there are no shapes", hint="put *.ttl files into shapes/, or name some with --shapes")

    def __reduce__(self) -> tuple[Any, ...]:
        """How to send it to another process, where there is no other way: its engine is made anew there."""
        return Validation, (self._graphs, self.checks, self._name)

    @cached_property
    def faults(self) -> list[ShapeFault]:
        """What is wrong with the shapes themselves."""
        return preflight(self.triples)

    @cached_property
    def engine(self) -> Any:
        """The engine, once it has read the shapes.

        Raises:
            ShapesError: It cannot.
        """
        return engine_named(self._name)(self.triples)

    def warm(self, data: Data) -> None:
        """Evaluate the shapes here, so that what can be kept need not be worked out in each process that does.

        Args:
            data: The data graph; with it they must have been seen to come to an end.
        """
        _evaluated(self, data, lambda _: None)

    def report(
        self,
        graph: KnowledgeGraph,
        asserted_behind: Behind | None = None,
        *,
        data: Data | None = None,
        checking: Checking | None = None,
        asked_for: AskedFor | None = None,
        bounds: Bounds | None = None,
        tell: Tell = lambda _: None,
    ) -> Report:
        """Hold the shapes and checks against a graph.

        They are evaluated in processes of their own, side by side, that are ended when they take too much.

        Args:
            graph: The graph with its inferred graphs.
            asserted_behind: Leads an inferred triple back to asserted ones, so that it has a place in a file.
            data: The same graph for engine and checks, where somebody keeps it.
            checking: The check queries, where they have begun with what is asserted.
            asked_for: Whether somebody asked for findings about a file; None: about all. Others may be left out.
            bounds: What the evaluation may take.
            tell: Is told which shape or check is at work.

        Returns:
            The findings; what could not be evaluated, or took more than it may, is one of them, and the report is not
            `complete`.
        """
        bounds, data = bounds or Bounds(), data or Data(graph)
        with ExitStack() as jobs:  # what takes longest begins first
            if checking is None:
                checking = jobs.enter_context(Checking(self.checks, graph, bounds, tell, data.kept))
            columns, index = data.columns, data.index  # before the process is copied, so that both have them
            undefined = undefined_names(graph, index, columns)
            checking.infer(_inferred(graph), dict.fromkeys(name.key for name in undefined))
            evaluating = jobs.enter_context(Job(_evaluated, self, data, bounds=bounds, tell=tell))
            places = Places(graph, asserted_behind, columns, index, data.writings, asked_for)
            results = [*odd_prefixes(graph), *wrong_links(index, places)]
            told, failed = Shapes(graph, places), list[CdkgError]()
            evaluation = _outcome(evaluating.result, failed) or _Evaluation()
            results += map(told.fault, evaluation.faults)
            results += filter(None, map(told.result, evaluation.rows))
            nearest, checked = _outcome(checking.result, failed) or ({}, ())
        results += (name.result(places, nearest.get(name.key, ())) for name in undefined)
        pairs = zip(self.checks, checked, strict=False)
        results += filter(None, (check.result(row, places) for check, rows in pairs for row in rows))
        report = _looked_at(evaluation, len(checked)).with_results(results)
        for error in failed:
            report = report.unchecked(placed(error, self.checks, graph, places))
        return report


def _inferred(graph: KnowledgeGraph) -> Iterator[Triple]:
    return (triple for named in graph.of(Role.INFERRED) for triple in named.triples)


def _outcome(result: Callable[[], Result], failed: list[CdkgError]) -> Result | None:
    """The result of a job; None where it has none, and the error is told with what the other has found."""
    try:
        return result()
    except CdkgError as error:
        failed.append(error)
        return None


def validate(
    graph: KnowledgeGraph,
    checks: Iterable[Check] = (),
    asserted_behind: Behind | None = None,
    *,
    engine: str = ENGINES[0],
    bounds: Bounds | None = None,
    tell: Tell = lambda _: None,
) -> Report:
    """Validate a reasoned graph against its own shapes and the check queries (see `Validation.report`).

    Raises:
        ShapesError: There are no shapes.
    """
    validation = Validation(graph.of(Role.SHAPES), checks, engine)
    return validation.report(graph, asserted_behind, bounds=bounds, tell=tell)


def _evaluated(validation: Validation, data: Data, tell: Tell) -> _Evaluation:
    tell("the shapes themselves")
    if any(fault.severity is Severity.VIOLATION for fault in validation.faults):
        return _Evaluation(validation.faults)
    focus = validation.engine.focus(data)
    sizes = {str(shape).removeprefix("<").removesuffix(">"): number for shape, number in focus.sizes.items()}
    return _Evaluation(validation.faults, list(validation.engine.rows(data, tell)), sizes, focus.nodes)


def _looked_at(evaluation: _Evaluation, checks: int) -> Report:
    """A report of how much was looked at, and whether it could be."""
    sizes = evaluation.sizes
    if sizes is None:
        return Report((), checks=checks, checked=False)
    idle = tuple(sorted(shape for shape, number in sizes.items() if not number))
    report = Report((), len(sizes) - len(idle), sum(sizes.values()), checks, idle, focus=evaluation.focus)
    if report.focus_nodes:
        return report
    error = ShapesError(
        "no shape looks at anything",
        why=f"none of the {len(sizes)} shapes with a target meets a node of the graph",
        hint="compare sh:targetClass with the classes in the data",
    )
    return report.unchecked(error)
