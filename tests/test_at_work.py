"""What did not come to an end is told where it stands: the shape or the check that was at work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cdkg.errors import LimitError, Location, ShapesError
from cdkg.graph import KnowledgeGraph
from cdkg.validation.at_work import placed
from cdkg.validation.places import Places

HEAD = """@prefix cd: <https://w3id.org/cdkg/ontology/> .
@prefix city: <https://w3id.org/cdkg/id/city/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""
#: A join of everything with everything.
ENDLESS = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER (CONCAT(STR(?a), STR(?d), STR(?g), STR(?j)) = '')"


def _unfinished(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """The places of what did not come to an end."""
    command = [sys.executable, "-m", "cdkg", "validate", *arguments, "--deadline", "2", "--format", "json"]
    environment = os.environ | {"PYTHONUTF8": "1", "NO_COLOR": "1"}
    found = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 2, found.stdout + found.stderr
    (result,) = (r for r in json.loads(found.stdout)["results"] if "did not come to an end" in r["message"])
    return list(result["places"])


def test_check_without_end(starter: Path) -> None:
    """The finding stands on the file of the check query."""
    checks = starter / "queries" / "checks"
    checks.mkdir(parents=True, exist_ok=True)
    query = f"#+ severity: warning\n#+ message: no\nSELECT ?focus {{ BIND(<urn:x> AS ?focus) {ENDLESS} }}\n"
    (checks / "endless.rq").write_text(query, encoding="utf-8")
    (place,) = _unfinished(starter)
    assert place["path"].endswith("queries/checks/endless.rq")
    assert place["line"] == 1


@pytest.mark.slow
@pytest.mark.parametrize(("named", "line"), [("cd:S", 6), ("[]", 6), ("<http://x/s>", 6), ("[]", None)])
def test_shape_without_end(tmp_path: Path, named: str, line: int | None) -> None:
    """The finding stands on the brackets of the shape, whatever it belongs to; nowhere, if nobody can know."""
    (tmp_path / "data.ttl").write_text(f'{HEAD}city:x a cd:City ; rdfs:label "{"a" * 60}!"@en .\n', encoding="utf-8")
    other = "[] sh:targetClass cd:Nothing ; sh:property [ sh:path rdfs:label ; sh:minCount 1 ] .\n" if not line else ""
    shape = f'{named} sh:targetClass cd:City ;\n  sh:property [ sh:path rdfs:label ; sh:pattern "^(?=a)(a+)+$" ] .\n'
    (tmp_path / "own.ttl").write_text(HEAD + shape + other, encoding="utf-8")
    places = _unfinished(tmp_path, "data.ttl", "--shapes", "own.ttl")
    assert [(place["path"], place["line"]) for place in places] == ([("own.ttl", line)] if line else [])


@pytest.mark.parametrize(
    "error", [LimitError("too much"), LimitError("it ended", where=Location("a.ttl", 3)), ShapesError("no shapes")]
)
def test_other_errors_stay_as_they_are(error: LimitError | ShapesError) -> None:
    """What knows no place, or its own, is left alone."""
    graph, where = KnowledgeGraph(()), error.where
    assert placed(error, (), graph, Places(graph)) is error
    assert error.where == where
