"""What follows from a knowledge graph, kept up to date while named graphs come and go.

Plain data go through the closure by what they change (`Closure.add`, `Closure.remove`). Then the strata of closed-world
rules whose queries a changed triple may concern say their part anew (`Changes.relevant`); of the recursive ones, which
uphold what they say, those that the dependency graph leads to through the OWL axioms (`Strata.affected`). Where an edit
touches the axioms, or rules make axioms, that graph may be another one, and all is built anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, Triple

from cdkg.errors import RuleError, SettingsError
from cdkg.graph import INFERRED_OWL, INFERRED_RULES, KnowledgeGraph, NamedGraph, Role
from cdkg.reasoning.materialise import Inference
from cdkg.reasoning.rl.closure import Closure
from cdkg.reasoning.rules.answers import Answers
from cdkg.reasoning.rules.consequences import AXIOMS, is_taken_up
from cdkg.reasoning.rules.reading import Reading
from cdkg.reasoning.rules.relevance import Change
from cdkg.reasoning.rules.rule import Rule
from cdkg.reasoning.rules.strata import Strata, Stratum
from cdkg.reasoning.tally import Tally
from cdkg.vocabulary import is_grounded

#: As many rounds as a run from nothing allows.
_MOST_ROUNDS: Final = 50

#: The closure only asks whether a triple was made by rules; which of them made it is known here.
_BY_RULES: Final = "closed-world rules"

#: What is stated, and what is inferred.
_Holding = tuple[AbstractSet[Triple], AbstractSet[Triple]]


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit of one named graph changed in the whole.

    Attributes:
        stated: Triples that no graph stated before.
        unstated: Triples that no graph states any more; they may still follow.
        inferred: Triples that follow now, and did not, or were stated.
        uninferred: Triples that do not follow any more, or are stated now.
        rebuilt: Whether all was built anew, because the edit touched more than plain data.
    """

    stated: frozenset[Triple]
    unstated: frozenset[Triple]
    inferred: frozenset[Triple]
    uninferred: frozenset[Triple]
    rebuilt: bool = False


