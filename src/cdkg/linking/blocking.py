"""An index of names: those that are equal to a name at once, those that are written like it by shared trigrams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

#: Trigrams are kept by numbers of 16 bits, which NumPy sorts by radix; two of one number only cost time.
_BUCKETS: Final = 1 << 16
#: So many names that share most trigrams are compared letter by letter.
_COMPARED: Final = 64
#: The least likeness (1 - edits / letters) of a name that counts as written alike.
ALIKE: Final = 0.72

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Index:
    """Names of places.

    A slot is a form of a name in a country. Slots lie in the order of countries, so that whoever knows the country
    looks at one range.

    Attributes:
        forms: The form of each slot.
        ranges: Where the slots of each country begin; one more for the end.
        slots: From forms to their slots.
        starts: For each slot, where its places begin in `places`; one more for the end.
        places: Numbers of places.
        firsts: For each of these, whether the form is the name that the place goes by.
    """

    forms: list[str]
    ranges: _Longs
    slots: dict[str, tuple[int, ...]]
    starts: _Longs
    places: _Ints
    firsts: NDArray[np.bool_]
    _posted: _Longs
    _postings: _Ints
    _sizes: _Ints

    @classmethod
    def of(
        cls, forms: Sequence[str], owners: _Ints, firsts: NDArray[np.bool_], country: _Ints, countries: int
    ) -> Index:
        """From names as they come.

        Args:
            forms: Folded names.
            owners: The place of each.
            firsts: Whether its place goes by it.
            country: The country of each place.
            countries: How many countries there are.
        """
        known: dict[str, int] = {}
        numbers = np.array([known.setdefault(form, len(known)) for form in forms], dtype=np.int64)
        distinct = list(known)
        keys = country[owners].astype(np.int64) * max(len(distinct), 1) + numbers
        order = np.argsort(keys, kind="stable")
        slot_keys, begins = np.unique(keys[order], return_index=True)
        slot_forms = slot_keys % max(len(distinct), 1)
        ranges = np.searchsorted(slot_keys // max(len(distinct), 1), np.arange(countries + 1))
        written = [distinct[i] for i in slot_forms.tolist()]
        slots: dict[str, tuple[int, ...]] = {}
        for slot, form in enumerate(written):
            slots[form] = (*slots[form], slot) if form in slots else (slot,)
        codes, lengths = _trigrams(written)
        by_code = np.argsort(codes, kind="stable")
        postings = np.repeat(np.arange(len(written), dtype=np.int32), lengths)[by_code]
        posted = np.searchsorted(codes[by_code], np.arange(_BUCKETS + 1))
        return cls(
            written, ranges, slots, np.append(begins, len(order)), owners[order], firsts[order],
            posted, postings, lengths.astype(np.int32),
        )  # fmt: skip

    def equal(self, form: str) -> tuple[int, ...]:
        """Slots of a form in all countries."""
        return self.slots.get(form, ())

    def alike(self, form: str, country: int | None = None, most: int = 12) -> list[tuple[int, float]]:
        """Slots whose forms are written like a form, the likest first.

        Args:
            form: The form, folded.
            country: The country whose slots are looked at; None: all.
            most: So many at most.

        Returns:
            Slots with their likeness from `ALIKE` to 1.
        """
        low, high = (int(self.ranges[0]), int(self.ranges[-1])) if country is None else self._range(country)
        if not form or low == high:
            return []
        lists = self._lists(form, low, high)
        if not lists:
            return []
        shared = np.bincount(np.concatenate(lists) - low, minlength=high - low)
        least = max(1, len(lists) // 3)
        found = np.flatnonzero(shared >= least)
        if len(found) > _COMPARED:
            dice = shared[found] / (self._sizes[found + low] + len(form))
            found = found[np.argpartition(-dice, _COMPARED)[:_COMPARED]]
        compared = (found + low).tolist()
        likeness = cdist(
            [form], [self.forms[i] for i in compared], scorer=OSA.normalized_similarity, score_cutoff=ALIKE
        )
        best = sorted(zip((-likeness[0]).tolist(), compared, strict=True))
        return [(slot, -minus) for minus, slot in best[:most] if minus <= -ALIKE]

    def _range(self, country: int) -> tuple[int, int]:
        return int(self.ranges[country]), int(self.ranges[country + 1])

    def _lists(self, form: str, low: int, high: int) -> list[_Ints]:
        """For each trigram of a form the slots of a range that have it."""
        lists = []
        for code in np.unique(_trigrams([form])[0]).tolist():
            posting = self._postings[self._posted[code] : self._posted[code + 1]]
            first, last = np.searchsorted(posting, (low, high)) if high - low < len(self.forms) else (0, len(posting))
            if first < last:
                lists.append(posting[first:last])
        return lists


def _trigrams(forms: Sequence[str]) -> tuple[NDArray[np.uint16], _Longs]:
    """The numbers of the trigrams of all forms one behind the other, and how many each form has.

    A form has a mark before and behind it, so that it has as many trigrams as letters.
    """
    text = np.frombuffer("".join(f"^{form}$" for form in forms).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.array([len(form) for form in forms], dtype=np.int64)
    if not len(text):
        return np.zeros(0, np.uint16), lengths
    mixed = (
        text[:-2] * np.uint32(2654435761) + text[1:-1] * np.uint32(40503) * np.uint32(769) + text[2:] * np.uint32(97)
    )
    codes = ((mixed ^ (mixed >> np.uint32(15))) & np.uint32(_BUCKETS - 1)).astype(np.uint16)
    starts = np.cumsum(lengths + 2) - (lengths + 2)
    inside = np.ones(len(codes), dtype=np.bool_)
    ends = starts[1:]
    inside[ends - 1] = False
    inside[ends - 2] = False
    return codes[inside], lengths
