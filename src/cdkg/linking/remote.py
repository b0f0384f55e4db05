"""Places of SPARQL endpoints: asked for by name, and scored here like all others.

The weights were fitted on GeoNames; that confidences hold for other targets is not measured.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cdkg.errors import PartialAnswerError
from cdkg.linking.checking import Known, away
from cdkg.linking.countries import Countries
from cdkg.linking.gazetteer import Gazetteer
from cdkg.linking.matching import Candidate, Matcher
from cdkg.linking.names import taken_apart, unaccented
from cdkg.linking.places import Kind, Place, Sought
from cdkg.vocabulary import PREFIXES

#: Sends a SELECT query and gives its rows: values by variable, without those that are unbound.
Ask = Callable[[str], Iterable[Mapping[str, str]]]

#: So many names or identifiers are asked for with one query.
_AT_ONCE: Final = 40
_PROLOGUE: Final = "\n".join(
    f"PREFIX {prefix}: <{iri}>" for prefix, iri in {
        **{name: PREFIXES[name] for name in ("rdfs", "skos", "schema", "owl", "wd", "wdt")},
        "wgs": "http://www.w3.org/2003/01/geo/wgs84_pos#", "dbo": "http://dbpedia.org/ontology/",
    }.items()
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an endpoint says what places are.

    Attributes:
        label: The path from a thing to its names.
        details: Patterns for what else is known of `?place`: ?country, ?latitude, ?longitude, ?point, ?population.
        restriction: A pattern that `?place` must match, whatever kind of place is looked for.
        kinds: Patterns in its stead, for kinds of places.
        redirect: A path from an identifier to the one that stands for it now.
        languages: Of names, besides that without one.
    """

    label: str
    details: str = ""
    restriction: str = ""
    kinds: Mapping[Kind, str] = field(default_factory=dict)
    redirect: str = ""
    languages: tuple[str, ...] = ("en",)


DIALECTS: Final = {
    "wikidata": Dialect(
        label="rdfs:label|skos:altLabel",
        details="OPTIONAL { ?place wdt:P17/wdt:P297 ?country } OPTIONAL { ?place wdt:P625 ?point } "
        "OPTIONAL { ?place wdt:P1082 ?population }",
        restriction="?place wdt:P31/wdt:P279* wd:Q486972 .",  # human settlement
        kinds={
            Kind.REGION: "?place wdt:P31/wdt:P279* wd:Q56061 .",  # administrative territorial entity
            Kind.COUNTRY: "?place wdt:P31/wdt:P279* wd:Q6256 .",
            Kind.CONTINENT: "?place wdt:P31 wd:Q5107 .",
        },
        redirect="owl:sameAs",
        languages=("en", "de", "fr", "es"),
    ),
    "dbpedia": Dialect(
        label="rdfs:label",
        details="OPTIONAL { ?place dbo:country/rdfs:label ?country FILTER (LANG(?country) = 'en') } "
        "OPTIONAL { ?place wgs:lat ?latitude ; wgs:long ?longitude } "
        "OPTIONAL { ?place dbo:populationTotal ?population }",
        restriction="?place a dbo:PopulatedPlace .",
        kinds={
            Kind.REGION: "?place a dbo:Region .",
            Kind.COUNTRY: "?place a dbo:Country .",
            Kind.CONTINENT: "?place a dbo:Continent .",
        },
        redirect="dbo:wikiPageRedirects",
    ),
}
#: What is asked of an endpoint that nothing is known of.
GENERIC: Final = Dialect(
    label="rdfs:label|skos:prefLabel|skos:altLabel|schema:name",
    details="OPTIONAL { ?place wgs:lat|schema:latitude ?latitude ; wgs:long|schema:longitude ?longitude }",
    redirect="owl:sameAs",
    languages=("en",),
)


