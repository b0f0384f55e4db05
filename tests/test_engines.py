"""The engines held against each other, row by row: on the project's data, and on what random changes make of it.

What pySHACL does its own way is mended first (see `mended_pyshacl`); then the rows are equal without exception, but for
equal solutions of SPARQL-based constraints, which pySHACL has once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from cdkg.errors import ShapesError
from cdkg.graph import KnowledgeGraph, Role
from cdkg.pipeline import Workspace
from cdkg.reasoning import read_rules, reason
from cdkg.sources.loader import read
from cdkg.validation.report import Severity
from cdkg.validation.shacl import engine_named
from cdkg.validation.shacl.columnar.walks import in_sparql
from cdkg.validation.shacl.preflight.rules import preflight
from cdkg.validation.shacl.rows import DataGraph, Engine, Row
from cdkg.validation.validate import Data as ReasonedData
from cdkg.vocabulary import PREFIXES
from mended_pyshacl import KNOWN_DIFFERENCES, mend
from random_shapes import Shapes
from shape_mutations import Data, Parts, changed, changed_shapes, turtle
from test_shapes import INVALID, ROOT, VALID, apart, files

_SH = PREFIXES["sh"]
#: A row as it is compared: focus, path, value, component, severity, source shape.
Key = tuple[object, ...]
#: All rows of an engine, equal ones as often as they come; or why there are none.
Outcome = Counter[Key] | str
#: Constraints whose equal solutions pySHACL has once.
_OF_SPARQL = NamedNode(f"{_SH}SPARQLConstraintComponent")


class Pair:
    """Both engines with the same shapes."""

    def __init__(self, shapes: Sequence[Triple]) -> None:
        self._engines = [_engine(name, shapes) for name in ("cdkg", "pyshacl")]

    def compare(self, data: DataGraph) -> tuple[Outcome, list[str]]:
        """What our engine says, and the rows that one has and the other has not."""
        ours, theirs = (_outcome(engine, data) for engine in self._engines)
        if isinstance(ours, str) or isinstance(theirs, str):
            return ours, [] if type(ours) is type(theirs) else [f"ours: {ours}", f"pySHACL: {theirs}"]
        alone = [("ours", row) for row in (ours - theirs).elements()]
        alone += [("pySHACL", row) for row in (theirs - ours).elements()]
        return ours, [f"{who} alone: {' '.join(map(str, row))}" for who, row in alone]


def _engine(name: str, shapes: Sequence[Triple]) -> Engine | str:
    try:
        return engine_named(name)(shapes)
    except ShapesError as error:
        return str(error)


def _outcome(engine: Engine | str, data: DataGraph) -> Outcome:
    if isinstance(engine, str):
        return engine
    try:
        found = Counter(_key(row) for row in engine.rows(data))
    except ShapesError as error:
        return str(error)
    return Counter({row: 1 if row[3] == _OF_SPARQL else number for row, number in found.items()})


def _key(row: Row) -> Key:
    return row.focus, row.path, row.value, row.component, row.severity, row.shape


def _well_formed(shapes: Sequence[Triple]) -> bool:
    return not any(fault.severity is Severity.VIOLATION for fault in preflight(shapes))


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """PySHACL without its known differences."""
    mend(monkeypatch)


@pytest.fixture(scope="module")
def shapes(reasoned: Workspace) -> list[Triple]:
    """The shapes of the project."""
    return [triple for graph in reasoned.graph.of(Role.SHAPES) for triple in graph.triples]


@pytest.fixture(scope="module")
def parts(reasoned: Workspace) -> Parts:
    """Parts of the project's data."""
    return Parts(ReasonedData(reasoned.graph).triples)


@pytest.fixture(scope="module")
def project(shapes: list[Triple]) -> Pair:
    """Both engines with the project's shapes."""
    return Pair(shapes)


