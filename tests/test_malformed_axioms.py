"""Broken lists and restrictions and properties of two kinds are named; whole ones are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cdkg.cli import main
from cdkg.reasoning.profile.malformed import malformed
from owl_rl_cases import triples

BROKEN = {
    ":C owl:unionOf ( :D :E )": "",
    ":C owl:unionOf [ rdf:first :D ; rdf:rest [ rdf:first :E ] ]": "breaks off",
    ":C owl:unionOf [ rdf:first :D ]": "breaks off",
    ":C owl:unionOf rdf:nil": "without members",
    ":C owl:unionOf _:l . _:l rdf:first :D ; rdf:rest _:l": "circle",
    ":C owl:oneOf _:l . _:l rdf:first :a , :b ; rdf:rest rdf:nil": "two rdf:first",
    ":R owl:onProperty :p ; owl:someValuesFrom :C": "",
    ":R owl:someValuesFrom :C": "without owl:onProperty",
    ":R owl:onProperty :p ; owl:maxQualifiedCardinality 1": "without owl:onClass",
    ":R owl:onProperty :p ; owl:maxQualifiedCardinality 1 ; owl:onDataRange xsd:integer": "",
    ":p a owl:ObjectProperty , owl:DatatypeProperty": "both object and data property",
    ":p a owl:ObjectProperty . :a :p 'x'": "an object property with a literal",
    ":p a owl:DatatypeProperty . :a :p :b": "a data property with no literal",
    ":p a owl:ObjectProperty . :a :p :b . :q a owl:DatatypeProperty . :a :q 1": "",
    ":a :p :b , 'x'": "",
}


@pytest.mark.parametrize("graph", BROKEN)
def test_what_is_broken_is_named(graph: str) -> None:
    """Each broken axiom is told once, with the triple that hangs it on its owner."""
    found = list(malformed(triples(graph)))
    assert [BROKEN[graph] in fault.message for fault in found] == [True] * bool(BROKEN[graph])
    assert all(fault.triples[0] in triples(graph) or "_:" in str(fault.triples[0]) for fault in found)


def test_the_command_says_where(tmp_path: Path) -> None:
    """`cdkg reason` names file and line of what it passes over, and goes on; `--strict` refuses."""
    file = tmp_path / "odd.ttl"
    file.write_text(
        "@prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        ":p a owl:ObjectProperty , owl:SymmetricProperty .\n:a :p :b .\n:a :p 'x' .\n"
    )
    done = CliRunner().invoke(main, ["reason", str(file)])
    assert done.exit_code == 0
    assert f"{file}:4:7" in done.output
    assert CliRunner().invoke(main, ["reason", "--strict", str(file)]).exit_code == 1
