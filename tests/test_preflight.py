"""Faults of shapes are told before any data is looked at, each with its triple, and good shapes have none."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from time import perf_counter

import pyshacl
import pytest
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from cdkg.graph import copy_to_rdflib
from cdkg.validation.report import Severity
from cdkg.validation.shacl.preflight.rules import ShapeFault, preflight
from cdkg.validation.shacl.preflight.vocabulary import CLASSES, KNOWN, PROPERTIES, nearest
from cdkg.vocabulary import PREFIXES, Term
from malformed_shapes import ELSEWHERE, GOOD, IN_NODE, IN_PROPERTY, NODE, PATHS, PROPERTY, QUERIES, SELECT, TOLD
from random_shapes import Shapes
from shape_mutations import changed_shapes, turtle

ROOT = Path(__file__).parents[1]
SUITE = Path(os.environ.get("CDKG_SUITES", "")) / "shacl"
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
HEAD += "@prefix ex: <http://example.org/> .\n@prefix dash: <http://datashapes.org/dash#> .\n"


def triples(text: str) -> list[Triple]:
    """The triples of Turtle with the usual prefixes."""
    return [Triple(q.subject, q.predicate, q.object) for q in parse(HEAD + text, format=RdfFormat.TURTLE)]


def found(text: str) -> list[ShapeFault]:
    """What the pre-flight says of shapes in Turtle."""
    return preflight(triples(text))


def grave(text: str) -> set[str]:
    """The rules of the violations."""
    return {fault.rule for fault in found(text) if fault.severity is Severity.VIOLATION}


# -- faults -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "rule"), IN_NODE)
def test_fault_in_a_node_shape(text: str, rule: str) -> None:
    """The fault is a violation of its rule."""
    assert rule in grave(NODE.format(text))


@pytest.mark.parametrize(("text", "rule"), IN_PROPERTY)
def test_fault_in_a_property_shape(text: str, rule: str) -> None:
    """The fault is a violation of its rule."""
    assert rule in grave(PROPERTY.format(text))


@pytest.mark.parametrize("path", PATHS)
def test_path_that_is_none(path: str) -> None:
    """What is no path is refused, cyclic ones too."""
    assert "malformed-path" in grave(f"ex:S sh:targetClass ex:C ; sh:minCount 1 ; sh:path {path} .")


@pytest.mark.parametrize("query", QUERIES)
def test_query_that_cannot_be_used(query: str) -> None:
    """A query that is none, or that SHACL does not allow, is refused, and none leaves the machine."""
    assert "unusable-query" in grave(SELECT.format(query))


@pytest.mark.parametrize(("text", "rule"), ELSEWHERE)
def test_fault_elsewhere(text: str, rule: str) -> None:
    """Faults of prefixes, components, and shapes without a name."""
    assert rule in grave(text)


@pytest.mark.parametrize(("text", "rule"), TOLD)
def test_what_is_worth_knowing(text: str, rule: str) -> None:
    """What is well-formed and still of no use, or not looked at, is a warning or information."""
    rules = {fault.rule: fault.severity for fault in found(NODE.format(text))}
    assert rule in rules
    assert rules[rule] is not Severity.VIOLATION


# -- no faults ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", GOOD)
def test_good_shapes_have_no_fault(text: str) -> None:
    """Nothing is said of shapes that are well-formed, of however many kinds."""
    assert found(text) == []


def test_the_project_has_no_fault() -> None:
    """The shapes of the project are well-formed, each is looked at, and it takes no time to say so."""
    shapes = [t for path in (ROOT / "shapes").glob("*.ttl") for t in _read(path)]
    assert len(shapes) > 3000
    start = perf_counter()
    faults = preflight(shapes)
    assert perf_counter() - start < 1  # 0.02 s on the machine it was written on
    assert faults == []


def test_a_triple_that_is_there_twice_is_there_once() -> None:
    """Two files that say the same are no shape with two values."""
    shapes = triples(PROPERTY.format("sh:minCount 1"))
    assert preflight(shapes * 2) == []


# -- what is told -------------------------------------------------------------------------------------------------


def test_the_triple_is_named() -> None:
    """A fault names its triple, its shape, and the term that may be meant."""
    (fault,) = found(PROPERTY.format("sh:minCoun 1"))
    assert fault.triple is not None
    assert fault.triple.predicate == NamedNode(PREFIXES["sh"] + "minCoun")
    assert fault.shape == NamedNode("http://example.org/P")
    assert "sh:minCount" in fault.hint


@pytest.mark.parametrize(("text", "meant"), [("sh:nodeShape ex:T", "sh:NodeShape"), ("a sh:propertyshape", "sh:Prop")])
def test_another_case_is_led_back_first(text: str, meant: str) -> None:
    """A term in other letters is what is meant, whatever it stands for."""
    faults = [fault for fault in found(NODE.format(text)) if fault.rule == "unknown-term"]
    assert [meant in fault.hint for fault in faults] == [True]


@pytest.mark.parametrize("value", ["sh:Error", "sh:warning", "ex:Grave", "'Warning'", "sh:Trace"])
def test_severities_are_named(value: str) -> None:
    """Whoever writes another severity, or what is none, is told the three that there are."""
    (hint,) = (fault.hint for fault in found(NODE.format(f"sh:severity {value} ; sh:nodeKind sh:IRI")))
    assert all(name in hint for name in ("sh:Violation", "sh:Warning", "sh:Info"))


@pytest.mark.parametrize("name", ["in", "languageIn", "or", "xone"])
def test_lists_of_nothing(name: str) -> None:
    """Nothing can conform to an empty list, and the hint is about the list."""
    (fault,) = (fault for fault in found(NODE.format(f"sh:{name} ()")) if fault.rule == "unsatisfiable")
    assert "nothing can conform" in fault.why
    assert "list" in fault.hint
    assert f"sh:{name}" in fault.hint


def test_terms_keep_their_letters_in_messages() -> None:
    """A sentence begins with a capital, but for a term, whose letters matter."""
    for text in ("sh:Property [ sh:path ex:p ]", "sh:in ()", "sh:minCount 1", "sh:severity 'Warning'"):
        for fault in found(NODE.format(text)):
            assert "Sh:" not in fault.message
            assert fault.message[0].isupper() or fault.message.startswith(("sh:", "ex:", "<"))
    (circle,) = found("ex:S sh:targetClass ex:C ; sh:minCount 1 ; sh:path _:p . _:p sh:inversePath _:p .")
    assert circle.message[0].isupper()


def test_a_path_in_a_circle_is_told_as_one() -> None:
    """It is not taken for a deep one."""
    (fault,) = found("ex:S sh:targetClass ex:C ; sh:minCount 1 ; sh:path _:p . _:p sh:inversePath _:p .")
    assert "itself" in fault.why


def test_each_circle_is_told_once_with_a_triple_inside() -> None:
    """Two circles are two faults, whatever leads to them."""
    faults = found(
        "ex:A sh:targetClass ex:C ; sh:node ex:B . ex:B sh:not ex:D . ex:D sh:and ( ex:B ) ."
        " ex:E sh:targetClass ex:C ; sh:or ( ex:E ex:B ) ."
    )
    circles = [fault for fault in faults if fault.rule == "recursive-shape"]
    assert len(circles) == 2
    assert all(fault.triple and str(fault.triple.subject)[-2:-1] in "BDE" for fault in circles)


def test_a_shape_without_name_is_told_by_its_owner() -> None:
    """People are not told of blank nodes by their labels."""
    (fault,) = found(NODE.format("sh:property [ sh:path ex:p ; sh:minCount 'two' ]"))
    assert "_:" not in fault.what
    assert "<http://example.org/S>" in fault.what


@pytest.mark.parametrize(
    "text",
    [
        "ex:S sh:targetClass ex:C ; sh:minCount 1 ; sh:path "
        + "[ sh:inversePath " * 3000
        + "ex:p"
        + " ]" * 3000
        + " .",
        "ex:S sh:targetClass ex:C ; " + "sh:not [ " * 3000 + "sh:class ex:D" + " ]" * 3000 + " .",
        "ex:S0 sh:targetClass ex:C . " + " ".join(f"ex:S{i} sh:node ex:S{(i + 1) % 3000} ." for i in range(3000)),
        "ex:S sh:targetClass ex:C ; sh:in ( " + "1 " * 20000 + ") .",
    ],
)
def test_deep_shapes_end(text: str) -> None:
    """No nesting and no length brings the pre-flight down."""
    graph = triples(text)
    start = perf_counter()
    assert bool(preflight(graph)) == ("sh:in (" not in text)
    assert perf_counter() - start < 5


# -- against the standard's own -----------------------------------------------------------------------------------


def test_every_term_of_the_standard_is_known() -> None:
    """The vocabulary that pySHACL ships, of SHACL and its Advanced Features, has no term that is unknown here."""
    space, path = PREFIXES["sh"], Path(pyshacl.__file__).parent / "assets" / "shacl.ttl"
    defined = {t.subject.value.removeprefix(space) for t in _read(path) if isinstance(t.subject, NamedNode)}
    assert len(defined) > 150
    assert {name for name in defined if name and "-" not in name and not name.startswith("http")} - KNOWN == set()
    assert {name for name in PROPERTIES if not name[0].islower()} == set()
    assert {name for name in CLASSES if not name[0].isupper()} == set()


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_a_slip_is_led_back(name: str) -> None:
    """A letter left out leads to the term that was meant."""
    if len(name) > 4:
        assert name in nearest(name[:-2] + name[-1], PROPERTIES)


def shacl_shacl(shapes: list[Triple]) -> bool:
    """Whether SHACL's shapes for shapes (appendix C) refuse a shapes graph."""
    graph, own = rdflib.Graph(), rdflib.Graph()
    copy_to_rdflib(shapes, graph)
    own.parse(Path(pyshacl.__file__).parent / "assets" / "shacl-shacl.ttl")
    try:
        conforms, _, _ = pyshacl.validate(graph, shacl_graph=own, inplace=True, max_validation_depth=100)
    except ValueError:  # rdflib's, of a list without end
        return True
    return not conforms


