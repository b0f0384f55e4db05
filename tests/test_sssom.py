"""SSSOM/TSV: what a file says is read, written and valid by the schema; all that is wrong has its row and column."""

from __future__ import annotations

import csv
import json
import os
import random
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cdkg.errors import OutputError, SourceError
from cdkg.sources.sssom import Mapping, MappingSet, as_json, read, write
from cdkg.sources.sssom.reading import read_written
from cdkg.sources.sssom.slots import JUSTIFICATIONS, OF_MAPPING, OF_SET, TYPES, Kind

ROOT = Path(__file__).parents[1]
CITY = "https://w3id.org/cdkg/id/city/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
CURATION = "https://w3id.org/semapv/vocab/ManualMappingCuration"
HEAD = """#curie_map:
#  city: https://w3id.org/cdkg/id/city/
#  wd: http://www.wikidata.org/entity/
#mapping_set_id: https://w3id.org/cdkg/graph/links/x
#license: https://creativecommons.org/publicdomain/zero/1.0/
"""
COLUMNS = "subject_id\tpredicate_id\tobject_id\tmapping_justification\tconfidence\tcomment\n"
LEEDS = "city:leeds\tskos:exactMatch\twd:Q39121\tsemapv:ManualMappingCuration\t0.95\tsure\n"
YORK = "city:york\tskos:exactMatch\twd:Q42462\tsemapv:ManualMappingCuration\t0.5\t\n"
FILE = HEAD + COLUMNS + LEEDS + YORK
_SCHEMA = Path(os.environ.get("CDKG_SUITES", "")) / "sssom" / "sssom_schema.schema.json"
needs_schema = pytest.mark.skipif(not _SCHEMA.is_file(), reason="CDKG_SUITES names no folder with sssom/")


def _faults(text: str) -> list[tuple[int | None, int | None, str]]:
    """Line, column and message of each fault of a text."""
    with pytest.raises(SourceError) as raised:
        read_written(text, "x.sssom.tsv")
    return [(f.where.line, f.where.column, f.what) for f in raised.value.faults if f.where]


def _valid(mapping_set: MappingSet) -> None:
    from jsonschema import Draft201909Validator

    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    Draft201909Validator({"$ref": "#/$defs/MappingSet", "$defs": schema["$defs"]}).validate(as_json(mapping_set))


def test_what_a_file_says(tmp_path: Path) -> None:
    """CURIEs are expanded, values of the head that hold for all stand with each mapping, empty cells are none."""
    file = tmp_path / "x.sssom.tsv"
    file.write_text(
        HEAD + "#mapping_date: 2026-11-22\n#see_also: [https://a.example/, 'https://b.example/']\n"
        + COLUMNS.replace("comment", "author_label\tcomment") + LEEDS.replace("sure", 'A \\| B|C\t"two\nlines, ""so"""')
        + YORK.replace("0.5\t", "0.5\t\t"),
        encoding="utf-8",
    )  # fmt: skip
    found = read(file)
    leeds, york = found.mappings
    assert (leeds.subject_id, leeds.predicate_id) == (f"{CITY}leeds", f"{SKOS}exactMatch")
    assert (leeds.mapping_justification, leeds.confidence) == (CURATION, 0.95)
    assert (leeds.author_label, leeds.comment) == (("A | B", "C"), 'two\nlines, "so"')
    assert (york.author_label, york.comment) == ((), None)
    assert {m.mapping_date for m in found.mappings} == {"2026-11-22"}
    assert found.mapping_date is None
    assert found.see_also == ("https://a.example/", "https://b.example/")


