"""Findings as the standard validation report in Turtle (SHACL, section 3.6), with the places as annotations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize
from rdflib.extras.shacl import build_shacl_path
from rdflib.plugins.sparql import prepareQuery

from cdkg.errors import Location
from cdkg.validation.report import Kind, Report, Result, Severity
from cdkg.validation.shortening import cut
from cdkg.validation.writing.telling import Telling
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

_SH: Final = PREFIXES["sh"]
#: Pointer Methods in RDF (W3C Note, 2017) has lines and characters; EARL has the property from a result to a pointer.
_PTR: Final = "http://www.w3.org/2009/pointers#"
_EARL: Final = "http://www.w3.org/ns/earl#"
_SEVERITIES: Final = {Severity.VIOLATION: "Violation", Severity.WARNING: "Warning", Severity.INFO: "Info"}
_PREFIXES: Final = PREFIXES | {"ptr": _PTR, "earl": _EARL}
#: Commands to terminals and marks that turn the direction of text; Turtle may have them in literals and IRIs only.
_UNSEEN: Final = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_Node = NamedNode | BlankNode


def write_turtle(report: Report, telling: Telling) -> str:
    """The report as an RDF graph.

    `sh:conforms` is about all that is in it, as the specification wants it, and false where something could not be
    checked. What no shape has found is a result too, with its source in the place of the component and without a source
    shape.
    """
    triples = list(_Graph(telling).triples(report))
    written: bytes = serialize(triples, format=RdfFormat.TURTLE, prefixes=_used(triples)) or b""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04X}", written.decode())


class _Graph:
    """The graph of one report. Blank nodes are numbered, so that equal reports are equal texts."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._labels: dict[str, BlankNode] = {}
        self._numbers: dict[str, int] = {}

    def triples(self, report: Report) -> Iterator[Triple]:
        """Yield the triples of the report and of all its results."""
        node = self._new("report")
        yield Triple(node, RDF_TYPE, NamedNode(f"{_SH}ValidationReport"))
        yield Triple(node, NamedNode(f"{_SH}conforms"), Literal(not report.results and report.complete))
        told = [self._new("result") for _ in report.results]
        yield from (Triple(node, NamedNode(f"{_SH}result"), result) for result in told)
        for number, result in enumerate(report.results):
            yield from self._result(told[number], result)

    def _result(self, node: BlankNode, result: Result) -> Iterator[Triple]:
        """The properties of a result (SHACL, sections 3.6.2.1 to 3.6.2.8)."""
        source = self._source(result.source)
        said: list[tuple[str, Term | None]] = [
            ("focusNode", self._focus(result)),
            ("value", self._term(result.value) if result.value else None),
            ("resultSeverity", NamedNode(f"{_SH}{_SEVERITIES[result.severity]}")),
            ("sourceConstraintComponent", _iri(result.component) or source),
            ("sourceShape", source if result.kind is Kind.SHAPE else None),
            ("resultMessage", Literal(_no_surrogates(cut(result.message)))),
        ]
        yield Triple(node, RDF_TYPE, NamedNode(f"{_SH}ValidationResult"))
        for name, term in said:
            if term is not None:
                yield Triple(node, NamedNode(_SH + name), term)
        if result.path:
            yield from self._path(node, result.path)
        for place in result.places:
            yield from self._pointer(node, place)

    def _new(self, sort: str) -> BlankNode:
        self._numbers[sort] = self._numbers.get(sort, 0) + 1
        return BlankNode(f"{sort}{self._numbers[sort]}")

    def _source(self, source: str) -> _Node:
        return _iri(source) or self._blank(source)

    def _blank(self, label: str) -> BlankNode:
        if label not in self._labels:
            self._labels[label] = self._new("node")
        return self._labels[label]

    def _focus(self, result: Result) -> Term:
        """The node that a result is about; the file for a result about all of one, as there must be a focus node."""
        if result.focus:
            return self._term(result.focus)
        return NamedNode(self._telling.uri(result.places[0].path)) if result.places else self._new("node")

    def _term(self, text: str) -> Term:
        """A term in N-Triples form; what is none is told as a literal."""
        if text.startswith("_:"):
            return self._blank(text)
        try:
            (quad,) = parse(f"<urn:s> <urn:p> {text} .", format=RdfFormat.N_TRIPLES)
        except (SyntaxError, ValueError):
            return Literal(_no_surrogates(text))
        term: Term = quad.object
        return term

    def _path(self, node: BlankNode, path: str) -> Iterator[Triple]:
        """A property path, written out as nodes where it is not one property; each result has nodes of its own."""
        property_ = _iri(path[1:-1]) if path.startswith("<") and path.endswith(">") and " " not in path else None
        if property_ is not None:
            yield Triple(node, NamedNode(f"{_SH}resultPath"), property_)
            return
        names: dict[Term, Term] = {_HERE: node}
        for triple in _path_triples(path):
            for term in (triple.subject, triple.object):
                if isinstance(term, BlankNode) and term not in names:
                    names[term] = self._new("path")
            subject, object_ = (names.get(term, term) for term in (triple.subject, triple.object))
            yield Triple(subject, triple.predicate, object_)  # type: ignore[arg-type]

    def _pointer(self, node: BlankNode, place: Location) -> Iterator[Triple]:
        """A place: the character where it begins and the one behind its end, as far as they are known."""
        start = self._new("place")
        if place.line is None or place.end_line is None or place.end_column is None:
            yield Triple(node, NamedNode(f"{_EARL}pointer"), start)
            yield from self._character(start, place.path, place.line, place.column)
            return
        span, end = self._new("place"), self._new("place")
        yield Triple(node, NamedNode(f"{_EARL}pointer"), span)
        yield Triple(span, RDF_TYPE, NamedNode(f"{_PTR}StartEndPointer"))
        yield Triple(span, NamedNode(f"{_PTR}startPointer"), start)
        yield Triple(span, NamedNode(f"{_PTR}endPointer"), end)
        yield from self._character(start, place.path, place.line, place.column)
        yield from self._character(end, place.path, place.end_line, place.end_column)

    def _character(self, node: BlankNode, path: str, line: int | None, column: int | None) -> Iterator[Triple]:
        yield Triple(node, RDF_TYPE, NamedNode(_PTR + ("Pointer" if line is None else "LineCharPointer")))
        yield Triple(node, NamedNode(f"{_PTR}reference"), NamedNode(self._telling.uri(path)))
        for name, number in (("lineNumber", line), ("charNumber", column)):
            if number is not None:
                yield Triple(node, NamedNode(_PTR + name), Literal(number))


