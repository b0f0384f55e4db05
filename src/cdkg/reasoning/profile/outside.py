"""What a graph says that OWL 2 RL does not allow, by kind and with places, for those who bring an ontology."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.errors import Location
from cdkg.reasoning.profile.malformed import malformed
from cdkg.reasoning.profile.violations import ProfileViolation, rl_violations
from cdkg.reasoning.telling.explanation import Tell, triple_text
from cdkg.sources.origins import Origins
from cdkg.vocabulary import PREFIXES, RDF_TYPE

_RESERVED: Final = tuple(PREFIXES[prefix] for prefix in ("owl", "rdf", "rdfs", "xsd"))


@dataclass(frozen=True, slots=True)
class OutsideProfile:
    """One kind of thing that is not in OWL 2 RL.

    Attributes:
        message: What it is.
        section: The section that forbids it (of OWL 2 Profiles, or `Syntax …` of the Structural Specification).
        axiom: The first axiom where it is found.
        place: Where that axiom stands.
        number: In how many axioms it is found.
    """

    message: str
    section: str
    axiom: Triple
    place: Location | None
    number: int

    def text(self, tell: Tell = str) -> str:
        """The finding as one line."""
        place = f"{tell(self.place)}: " if self.place else ""
        more = f" (and {self.number - 1} more)" if self.number > 1 else ""
        return f"{place}{self.message} (section {self.section}): {triple_text(self.axiom)}{more}"

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "message": self.message,
            "section": self.section,
            "axiom": triple_text(self.axiom),
            "file": self.place.path if self.place else None,
            "line": self.place.line if self.place else None,
            "number": self.number,
        }


def outside_profile(triples: Iterable[Triple], origins: Origins) -> list[OutsideProfile]:
    """What is malformed or outside OWL 2 RL, each kind once, in the order of the triples."""
    kinds: dict[tuple[str, str], list[ProfileViolation]] = {}
    triples = tuple(triples)
    for violation in chain(malformed(_once(triples)), rl_violations(_telling(triples))):
        kinds.setdefault((violation.message, violation.section), []).append(violation)
    return [
        OutsideProfile(*kind, found[0].triples[0], _place(found[0], origins), len(found))
        for kind, found in kinds.items()
    ]


def _telling(triples: Iterable[Triple]) -> Iterator[Triple]:
    """The axioms, and of plain data one triple of each property and datatype: a million more would say no more."""
    seen: set[tuple[NamedNode, NamedNode]] = set()
    is_reserved = cache(lambda predicate: predicate.value.startswith(_RESERVED))
    for triple in triples:
        obj = triple.object
        if is_reserved(triple.predicate):
            named = isinstance(obj, NamedNode) and not obj.value.startswith(_RESERVED)
            if not (triple.predicate == RDF_TYPE and named):
                yield triple
        elif isinstance(obj, Literal) and (triple.predicate, obj.datatype) not in seen:
            seen.add((triple.predicate, obj.datatype))
            yield triple


def _once(triples: Iterable[Triple]) -> Iterator[Triple]:
    """The axioms, and of plain data one triple of each property with a literal and one without."""
    seen: set[tuple[NamedNode, bool]] = set()
    for triple in triples:
        kind = (triple.predicate, isinstance(triple.object, Literal))
        if triple.predicate.value.startswith(_RESERVED) or kind not in seen:
            seen.add(kind)
            yield triple


def _place(violation: ProfileViolation, origins: Origins) -> Location | None:
    places = (origin.place for triple in violation.triples for origin in origins.of(triple))
    return next((place for place in places if place is not None), None)
