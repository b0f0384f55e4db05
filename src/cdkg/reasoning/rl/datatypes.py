"""The datatype map of OWL 2 RL: which literals are well typed, which have the same value, what holds which value.

Read by the rules dt-type1, dt-type2, dt-eq, dt-diff and dt-not-type (OWL 2 Profiles, section 4.3, table 8). The map is
that of OWL 2 Profiles, section 4.2.1; its value spaces are those of the OWL 2 Structural Specification, section 4, and
of XML Schema 1.1 Part 2 ("XSD" below).

Choices where the specifications leave room, or differ:

* *The same value* is identity, never the equality that XSD uses for facets (Structural Specification, sections 4.2 and
  4.7). So +0 and -0 are two values of a float, NaN is one value, and two `xsd:dateTime` with different time zone
  offsets are two values although they name one instant. Offsets that are written differently but are the same number
  of minutes (`Z`, `+00:00`, `-00:00`) give one value.
* White space is not collapsed. RDF maps lexical forms as they stand, so `" 1 "^^xsd:integer` is ill typed (RDF 1.1
  Concepts, section 5; the tests `xmlsch-02-whitespace-facet-*` of RDF 1.1 Semantics).
* `rdf:XMLLiteral` takes any well-formed content (RDF 1.1 Concepts, section 5.3), not only what is in canonical form
  already, as RDF of 2004 had it; parsers of RDF hand it over as it is written. Two are the same when they differ only
  in what Exclusive XML Canonicalization takes away (comments count).
* `xsd:anyURI` takes any string of XML characters (XSD, section 3.3.17).
* A literal of a datatype outside the map is opaque: it is itself, and nothing else is said of it. `rdfs:Literal` has
  values but no lexical forms, so a literal that claims to be of this datatype is opaque, too.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from pyoxigraph import Literal

from cdkg.reasoning.rl import lexical
from cdkg.vocabulary import PREFIXES

_XSD: Final = PREFIXES["xsd"]
_STRING: Final = _XSD + "string"
_LITERAL: Final = PREFIXES["rdfs"] + "Literal"
_PLAIN: Final = PREFIXES["rdf"] + "PlainLiteral"
_LANG_STRING: Final = PREFIXES["rdf"] + "langString"
_XML: Final = PREFIXES["rdf"] + "XMLLiteral"
#: A run of no lines: no form of the datatype is known to be canonical at sight.
_NO_LINE: Final = re.compile(rb"")


def _always(_: str) -> bool:
    return True


class Space(enum.StrEnum):
    """The parts that the values of the map fall into; no two have a value in common."""

    NUMBER = "number"
    FLOAT = "float"
    DOUBLE = "double"
    STRING = "string"
    TAGGED = "string with language"
    BOOLEAN = "boolean"
    HEX = "hexBinary"
    BASE64 = "base64Binary"
    IRI = "anyURI"
    TIME = "dateTime"
    XML = "XMLLiteral"
    OPAQUE = "opaque"


class Value(NamedTuple):
    """A data value; two literals have the same value exactly when their `Value`s are equal.

    The key is the canonical form: a string with a language is `text@tag`, as `rdf:PlainLiteral` writes it, a double is
    the shortest decimal that gives it, and an opaque value is its datatype, language and lexical form.
    """

    space: Space
    key: str


@dataclass(frozen=True, slots=True)
class Datatype:
    """A datatype of the map.

    Attributes:
        iri: Its name.
        spaces: The parts that its values lie in; more than one for `rdf:PlainLiteral` and `rdfs:Literal` only.
        within: The datatypes whose value spaces hold all of this one's values; itself is one of them.
        lexical: What its lexical forms look like; `None` where it has none of its own.
        key: The canonical form of a lexical form; `None` where the form looks right but has no value (30 February).
        holds: Whether the value of a key, in one of `spaces`, is one of its values.
        canonical: As many lines as are surely well typed and canonical.
        low: The least integer, where there is one.
        high: The greatest integer, where there is one.
    """

    iri: str
    spaces: frozenset[Space]
    within: frozenset[str]
    lexical: re.Pattern[str] | None = None
    key: Callable[[str], str | None] = str
    holds: Callable[[str], bool] = _always
    canonical: re.Pattern[bytes] = _NO_LINE
    low: float = -math.inf
    high: float = math.inf

    def disjoint(self, other: Datatype) -> bool:
        """Whether no value belongs to both."""
        return not self.spaces & other.spaces or self.low > other.high or other.low > self.high


def value_of(form: str, datatype: str, language: str = "") -> Value | None:
    """The value of a literal, from its lexical form, the IRI of its datatype and its language tag.

    A literal of a datatype outside the map has a value in `Space.OPAQUE`. `None`: it is ill typed and has no value.
    """
    known = DATATYPES.get(datatype)
    if datatype == _LANG_STRING:
        return Value(Space.TAGGED, f"{form}@{language.lower()}") if language else None
    if datatype == _PLAIN:
        return _plain(form)
    if known is None or known.lexical is None:
        return Value(Space.OPAQUE, f"{datatype} {language} {form}")  # neither IRIs nor tags have blanks
    if known.lexical.fullmatch(form) is None:
        return None
    key = known.key(form)
    if key is None or not known.holds(key):
        return None
    (space,) = known.spaces
    return Value(space, key)


def literal_value(literal: Literal) -> Value | None:
    """The value of a term; `None` where it is ill typed."""
    tag = literal.language or ""
    if literal.direction is not None:  # RDF 1.2; the datatype is outside the map, so the direction is part of the text
        tag += f"--{literal.direction}"
    return value_of(literal.value, literal.datatype.value, tag)


def belongs(value: Value | None, datatype: str) -> bool:
    """Whether a value is known to lie in the value space of a datatype (dt-type2); an opaque one is in none."""
    known = DATATYPES.get(datatype)
    return value is not None and known is not None and value.space in known.spaces and known.holds(value.key)


def is_outside(value: Value | None, datatype: str) -> bool:
    """Whether a value is known not to lie in the value space of a datatype (dt-not-type).

    An ill-typed literal (`None`) denotes no data value (RDF 1.1 Semantics, section 7), so it is outside them all; of
    opaque values and of datatypes outside the map nothing is known.
    """
    if datatype not in DATATYPES or (value is not None and value.space is Space.OPAQUE):
        return False
    return not belongs(value, datatype)


def differ(one: Value | None, other: Value | None) -> bool:
    """Whether two literals are known to have different values (dt-diff); an opaque or missing value may be any."""
    if one is None or other is None or Space.OPAQUE in (one.space, other.space):
        return False
    return one != other


def not_canonical(joined: bytes, datatype: str) -> list[int]:
    """The lines, from 0, of lexical forms of one datatype that are not known to be well typed and canonical.

    Each of the others is the key of its value, and such forms of datatypes that share a space are equal exactly when
    their values are. The forms are joined by newlines, in UTF-8, and may be escaped as N-Triples does it; escaped forms
    compare with escaped ones. The answer is exact in one direction: some canonical forms are not known (the largest
    integers of a bounded type, 29 February, names beyond ASCII), and are left to `value_of`.
    """
    return list(_others(joined, datatype))


def _others(joined: bytes, datatype: str) -> Iterator[int]:
    known = DATATYPES.get(datatype)
    pattern = known.canonical if known else _NO_LINE
    text, start, line = joined + b"\n", 0, 0
    while start < len(text):
        run = pattern.match(text, start)
        end = run.end() if run else start
        line += text.count(b"\n", start, end)
        if end == len(text):
            return
        yield line
        start, line = text.index(b"\n", end) + 1, line + 1


def _plain(form: str) -> Value | None:
    """The value of an `rdf:PlainLiteral`: what stands before the last `@`, in the language after it, if any."""
    text, at, tag = form.rpartition("@")
    if not at:
        return None
    if tag and lexical.LANGUAGE.fullmatch(tag) is None:
        return None
    string = value_of(text, _STRING)
    return value_of(text, _LANG_STRING, tag) if tag and string else string


def _has_zone(key: str) -> bool:
    return key[-1] == "Z" or key[-6] in "+-"


def _integers(low: float, high: float) -> Callable[[str], bool]:
    """Whether the number of a key is an integer between two bounds."""

    def holds(key: str) -> bool:
        if "." in key:
            return False
        if len(key) > 20:  # beyond 64 bits, where only the sign matters
            return low == -math.inf if key[0] == "-" else high == math.inf
        return low <= int(key) <= high

    return holds


def _lines(form: bytes) -> re.Pattern[bytes]:
    """As many lines as have a form; possessive, so that a million lines need neither time nor memory."""
    return re.compile(rb"(?:(?:" + form + rb")\n)*+")


def _of_xsd(name: str, space: Space, form: re.Pattern[str], key: Callable[[str], str | None], line: bytes) -> Datatype:
    """A datatype whose value space lies in no other but that of `rdfs:Literal`."""
    iri = _XSD + name
    return Datatype(iri, frozenset({space}), frozenset({iri, _LITERAL}), form, key, canonical=_lines(line))


#: The least and greatest value of the integer types (XSD, sections 3.4.13 to 3.4.25).
_BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "integer": (-math.inf, math.inf),
    "nonNegativeInteger": (0, math.inf),
    "nonPositiveInteger": (-math.inf, 0),
    "positiveInteger": (1, math.inf),
    "negativeInteger": (-math.inf, -1),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
}


def _integer_type(name: str, low: float, high: float) -> Datatype:
    """An integer type; it lies within each that its bounds lie within, derived from it or not."""
    wider = {_XSD + other for other, (least, most) in _BOUNDS.items() if least <= low and high <= most}
    within = frozenset({*wider, _XSD + "decimal", _LITERAL})
    # A number of fewer digits than the bounds have is surely between them.
    finite = [abs(int(bound)) for bound in (low, high) if math.isfinite(bound) and abs(bound) > 1]
    digits = b"{0,%d}+" % (len(str(max(finite))) - 2) if finite else b"*+"
    sign = b"" if low >= 0 else b"-" if high <= 0 else b"-?"
    line = (b"0|" if low <= 0 <= high else b"") + sign + b"[1-9][0-9]" + digits
    return Datatype(
        _XSD + name, frozenset({Space.NUMBER}), within, lexical.INTEGER, lexical.decimal_key, _integers(low, high),
        _lines(line), low, high,
    )  # fmt: skip


def _strings() -> Iterator[Datatype]:
    """`xsd:string` and what is derived from it; by their values, each lies within the one before."""
    wide = rb"|\xef(?!\xbf[\xbe\xbf])"  # all that begins with this byte but U+FFFE and U+FFFF, which XML excludes
    within = {_LITERAL, _PLAIN}
    for name, form, line in (
        # Escapes of N-Triples may stand for characters that are not allowed, as \u0001 and \b do; these do not.
        ("string", lexical.CHARACTERS, rb"(?:[^\x00-\x08\x0a-\x1f\\\xef]++|\\[tnr\"'\\]" + wide + rb")*+"),
        ("normalizedString", lexical.NORMALIZED, rb"(?:[^\x00-\x1f\\\xef]++" + wide + rb")*+"),
        ("token", lexical.TOKEN, rb"(?! )(?:[^\x00-\x1f\\ \xef]++| (?=[^ \n])" + wide + rb")*+"),
        ("NMTOKEN", lexical.NMTOKEN, rb"[-.0-9:A-Z_a-z]++"),
        ("Name", lexical.NAME, rb"[:A-Z_a-z][-.0-9:A-Z_a-z]*+"),
        ("NCName", lexical.NCNAME, rb"[A-Z_a-z][-.0-9A-Z_a-z]*+"),
        ("language", lexical.LANGUAGE, rb"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*+"),
    ):
        within.add(_XSD + name)

        def holds(key: str, form: re.Pattern[str] = form) -> bool:
            return form.fullmatch(key) is not None

        spaces = frozenset({Space.STRING})
        yield Datatype(_XSD + name, spaces, frozenset(within), form, str, holds, _lines(line))


def _times() -> Iterator[Datatype]:
    """`xsd:dateTime`, and `xsd:dateTimeStamp`, which has a time zone (XSD, sections 3.3.7 and 3.4.28)."""
    day = rb"(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
    clock = rb"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]*[1-9])?"
    instant = rb"(?:[1-9][0-9]{4,}|[0-9]{4})-(?:" + day + rb")" + clock
    zone = rb"(?:Z|[+-](?!00:00)(?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
    plain = _of_xsd("dateTime", Space.TIME, lexical.DATE_TIME, lexical.time_key, instant + zone + b"?")
    yield plain
    stamp = _XSD + "dateTimeStamp"
    yield Datatype(
        stamp, plain.spaces, plain.within | {stamp}, plain.lexical, plain.key, _has_zone, _lines(instant + zone)
    )


def _all() -> Iterator[Datatype]:
    """The whole map."""
    own = frozenset({_LITERAL})
    yield Datatype(_LITERAL, frozenset(Space) - {Space.OPAQUE}, own)
    yield Datatype(_PLAIN, frozenset({Space.STRING, Space.TAGGED}), own | {_PLAIN})
    yield Datatype(_LANG_STRING, frozenset({Space.TAGGED}), own | {_PLAIN, _LANG_STRING})
    yield from _strings()
    decimal = rb"0|-?(?:[1-9][0-9]*+(?:\.[0-9]*[1-9])?|0\.[0-9]*[1-9])"
    yield _of_xsd("decimal", Space.NUMBER, lexical.DECIMAL, lexical.decimal_key, decimal)
    yield from (_integer_type(name, low, high) for name, (low, high) in _BOUNDS.items())
    # Fifteen digits without an exponent: no two such decimals give one double, and Python writes them in this way.
    double = rb"-?(?=[0-9.]{3,16}\n)(?!0\.0000)(?:0|[1-9][0-9]*)\.(?:0|[0-9]*[1-9])"
    yield _of_xsd("double", Space.DOUBLE, lexical.FLOATING, lexical.double_key, double)
    # Whether digits name a single and no other cannot be seen; they are few, so each is read.
    yield _of_xsd("float", Space.FLOAT, lexical.FLOATING, lexical.float_key, b"(?!)")
    yield _of_xsd("boolean", Space.BOOLEAN, lexical.BOOLEAN, lexical.boolean_key, b"true|false")
    yield _of_xsd("hexBinary", Space.HEX, lexical.HEX, str.upper, rb"(?:[0-9A-F]{2})*+")
    letter = rb"[A-Za-z0-9+/]"
    padded = letter + rb"(?:" + letter + rb"[AEIMQUYcgkosw048]=|[AQgw]==)"
    base64 = rb"(?:" + letter + rb"{4})*+(?:" + padded + rb")?"
    yield _of_xsd("base64Binary", Space.BASE64, lexical.BASE64, lexical.base64_key, base64)
    yield _of_xsd("anyURI", Space.IRI, lexical.CHARACTERS, str, rb"[!-\[\]-~]*+")
    yield from _times()
    text = _lines(rb"[ -%'-;=?-\[\]-~]*+")  # neither markup nor escapes
    yield Datatype(_XML, frozenset({Space.XML}), own | {_XML}, lexical.ANY, lexical.xml_key, canonical=text)


#: The datatype map of OWL 2 RL, by IRI; `rdf:langString` is what RDF 1.1 made of tagged strings in `rdf:PlainLiteral`.
DATATYPES: Final[Mapping[str, Datatype]] = {datatype.iri: datatype for datatype in _all()}
