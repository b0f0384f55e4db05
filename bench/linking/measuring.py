"""Measures of a matcher: precision, recall, calibration, time, memory, and who was taken for whom."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.linking.noise import slipped
from bench.linking.truth import Pair
from cdkg.linking.matching import Matcher
from cdkg.linking.places import Sought

#: Where calibration is looked at: how sure the matcher was, and how often it was right.
BINS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99, 1.0)
#: A match of this confidence is taken for one.
TAKEN: Final = 0.9


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a matcher made of labelled pairs.

    Attributes:
        name: What was asked.
        pairs: The pairs.
        best: Numbers of the places that it found, -1 for none.
        sure: How sure it was.
        wanted: Numbers of the places that were meant, -1 for none.
        seconds: Time of the processor.
    """

    name: str
    pairs: Sequence[Pair]
    best: NDArray[np.int64]
    sure: NDArray[np.float64]
    wanted: NDArray[np.int64]
    seconds: float

    @property
    def right(self) -> NDArray[np.bool_]:
        """Where it found who was meant."""
        return np.asarray((self.best == self.wanted) & (self.wanted >= 0), dtype=np.bool_)

    def precision(self, least: float = TAKEN) -> float:
        """Of what it was sure of, the share that is right."""
        taken = self.sure >= least
        return float(self.right[taken].mean()) if taken.any() else float("nan")

    def recall(self, least: float = TAKEN) -> float:
        """Of what is there to be found, the share that it was sure and right of."""
        there = self.wanted >= 0
        return float((self.right & (self.sure >= least))[there].mean()) if there.any() else float("nan")

    def false(self, least: float = TAKEN) -> float:
        """Of names of which nobody is there, the share that it was sure of all the same."""
        absent = self.wanted < 0
        return float((self.sure[absent] >= least).mean()) if absent.any() else float("nan")

    def calibration(self) -> Iterator[tuple[float, float, int, float, float]]:
        """For each bin its bounds, how many there are, how sure it was of them, and the share that is right."""
        for low, high in pairwise(BINS):
            inside = (self.sure >= low) & ((self.sure < high) | (high == 1.0)) & (self.best >= 0)
            if inside.any():
                yield low, high, int(inside.sum()), float(self.sure[inside].mean()), float(self.right[inside].mean())

    def confusions(self, most: int = 30) -> list[int]:
        """The pairs that it got wrong, those that it was surest of first."""
        order = np.argsort(-self.sure, kind="stable")
        return [int(i) for i in order if not self.right[i]][:most]


def measure(name: str, matcher: Matcher, pairs: Sequence[Pair]) -> Outcome:
    """Ask a matcher for all pairs."""
    start = time.process_time()
    best, sure = matcher.best([pair.asked for pair in pairs])
    seconds = time.process_time() - start
    wanted = np.array([matcher.gazetteer.numbers.get(pair.iri, -1) for pair in pairs], dtype=np.int64)
    return Outcome(name, pairs, best, sure, wanted, seconds)


def with_slips(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """The same pairs, each name with a slip or two."""
    random = Random(seed)  # noqa: S311 - slips, no secrets
    return [pair.with_name(slipped(pair.asked.name, random)) for pair in pairs]


def in_wrong_country(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """The same pairs, each with a country that it does not lie in."""
    random = Random(seed)  # noqa: S311 - slips, no secrets
    return [pair.in_wrong_country(random) for pair in pairs]


def crowd(names: Sequence[Sought], number: int, slips: float, seed: int) -> list[Sought]:
    """So many names, repeated as often as needed, a share of them with slips."""
    random = Random(seed)  # noqa: S311 - slips, no secrets
    found = []
    for i in range(number):
        each = names[i % len(names)]
        name = slipped(each.name, random) if random.random() < slips else each.name
        found.append(Sought(key=str(i), name=name, country=each.country))
    return found


def megabytes() -> float:
    """The most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