class LiveInference:
    """A knowledge graph with what follows from it, equal to `reason(graph, rules)` after each edit.

    One thing is told otherwise: what follows by OWL 2 RL and is also said by a closed-world rule stands in
    `inferred/rules` here, whatever came first. So the graphs do not hang on the order of the edits.

    Args:
        graph: The named graphs; what was inferred before is left out.
        rules: Closed-world rules.

    Raises:
        LimitError: More would follow than may be held.
        RuleError: A rule cannot be run, or rules feed each other through a negation.
    """

    def __init__(self, graph: KnowledgeGraph, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self._graph = KnowledgeGraph(named for named in graph if named.role is not Role.INFERRED)
        self._built: _Materialisation | None = _Materialisation(self._graph, self.rules)
        self._inference: Inference | None = None

    @property
    def graph(self) -> KnowledgeGraph:
        """The named graphs that somebody wrote."""
        return self._graph

    @property
    def inference(self) -> Inference:
        """What follows now. After the next edit ask again: proofs of the former answer would be of the new graph."""
        if self._inference is None:
            self._inference = self._materialisation.inference(self._graph, self.rules)
        return self._inference

    def put(self, graph: NamedGraph) -> Edit:
        """Add a named graph, or put it in place of the one of this name.

        Raises:
            LimitError: More would follow than may be held; nothing is changed then.
            RuleError: The rules cannot be run over the new graphs; nothing is changed then.
            SettingsError: The graph is one of those that inference makes.
        """
        if graph.role is Role.INFERRED or graph.iri in {INFERRED_OWL, INFERRED_RULES}:
            raise SettingsError(f"{graph.iri.value} is inferred and cannot be put", hint="put what it follows from")
        return self._edit(graph.iri, graph)

    def drop(self, iri: str) -> Edit:
        """Take a named graph out; what another graph states too is stated still.

        Raises:
            LimitError: More would follow than may be held; nothing is changed then.
            RuleError: The rules cannot be run over the remaining graphs; nothing is changed then.
            SettingsError: There is no such graph.
        """
        if iri not in self._graph:
            raise SettingsError(f"there is no graph {iri}", hint="`graph` of the same object has the names of all")
        return self._edit(self._graph.graph(iri).iri, None)

    @property
    def _materialisation(self) -> _Materialisation:
        if self._built is None:  # an edit failed on its way
            self._built = _Materialisation(self._graph, self.rules)
        return self._built

    def _edit(self, iri: NamedNode, new: NamedGraph | None) -> Edit:
        old = self._graph.graph(iri.value) if iri.value in self._graph else None
        others = (named for named in self._graph if named.iri != iri)
        edited = self._graph.with_graphs(new) if new else KnowledgeGraph(others)
        former, self._built, self._inference = self._materialisation, None, None
        found = former.edit(iri, old, new)
        built = former if found else _Materialisation(edited, self.rules)
        self._graph, self._built = edited, built
        return found or _difference(former.before(), built.now())


class _Materialisation:
    """All that is stated or follows, and what is needed to change it.

    Attributes:
        stated: In how many graphs each triple is stated.
        made: How many strata of rules say each triple, whether or not it is stated or follows otherwise.
        shown: All that is stated, said by rules, or follows and has no blank node.
    """

    def __init__(self, graph: KnowledgeGraph, rules: tuple[Rule, ...]) -> None:
        self.stated, self.made = Tally(), Tally()
        asserted = graph.asserted()
        for named in asserted:
            self.stated.gain(dict.fromkeys(named.triples))
        self._closure = Closure()
        self._by_owl = dict.fromkeys(self._closure.add(self.stated, blank=False))
        self._by_rule: dict[Triple, str] = {}
        self.shown = dict.fromkeys((*self.stated, *self._by_owl))
        self._strata = Strata(rules, (quad.triple for quad in self._closure.shown(AXIOMS)))
        self._reading = Reading(self._strata)
        for named in asserted:
            self._reading.put(named.iri, named.triples)
        self._reading.fill(self._closure.shown)
        self._said: dict[Stratum, dict[Triple, str]] = {}
        self._answers = Answers(self._strata, self._reading.store)
        #: What the latest edit has shown or hidden, and whether it was shown before; what it stated and unstated.
        self._was: dict[Triple, bool] = {}
        self._arrived: frozenset[Triple] = frozenset()
        self._departed: frozenset[Triple] = frozenset()
        #: What some rules say no more, and others do.
        self._unsaid: set[Triple] = set()
        #: What rules say, and did not, or the other way round.
        self._resaid: set[Triple] = set()
        #: Whether the axioms are those for which the strata were found.
        self._same_axioms = True
        for stratum in self._strata:
            self._run(stratum)
        self._sort()

    # -- editing ---------------------------------------------------------------------------------------------------

    def edit(self, iri: NamedNode, old: NamedGraph | None, new: NamedGraph | None) -> Edit | None:
        """Put a graph in place of another; None, and this is of no use any more, where all must be built anew.

        Raises:
            LimitError: More would follow than may be held; this is of no use any more.
            RuleError: The rules do not come to an end; the same.
        """
        before, after = _asserted(old), _asserted(new)
        came, went = [t for t in after if t not in before], [t for t in before if t not in after]
        self._was, self._arrived, self._departed, self._resaid = {}, frozenset(), frozenset(), set()
        self._unsaid = set()
        self._watch([*came, *went])
        if not self._same_axioms or any(named and named.role is Role.ONTOLOGY for named in (old, new)):
            return None
        arrived, departed = self.stated.gain(came), self.stated.lose(went)
        self._arrived, self._departed = frozenset(arrived), frozenset(departed)
        self._state(arrived, departed)
        another = self._reading.put(iri, after)
        self._answers.forget(iri)
        inside = [Change(t, iri) for t in came], [Change(t, iri) for t in went]
        for stratum in self._strata:
            if self._same_axioms and self._concerns(stratum, *inside, another=another):
                self._run(stratum)
        if not self._same_axioms:
            return None
        self._sort()
        return self._told()

    def _concerns(self, stratum: Stratum, came: list[Change], went: list[Change], *, another: bool) -> bool:
        """Whether what has changed until now may change what the rules of a stratum say.

        Args:
            stratum: The rules; those before them have said their part.
            came: What has come to the graph that was edited.
            went: What has gone from it.
            another: Whether there is one graph more, or one less.
        """
        was = {**dict.fromkeys(self._arrived, False), **dict.fromkeys(self._departed, True), **self._was}
        changes = [*came, *went, *(Change(t, None) for t in was)]
        gone = [*went, *(Change(t, None) for t, before in was.items() if before)]
        if stratum.is_recursive:  # what upholds itself stays when its other reasons go, and nothing shows that
            changes += [Change(t, None) for t in self._unsaid]
            return self._answers.may_be_concerned(stratum, changes, another=another)
        return self._answers.concerned(stratum, changes, gone, another=another)

    def _state(self, arrived: list[Triple], departed: list[Triple]) -> None:
        """Change what is stated in the closure, which takes a triple as stated or as made by rules, never as both."""
        self._remove(departed)
        self._add([t for t in departed if t in self.made], _BY_RULES)
        self._remove([t for t in arrived if t in self.made], _BY_RULES)
        self._add(arrived)

    def _told(self) -> Edit:
        """What the edit has changed."""
        touched = {*self._arrived, *self._departed, *self._was}
        was_stated = ({t for t in touched if t in self.stated} - self._arrived) | self._departed
        was_inferred = {t for t in touched if self._was.get(t, t in self.shown)} - was_stated
        is_stated = {t for t in touched if t in self.stated}
        is_inferred = {t for t in touched if t in self.shown} - is_stated
        return _difference((was_stated, was_inferred), (is_stated, is_inferred), rebuilt=False)

    def now(self) -> _Holding:
        """What is stated, and what is inferred."""
        return self.stated.keys(), self.shown.keys() - self.stated.keys()

    def before(self) -> _Holding:
        """What was stated before the latest edit, and what was inferred."""
        stated = (self.stated.keys() - self._arrived) | self._departed
        shown = (self.shown.keys() - self._was.keys()) | {t for t, was in self._was.items() if was}
        return stated, shown - stated

    # -- the rules -------------------------------------------------------------------------------------------------

    def _run(self, stratum: Stratum) -> None:
        """Let the rules of a stratum say anew what they say; what later ones have said is nothing that they read.

        Raises:
            RuleError: They come to no end.
        """
        if not stratum.is_recursive:
            self._say(stratum, self._applied(stratum))
            return
        self._say(stratum, {})  # else what they said would uphold itself
        for _ in range(_MOST_ROUNDS):
            said = self._said[stratum]
            news = {t: slug for t, slug in self._applied(stratum).items() if t not in said}
            if not news:
                return
            self._say(stratum, said | news)
        raise RuleError(
            f"the closed-world rules do not come to an end within {_MOST_ROUNDS} rounds",
            why=f"still saying something new: {', '.join(sorted(set(news.values())))}",
            hint="a rule must not make names out of names that it made itself",
        )

    def _applied(self, stratum: Stratum) -> dict[Triple, str]:
        found: dict[Triple, str] = {}
        for rule in stratum.rules:
            for triple in self._answers.of(rule):
                found.setdefault(triple, rule.slug)
        return found

    def _say(self, stratum: Stratum, said: dict[Triple, str]) -> None:
        """Put what a stratum says in place of what it said, and close."""
        former = self._said.get(stratum, {})
        self._said[stratum] = said
        arrived = self.made.gain(t for t in said if t not in former)
        departed = self.made.lose(t for t in former if t not in said)
        self._resaid.update(t for t, slug in said.items() if former.get(t) != slug)
        unsaid = [t for t in former if t not in said]
        self._resaid.update(unsaid)
        self._unsaid.update(t for t in unsaid if t in self.made and t not in self.stated)
        self._remove([t for t in departed if t not in self.stated], _BY_RULES)
        self._add([t for t in arrived if t not in self.stated], _BY_RULES)

    # -- what is shown ---------------------------------------------------------------------------------------------

    def _add(self, triples: list[Triple], because: str = "") -> None:
        """Add triples to the closure, and show them with what follows."""
        if not triples:
            return
        follows = self._closure.add(triples, because)
        self._watch(follows, triples if because else ())
        news = [t for t in dict.fromkeys((*triples, *filter(is_grounded, follows))) if t not in self.shown]
        for triple in news:
            self._was.setdefault(triple, False)
        self.shown |= dict.fromkeys(news)
        self._reading.add(news)

    def _remove(self, triples: list[Triple], because: str = "") -> None:
        """Take triples out of the closure, and hide what does not hold any more."""
        if not triples:
            return
        gone = dict.fromkeys(self._closure.remove(triples, because))
        self._watch(gone)
        # what holds still is inferred, and of that only what has no blank node is shown
        gone |= dict.fromkeys(t for t in triples if not is_grounded(t))
        lost = [t for t in gone if t in self.shown]
        for triple in lost:
            self._was.setdefault(triple, True)
            del self.shown[triple]
        self._reading.remove(lost)

    def _watch(self, *changed: Iterable[Triple]) -> None:
        """Take note when one of the triples is an axiom: the strata may be others then."""
        if any(is_taken_up(triple) for some in changed for triple in some):
            self._same_axioms = False

    def _sort(self) -> None:
        """Sort what has changed into what follows by OWL 2 RL and what a closed-world rule says."""
        for triple in {*self._arrived, *self._departed, *self._was, *self._resaid}:
            said = (self._said[stratum].get(triple) for stratum in self._strata)
            slug = None if triple in self.stated else next(filter(None, said), None)
            if slug:
                self._by_rule[triple] = slug
            else:
                self._by_rule.pop(triple, None)
            if slug or triple in self.stated or triple not in self.shown:
                self._by_owl.pop(triple, None)
            else:
                self._by_owl.setdefault(triple)

    def inference(self, graph: KnowledgeGraph, rules: tuple[Rule, ...]) -> Inference:
        """The graph with what follows."""
        inferred = graph.with_graphs(
            NamedGraph(INFERRED_OWL, Role.INFERRED, tuple(self._by_owl)),
            NamedGraph(INFERRED_RULES, Role.INFERRED, tuple(self._by_rule)),
        )
        made = self._by_rule.copy()
        clashes, store = tuple(self._closure.clashes), self._reading.store
        return Inference(inferred, clashes, self._closure, rules, made, store, self._answers.premises)


def _difference(before: _Holding, now: _Holding, *, rebuilt: bool = True) -> Edit:
    """The edit that leads from one to the other."""
    (was_stated, was_inferred), (is_stated, is_inferred) = before, now
    return Edit(
        frozenset(is_stated - was_stated),
        frozenset(was_stated - is_stated),
        frozenset(is_inferred - was_inferred),
        frozenset(was_inferred - is_inferred),
        rebuilt,
    )


def _asserted(graph: NamedGraph | None) -> dict[Triple, None]:
    """The triples of a graph that takes part in reasoning: shapes do not."""
    return dict.fromkeys(graph.triples) if graph and graph.role is not Role.SHAPES else {}
