"""The former data under the latter ontology and shapes: what no longer follows from it, and what refuses it now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from pyoxigraph import NamedNode, Triple

from cdkg.changes.difference import Level, Reason
from cdkg.changes.states import State
from cdkg.graph import KnowledgeGraph, Role
from cdkg.pipeline import Workspace
from cdkg.reasoning.rl.clashes import Clash
from cdkg.reasoning.telling.explanation import triple_text
from cdkg.validation import Report, Result, Severity
from cdkg.vocabulary import RDF_TYPE

_DATA = (Role.PASSAGE, Role.EDITORIAL)


class Trial:
    """Holds the former data against what the latter state says of data.

    Where both states have the same data, the latter state is that already.
    """

    def __init__(self, before: State, after: State, *, same_data: bool) -> None:
        self._before, self._after, self._same = before, after, same_data

    @cached_property
    def _workspace(self) -> Workspace:
        if self._same:
            return self._after.reasoned
        theirs = self._after.loaded.graph.of(Role.ONTOLOGY, Role.SHAPES)
        graph = KnowledgeGraph([*theirs, *self._before.loaded.graph.of(*_DATA)])
        # findings in what lies behind a project are left out below, by the folder that this data comes from
        return Workspace(replace(self._after.project, background=()), graph).infer()

    def _report(self) -> Report:
        if self._same:
            return self._after.report
        report = self._workspace.validate()
        return report.within(self._before.project.root) if self._before.project.background else report

    def entailments(self) -> Iterator[Reason]:
        """Yield what no longer follows from the former data, by class or property, and what contradicts it now."""
        was = {t for graph in self._before.reasoned.graph.of(Role.INFERRED) for t in graph.triples}
        lost = [t for t in was - self._workspace.graph.union if not self._is_schema(t)]
        by_term: dict[NamedNode, list[Triple]] = defaultdict(list)
        for triple in lost:
            of_class = triple.predicate == RDF_TYPE and isinstance(triple.object, NamedNode)
            by_term[triple.object if of_class else triple.predicate].append(triple)  # type: ignore[index]  # a name, see above
        for term, triples in sorted(by_term.items(), key=lambda item: item[0].value):
            example = triple_text(min(triples, key=str))
            what = f"{_triples(len(triples))} no longer from the former data: {example}"
            yield Reason(Level.MAJOR, term.value, what)
        clashes, former = (
            Counter(clash.rule for clash in _clashes(w)) for w in (self._workspace, self._before.reasoned)
        )
        for rule, number in sorted((clashes - former).items()):
            yield Reason(Level.MAJOR, rule, f"the former data contradicts itself now, {_times(number)}")

    def gains(self) -> bool:
        """Whether more follows from the former data than did."""
        union = self._before.reasoned.graph.union
        follows = (t for graph in self._workspace.graph.of(Role.INFERRED) for t in graph.triples)
        return any(t not in union and not self._is_schema(t) for t in follows)

    def refusals(self) -> Iterator[Reason]:
        """Yield the shapes and checks that the former data kept to and no longer does."""
        was = Counter(r.key for r in self._before.report.results if r.severity is Severity.VIOLATION)
        by_source: dict[str, list[Result]] = defaultdict(list)
        for result in self._report().results:
            if result.severity is Severity.VIOLATION:
                was[result.key] -= 1
                if was[result.key] < 0:
                    by_source[result.source].append(result)
        for source, results in sorted(by_source.items()):
            what = f"the former data does not conform to it, {_times(len(results))}: {results[0].message}"
            yield Reason(Level.MAJOR, source, what)

    def _is_schema(self, triple: Triple) -> bool:
        """Whether a triple is about terms and not about data."""
        return triple.subject in self._terms

    @cached_property
    def _terms(self) -> frozenset[NamedNode]:
        return self._before.terms | self._after.terms


def _clashes(workspace: Workspace) -> tuple[Clash, ...]:
    return workspace.inference.clashes if workspace.inference else ()


def _triples(number: int) -> str:
    return "a triple follows" if number == 1 else f"{number:,} triples follow"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"
