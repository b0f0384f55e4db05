"""Semi-naive forward chaining over dictionary-encoded triples, with one derivation kept for each inferred triple."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.reasoning.lists import list_patterns
from cdkg.reasoning.table import TABLE, Atom, Pattern
from cdkg.vocabulary import PREFIXES, Term

Code = tuple[int, int, int]
#: An atom with codes for its terms; variables stay strings.
CodedAtom = tuple[int | str, int | str, int | str]
Bindings = dict[str, int]

_TRIVIAL_IF_REFLEXIVE: Final = frozenset(
    {
        PREFIXES["owl"] + "sameAs",
        PREFIXES["owl"] + "equivalentClass",
        PREFIXES["owl"] + "equivalentProperty",
        PREFIXES["rdfs"] + "subClassOf",
        PREFIXES["rdfs"] + "subPropertyOf",
    }
)


@dataclass(frozen=True, slots=True)
class Derivation:
    """One step: the rule by its name in the specification, and the triples it was applied to."""

    rule: str
    premises: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class Clash:
    """A contradiction: the `false` rule that fired and the triples that clash."""

    rule: str
    triples: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule ready to run. `then` is set while its schema still has to match: the rule to be instantiated."""

    name: str
    body: tuple[CodedAtom, ...]
    head: CodedAtom | None
    then: _Rule | None = None
    schema: tuple[Code, ...] = field(default=(), compare=False)  # what it was instantiated from


