"""From the triples of a shapes graph to shapes that can be evaluated (SHACL, sections 2 to 4).

The rules of syntax of SHACL, appendix A, that a shape breaks end the reading: what is not understood is never left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.errors import ShapesError
from cdkg.validation.shacl.columnar.components import Component, messages, read_components
from cdkg.validation.shacl.columnar.core import READERS
from cdkg.validation.shacl.columnar.counts import Qualified
from cdkg.validation.shacl.columnar.shape import SH, VIOLATION, Shape, Targets
from cdkg.validation.shacl.columnar.walks import plain
from cdkg.validation.shacl.paths import Path, read_path
from cdkg.validation.shacl.shapes_graph import ShapesGraph, sh
from cdkg.vocabulary import PREFIXES, Term

_XSD: Final = PREFIXES["xsd"]
_TRUE: Final = Literal("true", datatype=NamedNode(_XSD + "boolean"))
_BOOLEANS: Final = {Literal(form, datatype=NamedNode(_XSD + "boolean")) for form in ("true", "false", "1", "0")}
_CLASS: Final = NamedNode(PREFIXES["rdfs"] + "Class")

#: Shapes within shapes; more are refused, so that no nesting ends the reading.
_DEEPEST: Final = 60

#: Parameters that a shape has at most one value of, and those that a node shape has none of (SHACL, appendix A).
_ONCE: Final = {
    "datatype", "nodeKind", "minCount", "maxCount", "minExclusive", "minInclusive", "maxExclusive", "maxInclusive",
    "minLength", "maxLength", "flags", "languageIn", "uniqueLang", "closed", "ignoredProperties", "in",
    "qualifiedMinCount", "qualifiedMaxCount", "qualifiedValueShapesDisjoint", "severity", "deactivated", "path",
}  # fmt: skip
_OF_PROPERTIES: Final = ("minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals")


class Model:
    """The shapes of a shapes graph.

    Raises:
        ShapesError: One of them is ill-formed, or refers to itself.
    """

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.graph = ShapesGraph(triples)
        self._about: Mapping[Term, Mapping[NamedNode, list[Term]]] = {
            node: {predicate: [triple.object for triple in found] for predicate, found in said.items()}
            for node, said in self.graph.about.items()
        }
        self._said = {
            node: {p.value.removeprefix(SH): values for p, values in said.items() if p.value.startswith(SH)}
            for node, said in self._about.items()
        }
        self._shapes: dict[Term, Shape] = {}
        self._open: list[Term] = []
        self._parents: dict[Term, list[Term]] = defaultdict(list)
        for triple in self.graph.uses(sh("property")):
            self._parents[triple.object].append(triple.subject)
        self._with_path = {*self.graph.instances(sh("PropertyShape")), *self._parents}
        self._classes = set(self.graph.instances(_CLASS))
        self._components: list[Component] = read_components(self.graph)
        try:
            for node in self.graph.shapes:
                self.shape(node)
        except RecursionError as error:
            raise ShapesError("a path or a list of shapes is nested too deeply") from error
        self._add_siblings()

    @property
    def shapes(self) -> list[Shape]:
        """The shapes with targets that are not deactivated."""
        return [shape for shape in self._shapes.values() if shape.targets and not shape.deactivated]

    # -- shapes ---------------------------------------------------------------------------------------------------

    def shape(self, node: Term) -> Shape:
        """The shape of a node, read once.

        Raises:
            ShapesError: It is ill-formed, or part of itself.
        """
        if not isinstance(node, NamedNode | BlankNode):
            raise ShapesError(f"{node} is no shape", why="a shape is an IRI or a blank node")
        if node in self._open:
            raise self.refusal(node, "the shape refers to itself", "SHACL leaves open what this means")
        if len(self._open) == _DEEPEST:
            raise self.refusal(node, f"more than {_DEEPEST} shapes stand one within the other", "")
        if node not in self._shapes:
            self._open.append(node)
            self._shapes[node] = self._read(node)
            self._open.pop()
        return self._shapes[node]

    def _read(self, node: NamedNode | BlankNode) -> Shape:
        path = self.path(node)
        shape = Shape(
            node, self.graph.name(node), path, plain(path) if path else None, self._severity(node),
            messages(self.graph, node), self.flag(node, "deactivated"), self._targets(node),
        )  # fmt: skip
        for name in _OF_PROPERTIES if path is None else ():
            if self.values(node, name):
                raise self.refusal(node, f"a node shape has sh:{name}", "only property shapes may")
        said = self._said.get(node, {})
        for name in (name for name in READERS if name in said):
            found = (READERS[name](self, node, name, value) for value in self.values(node, name))
            shape.constraints += [constraint for constraint in found if constraint is not None]
        for custom in self._components:
            shape.constraints += custom.constraints(self.graph, shape)
        return shape

    def path(self, node: Term) -> Path | None:
        """The path of a property shape.

        Raises:
            ShapesError: It is none, or is missing.
        """
        found = self.one(node, "path")
        if found is None:
            if node in self._with_path:
                raise self.refusal(node, "a property shape has no sh:path", "")
            return None
        try:
            return read_path(found, self._about)
        except ShapesError as error:
            raise self.refusal(node, error.what, error.why) from error

    def _severity(self, node: Term) -> NamedNode:
        found = self.one(node, "severity")
        if found is not None and not isinstance(found, NamedNode):
            raise self.refusal(node, "sh:severity is no IRI", f"it is {found}")
        return found or VIOLATION

    def _targets(self, node: NamedNode | BlankNode) -> Targets:
        nodes = self.values(node, "targetNode")
        if any(isinstance(found, BlankNode | Triple) for found in nodes):
            raise self.refusal(node, "a value of sh:targetNode is a blank node", "it is an IRI or a literal")
        classes = [self.iri(node, "targetClass", value) for value in self.values(node, "targetClass")]
        if node in self._classes and isinstance(node, NamedNode):
            classes.append(node.value)  # implicit class targets (section 2.1.3.3)
        return Targets(
            tuple(nodes),
            tuple(dict.fromkeys(classes)),
            tuple(self.iri(node, "targetSubjectsOf", value) for value in self.values(node, "targetSubjectsOf")),
            tuple(self.iri(node, "targetObjectsOf", value) for value in self.values(node, "targetObjectsOf")),
        )

    def _add_siblings(self) -> None:
        """The sibling shapes of qualified value shapes (section 4.7.3), when all shapes are known."""
        for node, shape in self._shapes.items():
            if not self.flag(node, "qualifiedValueShapesDisjoint"):
                continue
            beside = [other for parent in self._parents[node] for other in self.values(parent, "property")]
            all_ = dict.fromkeys(value for other in beside for value in self.values(other, "qualifiedValueShape"))
            for constraint in shape.constraints:
                if isinstance(constraint, Qualified):
                    found = [self._shapes[value] for value in all_]
                    constraint.siblings += [sibling for sibling in found if sibling is not constraint.shape]

    # -- values ---------------------------------------------------------------------------------------------------

    def refusal(self, node: Term, what: str, why: str) -> ShapesError:
        """An error that names the shape."""
        return ShapesError(f"{self.graph.name(node)}: {what}", why=why)

    def values(self, node: Term, name: str) -> list[Term]:
        """The values of a property of SHACL's; at most one where there may be no more."""
        found = self._said.get(node, {}).get(name, [])
        if len(found) > 1 and name in _ONCE:
            raise self.refusal(node, f"more than one sh:{name}", "there may be one at most")
        return found

    def one(self, node: Term, name: str) -> Term | None:
        """The first value of a property of SHACL's, if there is one."""
        found = self.values(node, name)
        return found[0] if found else None

    def flag(self, node: Term, name: str) -> bool:
        """Whether a boolean is `true`, the one term that SHACL speaks of; `1` is another term, and changes nothing."""
        found = self.one(node, name)
        if found is not None and found not in _BOOLEANS:
            raise self.refusal(node, f"sh:{name} is no boolean", f"it is {found}")
        return found == _TRUE

    def integer(self, node: Term, name: str) -> int:
        """A number of things.

        Raises:
            ShapesError: It is no integer, or less than nothing.
        """
        found = self.one(node, name)
        if isinstance(found, Literal) and found.datatype.value == _XSD + "integer" and found.value.isascii():
            digits = found.value.removeprefix("+")
            if digits.isdigit() and len(digits) < 19:
                return int(digits)
        raise self.refusal(node, f"sh:{name} is no number of things", f"it is {found}")

    def iri(self, node: Term, name: str, value: Term) -> str:
        """An IRI.

        Raises:
            ShapesError: The value is none.
        """
        if not isinstance(value, NamedNode):
            raise self.refusal(node, f"sh:{name} is no IRI", f"it is {value}")
        return value.value

    def text(self, node: Term, name: str, value: Term) -> str:
        """A string without language.

        Raises:
            ShapesError: The value is none.
        """
        if not isinstance(value, Literal) or value.datatype.value != _XSD + "string":
            raise self.refusal(node, f"sh:{name} is no string", f"it is {value}")
        return value.value

    def members(self, node: Term, name: str, value: Term) -> list[Term]:
        """The members of a list.

        Raises:
            ShapesError: The value is none.
        """
        found = self.graph.members(value)
        if found is None:
            raise self.refusal(node, f"sh:{name} is no list", f"{value} has no members, or goes round in a circle")
        return found
