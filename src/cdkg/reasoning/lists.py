"""The rules of OWL 2 RL/RDF that walk a list, instantiated for each list that the graph asserts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from pyoxigraph import NamedNode, Triple

from cdkg.reasoning.table import Atom, Pattern
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

_OWL: Final = PREFIXES["owl"]
_FIRST: Final = NamedNode(PREFIXES["rdf"] + "first")
_REST: Final = NamedNode(PREFIXES["rdf"] + "rest")
_NIL: Final = NamedNode(PREFIXES["rdf"] + "nil")
_SAME_AS: Final = NamedNode(_OWL + "sameAs")
_SUB_CLASS_OF: Final = NamedNode(PREFIXES["rdfs"] + "subClassOf")


def list_patterns(triples: Iterable[Triple]) -> Iterator[Pattern]:
    """Yield a pattern for each rule over a list: prp-spo2, cls-int, cls-uni, cls-oo, scm-int, scm-uni, cax-adc, ….

    Each pattern has the triple that hangs the list on its owner as schema, so that a derivation shows it.
    """
    triples = list(triples)
    first: dict[Term, Term] = {t.subject: t.object for t in triples if t.predicate == _FIRST}
    rest: dict[Term, Term] = {t.subject: t.object for t in triples if t.predicate == _REST}
    for triple in triples:
        local = triple.predicate.value.removeprefix(_OWL)
        if triple.predicate.value == local or triple.object not in first:
            continue
        items = list(_items(triple.object, first, rest))
        owner: Atom = (triple.subject, triple.predicate, triple.object)
        for name, data, head in _rules(local, triple.subject, items):
            yield Pattern(name, (owner,), data, head)


def _items(node: Term, first: dict[Term, Term], rest: dict[Term, Term]) -> Iterator[Term]:
    seen: set[Term] = set()
    while node != _NIL and node in first and node not in seen:
        seen.add(node)
        yield first[node]
        node = rest.get(node, _NIL)


_Rule = tuple[str, tuple[Atom, ...], Atom | None]


def _rules(local: str, owner: Term, items: list[Term]) -> Iterator[_Rule]:
    if local == "propertyChainAxiom":
        yield (
            "prp-spo2",
            tuple((f"?{i}", p, f"?{i + 1}") for i, p in enumerate(items)),
            ("?0", owner, f"?{len(items)}"),
        )
    elif local == "intersectionOf":
        yield "cls-int1", tuple(("?x", RDF_TYPE, item) for item in items), ("?x", RDF_TYPE, owner)
        for item in items:
            yield "cls-int2", (("?x", RDF_TYPE, owner),), ("?x", RDF_TYPE, item)
            yield "scm-int", (), (owner, _SUB_CLASS_OF, item)
    elif local == "unionOf":
        for item in items:
            yield "cls-uni", (("?x", RDF_TYPE, item),), ("?x", RDF_TYPE, owner)
            yield "scm-uni", (), (item, _SUB_CLASS_OF, owner)
    elif local == "oneOf":
        for item in items:
            yield "cls-oo", (), (item, RDF_TYPE, owner)
    elif local in {"members", "distinctMembers"}:
        yield from _pairwise(owner, items)


def _pairwise(owner: Term, items: list[Term]) -> Iterator[_Rule]:
    """owl:AllDifferent, owl:AllDisjointClasses and owl:AllDisjointProperties: each pair clashes."""

    def kind(local: str) -> Atom:
        return (owner, RDF_TYPE, NamedNode(_OWL + local))

    for a, b in combinations(items, 2):
        yield "eq-diff2", (kind("AllDifferent"), (a, _SAME_AS, b)), None
        yield "cax-adc", (kind("AllDisjointClasses"), ("?x", RDF_TYPE, a), ("?x", RDF_TYPE, b)), None
        yield "prp-adp", (kind("AllDisjointProperties"), ("?x", a, "?y"), ("?x", b, "?y")), None
