"""Who of the things known here is meant: by name, type, properties and coordinates, each with what speaks for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import cached_property
from itertools import groupby
from typing import Final

import numpy as np
from rapidfuzz.distance import OSA

from cdkg.linking.blocking import Index
from cdkg.linking.gazetteer import distances
from cdkg.linking.names import folded, taken_apart
from cdkg.linking.reconciling_prefixes import Prefixes
from cdkg.linking.reconciling_values import AGREES, Column, Condition, Point, nearness

#: How much a name counts that is not equal to the one a thing goes by.
_OTHER, _EXPLAINED, _WORDS, _CORE, _UNEXPLAINED = 0.99, 0.98, 0.96, 0.93, 0.85
#: How much each condition weighs, where the name weighs 1.
_WEIGHT: Final = 0.4
#: How much a condition agrees with a thing that has no such value.
_UNKNOWN: Final = 0.5
#: What is left of the score of a thing that should have another type.
_OTHER_TYPE: Final = 0.7
#: Kilometres around coordinates where things without the name are looked at.
_AROUND: Final = 100.0
#: So many of these.
_NEAREST: Final = 200
#: Shorter names are abbreviations, which mean many things.
_SHORT: Final = 4
#: How alike a name must be to be taken for a slip where coordinates agree; and how many letters any slip has.
_SLIP: Final = 0.75
_SLIP_LETTERS: Final = 5
#: From here on characters are syllables, or words.
_IDEOGRAPHS: Final = "\u2e80"
#: Points by which a match is ahead of all others.
_MARGIN: Final = 5.0
#: Names of what the score is made of, beside the properties.
NAME, TYPE, PLACE, DISTANCE = "name", "type", "coordinates", "kilometres"


class How(Enum):
    """How names agree: they are equal and nothing beside is unexplained; the hand has slipped; they are alike.

    The hand slips where two letters stand in the wrong order, or one is written twice or once too little.
    """

    EQUAL = "equal"
    SLIP = "slip"
    ALIKE = "alike"


class Strictness(StrEnum):
    """What types that are asked for mean: one of them is needed, all of them are, or they are better than others."""

    ANY = "any"
    ALL = "all"
    SHOULD = "should"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A thing that can be meant.

    Attributes:
        iri: Its identifier.
        name: The name that it goes by.
        others: Its other names, in all languages.
        types: Its classes, the narrowest first.
        codes: What it is called in tables: `ES`.
        context: What stands beside its name when people tell it from its namesakes: its country.
        description: A line about it.
        point: Latitude and longitude.
    """

    iri: str
    name: str
    others: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    description: str = ""
    point: Point | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question who is meant.

    Attributes:
        text: A name, or an identifier; empty: only the rest is known.
        types: Classes.
        strictness: What these mean.
        conditions: Values of properties.
        point: Latitude and longitude.
        needs_point: Whether only things near these will do.
        limit: So many candidates are wanted.
    """

    text: str = ""
    types: tuple[str, ...] = ()
    strictness: Strictness = Strictness.ANY
    conditions: tuple[Condition, ...] = ()
    point: Point | None = None
    needs_point: bool = False
    limit: int = 5


@dataclass(slots=True)
class Candidate:
    """Somebody who could be meant.

    Attributes:
        entity: Who.
        name: How like the names are, from 0 to 1; 0 without a name.
        how: How these agree.
        is_identified: Whether it is the only one that has the identifier, or the value, that was given.
        features: What was compared: from 0 to 1, kilometres, or yes and no.
        score: All of it together, from 0 to 100.
        agreed: How many conditions agree.
        is_contradicted: Whether one does not, or it has another type.
        is_match: Whether it can be taken without asking anybody.
    """

    entity: Entity
    name: float = 0.0
    how: How = How.ALIKE
    is_identified: bool = False
    features: dict[str, float | bool] = field(default_factory=dict)
    score: float = 0.0
    agreed: int = 0
    is_contradicted: bool = False
    is_match: bool = False


class Known:
    """Things that can be meant, with indexes of their names and places.

    Args:
        entities: The things.
        expand: The IRI that a short form of an identifier stands for.
    """

    def __init__(self, entities: Iterable[Entity], expand: Callable[[str], str] = lambda text: text) -> None:
        self.entities = tuple(sorted(entities, key=lambda entity: entity.iri))
        self._numbers = {entity.iri: number for number, entity in enumerate(self.entities)}
        self._expand = expand
        self._cores: defaultdict[str, dict[int, None]] = defaultdict(dict)
        self._words: defaultdict[str, dict[int, None]] = defaultdict(dict)
        forms: dict[tuple[str, int], bool] = {}
        for number, entity in enumerate(self.entities):
            for place, text in enumerate((entity.name, *entity.others)):
                name = taken_apart(text)
                if name.full:
                    forms.setdefault((name.full, number), place == 0)
                    self._cores[name.core][number] = None
                    self._words[_words(name.full)][number] = None
        owners = np.array([number for _, number in forms], dtype=np.int32)
        nowhere = np.zeros(len(self.entities), dtype=np.int32)
        firsts = np.array(list(forms.values()), dtype=np.bool_)
        self._index = Index.of([form for form, _ in forms], owners, firsts, nowhere, 1) if forms else None

    def find(self, text: str) -> Entity | None:
        """The thing with this identifier, in full or short."""
        number = self._numbers.get(text, self._numbers.get(self._expand(text), -1))
        return self.entities[number] if number >= 0 else None

    def names(self, iri: str) -> tuple[str, ...]:
        """What a thing is called, also in tables; nothing for one that is not known."""
        entity = self.find(iri)
        return (entity.name, *entity.others, *entity.codes) if entity else ()

    @cached_property
    def prefixes(self) -> Prefixes:
        """The beginnings of all names."""
        return Prefixes((entity.name, *entity.others) for entity in self.entities)

    def alike(self, text: str, most: int) -> list[Entity]:
        """Things with a name that is written like a text, the likest first."""
        found = sorted(self._named(text).values(), key=lambda each: (-each.name, each.entity.iri))
        return [each.entity for each in found[:most]]

    def answer(self, asked: Asked, columns: Mapping[str, Column]) -> list[Candidate]:
        """Who could be meant, the likeliest first.

        Args:
            asked: The question.
            columns: The values of each property that its conditions name.
        """
        found = self._named(asked.text) if asked.text else self._unnamed(asked, columns)
        weighed = [each for each in found.values() if _weigh(each, asked, columns)]
        weighed.sort(key=lambda each: (-each.score, each.how is not How.EQUAL, each.entity.iri))
        if weighed:
            weighed[0].is_match = _is_safe(weighed[0], weighed[1:], asked)
        return weighed[: asked.limit]

    # -- who could be meant ------------------------------------------------------------------------------------------

    def _named(self, text: str) -> dict[int, Candidate]:
        """Things that a name, or an identifier, can mean."""
        entity = self.find(text.strip())
        if entity:
            return {0: Candidate(entity, 1.0, How.EQUAL, is_identified=True)}
        name = taken_apart(text)
        found: dict[int, Candidate] = {}
        for number, is_first in self._equal(name.full):
            self._take(found, number, 1.0 if is_first else _OTHER, How.EQUAL)
        for number in self._words.get(_words(name.full), ()):
            self._take(found, number, _WORDS)
        whole = {number for number, _ in self._equal(name.full.removesuffix(" " + " ".join(name.qualifiers)))}
        for number in self._cores.get(name.core, ()):
            told = {folded(each) for each in self.entities[number].context} if name.qualifiers else set()
            if not told.issuperset(name.qualifiers):
                self._take(found, number, _UNEXPLAINED)
            elif name.qualifiers and (number in whole or not whole):
                self._take(found, number, _EXPLAINED, How.EQUAL)
            else:  # the council of a city has the name of the city in it
                self._take(found, number, _CORE)
        for form in dict.fromkeys((name.full, name.core)) if self._index else ():
            for number, likeness, how in self._alike(form):
                if form == name.full:
                    self._take(found, number, likeness * _OTHER, how)
                else:
                    self._take(found, number, likeness * _UNEXPLAINED)
        return found

    def _equal(self, form: str) -> Iterator[tuple[int, bool]]:
        for slot in self._index.equal(form) if self._index and form else ():
            yield from self._owners(slot)

    def _alike(self, form: str) -> Iterator[tuple[int, float, How]]:
        if not self._index:
            return
        for slot, likeness in self._index.alike(form):
            how = How.SLIP if _has_slipped(form, self._index.forms[slot]) else How.ALIKE
            for number, _ in self._owners(slot):
                yield number, likeness, how

    def _owners(self, slot: int) -> Iterator[tuple[int, bool]]:
        if self._index:
            for entry in range(self._index.starts[slot], self._index.starts[slot + 1]):
                yield int(self._index.places[entry]), bool(self._index.firsts[entry])

    def _take(self, found: dict[int, Candidate], number: int, likeness: float, how: How = How.ALIKE) -> None:
        if number not in found or found[number].name < likeness:
            found[number] = Candidate(self.entities[number], likeness, how)

    def _unnamed(self, asked: Asked, columns: Mapping[str, Column]) -> dict[int, Candidate]:
        """Things that have one of the values, or are near; the only one that has a value is identified by it."""
        found: dict[int, Candidate] = {}
        for condition in asked.conditions:
            holders = sorted(columns[condition.pid].holders(condition) & self._numbers.keys())
            is_telling = len(holders) == 1 and columns[condition.pid].is_identifying
            for iri in holders:
                each = found.setdefault(self._numbers[iri], Candidate(self.entities[self._numbers[iri]]))
                each.is_identified = each.is_identified or is_telling
        for number, away in self._around(asked.point) if asked.point else ():
            found.setdefault(number, Candidate(self.entities[number])).features[DISTANCE] = away
        return found

    def _around(self, point: Point) -> Iterator[tuple[int, float]]:
        """The nearest things, not farther than some kilometres, and how far they are."""
        latitudes, longitudes, numbers = self._places
        reach = _AROUND / 111.2
        low, high = np.searchsorted(latitudes, [point[0] - reach, point[0] + reach])
        away = distances(*point, latitudes[low:high], longitudes[low:high])
        for place in np.argsort(away, kind="stable")[:_NEAREST].tolist():
            if away[place] <= _AROUND:
                yield numbers[low + place], round(float(away[place]), 2)

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Latitudes from south to north, the longitudes beside them, and whose they are."""
        placed = sorted((each.point, number) for number, each in enumerate(self.entities) if each.point)
        both = np.array([point for point, _ in placed], dtype=np.float64).reshape(-1, 2)
        return both[:, 0], both[:, 1], [number for _, number in placed]


