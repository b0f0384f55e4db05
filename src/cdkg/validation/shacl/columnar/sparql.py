"""SPARQL-based constraints and validators (SHACL, sections 5 and 6)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from pyoxigraph import Literal, NamedNode, Quad, QueryBoolean, Store, Triple

from cdkg.errors import ShapesError
from cdkg.reasoning.rl.columns import unique
from cdkg.reasoning.rl.terms import Codes, Mask
from cdkg.sources.sparql import tokens
from cdkg.validation.shacl.columnar.binding import NODE, Query, is_said
from cdkg.validation.shacl.columnar.shape import Found, Run, Telling, Values
from cdkg.validation.shacl.columnar.walks import in_sparql
from cdkg.validation.shacl.paths import Path, Predicate
from cdkg.vocabulary import PREFIXES, Term, shorten

_TRUE: Final = Literal("true", datatype=NamedNode(PREFIXES["xsd"] + "boolean"))
_STRINGS: Final = (PREFIXES["xsd"] + "string", PREFIXES["rdf"] + "langString")
#: The name of the graph that holds the shapes, for `$shapesGraph`.
_SHAPES_GRAPH: Final = NamedNode("urn:x-cdkg:shapes")
_PLACEHOLDER: Final = re.compile(r"\{[?$](\w+)\}")

#: So many focus nodes are named in the query; among more, its own patterns find them as quickly.
_FEW: Final = 64

#: A variable of our own that numbers the values given.
_NUMBER: Final = "given__"

#: A result: the index of its focus node, its value if it has one, and how it is told.
_Row = tuple[int, Term | None, Telling]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A query with what is needed to put it to the data.

    Attributes:
        query: The query.
        name: How the constraint is called.
        values: What parameters of a component are, by name.
        messages: The messages of its results; the shape's own are taken where there are none.
        shapes: The triples of the shapes graph.
    """

    query: Query
    name: str
    values: Mapping[str, Term] = field(default_factory=dict)
    messages: tuple[Literal, ...] = ()
    shapes: tuple[Triple, ...] = ()

    def constants(self, values: Values) -> dict[str, Term]:
        """The values that are the same for all nodes (SHACL, section 5.3.1), as far as the query has them."""
        given = {"currentShape": values.shape.node, "shapesGraph": _SHAPES_GRAPH, **self.values}
        return {name: value for name, value in given.items() if self.query.mentions(name)}

    def put(self, run: Run, text: str, given: Mapping[str, Term]) -> Iterator[dict[str, Term]]:
        """Put a query to the data: the variables that have values in each solution; one solution for a yes to ASK.

        Raises:
            ShapesError: It cannot be evaluated.
        """
        terms = list(given.values())
        store = run.store()
        if self.query.mentions("shapesGraph"):
            store = run.kept("shapes and data", lambda: _both(store, self.shapes))
        try:
            answer: Any = store.query(text, custom_functions={NODE: lambda number: terms[int(number.value)]})
            if isinstance(answer, QueryBoolean):
                yield from [{}] * bool(answer)
                return
            names = [variable.value for variable in answer.variables]
            for solution in answer:
                yield {name: value for name in names if (value := solution[name]) is not None}
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            raise ShapesError(f"{self.name}: the query cannot be evaluated", why=str(error)) from error


def _both(store: Store, shapes: Iterable[Triple]) -> Store:
    """The data with the shapes beside it as a named graph."""
    both = Store()
    both.bulk_extend(store)
    both.bulk_extend(Quad(t.subject, t.predicate, t.object, _SHAPES_GRAPH) for t in shapes)
    return both