@dataclass(frozen=True, slots=True)
class RemoteFinder:
    """Finds at an endpoint. Slips are found only as far as a name without accents or what qualifies it is there.

    Attributes:
        ask: Sends a query.
        dialect: How the endpoint says what places are.
        countries: What is known of countries.
        source: Who answers.
    """

    ask: Ask
    dialect: Dialect
    countries: Countries
    source: str

    def find(self, things: Sequence[Sought], most: int) -> list[list[Candidate]]:
        """The likeliest candidates of each thing, the likeliest first; kinds are asked for one by one."""
        found: dict[int, list[Candidate]] = {}
        for kind in dict.fromkeys(thing.kind for thing in things):
            those = [number for number, thing in enumerate(things) if thing.kind is kind]
            found |= zip(those, self._find([things[number] for number in those], kind, most), strict=True)
        return [found[number] for number in range(len(things))]

    def _find(self, things: Sequence[Sought], kind: Kind | None, most: int) -> list[list[Candidate]]:
        names: dict[str, None] = {}
        for thing in things:
            for name in (thing.name, *thing.others):
                names |= dict.fromkeys(_forms(name))
        wanted = list(names)
        places: dict[str, Place] = {}
        for begin in range(0, len(wanted), _AT_ONCE):
            asked = wanted[begin : begin + _AT_ONCE]
            rows = _by_halves(self.ask, asked, lambda some: by_name(some, self.dialect, kind))
            places = _gathered(rows, self.countries, places)
        gazetteer = Gazetteer.of((places[iri] for iri in sorted(places)), self.countries, self.source)
        return Matcher(gazetteer).match([replace(thing, kind=None) for thing in things], most)


@dataclass(frozen=True, slots=True)
class RemoteRegister:
    """Asks an endpoint what identifiers stand for.

    Attributes:
        ask: Sends a query.
        dialect: How the endpoint says what places are.
        countries: What is known of countries.
    """

    ask: Ask
    dialect: Dialect
    countries: Countries

    def known(self, iris: Sequence[str], ours: Mapping[str, Sought]) -> dict[str, Known]:
        """What is known of identifiers: who has no triple at all is gone.

        Of several countries and coordinates of a place those count that are likest ours: former ones stand there, too.
        """
        found: dict[str, Known] = {}
        for begin in range(0, len(iris), _AT_ONCE):
            asked = iris[begin : begin + _AT_ONCE]
            rows = list(_by_halves(self.ask, asked, lambda some: by_identifier(some, self.dialect)))
            rows.sort(key=lambda row: _unlike(row, ours.get(row["place"]), self.countries))
            places = _gathered(rows, self.countries, {})
            leads = {row["place"]: row["now"] for row in rows if row.get("now")}
            is_there = {row["place"] for row in rows}
            for iri in asked:
                place = places.get(iri) or (Place(iri=iri, name="") if iri in is_there else None)
                found[iri] = Known(place, leads.get(iri, ""))
        return found

    def instead(self, thing: Sought) -> Place | None:
        """Nobody: to look for another is what `cdkg link candidates` does."""
        del thing
        return None


def _by_halves(
    ask: Ask, asked: Sequence[str], query: Callable[[Sequence[str]], str]
) -> Iterator[Mapping[str, str]]:  # fmt: skip
    """The rows for names or identifiers; those that an endpoint cannot answer at once are asked for by halves.

    Raises:
        PartialAnswerError: One name alone has more rows than the endpoint gives.
    """
    try:
        yield from ask(query(asked))
    except PartialAnswerError as error:
        if len(asked) == 1:
            what, hint = f"{error.what}, to {asked[0]!r} alone", "leave it out of what is looked for"
            raise PartialAnswerError(what, why=error.why, hint=hint) from error
        middle = len(asked) // 2
        for half in (asked[:middle], asked[middle:]):
            yield from _by_halves(ask, half, query)


