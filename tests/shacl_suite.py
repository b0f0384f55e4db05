"""The SHACL test suite of the W3C working group, read from `$CDKG_SUITES/shacl`."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple, parse

from cdkg.validation.shacl.paths import read_path
from cdkg.validation.shacl.rows import Row
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_SHT = "http://www.w3.org/ns/shacl-test#"
_FOLDER = Path(os.environ.get("CDKG_SUITES", "")) / "shacl"
_BASE = "http://example.org/suite/"

needs_suite = pytest.mark.skipif(
    "CDKG_SUITES" not in os.environ, reason="CDKG_SUITES names no folder with shacl/manifest.ttl (W3C SHACL tests)"
)

#: What two reports must agree on; blank nodes of the data are "a blank node".
Key = tuple[str, str, str, str, str, str]


@dataclass
class Graph:
    """Triples as a data graph (see `DataGraph`)."""

    triples: list[Triple] = field(default_factory=list)

    @cached_property
    def store(self) -> Store:
        """The same as the default graph of a store."""
        store = Store()
        store.extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in self.triples)
        return store


@dataclass(frozen=True)
class SuiteTest:
    """A test case.

    Attributes:
        name: The path of its file, without the ending.
        data: The data graph.
        shapes: The shapes graph.
        expected: The expected results; None where validation must fail.
        conforms: Whether the data must conform.
    """

    name: str
    data: Graph
    shapes: list[Triple]
    expected: Counter[Key] | None
    conforms: bool


@cache
def _triples(path: Path) -> tuple[Triple, ...]:
    """The triples of a file; its blank nodes have the same names each time, and no other file's."""
    base = _BASE + path.relative_to(_FOLDER).as_posix()
    stem = "".join(c if c.isalnum() else "_" for c in path.relative_to(_FOLDER).as_posix())
    names: dict[str, BlankNode] = {}

    def own(term: Term) -> Term:
        if isinstance(term, BlankNode):
            return names.setdefault(term.value, BlankNode(f"{stem}{len(names)}"))
        return term

    quads = parse(path.read_bytes(), format=RdfFormat.TURTLE, base_iri=base)
    return tuple(Triple(own(q.subject), q.predicate, own(q.object)) for q in quads)  # type: ignore[arg-type]


def _path(term: Term) -> Path:
    assert isinstance(term, NamedNode)
    return _FOLDER / term.value.removeprefix(_BASE)


def graph_of(turtle: str) -> list[Triple]:
    """The triples of a text in Turtle, with the project's prefixes and `ex:`."""
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    text = f"{head}@prefix ex: <http://example.org/> .\n{turtle}"
    return [Triple(q.subject, q.predicate, q.object) for q in parse(text, format=RdfFormat.TURTLE)]


def _about(triples: Iterable[Triple]) -> dict[Term, dict[NamedNode, list[Term]]]:
    found: dict[Term, dict[NamedNode, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for triple in triples:
        found[triple.subject][triple.predicate].append(triple.object)
    return found


@cache
def suite() -> dict[str, SuiteTest]:
    """All test cases by name; none where the suite is missing."""
    if "CDKG_SUITES" not in os.environ:
        return {}
    return {test.name: test for path in sorted(_FOLDER.rglob("*.ttl")) for test in _tests(path)}


def _tests(path: Path) -> Iterator[SuiteTest]:
    triples = _triples(path)
    about = _about(triples)
    for test in [t.subject for t in triples if t.predicate == RDF_TYPE and t.object == NamedNode(f"{_SHT}Validate")]:
        (action,) = about[test][NamedNode(f"{_MF}action")]
        (result,) = about[test][NamedNode(f"{_MF}result")]
        (data,) = about[action][NamedNode(f"{_SHT}dataGraph")]
        (shapes,) = about[action][NamedNode(f"{_SHT}shapesGraph")]
        failure = result == NamedNode(f"{_SHT}Failure")
        yield SuiteTest(
            path.relative_to(_FOLDER).with_suffix("").as_posix(),
            Graph(list(_triples(_path(data)))),
            list(_triples(_path(shapes))),
            None if failure else Counter(_expected(result, about)),
            not failure and '"true"' in str(about[result][_sh("conforms")][0]),
        )


def _sh(name: str) -> NamedNode:
    return NamedNode(PREFIXES["sh"] + name)


def _expected(report: Term, about: dict[Term, dict[NamedNode, list[Term]]]) -> Iterator[Key]:
    for node in about[report][_sh("result")]:
        said = about[node]
        paths = said[_sh("resultPath")]
        yield _key(
            said[_sh("focusNode")][0],
            str(read_path(paths[0], about)) if paths else "",
            said[_sh("value")][0] if said[_sh("value")] else None,
            said[_sh("sourceConstraintComponent")][0],
            said[_sh("resultSeverity")][0],
            said[_sh("sourceShape")][0],
        )


def _key(focus: Term, path: str, value: Term | None, *others: Term) -> Key:
    component, severity, shape = map(_shown, others)
    return _shown(focus), path, "" if value is None else _shown(value), component, severity, shape


def _shown(term: Term) -> str:
    return "a blank node" if isinstance(term, BlankNode) else str(term)


def key(row: Row) -> Key:
    """What is compared of a result."""
    path = str(row.path) if row.path else ""
    return _key(row.focus, path, row.value, row.component, row.severity, row.shape)
