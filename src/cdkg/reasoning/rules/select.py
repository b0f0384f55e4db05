"""Read the triple patterns of a SELECT query (SPARQL 1.1 Query), as `construct` does those of a CONSTRUCT."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pyoxigraph import Variable

from cdkg.reasoning.rules.by_graph import by_graph
from cdkg.reasoning.rules.by_term import falls_apart
from cdkg.reasoning.rules.construct import PatternReader
from cdkg.reasoning.rules.patterns import TriplePattern
from cdkg.reasoning.rules.rule import Read, read_by
from cdkg.sources.sparql import tokens

#: What a row of a check query is about.
FOCUS: Final = Variable("focus")


@dataclass(frozen=True, slots=True)
class Select:
    """What a SELECT query reads.

    Attributes:
        body: Its patterns.
        reads: What its answers depend on.
        part: The variable by which they fall into parts: `?focus` (see `by_term`), or one for a named graph (see
            `by_graph`).
        by_graph: Whether it is one for a named graph.
        text: The query, which shows that variable too.
    """

    body: tuple[TriplePattern, ...]
    reads: frozenset[Read]
    part: Variable | None
    by_graph: bool
    text: str


@lru_cache(maxsize=1024)
def read_select(text: str) -> Select:
    """Read a SELECT query that the engine takes; the project's prefixes need no declaration.

    Raises:
        ValueError: It has something that is not looked into here, such as a triple term.
    """
    body = PatternReader(text).select()
    by_focus = falls_apart(text, body, FOCUS)
    name = FOCUS if by_focus else by_graph(text)
    is_graph = name is not None and not by_focus
    return Select(body, read_by(body, text), name, is_graph, _showing(name, text) if name else text)


def _showing(name: Variable, text: str) -> str:
    """The query with one more variable behind SELECT, if it is not shown already."""
    words = [(token if kind == "variable" else token.upper(), at) for kind, token, at in tokens(text)]
    start = next(place for place, (word, _) in enumerate(words) if word == "SELECT")
    end = next(place for place, (word, _) in enumerate(words) if word in {"WHERE", "{"} and place > start)
    shown = {word for word, _ in words[start:end]}
    if not shown.isdisjoint({"*", f"?{name.value}", f"${name.value}"}):
        return text
    start += words[start + 1][0] in {"DISTINCT", "REDUCED"}
    word, at = words[start]
    return f"{text[: at + len(word)]} ?{name.value}{text[at + len(word) :]}"
