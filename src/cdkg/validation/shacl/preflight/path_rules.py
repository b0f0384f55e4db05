"""Paths that are none (SHACL, section 2.3.1: path-node, path-metarule and the rules of each kind of path)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import BlankNode, NamedNode

from cdkg.validation.report import Severity
from cdkg.validation.shacl.preflight.faults import ShapeFault
from cdkg.validation.shacl.shapes_graph import FIRST, NIL, PATH, REST, ShapesGraph, sh
from cdkg.vocabulary import Term

_ALTERNATIVE: Final = sh("alternativePath")
_ONE_INNER: Final = tuple(map(sh, ("inversePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")))
_KINDS: Final = (_ALTERNATIVE, *_ONE_INNER)
#: Deeper than any path that a person writes; engines walk them by recursion.
DEEPEST: Final = 50


def paths(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Paths that are not well-formed, each shape once."""
    for triple in graph.uses(PATH):
        if isinstance(triple.object, NamedNode) and triple.object != NIL:
            continue
        reason = _reason(graph, triple.object)
        if reason:
            what = f"the path of {graph.name(triple.subject)} is none"
            hint = "write a property, ( a b ), or [ sh:inversePath a ] and the like, with nothing else in the brackets"
            yield ShapeFault("malformed-path", triple, triple.subject, what, reason, hint)
        elif any(graph.stating(triple.object, kind) for kind in _KINDS) and graph.stating(triple.object, FIRST):
            what = f"the path of {graph.name(triple.subject)} is two paths at once"
            why = "it is a sequence and another path; it is taken as the sequence"
            yield ShapeFault(
                "malformed-path", triple, triple.subject, what, why, "keep the one that is meant", Severity.WARNING
            )


def _reason(graph: ShapesGraph, path: Term) -> str:
    """Why this is no path, or an empty string; walked without recursion, each node with those above it."""
    done: set[Term] = set()
    above: list[Term] = []
    todo: list[tuple[Term, bool]] = [(path, False)]
    while todo:
        node, left = todo.pop()
        if left:
            done.add(above.pop())
            continue
        if node in above:
            return "it is part of itself, so it has no end"
        if node in done:
            continue
        inner = _inner(graph, node)
        if isinstance(inner, str):
            return inner
        above.append(node)
        if len(above) > DEEPEST:
            return f"paths within it are nested more than {DEEPEST} deep"
        todo += [(node, True), *((part, False) for part in inner)]
    return ""


def _inner(graph: ShapesGraph, node: Term) -> list[Term] | str:
    """The paths that a path is made of, or why it is none."""
    if isinstance(node, NamedNode) and node != NIL:
        return []
    if not isinstance(node, BlankNode):
        return f"{node} is neither a property nor a path in brackets"
    if graph.stating(node, FIRST) or graph.stating(node, REST):
        return _several(graph, node)
    said = graph.about.get(node, {})
    kinds = [kind for kind in _KINDS if kind in said]
    if len(kinds) != 1 or len(said[kinds[0]]) != 1:
        return "a path in brackets says one thing: one of sh:inversePath, sh:alternativePath and so on, once"
    if others := [predicate for predicate in said if predicate not in kinds]:
        return f"a path in brackets has nothing else in it, and this one has {graph.name(others[0])}"
    inner = said[kinds[0]][0].object
    return _several(graph, inner) if kinds[0] == _ALTERNATIVE else [inner]


def _several(graph: ShapesGraph, head: Term) -> list[Term] | str:
    members = graph.members(head)
    if members is None:
        return "its list is broken or has no end"
    return members if len(members) > 1 else f"a list of paths has two members or more, and this one has {len(members)}"
