"""Things, their classes and properties, gathered by queries."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from pyoxigraph import Literal

from cdkg.errors import DeadlineError, LimitError
from cdkg.linking.reconciling import PLACE, Entity, Known
from cdkg.linking.reconciling_prefixes import Prefixes
from cdkg.linking.reconciling_values import Point, on_earth
from cdkg.server.describing.labels import in_words
from cdkg.server.reconciling.asked import AskedError
from cdkg.server.reconciling.asking import Asking
from cdkg.server.reconciling.kept import Kept
from cdkg.vocabulary import BASE, CD, ID, PREFIXES, expand

#: So many names are held in memory; longer ones than this are none.
_MOST_NAMES: Final = 300_000
_LONGEST: Final = 500
#: So many properties are kept with all their values.
_MOST_COLUMNS: Final = 16
#: What names are given with: what people go by, titles, and other names.
_NAMED: Final = (
    ("rdfs:label", "skos:prefLabel"),
    ("schema:name", "foaf:name", "dcterms:title"),
    ("skos:altLabel", "schema:alternateName"),
)
_RANKS: Final = {expand(name): rank for rank, names in enumerate(_NAMED) for name in names}
_LANGUAGES: Final = ("en", "")
#: Classes and properties of these say nothing about the world.
_LANGUAGE_OF_MODELS: Final = tuple(PREFIXES[prefix] for prefix in ("owl", "rdf", "rdfs"))
#: What only models have as classes.
_MODEL: Final = frozenset(map(expand, (
    "owl:Class", "rdfs:Class", "rdfs:Datatype", "rdf:Property", "owl:ObjectProperty", "owl:DatatypeProperty",
    "owl:AnnotationProperty", "owl:Ontology", "owl:Restriction",
)))  # fmt: skip
_WGS84: Final = "http://www.w3.org/2003/01/geo/wgs84_pos#"

_TEXTS: Final = (
    f"VALUES ?p {{ {' '.join(f'<{iri}>' for iri in _RANKS)} }}"
    f" ?s ?p ?text FILTER (isLiteral(?text) && STRLEN(?text) <= {_LONGEST})"
)
_NAMES: Final = f"SELECT ?s ?p ?text WHERE {{ {_TEXTS} $own }} LIMIT {_MOST_NAMES + 1}"
_NAMES_OF: Final = f"SELECT ?s ?p ?text WHERE {{ VALUES ?s {{ $things }} {_TEXTS} }}"
_NOTES_OF: Final = """SELECT ?s ?text WHERE { VALUES ?s { $things } ?s skos:definition|rdfs:comment ?text
  FILTER (isLiteral(?text) && (lang(?text) = "" || langMatches(lang(?text), "en"))) }"""
_TYPES: Final = "SELECT ?s ?o WHERE { ?s a ?o FILTER isIRI(?o) $own }"
_BROADER: Final = "SELECT ?s ?o WHERE { ?s rdfs:subClassOf ?o FILTER (isIRI(?s) && isIRI(?o) && ?s != ?o) }"
_CODES: Final = "SELECT ?s ?text WHERE { ?s skos:notation|cd:iso3166Alpha2 ?text FILTER isLiteral(?text) $own }"
_COUNTRIES: Final = "SELECT ?s ?o WHERE { ?s cd:country ?o FILTER isIRI(?o) $own }"
_POINTS: Final = f"""SELECT ?s ?latitude ?longitude WHERE {{
  {{ ?s schema:latitude ?latitude ; schema:longitude ?longitude }}
  UNION {{ ?s <{_WGS84}lat> ?latitude ; <{_WGS84}long> ?longitude }}
  FILTER (isLiteral(?latitude) && isLiteral(?longitude)) $own }}"""
_PROPERTIES: Final = "SELECT ?p (COUNT(*) AS ?n) WHERE { ?s ?p ?o $own } GROUP BY ?p"
_OF_CLASSES: Final = (
    "SELECT ?class ?p (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a ?class ; ?p ?o FILTER isIRI(?class) $own }"
    " GROUP BY ?class ?p"
)


@dataclass(frozen=True, slots=True)
class Term:
    """A class, or a property.

    Attributes:
        iri: Its identifier.
        names: What it is called; the first is what it goes by.
        description: What it means.
        broader: The classes just above it.
        number: How many things are in it, or how many values it has.
    """

    iri: str
    names: tuple[str, ...]
    description: str = ""
    broader: tuple[str, ...] = ()
    number: int = 0

    @property
    def name(self) -> str:
        """The name that it goes by."""
        return self.names[0]


class Terms(dict[str, Term]):
    """Classes, or properties, by their identifiers."""

    @cached_property
    def prefixes(self) -> Prefixes:
        """The beginnings of all names, in the order of the terms."""
        return Prefixes(term.names for term in self.values())

    @cached_property
    def in_order(self) -> tuple[Term, ...]:
        """The terms as their beginnings number them."""
        return tuple(self.values())


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that can be meant, and what it is told by.

    Attributes:
        known: The things.
        types: Their classes.
        properties: Their properties, and the one for coordinates, which no graph has.
        of_types: For each class the properties that its members have, the commonest first; empty where there are too
            many to count.
        space: What the identifiers of things begin with.
        schema: What those of classes and properties begin with.
        columns: Values of properties, as far as they were asked for.
    """

    known: Known
    types: Terms
    properties: Terms
    of_types: Mapping[str, tuple[str, ...]]
    space: str
    schema: str
    columns: Kept = field(default_factory=lambda: Kept(_MOST_COLUMNS))


