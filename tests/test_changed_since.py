"""`--changed-since`: what the changes since a revision touch, deleted files too, and where there is no revision."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cdkg.assets import Project
from cdkg.changes import deleted
from cdkg.errors import SnapshotError, SourceError
from cdkg.pipeline import build, changed_since

HEAD = """@prefix cd: <https://w3id.org/cdkg/ontology/> .
@prefix city: <https://w3id.org/cdkg/id/city/> .
@prefix country: <https://w3id.org/cdkg/id/country/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
"""
LEIDEN = HEAD + 'city:leiden a cd:City ; rdfs:label "Leiden"@en ; cd:country country:netherlands ; cd:twinnedWith city:'


def _git(folder: Path, *arguments: str) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@x"}
    apart = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=os.environ | who | apart, capture_output=True)


def _commit(folder: Path) -> None:
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "first")


def _validate(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cdkg", "validate", *arguments, "--changed-since", "main", "--format", "json"]
    environment = os.environ | {"COLUMNS": "200", "PYTHONUTF8": "1", "NO_COLOR": "1"}
    found = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in found.stderr
    return found


def _told(*arguments: str, cwd: Path) -> set[tuple[str, str]]:
    """Source and value of each finding."""
    results = json.loads(_validate(*arguments, cwd=cwd).stdout)["results"]
    return {(result["source"].rpartition("/")[2], result["value"].rpartition("/")[2]) for result in results}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of somebody in a repository; one says what another needs, one has a fault that was there before."""
    (tmp_path / "data" / "far").mkdir(parents=True)
    (tmp_path / "data" / "leiden.ttl").write_text(f"{LEIDEN}newtown .\n", encoding="utf-8")
    town = HEAD + 'city:newtown a cd:City ; rdfs:label "Newtown"@en ; cd:country country:netherlands .\n'
    (tmp_path / "data" / "far" / "newtown.ttl").write_text(town, encoding="utf-8")
    old = HEAD + 'city:delft a cd:City ; rdfs:label "Delft"@en ; schema:latitude 152 ; rdfs:seeAlso [ a cd:City ] .\n'
    (tmp_path / "data" / "old.ttl").write_text(old, encoding="utf-8")
    (tmp_path / "data" / "notes.txt").write_text("no RDF", encoding="utf-8")
    (tmp_path / "data" / ".hidden.ttl").write_text(town, encoding="utf-8")
    _commit(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "paths",
    [
        ["data"],
        *(
            pytest.param(paths, marks=pytest.mark.slow)
            for paths in (["data/**/*.ttl"], ["data/*.ttl", "data/f*"], ["data/**"], ["."])
        ),
    ],
)
def test_what_a_deleted_file_leaves_behind(folder: Path, paths: list[str]) -> None:
    """A link to a thing that is gone is told, though its own file is what it was; older faults elsewhere are not."""
    assert _told(*paths, cwd=folder) == set()
    (folder / "data" / "far" / "newtown.ttl").unlink()
    assert ("urn:cdkg:rule:undefined-thing", "newtown>") in _told(*paths, cwd=folder)
    assert not {value for _, value in _told(*paths, cwd=folder)} & {'"152"^^<http://www.w3.org/2001/XMLSchema#integer>'}


def test_what_is_deleted_elsewhere_is_not_seen(folder: Path) -> None:
    """Only files that the paths mean count."""
    (folder / "data" / "far" / "newtown.ttl").unlink()
    assert _told("data/*.ttl", cwd=folder) == set()


def test_blank_nodes_do_not_look_changed(folder: Path) -> None:
    """What is said of blank nodes is the same, whatever labels they get when they are read."""
    (folder / "data" / "leiden.ttl").write_text(f"{LEIDEN}newtown .\n\n", encoding="utf-8")
    assert _told("data", cwd=folder) == set()


def test_deleted_files_are_found(folder: Path) -> None:
    """RDF files that are gone from folders, by patterns and by name; hidden ones only where they are named."""
    for path in (folder / "data").rglob("*.*"):
        path.unlink()
    names = ["far/newtown.ttl", "leiden.ttl", "old.ttl"]

    def found(*paths: str) -> list[str]:
        gone = deleted([str(folder / path) for path in paths], "main")
        return sorted(file.path.relative_to(folder / "data").as_posix() for file in gone)

    assert found("data") == found("data/**") == found("**/*.ttl") == found(".", "data") == names
    assert found("data/*.ttl") == names[1:]
    assert found("data/.*") == found("data/.hidden.ttl") == [".hidden.ttl"]
    assert found("data/far") == found("data/f*") == found("data/far/newtown.ttl") == names[:1]
    assert found("data/[!l]*.ttl", "nothing", "data/notes.txt") == names[2:]
    (folder / "data" / "far").rmdir()
    (folder / "data").rmdir()
    assert found("data") == names
    assert deleted(["-", "", "a\0b"], "main") == ()
    with pytest.raises(SourceError):
        deleted([str(folder)], "no-such")


def test_deleted_shapes_count_as_changed(folder: Path) -> None:
    """Where a file with shapes is gone, all that the others find is told."""
    shapes = folder / "shapes"
    shapes.mkdir()
    head = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix cd: <https://w3id.org/cdkg/ontology/> .\n"
    one = head + "<http://x/s> a sh:NodeShape ; sh:targetClass cd:City ; sh:hasValue 5 .\n"
    (shapes / "one.ttl").write_text(one, encoding="utf-8")
    (shapes / "other.ttl").write_text(one.replace("/s>", "/t>"), encoding="utf-8")
    _commit(folder)
    assert _told("data", "--shapes", "shapes", cwd=folder) == set()
    (shapes / "other.ttl").unlink()
    assert {source for source, _ in _told("data", "--shapes", "shapes", cwd=folder)} == {"s"}


@pytest.mark.slow
def test_deleted_file_of_a_project(starter: Path) -> None:
    """What a project misses since a file is gone is told."""
    _commit(starter)
    assert _told(cwd=starter) == set()
    (entities,) = (starter / "data" / "entities").glob("*.ttl")
    entities.unlink()
    assert "urn:cdkg:rule:undefined-thing" in {source for source, _ in _told(cwd=starter)}
    assert "urn:cdkg:rule:undefined-thing" in {source for source, _ in _told("data", cwd=starter)}


@pytest.mark.slow
def test_without_a_repository(tmp_path: Path, starter: Path) -> None:
    """Whoever has no git is told what does without, not another command's arguments."""
    (tmp_path / "x.ttl").write_text(HEAD + 'city:x a cd:City ; rdfs:label "X"@en .', encoding="utf-8")
    for arguments, where in ((["x.ttl"], tmp_path), (["."], tmp_path), ([], starter)):
        told = _validate(*arguments, cwd=where)
        assert told.returncode == 2
        assert "--baseline" in told.stderr
        assert "cdkg diff" not in told.stderr


def test_a_build_notices_deleted_files(starter: Path) -> None:
    """What a snapshot was made of and is gone has changed as much as what was written after."""
    project = Project.find(starter)
    snapshot = build(project, state=starter / "state").snapshot
    assert snapshot is not None
    assert changed_since(project, snapshot) == []
    page = starter / "data" / "council-minutes" / "page-1.ttl"
    page.unlink()
    assert changed_since(project, snapshot) == [page]
    (snapshot.path / "about.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SnapshotError):
        changed_since(project, snapshot)
