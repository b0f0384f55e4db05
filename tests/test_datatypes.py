"""The datatype map of OWL 2 RL: lexical spaces, value spaces, and which literals have one value."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import BaseDirection, Literal, NamedNode

from cdkg.reasoning.profile.expressions import SUPPORTED_DATATYPES
from cdkg.reasoning.rl.datatypes import (
    DATATYPES,
    Space,
    Value,
    belongs,
    differ,
    is_outside,
    literal_value,
)
from cdkg.vocabulary import expand
from datatype_cases import ILL_TYPED, INTEGERS, VALUES, known, value

seeded = settings(derandomize=True, database=None, deadline=None, max_examples=300)


def datatypes_of(found: Value | None) -> frozenset[str]:
    """The datatypes of the map that a value is known to belong to."""
    return frozenset(iri for iri in DATATYPES if belongs(found, iri))


def all_values() -> Iterator[tuple[str, Value]]:
    """One literal of each value in the tables, by its datatype."""
    for datatype, groups in VALUES.items():
        for group in groups:
            yield datatype, known(group[0], datatype)
    yield "rdf:langString", known("a", "rdf:langString", "en")


def test_the_map_is_that_of_the_profile() -> None:
    """The datatypes are those that the profile check lets pass, and each has its cases here."""
    assert set(DATATYPES) == {node.value for node in SUPPORTED_DATATYPES}
    tested = {expand(name) for name in VALUES | ILL_TYPED | INTEGERS}
    assert set(DATATYPES) - tested == {expand("rdfs:Literal")}


def test_enough_cases() -> None:
    """The tables say something of every lexical rule."""
    assert sum(len(g) for groups in VALUES.values() for g in groups) + sum(map(len, ILL_TYPED.values())) > 350


@pytest.mark.parametrize("datatype", VALUES)
def test_equal_values(datatype: str) -> None:
    """Forms of one value give one key."""
    for group in VALUES[datatype]:
        assert len({known(form, datatype) for form in group}) == 1, group[:3]


@pytest.mark.parametrize("datatype", VALUES)
def test_different_values(datatype: str) -> None:
    """Forms of different values give different keys, and are known to differ."""
    for one, other in combinations(VALUES[datatype], 2):
        for form in one:
            a, b = known(form, datatype), known(other[0], datatype)
            assert a != b, (form[:50], other[0][:50])
            assert differ(a, b)


@pytest.mark.parametrize(("datatype", "form"), [(d, f) for d, forms in ILL_TYPED.items() for f in forms])
def test_ill_typed(datatype: str, form: str) -> None:
    """A form outside the lexical space has no value, belongs to nothing and is outside of all."""
    found = value(form, datatype)
    assert found is None
    assert not datatypes_of(found)
    assert is_outside(found, expand(datatype))
    assert is_outside(found, expand("rdfs:Literal"))
    assert not differ(found, known("1", "xsd:integer"))


@pytest.mark.parametrize("datatype", INTEGERS)
def test_bounds(datatype: str) -> None:
    """The least and greatest value of each integer type are well typed, their neighbours outside are not."""
    low, high = INTEGERS[datatype]
    for bound, beyond in ((low, -1), (high, 1)):
        if bound is None:
            assert value(str(beyond * 10**30), datatype) is not None
            continue
        assert known(str(bound), datatype) == known(str(bound), "xsd:integer")
        assert value(str(bound + beyond), datatype) is None
        assert value(f"{'-' if bound < 0 else ''}000{abs(bound)}", datatype) is not None
        assert is_outside(known(str(bound + beyond), "xsd:integer"), expand(datatype))
        assert belongs(known(f"{bound}.0", "xsd:decimal"), expand(datatype))
        assert not belongs(known(f"{bound}.5", "xsd:decimal"), expand(datatype))


@seeded
@given(
    st.integers(-(2**66), 2**66)
    | st.integers(-300, 300)
    | st.sampled_from([b for p in INTEGERS.values() for b in p if b])
)
def test_integer_types_hold_what_is_between_their_bounds(number: int) -> None:
    """Membership agrees with the bounds, whatever the literal's own datatype."""
    found = known(str(number), "xsd:decimal")
    for datatype, (low, high) in INTEGERS.items():
        inside = (low is None or low <= number) and (high is None or number <= high)
        assert belongs(found, expand(datatype)) == inside
        assert is_outside(found, expand(datatype)) != inside
        assert (value(str(number), datatype) == found) == inside


