"""Fit the weights of evidence: maximum likelihood of a conditional logit in which "none of them" is an alternative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.linking.truth import Pair
from cdkg.linking.evidence import FEATURES, Weights
from cdkg.linking.matching import Matcher

#: What there are labels for.
FITTED: Final = (
    "name", "other name", "core of name", "spelled alike", "slips", "other name alike", "country", "other country",
    "inhabitants",
)  # fmt: skip
_STEPS: Final = 600
#: How much a weight that is far from zero costs, so that none runs away.
_RIDGE: Final = 1e-4


def fit(parts: Sequence[tuple[Matcher, Sequence[Pair]]]) -> Weights:
    """The weights under which the pairs are most probable.

    Args:
        parts: Labelled pairs and the matchers that look for their candidates.
    """
    columns, right, groups = _examples(parts)
    start = Weights.ours()
    fitted = np.array([name in FITTED for name in FEATURES])
    fitted[FEATURES.index("name")] = False  # the others are told apart from it
    weights, none = start.features.copy(), start.none
    chosen = np.bincount(groups, right, minlength=groups[-1] + 1) > 0
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    momentum, spread = np.zeros(len(FEATURES) + 1), np.zeros(len(FEATURES) + 1)
    for step in range(1, _STEPS + 1):
        current = Weights(weights, none)
        share = current.confidences(current.scores(columns), starts)
        none_share = 1 - np.add.reduceat(share, starts)
        slope = ((right - share) @ columns) / len(starts) - _RIDGE * weights
        slope = np.append(slope * fitted, float(np.mean(~chosen - none_share)))
        momentum = 0.9 * momentum + 0.1 * slope
        spread = 0.99 * spread + 0.01 * slope**2
        move = 0.05 * (momentum / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.99**step)) + 1e-6)
        weights, none = weights + move[:-1], none + float(move[-1])
    return Weights(weights, none)


def _examples(
    parts: Sequence[tuple[Matcher, Sequence[Pair]]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """The features of all candidates, which of them are right, and the numbers of those who are meant."""
    columns, right, groups = [], [], []
    offset = 0
    for matcher, pairs in parts:
        found = matcher.pairs([pair.asked for pair in pairs])
        wanted = np.array([matcher.gazetteer.numbers.get(pair.iri, -1) for pair in pairs])
        columns.append(found.columns)
        right.append((wanted[found.things] == found.places).astype(np.float64))
        groups.append(found.things + offset)
        offset += len(pairs)
    together = np.concatenate(groups)
    return np.concatenate(columns), np.concatenate(right), np.unique(together, return_inverse=True)[1].astype(np.int64)
