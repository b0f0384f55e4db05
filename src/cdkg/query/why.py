"""Why a row is in the answer of a query: the triples that its pattern matched, and what is behind them.

The pattern is asked again with all its variables, its blank nodes among them, and with a mark in each branch, so that a
solution tells which triples it was made of. Sub-queries and EXISTS are asked on their own, for the values of the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from typing import Any, Final

from pyoxigraph import DefaultGraph, Literal, Quad, Store, Triple

from cdkg.query.asking import Asked, Bindings, Graph, stored_in, within_depth
from cdkg.query.guard import Limits
from cdkg.query.syntax import (
    Bind,
    Exists,
    Expression,
    Filter,
    Group,
    InGraph,
    Minus,
    Optional,
    Part,
    Pattern,
    Select,
    Union,
    is_variable,
    negations,
    walk,
)
from cdkg.query.trace import Fact, RowTrace, Untraced, Why
from cdkg.query.walks import shortest_walk
from cdkg.vocabulary import Term

#: From a triple to the asserted triples that it follows from; for an asserted triple, itself.
Behind = Callable[[Triple], Iterable[Triple]]
#: So many rows or solutions beyond the bound are counted.
_MOST_COUNTED: Final = 10_000
_ABSENT: Final = "negation: nothing that it matches is in the graph"


def why(
    store: Store,
    text: str,
    behind: Behind = lambda triple: (triple,),
    *,
    limit: int = 20,
    members: int = 50,
    limits: Limits | None = None,
) -> Why:
    """Trace the rows of a SELECT query, or the first solution of an ASK query, to the triples that make them true.

    The triples of a row suffice: of them alone the query gives that row again, unless the row names an untraced part.

    Args:
        store: The store to ask; its default graph is the union of all graphs.
        text: The query.
        behind: The asserted triples behind a triple; by default each triple stands for itself.
        limit: How many rows are traced.
        members: How many solutions of a group (GROUP BY) are traced.
        limits: How large the query may be.

    Raises:
        QueryError: The query is not allowed, not valid, or neither SELECT nor ASK.
        VocabularyError: The name of a graph in FROM is no absolute IRI.
    """
    with within_depth():
        asked = Asked.of(store, text, limits)
        tracer = _Tracer(asked, cache(lambda triple: tuple(behind(triple)) or (triple,)), members)
        rows = asked.answered()
        traced = tuple(tracer.row(solution) for solution in islice(rows, limit))
    left = sum(1 for _ in islice(rows, _MOST_COUNTED + 1))
    return Why(traced, min(left, _MOST_COUNTED), left > _MOST_COUNTED)


@dataclass(frozen=True, slots=True)
class _Mention:
    """A term that a walk of no steps begins and ends at (SPARQL 1.1 Query, section 18.4: ZeroLengthPath).

    It must stand in the graph; by the standard a constant need not, but the engine wants that too.
    """

    term: Term
    graph: Graph
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class _Match:
    """A triple as a pattern matched it."""

    triple: Triple
    graph: Graph
    pattern: Pattern


_Found = Iterator[_Match | _Mention | Untraced]


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a part stands: the graph, the variables that EXISTS has put in, and those that stand before the part."""

    graph: Graph = None
    fixed: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()

    def inside(self, graph: Graph = None) -> _Scope:
        """The scope of a group in this one."""
        return _Scope(graph or self.graph, self.fixed)

    def with_names(self, names: Iterable[str]) -> _Scope:
        """The scope behind parts that bind these."""
        return replace(self, before=self.before.union(names))


