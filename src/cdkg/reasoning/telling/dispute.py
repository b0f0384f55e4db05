"""What documents disagree about in a proof: each disagreement with all of its sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from cdkg.reasoning.telling.explanation import Explanation, Tell, origin_json, origin_text, term_text, walk
from cdkg.sources.origins import Origin, Origins
from cdkg.vocabulary import CD, PREFIXES, RDF_TYPE, RDFS_LABEL, Term

_CONCERNS: Final = NamedNode(CD + "concerns")
_ON_PROPERTY: Final = NamedNode(CD + "onProperty")
_COMMENT: Final = NamedNode(PREFIXES["rdfs"] + "comment")
#: What stands for a sentence as a whole; of anything else only a property is contested.
_SENTENCES: Final = (NamedNode(CD + "Relation"), NamedNode(CD + "Statement"))
_UNION: Final = DefaultGraph()


@dataclass(frozen=True, slots=True)
class Side:
    """Something that a disagreement concerns.

    Attributes:
        thing: A statement, relation, or thing.
        origins: Where it is stated what it is.
        is_in_proof: Whether the proof speaks of it.
    """

    thing: Term
    origins: tuple[Origin, ...]
    is_in_proof: bool


@dataclass(frozen=True, slots=True)
class Dispute:
    """A disagreement between documents that concerns something in a proof.

    Attributes:
        disagreement: Its IRI.
        label: What it is about; empty where it has no label.
        comment: What each side says; empty where nobody has written it down.
        origins: Where it is recorded.
        sides: All that it concerns, what the proof speaks of first.
    """

    disagreement: NamedNode
    label: str
    comment: str
    origins: tuple[Origin, ...]
    sides: tuple[Side, ...]

    def lines(self, tell: Tell = str) -> Iterator[str]:
        """The disagreement as indented text."""
        yield f"contested: {self.label or term_text(self.disagreement)}"
        if self.comment:
            yield f"  {self.comment}"
        yield from (f"  {origin_text(origin, tell)}" for origin in self.origins)
        for side in self.sides:
            yield f"  {term_text(side.thing)}  [{'in this proof' if side.is_in_proof else 'concerned, too'}]"
            yield from (f"    {origin_text(origin, tell)}" for origin in side.origins)

    def as_json(self) -> dict[str, Any]:
        """The same as nested objects, for `json`; terms are in their N-Triples form."""
        sides = [
            {
                "thing": str(side.thing),
                "in_proof": side.is_in_proof,
                "sources": [origin_json(origin) for origin in side.origins],
            }
            for side in self.sides
        ]
        return {
            "disagreement": str(self.disagreement),
            "label": self.label or None,
            "comment": self.comment or None,
            "sources": [origin_json(origin) for origin in self.origins],
            "sides": sides,
        }


def disputes(proofs: Iterable[Explanation], store: Store, origins: Origins) -> list[Dispute]:
    """The disagreements about statements and relations that proofs rest on, or about a property that they speak of.

    Args:
        proofs: The proofs.
        store: All that holds, as its default graph.
        origins: Finds where it is asserted.
    """
    found: defaultdict[Term, dict[Term, None]] = defaultdict(dict)
    steps = dict.fromkeys(node.triple for proof in proofs for node, _, _ in walk(proof))
    for triple in steps:
        for concerning in store.quads_for_pattern(None, _CONCERNS, triple.subject, _UNION):
            properties = _values(store, concerning.subject, _ON_PROPERTY)
            if _is_sentence(store, triple.subject) or triple.predicate in properties:
                found[concerning.subject][triple.subject] = None
    return [_told(node, spoken, store, origins) for node, spoken in found.items() if isinstance(node, NamedNode)]


def _told(node: NamedNode, spoken: Collection[Term], store: Store, origins: Origins) -> Dispute:
    things = dict.fromkeys((*spoken, *sorted(_values(store, node, _CONCERNS), key=str)))
    sides = tuple(Side(thing, _stated(thing, store, origins), thing in spoken) for thing in things)
    label, comment = (_text(store, node, predicate) for predicate in (RDFS_LABEL, _COMMENT))
    return Dispute(node, label, comment, _stated(node, store, origins), sides)


def _is_sentence(store: Store, node: Term) -> bool:
    return not isinstance(node, Literal) and any(Quad(node, RDF_TYPE, kind, _UNION) in store for kind in _SENTENCES)


def _stated(node: Term, store: Store, origins: Origins) -> tuple[Origin, ...]:
    """Where it is asserted what something is."""
    kinds = _values(store, node, RDF_TYPE)
    found = (Triple(node, RDF_TYPE, kind) for kind in kinds if not isinstance(node, Literal))
    return tuple(dict.fromkeys(origin for triple in found for origin in origins.of(triple)))


def _values(store: Store, node: Term, predicate: NamedNode) -> list[Term]:
    if isinstance(node, Literal):
        return []
    return [quad.object for quad in store.quads_for_pattern(node, predicate, None, _UNION)]


def _text(store: Store, node: Term, predicate: NamedNode) -> str:
    """A text about something, in English where there are several."""
    texts = [value for value in _values(store, node, predicate) if isinstance(value, Literal)]
    return min(texts, key=lambda text: (text.language != "en", str(text))).value if texts else ""
