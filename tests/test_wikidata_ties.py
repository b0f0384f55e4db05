"""`cdkg import wikidata-ties` against stand-ins and recorded answers: our model, the same bytes, and valid.

The recorded answers are those of `oxigraph serve` to the slice by hand; `CDKG_RECORD=1` records them anew.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyoxigraph import RdfFormat, Store, parse

import cdkg
from cdkg.cli import main
from cdkg.cli.importing import _known
from cdkg.errors import SettingsError
from cdkg.linking.wikidata import Found, Item, Row, first, gathered, last, query, slug_of, written_date
from cdkg.linking.wikidata_files import Files
from cdkg.sources.sssom import Mapping, MappingSet, write
from cdkg.validation.report import Severity
from cdkg.vocabulary import ID, PREFIXES
from conftest import ROOT
from stand_ins import FaultProxy, oxigraph, oxigraph_binary
from wikidata_slice import BY_HAND, external, pairs_as_turtle
from wikidata_slice import PREFIXES as THEIRS

needs_oxigraph = pytest.mark.skipif(not oxigraph_binary(), reason="the command `oxigraph` is not there")
RECORDED = Path(__file__).parent / "recorded" / "wikidata"
ITEM = "http://www.wikidata.org/entity/"
DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _import(url: str, output: Path, countries: str = "GB", page: int = 9) -> Result:
    options = ["--countries", countries, "--output", str(output), "--endpoint", url, "--page", str(page)]
    return CliRunner().invoke(main, ["import", "wikidata-ties", *options, "--project", str(ROOT)])


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of an import from recorded answers; twice the same bytes."""
    folder = tmp_path_factory.mktemp("ties")
    with pytest.MonkeyPatch.context() as patch, FaultProxy(recorded=RECORDED) as proxy:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        for name in ("one", "two"):
            done = _import(proxy.url, folder / name)
            assert done.exit_code == 0, done.output
            assert "8 twinnings, 2 memberships; left out: 1" in " ".join(done.output.split())
    found = [
        {str(path.relative_to(folder / name)): path.read_text() for path in (folder / name).rglob("*.*")}
        for name in ("one", "two")
    ]
    assert found[0] == found[1]
    return found[0]


def _block(text: str, name: str) -> str:
    """What a file says of one thing."""
    return next(block for block in text.split("\n\n") if block.startswith(f"{name}\n"))


@needs_oxigraph
def test_recorded_answers_are_those_of_a_server(tmp_path: Path) -> None:
    """To the same requests; else they are to be recorded anew."""
    folder = RECORDED if os.environ.get("CDKG_RECORD") else tmp_path / "recorded"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with oxigraph(tmp_path, THEIRS + BY_HAND) as url, FaultProxy(url, recorded=folder) as proxy:
        assert _import(proxy.url, tmp_path / "out").exit_code == 0
    told = [
        {path.name: re.sub(r'"[0-9a-f]{20,32}"', '"unknown"', path.read_text()) for path in each.iterdir()}
        for each in (folder, RECORDED)
    ]
    assert told[0] == told[1]


def test_three_files_a_country(texts: dict[str, str]) -> None:
    """What is told, what it names, and where it disagrees."""
    names = {"disagreements/wikidata-gb.ttl", "entities/wikidata-gb.ttl", "wikidata/gb.ttl"}
    assert set(texts) == names
    for text in texts.values():
        assert list(parse(text.encode(), format=RdfFormat.TURTLE))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("twinning:cardiff--xiamen", ['cd:startDate "1987"^^xsd:gYear', "status:existing",
                                      "prov:wasDerivedFrom <https://cardiff.example/twins>"]),
        ("twinning:manchester-q18125--wuhan", ['cd:startDate "1986-04-01"^^xsd:date', "status:ended",
                                               'cd:endDate "2019-05-17"^^xsd:date']),
        ("twinning:chemnitz-q2795--manchester-q18125", ["status:ended"]),
        ("twinning:cardiff--stuttgart-q1022", ['cd:startDate "1955"^^xsd:gYear', "status:existing"]),
        ("twinning:dortmund-q1295--leeds-q39121", ["status:existing"]),
        ("membership:manchester-q18125--eurocities-q1376549", ['"Role: Q2, founding member"@en',
                                                              'cd:startDate "1986"^^xsd:gYear']),
        ("membership:manchester-q18125--united-nations", ["cd:role role:member", "status:existing"]),
    ],
)  # fmt: skip
def test_relations(texts: dict[str, str], name: str, told: list[str]) -> None:
    """Dates of the precision that is told; an end of an unknown day; one begun again; a merged item; roles."""
    block = _block(texts["wikidata/gb.ttl"], name)
    assert all(each in block for each in told), block
    for word in ("startDate", "endDate"):
        assert (word in block) == any(word in each for each in told)


