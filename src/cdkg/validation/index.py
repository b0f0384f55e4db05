"""Where triples are stated: graphs as columns of codes, so that a look-up costs no walk through all of them."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import numpy as np
from pyoxigraph import RdfFormat, Triple, serialize

from cdkg.graph import NamedGraph, Role
from cdkg.reasoning.rl.columns import EMPTY, pack
from cdkg.reasoning.rl.ntriples import encode
from cdkg.reasoning.rl.terms import Codes, Terms
from cdkg.vocabulary import BASE, Term

#: A graph, and which of its triples.
Holder = tuple[NamedGraph, int]


#: What every name of ours has in it, and hardly anything else.
_OURS: Final = f"<{BASE}".encode()


@dataclass(frozen=True, slots=True)
class _Coded:
    """A graph, its triples as codes, and the predicates and objects that may have a name of ours, in N-Triples form."""

    graph: NamedGraph
    codes: tuple[Codes, Codes, Codes]
    names: tuple[list[bytes], list[bytes]]


class Index:
    """The triples of named graphs by what they state."""

    def __init__(self, graphs: Iterable[NamedGraph] = ()) -> None:
        self._terms = Terms()
        self._coded: dict[str, _Coded] = {}
        self._graphs: list[NamedGraph] = []
        self.put(graphs)

    def put(self, graphs: Iterable[NamedGraph]) -> None:
        """Hold these graphs and no others, by the order of their files; what has not changed is not read again."""
        former, self._coded = self._coded, {}
        for named in sorted(graphs, key=lambda graph: str(graph.path)):
            known = former.get(named.iri.value)
            same = known is not None and known.graph.triples == named.triples
            self._coded[named.iri.value] = replace(known, graph=named) if known and same else self._encoded(named)
        self._graphs = [coded.graph for coded in self._coded.values()]
        codes = [coded.codes for coded in self._coded.values()]
        s, p, o = (np.concatenate([EMPTY, *(column[i] for column in codes)]) for i in range(3))
        lengths = np.array([len(column[0]) for column in codes], np.int64)
        self._predicates = p
        self._owners = np.repeat(np.arange(len(codes)), lengths)
        self._starts = np.cumsum(lengths) - lengths
        self._forward, self._backward = _Sorted(pack(s, o)), _Sorted(pack(o, s))

    def _encoded(self, graph: NamedGraph) -> _Coded:
        s, p, o = encode(serialize(graph.triples, format=RdfFormat.N_TRIPLES) or b"", self._terms)
        forms = self._terms.forms
        predicates, objects = ((forms[code] for code in set(column.tolist())) for column in (p, o))
        names = [form for form in predicates if _OURS in form], [form for form in objects if _OURS in form]
        return _Coded(graph, (s, p, o), names)

    def stating(self, triple: Triple) -> list[Holder]:
        """The graphs that state a triple, and where in each it comes."""
        s, p, o = map(self._terms.find, (triple.subject, triple.predicate, triple.object))
        if min(s, p, o) < 0:
            return []
        rows = self._forward.between(s << 32 | o, s << 32 | o)
        return self._holders(rows[self._predicates[rows] == p])

    def names(self, roles: Container[Role]) -> tuple[list[bytes], list[bytes]]:
        """The predicates and the objects with a name of ours in the graphs with these roles, in N-Triples form."""
        chosen = [coded for coded in self._coded.values() if coded.graph.role in roles]
        found = (dict.fromkeys(chain.from_iterable(coded.names[i] for coded in chosen)) for i in range(2))
        predicates, objects = map(list, found)
        return predicates, objects

    def about(self, subject: Term) -> list[Holder]:
        """The triples with a subject."""
        code = self._terms.find(subject)
        return self._holders(self._forward.of(code)) if code >= 0 else []

    def with_predicate(self, predicate: Term) -> list[Holder]:
        """The triples with a predicate."""
        code = self._terms.find(predicate)
        return self._holders(np.flatnonzero(self._predicates == code)) if code >= 0 else []

    def mentioning(self, obj: Term) -> list[Holder]:
        """The triples with an object."""
        code = self._terms.find(obj)
        return self._holders(self._backward.of(code)) if code >= 0 else []

    def _holders(self, rows: Codes) -> list[Holder]:
        rows = np.sort(rows)
        owners = self._owners[rows]
        return [
            (self._graphs[owner], index)
            for owner, index in zip(owners.tolist(), (rows - self._starts[owners]).tolist(), strict=True)
        ]


class _Sorted:
    """Pairs in their order, and where each of them was."""

    def __init__(self, pairs: Codes) -> None:
        self._order = np.argsort(pairs, kind="stable")
        self._pairs = pairs[self._order]

    def between(self, least: int, most: int) -> Codes:
        """Where the pairs from `least` to `most` were."""
        start, end = np.searchsorted(self._pairs, [least, most + 1])
        found: Codes = self._order[start:end]
        return found

    def of(self, first: int) -> Codes:
        """Where the pairs with this first member were."""
        return self.between(first << 32, (first << 32) | 0xFFFFFFFF)