@pytest.mark.slow
def test_what_shacl_shacl_refuses_is_refused() -> None:
    """Whatever SHACL's own shapes refuse is a violation here."""
    texts = [NODE.format(text) for text, _ in IN_NODE] + [PROPERTY.format(text) for text, _ in IN_PROPERTY]
    texts += [f"ex:S sh:targetClass ex:C ; sh:minCount 1 ; sh:path {path} ." for path in PATHS] + GOOD
    refused = [text for text in texts if shacl_shacl(triples(text))]
    assert len(refused) > 40
    assert [text for text in refused if not grave(text)] == []


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 120, 30))
def test_what_shacl_shacl_refuses_of_changed_shapes_is_refused(start: int) -> None:
    """The same of random shapes after random changes, most of them malformed."""
    data, seen = triples("ex:a a ex:C ; ex:p ex:b, 'x'@en ; ex:q 5 . ex:b a ex:D ; ex:q '2020-01-01'^^xsd:date ."), 0
    for number in range(start, start + 30):
        made = Shapes(data, Random(number))  # noqa: S311  # no secret
        shapes = changed_shapes(turtle("\n".join(made.text() for _ in range(3))), range(number * 10, number * 10 + 2))
        if shacl_shacl(shapes):
            seen += 1
            assert any(fault.severity is Severity.VIOLATION for fault in preflight(shapes)), number
    assert seen > 5


