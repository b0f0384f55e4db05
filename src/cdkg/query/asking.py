"""A query taken apart, with the store to ask its parts of, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

from pyoxigraph import DefaultGraph, NamedNode, Store, Variable

from cdkg.errors import Location, QueryError
from cdkg.query.guard import Limits, inspect
from cdkg.query.reader import read
from cdkg.query.run import dataset, run
from cdkg.query.syntax import Bind, Query, Select
from cdkg.query.triples import place
from cdkg.vocabulary import PREFIXES, Term

#: A solution: the variables that it binds.
Bindings = dict[str, Term]
#: The graph to ask: a named one, or None for the default graph.
Graph = Term | None
_NO_BINDINGS: Final[Mapping[str, Term]] = {}


@dataclass(frozen=True)
class Asked:
    """A query and the store that answers it; with FROM clauses, a store of the graphs that they name."""

    store: Store
    query: Query

    @classmethod
    def of(cls, store: Store, text: str, limits: Limits | None = None) -> Asked:
        """Guard a query, let the engine check it, and take it apart.

        Raises:
            QueryError: It is not allowed, not valid, or neither SELECT nor ASK.
            VocabularyError: The name of a graph in FROM is no absolute IRI.
        """
        run(Store(), text, limits=limits)
        asked = inspect(text, limits)
        return cls(dataset(store, asked) if asked.has_dataset else store, read(asked))

    @cached_property
    def terms(self) -> dict[str, Term]:
        """What each IRI and literal of the query stands for; the engine knows its prefixes, base and escapes."""
        texts = list(self.query.constants)
        names = [f"{self.query.fresh}c{number}" for number in range(len(texts))]
        values = f"{{ VALUES ({' '.join(f'?{n}' for n in names)}) {{ ({' '.join(texts)}) }} }}"
        row = next(self.solutions(names, values)) if texts else {}
        return {text: row[name] for name, text in zip(names, texts, strict=True)}

    @cached_property
    def mentioned(self) -> dict[str, Term]:
        """The same for expressions and VALUES; what cannot be read there as a term is left out."""
        found: dict[str, Term] = {}
        for text in self.query.mentioned:
            with suppress(QueryError):
                found[text] = next(self.solutions(["x"], f"{{ VALUES ?x {{ {text} }} }}"))["x"]
        return found

    def solutions(
        self,
        names: Iterable[str],
        where: str,
        bound: Mapping[str, Term] = _NO_BINDINGS,
        *,
        graph: Graph = None,
        items: Iterable[Bind] = (),
        tail: str = "",
    ) -> Iterator[Bindings]:
        """The solutions of a group graph pattern, as they come.

        Args:
            names: The variables to ask for.
            where: The pattern, in braces.
            bound: Variables that have a value already.
            graph: The graph that the pattern stands in.
            items: What else to compute for each solution.
            tail: What stands behind the pattern (GROUP BY, ORDER BY, VALUES).

        Raises:
            QueryError: The engine cannot evaluate it.
        """
        inside = dict(bound)
        if isinstance(graph, NamedNode):
            where = f"{{ GRAPH {graph} {where} }}"  # as a variable it would be lost in sub-queries
        elif graph is not None:
            name = f"{self.query.fresh}g"
            where, inside[name] = f"{{ GRAPH ?{name} {where} }}", graph
        variables = dict.fromkeys([*names, *inside])
        head = " ".join([*(f"?{v}" for v in variables if v not in {i.name for i in items}), *(i.text for i in items)])
        text = f"{self.query.prologue} SELECT {head or '*'} WHERE {where} {tail}"
        values: dict[Variable, Any] = {Variable(n): term for n, term in inside.items()}
        try:
            rows: Any = self.store.query(text, prefixes=PREFIXES, substitutions=values)
            found = [v.value for v in rows.variables]
            for row in rows:
                yield {n: term for n in found if (term := row[n]) is not None}
        except (OSError, RuntimeError, SyntaxError, ValueError) as error:
            raise QueryError("a part of the query could not be asked on its own", why=str(error)) from error

    def answered(self) -> Iterator[Bindings]:
        """One solution for each row of the answer: of those with the same DISTINCT row the first."""
        select = self.query.select
        solutions = self.rows(select)
        if select.distinct:
            solutions = _distinct(select.names, solutions)
        return islice(solutions, select.offset, None if select.limit is None else select.offset + select.limit)

    def rows(
        self, select: Select, bound: Mapping[str, Term] = _NO_BINDINGS, *, graph: Graph = None
    ) -> Iterator[Bindings]:
        """The solutions behind the rows of a query, before DISTINCT and LIMIT, with all variables, marks and keys."""
        order, data = (part.text if part else "" for part in (select.order, select.data))
        if not select.aggregated:
            names = [*select.body.visible(), *select.names]
            where, tail = select.body.rewritten(), f"{order} {data}"
            return self.solutions(names, where, bound, graph=graph, items=select.items, tail=tail)
        keys = [key.name for key in select.keys]
        head = [
            f"?{name}" for name in dict.fromkeys([*select.names, *keys]) if name not in {i.name for i in select.items}
        ]
        group_by = f"GROUP BY {' '.join(key.text for key in select.keys)}" if keys else ""
        having = select.having.text if select.having else ""
        items = " ".join([*head, *(item.text for item in select.items)])
        groups = f"{{ SELECT {items} WHERE {select.body.text} {group_by} {having} {order} {data} }}"
        return self.solutions([*select.names, *keys], groups, bound, graph=graph)

    def place(self, at: int) -> Location:
        """Line and column of an offset in the query."""
        return place(self.query.text, at)


@contextmanager
def within_depth() -> Iterator[None]:
    """Tell of a query that is nested too deeply to be followed.

    Raises:
        QueryError: It is.
    """
    try:
        yield
    except RecursionError as error:
        raise QueryError("the query is nested too deeply to be explained") from error


def _distinct(names: tuple[str, ...], solutions: Iterator[Bindings]) -> Iterator[Bindings]:
    seen: set[tuple[Term | None, ...]] = set()
    for solution in solutions:
        row = tuple(solution.get(name) for name in names)
        if row not in seen:
            seen.add(row)
            yield solution


def stored_in(graph: Graph) -> NamedNode | DefaultGraph:
    """A graph as the store names it."""
    return DefaultGraph() if graph is None else graph  # type: ignore[return-value]  # bound by GRAPH