# -- the project --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_rows_of_the_project_are_equal(project: Pair, reasoned: Workspace) -> None:
    """On the project's own data both say the same, as they are."""
    data = ReasonedData(reasoned.graph)
    ours, differences = project.compare(data)
    assert len(ours) > 50
    assert differences == []


@pytest.mark.slow
@pytest.mark.usefixtures("mended")
def test_rows_of_the_examples_are_equal(project: Pair, shapes: list[Triple]) -> None:
    """Both report the same on all examples of right and wrong data, and each shape that reports is among them."""
    background = [*files("ontology", Role.ONTOLOGY), *files("data/typologies", Role.EDITORIAL)]
    shared = frozenset(
        term.value
        for graph in background
        for triple in graph.triples
        for term in (triple.subject, triple.object)
        if isinstance(term, NamedNode)
    )
    examples = [
        apart(read(path, None, Role.PASSAGE), shared, f"~{number}") for number, path in enumerate([*VALID, *INVALID])
    ]
    inference = reason(KnowledgeGraph([*background, *examples]), read_rules(ROOT / "ontology" / "rules"))
    data = ReasonedData(inference.graph)
    ours, differences = project.compare(data)
    assert not isinstance(ours, str), ours
    assert differences == []
    reporting = {triple.subject for triple in shapes if triple.predicate.value == f"{_SH}message"}
    assert len(reporting) > 250
    assert reporting - {row[5] for row in ours} == set()


# -- random changes -----------------------------------------------------------------------------------------------


def _seeds(number: int) -> Iterable[int]:
    return range(number * 100, number * 100 + 10)


def _smallest(pair: Pair, part: Sequence[Triple], seeds: Iterable[int]) -> list[int]:
    """The changes without which there would be no difference."""
    needed = list(seeds)
    for seed in list(needed):
        rest = [other for other in needed if other != seed]
        if pair.compare(Data(changed(part, rest)))[1]:
            needed = rest
    return needed


def _check_changed_data(project: Pair, parts: Parts, numbers: Iterable[int]) -> int:
    results = 0
    for number in numbers:
        part = parts.some(Random(number))  # noqa: S311  # no secret
        ours, differences = project.compare(Data(changed(part, _seeds(number))))
        results += len(ours)
        assert differences == [], f"{number}: changes {_smallest(project, part, _seeds(number))}"
    return results


@pytest.mark.usefixtures("mended")
def test_rows_of_changed_data_are_equal(project: Pair, parts: Parts) -> None:
    """Parts of the project's data with triples gone, doubled, of other types, and with odd values."""
    assert _check_changed_data(project, parts, range(8)) > 50


@pytest.mark.slow
@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("start", range(1000, 1200, 20))
def test_rows_of_much_changed_data_are_equal(project: Pair, parts: Parts, start: int) -> None:
    """The same, two thousand times."""
    assert _check_changed_data(project, parts, range(start, start + 20)) > 100


def _check_random_shapes(parts: Parts, numbers: Iterable[int]) -> set[object]:
    components: set[object] = set()
    for number in numbers:
        source = Random(number)  # noqa: S311  # no secret
        data = Data(changed(parts.some(source), _seeds(number)))
        made = Shapes(data.triples, source)
        texts = [text for text in [*(made.text() for _ in range(8)), made.siblings()] if _well_formed(turtle(text))]
        pair = Pair(turtle("\n".join(texts)))
        ours, differences = pair.compare(data)
        assert not isinstance(ours, str), ours
        components |= {row[3] for row in ours}
        assert differences == [], f"{number}: {[text for text in texts if Pair(turtle(text)).compare(data)[1]]}"
    return components


@pytest.mark.usefixtures("mended")
def test_rows_of_random_shapes_are_equal(parts: Parts) -> None:
    """Shapes of all kinds of paths, targets and constraints, nested, on changed data."""
    assert len(_check_random_shapes(parts, range(10))) > 15


