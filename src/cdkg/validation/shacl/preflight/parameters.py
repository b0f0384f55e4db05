"""Values of the wrong kind, or too many of them (SHACL, appendix on syntax rules)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.validation.report import Severity
from cdkg.validation.shacl.preflight.faults import ShapeFault
from cdkg.validation.shacl.shapes_graph import NODE_SHAPE, PATH, PROPERTY_SHAPE, SEVERITIES, ShapesGraph, sh
from cdkg.vocabulary import PREFIXES, Term

_XSD: Final = PREFIXES["xsd"]
_STRING, _INTEGER, _BOOLEAN = (NamedNode(_XSD + name) for name in ("string", "integer", "boolean"))
_NODE_KINDS: Final = frozenset(
    map(sh, ("BlankNode", "IRI", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"))
)


def _iri(term: Term) -> bool:
    return isinstance(term, NamedNode)


def _node(term: Term) -> bool:
    return isinstance(term, NamedNode | BlankNode)


def _literal(term: Term) -> bool:
    return isinstance(term, Literal)


def _string(term: Term) -> bool:
    return isinstance(term, Literal) and term.language is None and term.datatype == _STRING


def _number(term: Term) -> bool:
    """Whether it is a number of things; engines refuse those below zero, and those beyond all counting."""
    return (
        isinstance(term, Literal)
        and term.datatype == _INTEGER
        and bool(re.fullmatch(r"\+?0*[0-9]{1,18}|-0+", term.value))
    )


def _boolean(term: Term) -> bool:
    return isinstance(term, Literal) and term.datatype == _BOOLEAN and term.value in {"true", "false"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value must be: in words, with an example, and how it is told; `of_list` where it is one of a list."""

    words: str
    example: str
    holds: Callable[[Term], bool]
    of_list: bool = False


_IRI: Final = Kind("an IRI", "ex:Thing", _iri)
_NODE: Final = Kind("a shape, an IRI or blank node", "ex:Shape", _node)
_LITERAL: Final = Kind("a literal", "5", _literal)
_TEXT: Final = Kind("a string", '"text"', _string)
_MESSAGE: Final = Kind("a string, with or without language", '"text"@en', lambda term: _string(term) or _tagged(term))
_NUMBER: Final = Kind("a whole number from 0 (xsd:integer)", "1", _number)
_SWITCH: Final = Kind("true or false", "true", _boolean)
_NODES: Final = Kind("shapes", "( ex:One ex:Other )", _node, of_list=True)


def _tagged(term: Term) -> bool:
    return isinstance(term, Literal) and term.language is not None


@dataclass(frozen=True, slots=True)
class Rule:
    """What the standard asks of the values of one property.

    Attributes:
        kind: What each value must be.
        once: Whether a shape has at most one.
        on_properties: Whether it is for property shapes alone.
        ids: The syntax rules of the standard that this stands for.
    """

    kind: Kind
    once: bool = False
    on_properties: bool = False
    ids: str = ""


_ANY: Final = Kind("a term", "ex:Thing", lambda _: True)
_COUNT: Final = "datatype, maxCount, scope of "
_RANGE: Final = "nodeKind, maxCount of "

