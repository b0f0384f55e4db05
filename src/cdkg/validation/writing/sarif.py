"""Findings in SARIF 2.1.0 (OASIS Standard), for code scanning and editors."""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from cdkg.errors import Location
from cdkg.validation.report import Kind, Report, Result, Severity
from cdkg.validation.shortening import cut, cut_term
from cdkg.validation.writing import words
from cdkg.validation.writing.json_document import gone_entry
from cdkg.validation.writing.markdown import escaped
from cdkg.validation.writing.telling import Telling, Verdict
from cdkg.vocabulary import BASE, PREFIXES

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
_LEVELS: Final = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
#: Longer or higher pieces of a file are left out: a line may have a hundred million characters.
_WIDEST, _HIGHEST = 2000, 20
_ABOUT: Final = {
    Kind.SYNTAX: "The file cannot be read as what its suffix says.",
    Kind.SHAPE: "The data does not satisfy a SHACL shape.",
    Kind.CHECK: "A check query has found a fault in the data.",
    Kind.CONTRADICTION: "The data contradicts itself: a rule of OWL 2 RL has derived a falsehood.",
    Kind.VOCABULARY: "A term or a prefix is not the one that the vocabulary has.",
    Kind.LINK: "A link to the outside cannot be right.",
    Kind.SHAPES: "The shapes themselves are at fault.",
}
_PAGES: Final = {
    Kind.SYNTAX: "https://www.w3.org/TR/turtle/",
    Kind.CONTRADICTION: "https://www.w3.org/TR/owl2-profiles/#OWL_2_RL",
    Kind.SHAPES: "https://www.w3.org/TR/shacl/",
}


def write_sarif(report: Report, telling: Telling) -> str:
    """All findings as one run. Those that a baseline hides are not in it; what is new or gone is marked."""
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_Run(report, telling).run()]}) + "\n"


