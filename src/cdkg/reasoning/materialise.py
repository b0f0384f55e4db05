"""Close a knowledge graph under OWL 2 RL and the closed-world rules, each fed by the other, to a fixpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from pyoxigraph import BlankNode, DefaultGraph, Quad, Store, Triple

from cdkg.errors import RuleError, SettingsError
from cdkg.graph import INFERRED_OWL, INFERRED_RULES, KnowledgeGraph, NamedGraph, Role
from cdkg.reasoning.closure import Clash, Closure, Derivation, Reasoner
from cdkg.reasoning.premises import premises
from cdkg.reasoning.reference import OwlrlClosure
from cdkg.reasoning.rules import Rule

Engine = Literal["cdkg", "owlrl"]

#: The OWL 2 RL engines by name: ours, and the reference.
ENGINES: Final[dict[Engine, Callable[[], Reasoner]]] = {"cdkg": Closure, "owlrl": OwlrlClosure}

#: The project needs three; a rule that makes new names out of its own would go on for ever.
_MOST_ROUNDS: Final = 50

#: All named graphs once into the default graph; inside the store it takes a third of the time.
_UNION: Final = "INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"


@dataclass(frozen=True, slots=True)
class Inference:
    """The graph with what follows from it, its contradictions, and the closure that knows how each triple came."""

    graph: KnowledgeGraph
    clashes: tuple[Clash, ...]
    closure: Reasoner
    rules: tuple[Rule, ...] = ()

    def derivation(self, triple: Triple) -> Derivation | None:
        """The rule that gave `triple` and what it was applied to; None when it was given or does not follow."""
        found = self.closure.derivation(triple)
        rule = next((r for r in self.rules if found and not found.premises and r.slug == found.rule), None)
        return Derivation(rule.slug, premises(rule, self.graph.store, triple)) if rule else found

    def asserted_behind(self, triple: Triple) -> list[Triple]:
        """The given triples at the leaves of a derivation of `triple`, each once, in the order of the proof."""
        leaves: dict[Triple, None] = {}
        seen: set[Triple] = set()
        stack = [triple]
        while stack:
            current = stack.pop()
            if current in seen:
                continue
            seen.add(current)
            found = self.derivation(current)
            if found is None:
                leaves[current] = None
            else:
                stack.extend(reversed(found.premises))
        return list(leaves)


def reason(graph: KnowledgeGraph, rules: Iterable[Rule] = (), engine: Engine = "cdkg") -> Inference:
    """Return `graph` with the graphs `inferred/owl` and `inferred/rules` made anew.

    Triples about blank nodes (the class expressions of the ontology) take part, but are not written out.

    Args:
        graph: Asserted graphs; what was inferred before is left out.
        rules: Closed-world rules.
        engine: `cdkg`, or `owlrl`: the reference, which is slow and explains nothing.

    Raises:
        RuleError: A closed-world rule cannot be run.
        SettingsError: There is no such engine.
    """
    if engine not in ENGINES:
        raise SettingsError(f"there is no reasoner {engine!r}", hint=f"take one of {', '.join(ENGINES)}")
    asserted = KnowledgeGraph(graph.asserted())
    closure = ENGINES[engine]()
    by_owl = [t for t in closure.add(asserted.union) if _grounded(t)]
    by_rule: list[Triple] = []
    rules = list(rules)
    if rules:
        _feed(rules, asserted, closure, by_owl, by_rule)
    inferred = graph.with_graphs(
        NamedGraph(INFERRED_OWL, Role.INFERRED, tuple(by_owl)),
        NamedGraph(INFERRED_RULES, Role.INFERRED, tuple(by_rule)),
    )
    return Inference(inferred, tuple(closure.clashes), closure, tuple(rules))


def _feed(
    rules: list[Rule], asserted: KnowledgeGraph, closure: Reasoner, by_owl: list[Triple], by_rule: list[Triple]
) -> None:
    """Run the rules over asserted and inferred triples until none says anything new; append what is made."""
    store = Store()
    store.bulk_extend(asserted.quads())
    store.update(_UNION)
    known = asserted.union | set(by_owl)
    _fill(store, by_owl)
    for _ in range(_MOST_ROUNDS):
        made: dict[Triple, str] = {}
        for rule in rules:
            for triple in rule.apply(store):
                if triple not in known:
                    made.setdefault(triple, rule.slug)
        if not made:
            return
        follows: dict[Triple, None] = {}
        for slug in dict.fromkeys(made.values()):
            follows |= dict.fromkeys(closure.add([t for t, by in made.items() if by == slug], because=slug))
        news = [t for t in follows if t not in made and _grounded(t)]
        by_rule += made
        by_owl += news
        known = known.union(made, news)
        _fill(store, [*made, *news])
    raise RuleError(
        f"the closed-world rules do not come to an end within {_MOST_ROUNDS} rounds",
        why=f"still saying something new: {', '.join(sorted(set(made.values())))}",
        hint="a rule must not make names out of names that it made itself",
    )


def _fill(store: Store, triples: Iterable[Triple]) -> None:
    default = DefaultGraph()
    store.bulk_extend(Quad(t.subject, t.predicate, t.object, default) for t in triples)


def _grounded(triple: Triple) -> bool:
    return not isinstance(triple.subject, BlankNode) and not isinstance(triple.object, BlankNode)
