"""Our own SHACL engine, in what the W3C suite does not look at."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from functools import partial

import numpy as np
import pytest
from pyoxigraph import BaseDirection, Literal, NamedNode, QuerySolutions, Triple

from cdkg.validation.shacl.columnar.columns import Columns
from cdkg.validation.shacl.columnar.engine import CdkgEngine
from cdkg.validation.shacl.columnar.walks import in_sparql, plain, walk
from cdkg.validation.shacl.paths import Alternative, Inverse, Path, Predicate, Repeated, Sequence
from cdkg.vocabulary import PREFIXES
from shacl_cases import DECLARED, EX, SH, names, property_shape, refused, rows, sparql_shape, values
from shacl_suite import Graph, graph_of

# -- values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("sh:datatype xsd:date", '"2024-02-29"^^xsd:date , "2024-01-01Z"^^xsd:date', '"2023-02-29"^^xsd:date , "2024"'),
        ("sh:datatype xsd:integer", "01 , -7", '"x"^^xsd:integer , "7"^^xsd:int , 1.0 , "1.0"^^xsd:integer'),
        ("sh:datatype xsd:byte", '"127"^^xsd:byte', '"128"^^xsd:byte'),
        ("sh:datatype xsd:gYear", '"2024"^^xsd:gYear , "-0044"^^xsd:gYear', '"24"^^xsd:gYear , "2024-01"^^xsd:gYear'),
        ("sh:datatype xsd:gMonthDay", '"--02-29"^^xsd:gMonthDay', '"--02-30"^^xsd:gMonthDay'),
        ("sh:datatype xsd:duration", '"P1Y2M3DT4H"^^xsd:duration , "-PT0.5S"^^xsd:duration', '"P"^^xsd:duration'),
        ("sh:datatype xsd:time", '"24:00:00"^^xsd:time', '"24:00:01"^^xsd:time'),
        ("sh:datatype rdf:langString", '"a"@en', '"a"'),
        ("sh:datatype xsd:string", '"a"', '"a"@en'),
        ("sh:datatype ex:own", '"anything"^^ex:own', '"anything"'),
        (
            "sh:minInclusive 5", '5 , 5.0 , 5e0 , 100000000000000000000000000000 , "6"^^xsd:byte',
            '4.9 , "9" , ex:x , "x"^^xsd:integer',
        ),
        ("sh:maxExclusive 1.5", "1 , -3 , 1.4e0", "1.5 , 1.5e0"),
        (
            'sh:minExclusive "2020-01-01"^^xsd:date', '"2020-01-02"^^xsd:date',
            '"2021"^^xsd:gYear , "2020-01-01"^^xsd:date',
        ),
        (
            'sh:maxInclusive "2020-06-01T00:00:00Z"^^xsd:dateTime', '"2020-06-01T01:00:00+02:00"^^xsd:dateTime',
            '"2020-06-01T00:00:00-01:00"^^xsd:dateTime , "2020-06-01T00:00:00"^^xsd:dateTime',
        ),
        ("sh:minLength 3", '"abc" , "äöü" , ex:x , "123"^^xsd:integer', '"\\u00e4b" , 12'),
        ("sh:maxLength 2", '"\\U0001F600b" , ""', '"abc" , "\\\\\\"a"'),
        ("sh:maxLength 2 ; sh:nodeKind sh:Literal", '"a"', '"abc"'),
        ('sh:pattern "^a.c$"', '"abc"', '"abcd" , "a\\nc"'),
        ('sh:pattern "^A.C$" ; sh:flags "is"', '"abc" , "a\\nc"', '"abcd"'),
        ('sh:pattern "a.c" ; sh:flags "q"', '"xa.cx"', '"abc"'),
        ('sh:pattern "^[a-z-[aeiou]]+$"', '"xyz"', '"xaz"'),
        ('sh:pattern "^(?!a)b*$"', '"bb"', '"ab" , "bb\\n"'),
        ('sh:pattern "^(a+)\\\\1$"', '"aa"', '"a"'),
        ('sh:pattern "^http"', "ex:x", '"ex:x"'),
        ('sh:languageIn ( "en" "de-CH" )', '"a"@en , "a"@EN-gb , "a"@de-ch', '"a"@de , "a" , "a"@eng , ex:x'),
        ("sh:in ( 1 ex:x )", "1 , ex:x", '01 , "1" , ex:y'),
        ("sh:nodeKind sh:IRIOrLiteral", "ex:x , 1", "[]"),
        ("sh:nodeKind sh:BlankNodeOrIRI", "ex:x , []", "1"),
    ],
)  # fmt: skip
def test_values(constraint: str, good: str, bad: str) -> None:
    """Each value passes or does not, whatever the others are."""
    shape = property_shape(constraint)
    assert not rows(shape, f"ex:a ex:p {good} .")
    wrong = bad.split(" , ")
    assert len(rows(shape, f"ex:a ex:p {good} , {bad} .")) == len(wrong)
    for value in wrong:
        assert len(rows(shape, f"ex:a ex:p {value} .")) == 1


def test_what_cannot_be_compared_is_a_result() -> None:
    """A date is not less than a year, a number not less than a word, and nothing less than an IRI."""
    shape = property_shape("sh:lessThan ex:q")
    data = 'ex:a ex:p "2020-01-01"^^xsd:date , 1 ; ex:q "2021"^^xsd:gYear , 2 , ex:x .'
    assert values(shape, data) == sorted(['"1"^^<http://www.w3.org/2001/XMLSchema#integer>'] * 2
                                         + ['"2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date>'] * 3)  # fmt: skip
    assert not rows(property_shape("sh:lessThanOrEquals ex:q"), "ex:a ex:p 1 , 1.0 ; ex:q 1e0 .")


@pytest.mark.parametrize("operator", ["minInclusive", "maxExclusive"])
def test_literals_that_compare_with_nothing(operator: str) -> None:
    """A literal with a direction (RDF 1.2) compares with nothing, and the others beside it as ever."""
    shape = CdkgEngine(graph_of(property_shape(f'sh:{operator} "2020-06-01"^^xsd:date')))
    good = "2021-01-01" if operator == "minInclusive" else "2019-01-01"
    days = [Literal(f"{good[:8]}{day:02}", datatype=NamedNode(f"{PREFIXES['xsd']}date")) for day in range(1, 20)]
    odd = [Literal("x", language="ar", direction=BaseDirection.RTL)]
    triples = [Triple(NamedNode(f"{EX}a"), NamedNode(f"{EX}p"), literal) for literal in [*days, *odd]]
    assert {row.value for row in shape.rows(Graph(triples))} == {*odd}


def test_texts_are_taken_as_they_are() -> None:
    """Escapes, quotes and control characters of a text are part of it for a pattern, and count one each."""
    for text in ("\\", '"', "\n", "\\u0041", "\t\r\x07", "a\x00b", "\u2028", "}"):
        shape = f"^{''.join(f'[{chr(92)}x{{{ord(c):x}}}]' for c in text)}$"
        constraint = [*graph_of(property_shape(f"sh:minLength {len(text)} ; sh:maxLength {len(text)}"))]
        constraint.append(Triple(NamedNode(f"{EX}S"), NamedNode(f"{SH}pattern"), Literal(shape)))
        data = Graph([Triple(NamedNode(f"{EX}a"), NamedNode(f"{EX}p"), Literal(text))])
        assert not list(CdkgEngine(constraint).rows(data)), text
        data = Graph([Triple(NamedNode(f"{EX}a"), NamedNode(f"{EX}p"), Literal(text + "x"))])
        assert len(list(CdkgEngine(constraint).rows(data))) == 2, text


def test_an_empty_graph() -> None:
    """Nothing stands in the data, and a target node is looked at all the same."""
    engine = CdkgEngine(graph_of("ex:S sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:minCount 1 ] ."))
    (row,) = engine.rows(Graph())
    assert row.value is None
    assert not list(CdkgEngine([]).rows(Graph()))


def test_long_numbers_are_exact() -> None:
    """Numbers beyond 64 bits compare by their digits."""
    large = "9" * 5000
    assert not rows(property_shape(f"sh:minInclusive {large}"), f"ex:a ex:p {large} .")
    assert rows(property_shape(f"sh:minExclusive {large}"), f"ex:a ex:p {large} .")


def test_a_language_used_twice_is_one_result() -> None:
    """Languages are told apart whatever their case; each that is used twice or more is one result."""
    data = 'ex:a ex:p "1"@en , "2"@EN , "3"@en , "1"@de , "2"@de , "1"@fr , "x" , "y" .'
    assert len(rows(property_shape("sh:uniqueLang true"), data)) == 2


# -- paths --------------------------------------------------------------------------------------------------------


def test_circles_end() -> None:
    """One or more steps round a circle lead back to where they began."""
    shape = property_shape("sh:maxCount 1").replace("sh:path ex:p", "sh:path [ sh:oneOrMorePath ex:p ]")
    assert len(rows(shape, "ex:a ex:p ex:b . ex:b ex:p ex:a .")) == 2
    assert not rows(shape, "ex:a ex:p ex:a .")


def _random_path(draw: random.Random, depth: int = 3) -> Path:
    kind = draw.randrange(7 if depth else 1)
    if kind <= 1:
        return Predicate(f"{EX}{draw.choice('pqr')}")
    if kind == 2:
        return Inverse(_random_path(draw, depth - 1))
    if kind in (3, 4):
        parts = tuple(_random_path(draw, depth - 1) for _ in range(draw.randint(2, 3)))
        return Sequence(parts) if kind == 3 else Alternative(parts)
    return Repeated(_random_path(draw, depth - 1), *draw.choice([(0, False), (1, False), (0, True)]))


@pytest.mark.parametrize("few", [0, 16])
@pytest.mark.parametrize("seed", range(40))
def test_paths_lead_where_sparql_leads(seed: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A walk over columns finds what the same path finds in SPARQL, start by start or all at once."""
    monkeypatch.setattr("cdkg.validation.shacl.columnar.walks._FEW", few)
    draw = random.Random(seed)  # noqa: S311
    nodes = [NamedNode(f"{EX}{number}") for number in range(9)]
    triples = {Triple(draw.choice(nodes), NamedNode(EX + draw.choice("pqr")), draw.choice(nodes)) for _ in range(14)}
    graph = Graph([*triples, *(Triple(node, NamedNode(f"{EX}in"), NamedNode(f"{EX}graph")) for node in nodes)])
    columns = Columns(graph.triples)
    path = _random_path(draw)
    starts = sorted(columns.code(node) for node in nodes[:5])
    found = walk(plain(path), np.array(starts, np.int64), columns).tolist()
    pairs = {(str(columns.terms.term(row >> 32)), str(columns.terms.term(row & 0xFFFFFFFF))) for row in found}
    assert len(pairs) == len(found)
    for start in nodes[:5]:
        query = f"SELECT ?y {{ {start} {in_sparql(path)} ?y }}"
        solutions = graph.store.query(query)
        assert isinstance(solutions, QuerySolutions)
        assert {y for x, y in pairs if x == str(start)} == {str(row["y"]) for row in solutions}


