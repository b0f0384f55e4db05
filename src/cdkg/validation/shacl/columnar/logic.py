"""Constraints by other shapes, and closed shapes (SHACL, sections 4.6, 4.7.1 and 4.8.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from cdkg.reasoning.rl.columns import join, unique
from cdkg.reasoning.rl.terms import Mask
from cdkg.validation.shacl.columnar.shape import Found, Run, Shape, Values, component
from cdkg.validation.shacl.paths import Predicate


@dataclass(frozen=True, slots=True, eq=False)
class Logical:
    """`sh:and`, `sh:or`, `sh:xone`, `sh:not` and `sh:node`: so many of some shapes are conformed to.

    Attributes:
        name: The name of its component.
        shapes: The shapes; one that stands in the list twice counts twice.
        least: How many of them a value must conform to.
        most: How many of them it may conform to.
    """

    name: str
    shapes: tuple[Shape, ...]
    least: int
    most: int

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the values that conform to too few or too many."""
        distinct = unique(values.nodes)
        counts = np.zeros(len(distinct), np.int64)
        for shape in self.shapes:
            counts += run.conforms(shape, distinct)
        failing: Mask = (counts < self.least) | (counts > self.most)
        yield from values.failing(component(self.name), failing[np.searchsorted(distinct, values.nodes)])


@dataclass(frozen=True, slots=True)
class Closed:
    """`sh:closed`: the values are subjects of no other properties than these (section 4.8.1)."""

    allowed: frozenset[str]

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the objects of other properties."""
        for iri, column in run.columns.predicates():
            if iri not in self.allowed:
                which, objects = join(values.nodes, column)
                if len(which):
                    yield replace(values.found(component("Closed"), values.at[which], objects), path=Predicate(iri))