def gathered(asking: Asking, *, is_plain: bool) -> Gathered:
    """Gather all that can be meant.

    Args:
        asking: Asks the queries.
        is_plain: Whether the store is anybody's; else what can be meant are the entities of the project.

    Raises:
        AskedError: It is too much to be held in memory.
        CdkgError: It cannot be found out now.
    """
    own = "FILTER isIRI(?s)" if is_plain else f'FILTER (isIRI(?s) && STRSTARTS(STR(?s), "{ID}"))'
    names = _names(asking.rows(_NAMES.replace("$own", own)))
    held: defaultdict[str, set[str]] = defaultdict(set)
    for row in asking.rows(_TYPES.replace("$own", own)):
        held[row["s"].value].add(row["o"].value)
    counts = Counter(each for iri in names for each in held[iri] if not each.startswith(_LANGUAGE_OF_MODELS))
    properties = _properties(asking, own)
    meant = [iri for iri in names if not held[iri] & _MODEL and iri not in counts and iri not in properties]
    types = _types(asking, counts)
    entities = _Entities(asking, own, names, types).all(meant, held)
    space, schema = (_commonest(meant), PREFIXES["rdfs"] + "Resource") if is_plain else (ID, CD)
    known = Known(entities, full)
    known.prefixes  # noqa: B018  # made here, not when somebody waits
    return Gathered(known, types, properties, _of_classes(asking, own), space, schema)


def full(text: str) -> str:
    """The IRI that a text stands for: in full, as a prefixed name, or without what all identifiers begin with."""
    prefix, colon, local = text.partition(":")
    if colon and prefix in PREFIXES and not local.startswith("//"):
        return PREFIXES[prefix] + local
    return text if colon or not text or any(c.isspace() for c in text) else ID + text


def full_term(text: str) -> str:
    """The IRI that a text stands for where a class or a property is meant: `City` is one of ours."""
    return CD + text if re.fullmatch(r"\w+", text) else full(text)


def _names(rows: Iterable[Any]) -> dict[str, tuple[str, ...]]:
    """What each thing is called: what it goes by first, English before all other languages."""
    found: defaultdict[str, set[tuple[int, int, str]]] = defaultdict(set)
    several = list(rows)
    for row in several:
        language = (row["text"].language or "").partition("-")[0]
        rank = _LANGUAGES.index(language) if language in _LANGUAGES else len(_LANGUAGES)
        text = row["text"].value.strip()
        if text:
            found[row["s"].value].add((_RANKS[row["p"].value], rank, text))
    if len(several) > _MOST_NAMES:
        raise AskedError(
            "this store is too large to be reconciled against", status=501, why=f"it has over {_MOST_NAMES:,} names"
        )
    return {iri: tuple(dict.fromkeys(text for *_, text in sorted(each))) for iri, each in found.items()}


def _properties(asking: Asking, own: str) -> Terms:
    counts = {row["p"].value: int(row["n"].value) for row in asking.rows(_PROPERTIES.replace("$own", own))}
    found = _terms(asking, counts, {})
    found[PLACE] = Term(PLACE, ("coordinates", "coordinate location"), "Latitude and longitude: 41.38,2.17")
    return found


