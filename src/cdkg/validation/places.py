"""From a finding to its places: of the statements that break the rule, or of the block where one is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from pathlib import Path as FilePath
from typing import Final

from pyoxigraph import NamedNode, Triple

from cdkg.errors import Location
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.reasoning.rl.columns import of
from cdkg.sources.written import Part, Writings
from cdkg.validation.index import Holder, Index
from cdkg.validation.shacl.columnar.columns import Columns
from cdkg.validation.shacl.paths import Alternative, Inverse, Path, Predicate, Repeated
from cdkg.validation.shacl.paths import Sequence as Steps
from cdkg.vocabulary import PREFIXES, Term

#: So many places are told of one finding, and so many statements looked at for them.
MOST_PLACES: Final = 20
_MOST_HOLDERS: Final = 1000
_MOST_ROUTES: Final = 200
#: So many nodes are met at most on a path that may be walked again and again.
_MOST_MET: Final = 10_000

_SCHEMA: Final = (PREFIXES["owl"], PREFIXES["rdfs"])

#: Whether somebody asked for findings about a file.
AskedFor = Callable[[FilePath], bool]

#: The statements on the way from a node to each of the nodes that a path leads to.
_Routes = dict[Term, tuple[Triple, ...]]


class Places:
    """Finds where statements stand; what was inferred is led back to the asserted statements behind it.

    Args:
        graph: The named graphs.
        asserted_behind: Leads an inferred triple back to asserted ones.
        columns: The data graph, asserted and inferred, where somebody has it as columns.
        index: Its asserted graphs and shapes, likewise.
        writings: Finds where the triples of files are written, likewise.
        asked_for: Whether somebody asked for findings about a file; None: about all.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        asserted_behind: Callable[[Triple], Iterable[Triple]] | None = None,
        columns: Columns | None = None,
        index: Index | None = None,
        writings: Writings | None = None,
        asked_for: AskedFor | None = None,
    ) -> None:
        self._graph, self._behind, self._asked_for = graph, asserted_behind, asked_for
        self._writings = writings or Writings()
        self._given = columns, index

    @cached_property
    def _columns(self) -> Columns:
        return self._given[0] or Columns(self._graph.union)

    @cached_property
    def _index(self) -> Index:
        return self._given[1] or Index(with_file(self._graph))

    def of_finding(
        self, focus: Term, path: Path | None = None, value: Term | None = None, beside: Sequence[NamedNode] = ()
    ) -> tuple[Location, ...] | None:
        """The places of what is wrong with a node, those in files that somebody asked for first.

        Args:
            focus: The node.
            path: The property path concerned.
            value: The value that is wrong; None: all that the path leads to.
            beside: Properties of the node whose values clash with these.

        Returns:
            Where the statements on the path stand; where there are none, the blocks of the node, or the statements that
            have it as object. None where all of them stand in files that nobody asked for.
        """
        routes = self._routes(path, focus) if path is not None else {}
        if value is not None:
            routes = {value: routes[value]} if value in routes else {}
        clashing = ((triple,) for name in beside for triple in self._from(focus, name.value))
        found = self._located(chain(self._stating(routes.values()), self._stating(clashing)))
        if found == ():  # a blank node within another's block has its own brackets
            found = self._located(self._described(focus), Part.BLOCK)
        return self._located(self._index.mentioning(focus)) if found == () else found

    def _described(self, focus: Term) -> list[Holder]:
        """The statements about a node; what it is matched with only where nothing else is said of it."""
        about = self._index.about(focus)
        return [holder for holder in about if holder[0].role is not Role.LINKS] or about

    def _stating(self, routes: Iterable[Sequence[Triple]]) -> Iterator[Holder]:
        """The graphs that assert the statements of some routes: those first that come first in their files.

        Any other order would hang on the labels of blank nodes, or on which term was met first.
        """
        some = islice(routes, _MOST_ROUTES)
        held = [[holder for triple in route for holder in self._holders(triple)] for route in some]
        return chain.from_iterable(sorted(held, key=lambda route: [(str(graph.path), at) for graph, at in route]))

    def of_triple(self, triple: Triple) -> tuple[Location, ...]:
        """Every place that asserts the triple; for an inferred one, of the asserted ones behind it."""
        return _first(self._writings.of(*holder) for holder in self._holders(triple))

    def of_predicate(self, triple: Triple) -> tuple[Location, ...]:
        """Where an asserted triple has its predicate."""
        return _first(self._writings.of(*holder, Part.PREDICATE) for holder in self._index.stating(triple))

    def _holders(self, triple: Triple) -> Iterator[Holder]:
        """The graphs that assert a triple or, of an inferred one, those behind it."""
        direct = self._index.stating(triple)
        if direct or self._behind is None:
            return iter(direct)
        facts_first = sorted(self._behind(triple), key=is_axiom)  # facts are mended more often than axioms
        return (holder for t in facts_first for holder in self._index.stating(t))

    def _located(self, holders: Iterable[Holder], part: Part = Part.TRIPLE) -> tuple[Location, ...] | None:
        """The places of statements; no file is read for what nobody asked for."""
        if self._asked_for is not None:
            asked_for, found = self._asked_for, list(islice(holders, _MOST_HOLDERS))
            wanted = [graph.path is not None and asked_for(graph.path) for graph, _ in found]
            if found and not any(wanted):
                return None
            holders = [found[at] for at in sorted(range(len(found)), key=lambda at: not wanted[at])]
        return _first(self._writings.of(*holder, part) for holder in holders)

    # -- the way along a path ----------------------------------------------------------------------------------------

    def _from(self, node: Term, predicate: str) -> list[Triple]:
        columns = self._columns
        code = columns.terms.find(node)
        objects = of(columns.column(predicate), code).tolist() if code >= 0 else ()
        return [Triple(node, NamedNode(predicate), columns.terms.term(found)) for found in objects]  # type: ignore[arg-type]

    def _to(self, node: Term, predicate: str) -> list[Triple]:
        columns = self._columns
        code = columns.terms.find(node)
        subjects = of(columns.turned(predicate), code).tolist() if code >= 0 else ()
        return [Triple(columns.terms.term(found), NamedNode(predicate), node) for found in subjects]  # type: ignore[arg-type]

    def _routes(self, path: Path, start: Term, *, back: bool = False) -> _Routes:
        """The ways along a path from a node, or with `back` against it; of several to one node the first."""
        match path:
            case Predicate(iri) if back:
                return {t.subject: (t,) for t in self._to(start, iri)}
            case Predicate(iri):
                return {t.object: (t,) for t in self._from(start, iri)}
            case Inverse(inner):
                return self._routes(inner, start, back=not back)
            case Alternative(paths):
                found: _Routes = {}
                for inner in paths:
                    found = self._routes(inner, start, back=back) | found
                return found
            case Steps(paths):
                found = {start: ()}
                for inner in reversed(paths) if back else paths:
                    found = self._onwards(found, inner, back=back)
                return found
        return self._repeated(path, start, back=back)

    def _onwards(self, routes: _Routes, path: Path, *, back: bool) -> _Routes:
        found: _Routes = {}
        for node, route in routes.items():
            for end, more in self._routes(path, node, back=back).items():
                found.setdefault(end, (*route, *more))
        return found

    def _repeated(self, path: Repeated, start: Term, *, back: bool) -> _Routes:
        met: _Routes = {}
        edge: _Routes = {start: ()}
        while edge and len(met) < _MOST_MET:
            edge = {n: way for n, way in self._onwards(edge, path.path, back=back).items() if n not in met}
            met |= edge
            if path.once:
                break
        return met if path.least else {start: ()} | met


def with_file(graph: KnowledgeGraph) -> Iterator[NamedGraph]:
    """The graphs that were read from files."""
    return (named for named in graph if named.path is not None)


def _first(places: Iterable[Location | None]) -> tuple[Location, ...]:
    found: dict[Location, None] = {}
    for place in places:
        if place is not None:
            found.setdefault(place)
        if len(found) == MOST_PLACES:
            break
    return tuple(found)


def is_axiom(triple: Triple) -> bool:
    """Whether a triple says something of terms, in the vocabulary of RDFS or OWL, rather than of things."""
    terms = (triple.predicate, triple.object)
    return any(isinstance(term, NamedNode) and term.value.startswith(_SCHEMA) for term in terms)
