"""Why the answer of a query is empty: the smallest part of its pattern that fails, and what may have been meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Store

from cdkg.errors import Location
from cdkg.query.asking import Asked, within_depth
from cdkg.query.failing import failures
from cdkg.query.guard import Limits
from cdkg.query.hints import Hint, hints


@dataclass(frozen=True, slots=True)
class Failing:
    """Parts of the query that have no solution together, in its order, while fewer of them have."""

    parts: tuple[tuple[str, Location], ...]

    def lines(self) -> Iterator[str]:
        """The parts as text."""
        yield "nothing matches" if len(self.parts) == 1 else "each of these matches something, but not all together"
        yield from (f"  {text} ({where})" for text, where in self.parts)


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why an answer is empty.

    Attributes:
        empty: Whether it is.
        failing: The smallest parts that fail; more than one where each fails for itself.
        hints: What may have been meant.
    """

    empty: bool
    failing: tuple[Failing, ...] = ()
    hints: tuple[Hint, ...] = ()

    def lines(self) -> Iterator[str]:
        """The explanation as text."""
        if not self.empty:
            yield "the answer is not empty"
        for failing in self.failing:
            yield from failing.lines()
        yield from (hint.text for hint in self.hints)

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "empty": self.empty,
            "failing": [[{"text": t, "where": str(where)} for t, where in f.parts] for f in self.failing],
            "hints": [hint.as_json() for hint in self.hints],
        }


def why_not(store: Store, text: str, *, limits: Limits | None = None) -> WhyNot:
    """Find the smallest part of a SELECT or ASK query that has no solution, and the nearest known terms.

    Args:
        store: The store to ask; its default graph is the union of all graphs.
        text: The query.
        limits: How large the query may be.

    Raises:
        QueryError: The query is not allowed, not valid, or neither SELECT nor ASK.
        VocabularyError: The name of a graph in FROM is no absolute IRI.
    """
    with within_depth():
        return _explained(Asked.of(store, text, limits))


def _explained(asked: Asked) -> WhyNot:
    select = asked.query.select
    has_row = next(asked.answered(), None) is not None
    if has_row and (select.keys or not select.aggregated):  # else a row of zeros may stand for nothing
        return WhyNot(empty=False)
    found = list(failures(asked, select))
    if has_row and not found:
        return WhyNot(empty=False)
    told = tuple(Failing(tuple((m.text, asked.place(m.part.at)) for m in together)) for _, together in found)
    failing = tuple(dict.fromkeys(told)) or (_cut_off(asked),)
    return WhyNot(empty=True, failing=failing, hints=tuple(dict.fromkeys(hints(asked, found))))


def _cut_off(asked: Asked) -> Failing:
    """What takes the rows away where the pattern has solutions: HAVING, LIMIT or OFFSET."""
    select = asked.query.select
    if select.having and next(asked.rows(select), None) is None:
        return Failing(((select.having.text, asked.place(select.having.at)),))
    text = "LIMIT 0" if select.limit == 0 else f"OFFSET {select.offset}"
    return Failing(((text, asked.place(select.at)),))
