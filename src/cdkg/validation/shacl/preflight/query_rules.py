"""Queries of SPARQL-based constraints and of components that cannot be used (SHACL, sections 5, 6 and appendix A)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, QueryBoolean, QuerySolutions, Store, Triple

from cdkg.errors import reason_told_by
from cdkg.sources.sparql import Token, tokens
from cdkg.validation.report import Severity
from cdkg.validation.shacl.preflight.faults import ShapeFault
from cdkg.validation.shacl.preflight.imports import IMPORTS
from cdkg.validation.shacl.shapes_graph import PATH, ShapesGraph, sh
from cdkg.vocabulary import PREFIXES, Term, shorten

_XSD: Final = PREFIXES["xsd"]
_STRINGS: Final = (NamedNode(f"{_XSD}string"), NamedNode(f"{_XSD}anyURI"))
_TRUE: Final = Literal("true", datatype=NamedNode(f"{_XSD}boolean"))
_SELECT, _ASK, _PREFIXES, _DECLARE = map(sh, ("select", "ask", "prefixes", "declare"))
_PREBOUND: Final = frozenset({"this", "shapesGraph", "currentShape"})
#: Names that parameters cannot have (SHACL, section 6.2.1).
_RESERVED: Final = frozenset({"this", "shapesGraph", "currentShape", "path", "PATH", "value"})
#: Keywords that pre-bound variables do not get along with (SHACL, section 5.2.1), or that leave the data graph.
_REFUSED: Final[dict[str, str]] = {
    "MINUS": "SHACL does not allow MINUS, as pre-bound variables mean nothing inside; take FILTER NOT EXISTS",
    "VALUES": "SHACL does not allow VALUES; take FILTER (?x IN (…))",
    "SERVICE": "nothing is asked of other servers while validating",
    "FROM": "the query is asked of the data graph; FROM would choose another",
}


def queries(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Faults of constraints, components, and the prefixes that they use; components that no shape uses do no harm."""
    yield from _declarations(graph)
    for triple in graph.uses(sh("sparql")):
        if isinstance(triple.object, NamedNode | BlankNode):
            within = graph.is_property_shape(triple.subject)
            yield from _query(graph, triple, (_SELECT,), _PREBOUND, with_path=within)
    for component in graph.instances(sh("ConstraintComponent")):
        used = any(True for path, owners in graph.parameters.items() if component in owners for _ in graph.uses(path))
        for fault in _component(graph, component):
            yield fault if used else replace(fault, severity=Severity.WARNING)


def _query(
    graph: ShapesGraph, triple: Triple, kinds: tuple[NamedNode, ...], bound: frozenset[str], *, with_path: bool
) -> Iterator[ShapeFault]:
    """The one query of the constraint or validator that a triple leads to."""
    owner, node = triple.subject, triple.object
    said = [found for kind in kinds for found in graph.stating(node, kind)]
    text = said[0].object if len(said) == 1 else None
    if not isinstance(text, Literal) or text.datatype != _STRINGS[0]:
        needed = " or ".join(shorten(kind.value) for kind in kinds)
        what = f"{graph.name(triple.predicate)} of {graph.name(owner)} has not one {needed} with a string"
        yield ShapeFault("missing-query", triple, owner, what, "there is nothing to ask", f"give it one {needed}")
        return
    prefixes = dict(_declared(graph, graph.values(node, _PREFIXES)))
    reason = _reason(text.value, prefixes, bound, ask=said[0].predicate == _ASK, with_path=with_path)
    if reason:
        what = f"the query of {graph.name(triple.predicate)} of {graph.name(owner)} cannot be used"
        hint = "mend the query; prefixes are declared by sh:prefixes and sh:declare"
        yield ShapeFault("unusable-query", said[0], owner, what, reason, hint)


def _reason(text: str, prefixes: Mapping[str, str], bound: frozenset[str], *, ask: bool, with_path: bool) -> str:
    """Why a query cannot be used, or an empty string."""
    found = list(tokens(text))
    reasons = (
        _refused(found, with_path=with_path),
        _rebound(found, bound),
        "" if ask else _hidden(found, bound - {"shapesGraph", "currentShape"}),
    )
    return next(filter(None, reasons), "") or _misread(text, found, prefixes, ask=ask)