def _types(asking: Asking, counts: Mapping[str, int]) -> Terms:
    above: defaultdict[str, set[str]] = defaultdict(set)
    for row in asking.rows(_BROADER):
        above[row["s"].value].add(row["o"].value)
    return _terms(asking, counts, {iri: _just_above(iri, above) & counts.keys() for iri in counts})


def _just_above(iri: str, above: Mapping[str, set[str]]) -> set[str]:
    """The classes above a class that are above no other one of these; of equivalent ones all are."""
    found = above.get(iri, set()) - {iri}
    farther = {far for near in found if iri not in above.get(near, ()) for far in above.get(near, set()) - {near}}
    return {each for each in found if each not in farther or iri in above.get(each, ())}


def _terms(asking: Asking, counts: Mapping[str, int], broader: Mapping[str, set[str]]) -> Terms:
    names = _names(asking.rows_of(sorted(counts), _NAMES_OF))
    notes: dict[str, str] = {}
    for row in asking.rows_of(sorted(counts), _NOTES_OF):
        text = row["text"].value.strip()[:_LONGEST]
        notes[row["s"].value] = min(notes.get(row["s"].value, text), text)
    return Terms(
        (iri, Term(iri, names.get(iri) or (in_words(iri),), notes.get(iri, ""), tuple(sorted(broader.get(iri, ()))), n))
        for iri, n in sorted(counts.items(), key=lambda pair: (not pair[0].startswith(CD), -pair[1], pair[0]))
    )


def _of_classes(asking: Asking, own: str) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    try:
        for row in asking.rows(_OF_CLASSES.replace("$own", own)):
            found[row["class"].value].append((-int(row["n"].value), row["p"].value))
    except (DeadlineError, LimitError):  # of a large store; then the properties of all things are proposed
        return {}
    return {iri: tuple(p for _, p in sorted(each)) for iri, each in found.items()}


class _Entities:
    """Puts things together.

    Args:
        asking: Asks the queries.
        own: Which things are meant.
        names: What each is called.
        types: The classes.
    """

    def __init__(self, asking: Asking, own: str, names: Mapping[str, tuple[str, ...]], types: Terms) -> None:
        self._names, self._types = names, types
        self._codes: defaultdict[str, set[str]] = defaultdict(set)
        self._countries: defaultdict[str, set[str]] = defaultdict(set)
        self._points: dict[str, Point] = {}
        for row in asking.rows(_CODES.replace("$own", own)):
            self._codes[row["s"].value].add(row["text"].value[:_LONGEST])
        for row in asking.rows(_COUNTRIES.replace("$own", own)):
            self._countries[row["s"].value].add(row["o"].value)
        for row in asking.rows(_POINTS.replace("$own", own)):
            point = _point(row["latitude"], row["longitude"])
            if point:
                self._points[row["s"].value] = min(point, self._points.get(row["s"].value, point))

    def all(self, meant: Iterable[str], held: Mapping[str, set[str]]) -> list[Entity]:
        """The things."""
        return [self._entity(iri, held[iri] & self._types.keys()) for iri in meant]

    def _entity(self, iri: str, types: Iterable[str]) -> Entity:
        name, *others = self._names[iri]
        narrow = tuple(sorted(types, key=lambda each: (not each.startswith(CD), self._types[each].number, each)))
        countries = sorted(self._countries.get(iri, ()))
        kind = self._types[narrow[0]].name if narrow else ""
        told = [self._names.get(country, (in_words(country),))[0] for country in countries]
        context = {n for c in countries for n in (*self._names.get(c, ()), *self._codes.get(c, ()))}
        return Entity(
            iri=iri, name=name, others=tuple(others), types=narrow, codes=tuple(sorted(self._codes.get(iri, ()))),
            context=tuple(sorted(context)), description=", ".join(each for each in (kind, *told) if each),
            point=self._points.get(iri),
        )  # fmt: skip


def _point(latitude: Literal, longitude: Literal) -> Point | None:
    try:
        return on_earth(float(latitude.value), float(longitude.value))
    except ValueError:
        return None


def _commonest(iris: Iterable[str]) -> str:
    """What most identifiers begin with, up to the last slash or hash."""
    spaces = Counter(re.sub(r"[^/#]*[/#]?$", "", iri) for iri in iris)
    return min(spaces, key=lambda space: (-spaces[space], space), default=BASE)
