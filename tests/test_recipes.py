"""The recipes for asking ours and others in one query, each run against stand-ins through the relay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdkg.errors import QueryError
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

WIKIDATA = """PREFIX p: <http://www.wikidata.org/prop/> PREFIX ps: <http://www.wikidata.org/prop/statement/>
PREFIX pq: <http://www.wikidata.org/prop/qualifier/>
SELECT ?city ?twin ?since {
  ?city skos:exactMatch ?item . FILTER (STRSTARTS(STR(?item), STR(wd:)))
  SERVICE <https://query.wikidata.org/sparql> {
    ?item p:P190 ?statement . ?statement ps:P190 ?twin OPTIONAL { ?statement pq:P580 ?since }
  }
}"""
DBPEDIA = """PREFIX dbo: <http://dbpedia.org/ontology/>
SELECT ?city ?people {
  ?city a cd:City ; rdfs:label ?name
  SERVICE <https://dbpedia.org/sparql> { ?place a dbo:City ; rdfs:label ?name ; dbo:populationTotal ?people }
}"""
EU = """SELECT ?country ?label {
  ?country skos:exactMatch ?theirs . FILTER (STRSTARTS(STR(?theirs), "http://publications.europa.eu/"))
  SERVICE <https://publications.europa.eu/webapi/rdf/sparql> {
    ?theirs skos:prefLabel ?label FILTER (LANG(?label) = "fr")
  }
}"""
PLACES = """<http://dbpedia.org/resource/Cardiff> a <http://dbpedia.org/ontology/City> .
<http://dbpedia.org/resource/Cardiff> <http://www.w3.org/2000/01/rdf-schema#label> "Cardiff"@en .
<http://dbpedia.org/resource/Cardiff> <http://dbpedia.org/ontology/populationTotal> 362400 .
"""
COUNTRIES = """<http://publications.europa.eu/resource/authority/country/DEU>
  <http://www.w3.org/2004/02/skos/core#prefLabel> "Allemagne"@fr , "Germany"@en ."""


RECIPES = {"wikidata": WIKIDATA, "dbpedia": DBPEDIA, "eu": EU}


def _service(recipe: str) -> str:
    start = recipe.index("SERVICE <") + len("SERVICE <")
    return recipe[start : recipe.index(">", start)]


def _rows(workspace: Workspace, recipe: str, url: str) -> list[dict[str, str]]:
    """The answer to a recipe whose service is played by another server."""
    policy = Policy.of([url], exceptions=["127.0.0.1"])
    with Relay((url,), "mailto:a@example.org", policy, Bounds(20)) as relay:
        asked = recipe.replace(_service(recipe), url)
        answer = run(workspace.graph.store, asked, limits=Limits(services=relay.services))
        found = json.loads(answer.write(by_name("json", OFFERED["SELECT"])))
    return [{name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]]


@needs_oxigraph
def test_wikidata(reasoned: Workspace, tmp_path: Path) -> None:
    """Twins of our cities as Wikidata has them, with their beginning."""
    with oxigraph(tmp_path, PREFIXES + BY_HAND) as url:
        rows = _rows(reasoned, WIKIDATA, url)
    assert {"city": "https://w3id.org/cdkg/id/city/cardiff", "twin": "http://www.wikidata.org/entity/Q68744",
            "since": "1987-01-01T00:00:00Z"} in rows  # fmt: skip


@needs_oxigraph
def test_eu(reasoned: Workspace, tmp_path: Path) -> None:
    """French names of our countries from the tables of the Publications Office."""
    with oxigraph(tmp_path, COUNTRIES) as url:
        rows = _rows(reasoned, EU, url)
    assert rows == [{"country": "https://w3id.org/cdkg/id/country/germany", "label": "Allemagne"}]


@needs_virtuoso
@pytest.mark.slow
def test_dbpedia(reasoned: Workspace, tmp_path: Path) -> None:
    """Inhabitants of our cities, by name."""
    with virtuoso(tmp_path, PLACES) as url:
        rows = _rows(reasoned, DBPEDIA, url)
    assert rows == [{"city": "https://w3id.org/cdkg/id/city/cardiff", "people": "362400"}]


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


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_ask_https(name: str) -> None:
    """What is told to users goes to an endpoint with encryption."""
    assert _service(RECIPES[name]).startswith("https://")
