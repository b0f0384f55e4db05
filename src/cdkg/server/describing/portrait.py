"""What a page shows of a thing: labels, lines with their sources, marks of what is inferred or contested, links on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolution

from cdkg.server.describing.asking import number, rows
from cdkg.server.describing.labels import Labels
from cdkg.server.describing.shown import Shown
from cdkg.vocabulary import CD, GRAPH, PREFIXES

_INFERRED: Final = f"{GRAPH}inferred/"
#: So many lines are shown in one direction; the data have all.
_MOST: Final = 1500
#: So many things are shown that have one property with the thing as value.
_MOST_OF_ONE: Final = 25
#: So many properties with the thing as value are shown; a query has a greatest size.
_MOST_PROPERTIES: Final = 100
#: Told in sections of their own.
_APART: Final = {CD + "attestedIn", CD + "attests", CD + "contestedIn"}
#: Properties that come first, in this order.
_FIRST: Final = [
    PREFIXES["rdf"] + "type",
    PREFIXES["rdfs"] + "label",
    PREFIXES["skos"] + "prefLabel",
    PREFIXES["skos"] + "definition",
    PREFIXES["rdfs"] + "comment",
]


@dataclass(slots=True)
class Value:
    """One line: a value, the graphs that state it, and what is to be known of it.

    Attributes:
        inferred: Whether no file states it.
        contested: The disagreements about it.
    """

    shown: Shown
    sources: list[Shown] = field(default_factory=list)
    inferred: bool = True
    contested: list[Shown] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """A property with its values; of those that lead here perhaps not all."""

    property: Shown
    values: list[Value]
    total: int
    query: str = ""


@dataclass(slots=True)
class Section:
    """A thing that a graph describes."""

    fragment: str
    shown: Shown
    groups: list[Group]
    contested: list[Shown]


@dataclass(slots=True)
class Contest:
    """A disagreement that concerns a thing, and what it says."""

    shown: Shown
    comment: str
    properties: list[Shown]


@dataclass(slots=True)
class Portrait:
    """All that a page shows."""

    iri: str
    label: str
    groups: list[Group]
    incoming: list[Group]
    sections: list[Section]
    passages: list[Shown]
    contests: list[Contest]
    is_cut: bool


def portrait(iri: str) -> Portrait:
    """What a page shows of the thing that an IRI names.

    Raises:
        CdkgError: It cannot be found out now.
    """
    node = NamedNode(iri)
    said = rows(f"SELECT ?p ?o ?g WHERE {{ GRAPH ?g {{ {node} ?p ?o }} }} ORDER BY ?p ?o ?g LIMIT {_MOST}")
    counts = {row["p"]: number(row, "n") for row in rows(_counts(node)) if row["p"].value not in _APART}
    leading_here = rows(_samples(node, counts)) if counts else []
    stated, contests = (rows(_stated(node)), rows(_contested_in(node))) if iri.startswith(GRAPH) else ([], [])
    contested = _Contested(node)
    labels = Labels(_nodes([*said, *leading_here, *stated, *contests]) | contested.nodes | {node})
    groups = _groups(said, labels, contested)
    return Portrait(
        iri,
        labels.of(node),
        groups,
        [
            Group(group.property, group.values, counts[p], _all_that_lead(node, p))
            for group in _groups(leading_here, labels, contested, value="s")
            for p in [NamedNode(group.property.iri)]
        ],
        _sections(iri, stated, contests, labels),
        [labels.shown(row["o"]) for row in said if row["p"].value == CD + "attestedIn"],
        contested.told(labels),
        max(len(said), len(stated)) >= _MOST,
    )


def _counts(node: NamedNode) -> str:
    return (
        f"SELECT ?p (COUNT(DISTINCT ?s) AS ?n) WHERE {{ ?s ?p {node} FILTER isIRI(?s) }} GROUP BY ?p"
        f" ORDER BY DESC(?n) ?p LIMIT {_MOST_PROPERTIES}"
    )


def _samples(node: NamedNode, properties: Iterable[NamedNode]) -> str:
    """The first things of each property, with the graphs that say so."""
    some = " UNION ".join(
        f"{{ SELECT ?s ({p} AS ?p) ?g WHERE {{ "
        f"{{ SELECT DISTINCT ?s WHERE {{ ?s {p} {node} FILTER isIRI(?s) }} ORDER BY ?s LIMIT {_MOST_OF_ONE} }} "
        f"GRAPH ?g {{ ?s {p} {node} }} }} }}"
        for p in properties
    )
    return f"SELECT ?s ?p ?g WHERE {{ {some} }} ORDER BY ?p ?s ?g"


def _all_that_lead(node: NamedNode, p: NamedNode) -> str:
    return f"SELECT DISTINCT ?thing WHERE {{ ?thing {p} {node} }} ORDER BY ?thing"


def _stated(graph: NamedNode) -> str:
    """What a graph states; what has a fragment comes first, as addresses lead there."""
    return (
        f"SELECT ?s ?p ?o ({graph} AS ?g) WHERE {{ GRAPH {graph} {{ ?s ?p ?o FILTER (isIRI(?s) && ?s != {graph}) }} }}"
        f' ORDER BY DESC(STRSTARTS(STR(?s), "{graph.value}#")) ?s ?p ?o LIMIT {_MOST}'
    )


def _contested_in(graph: NamedNode) -> str:
    """The disagreements about what a graph describes."""
    return (
        f"SELECT DISTINCT ?s ?d WHERE {{ {{ SELECT DISTINCT ?s WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }} }}"
        f" ?s cd:contestedIn ?d }} ORDER BY ?s ?d LIMIT {_MOST}"
    )


def _nodes(found: Iterable[QuerySolution]) -> set[NamedNode]:
    terms = (term for row in found for term in row)
    return {term for term in terms if isinstance(term, NamedNode)}


class _Contested:
    """What is contested about a thing: itself, a property of it, or a statement or relation of it with another."""

    def __init__(self, node: NamedNode) -> None:
        self._whole = rows(
            f"SELECT ?d ?p ?comment WHERE {{ {node} cd:contestedIn ?d"
            " OPTIONAL { ?d cd:onProperty ?p } OPTIONAL { ?d rdfs:comment ?comment } } ORDER BY ?d ?p"
        )
        self._sentences = rows(
            f"SELECT ?d ?p ?o WHERE {{ ?x cd:subject {node} ; cd:predicate ?p ; cd:contestedIn ?d"
            " OPTIONAL { ?x cd:object ?o } } ORDER BY ?d"
        )
        self._relations = rows(
            f"SELECT ?d ?o WHERE {{ ?x a cd:Relation ; cd:party {node}, ?o ; cd:contestedIn ?d FILTER (?o != {node}) }}"
            " ORDER BY ?d"
        )
        values = rows(
            f"SELECT DISTINCT ?v ?d WHERE {{ {{ {node} ?out ?v }} UNION {{ ?v ?in {node} }}"
            " ?v cd:contestedIn ?d ; a ?kind FILTER (?kind IN (cd:Relation, cd:Statement)) } ORDER BY ?d"
            f" LIMIT {_MOST}"
        )
        self._of_value: defaultdict[object, list[NamedNode]] = defaultdict(list)
        for row in values:
            self._of_value[row["v"]].append(row["d"])
        self.nodes = _nodes([*self._whole, *self._sentences, *self._relations, *values])

    def about(self, p: NamedNode, value: object, *, inferred: bool) -> list[NamedNode]:
        """The disagreements about a line."""
        found = [row["d"] for row in self._whole if row["p"] == p]
        found += [row["d"] for row in self._sentences if row["p"] == p and row["o"] in {None, value}]
        if inferred and p.value.startswith(CD):  # a shortcut that is drawn from the relation
            found += [row["d"] for row in self._relations if row["o"] == value]
        return list(dict.fromkeys(found + self._of_value[value]))

    def told(self, labels: Labels) -> list[Contest]:
        """The disagreements about the thing."""
        return [
            Contest(labels.shown(d), _text(same[0]["comment"]), [labels.shown(r["p"]) for r in same if r["p"]])
            for d, together in groupby(self._whole, key=lambda row: row["d"])
            for same in [list(together)]
        ]


def _groups(
    found: Iterable[QuerySolution], labels: Labels, contested: _Contested | None = None, value: str = "o"
) -> list[Group]:
    """Rows of a property, a value and a graph, as lines by property."""
    lines: dict[NamedNode, dict[object, Value]] = {}
    for row in found:
        if row["p"].value in _APART:
            continue
        values = lines.setdefault(row["p"], {})
        line = values.setdefault(row[value], Value(labels.shown(row[value])))
        if not row["g"].value.startswith(_INFERRED):
            line.inferred = False
            line.sources.append(labels.shown(row["g"]))
    if contested:
        _mark(lines, labels, contested)
    made = [Group(labels.shown(p), list(values.values()), len(values)) for p, values in lines.items()]
    return sorted(made, key=lambda group: (_rank(group.property.iri), group.property.text))


def _mark(lines: dict[NamedNode, dict[object, Value]], labels: Labels, contested: _Contested) -> None:
    for p, values in lines.items():
        for term, line in values.items():
            line.contested = [labels.shown(d) for d in contested.about(p, term, inferred=line.inferred)]


def _sections(graph: str, stated: list[QuerySolution], contests: list[QuerySolution], labels: Labels) -> list[Section]:
    """What a graph states, thing by thing, in the order of the query."""
    contested: defaultdict[object, list[Shown]] = defaultdict(list)
    for row in contests:
        contested[row["s"]].append(labels.shown(row["d"]))
    return [
        Section(
            s.value.removeprefix(f"{graph}#") if s.value.startswith(f"{graph}#") else "",
            labels.shown(s),
            _groups(together, labels),
            contested[s],
        )
        for s, together in groupby(stated, key=lambda row: row["s"])
    ]


def _rank(iri: str) -> int:
    return _FIRST.index(iri) if iri in _FIRST else len(_FIRST)


def _text(term: NamedNode | BlankNode | Literal | None) -> str:
    return term.value if isinstance(term, Literal) else ""
