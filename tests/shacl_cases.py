"""Shapes and data of a few lines for tests of our own SHACL engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from cdkg.errors import ShapesError
from cdkg.validation.shacl.columnar.engine import CdkgEngine
from cdkg.validation.shacl.rows import Row
from cdkg.vocabulary import PREFIXES
from shacl_suite import Graph, graph_of

SH = PREFIXES["sh"]
EX = "http://example.org/"
DECLARED = 'ex:o sh:declare [ sh:prefix "ex" ; sh:namespace "http://example.org/" ] .'


def rows(shapes: str, data: str) -> list[Row]:
    """The results of shapes over data, both in Turtle."""
    return list(CdkgEngine(graph_of(shapes)).rows(Graph(graph_of(data))))


def values(shapes: str, data: str) -> list[str]:
    """The values of the results, sorted."""
    return sorted("" if row.value is None else str(row.value) for row in rows(shapes, data))


def names(found: Iterable[Row]) -> Counter[str]:
    """The constraint components of results."""
    return Counter(row.component.value.removeprefix(SH).removesuffix("ConstraintComponent") for row in found)


def refused(shapes: str, data: str = "ex:a ex:p 1 .") -> str:
    """What the engine says when it refuses shapes."""
    with pytest.raises(ShapesError) as error:
        rows(shapes, data)
    return str(error.value)


def property_shape(constraint: str) -> str:
    """A property shape on `ex:p` of all that have it."""
    return f"ex:S a sh:PropertyShape ; sh:targetSubjectsOf ex:p ; sh:path ex:p ; {constraint} ."


def sparql_shape(select: str, more: str = "") -> str:
    """A node shape with a constraint in SPARQL for all that have `ex:p`."""
    constraint = f'[ a sh:SPARQLConstraint ; sh:prefixes ex:o ; sh:select """{select}""" {more} ]'
    return f"{DECLARED} ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:sparql {constraint} ."
