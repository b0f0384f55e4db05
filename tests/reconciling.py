"""What tests of the Reconciliation Service share: a few things, requests, and the schemas of the API."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, Store
from werkzeug.test import TestResponse

from cdkg.server.answers import InProcess
from cdkg.vocabulary import CD, ID

BARCELONA: Final = f"{ID}city/barcelona"
CITY: Final = f"{CD}City"
SCHEMAS: Final = Path(os.environ.get("CDKG_SUITES", "")) / "reconciliation"
needs_schemas = pytest.mark.skipif(
    not (SCHEMAS / "0.2").is_dir(), reason="CDKG_SUITES names no folder with reconciliation/0.2 (schemas of the API)"
)
#: Two cities of one name, and what else a table may be about.
LITTLE: Final = """
@prefix cd: <https://w3id.org/cdkg/ontology/> .
@prefix city: <https://w3id.org/cdkg/id/city/> .
@prefix country: <https://w3id.org/cdkg/id/country/> .
@prefix body: <https://w3id.org/cdkg/id/body/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix wd: <http://www.wikidata.org/entity/> .
cd:City rdfs:label "city"@en, "Stadt"@de ; rdfs:subClassOf cd:Polity, cd:Place ; skos:definition "A large place."@en .
cd:Polity rdfs:label "polity"@en ; rdfs:subClassOf cd:Place .
cd:country rdfs:label "country"@en .
country:us a cd:Country ; rdfs:label "United States"@en ; cd:iso3166Alpha2 "US" .
country:uk a cd:Country ; rdfs:label "United Kingdom"@en, "Vereinigtes Königreich"@de ; cd:iso3166Alpha2 "GB" .
city:b1 a cd:City, cd:Polity, cd:Place ; rdfs:label "Birmingham"@en ; cd:country country:uk ; cd:inhabitants 1157603 ;
  schema:latitude 52.48 ; schema:longitude -1.9 ; skos:exactMatch wd:Q2256 ; cd:founded "1166"^^xsd:gYear .
city:b2 a cd:City, cd:Polity, cd:Place ; rdfs:label "Birmingham"@en ; cd:country country:us ; cd:inhabitants 196357 ;
  schema:latitude 33.52 ; schema:longitude -86.8 ; skos:exactMatch wd:Q79867 ; cd:since "1871-12-19"^^xsd:date .
city:zagreb a cd:City, cd:Polity, cd:Place ; rdfs:label "Zagreb"@en ; skos:altLabel "Agram"@de, "萨格勒布"@zh ;
  schema:latitude 45.81 ; schema:longitude 15.98 ; skos:exactMatch wd:Q1435 ; cd:share 0.25 ; cd:at true .
city:beijing a cd:City ; rdfs:label "Beijing"@en ; skos:altLabel "北京"@zh .
body:who a cd:Body ; rdfs:label "World Health Organization"@en ; skos:altLabel "WHO"@en .
"""


class Changing(InProcess):
    """A store whose version can be changed."""


def little_store(version: str = "1") -> Changing:
    """A store of a few things."""
    store = Store()
    store.load(LITTLE.encode(), RdfFormat.TURTLE)
    return Changing(store, version=version)


def asked(client: FlaskClient, queries: Any, how: str = "POST") -> TestResponse:
    """Send a batch."""
    data = {"queries": queries if isinstance(queries, str) else json.dumps(queries)}
    if how == "GET":
        return client.get("/reconcile", query_string=data)
    return client.post("/reconcile", data=data)


def results_of(client: FlaskClient, **query: Any) -> list[dict[str, Any]]:
    """The candidates of a query."""
    response = asked(client, {"q0": query})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.get_json()["q0"]["result"]
    return found


def ids_of(results: list[dict[str, Any]]) -> list[str]:
    """Their identifiers, without what all of these begin with."""
    return [each["id"].removeprefix(ID) for each in results]


def extended(client: FlaskClient, ids: list[str], *properties: Any) -> dict[str, Any]:
    """Ask for data."""
    response = client.post("/reconcile", data={"extend": json.dumps({"ids": ids, "properties": properties})})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def check(version: str, name: str, data: Any) -> None:
    """Hold an answer against a schema of the API."""
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    folder = SCHEMAS / version / "schemas"
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    registry = Registry().with_resources(
        (each["$id"], Resource.from_contents(each, default_specification=DRAFT7)) for each in contents
    )
    schema = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    Draft7Validator(schema, registry=registry).validate(data)