class Closure:
    """The OWL 2 RL/RDF closure of a set of triples; more may be added at any time.

    Triples that would have a literal as subject are not made, nor reflexive `sameAs`, `subClassOf` and the like.
    """

    def __init__(self, triples: Iterable[Triple] = ()) -> None:
        self._codes: dict[Term, int] = {}
        self._terms: list[Term] = []
        self._literals: set[int] = set()
        self._subjects: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))  # p → s → o
        self._objects: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))  # p → o → s
        self._by_subject: dict[int, set[tuple[int, int]]] = defaultdict(set)
        self._by_object: dict[int, set[tuple[int, int]]] = defaultdict(set)
        self._facts: set[Code] = set()
        self._why: dict[Code, tuple[str, tuple[Code, ...]]] = {}
        self._clashes: dict[tuple[str, frozenset[Code]], Clash] = {}
        self._queue: deque[Code] = deque()
        self._rules: set[_Rule] = set()
        self._watch: dict[tuple[str, int, int], list[tuple[_Rule, int]]] = defaultdict(list)
        self._type = self._code(NamedNode(PREFIXES["rdf"] + "type"))
        self._trivial = {self._code(NamedNode(iri)) for iri in _TRIVIAL_IF_REFLEXIVE}
        for pattern in TABLE:
            self._take_up(pattern)
        self.add(triples)

    # -- what it holds ---------------------------------------------------------------------------------------------

    @property
    def clashes(self) -> list[Clash]:
        """All contradictions found so far."""
        return list(self._clashes.values())

    def inferred(self) -> Iterator[Triple]:
        """All triples that were derived and not given."""
        return (self._triple(code) for code in self._why)

    def derivation(self, triple: Triple) -> Derivation | None:
        """How `triple` was derived first; None when it was given or does not follow."""
        why = self._why.get(self._lookup(triple))
        return Derivation(why[0], tuple(self._triple(code) for code in why[1])) if why else None

    def asserted_behind(self, triple: Triple) -> list[Triple]:
        """The given triples at the leaves of the derivation of `triple`, each once, in order of the proof."""
        leaves: dict[Code, None] = {}
        seen: set[Code] = set()
        stack = [self._lookup(triple)]
        while stack:
            code = stack.pop()
            if code in seen:
                continue
            seen.add(code)
            why = self._why.get(code)
            if why is None:
                leaves[code] = None
            else:
                stack.extend(reversed(why[1]))
        return [self._triple(code) for code in leaves]

    # -- adding ----------------------------------------------------------------------------------------------------

    def add(self, triples: Iterable[Triple], because: str = "") -> None:
        """Add triples, given or (with `because`, the name of a rule outside this table) derived, and close."""
        given = list(triples)
        for triple in given:
            code = (self._code(triple.subject), self._code(triple.predicate), self._code(triple.object))
            if code not in self._facts:
                if because:
                    self._why[code] = (because, ())
                self._store(code)
            elif not because:
                self._why.pop(code, None)
        for pattern in list_patterns(given):
            self._take_up(pattern)
        while self._queue:
            fact = self._queue.popleft()
            for rule, index in self._watchers(fact):
                bindings: Bindings = {}
                if _unify(rule.body[index], fact, bindings):
                    self._fire(rule, bindings, skip=index)

    def _store(self, code: Code) -> None:
        s, p, o = code
        self._facts.add(code)
        self._subjects[p][s].add(o)
        self._objects[p][o].add(s)
        self._by_subject[s].add((p, o))
        self._by_object[o].add((p, s))
        self._queue.append(code)

    def _take_up(self, pattern: Pattern) -> None:
        data = _Rule(pattern.name, self._coded(pattern.data), self._coded((pattern.head,))[0] if pattern.head else None)
        self._install(_Rule(pattern.name, self._coded(pattern.schema), None, then=data) if pattern.schema else data)

    def _install(self, rule: _Rule) -> None:
        """Watch for what the rule needs, and run it on what is there already."""
        if rule in self._rules:
            return
        self._rules.add(rule)
        for index, atom in enumerate(rule.body):
            self._watch[self._key(atom)].append((rule, index))
        self._fire(rule, {}, skip=-1)

    def _key(self, atom: CodedAtom) -> tuple[str, int, int]:
        """Under what a triple must be looked up to meet this atom: its most telling constant."""
        s, p, o = atom
        if p == self._type and isinstance(o, int):
            return ("type", o, 0)
        if isinstance(p, int):
            return ("p", p, 0)
        if isinstance(s, int):
            return ("s", s, 0)
        if isinstance(o, int):
            return ("o", o, 0)
        return ("any", 0, 0)

    def _watchers(self, fact: Code) -> list[tuple[_Rule, int]]:
        s, p, o = fact
        keys = [("p", p, 0), ("s", s, 0), ("o", o, 0), ("any", 0, 0)]
        if p == self._type:
            keys.append(("type", o, 0))
        return [entry for key in keys for entry in self._watch.get(key, ())]

    def _fire(self, rule: _Rule, bindings: Bindings, skip: int) -> None:
        rest = [atom for index, atom in enumerate(rule.body) if index != skip]
        for solution in list(self._join(rest, bindings)):
            premises = (*rule.schema, *(_ground(atom, solution) for atom in rule.body))
            if rule.then is not None:
                self._install(_instance(rule.then, solution, premises))
                continue
            if rule.head is None:
                self._clash(rule.name, premises)
                continue
            fact = _ground(rule.head, solution)
            if fact in self._facts or fact[0] in self._literals or (fact[0] == fact[2] and fact[1] in self._trivial):
                continue
            self._why[fact] = (rule.name, premises)
            self._store(fact)

    def _clash(self, name: str, premises: tuple[Code, ...]) -> None:
        key = (name, frozenset(premises))
        if key not in self._clashes:
            self._clashes[key] = Clash(name, tuple(dict.fromkeys(self._triple(code) for code in premises)))

    # -- joins -----------------------------------------------------------------------------------------------------

    def _join(self, atoms: list[CodedAtom], bindings: Bindings) -> Iterator[Bindings]:
        if not atoms:
            yield bindings
            return
        atom = max(atoms, key=lambda a: sum(isinstance(t, int) or t in bindings for t in a))
        rest = list(atoms)
        rest.remove(atom)
        for fact in self._matches(atom, bindings):
            extended = dict(bindings)
            if _unify(atom, fact, extended):
                yield from self._join(rest, extended)

    def _matches(self, atom: CodedAtom, bindings: Bindings) -> list[Code]:
        s, p, o = (t if isinstance(t, int) else bindings.get(t) for t in atom)
        if p is not None:
            if s is not None:
                return [(s, p, x) for x in self._subjects.get(p, {}).get(s, ()) if o is None or o == x]
            if o is not None:
                return [(x, p, o) for x in self._objects.get(p, {}).get(o, ())]
            return [(x, p, y) for x, ys in self._subjects.get(p, {}).items() for y in ys]
        if s is not None:
            return [(s, q, x) for q, x in self._by_subject.get(s, ()) if o is None or o == x]
        if o is not None:
            return [(x, q, o) for q, x in self._by_object.get(o, ())]
        return list(self._facts)

    # -- terms and codes -------------------------------------------------------------------------------------------

    def _code(self, term: Term) -> int:
        code = self._codes.get(term)
        if code is None:
            code = self._codes[term] = len(self._terms)
            self._terms.append(term)
            if isinstance(term, Literal):
                self._literals.add(code)
        return code

    def _lookup(self, triple: Triple) -> Code:
        return (self._code(triple.subject), self._code(triple.predicate), self._code(triple.object))

    def _triple(self, code: Code) -> Triple:
        s, p, o = (self._terms[part] for part in code)
        return Triple(s, p, o)  # type: ignore[arg-type]  # a literal is never stored as subject

    def _coded(self, atoms: Iterable[Atom]) -> tuple[CodedAtom, ...]:
        def code(term: str | Term) -> int | str:
            return term if isinstance(term, str) else self._code(term)

        return tuple((code(s), code(p), code(o)) for s, p, o in atoms)


def _unify(atom: CodedAtom, fact: Code, bindings: Bindings) -> bool:
    for term, value in zip(atom, fact, strict=True):
        if isinstance(term, int):
            if term != value:
                return False
        elif bindings.setdefault(term, value) != value:
            return False
    return True


def _ground(atom: CodedAtom, bindings: Bindings) -> Code:
    s, p, o = (t if isinstance(t, int) else bindings[t] for t in atom)
    return (s, p, o)


def _instance(rule: _Rule, bindings: Bindings, schema: tuple[Code, ...]) -> _Rule:
    """The rule with what its schema has bound put in place."""

    def put(atom: CodedAtom) -> CodedAtom:
        s, p, o = (t if isinstance(t, int) else bindings.get(t, t) for t in atom)
        return (s, p, o)

    head = put(rule.head) if rule.head else None
    return _Rule(rule.name, tuple(put(atom) for atom in rule.body), head, schema=schema)
