"""Close a knowledge graph under OWL 2 RL and the closed-world rules, each fed by the other, to a fixpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, Protocol

from pyoxigraph import Quad, Store, Triple

from cdkg.errors import RuleError, SettingsError
from cdkg.graph import INFERRED_OWL, INFERRED_RULES, KnowledgeGraph, NamedGraph, Role
from cdkg.reasoning.proofs.prover import Derivation, OutsideTable, Proof
from cdkg.reasoning.reference import OwlrlClosure
from cdkg.reasoning.rl.clashes import Clash
from cdkg.reasoning.rl.closure import Closure, Wanted
from cdkg.reasoning.rules.consequences import AXIOMS
from cdkg.reasoning.rules.premises import premises
from cdkg.reasoning.rules.reading import Reading
from cdkg.reasoning.rules.rule import Rule
from cdkg.reasoning.rules.strata import Strata, Stratum

Engine = Literal["cdkg", "owlrl"]

#: The OWL 2 RL engines by name: ours, and the reference.
ENGINES: Final[dict[Engine, Callable[[], Reasoner]]] = {"cdkg": Closure, "owlrl": OwlrlClosure}

#: The project needs three; a rule that makes new names out of its own would go on for ever.
_MOST_ROUNDS: Final = 50


class Explainer(Protocol):
    """What tells why triples hold; our engine's is the `Prover`."""

    def proofs(self, triple: Triple) -> Iterator[Proof]:
        """Yield proofs of a triple, the shortest first."""

    def derivation(self, triple: Triple) -> Derivation | None:
        """The last step of the shortest proof; None when the triple was given or does not follow."""

    def asserted_behind(self, triple: Triple) -> list[Triple]:
        """The given triples that the shortest proof rests on."""


class Reasoner(Protocol):
    """What both engines offer: our own (`Closure`) and the reference (`OwlrlClosure`)."""

    @property
    def clashes(self) -> list[Clash]:
        """All contradictions found so far."""

    def add(self, triples: Iterable[Triple], because: str = "", *, blank: bool = True) -> list[Triple]:
        """Add triples, given or made by a rule of this name, close, and return what newly follows."""

    def shown(self, wanted: Wanted = None) -> Iterator[Quad]:
        """All that is given or made, and what follows without blank nodes."""

    def inferred(self) -> Iterator[Triple]:
        """All that follows and was not given."""

    def prover(self, outside: OutsideTable | None = None) -> Explainer:
        """What tells why triples hold; `outside` says what the rules outside the tables were applied to."""


@dataclass(frozen=True)
class Inference:
    """The graph with what follows from it, its contradictions, and what tells why each triple holds.

    Attributes:
        graph: Asserted and inferred graphs.
        clashes: The contradictions.
        closure: The engine that has closed the graph.
        rules: The closed-world rules that were run.
        made: Which of them said what.
        reading: What they have read, as far as any of them reads it; none: all of the graph.
        applied_to: Says what a rule was applied to, where somebody keeps that.
    """

    graph: KnowledgeGraph
    clashes: tuple[Clash, ...]
    closure: Reasoner
    rules: tuple[Rule, ...] = ()
    made: Mapping[Triple, str] = field(default_factory=dict)
    reading: Store | None = None
    applied_to: Callable[[Rule, Triple], tuple[Triple, ...]] | None = None

    @cached_property
    def _explainer(self) -> Explainer:
        return self.closure.prover(self._by_rule)

    def _by_rule(self, triple: Triple) -> tuple[str, tuple[Triple, ...]] | None:
        """The closed-world rule that made a triple, and what it was applied to."""
        slug = self.made.get(triple)
        rule = next((r for r in self.rules if r.slug == slug), None)
        if rule is None:
            return None
        if self.applied_to is not None:
            return rule.slug, self.applied_to(rule, triple)
        store = self.reading if self.reading is not None else self.graph.store
        return rule.slug, premises(rule, store, triple)

    def proofs(self, triple: Triple) -> Iterator[Proof]:
        """Yield the proofs of a triple that are different, the shortest first; none is circular."""
        return self._explainer.proofs(triple)

    def derivation(self, triple: Triple) -> Derivation | None:
        """The rule that gave `triple` and what it was applied to; None when it was given or does not follow."""
        return self._explainer.derivation(triple)

    def asserted_behind(self, triple: Triple) -> list[Triple]:
        """The given triples at the leaves of the shortest proof of `triple`, each once, in the order of the proof."""
        return self._explainer.asserted_behind(triple)


