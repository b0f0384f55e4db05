"""A difference as parts with lines, which text and Markdown both show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, Triple

from cdkg.changes.difference import (
    AnswerChange,
    Change,
    Contradicted,
    Difference,
    Inferred,
    Reason,
    Statement,
    T,
    Thing,
    Things,
    Verdict,
)
from cdkg.errors import Location
from cdkg.reasoning.telling.explanation import term_text
from cdkg.validation import Result
from cdkg.vocabulary import BASE, Term, shorten

#: Longer literals and messages are cut.
_LONGEST: Final = 160
#: So many rows of an answer, or statements behind an inference, are shown.
_MOST_BELOW: Final = 5
#: What would change how a line is shown, and not what it says: controls, directions of writing, line separators.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line about one thing.

    Attributes:
        sign: `+` come, `-` gone, `!` grave, `~` changed; a blank for what belongs to the line before.
        text: What there is to say; it holds no line end and no character that cannot be seen.
        place: Where it stands.
    """

    sign: str
    text: str
    place: Location | None = None

    def __str__(self) -> str:
        return f"{self.sign} {self.text}" + (f"  ({visible(str(self.place))})" if self.place else "")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a difference.

    Attributes:
        title: What it is about.
        summary: How much there is, in words.
        items: What there is, each as a line with those that belong to it.
    """

    title: str
    summary: str
    items: tuple[tuple[Line, ...], ...]


def visible(text: str) -> str:
    """A text on one line, with an escape in place of each character that one would not see."""
    return "".join(f"\\u{{{ord(c):X}}}" if unicodedata.category(c) in _INVISIBLE else c for c in text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def name(iri: str) -> str:
    """An IRI as a prefixed name, or as a path below the project's base."""
    short = shorten(iri) if ":" in iri else iri
    return visible(_cut(iri.removeprefix(BASE) if short.startswith(f"<{BASE}") else short))


def _term(term: Term) -> str:
    if isinstance(term, BlankNode):
        return f"_:{term.value[:7]}"
    if isinstance(term, Literal) and len(term.value) > _LONGEST:
        return str(Literal(_cut(term.value)))
    return term_text(term)


def triple_line(triple: Triple) -> str:
    """A triple with prefixed names."""
    return visible(" ".join(_term(term) for term in (triple.subject, triple.predicate, triple.object)))


def headline(difference: Difference, quote: Callable[[str], str] = visible) -> str:
    """The verdict in one sentence, or that nothing differs; versions are written as `quote` does."""
    found = difference.version
    if not difference:
        return "no difference"
    if found is None or not found.reasons:
        return "the ontology's version may stay" if found is not None else "the states differ"
    if not found.next:
        return f"{found.level.value} change of the ontology; it has no owl:versionInfo to raise"
    told = f"{found.level.value} change of the ontology: {quote(found.before)} → {quote(found.next)}"
    return told if not found.raised else f"{told}, and owl:versionInfo says so"


def outline(difference: Difference) -> list[Part]:
    """The parts of a difference that are not empty."""
    d = difference
    parts = [
        *_version(d.version),
        *_things("Terms of the ontology", d.terms),
        *_things("Shapes", d.shapes),
        *_things("Entities", d.entities),
        *_questions(d),
        *_change("Findings", d.findings, ("mended", "new"), _finding),
        *_change("Contradictions", d.contradictions, ("mended", "new"), _contradicted),
        *_change("Disagreements", d.disagreements, ("settled", "opened"), lambda t, s: (_thing(s, t),)),
        *_change("Gaps", d.gaps, ("closed", "opened"), lambda t, s: (_thing(s, t),)),
        *_statements(d),
        *_change("Inferences", d.inferences, ("lost", "new"), _inferred),
    ]
    return [part for part in parts if part.items]


def _change(
    title: str, change: Change[T], words: tuple[str, str], tell: Callable[[T, str], tuple[Line, ...]]
) -> Iterator[Part]:
    items = [tell(item, "+") for item in change.come] + [tell(item, "-") for item in change.gone]
    yield Part(title, _counted((words[1], len(change.come)), (words[0], len(change.gone))), tuple(items))


def _counted(*numbers: tuple[str, int]) -> str:
    return ", ".join(f"{number:,} {word}" for word, number in numbers if number)


def _version(verdict: Verdict | None) -> Iterator[Part]:
    if verdict is None:
        return
    items = [_reason(reason) for reason in verdict.reasons]
    if verdict.behind:
        modules = ", ".join(name(iri) for iri in verdict.behind[:_MOST_BELOW])
        more = f" and {len(verdict.behind) - _MOST_BELOW} more" if len(verdict.behind) > _MOST_BELOW else ""
        items.insert(0, (Line("!", f"owl:versionInfo should be {visible(verdict.next)} in {modules}{more}"),))
    levels = [reason.level for reason in verdict.reasons]
    counted = [(level.value, levels.count(level)) for level in dict.fromkeys(levels)]
    yield Part("Version of the ontology", _counted(*counted), tuple(items))


def _reason(reason: Reason) -> tuple[Line, ...]:
    sign = {"major": "!", "minor": "+"}.get(reason.level.value, "~")
    return (Line(sign, f"{reason.level.value}: {name(reason.about)}: {visible(_cut(reason.what))}", reason.place),)


