"""The W3C SHACL test suite, core and SPARQL, for each engine: the same results, row by row, and the same failures."""

from __future__ import annotations

from collections import Counter

import pytest

from cdkg.errors import ShapesError
from cdkg.validation.shacl import engine_named
from shacl_suite import SuiteTest, key, needs_suite, suite

#: Tests that an engine does not pass, and why.
KNOWN = {
    ("pyshacl", "core/property/uniqueLang-002"): 'sh:uniqueLang "1"^^xsd:boolean is taken for `true`',
    ("pyshacl", "sparql/node/prefixes-001"): "sh:prefixes does not lead to the declarations of imported ontologies",
    ("pyshacl", "sparql/pre-binding/shapesGraph-001"): "$shapesGraph is not implemented",
}
ENGINES = ("cdkg", "pyshacl")


def passes(test: SuiteTest, engine: str) -> bool:
    """Whether an engine gives what the test expects."""
    try:
        rows = list(engine_named(engine)(test.shapes).rows(test.data))
    except ShapesError:
        return test.expected is None
    return test.expected == Counter(map(key, rows)) and test.conforms == (not rows)


@needs_suite
def test_the_suite_is_read() -> None:
    """All tests are there, and those that must fail are known."""
    assert len(suite()) == 121
    assert len([test for test in suite().values() if test.expected is None]) == 7
    assert sum(sum((test.expected or Counter()).values()) for test in suite().values()) > 150


@needs_suite
@pytest.mark.parametrize(
    ("engine", "name"),
    [
        pytest.param(
            engine,
            name,
            marks=[pytest.mark.xfail(reason=KNOWN[engine, name])] if (engine, name) in KNOWN else [],
        )
        for engine in ENGINES
        for name in suite()
    ],
)
def test_results(engine: str, name: str) -> None:
    """The results are those that the test expects, each as often."""
    assert passes(suite()[name], engine)
