"""A finding leads to the statements that break the rule, to the block where one is missing, through proofs to facts."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from cdkg.assets import Project
from cdkg.errors import Location
from cdkg.pipeline.checking import check
from cdkg.pipeline.reading import Asked
from cdkg.sources.gather import gather
from cdkg.validation import Report, Result
from cdkg.vocabulary import PREFIXES

HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items()) + "@prefix ex: <http://x/> .\n"


def _project(folder: Path) -> Project:
    """A project with nothing in it, so that nothing is in the background."""
    for name in ("data", "ontology/rules", "shapes", "queries/checks"):
        (folder / "project" / name).mkdir(parents=True, exist_ok=True)
    return Project.find(folder / "project")


def _checked(folder: Path, data: str, shapes: str, engine: str = "cdkg") -> Report:
    (folder / "data.ttl").write_bytes((HEAD + data).encode())
    (folder / "shapes.ttl").write_text(HEAD + shapes, encoding="utf-8")
    return check(
        Asked(
            _project(folder),
            gather([str(folder / "data.ttl")]),
            gather([str(folder / "shapes.ttl")]),
            engine=engine,
        )
    )


def _cut(folder: Path, place: Location) -> str:
    """The text between the two ends of a place."""
    lines = (folder / Path(place.path).name).read_bytes().decode().splitlines(keepends=True)
    assert None not in (place.line, place.column, place.end_line, place.end_column)
    line, column, end_line, end_column = place.line or 0, place.column or 0, place.end_line or 0, place.end_column or 0
    if line == end_line:
        return lines[line - 1][column - 1 : end_column - 1]
    return "".join([lines[line - 1][column - 1 :], *lines[line : end_line - 1], lines[end_line - 1][: end_column - 1]])


def _of_shapes(report: Report) -> list[Result]:
    return [result for result in report.results if result.source.startswith("http://x/")]


_INTEGER = "sh:property [ sh:path ex:size ; sh:datatype xsd:integer ]"


def _shape(constraint: str) -> str:
    return f"ex:shape a sh:NodeShape ; sh:targetClass ex:Town ; {constraint} ."


@pytest.mark.parametrize("engine", ["cdkg", "pyshacl"])
@pytest.mark.parametrize(
    ("data", "constraint", "spans"),
    [
        # a value that is wrong: its place among several on a line
        ('ex:a a ex:Town ; ex:size 1, "two"@en , 3 .', _INTEGER, ['"two"@en']),
        # a value that is missing: the block, whichever way it is written
        ("ex:a\r\n  a ex:Town ;\r\n  ex:size 1 .", "sh:property [ sh:path ex:name ; sh:minCount 1 ]",
         ["ex:a\r\n  a ex:Town ;\r\n  ex:size 1 ."]),
        # too many: all of them
        ("ex:a a ex:Town ; ex:size 1 , 2 . ex:a ex:size 3 .",
         "sh:property [ sh:path ex:size ; sh:maxCount 1 ]", ["1", "2", "3"]),
        # two properties that clash
        ("ex:a a ex:Town ; ex:from 9 ; ex:to 4 .", "sh:property [ sh:path ex:from ; sh:lessThan ex:to ]", ["9", "4"]),
        # an inverse path: where the town is the object
        ("ex:a a ex:Town . ex:b ex:in ex:a .",
         "sh:property [ sh:path [ sh:inversePath ex:in ] ; sh:nodeKind sh:Literal ]", ["ex:a"]),
        # a sequence: all statements on the way
        ('ex:a a ex:Town ; ex:in ex:b . ex:b ex:code "x" .',
         "sh:property [ sh:path ( ex:in ex:code ) ; sh:datatype xsd:integer ]",
         ["ex:b", '"x"']),
        # a path that is walked again and again
        ("ex:a a ex:Town ; ex:in ex:b . ex:b ex:in ex:c . ex:c ex:in ex:b .",
         "sh:property [ sh:path [ sh:oneOrMorePath ex:in ] ; sh:in ( ex:b ) ]", ["ex:b", "ex:c"]),
        # the node itself
        ("ex:a a ex:Town ; ex:size 1 .", "sh:nodeKind sh:BlankNode", ["ex:a a ex:Town ; ex:size 1 ."]),
        # a property that a closed shape does not name
        ("ex:a a ex:Town ; ex:odd 7 .", "sh:closed true ; sh:ignoredProperties ( rdf:type )", ["7"]),
        # within a blank node
        ('ex:b ex:has [ a ex:Town ; ex:size "é𝄞" ] .', _INTEGER, ['"é𝄞"']),
        # a list
        ('ex:a a ex:Town ; ex:size ( 1 "x" ) .', "sh:property [ sh:path ex:size ; sh:nodeKind sh:IRI ]", ['( 1 "x" )']),
    ],
)  # fmt: skip
def test_place_of_fault(tmp_path: Path, data: str, constraint: str, spans: list[str], engine: str) -> None:
    """The text at the places of a finding is what breaks the shape."""
    found = _of_shapes(_checked(tmp_path, data, _shape(constraint), engine))
    places = [place for result in found for place in result.places]
    assert sorted({_cut(tmp_path, place) for place in places}) == sorted(spans)
    assert [Path(result.stated.path).name for result in found if result.stated] == ["shapes.ttl"] * len(found)


def test_inferred_statement_leads_to_asserted_ones(tmp_path: Path) -> None:
    """What follows has the places of what it follows from, data before axioms."""
    data = (
        "ex:near a owl:SymmetricProperty .\n"
        "ex:a ex:near ex:b .\n"
        "ex:b a ex:Town .\n"
    )  # fmt: skip
    shape = (
        "ex:s a sh:NodeShape ; sh:targetNode ex:b ; sh:property ex:p . ex:p sh:path ex:near ; sh:nodeKind sh:Literal ."
    )
    (found,) = _of_shapes(_checked(tmp_path, data, shape))
    assert found.value == "<http://x/a>"
    assert [_cut(tmp_path, place) for place in found.places] == ["ex:b", "owl:SymmetricProperty"]


def test_several_files_state_it(tmp_path: Path) -> None:
    """Each statement of the same has its place, and those of the files that were named come first."""
    one, other = tmp_path / "one.ttl", tmp_path / "other.ttl"
    for path in (one, other):
        path.write_text(HEAD + "city:leeds schema:latitude 900 .", encoding="utf-8")
    report = check(Asked(Project.find(), gather([str(one), str(other)])))
    (found,) = [result for result in report.results if result.value.startswith('"900"')]
    assert {Path(place.path).name for place in found.places} == {"one.ttl", "other.ttl"}


def test_contradiction_has_places(tmp_path: Path) -> None:
    """The statements of a contradiction are told with their lines."""
    data = "ex:Town owl:disjointWith ex:Village .\nex:a a ex:Town .\nex:a a ex:Village .\n"
    report = _checked(tmp_path, data, _shape("sh:nodeKind sh:IRI"))
    (found,) = [result for result in report.results if result.source == "urn:cdkg:rule:cax-dw"]
    assert {_cut(tmp_path, place) for place in found.places} == {"ex:Town", "ex:Village"}
    assert found.focus == str(NamedNode("http://x/a"))
