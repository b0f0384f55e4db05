"""Each check query reports the fault that was planted for it, and nothing once it is mended."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Quad, RdfFormat, Store, parse

from cdkg.errors import ShapesError
from cdkg.graph import KnowledgeGraph
from cdkg.validation import Check, Severity, read_checks
from cdkg.validation.places import Places
from cdkg.vocabulary import PREFIXES
from planted_faults import FAULTS

CHECKS = Path(__file__).parents[1] / "queries" / "checks"


def _findings(check: Check, trig: str) -> int:
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    quads = list(parse(head + trig, format=RdfFormat.TRIG))
    store = Store()
    store.extend(quads)
    store.extend(Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in quads)
    return len(list(check.run(store, Places(KnowledgeGraph()))))


def _check(slug: str) -> Check:
    return next(check for check in read_checks(CHECKS) if check.slug == slug)


def test_every_check_has_a_planted_fault() -> None:
    """No check is without a fault that it must report, and no fault without a check."""
    assert {path.stem for path in CHECKS.glob("*.rq")} == set(FAULTS)
    assert len(FAULTS) >= 30


@pytest.mark.parametrize("slug", sorted(FAULTS))
def test_fault_is_reported(slug: str) -> None:
    """The planted fault is reported."""
    assert _findings(_check(slug), FAULTS[slug][0]) > 0


@pytest.mark.parametrize("slug", sorted(FAULTS))
def test_mended_is_not_reported(slug: str) -> None:
    """The mended dataset gives no row."""
    assert _findings(_check(slug), FAULTS[slug][1]) == 0


@pytest.mark.parametrize(
    "text",
    ["SELECT ?focus {}", "#+ severity: grave\n#+ message: x\nSELECT ?focus {}", "#+ message: x\nSELECT ?focus {}"],
)
def test_check_without_header_is_refused(tmp_path: Path, text: str) -> None:
    """A check must say how grave its findings are and what to tell."""
    (tmp_path / "bad.rq").write_text(text)
    with pytest.raises(ShapesError, match=r"bad\.rq"):
        read_checks(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?other { ?other a ?x }",
        "ASK {}",
        "SELECT ?focus {",
        "SELECT ?focus { SERVICE <http://127.0.0.1:1/> { ?focus ?p ?o } }",
    ],
)
def test_unusable_check_is_refused(text: str) -> None:
    """A check that is no SELECT of a focus, or no SPARQL, is an error and not a pass."""
    check = Check("bad", Severity.VIOLATION, "x", text, Path("bad.rq"))
    with pytest.raises(ShapesError):
        list(check.run(Store(), Places(KnowledgeGraph())))
