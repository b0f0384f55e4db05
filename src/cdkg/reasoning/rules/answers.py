"""What closed-world rules say, kept from edit to edit: a rule is asked anew only about what a change can concern."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from pyoxigraph import Literal, NamedNode, Store, Triple, Variable

from cdkg.reasoning.rules.premises import premises
from cdkg.reasoning.rules.relevance import Change, Changes
from cdkg.reasoning.rules.rule import Kind, Rule
from cdkg.reasoning.rules.strata import Strata, Stratum
from cdkg.vocabulary import Term

#: With more changes than this, only their kinds are looked at.
_MOST_CHANGES: Final = 1000
#: With more subjects than this to ask a rule about, all is asked at once.
_MOST_SUBJECTS: Final = 100


class Answers:
    """The answers of rules over a store, in parts where they fall into parts.

    Args:
        strata: The rules.
        store: What they read.
    """

    def __init__(self, strata: Strata, store: Store) -> None:
        self._strata, self._store = strata, store
        #: Of rules that read nothing but one named graph at a time, what they say of each.
        self._by_graph: dict[Rule, dict[NamedNode, list[Triple]]] = {r: {} for r in strata.rules if r.is_local}
        # a recursive stratum reads what it says itself, round by round
        plain = (rule for stratum in strata if not stratum.is_recursive for rule in stratum.rules)
        self._subjects: dict[Rule, Variable] = {r: r.by_subject for r in plain if r.by_subject and not r.is_local}
        #: Of these what they say of each subject, where that is known, and the subjects of which it is not.
        self._by_subject: dict[Rule, dict[Term, list[Triple]]] = {}
        self._stale: dict[Rule, set[Term]] = {}
        #: What rules were applied to, as far as somebody has asked.
        self._premises: dict[Rule, dict[Triple, tuple[Triple, ...]]] = {}

    def of(self, rule: Rule) -> Iterable[Triple]:
        """What a rule says."""
        if rule in self._by_graph:
            return self._of_graphs(rule)
        return self._of_subjects(rule) if rule in self._subjects else rule.apply(self._store)

    def _of_graphs(self, rule: Rule) -> Iterable[Triple]:
        parts, name = self._by_graph[rule], rule.by_graph
        for graph in self._store.named_graphs():
            if graph not in parts and isinstance(graph, NamedNode) and name is not None:
                parts[graph] = list(rule.apply(self._store, {name: graph}))
        return chain.from_iterable(parts.values())

    def _of_subjects(self, rule: Rule) -> Iterable[Triple]:
        parts, stale = self._by_subject.get(rule), self._stale.pop(rule, ())
        if parts is None:
            parts = self._by_subject[rule] = {}
            for triple in rule.apply(self._store):
                parts.setdefault(triple.subject, []).append(triple)
            return chain.from_iterable(parts.values())
        for subject in stale:
            parts[subject] = list(rule.apply(self._store, {self._subjects[rule]: subject}))
            if not parts[subject]:
                del parts[subject]
        return chain.from_iterable(parts.values())

    def premises(self, rule: Rule, conclusion: Triple) -> tuple[Triple, ...]:
        """What a rule was applied to (see `premises.premises`): kept while no change can concern the rule."""
        known = self._premises.setdefault(rule, {})
        if conclusion not in known:
            known[conclusion] = premises(rule, self._store, conclusion)
        return known[conclusion]

    def forget(self, graph: NamedNode) -> None:
        """Ask anew what rules say of a named graph."""
        for parts in self._by_graph.values():
            parts.pop(graph, None)

    def concerned(self, stratum: Stratum, changes: Sequence[Change], gone: Iterable[Change], *, another: bool) -> bool:
        """Whether what has changed until now may change what the rules of a stratum say.

        Args:
            stratum: The rules; those before them have said their part.
            changes: What has come and gone.
            gone: Those of them that were there before.
            another: Whether there is one graph more, or one less.
        """
        known = Changes(self._store, gone)
        concerned = [rule for rule in stratum.rules if self._is_concerned(rule, changes, known, another=another)]
        for rule in concerned:
            self._premises.pop(rule, None)
        return bool(concerned)

    def may_be_concerned(self, stratum: Stratum, changes: Iterable[Change], *, another: bool) -> bool:
        """The same by the kinds of what has changed alone, with all that can follow from such."""
        for rule in stratum.rules:
            self._premises.pop(rule, None)
        if another and any(read.in_graph for rule in stratum.rules for read in rule.reads):
            return True
        affected = self._strata.affected({Kind.of(change.triple) for change in changes})
        return not set(affected).isdisjoint(stratum.rules)

    def _is_concerned(self, rule: Rule, changes: Sequence[Change], known: Changes, *, another: bool) -> bool:
        """The same of one rule; notes of which subjects it must be asked, or that it must be asked of all."""
        parts = self._by_subject.pop(rule, None)
        if another and any(read.in_graph for read in rule.reads):
            return True
        if len(changes) > _MOST_CHANGES:
            kinds = {(Kind.of(change.triple), change.graph is not None) for change in changes}
            if any(read.kind.meets(kind) and read.in_graph == inside for read in rule.reads for kind, inside in kinds):
                return True
            changes = ()
        name, stale = self._subjects.get(rule), set[Term]()
        for change in changes:
            for _, bound in known.relevant(rule.patterns.body, change):
                subject = bound.get(name) if name else None
                if parts is None or subject is None or isinstance(subject, Literal) or len(stale) == _MOST_SUBJECTS:
                    return True
                stale.add(subject)
        if parts is not None:
            self._by_subject[rule], self._stale[rule] = parts, stale
        return bool(stale)
