"""`cdkg import wikidata-ties` against a stand-in: our model, the same bytes, and valid."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyoxigraph import RdfFormat, parse

import cdkg
from cdkg.cli import main
from cdkg.errors import SettingsError
from cdkg.linking.wikidata import Item, date_of, gathered, query, slug_of
from cdkg.validation.report import Severity
from conftest import ROOT
from stand_ins import FaultProxy, oxigraph, oxigraph_binary
from wikidata_slice import BY_HAND, PREFIXES, external, pairs_as_turtle

needs_oxigraph = pytest.mark.skipif(not oxigraph_binary(), reason="the command `oxigraph` is not there")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _import(url: str, output: Path, countries: str = "GB") -> Result:
    options = ["--countries", countries, "--output", str(output), "--endpoint", url, "--page", "3"]
    return CliRunner().invoke(main, ["import", "wikidata-ties", *options, "--project", str(ROOT)])


@needs_oxigraph
def test_the_model(tmp_path: Path) -> None:
    """Twinnings with dates and references, memberships, and what is one-sided or contradicts the documents."""
    with oxigraph(tmp_path, PREFIXES + BY_HAND) as url:
        done = _import(url, tmp_path / "one")
        assert done.exit_code == 0, done.output
        assert _import(url, tmp_path / "two").exit_code == 0
    names = ["disagreements/wikidata.ttl", "entities/wikidata.ttl", "wikidata/gb.ttl"]
    texts = {name: (tmp_path / "one" / name).read_text() for name in names}
    assert texts == {name: (tmp_path / "two" / name).read_text() for name in names}
    told = texts["wikidata/gb.ttl"]
    assert "twinning:cardiff--xiamen\n    a cd:TwinningAgreement ;" in told
    assert 'cd:startDate "1987"^^xsd:gYear ;' in told
    assert "prov:wasDerivedFrom <https://cardiff.example/twins> ;" in told
    assert "oldid=1234" in told
    assert 'cd:status status:ended ;\n    cd:startDate "1986-04"^^xsd:gYearMonth ;' in told
    assert "a cd:Membership" in told
    assert "founding member" in told
    assert "bristol" not in told  # deprecated
    assert told.count("twinning:birmingham--") == 1  # the other one is unknown
    assert told.count("a cd:Statement") == 1
    assert "-one-sided" in texts["disagreements/wikidata.ttl"]
    denials = [block for block in texts["disagreements/wikidata.ttl"].split("\n\n") if "-denied>" in block]
    assert len(denials) == 1
    assert "cd:concerns twinning:birmingham--xiamen , <" in denials[0]
    assert "<https://w3id.org/cdkg/graph/ucl/table-1#birmingham>" in denials[0]
    assert 'rdfs:label "Brno (Q14960)"@en' in texts["entities/wikidata.ttl"]


@needs_oxigraph
@pytest.mark.slow
def test_it_is_valid(tmp_path: Path) -> None:
    """The project with an import of hand-made and of published ties has no violation that it had not before."""
    data = PREFIXES + BY_HAND
    folder = external()
    if folder:
        data += pairs_as_turtle(folder, "DE", 300)
    project = tmp_path / "project"
    for name in ("data", "links", "ontology", "shapes", "queries"):
        shutil.copytree(ROOT / name, project / name)
    with oxigraph(tmp_path, data) as url:
        done = _import(url, project / "data", "DE,GB" if folder else "GB")
    assert done.exit_code == 0, done.output
    for path in (project / "data").glob("*/wikidata.ttl"):
        assert list(parse(path.read_bytes(), format=RdfFormat.TURTLE))
    report = cdkg.load(project).reason().validate()
    assert not [each for each in report.results if each.severity is Severity.VIOLATION]


@needs_oxigraph
def test_faults_on_the_way(tmp_path: Path) -> None:
    """An endpoint that is down, or answers HTML, is one message, and leaves no file."""
    with FaultProxy() as proxy:
        for fault in ("html", "status 500", "redirect http://10.0.0.1/"):
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


def test_a_tie_told_twice_is_one() -> None:
    """Both sides tell it; self pairs and unknown values say nothing; the order of rows does not matter."""
    start = "http://www.wikidata.org/entity/"
    rows = [
        {"place": f"{start}Q1", "other": f"{start}Q2", "start": "1990-01-01T00:00:00Z", "returned": "true"},
        {"place": f"{start}Q2", "other": f"{start}Q1", "start": "1991-01-01T00:00:00Z", "returned": "true"},
        {"place": f"{start}Q1", "other": f"{start}Q1"},
        {"place": f"{start}Q1", "other": "_:b0"},
    ]
    found = gathered("DE", rows, [])
    assert found == gathered("DE", reversed(rows), [])
    assert [tie.parties for tie in found.twinnings] == [("Q1", "Q2")]
    assert found.twinnings[0].starts == {"1990-01-01", "1991-01-01"}


@pytest.mark.parametrize(
    ("day", "written"), [("1987-01-01", '"1987"^^xsd:gYear'), ("1987-05-01", '"1987-05"^^xsd:gYearMonth'),
                         ("1987-05-03", '"1987-05-03"^^xsd:date')],
)  # fmt: skip
def test_dates(day: str, written: str) -> None:
    """Dates are as precise as they seem."""
    assert date_of([day]) == written


def test_names_of_the_unknown() -> None:
    """ASCII, and alone by their identifier; also without a label."""
    assert slug_of(Item("Q7", "Saint-Étienne (Loire)")) == "saint-etienne-loire-q7"
    assert slug_of(Item("Q7")) == "q7"
    assert slug_of(Item("Q7", "北京")) == "q7"
