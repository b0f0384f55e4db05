"""Faults of the shapes themselves, told before any data is looked at.

Engines differ about shapes that are not well-formed, and many pass them in silence; so what they would not say is said
here: the syntax rules of SHACL (appendix A), and what no rule forbids but nobody means. The modules beside this one
have the rules by what they are about; each is a function from a `ShapesGraph` to faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from pyoxigraph import Triple

from cdkg.validation.shacl.preflight import nesting, parameters, sense
from cdkg.validation.shacl.preflight.faults import ShapeFault
from cdkg.validation.shacl.preflight.imports import imports
from cdkg.validation.shacl.preflight.path_rules import paths
from cdkg.validation.shacl.preflight.query_rules import queries
from cdkg.validation.shacl.preflight.vocabulary import terms
from cdkg.validation.shacl.shapes_graph import ShapesGraph
from cdkg.vocabulary import Term

__all__ = ["ShapeFault", "preflight"]

_RULES: Final[tuple[Callable[[ShapesGraph], Iterable[ShapeFault]], ...]] = (
    terms,
    parameters.values,
    parameters.places,
    parameters.implicit,
    parameters.messages,
    paths,
    nesting.circles,
    nesting.references,
    nesting.idle,
    sense.partners,
    sense.closed,
    sense.bounds,
    sense.contradictions,
    sense.empties,
    sense.datatypes,
    sense.patterns,
    sense.severities,
    sense.entailments,
    queries,
    imports,
)


def preflight(shapes: Sequence[Triple]) -> list[ShapeFault]:
    """All faults of a shapes graph, the gravest first, then in the order of the triples."""
    graph = ShapesGraph(shapes)
    place = {triple: number for number, triple in enumerate(graph.triples)}
    first: dict[Term, int] = {triple.subject: place[triple] for triple in reversed(graph.triples)}

    def order(fault: ShapeFault) -> tuple[int, int, str, str]:
        where = place[fault.triple] if fault.triple in place else first.get(fault.shape, len(place))
        return fault.severity.rank, where, fault.rule, fault.what

    return sorted(dict.fromkeys(_faults(graph)), key=order)


def _faults(graph: ShapesGraph) -> Iterator[ShapeFault]:
    for rule in _RULES:
        yield from rule(graph)
