"""Match what is known of places with a gazetteer: find who could be meant, hold all that is known against each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cdkg.linking.countries import counted_together
from cdkg.linking.evidence import FEATURES, Evidence, Weights
from cdkg.linking.gazetteer import KINDS, Gazetteer, distances
from cdkg.linking.names import Name, taken_apart
from cdkg.linking.places import Kind, Place, Sought

#: So many things are matched at a time; more take more memory and no less time.
_AT_ONCE: Final = 8192
#: So many candidates of a name in all the world are looked at.
_MOST_PAIRS: Final = 2000
#: Kilometres around coordinates where places without the name are looked at.
_AROUND: Final = 10.0
#: How much of the weight of inhabitants counts where there is no name, or where they are known.
_NEARBY: Final = 0.25
#: As how large countries, regions and continents count: the power of ten.
_LARGE: Final = 6.0
#: How names can agree, the closest first.
_FIRST, _OTHER, _CORE, _ALIKE, _ALIKE_OTHER, _UNNAMED = range(6)
_DISTANCES: Final = ("within 5 km", "within 25 km", "within 100 km", "over 100 km")
_COLUMN: Final = {name: i for i, name in enumerate(FEATURES)}

_Floats = NDArray[np.float64]
_Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who could be meant.

    Attributes:
        place: Who.
        confidence: How probable it is, from 0 to 1, with all rivals counted.
        evidence: What speaks for and against it.
        rivals: How many others there are.
    """

    place: Place
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    rivals: int = 0

    @property
    def pros(self) -> tuple[Evidence, ...]:
        """What speaks for it, the weightiest first."""
        return tuple(sorted((e for e in self.evidence if e.weight >= 0), key=lambda e: -e.weight))

    @property
    def cons(self) -> tuple[Evidence, ...]:
        """What speaks against it, the weightiest first."""
        return tuple(sorted((e for e in self.evidence if e.weight < 0), key=lambda e: e.weight))

    def told(self) -> str:
        """The evidence in a line."""
        parts = [f"for: {'; '.join(map(str, self.pros)) or 'nothing'}"]
        parts += [f"against: {'; '.join(map(str, self.cons))}"] if self.cons else []
        parts += [f"rivals: {self.rivals}"] if self.rivals else []
        return " | ".join(parts)


