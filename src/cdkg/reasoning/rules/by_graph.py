"""Queries whose answers fall into parts, one for each named graph: after an edit of a graph only its part is others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Final

from pyoxigraph import Variable

from cdkg.reasoning.rules.patterns import TriplePattern
from cdkg.sources.sparql import tokens

#: What may give answers without a graph, or mix those of several.
_MIXING: Final = frozenset({"LIMIT", "OFFSET", "SERVICE", "UNION"})
_GROUPING: Final = frozenset({"AVG", "COUNT", "GROUP", "GROUP_CONCAT", "HAVING", "MAX", "MIN", "SAMPLE", "SUM"})
#: Groups that need not bind a variable of theirs outside.
_ASIDE: Final = frozenset({"EXISTS", "MINUS", "OPTIONAL"})


def by_graph(patterns: Iterable[TriplePattern], text: str) -> Variable | None:
    """The variable of the one GRAPH that a query asks, where each of its answers comes from one graph.

    With this variable bound to a graph, it gives the answers of that graph and no others; all graphs together give all
    answers. What it reads outside GRAPH is the same for each.

    Args:
        patterns: Those of the query.
        text: Its text, of which the engine has said that it is valid.

    Returns:
        None where that cannot be told of a query: with UNION, LIMIT, sub-selects, or groups that hold several graphs.
    """
    names = {pattern.graph for pattern in patterns if pattern.in_graph}
    name = names.pop() if len(names) == 1 else None
    words = [token.upper() if kind == "word" else token for kind, token, _ in tokens(text)]
    if not isinstance(name, Variable) or not _MIXING.isdisjoint(words) or _selects_within(words):
        return None
    aside = min((words.index(word) for word in _ASIDE.intersection(words)), default=len(words))
    if words.index("GRAPH") > aside:
        return None
    return name if _GROUPING.isdisjoint(words) or name in _grouped_by(words) else None


def _selects_within(words: Sequence[str]) -> bool:
    return words.count("SELECT") > (0 if "CONSTRUCT" in words else 1)


def _grouped_by(words: Sequence[str]) -> set[Variable]:
    """The variables of which each group has one value (SPARQL 1.1 Query, section 11.1)."""
    behind = words[words.index("GROUP") + 2 :] if "GROUP" in words else ()
    return {Variable(word[1:]) for word in takewhile(lambda word: word[:1] in {"?", "$"}, behind)}