def test_what_is_left_out(texts: dict[str, str]) -> None:
    """Deprecated statements, unknown twins, countries as twins, and members that are no places."""
    told = texts["wikidata/gb.ttl"]
    assert "bristol" not in told
    assert told.count("twinning:birmingham--") == 1
    assert "china" not in told
    assert "university" not in "".join(texts.values()).lower()


def test_revisions_and_coordinates(texts: dict[str, str]) -> None:
    """The pages are named with their revision; a thing of ours keeps its own coordinates."""
    assert "title=Q10690&oldid=1234" in texts["wikidata/gb.ttl"]
    assert re.search(r'dcterms:identifier "sha256:[0-9a-f]{64}"', texts["wikidata/gb.ttl"])
    entity = _block(texts["entities/wikidata-gb.ttl"], "city:stuttgart-q1022")
    assert "schema:latitude 48.77 ;\n    schema:longitude 9.0 ;" in entity
    assert "city:cardiff\n" not in texts["entities/wikidata-gb.ttl"]


def test_disagreements(texts: dict[str, str]) -> None:
    """One-sided ties, also where the return is deprecated, and a tie that documents deny; none that is returned."""
    blocks = [block for block in texts["disagreements/wikidata-gb.ttl"].split("\n\n") if "a cd:Disagreement " in block]
    kinds = sorted(re.search(r"<#q\d+-q\d+-(.*)>", block)[1] for block in blocks)  # type: ignore[index]
    assert kinds == ["denied", "one-sided", "one-sided"]
    denied = next(block for block in blocks if "-denied>" in block)
    assert "cd:concerns twinning:birmingham--xiamen , <" in denied
    assert "<https://w3id.org/cdkg/graph/ucl/table-1#birmingham>" in denied
    one_sided = next(block for block in blocks if "<#q10690-q12191-one-sided>" in block)
    assert "cd:concerns twinning:cardiff--nantes-q12191 , <../wikidata/gb#q10690-q12191>" in one_sided
    silence = _block(texts["wikidata/gb.ttl"], "<#q10690-q12191>")
    assert "cd:subject city:nantes-q12191" in silence
    assert "cd:object city:cardiff" in silence


def test_countries_leave_each_other_alone(tmp_path: Path) -> None:
    """An import of one country keeps the files of the others; without disagreements its own old file goes."""
    folders = [tmp_path / name for name in ("wikidata", "entities", "disagreements")]
    with FaultProxy(recorded=RECORDED) as proxy:
        for folder in folders:
            folder.mkdir()
            (folder / f"{'wikidata-' * (folder.name != 'wikidata')}de.ttl").write_text("# of another import")
        assert _import(proxy.url, tmp_path).exit_code == 0
    assert sorted(path.name for folder in folders for path in folder.iterdir()) == [
        "de.ttl", "gb.ttl", "wikidata-de.ttl", "wikidata-de.ttl", "wikidata-gb.ttl", "wikidata-gb.ttl"
    ]  # fmt: skip
    assert "# of another import" in (tmp_path / "entities" / "wikidata-de.ttl").read_text()