def test_no_graph_brings_it_down() -> None:
    """Triples of all terms in all places: there are faults, and each says what, why, and what to do."""
    source = Random(5)  # noqa: S311  # no secret
    predicates = [NamedNode(PREFIXES["sh"] + name) for name in sorted(KNOWN)]
    predicates += [NamedNode(PREFIXES["rdf"] + name) for name in ("type", "first", "rest")]
    nodes: list[NamedNode | BlankNode] = [
        *(NamedNode(f"http://example.org/{n}") for n in range(4)),
        *(BlankNode(f"b{n}") for n in range(6)),
    ]
    values: list[Term] = [
        *nodes,
        *predicates[::9],
        NamedNode(PREFIXES["rdf"] + "nil"),
        Literal("x"),
        Literal(1),
        Literal("a(b"),
    ]
    rules = set()
    for _ in range(150):
        size = source.randint(1, 60)
        graph = [Triple(source.choice(nodes), source.choice(predicates), source.choice(values)) for _ in range(size)]
        for fault in preflight(graph):
            rules.add(fault.rule)
            assert all((fault.rule, fault.what, fault.why, fault.hint)), fault
            assert fault.triple is None or fault.triple in graph
    assert len(rules) > 15


#: Tests of the suite whose shapes are refused though the standard takes them, because what they say is not done.
NOT_TAKEN = {
    "core/node/qualified-001-shapes.ttl": "sh:qualifiedMinCount without sh:qualifiedValueShape is passed over",
    "core/property/qualifiedValueShape-001.ttl": "has sh:nodeShape, which is no term",
    "core/property/uniqueLang-002-shapes.ttl": "sh:uniqueLang 1 is not true, so nothing is checked",
    "sparql/component/optional-001.ttl": "a component whose mandatory parameter is missing is passed over",
}


@pytest.mark.skipif(
    "CDKG_SUITES" not in os.environ, reason="CDKG_SUITES names no folder with shacl/ (W3C SHACL test suite)"
)
def test_the_suite_is_taken() -> None:
    """Shapes of the W3C suite have no violation, but for those that the suite itself expects to fail."""
    files = [path for path in sorted(SUITE.rglob("*.ttl")) if path.name != "manifest.ttl"]
    assert len(files) > 120
    refused = {
        path.relative_to(SUITE).as_posix()
        for path in files
        if any(fault.severity is Severity.VIOLATION for fault in preflight(_read(path)))
    }
    failures = {path.relative_to(SUITE).as_posix() for path in files if "unsupported-sparql" in path.name}
    assert len(failures) == 6
    assert refused == failures | set(NOT_TAKEN)


def _read(path: Path) -> list[Triple]:
    found = parse(path=path, format=RdfFormat.TURTLE, base_iri=path.resolve().as_uri(), rename_blank_nodes=True)
    return [Triple(quad.subject, quad.predicate, quad.object) for quad in found]
