"""Settings, baselines, checks and options as nobody should give them: an error with its place, never a silent pass."""

from __future__ import annotations

import codecs
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import Store

from cdkg import settings
from cdkg.errors import Location, NotAcceptableError, SettingsError, ShapesError, SourceError
from cdkg.sources import read_text
from cdkg.sources.gather import gather
from cdkg.validation import Severity, read_checks
from cdkg.validation.losses import RULE

HEADER = "#+ severity: violation\n#+ message: x\n\n"
GOOD = (
    "@prefix cd: <https://w3id.org/cdkg/ontology/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    "<https://w3id.org/cdkg/id/city/leiden> a cd:City ; rdfs:label 'Leiden'@en ;\n"
    "  cd:country <https://w3id.org/cdkg/id/country/netherlands> .\n"
)
JSON_LD = """{
  "@context": {"cd": "https://w3id.org/cdkg/ontology/", "label": "http://www.w3.org/2000/01/rdf-schema#label"},
  "@id": "https://w3id.org/cdkg/id/city/leiden", "@type": "cd:City",
  "label": {"@value": "Leiden", "@language": "en"},
  "cd:country": {"@id": "https://w3id.org/cdkg/id/country/netherlands"},
  "note": "x"
}"""


def _validate(*arguments: str, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    found = subprocess.run(
        [sys.executable, "-m", "cdkg", "validate", *arguments],
        cwd=cwd, env=os.environ | {"PYTHONUTF8": "1", "NO_COLOR": "1", "COLUMNS": "200"}, input=stdin,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "Traceback" not in found.stdout + found.stderr
    return found


# -- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"port = 1 # \xe9", 1, 12),
        ("# é\r\nport = 1 # ü".encode() + b"\xff", 2, 13),
        ("port = 1".encode("utf-16"), 1, 1),
        (b"port = 1\nhost = = 2", 2, 8),
        (codecs.BOM_UTF8 + b"port = 1\nhost = = 2", 2, 8),
    ],
)
def test_settings_that_cannot_be_read(tmp_path: Path, content: bytes, line: int, column: int) -> None:
    """What is no UTF-8, or no TOML, is told with its place."""
    error = _settings_error(tmp_path, content)
    assert error.where == Location(str(tmp_path / "cdkg.toml"), line, column)
    assert error.why
    assert error.hint


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        ('port = "x"', 1, 1),
        ("# prot\nport = 7171\nprot = 1", 3, 1),
        ("host = '::'\n  port = 70000", 2, 3),
        ("[port]", 1, 2),
        ('"services" = 1', 1, 2),
        ("\nbase_url = 'kg'", 2, 1),
    ],
)
def test_settings_that_are_none(tmp_path: Path, content: str, line: int, column: int) -> None:
    """A name that is none, and a value that a setting cannot have, are told with their place."""
    assert _settings_error(tmp_path, content.encode()).where == Location(str(tmp_path / "cdkg.toml"), line, column)


def _settings_error(folder: Path, content: bytes) -> SettingsError:
    (folder / "cdkg.toml").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        settings.read(folder)
    return caught.value


def test_settings_with_a_byte_order_mark(tmp_path: Path) -> None:
    """An editor on Windows may have written one."""
    (tmp_path / "cdkg.toml").write_bytes(codecs.BOM_UTF8 + b"port = 1234\n")
    assert settings.read(tmp_path).port == 1234


# -- checks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("SELECT ?focus {\n ?focus a cd:City\n FILTER(?x = )\n}\n", 6, 14),
        ("SELECT ?focus {\n ?focus a cd:City\n FILTER(?x = )\n}", 6, 14),
        ("SELECT ?focus {\n ?focus a ex:City }", 5, 11),
        ("SELECT ?focus {\n ?focus a <x y> }", 5, 11),
        ("SELECT ?focus {\n ?focus a 'x }", 5, 11),
        ("SELECT ?focus {\n ?focus a cd:City ", 5, 18),
        ("\nSELEC ?focus {}", 5, 1),
        ("SELECT ?focus (COUNT(?x) AS ?n) {\n ?focus a ?x }", 4, 1),
        ("PREFIX e: <http://e/>\nSELECT ?other { ?other a ?x }", 4, 1),
        ("SELECT ?focus {\n SERVICE <http://127.0.0.1:1/> { ?focus ?p ?o } }", 5, 2),
        ("SELECT ?focus {} GROUP ?focus", 4, 24),
        ("SELECT ?focus {\n ?focus a ?x , }", 5, 14),
    ],
)
def test_a_check_that_is_no_sparql_has_its_place(tmp_path: Path, query: str, line: int, column: int) -> None:
    """Lines of the header count; the place is that of the file, with or without a byte order mark."""
    for mark in (b"", codecs.BOM_UTF8):
        (tmp_path / "x.rq").write_bytes(mark + (HEADER + query).encode())
        (check,) = read_checks(tmp_path)
        with pytest.raises(ShapesError) as caught:
            check.rows(Store())
        assert caught.value.where is not None
        assert caught.value.where.path == str(tmp_path / "x.rq")
        assert (caught.value.where.line, caught.value.where.column) == (line, column)
        assert caught.value.why or caught.value.hint


