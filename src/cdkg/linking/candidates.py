"""Candidates for links: who finds them, and how they are written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Protocol

from cdkg.linking.gazetteer import Gazetteer
from cdkg.linking.matching import Candidate, Matcher
from cdkg.linking.places import Place, Sought
from cdkg.sources.sssom import Mapping, MappingSet
from cdkg.vocabulary import GRAPH, ID, PREFIXES

#: What a match is said to rest on: names, places and numbers together (SEMAPV).
COMPOSITE: Final = f"{PREFIXES['semapv']}CompositeMatching"
EXACT: Final = f"{PREFIXES['skos']}exactMatch"
#: No candidate that nobody has looked at is surer: of those above
#: 0.99 two in a thousand are wrong (`bench/linking`).
MOST_SURE: Final = 0.998
_LITERAL: Final = "rdfs literal"
_LICENSES: Final = {
    "geonames": "https://creativecommons.org/licenses/by/4.0/",
    "wikidata": "https://creativecommons.org/publicdomain/zero/1.0/",
    "dbpedia": "https://creativecommons.org/licenses/by-sa/3.0/",
}
_SPACES: Final = {
    "geonames": ("geonames", "https://sws.geonames.org/"),
    "wikidata": ("wd", PREFIXES["wd"]),
    "dbpedia": ("dbr", "http://dbpedia.org/resource/"),
}


class Finder(Protocol):
    """Somebody who knows places of one target."""

    @property
    def source(self) -> str:
        """Where its places are from, with the version."""

    def find(self, things: Sequence[Sought], most: int) -> list[list[Candidate]]:
        """The likeliest candidates of each thing, the likeliest first."""


@dataclass(frozen=True, slots=True)
class GazetteerFinder:
    """Finds in a gazetteer that is at hand.

    Attributes:
        gazetteer: The places.
    """

    gazetteer: Gazetteer

    @property
    def source(self) -> str:
        """Where its places are from."""
        return self.gazetteer.source

    def find(self, things: Sequence[Sought], most: int) -> list[list[Candidate]]:
        """The likeliest candidates of each thing, the likeliest first."""
        return Matcher(self.gazetteer).match(things, most)


@dataclass(frozen=True, slots=True)
class Found:
    """A thing and its candidates, the likeliest first."""

    thing: Sought
    candidates: tuple[Candidate, ...]

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {"key": self.thing.key, "name": self.thing.name, "candidates": [_as_json(c) for c in self.candidates]}


def find(
    finder: Finder, things: Sequence[Sought], most: int = 3, least: float = 0.0,
    denied: Collection[tuple[str, str]] = frozenset(),
) -> list[Found]:  # fmt: skip
    """The candidates of each thing whose confidence is at least `least`, but for those that somebody has rejected.

    Args:
        finder: Who knows places.
        things: What is looked for.
        most: So many candidates of each at most.
        least: How sure they are at least.
        denied: Keys of things with the IRIs of who is not meant.
    """
    more = max(Counter(key for key, _ in denied).values(), default=0)
    found = finder.find(things, most + more)
    return [
        Found(
            thing, tuple(c for c in several if c.confidence >= least and (thing.key, c.place.iri) not in denied)[:most]
        )
        for thing, several in zip(things, found, strict=True)
    ]


def as_mappings(found: Sequence[Found], target: str, source: str, version: str, day: date) -> MappingSet:
    """Candidates as a set of mappings without reviewer, for `cdkg link review`.

    A thing without an IRI, as the rows of tables are, stands as a text (SSSOM 1.0, slot `subject_type`): its name, with
    region and country where other rows have the same name.
    """
    mappings: dict[Any, Mapping] = {}
    texts = {(t.name, t.region, t.country) for t in (each.thing for each in found) if "://" not in t.key}
    namesakes = Counter(name for name, _, _ in texts)
    for each in found:
        thing = each.thing
        if "://" not in thing.key and namesakes[thing.name] > 1:
            thing = replace(thing, name=", ".join(p for p in (thing.name, thing.region, thing.country) if p))
        for candidate in each.candidates:
            mapping = _mapping(thing, candidate, source, version, day)
            mappings.setdefault(mapping.key, mapping)
    prefixes = PREFIXES | dict([_SPACES[target]] if target in _SPACES else [])
    iris = {iri for mapping in mappings.values() for iri in (mapping.subject_id, mapping.object_id) if iri}
    is_ours = target in _SPACES and all(each.thing.key.startswith(ID) for each in found)
    return MappingSet(
        mapping_set_id=f"{GRAPH}links/{target if is_ours else 'candidates'}",
        license=_LICENSES.get(target, "https://w3id.org/sssom/license/unspecified"),
        curie_map=prefixes | _spaces(iris, prefixes.values()), mappings=tuple(mappings.values()),
    )  # fmt: skip


def _mapping(thing: Sought, candidate: Candidate, source: str, version: str, day: date) -> Mapping:
    has_iri = "://" in thing.key
    return Mapping(
        subject_id=thing.key if has_iri else None, subject_label=thing.name,
        subject_type=None if has_iri else _LITERAL, predicate_id=EXACT, object_id=candidate.place.iri,
        object_label=candidate.place.name, mapping_justification=COMPOSITE, mapping_tool="cdkg link candidates",
        mapping_tool_version=version, mapping_date=day.isoformat(),
        confidence=min(round(candidate.confidence, 3), MOST_SURE),
        object_source_version=source or None, comment=candidate.told() + _where(candidate.place),
    )  # fmt: skip


def _where(place: Place) -> str:
    """Where a place lies, for whoever has to tell it from another of its name."""
    if place.latitude is None or place.longitude is None:
        return ""
    return f" | at: {place.latitude:.2f}, {place.longitude:.2f}"


def _spaces(iris: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """A prefix for each beginning of identifiers that has none yet."""
    begun = tuple(known)
    starts = {iri[: max(iri.rfind("/"), iri.rfind("#")) + 1] for iri in iris if not iri.startswith(begun)}
    return {f"n{i}": start for i, start in enumerate(sorted(starts), 1)}


def _as_json(candidate: Candidate) -> dict[str, Any]:
    place = candidate.place
    return {
        "iri": place.iri, "name": place.name, "country": place.country, "region": place.region, "kind": place.kind,
        "latitude": place.latitude, "longitude": place.longitude, "population": place.population,
        "confidence": round(candidate.confidence, 4), "rivals": candidate.rivals,
        "evidence": [{"feature": e.feature, "told": e.told, "weight": round(e.weight, 2)} for e in candidate.evidence],
    }  # fmt: skip


def rows(found: Iterable[Found]) -> Iterator[tuple[str, str, str, str]]:
    """What a table of candidates has in its cells: the thing, who could be meant, how sure that is, and why."""
    for each in found:
        thing = each.thing
        for candidate in each.candidates:
            place = candidate.place
            where = "/".join(part for part in (place.country, place.region) if part)
            sure = f"{candidate.confidence:.3f}"
            named = ", ".join(part for part in (place.name, where) if part)
            yield f"{thing.name}\n{thing.key}", f"{named}\n{place.iri}", sure, candidate.told().replace("; ", "\n")
        if not each.candidates:
            yield f"{thing.name}\n{thing.key}", "", "", "nobody of that name"
