"""What a closed-world rule was applied to: one match of its body that gives a certain triple, found on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pyoxigraph import BlankNode, QuerySolutions, Store, Triple, Variable

from cdkg.reasoning.rules.patterns import Construct, Node, Polarity, PropertyPath, SubSelect, TriplePattern
from cdkg.reasoning.rules.rule import Rule
from cdkg.sources.sparql import tokens
from cdkg.vocabulary import PREFIXES, Term

_Bindings = Mapping[Variable, Term]


def premises(rule: Rule, store: Store, conclusion: Triple) -> tuple[Triple, ...]:
    """The triples that the patterns of `rule` match when it constructs `conclusion`; empty where none do.

    Of what it counts or lists together they are those of the whole group. What it negates leaves no triple; left out is
    a property path.

    Raises:
        RuleError: It has something that SPARQL 1.1 has not.
    """
    construct = rule.patterns
    for pattern in construct.template:
        bound = _unify(pattern, conclusion)
        if bound is None:
            continue
        for row in _rows(construct, construct.where, bound, store):
            found = tuple(dict.fromkeys(_matched(construct, None, row, store)))
            if found:
                return found
    return ()


def _matched(construct: Construct, select: SubSelect | None, row: _Bindings, store: Store) -> Iterator[Triple]:
    """The triples behind one row of a sub-select, or of the whole (None), with those of the sub-selects inside."""
    for pattern in construct.body:
        if pattern.polarity is not Polarity.NEGATIVE and construct.select_around(pattern.offset) == select:
            triple = _ground(pattern, row)
            if triple is not None and _holds(store, triple):
                yield triple
    for inner in construct.selects:
        if construct.select_around(inner.offset) == select:
            seen = {name: term for name, term in row.items() if name in inner.names}
            rows = _rows(construct, inner.where, seen, store)
            for each in rows if inner.is_grouped else islice(rows, 1):
                yield from _matched(construct, inner, each, store)


def _rows(construct: Construct, where: str, bound: _Bindings, store: Store) -> Iterator[_Bindings]:
    """The solutions of a group graph pattern of a rule in which some variables are bound, all of them shown."""
    names = {Variable(text[1:]) for kind, text, _ in tokens(where) if kind == "variable"}
    shown = " ".join(sorted(map(str, names))) or "*"
    values: dict[Variable, Any] = {name: term for name, term in bound.items() if name in names}
    text = f"{construct.prologue}SELECT {shown} WHERE {where}"
    rows = store.query(text, prefixes=PREFIXES, substitutions=values)
    if isinstance(rows, QuerySolutions):
        for row in rows:
            yield {**bound} | {name: row[name] for name in names if row[name] is not None}


def _unify(pattern: TriplePattern, triple: Triple) -> _Bindings | None:
    """What the variables of a template's pattern are where it makes a triple; None where it cannot."""
    bound: dict[Variable, Term] = {}
    parts = ((pattern.subject, triple.subject), (pattern.predicate, triple.predicate), (pattern.object, triple.object))
    for part, term in parts:
        if isinstance(part, Variable):
            if bound.setdefault(part, term) != term:
                return None
        elif part != term:
            return None
    return bound


def _ground(pattern: TriplePattern, known: _Bindings) -> Triple | None:
    """The triple that a pattern has matched; None for a path, a blank node, or where a variable is not bound."""

    def term(part: Node | PropertyPath) -> Term | None:
        if isinstance(part, BlankNode | PropertyPath):
            return None
        return known.get(part) if isinstance(part, Variable) else part

    s, p, o = (term(part) for part in (pattern.subject, pattern.predicate, pattern.object))
    if s is None or p is None or o is None:
        return None
    return Triple(s, p, o)  # type: ignore[arg-type]  # the store has matched them in these places


def _holds(store: Store, triple: Triple) -> bool:
    """Whether a triple stands in the store, be it in a graph that only some rule looks into."""
    return any(store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None))