def test_a_value_of_the_head_gives_way_to_those_of_rows() -> None:
    """Where one row has a value of its own, that of the head is not that of the others (model, Propagation)."""
    columns = COLUMNS.replace("comment", "mapping_date")
    text = HEAD + "#mapping_date: 2026-01-01\n" + columns + LEEDS.replace("sure", "2026-02-02") + YORK
    found = read_written(text, "x").mapping_set
    assert [mapping.mapping_date for mapping in found.mappings] == ["2026-02-02", None]
    assert found.mapping_date == "2026-01-01"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter(end: str) -> None:
    """The rule of LF is one for writers; places are told all the same."""
    text = FILE.replace("\n", end)
    assert read_written(text, "x").mapping_set == read_written(FILE, "x").mapping_set
    assert _faults(text.replace("0.95", "95"))[0][:2] == (7, 67)


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "told"),
    [
        ("0.95", "1.5", 7, 67, "confidence"),
        ("0.95", "nan", 7, 67, "confidence"),
        ("wd:Q39121", "wdt:Q39121", 7, 28, "'wdt' is not declared"),
        ("wd:Q39121", "http://www.wikidata.org/entity/Q39121", 7, 28, "object_id"),
        ("wd:Q39121", "Q39121", 7, 28, "no CURIE"),
        ("wd:Q39121", "", 7, 28, "object_id: there is no value"),
        ("wd:Q39121", "wd:Q 1", 7, 28, "object_id"),
        ("city:leeds", "", 7, 1, "subject_id: there is no value"),
        ("semapv:ManualMappingCuration\t0.95", "semapv:Guessed\t0.95", 7, 38, "mapping_justification"),
        ("skos:exactMatch\twd:Q39121", "sssom:NoTermFound\twd:Q39121", 7, 12, "predicate_id"),
        ("\tsure", "", 7, 71, "5 cells, and there are 6 columns"),
        ("sure", "sure\tx\ty", 7, 77, "8 cells"),
        ("sure", 'so "sure"', 7, 72, "quotation marks"),
        ("sure", '"so "sure', 7, 72, "quotation marks"),
        (YORK, LEEDS, 8, 1, "twice"),
        (YORK, "\n" + YORK, 8, 1, "empty"),
        ("confidence", "confidance", 6, 57, "'confidance' is no slot"),
        ("confidence", "comment", 6, 65, "comment is there twice"),
        ("predicate_id", "other", 6, 1, "predicate_id is missing"),
        ("#license", "#licence", 5, 2, "'licence' is no slot"),
        ("zero/1.0/", "zero/1.0/ # x", 5, 11, "plain text"),
        ("https://creativecommons", "creativecommons", 5, 11, "license"),
        ("#  wd: http", "#  wd: <http", 3, 8, "wd"),
        ("#  wd: http:", "#  skos: http:", 3, 10, "skos stands for"),
        ("#mapping_set_id", "#just a remark\n#mapping_set_id", 4, 2, "no key"),
        ("#curie_map:\n", "#curie_map:\n#mapping_tool: &a x\n", 2, 16, "plain text"),
    ],
)
def test_what_is_wrong_has_its_place(old: str, new: str, line: int, column: int, told: str) -> None:
    """A fault is told where it is, and what is right beside it makes none of its own kind there."""
    faults = _faults(FILE.replace(old, new, 1))
    assert any((row, at) == (line, column) and told in what for row, at, what in faults), faults


def test_all_faults_are_told_at_once_in_order() -> None:
    """Who mends a file does not want to come back for each."""
    text = (
        FILE.replace("0.95", "2").replace("0.5", "x").replace("wd:Q42462", "no:Q42462").replace("#license", "#licence")
    )
    faults = _faults(text)
    assert [what.split(":")[0] for _, _, what in faults if ":" in what] == ["confidence", "object_id", "confidence"]
    assert [place[:2] for place in faults] == sorted(place[:2] for place in faults)
    assert len(faults) == 5


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xef\xbb\xbf" + FILE.encode(), "byte order mark"),
        (FILE.encode("utf-16"), "not UTF-8"),
        (FILE.replace("sure", "ganz gewi\xdf").encode("latin-1"), "not UTF-8"),
        (b"", "there is no head"),
        (FILE.partition("subject")[0].encode(), "there is no table"),
        ((COLUMNS + LEEDS).encode(), "there is no head"),
    ],
)
def test_files_that_are_something_else(tmp_path: Path, data: bytes, told: str) -> None:
    """Other encodings and half files are refused with their file."""
    file = tmp_path / "x.sssom.tsv"
    file.write_bytes(data)
    with pytest.raises(SourceError) as raised:
        read(file)
    assert any(told in fault.what for fault in raised.value.faults)
    assert all(fault.where and fault.where.path == str(file) for fault in raised.value.faults)


