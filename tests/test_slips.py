"""Slips that many make in RDF files: they are told by their name, and once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bad_files import BAD, PREFIX
from cdkg.errors import SourceError
from cdkg.sources.foreign import RdfFile, read_each


def _faults(path: Path, content: str | bytes) -> list[SourceError]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_each([RdfFile.opened(path)])[1]


@pytest.mark.parametrize(
    ("case", "word"),
    [
        ("turtle: TriG in .ttl", "*.trig"),
        ("turtle: N-Triples with one line of Turtle", "*.ttl"),
        ("turtle: N-Quads in .nt", "*.nq"),
        ("turtle: N-Triples with a line break in a string", "\\n"),
        ("turtle: a mark before a name", "U+FEFF"),
        ("turtle: a mark before a declaration", "U+FEFF"),
        ("turtle: a mark between terms", "U+FEFF"),
        ("turtle: a mark in N-Triples", "U+FEFF"),
        ("xml: a mark in the middle", "U+FEFF"),
        ("json: a mark in the middle", "U+FEFF"),
        ("turtle: what points to a file of git LFS", "git lfs pull"),
        ("xml: what points to a file of git LFS", "git lfs pull"),
        ("json: what points to a file of git LFS", "git lfs pull"),
        ("turtle: a date without quotes", '"2020-01-01"^^xsd:date'),
        ("turtle: a month without quotes", '"2020-05"^^xsd:gYearMonth'),
        ("turtle: a time without quotes", '"2020-01-01T10:00:00Z"^^xsd:dateTime'),
        ("turtle: a path of Windows", "file:///C:/"),
        ("xml: a path of Windows", "file:///C:/"),
        ("xml: an attribute without prefix", "rdf:about"),
        ("xml: another one", "rdf:resource"),
    ],
)
def test_a_slip_that_many_make_is_one_fault_with_its_name(tmp_path: Path, case: str, word: str) -> None:
    """What is meant is guessed, and what to do is said; nothing else is told."""
    bad = BAD[case]
    faults = _faults(tmp_path / bad.name, bad.content)
    assert len(faults) == 1
    assert word in f"{faults[0].why} {faults[0].hint}"


@pytest.mark.parametrize(
    ("name", "line", "told", "words"),
    [
        ("a.ttl", ":a x:b 1 .\n", 100, "100 faults"),
        ("a.nt", "<http://e/a> <http://e/b> 1 .\n", 10, "90 or more faults"),
        ("a.nt", "<http://e/a> <http://e/b> x .\n", 100, "100 faults"),
    ],
)
def test_that_not_all_faults_are_told_is_told(tmp_path: Path, name: str, line: str, told: int, words: str) -> None:
    """Of a file with very many faults the last that is told says that there are more; there it stops, or how many."""
    faults = _faults(tmp_path / name, (PREFIX if name == "a.ttl" else "") + line * 150)
    assert len(faults) == told
    assert not any("faults" in fault.why for fault in faults[:-1])
    assert words in faults[-1].why
