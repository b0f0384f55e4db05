"""Semi-naive forward chaining over dictionary-encoded triples, with one derivation kept for each inferred triple."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg.reasoning.lists import LIST_CLASSES, LIST_PREDICATES, list_patterns
from cdkg.reasoning.table import TABLE, Atom, Pattern
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

Code = tuple[int, int, int]
#: An atom with codes for its terms; variables stay strings.
CodedAtom = tuple[int | str, int | str, int | str]
Bindings = dict[str, int]

#: Predicates of which `x p x` says nothing.
TRIVIAL_IF_REFLEXIVE: Final = frozenset(
    NamedNode(PREFIXES[prefix] + local)
    for prefix, local in (
        ("owl", "sameAs"),
        ("owl", "equivalentClass"),
        ("owl", "equivalentProperty"),
        ("rdfs", "subClassOf"),
        ("rdfs", "subPropertyOf"),
    )
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


class Reasoner(Protocol):
    """What both engines offer: our own (`Closure`) and the reference (`OwlrlClosure`)."""

    @property
    def clashes(self) -> list[Clash]:
        """All contradictions found so far."""

    def add(self, triples: Iterable[Triple], because: str = "") -> list[Triple]:
        """Add triples, close, and return what newly follows."""

    def derivation(self, triple: Triple) -> Derivation | None:
        """How `triple` was derived; None when it was given or does not follow."""

    def asserted_behind(self, triple: Triple) -> list[Triple]:
        """The given triples that `triple` rests on."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule ready to run. `then` is set while its schema still has to match: the rule to be instantiated."""

    name: str
    body: tuple[CodedAtom, ...]
    head: CodedAtom | None
    then: _Rule | None = None
    schema: tuple[Code, ...] = field(default=(), compare=False)  # what it was instantiated from


@dataclass(frozen=True, slots=True)
class _Watcher:
    """A rule that waits for a triple to meet one of its atoms, with the other atoms in the order to join them."""

    rule: _Rule
    atom: CodedAtom
    rest: tuple[CodedAtom, ...]