def by_name(names: Sequence[str], dialect: Dialect, kind: Kind | None = None) -> str:
    """The query for places of these names, and of a kind where one is given and the endpoint tells kinds apart."""
    restriction = dialect.restriction if kind is None else dialect.kinds.get(kind, dialect.restriction)
    literals = " ".join(
        f"{_literal(name)}{tag}" for name in names for tag in ("", *(f"@{x}" for x in dialect.languages))
    )
    return (
        f"{_PROLOGUE}\nSELECT DISTINCT * {{ VALUES ?name {{ {literals} }} ?place {dialect.label} ?name . "
        f"{restriction} FILTER (isIRI(?place)) {dialect.details} }}"
    )


def by_identifier(iris: Sequence[str], dialect: Dialect) -> str:
    """The query for what identifiers stand for; each that has a triple has a row."""
    values = " ".join(f"<{iri}>" for iri in iris)
    redirect = f"OPTIONAL {{ ?place {dialect.redirect} ?now }}" if dialect.redirect else ""
    name = f"OPTIONAL {{ ?place {dialect.label} ?name FILTER (LANG(?name) IN ('', 'en')) }}"
    return (
        f"{_PROLOGUE}\nSELECT DISTINCT * {{ VALUES ?place {{ {values} }} FILTER EXISTS {{ ?place ?p ?o }} "
        f"{redirect} {name} {dialect.details} }}"
    )


def _gathered(rows: Iterable[Mapping[str, str]], countries: Countries, known: dict[str, Place]) -> dict[str, Place]:
    """Places from rows: the rows of one place say its names, and more than once what else there is."""
    found = dict(known)
    for row in rows:
        iri, name = row.get("place", ""), row.get("name", "")
        before = found.get(iri)
        if before is not None:
            found[iri] = replace(before, others=tuple(dict.fromkeys((*before.others, name))), name=before.name or name)
        elif iri:
            latitude, longitude = _point(row)
            country = countries.read(row.get("country", ""))[0] if row.get("country") else ""
            population = row.get("population", "")
            people = min(int(float(population)), 2**31 - 1) if re.fullmatch(r"\d+(\.\d*)?", population) else None
            found[iri] = Place(
                iri=iri, name=name, country=country, latitude=latitude, longitude=longitude,
                population=people, kind=Kind.CITY,
            )  # fmt: skip
    return found


def _unlike(row: Mapping[str, str], thing: Sought | None, countries: Countries) -> tuple[bool, float]:
    """Whether a row has another country than a thing, and how far its coordinates are from those of the thing."""
    if thing is None:
        return False, 0.0
    (place,) = _gathered([row], countries, {}).values()
    return place.country != thing.country, away(thing, place) or 0.0


def _point(row: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Latitude and longitude, from two variables or a WKT point, whose first number is the longitude."""
    wkt = re.fullmatch(r"(?:<[^>]*>\s*)?Point\s*\(\s*(\S+)\s+(\S+)\s*\)", row.get("point", ""), re.IGNORECASE)
    texts = (wkt[2], wkt[1]) if wkt else (row.get("latitude", ""), row.get("longitude", ""))
    try:
        return float(texts[0]), float(texts[1])
    except ValueError:
        return None, None


def _forms(name: str) -> list[str]:
    """How a name may be written there: as it is, without what qualifies it, and both without accents."""
    written = unicodedata.normalize("NFC", name.strip())
    forms = [form for form in (written, _bare(written)) if form]
    return forms + [unicodedata.normalize("NFC", unaccented(form)) for form in forms]


def _bare(name: str) -> str:
    """A name as it is written, without brackets and what stands behind a comma."""
    bare = re.sub(r"[(\[][^()\[\]]*[)\]]", " ", name).split(",")[0]
    return " ".join(bare.split()) if taken_apart(name).qualifiers else ""


def _literal(text: str) -> str:
    """A text as SPARQL writes it (SPARQL 1.1, section 19.8, STRING_LITERAL2)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
