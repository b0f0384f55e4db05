"""What documents disagree about in a proof: told beside it, with all sides and their lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pyoxigraph import NamedNode

from cdkg.cli import main
from cdkg.pipeline import Workspace
from cdkg.reasoning.telling.dispute import Dispute
from cdkg.vocabulary import GRAPH, ID, expand

_TWINNED = ("city:sampleville", "cd:twinnedWith", "city:exampleton")


def _disputes(workspace: Workspace, subject: str, predicate: str, obj: str) -> list[Dispute]:
    proof = workspace.explain(subject, predicate, obj)
    assert proof is not None
    return workspace.disputes([proof])


def test_a_contested_twinning_is_told_with_all_sides(reasoned: Workspace) -> None:
    """Each side stands beside the proof: what the proof speaks of first, and the lines of all."""
    found = _disputes(reasoned, "city:birmingham", "cd:twinnedWith", "city:guangzhou")
    (dispute,) = (d for d in found if d.disagreement.value == f"{GRAPH}disagreements/ucl-twinnings#birmingham-twin")
    assert dispute.label
    assert dispute.comment
    ours, *others = dispute.sides
    assert ours.thing == NamedNode(f"{ID}twinning/birmingham--guangzhou")
    assert [side.is_in_proof for side in dispute.sides] == [True, *(False for _ in others)]
    denial = next(side for side in others if side.thing == NamedNode(f"{GRAPH}ucl/table-1#birmingham"))
    (origin,) = denial.origins
    assert origin.place is not None
    line = Path(origin.place.path).read_text(encoding="utf-8").splitlines()[(origin.place.line or 0) - 2]
    assert line.startswith("<#birmingham>")


def test_all_disagreements_about_relations_are_told(reasoned: Workspace) -> None:
    """Each contested twinning leads to its disagreements; one that nobody contests, to none."""
    rows = reasoned.query("SELECT ?t ?d { ?t a cd:TwinningAgreement ; cd:contestedIn ?d }").result
    pairs = {(row["t"].value, row["d"].value) for row in rows}  # type: ignore[union-attr]
    assert len(pairs) > 20
    for relation, disagreement in pairs:
        found = _disputes(reasoned, relation, "a", "cd:TwinningAgreement")
        assert disagreement in {dispute.disagreement.value for dispute in found}
    contested = {relation for relation, _ in pairs}
    every = reasoned.query("SELECT ?t { ?t a cd:TwinningAgreement }").result
    quiet = {row["t"].value for row in every} - contested  # type: ignore[union-attr]
    assert quiet
    assert not any(_disputes(reasoned, relation, "a", "cd:TwinningAgreement") for relation in quiet)


def test_a_thing_is_contested_in_the_property_only(starter: Path) -> None:
    """A disagreement about a property of a city says nothing of its other properties."""
    page = starter / "data" / "council-minutes" / "page-1.ttl"
    page.write_text(
        page.read_text(encoding="utf-8")
        + "\n<#twin> a cd:Disagreement ; rdfs:label 'Whether it has a twin'@en ;"
        + " cd:concerns city:sampleville ; cd:onProperty cd:twinnedWith .\n",
        encoding="utf-8",
    )
    told = _explained(starter, *_TWINNED)
    assert [each["disagreement"] for each in told["contested"]] == [f"<{GRAPH}council-minutes/page-1#twin>"]
    (side,) = told["contested"][0]["sides"]
    assert (side["thing"], side["in_proof"]) == (f"<{expand('city:sampleville')}>", True)
    assert told["contested"][0]["sources"][0]["line"]
    assert not _explained(starter, "city:sampleville", "a", "cd:City")["contested"]


@pytest.mark.parametrize("form", ["text", "json", "turtle", "dot"])
def test_what_nobody_contests(starter: Path, form: str) -> None:
    """The proof stands alone."""
    result = CliRunner().invoke(main, ["explain", *_TWINNED, "--project", str(starter), "--format", form])
    assert result.exit_code == 0, result.output
    assert "contested:" not in result.stdout


def _explained(starter: Path, *terms: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["explain", *terms, "--project", str(starter), "--format", "json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found