def test_a_check_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Its header is read, and it runs; a comment at its end does not matter."""
    (tmp_path / "x.rq").write_bytes(codecs.BOM_UTF8 + (HEADER + "SELECT ?focus { ?focus a ?x } # end").encode())
    (check,) = read_checks(tmp_path)
    assert check.severity is Severity.VIOLATION
    assert check.rows(Store()) == []


def test_a_folder_in_place_of_a_check(tmp_path: Path) -> None:
    """A folder named as a check is told, and not passed over."""
    (tmp_path / "x.rq").mkdir()
    with pytest.raises(SourceError) as caught:
        read_checks(tmp_path)
    assert caught.value.where is not None
    assert caught.value.where.path == str(tmp_path / "x.rq")
    assert caught.value.hint


# -- options ---------------------------------------------------------------------------------------------------------


def test_a_syntax_that_nobody_knows() -> None:
    """The syntaxes that there are are told."""
    with pytest.raises(NotAcceptableError, match="turtle, ntriples, nquads, trig, n3, rdfxml, jsonld"):
        gather(["-"], standard_input=b"", input_format="foo")


@pytest.mark.parametrize("paths", [["good.ttl"], ["-"], []])
def test_a_syntax_that_nobody_knows_is_refused_whatever_is_read(tmp_path: Path, paths: list[str]) -> None:
    """Also where nothing is read from standard input, before any work is done."""
    (tmp_path / "good.ttl").write_text(GOOD)
    found = _validate(*paths, "--input-format", "foo", cwd=tmp_path, stdin="")
    assert found.returncode == 2
    assert "jsonld" in found.stderr
    assert not found.stdout


@pytest.mark.parametrize(
    "options", [["--baseline", "folder.json"], ["--write-baseline", "folder.json"], ["--shapes", "folder.json"]]
)
def test_a_folder_in_place_of_a_file(tmp_path: Path, options: list[str]) -> None:
    """A folder where a file is wanted, and a folder without shapes, are errors."""
    (tmp_path / "good.ttl").write_text(GOOD)
    (tmp_path / "folder.json").mkdir()
    found = _validate("good.ttl", *options, cwd=tmp_path)
    assert found.returncode == 2
    assert "folder.json" in found.stdout + found.stderr


@pytest.mark.slow
def test_a_baseline_with_a_byte_order_mark(tmp_path: Path) -> None:
    """It is read as one without."""
    (tmp_path / "a.ttl").write_text(GOOD.replace("'Leiden'@en", "'Leiden'"))
    assert _validate("a.ttl", "--write-baseline", "known.json", "--fail-on", "info", cwd=tmp_path).returncode == 0
    known = tmp_path / "known.json"
    known.write_bytes(codecs.BOM_UTF8 + known.read_bytes())
    assert _validate("a.ttl", "--baseline", "known.json", "--fail-on", "info", cwd=tmp_path).returncode == 0
    assert not read_text(known).startswith("\ufeff")


# -- what is lost of JSON-LD -----------------------------------------------------------------------------------------


def _losses(*arguments: str, cwd: Path, stdin: str | None = None) -> tuple[int, list[tuple[str, int, str]]]:
    """The exit code, and severity, line and path of what is told to be lost."""
    found = _validate(*arguments, "--format", "json", cwd=cwd, stdin=stdin)
    results = json.loads(found.stdout)["results"]
    lost = [result for result in results if result["source"] == RULE]
    places = [(r["severity"], r["places"][0]["line"], r["places"][0]["path"]) for r in lost]
    return found.returncode, places


@pytest.mark.slow
def test_losses_are_findings(tmp_path: Path) -> None:
    """What JSON-LD allows is a warning; what is not well-formed is a violation; the file is read all the same."""
    (tmp_path / "a.jsonld").write_text(JSON_LD)
    assert _losses("a.jsonld", cwd=tmp_path) == (0, [("warning", 6, "a.jsonld")])
    assert _losses("a.jsonld", "--fail-on", "warning", cwd=tmp_path)[0] == 1
    assert _losses("-", cwd=tmp_path, stdin=JSON_LD)[1] == [("warning", 6, "standard input")]
    (tmp_path / "a.jsonld").write_text(JSON_LD.replace('"note": "x"', '"cd:mayor": {"@id": "http://e/a b"}'))
    assert _losses("a.jsonld", cwd=tmp_path) == (1, [("violation", 6, "a.jsonld")])


@pytest.mark.slow
def test_losses_are_told_where_nothing_is_left(tmp_path: Path) -> None:
    """A file of which nothing is kept is no pass, alone or beside others; why is told in both."""
    (tmp_path / "a.jsonld").write_text('{"name": "Leiden"}')
    (tmp_path / "good.ttl").write_text(GOOD)
    assert _losses("a.jsonld", cwd=tmp_path) == (2, [("warning", 1, "a.jsonld")])
    assert _losses("a.jsonld", "good.ttl", cwd=tmp_path) == (0, [("warning", 1, "a.jsonld")])
    assert _losses("good.ttl", "--shapes", "a.jsonld", cwd=tmp_path) == (2, [("warning", 1, "a.jsonld")])
