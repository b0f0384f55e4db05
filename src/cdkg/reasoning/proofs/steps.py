"""The steps by which a fact follows from others, read backwards from the rules of OWL 2 RL (OWL 2 Profiles, 4.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from pyoxigraph import NamedNode

from cdkg.reasoning.proofs.join import UNBOUND, Code, View, ground, solutions, value
from cdkg.reasoning.rl.table import Atom, Pattern
from cdkg.reasoning.rl.terms import Codes
from cdkg.vocabulary import PREFIXES, Term

_SAME_AS: Final = NamedNode(PREFIXES["owl"] + "sameAs")

#: The name of the rule by which a fact holds on its own, as for the values of its literals (dt-eq); else empty.
ByValue = Callable[[int, int, int], str]

#: For how many predicates and objects the rules that fit are remembered.
_MOST_KEPT: Final = 100_000


class Facts(Protocol):
    """A closed set of generalised triples by integer codes: any term may stand in any place.

    Arrays are sorted and hold each code once; none may change while proofs are asked for.
    """

    def code(self, term: Term) -> int:
        """The code of a term; -1 when no fact has it."""

    def term(self, code: int) -> Term:
        """The term of a code."""

    def holds(self, s: int, p: int, o: int) -> bool:
        """Whether a fact is in the closure."""

    def given(self, s: int, p: int, o: int) -> bool:
        """Whether a fact was asserted."""

    def objects(self, s: int, p: int) -> Codes:
        """All o with (s p o)."""

    def subjects(self, p: int, o: int) -> Codes:
        """All s with (s p o)."""

    def given_objects(self, s: int, p: int) -> Codes:
        """All o with (s p o) asserted."""

    def given_subjects(self, p: int, o: int) -> Codes:
        """All s with (s p o) asserted."""

    def links(self, s: int, o: int) -> Codes:
        """All p with (s p o)."""

    def predicates(self) -> Iterable[int]:
        """All predicates that have facts."""


class Step(NamedTuple):
    """One application of a rule: its name and what it was applied to, each fact once, in the order of the rule."""

    rule: str
    premises: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class CodedRule:
    """A pattern in codes.

    Attributes:
        schema: How many of its atoms are schema; they come first.
        transitive: It says x p y, y p z → x p z.
        symmetric: It says x p y → y p x.
    """

    name: str
    head: Code
    body: tuple[Code, ...]
    schema: int
    variables: int
    transitive: bool
    symmetric: bool

    def bind(self, subject: int, predicate: int, obj: int) -> list[int] | None:
        """The values under which the head is a fact (UNBOUND is a place left open); None when it cannot be."""
        values = [UNBOUND] * self.variables
        for term, code in zip(self.head, (subject, predicate, obj), strict=True):
            known = value(term, values)
            if known == UNBOUND:
                values[~term] = code
            elif code not in (known, UNBOUND):
                return None
        return values


class Steps:
    """Finds the steps that lead to a fact.

    Rules that cannot apply are put aside early: those with a term or a predicate that no fact has, and for each
    predicate (or predicate and object, as in `x rdf:type C`) those whose other atoms can then not be met.
    """

    def __init__(self, facts: Facts, patterns: Iterable[Pattern], by_value: ByValue | None = None) -> None:
        self._facts = facts
        self._by_value = by_value
        self._predicates = set(facts.predicates())
        self._closed = View(facts.holds, facts.objects, facts.subjects, facts.links)
        self._given = View(facts.given, facts.given_objects, facts.given_subjects, facts.links)
        self._by_object: dict[tuple[int, int], list[CodedRule]] = defaultdict(list)  # UNBOUND: a variable
        self._by_subject: dict[tuple[int, int], list[CodedRule]] = defaultdict(list)
        self._fitting: dict[tuple[int, int], list[CodedRule]] = {}
        self._from_any: dict[int, list[CodedRule]] = {}
        rules = [rule for pattern in patterns if (rule := self._coded(pattern))]
        for rule in sorted(dict.fromkeys(rules), key=lambda rule: rule.transitive):  # these have the most steps
            s, p, o = (max(term, UNBOUND) for term in rule.head)
            self._by_object[p, o].append(rule)
            self._by_subject[p, s].append(rule)
        self._concluded = {p for p, _ in self._by_object}

    def of(self, goal: Code, *, given: bool) -> Iterator[Step]:
        """Yield the steps to `goal` from other facts that hold, each once, in a fixed order.

        Args:
            goal: A fact.
            given: Only the steps whose data is asserted; their schema may be inferred.
        """
        s, p, o = goal
        alone = self._by_value(s, p, o) if self._by_value else ""
        if alone:
            yield Step(alone, ())
        seen: set[Step] = set()
        for rule in self._rules(p, o):
            values = rule.bind(s, p, o)
            if values is None:
                continue
            for solution in self._solutions(rule, values, given=given):
                step = _step(rule, solution)
                if goal not in step.premises and step not in seen:
                    seen.add(step)
                    yield step

    def onwards(self, subject: int, predicate: int) -> Iterator[tuple[int, Step]]:
        """Yield each o to which one step from asserted data gives (subject predicate o), but for transitive rules."""
        for rule in self._rules_from(subject, predicate):
            values = None if rule.transitive else rule.bind(subject, predicate, UNBOUND)
            if values is None:
                continue
            for solution in self._solutions(rule, values, given=True):
                yield value(rule.head[2], solution), _step(rule, solution)

    def transitive(self, goal: Code) -> CodedRule | None:
        """The rule that makes the predicate of `goal` transitive."""
        return next((rule for rule in self._fitting_to(goal) if rule.transitive), None)

    def symmetric(self, goal: Code) -> CodedRule | None:
        """The rule that makes the predicate of `goal` symmetric."""
        return next((rule for rule in self._fitting_to(goal) if rule.symmetric), None)

    def _fitting_to(self, goal: Code) -> Iterator[CodedRule]:
        """The rules to `goal` whose schema holds and leaves no variable unbound."""
        for rule in self._rules(*goal[1:]):
            values = rule.bind(*goal)
            schema = [ground(atom, values) for atom in rule.body[: rule.schema]] if values else []
            if values and all(min(fact) >= 0 and self._facts.holds(*fact) for fact in schema):
                yield rule

    @staticmethod
    def apply(rule: CodedRule, goal: Code, middle: int = UNBOUND) -> Step:
        """The step of a symmetric rule to `goal`, or of a transitive rule by way of `middle`."""
        values = rule.bind(*goal) or []
        if rule.transitive:
            values[~rule.body[rule.schema][2]] = middle
        return _step(rule, values)

    def _solutions(self, rule: CodedRule, values: list[int], *, given: bool) -> Iterator[list[int]]:
        data = self._given if given else self._closed
        views = [self._closed] * rule.schema + [data] * (len(rule.body) - rule.schema)
        return solutions(rule.body, views, values)

    def _rules(self, p: int, o: int) -> list[CodedRule]:
        """The rules that may lead to a fact with this predicate and object, transitive ones last."""
        key = (p, o if p in self._concluded else UNBOUND)
        if key not in self._fitting:
            if len(self._fitting) > _MOST_KEPT:
                self._fitting.clear()
            ends = dict.fromkeys((predicate, term) for predicate in (p, UNBOUND) for term in (key[1], UNBOUND))
            found = [rule for end in ends for rule in self._by_object.get(end, ()) if self._may_apply(rule, *key)]
            self._fitting[key] = sorted(found, key=lambda rule: rule.transitive)
        return self._fitting[key]

    def _rules_from(self, s: int, p: int) -> list[CodedRule]:
        """The rules that may lead to a fact with this subject and predicate."""
        if p not in self._from_any:
            found = self._by_subject.get((p, UNBOUND), []) + self._by_subject.get((UNBOUND, UNBOUND), [])
            self._from_any[p] = [rule for rule in found if self._may_apply(rule, p, UNBOUND)]
        return self._from_any[p] + self._by_subject.get((p, s), [])

    def _may_apply(self, rule: CodedRule, predicate: int, obj: int) -> bool:
        """Whether each atom can be met that is then known but for one term."""
        values = rule.bind(UNBOUND, predicate, obj)
        if values is None:
            return False
        for atom in rule.body:
            s, p, o = ground(atom, values)
            if p < 0:
                continue
            if s >= 0 and o >= 0:
                met = self._facts.holds(s, p, o)
            elif s >= 0 or o >= 0:
                met = bool(len(self._facts.objects(s, p) if s >= 0 else self._facts.subjects(p, o)))
            else:
                met = p in self._predicates
            if not met:
                return False
        return True

    def _coded(self, pattern: Pattern) -> CodedRule | None:
        """The pattern in codes; None where it has a term that no fact has, or says `false`."""
        if pattern.head is None:
            return None
        names: dict[str, int] = {}

        def code(term: str | Term) -> int:
            return ~names.setdefault(term, len(names)) if isinstance(term, str) else self._facts.code(term)

        def atom(terms: Atom) -> Code:
            s, p, o = terms
            return code(s), code(p), code(o)

        atoms = (*pattern.schema, *pattern.data, pattern.head)
        if any(not isinstance(term, str) and self._facts.code(term) < 0 for terms in atoms for term in terms):
            return None
        *body, head = (atom(terms) for terms in atoms)
        if any(p >= 0 and p not in self._predicates for _, p, _ in body):
            return None
        # equality is no schema: it may be as large as the data, and each proof of it as long
        schema = 0 if any(term == _SAME_AS for _, term, _ in pattern.schema) else len(pattern.schema)
        data = body[schema:]
        shape = {"transitive": _transitive(data, head), "symmetric": data == [head[::-1]] and head[0] != head[2]}
        return CodedRule(pattern.name, head, tuple(body), schema, len(names), **shape)


def _step(rule: CodedRule, values: list[int]) -> Step:
    return Step(rule.name, tuple(dict.fromkeys(ground(atom, values) for atom in rule.body)))


def _transitive(data: list[Code], head: Code) -> bool:
    if len(data) != 2:
        return False
    (x, p, y), (y2, p2, z) = data
    return p == p2 and y == y2 and head == (x, p, z) and len({x, y, z}) == 3 and max(x, y, z) < 0
