"""What may follow from a kind of triples under the axioms of a graph, whatever the data.

The rules are those of `table` and `lists`, applied to kinds instead of triples: of a fact only its property is known,
and of `rdf:type` its class. Where a rule joins several facts, each alone is taken to be enough; the others then hold
already, so that what follows from them of the same subject is nothing new. Else a class that is defined as "a twinning
with the status ended" would make every twinning an ended one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, Triple

from cdkg.reasoning.rl.lists import LIST_CLASSES, LIST_PREDICATES, list_patterns
from cdkg.reasoning.rl.table import TABLE, Atom, Pattern
from cdkg.reasoning.rules.rule import Kind, constant
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

_TYPE: Final = RDF_TYPE.value
_SAME_AS: Final = PREFIXES["owl"] + "sameAs"
_DATA_PROPERTY: Final = PREFIXES["owl"] + "DatatypeProperty"
_OBJECT_PROPERTY: Final = PREFIXES["owl"] + "ObjectProperty"
_SCHEMA: Final = [atom for pattern in TABLE for atom in pattern.schema]

#: The classes whose members are axioms (`owl:SymmetricProperty`, …), and the predicates that axioms are made of.
AXIOM_CLASSES: Final = LIST_CLASSES | {o for _, p, o in _SCHEMA if p == RDF_TYPE and isinstance(o, NamedNode)}
AXIOM_PREDICATES: Final = LIST_PREDICATES | {p for _, p, _ in _SCHEMA if isinstance(p, NamedNode)} - {RDF_TYPE}

_LISTS: Final = frozenset(predicate.value for predicate in LIST_PREDICATES)
_CLASSES_OF_AXIOMS: Final = frozenset(node.value for node in AXIOM_CLASSES)
#: The axioms that a rule of the table takes up, and equalities: by their property the objects (None: any).
AXIOMS: Final[Mapping[str, AbstractSet[str] | None]] = {
    **{predicate.value: None for predicate in AXIOM_PREDICATES},
    _TYPE: _CLASSES_OF_AXIOMS | {_DATA_PROPERTY, _OBJECT_PROPERTY},
}
ANYTHING: Final = Kind(None)

#: An atom of a rule, as strings; variables begin with `?`, other terms are written like the objects of kinds.
_Atom = tuple[str, str, str]
_Bindings = dict[str, str]

#: With more sets of what else holds, a kind is taken as if nothing else did.
_MOST_STATES: Final = 8


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of the table that concludes something, its terms as strings."""

    name: str
    schema: tuple[_Atom, ...]
    data: tuple[_Atom, ...]
    head: _Atom


#: From a first kind to the one that follows from it, each with the rule of the specification that leads to it.
Way = tuple[tuple[Kind, str], ...]


class Reached:
    """The kinds that may follow from some first ones, the nearest first, with the way to each."""

    def __init__(self, first: Iterable[Kind]) -> None:
        self._links: dict[Kind, tuple[int, Kind | None, str]] = {}
        self._nearest: dict[str | None, Kind] = {}
        for kind in first:
            self.add(kind, None, "")

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._links)

    def add(self, kind: Kind, origin: Kind | None, rule: str) -> None:
        """Add a kind that follows from another by a rule, if it is not there."""
        if kind not in self._links:
            self._links[kind] = (len(self._links), origin, rule)
            self._nearest.setdefault(kind.predicate, kind)

    def meeting(self, kind: Kind) -> Way | None:
        """The way to the nearest kind that shares triples with this one; None where there is none."""
        if kind.predicate is None:
            met = list(self._links)[:1]
        elif kind.object is None:
            met = [self._nearest[p] for p in (kind.predicate, None) if p in self._nearest]
        else:
            met = [one for one in (kind, Kind(kind.predicate), ANYTHING) if one in self._links]
        return self._path(min(met, key=lambda one: self._links[one][0])) if met else None

    def _path(self, end: Kind) -> Way:
        """The way to a kind; what has no name is left out, the rules that lead over it are kept."""
        steps: list[tuple[Kind, str]] = []
        kind: Kind | None = end
        while kind is not None:
            _, origin, rule = self._links[kind]
            steps.append((kind, rule))
            kind = origin
        found: list[tuple[Kind, str]] = []
        over: list[str] = []
        for one, rule in reversed(steps):
            over += [rule] if rule else []
            if one == end or not (one.object or one.predicate or "").startswith("_:"):
                found.append((one, ", ".join(over)))
                over = []
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _Step:
    """What a rule concludes of a fact of some kind.

    Attributes:
        kind: Of the conclusion.
        rule: Its name in the specification.
        same_subject: Whether it is said of the same subject.
        holds: What else the rule demands of the subject of the conclusion.
    """

    kind: Kind
    rule: str
    same_subject: bool = False
    holds: frozenset[Kind] = frozenset()


