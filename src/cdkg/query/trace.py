"""What `query --why` tells: rows, the triples that make them true, and the parts of a query that cannot be traced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import Triple

from cdkg.errors import Location
from cdkg.query.asking import Graph
from cdkg.reasoning.telling.explanation import term_text, triple_text
from cdkg.vocabulary import Term

#: What is known about the places of an asserted triple, to be written below it.
Sources = Callable[[Triple], Iterable[Any]]

#: The longest piece of a query that is told as it stands.
_WIDTH: Final = 100


@dataclass(frozen=True, slots=True)
class Fact:
    """A triple that a pattern matched.

    Attributes:
        triple: The triple.
        graph: The graph that GRAPH found it in; None for the default graph.
        pattern: The pattern, as the query has it.
        where: Its place in the query.
        behind: The asserted triples that it follows from; itself, where it is asserted.
    """

    triple: Triple
    graph: Graph
    pattern: str
    where: Location
    behind: tuple[Triple, ...]

    @property
    def asserted(self) -> bool:
        """Whether somebody wrote it."""
        return self.behind == (self.triple,)


@dataclass(frozen=True, slots=True)
class Untraced:
    """A part of the query that no triples stand for: its text, its place, and why."""

    text: str
    where: Location
    reason: str


@dataclass(frozen=True, slots=True)
class RowTrace:
    """A row with the facts that make it true, in the order of the query, and the parts that cannot be traced."""

    row: dict[str, Term | None]
    facts: tuple[Fact, ...]
    untraced: tuple[Untraced, ...]

    def lines(self, sources: Sources = lambda _: ()) -> Iterator[str]:
        """The trace as indented text; below an asserted triple stand its `sources`."""
        yield ", ".join(f"?{n} = {term_text(t) if t else 'unbound'}" for n, t in self.row.items()) or "true"
        for fact in self.facts:
            in_graph = f" in {term_text(fact.graph)}" if fact.graph else ""
            yield f"  {triple_text(fact.triple)}{in_graph}{'' if fact.asserted else '  [inferred]'}"
            for triple in fact.behind:
                indent = "    " if fact.asserted else "      "
                if not fact.asserted:
                    yield f"    from {triple_text(triple)}"
                yield from (f"{indent}{source}" for source in sources(triple))
        for part in self.untraced:
            yield f"  not traced: {_shown(part.text)} ({part.where}): {part.reason}"

    def as_json(self, sources: Sources = lambda _: ()) -> dict[str, Any]:
        """The same for programs; terms are in their N-Triples form."""
        return {
            "row": {name: str(term) if term else None for name, term in self.row.items()},
            "facts": [
                {
                    **_triple_json(fact.triple),
                    "graph": str(fact.graph) if fact.graph else None,
                    "pattern": fact.pattern,
                    "where": str(fact.where),
                    "inferred": not fact.asserted,
                    "behind": [{**_triple_json(t), "sources": list(sources(t))} for t in fact.behind],
                }
                for fact in self.facts
            ],
            "untraced": [{"text": p.text, "where": str(p.where), "reason": p.reason} for p in self.untraced],
        }


@dataclass(frozen=True, slots=True)
class Why:
    """The traces of the first rows, and how many rows are left out; `more`: that many were counted, there are more."""

    rows: tuple[RowTrace, ...]
    left_out: int = 0
    more: bool = False

    def __iter__(self) -> Iterator[RowTrace]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def lines(self, sources: Sources = lambda _: ()) -> Iterator[str]:
        """All traces as text."""
        if not self.rows:
            yield "the answer is empty: there is no row to explain"
        for row in self.rows:
            yield from row.lines(sources)
        if self.left_out:
            yield f"{'more than ' if self.more else ''}{self.left_out} more rows are left out"

    def as_json(self, sources: Sources = lambda _: ()) -> dict[str, Any]:
        """The same for programs."""
        rows = [row.as_json(sources) for row in self.rows]
        return {"rows": rows, "left_out": self.left_out, "more": self.more}


def _triple_json(triple: Triple) -> dict[str, str]:
    return {"subject": str(triple.subject), "predicate": str(triple.predicate), "object": str(triple.object)}


def _shown(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]} …"
