"""The rules of OWL 2 RL/RDF that walk a list, instantiated for each list of the graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final, TypeVar

from pyoxigraph import NamedNode, Triple

from cdkg.errors import LimitError
from cdkg.reasoning.rl.table import Atom, Pattern
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

_OWL: Final = PREFIXES["owl"]
_FIRST: Final = NamedNode(PREFIXES["rdf"] + "first")
_REST: Final = NamedNode(PREFIXES["rdf"] + "rest")
_NIL: Final = NamedNode(PREFIXES["rdf"] + "nil")
_SAME_AS: Final = NamedNode(_OWL + "sameAs")
_SUB_CLASS_OF: Final = NamedNode(PREFIXES["rdfs"] + "subClassOf")

_OWNING: Final = (
    "propertyChainAxiom", "intersectionOf", "unionOf", "oneOf", "hasKey", "members", "distinctMembers",
)  # fmt: skip

#: The predicates that make up a list or hang one on its owner.
LIST_PREDICATES: Final = frozenset({_FIRST, _REST, *(NamedNode(_OWL + local) for local in _OWNING)})

#: The classes that tell what `owl:members` and `owl:distinctMembers` mean.
LIST_CLASSES: Final = frozenset(
    NamedNode(_OWL + local) for local in ("AllDifferent", "AllDisjointClasses", "AllDisjointProperties")
)

#: A node with two firsts doubles the lists; a list that was meant has one reading.
_MOST_READINGS: Final = 10_000

T = TypeVar("T")
_Row = tuple[str, tuple[Atom, ...], Atom | None]


def list_patterns(triples: Iterable[Triple]) -> Iterator[Pattern]:
    """Yield a pattern for each rule over a list: prp-spo2, prp-key, cls-int1, cls-uni, cls-oo, scm-int, cax-adc, ….

    A list is what LIST[h, e1, …, en] of OWL 2 Profiles, section 4.3, demands: it has a member and ends in `rdf:nil`;
    half a list says nothing. The schema of each pattern holds: the triple that hangs the list on its owner, and the
    type of an owner of `owl:members`.
    """
    triples = list(triples)
    first: dict[Term, list[Term]] = defaultdict(list)
    rest: dict[Term, list[Term]] = defaultdict(list)
    kinds: dict[Term, list[Term]] = defaultdict(list)
    of = {_FIRST: first, _REST: rest, RDF_TYPE: kinds}
    for triple in triples:
        if triple.predicate in of:
            of[triple.predicate][triple.subject].append(triple.object)
    for triple in triples:
        local = triple.predicate.value.removeprefix(_OWL)
        if local not in _OWNING or triple.object not in first:
            continue
        subject = triple.subject
        owner: Atom = (subject, triple.predicate, triple.object)
        for items in lists_from(triple.object, first, rest, _NIL):
            for name, data, head in _rows(local, subject, items):
                yield Pattern(name, (owner,), data, head)
            for kind in kinds[subject]:
                for name, data, head in _pairs(local, kind, items):
                    yield Pattern(name, (owner, (subject, RDF_TYPE, kind)), data, head)


def lists_from(start: T, first: Mapping[T, list[T]], rest: Mapping[T, list[T]], nil: T) -> Iterator[list[T]]:
    """Yield all lists that begin at a node; more than one only where a node has two firsts or rests.

    Raises:
        LimitError: There are more than anybody has meant.
    """
    node, items, seen = start, list[T](), set[T]()
    while node not in seen and len(first.get(node, ())) == 1 == len(rest.get(node, ())):
        seen.add(node)
        items.append(first[node][0])
        node = rest[node][0]
    begun, count = [(node, items, frozenset(seen))], 0
    while begun:
        node, items, walked = begun.pop()
        count += 1
        if count > _MOST_READINGS:
            raise LimitError(
                f"the list at {start} can be read in more than {_MOST_READINGS} ways",
                why="many of its nodes have two rdf:first or two rdf:rest",
                hint="mend the list; each node needs one of both",
            )
        if node == nil:
            yield items
        elif node not in walked:
            begun += [(n, [*items, item], walked | {node}) for item in first.get(node, ()) for n in rest.get(node, ())]


def _rows(local: str, owner: Term, items: list[Term]) -> Iterator[_Row]:
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
    elif local == "hasKey":
        yield (
            "prp-key",
            tuple(
                atom
                for who in ("?x", "?y")
                for atom in ((who, RDF_TYPE, owner), *((who, p, f"?{i}") for i, p in enumerate(items)))
            ),
            ("?x", _SAME_AS, "?y"),
        )


def _pairs(local: str, kind: Term, items: list[Term]) -> Iterator[_Row]:
    """owl:AllDifferent, owl:AllDisjointClasses and owl:AllDisjointProperties: each pair clashes."""
    for a, b in combinations(items, 2):
        if kind == NamedNode(_OWL + "AllDifferent"):
            # whoever stands twice in the list is the same as himself, which is nowhere written out
            same = () if a == b else ((a, _SAME_AS, b),)
            yield "eq-diff3" if local == "distinctMembers" else "eq-diff2", same, None
        elif local == "members" and kind == NamedNode(_OWL + "AllDisjointClasses"):
            yield "cax-adc", (("?x", RDF_TYPE, a), ("?x", RDF_TYPE, b)), None
        elif local == "members":
            yield "prp-adp", (("?x", a, "?y"), ("?x", b, "?y")), None
