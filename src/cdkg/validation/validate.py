"""Shapes and checks together, as one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store, Triple

from cdkg.errors import ShapesError
from cdkg.graph import KnowledgeGraph, Role
from cdkg.validation.checks import Check
from cdkg.validation.places import Places
from cdkg.validation.report import Report, Result
from cdkg.validation.shacl import ENGINES, engine_named
from cdkg.validation.shacl.rows import Tell
from cdkg.validation.telling import Shapes


class Data:
    """The data graph: the union without the ontology, whose classes are inferred already (see `DataGraph`)."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph

    @cached_property
    def triples(self) -> list[Triple]:
        """Asserted and inferred triples about anything but terms of the ontology."""
        terms = {triple.subject for ontology in self._graph.of(Role.ONTOLOGY) for triple in ontology.triples}
        return [triple for triple in self._graph.union if triple.subject not in terms]

    @cached_property
    def store(self) -> Store:
        """The same as the default graph of a store."""
        store = Store()
        store.bulk_extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in self.triples)
        return store


def validate(
    graph: KnowledgeGraph,
    checks: Iterable[Check] = (),
    asserted_behind: Callable[[Triple], Iterable[Triple]] | None = None,
    *,
    engine: str = ENGINES[0],
    tell: Tell = lambda _: None,
) -> Report:
    """Validate a reasoned graph against its own shapes and the check queries.

    Args:
        graph: The graph with its shapes and its inferred graphs.
        checks: Check queries to run too.
        asserted_behind: Leads an inferred triple back to asserted ones, so that it has a place in a file.
        engine: The SHACL engine by name.
        tell: Is told which shape or check is at work.

    Raises:
        ShapesError: Shapes or checks cannot be used, or no shape has anything to look at.
    """
    shapes = [triple for named in graph.of(Role.SHAPES) for triple in named.triples]
    if not shapes:
        raise ShapesError("there are no shapes", hint="put *.ttl files into shapes/")
    data, found = Data(graph), engine_named(engine)(shapes)
    counted = {str(shape): number for shape, number in found.focus_nodes(data).items()}
    if not sum(counted.values()):
        raise ShapesError(
            "no shape looks at anything",
            why=f"none of the {len(counted)} shapes with a target meets a node of the graph",
            hint="compare sh:targetClass with the classes in the data",
        )
    checks, places = list(checks), Places(graph, asserted_behind)
    told = Shapes(graph, places)
    results = [told.result(row) for row in found.rows(data, tell)]
    results += _checked(checks, graph, places, tell)
    idle = tuple(sorted(_bare(shape) for shape, number in counted.items() if not number))
    return Report((), len(counted) - len(idle), sum(counted.values()), len(checks), idle).only(results)


def _checked(checks: list[Check], graph: KnowledgeGraph, places: Places, tell: Tell) -> Iterator[Result]:
    for check in checks:
        tell(f"check {check.slug}")
        yield from check.run(graph.store, places)


def _bare(shape: str) -> str:
    return NamedNode(shape[1:-1]).value if shape.startswith("<") else shape