def test_a_latin_1_byte_has_its_place(tmp_path: Path) -> None:
    """The line and the column of the byte that is no UTF-8."""
    file = tmp_path / "x.sssom.tsv"
    file.write_bytes(FILE.replace("sure", "gewi\xdf").encode("latin-1"))
    with pytest.raises(SourceError) as raised:
        read(file)
    assert raised.value.where
    assert (raised.value.where.line, raised.value.where.column) == (7, 76)


@pytest.mark.parametrize(
    "text",
    [
        FILE.replace("sure", "x" * 1_000_000),
        FILE.replace("sure", '"' + 'x""' * 300_000 + '"'),
        FILE.replace("sure", '"' + "x" * 1_000_000),
        FILE.replace("confidence", "author_label").replace("0.95", "ab|" * 100_000 + "R").replace("0.5", "R"),
        FILE.replace("wd:Q39121", "x" * 1_000_000),
        FILE.replace("semapv:Manual", "semapv:" + "Manual" * 200_000),
        FILE.replace("confidence", "x" * 1_000_000),
        FILE.replace("#license", "#a" + " " * 1_000_000 + "b\n#license"),
        FILE.replace("#license", "#see_also: [" + " " * 100_000 + '"a" b]\n#license'),
        FILE.replace("#license", "#creator_label: [" + "a," * 100_000 + "b]\n#license"),
    ],
    ids=["cell", "quotes", "open quote", "values", "identifier", "choice", "column", "head", "list", "many"],
)
def test_long_lines_take_no_long_time_and_no_long_messages(text: str) -> None:
    """What is wrong in a line of a million letters is told in a few; a second for each would be too long by far."""
    began = time.process_time()
    told = ""
    try:
        read_written(text, "x")
    except SourceError as error:  # some are well, if odd
        told = str(error)
    assert time.process_time() - began < 10
    assert len(told) < 2000


def test_a_nul_is_told_with_its_place() -> None:
    """No text has one; what follows in the file may be anything."""
    assert _faults(FILE.replace("sure", "su\0re"))[0][:2] == (7, 74)


def test_literals_need_labels_not_identifiers() -> None:
    """A text may be mapped (model, Literal mappings): then its label is what must be there."""
    columns = "subject_id\tsubject_label\tsubject_type\tpredicate_id\tobject_id\tmapping_justification\n"
    row = "\tLeeds\trdfs literal\tskos:exactMatch\twd:Q39121\tsemapv:ManualMappingCuration\n"
    found = read_written(HEAD + columns + row, "x").mapping_set.mappings[0]
    assert (found.subject_id, found.subject_label, found.is_accepted) == (None, "Leeds", False)
    assert any("subject_label" in what for _, _, what in _faults(HEAD + columns + row.replace("Leeds", "")))


def test_a_review_needs_a_reviewer() -> None:
    """The schema says so of its date and of the agreement."""
    columns = COLUMNS.replace("comment", "review_date")
    assert any("reviewer_id" in what for _, _, what in _faults(HEAD + columns + LEEDS.replace("sure", "2026-11-22")))


# -- writing -----------------------------------------------------------------------------------------------------------


def test_written_in_the_canonical_form() -> None:
    """Order of slots and rows, numbers, what is common in the head, prefixes that are used, quotes where needed."""
    unordered = read_written(FILE, "x").mapping_set
    mappings = [replace(m, mapping_tool="cdkg link", comment="a\tb" if m.confidence == 0.5 else None)
                for m in unordered.mappings]  # fmt: skip
    found = write(
        replace(unordered, curie_map={**unordered.curie_map, "z": "https://z.example/"}, mappings=tuple(mappings[::-1]))
    )
    assert found == (
        "#curie_map:\n#  city: https://w3id.org/cdkg/id/city/\n#  wd: http://www.wikidata.org/entity/\n"
        "#mapping_set_id: https://w3id.org/cdkg/graph/links/x\n"
        "#license: https://creativecommons.org/publicdomain/zero/1.0/\n#mapping_tool: cdkg link\n" + COLUMNS
        + LEEDS.replace("sure", "") + YORK.replace("0.5\t", '0.5\t"a\tb"')
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "version"),
    [
        ({"reviewer_label": ("R",)}, None),
        ({"reviewer_label": ("R",), "review_date": "2026-11-22"}, "1.1"),
        ({"reviewer_label": ("R",), "reviewer_agreement": 0.0}, "1.1"),
        ({"predicate_type": "owl annotation property"}, "1.1"),
    ],
)
def test_slots_of_a_later_version_are_announced(change: dict[str, object], version: str | None) -> None:
    """Without a version, readers take a file for one of 1.0, which has no date of reviews."""
    found = read_written(FILE, "x").mapping_set
    changed = replace(found, mappings=(replace(found.mappings[0], **change),))  # type: ignore[arg-type]
    assert read_written(write(changed), "x").mapping_set.sssom_version == version


