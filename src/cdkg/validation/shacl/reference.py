"""pySHACL, the reference engine, on a plain in-memory graph."""

from __future__ import annotations

import logging
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pyshacl
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from rdflib.namespace import RDF, SH, XSD

from cdkg.errors import ShapesError
from cdkg.graph import copy_to_rdflib
from cdkg.validation.shacl.paths import Path, read_path
from cdkg.validation.shacl.rows import DataGraph, Focus, Row, Tell
from cdkg.vocabulary import Term

_TRUE: Final = rdflib.Literal("true", datatype=XSD.boolean)

#: How deep shapes may be nested; the pre-flight refuses what is deeper.
_DEEPEST: Final = 200

#: What rdflib and pySHACL log to; pySHACL sets its level anew each time.
_LOGS: Final = ("rdflib.term", "pyshacl-validate")

#: Kinds of target (SHACL, section 2.1.3) and the pattern that finds their focus nodes as `?x`.
_TARGETS: Final = {
    SH.targetClass: "?x a/<http://www.w3.org/2000/01/rdf-schema#subClassOf>* {}",
    SH.targetNode: "VALUES ?x {{ {} }}",
    SH.targetSubjectsOf: "?x {} []",
    SH.targetObjectsOf: "[] {} ?x",
}


class PyshaclEngine:
    """The reference: right and slow (see `Engine`)."""

    def __init__(self, shapes: Sequence[Triple]) -> None:
        self._shapes, self._terms = _to_rdflib(shapes)

    def rows(self, data: DataGraph, tell: Tell = lambda _: None) -> Iterator[Row]:
        """Yield the results of pySHACL.

        Raises:
            ShapesError: The shapes cannot be used.
        """
        tell("all shapes (pySHACL)")
        graph, terms = _to_rdflib(data.triples)
        options: dict[str, Any] = {
            "inplace": True,
            "meta_shacl": False,
            "advanced": False,
            "max_validation_depth": _DEEPEST,
        }
        try:
            with _quiet():
                _, report, text = pyshacl.validate(graph, shacl_graph=self._shapes, **options)
        except Exception as error:  # pySHACL has one root for its own errors, but lets others through
            raise ShapesError("the shapes cannot be used", why=str(error).strip()) from error
        if not isinstance(report, rdflib.Graph):
            raise ShapesError("the shapes cannot be used", why=str(text))
        yield from _Report(report, self._terms | terms).rows()

    def focus(self, data: DataGraph) -> Focus:
        """The focus nodes of the shapes.

        Raises:
            ShapesError: A target is no term that can be looked for.
        """
        sizes: dict[NamedNode | BlankNode, int] = {}
        nodes: set[str] = set()
        for shape, alternatives in self._targets().items():
            rows: Any = data.store.query(f"SELECT DISTINCT ?x WHERE {{ {' UNION '.join(alternatives)} }}")
            found = [str(row["x"]) for row in rows]
            sizes[self._terms[shape]] = len(found)  # type: ignore[index]
            nodes.update(found)
        return Focus(sizes, frozenset(nodes))

    def _targets(self) -> dict[Any, list[str]]:
        patterns: dict[Any, list[str]] = defaultdict(list)
        for kind, pattern in _TARGETS.items():
            for owner, target in self._shapes.subject_objects(kind):
                if not isinstance(target, rdflib.URIRef) and (
                    kind != SH.targetNode or isinstance(target, rdflib.BNode)
                ):
                    raise ShapesError(f"the target {target.n3()} of the shape {owner.n3()} is no IRI")
                if (owner, SH.deactivated, _TRUE) not in self._shapes:
                    patterns[owner].append(f"{{ {pattern.format(target.n3())} }}")
        return patterns


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what is logged of malformed literals and shapes: the report and the errors say it."""
    logs = [log for log in map(logging.getLogger, _LOGS) if not log.disabled]
    for log in logs:
        log.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log in logs:
            log.disabled = False


def _to_rdflib(triples: Iterable[Triple]) -> tuple[rdflib.Graph, dict[Any, Term]]:
    graph = rdflib.Graph()
    with _quiet():
        terms = copy_to_rdflib(triples, graph)
    return graph, {copied: term for term, copied in terms.items()}


class _Report:
    """The report graph of pySHACL, with terms led back to those of the data and shapes."""

    def __init__(self, report: rdflib.Graph, terms: dict[Any, Term]) -> None:
        self._report, self._terms = report, terms

    def rows(self) -> Iterator[Row]:
        for node in self._report.objects(None, SH.result):
            yield Row(
                focus=self._value(node, SH.focusNode),  # type: ignore[arg-type]
                component=self._value(node, SH.sourceConstraintComponent),  # type: ignore[arg-type]
                shape=self._value(node, SH.sourceShape),  # type: ignore[arg-type]
                severity=self._value(node, SH.resultSeverity),  # type: ignore[arg-type]
                path=self._path(node),
                value=self._value(node, SH.value),
                messages=tuple(sorted(self._messages(node), key=str)),
                constraint=self._value(node, SH.sourceConstraint),
            )

    def _value(self, node: Any, predicate: rdflib.URIRef) -> Term | None:
        found = self._report.value(node, predicate)
        return None if found is None else self._term(found)

    def _messages(self, node: Any) -> Iterator[Literal]:
        for message in self._report.objects(node, SH.resultMessage):
            term = self._term(message)
            if isinstance(term, Literal):
                yield term

    def _path(self, node: Any) -> Path | None:
        found = self._report.value(node, SH.resultPath)
        if found is None:
            return None
        about: dict[Term, dict[NamedNode, list[Term]]] = defaultdict(lambda: defaultdict(list))
        todo, seen = [found], set()
        while todo:
            subject = todo.pop()
            if subject in seen or not isinstance(subject, rdflib.BNode):
                continue
            seen.add(subject)
            for predicate, value in self._report.predicate_objects(subject):
                if predicate != RDF.type:
                    about[self._term(subject)][NamedNode(str(predicate))].append(self._term(value))
                    todo.append(value)
        return read_path(self._term(found), about)

    def _term(self, node: Any) -> Term:
        known = self._terms.get(node)
        if known is not None:
            return known
        if isinstance(node, rdflib.URIRef):
            return NamedNode(str(node))
        if isinstance(node, rdflib.BNode):
            return BlankNode(str(node))
        if node.language:
            return Literal(str(node), language=node.language)
        return Literal(str(node), datatype=NamedNode(str(node.datatype))) if node.datatype else Literal(str(node))
