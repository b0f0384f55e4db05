"""A difference as nested objects for `json`: terms in N-Triples form, IRIs bare where only an IRI can stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pyoxigraph import Triple

from cdkg.changes.difference import (
    AnswerChange,
    Asked,
    Change,
    Contradicted,
    Difference,
    Inferred,
    Statement,
    T,
    Thing,
    Things,
    Verdict,
)
from cdkg.errors import Location
from cdkg.validation import Result


def as_json(difference: Difference, limit: int | None = None) -> dict[str, Any]:
    """The difference for programs: for each section how many there are, and the first of them.

    Args:
        difference: What to tell.
        limit: So many items of each list; none: all.
    """
    d = difference
    sections: dict[str, Callable[[], dict[str, Any]]] = {
        "version": lambda: {"version": _verdict(d.version, limit) if d.version else None},
        "things": lambda: {
            kind: _things(things, limit)
            for kind, things in (("entities", d.entities), ("terms", d.terms), ("shapes", d.shapes))
        },
        "questions": lambda: {
            "questions": _change(d.questions, _asked, ("gone", "new"), limit),
            "answers": _listed(d.answers, _answer, limit),
        },
        "findings": lambda: {"findings": _change(d.findings, _finding, ("mended", "new"), limit)},
        "contradictions": lambda: {
            "contradictions": _change(d.contradictions, _contradicted, ("mended", "new"), limit)
        },
        "disagreements": lambda: {
            "disagreements": _change(d.disagreements, _thing, ("settled", "opened"), limit),
            "gaps": _change(d.gaps, _thing, ("closed", "opened"), limit),
        },
        "statements": lambda: {
            "statements": _change(d.statements, _statement, ("removed", "added"), limit),
            "moved": _listed(
                d.moved, lambda m: {**_triple(m.after.triple), "from": _at(m.before), "to": _at(m.after)}, limit
            ),
        },
        "inferences": lambda: {"inferences": _change(d.inferences, _inferred, ("lost", "new"), limit)},
    }
    told: dict[str, Any] = {"before": d.before, "after": d.after, "differs": bool(d), "sections": list(d.sections)}
    for section in d.sections:
        told |= sections[section]()
    return told


def _listed(items: Iterable[T], tell: Callable[[T], dict[str, Any]], limit: int | None) -> dict[str, Any]:
    found = list(items)
    return {"number": len(found), "items": [tell(item) for item in found[:limit]]}


def _change(
    change: Change[T], tell: Callable[[T], dict[str, Any]], words: tuple[str, str], limit: int | None
) -> dict[str, Any]:
    return {words[1]: _listed(change.come, tell, limit), words[0]: _listed(change.gone, tell, limit)}


def place_json(place: Location | None) -> dict[str, Any] | None:
    """A place; null where none is known."""
    return {"file": place.path, "line": place.line, "column": place.column} if place else None


def _triple(triple: Triple) -> dict[str, Any]:
    return {"subject": str(triple.subject), "predicate": str(triple.predicate), "object": str(triple.object)}


def _at(statement: Statement) -> dict[str, Any]:
    return {"graph": statement.graph.value, "place": place_json(statement.place)}


def _statement(statement: Statement) -> dict[str, Any]:
    return {**_triple(statement.triple), **_at(statement)}


def _inferred(inferred: Inferred) -> dict[str, Any]:
    because = [_statement(statement) for statement in inferred.because]
    rule = inferred.rule or None
    return {**_triple(inferred.triple), "rule": rule, "because": because if inferred.traced else None}


def _thing(thing: Thing) -> dict[str, Any]:
    return {
        "iri": thing.iri,
        "label": thing.label or None,
        "types": list(thing.types),
        "place": place_json(thing.place),
    }


def _things(things: Things, limit: int | None) -> dict[str, Any]:
    return {
        **_change(things.known, _thing, ("gone", "new"), limit),
        "renamed": _listed(
            things.renamed,
            lambda r: {
                "before": _thing(r.before), "after": _thing(r.after),
                "sureness": r.sureness.value, "alike": round(r.alike, 3),
            },
            limit,
        ),
        "deprecated": _listed(
            things.deprecated, lambda d: {**_thing(d.thing), "replaced_by": list(d.replaced_by)}, limit
        ),
    }  # fmt: skip


def _asked(asked: Asked) -> dict[str, Any]:
    return {"slug": asked.slug, "question": asked.question}


def _answer(answer: AnswerChange) -> dict[str, Any]:
    return {
        **_asked(answer.asked),
        "edited": answer.edited,
        "rows_come": [list(row) for row in answer.rows.come],
        "rows_gone": [list(row) for row in answer.rows.gone],
        "fails": next(iter(answer.failed.come), None),
        "failed": next(iter(answer.failed.gone), None),
    }


def _finding(result: Result) -> dict[str, Any]:
    return {
        "key": result.key, "severity": result.severity.value, "message": result.message, "source": result.source,
        "focus": result.focus, "path": result.path, "value": result.value,
        "places": [place_json(place) for place in result.places],
    }  # fmt: skip


def _contradicted(found: Contradicted) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "forbids": found.forbids or None,
        "statements": [_triple(triple) for triple in found.triples],
        "places": [place_json(place) for place in found.places],
    }


def _verdict(verdict: Verdict, limit: int | None) -> dict[str, Any]:
    return {
        "level": verdict.level.value, "before": verdict.before or None, "after": verdict.after or None,
        "next": verdict.next or None, "raised": verdict.raised, "behind": list(verdict.behind),
        "reasons": _listed(
            verdict.reasons,
            lambda r: {"level": r.level.value, "about": r.about, "what": r.what, "place": place_json(r.place)},
            limit,
        ),
    }  # fmt: skip
