"""Which terms are the same: a representative for each set of them, in place of the quadratic eq-sym and eq-trans."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from cdkg.reasoning.rl.columns import Rows, lower, merge, pack, ranges, upper
from cdkg.reasoning.rl.terms import Codes, Mask
from cdkg.reasoning.rl.transitive import TooLargeError, connected


class Equality:
    """A partition of the codes from 0 to `size`; immutable."""

    def __init__(self, rep: Codes) -> None:
        self.rep = rep

    @classmethod
    def of(cls, size: int) -> Equality:
        """Everything differs from everything else."""
        return cls(np.arange(size))

    def united(self, x: Codes, y: Codes) -> Equality | None:
        """With each x the same as its y; None where nothing new is said."""
        x, y = self.rep[x], self.rep[y]
        differ = x != y
        if not differ.any():
            return None
        x, y = x[differ], y[differ]
        names = np.unique(np.concatenate([x, y]))
        label = connected(len(names), np.searchsorted(names, x), np.searchsorted(names, y))
        table = np.arange(len(self.rep))
        table[names] = names[label]
        return Equality(table[self.rep])

    def grown(self, size: int) -> Equality:
        """The same with room for more codes, each alone."""
        return Equality(np.concatenate([self.rep, np.arange(len(self.rep), size)])) if size > len(self.rep) else self

    @cached_property
    def _order(self) -> Codes:
        return np.argsort(self.rep, kind="stable")

    @cached_property
    def sizes(self) -> Codes:
        """For each representative, how many terms it stands for (0 for all others)."""
        return np.bincount(self.rep, minlength=len(self.rep))

    @cached_property
    def _starts(self) -> Codes:
        return np.cumsum(self.sizes) - self.sizes

    @cached_property
    def _is_plural(self) -> Mask:
        return self.sizes > 1

    @cached_property
    def plural(self) -> Codes:
        """The representatives that stand for more than one term."""
        return np.flatnonzero(self.sizes > 1)

    def same_as(self, code: int) -> Codes:
        """All terms that are the same as this one, itself included."""
        rep = int(self.rep[code])
        start = int(self._starts[rep])
        return self._order[start : start + int(self.sizes[rep])]

    def spread_codes(self, codes: Codes) -> Codes:
        """Representatives with all that they stand for, sorted."""
        if not len(self.plural):
            return codes
        counts = self.sizes[codes]
        if (counts == 1).all():
            return codes
        return np.sort(self._order[ranges(self._starts[codes], counts)])

    def spread(self, rows: Rows, most: int) -> Rows:
        """Pairs of representatives as pairs of all that they stand for, sorted.

        Raises:
            TooLargeError: There would be more than `most`.
        """
        if not len(self.plural) or not len(rows):
            return rows
        several = self._is_plural[upper(rows)] | self._is_plural[lower(rows)]
        if not several.any():
            return rows
        x, y = upper(rows[several]), lower(rows[several])
        at_x, at_y = self.sizes[x], self.sizes[y]
        if int((at_x * at_y).sum()) > most:
            raise TooLargeError
        which = np.repeat(np.arange(len(x)), at_x)
        xs = self._order[ranges(self._starts[x], at_x)]
        counts = at_y[which]
        ys = self._order[ranges(self._starts[y[which]], counts)]
        return merge(rows[~several], np.sort(pack(np.repeat(xs, counts), ys)))
