"""GitLab's Code Quality report: its members, and a fingerprint of its own for each issue."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from cdkg.errors import Location
from cdkg.validation import Report, Severity
from cdkg.validation.writing import write
from reports import ANY_REPORT, AWKWARD_REPORT, CITY, ROOT, TELLING, finding, report


def issues(whole: Report) -> list[dict[str, Any]]:
    """The issues of a report, after a look at what GitLab asks of them."""
    told: list[dict[str, Any]] = json.loads(write(whole, "codequality", TELLING))
    for issue in told:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert all(isinstance(issue[name], str) for name in ("description", "check_name", "fingerprint"))
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert set(issue["location"]) == {"path", "lines"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith("./")
    assert len({issue["fingerprint"] for issue in told}) == len(told)
    return told


def test_members() -> None:
    """Words, source, severity, file and line of each finding."""
    worst, mild = finding(hint="Add it."), finding("Warns.", severity=Severity.WARNING, number=1)
    first, second, third = issues(report(worst, mild, finding("y", number=2, severity=Severity.INFO)))
    assert first["location"] == {"path": "data/city.ttl", "lines": {"begin": 3}}
    assert first["check_name"] == "cds:City-country"
    assert first["description"].startswith("The city has no country.")
    assert "Add it." in first["description"]
    assert "\n" not in first["description"]
    assert [issue["severity"] for issue in (first, second, third)] == ["major", "minor", "info"]


def test_fingerprints_stay_when_lines_move() -> None:
    """A finding keeps its fingerprint, and findings that are alike have each their own."""
    here, below = finding(), finding(places=(Location(CITY, 33, 5, 33, 9),))
    assert issues(report(here))[0]["fingerprint"] == issues(report(below))[0]["fingerprint"]
    assert len(issues(report(here, here, below))) == 3


def test_what_has_no_place_is_told() -> None:
    """Findings without a place stand at their shape, or at the first file; what could not be read is critical."""
    stated = Location(str(ROOT / "shapes/a.ttl"), 9, 1)
    bad = str(ROOT / "bad.ttl")
    found = issues(report(finding(places=(), stated=stated), finding("x", places=()), files=(CITY, bad), unread=(bad,)))
    places = {(issue["location"]["path"], issue["location"]["lines"]["begin"]) for issue in found}
    assert places == {("shapes/a.ttl", 9), ("data/city.ttl", 1), ("bad.ttl", 1)}
    assert [issue["location"]["path"] for issue in found if issue["severity"] == "critical"] == ["bad.ttl"]
    named = issues(report(finding(places=(Location(bad, 2),)), files=(bad,), unread=(bad,)))
    assert [issue["severity"] for issue in named] == ["major"]


def test_nothing_looked_at_is_an_issue() -> None:
    """An empty check does not look like a clean one; a clean one has no issues."""
    assert [issue["severity"] for issue in issues(Report(()))] == ["critical"]
    assert issues(report()) == []


def test_all_findings_are_there() -> None:
    """Whatever `--max` says, and whatever the texts are."""
    many = report(*(finding(number=n) for n in range(50)))
    assert len(json.loads(write(many, "codequality", replace(TELLING, most=3)))) == 50
    assert len(issues(AWKWARD_REPORT)) == len(AWKWARD_REPORT.results) + 1


@settings(max_examples=60, deadline=None)
@given(ANY_REPORT)
def test_random_texts(whole: Report) -> None:
    """Whatever is said, it is an issue."""
    assert len(issues(whole)) == len(whole.results)