def _refused(found: list[Token], *, with_path: bool) -> str:
    """Whether a query has keywords that are not allowed, or a path where there is none."""
    words = {token.upper() for kind, token, _ in found if kind == "word"}
    for word, why in _REFUSED.items():
        if word in words:
            return why
    if not with_path and any(kind == "variable" and token[1:] == "PATH" for kind, token, _ in found):
        return "$PATH stands for the path of a property shape, and this is for node shapes"
    return ""


def _misread(text: str, found: list[Token], prefixes: Mapping[str, str], *, ask: bool) -> str:
    """Why a query is no SPARQL, or not of the form that it must have; it is asked of no data."""
    head = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in prefixes.items())
    try:
        answer: Any = Store().query(head + _with_path(text, found, "<urn:path>"))
    except (SyntaxError, ValueError) as error:
        return reason_told_by(error)
    try:
        Store().query(head + _with_path(text, found, "(<urn:path>|^<urn:path>)"))
    except (SyntaxError, ValueError):
        return "$PATH is a path, which can only be the predicate of a triple pattern"
    if ask:
        return "" if isinstance(answer, QueryBoolean) else "it is no ASK query"
    if not isinstance(answer, QuerySolutions):
        return "it is no SELECT query"
    names = {variable.value for variable in answer.variables}
    return "" if "this" in names else "it does not SELECT $this, the focus node that a result is about"


def _with_path(text: str, found: list[Token], path: str) -> str:
    """The text with a path in place of `$PATH`."""
    pieces, end = [], 0
    for _, token, start in found:
        pieces += [text[end:start], path if token in {"$PATH", "?PATH"} else token]
        end = start + len(token)
    return "".join([*pieces, text[end:]])


def _rebound(found: list[Token], bound: frozenset[str]) -> str:
    """Whether `AS` gives a new value to a variable that is bound before."""
    for (_, word, _), (kind, variable, _) in pairwise(found):
        if word.upper() == "AS" and kind == "variable" and variable[1:] in bound:
            return f"{variable} has its value before the query is asked, and AS would give it another"
    return ""


def _hidden(found: list[Token], bound: frozenset[str]) -> str:
    """Whether a sub-select does not return a variable that is bound before."""
    starts = [i for i, (kind, word, _) in enumerate(found) if kind == "word" and word.upper() == "SELECT"]
    for start in starts[1:]:
        names: set[str] = set()
        depth = 0
        for kind, token, _ in found[start + 1 :]:
            depth += (token == "(") - (token == ")")
            if token == "{" or (kind == "word" and token.upper() == "WHERE"):
                break
            if token == "*" and not depth:
                names |= bound
            if kind == "variable" and not depth:
                names.add(token[1:])
        if missing := sorted(bound - names):
            return f"a sub-select does not return ${missing[0]}, which has its value before the query is asked"
    return ""


# -- prefixes (SHACL, section 5.2.1) ------------------------------------------------------------------------------


def _declared(graph: ShapesGraph, ontologies: Iterable[Term]) -> Iterator[tuple[str, str]]:
    """The prefixes with their namespaces that ontologies declare, and those that they import."""
    for ontology in _with_imports(graph, ontologies):
        for declaration in graph.values(ontology, _DECLARE):
            for prefix in graph.values(declaration, sh("prefix")):
                for iri in graph.values(declaration, sh("namespace")):
                    if isinstance(prefix, Literal) and isinstance(iri, Literal):
                        yield prefix.value, iri.value


def _with_imports(graph: ShapesGraph, start: Iterable[Term]) -> dict[Term, None]:
    """These and all that they import, as far as it is loaded."""
    found = dict.fromkeys(start)
    todo = list(found)
    while todo:
        new = [node for node in graph.values(todo.pop(), IMPORTS) if node not in found]
        found |= dict.fromkeys(new)
        todo += new
    return found