def _things(title: str, things: Things) -> Iterator[Part]:
    items = [(_thing("+", thing),) for thing in things.known.come]
    items += [(_thing("-", thing),) for thing in things.known.gone]
    for r in things.renamed:
        text = f"{name(r.before.iri)} → {name(r.after.iri)}{_label(r.after)} ({r.sureness.value}, {r.alike:.0%} alike)"
        items.append((Line("~", f"renamed: {text}", r.after.place),))
    for d in things.deprecated:
        instead = f", take {', '.join(map(name, d.replaced_by))}" if d.replaced_by else ""
        items.append((Line("~", f"deprecated: {name(d.thing.iri)}{_label(d.thing)}{instead}", d.thing.place),))
    numbers = (("new", len(things.known.come)), ("gone", len(things.known.gone)))
    yield Part(
        title,
        _counted(*numbers, ("renamed", len(things.renamed)), ("deprecated", len(things.deprecated))),
        tuple(items),
    )


def _thing(sign: str, thing: Thing) -> Line:
    types = ", ".join(name(iri) for iri in thing.types[:_MOST_BELOW])
    return Line(sign, f"{name(thing.iri)}{_label(thing)}" + (f" a {types}" if types else ""), thing.place)


def _label(thing: Thing) -> str:
    return f" “{visible(_cut(thing.label))}”" if thing.label else ""


def _questions(difference: Difference) -> Iterator[Part]:
    answers, questions = difference.answers, difference.questions
    items = [_answer(answer) for answer in answers]
    for sign, side, word in (("+", questions.come, "new"), ("-", questions.gone, "gone")):
        items += [(Line(sign, f"{word}: {visible(a.slug)}: {visible(_cut(a.question))}"),) for a in side]
    changed = sum(1 for answer in answers if answer.rows or answer.failed)
    summary = _counted(
        ("with another answer", changed), ("with another query only", len(answers) - changed),
        ("new", len(questions.come)), ("gone", len(questions.gone)),
    )  # fmt: skip
    yield Part("Competency questions", summary, tuple(items))


def _answer(answer: AnswerChange) -> tuple[Line, ...]:
    counted = _counted(("rows come", len(answer.rows.come)), ("rows gone", len(answer.rows.gone)))
    told = [text for text in (counted, "another query" if answer.edited else "") if text]
    head = f"{visible(answer.asked.slug)}: {visible(_cut(answer.asked.question))} ({', '.join(told) or 'see below'})"
    lines = [Line("!" if answer.failed.come else "~", head)]
    lines += [Line(" ", f"  cannot be answered now: {visible(_cut(why))}") for why in answer.failed.come]
    lines += [Line(" ", f"  could not be answered: {visible(_cut(why))}") for why in answer.failed.gone]
    for sign, rows in (("+", answer.rows.come), ("-", answer.rows.gone)):
        lines += [Line(sign, f"  {_row(row)}") for row in rows[:_MOST_BELOW]]
        lines += _more(sign, len(rows))
    return tuple(lines)


def _row(row: Iterable[str]) -> str:
    return visible(_cut("  ".join(re.sub(r"^<(.*)>$", lambda m: name(m[1]), cell) for cell in row)))


def _more(sign: str, number: int) -> Iterator[Line]:
    if number > _MOST_BELOW:
        yield Line(sign, f"  … and {number - _MOST_BELOW:,} more")


def _finding(result: Result, sign: str) -> tuple[Line, ...]:
    focus = name(result.focus[1:-1]) if result.focus.startswith("<") else visible(result.focus)
    place = result.places[0] if result.places else None
    text = f"{result.severity.value}: {focus}: {visible(_cut(result.message))} [{name(result.source)}]"
    return (Line("!" if sign == "+" and result.severity.rank == 0 else sign, text, place),)


def _contradicted(found: Contradicted, sign: str) -> tuple[Line, ...]:
    head = Line("!" if sign == "+" else sign, f"{visible(found.rule)}: {visible(found.forbids)}")
    below = [Line(" ", f"  {triple_line(triple)}") for triple in found.triples]
    below += [Line(" ", f"  at {visible(str(place))}") for place in found.places[:_MOST_BELOW]]
    return (head, *below)


def _statements(difference: Difference) -> Iterator[Part]:
    """Statements by graph; of those that moved, only that they moved."""
    change, moved = difference.statements, difference.moved
    went, came = ({id(getattr(m, side)) for m in moved} for side in ("before", "after"))
    added = [s for s in change.come if id(s) not in came]
    removed = [s for s in change.gone if id(s) not in went]
    both = [*(("-", s) for s in removed), *(("+", s) for s in added)]
    both.sort(key=lambda told: (told[1].graph.value, str(told[1].triple.subject), str(told[1].triple.predicate)))
    items: list[tuple[Line, ...]] = [(_statement(sign, statement),) for sign, statement in both]
    for move in moved:
        text = f"moved from {name(move.before.graph.value)}: {triple_line(move.after.triple)}"
        items.append((Line("~", text, move.after.place),))
    counted = _counted(("added", len(added)), ("removed", len(removed)), ("moved", len(moved)))
    yield Part("Statements", counted, tuple(items))


def _statement(sign: str, statement: Statement) -> Line:
    where = "" if statement.place else f" in {name(statement.graph.value)}"
    return Line(sign, triple_line(statement.triple) + where, statement.place)


def _inferred(inferred: Inferred, sign: str) -> tuple[Line, ...]:
    rule = f" [{visible(inferred.rule)}]" if inferred.rule else ""
    lines = [Line(sign, triple_line(inferred.triple) + rule)]
    lines += [
        Line(" ", f"  because of {triple_line(s.triple)}", s.place) for s in inferred.because[:_MOST_BELOW]
    ]  # fmt: skip
    lines += _more(" ", len(inferred.because))
    return tuple(lines)
