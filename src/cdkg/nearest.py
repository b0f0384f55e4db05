"""Known terms that are written or labelled like an unknown one."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import takewhile
from typing import Any, Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store, Triple
from rapidfuzz import fuzz, process

from cdkg.vocabulary import PREFIXES, RDF_TYPE, expand

_DEFAULT: Final = DefaultGraph()
#: What a label is given with, as a path.
LABELS: Final = "rdfs:label|skos:prefLabel|skos:altLabel"
_LABELS: Final = tuple(NamedNode(expand(name)) for name in LABELS.split("|"))
#: How alike two names must be, from 0 to 1; a letter more or less in five is enough.
ALIKE: Final = 0.75
#: So many triples are looked through for names, which bounds the time on a large graph.
_MOST_TRIPLES: Final = 200_000
#: So many names are compared in full; where there are more, only those with a slip of so many letters in one place.
_MOST_NAMES: Final = 3000
_SLIPS: Final = 2


class Role(Enum):
    """What a term is used as."""

    PROPERTY = "property"
    CLASS = "class"
    GRAPH = "graph"
    THING = "thing"


_DECLARED: Final = {
    Role.PROPERTY: ("owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty", "rdf:Property"),
    Role.CLASS: ("owl:Class", "rdfs:Class"),
}
#: From how a name or label is compared to the terms that have it.
_Forms = dict[str, set[NamedNode]]


class Vocabulary:
    """The terms that a store knows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Role, _Forms] = {}

    def uses(self, term: NamedNode, role: Role) -> bool:
        """Whether the term has this role in some triple."""
        find = self._store.quads_for_pattern
        match role:
            case Role.PROPERTY:
                return any(find(None, term, None, _DEFAULT))
            case Role.CLASS:
                return any(find(None, RDF_TYPE, term, _DEFAULT))
            case Role.GRAPH:
                return self._store.contains_named_graph(term)
        return self.mentions(term)

    def mentions(self, term: NamedNode) -> bool:
        """Whether the term stands in any triple."""
        find = self._store.quads_for_pattern
        places: tuple[tuple[Any, Any, Any], ...] = ((term, None, None), (None, None, term), (None, term, None))
        return any(any(find(*place, _DEFAULT)) for place in places)

    def nearest(self, term: NamedNode, role: Role, most: int = 3) -> list[NamedNode]:
        """Known terms of this role whose name or label is like that of `term`, the likeliest first."""
        namespace, local = _split(term.value)
        found = dict.fromkeys(self._elsewhere(term, local, role), 1.0)
        tries = (_alike(local, namespace, forms) for forms in self._forms(role, namespace, local))
        alike: dict[NamedNode, float] = next(filter(None, tries), {})  # what is used is looked up only where need be
        found |= {node: likeness for node, likeness in alike.items() if node != term and node not in found}
        return sorted(found, key=lambda node: (-found[node], node.value))[:most]

    def _elsewhere(self, term: NamedNode, local: str, role: Role) -> Iterator[NamedNode]:
        """Terms of the same local name in another namespace of the prefix table."""
        for node in (NamedNode(f"{namespace}{local}") for namespace in PREFIXES.values()):
            if local and node != term and self.uses(node, role) and not (role is Role.THING and self._is_term(node)):
                yield node

    def _is_term(self, node: NamedNode) -> bool:
        """Whether a node is declared as a property or class."""
        kinds = (NamedNode(expand(name)) for names in _DECLARED.values() for name in names)
        return any(Quad(node, RDF_TYPE, kind, _DEFAULT) in self._store for kind in kinds)

    def _forms(self, role: Role, namespace: str, local: str) -> Iterator[_Forms]:
        """The forms of candidates: of those declared, then of those used in the first triples that the store gives."""
        if role is Role.GRAPH:
            yield self._written(g for g in self._store.named_graphs() if isinstance(g, NamedNode))
        elif role is Role.THING:
            yield self._written(self._things(namespace, local))
        else:
            yield self._declared(role)
            yield self._written(self._used("?s ?x ?o" if role is Role.PROPERTY else "?s a ?x"))

    def _declared(self, role: Role) -> _Forms:
        if role not in self._known:
            kinds = " ".join(_DECLARED[role])
            self._known[role] = self._written(self._select(f"{{ VALUES ?c {{ {kinds} }} ?x a ?c }}"))
        return self._known[role]

    def _things(self, namespace: str, local: str) -> list[NamedNode]:
        """What has a type and a name of the namespace; of very many the names that are as `local` but for a slip."""
        own = f'STRSTARTS(STR(?x), "{namespace}")'
        found = self._used("?x a ?c", own, _MOST_NAMES + 1)
        if len(found) <= _MOST_NAMES:
            return found
        near = f"ABS(STRLEN(STR(?x)) - {len(namespace) + len(local)}) <= {_SLIPS}"
        half = len(local) // 2
        ends = f'STRSTARTS(STR(?x), "{namespace}{local[:half]}") || STRENDS(STR(?x), "{local[half:]}")'
        found = self._used("?x a ?c", f"{own} && {near} && ({ends})", _MOST_TRIPLES)
        return [term for term in found if _is_slip(_split(term.value)[1], local)][:_MOST_NAMES]

    def _used(self, pattern: str, condition: str = "true", most: int = _MOST_TRIPLES) -> list[NamedNode]:
        within = f"{{ SELECT ?x {{ {pattern} }} LIMIT {_MOST_TRIPLES} }}"
        return self._select(f"{{ {within} FILTER ({condition}) }} LIMIT {most}")

    def _select(self, where: str) -> list[NamedNode]:
        rows: Any = self._store.query(f"SELECT DISTINCT ?x {where}", prefixes=PREFIXES)
        return [row["x"] for row in rows if isinstance(row["x"], NamedNode)]

    def _written(self, terms: Iterable[NamedNode]) -> _Forms:
        """From the forms of names and labels to terms."""
        found: dict[str, set[NamedNode]] = defaultdict(set)
        for term in terms:
            names = [_split(term.value)[1]]
            for kind in _LABELS:
                quads = self._store.quads_for_pattern(term, kind, None, _DEFAULT)
                names += [quad.object.value for quad in quads if isinstance(quad.object, Literal)]
            for form in {form for name in names for form in _forms_of(name)}:
                found[form].add(term)
        return found