@dataclass(frozen=True, slots=True, eq=False)
class SelectConstraint:
    """`sh:sparql`, or a SELECT-based validator: each solution is a result (sections 5.3 and 6.3).

    Attributes:
        asked: The query.
        kind: The constraint component.
        constraint: The node of the SPARQL-based constraint; validators have none.
    """

    asked: Asked
    kind: NamedNode
    constraint: Term | None = None

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the solutions for the focus nodes.

        Raises:
            ShapesError: The query cannot be evaluated, or says itself that it failed.
        """
        run.tell(f"{values.shape}, {self.asked.name}")
        rows = list(self._rows(run, values))
        if rows:
            at = np.array([row[0] for row in rows], np.int64)
            codes = [-1 if value is None else run.columns.met(value) for _, value, _ in rows]
            found = values.found(self.kind, at, np.array(codes, np.int64))
            yield replace(found, constraint=self.constraint, own=[telling for _, _, telling in rows])

    def _rows(self, run: Run, values: Values) -> Iterator[_Row]:
        for at, bound in self._solutions(run, values):
            if bound.get("failure") == _TRUE:
                raise ShapesError(f"{self.asked.name} says that it failed", why="the query returned ?failure as true")
            focus = run.columns.terms.term(int(values.focus[at]))
            path, own = bound.get("path"), values.shape.path
            value = bound.get("value", focus if own is None else None)
            named = {**self.asked.values, "this": focus, **bound}
            shown = Predicate(path.value) if isinstance(path, NamedNode) else own
            yield at, value, (shown, self._messages(values, named, own))

    def _messages(self, values: Values, bound: Mapping[str, Term], path: Path | None) -> tuple[Literal, ...]:
        """The message of the solution, or those of the constraint, or of the shape (section 5.3.2)."""
        own = bound.get("message")
        if isinstance(own, Literal) and own.datatype.value in _STRINGS:
            return (own,)
        return tuple(filled(message, bound, path) for message in self.asked.messages or values.shape.messages)

    def _solutions(self, run: Run, values: Values) -> Iterator[tuple[int, dict[str, Term]]]:
        """The solutions, each with the index of its focus node."""
        asked, query = self.asked, self.asked.query
        constants = asked.constants(values)
        alone = np.ones(len(values.focus), np.bool_)
        if query.is_sure("this") and len(values.focus) > 1:
            alone = ~run.columns.terms.is_iri(values.focus)
            table = f" VALUES ?this {{ {' '.join(_forms(run, values.focus[~alone]))} }} "
            if query.binds("this") and len(values.focus) > _FEW:
                alone[:], table = False, ""
            yield from self._many(run, values, query.given_many("this", table, constants), constants)
        for at in np.flatnonzero(alone).tolist():
            given = {**constants, "this": run.columns.terms.term(int(values.focus[at]))}
            for bound in asked.put(run, query.given(given), given):
                yield at, bound

    def _many(
        self, run: Run, values: Values, text: str, constants: Mapping[str, Term]
    ) -> Iterator[tuple[int, dict[str, Term]]]:
        index = {code: at for at, code in enumerate(values.focus.tolist())}
        find = run.columns.terms.find
        for bound in self.asked.put(run, text, constants):
            at = index.get(find(bound["this"]), -1) if "this" in bound else -1
            if at >= 0:
                yield at, bound


@dataclass(frozen=True, slots=True, eq=False)
class AskConstraint:
    """An ASK-based validator: a value node for which the answer is no is a result (section 6.2)."""

    asked: Asked
    kind: NamedNode

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the value nodes that the answer is no for.

        Raises:
            ShapesError: The query cannot be evaluated.
        """
        run.tell(f"{values.shape}, {self.asked.name}")
        constants = self.asked.constants(values)
        if self.asked.query.mentions("this"):
            passed = np.array([self._holds(run, values, at, constants) for at in range(len(values.nodes))], np.bool_)
        else:
            distinct = unique(values.nodes)
            passed = self._passing(run, distinct, constants)[np.searchsorted(distinct, values.nodes)]
        for found in values.failing(self.kind, ~passed):
            yield replace(found, own=[self._telling(run, values, *row) for row in found.pairs()])

    def _telling(self, run: Run, values: Values, focus: int, node: int) -> Telling:
        """The path and the messages of a result about a value."""
        term, path = run.columns.terms.term, values.shape.path
        named = {**self.asked.values, "this": term(focus), "value": term(node)}
        return path, tuple(filled(message, named, path) for message in self.asked.messages or values.shape.messages)

    def _passing(self, run: Run, nodes: Codes, constants: Mapping[str, Term]) -> Mask:
        """Which of some distinct nodes the answer is yes for."""
        query = self.asked.query
        passed, alone = np.zeros(len(nodes), np.bool_), np.ones(len(nodes), np.bool_)
        if query.is_sure("value") and len(nodes) > 1:
            alone = ~_can_be_said(run, nodes)
            forms = _forms(run, nodes[~alone])
            rows = " ".join(f"({form} {number})" for number, form in enumerate(forms))
            table = f" VALUES (?value ?{_NUMBER}) {{ {rows} }} "
            text = query.selecting(_NUMBER).given_many("value", table, constants)
            numbers = [int(str(bound[_NUMBER]).split('"')[1]) for bound in self.asked.put(run, text, constants)]
            passed[np.flatnonzero(~alone)[numbers]] = True
        for at in np.flatnonzero(alone).tolist():
            passed[at] = self._answer(run, {**constants, "value": run.columns.terms.term(int(nodes[at]))})
        return passed

    def _holds(self, run: Run, values: Values, at: int, constants: Mapping[str, Term]) -> bool:
        term = run.columns.terms.term
        focus, node = term(int(values.focus[values.at[at]])), term(int(values.nodes[at]))
        return self._answer(run, {**constants, "this": focus, "value": node})

    def _answer(self, run: Run, given: Mapping[str, Term]) -> bool:
        return any(True for _ in self.asked.put(run, self.asked.query.given(given), given))


