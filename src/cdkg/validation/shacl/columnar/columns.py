"""The data graph as sorted columns of pairs, one for each predicate."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, serialize

from cdkg.reasoning.rl import ntriples
from cdkg.reasoning.rl.closure import Closure
from cdkg.reasoning.rl.columns import (
    EMPTY,
    Rows,
    merge,
    minus,
    of,
    pack,
    swap,
    unique,
    upper,
    within,
    within_codes,
    without,
)
from cdkg.reasoning.rl.terms import Codes, Mask, Terms
from cdkg.vocabulary import PREFIXES, Term

_TYPE: Final = PREFIXES["rdf"] + "type"
_SUBCLASS: Final = PREFIXES["rdfs"] + "subClassOf"

#: Says which of some terms pass a test that depends on nothing but the term.
Judge = Callable[["Columns", Codes], Mask]

_PASSED: Final = 1
_FAILED: Final = 2


class Columns:
    """Triples as codes; the column of a predicate holds its pairs (subject, object).

    Terms keep their codes when triples come and go, and what was found out about a term is kept as well: a second run
    after a small edit looks at what is new only.
    """

    def __init__(self, triples: Iterable[Triple] = ()) -> None:
        self.terms = Terms()
        self._columns: dict[int, Rows] = {}
        self._turned: dict[int, Rows] = {}
        self._verdicts: dict[Hashable, NDArray[np.int8]] = {}
        self.add(triples)

    @classmethod
    def of_closure(cls, closure: Closure, besides: Iterable[Term]) -> Columns:
        """What a closure holds and shows, but for what it says of some subjects; no triple need become an object."""
        found = cls()
        found.terms = closure.terms.copy()
        left_out = unique(np.array([code for term in besides if (code := found.terms.find(term)) >= 0], np.int64))
        for predicate, rows in closure.shown_rows():
            found._columns[predicate] = unique(rows[~within_codes(upper(rows), left_out)])
        return found

    def __len__(self) -> int:
        return sum(map(len, self._columns.values()))

    def add(self, triples: Iterable[Triple]) -> None:
        """Take up triples; those that stand in the graph already change nothing."""
        for predicate, rows in self._encoded(triples):
            column = self._columns.get(predicate, EMPTY)
            self._columns[predicate] = merge(column, minus(rows, column))
            self._turned.pop(predicate, None)

    def remove(self, triples: Iterable[Triple]) -> None:
        """Take triples away; those that do not stand in the graph change nothing."""
        for predicate, rows in self._encoded(triples):
            column = self._columns.get(predicate, EMPTY)
            self._columns[predicate] = without(column, rows[within(rows, column)])
            self._turned.pop(predicate, None)

    def _encoded(self, triples: Iterable[Triple]) -> Iterator[tuple[int, Rows]]:
        """Each predicate with the pairs of the triples, sorted."""
        self.__dict__.pop("_rewritten", None)
        s, p, o = ntriples.encode(serialize(triples, format=RdfFormat.N_TRIPLES) or b"", self.terms)
        order = np.argsort(p, kind="stable")
        pairs, p = pack(s, o)[order], p[order]
        starts = np.flatnonzero(np.diff(p, prepend=-1))
        for start, end in pairwise([*starts.tolist(), len(p)]):
            yield int(p[start]), unique(pairs[start:end])

    def code(self, term: Term) -> int:
        """The code of a term, whether it stands in the graph or not."""
        return self.terms.add(term)

    def met(self, term: Term) -> int:
        """The code of a term that a store of the same data gave.

        A store writes numbers and times in its own form, and forgets which type of integer it was: `01` becomes `1`.
        So a literal that does not stand in the graph is led back to one that the store would write like it.
        """
        code = self.terms.find(term)
        if code >= 0 or not isinstance(term, Literal):
            return self.terms.add(term)
        return self._rewritten.get(str(term).encode()) or self.terms.add(term)

    @cached_property
    def _rewritten(self) -> dict[bytes, int]:
        """The literals that a store writes in another form, by that form."""
        typed = [code for code, form in enumerate(self.terms.forms) if form[:1] == b'"' and form[-1:] == b">"]
        terms = [self.terms.term(code) for code in typed]
        store = Store()
        subject = [NamedNode(f"urn:x-cdkg:{code}") for code in typed]
        store.bulk_extend(Quad(s, NamedNode(_TYPE), term) for s, term in zip(subject, terms, strict=True))
        found = ((int(quad.subject.value[11:]), str(quad.object).encode()) for quad in store)
        return {form: code for code, form in found if form not in self.terms.codes}

    def column(self, iri: str) -> Rows:
        """The pairs (subject, object) of a property."""
        return self._columns.get(self._code_of(iri), EMPTY)

    def turned(self, iri: str) -> Rows:
        """The pairs (object, subject) of a property."""
        code = self._code_of(iri)
        if code not in self._turned:
            self._turned[code] = np.sort(swap(self._columns.get(code, EMPTY)))
        return self._turned[code]

    def predicates(self) -> Iterator[tuple[str, Rows]]:
        """All properties with their pairs."""
        for code, column in self._columns.items():
            yield self.terms.forms[code][1:-1].decode(), column

    def instances(self, iri: str) -> Codes:
        """The SHACL instances of a class: those of its subclasses, too (SHACL, section 1.1)."""
        above, turned = self.turned(_SUBCLASS), self.turned(_TYPE)
        todo, seen = [self._code_of(iri)], {self._code_of(iri)}
        parts: list[Codes] = []
        while todo:
            found = todo.pop()
            parts.append(of(turned, found))
            new = [below for below in of(above, found).tolist() if below not in seen]
            seen.update(new)
            todo += new
        return parts[0] if len(parts) == 1 else unique(np.concatenate(parts))

    def texts(self, codes: Codes) -> list[str]:
        """The lexical forms of literals, and IRIs without their brackets."""
        forms = self.terms.forms
        found: list[str] = []
        for code in codes.tolist():
            form = forms[code]
            if form[:1] == b'"' and b"\\" not in form:
                found.append(form[1 : form.rindex(b'"')].decode())
            elif form[:1] == b"<" and form[:2] != b"<<":
                found.append(form[1:-1].decode())
            else:
                term = self.terms.term(code)
                found.append(str(term) if isinstance(term, Triple) else term.value)
        return found

    def judged(self, key: Hashable, codes: Codes, judge: Judge) -> Mask:
        """Which of the terms pass a test; each term is put to it once, and the verdict is kept under the key."""
        table = self._verdicts[key] = fitting(self._verdicts.get(key), len(self.terms))
        new = unique(codes[table[codes] == 0])
        if len(new):
            table[new] = np.where(judge(self, new), _PASSED, _FAILED)
        passed: Mask = table[codes] == _PASSED
        return passed

    def _code_of(self, iri: str) -> int:
        return self.terms.add_form(b"<" + iri.encode() + b">")


def fitting(table: NDArray[np.int8] | None, size: int) -> NDArray[np.int8]:
    """A table of verdicts by code, 0 for what is not known yet, that has room for `size` codes."""
    if table is None:
        return np.zeros(size, np.int8)
    if len(table) >= size:
        return table
    return np.concatenate([table, np.zeros(size - len(table), np.int8)])
