"""Apply a write to quads: what is not touched keeps its literals as they were written.

The engine keeps numbers, booleans and dates as values, and forgets how they were written. So it tells what an update
takes away and adds; the quads of before are kept as they stand, but for those.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from cdkg.errors import NotAcceptableError, WriteError
from cdkg.formats import SYNTAXES, by_media_type
from cdkg.query.guard import Limits
from cdkg.query.update import graph_name, update
from cdkg.sources.foreign import STANDARD_INPUT, RdfFile
from cdkg.vocabulary import Term
from cdkg.workers.writing.message import Write

#: Time that the evaluation of an update may take, as long as that of a query by itself.
SECONDS: Final = 30

GraphName = NamedNode | BlankNode | DefaultGraph

#: Media types of triples that can be sent.
ACCEPTED: Final = tuple(f for f in SYNTAXES if f.name in {"turtle", "ntriples", "rdfxml", "jsonld"})


@dataclass(frozen=True, slots=True)
class Applied:
    """What is there after a write.

    Attributes:
        quads: All quads.
        changed: The graphs that are others than before.
        created: Whether the graph that was asked for was not there before.
    """

    quads: tuple[Quad, ...]
    changed: frozenset[GraphName]
    created: bool = False

    def graph(self, name: GraphName) -> list[Triple]:
        """The triples of a graph."""
        return [quad.triple for quad in self.quads if quad.graph_name == name]


def check_version(asked: Write, current: str) -> None:
    """Refuse a write that was meant for another version (RFC 9110, section 13.1.1); nobody else may write meanwhile.

    Raises:
        WriteError: It was.
    """
    if asked.version not in {"", current}:
        raise WriteError("somebody else has written meanwhile", hint="read the graph anew", status=412)


def apply(asked: Write, quads: Sequence[Quad], also: Iterable[Quad] = ()) -> Applied:
    """Apply a write.

    Args:
        asked: The write.
        quads: What is there.
        also: What patterns of an update see beside that, and what follows from it: a derived default graph.

    Raises:
        CdkgError: It is not valid, or not allowed.
        WriteError: There is no such graph, or this one may not be written with the token that was given.
    """
    applied = _updated(asked, quads, also) if asked.kind == "update" else _replaced(asked, quads)
    for name in applied.changed:
        told = "" if isinstance(name, DefaultGraph) else name.value
        if asked.allowed and not any(_is_below(told, each) for each in asked.allowed):
            raise WriteError(
                f"this token does not write the graph <{told}>"
                if told
                else "this token does not write the default graph",
                status=403,
                hint=f"it is for {', '.join(asked.allowed)}",
            )
    return applied


def _is_below(graph: str, beginning: str) -> bool:
    """Whether a graph is one of those that a token is for: its name goes on where a step ends, and never upwards."""
    steps = graph.lower().replace("%2e", ".").replace("%2f", "/").replace("\\", "/").split("/")
    inside = beginning if beginning.endswith(("/", "#", ":")) else (f"{beginning}/", f"{beginning}#")
    return (graph == beginning or graph.startswith(inside)) and not {".", ".."} & set(steps)


def _updated(asked: Write, quads: Sequence[Quad], also: Iterable[Quad]) -> Applied:
    store = Store()
    store.bulk_extend(quads)
    store.bulk_extend(also)
    before = set(store)
    text = asked.data.decode()
    signal.alarm(SECONDS)  # nothing inside this process can stop the engine; so it ends, and whoever waits tells why
    try:
        update(store, text, using=asked.using, using_named=asked.using_named, limits=Limits(asked.size, asked.depth))
    finally:
        signal.alarm(0)
    after = set(store)
    removed, added = before - after, sorted(after - before, key=str)
    if removed:
        kept = _Kept()
        quads = [quad for quad in quads if kept(quad) not in removed]
    return Applied((*quads, *added), frozenset(quad.graph_name for quad in (*removed, *added)))


class _Kept:
    """Tells how the engine keeps a quad."""

    def __init__(self) -> None:
        self._known: dict[Literal, Term] = {}

    def __call__(self, quad: Quad) -> Quad:
        literal = quad.object
        if not isinstance(literal, Literal) or literal.language or literal.datatype.value.endswith("#string"):
            return quad
        if literal not in self._known:
            store = Store()
            store.add(Quad(quad.subject, quad.predicate, literal))
            self._known[literal] = next(iter(store)).object
        return Quad(quad.subject, quad.predicate, self._known[literal], quad.graph_name)


def _replaced(asked: Write, quads: Sequence[Quad]) -> Applied:
    """PUT, POST and DELETE of a graph; one without triples is not there."""
    name = graph_name(asked.graph) if asked.graph else DefaultGraph()
    former = [quad for quad in quads if quad.graph_name == name]
    others = [quad for quad in quads if quad.graph_name != name]
    if asked.exists not in {None, bool(former)}:
        raise WriteError("the graph is there already" if former else "the graph is not there", status=412)
    if asked.kind == "delete":
        if not former:
            what = f"there is no graph <{asked.graph}>" if asked.graph else "the default graph is empty"
            raise WriteError(what, status=404)
        return Applied(tuple(others), frozenset({name}))
    given = [Quad(t.subject, t.predicate, t.object, name) for t in sorted(_triples(asked), key=str)]
    now = dict.fromkeys([*former, *given] if asked.kind == "post" else given)
    changed = frozenset({name} if set(former) != set(now) else ())
    return Applied((*others, *now), changed, not former)


def _triples(asked: Write) -> set[Triple]:
    """The triples that were sent, relative IRIs resolved by the graph (Graph Store HTTP Protocol, section 4.1)."""
    try:
        syntax = by_media_type(asked.media_type, ACCEPTED)
    except NotAcceptableError as error:
        raise WriteError(
            f"{asked.media_type or 'a body without a media type'} cannot be read here", status=415, hint=error.hint
        ) from error
    found = _Sent(STANDARD_INPUT, asked.data, syntax, asked.graph).graphs(rename_blank_nodes=True)
    if len(found) > 1:
        raise WriteError("several graphs in one body", status=400, hint="send one graph at a time")
    return {triple for triples in found.values() for triple in triples}


@dataclass(frozen=True, slots=True)
class _Sent(RdfFile):
    """A body: its base is the graph that it is sent to."""

    graph: str = ""

    @property
    def _base(self) -> str | None:
        return self.graph or "urn:cdkg:default-graph"