@pytest.mark.slow
@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("start", range(1000, 1300, 30))
def test_rows_of_many_random_shapes_are_equal(parts: Parts, start: int) -> None:
    """The same with 2,700 shapes."""
    assert len(_check_random_shapes(parts, range(start, start + 30))) > 15


@pytest.mark.parametrize("number", range(8))
def test_paths_lead_where_sparql_leads(parts: Parts, number: int) -> None:
    """Paths of all kinds give the values that the SPARQL engine finds, circles and ways back and all."""
    source = Random(number)  # noqa: S311  # no secret
    kept = [t for t in parts.some(source) if not isinstance(t.object, Literal) or t.object.language]
    data = Data(kept)  # the store writes numbers its own way
    made = Shapes(data.triples, source)
    nodes = sorted({triple.subject for triple in data.triples if isinstance(triple.subject, NamedNode)}, key=str)
    targets = ", ".join(map(str, nodes))
    paths = [made.path(3, any_inverse=True) for _ in range(25)]
    text = "\n".join(f"ex:S{i} sh:targetNode {targets} ; sh:path {path} ; sh:in () ." for i, path in enumerate(paths))
    rows = list(engine_named("cdkg")(turtle(text)).rows(data))
    found = {(row.shape, row.focus, row.value) for row in rows}
    assert len(found) == len(rows) > 100
    told = {(row.shape, row.path) for row in rows}
    values = " ".join(map(str, nodes))
    for shape, path in told:
        assert path is not None
        answer: Any = data.store.query(f"SELECT DISTINCT ?x ?v {{ VALUES ?x {{ {values} }} ?x {in_sparql(path)} ?v }}")
        assert {(shape, row["x"], row["v"]) for row in answer} == {row for row in found if row[0] == shape}, path


# -- shapes that are changed too ----------------------------------------------------------------------------------


def _check_changed_shapes(shapes: Sequence[Triple], parts: Parts, numbers: Iterable[int]) -> Counter[str]:
    seen: Counter[str] = Counter()
    for number in numbers:
        other = changed_shapes(shapes, range(number * 10, number * 10 + 3))
        if not _well_formed(other):
            seen["refused"] += 1
            continue
        data = Data(changed(parts.some(Random(number)), _seeds(number)))  # noqa: S311  # no secret
        ours, differences = Pair(other).compare(data)
        assert not isinstance(ours, str), f"{number}: {ours}"
        assert differences == [], number
        seen["equal"] += 1
    return seen


@pytest.mark.usefixtures("mended")
def test_changed_shapes_are_refused_or_equal(shapes: list[Triple], parts: Parts) -> None:
    """Where engines differ about shapes, or fail, the pre-flight has refused them."""
    seen = _check_changed_shapes(shapes, parts, range(12))
    assert min(seen["refused"], seen["equal"]) > 2


@pytest.mark.slow
@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("start", range(1000, 1400, 40))
def test_many_changed_shapes_are_refused_or_equal(shapes: list[Triple], parts: Parts, start: int) -> None:
    """The same with twelve hundred changes."""
    seen = _check_changed_shapes(shapes, parts, range(start, start + 40))
    assert min(seen["refused"], seen["equal"]) > 3


# -- known differences --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(KNOWN_DIFFERENCES))
def test_known_difference(name: str) -> None:
    """Each is still there; one that is mended leaves the table."""
    known = KNOWN_DIFFERENCES[name]
    shapes, data = turtle(known.shapes), Data(turtle(known.data))
    ours = [_key(row) for row in engine_named("cdkg")(shapes).rows(data)]
    assert len(ours) == known.ours
    if isinstance(known.theirs, str):
        with pytest.raises(ShapesError, match=known.theirs):
            list(engine_named("pyshacl")(shapes).rows(data))
    else:
        assert len(list(engine_named("pyshacl")(shapes).rows(data))) == known.theirs
    assert known.ours != known.theirs