def _declarations(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Declarations that declare nothing, contradict each other, or are not there."""
    for triple in graph.uses(_DECLARE):
        for name, datatype in zip(("prefix", "namespace"), _STRINGS, strict=True):
            values = graph.values(triple.object, sh(name))
            good = [value.value for value in values if isinstance(value, Literal) and value.datatype in _STRINGS]
            usable = len(values) == len(good) == 1 and (name == "namespace" or re.fullmatch(r"(\w[\w.-]*)?", good[0]))
            if usable and values[0] == Literal(good[0], datatype=datatype):
                continue
            what = f"a sh:declare of {graph.name(triple.subject)} has not one sh:{name} of the right kind"
            why = f"it takes one literal of the datatype {shorten(datatype.value)}"
            hint = 'write [ sh:prefix "ex" ; sh:namespace "http://example.org/"^^xsd:anyURI ]'
            severity = Severity.WARNING if usable else Severity.VIOLATION
            yield ShapeFault("malformed-prefix", triple, triple.subject, what, why, hint, severity)
    for triple in graph.uses(_PREFIXES):
        yield from _used_prefixes(graph, triple)


def _used_prefixes(graph: ShapesGraph, triple: Triple) -> Iterator[ShapeFault]:
    declared: dict[str, set[str]] = {}
    for prefix, iri in _declared(graph, [triple.object]):
        declared.setdefault(prefix, set()).add(iri)
    if not declared:
        what = f"sh:prefixes leads to {graph.name(triple.object)}, which declares no prefix"
        hint = "mend the name, or add sh:declare to it"
        why = "no prefix comes from there"
        yield ShapeFault("missing-prefixes", triple, triple.subject, what, why, hint, Severity.WARNING)
    for prefix, spaces in declared.items():
        if len(spaces) > 1:
            what = (
                f"the prefix {prefix!r} of {graph.name(triple.object)} has two namespaces: {', '.join(sorted(spaces))}"
            )
            why = "a query cannot tell which of them is meant"
            yield ShapeFault("malformed-prefix", triple, triple.subject, what, why, "declare it once")


# -- components (SHACL, section 6.2) ------------------------------------------------------------------------------


def _component(graph: ShapesGraph, component: Term) -> Iterator[ShapeFault]:
    if isinstance(component, NamedNode) and component.value.startswith(PREFIXES["sh"]):
        return
    names = [name for triple in graph.stating(component, sh("parameter")) for name in _names(graph, triple.object)]
    name = graph.name(component)
    for triple in graph.stating(component, sh("parameter")):
        own = _names(graph, triple.object)
        if len(own) != 1 or own[0] in _RESERVED or names.count(own[0]) > 1 or not re.fullmatch(r"\w+", own[0]):
            what = f"a parameter of {name} has no name of its own"
            why = f"its sh:path is one IRI that ends in a name of its own, other than {', '.join(sorted(_RESERVED))}"
            yield ShapeFault("malformed-component", triple, component, what, why, "give it a sh:path of its own")
    validators = [
        t for key in ("validator", "nodeValidator", "propertyValidator") for t in graph.stating(component, sh(key))
    ]
    parameters = graph.values(component, sh("parameter"))
    needed = [node for node in parameters if _TRUE not in graph.values(node, sh("optional"))]
    for there, missing in ((needed, "parameter that is not optional"), (validators, "validator in SPARQL")):
        if not there:
            what = f"the component {name} has no {missing}"
            why = "shapes that use it would pass in silence"
            yield ShapeFault("malformed-component", None, component, what, why, f"add a {missing}")
    for triple in validators:
        kinds = (_ASK,) if triple.predicate == sh("validator") else (_ASK, _SELECT)
        bound = _PREBOUND | set(names) | ({"value"} if graph.stating(triple.object, _ASK) else set())
        within = triple.predicate != sh("nodeValidator")
        yield from _query(graph, triple, kinds, bound, with_path=within)


def _names(graph: ShapesGraph, parameter: Term) -> list[str]:
    """The names of the variables that a parameter gives: local names of its path."""
    paths = graph.values(parameter, PATH)
    return [re.split(r"[/#:]", path.value)[-1] if isinstance(path, NamedNode) else "" for path in paths]
