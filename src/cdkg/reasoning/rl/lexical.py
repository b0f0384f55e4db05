"""Lexical mappings: from the lexical forms of a datatype to the canonical form of their value (XML Schema 1.1 Part 2).

Each pattern is a lexical space, as far as a regular expression can tell; each function takes a form that its pattern
matches. Everything stays text: Python reads no integers of more than some thousand digits, and needs no such number.
"""

from __future__ import annotations

import decimal
import math
import re
import struct
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

#: What XML 1.0 allows as a character; a string with any other is ill typed (RDF 1.1 Semantics, section 7).
_CHAR: Final = r"\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
_NAME_START: Final = (
    r":A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    r"\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME_CHAR: Final = rf"{_NAME_START}\-.0-9\xb7\u0300-\u036f\u203f\u2040"

ANY: Final = re.compile(r"(?s:.*)")
CHARACTERS: Final = re.compile(rf"[{_CHAR}]*+")
NORMALIZED: Final = re.compile(rf"(?:(?![\t\n\r])[{_CHAR}])*+")
TOKEN: Final = re.compile(rf"(?! )(?:(?![\t\n\r ])[{_CHAR}]| (?! |\Z))*+")
NMTOKEN: Final = re.compile(rf"[{_NAME_CHAR}]++")
NAME: Final = re.compile(rf"[{_NAME_START}][{_NAME_CHAR}]*+")
NCNAME: Final = re.compile(rf"(?!.*:){NAME.pattern}")
LANGUAGE: Final = re.compile(r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*+")
BOOLEAN: Final = re.compile(r"true|false|[01]")
INTEGER: Final = re.compile(r"[+-]?[0-9]++")
DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)")
FLOATING: Final = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[Ee][+-]?[0-9]++)?|[+-]?INF|NaN")
DATE_TIME: Final = re.compile(
    r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]++)?|24:00:00(?:\.0++)?)"
    r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
)
HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*+")
BASE64: Final = re.compile(
    r"(?:(?:(?:[A-Za-z0-9+/] ?){4})*(?:(?:[A-Za-z0-9+/] ?){3}[A-Za-z0-9+/]"
    r"|(?:[A-Za-z0-9+/] ?){2}[AEIMQUYcgkosw048] ?=|[A-Za-z0-9+/] ?[AQgw] ?= ?=))?"
)
_CLOCK: Final = re.compile(r"([0-9:]{8})(\.[0-9]+)?(.*)")


def decimal_key(form: str) -> str:
    """The canonical form of a decimal or an integer (XSD, decimalCanonicalMap)."""
    whole, _, fraction = form.lstrip("+-").partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    number = f"{whole}.{fraction}" if fraction else whole
    return f"-{number}" if form[0] == "-" and number != "0" else number


def double_key(form: str) -> str:
    """The nearest double, ties to even (XSD, section 3.3.5)."""
    return repr(float(form))


def float_key(form: str) -> str:
    """The nearest single, ties to even (XSD, section 3.3.4)."""
    number = float(form)
    if number and math.isfinite(number):
        # Rounding twice may go wrong where the double lies halfway between two singles. A double that is off is
        # therefore moved to the neighbour whose last bit is set, on the side of the exact number ("round to odd").
        exact = decimal.Decimal(form)
        if exact != number and struct.pack(">d", number)[-1] & 1 == 0:
            number = math.nextafter(number, math.inf if exact > number else -math.inf)
    try:
        return repr(struct.unpack(">f", struct.pack(">f", number))[0])
    except OverflowError:
        return repr(math.copysign(math.inf, number))


def boolean_key(form: str) -> str:
    """`true` or `false` (XSD, section 3.3.2)."""
    return {"1": "true", "0": "false"}.get(form, form)


def time_key(form: str) -> str | None:
    """The canonical form of a time instant (XSD, section 3.3.7); `None` for a day that the month has not."""
    date, clock = form.split("T")
    year, month, day = date[:-6], int(date[-5:-3]), int(date[-2:])
    if day > _days(year, month):
        return None
    time, fraction, zone = _CLOCK.fullmatch(clock).groups("")  # type: ignore[union-attr]  # the form is right
    if time == "24:00:00":  # the end of a day is the beginning of the next
        time, day = "00:00:00", day + 1
        if day > _days(year, month):
            month, day = month + 1, 1
        if month > 12:
            year, month = _next(year), 1
    year = "0000" if year == "-0000" else year
    fraction = fraction.rstrip("0").rstrip(".")
    return f"{year}-{month:02}-{day:02}T{time}{fraction}{'Z' if zone[1:] == '00:00' else zone}"


def _days(year: str, month: int) -> int:
    """How many days a month has; whether a year is a leap year can be seen from its last four digits."""
    if month != 2:
        return 30 if month in {4, 6, 9, 11} else 31
    last = int(year[-4:])
    return 29 if last % 4 == 0 and (last % 100 != 0 or last % 400 == 0) else 28


def _next(year: str) -> str:
    """The year after; decimals, since Python reads no integers of more than some thousand digits."""
    context = decimal.Context(prec=len(year) + 1, Emax=decimal.MAX_EMAX)
    number = context.add(decimal.Decimal(year), 1)
    return f"{'-' if number < 0 else ''}{abs(number):f}".rjust(4, "0")


def xml_key(form: str) -> str | None:
    """Well-formed content of an element with the differences taken away that Exclusive XML Canonicalization ignores.

    There is no document type inside an element, so there are no entities to expand but the five of XML itself.
    """
    parts: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.namespace_prefixes = parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        parts.append(
            "".join([f"<{name}", *(f" {key}={quoteattr(attributes[key])}" for key in sorted(attributes)), ">"])
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: parts.append("</>")
    parser.CharacterDataHandler = lambda text: parts.append(escape(text))
    parser.CommentHandler = lambda text: parts.append(f"<!--{text}-->")
    parser.ProcessingInstructionHandler = lambda target, text: parts.append(f"<?{target} {text}?>")
    try:
        parser.Parse(f"<x>{form}</x>", True)  # noqa: FBT003  # the signature of expat
    except (expat.ExpatError, ValueError):
        return None
    return "".join(parts[1:-1])


def base64_key(form: str) -> str:
    """Without the blanks that may stand between the characters (XSD, section 3.3.16)."""
    return form.replace(" ", "")
