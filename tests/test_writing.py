"""The formats in which findings are told: complete, well-formed, and not to be broken by what the data says."""

from __future__ import annotations

import csv
import io
import json
import re
import time
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from pyoxigraph import NamedNode, RdfFormat, Store, parse

from cdkg.cli.validating import COMMANDS
from cdkg.errors import Location, NotAcceptableError
from cdkg.validation import Kind, Report, Severity
from cdkg.validation.baseline import compare, read_baseline, write_baseline
from cdkg.validation.shacl import ENGINES
from cdkg.validation.shortening import cut
from cdkg.validation.writing import FORMATS, Lines, Telling, Verdict, write
from cdkg.vocabulary import CD, ID, PREFIXES, SHAPES
from reports import ANY_REPORT, AWKWARD, AWKWARD_REPORT, CITY, ROOT, SH, TELLING, finding, lines, report


def unseen(text: str, allowed: str = "\n") -> set[str]:
    """Characters of a text that a terminal does not show as such."""
    return {c for c in text if c not in allowed and (unicodedata.category(c) in {"Cc", "Cs"} or c in "\u202e\u2028")}


@pytest.mark.parametrize("form", FORMATS)
def test_any_text_can_be_written(form: str) -> None:
    """Every format takes every text, can be encoded, and lets no control character through."""
    written = write(AWKWARD_REPORT, form, TELLING)
    assert not unseen(written, "\n\t\r" if form in {"csv", "turtle"} else "\n")
    assert written.encode()
    assert written == write(AWKWARD_REPORT, form, TELLING)


def test_unknown_formats_are_refused() -> None:
    """A format that is not there is an error that names those that are."""
    with pytest.raises(NotAcceptableError, match="sarif"):
        write(report(), "pdf", TELLING)


# ---------------------------------------------------------------- verdicts and limits


def test_verdicts() -> None:
    """Nothing looked at and unread files are no pass; the rest is a matter of the severity that fails."""
    warned = report(finding(severity=Severity.WARNING))
    strict = replace(TELLING, fail_on=Severity.WARNING)
    assert TELLING.verdict(Report(())) is Verdict.INCOMPLETE
    assert TELLING.verdict(report(finding(), unread=("x",))) is Verdict.INCOMPLETE
    assert TELLING.verdict(report(finding())) is Verdict.FAIL
    assert TELLING.verdict(warned) is Verdict.PASS
    assert strict.verdict(warned) is Verdict.FAIL
    assert [verdict.exit_code for verdict in Verdict] == [0, 1, 2]


def test_only_so_many_of_a_kind_are_told() -> None:
    """Where people read, a kind is told a few times and the rest is counted; elsewhere all of it is there."""
    many = [finding(number=number) for number in range(50)]
    whole = report(*many, finding("other", source=f"{SHAPES}Other"))
    few, everything = replace(TELLING, most=3), replace(TELLING, most=None)
    assert write(whole, "text", few).count("The city has no country.") == 3
    assert "47 more of cds:City-country" in write(whole, "text", few)
    assert "other" in write(whole, "text", few)
    assert write(whole, "text", everything).count("The city has no country.") == 50
    assert write(whole, "markdown", few).count("The city has no country.") == 3
    assert "47" in write(whole, "markdown", few)
    assert len(json.loads(write(whole, "json", few))["results"]) == 51
    assert len(json.loads(write(whole, "sarif", few))["runs"][0]["results"]) == 51
    assert len(write(whole, "csv", few).splitlines()) == 52


@pytest.mark.parametrize("form", FORMATS)
def test_ten_thousand_findings_take_bounded_time(form: str, tmp_path: Path) -> None:
    """The time grows with the number of findings, not faster."""
    path = tmp_path / "big.ttl"
    path.write_text("".join(f'city:c{n} cd:country "東京" .\n' for n in range(10_000)), encoding="utf-8")
    results = [finding(number=n, places=(Location(str(path), n + 1, 9, n + 1, 12),)) for n in range(10_000)]
    begun = time.process_time()
    assert write(report(*results), form, Telling(tmp_path, most=None))
    assert time.process_time() - begun < 10


# ---------------------------------------------------------------- text


def test_text_marks_the_span() -> None:
    """The source line comes with marks under what is meant."""
    told = write(report(finding()), "text", replace(TELLING, lines=lines("", "", '    "UK"@en .')))
    assert "data/city.ttl:3:5: violation: The city has no country. [cds:City-country]" in told
    source, marks = told.splitlines()[3:5]
    assert source.endswith('    "UK"@en .')
    assert marks.index("^") == source.index('"')
    assert marks.count("~") == 3


