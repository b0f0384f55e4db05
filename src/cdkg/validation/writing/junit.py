"""Findings as JUnit XML, as Jenkins and GitLab read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cdkg.validation.report import Report, Result
from cdkg.validation.writing import words
from cdkg.validation.writing.telling import Telling, Verdict

_NOWHERE: Final = "without a place"
_UNREAD: Final = "could not be read or checked"


def write_junit(report: Report, telling: Telling) -> str:
    """A suite for each file, with a case for each source that found something there, and one that passes otherwise.

    What `fail_on` does not ask for is told in the output of a case that passes. A file that could not be read is an
    error, and so is a run that looked at nothing.
    """
    files = {telling.name(path): path in report.unread for path in report.files}
    files |= {telling.name(path): True for path in report.unread}
    found = telling.by_file(report.results)
    suites = Element("testsuites", name="cdkg validate")
    for name in sorted(files.keys() | found.keys()):
        suites.append(_suite(name or _NOWHERE, found.get(name, []), telling, unread=files.get(name, False)))
    if telling.verdict(report) is Verdict.INCOMPLETE and not report.unread:
        suites.append(_empty())
    for sort in ("tests", "failures", "errors"):
        suites.set(sort, str(sum(int(suite.get(sort, "0")) for suite in suites)))
    suites.set("time", f"{telling.seconds or 0:.3f}")
    indent(suites, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _suite(name: str, results: Iterable[Result], telling: Telling, *, unread: bool) -> Element:
    by_source: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_source[words.source(result.source)].append(result)
    suite = Element("testsuite", name=words.printable(name))
    if unread:
        case = _case(suite, name, "can be read and checked")
        SubElement(case, "error", type="unread", message=_UNREAD).text = _UNREAD
    elif not by_source:
        _case(suite, name, "no findings")
    for source, found in by_source.items():
        case = _case(suite, name, source)
        grave = [result for result in found if result.severity.rank <= telling.fail_on.rank]
        mild = [result for result in found if result.severity.rank > telling.fail_on.rank]
        if grave:
            _failure(case, grave, telling)
        if mild:
            SubElement(case, "system-out").text = _told(mild, telling)
    return _counted(suite)


def _empty() -> Element:
    suite = Element("testsuite", name="cdkg validate")
    SubElement(
        _case(suite, "cdkg validate", "something is looked at"), "error", type="empty", message="nothing was looked at"
    )
    return _counted(suite)


def _counted(suite: Element) -> Element:
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))
    suite.set("skipped", "0")
    suite.set("time", "0")
    return suite


def _case(suite: Element, file: str, name: str) -> Element:
    """A case; its class is the path with dots between the folders, the way in which readers build their trees."""
    dotted = file.strip("/").replace(".", "_").replace("/", ".")
    case = SubElement(suite, "testcase", name=words.printable(name), classname=words.printable(dotted), time="0")
    if file != _NOWHERE:
        case.set("file", words.printable(file))
    return case


def _failure(case: Element, results: list[Result], telling: Telling) -> None:
    first = min(results, key=lambda result: result.severity.rank)
    number = f" (and {len(results) - 1:,} more)" if len(results) > 1 else ""
    message = f"{words.brief(first.message)}{number}"
    failure = SubElement(case, "failure", type=first.severity.value, message=words.printable(message))
    failure.text = _told(results, telling)


def _told(results: list[Result], telling: Telling) -> str:
    lines: list[str] = []
    for result in results:
        where = f"{words.place(result.places[0], telling)}: " if result.places else ""
        lines.append(f"{where}{result.severity.value}: {words.brief(result.message)}")
        lines += [f"    {label}: {text}" for label, text in words.advice(result)]
        lines += [f"    also: {words.place(place, telling)}" for place in result.places[1:]]
    return "\n".join(lines)
