"""Close a knowledge graph under OWL 2 RL and the closed-world rules, each fed by the other, to a fixpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import BlankNode, DefaultGraph, Quad, Store, Triple

from cdkg.graph import INFERRED_OWL, INFERRED_RULES, KnowledgeGraph, NamedGraph, Role
from cdkg.reasoning.closure import Clash, Closure
from cdkg.reasoning.rules import Rule


@dataclass(frozen=True, slots=True)
class Inference:
    """The graph with what follows from it, its contradictions, and the closure that knows how each triple came."""

    graph: KnowledgeGraph
    clashes: tuple[Clash, ...]
    closure: Closure


def reason(graph: KnowledgeGraph, rules: Iterable[Rule] = ()) -> Inference:
    """Return `graph` with the graphs `inferred/owl` and `inferred/rules` made anew.

    Triples about blank nodes (the class expressions of the ontology) take part, but are not written out.

    Raises:
        RuleError: A closed-world rule cannot be run.
    """
    asserted = KnowledgeGraph(graph.asserted())
    closure = Closure(asserted.union)
    rules = list(rules)
    by_rule = _run_rules(asserted, closure, rules) if rules else frozenset()
    given = asserted.union
    by_owl = (t for t in closure.inferred() if t not in by_rule and t not in given and _grounded(t))
    inferred = graph.with_graphs(
        NamedGraph(INFERRED_OWL, Role.INFERRED, tuple(by_owl)),
        NamedGraph(INFERRED_RULES, Role.INFERRED, tuple(by_rule)),
    )
    return Inference(inferred, tuple(closure.clashes), closure)


def _run_rules(asserted: KnowledgeGraph, closure: Closure, rules: list[Rule]) -> frozenset[Triple]:
    """Run the rules over asserted and inferred triples until none says anything new."""
    store = Store()
    store.bulk_extend(asserted.quads())
    known = set(asserted.union)
    _fill(store, known)
    made: set[Triple] = set()
    while True:
        fresh_owl = {t for t in closure.inferred() if t not in known and _grounded(t)}
        known |= fresh_owl
        _fill(store, fresh_owl)
        fresh: dict[Triple, str] = {}
        for rule in rules:
            for triple in rule.apply(store):
                if triple not in known:
                    fresh.setdefault(triple, rule.slug)
        if not fresh:
            return frozenset(made)
        for slug in {*fresh.values()}:
            closure.add([t for t, by in fresh.items() if by == slug], because=slug)
        known.update(fresh)
        made.update(fresh)
        _fill(store, fresh)


def _fill(store: Store, triples: Iterable[Triple]) -> None:
    default = DefaultGraph()
    store.bulk_extend(Quad(t.subject, t.predicate, t.object, default) for t in triples)


def _grounded(triple: Triple) -> bool:
    return not isinstance(triple.subject, BlankNode) and not isinstance(triple.object, BlankNode)