# -- shapes among each other --------------------------------------------------------------------------------------


def test_results_of_nested_shapes_come_as_often_as_their_nodes() -> None:
    """Two nodes lead to one that is at fault: its fault is found for each of them (SHACL, section 4.7.2)."""
    shape = property_shape("sh:property [ sh:path ex:q ; sh:minCount 1 ]")
    found = rows(shape, "ex:a ex:p ex:x . ex:b ex:p ex:x .")
    assert [str(row.focus) for row in found] == [f"<{EX}x>"] * 2
    within = property_shape("sh:node [ sh:property [ sh:path ex:q ; sh:minCount 1 ; sh:severity sh:Info ] ]")
    assert names(rows(within, "ex:a ex:p ex:x . ex:b ex:p ex:x .")) == {"Node": 2}


def test_severity_and_messages_are_those_of_the_shape() -> None:
    """A severity and its messages are not handed down."""
    shape = """ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:severity sh:Info ; sh:message "a"@en , "b"@de ;
        sh:nodeKind sh:Literal ; sh:property [ sh:path ex:p ; sh:maxCount 0 ; sh:severity ex:own ; sh:message "m" ] ."""
    first, second = sorted(rows(shape, "ex:a ex:p 1 ."), key=lambda row: str(row.severity))
    assert str(first.severity) == f"<{EX}own>"
    assert [message.value for message in first.messages] == ["m"]
    assert str(second.severity) == f"<{SH}Info>"
    assert {(message.value, message.language) for message in second.messages} == {("a", "en"), ("b", "de")}