@pytest.mark.parametrize(
    ("line", "column", "end", "marked"),
    [
        ("\tx y", 2, 3, "x"),
        ("東京 x y", 4, 5, "x"),
        ("a\u0301\u0301 x y", 5, 6, "x"),
        ("\x1b[0m x y", 6, 7, "x"),
        ("a" * 100_000 + " x " + "b" * 100_000, 100_002, 100_003, "x"),
        ("x", 1, 500, "x"),
    ],
)
def test_marks_stand_under_what_is_meant(line: str, column: int, end: int, marked: str) -> None:
    """Tabs, wide, combining and escaped characters and very long lines do not move the marks."""
    result = finding(places=(Location(CITY, 1, column, 1, end),))
    told = write(report(result), "text", replace(TELLING, lines=lines(line))).splitlines()
    number = next(n for n, text in enumerate(told) if text.lstrip().startswith("1 |"))
    source, marks = told[number : number + 2]
    wide = [(c, 0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1) for c in source]
    columns = "".join(c * width for c, width in wide)
    assert columns[marks.index("^")] == marked
    assert marks.count("^") == 1
    assert len(source) < 200


def test_spans_over_lines_are_marked_on_the_first() -> None:
    """Of several lines the first is shown, marked to its end."""
    result = finding(places=(Location(CITY, 1, 3, 4, 2),))
    told = write(report(result), "text", replace(TELLING, lines=lines("a bcd  ", "e"))).splitlines()
    assert told[3:5] == ["  1 | a bcd", "    |   ^~~"]


def test_text_tells_all_there_is_to_a_finding() -> None:
    """Value, expectation, hint, other places and the place of the shape are told; then how much was looked at."""
    others = tuple(Location(CITY, number) for number in range(1, 9))
    result = finding(expected="one country", hint="Add it.", places=others, stated=Location(f"{ROOT}/shapes/a.ttl", 7))
    told = write(report(result), "text", replace(TELLING, seconds=1.25))
    for said in ('value: "UK"@en', "expected: one country", "try: Add it.", "shapes/a.ttl:7", "data/city.ttl:4",
                 "4 places more", "10 nodes", "2 shapes", "1 check ran", "1 file", "1 violation"):  # fmt: skip
        assert said in told
    assert "data/city.ttl:8" in write(report(result), "text", replace(TELLING, most=None))


def test_colours_only_where_asked_for() -> None:
    """Without colours there is no escape character, with them there is, and the words are the same."""
    plain, coloured = (write(AWKWARD_REPORT, "text", replace(TELLING, colour=colour)) for colour in (False, True))
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain != coloured


def test_baselines_are_told() -> None:
    """What a baseline hides is counted, what is gone is listed, in every format that has room for it."""
    old = read_baseline(write_baseline(report(finding(), finding("Gone.", number=1))), "b.json")
    new = compare(report(finding()), old).new
    for form in ("text", "markdown"):
        told = write(new, form, TELLING)
        assert "nothing new" in told
        assert "Gone." in told
    assert json.loads(write(new, "json", TELLING))["baseline"]["known"] == 1
    assert json.loads(write(new, "json", TELLING))["baseline"]["gone"][0]["message"] == "Gone."
    assert json.loads(write(report(), "json", TELLING))["baseline"] is None
    run = json.loads(write(new, "sarif", TELLING))["runs"][0]
    assert run["properties"]["baseline"]["known"] == 1
    assert TELLING.verdict(new) is Verdict.PASS


# ---------------------------------------------------------------- lines of files


def test_lines_end_as_the_reader_of_turtle_has_it(tmp_path: Path) -> None:
    """CR, LF and CRLF end a line, other separators do not; a byte order mark is no character."""
    path = tmp_path / "x.ttl"
    path.write_bytes("\ufeffa\r\nb\u2028c\rd\n\ne\x0b".encode())
    assert [Lines()(str(path), n) for n in range(8)] == ["", "a", "b\u2028c", "d", "", "e\x0b", "", ""]


def test_lines_of_what_is_no_text_are_empty(tmp_path: Path) -> None:
    """Files that are gone, binary or folders have no lines, and nobody waits for them."""
    (tmp_path / "binary").write_bytes(b"a\0b")
    for name in ("binary", "gone", "", "nul\0"):
        assert not Lines()(str(tmp_path / name), 1)
    (tmp_path / "latin").write_bytes(b"a\xe9b")
    assert Lines()(str(tmp_path / "latin"), 1) == "a\ufffdb"


def test_lines_of_many_files_are_right(tmp_path: Path) -> None:
    """Files come and go from memory."""
    paths = [tmp_path / f"{n}.ttl" for n in range(30)]
    for n, path in enumerate(paths):
        path.write_text(f"file {n}", encoding="utf-8")
    read = Lines()
    assert [read(str(path), 1) for path in paths * 2] == [f"file {n}" for n in range(30)] * 2


