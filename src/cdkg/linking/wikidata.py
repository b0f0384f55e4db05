"""Twinnings and memberships as Wikidata has them, as passages of Wikidata in our model.

A relation of Wikidata is a statement with a rank, qualifiers and references (P190 twinned, P463 member of, P580 start,
P582 end, P2868 and P3831 role, P854 the address of a reference); deprecated ones are left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cdkg.errors import SettingsError

_ENTITY: Final = "http://www.wikidata.org/entity/"
_PROLOGUE: Final = """PREFIX wd: <http://www.wikidata.org/entity/>
PREFIX wdt: <http://www.wikidata.org/prop/direct/>
PREFIX p: <http://www.wikidata.org/prop/>
PREFIX ps: <http://www.wikidata.org/prop/statement/>
PREFIX pq: <http://www.wikidata.org/prop/qualifier/>
PREFIX pr: <http://www.wikidata.org/prop/reference/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX wikibase: <http://wikiba.se/ontology#>
PREFIX sdo: <http://schema.org/>
"""


def query(country: str, relation: str) -> str:
    """The query for the relations of a country's places; its order is total.

    Args:
        country: The ISO 3166-1 code of two letters.
        relation: `P190` or `P463`.

    Raises:
        SettingsError: The code is none.
    """
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise SettingsError(f"{country!r} is no code of a country", hint="two letters of ISO 3166-1, as in DE,GB")
    back = f"BIND (EXISTS {{ ?other p:{relation}/ps:{relation} ?place }} AS ?returned)" if relation == "P190" else ""
    return f"""{_PROLOGUE}SELECT DISTINCT ?place ?name ?point ?revision ?statement ?other ?otherName
  ?otherPoint ?otherCountry ?start ?end ?role ?reference ?returned {{
  ?state wdt:P297 "{country}" . ?place wdt:P17 ?state ; p:{relation} ?statement .
  ?statement ps:{relation} ?other .
  FILTER NOT EXISTS {{ ?statement wikibase:rank wikibase:DeprecatedRank }}
  OPTIONAL {{ ?place rdfs:label ?name FILTER (LANG(?name) = "en") }}
  OPTIONAL {{ ?other rdfs:label ?otherName FILTER (LANG(?otherName) = "en") }}
  OPTIONAL {{ ?place wdt:P625 ?point }} OPTIONAL {{ ?other wdt:P625 ?otherPoint }}
  OPTIONAL {{ ?other wdt:P17/wdt:P297 ?otherCountry }}
  OPTIONAL {{ ?place sdo:version ?revision }}
  OPTIONAL {{ ?statement pq:P580 ?start }} OPTIONAL {{ ?statement pq:P582 ?end }}
  OPTIONAL {{ ?statement pq:P2868|pq:P3831 ?roleItem . ?roleItem rdfs:label ?role FILTER (LANG(?role) = "en") }}
  OPTIONAL {{ ?statement prov:wasDerivedFrom/pr:P854 ?reference }}
  {back}
}} ORDER BY ?place ?statement ?other ?start ?end ?role ?reference ?name ?otherName ?point ?otherPoint ?otherCountry"""


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
class Tie:
    """A relation as Wikidata has it, told by one side or both.

    Attributes:
        parties: Identifiers of both, the member first in a membership.
        told_by: Those whose page says it.
        is_returned: Whether both sides say it; of a membership always.
        starts: When it began, as far as it is told.
        ends: When it ended.
        roles: What the member is in it.
        references: Addresses of references.
    """

    parties: tuple[str, str]
    told_by: set[str] = field(default_factory=set)
    is_returned: bool = True
    starts: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    references: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Found:
    """What Wikidata tells of one country, in the order of identifiers."""

    country: str
    items: dict[str, Item]
    twinnings: tuple[Tie, ...]
    memberships: tuple[Tie, ...]


def gathered(country: str, twinnings: Iterable[Row], memberships: Iterable[Row]) -> Found:
    """Items and relations from rows: one relation has as many rows as it has references, roles and dates."""
    items: dict[str, Item] = {}
    ties = _ties(twinnings, items, is_symmetric=True, country=country)
    members = _ties(memberships, items, is_symmetric=False, country=country)
    return Found(country, dict(sorted(items.items())), ties, members)


#: Values by variable.
Row = Mapping[str, str]


def _ties(rows: Iterable[Row], items: dict[str, Item], *, is_symmetric: bool, country: str) -> tuple[Tie, ...]:
    found: dict[tuple[str, str], Tie] = {}
    for row in rows:
        place, other = _key(row.get("place", "")), _key(row.get("other", ""))
        if not place or not other or place == other:  # an unknown value is a blank node, and a self pair says nothing
            continue
        _note(items, place, row, "name", "point", country)
        _note(items, other, row, "otherName", "otherPoint", row.get("otherCountry", ""))
        revision = row.get("revision", "")
        items[place].revision = max(items[place].revision, int(revision) if revision.isdecimal() else 0)
        first, second = sorted((place, other)) if is_symmetric else (place, other)
        tie = found.setdefault((first, second), Tie((first, second)))
        tie.told_by.add(place)
        tie.is_returned = not is_symmetric or row.get("returned") in {"true", "1"} or len(tie.told_by) == 2
        for name, values in (("role", tie.roles), ("reference", tie.references)):
            values.update({row[name]} if row.get(name) else set())
        for name, values in (("start", tie.starts), ("end", tie.ends)):
            values.update({row[name][:10]} if re.match(r"\d{4}-\d\d-\d\d", row.get(name, "")) else set())
    return tuple(found[key] for key in sorted(found))


def _key(iri: str) -> str:
    key = iri.removeprefix(_ENTITY)
    return key if re.fullmatch(r"Q[1-9]\d*", key) else ""


def _note(items: dict[str, Item], key: str, row: Row, name: str, point: str, country: str) -> None:
    """What a row says of an item; of several values the first in order, so that the order of rows does not matter."""
    item = items.setdefault(key, Item(key))
    texts = sorted(filter(None, (item.name, row.get(name, ""))))
    item.name = texts[0] if texts else ""
    item.country = min(filter(None, (item.country, country)), default="")
    wkt = re.fullmatch(r"Point\s*\(\s*([-+.\dE]+)\s+([-+.\dE]+)\s*\)", row.get(point, ""), re.IGNORECASE)
    if wkt and not item.latitude:
        item.longitude, item.latitude = (_decimal(text) for text in wkt.groups())


def _decimal(text: str) -> str:
    return f"{round(float(text), 5):.5f}".rstrip("0").removesuffix(".").replace("-0.0", "0.0") or "0"


def date_of(days: Sequence[str]) -> str:
    """One date in Turtle, of the precision that it seems to have: Wikidata writes years as their first of January."""
    day = min(days)
    if day.endswith("-01-01"):
        return f'"{day[:4]}"^^xsd:gYear'
    return f'"{day[:7]}"^^xsd:gYearMonth' if day.endswith("-01") else f'"{day}"^^xsd:date'


def slug_of(item: Item) -> str:
    """The name of a thing that the project does not know: its label in ASCII, and its identifier."""
    folded = unicodedata.normalize("NFKD", item.name).encode("ascii", "ignore").decode().lower()
    return "-".join(filter(None, (re.sub(r"[^a-z0-9]+", "-", folded).strip("-"), item.key.lower())))
