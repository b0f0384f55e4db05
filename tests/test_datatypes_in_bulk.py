"""Many literals at once: which are seen to be in canonical form, and how long it takes."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkg.reasoning.rl.datatypes import DATATYPES, not_canonical
from cdkg.vocabulary import expand, shorten
from datatype_cases import ILL_TYPED, INTEGERS, VALUES, known, value

seeded = settings(derandomize=True, database=None, deadline=None, max_examples=300)


def all_forms() -> list[str]:
    """All forms of the tables, whatever their datatype, that fit on a line."""
    forms = [f for groups in VALUES.values() for group in groups for f in group] + [
        f for fs in ILL_TYPED.values() for f in fs
    ]
    forms += [str(b + d) for bounds in INTEGERS.values() for b in bounds if b is not None for d in (-1, 0, 1)]
    return [f for f in dict.fromkeys(forms) if "\n" not in f and "\ud800" not in f]


@pytest.mark.parametrize("name", [shorten(name) for name in DATATYPES])
def test_canonical_lines_are_the_keys_of_their_values(name: str) -> None:
    """A form that is taken for canonical is well typed and its own key."""
    forms = all_forms()
    others = set(not_canonical("\n".join(forms).encode(), expand(name)))
    for line, form in enumerate(forms):
        assert bool(not_canonical(form.encode(), expand(name))) == (line in others), form
        if line not in others:
            assert known(form, name).key == form
    assert len(others) < len(forms) or name in {"rdf:PlainLiteral", "rdf:langString", "rdfs:Literal", "xsd:float"}


@seeded
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), max_size=5))
def test_canonical_strings(forms: list[str]) -> None:
    """Whatever the characters, no string is taken for canonical that is ill typed."""
    lines = [form.replace("\n", " ") for form in forms] or [""]
    for name in (
        "xsd:string",
        "xsd:normalizedString",
        "xsd:token",
        "xsd:anyURI",
        "xsd:NCName",
        "xsd:double",
        "rdf:XMLLiteral",
    ):
        others = not_canonical("\n".join(lines).encode(), expand(name))
        assert all(known(form, name).key == form for line, form in enumerate(lines) if line not in others)


@seeded
@given(st.integers(-10, 10**15), st.integers(0, 15))
def test_canonical_doubles(digits: int, places: int) -> None:
    """A double that is taken for canonical is written as its key."""
    form = f"{digits / 10**places:.{places}f}"
    if not not_canonical(form.encode(), expand("xsd:double")):
        assert known(form, "xsd:double").key == form


@pytest.mark.parametrize(
    ("name", "form"),
    [("xsd:integer", "42"), ("xsd:decimal", "51.5074"), ("xsd:double", "-0.1278"),
     ("xsd:string", 'Zürich, \\n日本 \\"x\\"'),
     ("xsd:dateTime", "2024-02-28T10:00:00.5+01:00"), ("xsd:boolean", "true"), ("xsd:anyURI", "https://a.org/b?c#d"),
     ("xsd:hexBinary", "0AFF"), ("xsd:base64Binary", "YWJjZA=="), ("xsd:unsignedByte", "99"), ("xsd:token", "a b"),
     ("rdf:XMLLiteral", "plain text"), ("xsd:language", "en-GB"), ("xsd:Name", "a:b"), ("xsd:normalizedString", " é ")],
)  # fmt: skip
def test_usual_forms_are_canonical(name: str, form: str) -> None:
    """What data mostly is takes the quick way."""
    assert not not_canonical("\n".join([form] * 3).encode(), expand(name))


def test_escapes_may_hide_characters() -> None:
    """An escaped character of N-Triples may be none that XML has, or white space that a token has not."""
    lines = [b"a", rb"a\u0001", rb"a\U0000FFFE", rb"a\n", b"a\\", rb"\b\f", b"\\\x1f", rb"\"\\"]
    assert not_canonical(b"\n".join(lines), expand("xsd:string")) == [1, 2, 4, 5, 6]
    assert not_canonical(b"\n".join(lines), expand("xsd:normalizedString")) == [1, 2, 3, 4, 5, 6, 7]
    assert not_canonical(b"\n".join(lines), expand("xsd:token")) == [1, 2, 3, 4, 5, 6, 7]


def test_not_canonical_names_the_lines() -> None:
    """First, last, empty and neighbouring lines are found."""
    assert not_canonical(b"01\n1\n1.0\n+2\n3\n", expand("xsd:integer")) == [0, 2, 3, 5]
    assert not_canonical(b"1", expand("xsd:integer")) == []
    assert not_canonical(b"", expand("xsd:integer")) == [0]
    assert not_canonical(b"", expand("xsd:string")) == []
    assert not_canonical(b"1\n2", "http://e.org/unknown") == [0, 1]


def test_a_crowd_of_integers_is_quick() -> None:
    """300,000 integers are seen to be canonical in a moment (about 15 ms; the bound leaves room for a busy machine)."""
    dice = random.Random(1)  # noqa: S311  # no secret
    joined = "\n".join(str(dice.randrange(-(10**6), 10**9)) for _ in range(300_000)).encode()
    took = []
    for _ in range(3):
        began = time.perf_counter()
        assert not not_canonical(joined, expand("xsd:integer"))
        took.append(time.perf_counter() - began)
    assert min(took) < 0.25


@pytest.mark.parametrize(
    ("name", "form"),
    [("xsd:integer", "1" * 10**6), ("xsd:decimal", "0." + "0" * 10**6 + "1"), ("xsd:base64Binary", "Y Q " * 250_000),
     ("xsd:token", "a " * 500_000), ("xsd:double", "1" * 10**6), ("xsd:float", "0." + "0" * 10**6 + f"1e{10**6}"),
     ("xsd:dateTime", "1" * 10**6 + "-12-31T24:00:00"), ("rdf:XMLLiteral", "<a>" * 100_000 + "</a>" * 100_000)],
    ids=lambda part: part[:20],
)  # fmt: skip
def test_huge_forms_end(name: str, form: str) -> None:
    """A literal of a million characters is read in time proportional to its length, by any of the mappings."""
    began = time.perf_counter()
    value(form, name)
    not_canonical(form.encode(), expand(name))
    assert time.perf_counter() - began < 5
