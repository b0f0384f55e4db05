"""An evaluator of tables 4 to 9 of OWL 2 RL (OWL 2 Profiles, section 4.3) too simple to be wrong, and too slow for use.

It works on generalised triples: a literal or a blank node may stand anywhere. Only RDF triples are given out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import count, permutations

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.reasoning.proofs.prover import Derivation
from cdkg.reasoning.rl.datatypes import DATATYPES, belongs, differ, is_outside, literal_value
from cdkg.reasoning.rl.lists import LIST_CLASSES, LIST_PREDICATES, list_patterns
from cdkg.reasoning.rl.table import TABLE, TRIVIAL_IF_REFLEXIVE, Atom, Pattern
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

Fact = tuple[Term, Term, Term]
Facts = dict[Term, set[Fact]]  # by predicate


# -- rules --------------------------------------------------------------------------------------------------------


def _node(name: str) -> NamedNode:
    prefix, _, local = name.partition(":")
    return NamedNode(PREFIXES[prefix] + local)


def _axiomatic_rules() -> Iterator[Pattern]:
    """eq-ref, prp-ap, cls-thing, cls-nothing1, scm-cls, scm-op, scm-dp and dt-type1."""
    same, part, equal = _node("owl:sameAs"), _node("rdfs:subClassOf"), _node("owl:equivalentClass")
    thing, nothing, cls = _node("owl:Thing"), _node("owl:Nothing"), _node("owl:Class")
    for term in ("?s", "?p", "?o"):
        yield Pattern("eq-ref", (), (("?s", "?p", "?o"),), (term, same, term))
    for name in ("label", "comment", "seeAlso", "isDefinedBy"):
        yield Pattern("prp-ap", (), (), (_node(f"rdfs:{name}"), RDF_TYPE, _node("owl:AnnotationProperty")))
    for name in ("deprecated", "versionInfo", "priorVersion", "backwardCompatibleWith", "incompatibleWith"):
        yield Pattern("prp-ap", (), (), (_node(f"owl:{name}"), RDF_TYPE, _node("owl:AnnotationProperty")))
    yield Pattern("cls-thing", (), (), (thing, RDF_TYPE, cls))
    yield Pattern("cls-nothing1", (), (), (nothing, RDF_TYPE, cls))
    for head in (("?c", part, "?c"), ("?c", equal, "?c"), ("?c", part, thing), (nothing, part, "?c")):
        yield Pattern("scm-cls", (), (("?c", RDF_TYPE, cls),), head)
    for rule, kind in (("scm-op", "owl:ObjectProperty"), ("scm-dp", "owl:DatatypeProperty")):
        for relation in ("rdfs:subPropertyOf", "owl:equivalentProperty"):
            yield Pattern(rule, (), (("?p", RDF_TYPE, _node(kind)),), ("?p", _node(relation), "?p"))
    for datatype in DATATYPES:
        yield Pattern("dt-type1", (), (), (NamedNode(datatype), RDF_TYPE, _node("rdfs:Datatype")))


def _datatype_rules(terms: Iterable[Term]) -> Iterator[Pattern]:
    """dt-type2, dt-not-type, dt-eq and dt-diff, for the literals and datatypes that there are."""
    terms = list(terms)
    datatypes = [term for term in terms if isinstance(term, NamedNode) and term.value in DATATYPES]
    values = {term: literal_value(term) for term in terms if isinstance(term, Literal)}
    for literal, value in values.items():
        if value is None:  # ill typed: no statement of it is true (RDF 1.1 Semantics, section 7)
            yield Pattern("dt-not-type", (), (("?s", "?p", literal),), None)
        for datatype in datatypes:
            if belongs(value, datatype.value):
                yield Pattern("dt-type2", (), (), (literal, RDF_TYPE, datatype))
            if is_outside(value, datatype.value):
                yield Pattern("dt-not-type", (), ((literal, RDF_TYPE, datatype),), None)
    for one, other in permutations(values, 2):
        if values[one] is not None and values[one] == values[other]:
            yield Pattern("dt-eq", (), (), (one, _node("owl:sameAs"), other))
        if differ(values[one], values[other]):
            yield Pattern("dt-diff", (), ((one, _node("owl:sameAs"), other),), None)


def _counting_rules(terms: Iterable[Term]) -> Iterator[Pattern]:
    """The rows of the table that have a number, with each literal that means it (dt-eq with eq-rep-o)."""
    literals = [term for term in terms if isinstance(term, Literal)]
    for rule in TABLE:
        for number in {term for atom in rule.schema for term in atom if isinstance(term, Literal)}:
            for literal in literals:
                if literal_value(literal) == literal_value(number):
                    schema = tuple((s, p, literal if o == number else o) for s, p, o in rule.schema)
                    yield Pattern(rule.name, schema, rule.data, rule.head)


def _list_rules(facts: Facts) -> Iterator[Pattern]:
    """The rules over the lists that there are."""
    of_lists = (fact for predicate in LIST_PREDICATES for fact in facts[predicate])
    kinds = (fact for fact in facts[RDF_TYPE] if fact[2] in LIST_CLASSES)
    yield from list_patterns(_triple(*fact) for fact in (*of_lists, *kinds) if _is_rdf(fact))


# -- evaluation ---------------------------------------------------------------------------------------------------


class TooManyStepsError(Exception):
    """More facts were looked at than allowed."""


def naive(graph: Iterable[Triple], *, axiomatic: bool = False, most: int = 2**62) -> tuple[set[Triple], set[str]]:
    """The closure and the names of the rules that clash: all rules with all substitutions, until nothing is new.

    Args:
        graph: What is given.
        axiomatic: Whether the rules that only add axiomatic or reflexive triples are on. If not, trivially reflexive
            triples take part, but are not given out.
        most: How many facts may be looked at.

    Raises:
        TooManyStepsError: More would have to be.
    """
    given, steps = set(graph), iter(range(most))
    facts: Facts = defaultdict(set)
    for triple in given:
        facts[triple.predicate].add((triple.subject, triple.predicate, triple.object))
    rules = (*TABLE, *_axiomatic_rules()) if axiomatic else TABLE
    clashes: set[str] = set()
    while True:
        terms = {term for group in facts.values() for fact in group for term in fact}
        new: set[Fact] = set()
        for rule in (*rules, *_list_rules(facts), *_counting_rules(terms), *_datatype_rules(terms)):
            for found in _substitutions((*rule.schema, *rule.data), facts, {}, steps):
                if rule.head is None:
                    clashes.add(rule.name)
                else:
                    s, p, o = (found[term] if isinstance(term, str) else term for term in rule.head)
                    new.add((s, p, o))
        if all(fact in facts[fact[1]] for fact in new):
            closed = {_triple(*fact) for group in facts.values() for fact in group if _is_rdf(fact)}
            return (closed if axiomatic else given | {t for t in closed if not _is_trivial(t)}), clashes
        for fact in new:
            facts[fact[1]].add(fact)


def _substitutions(
    atoms: tuple[Atom, ...], facts: Facts, bound: dict[str, Term], steps: Iterator[int]
) -> Iterator[dict[str, Term]]:
    """All ways to turn the atoms into facts, as long as there are steps left."""
    if not atoms:
        yield bound
        return
    predicate = bound.get(atoms[0][1], atoms[0][1]) if isinstance(atoms[0][1], str) else atoms[0][1]
    candidates = {f for group in facts.values() for f in group} if isinstance(predicate, str) else facts[predicate]
    for fact in candidates:
        if next(steps, None) is None:
            raise TooManyStepsError
        extended = dict(bound)
        if all(
            (extended.setdefault(t, v) if isinstance(t, str) else t) == v for t, v in zip(atoms[0], fact, strict=True)
        ):
            yield from _substitutions(atoms[1:], facts, extended, steps)


def _is_rdf(fact: Fact) -> bool:
    """Whether RDF can say it: no literal as subject, an IRI as predicate."""
    return isinstance(fact[0], NamedNode | BlankNode) and isinstance(fact[1], NamedNode)


def _is_trivial(triple: Triple) -> bool:
    return triple.subject == triple.object and triple.predicate in TRIVIAL_IF_REFLEXIVE


def _triple(subject: Term, predicate: Term, obj: Term) -> Triple:
    return Triple(subject, predicate, obj)  # type: ignore[arg-type]  # who calls knows that RDF can say it


def is_a_step(step: Derivation, triple: Triple, holds: Iterable[Triple]) -> bool:
    """Whether one application of the rule that a derivation names leads from its premises to the triple."""
    premises: Facts = defaultdict(set)
    for premise in step.premises:
        premises[premise.predicate].add((premise.subject, premise.predicate, premise.object))
    holds = list(holds)
    terms = {term for t in holds for term in (t.subject, t.predicate, t.object)}
    of_terms = (*_counting_rules(terms), *_datatype_rules(terms))
    for rule in (*TABLE, *_axiomatic_rules(), *list_patterns(holds), *of_terms):
        if rule.name == step.rule and rule.head:
            for found in _substitutions((*rule.schema, *rule.data), premises, {}, count()):
                if (triple.subject, triple.predicate, triple.object) == tuple(
                    found[t] if isinstance(t, str) else t for t in rule.head
                ):
                    return True
    return False
