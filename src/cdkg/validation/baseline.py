"""Baselines: findings that are known and accepted, so that only new ones fail a check."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from cdkg.errors import Location, SourceError
from cdkg.validation.report import Entry, Kind, Report, Result, Severity, in_order, without_label, without_labels
from cdkg.validation.shortening import cut, cut_term

#: What a baseline says of itself; a later form gets another number.
_MARK: Final = "cdkg-baseline"
_VERSION: Final = 1
_TEXTS: Final = ("key", "source", "focus", "path", "value", "message", "file")
_AGAIN: Final = "write the baseline anew, or take the one before from the history"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings that are accepted."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A report against a baseline.

    Attributes:
        new: The report with the findings that the baseline does not have; it knows `known` and `gone` too.
        known: Number of findings that the baseline has.
        gone: What the baseline has and nothing found any more, each with how often it is gone.
    """

    new: Report
    known: int
    gone: tuple[Entry, ...]


def write_baseline(report: Report) -> str:
    """The findings of a report as a baseline: JSON with a line for each, sorted, so that two branches merge easily.

    Faults of syntax and grave faults of the shapes are left out: what they keep from being checked is never accepted.
    """
    counted = Counter(_entry(result) for result in report.results if _can_be_accepted(result))
    entries = sorted((replace(entry, count=number) for entry, number in counted.items()), key=_in_order)
    lines = [json.dumps(asdict(entry) | {"severity": entry.severity.value}) for entry in entries]
    # The null at the end lets each line of a finding end with a comma: no line changes because another one comes.
    head = f'{{"{_MARK}": {_VERSION}, "findings": ['
    return "\n".join([head, *(f"{line}," for line in lines), "null]}", ""])


def read_baseline(text: str, path: str) -> Baseline:
    """Read what `write_baseline` wrote; lines that a merge has doubled count once.

    Args:
        text: The content of the file.
        path: Its name, for messages.

    Raises:
        SourceError: It is no baseline, or one of another version.
    """
    _check_frame(text, path)
    most: dict[Entry, int] = {}
    for item, line in _findings(text, path):
        if item is not None:
            entry = _read_entry(item, path, line)
            once = replace(entry, count=1)
            most[once] = max(entry.count, most.get(once, 0))
    return Baseline(tuple(sorted((replace(entry, count=n) for entry, n in most.items()), key=_in_order)))


def compare(report: Report, baseline: Baseline) -> Compared:
    """Take the findings that a baseline has out of a report.

    A finding is known as often as the baseline has it, with this severity or a graver one. Which of several equal
    findings is the new one cannot be told: those with a message that the baseline has count as known first, then the
    first ones by place. What `write_baseline` leaves out always stays. What stands in files that were not looked at is
    not gone; but compare before a report is narrowed to what a change touches.
    """
    slots: dict[str, Counter[Entry]] = defaultdict(Counter)
    for entry in baseline.entries:
        slots[entry.key][replace(entry, count=1)] += entry.count
    found: dict[str, list[Result]] = defaultdict(list)
    for result in report.results:
        if _can_be_accepted(result):
            found[result.key].append(result)
    new = [result for result in report.results if not _can_be_accepted(result)]
    gone: list[Entry] = []
    looked_at = {Path(path).name for path in report.files}
    for key in found.keys() | slots.keys():
        fresh = _taken(found[key], slots[key])
        new += fresh
        gone += _gone(slots[key], len(fresh))
    listed = tuple(sorted((e for e in gone if not (looked_at and e.file) or e.file in looked_at), key=_in_order))
    known = len(report.results) - len(new)
    return Compared(replace(report.only(new), known=known, gone=listed), known, listed)


def _taken(results: list[Result], left: Counter[Entry]) -> list[Result]:
    """The results that find no slot; the slots that others take are counted down in `left`.

    The gravest choose first: each slot that they may take is open to the milder ones too, so nobody is cheated. Of
    equally grave ones, those whose message the baseline has come first.
    """
    new = []
    messages = {slot.message for slot in left}
    for result in sorted(results, key=lambda r: (r.severity.rank, _told(r) not in messages, in_order(r))):
        fits = [slot for slot in left if left[slot] and slot.severity.rank <= result.severity.rank]
        if fits:
            alike = [slot for slot in fits if slot.message == _told(result)]
            left[max(alike or fits, key=lambda slot: slot.severity.rank)] -= 1
        else:
            new.append(result)
    return new


