"""A choice of sources: which named graphs take part, by patterns over their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from cdkg.errors import SettingsError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.vocabulary import GRAPH

#: Graphs below these names say what entities and terms are; a choice leaves them in unless it names them.
BACKGROUND = ("ontology/", "entities/", "typologies/", "links/")


def choose(graph: KnowledgeGraph, only: str | Iterable[str] = (), without: str | Iterable[str] = ()) -> KnowledgeGraph:
    """The graph with a choice of its sources.

    A pattern is a name below `graph/` in which `*` stands for anything (`ucl/*`), the same after `graph:`, or a full
    IRI. The background (ontology, entities, typologies, links) and shapes stay, but for what a pattern that begins with
    the background's own name takes out.

    Args:
        graph: All sources.
        only: A pattern, or patterns, of the sources that take part; none: all.
        without: Patterns of those that do not.

    Raises:
        SettingsError: A pattern meets no graph.
    """
    kept, dropped = ([_local(p) for p in ([some] if isinstance(some, str) else some)] for some in (only, without))
    sources = [named for named in graph if named.role is not Role.SHAPES]
    for pattern in (*kept, *dropped):
        if not any(_meets(named, pattern) for named in sources):
            raise _met_nothing(pattern, sources)
    return KnowledgeGraph(
        named
        for named in graph
        if named.role is Role.SHAPES
        or (
            (not kept or _background(named) or any(_meets(named, pattern) for pattern in kept))
            and not any(_meets(named, pattern) for pattern in dropped)
        )
    )


def names(graph: NamedGraph) -> list[str]:
    """What a graph may be called by: its name below `graph/`, its full IRI, the path of its file."""
    return [graph.iri.value.removeprefix(GRAPH), graph.iri.value, *([str(graph.path)] if graph.path else [])]


def _local(pattern: str) -> str:
    bare = pattern.strip().removeprefix("<").removesuffix(">").removeprefix(GRAPH)
    return bare.removeprefix("graph:").removeprefix("graph/")


def _background(graph: NamedGraph) -> bool:
    return graph.iri.value.removeprefix(GRAPH).startswith(BACKGROUND) or graph.role is Role.ONTOLOGY


def _meets(graph: NamedGraph, pattern: str) -> bool:
    """Whether a pattern means a graph; the background must be named, `*` alone does not reach it."""
    if _background(graph) and not pattern.startswith((*BACKGROUND, "http", "file:", "/")):
        return False
    return any(fnmatchcase(name, pattern) for name in names(graph))


def _met_nothing(pattern: str, sources: Sequence[NamedGraph]) -> SettingsError:
    known = [_name(named) for named in sources if named.role is not Role.INFERRED]
    known += sorted({f"{name.rpartition('/')[0]}/*" for name in known if "/" in name.lstrip("/") and ":" not in name})
    near = get_close_matches(pattern, known, n=5, cutoff=0.4)
    folder = pattern.partition("/")[0].rstrip("*") + "/"
    near += [name for name in known if (name.startswith(folder) or len(known) <= 5) and name not in near]
    return SettingsError(
        f"no graph is called {pattern!r}",
        hint="did you mean " + ", ".join(near[:5]) + "?" if near else "`*` stands for anything, as in 'ucl/*'",
    )


def _name(graph: NamedGraph) -> str:
    """The shortest name of a graph: below `graph/`, or the path of its file."""
    return min(names(graph), key=len)