def may_change(thing: NamedNode, triple: Triple) -> bool:
    """Whether the things that are nearest to a name may be others when a triple comes or goes.

    That is so where it names something of the same local name, or is a type or label of a candidate. Past the bound of
    triples that are looked through, any of them may have come first.
    """
    namespace, local = _split(thing.value)
    if any(isinstance(term, NamedNode) and term.value.endswith(local) for term in triple):
        return True
    is_looked_at = triple.predicate == RDF_TYPE or triple.predicate in _LABELS
    return is_looked_at and isinstance(triple.subject, NamedNode) and triple.subject.value.startswith(namespace)


def _is_slip(one: str, other: str) -> bool:
    """Whether two names are the same but for a few letters in one place."""
    if abs(len(one) - len(other)) > _SLIPS:
        return False
    return _same(one, other) + _same(one[::-1], other[::-1]) >= max(len(one), len(other)) - _SLIPS


def _same(one: str, other: str) -> int:
    """How many letters two names have in common before they differ."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _alike(local: str, namespace: str, forms: _Forms) -> dict[NamedNode, float]:
    """The terms whose forms are like those of a name; of two that are equally like it, the one of its namespace."""
    found: dict[NamedNode, float] = {}
    for wanted in _forms_of(local):
        near = process.extract(wanted, forms.keys(), scorer=fuzz.ratio, limit=6, score_cutoff=100 * ALIKE)
        for form, percent, _ in near:
            for node in forms[form]:
                own = percent / 100 + (0.1 if node.value.startswith(namespace) else 0)
                found[node] = max(found.get(node, 0), own)
    return found


def folded(text: str) -> str:
    """A text without accents, in lower case, white space as single spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def _split(iri: str) -> tuple[str, str]:
    """Namespace and local name."""
    found = re.search(r"[^/#:]*$", iri)
    cut = found.start() if found else len(iri)
    return iri[:cut], iri[cut:]


def _forms_of(name: str) -> set[str]:
    """How a name is compared: its words written together, and in alphabetical order."""
    words = re.findall(r"[^\W\d_]+|\d+", folded(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)))
    return {"".join(words), " ".join(sorted(words))} - {""}
