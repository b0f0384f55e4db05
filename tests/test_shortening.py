"""Values of millions of characters are told in part, and the report says how long they are."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from cdkg.validation.baseline import compare, read_baseline, write_baseline
from cdkg.validation.shortening import MOST, cut, cut_term
from cdkg.validation.writing import FORMATS, write
from reports import TELLING, finding, report

LONG = "x" * 3_000_000
TEXT = f"Before {LONG} after."
RESULT = finding(TEXT, value=f'"{LONG}"@en', expected=TEXT, hint=TEXT)


@pytest.mark.parametrize("form", FORMATS)
def test_reports_stay_small(form: str) -> None:
    """In each format a finding about a very long value is short; only RDF has the value whole, and once."""
    told = write(report(RESULT), form, replace(TELLING, most=None))
    most = 20 * MOST + (len(LONG) if form == "turtle" else 0)
    assert len(told) < most
    assert "3,000,0" in told


def test_json_says_how_long_it_was() -> None:
    """The value is still a literal of its language, the message has both its ends; each tells its length."""
    (found,) = json.loads(write(report(RESULT), "json", TELLING))["results"]
    assert found["value"].startswith('"xxx')
    assert found["value"].endswith('"@en')
    assert "3,000,000 characters" in found["value"]
    assert found["message"].startswith("Before x")
    assert found["message"].endswith("x after.")
    assert f"{len(TEXT):,} characters" in found["message"]
    assert found["key"] == RESULT.key


def test_baselines_stay_small() -> None:
    """A baseline knows the finding by its key, without the value."""
    told = write_baseline(report(RESULT))
    assert len(told) < 10 * MOST
    assert compare(report(RESULT), read_baseline(told, "b.json")).known == 1


def test_short_texts_are_left_alone() -> None:
    """What is not too long is as it was, and nothing gets longer than it may."""
    assert cut("x" * MOST) == "x" * MOST
    assert cut_term(f'"{"x" * 10}"@en') == f'"{"x" * 10}"@en'
    assert len(cut("x" * (MOST + 1))) <= MOST
    assert [len(cut("x" * 5000, most)) <= most for most in (200, 300, 400, 800)] == [True] * 4


@given(st.text(st.sampled_from('ab"\\\n\r\t\x00\x7f😀'), max_size=60), st.integers(5, 40))
def test_cut_literals_are_literals(text: str, most: int) -> None:
    """Wherever it is cut, no escape is broken, and the beginning is that of the literal."""
    literal = Literal(text, datatype=NamedNode("urn:d"))
    short = cut_term(str(literal), most)
    (quad,) = parse(f"<urn:s> <urn:p> {short} .", format=RdfFormat.N_TRIPLES)
    assert isinstance(quad.object, Literal)
    assert quad.object.datatype == literal.datatype
    if short != str(literal):
        begun, note, _ = quad.object.value.partition("… (cut: ")
        assert note
        assert text.startswith(begun)
        assert f"{len(text):,} characters" in quad.object.value