def test_no_message_of_our_own() -> None:
    """A shape without message has results without one."""
    assert [row.messages for row in rows(property_shape("sh:maxCount 0"), "ex:a ex:p 1 .")] == [()]


def test_siblings() -> None:
    """A hand with a thumb and four fingers: what is both counts for neither."""
    shapes = """ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:property ex:T , ex:F .
        ex:T sh:path ex:p ; sh:qualifiedValueShape [ sh:class ex:Thumb ] ; sh:qualifiedValueShapesDisjoint true ;
            sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount 1 .
        ex:F sh:path ex:p ; sh:qualifiedValueShape [ sh:class ex:Finger ] ; sh:qualifiedValueShapesDisjoint true ;
            sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount 1 ."""
    assert not rows(shapes, "ex:h ex:p ex:a , ex:b . ex:a a ex:Thumb . ex:b a ex:Finger .")
    both = "ex:h ex:p ex:a , ex:b . ex:a a ex:Thumb , ex:Finger . ex:b a ex:Finger ."
    assert names(rows(shapes, both)) == {"QualifiedMinCount": 1}
    assert not rows(
        shapes.replace("sh:qualifiedValueShapesDisjoint true ;", ""), both.replace(" . ex:b a ex:Finger", "")
    )


def test_deactivated_shapes_within_others() -> None:
    """Everything conforms to a deactivated shape, wherever it is referred to (SHACL, section 2.1.6)."""
    off = "[ sh:path ex:p ; sh:maxCount 0 ; sh:deactivated true ]"
    assert not rows(f"ex:S sh:targetSubjectsOf ex:p ; sh:property {off} .", "ex:a ex:p 1 .")
    assert names(rows(f"ex:S sh:targetSubjectsOf ex:p ; sh:not {off} .", "ex:a ex:p 1 .")) == {"Not": 1}
    on = off.replace("true", "false")
    assert names(rows(f"ex:S sh:targetSubjectsOf ex:p ; sh:property {on} .", "ex:a ex:p 1 .")) == {"MaxCount": 1}


