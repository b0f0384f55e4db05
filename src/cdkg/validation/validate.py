"""Shapes and checks together, as one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pyoxigraph import Triple

from cdkg.errors import ShapesError
from cdkg.graph import KnowledgeGraph
from cdkg.validation import shacl
from cdkg.validation.checks import Check
from cdkg.validation.places import Places
from cdkg.validation.report import Report


def validate(
    graph: KnowledgeGraph,
    checks: Iterable[Check] = (),
    asserted_behind: Callable[[Triple], Iterable[Triple]] | None = None,
) -> Report:
    """Validate a reasoned graph against its own shapes and the check queries.

    Args:
        graph: The graph with its shapes and its inferred graphs.
        checks: Check queries to run too.
        asserted_behind: Leads an inferred triple back to asserted ones, so that it has a place in a file.

    Raises:
        ShapesError: Shapes or checks cannot be used, or no shape has anything to look at.
    """
    shapes = shacl.shapes_graph(graph)
    if not len(shapes):
        raise ShapesError("there are no shapes", hint="put *.ttl files into shapes/")
    counted = shacl.targets(graph, shapes)
    if not sum(counted.values()):
        raise ShapesError(
            "no shape looks at anything",
            why=f"none of the {len(counted)} shapes with a target meets a node of the graph",
            hint="compare sh:targetClass with the classes in the data",
        )
    places = Places(graph, asserted_behind)
    checks = list(checks)
    results = [*shacl.run(graph, shapes, places)]
    for check in checks:
        results += check.run(graph.store, places)
    results.sort(key=lambda r: (r.severity.rank, [str(p) for p in r.places], r.source, r.focus, r.path, r.value))
    idle = tuple(sorted(shape for shape, number in counted.items() if not number))
    return Report(tuple(results), len(counted) - len(idle), sum(counted.values()), len(checks), idle)