#: Syntax rules by the property they are about. `X-datatype`, `X-nodeKind`, `X-node` and the like ask for the kind,
#: `X-maxCount` and `multiple-parameters` for `once`, `X-scope` for `on_properties`.
RULES: Final[dict[NamedNode, Rule]] = {
    sh(name): rule
    for name, rule in {
        "targetClass": Rule(_IRI, ids="targetClass-nodeKind"),
        "targetNode": Rule(
            Kind("an IRI or literal", "ex:Thing", lambda t: isinstance(t, NamedNode | Literal)),
            ids="targetNode-nodeKind",
        ),
        "targetSubjectsOf": Rule(_IRI, ids="targetSubjectsOf-nodeKind"),
        "targetObjectsOf": Rule(_IRI, ids="targetObjectsOf-nodeKind"),
        "severity": Rule(Kind("an IRI", SEVERITIES, _iri), once=True, ids="severity-nodeKind, severity-maxCount"),
        "message": Rule(_MESSAGE, ids="message-datatype"),
        "deactivated": Rule(_SWITCH, once=True, ids="deactivated-datatype, deactivated-maxCount"),
        "class": Rule(_IRI, ids="class-nodeKind"),
        "datatype": Rule(_IRI, once=True, ids="datatype-nodeKind, datatype-maxCount"),
        "nodeKind": Rule(
            Kind("one of SHACL's six node kinds", "sh:IRI", lambda t: t in _NODE_KINDS),
            once=True,
            ids="nodeKind-in, nodeKind-maxCount",
        ),
        "minCount": Rule(_NUMBER, once=True, on_properties=True, ids=f"{_COUNT}minCount"),
        "maxCount": Rule(_NUMBER, once=True, on_properties=True, ids=f"{_COUNT}maxCount"),
        "minExclusive": Rule(_LITERAL, once=True, ids=f"{_RANGE}minExclusive"),
        "minInclusive": Rule(_LITERAL, once=True, ids=f"{_RANGE}minInclusive"),
        "maxExclusive": Rule(_LITERAL, once=True, ids=f"{_RANGE}maxExclusive"),
        "maxInclusive": Rule(_LITERAL, once=True, ids=f"{_RANGE}maxInclusive"),
        "minLength": Rule(_NUMBER, once=True, ids="minLength-datatype, minLength-maxCount"),
        "maxLength": Rule(_NUMBER, once=True, ids="maxLength-datatype, maxLength-maxCount"),
        "pattern": Rule(_TEXT, once=True, ids="pattern-datatype, multiple-parameters"),
        "flags": Rule(_TEXT, once=True, ids="flags-datatype, multiple-parameters"),
        "languageIn": Rule(
            Kind("languages as strings", '( "en" "de" )', _string, of_list=True),
            once=True,
            ids="languageIn-node, languageIn-maxCount, languageIn-members-datatype",
        ),
        "uniqueLang": Rule(_SWITCH, once=True, on_properties=True, ids="datatype, maxCount, scope of uniqueLang"),
        "equals": Rule(_IRI, ids="equals-nodeKind"),
        "disjoint": Rule(_IRI, ids="disjoint-nodeKind"),
        "lessThan": Rule(_IRI, on_properties=True, ids="lessThan-nodeKind, lessThan-scope"),
        "lessThanOrEquals": Rule(_IRI, on_properties=True, ids="lessThanOrEquals-nodeKind, lessThanOrEquals-scope"),
        "node": Rule(_NODE, ids="node-node"),
        "property": Rule(_NODE, ids="property-node"),
        "not": Rule(_NODE, ids="not-node"),
        "and": Rule(_NODES, ids="and-node, and-members-node"),
        "or": Rule(_NODES, ids="or-node, or-members-node"),
        "xone": Rule(_NODES, ids="xone-node, xone-members-node"),
        "qualifiedValueShape": Rule(
            _NODE, once=True, on_properties=True, ids="qualifiedValueShape-node, -scope, multiple-parameters"
        ),
        "qualifiedValueShapesDisjoint": Rule(
            _SWITCH, once=True, on_properties=True, ids="qualifiedValueShapesDisjoint-datatype, multiple-parameters"
        ),
        "qualifiedMinCount": Rule(
            _NUMBER, once=True, on_properties=True, ids="qualifiedMinCount-datatype, multiple-parameters"
        ),
        "qualifiedMaxCount": Rule(
            _NUMBER, once=True, on_properties=True, ids="qualifiedMaxCount-datatype, multiple-parameters"
        ),
        "closed": Rule(_SWITCH, once=True, ids="closed-datatype, multiple-parameters"),
        "ignoredProperties": Rule(
            Kind("properties", "( rdf:type )", _iri, of_list=True),
            once=True,
            ids="ignoredProperties-node, ignoredProperties-members-nodeKind, multiple-parameters",
        ),
        "in": Rule(
            Kind("terms", '( ex:One "two" )', lambda _: True, of_list=True), once=True, ids="in-node, in-maxCount"
        ),
        "sparql": Rule(Kind("a constraint, an IRI or blank node", "[ sh:select … ]", _node), ids="sparql-nodeKind"),
        "entailment": Rule(_IRI, ids="entailment-nodeKind"),
        "shapesGraph": Rule(_IRI, ids="shapesGraph-nodeKind"),
        "optional": Rule(_SWITCH, once=True, ids="optional-datatype, optional-maxCount"),
        "labelTemplate": Rule(_MESSAGE, ids="labelTemplate-datatype"),
        "path": Rule(_ANY, once=True, ids="path-maxCount"),
    }.items()
}


