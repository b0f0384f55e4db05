"""Constraints on the value nodes of a focus node as a whole (SHACL, sections 4.2, 4.4.5, 4.7.3 and 4.8.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from cdkg.reasoning.rl.columns import pack, unique
from cdkg.reasoning.rl.terms import Codes, Mask
from cdkg.validation.shacl.columnar.shape import Found, Run, Shape, Values, component
from cdkg.validation.shacl.columnar.values import languages
from cdkg.vocabulary import Term


@dataclass(frozen=True, slots=True)
class Count:
    """`sh:minCount` and `sh:maxCount` (sections 4.2.1 and 4.2.2)."""

    least: int = 0
    most: int | None = None

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the focus nodes with too few or too many values."""
        _ = run
        kind = component("MinCount" if self.most is None else "MaxCount")
        at = np.flatnonzero(_off(np.bincount(values.at, minlength=len(values.focus)), self.least, self.most))
        if len(at):
            yield values.found(kind, at)


def _off(counts: Codes, least: int, most: int | None) -> Mask:
    """Which numbers are below the least, or above the most where there is one."""
    off: Mask = counts < least if most is None else counts > most
    return off


@dataclass(frozen=True, slots=True)
class UniqueLang:
    """`sh:uniqueLang`: no two values have the same language (section 4.4.5)."""

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield a focus node once for each language that is used twice."""
        literal = run.columns.terms.is_literal(values.nodes)
        literal &= np.bincount(values.at, minlength=len(values.focus))[values.at] > 1  # a value alone has no like
        tags = languages(run.columns, values.nodes[literal])
        numbers = {tag: number for number, tag in enumerate(dict.fromkeys(tags))}
        rows = pack(values.at[literal], np.array([numbers[tag] for tag in tags], np.int64))
        tagged = rows[np.array([bool(tag) for tag in tags], np.bool_)]
        pairs, counts = np.unique(tagged, return_counts=True)
        if (counts > 1).any():
            yield values.found(component("UniqueLang"), pairs[counts > 1] >> 32)


@dataclass(frozen=True, slots=True)
class HasValue:
    """`sh:hasValue`: one of the values is this term (section 4.8.2)."""

    term: Term

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the focus nodes without it."""
        without = np.ones(len(values.focus), np.bool_)
        without[values.at[values.nodes == run.columns.code(self.term)]] = False
        if without.any():
            yield values.found(component("HasValue"), np.flatnonzero(without))


@dataclass(slots=True, eq=False)
class Qualified:
    """`sh:qualifiedValueShape`: so many values conform to a shape, and to none of its siblings (section 4.7.3)."""

    shape: Shape
    least: int | None
    most: int | None
    siblings: list[Shape] = field(default_factory=list)

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the focus nodes with too few or too many of them."""
        distinct = unique(values.nodes)
        taken = run.conforms(self.shape, distinct)
        for sibling in self.siblings:
            taken[taken] &= ~run.conforms(sibling, distinct[taken])
        of_values = taken[np.searchsorted(distinct, values.nodes)]
        counts = np.bincount(values.at[of_values], minlength=len(values.focus))
        for name, least, most in (("Min", self.least, None), ("Max", 0, self.most)):
            if (least if name == "Min" else most) is not None:
                at = np.flatnonzero(_off(counts, least or 0, most))
                if len(at):
                    yield values.found(component(f"Qualified{name}Count"), at)