@seeded
@given(
    st.lists(
        st.from_regex(r"[+-]?(0{0,2}[0-9]{1,3}(\.[0-9]{0,3}0{0,2})?|\.[0-9]{1,3})", fullmatch=True),
        min_size=2,
        max_size=2,
    )
)
def test_decimals_against_fractions(forms: list[str]) -> None:
    """Two decimals have one value exactly when they are one fraction; an integer is one without a denominator."""
    one, other = (known(form, "xsd:decimal") for form in forms)
    assert (one == other) == (Fraction(Decimal(forms[0])) == Fraction(Decimal(forms[1])))
    assert belongs(one, expand("xsd:integer")) == (Fraction(Decimal(forms[0])).denominator == 1)


@seeded
@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-100, max_value=100), st.integers(0, 4))
def test_decimals_with_padding(number: Decimal, zeros: int) -> None:
    """Zeros at either end say nothing."""
    sign, digits = ("-", f"{number:f}"[1:]) if number.is_signed() else ("", f"{number:f}")
    assert known(f"{sign}{'0' * zeros}{digits}{'0' * zeros}", "xsd:decimal") == known(f"{number:f}", "xsd:decimal")


def nearest_single(number: Fraction) -> Fraction | float:
    """The nearest single by exact arithmetic, ties to even; no use is made of machine floats."""
    size = abs(number)
    if size == 0:
        return Fraction(0)
    exponent = max(size.numerator.bit_length() - size.denominator.bit_length() - 1, -126)
    exponent += size >= Fraction(2) ** (exponent + 1)
    unit = Fraction(2) ** (max(exponent, -126) - 23)
    rounded = round(size / unit) * unit  # Python rounds halves of fractions to even
    if rounded >= Fraction(2) ** 128:
        return math.copysign(math.inf, number)
    return rounded if number > 0 else -rounded


@seeded
@given(
    st.integers(-(2**26), 2**26), st.integers(-152, 128), st.integers(-(10**3), 10**3), st.integers(30, 60),
)  # fmt: skip
@example(1, -150, 0, 40)
@example(3, -150, 1, 60)
@example(2**25 - 1, 103, 0, 40)
def test_floats_round_once(mantissa: int, exponent: int, off: int, place: int) -> None:
    """Any decimal near the middle of two singles gives the single that exact arithmetic gives."""
    number = Fraction(mantissa) * Fraction(2) ** exponent * (1 + Fraction(off, 10**place))
    scaled = number * 10**250
    form = f"{round(scaled)}e-250"
    expected = nearest_single(Fraction(round(scaled), 10**250))
    got = float(known(form, "xsd:float").key)
    assert got == expected
    assert struct.unpack("f", struct.pack("f", got))[0] == got


@seeded
@given(st.floats(), st.floats())
@example(0.0, -0.0)
@example(math.nan, math.nan)
def test_doubles_are_the_same_when_their_bits_are(one: float, other: float) -> None:
    """Identity of doubles: the sign of zero counts, and there is one NaN."""

    def form(number: float) -> str:
        return {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(repr(number), repr(number))

    same = (math.isnan(one) and math.isnan(other)) or struct.pack("d", one) == struct.pack("d", other)
    assert (known(form(one), "xsd:double") == known(form(other), "xsd:double")) == same
    assert known(form(one), "xsd:double") != known(form(one), "xsd:float")


ZONES = st.none() | st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
TIMES = st.builds(
    lambda moment, zone: moment.replace(tzinfo=zone),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)) | st.just(datetime(2000, 3, 1)),  # noqa: DTZ001
    ZONES,
)


@seeded
@given(TIMES, TIMES)
def test_times_against_datetime(one: datetime, other: datetime) -> None:
    """One value: the same clock and the same offset; the same instant at another offset is another value."""
    a, b = known(one.isoformat(), "xsd:dateTime"), known(other.isoformat(), "xsd:dateTime")
    same = one.replace(tzinfo=None) == other.replace(tzinfo=None) and one.utcoffset() == other.utcoffset()
    assert (a == b) == same
    assert belongs(a, expand("xsd:dateTimeStamp")) == (one.tzinfo is not None)
    if one.tzinfo is not None and one.utcoffset() != timedelta(hours=1):
        moved = one.astimezone(timezone(timedelta(hours=1)))
        assert differ(a, known(moved.isoformat(), "xsd:dateTime"))


