"""The recipes for asking ours and others in one query, each run against stand-ins through the relay."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cdkg.errors import QueryError, SettingsError
from cdkg.formats import by_name
from cdkg.http import Bounds, Policy
from cdkg.pipeline import Workspace
from cdkg.query import Limits, run
from cdkg.query.run import OFFERED
from cdkg.workers.relay import Relay
from stand_ins import FaultProxy, oxigraph, oxigraph_binary, virtuoso, virtuoso_binary
from wikidata_slice import BY_HAND, PREFIXES

needs_oxigraph = pytest.mark.skipif(not oxigraph_binary(), reason="the command `oxigraph` is not there")
needs_virtuoso = pytest.mark.skipif(not virtuoso_binary(), reason="Debian's virtuoso-opensource-7 is not there")

_PAGE = (Path(__file__).parents[1] / "docs" / "asking-others.md").read_text(encoding="utf-8")
#: The recipes as the documentation has them.
WIKIDATA, DBPEDIA, EU = re.findall(r"^```sparql\n(.*?)\n```$", _PAGE, re.DOTALL | re.MULTILINE)
PLACES = """<http://dbpedia.org/resource/Cardiff> a <http://dbpedia.org/ontology/City> .
<http://dbpedia.org/resource/Cardiff> <http://www.w3.org/2000/01/rdf-schema#label> "Cardiff"@en , "Caerdydd"@cy .
<http://dbpedia.org/resource/Cardiff> <http://dbpedia.org/ontology/populationTotal> 362400 .
<http://dbpedia.org/resource/Cardiff>
  <http://dbpedia.org/ontology/country> <http://dbpedia.org/resource/United_Kingdom> .
<http://dbpedia.org/resource/Lyon> a <http://dbpedia.org/ontology/City> .
<http://dbpedia.org/resource/Lyon> <http://www.w3.org/2000/01/rdf-schema#label> "Lyon"@en .
<http://dbpedia.org/resource/Lyon> <http://dbpedia.org/ontology/populationTotal> 520774 .
"""
COUNTRIES = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<http://publications.europa.eu/resource/authority/country/DEU> skos:prefLabel "Allemagne"@fr , "Germany"@en ;
  skos:inScheme <http://publications.europa.eu/resource/authority/country> .
<http://publications.europa.eu/resource/authority/language/DEU> skos:prefLabel "allemand"@fr ."""


RECIPES = {"wikidata": WIKIDATA, "dbpedia": DBPEDIA, "eu": EU}


def _service(recipe: str) -> str:
    start = recipe.index("<http", recipe.index("SERVICE ")) + 1
    return recipe[start : recipe.index(">", start)]


def _rows(workspace: Workspace, recipe: str, url: str) -> list[dict[str, str]]:
    """The answer to a recipe whose service is played by another server."""
    policy = Policy.of([url], exceptions=["127.0.0.1"])
    with Relay((url,), "mailto:a@example.org", policy, Bounds(20)) as relay:
        asked = recipe.replace(_service(recipe), url)
        answer = run(workspace.graph.store, asked, limits=Limits(services=relay.services))
        found = json.loads(answer.write(by_name("json", OFFERED["SELECT"])))
    return [{name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]]


def _asked_of(workspace: Workspace, recipe: str, url: str, folder: Path) -> tuple[list[dict[str, str]], str]:
    """The answer to a recipe, and all that the service was made to send for it."""
    folder.mkdir()
    with FaultProxy(url, recorded=folder) as proxy:
        rows = _rows(workspace, recipe, proxy.url)
    return rows, "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())


@needs_oxigraph
def test_wikidata(reasoned: Workspace, tmp_path: Path) -> None:
    """Twins of our British cities as Wikidata has them, with their beginning; those of other countries stay there."""
    with oxigraph(tmp_path, PREFIXES + BY_HAND) as url:
        rows, sent = _asked_of(reasoned, WIKIDATA, url, tmp_path / "sent")
    assert {"city": "https://w3id.org/cdkg/id/city/cardiff", "twin": "http://www.wikidata.org/entity/Q68744",
            "since": "1987-01-01T00:00:00Z"} in rows  # fmt: skip
    assert 'statement/a"' in sent
    assert 'statement/b"' not in sent


@needs_oxigraph
def test_eu(reasoned: Workspace, tmp_path: Path) -> None:
    """French names of our countries from the tables of the Publications Office, and from no other table."""
    with oxigraph(tmp_path, COUNTRIES) as url:
        rows, sent = _asked_of(reasoned, EU, url, tmp_path / "sent")
    assert rows == [{"country": "https://w3id.org/cdkg/id/country/germany", "label": "Allemagne"}]
    assert "allemand" not in sent


@needs_virtuoso
@pytest.mark.slow
def test_dbpedia(reasoned: Workspace, tmp_path: Path) -> None:
    """Inhabitants of our cities in one country, by name."""
    with virtuoso(tmp_path, PLACES) as url:
        rows, sent = _asked_of(reasoned, DBPEDIA, url, tmp_path / "sent")
    assert rows == [{"city": "https://w3id.org/cdkg/id/city/cardiff", "people": "362400"}]
    assert "520774" not in sent


@pytest.mark.parametrize("fault", ["html", "status 429 30", "cut", "redirect http://10.0.0.1/", "bomb"])
def test_faults(reasoned: Workspace, fault: str) -> None:
    """A service that fails is an error of the query, and is asked once only."""
    with FaultProxy() as proxy:
        proxy.faults = [fault]
        failed = False
        try:
            _rows(reasoned, WIKIDATA, proxy.url)
        except QueryError:
            failed = True
    assert failed
    assert len(proxy.seen) == 1


@pytest.mark.parametrize("fields", [{"X-SQL-State": "S1TAT"}, {"X-SPARQL-MaxRows": "10000"}])
def test_a_part_is_no_answer(reasoned: Workspace, fields: dict[str, str]) -> None:
    """Nobody joins with rows of which some are missing."""
    with FaultProxy() as proxy:
        proxy.fields = fields
        with pytest.raises(QueryError, match="in part"):
            _rows(reasoned, WIKIDATA, proxy.url)


def test_silent_goes_on_without(reasoned: Workspace) -> None:
    """SERVICE SILENT gives our own rows where the service fails."""
    with FaultProxy() as proxy:
        proxy.faults = ["status 500"]
        rows = _rows(reasoned, WIKIDATA.replace("SERVICE <", "SERVICE SILENT <"), proxy.url)
    assert {"city": "https://w3id.org/cdkg/id/city/cardiff"} in rows


def test_services_are_asked_politely(reasoned: Workspace) -> None:
    """With a User-Agent that has a contact, the time that a query may take, and once in a while only."""
    with FaultProxy() as proxy:
        _rows(reasoned, WIKIDATA, proxy.url)
    (method, _, headers, _), *others = proxy.seen
    assert (method, others) == ("POST", [])
    assert "mailto:a@example.org" in headers["User-Agent"]
    assert {name.lower(): value for name, value in headers.items()}["x-bigdata-max-query-millis"] == "20000"


def test_no_relay_without_a_contact() -> None:
    """Nobody asks others without saying who asks."""
    with pytest.raises(SettingsError, match="CDKG_CONTACT"):
        Relay(("https://query.wikidata.org/sparql",))


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_ask_https(name: str) -> None:
    """What is told to users goes to an endpoint with encryption."""
    assert _service(RECIPES[name]).startswith("https://")
