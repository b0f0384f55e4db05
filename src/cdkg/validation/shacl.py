"""SHACL with pySHACL, the reference engine, on a plain in-memory graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import pyshacl
import rdflib
from pyoxigraph import Triple
from rdflib.namespace import RDF, SH, XSD

from cdkg.errors import ShapesError
from cdkg.graph import KnowledgeGraph, Role, copy_to_rdflib
from cdkg.validation.places import Places
from cdkg.validation.report import Result, Severity

_SEVERITIES = {SH.Violation: Severity.VIOLATION, SH.Warning: Severity.WARNING, SH.Info: Severity.INFO}

_TRUE = rdflib.Literal("true", datatype=XSD.boolean)


def shapes_graph(graph: KnowledgeGraph) -> rdflib.Graph:
    """All shapes of the knowledge graph as one rdflib graph."""
    return _to_rdflib(triple for shapes in graph.of(Role.SHAPES) for triple in shapes.triples)


def run(graph: KnowledgeGraph, shapes: rdflib.Graph, places: Places) -> Iterator[Result]:
    """Validate the data of `graph`, asserted and inferred, against `shapes` and yield the results.

    Raises:
        ShapesError: The shapes are not valid SHACL.
    """
    try:
        _, report, text = pyshacl.validate(
            _to_rdflib(_data(graph)), shacl_graph=shapes, inplace=True, meta_shacl=False, advanced=False
        )
    except Exception as error:  # pySHACL has one root for its own errors, but lets others through
        raise ShapesError("the shapes cannot be used", why=str(error).strip()) from error
    if not isinstance(report, rdflib.Graph):
        raise ShapesError("the shapes cannot be used", why=str(text))
    for node in report.objects(None, SH.result):
        yield _result(report, node, shapes, places)


#: Kinds of target (SHACL, section 2.1.3) and the pattern that finds their focus nodes as `?x`.
_TARGETS = {
    SH.targetClass: "?x a {}",  # classes are inferred: no path over rdfs:subClassOf is needed
    SH.targetNode: "VALUES ?x {{ {} }}",
    SH.targetSubjectsOf: "?x {} []",
    SH.targetObjectsOf: "[] {} ?x",
}


def targets(graph: KnowledgeGraph, shapes: rdflib.Graph) -> dict[str, int]:
    """The number of focus nodes of each shape that names its targets and is not deactivated (SHACL, section 2.1.3).

    Raises:
        ShapesError: A target is no term that can be looked for.
    """
    patterns: dict[str, list[str]] = defaultdict(list)
    for kind, pattern in _TARGETS.items():
        for owner, target in shapes.subject_objects(kind):
            if not isinstance(target, rdflib.URIRef) and (kind != SH.targetNode or isinstance(target, rdflib.BNode)):
                raise ShapesError(f"the target {target.n3()} of the shape {owner.n3()} is no IRI")
            if (owner, SH.deactivated, _TRUE) in shapes:
                continue
            patterns[str(owner)].append(f"{{ {pattern.format(target.n3())} }}")
    counted: dict[str, int] = {}
    for shape, alternatives in patterns.items():
        query = f"SELECT (COUNT(DISTINCT ?x) AS ?n) WHERE {{ {' UNION '.join(alternatives)} }}"
        rows: Any = graph.store.query(query)
        counted[shape] = sum(int(row["n"].value) for row in rows)
    return counted


def _to_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    graph = rdflib.Graph()
    copy_to_rdflib(triples, graph)
    return graph


def _data(graph: KnowledgeGraph) -> Iterator[Triple]:
    """The union without the ontology: types are inferred already, and the engine need not walk the class tree."""
    terms = {triple.subject for ontology in graph.of(Role.ONTOLOGY) for triple in ontology.triples}
    return (triple for triple in graph.union if triple.subject not in terms)


def _result(report: rdflib.Graph, node: Any, shapes: rdflib.Graph, places: Places) -> Result:
    def value(predicate: rdflib.URIRef) -> str:
        term: Any = report.value(node, predicate)
        return "" if term is None else str(term.n3())

    focus, path, found = value(SH.focusNode), value(SH.resultPath), value(SH.value)
    path = "" if path.startswith("_:") else path  # a complex path is a structure, not a property
    messages = sorted(
        str(m) for m in report.objects(node, SH.resultMessage) if getattr(m, "language", None) in {None, "en"}
    )
    severity = report.value(node, SH.resultSeverity)
    return Result(
        _SEVERITIES.get(severity, Severity.VIOLATION),
        " ".join(messages),
        _owner(shapes, report.value(node, SH.sourceShape)),
        focus,
        path,
        found,
        places.of_node(focus, path, found),
    )


def _owner(shapes: rdflib.Graph, shape: Any) -> str:
    """The IRI of the shape, or for a property shape without a name that of the node shape it belongs to."""
    seen: set[Any] = set()
    while isinstance(shape, rdflib.BNode) and shape not in seen:
        seen.add(shape)
        shape = next((s for s in shapes.subjects(None, shape)), shape)
    return str(shape) if (shape, RDF.type, None) in shapes or isinstance(shape, rdflib.URIRef) else ""
