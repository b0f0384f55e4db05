"""What the checks of a state say: answers of questions, results of validation, contradictions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from pyoxigraph import QueryBoolean, QuerySolutions, Triple

from cdkg.changes.difference import AnswerChange, Asked, Change, Contradicted
from cdkg.changes.states import State
from cdkg.errors import Location, QueryError
from cdkg.query import Question, run
from cdkg.reasoning.telling.contradiction import FORBIDS
from cdkg.validation import Result

#: So many contradictions are told with the lines behind them.
_MOST_CONTRADICTIONS: Final = 100
_BLANK: Final = re.compile(r"_:\w+")


def questions(before: State, after: State, *, same: bool) -> tuple[Change[Asked], tuple[AnswerChange, ...]]:
    """The questions that only one state has, and those that are answered differently; each asks its own graph.

    Args:
        before: The former state.
        after: The latter.
        same: Whether both hold the same triples, so that only an edited question can have another answer.

    Raises:
        QueryError: A question has no header.
        SourceError: A question cannot be read.
    """
    was, now = ({q.slug: q for q in state.reasoned.questions()} for state in (before, after))
    alone = Change(_asked(was, now), _asked(now, was))
    changed = (_answers(was[slug], now[slug], before, after) for slug in sorted(was.keys() & now.keys())
               if not same or was[slug].text != now[slug].text)  # fmt: skip
    return alone, tuple(change for change in changed if change is not None)


def _asked(mine: Mapping[str, Question], other: Mapping[str, Question]) -> tuple[Asked, ...]:
    return tuple(Asked(slug, mine[slug].question) for slug in sorted(mine.keys() - other.keys()))


def _answers(was: Question, now: Question, before: State, after: State) -> AnswerChange | None:
    old, no_old = _answer(was, before)
    new, no_new = _answer(now, after)
    edited = was.text != now.text
    reasons = ((reason,) if reason and no_old != no_new else () for reason in (no_old, no_new))
    failed = Change(*reasons)
    rows = Change(tuple(sorted((old - new).elements())), tuple(sorted((new - old).elements())))
    return AnswerChange(Asked(now.slug, now.question), rows, edited, failed) if rows or edited or failed else None


def _answer(question: Question, state: State) -> tuple[Counter[tuple[str, ...]], str]:
    """The rows of an answer, as often as they are there; or why there is no answer."""
    try:
        result = run(state.reasoned.graph.store, question.text).result
        if isinstance(result, QueryBoolean):
            return Counter([(str(bool(result)).lower(),)]), ""
        if isinstance(result, QuerySolutions):
            names = [variable.value for variable in result.variables]
            return Counter(tuple(_cell(row[name]) for name in names) for row in result), ""
        return Counter(tuple(_cell(term) for term in (t.subject, t.predicate, t.object)) for t in result), ""
    except QueryError as error:
        return Counter(), error.what + (f" ({error.why})" if error.why else "")
    except (OSError, RuntimeError, ValueError) as error:  # the engine, while it evaluates
        return Counter(), str(error)


def _cell(term: object) -> str:
    """A term in N-Triples form; blank nodes differ from parse to parse, so they have no name here."""
    return "" if term is None else _BLANK.sub("_:", str(term)) if str(term).startswith("_:") else str(term)


def findings(before: State, after: State) -> Change[Result]:
    """The results of validation that were mended, and those that are new, by what they are about, not by where.

    Raises:
        ShapesError: The shapes or checks of a state cannot be used.
    """
    was, now = (Counter(result.key for result in state.report.results) for state in (before, after))
    return Change(tuple(_results(before, was - now)), tuple(_results(after, now - was)))


def _results(state: State, wanted: Counter[str]) -> Iterator[Result]:
    """The results with these keys, the last of equal ones, with places as seen from the project."""
    left = Counter(wanted)
    for result in state.report.results:
        if left[result.key] > 0:
            left[result.key] -= 1
            places = tuple(state.near(place) for place in result.places)
            yield replace(result, places=places, stated=state.near(result.stated) if result.stated else None)


def contradictions(before: State, after: State) -> Change[Contradicted]:
    """The contradictions that were mended, and those that are new."""
    was, now = _clashes(before), _clashes(after)
    return Change(_told(before, was, now), _told(after, now, was))


#: A contradiction by its rule and canonical triples, and the triples as they were read.
_Clashes = Mapping[tuple[str, frozenset[Triple]], tuple[Triple, ...]]


def _clashes(state: State) -> _Clashes:
    inference = state.reasoned.inference
    clashes = inference.clashes if inference else ()
    return {(clash.rule, frozenset(map(state.canonical, clash.triples))): clash.triples for clash in clashes}


def _told(state: State, mine: _Clashes, other: _Clashes) -> tuple[Contradicted, ...]:
    alone = sorted(mine.keys() - other.keys(), key=lambda key: (key[0], sorted(map(str, key[1]))))
    return tuple(
        Contradicted(
            key[0],
            FORBIDS.get(key[0], ""),
            tuple(map(state.canonical, mine[key])),
            tuple(dict.fromkeys(_behind(state, mine[key]))) if number < _MOST_CONTRADICTIONS else (),
        )
        for number, key in enumerate(alone)
    )


def _behind(state: State, triples: tuple[Triple, ...]) -> Iterator[Location]:
    inference = state.reasoned.inference
    for triple in triples:
        for asserted in inference.asserted_behind(triple) if inference else ():
            yield from state.places(asserted)
