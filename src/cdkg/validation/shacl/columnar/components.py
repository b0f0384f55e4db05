"""SPARQL-based constraints and constraint components as shapes graphs write them (SHACL, sections 5.1, 5.2 and 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from cdkg.errors import ShapesError
from cdkg.validation.shacl.columnar.shape import SH, Constraint, Shape
from cdkg.validation.shacl.columnar.sparql import AskConstraint, Asked, SelectConstraint, query_of
from cdkg.validation.shacl.paths import Path
from cdkg.validation.shacl.shapes_graph import ShapesGraph, sh
from cdkg.vocabulary import PREFIXES, Term

_STRING: Final = PREFIXES["xsd"] + "string"
_MESSAGES: Final = (_STRING, PREFIXES["rdf"] + "langString")
_TRUE: Final = Literal("true", datatype=NamedNode(PREFIXES["xsd"] + "boolean"))
_IMPORTS: Final = NamedNode(PREFIXES["owl"] + "imports")
_SPARQL: Final = NamedNode(SH + "SPARQLConstraintComponent")
_LOCAL: Final = re.compile(r"[^\W\d][\w.-]*\Z")


def messages(graph: ShapesGraph, node: Term) -> tuple[Literal, ...]:
    """The messages of a shape, constraint or validator.

    Raises:
        ShapesError: One is no string.
    """
    found = graph.values(node, sh("message"))
    texts = tuple(value for value in found if isinstance(value, Literal) and value.datatype.value in _MESSAGES)
    if len(texts) < len(found):
        raise ShapesError(f"{graph.name(node)}: sh:message is no string")
    return texts


def sparql_constraint(graph: ShapesGraph, node: Term, path: Path | None) -> Constraint | None:
    """What a value of `sh:sparql` asks (section 5.1); None where it is deactivated.

    Raises:
        ShapesError: It is ill-formed.
    """
    name = f"constraint {graph.name(node)}" if isinstance(node, NamedNode) else "constraint in SPARQL"
    query = query_of(_text(graph, node, "select"), prologue(graph, node), path)
    if query.is_ask:
        raise ShapesError("a constraint in SPARQL asks ASK", why="sh:select needs a SELECT query")
    if _TRUE in graph.values(node, sh("deactivated")):
        return None
    asked = Asked(query, name, messages=messages(graph, node), shapes=graph.triples)
    return SelectConstraint(asked, _SPARQL, node)


def _text(graph: ShapesGraph, node: Term, name: str) -> str:
    found = graph.values(node, sh(name))
    if len(found) != 1 or not isinstance(found[0], Literal) or found[0].datatype.value != _STRING:
        raise ShapesError(f"{graph.name(node)} has no sh:{name}", why="it needs one string, and no more")
    return found[0].value


def prologue(graph: ShapesGraph, node: Term) -> str:
    """The prefixes that a constraint or validator uses, with those of imported ontologies (section 5.2.1).

    Raises:
        ShapesError: A declaration is ill-formed, or a prefix stands for two namespaces.
    """
    todo, seen = graph.values(node, sh("prefixes")), set[Term]()
    found: dict[str, str] = {}
    while todo:
        owner = todo.pop()
        if owner in seen:
            continue
        seen.add(owner)
        todo += graph.values(owner, _IMPORTS)
        for declared in graph.values(owner, sh("declare")):
            prefix, namespace = _declaration(graph, declared)
            if found.setdefault(prefix, namespace) != namespace:
                raise ShapesError(
                    f"the prefix {prefix}: stands for two namespaces", why=f"{found[prefix]}, {namespace}"
                )
    return "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in found.items())


def _declaration(graph: ShapesGraph, node: Term) -> tuple[str, str]:
    prefixes, namespaces = graph.values(node, sh("prefix")), graph.values(node, sh("namespace"))
    both = [*prefixes, *namespaces]
    if len(prefixes) != 1 or len(namespaces) != 1 or not all(isinstance(value, Literal) for value in both):
        raise ShapesError("a declaration of a prefix is ill-formed", why="it needs one sh:prefix and one sh:namespace")
    return both[0].value, both[1].value  # type: ignore[union-attr]


# -- constraint components ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Component:
    """A constraint component of somebody's own (section 6).

    Attributes:
        node: Its IRI.
        parameters: Its parameters: property, the name of the variable, and whether a shape may leave it out.
        validators: Its validators by property: `validator`, `nodeValidator`, `propertyValidator`.
    """

    node: NamedNode
    parameters: tuple[tuple[NamedNode, str, bool], ...]
    validators: dict[str, Term]

    def constraints(self, graph: ShapesGraph, shape: Shape) -> Iterator[Constraint]:
        """What a shape with its parameters must meet: one for each value of a single parameter (section 6.2).

        Raises:
            ShapesError: A parameter among several has several values, or a validator is ill-formed.
        """
        values = {name: graph.values(shape.node, path) for path, name, _ in self.parameters}
        if not all(values[name] or optional for _, name, optional in self.parameters) or not any(values.values()):
            return
        if len(self.parameters) == 1:
            ((name, found),) = values.items()
            given = [{name: value} for value in found]
        elif any(len(found) > 1 for found in values.values()):
            raise ShapesError(
                f"{graph.name(shape.node)}: more than one value of a parameter of {graph.name(self.node)}",
                why="a component with several parameters takes one value of each",
            )
        else:
            given = [{name: found[0] for name, found in values.items() if found}]
        for one in given:
            try:
                constraint = self._constraint(graph, shape, one)
            except ShapesError as error:
                raise ShapesError(f"{graph.name(self.node)}: {error.what}", why=error.why) from error
            if constraint is not None:
                yield constraint

    def _constraint(self, graph: ShapesGraph, shape: Shape, values: dict[str, Term]) -> Constraint | None:
        """By the validator that suits the shape best; without one the component does not apply (section 6.2.3)."""
        own = self.validators.get("nodeValidator" if shape.path is None else "propertyValidator")
        validator = own or self.validators.get("validator")
        if validator is None:
            return None
        name = f"component {graph.name(self.node)}"
        names = [name for _, name, _ in self.parameters]
        select = own is not None and bool(graph.values(validator, sh("select")))
        text = _text(graph, validator, "select" if select else "ask")
        query = query_of(text, prologue(graph, validator), shape.path, names, of_values=not select)
        told = messages(graph, validator) or messages(graph, self.node)
        asked = Asked(query, name, values, told, graph.triples)
        if query.is_ask == select:
            raise ShapesError(f"{graph.name(self.node)}: a validator is of the wrong kind", why="ASK or SELECT?")
        return SelectConstraint(asked, self.node) if select else AskConstraint(asked, self.node)


def read_components(graph: ShapesGraph) -> list[Component]:
    """The constraint components that a shapes graph declares.

    Raises:
        ShapesError: One is ill-formed.
    """
    found = [node for node in dict.fromkeys(graph.instances(sh("ConstraintComponent"))) if _is_own(node)]
    return [_component(graph, node) for node in found if isinstance(node, NamedNode)]


def _is_own(node: Term) -> bool:
    """Whether a component is none of SHACL's, whose vocabulary may stand among the shapes."""
    return isinstance(node, NamedNode | BlankNode) and not str(node).startswith(f"<{SH}")


def _component(graph: ShapesGraph, node: NamedNode) -> Component:
    parameters: list[tuple[NamedNode, str, bool]] = []
    for parameter in graph.values(node, sh("parameter")):
        paths = graph.values(parameter, sh("path"))
        local = _LOCAL.search(str(getattr(paths[0], "value", ""))) if len(paths) == 1 else None
        if local is None or not isinstance(paths[0], NamedNode):
            raise ShapesError(f"{graph.name(node)}: a parameter has no sh:path", why="it needs one that is an IRI")
        optional = _TRUE in graph.values(parameter, sh("optional"))
        parameters.append((paths[0], local[0], optional))
    if not parameters or all(optional for _, _, optional in parameters):
        raise ShapesError(f"{graph.name(node)}: a component needs a parameter that is not optional")
    validators = {}
    for kind in ("validator", "nodeValidator", "propertyValidator"):
        found = graph.values(node, sh(kind))
        if len(found) > 1 and kind != "validator":
            raise ShapesError(f"{graph.name(node)}: more than one sh:{kind}")
        if found:
            validators[kind] = found[0]
    return Component(node, tuple(parameters), validators)
