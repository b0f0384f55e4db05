"""The SPARQL 1.1 test suite of the W3C, read from `$CDKG_SUITES/sparql11`, and how answers are compared."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)

from cdkg.vocabulary import RDF_TYPE

_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
_UT = "http://www.w3.org/2009/sparql/tests/test-update#"
_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_HOME = Path(os.environ.get("CDKG_SUITES", "")) / "sparql11"
#: What stands in place of the files' own addresses, so that the names of graphs do not depend on the folder.
BASE = "http://suite.example/sparql11/"

needs_suite = pytest.mark.skipif(
    "CDKG_SUITES" not in os.environ, reason="CDKG_SUITES names no folder with sparql11/ (W3C SPARQL 1.1 tests)"
)

Term = Any  # no triple terms in this suite; the checks of every `.value` would tell nothing


@dataclass(frozen=True)
class SuiteTest:
    """A test of the suite: what it is, the request, the data, and what is to come of it."""

    name: str  # `aggregates/agg01`
    kind: str  # `QueryEvaluationTest`, `NegativeSyntaxTest11`, …
    request: str  # IRI of the query or update
    data: tuple[tuple[str, str], ...] = ()  # name of the graph (empty: the default graph) and IRI of its file
    result: str = ""  # IRI of the expected answer
    after: tuple[tuple[str, str], ...] = ()  # as `data`, after an update

    @property
    def text(self) -> str:
        """The request, relative IRIs resolved by its place."""
        return f"BASE <{self.request}>\n" + file(self.request).read_text(encoding="utf-8")


def file(iri: str) -> Path:
    """The file that an IRI of the suite stands for."""
    return _HOME / iri.removeprefix(BASE)


@cache
def triples(iri: str) -> tuple[Triple, ...]:
    """The triples of a file of the suite."""
    path = file(iri)
    form = RdfFormat.from_extension(path.suffix[1:]) or RdfFormat.TURTLE
    return tuple(q.triple for q in parse(path=str(path), format=form, base_iri=iri, rename_blank_nodes=True))


@cache
def suite() -> dict[str, SuiteTest]:
    """All tests that are no protocol or service description, by name."""
    found = (test for path in sorted(_HOME.glob("*/manifest.ttl")) for test in _tests(path))
    return {test.name: test for test in found}


def names(*kinds: str) -> list[str]:
    """The tests of these kinds; none where the suite is missing."""
    if "CDKG_SUITES" not in os.environ:
        return []
    return [name for name, test in suite().items() if test.kind in kinds]


def _tests(path: Path) -> Iterator[SuiteTest]:
    folder = path.parent.name
    base = f"{BASE}{folder}/"
    store = Store()
    for quad in parse(path=str(path), format=RdfFormat.TURTLE, base_iri=f"{base}manifest.ttl"):
        store.add(quad)

    def objects(node: Term, *properties: str) -> list[Term]:
        return [
            quad.object for name in properties for quad in store.quads_for_pattern(node, NamedNode(name), None, None)
        ]

    def value(node: Term, *properties: str) -> str:
        return next((term.value for term in objects(node, *properties)), "")

    def graphs(node: Term) -> Iterator[tuple[str, str]]:
        for term in objects(node, f"{_QT}data", f"{_UT}data"):
            yield "", term.value
        for term in objects(node, f"{_QT}graphData", f"{_UT}graphData"):
            inner = value(term, f"{_UT}graph", f"{_QT}graph")
            yield (value(term, _LABEL), inner) if inner else (term.value, term.value)

    entries: Term = next(iter(store.quads_for_pattern(None, NamedNode(f"{_MF}entries"), None))).object
    rdf = RDF_TYPE.value.removesuffix("type")
    while entries.value != f"{rdf}nil":
        entry = objects(entries, f"{rdf}first")[0]
        entries = objects(entries, f"{rdf}rest")[0]
        kind = value(entry, RDF_TYPE.value).rpartition("#")[2]
        actions, results = objects(entry, f"{_MF}action"), objects(entry, f"{_MF}result")
        if not actions or kind in {"ProtocolTest", "ServiceDescriptionTest"}:
            continue
        action = actions[0]
        request = action.value if isinstance(action, NamedNode) else value(action, f"{_QT}query", f"{_UT}request")
        after = tuple(graphs(results[0])) if results and kind == "UpdateEvaluationTest" else ()
        result = results[0].value if results and not after else ""
        name = f"{folder}/{entry.value.rpartition('#')[2]}"
        yield SuiteTest(name, kind, request, tuple(graphs(action)), result, after)


# -- answers, as data sets that are equal when they are the same but for blank nodes ------------------------------


def same(quads: Iterable[Quad]) -> Dataset:
    """Quads in a canonical form, literals by their values."""
    store = Store()
    store.extend(quads)
    dataset = Dataset(store)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def of_graphs(graphs: Iterable[tuple[str, str]]) -> Iterator[Quad]:
    """The quads of named files."""
    for name, iri in graphs:
        for t in triples(iri):
            yield Quad(t.subject, t.predicate, t.object, *((NamedNode(name),) if name else ()))


def of_rows(rows: Iterable[dict[str, Term]]) -> Iterator[Quad]:
    """Solutions as triples: a node for each row, which keeps those that are there twice."""
    for row in rows:
        node = BlankNode()
        yield Quad(node, RDF_TYPE, NamedNode(f"{_RS}ResultBinding"))
        for name, term in row.items():
            yield Quad(node, NamedNode(f"urn:variable:{name}"), term)


def answer(data: bytes, media_type: str) -> Dataset | bool:
    """An answer over HTTP, or that of a file."""
    form = QueryResultsFormat.from_media_type(media_type)
    if form is None:
        return same(parse(data, format=RdfFormat.from_media_type(media_type)))
    found = parse_query_results(data, format=form)
    if not isinstance(found, QuerySolutions):
        return bool(found)
    variables = [variable.value for variable in found.variables]
    rows = [{name: row[name] for name in variables if row[name] is not None} for row in found]
    return same(of_rows(rows))


def expected(test: SuiteTest) -> Dataset | bool:
    """The answer that a test of evaluation wants."""
    kinds = {".srx": "application/sparql-results+xml", ".srj": "application/sparql-results+json",
             ".tsv": "text/tab-separated-values"}  # fmt: skip
    path = file(test.result)
    if path.suffix in kinds:
        return answer(path.read_bytes(), kinds[path.suffix])
    found = triples(test.result)
    if not any(t.object == NamedNode(f"{_RS}ResultSet") for t in found):
        return same(Quad(t.subject, t.predicate, t.object) for t in found)
    return _of_result_set(found)


def _of_result_set(found: tuple[Triple, ...]) -> Dataset | bool:
    """A result set that is written as RDF."""

    def objects(node: Term, name: str) -> list[Term]:
        return [t.object for t in found if t.subject == node and t.predicate.value == _RS + name]

    node = next(t.subject for t in found if t.object == NamedNode(f"{_RS}ResultSet"))
    if told := objects(node, "boolean"):
        return bool(told[0].value == "true")
    rows = []
    for solution in objects(node, "solution"):
        bound = [(objects(b, "variable")[0].value, objects(b, "value")[0]) for b in objects(solution, "binding")]
        rows.append(dict(bound))
    return same(of_rows(rows))


def table(text: str) -> Counter[frozenset[tuple[str, str]]]:
    """A CSV answer: its rows, without regard to their order, to that of columns, and to the labels of blank nodes."""
    labels: dict[str, str] = {}
    text = re.sub(r"_:\w+", lambda label: labels.setdefault(label[0], f"_:b{len(labels)}"), text)
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    return Counter(frozenset(zip(head, row, strict=True)) for row in rows)


def insertion(quads: Iterable[Quad]) -> str:
    """An update that makes quads all there is."""
    parts = []
    for quad in quads:
        said = f"{quad.subject} {quad.predicate} {quad.object} ."
        named = isinstance(quad.graph_name, NamedNode)
        parts.append(f"GRAPH {quad.graph_name} {{ {said} }}" if named else said)
    return "DROP ALL; INSERT DATA {\n" + "\n".join(parts) + "\n}"
