"""Twinnings and memberships as Wikidata has them, as passages of Wikidata in our model.

A relation of Wikidata is a statement with a rank, qualifiers and references (P190 twinned, P463 member of, P580 start,
P582 end, P2868 and P3831 role, P854 the address of a reference); deprecated ones are left out.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cdkg.errors import SettingsError

#: Values by variable.
Row = Mapping[str, str]

_ENTITY: Final = "http://www.wikidata.org/entity/"
_PROLOGUE: Final = """PREFIX wd: <http://www.wikidata.org/entity/>
PREFIX wdt: <http://www.wikidata.org/prop/direct/>
PREFIX p: <http://www.wikidata.org/prop/>
PREFIX ps: <http://www.wikidata.org/prop/statement/>
PREFIX pq: <http://www.wikidata.org/prop/qualifier/>
PREFIX pqv: <http://www.wikidata.org/prop/qualifier/value/>
PREFIX pr: <http://www.wikidata.org/prop/reference/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX wikibase: <http://wikiba.se/ontology#>
PREFIX sdo: <http://schema.org/>
"""
#: Human settlements, and what a state is divided into: universities and firms have twins and memberships, too.
_PLACES: Final = "wd:Q486972 wd:Q56061"
#: An end of which nobody knows when it was.
_SOME_TIME: Final = "?"
#: Precisions of Wikidata, and as many characters of a date as they stand for.
_PRECISIONS: Final = {"9": 4, "10": 7, "11": 10, "12": 10, "13": 10, "14": 10}
_DATATYPES: Final = {4: "gYear", 7: "gYearMonth", 10: "date"}


def query(country: str, relation: str) -> str:
    """The query for the relations of a country's places; its order is total.

    A target that was merged into another one is told as that one (`owl:sameAs`). Names are English, else those for all
    languages (`mul`).

    Args:
        country: The ISO 3166-1 code of two letters.
        relation: `P190` or `P463`.

    Raises:
        SettingsError: The code is none.
    """
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise SettingsError(f"{country!r} is no code of a country", hint="two letters of ISO 3166-1, as in DE,GB")
    back = f"""BIND (EXISTS {{ ?other p:{relation} ?back .
    ?back ps:{relation}/owl:sameAs? ?place ; wikibase:rank ?backRank .
    FILTER (?backRank != wikibase:DeprecatedRank) }} AS ?returned)"""
    return f"""{_PROLOGUE}SELECT DISTINCT ?place ?name ?point ?revision ?statement ?other ?otherName ?otherPoint
  ?otherCountry ?start ?startPrecision ?end ?endPrecision ?role ?reference ?returned {{
  ?state wdt:P297 "{country}" . ?place wdt:P17 ?state ; p:{relation} ?statement .
  ?statement ps:{relation} ?told ; wikibase:rank ?rank . FILTER (?rank != wikibase:DeprecatedRank)
  FILTER EXISTS {{ VALUES ?kind {{ {_PLACES} }} ?place wdt:P31/wdt:P279* ?kind }}
  OPTIONAL {{ ?told owl:sameAs ?now }} BIND (COALESCE(?now, ?told) AS ?other)
  {_name("place", "name")}
  {_name("other", "otherName")}
  OPTIONAL {{ ?place wdt:P625 ?point }} OPTIONAL {{ ?other wdt:P625 ?otherPoint }}
  OPTIONAL {{ ?other wdt:P17/wdt:P297 ?otherCountry }}
  OPTIONAL {{ ?place sdo:version ?revision }}
  {_moment("P580", "start")}
  {_moment("P582", "end")}
  OPTIONAL {{ ?statement pq:P2868|pq:P3831 ?roleItem {_labels("roleItem", "role")} }}
  BIND (COALESCE(?role_en, ?role_mul, STR(?roleItem)) AS ?role)
  OPTIONAL {{ ?statement prov:wasDerivedFrom/pr:P854 ?reference }}
  {back if relation == "P190" else ""}
}} ORDER BY ?place ?statement STR(?start) STR(?end) ?role STR(?reference) STR(?point) STR(?otherPoint)
  ?otherCountry ?startPrecision ?endPrecision ?revision ?other ?name ?otherName"""


def _name(thing: str, name: str) -> str:
    """Patterns that give a thing its name."""
    return f"{_labels(thing, name)} BIND (COALESCE(?{name}_en, ?{name}_mul) AS ?{name})"


def _labels(thing: str, name: str) -> str:
    return " ".join(
        f'OPTIONAL {{ ?{thing} rdfs:label ?{name}_{tag} FILTER (LANG(?{name}_{tag}) = "{tag}") }}'
        for tag in ("en", "mul")
    )


def _moment(qualifier: str, name: str) -> str:
    """Patterns for the date of a qualifier; one that is unknown is a blank node, and has no precision."""
    return f"""OPTIONAL {{ ?statement pq:{qualifier} ?{name}
    OPTIONAL {{ ?statement pqv:{qualifier} ?{name}Node .
      ?{name}Node wikibase:timeValue ?{name} ; wikibase:timePrecision ?{name}Precision }} }}"""


@dataclass(slots=True)
class Item:
    """A thing of Wikidata: its identifier, and what is known of it."""

    key: str
    name: str = ""
    country: str = ""
    latitude: str = ""
    longitude: str = ""
    revision: int = 0


@dataclass(slots=True)
class Told:
    """A statement of Wikidata.

    Attributes:
        by: The identifier of the item that has it.
        starts: When it began; dates of ISO 8601, as precise as they are told.
        ends: When it ended; `?` for some time.
    """

    by: str
    starts: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)

    def is_over(self, day: str) -> bool:
        """Whether it had ended before a day: the year or month in which that lies is not over."""
        return bool(self.ends) and all(each == _SOME_TIME or each < day[: len(each)] for each in self.ends)


@dataclass(slots=True)
class Tie:
    """A relation as Wikidata has it, told by one side or both, perhaps once for each time that it was begun.

    Attributes:
        parties: Identifiers of both, the member first in a membership.
        is_returned: Whether both sides say it; of a membership always.
        told: Its statements by their identifiers.
        roles: What the member is in it.
        references: Addresses of references.
    """

    parties: tuple[str, str]
    is_returned: bool = True
    told: dict[str, Told] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    references: set[str] = field(default_factory=set)

    @property
    def told_by(self) -> set[str]:
        """Those whose items say it."""
        return {each.by for each in self.told.values()}

    @property
    def starts(self) -> set[str]:
        """When it began, as far as it is told."""
        return {day for each in self.told.values() for day in each.starts}

    @property
    def ends(self) -> set[str]:
        """When it ended, as far as it is told."""
        return {day for each in self.told.values() for day in each.ends if day != _SOME_TIME}

    def is_over(self, day: str) -> bool:
        """Whether one side says so in all its statements: who has no end may only not know of it."""
        sides = [[each for each in self.told.values() if each.by == by] for by in self.told_by]
        return any(all(each.is_over(day) for each in side) for side in sides)


@dataclass(frozen=True, slots=True)
class Found:
    """What Wikidata tells of one country, in the order of identifiers.

    Attributes:
        country: Its code.
        items: Items by identifier.
        twinnings: Relations of P190.
        memberships: Relations of P463.
        day: When it was told.
        sha256: The hash of the answers.
    """

    country: str
    items: dict[str, Item]
    twinnings: tuple[Tie, ...]
    memberships: tuple[Tie, ...]
    day: date
    sha256: str = ""


def gathered(
    country: str, twinnings: Iterable[Row], memberships: Iterable[Row], day: date, sha256: str = ""
) -> Found:  # fmt: skip
    """Items and relations from rows: one relation has as many rows as it has references, roles and dates."""
    items: dict[str, Item] = {}
    ties = _ties(twinnings, items, is_symmetric=True, country=country)
    members = _ties(memberships, items, is_symmetric=False, country=country)
    return Found(country, dict(sorted(items.items())), ties, members, day, sha256)


def _ties(rows: Iterable[Row], items: dict[str, Item], *, is_symmetric: bool, country: str) -> tuple[Tie, ...]:
    found: dict[tuple[str, str], Tie] = {}
    returned: set[tuple[str, str]] = set()
    for row in rows:
        place, other = _key(row.get("place", "")), _key(row.get("other", ""))
        if not place or not other or place == other:  # an unknown value is a blank node, and a self pair says nothing
            continue
        _note(items, place, row, "name", "point", country)
        _note(items, other, row, "otherName", "otherPoint", row.get("otherCountry", ""))
        revision = row.get("revision", "")
        items[place].revision = max(items[place].revision, int(revision) if re.fullmatch(r"\d{1,18}", revision) else 0)
        first, second = sorted((place, other)) if is_symmetric else (place, other)
        tie = found.setdefault((first, second), Tie((first, second)))
        told = tie.told.setdefault(row.get("statement") or place, Told(place))
        told.starts |= _days(row, "start") - {_SOME_TIME}
        told.ends |= _days(row, "end")
        tie.roles |= {row["role"].removeprefix(_ENTITY)} if row.get("role") else set()
        tie.references |= {row["reference"]} if row.get("reference") else set()
        if row.get("returned") in {"true", "1"}:
            returned.add(tie.parties)
    for tie in found.values():
        tie.is_returned = not is_symmetric or tie.parties in returned or len(tie.told_by) == 2
    return tuple(found[key] for key in sorted(found))


def _key(iri: str) -> str:
    key = iri.removeprefix(_ENTITY)
    return key if re.fullmatch(r"Q[1-9]\d*", key) else ""


def _note(items: dict[str, Item], key: str, row: Row, name: str, point: str, country: str) -> None:
    """What a row says of an item; of several values the first in order, so that the order of rows does not matter."""
    item = items.setdefault(key, Item(key))
    item.name = min(filter(None, (item.name, row.get(name, ""))), default="")
    item.country = min(filter(None, (item.country, country)), default="")
    both = _coordinates(row.get(point, ""))
    if both and (not item.latitude or both < (item.latitude, item.longitude)):
        item.latitude, item.longitude = both


def _coordinates(point: str) -> tuple[str, str] | None:
    """Latitude and longitude of a point of the Earth, whose first number is the longitude; None where it is none."""
    wkt = re.fullmatch(r"Point\s*\(\s*(\S+)\s+(\S+)\s*\)", point, re.IGNORECASE)
    try:
        longitude, latitude = (float(text) for text in wkt.groups()) if wkt else (math.nan, math.nan)
    except ValueError:
        return None
    return (_decimal(latitude), _decimal(longitude)) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _decimal(number: float) -> str:
    """A number as `xsd:decimal` writes it, with a digit behind the point at least."""
    text = f"{number:.5f}".rstrip("0")
    text = f"{text}0" if text.endswith(".") else text
    return "0.0" if text == "-0.0" else text


def _days(row: Row, name: str) -> set[str]:
    """The date of a row, as precise as it is told; without a precision as it seems, for years are first of January."""
    text, precision = row.get(name, ""), row.get(f"{name}Precision", "")
    if not text:
        return set()
    found = re.match(r"\d{4}-\d\d-\d\d", text)
    day = found[0] if found else ""
    seems = 4 if day.endswith("-01-01") else 7 if day.endswith("-01") else 10
    length = _PRECISIONS.get(precision, 0) if precision else seems
    if not day or not length:  # an unknown one, one before our era, or a decade
        return {_SOME_TIME}
    try:
        return {date.fromisoformat(day).isoformat()[:length]}
    except ValueError:
        return {day[:4]}


def first(days: Collection[str]) -> str:
    """The earliest of some dates; of those in its year the most precise."""
    return min(days, key=lambda day: (day[:4], -len(day), day))


def last(days: Collection[str]) -> str:
    """The latest of some dates; of those in its year the most precise."""
    return max(days, key=lambda day: (day[:4], len(day), day))


def written_date(day: str) -> str:
    """A date in Turtle, of its precision."""
    return f'"{day}"^^xsd:{_DATATYPES[len(day)]}'


def slug_of(item: Item) -> str:
    """The name of a thing that the project does not know: its label in ASCII, and its identifier."""
    return "-".join(filter(None, (folded(item.name), item.key.lower())))


def folded(text: str) -> str:
    """A text in ASCII, as names of things are written."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