@seeded
@given(st.dates())
def test_the_end_of_a_day_is_the_next_day(day: object) -> None:
    """24:00:00 is midnight of the day after, over months, leap days and years."""
    text = str(day)
    start = known(f"{text}T24:00:00", "xsd:dateTime").key
    if text != "9999-12-31":
        assert start == (datetime.fromisoformat(text) + timedelta(days=1)).isoformat()
    else:
        assert start == "10000-01-01T00:00:00"


@seeded
@given(st.integers(-20_000, 20_000))
def test_leap_years(year: int) -> None:
    """29 February is there in the years that the proleptic Gregorian calendar says, year 0 among them."""
    form = f"{'-' if year < 0 else ''}{abs(year):04}-02-29T00:00:00"
    assert (value(form, "xsd:dateTime") is not None) == (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


@seeded
@given(st.binary(max_size=20), st.binary(max_size=20))
def test_binary(one: bytes, other: bytes) -> None:
    """Octets are the value; those of hexBinary are never those of base64Binary."""
    for datatype, form in (("xsd:hexBinary", bytes.hex), ("xsd:base64Binary", lambda b: base64.b64encode(b).decode())):
        assert (known(form(one), datatype) == known(form(other), datatype)) == (one == other)
    hexadecimal, sixty_four = (
        known(one.hex(), "xsd:hexBinary"),
        known(base64.b64encode(one).decode(), "xsd:base64Binary"),
    )
    assert differ(hexadecimal, sixty_four)
    assert known(one.hex().upper(), "xsd:hexBinary") == hexadecimal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("1", "xsd:int"), ("01", "xsd:integer")),
        (("1", "xsd:int"), ("1.0", "xsd:decimal")),
        (("0", "xsd:nonPositiveInteger"), ("-0", "xsd:nonNegativeInteger")),
        (("255", "xsd:unsignedByte"), ("255", "xsd:short")),
        (("a", "xsd:token"), ("a", "xsd:string")),
        (("en", "xsd:language"), ("en", "xsd:NCName")),
        (("a@", "rdf:PlainLiteral"), ("a", "xsd:string")),
        (("a@en-gb", "rdf:PlainLiteral"), ("a", "rdf:langString", "en-GB")),
        (("a", "rdf:langString", "EN"), ("a", "rdf:langString", "en")),
        (("2000-01-01T00:00:00Z", "xsd:dateTimeStamp"), ("2000-01-01T00:00:00+00:00", "xsd:dateTime")),
    ],
)
def test_equal_across_datatypes(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """A value that two datatypes share is one value."""
    assert known(*one) == known(*other)
    assert not differ(known(*one), known(*other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("1", "xsd:integer"), ("1", "xsd:double")),
        (("1", "xsd:float"), ("1", "xsd:double")),
        (("1.5", "xsd:decimal"), ("1.5", "xsd:float")),
        (("1", "xsd:integer"), ("1", "xsd:string")),
        (("1", "xsd:integer"), ("1", "xsd:boolean")),
        (("a", "xsd:string"), ("a", "xsd:anyURI")),
        (("0a", "xsd:string"), ("0A", "xsd:hexBinary")),
        (("a", "xsd:string"), ("a", "rdf:langString", "en")),
        (("a@en", "xsd:string"), ("a", "rdf:langString", "en")),
        (("a", "rdf:langString", "de"), ("a", "rdf:langString", "en")),
        (("a", "rdf:langString", "en"), ("a", "rdf:langString", "en-GB")),
        (("a", "xsd:string"), ("a", "rdf:XMLLiteral")),
        (("2000-01-01T00:00:00Z", "xsd:string"), ("2000-01-01T00:00:00Z", "xsd:dateTime")),
        (("2000-01-01T00:00:00Z", "xsd:dateTimeStamp"), ("2000-01-01T01:00:00+01:00", "xsd:dateTimeStamp")),
    ],
)
def test_different_across_datatypes(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Primitive value spaces have nothing in common, however alike the forms are."""
    assert known(*one) != known(*other)
    assert differ(known(*one), known(*other))


def test_a_datatype_outside_the_map_says_nothing() -> None:
    """An opaque literal is the same as itself only, and of anything else nothing is known."""
    for name in ("xsd:date", "owl:real", "owl:rational", "rdfs:Literal", "<http://e.org/t>"):
        opaque = known("1", name)
        assert opaque.space is Space.OPAQUE
        assert opaque == known("1", name)
        assert opaque != known("01", name)
        assert not differ(opaque, known("01", name))
        assert not differ(opaque, known("1", "xsd:integer"))
        assert not differ(known("1", "xsd:integer"), opaque)
        assert not datatypes_of(opaque)
        assert not is_outside(opaque, expand("xsd:integer"))
        if name != "rdfs:Literal":
            assert not belongs(known("1", "xsd:integer"), expand(name))
            assert not is_outside(known("1", "xsd:integer"), expand(name))
    assert known("a b", "<http://e.org/t>") != known("b", "<http://e.org/t>", "a")
    assert known("1", "xsd:date") != known("1", "xsd:time")


def test_terms() -> None:
    """Terms of the store have the values that their parts have; directions keep strings apart (RDF 1.2)."""
    assert literal_value(Literal("a")) == known("a", "xsd:string")
    assert literal_value(Literal("a", language="EN")) == known("a", "rdf:langString", "en")
    assert literal_value(Literal("x", datatype=NamedNode(expand("xsd:integer")))) is None
    assert literal_value(Literal(1)) == known("1", "xsd:decimal")
    directions = (BaseDirection.LTR, BaseDirection.RTL)
    left, right = (literal_value(Literal("a", language="en", direction=direction)) for direction in directions)
    assert left is not None
    assert left.space is Space.OPAQUE
    assert left != right


def test_members_lie_in_all_that_the_datatype_lies_within() -> None:
    """`within` is true of every value, `rdfs:Literal` holds all, and `disjoint` is true of none that they share."""
    for datatype, found in all_values():
        members = datatypes_of(found)
        assert DATATYPES[expand(datatype)].within <= members, datatype
        assert expand("rdfs:Literal") in members
        for one, other in combinations(members, 2):
            assert not DATATYPES[one].disjoint(DATATYPES[other]), (one, other)
        for other in set(DATATYPES) - members:
            assert is_outside(found, other)
            assert other not in DATATYPES[expand(datatype)].within


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("xsd:byte", "xsd:decimal"), ("xsd:unsignedByte", "xsd:short"), ("xsd:unsignedShort", "xsd:int"),
        ("xsd:unsignedInt", "xsd:long"), ("xsd:unsignedLong", "xsd:nonNegativeInteger"), ("xsd:language", "xsd:NCName"),
        ("xsd:positiveInteger", "xsd:nonNegativeInteger"), ("xsd:NCName", "xsd:NMTOKEN"), ("xsd:Name", "xsd:token"),
        ("xsd:string", "rdf:PlainLiteral"), ("rdf:langString", "rdf:PlainLiteral"),
        ("xsd:dateTimeStamp", "xsd:dateTime"),
    ],
)  # fmt: skip
def test_derivation(narrow: str, wide: str) -> None:
    """One value space lies within another, and not the other way round."""
    assert expand(wide) in DATATYPES[expand(narrow)].within
    assert expand(narrow) not in DATATYPES[expand(wide)].within


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [("xsd:byte", "xsd:unsignedLong"), ("xsd:unsignedLong", "xsd:long"), ("xsd:unsignedByte", "xsd:byte"),
     ("xsd:unsignedByte", "xsd:positiveInteger"), ("xsd:string", "rdf:langString"), ("xsd:NMTOKEN", "xsd:Name")],
)  # fmt: skip
def test_overlap_without_derivation(narrow: str, wide: str) -> None:
    """Neither within the other."""
    assert expand(wide) not in DATATYPES[expand(narrow)].within


def test_disjoint_value_spaces() -> None:
    """Primitive datatypes, and integers on either side of a bound, share no value."""
    apart = [
        "xsd:decimal", "xsd:float", "xsd:double", "xsd:string", "xsd:boolean", "xsd:hexBinary", "xsd:base64Binary",
        "xsd:anyURI", "xsd:dateTime", "rdf:XMLLiteral", "rdf:langString",
    ]  # fmt: skip
    pairs = [
        *combinations(apart, 2),
        ("xsd:negativeInteger", "xsd:unsignedByte"),
        ("xsd:positiveInteger", "xsd:nonPositiveInteger"),
    ]
    for one, other in pairs:
        assert DATATYPES[expand(one)].disjoint(DATATYPES[expand(other)]), (one, other)
        assert DATATYPES[expand(other)].disjoint(DATATYPES[expand(one)]), (one, other)
    for one, other in (
        ("xsd:nonNegativeInteger", "xsd:nonPositiveInteger"),
        ("xsd:byte", "xsd:unsignedLong"),
        ("xsd:token", "rdf:PlainLiteral"),
    ):
        assert not DATATYPES[expand(one)].disjoint(DATATYPES[expand(other)])