def test_a_country_without_ties_is_no_success(tmp_path: Path) -> None:
    """UK is no code: nothing is told of it, and that is said."""
    with FaultProxy() as proxy:
        done = _import(proxy.url, tmp_path / "out", "UK")
    assert done.exit_code == 2
    assert "UK" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_job_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    """Ctrl-C ends it at once with 130 and no file; next time only what is missing is asked for."""
    with FaultProxy(recorded=RECORDED) as proxy:
        proxy.faults = ["", "", "slow 60"]
        command = [sys.executable, "-m", "cdkg", "import", "wikidata-ties", "--countries", "GB", "--page", "9"]
        command += ["--output", str(tmp_path / "out"), "--endpoint", proxy.url, "--project", str(ROOT)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            end = time.monotonic() + 60
            while len(proxy.seen) < 3 and time.monotonic() < end:
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=20)
        assert (process.returncode, told) == (130, b"")  # no bar, as this is no terminal
        assert not (tmp_path / "out").exists()
        asked = [body for _, _, _, body in proxy.seen]
        proxy.seen.clear()
        done = _import(proxy.url, tmp_path / "out")
        assert done.exit_code == 0, done.output
        assert not {body for _, _, _, body in proxy.seen} & set(asked[:2])
    assert not list((tmp_path / "cache" / "cdkg" / "http" / "jobs").glob("*.page"))


@needs_oxigraph
@pytest.mark.slow
def test_it_is_valid(tmp_path: Path) -> None:
    """The project with an import of hand-made and of published ties has no violation that it had not before."""
    data = THEIRS + BY_HAND
    folder = external()
    if folder:
        data += pairs_as_turtle(folder, "DE", 300)
    project = tmp_path / "project"
    for name in ("data", "links", "ontology", "shapes", "queries"):
        shutil.copytree(ROOT / name, project / name)
    with oxigraph(tmp_path, data) as url:
        done = _import(url, project / "data", "DE,GB" if folder else "GB", 100)
    assert done.exit_code == 0, done.output
    for path in (project / "data").glob("*/wikidata-*.ttl"):
        assert list(parse(path.read_bytes(), format=RdfFormat.TURTLE))
    report = cdkg.load(project).reason().validate()
    assert not [each for each in report.results if each.severity is Severity.VIOLATION]


@pytest.mark.slow
def test_faults_on_the_way(tmp_path: Path) -> None:
    """An endpoint that is down, or answers HTML, is one message, and leaves no file."""
    with FaultProxy() as proxy:
        for fault in ("html", "lie", "status 500", "redirect http://10.0.0.1/"):
            proxy.faults = [fault] * 9
            done = _import(proxy.url, tmp_path / "out")
            assert done.exit_code == 2, fault
            assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


def test_no_country() -> None:
    """What is no code never gets into a query."""
    for code in ("", "Germany", 'DE" }', "de"):
        with pytest.raises(SettingsError):
            query(code, "P190")


def _row(place: str, other: str, **more: str) -> dict[str, str]:
    return {"place": f"{ITEM}{place}", "other": f"{ITEM}{other}", **more}


def _found(*twinnings: Row) -> Found:
    return gathered("DE", twinnings, [], DAY)


def test_a_tie_told_twice_is_one() -> None:
    """Both sides tell it; self pairs and unknown values say nothing; the order of rows does not matter."""
    rows = [
        _row("Q1", "Q2", start="1990-01-01T00:00:00Z", returned="true", point="Point(7 50)"),
        _row("Q2", "Q1", start="1991-01-01T00:00:00Z", returned="false"),
        _row("Q1", "Q2", returned="false", point="Point(6 51)"),
        _row("Q1", "Q1"),
        {"place": f"{ITEM}Q1", "other": "_:b0"},
    ]
    found = _found(*rows)
    assert found == _found(*reversed(rows))
    assert [(tie.parties, tie.is_returned) for tie in found.twinnings] == [(("Q1", "Q2"), True)]
    assert found.twinnings[0].starts == {"1990", "1991"}