@pytest.mark.parametrize(
    "change",
    [
        {"object_id": "https://elsewhere.example/1"},
        {"confidence": 1.5},
        {"mapping_justification": "https://w3id.org/semapv/vocab/Guessed"},
        {"mapping_date": "22.11.2026"},
        {"predicate_modifier": "not"},
    ],
)
def test_nothing_is_written_that_could_not_be_read(change: dict[str, object]) -> None:
    """Identifiers without a prefix and values that no slot allows are refused; so is a mapping that is there twice."""
    found = read_written(FILE, "x").mapping_set
    bad = replace(found.mappings[0], **change)  # type: ignore[arg-type]
    with pytest.raises(OutputError):
        write(replace(found, mappings=(bad,)))
    with pytest.raises(OutputError, match="twice"):
        write(replace(found, mappings=found.mappings * 2))


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1, max_size=20).map(str.strip)
_WORD = _TEXT.filter(bool)
_DATES = st.dates().map(lambda day: f"{day:%Y-%m-%d}".rjust(10, "0"))


def _values(name: str) -> st.SearchStrategy[Any]:
    slot = (OF_MAPPING | OF_SET)[name]
    entity = st.from_regex(r"\A[A-Za-z0-9/._-]{1,8}\Z").map(CITY.__add__)
    single: st.SearchStrategy[Any] = {
        Kind.TEXT: _WORD,
        Kind.ENTITY: st.sampled_from(JUSTIFICATIONS) if name == "mapping_justification" else entity,
        Kind.ADDRESS: entity,
        Kind.NUMBER: st.integers(0, 1000).map(lambda number: number / 1000),
        Kind.DATE: _DATES,
        Kind.CHOICE: st.sampled_from(sorted(slot.choices or TYPES)),
    }[slot.kind]
    return st.lists(single, max_size=3).map(tuple) if slot.is_many else single


def _records() -> st.SearchStrategy[Mapping]:
    optional = {name: _values(name) for name in OF_MAPPING if name not in {"record_id", "subject_type", "object_type"}}
    required = {name: optional.pop(name) for name in
                ("subject_id", "predicate_id", "object_id", "mapping_justification", "reviewer_label")}  # fmt: skip
    required["reviewer_label"] = st.just(("R",))
    return st.fixed_dictionaries(required, optional=optional).map(lambda values: Mapping(**values))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(_records(), max_size=4, unique_by=lambda mapping: mapping.key), st.data())
def test_what_is_written_is_read_again(mappings: list[Mapping], data: st.DataObject) -> None:
    """Whatever the values: the same mappings come back, and are written as the same text."""
    head = {name: data.draw(_values(name)) for name in ("mapping_set_title", "other", "creator_label", "see_also")}
    written = MappingSet(
        mapping_set_id="https://x.example/",
        license="https://l.example/",
        curie_map={"c": CITY},
        mappings=tuple(mappings),
    )
    written = replace(written, mappings=tuple(mappings), **head)
    text = write(written)
    found = read_written(text, "x").mapping_set
    assert sorted(found.mappings, key=str) == sorted(mappings, key=str)
    assert all(getattr(found, name) == head[name] for name in head)
    assert write(found) == text
    if _SCHEMA.is_file():
        _valid(written)


# -- the schema and our own files --------------------------------------------------------------------------------------


