"""Findings as workflow commands of GitHub Actions, which become annotations on the lines of a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from cdkg.errors import Location
from cdkg.validation.report import Report, Result, Severity
from cdkg.validation.writing import words
from cdkg.validation.writing.telling import Telling

_COMMANDS: Final = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
#: So many annotations of each command GitHub shows for a step.
_SHOWN: Final = 10


def write_github(report: Report, telling: Telling) -> str:
    """A command for each finding and each further file that it stands in, and a notice of what GitHub will leave out.

    Within a severity the first finding of each source comes first, then the second of each, so that those that are
    shown tell of as many sources as can be. The notice stands before the findings that only inform: as the eleventh
    notice it would not be shown.
    """
    told = _told(report, telling)
    number = sum(map(len, told.values())) + telling.told(report)[1].total()
    further = _further(report, telling)
    if number > sum(min(len(commands), _SHOWN) for commands in told.values()):
        infos = told[Severity.INFO]
        shown = sum(min(len(commands), _SHOWN - (commands is infos)) for commands in told.values())
        message = (
            f"{number - shown:,} findings are not shown here. {words.counts(report)}; {words.verdict(report, telling)}"
        )
        infos.insert(0, f"::notice title=cdkg validate::{_data(message)}")
    return "".join(f"{command}\n" for severity in Severity for command in (*told[severity], *further[severity]))


def _told(report: Report, telling: Telling) -> dict[Severity, list[str]]:
    """The commands by severity; a file that could not be read and that no finding names gets one of its own."""
    results, _ = telling.told(report)
    named = {place.path for result in results for place in result.places}
    told: dict[Severity, list[str]] = {severity: [] for severity in Severity}
    told[Severity.VIOLATION] += [_unread(path, report, telling) for path in report.unread if path not in named]
    turns: Counter[tuple[str, Severity]] = Counter()
    ordered: list[tuple[int, Result]] = []
    for result in results:
        turns[result.source, result.severity] += 1
        ordered.append((turns[result.source, result.severity], result))
    for _, result in sorted(ordered, key=lambda turn: turn[0]):
        told[result.severity].append(_command(result, telling, next(iter(result.places), None)))
    return told


def _further(report: Report, telling: Telling) -> dict[Severity, list[str]]:
    """The commands by severity for the other files that a finding stands in; none of them takes the place of another.

    Who edits one of these files would else not see that it is concerned. What stands behind the data (an ontology from
    elsewhere) is no file of the pull request.
    """
    looked_at = {telling.name(path) for path in report.files}
    told: dict[Severity, list[str]] = {severity: [] for severity in Severity}
    for result in telling.told(report)[0]:
        seen = {telling.name(place.path) for place in result.places[:1]}
        for place in result.places[1:]:
            name = telling.name(place.path)
            if name in looked_at and name not in seen:
                seen.add(name)
                told[result.severity].append(_command(result, telling, place))
    return told


def _unread(path: str, report: Report, telling: Telling) -> str:
    file = f"file={_property(telling.name(path))}," if path in report.files else ""
    return f"::error {file}title=cdkg validate::{_data(telling.name(path))} could not be read or checked"


def _command(result: Result, telling: Telling, place: Location | None) -> str:
    title = f"title={_property(words.brief(words.source(result.source), 200))}"
    properties = ",".join([*_where(place, telling), title])
    message = "\n".join([words.brief(result.message), *(f"{label}: {text}" for label, text in words.advice(result))])
    return f"::{_COMMANDS[result.severity]} {properties}::{_data(message)}"


def _where(place: Location | None, telling: Telling) -> Iterator[str]:
    """The properties of a place; columns only where it is on one line, as GitHub wants it."""
    if place is None:
        return
    yield f"file={_property(telling.name(place.path))}"
    if place.line is None:
        return
    end_line = place.end_line or place.line
    yield f"line={place.line}"
    yield f"endLine={end_line}"
    if place.column is not None and end_line == place.line:
        yield f"col={place.column}"
        if place.end_column is not None:
            yield f"endColumn={place.end_column}"


def _data(text: str) -> str:
    """The message of a command, escaped."""
    lines = "\n".join(words.printable(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property of a command, escaped."""
    return _data(words.printable(text)).replace(":", "%3A").replace(",", "%2C")