def reason(
    graph: KnowledgeGraph, rules: Iterable[Rule] = (), engine: Engine = "cdkg", *, axiomatic: bool = False
) -> Inference:
    """Return `graph` with the graphs `inferred/owl` and `inferred/rules` made anew.

    Triples about blank nodes (the class expressions of the ontology) take part, but are not written out.

    Args:
        graph: Asserted graphs; what was inferred before is left out.
        rules: Closed-world rules.
        engine: `cdkg`, or `owlrl`: the reference, which is slow and explains nothing.
        axiomatic: Whether the rules are on that only add reflexive or axiomatic triples; with `cdkg` only.

    Raises:
        LimitError: More would follow than may be held.
        RuleError: A closed-world rule cannot be run.
        SettingsError: There is no such engine.
    """
    if engine not in ENGINES:
        raise SettingsError(f"there is no reasoner {engine!r}", hint=f"take one of {', '.join(ENGINES)}")
    asserted = KnowledgeGraph(graph.asserted())
    if axiomatic and engine != "cdkg":
        raise SettingsError(f"{engine} has no switch for axiomatic triples", hint="leave out one of the two")
    closure: Reasoner = Closure(axiomatic=True) if axiomatic else ENGINES[engine]()
    by_owl = closure.add((t for named in asserted for t in named.triples), blank=False)
    by_rule: dict[Triple, str] = {}
    rules = list(rules)
    reading = _feed(rules, asserted, closure, by_owl, by_rule) if rules else None
    inferred = graph.with_graphs(
        NamedGraph(INFERRED_OWL, Role.INFERRED, tuple(by_owl)),
        NamedGraph(INFERRED_RULES, Role.INFERRED, tuple(by_rule)),
    )
    return Inference(inferred, tuple(closure.clashes), closure, tuple(rules), by_rule, reading)


def _feed(
    rules: list[Rule], asserted: KnowledgeGraph, closure: Reasoner, by_owl: list[Triple], by_rule: dict[Triple, str]
) -> Store:
    """Run the rules over asserted and inferred triples, stratum by stratum; append what is made.

    Returns:
        What the rules read.
    """
    known = set(by_owl).union(*(named.triples for named in asserted))
    strata = Strata(rules, (quad.triple for quad in closure.shown(AXIOMS)))
    reading = Reading(strata)
    for named in asserted:
        reading.put(named.iri, named.triples)
    reading.fill(closure.shown)
    run = _Run(reading, known, closure, by_owl, by_rule)
    for stratum in strata:
        run.stratum(stratum)
    return reading.store


@dataclass(frozen=True, slots=True)
class _Run:
    """The rules at work.

    Attributes:
        reading: What the rules read.
        known: All that is asserted or inferred.
        closure: What follows by OWL 2 RL; whatever a rule says goes through it at once.
        by_owl: What followed so.
        by_rule: What the rules said, and which of them.
    """

    reading: Reading
    known: set[Triple]
    closure: Reasoner
    by_owl: list[Triple]
    by_rule: dict[Triple, str]

    def stratum(self, stratum: Stratum) -> None:
        """Run its rules once or, where they feed each other, until none says anything new.

        Raises:
            RuleError: They come to no end.
        """
        for _ in range(_MOST_ROUNDS):
            made: dict[Triple, str] = {}
            for rule in stratum.rules:
                made |= {t: rule.slug for t in rule.apply(self.reading.store) if t not in self.known and t not in made}
            self._tell(made)
            if not made or not stratum.is_recursive:
                return
        raise RuleError(
            f"the closed-world rules do not come to an end within {_MOST_ROUNDS} rounds",
            why=f"still saying something new: {', '.join(sorted(set(made.values())))}",
            hint="a rule must not make names out of names that it made itself",
        )

    def _tell(self, made: dict[Triple, str]) -> None:
        """Close what the rules made, and let the next rules read it."""
        follows: dict[Triple, None] = {}
        for slug in dict.fromkeys(made.values()):
            said = [t for t, by in made.items() if by == slug]
            follows |= dict.fromkeys(self.closure.add(said, because=slug, blank=False))
        news = [t for t in follows if t not in made]
        self.by_rule.update(made)
        self.by_owl.extend(news)
        self.known.update(made, news)
        self.reading.add((*made, *news))
