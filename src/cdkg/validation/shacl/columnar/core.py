"""What the parameters of SHACL Core, and `sh:sparql`, make of a shape (SHACL, section 4 and appendix A)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from pyoxigraph import Literal

from cdkg.errors import ShapesError
from cdkg.validation.shacl.columnar.components import sparql_constraint
from cdkg.validation.shacl.columnar.counts import Count, HasValue, Qualified, UniqueLang
from cdkg.validation.shacl.columnar.logic import Closed, Logical
from cdkg.validation.shacl.columnar.pairs import Disjoint, Equals, LessThan
from cdkg.validation.shacl.columnar.shape import SH, Constraint, Nested, Shape, component
from cdkg.validation.shacl.columnar.values import (
    NODE_KINDS,
    Bound,
    Class,
    Datatype,
    In,
    LanguageIn,
    Length,
    NodeKind,
    Pattern,
    Tested,
)
from cdkg.validation.shacl.paths import simple
from cdkg.vocabulary import Term

if TYPE_CHECKING:
    from cdkg.validation.shacl.columnar.model import Model

#: From the shapes, a shape, a parameter of it and one of its values to a constraint; None where it asks nothing.
Reader = Callable[["Model", Term, str, Term], Constraint | None]


def _kind(name: str) -> str:
    return name[0].upper() + name[1:]


def _class(model: Model, node: Term, name: str, value: Term) -> Constraint:
    return Class(model.iri(node, name, value))


def _datatype(model: Model, node: Term, name: str, value: Term) -> Constraint:
    return Tested(Datatype(model.iri(node, name, value)), component("Datatype"))


def _node_kind(model: Model, node: Term, name: str, value: Term) -> Constraint:
    iri = model.iri(node, name, value)
    if not iri.startswith(SH) or iri.removeprefix(SH) not in NODE_KINDS:
        raise model.refusal(node, "sh:nodeKind is unknown", f"it is {value}")
    return Tested(NodeKind(iri), component("NodeKind"))


def _least(model: Model, node: Term, name: str, _: Term) -> Constraint:
    return Count(least=model.integer(node, name))


def _most(model: Model, node: Term, name: str, _: Term) -> Constraint:
    return Count(most=model.integer(node, name))


def _bound(model: Model, node: Term, name: str, value: Term) -> Constraint:
    if not isinstance(value, Literal):
        raise model.refusal(node, f"sh:{name} is no literal", f"it is {value}")
    return Tested(Bound(name, value), component(_kind(name)))


def _length(model: Model, node: Term, name: str, _: Term) -> Constraint:
    number = model.integer(node, name)
    return Tested(Length(least=number) if name == "minLength" else Length(most=number), component(_kind(name)))


def _pattern(model: Model, node: Term, name: str, value: Term) -> Constraint:
    flags = model.one(node, "flags")
    text = model.text(node, name, value)
    try:
        found = Pattern(text, "" if flags is None else model.text(node, "flags", flags))
    except ShapesError as error:
        raise model.refusal(node, error.what, error.why) from error
    return Tested(found, component("Pattern"))


def _language_in(model: Model, node: Term, name: str, value: Term) -> Constraint:
    ranges = tuple(model.text(node, name, member) for member in model.members(node, name, value))
    return Tested(LanguageIn(ranges), component("LanguageIn"))


def _unique_lang(model: Model, node: Term, name: str, _: Term) -> Constraint | None:
    return UniqueLang() if model.flag(node, name) else None


def _equals(model: Model, node: Term, name: str, value: Term) -> Constraint:
    return Equals(model.iri(node, name, value))


def _disjoint(model: Model, node: Term, name: str, value: Term) -> Constraint:
    return Disjoint(model.iri(node, name, value))


def _less_than(model: Model, node: Term, name: str, value: Term) -> Constraint:
    return LessThan(model.iri(node, name, value), or_equals=name == "lessThanOrEquals")


def _shapes(model: Model, node: Term, name: str, value: Term) -> tuple[Shape, ...]:
    return tuple(model.shape(member) for member in model.members(node, name, value))


def _and(model: Model, node: Term, name: str, value: Term) -> Constraint:
    shapes = _shapes(model, node, name, value)
    return Logical("And", shapes, len(shapes), len(shapes))


def _or(model: Model, node: Term, name: str, value: Term) -> Constraint:
    shapes = _shapes(model, node, name, value)
    return Logical("Or", shapes, 1, len(shapes))


def _xone(model: Model, node: Term, name: str, value: Term) -> Constraint:
    return Logical("Xone", _shapes(model, node, name, value), 1, 1)


def _not(model: Model, _: Term, __: str, value: Term) -> Constraint:
    return Logical("Not", (model.shape(value),), 0, 0)


def _node(model: Model, node: Term, _: str, value: Term) -> Constraint:
    found = model.shape(value)
    if found.path is not None:
        raise model.refusal(node, "a value of sh:node is a property shape", f"it is {model.graph.name(value)}")
    return Logical("Node", (found,), 1, 1)


def _property(model: Model, node: Term, _: str, value: Term) -> Constraint:
    found = model.shape(value)
    if found.path is None:
        raise model.refusal(node, "a value of sh:property has no sh:path", f"it is {model.graph.name(value)}")
    return Nested(found)


def _qualified(model: Model, node: Term, _: str, value: Term) -> Constraint:
    least, most = (
        None if model.one(node, name) is None else model.integer(node, name)
        for name in ("qualifiedMinCount", "qualifiedMaxCount")
    )
    if least is None and most is None:
        raise model.refusal(node, "sh:qualifiedValueShape stands alone", "it does not say how many values it asks for")
    return Qualified(model.shape(value), least, most)


def _closed(model: Model, node: Term, name: str, _: Term) -> Constraint | None:
    ignored = [
        model.iri(node, "ignoredProperties", member)
        for value in model.values(node, "ignoredProperties")
        for member in model.members(node, "ignoredProperties", value)
    ]
    if not model.flag(node, name):
        return None
    paths = [simple(model.shape(value).path) for value in model.values(node, "property")]
    return Closed(frozenset([*ignored, *filter(None, paths)]))


def _has_value(_: Model, __: Term, ___: str, value: Term) -> Constraint:
    return HasValue(value)


def _in(model: Model, node: Term, name: str, value: Term) -> Constraint:
    return In(tuple(model.members(node, name, value)))


def _sparql(model: Model, node: Term, _: str, value: Term) -> Constraint | None:
    try:
        return sparql_constraint(model.graph, value, model.path(node))
    except ShapesError as error:
        raise model.refusal(node, error.what, error.why) from error


#: The parameters and what reads each of their values; cheap constraints come first.
READERS: Final[Mapping[str, Reader]] = {
    "minCount": _least,
    "maxCount": _most,
    "nodeKind": _node_kind,
    "datatype": _datatype,
    "class": _class,
    "in": _in,
    "hasValue": _has_value,
    "minInclusive": _bound,
    "maxInclusive": _bound,
    "minExclusive": _bound,
    "maxExclusive": _bound,
    "minLength": _length,
    "maxLength": _length,
    "pattern": _pattern,
    "languageIn": _language_in,
    "uniqueLang": _unique_lang,
    "equals": _equals,
    "disjoint": _disjoint,
    "lessThan": _less_than,
    "lessThanOrEquals": _less_than,
    "closed": _closed,
    "not": _not,
    "and": _and,
    "or": _or,
    "xone": _xone,
    "node": _node,
    "qualifiedValueShape": _qualified,
    "property": _property,
    "sparql": _sparql,
}
