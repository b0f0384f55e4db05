"""Constraints and components in SPARQL, as our own SHACL engine evaluates them."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from cdkg.validation.shacl.columnar.binding import Query
from cdkg.validation.shacl.columnar.engine import CdkgEngine
from cdkg.validation.shacl.paths import Inverse, Predicate, Sequence
from shacl_cases import DECLARED, EX, SH, names, rows, sparql_shape, values
from shacl_suite import Graph, graph_of

# -- constraints in SPARQL ----------------------------------------------------------------------------------------


def test_equal_solutions_are_as_many_results() -> None:
    """Four solutions that are the same are four results."""
    shape = sparql_shape("SELECT $this WHERE { $this ex:p ?x . $this ex:p ?y }")
    assert len(rows(shape, "ex:a ex:p 1 , 2 .")) == 4


def test_a_date_is_not_compared_with_a_year() -> None:
    """An error in a filter is no solution."""
    shape = sparql_shape("SELECT $this WHERE { $this ex:p ?start ; ex:q ?end FILTER (?end < ?start) }")
    assert not rows(shape, 'ex:a ex:p "2020"^^xsd:gYear ; ex:q "2019-01-01"^^xsd:date .')
    assert rows(shape, 'ex:a ex:p "2020-01-01"^^xsd:date ; ex:q "2019-01-01"^^xsd:date .')


@pytest.mark.parametrize(
    "select",
    [
        "SELECT $this WHERE { $this ex:q ?x }",
        "SELECT $this WHERE { FILTER (isBlank($this)) }",
        "SELECT $this WHERE { { FILTER (isBlank($this)) } $this ex:q ?x }",
        "SELECT $this WHERE { ?x ex:p 1 FILTER NOT EXISTS { { FILTER (!isBlank($this)) } } }",
        "SELECT $this WHERE { { SELECT $this (COUNT(?x) AS ?n) { $this ex:q ?x } GROUP BY $this } FILTER (?n = 1) }",
    ],
)
def test_blank_nodes_as_focus_nodes(select: str) -> None:
    """A blank node is given to a query like any other term."""
    (row,) = rows(sparql_shape(select), "_:b ex:p 1 ; ex:q 1 . ex:a ex:p 2 .")
    assert str(row.focus).startswith("_:")
    assert row.value == row.focus


def test_severity_of_a_constraint_is_ignored() -> None:
    """The severity is that of the shape; so it stands in SHACL 1.0."""
    (row,) = rows(sparql_shape("SELECT $this WHERE { $this ex:p 1 }", "; sh:severity sh:Info"), "ex:a ex:p 1 .")
    assert str(row.severity) == f"<{SH}Violation>"


def test_messages_say_what_was_found() -> None:
    """Variables in a message are replaced by what they stand for; a message of the solution comes first."""
    shape = sparql_shape(
        "SELECT $this ?value WHERE { $this ex:p ?value }", '; sh:message "{?value} of {$this}, {?x}"@en'
    )
    (row,) = rows(shape, "ex:a ex:p 1 .")
    assert [(message.value, message.language) for message in row.messages] == [(f"1 of <{EX}a>, {{?x}}", "en")]
    own = sparql_shape('SELECT $this ("own" AS ?message) WHERE { $this ex:p ?value }', '; sh:message "other"')
    assert [message.value for row in rows(own, "ex:a ex:p 1 .") for message in row.messages] == ["own"]


def test_values_are_those_of_the_data() -> None:
    """The store writes numbers in its own way; the result has what the data say."""
    shape = sparql_shape("SELECT $this ?value WHERE { $this ex:p ?value }")
    data = '"007"^^xsd:integer , "5"^^xsd:byte , 1.50'
    expected = [str(triple.object) for triple in graph_of(f"ex:a ex:p {data} .")]
    assert values(shape, f"ex:a ex:p {data} .") == sorted(expected)


def test_property_shapes_have_their_path() -> None:
    """`$PATH` is the path, however it is made; without `?value` there is no value; deactivated constraints rest."""
    shape = f"""{DECLARED} ex:S sh:targetNode ex:a ; sh:path ( ex:p [ sh:inversePath ex:q ] ) ; sh:sparql
        [ sh:prefixes ex:o ; sh:select "SELECT $this ?other WHERE {{ $this $PATH ?other }}" ] ,
        [ sh:deactivated true ; sh:select "SELECT $this WHERE {{ }}" ] ."""
    found = rows(shape, "ex:a ex:p ex:x . ex:y ex:q ex:x . ex:z ex:q ex:x .")
    path = Sequence((Predicate(f"{EX}p"), Inverse(Predicate(f"{EX}q"))))
    assert [(row.path, row.value) for row in found] == [(path, None)] * 2


COMPONENT = f"""{DECLARED} ex:Component a sh:ConstraintComponent ; sh:parameter [ sh:path ex:least ] ;
    sh:parameter [ sh:path ex:unless ; sh:optional true ] ; sh:validator ex:Validator .
    ex:Validator a sh:SPARQLAskValidator ; sh:prefixes ex:o ; sh:message "less than {{$least}}" ; sh:ask "%s" .
    ex:S sh:targetSubjectsOf ex:p ; sh:path ex:p ; ex:least 3 %s ."""
COMPONENT_DATA = "ex:a ex:p 1 , 2 , 3 . ex:b ex:p 2 . ex:c ex:p _:b , ex:x ."


def test_components_of_ones_own() -> None:
    """An ASK-based validator is asked about each value, with the parameters of the shape."""
    ask = COMPONENT % ("ASK { FILTER ($value >= $least || $value = $unless) }", "")
    assert names(rows(ask, COMPONENT_DATA)) == {f"{EX}Component": 5}
    assert {message.value for row in rows(ask, COMPONENT_DATA) for message in row.messages} == {"less than 3"}
    unless = COMPONENT % ("ASK { FILTER ($value >= $least || $value = $unless) }", "; ex:unless 2")
    assert names(rows(unless, COMPONENT_DATA)) == {f"{EX}Component": 3}
    with_focus = COMPONENT % ("ASK { FILTER ($value >= $least || $this = ex:b) }", "")
    assert names(rows(with_focus, COMPONENT_DATA)) == {f"{EX}Component": 4}


# -- one query for all focus nodes, and one for each ---------------------------------------------------------------

_PATTERNS = (
    "$this ex:p ?x", "$this ex:q ?y", "?x ex:q $this", "?x ex:p ?y", "?y ex:r ?x", "$this ex:r* ?x", "?x ex:p? $this",
    "$this ?x ?y", "?y ex:q/ex:p ?x", "$this ex:p ?x ; ex:q ?y",
)  # fmt: skip
_FILTERS = (
    "?x != $this", "bound($this)", "?y = ?x", "!bound(?y)", "$this = ex:n1", "isIRI(?x)", "str($this) < str(?x)",
    "!bound($this)",
)  # fmt: skip


def _random_group(draw: random.Random, depth: int) -> str:
    parts: list[str] = []
    for _ in range(draw.randint(1, 3)):
        kind = draw.randrange(9 if depth else 6)
        if kind <= 3:
            parts.append(f"{draw.choice(_PATTERNS)} .")
        elif kind <= 5:
            parts.append(f"FILTER ({draw.choice(_FILTERS)})")
        elif kind == 6:
            word = draw.choice(["EXISTS", "NOT EXISTS", "NOT EXISTS"])
            parts.append(f"FILTER {word} {{ {_random_group(draw, depth - 1)} }}")
        elif kind == 7:
            parts.append(f"OPTIONAL {{ {_random_group(draw, depth - 1)} }}")
        else:
            arms = [_random_group(draw, depth - 1) for _ in range(draw.randint(1, 2))]
            parts.append(" UNION ".join(f"{{ {arm} }}" for arm in arms))
    return " ".join(parts)


def _random_select(draw: random.Random) -> str:
    head = draw.choice(["SELECT $this ?x", "SELECT DISTINCT $this ?y", "SELECT $this (?x AS ?value)"])
    where = f"WHERE {{ {_random_group(draw, 2)} }}"
    if draw.random() < 0.1:
        return f"SELECT $this (COUNT(?x) AS ?value) {where} GROUP BY $this"
    return f"{head} {where}" + draw.choice(["", "", "", " LIMIT 3"])


@pytest.mark.parametrize("seed", range(150))
def test_many_at_once_is_the_same_as_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a query is like, giving all focus nodes at once changes no result."""
    monkeypatch.setattr("cdkg.validation.shacl.columnar.sparql._FEW", seed % 2 * 64)
    draw = random.Random(seed)  # noqa: S311
    nodes = [f"ex:n{number}" for number in range(6)] + ["_:b"]
    triples = [f"{draw.choice(nodes)} ex:{draw.choice('pqr')} {draw.choice(nodes)} ." for _ in range(14)]
    data = Graph(graph_of(" ".join(["ex:n1 ex:p ex:n2 . ex:n2 ex:p ex:n1 .", *triples])))
    for _ in range(4):
        select = _random_select(draw)
        engine = CdkgEngine(graph_of(sparql_shape(select)))
        many = Counter((str(row.focus), str(row.value)) for row in engine.rows(data))
        with monkeypatch.context() as patch:
            patch.setattr(Query, "is_sure", lambda *_: False)
            single = Counter((str(row.focus), str(row.value)) for row in engine.rows(data))
        assert single.keys() == many.keys() if "LIMIT" in select else single == many, select


