"""Property paths as structures (SHACL, section 2.3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, NamedNode

from cdkg.errors import ShapesError
from cdkg.vocabulary import PREFIXES, Term, shorten

_SH: Final = PREFIXES["sh"]
_NIL: Final = NamedNode(PREFIXES["rdf"] + "nil")
_FIRST: Final = NamedNode(PREFIXES["rdf"] + "first")
_REST: Final = NamedNode(PREFIXES["rdf"] + "rest")


@dataclass(frozen=True, slots=True)
class Predicate:
    """One step along a property."""

    iri: str

    def __str__(self) -> str:
        return shorten(self.iri)


@dataclass(frozen=True, slots=True)
class Inverse:
    """A path walked backwards."""

    path: Path

    def __str__(self) -> str:
        return f"^{_grouped(self.path)}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """One path after the other."""

    paths: tuple[Path, ...]

    def __str__(self) -> str:
        return "/".join(map(_grouped, self.paths))


@dataclass(frozen=True, slots=True)
class Alternative:
    """Any of several paths."""

    paths: tuple[Path, ...]

    def __str__(self) -> str:
        return "|".join(map(_grouped, self.paths))


@dataclass(frozen=True, slots=True)
class Repeated:
    """A path walked again and again: `*` (least 0), `+` (least 1), or at most once (`?`)."""

    path: Path
    least: int
    once: bool = False

    def __str__(self) -> str:
        return _grouped(self.path) + ("?" if self.once else "+" if self.least else "*")


Path = Predicate | Inverse | Sequence | Alternative | Repeated

#: Properties of a blank node that is a path, but for sequences.
_KINDS: Final = {
    "inversePath": Inverse,
    "alternativePath": Alternative,
    "zeroOrMorePath": lambda path: Repeated(path, 0),
    "oneOrMorePath": lambda path: Repeated(path, 1),
    "zeroOrOnePath": lambda path: Repeated(path, 0, once=True),
}

#: The triples of a shapes graph: subject to predicate to objects.
About = Mapping[Term, Mapping[NamedNode, list[Term]]]


def _grouped(path: Path) -> str:
    """A path as part of another, as SPARQL writes it (SPARQL 1.1 Query, section 9.1)."""
    return str(path) if isinstance(path, Predicate) else f"({path})"


def simple(path: Path | None) -> str:
    """The IRI of a path that is one property, else an empty string."""
    return path.iri if isinstance(path, Predicate) else ""


def read_path(node: Term, about: About) -> Path:
    """The path that a node of a shapes graph stands for.

    Raises:
        ShapesError: It is none, or runs in a circle.
    """
    return _read(node, about, ())


def _read(node: Term, about: About, above: tuple[Term, ...]) -> Path:
    if isinstance(node, NamedNode) and node != _NIL:
        return Predicate(node.value)
    if node in above:
        raise ShapesError("a property path runs in a circle", why=f"{node} is part of itself")
    said = about.get(node, {}) if isinstance(node, BlankNode) else {}
    within = (*above, node)
    if _FIRST in said:
        return Sequence(tuple(_read(item, about, within) for item in _members(node, about, 2)))
    kinds = [(kind, objects) for kind in _KINDS if (objects := said.get(NamedNode(_SH + kind)))]
    if len(kinds) != 1 or len(kinds[0][1]) != 1:
        raise ShapesError("this is no property path", why=f"{node} is neither an IRI nor one kind of path")
    ((kind, (inner,)),) = kinds
    if kind == "alternativePath":
        return Alternative(tuple(_read(item, about, within) for item in _members(inner, about, 2)))
    return _KINDS[kind](_read(inner, about, within))  # type: ignore[no-any-return,operator]


def _members(node: Term, about: About, least: int) -> list[Term]:
    """The members of a list.

    Raises:
        ShapesError: It is no list, or has fewer than `least` members.
    """
    found: list[Term] = []
    seen: set[Term] = set()
    while node != _NIL:
        said = about.get(node, {})
        firsts, rests = said.get(_FIRST, []), said.get(_REST, [])
        if node in seen or len(firsts) != 1 or len(rests) != 1:
            raise ShapesError("a list of paths is broken", why=f"{node} is no well-formed list")
        seen.add(node)
        found.append(firsts[0])
        node = rests[0]
    if len(found) < least:
        raise ShapesError("a list of paths is too short", why=f"it has {len(found)} members and needs {least}")
    return found
