"""Shapes, their value nodes, and what is found wrong with them (SHACL, sections 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

import numpy as np
from pyoxigraph import BlankNode, Literal, NamedNode, Store

from cdkg.errors import ShapesError
from cdkg.reasoning.rl.columns import join, pack, unique
from cdkg.reasoning.rl.terms import Codes, Mask
from cdkg.validation.shacl.columnar.columns import Columns, fitting
from cdkg.validation.shacl.columnar.walks import values
from cdkg.validation.shacl.paths import Path
from cdkg.validation.shacl.rows import Tell
from cdkg.vocabulary import PREFIXES, Term

SH: Final = PREFIXES["sh"]

T = TypeVar("T")

#: The path and the messages of a result.
Telling = tuple[Path | None, tuple[Literal, ...]]

VIOLATION: Final = NamedNode(SH + "Violation")

_CONFORMS: Final = 1
_FAILS: Final = 2


def component(name: str) -> NamedNode:
    """The constraint component of SHACL Core with this name."""
    return NamedNode(f"{SH}{name}ConstraintComponent")


@dataclass(frozen=True, slots=True)
class Targets:
    """Where the focus nodes of a shape come from (SHACL, section 2.1.3)."""

    nodes: tuple[Term, ...] = ()
    classes: tuple[str, ...] = ()
    subjects_of: tuple[str, ...] = ()
    objects_of: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.classes or self.subjects_of or self.objects_of)


@dataclass(slots=True, eq=False)
class Shape:
    """A node shape or, where it has a path, a property shape.

    Attributes:
        node: What stands for it in the shapes graph.
        name: How it is called; by its path and owner where it has no name.
        path: Its path as it is written.
        plain: The same as it is walked (see `walks.plain`).
        severity: The severity of its results.
        messages: The messages of its results.
        deactivated: Whether everything conforms to it.
        targets: Where its own focus nodes come from.
        constraints: What value nodes must meet.
    """

    node: NamedNode | BlankNode
    name: str
    path: Path | None = None
    plain: Path | None = None
    severity: NamedNode = VIOLATION
    messages: tuple[Literal, ...] = ()
    deactivated: bool = False
    targets: Targets = Targets()
    constraints: list[Constraint] = field(default_factory=list)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The value nodes of a shape.

    Attributes:
        shape: The shape.
        focus: The focus nodes, sorted and without repetition.
        at: For each value node the index of its focus node, in order.
        nodes: The value nodes; each stands once for each focus node.
    """

    shape: Shape
    focus: Codes
    at: Codes
    nodes: Codes

    def failing(self, kind: NamedNode, mask: Mask) -> Iterator[Found]:
        """The value nodes of a mask as results."""
        if mask.any():
            yield self.found(kind, self.at[mask], self.nodes[mask])

    def found(self, kind: NamedNode, at: Codes, nodes: Codes | None = None) -> Found:
        """Results about the focus nodes with these indices, each with its value or without one."""
        return Found(self.shape, kind, at, self.focus[at], nodes, self.shape.path, self.shape.messages)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Results of one kind.

    Attributes:
        shape: The shape that is not satisfied.
        component: The constraint component.
        at: For each result the index of the node that was asked about.
        focus: For each result its focus node; another one where the shape is reached by `sh:property`.
        values: For each result its value node, if they have one.
        path: The path of all of them.
        messages: The messages of all of them.
        constraint: The SPARQL-based constraint, if there is one.
        own: For each result its own path and messages, where they differ.
    """

    shape: Shape
    component: NamedNode
    at: Codes
    focus: Codes
    values: Codes | None
    path: Path | None
    messages: tuple[Literal, ...]
    constraint: Term | None = None
    own: Sequence[Telling] | None = None

    def pairs(self) -> Iterator[tuple[int, int]]:
        """For each result its focus node and its value, -1 for none."""
        values = [-1] * len(self.at) if self.values is None else self.values.tolist()
        return zip(self.focus.tolist(), values, strict=True)

    def behind(self, back: Codes) -> Found:
        """The same results as those of the nodes that lead to the nodes asked about: pairs of indices, in order."""
        which, at = join(self.at, back)
        of_values = None if self.values is None else self.values[which]
        own = None if self.own is None else [self.own[index] for index in which.tolist()]
        return replace(self, at=at, focus=self.focus[which], values=of_values, own=own)


class Constraint(Protocol):
    """A constraint with its parameters (SHACL, section 3.3)."""

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield what is wrong with the value nodes.

        Raises:
            ShapesError: It cannot be evaluated.
        """