def _words(form: str) -> str:
    """A folded name as its words by the alphabet: `Maragall, Pasqual` is `Pasqual Maragall`."""
    return " ".join(sorted(form.split()))


def _has_slipped(one: str, other: str) -> bool:
    """Whether a slip of the hand, which hardly ever makes another name of one, leads from one form to the other."""
    if OSA.distance(one, other, score_cutoff=1) > 1:
        return False
    return sorted(one) == sorted(other) or [letter for letter, _ in groupby(one)] == [x for x, _ in groupby(other)]


def _weigh(each: Candidate, asked: Asked, columns: Mapping[str, Column]) -> bool:
    """Score a candidate; whether it can be meant at all."""
    total, weight = (each.name, 1.0) if asked.text else (0.0, 0.0)
    if asked.text:
        each.features[NAME] = round(each.name, 4)
    for name, agreement, is_strict in _compared(each, asked, columns):
        if agreement is not None:
            each.features[name] = round(agreement, 4)
            each.agreed += agreement >= AGREES
            each.is_contradicted = each.is_contradicted or agreement < _UNKNOWN
        if is_strict and (agreement or 0.0) < AGREES:
            return False
        total, weight = total + _WEIGHT * (_UNKNOWN if agreement is None else agreement), weight + _WEIGHT
    each.score = 100 * total / weight if weight else 0.0
    return _typed(each, asked)


