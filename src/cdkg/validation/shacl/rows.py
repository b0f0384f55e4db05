"""What every SHACL engine gives: results as data, so that engines can be held against each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from cdkg.validation.shacl.paths import Path
from cdkg.vocabulary import Term

#: Is told which shape or check is at work, so that one that does not end can be named.
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One validation result (SHACL, section 3.6.2).

    Attributes:
        focus: The focus node.
        component: The constraint component (`sh:MinCountConstraintComponent`).
        shape: The shape that was not satisfied (`sh:sourceShape`).
        severity: `sh:Violation`, `sh:Warning`, `sh:Info`, or an IRI of somebody's own.
        path: The path of a property shape.
        value: The value node concerned.
        messages: The messages of the shape or constraint, their variables filled in.
        constraint: The SPARQL-based constraint (`sh:sourceConstraint`).
    """

    focus: Term
    component: NamedNode
    shape: NamedNode | BlankNode
    severity: NamedNode
    path: Path | None = None
    value: Term | None = None
    messages: tuple[Literal, ...] = ()
    constraint: Term | None = None


@dataclass(frozen=True, slots=True)
class Focus:
    """What the targets of shapes meet (SHACL, section 2.1.3).

    Attributes:
        sizes: How many focus nodes each shape has that has targets and is not deactivated.
        nodes: The focus nodes of all of them, in N-Triples form.
    """

    sizes: Mapping[NamedNode | BlankNode, int]
    nodes: frozenset[str]


class DataGraph(Protocol):
    """What is validated."""

    @property
    def triples(self) -> Collection[Triple]:
        """All triples of the data graph, each once."""

    @property
    def store(self) -> Store:
        """The same as the default graph of a store, for constraints in SPARQL; made when first asked for."""


class Engine(Protocol):
    """A SHACL engine: shapes are read once, and held against as many data graphs as one likes."""

    def __init__(self, shapes: Sequence[Triple]) -> None:
        """Read the shapes.

        Raises:
            ShapesError: They are not well-formed (SHACL, appendix on syntax rules).
        """

    def rows(self, data: DataGraph, tell: Tell = lambda _: None) -> Iterable[Row]:
        """Yield the results; equal rows as often as the specification has them.

        Raises:
            ShapesError: A constraint cannot be evaluated.
        """

    def focus(self, data: DataGraph) -> Focus:
        """The focus nodes of the shapes."""