def test_closed_about_values() -> None:
    """A closed property shape looks at its values, and the result names the property and its object."""
    shape = property_shape("sh:closed true ; sh:ignoredProperties ( rdf:type )")
    (row,) = rows(shape, "ex:a ex:p ex:x ; ex:q 1 . ex:x a ex:C ; ex:q 2 .")
    assert (str(row.focus), str(row.path)) == (f"<{EX}a>", f"<{EX}q>")
    assert row.value is not None
    assert str(row.value).startswith('"2"')


def test_targets_that_are_in_no_triple() -> None:
    """A target node need not stand in the data."""
    shape = 'ex:S a sh:NodeShape ; sh:targetNode "x" , ex:nowhere ; sh:nodeKind sh:BlankNode .'
    assert len(rows(shape, "ex:a ex:p 1 .")) == 2
    engine = CdkgEngine(graph_of(shape))
    focus = engine.focus(Graph(graph_of("ex:a ex:p 1 .")))
    assert list(focus.sizes.values()) == [2]
    assert focus.nodes == {'"x"', f"<{EX}nowhere>"}


@pytest.mark.parametrize(
    "shapes",
    [
        "ex:S a sh:PropertyShape ; sh:targetNode ex:a .",
        "ex:S sh:targetNode ex:a ; sh:path ex:p , ex:q .",
        "ex:S sh:targetNode ex:a ; sh:path ( ex:p ) .",
        "ex:S sh:targetNode ex:a ; sh:path [ sh:inversePath ex:p ; sh:zeroOrMorePath ex:p ] .",
        "ex:S sh:targetNode ex:a ; sh:path _:p . _:p sh:inversePath _:p .",
        "ex:S sh:targetNode ex:a ; sh:in ex:list .",
        "ex:S sh:targetNode ex:a ; sh:in _:l . _:l rdf:first 1 ; rdf:rest _:l .",
        "ex:S sh:targetNode ex:a ; sh:minCount 1 .",
        "ex:S sh:targetClass [] .",
        "ex:S sh:targetNode [] .",
        "ex:S sh:targetNode ex:a ; sh:node ex:S .",
        "ex:S sh:targetNode ex:a ; sh:not [ sh:property [ sh:path ex:p ; sh:node ex:S ] ] .",
        "ex:S sh:targetNode ex:a ; sh:property ex:N . ex:N sh:nodeKind sh:IRI .",
        'ex:S sh:targetNode ex:a ; sh:node "x" .',
        "ex:S sh:targetNode ex:a ; sh:node [ sh:path ex:p ; sh:minCount 1 ] .",
        "ex:S sh:targetNode ex:a ; sh:nodeKind sh:Iri .",
        "ex:S sh:targetNode ex:a ; sh:datatype xsd:date , xsd:gYear .",
        'ex:S sh:targetNode ex:a ; sh:class "C" .',
        "ex:S sh:targetNode ex:a ; sh:message 1 .",
        'ex:S sh:targetNode ex:a ; sh:severity "high" .',
        'ex:S sh:targetNode ex:a ; sh:deactivated "yes" .',
        property_shape('sh:minCount "two"'),
        property_shape("sh:minCount -1"),
        property_shape("sh:minCount 1 , 2"),
        property_shape('sh:pattern "(a"'),
        property_shape('sh:pattern "a" ; sh:flags "w"'),
        property_shape("sh:minInclusive ex:x"),
        property_shape('sh:languageIn ( "en" 1 )'),
        property_shape("sh:qualifiedValueShape [ sh:class ex:C ]"),
        property_shape("sh:closed true ; sh:ignoredProperties ex:p"),
        property_shape("sh:sparql [ sh:select 5 ]"),
        sparql_shape("SELECT ?value WHERE { $this ex:p ?value }"),
        sparql_shape("SELECT $this WHERE { $this nowhere:p ?value }"),
        sparql_shape("SELECT $this WHERE { $this ex:p ?value"),
        sparql_shape("ASK { $this ex:p ?value }"),
        sparql_shape("CONSTRUCT { $this ex:p 1 } WHERE { $this ex:p ?value }"),
        sparql_shape("SELECT $this FROM <http://example.org/g> WHERE { $this ex:p ?value }"),
        sparql_shape("SELECT $this FROM NAMED <http://example.org/g> WHERE { $this ex:p ?value }"),
        sparql_shape("SELECT $this WHERE { $this ex:p ?v . SERVICE SILENT <http://example.org/> { $this ex:p ?v } }"),
        sparql_shape("SELECT $this (true AS ?failure) WHERE { $this ex:p ?v }"),
        DECLARED + ' ex:o sh:declare [ sh:prefix "ex" ; sh:namespace "urn:x" ] . '
        + sparql_shape("SELECT $this WHERE { $this ex:p ?v }").removeprefix(DECLARED),
        "ex:S sh:targetNode ex:a ; sh:node _:0 . " + " ".join(f"_:{n} sh:not _:{n + 1} ." for n in range(2000)),
        "ex:S sh:targetNode ex:a ; sh:path _:0 . " + " ".join(f"_:{n} sh:inversePath _:{n + 1} ." for n in range(3000))
        + " _:3000 sh:inversePath ex:p .",
    ],
)  # fmt: skip
def test_malformed_shapes_are_refused(shapes: str) -> None:
    """No shape that is not understood is left out in silence."""
    assert refused(shapes)