def _can_be_said(run: Run, codes: Codes) -> Mask:
    """Which terms SPARQL has syntax for (see `binding.NODE` for the others)."""
    return np.array([is_said(run.columns.terms.term(code)) for code in codes.tolist()], np.bool_)


def _forms(run: Run, codes: Codes) -> list[str]:
    return [run.columns.terms.forms[code].decode() for code in codes.tolist()]


def filled(message: Literal, bound: Mapping[str, Term], path: Path | None) -> Literal:
    """A message with `{?name}` and `{$name}` replaced by what they stand for (SHACL, section 5.3.2)."""

    def value(match: re.Match[str]) -> str:
        if match[1] == "PATH" and path:
            return str(path)
        term = bound.get(match[1])
        if term is None:
            return match[0]
        return shorten(term.value) if isinstance(term, NamedNode) else _shown(term)

    if "{" not in message.value:
        return message
    text = _PLACEHOLDER.sub(value, message.value)
    return Literal(text, language=message.language) if message.language else Literal(text)


def _shown(term: Term) -> str:
    """The text of a literal; a blank node with the mark of its label, so that nobody takes it for a text."""
    return term.value if isinstance(term, Literal) else str(term)


def _with_path(text: str, path: Path) -> str:
    """A query with its variable `PATH` replaced, in the triple patterns where it stands (section 5.3.1)."""
    parts, last = [], 0
    for kind, token, offset in tokens(text):
        if kind == "variable" and token[1:] == "PATH":
            parts += [text[last:offset], in_sparql(path)]
            last = offset + len(token)
    return "".join([*parts, text[last:]])


def query_of(
    text: str, prologue: str, path: Path | None, given: Collection[str] = (), *, of_values: bool = False
) -> Query:
    """A query of a shape: `$PATH` becomes the path of the shape.

    Raises:
        ShapesError: It is no query that SHACL allows.
    """
    if path is not None:
        text = _with_path(text, path)
    names = ["this", *(["value"] if of_values else []), *given]
    return Query(text, prologue, [*names, "shapesGraph", "currentShape", "PATH"], names)