@dataclass(frozen=True, slots=True)
class _Tracer:
    """Follows solutions through the parts of a query.

    Attributes:
        asked: The query.
        behind: The asserted triples behind a triple.
        members: How many solutions of a group are followed.
        turns: How often a row of a sub-query was met; rows that are the same have derivations of their own.
    """

    asked: Asked
    behind: Callable[[Triple], tuple[Triple, ...]]
    members: int
    turns: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    def row(self, solution: Bindings) -> RowTrace:
        """The trace of a row of the whole query."""
        self.turns.clear()
        select = self.asked.query.select
        found = list((self._members if select.aggregated else self._solved)(select, solution, _Scope()))
        matches: dict[tuple[Triple, Graph], _Match] = {}
        for match in found:
            if isinstance(match, _Match):
                matches.setdefault((match.triple, match.graph), match)
        for mention in found:
            if isinstance(mention, _Mention) and not any(
                graph == mention.graph and mention.term in (t.subject, t.object) for t, graph in matches
            ):
                matches |= {(match.triple, match.graph): match for match in self._mentioned(mention)}
        row = {name: solution.get(name) for name in select.names}
        untraced = tuple(dict.fromkeys(part for part in found if isinstance(part, Untraced)))
        if not untraced and not self._suffice(matches.keys(), row):
            untraced = (self._untraced(select, "of these triples alone it does not give this row"),)
        return RowTrace(row, tuple(self._fact(match) for match in matches.values()), untraced)

    def _suffice(self, matches: Iterable[tuple[Triple, Graph]], row: Mapping[str, Term | None]) -> bool:
        """Whether the query gives the row of these triples alone."""
        store = Store()
        for triple, graph in matches:
            for name in {DefaultGraph(), stored_in(graph)}:
                store.add(Quad(triple.subject, triple.predicate, triple.object, name))
        rows = Asked(store, self.asked.query).rows(self.asked.query.select)
        return any(all(found.get(name) == term for name, term in row.items()) for found in rows)

    def _fact(self, match: _Match) -> Fact:
        where = self.asked.place(match.pattern.at)
        return Fact(match.triple, match.graph, match.pattern.text, where, self.behind(match.triple))

    def _mentioned(self, mention: _Mention) -> Iterator[_Match]:
        """One triple that has the term, as subject or else as object."""
        term, graph = mention.term, stored_in(mention.graph)
        about = None if isinstance(term, Literal) else term
        find = self.asked.store.quads_for_pattern
        for quads in (find(about, None, None, graph) if about else (), find(None, None, term, graph)):
            for quad in quads:
                yield _Match(quad.triple, mention.graph, mention.pattern)
                return

    # --- queries ------------------------------------------------------------------------------------------------

    def _select(self, select: Select, row: Bindings, scope: _Scope) -> _Found:
        """What makes a row of a sub-query true; it is asked again for the values that the row has."""
        rows = self.asked.rows(select, _known(select, select.names, row), graph=scope.graph)
        # a variable that the sub-query leaves open may have its value from elsewhere
        same = (s for s in rows if all(name not in s or s[name] == row.get(name) for name in select.names))
        key = (select.at, *(row.get(name) for name in select.names))
        again = list(islice(same, 1 if select.distinct else self.turns[key] + 1))
        if again:
            solution = again[self.turns[key] % len(again)]
            self.turns[key] += 1
            yield from (self._members if select.aggregated else self._solved)(select, solution, scope.inside())
        else:
            yield self._untraced(select, "asked again, it does not give this row")
        if select.offset:
            yield self._untraced(select, "which rows OFFSET passes over depends on all rows")

    def _solved(self, select: Select, solution: Bindings, scope: _Scope) -> _Found:
        """What makes a solution of the pattern of a query true, and what its computed items tested."""
        yield from self._group(select.body, solution, scope)
        for item in select.items:
            yield from self._expression(item.value, solution, scope.with_names(select.body.visible()))

    def _members(self, select: Select, row: Bindings, scope: _Scope) -> _Found:
        """The solutions that a row of GROUP BY is made of; without GROUP BY these are all."""
        body = select.body
        wanted = {key.name: row.get(key.name) for key in select.keys}
        known = _known(body, wanted, row)
        computed = [key for key in select.keys if not is_variable(key.text)]
        found = self.asked.solutions(body.visible(), body.rewritten(), known, graph=scope.graph, items=computed)
        own = (s for s in found if all(s.get(name) == term for name, term in wanted.items()))
        for solution in islice(own, self.members):
            yield from self._group(body, solution, scope)
        left = sum(1 for _ in islice(own, _MOST_COUNTED))
        if left:
            told = f"{'at least ' if left == _MOST_COUNTED else ''}{left}"
            yield self._untraced(select, f"an aggregate over many solutions, of which {told} are left out")
        for part in (*(item.value for item in select.items), select.having):
            if part and (part.exists or part.volatile):
                yield self._untraced(part, "it is computed for the group as a whole")
        yield from (self._untraced(part, "negation: it decides what is counted") for part in negations(body))

    # --- parts --------------------------------------------------------------------------------------------------

    def _group(self, group: Group, row: Bindings, scope: _Scope) -> _Found:
        """What makes the parts of a group true."""
        whole = scope.with_names(group.visible())
        for part in group.parts:
            if isinstance(part, Filter) and part.is_absence():
                yield self._untraced(part, _ABSENT)
            elif isinstance(part, Filter):
                yield from self._expression(part.condition, row, whole)
            else:
                yield from self._part(part, row, scope)
            scope = scope.with_names(part.visible())

    def _part(self, part: Part, row: Bindings, scope: _Scope) -> _Found:
        match part:
            case Pattern():
                yield from self._pattern(part, row, scope)
            case Bind():
                yield from self._expression(part.value, row, scope)
            case Optional() if part.body.mark in row:
                yield from self._group(part.body, row, scope)  # its filters see what stands before it
            case Union():
                matched = [branch for branch in part.branches if branch.mark in row]
                yield from (found for branch in matched for found in self._group(branch, row, scope.inside()))
            case Group():
                yield from self._group(part, row, scope.inside())
            case Select():
                yield from self._select(part, row, scope)
            case InGraph():
                yield from self._in_graph(part, row, scope)
            case Minus():
                yield self._untraced(part, _ABSENT)

    def _in_graph(self, part: InGraph, row: Bindings, scope: _Scope) -> _Found:
        graph = self._value(part.name, row)
        if graph is None:  # as with a sub-query alone in GRAPH
            yield self._untraced(part, "the engine does not tell in which graph it matched")
            return
        yield from self._group(part.body, row, scope.inside(graph))
        if not any(isinstance(below, Pattern) for below in walk(part)):
            yield self._untraced(part, "that there is a graph is no triple")

    def _expression(self, part: Expression, row: Bindings, scope: _Scope) -> _Found:
        """What the EXISTS of an expression found; all else in it is computed from the row."""
        if part.volatile:
            yield self._untraced(part, "it gives something else each time")
        if part.asks_if_bound and part.names.intersection(scope.before).difference(row):
            yield self._untraced(part, "negation: what it tests has no value")
        for exists in part.exists:
            yield from self._exists(exists, row, scope)

    def _exists(self, part: Exists, row: Bindings, scope: _Scope) -> _Found:
        """The first solution of an EXISTS with the values of the row put in (SPARQL 1.1 Query, section 18.6)."""
        fixed = scope.fixed.union(scope.before)
        bound = {name: row[name] for name in part.names if name in fixed and name in row}
        found = self.asked.solutions(part.body.visible(), part.body.rewritten(), bound, graph=scope.graph)
        solution = next(found, None)
        if solution is None:
            yield self._untraced(part, _ABSENT)
        else:
            yield from self._group(part.body, bound | solution, _Scope(scope.graph, frozenset(bound)))

    def _pattern(self, part: Pattern, row: Bindings, scope: _Scope) -> _Found:
        subject, obj = self._value(part.subject, row), self._value(part.object, row)
        if subject is None or obj is None:
            yield self._untraced(part, "the engine does not tell what it matched")
        elif isinstance(part.predicate, str):
            predicate = self._value(part.predicate, row)
            yield _Match(Triple(subject, predicate, obj), scope.graph, part)  # type: ignore[arg-type]  # so it matched
        else:
            terms, graph = self.asked.terms, stored_in(scope.graph)
            walked = shortest_walk(self.asked.store, part.predicate, subject, obj, terms, graph)
            if walked is None:
                yield self._untraced(part, "no walk was found again")
            elif not walked:
                yield _Mention(subject, scope.graph, part)
            yield from (_Match(triple, scope.graph, part) for triple in walked or ())

    def _value(self, node: str, row: Bindings) -> Term | None:
        return row.get(node[1:]) if is_variable(node) else self.asked.terms[node]

    def _untraced(self, part: Part, reason: str) -> Untraced:
        return Untraced(part.text, self.asked.place(part.at), reason)


def _known(part: Part, names: Iterable[str], row: Bindings) -> Bindings:
    """The values of a row that may be put in before a part is asked: those that it is certain to bind.

    With MINUS there are none: what was put in would be a variable that both its sides share.
    """
    certain = set() if "MINUS" in part.text.upper() else part.certain()
    return {name: row[name] for name in names if name in certain and name in row}
