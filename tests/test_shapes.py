"""The shapes against small examples in `shapes/`: what is right passes, and each fault is reported by its shape."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import NamedNode, Triple
from rdflib.namespace import OWL, RDF, SH

from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.reasoning import read_rules, reason
from cdkg.sources.loader import read
from cdkg.validation import Kind, validate
from cdkg.vocabulary import CD, GRAPH, ID, SHAPES, shorten

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "tests" / "shapes"
VALID = sorted(EXAMPLES.glob("*/valid-*.ttl"))
INVALID = sorted(EXAMPLES.glob("*/invalid-*.ttl"))

#: A shape and the severity with which it reports, such as `("cds:City-country", "warning")`.
Finding = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Findings:
    """What validation says of each example, and where reasoning found contradictions."""

    of: dict[Path, frozenset[Finding]]
    clashes: tuple[str, ...]


def name(path: Path) -> str:
    """The example's folder and file, as the test is called."""
    return path.relative_to(EXAMPLES).as_posix()


def expected(path: Path) -> list[Finding]:
    """What the first line of an invalid example announces: the fault it was made for, then those that come with it."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return [(shape, severity) for shape, severity in re.findall(r"(cds:[\w-]+) (violation|warning|info)", first)]


def files(folder: str, role: Role) -> list[NamedGraph]:
    """All Turtle files below a folder of the project, as named graphs."""
    return [read(path, None, role) for path in sorted((ROOT / folder).rglob("*.ttl"))]


def apart(graph: NamedGraph, shared: frozenset[str], mark: str) -> NamedGraph:
    """The example with `mark` at the end of each name of its own, so that it meets no other example."""

    def moved(iri: str) -> NamedNode:
        return NamedNode(iri if iri in shared or not iri.startswith((ID, GRAPH)) else iri + mark)

    triples = []
    for triple in graph.triples:
        subject, obj = triple.subject, triple.object
        assert isinstance(subject, NamedNode), f"{graph.path}: examples have no blank nodes"
        end = moved(obj.value) if isinstance(obj, NamedNode) else obj
        triples.append(Triple(moved(subject.value), triple.predicate, end))
    return NamedGraph(moved(graph.iri.value), graph.role, tuple(triples))


@pytest.fixture(scope="session")
def findings() -> Findings:
    """All examples reasoned over and validated in one go, each kept apart from the others by its names."""
    background = [*files("ontology", Role.ONTOLOGY), *files("data/typologies", Role.EDITORIAL)]
    shared = frozenset(
        term.value
        for graph in background
        for triple in graph.triples
        for term in (triple.subject, triple.object)
        if isinstance(term, NamedNode)
    )
    marks = {f"~{number}": path for number, path in enumerate([*VALID, *INVALID])}
    examples = [apart(read(path, None, Role.PASSAGE), shared, mark) for mark, path in marks.items()]
    graph = KnowledgeGraph([*background, *files("shapes", Role.SHAPES), *examples])
    inference = reason(graph, read_rules(ROOT / "ontology" / "rules"))
    found: dict[Path, set[Finding]] = defaultdict(set)
    for result in validate(inference.graph).results:
        mark = re.search(r"~\d+(?=>$)", result.focus)
        if mark and result.kind is Kind.SHAPE:
            found[marks[mark[0]]].add((shorten(result.source), result.severity.value))
    clashes = tuple(f"{clash.rule}: {' '.join(map(str, clash.triples))}" for clash in inference.clashes)
    return Findings({path: frozenset(found[path]) for path in marks.values()}, clashes)


@pytest.fixture(scope="session")
def shapes() -> rdflib.Graph:
    """All shapes as one graph."""
    graph = rdflib.Graph()
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        graph.parse(path)
    return graph


def with_target(shapes: rdflib.Graph) -> set[str]:
    """The local names of the shapes that look for their own focus nodes."""
    targets = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
    return {str(shape).removeprefix(SHAPES) for target in targets for shape in shapes.subjects(target)}


def reporting(shapes: rdflib.Graph) -> set[str]:
    """The local names of the shapes that report faults: those with a message."""
    return {str(shape).removeprefix(SHAPES) for shape in shapes.subjects(SH.message)}


def test_there_are_enough_examples() -> None:
    """No wrong path makes the tests below pass over nothing."""
    assert len(VALID) >= 240
    assert len(INVALID) >= 350
    assert len([*EXAMPLES.rglob("*.ttl")]) == len(VALID) + len(INVALID)


def test_every_class_has_a_shape(shapes: rdflib.Graph) -> None:
    """For each class of the ontology, the node shape of the same name targets it and has a label."""
    ontology = rdflib.Graph()
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        ontology.parse(path)
    classes = {str(c) for c in ontology.subjects(RDF.type, OWL.Class) if str(c).startswith(CD)}
    shape = {c: rdflib.URIRef(SHAPES + c.removeprefix(CD)) for c in classes}
    assert len(classes) > 150
    assert [c for c in sorted(classes) if (shape[c], SH.targetClass, rdflib.URIRef(c)) not in shapes] == []
    assert [c for c in sorted(classes) if (shape[c], rdflib.RDFS.label, None) not in shapes] == []


def test_every_class_has_a_constraint_of_its_own(shapes: rdflib.Graph) -> None:
    """No class shape is empty: a shape that is named after the class says something of it."""
    classes = {n for n in with_target(shapes) if (rdflib.URIRef(SHAPES + n), SH.targetClass, None) in shapes}
    said = {shape.partition("-")[0] for shape in reporting(shapes) if "-" in shape}
    assert sorted({n.partition("-")[0] for n in classes} - said) == []


def test_every_shape_has_examples(shapes: rdflib.Graph) -> None:
    """Each shape with a target has a folder with a valid and an invalid example at least, and no folder is astray."""
    folders = {shape.partition("-")[0] for shape in with_target(shapes)}
    assert sorted(folders - {path.parent.name for path in VALID}) == []
    assert sorted(folders - {path.parent.name for path in INVALID}) == []
    assert sorted({path.name for path in EXAMPLES.iterdir()} - folders) == []


def test_every_shape_that_reports_is_made_to_report(shapes: rdflib.Graph) -> None:
    """For each shape with a message there is an invalid example made for it."""
    provoked = {expected(path)[0][0].removeprefix("cds:") for path in INVALID}
    assert sorted(reporting(shapes) - provoked) == []


def test_every_message_has_a_language_and_a_severity(shapes: rdflib.Graph) -> None:
    """A shape that reports has one English message, a severity on purpose, and a name."""
    for shape, message in shapes.subject_objects(SH.message):
        assert isinstance(shape, rdflib.URIRef), message
        assert isinstance(message, rdflib.Literal), shape
        assert message.language == "en", shape
        assert len([*shapes.objects(shape, SH.message)]) == 1, shape
        assert len([*shapes.objects(shape, SH.severity)]) == 1, shape


def test_every_shape_that_is_named_is_there(shapes: rdflib.Graph) -> None:
    """No shape refers to a shape that does not exist, and each property shape belongs to a shape or has a target."""
    defined = {str(shape).removeprefix(SHAPES) for shape in shapes.subjects(RDF.type)}
    named = {
        str(node).removeprefix(SHAPES)
        for _, predicate, node in shapes
        if str(node).startswith(SHAPES) and (predicate == RDF.first or str(predicate).startswith(str(SH)))
    }
    assert sorted(named - defined) == []
    assert sorted(reporting(shapes) - named - with_target(shapes)) == []


def test_no_example_contradicts_the_ontology(findings: Findings) -> None:
    """Reasoning finds no clash: what the examples break is a matter of shapes."""
    assert findings.clashes == ()


@pytest.mark.parametrize("path", VALID, ids=name)
def test_valid_example(path: Path, findings: Findings) -> None:
    """A valid example gives no violation and no warning from any shape."""
    assert [finding for finding in sorted(findings.of[path]) if finding[1] != "info"] == []


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_invalid_example(path: Path, findings: Findings) -> None:
    """An invalid example is reported by the shape it names, and by no other but those that it names too."""
    announced = expected(path)
    assert announced, "the first line must be `# expects: cds:<Class>-<property> violation|warning|info`"
    shape, severity = announced[0]
    assert shape.partition("-")[0] == f"cds:{path.parent.name}"
    assert (shape, severity) in findings.of[path]
    reported = {finding for finding in findings.of[path] if finding[1] != "info"}
    assert reported == {finding for finding in announced if finding[1] != "info"}
