"""Constraints that hold the values against those of another property (SHACL, section 4.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cdkg.reasoning.rl.columns import Rows, common, join, lower, minus, pack, upper
from cdkg.validation.shacl.columnar.comparing import ordered
from cdkg.validation.shacl.columnar.shape import Found, Run, Values, component


@dataclass(frozen=True, slots=True)
class Equals:
    """`sh:equals`: the values are those of the property (section 4.5.1)."""

    iri: str

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the values that only one of them has."""
        own, others = _rows(values), _others(run, values, self.iri)
        yield from _found(values, "Equals", np.concatenate([minus(own, others), minus(others, own)]))


@dataclass(frozen=True, slots=True)
class Disjoint:
    """`sh:disjoint`: no value is one of the property's (section 4.5.2)."""

    iri: str

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the values that both have."""
        yield from _found(values, "Disjoint", common(_rows(values), _others(run, values, self.iri)))


@dataclass(frozen=True, slots=True)
class LessThan:
    """`sh:lessThan` and `sh:lessThanOrEquals`: each value is less than each of the property's (4.5.3 and 4.5.4)."""

    iri: str
    or_equals: bool = False

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield a value once for each that it is not less than, or cannot be compared with."""
        others = _others(run, values, self.iri)
        which, other = join(values.at, others)
        if not len(which):
            return
        pairs, back = np.unique(pack(values.nodes[which], other), return_inverse=True)
        failing = ~self._less(run, pairs)[back]
        if failing.any():
            kind = component("LessThanOrEquals" if self.or_equals else "LessThan")
            yield values.found(kind, values.at[which][failing], values.nodes[which][failing])

    def _less(self, run: Run, pairs: Rows) -> np.typing.NDArray[np.bool_]:
        """For distinct pairs of terms whether the first is less."""
        terms = run.columns.terms
        left, right = upper(pairs), lower(pairs)
        mask = terms.is_literal(left) & terms.is_literal(right)
        forms = terms.forms
        asked = [(forms[x], forms[y]) for x, y in zip(left[mask].tolist(), right[mask].tolist(), strict=True)]
        mask[mask] = np.array(ordered(asked, "<=" if self.or_equals else "<"), np.bool_)
        return mask


def _rows(values: Values) -> Rows:
    """Pairs of the index of a focus node and a value, sorted."""
    return np.sort(pack(values.at, values.nodes))


def _others(run: Run, values: Values, iri: str) -> Rows:
    """The same for the values of a property of the focus nodes."""
    return pack(*join(values.focus, run.columns.column(iri)))


def _found(values: Values, name: str, rows: Rows) -> Iterator[Found]:
    if len(rows):
        yield values.found(component(name), upper(rows), lower(rows))
