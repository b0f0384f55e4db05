"""What DESCRIBE adds to the triples of the engine: reifications, and labels of what is mentioned.

The engine gives the triples about each node, and those about the blank nodes that they lead to: a concise bounded
description (W3C member submission of 2005) but for its third step, the reified statements. Labels are of this
project: people shall be able to read the answer without asking again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Store, Triple

from cdkg.vocabulary import PREFIXES, RDFS_LABEL

#: So many things that are mentioned get their labels; a description that mentions more is for machines.
MOST_LABELLED: Final = 10_000

_LABELS: Final = (RDFS_LABEL, NamedNode(PREFIXES["skos"] + "prefLabel"))
_SUBJECT, _PREDICATE, _OBJECT = (NamedNode(PREFIXES["rdf"] + name) for name in ("subject", "predicate", "object"))
_DEFAULT: Final = DefaultGraph()
Node = NamedNode | BlankNode


def described(store: Store, triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield the triples, then the reifications of each, then labels of the things that are objects in them.

    Args:
        store: Where they are from; its default graph is read.
        triples: What the engine gives for a DESCRIBE.
    """
    subjects: set[Node] = set()
    mentioned: dict[NamedNode, None] = {}
    has_reified = next(iter(store.quads_for_pattern(None, _SUBJECT, None, _DEFAULT)), None) is not None
    statements: dict[Node, None] = {}

    def noted(triple: Triple) -> Triple:
        subjects.add(triple.subject)  # type: ignore[arg-type]
        if isinstance(triple.object, NamedNode) and len(mentioned) < MOST_LABELLED:
            mentioned[triple.object] = None
        if has_reified:
            statements.update(dict.fromkeys(_reifications(store, triple)))
        return triple

    yield from map(noted, triples)
    while todo := [node for node in statements if node not in subjects]:
        yield from map(noted, chain.from_iterable(_about(store, node, subjects) for node in todo))
    for node in mentioned:
        if node not in subjects:
            for label in _LABELS:
                yield from (q.triple for q in store.quads_for_pattern(node, label, None, _DEFAULT))


def _reifications(store: Store, triple: Triple) -> Iterator[Node]:
    """The nodes that stand for a triple as a statement."""
    for quad in store.quads_for_pattern(None, _SUBJECT, triple.subject, _DEFAULT):
        node = quad.subject
        others = ((_PREDICATE, triple.predicate), (_OBJECT, triple.object))
        if isinstance(node, Node) and all(_has(store, node, predicate, value) for predicate, value in others):
            yield node


def _has(store: Store, node: Node, predicate: NamedNode, value: object) -> bool:
    return any(True for _ in store.quads_for_pattern(node, predicate, value, _DEFAULT))  # type: ignore[arg-type]


def _about(store: Store, start: Node, known: set[Node]) -> Iterator[Triple]:
    """The triples about a node, and about the blank nodes that they lead to."""
    todo, seen = [start], {start}
    while todo:
        node = todo.pop()
        if node in known and node != start:
            continue
        for quad in store.quads_for_pattern(node, None, None, _DEFAULT):
            yield quad.triple
            if isinstance(quad.object, BlankNode) and quad.object not in seen:
                seen.add(quad.object)
                todo.append(quad.object)