@dataclass(slots=True)
class Pairs:
    """Things and who could be meant by each, side by side; those of one thing beside each other.

    Attributes:
        things: Numbers of things.
        places: Numbers of places.
        how: How the names agree.
        likeness: Of names that are written alike.
        columns: What is known of each pair, in the order of `FEATURES`.
    """

    things: _Longs
    places: _Longs
    how: _Longs
    likeness: _Floats
    columns: _Floats = field(default_factory=lambda: np.zeros((0, len(FEATURES))))

    @property
    def starts(self) -> _Longs:
        """Where the pairs of each thing that has some begin."""
        return np.flatnonzero(np.diff(self.things, prepend=-1))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is sought, as it is compared."""

    names: tuple[Name, ...]
    country: str
    region: str | None
    unexplained: bool = False


class Matcher:
    """Matches with one gazetteer.

    Args:
        gazetteer: The places.
        weights: What counts how much.
    """

    def __init__(self, gazetteer: Gazetteer, weights: Weights | None = None) -> None:
        self.gazetteer, self.weights = gazetteer, weights or Weights.ours()

    def match(self, things: Sequence[Sought], most: int = 5) -> list[list[Candidate]]:
        """The likeliest candidates of each thing, the likeliest first."""
        found: list[list[Candidate]] = []
        for begin in range(0, len(things), _AT_ONCE):
            found += self._match(things[begin : begin + _AT_ONCE], most)
        return found

    def best(self, things: Sequence[Sought]) -> tuple[_Longs, _Floats]:
        """For each thing the number of the likeliest place, -1 where there is none, and its confidence."""
        places, sure = np.full(len(things), -1, dtype=np.int64), np.zeros(len(things))
        for begin in range(0, len(things), _AT_ONCE):
            pairs, confidences, order = self._ordered(things[begin : begin + _AT_ONCE])
            first = order[pairs.starts]
            whom = pairs.things[first] + begin
            places[whom], sure[whom] = pairs.places[first], confidences[first]
        return places, sure

    def pairs(self, things: Sequence[Sought]) -> Pairs:
        """Who could be meant by each thing, with all that is known of each pair."""
        known = [self._known(thing) for thing in things]
        rows = [row for i, thing in enumerate(things) for row in self._pairs_of(i, thing, known[i])]
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        pairs = Pairs(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2].astype(int), table[:, 3])
        pairs.columns = self._columns(pairs, things, known)
        return pairs

    def _ordered(self, things: Sequence[Sought]) -> tuple[Pairs, _Floats, _Longs]:
        """The pairs, their confidences, and their order: by thing, then the likeliest first, then by identifier."""
        pairs = self.pairs(things)
        confidences = self.weights.confidences(self.weights.scores(pairs.columns), pairs.starts)
        return pairs, confidences, np.lexsort((pairs.places, -confidences, pairs.things))

    def _match(self, things: Sequence[Sought], most: int) -> list[list[Candidate]]:
        pairs, confidences, order = self._ordered(things)
        ends = np.append(pairs.starts, len(order))
        found: list[list[Candidate]] = [[] for _ in things]
        for begin, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            for row in order[begin : min(end, begin + most)].tolist():
                thing = int(pairs.things[row])
                place = self.gazetteer.place(int(pairs.places[row]))
                told = tuple(self._evidence(things[thing], place, pairs, row))
                candidate = Candidate(
                    place=place, confidence=float(confidences[row]), evidence=told, rivals=end - begin - 1
                )
                found[thing].append(candidate)
        return found

    # -- who could be meant ------------------------------------------------------------------------------------------

    def _known(self, thing: Sought) -> _Known:
        countries = self.gazetteer.countries
        names = tuple(taken_apart(name) for name in dict.fromkeys((thing.name, *thing.others)) if name.strip())
        country, region = countries.read(thing.country) if thing.country else ("", "")
        qualifiers = [q for name in names for q in name.qualifiers]
        for text in (thing.region, *qualifiers) if not country else ():
            place = countries.place_of_division(text) if text else ("", "")
            code = place[0] or (countries.read(text)[0] if text and text in qualifiers else "")
            country, region = (country, region) if country else (code, place[1])
        if thing.region and not region:
            region = countries.division(country, thing.region) or ""
        for text in qualifiers if not region else ():
            region = region or countries.division(country, text) or ""
        unexplained = any(
            countries.read(text)[0] != country and countries.division(country, text) != region for text in qualifiers
        )
        return _Known(names, country, region or None, unexplained)

    def _pairs_of(self, number: int, thing: Sought, known: _Known) -> Iterator[tuple[int, int, int, float]]:
        """The rows of a thing: its number, that of a place, how names agree, and how like they are."""
        country = self.gazetteer.code_numbers.get(known.country) if known.country else None
        best: dict[int, tuple[int, float]] = {}
        self._equal(best, known.names, country)
        is_doubtful = not best or (min(best.values())[0] == _CORE and known.unexplained)
        if is_doubtful or (country is not None and not self._any_in(best, known.country)):
            self._alike(best, known, country)
        if thing.latitude is not None and thing.longitude is not None and not known.names:
            for place in self.gazetteer.around(thing.latitude, thing.longitude, _AROUND).tolist():
                best.setdefault(place, (_UNNAMED, 0.0))
        if len(best) > _MOST_PAIRS:
            populated = sorted(best, key=lambda place: -int(self.gazetteer.population[place]))
            best = {place: best[place] for place in populated[:_MOST_PAIRS]}
        return ((number, place, how, likeness) for place, (how, likeness) in sorted(best.items()))

    def _equal(self, best: dict[int, tuple[int, float]], names: Sequence[Name], country: int | None) -> None:
        """Add places with an equal name, or else an equal core: those of the country, or where there are none, all."""
        index = self.gazetteer.index
        elsewhere: list[tuple[int, bool]] = []
        for is_core in (False, True):
            forms = (name.core if is_core else name.full for name in names if not is_core or name.core != name.full)
            for slot in (slot for form in dict.fromkeys(forms) for slot in index.equal(form)):
                if country is None or index.ranges[country] <= slot < index.ranges[country + 1]:
                    self._take(best, slot, is_core=is_core)
                else:
                    elsewhere.append((slot, is_core))
            if best:
                return
        for slot, is_core in elsewhere:
            self._take(best, slot, is_core=is_core)

    def _take(self, best: dict[int, tuple[int, float]], slot: int, *, is_core: bool) -> None:
        index = self.gazetteer.index
        for entry in range(index.starts[slot], index.starts[slot + 1]):
            how = _CORE if is_core else _FIRST if index.firsts[entry] else _OTHER
            _better(best, int(index.places[entry]), how, 1.0)

    def _alike(self, best: dict[int, tuple[int, float]], known: _Known, country: int | None) -> None:
        index = self.gazetteer.index
        for name in known.names:
            for form in dict.fromkeys((name.full, name.core)):
                for slot, likeness in index.alike(form, country):
                    for entry in range(index.starts[slot], index.starts[slot + 1]):
                        how = _ALIKE if index.firsts[entry] else _ALIKE_OTHER
                        place = int(index.places[entry])
                        if form == name.full != name.core and best.get(place, (how,))[0] == _CORE:
                            del best[place]  # all of its name says more than a part of it
                        _better(best, place, how, likeness)

    def _any_in(self, places: Iterable[int], code: str) -> bool:
        return any(self.gazetteer.codes[self.gazetteer.country[place]] == code for place in places)

    # -- what is known of each pair ----------------------------------------------------------------------------------

    def _columns(self, pairs: Pairs, things: Sequence[Sought], known: Sequence[_Known]) -> _Floats:
        columns = np.zeros((len(pairs.things), len(FEATURES)))
        for how, name in (
            (_FIRST, "name"), (_OTHER, "other name"), (_CORE, "core of name"), (_ALIKE, "spelled alike"),
            (_ALIKE_OTHER, "spelled alike"), (_ALIKE_OTHER, "other name alike"), (_UNNAMED, "no name"),
        ):  # fmt: skip
            columns[pairs.how == how, _COLUMN[name]] = 1.0
        alike = (pairs.how == _ALIKE) | (pairs.how == _ALIKE_OTHER)
        columns[alike, _COLUMN["slips"]] = (1 - pairs.likeness[alike]) * 10
        cities = self._inhabitants(columns, pairs, things)
        unexplained = np.array([k.unexplained for k in known], dtype=np.bool_)
        columns[unexplained[pairs.things] & (pairs.how == _CORE), _COLUMN["unexplained"]] = 1
        self._country(columns, pairs, known)
        self._distance(columns, pairs, things)
        for i, (thing, k) in enumerate(zip(things, known, strict=True)):
            if thing.population or thing.kind or k.region:
                self._rare(columns, pairs, i, thing, k)
        unasked = np.array([thing.kind is None for thing in things])
        columns[unasked[pairs.things] & ~cities, _COLUMN["other kind"]] = 0.5
        return columns

    def _inhabitants(self, columns: _Floats, pairs: Pairs, things: Sequence[Sought]) -> NDArray[np.bool_]:
        """How large places are, and which of them are cities; countries and the like all count as large.

        It says how likely people speak of them. Who says how large a place is, or where, speaks of just that one.
        """
        cities: NDArray[np.bool_] = np.equal(self.gazetteer.kind[pairs.places], KINDS.index(Kind.CITY))
        population = self.gazetteer.population[pairs.places]
        size = np.where(cities, np.clip(np.log10(np.maximum(population, 0) + 100.0), 2, 7), _LARGE) - 4
        size[cities & (population < 0)] = 0
        size[pairs.how == _UNNAMED] *= _NEARBY
        size[np.array([bool(thing.population) for thing in things], dtype=np.bool_)[pairs.things]] *= _NEARBY
        columns[:, _COLUMN["inhabitants"]] = size
        return cities

    def _country(self, columns: _Floats, pairs: Pairs, known: Sequence[_Known]) -> None:
        codes = self.gazetteer.codes
        number = {code: i for i, code in enumerate(codes)}
        asked = np.array([number.get(k.country, -2) if k.country else -1 for k in known])[pairs.things]
        theirs = self.gazetteer.country[pairs.places]
        same = (asked == theirs) & (asked >= 0)
        other = (asked != theirs) & (asked != -1) & (theirs != number.get("", -3))
        together = np.zeros_like(other)
        for row in np.flatnonzero(other).tolist():
            together[row] = counted_together(known[int(pairs.things[row])].country, codes[theirs[row]])
        columns[same, _COLUMN["country"]] = 1
        columns[together, _COLUMN["country counted to it"]] = 1
        columns[other & ~together, _COLUMN["other country"]] = 1

    def _distance(self, columns: _Floats, pairs: Pairs, things: Sequence[Sought]) -> None:
        nowhere = (np.nan, np.nan)
        known = [nowhere if None in (t.latitude, t.longitude) else (t.latitude, t.longitude) for t in things]
        here = np.array(known, dtype=np.float64).reshape(-1, 2)[pairs.things]
        places = pairs.places
        away = distances(here[:, 0], here[:, 1], self.gazetteer.latitude[places], self.gazetteer.longitude[places])
        for name, least, most in zip(_DISTANCES, (0, 5, 25, 100), (5, 25, 100, np.inf), strict=True):
            columns[(away >= least) & (away < most), _COLUMN[name]] = 1

    def _rare(self, columns: _Floats, pairs: Pairs, number: int, thing: Sought, known: _Known) -> None:
        """What is known of few things only: region, inhabitants, kind, and what stands in brackets."""
        low, high = np.searchsorted(pairs.things, (number, number + 1))
        for row in range(low, high):
            place = int(pairs.places[row])
            code = self.gazetteer.regions[place]
            if known.region and self.gazetteer.codes[self.gazetteer.country[place]] == known.country and code:
                columns[row, _COLUMN["region" if code == known.region else "other region"]] = 1
            theirs = int(self.gazetteer.population[place])
            if thing.population and theirs > 0:
                apart = abs(float(np.log2(thing.population / theirs)))
                column = "as many inhabitants" if apart < 1 else "other number of inhabitants" if apart > 2 else ""
                if column:
                    columns[row, _COLUMN[column]] = 1
            if thing.kind is not None and KINDS[self.gazetteer.kind[place]] is not thing.kind:
                columns[row, _COLUMN["other kind"]] = 1

    # -- what is told of it ------------------------------------------------------------------------------------------

    def _evidence(self, thing: Sought, place: Place, pairs: Pairs, row: int) -> Iterator[Evidence]:
        values = pairs.columns[row]
        for column in np.flatnonzero(values).tolist():
            name = FEATURES[column]
            weight = float(values[column] * self.weights.features[column])
            yield Evidence(name, _told(name, thing, place, float(pairs.likeness[row])), weight)


def _better(best: dict[int, tuple[int, float]], place: int, how: int, likeness: float) -> None:
    known = best.get(place)
    if known is None or (how, -likeness) < (known[0], -known[1]):
        best[place] = (how, likeness)


def _told(feature: str, thing: Sought, place: Place, likeness: float) -> str:
    """What was found, for people."""
    if feature in _DISTANCES:
        there = np.array([place.latitude], dtype=np.float64), np.array([place.longitude], dtype=np.float64)
        return f"{distances(thing.latitude or 0.0, thing.longitude or 0.0, *there)[0]:,.0f} km away"
    people = f"{place.population:,}" if place.population else "not known"
    return {
        "name": f"it goes by {place.name!r}",
        "other name": f"other name of {place.name!r}",
        "core of name": f"core of a name of {place.name!r}",
        "spelled alike": f"written like a name of {place.name!r}, {likeness:.0%}",
        "country": f"country: {place.country}",
        "other country": f"other country: {place.country}",
        "country counted to it": f"country counted to it: {place.country}",
        "region": f"region: {place.region}",
        "other region": f"other region: {place.region}",
        "inhabitants": f"inhabitants: {people}",
        "as many inhabitants": f"as many inhabitants: {people}",
        "other number of inhabitants": f"other number of inhabitants: {people}",
        "unexplained": "what the name adds is not known here",
        "other kind": f"it is a {place.kind}",
    }.get(feature, feature)
