"""Names that begin with some letters, for people who are still typing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from heapq import nsmallest
from typing import Final

from cdkg.linking.names import folded

#: Behind each text that begins with another one.
_END: Final = "\U0010ffff"
#: Only so many letters are compared.
_LONGEST: Final = 200


class Prefixes:
    """Things by the beginnings of their names, and of the words in these.

    Args:
        names: The names of each thing; the first one is what it goes by.
    """

    def __init__(self, names: Iterable[tuple[str, ...]]) -> None:
        found: set[tuple[str, int, int]] = set()
        for number, each in enumerate(names):
            for place, name in enumerate(each):
                form = folded(name)[:_LONGEST]
                found.add((form, min(place, 1), number))
                at = form.find(" ")
                while at >= 0:
                    found.add((form[at + 1 :], 2, number))
                    at = form.find(" ", at + 1)
        self._entries = sorted(found)
        self._forms = [entry[0] for entry in self._entries]

    def find(self, text: str, first: int, most: int, fits: Callable[[int], bool] = lambda _: True) -> list[int]:
        """Things with a name that begins so: those that go by it first, then by the alphabet.

        Args:
            text: The beginning.
            first: So many are left out.
            most: So many are given.
            fits: Whether a thing is wanted.
        """
        form = folded(text)[:_LONGEST]
        if text.strip() and not form:  # signs only, of which nothing is left
            return []
        entries = self._entries[bisect_left(self._forms, form) : bisect_left(self._forms, form + _END)]
        best: dict[int, tuple[int, str, int]] = {}
        for written, kind, number in entries:
            rank = kind, written, number
            if rank < best.get(number, (3, "", 0)) and fits(number):
                best[number] = rank
        return [number for *_, number in nsmallest(first + most, best.values())[first:]]