def _gone(left: Counter[Entry], new: int) -> Iterator[Entry]:
    """The slots that are left, but for as many as there are new findings of this key: those only got graver."""
    for entry in sorted(left, key=_in_order):
        number = max(0, left[entry] - new)
        new -= left[entry] - number
        if number:
            yield replace(entry, count=number)


def _can_be_accepted(result: Result) -> bool:
    """Whether something was checked at all: not where a file or the shapes cannot be read as what they should be."""
    grave = result.severity is Severity.VIOLATION
    return result.kind is not Kind.SYNTAX and not (grave and result.kind is Kind.SHAPES)


def _told(result: Result) -> str:
    return cut(without_labels(result.message))


def _entry(result: Result) -> Entry:
    source, focus, value = (without_label(term) for term in (result.source, result.focus, result.value))
    return Entry(result.key, result.severity, source, focus, result.path, cut_term(value), _told(result), result.file)


def _in_order(entry: Entry) -> tuple[object, ...]:
    """The severity comes late, so that a line stays where it is when that changes."""
    return (
        entry.source,
        entry.focus,
        entry.path,
        entry.value,
        entry.message,
        entry.key,
        entry.file,
        entry.severity.rank,
    )


def _check_frame(text: str, path: str) -> None:
    """Check what stands around the findings.

    Raises:
        SourceError: It is not JSON, no baseline, or one of another version.
    """
    try:
        said = json.loads(text)
    except json.JSONDecodeError as error:
        where = Location(path, error.lineno, error.colno)
        merging = re.search(r"^(<{7}|={7}|>{7})", text, re.MULTILINE)
        hint = "settle the merge: keep the lines of both sides" if merging else _AGAIN
        raise SourceError("the baseline is not JSON", where=where, why=error.msg, hint=hint) from error
    except (RecursionError, ValueError) as error:
        raise SourceError("the baseline is not JSON", where=Location(path), why=str(error), hint=_AGAIN) from error
    if not isinstance(said, dict) or _MARK not in said or not isinstance(said.get("findings"), list):
        why = f'a baseline is an object with "{_MARK}" and "findings"'
        raise SourceError("this is no baseline", where=Location(path, 1), why=why, hint=_AGAIN)
    if said[_MARK] != _VERSION or isinstance(said[_MARK], bool):
        why = f"it has version {said[_MARK]!r}, and this program reads version {_VERSION}"
        where = Location(path, _line(text, text.index(_MARK)))
        raise SourceError("a baseline of another version", where=where, why=why, hint=_AGAIN)


def _findings(text: str, path: str) -> Iterator[tuple[Any, int]]:
    """The members of the list of findings, each with the line where it begins; the text is valid JSON."""
    opening = re.search(r'"findings"\s*:\s*\[', text)
    if opening is None:  # its name is written with escapes
        raise SourceError("this is no baseline", where=Location(path, 1), why='it has no "findings"', hint=_AGAIN)
    between, decoder = re.compile(r"[\s,]*"), json.JSONDecoder()
    at, line, counted = opening.end(), 1, 0
    while (at := between.match(text, at).end()) < len(text) and text[at] != "]":  # type: ignore[union-attr]
        line, counted = line + text.count("\n", counted, at), at
        item, at = decoder.raw_decode(text, at)
        yield item, line


def _read_entry(item: Any, path: str, line: int) -> Entry:
    """Read one finding.

    Raises:
        SourceError: A member is missing or is not what it should be.
    """
    where = Location(path, line)
    if not isinstance(item, dict):
        raise SourceError("the baseline has a line that is no finding", where=where, hint=_AGAIN)
    for name in _TEXTS:
        if not isinstance(item.get(name), str):
            raise SourceError(
                "the baseline has a broken finding", where=where, why=f"its {name} is no text", hint=_AGAIN
            )
    severity, count = item.get("severity"), item.get("count", 1)
    if severity not in [known.value for known in Severity]:
        why = f"its severity is {severity!r}, not violation, warning or info"
        raise SourceError("the baseline has a broken finding", where=where, why=why, hint=_AGAIN)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        why = f"its count is {count!r}, not a number from 1"
        raise SourceError("the baseline has a broken finding", where=where, why=why, hint=_AGAIN)
    return Entry(severity=Severity(severity), count=count, **{name: item[name] for name in _TEXTS})


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