# ---------------------------------------------------------------- JSON


def test_json_has_everything() -> None:
    """Members, places with both sorts of columns, and paths below the root."""
    place = Location(CITY, 1, 4, 1, 6)
    result = finding("😀", places=(place,), stated=Location("/other/s.ttl", 2), kind=Kind.LINK, hint="h", expected="e")
    told = json.loads(write(report(result), "json", replace(TELLING, lines=lines("😀😀 xy"), seconds=2.0)))
    (found,) = told["results"]
    assert found["places"] == [{"path": "data/city.ttl", "line": 1, "column": 4, "end_line": 1, "end_column": 6,
                                "column_utf16": 6, "end_column_utf16": 8}]  # fmt: skip
    assert found["stated"]["path"] == "/other/s.ttl"
    assert found["stated"]["column_utf16"] is None
    assert [found[key] for key in ("key", "severity", "kind", "message", "hint", "expected")] == [
        result.key, "violation", "link", "😀", "h", "e"]  # fmt: skip
    assert (told["verdict"], told["conforms"], told["seconds"]) == ("fail", False, 2.0)
    assert told["looked_at"] == {"files": 1, "shapes": 2, "focus_nodes": 10, "checks": 1, "idle_shapes": []}
    assert (told["files"], told["unread"], told["counts"]["violation"]) == (["data/city.ttl"], [], 1)


def test_json_is_ascii() -> None:
    """No character of the data does anything to a terminal, and all of it comes back, but for what is very long."""
    written = write(AWKWARD_REPORT, "json", TELLING)
    assert written.isascii()
    assert {result["message"] for result in json.loads(written)["results"]} >= set(map(cut, AWKWARD))


# ---------------------------------------------------------------- Turtle


def graph(told: str) -> Store:
    """The report as a store."""
    store = Store()
    store.extend(parse(told, format=RdfFormat.TURTLE))
    return store


def asked(store: Store, query: str) -> list[tuple[str, ...]]:
    """The rows of a query, as texts."""
    prefixes = PREFIXES | {"ptr": "http://www.w3.org/2009/pointers#", "earl": "http://www.w3.org/ns/earl#"}
    rows: Any = store.query(query, prefixes=prefixes)
    return sorted(tuple("" if term is None else term.value for term in row) for row in rows)


def test_turtle_is_the_standard_report() -> None:
    """What SHACL says of a result comes back; its places are pointers."""
    store = graph(write(report(finding()), "turtle", TELLING))
    said = asked(store, """SELECT ?focus ?path ?value ?severity ?shape ?component ?message WHERE {
        ?report a sh:ValidationReport ; sh:conforms false ; sh:result ?r . ?r a sh:ValidationResult ;
        sh:focusNode ?focus ; sh:resultPath ?path ; sh:value ?value ; sh:resultSeverity ?severity ;
        sh:sourceShape ?shape ; sh:sourceConstraintComponent ?component ; sh:resultMessage ?message }""")  # fmt: skip
    assert said == [(f"{ID}city/leeds-0", f"{CD}country", "UK", f"{SH}Violation", f"{SHAPES}City-country",
                     f"{SH}ClassConstraintComponent", "The city has no country.")]  # fmt: skip
    assert asked(
        store,
        """SELECT ?file ?line ?column ?end WHERE { ?r earl:pointer [
        ptr:startPointer [ ptr:reference ?file ; ptr:lineNumber ?line ; ptr:charNumber ?column ] ;
        ptr:endPointer [ ptr:charNumber ?end ] ] }""",
    ) == [("file:///project/data/city.ttl", "3", "5", "9")]


def test_turtle_conforms_is_about_all_results() -> None:
    """A finding that only informs makes a report that does not conform (SHACL, section 3.6.1.1)."""
    informed = graph(write(report(finding(severity=Severity.INFO)), "turtle", TELLING))
    assert asked(informed, "SELECT ?c { ?r sh:conforms ?c }") == [("false",)]
    assert asked(graph(write(report(), "turtle", TELLING)), "SELECT ?c { ?r sh:conforms ?c }") == [("true",)]
    unread = graph(write(report(unread=("the data",)), "turtle", TELLING))
    assert asked(unread, "SELECT ?c { ?r sh:conforms ?c }") == [("false",)]


def test_turtle_results_are_well_formed() -> None:
    """Each has one focus node, severity and component; only those of shapes have a source shape."""
    store = graph(write(AWKWARD_REPORT, "turtle", TELLING))
    for name in ("focusNode", "resultSeverity", "sourceConstraintComponent"):
        counted = asked(store, f"SELECT ?r (COUNT(?x) AS ?n) {{ ?r a sh:ValidationResult ; sh:{name} ?x }} GROUP BY ?r")
        assert [number for _, number in counted] == ["1"] * len(AWKWARD_REPORT.results)
    shapes = asked(store, "SELECT ?r { ?r sh:sourceShape ?s }")
    assert len(shapes) == sum(result.kind is Kind.SHAPE for result in AWKWARD_REPORT.results)


