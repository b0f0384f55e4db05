"""A closure read fact by fact, with representatives written out: what the search for proofs looks at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from pyoxigraph import Literal

from cdkg.reasoning.rl.columns import EMPTY, Rows, gather, of, swap, unique, within
from cdkg.reasoning.rl.datatypes import DATATYPES, belongs
from cdkg.reasoning.rl.engine import Engine
from cdkg.reasoning.rl.terms import Codes
from cdkg.vocabulary import Term


class ClosureView:
    """All that holds in an engine, and what of it was given, as generalised triples of codes."""

    def __init__(self, engine: Engine) -> None:
        self._terms, self._facts, self._given = engine.terms, engine.facts, engine.given
        self._equality, self._literals, self._axioms = engine.equality, engine.literals, engine.axioms
        self._same_as, self._type = engine.words["sameAs"], engine.words["type"]
        self._given_swapped: dict[int, Rows] = {}

    def code(self, term: Term) -> int:
        """The code of a term, or of a literal of the same value; -1 when no fact has it."""
        code = self._terms.find(term)
        if code < 0 and isinstance(term, Literal):
            return self._literals.like(term)
        return code

    def term(self, code: int) -> Term:
        """The term of a code."""
        return self._terms.term(code)

    def holds(self, s: int, p: int, o: int) -> bool:
        """Whether a fact is in the closure."""
        rep = self._equality.rep
        x, predicate, y = int(rep[s]), int(rep[p]), int(rep[o])
        if predicate == rep[self._same_as]:
            alone = self._equality.sizes[x] == 1
            return x == y and (not alone or bool(self._axioms) or self._stands(predicate, x, y))
        return self._stands(predicate, x, y) or (predicate == rep[self._type] and self._has_value(s, o))

    def _stands(self, predicate: int, x: int, y: int) -> bool:
        if predicate == self._facts.type_code:
            return _has(self._facts.of_class(y), x)
        return _has(self._facts.pairs(predicate), x << 32 | y)

    def _has_value(self, s: int, o: int) -> bool:
        """dt-type2, whether or not an axiom reads the datatype."""
        form = self._terms.forms[o]
        name = form[1:-1].decode()
        return self._terms.forms[s][:1] == b'"' and name in DATATYPES and belongs(self._literals.value(s), name)

    def by_itself(self, s: int, p: int, o: int) -> str:
        """The rule by which a fact holds without premises, be it for the values of literals; empty where none does."""
        if self._terms.forms[s][:1] == b'"':
            if p == self._same_as and self._terms.forms[o][:1] == b'"':
                value = self._literals.value(s)
                return "dt-eq" if value is not None and value == self._literals.value(o) else ""
            return "dt-type2" if p == self._type and self._has_value(s, o) else ""
        if p == self._same_as:
            return "eq-ref" if s == o and self._axioms else ""
        return self._axioms.get((s, o), "") if p == self._type else ""

    def given(self, s: int, p: int, o: int) -> bool:
        """Whether a fact was given."""
        return _has(self._given.get(p, EMPTY), s << 32 | o)

    def objects(self, s: int, p: int) -> Codes:
        """All o with (s p o), sorted."""
        rep = self._equality.rep
        return self._ends(int(rep[s]), int(rep[p]), flip=False)

    def subjects(self, p: int, o: int) -> Codes:
        """All s with (s p o), sorted."""
        rep = self._equality.rep
        return self._ends(int(rep[o]), int(rep[p]), flip=True)

    def _ends(self, x: int, predicate: int, *, flip: bool) -> Codes:
        if predicate == self._equality.rep[self._same_as]:
            same = self._equality.same_as(x)
            return same if len(same) > 1 else self._equality.spread_codes(of(self._facts.pairs(predicate, flip), x))
        if predicate == self._facts.type_code:
            found = self._facts.of_class(x) if flip else of(self._types, x)
        else:
            found = of(self._facts.pairs(predicate, flip), x)
        return self._equality.spread_codes(found)

    @cached_property
    def _types(self) -> Rows:
        return self._facts.type_rows()

    def given_objects(self, s: int, p: int) -> Codes:
        """All o with (s p o) given, sorted."""
        return of(self._given.get(p, EMPTY), s)

    def given_subjects(self, p: int, o: int) -> Codes:
        """All s with (s p o) given, sorted."""
        if p not in self._given_swapped:
            self._given_swapped[p] = unique(swap(self._given.get(p, EMPTY)))
        return of(self._given_swapped[p], o)

    def links(self, s: int, o: int) -> Codes:
        """All p with (s p o), sorted."""
        rep = self._equality.rep
        x, y = int(rep[s]), int(rep[o])
        found = [p for p in self._facts.relations if self._stands(p, x, y)]
        if _has(self._facts.of_class(y), x):
            found.append(self._facts.type_code)
        links = [np.array(found, np.int64)]
        if x == y and self._equality.sizes[x] > 1:
            links.append(rep[[self._same_as]])
        return self._equality.spread_codes(gather(links))

    def predicates(self) -> Iterator[int]:
        """All predicates that have facts."""
        found = [*self._facts.relations, *([self._facts.type_code] if self._facts.members else [])]
        if len(self._equality.plural):
            found.append(int(self._equality.rep[self._same_as]))
        yield from self._equality.spread_codes(unique(np.array(found, np.int64))).tolist()


def _has(column: Rows, row: int) -> bool:
    return bool(within(np.array([row]), column)[0])
