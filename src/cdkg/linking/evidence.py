"""What speaks for and against a candidate, how much each of it weighs, and how sure all of it together makes.

The weights are logarithms of odds, as in the model of Fellegi and Sunter (1969) for the linkage of records. Candidates
of one thing, and "none of them", share the probability between them (a conditional logit): a rival takes from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: What is looked at, with the weight of each in the order of columns. Those marked * are fitted on the half of
#: labelled pairs that is not held out (`bench/linking`); the others have no labels to be fitted on and are set by hand,
#: so that they decide between rivals and can keep a candidate from being sure, but make none sure by themselves.
WEIGHTS: Final[dict[str, float]] = {
    "name": 4.0,  # the name that it goes by; the scale of the others, and of "none of them", hangs on it
    "other name": 1.1,  # * one of its other names
    "core of name": 2.8,  # * equal without brackets, what is behind a comma, "city of"
    "spelled alike": 4.75,  # * written like the name that it goes by
    "slips": -2.7,  # * for each tenth of the letters that differs
    "other name alike": -2.45,  # * written like one of its other names only
    "no name": -3.0,
    "country": 2.9,  # *
    "country counted to it": 1.0,
    "other country": -9.85,  # *
    "region": 3.0,
    "other region": -4.0,
    "within 5 km": 3.5,
    "within 25 km": 1.5,
    "within 100 km": -2.0,
    "over 100 km": -7.0,
    "inhabitants": 2.95,  # * for each power of ten above 10,000, negative below
    "as many inhabitants": 2.5,
    "other number of inhabitants": -2.5,
    "unexplained": -2.5,  # a bracket, or what stands behind a comma, of which nobody knows what it says
    "other kind": -9.0,
}
#: * What speaks for none of the candidates.
NONE_OF_THEM: Final = 2.15

FEATURES: Final = tuple(WEIGHTS)

_Floats = NDArray[np.float64]
_Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for or against a candidate.

    Attributes:
        feature: What was looked at.
        told: What was found, for people.
        weight: Logarithm of odds; negative where it speaks against.
    """

    feature: str
    told: str
    weight: float

    def __str__(self) -> str:
        return f"{self.told} ({self.weight:+.1f})"


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of all features, and of there being none.

    Attributes:
        features: In the order of `FEATURES`.
        none: What speaks for none of the candidates.
    """

    features: _Floats
    none: float

    @classmethod
    def ours(cls) -> Weights:
        """Those that were fitted and set."""
        return cls(np.array([WEIGHTS[name] for name in FEATURES]), NONE_OF_THEM)

    def scores(self, columns: _Floats) -> _Floats:
        """The sum of weights of each row of features."""
        found: _Floats = columns @ self.features
        return found

    def confidences(self, scores: _Floats, starts: _Longs) -> _Floats:
        """How sure each candidate is.

        Args:
            scores: Of all candidates, those of one thing beside each other.
            starts: Where the candidates of each thing begin; no thing without candidates is among them.
        """
        if not len(scores):
            return scores
        lengths = np.diff(np.append(starts, len(scores)))
        top = np.maximum(np.maximum.reduceat(scores, starts), self.none)
        odds = np.exp(scores - np.repeat(top, lengths))
        total = np.add.reduceat(odds, starts) + np.exp(self.none - top)
        found: _Floats = odds / np.repeat(total, lengths)
        return found