@pytest.mark.parametrize(
    ("ends", "is_over"),
    [
        ({"Q1 a": "2019-05-17"}, True), ({"Q1 a": "_:b1"}, True), ({"Q1 a": "2026-01-01"}, False),
        ({"Q1 a": "2030-05-17"}, False), ({"Q1 a": "2019-05-17", "Q1 b": ""}, False),
        ({"Q1 a": "2019-05-17", "Q2 c": ""}, True), ({"Q1 a": ""}, False),
    ],
)  # fmt: skip
def test_what_is_over(ends: dict[str, str], is_over: bool) -> None:
    """A tie that was begun again is not; one that one side calls over is; the year that runs is not over."""
    rows = [_row(key[:2], "Q1" if key.startswith("Q2") else "Q2", statement=key, end=end) for key, end in ends.items()]
    assert _found(*rows).twinnings[0].is_over("2026-11-23") is is_over


@pytest.mark.parametrize(
    ("told", "precision", "written"),
    [
        ("1987-01-01T00:00:00Z", "9", '"1987"^^xsd:gYear'), ("1987-05-01T00:00:00Z", "10", '"1987-05"^^xsd:gYearMonth'),
        ("1987-01-01T00:00:00Z", "11", '"1987-01-01"^^xsd:date'), ("1987-05-01T00:00:00Z", "9", '"1987"^^xsd:gYear'),
        ("1987-01-01T00:00:00Z", "", '"1987"^^xsd:gYear'), ("1987-05-01T00:00:00Z", "", '"1987-05"^^xsd:gYearMonth'),
        ("1987-05-03T00:00:00Z", "", '"1987-05-03"^^xsd:date'), ("1987-02-30T00:00:00Z", "11", '"1987"^^xsd:gYear'),
        ("1980-01-01T00:00:00Z", "8", ""), ("-0044-01-01T00:00:00Z", "9", ""), ("_:b7", "", ""),
    ],
)  # fmt: skip
def test_dates(told: str, precision: str, written: str) -> None:
    """Dates are as precise as they are told, else as they seem; no date is made of what is none."""
    starts = _found(_row("Q1", "Q2", start=told, startPrecision=precision)).twinnings[0].starts
    assert [written_date(day) for day in starts] == ([written] if written else [])


def test_one_date_of_many() -> None:
    """The earliest year, as precise as somebody tells it; and the latest."""
    days = {"1990", "1990-05-03", "1990-05", "1991-01-01", "1991"}
    assert (first(days), last(days)) == ("1990-05-03", "1991-01-01")


@pytest.mark.parametrize(
    ("point", "latitude", "longitude"),
    [
        ("Point(-0.0379 51.4815)", "51.4815", "-0.0379"), ("Point(9 48)", "48.0", "9.0"),
        ("Point(-0.000001 0)", "0.0", "0.0"), ("POINT (100 -0.5)", "-0.5", "100.0"), ("Point(E E)", "", ""),
        ("Point(1e999 5)", "", ""), ("Point(nan 5)", "", ""), ("Point(5 91)", "", ""), ("Point(5)", "", ""),
        (f"<{ITEM}Q405> Point(5 6)", "", ""), ("", "", ""),
    ],
)  # fmt: skip
def test_coordinates(point: str, latitude: str, longitude: str) -> None:
    """Decimals on the Earth, with their sign; all else is none."""
    item = _found(_row("Q1", "Q2", point=point)).items["Q1"]
    assert (item.latitude, item.longitude) == (latitude, longitude)


DOCUMENT = """@prefix g: <https://w3id.org/cdkg/graph/> .
g:a { g:a dcterms:isPartOf document:a .
  membership:x--y cd:status status:ended ; cd:startDate "1980"^^xsd:gYear .
  g:s cd:subject city:x ; cd:predicate cd:memberOf ; cd:object body:y ; cd:polarity polarity:no .
  twinning:x--z cd:status status:existing ; cd:startDate "1990-05"^^xsd:gYearMonth . }
g:wikidata-old { city:x a cd:City . city:z a cd:City . }
"""


