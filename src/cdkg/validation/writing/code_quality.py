"""Findings as GitLab's Code Quality report, which becomes marks on the lines of a merge request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from cdkg.errors import Location
from cdkg.validation.report import Report, Result, Severity
from cdkg.validation.writing import words
from cdkg.validation.writing.telling import Telling, Verdict

_SEVERITIES: Final = {Severity.VIOLATION: "major", Severity.WARNING: "minor", Severity.INFO: "info"}
#: What keeps files from being looked at is graver than whatever is found in others.
_UNREAD: Final = "critical"


def write_code_quality(report: Report, telling: Telling) -> str:
    """A JSON array with an issue for each finding, and for what could not be read and no finding names.

    GitLab takes issues with the same fingerprint for one, so findings that are alike are numbered.
    """
    return json.dumps(list(_issues(report, telling)), indent=1) + "\n"


def _issues(report: Report, telling: Telling) -> Iterator[dict[str, Any]]:
    times: Counter[str] = Counter()
    for result in report.results:
        times[result.key] += 1
        number = times[result.key]
        key = result.key if number == 1 else f"{result.key}-{number}"
        place = words.anchor(result, report)
        name = words.source(result.source)
        yield _issue(_description(result), name, key, _SEVERITIES[result.severity], place, telling)
    named = {place.path for result in report.results for place in result.places}
    for path in report.unread:
        if path not in named:
            text = f"{words.printable(telling.name(path))} could not be read or checked"
            place = Location(path if path in report.files else (*report.files, ".")[0])
            yield _issue(text, "cdkg validate", _digest(text), _UNREAD, place, telling)
    if telling.verdict(report) is Verdict.INCOMPLETE and not report.unread and not report.results:
        text = "nothing was looked at"
        yield _issue(text, "cdkg validate", _digest(text), _UNREAD, Location((*report.files, ".")[0]), telling)


def _issue(
    description: str, name: str, fingerprint: str, severity: str, place: Location, telling: Telling
) -> dict[str, Any]:
    return {
        "description": description,
        "check_name": words.brief(name),
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": words.printable(telling.name(place.path)), "lines": {"begin": place.line or 1}},
    }


def _description(result: Result) -> str:
    """What is wrong and what to do about it, on one line."""
    said = dict(words.advice(result))
    more = (f"{label}: {said[label]}" for label in ("about", "value", "expected", "try") if label in said)
    return "; ".join([words.brief(result.message), *more])


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
