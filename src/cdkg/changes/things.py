"""Which entities, terms and shapes are new, gone, renamed or deprecated, and which disagreements were settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.changes.difference import Change, Deprecated, Statement, Thing, Things
from cdkg.changes.renames import renames
from cdkg.changes.states import State
from cdkg.errors import Location
from cdkg.graph import Role
from cdkg.vocabulary import CD, PREFIXES, RDF_TYPE, RDFS_LABEL

_OWL: Final = PREFIXES["owl"]
_ONTOLOGY: Final = _OWL + "Ontology"
#: The types that make a subject of an ontology a term of it (OWL 2 Mapping to RDF, table 7, and RDF Schema).
TERM_TYPES: Final = frozenset(
    {_OWL + kind for kind in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")}
    | {PREFIXES["rdfs"] + "Class", PREFIXES["rdfs"] + "Datatype", PREFIXES["rdf"] + "Property"}
)
_LABELS: Final = (RDFS_LABEL, NamedNode(PREFIXES["skos"] + "prefLabel"), NamedNode(PREFIXES["sh"] + "name"))
_DEPRECATED: Final = NamedNode(_OWL + "deprecated")
_REPLACED: Final = NamedNode(PREFIXES["dcterms"] + "isReplacedBy")

#: The named things of a state, each with its types.
Typed = Mapping[str, frozenset[str]]


class Inventory:
    """The things of a state by kind, and what is said of each.

    Attributes:
        entities: Typed subjects of the data, and of the ontology what is no term.
        terms: Classes, properties and datatypes.
        shapes: Typed subjects of the shapes.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._told: dict[str, Thing] = {}
        self.about: dict[str, list[tuple[Triple, NamedNode]]] = defaultdict(list)
        types: dict[Role, dict[str, set[str]]] = {role: defaultdict(set) for role in Role}
        for graph, triples in state.triples.items():
            role = state.written[graph].role
            for triple in triples:
                if isinstance(triple.subject, NamedNode):
                    self.about[triple.subject.value].append((triple, graph))
                    if triple.predicate == RDF_TYPE and isinstance(triple.object, NamedNode):
                        types[role][triple.subject.value].add(triple.object.value)
        ontology = types[Role.ONTOLOGY]
        self.terms: Typed = {iri: frozenset(found) for iri, found in ontology.items() if found & TERM_TYPES}
        self.shapes: Typed = _without_heads(types[Role.SHAPES])
        data: dict[str, set[str]] = defaultdict(set)
        for part in (_without_heads(ontology), types[Role.PASSAGE], types[Role.EDITORIAL]):
            for iri, found in part.items():
                if iri not in self.terms:
                    data[iri] |= found
        self.entities: Typed = {iri: frozenset(found) for iri, found in data.items()}

    def thing(self, iri: str) -> Thing:
        """A thing with its types, label and place."""
        if iri not in self._told:
            self._told[iri] = self._tell(iri)
        return self._told[iri]

    def _tell(self, iri: str) -> Thing:
        types = self.terms.get(iri) or self.entities.get(iri) or self.shapes.get(iri) or frozenset()
        return Thing(iri, tuple(sorted(types)), self._label(iri), self._place(iri))

    def _label(self, iri: str) -> str:
        labels = [t.object for t, _ in self.about.get(iri, ()) if t.predicate in _LABELS]
        told = [label for label in labels if isinstance(label, Literal)]
        told.sort(key=lambda label: (not (label.language or "en").startswith("en"), label.language or "", label.value))
        return told[0].value if told else ""

    def _place(self, iri: str) -> Location | None:
        """Where it is given a type, in the list of entities rather than in a passage."""
        typed = [(t, graph) for t, graph in self.about.get(iri, ()) if t.predicate == RDF_TYPE]
        typed.sort(key=lambda pair: (self._state.written[pair[1]].role is Role.PASSAGE, pair[1].value))
        return self._state.place(self._state.triples[typed[0][1]][typed[0][0]], typed[0][1]) if typed else None

    def deprecated(self) -> dict[str, frozenset[str]]:
        """What is deprecated, with what replaces it."""
        found: dict[str, frozenset[str]] = {}
        for iri, about in self.about.items():
            instead = {t.object.value for t, _ in about if t.predicate == _REPLACED and isinstance(t.object, NamedNode)}
            marked = any(t.predicate == _DEPRECATED and _true(t) for t, _ in about)
            if instead or marked:
                found[iri] = frozenset(instead)
        return found


def _without_heads(types: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    """Without the headers of ontologies, which are about a file."""
    return {iri: frozenset(found) for iri, found in types.items() if _ONTOLOGY not in found}


def _true(triple: Triple) -> bool:
    return isinstance(triple.object, Literal) and triple.object.value in {"true", "1"}


def things(before: Inventory, after: Inventory, change: Change[Statement]) -> tuple[Things, Things, Things]:
    """What became of entities, terms and shapes.

    Args:
        before: The former state.
        after: The latter state.
        change: The statements gone and come, from which renamings are told.
    """
    kinds = ((before.entities, after.entities), (before.terms, after.terms), (before.shapes, after.shapes))
    gone = {iri: types for was, now in kinds for iri, types in was.items() if iri not in now}
    come = {iri: types for was, now in kinds for iri, types in now.items() if iri not in was}
    found = renames(gone, come, change, before.thing, after.thing)
    olds, news = {r.before.iri for r in found}, {r.after.iri for r in found}
    marked = _deprecated(before, after)
    told = []
    for was, now in kinds:
        known = Change(
            tuple(before.thing(iri) for iri in sorted(was.keys() - now.keys() - olds)),
            tuple(after.thing(iri) for iri in sorted(now.keys() - was.keys() - news)),
        )
        renamed = tuple(r for r in found if r.before.iri in was)
        told.append(Things(known, renamed, tuple(d for d in marked if d.thing.iri in now)))
    return told[0], told[1], told[2]


def _deprecated(before: Inventory, after: Inventory) -> list[Deprecated]:
    was = before.deprecated()
    return [
        Deprecated(after.thing(iri), tuple(sorted(instead)))
        for iri, instead in sorted(after.deprecated().items())
        if iri not in was
    ]


def instances(before: State, after: State, inventories: tuple[Inventory, Inventory], renamed: Things, name: str
              ) -> Change[Thing]:  # fmt: skip
    """The members of a class of ours (`Disagreement`, `Gap`) gone and come; one that was only renamed is neither."""
    was, now = (_members(state, name) for state in (before, after))
    olds, news = ({getattr(r, side).iri for r in renamed.renamed} for side in ("before", "after"))
    gone, come = sorted(was - now - olds), sorted(now - was - news)
    one, other = inventories
    return Change(tuple(_told(one, gone)), tuple(_told(other, come)))


def _members(state: State, name: str) -> set[str]:
    return {node.value for node in state.reasoned.graph.instances(NamedNode(CD + name))}


def _told(inventory: Inventory, iris: Iterable[str]) -> Iterator[Thing]:
    yield from map(inventory.thing, iris)
