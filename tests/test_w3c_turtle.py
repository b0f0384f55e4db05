"""The tests of the RDF Working Group for Turtle: places for all that is valid, faults for all that is not."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, Triple, parse

from cdkg.sources.turtle import Document, read_document, syntax_faults
from cdkg.vocabulary import RDF_TYPE

_FOLDER = Path(os.environ.get("CDKG_SUITES", "")) / "turtle"
_BASE = "https://w3c.github.io/rdf-tests/rdf/rdf11/rdf-turtle/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NEGATIVE = {"TestTurtleNegativeSyntax", "TestTurtleNegativeEval"}

needs_suite = pytest.mark.skipif(
    "CDKG_SUITES" not in os.environ, reason="CDKG_SUITES names no folder with turtle/manifest.ttl (W3C Turtle tests)"
)


@cache
def suite() -> dict[str, str]:
    """Files of the suite, and the kind of test that they are; none where the suite is missing."""
    if "CDKG_SUITES" not in os.environ:
        return {}
    kinds: dict[str, str] = {}
    actions: dict[str, str] = {}
    for quad in parse((_FOLDER / "manifest.ttl").read_bytes(), format=RdfFormat.TURTLE, base_iri=_BASE):
        if quad.predicate == RDF_TYPE and "rdftest#" in str(quad.object):
            kinds[str(quad.subject)] = str(quad.object).split("#")[1].rstrip(">")
        elif str(quad.predicate).endswith("test-manifest#action>"):
            actions[str(quad.subject)] = str(quad.object).rsplit("/", 1)[1].rstrip(">")
    return {actions[test]: kind for test, kind in kinds.items()}


def named(negative: bool) -> list[str]:
    """The files of the positive or negative tests."""
    return sorted(file for file, kind in suite().items() if (kind in _NEGATIVE) == negative)


def canonical(triples: list[Triple]) -> Dataset:
    """Triples whose blank nodes have names that isomorphic graphs share."""
    dataset = Dataset(Quad(*triple) for triple in triples)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def read(file: str) -> tuple[str, Document]:
    """A file of the suite, read by us."""
    text = (_FOLDER / file).read_bytes().decode()
    return text, read_document(text, _BASE + file)


@needs_suite
def test_the_suite_is_whole() -> None:
    """94 texts are invalid, and more than 200 valid."""
    assert len(named(negative=True)) == 94
    assert len(named(negative=False)) > 200


@needs_suite
@pytest.mark.parametrize("file", named(negative=False))
def test_what_is_valid_has_the_triples_of_the_parser(file: str) -> None:
    """Isomorphic graphs, and triple by triple in the order of the parser."""
    text, document = read(file)
    theirs = [quad.triple for quad in parse(text, format=RdfFormat.TURTLE, base_iri=_BASE + file)]
    ours = [statement.triple for statement in document.statements]
    assert document.faults == ()
    assert canonical(ours) == canonical(theirs)
    for our, their in zip(ours, theirs, strict=True):
        assert our.predicate == their.predicate
        for a, b in ((our.subject, their.subject), (our.object, their.object)):
            assert a == b or (isinstance(a, BlankNode) and isinstance(b, BlankNode))


@needs_suite
@pytest.mark.parametrize("file", named(negative=False))
def test_the_object_of_each_statement_can_be_cut_out_and_read_alone(file: str) -> None:
    """With the declarations that stand before it, it is the same term; the rest of a list is read with its bracket."""
    text, document = read(file)
    for statement in document.statements:
        start, end = statement.object
        rest = statement.triple.predicate == NamedNode(_RDF + "rest")
        cut = ("(" if rest else "") + text[start:end]
        whole = f"{_declared(text, start)}<x:s> <x:cut> {cut} ."
        quads = parse(whole, format=RdfFormat.TURTLE, base_iri=_BASE + file)
        alone = [quad.object for quad in quads if quad.predicate.value == "x:cut"]
        assert len(alone) == 1
        assert alone[0] == statement.triple.object or isinstance(statement.triple.object, BlankNode)
        assert isinstance(alone[0], BlankNode) == isinstance(statement.triple.object, BlankNode)


def _declared(text: str, before: int) -> str:
    """The declarations of a text up to a place; in the suite each has its own line."""
    lines = text[:before].splitlines(keepends=True)
    return "".join(line for line in lines if line.lower().lstrip("@").startswith(("prefix", "base")))


@needs_suite
@pytest.mark.parametrize("file", named(negative=True))
def test_what_is_invalid_is_refused_with_its_place(file: str) -> None:
    """The parser's verdict, told by at least one fault of ours with line and column."""
    text, document = read(file)
    with pytest.raises(SyntaxError) as caught:
        list(parse(text, format=RdfFormat.TURTLE, base_iri=_BASE + file))
    told = syntax_faults(Path(file), text, _BASE + file, "turtle", caught.value)
    assert told
    assert all(error.where and error.where.line and error.where.column for error in told)
    assert {error.why for error in told} <= {fault.why for fault in document.faults}
