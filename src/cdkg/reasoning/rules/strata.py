"""Strata of the closed-world rules: a rule runs when all that it negates is settled.

One rule feeds another when it concludes something that the other reads, at once or through the axioms. Rules that feed
each other make a stratum and run together. None of them may negate what another of them concludes: what they say would
hang on which of them ran first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter

from pyoxigraph import Triple

from cdkg.errors import Location, RuleError
from cdkg.reasoning.rules.consequences import Consequences, Way
from cdkg.reasoning.rules.patterns import Polarity
from cdkg.reasoning.rules.rule import Kind, Rule

_READING = {
    Polarity.POSITIVE: "",
    Polarity.AGGREGATED: ", in an aggregate",
    Polarity.REPLACING: ", in OPTIONAL or below LIMIT",
    Polarity.NEGATIVE: ", under NOT EXISTS or MINUS",
}


@dataclass(frozen=True, slots=True)
class Feed:
    """That one rule feeds another.

    Attributes:
        source: The rule that concludes something.
        target: The rule that reads it.
        polarity: The strongest way in which it is read.
        path: The kinds of triples from the conclusion on, each with the rule of the specification that leads to it.
        line: Where it is read.
    """

    source: Rule
    target: Rule
    polarity: Polarity
    path: Way
    line: int

    def __str__(self) -> str:
        kinds = (f"{kind} ({rule})" if rule else str(kind) for kind, rule in self.path)
        return f"{' → '.join((self.source.slug, *kinds, self.target.slug))}{_READING[self.polarity]}"


@dataclass(frozen=True, slots=True)
class Stratum:
    """Rules that feed each other, or one rule that feeds none of those before it.

    Attributes:
        rules: In the order in which they were given.
        is_recursive: Whether one of them reads what one of them concludes.
    """

    rules: tuple[Rule, ...]
    is_recursive: bool = False


class Strata:
    """The rules in the order in which they have to run, and which of them an edit concerns."""

    def __init__(self, rules: Iterable[Rule], axioms: Iterable[Triple]) -> None:
        """Find what feeds what.

        Args:
            rules: Closed-world rules.
            axioms: At least those triples of the graph that are axioms (`AXIOMS`).

        Raises:
            RuleError: A rule cannot be run, or rules feed each other through a negation.
        """
        self.rules = tuple(rules)
        for rule in self.rules:
            rule.check()
        self._reads = {rule: sorted(rule.reads, key=str) for rule in self.rules}
        self._consequences = Consequences(axioms)
        self.feeds = tuple(self._find_feeds())
        self._targets: dict[Rule, dict[Rule, Feed]] = defaultdict(dict)
        for feed in self.feeds:
            self._targets[feed.source][feed.target] = feed
        self.strata = tuple(self._find_strata())

    def __iter__(self) -> Iterator[Stratum]:
        return iter(self.strata)

    def affected(self, changed: Iterable[Kind]) -> tuple[Rule, ...]:
        """The rules that may say something else when triples of these kinds come or go, in the order of the strata.

        Args:
            changed: Kinds of asserted triples (`Kind.of`); what follows from them is found here.
        """
        reached = self._consequences.of(changed)
        found = [rule for rule in self.rules if any(reached.meeting(read.kind) for read in self._reads[rule])]
        for rule in found:
            found += [target for target in self._targets[rule] if target not in found]
        return tuple(rule for stratum in self.strata for rule in stratum.rules if rule in found)

    def wanted(self, *, in_graph: bool) -> dict[str, frozenset[str] | None] | None:
        """What the rules read inside GRAPH, or outside: objects by predicate (None: any); None in all: anything."""
        kinds = {r.kind for reads in self._reads.values() for r in reads if r.in_graph == in_graph}
        found: dict[str, frozenset[str] | None] = {}
        for predicate in sorted(kind.predicate or "" for kind in kinds):
            objects = [kind.object for kind in kinds if kind.predicate == predicate]
            found[predicate] = None if None in objects else frozenset(o for o in objects if o)
        return None if "" in found else found

    def _find_feeds(self) -> Iterator[Feed]:
        for source in self.rules:
            reached = self._consequences.of(source.writes)
            for target in self.rules:
                met = [
                    (read.polarity, -len(path), -read.line, path)
                    for read in self._reads[target]
                    if not read.in_graph and (path := reached.meeting(read.kind))
                ]
                if met:
                    polarity, _, line, path = max(met, key=lambda found: found[:3])
                    yield Feed(source, target, polarity, path, -line)

    def _find_strata(self) -> Iterator[Stratum]:
        below = {rule: self._reached(rule) for rule in self.rules}
        stratum_of = {
            rule: tuple(r for r in self.rules if r == rule or (r in below[rule] and rule in below[r]))
            for rule in self.rules
        }
        # dictionaries, not sets: the order of what may run in any order must be the same each time
        order: dict[tuple[Rule, ...], dict[tuple[Rule, ...], None]] = {rules: {} for rules in stratum_of.values()}
        for feed in self.feeds:
            if stratum_of[feed.source] != stratum_of[feed.target]:
                order[stratum_of[feed.target]][stratum_of[feed.source]] = None
        for rules in TopologicalSorter(order).static_order():
            yield self._stratum(rules)

    def _reached(self, rule: Rule) -> set[Rule]:
        """The rules that a rule feeds, at once or through others."""
        found = list(self._targets[rule])
        for each in found:
            found += [target for target in self._targets[each] if target not in found]
        return set(found)

    def _stratum(self, rules: tuple[Rule, ...]) -> Stratum:
        inside = [feed for feed in self.feeds if feed.source in rules and feed.target in rules]
        worst = max(inside, key=lambda feed: feed.polarity, default=None)
        if worst is None or worst.polarity is Polarity.POSITIVE:
            return Stratum(rules, bool(inside))
        raise self._cycle(worst, rules)

    def _cycle(self, worst: Feed, rules: tuple[Rule, ...]) -> RuleError:
        """The refusal of a cycle through negation: the shortest that has the feed in it."""
        back: dict[Rule, Feed] = {}
        queue = [worst.target]
        for rule in queue:
            for feed in self._targets[rule].values():
                if feed.target in rules and feed.target not in back:
                    back[feed.target] = feed
                    queue.append(feed.target)
        cycle = [worst]
        while cycle[0].source != worst.target:
            cycle.insert(0, back[cycle[0].source])
        slugs = ", ".join(feed.source.slug for feed in cycle)
        names = ", ".join(f"{feed.source.slug} ({feed.source.path})" for feed in cycle)
        return RuleError(
            f"closed-world rules go round in a circle through a negation or an aggregate: {slugs}",
            where=Location(str(worst.target.path), worst.line),
            why=f"{'; '.join(map(str, cycle))}; in the files {names}",
            hint="let a rule negate only what no rule of the circle concludes: what is asserted, or what a named graph "
            "says (GRAPH ?source { … })",
        )
