"""Where the shape or check stands that was at work when an evaluation was ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from cdkg.errors import CdkgError, LimitError, Location
from cdkg.graph import KnowledgeGraph, Role
from cdkg.validation.checks import Check
from cdkg.validation.places import Places
from cdkg.validation.shacl.shapes_graph import ShapesGraph
from cdkg.vocabulary import Term


def placed(error: CdkgError, checks: Iterable[Check], graph: KnowledgeGraph, places: Places) -> CdkgError:
    """The error, with the place of what was at work, where it is known.

    Args:
        error: Any error; only one of a limit knows what was at work.
        checks: The check queries.
        graph: The named graphs, with the shapes.
        places: Where their statements stand.
    """
    if isinstance(error, LimitError) and error.where is None:
        told = error.at_work
        error.where = next((Location(str(check.path), 1) for check in checks if told == check.told), None)
        error.where = error.where or _of_shape(told, graph, places)
    return error


def _of_shape(told: str, graph: KnowledgeGraph, places: Places) -> Location | None:
    """Where the shape begins whose name what was told begins with; None where several are called so."""
    shapes = ShapesGraph(triple for named in graph.of(Role.SHAPES) for triple in named.triples)
    called: dict[str, list[Term]] = defaultdict(list)
    for shape in shapes.shapes:
        called[shapes.name(shape)].append(shape)
    names = [name for name in called if told == name or told.startswith(f"{name}, ")]
    found = called[max(names, key=len)] if names else []
    if len(found) != 1:
        return None
    first = next((said[0] for said in shapes.about.get(found[0], {}).values()), None)
    return next(iter(places.of_triple(first)), None) if first is not None else None
