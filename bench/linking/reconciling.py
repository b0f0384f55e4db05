"""Reconcile a table over HTTP: `python -m bench.linking.reconciling ADDRESS`, where `cdkg serve` runs.

The table has names of the cities that the server knows, of others in the world, and of namesakes of the known ones in
other countries; half of all with slips. What a match is worth shows where a city is not there: whoever takes the next
best one is wrong. Figures go to `bench/results/`.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np

from bench.linking.noise import slipped
from cdkg.linking.gazetteer import distances, places
from cdkg.linking.names import folded
from cdkg.linking.places import Kind

RESULTS: Final = Path(__file__).parents[1] / "results"
SEED: Final = 20261123
#: Kilometres around a known city in which no other one is taken for unknown.
_APART: Final = 30.0
#: Inhabitants of cities that are taken, namesakes apart.
_LARGE: Final = 15_000
_CITIES: Final = """SELECT ?iri ?name ?country ?latitude ?longitude {
  ?iri a cd:City ; rdfs:label|skos:altLabel ?name ; cd:country/cd:iso3166Alpha2 ?country ;
    schema:latitude ?latitude ; schema:longitude ?longitude } ORDER BY ?iri ?name"""


@dataclass(frozen=True, slots=True)
class City:
    """A city by one of its names; `iri` is empty where the server does not know it."""

    iri: str
    name: str
    country: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a table."""

    rows: int
    known: int
    matched: int
    right: int
    first: int
    seconds: float

    @property
    def precision(self) -> float:
        """How many matches are right."""
        return self.right / self.matched if self.matched else 0.0

    @property
    def recall(self) -> float:
        """How many of the known cities are matched."""
        return self.right / self.known

    def __str__(self) -> str:
        return (
            f"{self.rows:,} rows in {self.seconds:.2f} s: precision {self.precision:.3f} of {self.matched} matches,"
            f" recall {self.recall:.3f}, right and first {self.first / self.known:.3f}"
        )


def known_cities(address: str) -> list[City]:
    """The cities of a server, by each of their names."""
    found = json.loads(_sent(f"{address}sparql", query=_CITIES, format="json"))
    columns = ("iri", "name", "country", "latitude", "longitude")
    rows = [[row[column]["value"] for column in columns] for row in found["results"]["bindings"]]
    return [City(row[0], row[1], row[2], float(row[3]), float(row[4])) for row in rows]


def table(known: Sequence[City], rows: int = 1000, namesakes: float = 0.1, seed: int = SEED) -> list[City]:
    """Names of known cities, of others (three in ten) and of namesakes, half with slips; the same for the same seed."""
    random = Random(seed)  # noqa: S311
    others, same = _others(known)
    numbers = round(rows * 0.3), round(rows * namesakes)
    found = [random.choice(known) for _ in range(rows - sum(numbers))]
    found += [*random.sample(others, numbers[0]), *random.sample(same, numbers[1])]
    random.shuffle(found)
    return [replace(city, name=slipped(city.name, random)) if random.random() < 0.5 else city for city in found]


def _others(known: Sequence[City]) -> tuple[list[City], list[City]]:
    """Places that are none of the known cities: larger ones, and namesakes of any size in other countries."""
    called = {folded(city.name): city.country for city in known}
    here = np.array(sorted({(city.latitude, city.longitude) for city in known}))
    others: list[City] = []
    same: list[City] = []
    for place in places(1000):
        country = called.get(folded(place.name), "") if place.kind is Kind.CITY else place.country
        if place.latitude is None or place.longitude is None or (country and country == place.country):
            continue
        if not country and (place.population or 0) < _LARGE:
            continue
        if distances(place.latitude, place.longitude, here[:, 0], here[:, 1]).min() > _APART:
            city = City("", place.name, place.country, place.latitude, place.longitude)
            (same if country else others).append(city)
    return others, same


def queries(rows: Iterable[City], *properties: str) -> dict[str, Any]:
    """The rows as a batch, with what else the table has: `country`, `coordinates`."""
    batch: dict[str, Any] = {}
    for number, row in enumerate(rows):
        given = {"country": row.country, "coordinates": f"{row.latitude + 0.01:.2f},{row.longitude - 0.01:.2f}"}
        pids = {"country": "cd:country", "coordinates": "coordinates"}
        told = [{"pid": pids[name], "v": given[name]} for name in properties]
        query = {"query": row.name, "type": "cd:City", "type_strict": "should", "limit": 3}
        batch[f"q{number}"] = query | ({"properties": told} if told else {})
    return batch


def reconcile(address: str, rows: Sequence[City], *properties: str) -> Outcome:
    """Send a table, and hold the answer against what is known of its rows."""
    batch = json.dumps(queries(rows, *properties))
    begun = time.perf_counter()
    found = json.loads(_sent(f"{address}reconcile", queries=batch))
    seconds = time.perf_counter() - begun
    firsts = [found[f"q{number}"]["result"][:1] for number in range(len(rows))]
    matches = [(row, each[0]["id"]) for row, each in zip(rows, firsts, strict=True) if each and each[0]["match"]]
    return Outcome(
        rows=len(rows),
        known=sum(bool(row.iri) for row in rows),
        matched=len(matches),
        right=sum(row.iri == iri for row, iri in matches),
        first=sum(bool(row.iri) and bool(e) and e[0]["id"] == row.iri for row, e in zip(rows, firsts, strict=True)),
        seconds=seconds,
    )


def _sent(address: str, **fields: str) -> bytes:
    with urllib.request.urlopen(address, urlencode(fields).encode(), timeout=60) as response:  # noqa: S310
        found: bytes = response.read()
    return found


def main() -> None:
    """Measure a running server, print the figures and write them down."""
    parser = argparse.ArgumentParser(prog="python -m bench.linking.reconciling")
    parser.add_argument("address", help="where the server runs: http://127.0.0.1:7171/")
    address = parser.parse_args().address.rstrip("/") + "/"
    rows = table(known_cities(address))
    told: dict[str, Any] = {}
    for properties in ((), ("country",), ("coordinates",), ("country", "coordinates")):
        name = f"name{''.join(f', {each}' for each in properties)}"
        outcome = reconcile(address, rows, *properties)
        print(f"{name}: {outcome}")
        told[name] = {"precision": outcome.precision, "recall": outcome.recall, "seconds": outcome.seconds}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "reconciling.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