class Run:
    """One validation of a data graph: what has been found out so far about which node conforms to which shape.

    Args:
        columns: The data graph.
        store: Gives it as a store, for constraints in SPARQL.
        tell: Is told which shape or constraint is at work.
    """

    def __init__(self, columns: Columns, store: Callable[[], Store], tell: Tell) -> None:
        self.columns, self.store, self.tell = columns, store, tell
        self._conforming: dict[Shape, np.typing.NDArray[np.int8]] = {}
        self._instances: dict[str, Codes] = {}
        self._kept: dict[str, object] = {}
        self._at_work: list[Shape] = []

    def check(self, shape: Shape, focus: Codes) -> Iterator[Found]:
        """Yield what is wrong with nodes, which are sorted and stand once each.

        Raises:
            ShapesError: A constraint cannot be evaluated.
        """
        if shape.deactivated or not len(focus):
            return
        if shape in self._at_work:
            raise ShapesError("a shape refers to itself", why=f"SHACL leaves open what {shape} then means")
        self._at_work.append(shape)
        self.tell(str(shape))
        nodes = Values(shape, focus, *values(shape.plain, focus, self.columns))
        for constraint in shape.constraints:
            yield from constraint.check(self, nodes)
        self._at_work.pop()

    def conforms(self, shape: Shape, nodes: Codes) -> Mask:
        """Which nodes conform to a shape: those with no result of any severity (SHACL, section 3.4.2).

        Raises:
            ShapesError: A constraint cannot be evaluated.
        """
        table = self._conforming[shape] = fitting(self._conforming.get(shape), len(self.columns.terms))
        new = unique(nodes[table[nodes] == 0])
        if len(new):
            verdicts = np.full(len(new), _CONFORMS, np.int8)
            for found in self.check(shape, new):
                verdicts[found.at] = _FAILS
            table[new] = verdicts
        conforming: Mask = table[nodes] == _CONFORMS
        return conforming

    def instances(self, iri: str) -> Codes:
        """The SHACL instances of a class, sorted."""
        if iri not in self._instances:
            self._instances[iri] = self.columns.instances(iri)
        return self._instances[iri]

    def kept(self, key: str, make: Callable[[], T]) -> T:
        """Something made once in this run."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]  # type: ignore[return-value]

    def focus(self, shape: Shape) -> Codes:
        """The focus nodes of a shape's own targets (SHACL, section 2.1.3)."""
        columns, targets = self.columns, shape.targets
        parts = [np.array([columns.code(node) for node in targets.nodes], np.int64)]
        parts += [self.instances(iri) for iri in targets.classes]
        parts += [columns.column(iri) >> 32 for iri in targets.subjects_of]
        parts += [columns.turned(iri) >> 32 for iri in targets.objects_of]
        return unique(np.concatenate(parts))


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """`sh:property`: the results of a property shape for each value node (SHACL, section 4.7.2)."""

    shape: Shape

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the results of the property shape themselves."""
        if values.nodes is values.focus:
            yield from run.check(self.shape, values.focus)
            return
        distinct = unique(values.nodes)
        back = np.sort(pack(np.searchsorted(distinct, values.nodes), values.at))
        for found in run.check(self.shape, distinct):
            yield found.behind(back)