class Closure:
    """The OWL 2 RL/RDF closure of a set of triples (OWL 2 Profiles, section 4.3); more may be added at any time.

    It holds the same triples whatever the order in which they are added. Triples with a literal as subject are not
    made, nor reflexive `sameAs`, `subClassOf` and the like. A triple whose predicate is a blank node (an inverse
    property expression) takes part but is never given out: where it is a premise, what it rests on is shown instead.
    """

    def __init__(self, triples: Iterable[Triple] = ()) -> None:
        self._codes: dict[Term, int] = {}
        self._terms: list[Term] = []
        self._no_subject: set[int] = set()
        self._no_predicate: set[int] = set()
        self._hidden: set[int] = set()  # blank nodes: no predicates in RDF, but in generalised RDF
        self._facts: set[Code] = set()
        self._objects: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))  # p → s → o
        self._subjects: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))  # p → o → s
        self._why: dict[Code, tuple[str, tuple[Code, ...]]] = {}
        self._clashes: dict[tuple[str, frozenset[Code]], Clash] = {}
        self._queue: deque[Code] = deque()
        self._news: list[Code] = []
        self._rules: set[_Rule] = set()
        self._watch: dict[tuple[int, int, int], list[_Watcher]] = defaultdict(list)
        self._type = self._code(RDF_TYPE)
        self._trivial = {self._code(predicate) for predicate in TRIVIAL_IF_REFLEXIVE}
        self._list_predicates = {self._code(predicate) for predicate in LIST_PREDICATES}
        self._list_classes = {self._code(kind) for kind in LIST_CLASSES}
        self._lists_changed = False
        for pattern in TABLE:
            data = self._data_rule(pattern)
            schema = self._coded(pattern.schema)
            self._install(_Rule(pattern.name, schema, None, then=data) if schema else data)
        self._add(triples, "")

    # -- what it holds ---------------------------------------------------------------------------------------------

    @property
    def clashes(self) -> list[Clash]:
        """All contradictions found so far."""
        return list(self._clashes.values())

    def inferred(self) -> Iterator[Triple]:
        """All triples that were derived and not given."""
        return (self._triple(code) for code in self._why if code[1] not in self._hidden)

    def derivation(self, triple: Triple) -> Derivation | None:
        """How `triple` was derived first; None when it was given or does not follow.

        A rule over a list shows the triple that hangs the list on its owner, not the triples of the list.
        """
        why = self._why.get(self._lookup(triple))
        return Derivation(why[0], self._shown(why[1])) if why else None

    def asserted_behind(self, triple: Triple) -> list[Triple]:
        """The given triples at the leaves of the derivation of `triple`, each once; none when it does not hold."""
        start = self._lookup(triple)
        seen: set[Code] = set()
        leaves: list[Code] = []
        stack = [start] if start in self._facts else []
        while stack:
            code = stack.pop()
            if code in seen:
                continue
            seen.add(code)
            if code in self._why:
                stack.extend(reversed(self._why[code][1]))
            else:
                leaves.append(code)
        return [self._triple(code) for code in leaves]

    def _shown(self, premises: tuple[Code, ...]) -> tuple[Triple, ...]:
        """The premises as triples; in place of one that RDF cannot say, those that it rests on."""
        shown: dict[Code, None] = {}
        stack = list(reversed(premises))
        while stack:
            code = stack.pop()
            if code[1] in self._hidden:
                stack.extend(reversed(self._why[code][1]))
            else:
                shown[code] = None
        return tuple(self._triple(code) for code in shown)

    # -- adding ----------------------------------------------------------------------------------------------------

    def add(self, triples: Iterable[Triple], because: str = "") -> list[Triple]:
        """Add triples, given or (with `because`, the name of a rule outside this table) derived, and close.

        Returns:
            What newly follows from them, without themselves.
        """
        return [self._triple(code) for code in self._add(triples, because) if code[1] not in self._hidden]

    def _add(self, triples: Iterable[Triple], because: str) -> list[Code]:
        self._news = []
        for triple in triples:
            code = (self._code(triple.subject), self._code(triple.predicate), self._code(triple.object))
            if code not in self._facts:
                if because:
                    self._why[code] = (because, ())
                self._store(code)
            elif not because:
                self._why.pop(code, None)
        while self._queue:
            self._meet_watchers()
            self._read_lists()
        return self._news

    def _meet_watchers(self) -> None:
        while self._queue:
            fact = self._queue.popleft()
            s, p, o = fact
            for key in ((-1, p, o), (-1, p, -1), (s, -1, -1), (-1, -1, o), (-1, -1, -1)):
                # a copy: a rule that is instantiated meanwhile runs on all facts by itself
                for watcher in tuple(self._watch.get(key, ())):
                    bindings = _unify(watcher.atom, fact, {})
                    if bindings is not None:
                        self._run(watcher.rule, watcher.rest, bindings)

    def _read_lists(self) -> None:
        """Instantiate the rules over lists anew when a triple of a list came in, given or derived."""
        if self._lists_changed:
            self._lists_changed = False
            codes = [(s, p, o) for p in self._list_predicates for s, os in self._objects[p].items() for o in os]
            codes += [(s, self._type, o) for o in self._list_classes for s in self._subjects[self._type][o]]
            for pattern in list_patterns(self._triple(code) for code in codes):
                schema = tuple(_ground(atom, {}) for atom in self._coded(pattern.schema))
                self._install(_instance(self._data_rule(pattern), {}, schema))

    def _store(self, code: Code) -> None:
        s, p, o = code
        self._facts.add(code)
        self._objects[p][s].add(o)
        self._subjects[p][o].add(s)
        self._queue.append(code)
        if p in self._list_predicates or (p == self._type and o in self._list_classes):
            self._lists_changed = True

    def _data_rule(self, pattern: Pattern) -> _Rule:
        return _Rule(pattern.name, self._coded(pattern.data), self._coded((pattern.head,))[0] if pattern.head else None)

    def _install(self, rule: _Rule) -> None:
        """Watch for what the rule needs, and run it on what is there already."""
        if rule in self._rules:
            return
        self._rules.add(rule)
        for index, atom in enumerate(rule.body):
            rest = _ordered(rule.body[:index] + rule.body[index + 1 :], bound=_variables(atom))
            self._watch[self._key(atom)].append(_Watcher(rule, atom, rest))
        self._run(rule, _ordered(rule.body, bound=set()), {})

    def _key(self, atom: CodedAtom) -> tuple[int, int, int]:
        """Under what a triple must be looked up to meet this atom: its most telling constants, -1 for the rest."""
        s, p, o = (term if isinstance(term, int) else -1 for term in atom)
        if p == self._type:
            return (-1, p, o)
        if p != -1:
            return (-1, p, -1)
        return (s, -1, -1) if s != -1 else (-1, -1, o)

    def _run(self, rule: _Rule, atoms: tuple[CodedAtom, ...], bindings: Bindings) -> None:
        """Join the atoms with what is bound already, and draw the rule's conclusion from each solution."""
        solutions = [bindings]
        for atom in atoms:
            if not solutions:
                return
            solutions = [
                extended
                for solution in solutions
                for fact in self._matches(atom, solution)
                if (extended := _unify(atom, fact, solution)) is not None
            ]
        for solution in solutions:
            self._conclude(rule, solution)

    def _conclude(self, rule: _Rule, solution: Bindings) -> None:
        if rule.head is not None:
            fact = s, p, o = _ground(rule.head, solution)
            if (
                fact not in self._facts
                and s not in self._no_subject
                and p not in self._no_predicate
                and not (s == o and p in self._trivial)
            ):
                self._why[fact] = (rule.name, self._premises(rule, solution))
                self._news.append(fact)
                self._store(fact)
        elif rule.then is not None:
            self._install(_instance(rule.then, solution, self._premises(rule, solution)))
        else:
            premises = self._premises(rule, solution)
            key = (rule.name, frozenset(premises))
            if key not in self._clashes:
                self._clashes[key] = Clash(rule.name, self._shown(premises))

    @staticmethod
    def _premises(rule: _Rule, solution: Bindings) -> tuple[Code, ...]:
        return (*rule.schema, *(_ground(atom, solution) for atom in rule.body))

    def _matches(self, atom: CodedAtom, bindings: Bindings) -> Iterable[Code]:
        """The facts that may meet the atom, by the best index there is."""
        s, p, o = (t if isinstance(t, int) else bindings.get(t, -1) for t in atom)
        if p == -1:
            if s != -1:
                return [(s, q, x) for q, by in self._objects.items() for x in by.get(s, ())]
            return [(x, q, o) for q, by in self._subjects.items() for x in by.get(o, ())] if o != -1 else self._facts
        if s != -1 and o != -1:
            return [(s, p, o)] if (s, p, o) in self._facts else []
        if s != -1:
            return [(s, p, x) for x in self._objects[p].get(s, ())] if p in self._objects else []
        if o != -1:
            return [(x, p, o) for x in self._subjects[p].get(o, ())] if p in self._subjects else []
        return [(x, p, y) for x, ys in self._objects[p].items() for y in ys] if p in self._objects else []

    # -- terms and codes -------------------------------------------------------------------------------------------

    def _code(self, term: Term) -> int:
        code = self._codes.get(term)
        if code is None:
            code = self._codes[term] = len(self._terms)
            self._terms.append(term)
            if isinstance(term, BlankNode):
                self._hidden.add(code)
            elif not isinstance(term, NamedNode):
                self._no_subject.add(code)
                self._no_predicate.add(code)
        return code

    def _lookup(self, triple: Triple) -> Code:
        """The code of a triple, without taking unknown terms up."""
        known = self._codes
        return (known.get(triple.subject, -1), known.get(triple.predicate, -1), known.get(triple.object, -1))

    def _triple(self, code: Code) -> Triple:
        s, p, o = code
        terms = self._terms
        return Triple(terms[s], terms[p], terms[o])  # type: ignore[arg-type]  # such a subject is never stored

    def _coded(self, atoms: Iterable[Atom]) -> tuple[CodedAtom, ...]:
        def code(term: str | Term) -> int | str:
            return term if isinstance(term, str) else self._code(term)

        return tuple((code(s), code(p), code(o)) for s, p, o in atoms)


