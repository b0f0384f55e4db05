"""The verdict for the ontology's version: which change is major, minor or patch."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdkg.changes import Level
from cdkg.changes.version.verdict import raised
from little_project import CD, add_twin, commit, difference, edit, start, write


@pytest.fixture
def little(tmp_path: Path) -> Path:
    """A project with an ontology, a shape, a check and a question of its own, in a repository with one commit."""
    return start(tmp_path / "little")


_ALL = "[ a owl:Restriction ; owl:onProperty cd:country ; owl:allValuesFrom cd:Country ]"
_GAP = "cd:Gap a owl:Class ."
_VERDICTS: list[tuple[str, str, Level, str]] = [
    ('"place"@en', '"a place"@en', Level.PATCH, "Place"),
    (_GAP, "cd:Gap a owl:Class .\ncd:New a owl:Class .", Level.MINOR, "New"),
    (_GAP, "cd:Gap a owl:Class .\ncd:Gap rdfs:subClassOf cd:Place .",
     Level.MINOR, "Gap"),
    (_GAP, "", Level.MAJOR, "Gap"),
    (_GAP, "cd:Lacuna a owl:Class .", Level.MAJOR, "Gap"),
    (" ; rdfs:subClassOf cd:Place .", " .", Level.MAJOR, "City"),
    (" , owl:SymmetricProperty", "", Level.MAJOR, "twinnedWith"),
    (_GAP, "cd:Gap a owl:Class ; owl:disjointWith cd:Place .", Level.MAJOR, "Gap"),
    (_GAP, f"{_GAP}\ncd:New a owl:Class .\ncd:Gap owl:disjointWith cd:New .", Level.MINOR, "Gap"),
    ("cd:country a owl:ObjectProperty", "cd:country a owl:ObjectProperty ; rdfs:range cd:Country",
     Level.MAJOR, "country"),
    ("owl:hasValue country:spain", "owl:hasValue country:germany", Level.MAJOR, "SpanishCity"),
    (_GAP, f"{_GAP}\ncd:Gap rdfs:subClassOf {_ALL} .", Level.MAJOR, "Gap"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "level", "term"), _VERDICTS)
def test_verdict_of_axioms(little: Path, old: str, new: str, level: Level, term: str) -> None:
    """Each kind of change of an axiom has its level, and a reason that names the term."""
    edit(little, "ontology/little.ttl", old, new)
    found = difference(little, "version").version
    assert found is not None
    assert found.level is level
    gravest = [reason for reason in found.reasons if reason.level is level]
    assert f"{CD}{term}" in {reason.about for reason in gravest}
    assert not found.raised


_COUNTRY = (
    "sh:property cds:City-label , cds:City-country .\n"
    "cds:City-country a sh:PropertyShape ; sh:path cd:country ; {} sh:minCount 1 ."
)
_NEW = (
    "cds:Country a sh:NodeShape ; sh:targetClass cd:Country ; sh:nodeKind sh:IRI .\ncds:City-label a sh:PropertyShape"
)
_SHAPE_VERDICTS: list[tuple[str, str, Level]] = [
    ('"A city has no label."', '"This city has no label."', Level.PATCH),
    ("sh:minCount 1 ;", "sh:minCount 1 ; sh:maxCount 3 ;", Level.MAJOR),
    ("sh:minCount 1 ;", "sh:minCount 1 ; sh:severity sh:Info ;", Level.MINOR),
    ("sh:minCount 1 ;", "", Level.MINOR),
    ("sh:minCount 1 ;", "sh:minCount 2 ;", Level.MAJOR),
    ("sh:minCount 1 ;", "sh:minCount 0 ;", Level.MINOR),
    ("sh:maxLength 50 ;", "sh:maxLength 40 ;", Level.MAJOR),
    ("sh:maxLength 50 ;", "sh:maxLength 60 ;", Level.MINOR),
    ("sh:property cds:City-label .", _COUNTRY.format(""), Level.MAJOR),
    ("sh:property cds:City-label .", _COUNTRY.format("sh:severity sh:Warning ;"), Level.MINOR),
    ("cds:City-label a sh:PropertyShape", _NEW, Level.MAJOR),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "level"), _SHAPE_VERDICTS)
def test_verdict_of_shapes(little: Path, old: str, new: str, level: Level) -> None:
    """What asks for more of data that exists is major, unless it only warns; what asks for less is minor."""
    edit(little, "shapes/little.ttl", old, new)
    found = difference(little, "version").version
    assert found is not None
    assert found.level is level


def test_the_former_data_is_tried(little: Path) -> None:
    """What only the data tells: a check that refuses it now, and a rule that no longer gives what it gave."""
    rule = "#+ name: back\n#+ why: for the test\nCONSTRUCT {{ ?a cd:about ?b }} WHERE {{ ?a cd:twinnedWith ?b {} }}\n"
    write(little, "ontology/rules/back.rq", rule.format(""))
    commit(little)
    write(little, "ontology/rules/back.rq", rule.format("FILTER(?a = city:exampleton)"))
    edit(little, "queries/checks/own-twin.rq", "severity: warning", "severity: violation")
    edit(little, "queries/checks/own-twin.rq", "?focus cd:twinnedWith ?focus", "?focus cd:twinnedWith city:sampleville")
    # the latter data is not what is tried
    edit(little, "data/pages/page-1.ttl", "city:exampleton cd:twinnedWith city:sampleville .", "")
    found = difference(little, "version").version
    assert found is not None
    major = {reason.about for reason in found.reasons if reason.level is Level.MAJOR}
    assert major == {f"{CD}about", "https://w3id.org/cdkg/query/checks/own-twin"}
    assert {r.place.path for r in found.reasons if r.place} == {"ontology/rules/back.rq", "queries/checks/own-twin.rq"}


def test_version_is_raised_or_not(little: Path) -> None:
    """The next version is told, and whether the changed module has it; data alone asks for none."""
    edit(little, "ontology/little.ttl", _GAP, "cd:Gap a owl:Class .\ncd:New a owl:Class .")
    found = difference(little, "version").version
    assert found is not None
    assert (found.before, found.after, found.next, found.raised) == ("1.2.3", "1.2.3", "1.3.0", False)
    edit(little, "ontology/little.ttl", '"1.2.3"', '"1.3.0"')
    found = difference(little, "version").version
    assert found is not None
    assert (found.after, found.raised, found.level) == ("1.3.0", True, Level.MINOR)
    commit(little)
    add_twin(little)
    found = difference(little, "version").version
    assert found is not None
    assert (found.level, found.next, found.raised) == (Level.NONE, "1.3.0", True)


@pytest.mark.parametrize(
    ("version", "level", "expected"),
    [
        ("1.2.3", Level.PATCH, "1.2.4"), ("1.2.3", Level.MINOR, "1.3.0"), ("1.2.3", Level.MAJOR, "2.0.0"),
        ("0.1.0", Level.MAJOR, "0.2.0"), ("0.1.0", Level.MINOR, "0.1.1"), ("0.1.0", Level.PATCH, "0.1.1"),
        ("v2.0", Level.MINOR, "2.1.0"), ("1.2.3", Level.NONE, "1.2.3"), ("spring 2024", Level.MAJOR, ""),
        ("", Level.MINOR, ""),
    ],
)  # fmt: skip
def test_next_version(version: str, level: Level, expected: str) -> None:
    """Semantic Versioning, with the reading of package managers below 1.0.0."""
    assert raised(version, level) == expected