def is_taken_up(triple: Triple) -> bool:
    """Whether a triple is one of the axioms that a rule of the table takes up."""
    objects = AXIOMS.get(triple.predicate.value, frozenset())
    return objects is None or constant(triple.object) in objects


class Consequences:
    """Kinds of triples that may follow from others, found when they are asked for."""

    def __init__(self, axioms: Iterable[Triple]) -> None:
        self._objects: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._subjects: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        lists: list[Triple] = []
        for triple in axioms:
            s, p, o = _text(triple.subject), triple.predicate.value, _text(triple.object)
            self._objects[p][s].append(o)
            self._subjects[p][o].append(s)
            if p in _LISTS:
                lists.append(triple)
        self._rules: dict[str, dict[str, list[tuple[_Rule, _Atom]]]] = {}
        for pattern in (*TABLE, *list_patterns(lists)):
            self._index(pattern)
        self._steps: dict[Kind, tuple[_Step, ...]] = {}
        self._certain: dict[Kind, frozenset[Kind]] = {}

    def _index(self, pattern: Pattern) -> None:
        """File what concludes something of a fact under its atoms; of equality `_find_steps` takes care."""
        if pattern.head is None or pattern.head[0] == pattern.head[2]:
            return
        rule = _Rule(
            pattern.name, tuple(map(_atom, pattern.schema)), tuple(map(_atom, pattern.data)), _atom(pattern.head)
        )
        if any(predicate not in self._objects or predicate == _SAME_AS for _, predicate, _ in rule.schema):
            return
        for atom in rule.data:
            p, o = ("?" if part.startswith("?") else part for part in atom[1:])
            self._rules.setdefault(p, {}).setdefault(o, []).append((rule, atom))

    def of(self, kinds: Iterable[Kind]) -> Reached:
        """All kinds that may follow from these, themselves included."""
        found = Reached(sorted(kinds, key=str))
        states = {kind: [frozenset[Kind]()] for kind in found}
        queue = [(kind, frozenset[Kind]()) for kind in found]
        for kind, holds in queue:
            for step in self.steps(kind):
                known = step.holds | holds if step.same_subject else step.holds
                if step.kind in known or _is_covered(step.kind, known, states):
                    continue
                before = states.setdefault(step.kind, [])
                state = known if len(before) < _MOST_STATES else frozenset[Kind]()
                before.append(state)
                queue.append((step.kind, state))
                found.add(step.kind, kind, step.rule)
        return found

    def steps(self, kind: Kind) -> tuple[_Step, ...]:
        """What rules conclude of a fact of this kind."""
        known = self._steps.get(kind)
        if known is None:
            known = self._steps[kind] = tuple(dict.fromkeys(self._find_steps(kind)))
        return known

    def _find_steps(self, kind: Kind) -> Iterator[_Step]:
        if kind.predicate is None:
            return
        if kind.predicate == _SAME_AS:
            yield _Step(ANYTHING, "eq-rep-s")
        elif (kind.predicate != _TYPE and kind.predicate in AXIOMS) or (
            kind.predicate == _TYPE and (kind.object is None or kind.object in _CLASSES_OF_AXIOMS)
        ):
            yield _Step(ANYTHING, "an axiom")
        for other in self._objects[_SAME_AS].get(kind.predicate, ()):
            yield _Step(Kind(other, kind.object), "eq-rep-p", same_subject=True)
        for other in self._objects[_SAME_AS].get(kind.object, ()) if kind.object else ():
            yield _Step(Kind(kind.predicate, other), "eq-rep-o", same_subject=True)
        for rule, atom, found in self._conclusions(kind):
            others = (_kind(other, found) for other in rule.data if other != atom and other[0] == rule.head[0])
            holds = frozenset[Kind]().union(*map(self._all_of, others))
            yield _Step(_kind(rule.head, found), rule.name, atom[0] == rule.head[0], holds)

    def _conclusions(self, kind: Kind) -> Iterator[tuple[_Rule, _Atom, _Bindings]]:
        """Rules with an atom that a fact of this kind meets, and what the axioms bind in them."""
        for of_predicate in (self._rules.get("?", {}), self._rules.get(kind.predicate or "", {})):
            if kind.object is None:
                rows: Iterable[tuple[_Rule, _Atom]] = (row for some in of_predicate.values() for row in some)
            else:
                rows = (*of_predicate.get("?", ()), *of_predicate.get(kind.object, ()))
            for rule, atom in rows:
                terms = ((atom[1], kind.predicate), (atom[2], kind.object))
                bound = {part: term for part, term in terms if term is not None and part.startswith("?")}
                for found in self._solve(rule.schema, bound):
                    if not self._is_of_literals(rule, found):
                        yield rule, atom, found

    def _all_of(self, kind: Kind) -> frozenset[Kind]:
        """What holds of every subject that has a fact of a kind, itself included; nothing where its object is open."""
        if kind.object is None:
            return frozenset()
        known = self._certain.get(kind)
        if known is None:
            reached = {kind: None}
            queue = [kind]
            for one in queue:
                for rule, atom, found in self._conclusions(one):
                    other = _kind(rule.head, found)
                    if len(rule.data) == 1 and atom[0] == rule.head[0] and other.object and other not in reached:
                        reached[other] = None
                        queue.append(other)
            known = self._certain[kind] = frozenset(reached)
        return known

    def _solve(self, atoms: tuple[_Atom, ...], bound: _Bindings) -> list[_Bindings]:
        """All ways in which the axioms match the atoms of a schema."""
        found = [bound]
        for subject, predicate, obj in atoms:
            found = [
                known | {subject: one, obj: other}
                for known in found
                for one, other in self._pairs(predicate, _bound(subject, known), _bound(obj, known))
            ]
            if not found:
                break
        return found

    def _pairs(self, predicate: str, s: str | None, o: str | None) -> Iterable[tuple[str, str]]:
        if s is not None:
            return [(s, other) for other in self._objects[predicate].get(s, ()) if o is None or other == o]
        if o is not None:
            return [(one, o) for one in self._subjects[predicate].get(o, ())]
        return [(one, other) for one, others in self._objects[predicate].items() for other in others]

    def _is_of_literals(self, rule: _Rule, bound: _Bindings) -> bool:
        """Whether a rule makes literals the same: a functional data property does, but no triple says so."""
        if rule.head[1] != _SAME_AS:
            return False
        properties = [bound.get(p, p) for _, p, o in rule.data if o == rule.head[0]]
        types = [self._objects[_TYPE].get(p, ()) for p in properties]
        return any(_DATA_PROPERTY in kinds and _OBJECT_PROPERTY not in kinds for kinds in types)


def _is_covered(kind: Kind, known: frozenset[Kind], states: Mapping[Kind, list[frozenset[Kind]]]) -> bool:
    """Whether a kind, or the same with its object open, was met with no more known of its subject."""
    return any(before <= known for one in (kind, Kind(kind.predicate)) for before in states.get(one, ()))


def _bound(part: str, known: _Bindings) -> str | None:
    return known.get(part) if part.startswith("?") else part


def _kind(atom: _Atom, known: _Bindings) -> Kind:
    p, o = _bound(atom[1], known), _bound(atom[2], known)
    return Kind(p, None if o is None or o.startswith('"') else o)


def _atom(atom: Atom) -> _Atom:
    s, p, o = (part if isinstance(part, str) else _text(part) for part in atom)
    return (s, p, o)


def _text(term: Term) -> str:
    return constant(term) or str(term)
