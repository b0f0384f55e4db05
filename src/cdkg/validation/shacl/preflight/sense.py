"""Well-formed constraints that say nothing, that nothing can satisfy, or that mean another thing than they seem to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from cdkg.errors import ShapesError
from cdkg.validation.report import Severity
from cdkg.validation.shacl.columnar.values import Pattern
from cdkg.validation.shacl.preflight.faults import ShapeFault
from cdkg.validation.shacl.preflight.vocabulary import KNOWN
from cdkg.validation.shacl.shapes_graph import SEVERITIES, SH, ShapesGraph, sh
from cdkg.vocabulary import PREFIXES, Term

_XSD: Final = PREFIXES["xsd"]
_RDF: Final = PREFIXES["rdf"]
_ENTAILMENT: Final = "http://www.w3.org/ns/entailment/"
#: The built-in datatypes of XML Schema that RDF knows (RDF 1.1 Concepts, section 5.1).
_DATATYPES: Final = """
    string boolean decimal integer double float date time dateTime dateTimeStamp gYear gMonth gDay gYearMonth gMonthDay
    duration yearMonthDuration dayTimeDuration byte short int long unsignedByte unsignedShort unsignedInt unsignedLong
    positiveInteger nonNegativeInteger negativeInteger nonPositiveInteger hexBinary base64Binary anyURI language
    normalizedString token NMTOKEN Name NCName
"""
DATATYPES: Final = frozenset(_DATATYPES.split())
#: A property that is nothing without one of the others, in the same shape.
_PARTNERS: Final[dict[str, tuple[str, ...]]] = {
    "flags": ("pattern",),
    "ignoredProperties": ("closed",),
    "qualifiedMinCount": ("qualifiedValueShape",),
    "qualifiedMaxCount": ("qualifiedValueShape",),
    "qualifiedValueShapesDisjoint": ("qualifiedValueShape",),
    "qualifiedValueShape": ("qualifiedMinCount", "qualifiedMaxCount"),
}
#: Pairs of a lower and an upper bound, and whether both may be the same.
_BOUNDS: Final = (
    ("minCount", "maxCount", True),
    ("minLength", "maxLength", True),
    ("qualifiedMinCount", "qualifiedMaxCount", True),
    ("minInclusive", "maxInclusive", True),
    ("minInclusive", "maxExclusive", False),
    ("minExclusive", "maxInclusive", False),
    ("minExclusive", "maxExclusive", False),
)
_SEVERITIES: Final = {f"{SH}{name}" for name in ("Violation", "Warning", "Info")}
_LITERAL: Final = sh("Literal")
#: The kinds of node that literals are not of.
_NO_LITERALS: Final = {sh("IRI"), sh("BlankNode"), sh("BlankNodeOrIRI")}
#: A basic language range (RFC 4647, section 2.1).
_RANGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*")


def partners(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Parameters whose component is not complete, so that nothing is checked (SHACL, section 4.7.3 and others)."""
    for name, others in _PARTNERS.items():
        for triple in graph.uses(sh(name)):
            if not any(graph.stating(triple.subject, sh(other)) for other in others):
                needed = " or ".join(f"sh:{other}" for other in others)
                what = f"sh:{name} of {graph.name(triple.subject)} has no {needed}"
                why = "it says nothing alone, and engines pass over it in silence"
                yield ShapeFault("missing-partner", triple, triple.subject, what, why, f"add {needed}, or take it out")
    yield from _custom_partners(graph)