def test_refusals_name_the_shape() -> None:
    """Who reads it knows where to look."""
    assert f"<{EX}S>" in refused(sparql_shape("SELECT $this WHERE { SERVICE ex:s { $this ex:p ?v } }"))
    assert "SERVICE" in refused(sparql_shape("SELECT $this WHERE { SERVICE ex:s { $this ex:p ?v } }"))


# -- time and what takes it ---------------------------------------------------------------------------------------


def test_long_texts_and_bad_patterns_take_no_time() -> None:
    """A literal of 5 MB takes time in proportion, and a pattern that catches others out is no trap."""
    start = time.perf_counter()
    constraint = 'sh:pattern "^(a+)+$" ; sh:maxLength 9999999 ; sh:minLength 1 ; sh:datatype xsd:string'
    assert names(rows(property_shape(constraint), f'ex:a ex:p "{"a" * 5_000_000}!" .')) == {"Pattern": 1}
    assert names(rows(property_shape(constraint), f'ex:a ex:p "{"a" * 41}!" .')) == {"Pattern": 1}
    assert time.perf_counter() - start < 5


def test_many_focus_nodes_take_no_time() -> None:
    """The engine works on sets: twenty thousand nodes are as quick as a few."""
    data = Graph(graph_of(" ".join(f"ex:n{n} ex:p {n} ; ex:q ex:n{n + 1} ." for n in range(20_000))))
    shape = property_shape("sh:maxCount 1 ; sh:datatype xsd:integer ; sh:maxInclusive 19998")
    select = sparql_shape("SELECT $this WHERE { $this ex:q ?x . FILTER NOT EXISTS { ?x ex:p ?y ; ex:q ?z } }")
    assert len(data.store) == 40_000
    start = time.perf_counter()
    assert len(list(CdkgEngine(graph_of(shape)).rows(data))) == 1
    assert len(list(CdkgEngine(graph_of(select)).rows(data))) == 1
    assert time.perf_counter() - start < 5


