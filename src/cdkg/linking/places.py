"""Places of ours and of others, as matching looks at them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Kind", "Place", "Sought"]


class Kind(StrEnum):
    """What kinds of places are told apart."""

    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    CONTINENT = "continent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that others have a name for.

    Attributes:
        iri: Its identifier.
        name: The name that it goes by there.
        others: Its other names.
        country: ISO 3166-1 alpha-2, empty where it is not known or there is none.
        region: Code of the first administrative division, as the source has it.
        latitude: Degrees; None where it is not known.
        longitude: Degrees; None where it is not known.
        population: Inhabitants; None where nothing is known of them. GeoNames has 0 for many small places.
        kind: What kind of place it is.
    """

    iri: str
    name: str
    others: tuple[str, ...] = ()
    country: str = ""
    region: str = ""
    latitude: float | None = None
    longitude: float | None = None
    population: int | None = None
    kind: Kind = Kind.CITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is known of a place that is looked for; all of it may be missing, but not name and coordinates both.

    Attributes:
        key: What it is called by whoever looks for it: an IRI, or the number of a row.
        name: Its name.
        others: Its other names.
        country: Name or ISO 3166-1 code of its country, or of one of England, Scotland, Wales, Northern Ireland.
        region: Name or code of its first administrative division.
        latitude: Degrees.
        longitude: Degrees.
        population: Inhabitants.
        kind: What kind of place it is; None: a city is the likeliest.
    """

    key: str
    name: str = ""
    others: tuple[str, ...] = ()
    country: str = ""
    region: str = ""
    latitude: float | None = None
    longitude: float | None = None
    population: int | None = None
    kind: Kind | None = None