def _custom_partners(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Optional parameters of custom components whose mandatory ones are missing (SHACL, section 6.2.1)."""
    for predicate, components in graph.parameters.items():
        needs = [needed for component in components if (needed := _mandatory(graph, component)) is not None]
        for triple in graph.uses(predicate):
            if needs and not any(all(graph.stating(triple.subject, p) for p in needed) for needed in needs):
                missing = [graph.name(p) for p in needs[0] if not graph.stating(triple.subject, p)]
                what = f"{graph.name(predicate)} of {graph.name(triple.subject)} has no {' and '.join(missing)}"
                why = "its component needs all parameters that are not optional, else it is not evaluated"
                hint = f"add {' and '.join(missing)}"
                yield ShapeFault("missing-partner", triple, triple.subject, what, why, hint)


def _mandatory(graph: ShapesGraph, component: Term) -> list[NamedNode] | None:
    """The parameters that a component cannot do without; None for what is no component, as a function."""
    if component not in graph.instances(sh("ConstraintComponent")):
        return None
    true = Literal("true", datatype=NamedNode(_XSD + "boolean"))
    needed = [p for p in graph.values(component, sh("parameter")) if true not in graph.values(p, sh("optional"))]
    return [path for p in needed for path in graph.values(p, sh("path")) if isinstance(path, NamedNode)]


def closed(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Ignored properties of a shape that is not closed."""
    for triple in graph.uses(sh("ignoredProperties")):
        said = graph.values(triple.subject, sh("closed"))
        if said and all(isinstance(value, Literal) and value.value == "false" for value in said):
            what = f"{graph.name(triple.subject)} ignores properties, but is not closed"
            hint = "write sh:closed true, or take sh:ignoredProperties out"
            why = "only closed shapes look for other properties"
            yield ShapeFault("missing-partner", triple, triple.subject, what, why, hint, Severity.WARNING)


def bounds(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Lower bounds above upper ones, as SPARQL compares them."""
    pairs = [
        (low, low.object, high, high.object, same)
        for least, most, same in _BOUNDS
        for low in graph.uses(sh(least))
        for high in graph.stating(low.subject, sh(most))
        if isinstance(low.object, Literal) and isinstance(high.object, Literal)
    ]
    if not pairs:
        return
    rows = " ".join(f"({i} {a} {b} {str(same).lower()})" for i, (_, a, _, b, same) in enumerate(pairs))
    found: Any = Store().query(f"SELECT ?i {{ VALUES (?i ?a ?b ?s) {{ {rows} }} FILTER(?a > ?b || !?s && ?a = ?b) }}")
    for low, least, high, most, _ in [pairs[int(row["i"].value)] for row in found]:
        names = f"{graph.name(low.predicate)} {least.value} and {graph.name(high.predicate)} {most.value}"
        yield _unsatisfiable(graph, low, f"{graph.name(low.subject)} has {names}")


def contradictions(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Kinds of node that exclude each other, and blank nodes, which no node of the data is."""
    for triple in graph.uses(sh("class")):
        if graph.stating(triple.subject, sh("datatype")):
            yield _unsatisfiable(graph, triple, f"{graph.name(triple.subject)} has sh:class and sh:datatype")
    for triple in graph.uses(sh("nodeKind")):
        for name, excluding in (("class", {_LITERAL}), ("datatype", _NO_LITERALS), ("languageIn", _NO_LITERALS)):
            if triple.object in excluding and graph.stating(triple.subject, sh(name)):
                kind = graph.name(triple.object)
                what = f"{graph.name(triple.subject)} has sh:nodeKind {kind} and sh:{name}"
                yield _unsatisfiable(graph, triple, what)
    for triple in graph.uses(sh("hasValue")):
        if isinstance(triple.object, BlankNode):
            what = f"sh:hasValue of {graph.name(triple.subject)} is a blank node, which is not the same in the data"
            yield _unsatisfiable(graph, triple, what)


def empties(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Lists of nothing, and languages that no literal has."""
    for triple in graph.uses(*map(sh, ("in", "languageIn", "or", "xone"))):
        if graph.members(triple.object) == []:
            yield _of_nothing(graph, triple)
    for triple in graph.uses(sh("and")):
        if graph.members(triple.object) == []:
            what = f"sh:and of {graph.name(triple.subject)} is an empty list"
            why = "it asks nothing, so everything satisfies it"
            hint = "put shapes into the list, or take it out"
            yield ShapeFault("empty-list", triple, triple.subject, what, why, hint, Severity.WARNING)
    for triple in graph.uses(sh("languageIn")):
        for member in graph.members(triple.object) or ():
            if isinstance(member, Literal) and not _RANGE.fullmatch(member.value):
                what = f"sh:languageIn of {graph.name(triple.subject)} has {member}"
                why = "that is no language tag, so no literal has it"
                hint = 'write a tag as "en" or "pt-BR", with hyphens'
                yield ShapeFault("odd-language", triple, triple.subject, what, why, hint, Severity.WARNING)


def _of_nothing(graph: ShapesGraph, triple: Triple) -> ShapeFault:
    name = graph.name(triple.predicate)
    what = f"{name} of {graph.name(triple.subject)} is an empty list"
    why = f"nothing can conform to it, so every value of {graph.name(triple.subject)} is reported"
    hint = f"put what is allowed into the list, or take {name} out; that there is no value at all is sh:maxCount 0"
    return ShapeFault("unsatisfiable", triple, triple.subject, what, why, hint, Severity.WARNING)


def _unsatisfiable(graph: ShapesGraph, triple: Triple, what: str) -> ShapeFault:
    why = f"nothing can satisfy this: every value of {graph.name(triple.subject)} is reported"
    return ShapeFault("unsatisfiable", triple, triple.subject, what, why, "mend one of them", Severity.WARNING)


def datatypes(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Datatypes that XML Schema does not have, and classes and datatypes taken for each other."""
    for triple in graph.uses(sh("datatype")):
        value = triple.object.value if isinstance(triple.object, NamedNode) else ""
        if value.startswith(_XSD) and value[len(_XSD) :] not in DATATYPES:
            close = get_close_matches(value[len(_XSD) :], sorted(DATATYPES), n=2, cutoff=0.7)
            hint = f"write {' or '.join(f'xsd:{name}' for name in close)}" if close else "take a datatype of XML Schema"
            yield _odd_type(graph, triple, "RDF has no such datatype, so no literal has it", hint)
        elif value in {f"{PREFIXES['rdfs']}Literal", f"{PREFIXES['rdfs']}Resource"}:
            yield _odd_type(
                graph, triple, "that is a class; no literal has it as its datatype", "write sh:nodeKind sh:Literal"
            )
    for triple in graph.uses(sh("class")):
        value = triple.object.value if isinstance(triple.object, NamedNode) else ""
        if value.startswith(_XSD) or value in {f"{_RDF}langString", f"{PREFIXES['rdfs']}Literal"}:
            why = "that is no class of nodes; a literal has no rdf:type, so each value is reported"
            yield _odd_type(graph, triple, why, "write sh:datatype, or sh:nodeKind sh:Literal")


def _odd_type(graph: ShapesGraph, triple: Triple, why: str, hint: str) -> ShapeFault:
    what = f"{graph.name(triple.predicate)} of {graph.name(triple.subject)} is {graph.name(triple.object)}"
    return ShapeFault("odd-type", triple, triple.subject, what, why, hint, Severity.WARNING)


def patterns(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Patterns and flags that the engine does not understand (pattern-regex)."""
    for triple in graph.uses(sh("pattern")):
        for flags in graph.values(triple.subject, sh("flags")) or [Literal("")]:
            if isinstance(triple.object, Literal) and isinstance(flags, Literal):
                yield from _unreadable(graph, triple, triple.object.value, flags.value)


def _unreadable(graph: ShapesGraph, triple: Triple, pattern: str, flags: str) -> Iterator[ShapeFault]:
    try:
        Pattern(pattern, flags)
    except ShapesError as error:
        what = f"sh:pattern of {graph.name(triple.subject)} is no regular expression: {pattern!r}"
        hint = "mend the expression; as in SPARQL's REGEX, with the flags s, m, i, x, q"
        yield ShapeFault("invalid-pattern", triple, triple.subject, what, error.why or error.what, hint)


def severities(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Severities of somebody's own, and those of SPARQL-based constraints (SHACL, section 2.1.4).

    The standard allows any IRI as a severity; it takes that of a constraint from the shape.
    """
    for triple in graph.uses(sh("severity")):
        value = triple.object.value if isinstance(triple.object, NamedNode) else SH
        # what is no IRI, or no term of SHACL in its namespace, is told as that
        if value not in _SEVERITIES and (not value.startswith(SH) or value.removeprefix(SH) in KNOWN):
            what = f"sh:severity of {graph.name(triple.subject)} is {graph.name(triple.object)}"
            why = "it is none of the three severities of SHACL, so its results count as violations"
            hint = f"write {SEVERITIES}, unless violations are meant"
            yield ShapeFault("own-severity", triple, triple.subject, what, why, hint, Severity.INFO)
    for triple in graph.uses(sh("sparql")):
        for said in graph.stating(triple.object, sh("severity")):
            what = f"the sh:sparql constraint of {graph.name(triple.subject)} has a severity, which is not looked at"
            why = "results have the severity of the shape"
            hint = "write sh:severity beside sh:sparql, in a shape of its own if need be"
            yield ShapeFault("ignored-severity", said, triple.subject, what, why, hint, Severity.WARNING)


def entailments(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Entailment regimes that are asked for (SHACL, section 3.2.1: what is not supported is a failure)."""
    for triple in graph.uses(sh("entailment")):
        if not isinstance(triple.object, NamedNode):
            continue
        if triple.object.value in {f"{_ENTAILMENT}RDF", f"{_ENTAILMENT}RDFS"}:
            what = f"the shapes ask for {triple.object.value.removeprefix(_ENTAILMENT)} entailment"
            why = "shapes are held against the data with all that OWL 2 RL follows from it, where inference is on"
            yield ShapeFault("entailment", triple, triple.subject, what, why, "nothing to do", Severity.INFO)
        else:
            what = f"the shapes ask for the entailment {graph.name(triple.object)}"
            why = "it is not supported; the standard does not allow to validate without it"
            hint = "take sh:entailment out: OWL 2 RL and the closed-world rules are applied before"
            yield ShapeFault("unsupported-entailment", triple, triple.subject, what, why, hint)
