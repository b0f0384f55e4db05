"""Labelled pairs: names as Wikidata has them, and the places of GeoNames that they mean.

Two sources that say who is meant without asking our matcher:

*by place*: cities of a Wikidata extract with label, country, coordinates and inhabitants (twin towns of six countries,
and their twins all over the world). What is meant is found without looking at names: the one place of GeoNames in that
country within 5 km with two thirds to three halves of the inhabitants, where no other within 10 km has a third to three
times as many. What says of itself that it is a district, borough, municipality or the like is left out: it is no city.

*by code*: places that Wikidata and GeoNames share through UN/LOCODE. They were joined by name and country and are
unique on both sides, so their GeoNames names are easy; the labels asked for are those of another extract of Wikidata,
and one in eight of these is written otherwise (many in German). What is written the same is no proof of much.

A pair is held out where the hash of its GeoNames number is even: so no city is in both halves.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from cdkg.linking.gazetteer import GEONAMES, KINDS, Gazetteer
from cdkg.linking.places import Kind, Sought

#: Inhabitants of cities that the goal is about.
LEAST: Final = 15_000
_NO_CITY: Final = re.compile(
    r"\b(district|borough|municipality|gmina|county|province|prefecture|canton|arrondissement|metropolitan|region|"
    r"regional|oblast|raion|ward|governorate|department|parish|verbandsgemeinde|samtgemeinde|kreis)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A name, and who is meant.

    Attributes:
        asked: The name with its country.
        iri: Who is meant; empty: none of the gazetteer.
        population: Inhabitants, as GeoNames has them.
        source: Which labels these are.
        code: ISO 3166-1 alpha-2 of the country that it lies in.
    """

    asked: Sought
    iri: str
    population: int
    source: str
    code: str

    @property
    def is_held_out(self) -> bool:
        """Whether it is kept from tuning."""
        return _hash(self.iri) % 2 == 0

    @property
    def is_missing(self) -> bool:
        """Whether it is one of the tenth that is taken out of the gazetteer, to see what then becomes of its name."""
        return _hash(f"missing {self.iri}") % 10 == 0

    def with_name(self, name: str) -> Pair:
        """The same, written otherwise."""
        return replace(self, asked=replace(self.asked, name=name))

    def in_wrong_country(self, random: Random) -> Pair:
        """The same with a country that it does not lie in: then nobody must be surely meant."""
        country = random.choice(
            [code for code in ("DE", "FR", "GB", "US", "JP", "BR", "IN", "ZA") if code != self.code]
        )
        return replace(self, asked=replace(self.asked, country=country), iri="")

    def without_country(self) -> Pair:
        """The same, with the name alone."""
        return replace(self, asked=replace(self.asked, country=""))


def pairs(folder: Path, gazetteer: Gazetteer) -> list[Pair]:
    """All labelled pairs of cities of 15,000 inhabitants and more, each name of a city once."""
    found: dict[tuple[str, str, str], Pair] = {}
    for pair in (*by_place(folder, gazetteer), *by_code(folder, gazetteer)):
        if pair.population >= LEAST:
            found.setdefault((pair.asked.name, pair.asked.country, pair.iri), pair)
    return sorted(found.values(), key=lambda pair: (pair.iri, pair.asked.name))


def by_place(folder: Path, gazetteer: Gazetteer) -> Iterator[Pair]:
    """The pairs that coordinates and inhabitants tell."""
    city = KINDS.index(Kind.CITY)
    for (name, country), places in sorted(_cities(folder).items()):
        code = gazetteer.countries.read(country)[0]
        if not code or len(places) != 1 or _NO_CITY.search(name):
            continue
        latitude, longitude, population = next(iter(places))
        if not population:
            continue
        here = [
            int(i) for i in gazetteer.around(latitude, longitude, 10)
            if gazetteer.kind[i] == city and gazetteer.codes[gazetteer.country[i]] == code
        ]  # fmt: skip
        rivals = [i for i in here if 1 / 3 <= gazetteer.population[i] / population <= 3]
        near = [i for i in gazetteer.around(latitude, longitude, 5).tolist() if i in rivals]
        if len(rivals) == 1 and near and 2 / 3 <= gazetteer.population[near[0]] / population <= 3 / 2:
            yield _pair(gazetteer, near[0], name, country, "by place")


def by_code(folder: Path, gazetteer: Gazetteer) -> Iterator[Pair]:
    """The pairs that UN/LOCODE tells, with the labels of another extract."""
    labels = {row["qid"]: row["label_en"] for row in _rows(folder / "wikidata_p190_2016_names.tsv", "\t")}
    for row in _rows(folder / "geonames_wikidata_candidates.csv", ","):
        number = gazetteer.numbers.get(f"{GEONAMES}{row['geonameid']}/")
        label = labels.get(row["qid"])
        if number is not None and label:
            yield _pair(gazetteer, number, label, row["country_code"], "by code")


def names(folder: Path) -> list[Sought]:
    """Names with countries as Wikipedia's lists of twin towns have them, for measuring time."""
    rows = _rows(folder / "wikipedia_twin_towns_2026.csv", ",")
    both = ((row[f"city{i}"], row[f"country{i}"]) for row in rows for i in (1, 2))
    return [Sought(key=str(i), name=name, country=country) for i, (name, country) in enumerate(both)]


def _pair(gazetteer: Gazetteer, number: int, name: str, country: str, source: str) -> Pair:
    asked = Sought(key=f"{name}, {country}", name=name, country=country)
    code = gazetteer.codes[gazetteer.country[number]]
    return Pair(asked, gazetteer.iris[number], int(gazetteer.population[number]), source, code)


def _cities(folder: Path) -> dict[tuple[str, str], set[tuple[float, float, int]]]:
    """Names and countries with the places that go by them."""
    found: dict[tuple[str, str], set[tuple[float, float, int]]] = {}
    for row in _rows(folder / "wikidata_sistercities_6_countries.tsv", "\t"):
        origin = [row[f"origin{what}"] for what in ("cityLabel", "country", "lat", "long", "population")]
        sister = [row["sistercityLabel"], row["destination_countryLabel"]]
        sister += [row[f"destination{what}"] for what in ("lat", "long", "population")]
        for name, country, latitude, longitude, population in (origin, sister):
            number = int(float(population)) if re.fullmatch(r"[\d.]+", population or "") else 0
            found.setdefault((name, country), set()).add((float(latitude), float(longitude), number))
    return found


def _rows(path: Path, separator: str) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter=separator)


def _hash(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0]


def judged() -> dict[tuple[str, str], str]:
    """What was found out by hand about pairs that were confused: by name and who is said to be meant."""
    path = Path(__file__).with_name("judged.tsv")
    return {(row["name"], row["iri"]): row["verdict"] for row in _rows(path, "\t")}
