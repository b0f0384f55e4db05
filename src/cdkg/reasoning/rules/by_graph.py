"""Queries whose answers fall into parts, one for each named graph: after an edit of a graph only its part is others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from pyoxigraph import Variable

from cdkg.sources.sparql import tokens

#: What may give answers without a graph, or mix those of several. MINUS asks whether both sides share a variable, and
#: they would with a graph put in the place of one.
_MIXING: Final = frozenset({"LIMIT", "MINUS", "OFFSET", "SERVICE", "UNION"})
_GROUPING: Final = frozenset({"AVG", "COUNT", "GROUP", "GROUP_CONCAT", "HAVING", "MAX", "MIN", "SAMPLE", "SUM"})
#: Groups that need not bind a variable of theirs outside.
_ASIDE: Final = frozenset({"EXISTS", "OPTIONAL"})


def by_graph(text: str) -> Variable | None:
    """The variable of the first GRAPH of a query, where each of its answers comes from one graph that this stands for.

    With this variable bound to a graph, it gives the answers of that graph and no others; all graphs together give all
    answers. What it reads outside, or of other graphs, is the same for each.

    Args:
        text: The query, of which the engine has said that it is valid.

    Returns:
        None where that cannot be told of a query: with UNION, MINUS, LIMIT, sub-selects, or groups of several graphs.
    """
    words = [token.upper() if kind == "word" else token for kind, token, _ in tokens(text)]
    if "GRAPH" not in words or not _MIXING.isdisjoint(words) or _selects_within(words):
        return None
    first = words.index("GRAPH")
    aside = min((words.index(word) for word in _ASIDE.intersection(words)), default=len(words))
    if first > aside or words[first + 1][0] not in "?$":
        return None
    name = Variable(words[first + 1][1:])
    return name if _GROUPING.isdisjoint(words) or name in _grouped_by(words) else None


def _selects_within(words: Sequence[str]) -> bool:
    return words.count("SELECT") > (0 if "CONSTRUCT" in words else 1)


def _grouped_by(words: Sequence[str]) -> set[Variable]:
    """The variables of which each group has one value (SPARQL 1.1 Query, section 11.1)."""
    behind = words[words.index("GROUP") + 2 :] if "GROUP" in words else ()
    return {Variable(word[1:]) for word in takewhile(lambda word: word[:1] in {"?", "$"}, behind)}
