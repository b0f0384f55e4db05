"""The figures that the project computes: each one follows from the graph by the query that it gives."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, cast

import pytest
from pyoxigraph import Literal, QuerySolutions

from cdkg.pipeline import Workspace

FOLDER = Path(__file__).parents[1] / "data" / "derived"
MARK = " Query: "


class Figure(NamedTuple):
    """A derived figure as the data gives it."""

    iri: str
    value: Decimal
    bound: str
    calculation: str

    @property
    def query(self) -> str:
        """The query behind the plain words of the calculation."""
        return self.calculation.partition(MARK)[2]


def _rows(workspace: Workspace, text: str) -> list[list[str]]:
    """The rows of an answer, as plain text."""
    solutions = cast("QuerySolutions", workspace.query(text).result)
    return [["" if term is None else str(getattr(term, "value", term)) for term in row] for row in solutions]


@pytest.fixture(scope="module")
def figures(reasoned: Workspace) -> list[Figure]:
    """All derived figures of the project."""
    text = """
        SELECT ?figure ?value ?bound ?calculation
        WHERE {
          ?figure a cd:DerivedFigure ;
                  cd:value ?value ;
                  cd:bound ?bound ;
                  cd:calculation ?calculation .
        }
        ORDER BY ?figure
    """
    return [Figure(iri, Decimal(value), bound, told) for iri, value, bound, told in _rows(reasoned, text)]


def test_every_figure_is_complete(reasoned: Workspace, figures: list[Figure]) -> None:
    """Each has one value, variable, unit, bound and calculation, a label, and what it was computed from."""
    written = sum(path.read_text(encoding="utf-8").count("a cd:DerivedFigure ;") for path in FOLDER.glob("*.ttl"))
    assert [iri for iri, times in Counter(figure.iri for figure in figures).items() if times > 1] == []
    assert len(figures) == written >= 30
    text = """
        SELECT (COUNT(DISTINCT ?figure) AS ?complete)
        WHERE {
          ?figure a cd:DerivedFigure ;
                  rdfs:label ?label ;
                  cd:variable/skos:inScheme scheme:variable ;
                  cd:unit/skos:inScheme scheme:unit ;
                  cd:bound/skos:inScheme scheme:bound ;
                  cd:derivedFrom ?source .
        }
    """
    assert _rows(reasoned, text) == [[str(len(figures))]]


def test_sources_are_passages_statements_or_documents(reasoned: Workspace) -> None:
    """What a figure was computed from is a passage, a statement of one, or a whole document."""
    text = """
        SELECT ?figure ?source
        WHERE {
          ?figure a cd:DerivedFigure ; cd:derivedFrom ?source .
          FILTER NOT EXISTS { ?source dcterms:isPartOf/a cd:SourceDocument }
          FILTER NOT EXISTS { ?source cd:attestedIn/dcterms:isPartOf/a cd:SourceDocument }
          FILTER NOT EXISTS { ?source a cd:SourceDocument }
        }
    """
    assert _rows(reasoned, text) == []


def test_every_figure_follows_from_its_query(reasoned: Workspace, figures: list[Figure]) -> None:
    """The query in the calculation has one row with one number, and it is the value."""
    wrong = []
    for figure in figures:
        rows = _rows(reasoned, figure.query)
        if [[Decimal(value) for value in row] for row in rows] != [[figure.value]]:
            wrong.append((figure.iri.rpartition("/")[2], str(figure.value), rows))
    assert wrong == []


def test_a_rounded_value_is_not_called_exact(figures: list[Figure]) -> None:
    """A calculation that rounds gives an approximate value."""
    assert [f.iri for f in figures if "ROUND(" in f.query and f.bound.endswith("/exact")] == []


def test_values_are_canonical_numbers(reasoned: Workspace) -> None:
    """Values are integers or decimals without superfluous zeros."""
    text = "SELECT ?value WHERE { ?figure a cd:DerivedFigure ; cd:value ?value }"
    solutions = cast("QuerySolutions", reasoned.query(text).result)
    values = [cast("Literal", row["value"]) for row in solutions]
    assert {literal.datatype.value.rpartition("#")[2] for literal in values} <= {"integer", "decimal"}
    assert [v.value for v in values if "." in v.value and v.value.endswith("0")] == []