def test_what_is_not_there_at_all() -> None:
    """`NOT EXISTS` about something that shares no variable with the rest holds for all or for none."""
    select = "SELECT $this WHERE { $this ex:p ?x . FILTER NOT EXISTS { ?u ex:q ?v . ?v ex:r ?w } }"
    assert not rows(sparql_shape(select), "ex:a ex:p 1 . ex:b ex:p 2 . ex:c ex:q ex:d . ex:d ex:r 1 .")
    assert len(rows(sparql_shape(select), "ex:a ex:p 1 . ex:b ex:p 2 . ex:c ex:q ex:d .")) == 2


def test_most_queries_are_put_once() -> None:
    """What people write is put to the data once, not once for each focus node."""
    prologue = f"PREFIX ex: <{EX}> "
    for where, sure in (
        ("$this ex:p ?x . FILTER (?x = 1)", True),
        ("FILTER (isIRI($this))", True),
        ("$this ex:p ?x . FILTER NOT EXISTS { ?x ex:q $this }", True),
        ("$this ex:p ?x . FILTER NOT EXISTS { ?y ex:q $this ; ex:p 1 }", True),
        ("$this ex:p ?x . OPTIONAL { $this ex:q ?y FILTER (?y != $this) }", True),
        ("{ $this ex:p ?x } UNION { $this ex:q ?x }", True),
        ("$this ex:p ?x . { FILTER (bound($this)) }", False),
        ("$this ex:p ?x . FILTER EXISTS { ?y ex:q $this . }", True),
        ("$this ex:p ?x . FILTER EXISTS { ?y ex:q $this ; ex:p 1 }", False),
        ("$this ex:p ?x . FILTER EXISTS { ?y ex:q $this . ?y ex:p 1 }", False),
        ("$this ex:p ?x . FILTER NOT EXISTS { ?y ex:q $this . ?y ex:p 1 }", True),
        ("$this ex:p ?x . { SELECT $this (COUNT(?y) AS ?n) { $this ex:p ?y } GROUP BY $this }", False),
    ):
        assert Query(f"SELECT $this WHERE {{ {where} }}", prologue, ["this"]).is_sure("this") == sure, where