def _against(document: str, *twinnings: Row, memberships: tuple[Row, ...] = ()) -> list[str]:
    store, prefixes = Store(), "".join(f"@prefix {name}: <{iri}> . " for name, iri in PREFIXES.items())
    store.load((prefixes + document).encode(), format=RdfFormat.TRIG)
    known = {"Q1": f"{ID}city/x", "Q2": f"{ID}body/y", "Q3": f"{ID}city/z"}
    found = gathered("DE", twinnings, memberships, DAY)
    text = Files(known, {}, store, "https://kb.example/sparql").of(found).get("disagreements/wikidata-de.ttl", "")
    return re.findall(r"^<#(.*)>$", text, re.MULTILINE)


def test_memberships_against_the_documents() -> None:
    """A document calls it ended, gives another beginning, and has a denial."""
    row = _row("Q1", "Q2", start="1990-01-01T00:00:00Z", startPrecision="9")
    told = [f"q1-q2-member-{each}" for each in ("status", "start", "denied")]
    assert _against(DOCUMENT, memberships=(row,)) == told
    assert _against("", memberships=(row,)) == []
    turned = """@prefix g: <https://w3id.org/cdkg/graph/> .
    g:a { g:s cd:subject body:y ; cd:predicate cd:memberOf ; cd:object city:x ; cd:polarity polarity:no }"""
    assert _against(turned, memberships=(row,)) == []
    assert _against(turned.replace("memberOf", "twinnedWith"), {**row, "returned": "true"}) == ["q1-q2-denied"]


def test_twinnings_against_the_documents() -> None:
    """Of the same year is no disagreement; an end that documents do not know is."""
    same = _row("Q1", "Q3", start="1990-01-01T00:00:00Z", startPrecision="9", returned="true")
    assert _against(DOCUMENT, same) == []
    other = {**same, "start": "1991-01-01T00:00:00Z", "end": "1999-01-01T00:00:00Z"}
    assert _against(DOCUMENT, other) == ["q1-q3-status", "q1-q3-start"]


def test_who_is_known(tmp_path: Path) -> None:
    """Accepted exact matches only: what is close to ours, or a candidate, is not ours."""
    why = "https://w3id.org/semapv/vocab/LexicalMatching"
    mappings = tuple(
        Mapping(subject_id=f"{ID}city/x", predicate_id=f"{PREFIXES['skos']}{match}", object_id=f"{ITEM}{key}",
                mapping_justification=why, reviewer_label=reviewer)
        for match, key, reviewer in (
            ("exactMatch", "Q1", ("me",)), ("closeMatch", "Q2", ("me",)), ("exactMatch", "Q3", ())
        )
    )  # fmt: skip
    prefixes = {"wd": ITEM, "city": f"{ID}city/"}
    told = MappingSet(mapping_set_id="https://e.example/s", license="https://e.example/l", curie_map=prefixes,
                      mappings=mappings)  # fmt: skip
    (tmp_path / "wikidata.sssom.tsv").write_text(write(told), encoding="utf-8")
    assert _known(tmp_path, Store()) == ({"Q1": f"{ID}city/x"}, {})


def test_one_thing_as_city_and_body() -> None:
    """What is a twin here and an organisation there is named as both."""
    found = gathered("DE", [_row("Q7", "Q8", returned="true")], [_row("Q7", "Q8")], DAY)
    text = Files({}, {}, Store(), "https://kb.example/sparql").of(found)["entities/wikidata-de.ttl"]
    assert re.findall(r"^(?:city|body):.*$", text, re.MULTILINE) == ["body:q8", "city:q7", "city:q8"]


def test_names_of_the_unknown() -> None:
    """ASCII, and alone by their identifier; also without a label."""
    assert slug_of(Item("Q7", "Saint-Étienne (Loire)")) == "saint-etienne-loire-q7"
    assert slug_of(Item("Q7")) == "q7"
    assert slug_of(Item("Q7", "北京")) == "q7"
