"""Our own SHACL engine (SHACL 2017, Core and SPARQL), a set of nodes at a time over sorted columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from pyoxigraph import Store, Triple

from cdkg.errors import ShapesError
from cdkg.reasoning.rl.columns import EMPTY, unique
from cdkg.validation.shacl.columnar.columns import Columns
from cdkg.validation.shacl.columnar.model import Model
from cdkg.validation.shacl.columnar.shape import Found, Run
from cdkg.validation.shacl.rows import DataGraph, Focus, Row, Tell


class CdkgEngine:
    """The engine that is taken where nothing is said (see `Engine`)."""

    def __init__(self, shapes: Sequence[Triple]) -> None:
        self._shapes = Model(shapes).shapes
        self._last: tuple[DataGraph, Columns] | None = None

    def columns(self, data: DataGraph) -> Columns:
        """The data graph as columns: its own where it keeps some, else made once for the graph that was seen last."""
        kept = getattr(data, "columns", None)
        if isinstance(kept, Columns):
            return kept
        if self._last is None or self._last[0] is not data:
            self._last = data, Columns(data.triples)
        return self._last[1]

    def rows(self, data: DataGraph, tell: Tell = lambda _: None) -> Iterator[Row]:
        """Yield the results.

        Raises:
            ShapesError: A constraint cannot be evaluated.
        """
        return self.rows_of(self.columns(data), lambda: data.store, tell)

    def rows_of(self, columns: Columns, store: Callable[[], Store], tell: Tell = lambda _: None) -> Iterator[Row]:
        """Yield the results for a graph whose columns are kept.

        Args:
            columns: The data graph.
            store: Gives the same as a store, where a constraint is in SPARQL.
            tell: Is told which shape or constraint is at work.

        Raises:
            ShapesError: A constraint cannot be evaluated.
        """
        run = Run(columns, store, tell)
        for shape in self._shapes:
            try:
                for found in run.check(shape, run.focus(shape)):
                    yield from _rows(found, columns)
            except RecursionError as error:
                raise ShapesError(f"{shape} is nested too deeply", hint="check its parts apart") from error

    def focus(self, data: DataGraph) -> Focus:
        """The focus nodes of the shapes; many shapes may have the same, and each is written once."""
        columns = self.columns(data)
        run = Run(columns, lambda: data.store, lambda _: None)
        found = {shape.node: run.focus(shape) for shape in self._shapes}
        codes = unique(np.concatenate([EMPTY, *found.values()]))
        nodes = (str(columns.terms.term(code)) for code in codes.tolist())
        return Focus({node: len(met) for node, met in found.items()}, frozenset(nodes))


def _rows(found: Found, columns: Columns) -> Iterator[Row]:
    term, shape = columns.terms.term, found.shape
    tellings = found.own or [(found.path, found.messages)] * len(found.at)
    for (focus, value), (path, messages) in zip(found.pairs(), tellings, strict=True):
        yield Row(
            focus=term(focus),
            component=found.component,
            shape=shape.node,
            severity=shape.severity,
            path=path,
            value=None if value < 0 else term(value),
            messages=messages,
            constraint=found.constraint,
        )
