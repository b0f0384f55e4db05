"""How shapes refer to each other: circles, references that lead nowhere, and shapes that nobody looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import NamedNode, Triple

from cdkg.validation.report import Severity
from cdkg.validation.shacl.preflight.faults import ShapeFault
from cdkg.validation.shacl.shapes_graph import NODE_SHAPE, PARAMETERS, PROPERTY_SHAPE, TARGETS, ShapesGraph, sh
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

_RDFS_CLASS: Final = NamedNode(PREFIXES["rdfs"] + "Class")
_OWL_CLASS: Final = NamedNode(PREFIXES["owl"] + "Class")
#: Deeper than any shapes that a person writes; engines walk them by recursion.
DEEPEST: Final = 50


def circles(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Recursive shapes, which the standard leaves undefined (SHACL, section 3.4.3), and shapes nested too deeply."""
    depth: dict[Term, int] = {}
    for circle in _components(graph):
        shape = next((node for node in circle if isinstance(node, NamedNode)), circle[0])
        inside = [triple for node, triple in graph.references.get(shape, ()) if node in set(circle)]
        if inside:
            yield _recursive(graph, shape, inside[0], len(circle))
            continue
        depth[shape] = 1 + max((depth.get(node, 0) for node, _ in graph.references.get(shape, ())), default=0)
        if depth[shape] == DEEPEST + 1:
            what = f"{graph.name(shape)} has shapes nested more than {DEEPEST} deep"
            hint = "give the inner shapes a target of their own"
            yield ShapeFault("deep-nesting", None, shape, what, "engines give up on it, each at another depth", hint)


def _recursive(graph: ShapesGraph, shape: Term, triple: Triple, length: int) -> ShapeFault:
    through = f" through {length - 1} other shape{'s' if length > 2 else ''}" if length > 1 else ""
    what = f"{graph.name(shape)} refers to itself{through}, by {graph.name(triple.predicate)}"
    why = "SHACL does not say what a recursive shape means, and engines differ: some pass it, some never end"
    hint = (
        "break the circle: ask for sh:class where sh:node is used, or refer to a smaller shape; a shape with a target"
        " is held against its nodes anyway"
    )
    return ShapeFault("recursive-shape", triple, shape, what, why, hint)


def _components(graph: ShapesGraph) -> Iterator[list[Term]]:
    """The strongly connected components of the references, those referred to first (Tarjan), without recursion."""
    order: dict[Term, int] = {}
    lowest: dict[Term, int] = {}
    stack: dict[Term, None] = {}
    for root in list(graph.references):
        if root in order:
            continue
        walk: list[tuple[Term, Iterator[Term]]] = [(root, _enter(graph, root, order, lowest, stack))]
        while walk:
            node, inner = walk[-1]
            below = next(inner, None)
            if below is None:
                walk.pop()
                if walk:
                    lowest[walk[-1][0]] = min(lowest[walk[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    yield _taken(stack, node)
            elif below not in order:
                walk.append((below, _enter(graph, below, order, lowest, stack)))
            elif below in stack:
                lowest[node] = min(lowest[node], order[below])


def _enter(
    graph: ShapesGraph, node: Term, order: dict[Term, int], lowest: dict[Term, int], stack: dict[Term, None]
) -> Iterator[Term]:
    order[node] = lowest[node] = len(order)
    stack[node] = None
    return iter([below for below, _ in graph.references.get(node, ())])


def _taken(stack: dict[Term, None], last: Term) -> list[Term]:
    found: list[Term] = []
    while not found or found[-1] != last:
        found.append(stack.popitem()[0])
    return found


def references(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """References to shapes that are not there, or that ask nothing: every node would pass."""
    typed = {*graph.instances(NODE_SHAPE), *graph.instances(PROPERTY_SHAPE)}
    for referring in graph.references.values():
        for node, triple in referring:
            if not isinstance(node, NamedNode) or node in typed:
                continue
            said = graph.about.get(node)
            name, place = graph.name(node), f"{graph.name(triple.predicate)} of {graph.name(triple.subject)}"
            if not said:
                why = "no shape of this name is loaded; engines take it for one that everything satisfies"
                hint = "mend the name, or load the file that has the shape"
                what = f"{place} refers to {name}, which is nowhere"
                yield ShapeFault("undefined-shape", triple, triple.subject, what, why, hint)
            elif PARAMETERS.isdisjoint(said) and graph.parameters.keys().isdisjoint(said):
                why = "it is no shape and asks nothing, so everything satisfies it"
                hint = f"sh:class {name} asks for its members; a shape that is to ask nothing is typed sh:NodeShape"
                what = f"{place} refers to {name}, which has no constraint"
                yield ShapeFault("empty-shape", triple, triple.subject, what, why, hint, Severity.WARNING)


def idle(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Shapes that have no target and that no other shape refers to: they are never looked at."""
    referred = {node for referring in graph.references.values() for node, _ in referring}
    targeted = {triple.subject for triple in graph.uses(*TARGETS, sh("target"), sh("targetWhere"))}
    classes = set(graph.instances(_RDFS_CLASS))
    for shape in graph.shapes:
        if shape in referred or shape in targeted or shape in classes or shape not in graph.about:
            continue
        hint = "give it a target (sh:targetClass …), or refer to it from another shape"
        if _OWL_CLASS in graph.values(shape, RDF_TYPE):
            hint = "an owl:Class is no target by itself: add `a rdfs:Class`, or sh:targetClass with its own name"
        what = f"{graph.name(shape)} is never looked at"
        why = "it has no target, and no shape refers to it"
        yield ShapeFault("idle-shape", None, shape, what, why, hint, Severity.WARNING)