def _compared(each: Candidate, asked: Asked, columns: Mapping[str, Column]) -> Iterator[tuple[str, float | None, bool]]:
    """What was asked for beside the name, how much it agrees, and whether nothing else will do."""
    for condition in asked.conditions:
        yield condition.pid, columns[condition.pid].agreement(each.entity.iri, condition), condition.is_strict
    if asked.point:
        here = each.entity.point
        if here and DISTANCE not in each.features:
            away = distances(*asked.point, np.array([here[0]]), np.array([here[1]]))
            each.features[DISTANCE] = round(float(away[0]), 2)
        yield PLACE, nearness(each.features[DISTANCE]) if here else None, asked.needs_point


def _typed(each: Candidate, asked: Asked) -> bool:
    """Hold the types of a candidate against those asked for; whether it can be meant."""
    if not asked.types:
        return True
    held = set(each.entity.types)
    fits = held.issuperset(asked.types) if asked.strictness is Strictness.ALL else bool(held.intersection(asked.types))
    each.features[TYPE] = fits
    if not fits:
        each.score *= _OTHER_TYPE
        each.is_contradicted = True
    return fits or asked.strictness is Strictness.SHOULD


def _is_safe(best: Candidate, others: list[Candidate], asked: Asked) -> bool:
    """Whether the best candidate can be taken without asking anybody.

    Nothing may speak against it, and no other one may be as good. Then an identifier will do, and a name of its own
    that is no abbreviation. One that is only alike needs coordinates that agree, and one with a slip of the hand at
    least a property: Yangzhou and Hangzhou are in one country.
    """
    if best.is_contradicted or any(each.score > best.score - _MARGIN for each in others if _rivals(each, best)):
        return False
    if best.is_identified:
        return True
    letters = _letters(folded(asked.text))
    if best.how is How.EQUAL:
        return letters >= _SHORT or best.agreed > 0 or bool(best.features.get(TYPE))
    is_here = best.name >= _SLIP and best.features.get(PLACE, 0.0) >= AGREES
    return letters >= _SLIP_LETTERS and (is_here or (best.how is How.SLIP and best.agreed > 0))


def _letters(text: str) -> int:
    """How many letters a text has; a character of Chinese, Japanese or Korean says as much as two."""
    return sum(2 if letter >= _IDEOGRAPHS else 1 for letter in text)


def _rivals(other: Candidate, best: Candidate) -> bool:
    """Whether another one could as well be meant; not where a name is told to the letter, and the other's is not."""
    return not other.is_contradicted and (other.how is How.EQUAL or best.how is not How.EQUAL)