#: Stands for the result in the triples of a path.
_HERE: Final = NamedNode("urn:cdkg:result")


@cache
def _path_triples(path: str) -> list[Triple]:
    """The triples that lead from `_HERE` to a path in the syntax of SPARQL; none where it cannot be read."""
    try:
        query = prepareQuery(f"SELECT * {{ ?s {path} ?o }}", initNs=PREFIXES)
        ((_, read, _),) = query.algebra.p.p.triples
        graph = rdflib.Graph()
        shape, _ = build_shacl_path(read, graph)
        graph.add((rdflib.URIRef(_HERE.value), rdflib.SH.resultPath, shape))
        triples = [quad.triple for quad in parse(graph.serialize(format="nt"), format=RdfFormat.N_TRIPLES)]
    except Exception:  # noqa: BLE001  # rdflib's parser raises what it likes; a result without its path is still told
        return []
    return list(_from(_HERE, triples))


def _from(node: Term, triples: list[Triple]) -> Iterator[Triple]:
    """The triples from a node on, each subject in one piece, in an order that depends on nothing but the path."""
    stack = [node]
    while stack:
        subject = stack.pop()
        said = sorted((t for t in triples if t.subject == subject), key=lambda triple: triple.predicate.value)
        yield from said
        stack += [triple.object for triple in reversed(said) if isinstance(triple.object, BlankNode)]


def _iri(text: str) -> NamedNode | None:
    """The node of an absolute IRI; None for anything else."""
    try:
        return NamedNode(text)
    except ValueError:
        return None


def _no_surrogates(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def _used(triples: list[Triple]) -> dict[str, str]:
    """The prefixes of the project that the triples need."""
    iris = {term.value for triple in triples for term in triple if isinstance(term, NamedNode)}
    iris |= {term.datatype.value for triple in triples for term in triple if isinstance(term, Literal)}
    return {prefix: iri for prefix, iri in _PREFIXES.items() if any(used.startswith(iri) for used in iris)}
