"""Labels of blank nodes are invented by whoever reads a file; a report is the same in each run."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from cdkg.errors import Location
from cdkg.validation import Report, Result
from cdkg.validation.labels import relabelled
from cdkg.validation.writing import FORMATS, write
from reports import CITY, TELLING, finding, report

DATA = """@prefix cd: <https://w3id.org/cdkg/ontology/> .
@prefix city: <https://w3id.org/cdkg/id/city/> .
city:a a cd:City ; cd:nothing [ a cd:City ] , [ a cd:City ] , [ a cd:Actor ; cd:nowhere [] ] .
[] a cd:City . [] a cd:City ; cd:country "U" . _:mine a cd:City ; cd:country _:mine .
"""
#: A dozen blank nodes that are twinned in circles: findings about them rest on many statements.
CIRCLES = DATA + "".join(f"_:c{n % 5} a cd:City ; cd:twinnedWith _:c{n % 3}, [ a cd:City ] .\n" for n in range(12))
JSON_LD = {
    "@context": {"cd": "https://w3id.org/cdkg/ontology/"},
    "@graph": [
        {"@type": "cd:City", "cd:country": ["U", {"@type": "cd:City"}]},
        {"@type": "cd:City", "cd:country": ["U", {"@type": "cd:City"}, {"@type": "cd:Country"}]},
        {"@type": "cd:City", "cd:country": {"@type": "cd:City", "cd:country": {"@type": "cd:City"}}},
    ],
}
SHAPES = '''@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix cd: <https://w3id.org/cdkg/ontology/> .
[] a sh:NodeShape ; sh:targetClass cd:City ; sh:nodeKind sh:IRI ;
    sh:property [ sh:path cd:country ; sh:class cd:Country ] .
[] a sh:NodeShape ; sh:targetClass cd:City ; sh:not [ sh:class cd:City ] .
[] a sh:NodeShape ; sh:targetClass cd:City ; sh:sparql [ sh:message "{$this} has {?other}" ; sh:select """
    SELECT $this ?other { $this <https://w3id.org/cdkg/ontology/country> ?other . FILTER isBlank(?other) }
    """ ] .
[] a sh:NodeShape ; sh:targetClass cd:Nobody ; sh:nodeKind sh:IRI .
'''


def _outputs(folder: Path, seed: int, *arguments: str) -> dict[str, str]:
    """What a process of its own writes, but for the times."""
    target = folder / f"out-{seed}"
    target.mkdir(exist_ok=True)
    outputs = [f"--output={form}={target / form}" for form in FORMATS]
    command = [sys.executable, "-m", "cdkg", "validate", *arguments, "--max", "0", *outputs]
    environment = os.environ | {"PYTHONHASHSEED": str(seed), "PYTHONUTF8": "1", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in {1, 2}, done.stderr
    told = {form: (target / form).read_bytes().decode() for form in FORMATS}
    return {form: re.sub(r'\d+\.\d+ s\b|"seconds": [\d.]+|time="[\d.]+"', "", text) for form, text in told.items()}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["c.ttl", "b.jsonld"], ["b.jsonld", "--shapes", "s.ttl"], ["a.ttl"]])
def test_two_processes_write_the_same(tmp_path: Path, arguments: list[str]) -> None:
    """Byte for byte, in every format, though each invents its own labels and orders its sets in its own way."""
    (tmp_path / "a.ttl").write_text(DATA, encoding="utf-8")
    (tmp_path / "c.ttl").write_text(CIRCLES, encoding="utf-8")
    (tmp_path / "b.jsonld").write_text(json.dumps(JSON_LD), encoding="utf-8")
    (tmp_path / "s.ttl").write_text(SHAPES, encoding="utf-8")
    one, other = (_outputs(tmp_path, seed, *arguments) for seed in (1, 2))
    assert "_:b1" in one["json"]
    for form in FORMATS:
        assert one[form] == other[form]


def _random_report(source: random.Random) -> list[Result]:
    """Findings about a few nodes, many of them alike but for these."""
    nodes = [f"_:n{n}" for n in range(source.randint(1, 5))]
    return [
        finding(
            f"{source.choice(nodes)} is not {source.choice(nodes)}" if source.random() < 0.3 else "plain",
            focus=source.choice(nodes),
            value=source.choice([*nodes, '"_:n0"']),
            places=(Location(CITY, source.randint(1, 2)),),
        )
        for _ in range(source.randint(1, 8))
    ]


def _with_other_labels(results: list[Result], source: random.Random) -> Report:
    """The same findings in another order, with labels as a reader invents them."""
    names = {f"_:n{n}": f"_:a{uuid.UUID(int=source.getrandbits(128)).hex[:31]}" for n in range(5)}

    def other(text: str) -> str:
        return text if text.startswith('"') else re.sub(r"_:n\d", lambda match: names[match[0]], text)

    renamed = [replace(r, message=other(r.message), focus=other(r.focus), value=other(r.value)) for r in results]
    source.shuffle(renamed)
    return report(*renamed)


def test_labels_and_order_do_not_matter() -> None:
    """Reports that are the same but for labels and order become the same report."""
    for seed in range(300):
        source = random.Random(seed)  # noqa: S311
        results = _random_report(source)
        one, other = (relabelled(_with_other_labels(results, source)) for _ in range(2))
        assert one.results == other.results, seed


def test_different_nodes_stay_different() -> None:
    """Each node has one new label, in its members and in what is said of it; what only looks like one is left."""
    results = [
        finding("_:cafe is odd", focus="_:cafe", value="_:x", places=(Location(CITY, 2),)),
        finding("and _:cafe, and _:unknown", focus="_:y", value="_:cafe", places=(Location(CITY, 1),)),
        finding("plain", value='"_:cafe"', places=(Location(CITY, 3),)),
    ]
    first, second, third = relabelled(report(*results)).results
    assert (first.focus, first.value, first.message) == ("_:b1", "_:b2", "and _:b2, and _:unknown")
    assert (second.focus, second.value, second.message) == ("_:b2", "_:b3", "_:b2 is odd")
    assert third.value == '"_:cafe"'


def test_fingerprints_stay() -> None:
    """A finding has the same key with its old label and with its new one."""
    result = finding("_:a-b.c is odd", focus="_:a-b.c")
    assert relabelled(report(result)).results[0].key == result.key
    assert "_:a-b.c" not in write(report(result), "json", TELLING)


def test_idle_shapes_without_a_name() -> None:
    """Shapes that met nothing are counted, whatever their labels are."""
    one, other = (relabelled(report(idle_shapes=(f"_:{a}", "urn:x", f"_:{b}"))) for a, b in ("ab", "ba"))
    assert one == other
    assert len(set(one.idle_shapes)) == 3
