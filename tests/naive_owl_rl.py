"""An evaluator of the rule table of OWL 2 RL too simple to be wrong, and too slow for anything but tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.reasoning.closure import TRIVIAL_IF_REFLEXIVE, Derivation
from cdkg.reasoning.lists import LIST_CLASSES, LIST_PREDICATES, list_patterns
from cdkg.reasoning.table import TABLE, Atom
from cdkg.vocabulary import RDF_TYPE, Term

Fact = tuple[Term, Term, Term]


def _substitutions(
    atoms: tuple[Atom, ...], facts: dict[Term, set[Fact]], bound: dict[str, Term]
) -> Iterator[dict[str, Term]]:
    """All ways to turn the atoms into facts."""
    if not atoms:
        yield bound
        return
    predicate = bound.get(atoms[0][1], atoms[0][1]) if isinstance(atoms[0][1], str) else atoms[0][1]
    candidates = {f for group in facts.values() for f in group} if isinstance(predicate, str) else facts[predicate]
    for fact in candidates:
        extended = dict(bound)
        if all(
            (extended.setdefault(t, v) if isinstance(t, str) else t) == v for t, v in zip(atoms[0], fact, strict=True)
        ):
            yield from _substitutions(atoms[1:], facts, extended)


def _sayable(fact: Fact) -> bool:
    """What the engine makes: no literal as subject or predicate, nothing trivially reflexive."""
    subject, predicate, obj = fact
    reflexive = subject == obj and predicate in TRIVIAL_IF_REFLEXIVE
    return not isinstance(subject, Literal) and not isinstance(predicate, Literal) and not reflexive


def naive(graph: Iterable[Triple]) -> tuple[set[Triple], set[str]]:
    """The closure and the names of the rules that clash: all rules with all substitutions, until nothing is new."""
    facts: dict[Term, set[Fact]] = defaultdict(set)
    for triple in graph:
        facts[triple.predicate].add((triple.subject, triple.predicate, triple.object))
    clashes: set[str] = set()
    while True:
        of_lists = [
            _triple(*fact)
            for predicate in (*LIST_PREDICATES, RDF_TYPE)
            for fact in facts[predicate]
            if predicate != RDF_TYPE or fact[2] in LIST_CLASSES
        ]
        new: set[Fact] = set()
        for rule in (*TABLE, *list_patterns(of_lists)):
            for found in _substitutions((*rule.schema, *rule.data), facts, {}):
                if rule.head is None:
                    clashes.add(rule.name)
                    continue
                s, p, o = (found[term] if isinstance(term, str) else term for term in rule.head)
                if _sayable((s, p, o)) and (s, p, o) not in facts[p]:
                    new.add((s, p, o))
        if not new:
            break
        for fact in new:
            facts[fact[1]].add(fact)
    said = {_triple(*fact) for p, group in facts.items() if isinstance(p, NamedNode) for fact in group}
    return said, clashes


def _triple(subject: Term, predicate: Term, obj: Term) -> Triple:
    return Triple(subject, predicate, obj)  # type: ignore[arg-type]  # who calls knows that RDF can say it


def is_a_step(step: Derivation, triple: Triple, holds: Iterable[Triple]) -> bool:
    """Whether one application of the rule that a derivation names leads from its premises to the triple."""
    premises: dict[Term, set[Fact]] = defaultdict(set)
    for premise in step.premises:
        premises[premise.predicate].add((premise.subject, premise.predicate, premise.object))
    for rule in (*TABLE, *list_patterns(holds)):
        if rule.name == step.rule and rule.head:
            for found in _substitutions((*rule.schema, *rule.data), premises, {}):
                if triple == _triple(*(found[t] if isinstance(t, str) else t for t in rule.head)):
                    return True
    return False