def test_what_is_at_work_is_told_before_it_begins() -> None:
    """Who ends the evaluation from outside knows what did not end."""
    cross = " ".join(f"?a{n} ex:p ?b{n} ." for n in range(8))
    for shape, wanted in (
        (sparql_shape(f"SELECT $this WHERE {{ {cross} $this ex:p ?x FILTER (false && ?b1 = ?b7) }}"), "ex"),
        (property_shape('sh:pattern "(?=a)^(a|aa)+$"'), "pattern"),
    ):
        told: list[str] = []
        engine = CdkgEngine(graph_of(shape))
        list(engine.rows(Graph(graph_of('ex:a ex:p "a" .')), told.append))
        assert any(wanted in text for text in told)


_ENDLESS = """
import sys
sys.path.insert(0, {tests!r})
from shacl_cases import DECLARED, EX, SH, names, property_shape, refused, rows, sparql_shape, values
from shacl_suite import Graph, graph_of
from cdkg.validation.shacl.columnar.engine import CdkgEngine
data = Graph(graph_of(" ".join(f"ex:n{{n}} ex:p ex:n{{n + 1}} ." for n in range(40))))
for _ in CdkgEngine(graph_of({shape!r})).rows(data, lambda text: print(text, flush=True)):
    pass
"""


@pytest.mark.slow
def test_a_cross_product_ends_from_outside_only() -> None:
    """The engine does not end it; it has said what was at work."""
    cross = " ".join(f"?a{n} ex:p ?b{n} ." for n in range(8))
    shape = sparql_shape(f"SELECT $this WHERE {{ $this ex:p ?x . {cross} FILTER (?b1 = ex:none || ?b7 = ex:none) }}")
    script = _ENDLESS.format(tests=__file__.rpartition("/")[0], shape=shape)
    with pytest.raises(subprocess.TimeoutExpired) as ended:
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=4)
    assert ended.value.stdout is not None
    assert "SPARQL" in ended.value.stdout.decode().splitlines()[-1]


# -- columns that are kept ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_kept_columns_are_as_good_as_new_ones(seed: int) -> None:
    """After triples came and went, the results are those of the graph as it is."""
    draw = random.Random(seed)  # noqa: S311
    shapes = """ex:S sh:targetSubjectsOf ex:p ; sh:closed true ; sh:property
        [ sh:path ex:p ; sh:maxCount 2 ; sh:class ex:C ; sh:lessThan ex:q ] , [ sh:path [ sh:inversePath ex:q ] ;
        sh:maxCount 1 ; sh:nodeKind sh:IRI ] , [ sh:path ex:q ; sh:maxInclusive 3 ] . ex:T sh:targetClass ex:C ;
        sh:not [ sh:path ( ex:p [ sh:zeroOrMorePath ex:q ] ) ; sh:hasValue 3 ] ."""
    engine = CdkgEngine(graph_of(shapes))
    terms = ["ex:a", "ex:b", "ex:c", "ex:d", "1", "2", "3", "4", '"x"']

    def some() -> list[Triple]:
        texts = [f"{draw.choice(terms[:4])} ex:{draw.choice('pq')} {draw.choice(terms)} ." for _ in range(8)]
        return graph_of(" ".join([*texts, f"{draw.choice(terms[:4])} a ex:C ."]))

    held = dict.fromkeys(some())
    columns = Columns(held)
    for _ in range(5):
        gone, come = draw.sample([*held], 4), some()
        columns.remove(gone)
        held = {triple: None for triple in held if triple not in gone}
        columns.add(come)
        held |= dict.fromkeys(come)
        data = Graph([*held])
        assert len(columns) == len(held)
        assert Counter(engine.rows_of(columns, partial(getattr, data, "store"))) == Counter(engine.rows(data))