def _variables(atom: CodedAtom) -> set[str]:
    return {term for term in atom if isinstance(term, str)}


def _ordered(atoms: tuple[CodedAtom, ...], bound: set[str]) -> tuple[CodedAtom, ...]:
    """The atoms in the order to join them: the least unknown first, and rather one that shares what is bound."""
    left, order, known = list(atoms), [], set(bound)

    def cost(index: int) -> tuple[int, int]:
        variables = [term for term in left[index] if isinstance(term, str)]
        unknown = sum(term not in known for term in variables)
        return unknown, unknown - len(variables)

    while left:
        atom = left.pop(0 if cost(0)[0] == 0 else min(range(len(left)), key=cost))
        order.append(atom)
        known |= _variables(atom)
    return tuple(order)


def _unify(atom: CodedAtom, fact: Code, bindings: Bindings) -> Bindings | None:
    """The bindings with those under which the atom is the fact; None when there are none."""
    extended = bindings.copy()
    for term, value in zip(atom, fact, strict=True):
        if isinstance(term, int):
            if term != value:
                return None
        elif extended.setdefault(term, value) != value:
            return None
    return extended


def _ground(atom: CodedAtom, bindings: Bindings) -> Code:
    s, p, o = atom
    return (
        s if isinstance(s, int) else bindings[s],
        p if isinstance(p, int) else bindings[p],
        o if isinstance(o, int) else bindings[o],
    )


def _instance(rule: _Rule, bindings: Bindings, schema: tuple[Code, ...]) -> _Rule:
    """The rule with what its schema has bound put in place."""

    def put(atom: CodedAtom) -> CodedAtom:
        s, p, o = (t if isinstance(t, int) else bindings.get(t, t) for t in atom)
        return (s, p, o)

    head = put(rule.head) if rule.head else None
    return _Rule(rule.name, tuple(put(atom) for atom in rule.body), head, schema=schema)