@needs_schema
def test_the_slots_are_those_of_the_schema() -> None:
    """Each slot of the schema, with its values and bounds; prefixes, mappings and extensions are no plain slots."""
    definitions = json.loads(_SCHEMA.read_text(encoding="utf-8"))["$defs"]
    for cls, slots, others in (
        ("Mapping", OF_MAPPING, set()),
        ("MappingSet", OF_SET, {"curie_map", "mappings", "extension_definitions"}),
    ):
        properties = definitions[cls]["properties"]
        assert set(properties) - others == set(slots)
        assert {name for name, p in properties.items() if "array" in p.get("type", ())} - others == {
            name for name, slot in slots.items() if slot.is_many
        }
        for name, slot in slots.items():
            found = properties[name]
            if "$ref" in found:
                assert set(slot.choices) == set(definitions[found["$ref"].rsplit("/", 1)[1]]["enum"])
            assert (found.get("minimum", 0), found.get("maximum", 1)) == (slot.least, 1)
            assert (found.get("format") == "date") is (slot.kind is Kind.DATE)
    allowed = [entry["const"] for entry in definitions["Mapping"]["properties"]["mapping_justification"]["anyOf"]]
    assert sorted(f"https://w3id.org/semapv/vocab/{name.partition(':')[2]}" for name in allowed) == sorted(
        JUSTIFICATIONS
    )


def test_attributes_are_the_slots() -> None:
    """So that code that knows SSSOM knows these."""
    assert {field.name for field in fields(Mapping)} == set(OF_MAPPING)
    assert {field.name for field in fields(MappingSet)} == {*OF_SET, "curie_map", "mappings"}


@pytest.mark.parametrize("path", sorted((ROOT / "links").glob("*.sssom.tsv")), ids=lambda path: path.name)
def test_our_own_files(path: Path) -> None:
    """They are valid, canonical, and valid as JSON by the schema."""
    found = read(path)
    assert write(found) == path.read_text(encoding="utf-8")
    assert found.mappings
    if _SCHEMA.is_file():
        _valid(found)


@needs_schema
@pytest.mark.parametrize("path", sorted((ROOT / "links").glob("*.sssom.tsv")), ids=lambda path: path.name)
def test_our_own_files_as_others_read_them(path: Path) -> None:
    """With another reader of YAML and of tables than ours they are valid, too, and have no slot beyond the schema."""
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    for cls in ("Mapping", "MappingSet"):
        schema["$defs"][cls]["additionalProperties"] = False
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line[1:] for line in lines if line.startswith("#")]
    found = YAML(typ="base").load("\n".join(head))
    slots = schema["$defs"]["Mapping"]["properties"]
    found["mappings"] = [
        {name: _as_schema_has_it(text, slots[name].get("type", ())) for name, text in row.items() if text}
        for row in csv.DictReader(lines[len(head) :], delimiter="\t")
    ]
    whole = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": "#/$defs/MappingSet"}
    jsonschema.Draft201909Validator(whole, format_checker=jsonschema.FormatChecker()).validate(found)


def _as_schema_has_it(text: str, kinds: Sequence[str]) -> Any:
    return text.split("|") if "array" in kinds else float(text) if "number" in kinds else text


@pytest.mark.parametrize("seed", range(40))
def test_broken_files_are_told_never_a_traceback(seed: int) -> None:
    """A file with some of its characters changed, lost or doubled is read, or refused with places within it."""
    generator = random.Random(seed)  # noqa: S311 - nothing secret
    text = FILE + 'city:x\tskos:closeMatch\twd:Q1\tsemapv:LexicalMatching\t1\t"a ""b"" |\\| c"\n'
    lines = text.count("\n") + 2
    for _ in range(60):
        broken = list(text)
        for _ in range(generator.randint(1, 6)):
            at = generator.randrange(len(broken))
            broken[at : at + generator.randint(0, 3)] = generator.choice(
                ["", "\t", "\n", '"', "#", ":", "|", "\\", "\ufeff", "\x00", "- ", "[", "é", "\r", " ", "''", "&"]
            )
        try:
            found = read_written("".join(broken), "x").mapping_set
        except SourceError as error:
            faults = error.faults
        else:
            faults = ()
            write(found)
        places = [fault.where for fault in faults]
        assert all(place and place.line and 1 <= place.line <= lines + 12 for place in places)
        assert all(fault.what for fault in faults)