def test_turtle_writes_paths_as_nodes() -> None:
    """A path in the syntax of SPARQL becomes the nodes that SHACL has for it, of each result its own."""
    result = finding(path="^cd:country/(cd:a|<urn:b>)*")
    store = graph(write(report(result, replace(result, focus="<urn:x>")), "turtle", TELLING))
    assert len(asked(store, """SELECT ?list { ?r sh:resultPath ?list . ?list rdf:first [ sh:inversePath cd:country ] ;
        rdf:rest [ rdf:rest rdf:nil ; rdf:first [ sh:zeroOrMorePath [ sh:alternativePath [ rdf:first cd:a ;
        rdf:rest [ rdf:first <urn:b> ; rdf:rest rdf:nil ] ] ] ] ] }""")) == 2  # fmt: skip
    assert "resultPath" not in write(report(finding(path="a b }")), "turtle", TELLING)


def test_turtle_keeps_blank_nodes_apart() -> None:
    """Equal labels are one node, different ones are two."""
    results = [finding(number=n, value=value) for n, value in enumerate(["_:a", "_:a", "_:result1"])]
    store = graph(write(report(*results), "turtle", TELLING))
    assert len({row[0] for row in asked(store, "SELECT ?v { ?r sh:value ?v }")}) == 2
    assert asked(store, "SELECT ?v { ?r sh:value ?v . ?v ?p ?o }") == []


# ---------------------------------------------------------------- CSV


def test_csv_has_a_row_for_each() -> None:
    """Rows of one length, ended as RFC 4180 says, with the first place and the number of the others."""
    places = (Location(CITY, 3, 5, 3, 9), Location(CITY, 7))
    told = write(report(finding(places=places), finding(places=())), "csv", TELLING)
    rows = list(csv.DictReader(io.StringIO(told, newline="")))
    assert told.count("\r\n") == 3
    by_file = {row["file"]: row for row in rows}
    assert by_file["data/city.ttl"]["line"] == "3"
    assert by_file["data/city.ttl"]["further_places"] == "1"
    assert by_file[""]["line"] == ""


def test_csv_has_no_formulas() -> None:
    """No cell begins as a spreadsheet's formula begins, and none is lost."""
    told = write(AWKWARD_REPORT, "csv", TELLING)
    rows = list(csv.reader(io.StringIO(told, newline=""), strict=True))
    assert len(rows) == len(AWKWARD_REPORT.results) + 1
    assert {len(row) for row in rows} == {19}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "'=1+2" in {row[12] for row in rows}


@settings(max_examples=60, deadline=None)
@given(ANY_REPORT)
def test_random_texts(whole: Report) -> None:
    """Whatever is said, each format is well-formed and has each finding."""
    everything = replace(TELLING, most=None, lines=lines(whole.results[0].message))
    told = {form: write(whole, form, everything) for form in ("text", "json", "turtle", "csv")}
    number = len(whole.results)
    assert not unseen(told["text"])
    assert len(json.loads(told["json"])["results"]) == number
    assert len(asked(graph(told["turtle"]), "SELECT ?r { ?r a sh:ValidationResult }")) == number
    assert len(list(csv.reader(io.StringIO(told["csv"], newline=""), strict=True))) == number + 1


def test_terms_of_a_report_are_read_back() -> None:
    """Literals with language or datatype and IRIs are the same terms in the graph."""
    terms = ['"a\\"b"@en', '"2020"^^<http://www.w3.org/2001/XMLSchema#gYear>', "<urn:x>", '"line\\nbreak"']
    store = graph(write(report(*(finding(number=n, value=term) for n, term in enumerate(terms))), "turtle", TELLING))
    found = {str(quad.object) for quad in store.quads_for_pattern(None, NamedNode(f"{SH}value"), None)}
    assert found == set(terms)


def test_command_line_offers_all_formats_and_engines() -> None:
    """What the command line names without loading validation is what there is."""
    offered = {option.name: option.type for command in COMMANDS for option in command.params}
    assert getattr(offered["form"], "choices", ()) == tuple(FORMATS)
    assert getattr(offered["engine"], "choices", ()) == ENGINES


def test_milder_findings_are_counted_and_not_told() -> None:
    """A build tells what is grave; its summary has all."""
    found = report(finding("grave"), finding("mild", severity=Severity.INFO))
    told = write(found, "text", replace(TELLING, mildest=Severity.WARNING))
    assert "grave" in told
    assert "mild" not in told
    assert "1 info" in told