def values(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Values that are not what they must be, and properties that are given twice."""
    for predicate, rule in RULES.items():
        subjects: dict[Term, Triple] = {}
        for triple in graph.uses(predicate):
            if triple.subject in subjects and rule.once:
                yield _twice(graph, triple, subjects[triple.subject])
            subjects[triple.subject] = triple
            yield from _of_list(graph, triple, rule) if rule.kind.of_list else _single(graph, triple, rule)
    yield from _custom(graph)


def _single(graph: ShapesGraph, triple: Triple, rule: Rule) -> Iterator[ShapeFault]:
    if not rule.kind.holds(triple.object):
        yield _wrong(graph, triple, triple.object, rule)


def _of_list(graph: ShapesGraph, triple: Triple, rule: Rule) -> Iterator[ShapeFault]:
    members = graph.members(triple.object)
    if members is None:
        name, kind = graph.name(triple.predicate), rule.kind
        what = f"the value of {name} in {graph.name(triple.subject)} is no list"
        why = f"{name} takes a list of {kind.words}; this one has no end, or a member without value or too many"
        yield ShapeFault("broken-list", triple, triple.subject, what, why, f"write it in brackets, as {kind.example}")
        return
    for member in members:
        if not rule.kind.holds(member):
            yield _wrong(graph, triple, member, rule)


def _wrong(graph: ShapesGraph, triple: Triple, value: Term, rule: Rule) -> ShapeFault:
    name, kind = graph.name(triple.predicate), rule.kind
    said = graph.name(value) if isinstance(value, NamedNode | BlankNode) else str(value)
    what = f"{name} of {graph.name(triple.subject)} has the value {said}"
    why = f"it takes {'a list of ' if kind.of_list else ''}{kind.words}"
    if kind is _SWITCH and isinstance(value, Literal) and value.value in {"1", "0"}:
        why = "the standard knows only the words true and false here, and engines differ about 1 and 0"
    return ShapeFault("wrong-value", triple, triple.subject, what, why, f"write {name} {kind.example}")


def _twice(graph: ShapesGraph, triple: Triple, first: Triple) -> ShapeFault:
    name = graph.name(triple.predicate)
    what = f"{graph.name(triple.subject)} has more than one {name}"
    why = f"the standard allows one, and engines differ in which they take: {first.object} and {triple.object}"
    return ShapeFault("repeated-parameter", triple, triple.subject, what, why, "keep one, or make two shapes of it")


def _custom(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Parameters of components with several of them: one value each (multiple-parameters)."""
    for predicate, components in graph.parameters.items():
        if predicate in RULES or not any(len(graph.values(c, sh("parameter"))) > 1 for c in components):
            continue
        first: dict[Term, Triple] = {}
        for triple in graph.uses(predicate):
            if triple.subject in first:
                yield _twice(graph, triple, first[triple.subject])
            first.setdefault(triple.subject, triple)


def places(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Shapes of one kind that have what is for the other, and shapes that cannot be of the kind they say they are.

    NodeShape-path-maxCount, PropertyShape-path-minCount, node-node, property-node, and the rules `X-scope`.
    """
    of_properties = [predicate for predicate, rule in RULES.items() if rule.on_properties]
    for triple in graph.uses(*of_properties):
        if not graph.is_property_shape(triple.subject):
            yield _without_path(graph, triple)
    for shape in graph.instances(NODE_SHAPE):
        for triple in graph.stating(shape, PATH):
            what = f"the node shape {graph.name(shape)} has a sh:path"
            why = "a node shape looks at the focus node itself; engines differ about one that has a path"
            hint = "make it a sh:PropertyShape, or move the path into a sh:property"
            yield ShapeFault("both-kinds", triple, shape, what, why, hint)
    for shape in graph.instances(PROPERTY_SHAPE):
        if not graph.is_property_shape(shape):
            what = f"the property shape {graph.name(shape)} has no sh:path"
            yield ShapeFault(
                "missing-path", None, shape, what, "nobody can say which values it is about", "add a sh:path"
            )
    yield from _referred(graph)


def _without_path(graph: ShapesGraph, triple: Triple) -> ShapeFault:
    name = graph.name(triple.predicate)
    what = f"{name} stands in {graph.name(triple.subject)}, which has no sh:path"
    why = f"{name} is about the values of a path, and a node shape has none"
    return ShapeFault("wrong-place", triple, triple.subject, what, why, "move it into a property shape (sh:property)")


def _referred(graph: ShapesGraph) -> Iterator[ShapeFault]:
    typed = set(graph.instances(PROPERTY_SHAPE))
    for triple in graph.uses(sh("property")):
        node = triple.object
        if _node(node) and node in graph.about and not graph.is_property_shape(node) and node not in typed:
            what = f"sh:property of {graph.name(triple.subject)} leads to {graph.name(node)}, which has no sh:path"
            hint = "add a sh:path, or refer to it by sh:node"
            yield ShapeFault("missing-path", triple, node, what, "sh:property takes property shapes", hint)
    for triple in graph.uses(sh("node")):
        if graph.is_property_shape(triple.object):
            what = f"sh:node of {graph.name(triple.subject)} leads to the property shape {graph.name(triple.object)}"
            hint = "refer to it by sh:property"
            yield ShapeFault("wrong-place", triple, triple.subject, what, "sh:node takes node shapes", hint)


def implicit(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """A shape that is a class has an IRI (implicit-targetClass-nodeKind)."""
    shapes = graph.shapes
    for node in graph.instances(NamedNode(PREFIXES["rdfs"] + "Class")):
        if isinstance(node, BlankNode) and node in shapes:
            what = f"{graph.name(node)} is a class and a shape at once, without an IRI"
            why = "a shape that is a class looks at its members, and those name it by its IRI"
            yield ShapeFault("unnamed-class", None, node, what, why, "give it an IRI")


def messages(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """More than one message in a language (SHACL, section 2.1.5)."""
    seen: dict[tuple[Term, str | None], Triple] = {}
    for triple in graph.uses(sh("message")):
        if isinstance(triple.object, Literal):
            key = triple.subject, triple.object.language
            if key in seen:
                said = f"in {key[1]}" if key[1] else "without language"
                what = f"{graph.name(triple.subject)} has two messages {said}"
                why = "a shape should have one message in each language; both are shown"
                yield ShapeFault(
                    "repeated-message", triple, triple.subject, what, why, "keep one of them", Severity.WARNING
                )
            seen[key] = triple
