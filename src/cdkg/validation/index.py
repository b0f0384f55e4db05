"""Where triples are stated: graphs as columns of codes, so that a look-up costs no walk through all of them."""

from __future__ import annotations

from collections.abc import Container, Iterable

import numpy as np
from pyoxigraph import RdfFormat, Triple, serialize

from cdkg.graph import NamedGraph, Role
from cdkg.reasoning.rl.columns import EMPTY, pack
from cdkg.reasoning.rl.ntriples import encode
from cdkg.reasoning.rl.terms import Codes, Terms
from cdkg.vocabulary import Term

#: A graph, and which of its triples.
Holder = tuple[NamedGraph, int]


class Index:
    """The triples of named graphs by what they state."""

    def __init__(self, graphs: Iterable[NamedGraph] = ()) -> None:
        self._terms = Terms()
        self._coded: dict[str, tuple[NamedGraph, tuple[Codes, Codes, Codes]]] = {}
        self._graphs: list[NamedGraph] = []
        self.put(graphs)

    def put(self, graphs: Iterable[NamedGraph]) -> None:
        """Hold these graphs and no others, by the order of their files; what has not changed is not read again."""
        former, self._coded = self._coded, {}
        for named in sorted(graphs, key=lambda graph: str(graph.path)):
            known = former.get(named.iri.value)
            same = known is not None and known[0].triples == named.triples
            self._coded[named.iri.value] = named, known[1] if known and same else self._encoded(named)
        self._graphs = [named for named, _ in self._coded.values()]
        codes = [coded for _, coded in self._coded.values()]
        s, p, o = (np.concatenate([EMPTY, *(column[i] for column in codes)]) for i in range(3))
        lengths = np.array([len(column[0]) for column in codes], np.int64)
        self._predicates, self._objects = p, o
        self._owners = np.repeat(np.arange(len(codes)), lengths)
        self._starts = np.cumsum(lengths) - lengths
        self._forward, self._backward = _Sorted(pack(s, o)), _Sorted(pack(o, s))

    def _encoded(self, graph: NamedGraph) -> tuple[Codes, Codes, Codes]:
        return encode(serialize(graph.triples, format=RdfFormat.N_TRIPLES) or b"", self._terms)

    def stating(self, triple: Triple) -> list[Holder]:
        """The graphs that state a triple, and where in each it comes."""
        s, p, o = map(self._terms.find, (triple.subject, triple.predicate, triple.object))
        if min(s, p, o) < 0:
            return []
        rows = self._forward.between(s << 32 | o, s << 32 | o)
        return self._holders(rows[self._predicates[rows] == p])

    def forms(self, roles: Container[Role]) -> tuple[list[bytes], list[bytes]]:
        """The predicates and the objects of the graphs with these roles, in N-Triples form, each once."""
        wanted = np.array([graph.role in roles for graph in self._graphs], np.bool_)[self._owners]
        found = (np.unique(column[wanted]).tolist() for column in (self._predicates, self._objects))
        predicates, objects = ([self._terms.forms[code] for code in codes] for codes in found)
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
