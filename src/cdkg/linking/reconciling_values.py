"""Whether what somebody knows of a thing agrees with the values of its properties here, and places near each other."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from rapidfuzz.distance import OSA

from cdkg.linking.names import folded

#: The least likeness of two texts that counts as some agreement.
_ALIKE: Final = 0.72
#: From such an agreement on, values are the same.
AGREES: Final = 0.9
#: A property that so many have, or more, tells them apart where so few of its values, or fewer, are shared.
_MANY: Final = 3
_SHARED: Final = 0.02
#: Kilometres between two places, and how much they agree; between these it falls evenly.
_FALL: Final = ((5.0, 1.0), (25.0, 0.9), (100.0, 0.3), (500.0, 0.0))
_DATE: Final = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T[\d:.]*Z?)?)?)?")
_NUMBER: Final = r"[+-]?\d+(?:\.\d*)?|[+-]?\.\d+"
_POINT: Final = re.compile(rf"\s*({_NUMBER})\s*[,;\s]\s*({_NUMBER})\s*")
#: A point of well-known text has the longitude first (GeoSPARQL 1.0, section 8.5.1).
_TEXT_OF_POINT: Final = re.compile(rf"\s*(?:<[^<>]*>\s*)?POINT\s*\(\s*({_NUMBER})\s+({_NUMBER})\s*\)\s*", re.IGNORECASE)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a property.

    Attributes:
        text: A literal, or the name of a thing.
        iri: The thing; empty for a literal.
    """

    text: str
    iri: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What somebody knows of a thing: one of these is a value of this property.

    Attributes:
        pid: The property, as it was named.
        values: The values; each may be the one.
        is_strict: Whether nothing else will do.
    """

    pid: str
    values: tuple[Value, ...]
    is_strict: bool = False


class Column:
    """The values of a property.

    Args:
        rows: Things with a value each.
        names: What a value that is a thing is called, by its IRI.
    """

    def __init__(self, rows: Iterable[tuple[str, Value]], names: Callable[[str], Collection[str]]) -> None:
        self._texts: defaultdict[str, list[str]] = defaultdict(list)
        self._exact: defaultdict[str, set[str]] = defaultdict(set)
        self._holders: defaultdict[str, set[str]] = defaultdict(set)
        for thing, value in rows:
            forms = {form for form in map(folded, names(value.iri) if value.iri else (value.text,)) if form}
            self._texts[thing] += [value.text] if not value.iri else sorted(forms)
            self._exact[thing] |= forms | ({value.iri} if value.iri else {value.text})
        for thing, forms in self._exact.items():
            for form in forms:
                self._holders[form].add(thing)

    @cached_property
    def is_identifying(self) -> bool:
        """Whether hardly any value belongs to two things, so that it tells which one is meant."""
        shared = sum(len(things) > 1 for things in self._holders.values())
        return len(self._exact) >= _MANY and shared <= _SHARED * len(self._holders)

    def holders(self, condition: Condition) -> set[str]:
        """The things that have one of the values, to the letter but for case, accents and punctuation."""
        return {thing for value in condition.values for form in _forms(value) for thing in self._holders.get(form, ())}

    def agreement(self, thing: str, condition: Condition) -> float | None:
        """How much the values of a thing agree with a condition, from 0 to 1; None where it has no value."""
        if thing not in self._exact:
            return None
        return max(self._agreement(thing, value) for value in condition.values)

    def _agreement(self, thing: str, value: Value) -> float:
        if self._exact[thing] & _forms(value):
            return 1.0
        if value.iri:
            return 0.0
        return max((_alike(value.text, text) for text in self._texts[thing]), default=0.0)


def _forms(value: Value) -> set[str]:
    """What a value that is asked for can be equal to; a thing that has an IRI is nothing else."""
    return {value.iri} if value.iri else {form for form in (value.text, folded(value.text)) if form}


def _alike(one: str, other: str) -> float:
    """How alike two literals are: as dates, as numbers, or as they are written."""
    if _DATE.fullmatch(one) and _DATE.fullmatch(other) and (one.startswith(other) or other.startswith(one)):
        return 1.0
    numbers = _number(one), _number(other)
    if numbers[0] is not None and numbers[1] is not None:
        apart = abs(numbers[0] - numbers[1]) / max(abs(numbers[0]), abs(numbers[1]), 1e-9)
        return max(0.0, 1 - 10 * apart)
    return OSA.normalized_similarity(folded(one), folded(other), score_cutoff=_ALIKE)


def _number(text: str) -> float | None:
    """The number that a text is, if it is one; no more digits are read than a number has."""
    return float(text) if len(text) < 40 and re.fullmatch(_NUMBER, text.strip()) else None


def nearness(kilometres: float) -> float:
    """How much two places agree, from 0 to 1, that are so far from each other."""
    before, agreed = 0.0, 1.0
    for limit, less in _FALL:
        if kilometres <= limit:
            return agreed + (less - agreed) * (kilometres - before) / (limit - before)
        before, agreed = limit, less
    return 0.0


def point(text: str) -> Point | None:
    """Latitude and longitude as `41.38, 2.17`, or a point as well-known text; None where it is neither, or nowhere."""
    found = _POINT.fullmatch(text) if len(text) < 200 else None
    pair = (found[1], found[2]) if found else None
    if pair is None and len(text) < 200 and (known := _TEXT_OF_POINT.fullmatch(text)):
        pair = known[2], known[1]
    return on_earth(float(pair[0]), float(pair[1])) if pair else None


def on_earth(latitude: float, longitude: float) -> Point | None:
    """The two as a point, if there is such a place."""
    fits = math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if fits else None