class _Run:
    """A run (section 3.14) while it is put together: rules and files get numbers when they are first met."""

    def __init__(self, report: Report, telling: Telling) -> None:
        self._report, self._telling = report, telling
        self._files: dict[str, int] = {}
        self._keys: Counter[str] = Counter()
        self._by_rule: dict[str, list[Result]] = defaultdict(list)
        for result in report.results:
            self._by_rule[words.source(result.source)].append(result)
        self._rules = {name: number for number, name in enumerate(self._by_rule)}

    def run(self) -> dict[str, Any]:
        """The run as SARIF has it."""
        for path in self._report.files:
            self._artifact(path)
        results = [self._result(result) for result in self._report.results]
        driver = {"name": "cdkg", "informationUri": BASE, "rules": [self._rule(name) for name in self._rules]}
        if self._telling.version:
            driver["version"] = self._telling.version
        return {
            "tool": {"driver": driver},
            "invocations": [self._invocation()],
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {_ROOT: {"uri": self._telling.root.absolute().as_uri().rstrip("/") + "/"}},
            "results": results,
            "artifacts": [{"location": self._artifact(name)} for name in list(self._files)],
            "properties": self._properties(),
        }

    def _invocation(self) -> dict[str, Any]:
        verdict = self._telling.verdict(self._report)
        notes = [self._note(path) for path in self._report.unread]
        if verdict is Verdict.INCOMPLETE and not notes:
            notes.append({"level": "error", "message": {"text": "Nothing was looked at."}})
        return {"executionSuccessful": verdict is not Verdict.INCOMPLETE, "toolExecutionNotifications": notes}

    def _note(self, path: str) -> dict[str, Any]:
        """That something could not be read or checked (section 3.58); not each is a file."""
        text = f"{words.printable(self._telling.name(path))} could not be read or checked."
        note: dict[str, Any] = {"level": "error", "message": {"text": text}}
        if path in self._report.files:
            note["locations"] = [{"physicalLocation": {"artifactLocation": self._artifact(path)}}]
        return note

    def _properties(self) -> dict[str, Any]:
        report = self._report
        looked = {"shapes": report.shapes, "focusNodes": report.focus_nodes, "checks": report.checks}
        said: dict[str, Any] = {"verdict": self._telling.verdict(report).value, "counts": report.counts(), **looked}
        if report.known is not None:  # no results of state "absent": code scanning would show them as open
            said["baseline"] = {"known": report.known, "gone": [gone_entry(entry) for entry in report.gone]}
        return said

    def _rule(self, name: str) -> dict[str, Any]:
        """What found something (section 3.49), described by what it found."""
        results = self._by_rule[name]
        first, gravest = results[0], min(results, key=lambda result: result.severity.rank)
        messages = list(dict.fromkeys(words.brief(result.message) for result in results))[:3]
        hints = list(dict.fromkeys(words.brief(result.hint) for result in results if result.hint))[:3]
        stated = f"It is stated in {words.place(first.stated, self._telling)}." if first.stated else ""
        told = [_ABOUT[first.kind], *messages, *hints, *([stated] if stated else [])]
        rule = {
            "id": name,
            "name": re.split(r"[/#:]", name)[-1] or name,
            "shortDescription": {"text": messages[0] if len(messages) == 1 else f"{name}: {_ABOUT[first.kind]}"},
            "fullDescription": {"text": " ".join([_ABOUT[first.kind], *messages])},
            "help": {"text": "\n".join(told), "markdown": "\n\n".join([f"**{escaped(name)}**", *map(escaped, told)])},
            "defaultConfiguration": {"level": _LEVELS[gravest.severity]},
            "properties": {"kind": first.kind.value, "iri": first.source},
        }
        page = _page(results)
        return rule | {"helpUri": page} if page else rule

    def _result(self, result: Result) -> dict[str, Any]:
        """A finding (section 3.27). One without a place gets a file: code scanning drops what has none."""
        self._keys[result.key] += 1
        name = words.source(result.source)
        place = words.anchor(result, self._report)
        related = [(place, "Also here.") for place in result.places[1:]]
        related += [(result.stated, "What is asked for is stated here.")] if result.stated and result.places else []
        text = "\n".join([words.brief(result.message), *(f"{label}: {said}" for label, said in words.advice(result))])
        said = {
            "ruleId": name,
            "ruleIndex": self._rules[name],
            "level": _LEVELS[result.severity],
            "message": {"text": _literally(text)},
            "locations": [{"physicalLocation": self._physical(place)}],
            "partialFingerprints": {"cdkgFinding/v1": f"{result.key}:{self._keys[result.key]}"},
            "properties": {
                name: (cut_term if name in {"focus", "value"} else cut)(value)
                for name in ("focus", "path", "value", "component", "expected", "hint")
                if (value := getattr(result, name))
            },
        }
        if related:
            said["relatedLocations"] = [
                {"id": number, "physicalLocation": self._physical(place), "message": {"text": why}}
                for number, (place, why) in enumerate(related, 1)
            ]
        return said | ({"baselineState": "new"} if self._report.known is not None else {})

    def _physical(self, place: Location) -> dict[str, Any]:
        physical: dict[str, Any] = {"artifactLocation": self._artifact(place.path)}
        physical["region"] = _region(place)  # code scanning asks for a line even where none is known
        lines = self._lines(place)
        if lines:
            physical["contextRegion"] = {
                "startLine": place.line,
                "endLine": (place.line or 1) + len(lines) - 1,
                "snippet": {"text": "\n".join(lines)},
            }
            if place.column is not None and place.end_column is not None:
                last = place.end_column - 1 - (place.column - 1 if len(lines) == 1 else 0)
                begun = [lines[0][place.column - 1 :], *lines[1:]]
                physical["region"]["snippet"] = {"text": "\n".join([*begun[:-1], begun[-1][: max(0, last)]])}
        return physical

    def _lines(self, place: Location) -> list[str]:
        """The lines of a place; empty where they cannot be had or are too much."""
        if place.line is None or (place.end_line or place.line) - place.line not in range(_HIGHEST):
            return []
        lines = [self._telling.lines(place.path, n) for n in range(place.line, (place.end_line or place.line) + 1)]
        return lines if any(lines) and sum(map(len, lines)) <= _WIDEST else []

    def _artifact(self, path: str) -> dict[str, Any]:
        """A file (section 3.4), below the root relative to it."""
        name = self._telling.name(path)
        number = self._files.setdefault(name, len(self._files))
        if Path(name).is_absolute():
            return {"uri": self._telling.uri(name), "index": number}
        return {"uri": quote(os.fsencode(name), safe="/"), "uriBaseId": _ROOT, "index": number}


def _region(place: Location) -> dict[str, Any]:
    """A region (section 3.30); columns count characters from 1, the last one is behind the region."""
    told = {
        "startLine": place.line or 1,
        "startColumn": place.column,
        "endLine": place.end_line or (place.line if place.end_column else None),
        "endColumn": place.end_column,
    }
    return {name: number for name, number in told.items() if number is not None}


def _literally(text: str) -> str:
    """A message (section 3.11) in which nothing is taken for a link or a placeholder."""
    text = re.sub(r"([\[\]])", r"\\\1", text) if re.search(r"\]\(", text) else text
    return re.sub(r"\{(\d+)\}", r"{{\1}}", text)


def _page(results: list[Result]) -> str:
    """Where the specification says more: the section of the one component, or what fits the kind."""
    components = {result.component for result in results}
    component = components.pop() if len(components) == 1 else ""
    local = component.removeprefix(PREFIXES["sh"])
    if component != local and local.isalnum():
        return f"https://www.w3.org/TR/shacl/#{local}"
    return _PAGES.get(results[0].kind, "")
