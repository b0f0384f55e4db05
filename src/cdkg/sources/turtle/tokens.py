"""The tokens of Turtle and its sisters as one pattern (RDF 1.1 Turtle, section 6.5; TriG, section 4; RDF 1.2 marks).

Names, strings and IRIs are taken as they look; what their characters may be is asked when the term is made, so that a
bad one has its own fault. Every repetition is possessive: no text makes the pattern look twice at the same character
more than a fixed number of times.
"""

from __future__ import annotations

import re
from typing import Final

_BASE: Final = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_CHARS: Final = rf"{_BASE}_0-9\u00b7\u0300-\u036f\u203f\u2040\-"
_WORD: Final = rf"[{_BASE}][{_CHARS}]*+(?:\.++[{_CHARS}]++)*+"
_PLX: Final = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL: Final = rf"(?:[{_BASE}_0-9:]|{_PLX})(?:[{_CHARS}:]++|{_PLX})*+(?:\.++(?:[{_CHARS}:]++|{_PLX})++)*+"
_NAME: Final = rf"<[^<>\n\r]*+>|(?:{_WORD})?+:(?:{_LOCAL})?+"
_BLANK: Final = rf"_:[{_BASE}_0-9][{_CHARS}]*+(?:\.++[{_CHARS}]++)*+"
_GAP: Final = r"(?:[ \t\r\n]++|\#[^\n\r]*+)*+"
_STRING: Final = r"""
    \"\"\"(?:[^"\\]++|\\.|""?+(?!"))*+\"\"\" | '''(?:[^'\\]++|\\.|''?+(?!'))*+'''
  | "(?!"")(?:[^"\\\n\r]++|\\[^\n\r])*+" | '(?!'')(?:[^'\\\n\r]++|\\[^\n\r])*+'
"""
#: What is no language tag behind a string whose full stop is missing, but a declaration on the next line.
_DIRECTIVE: Final = r"prefix\s++[^\s:<]*+:\s|base\s++<|version\s++[\"']"
_NUMBER: Final = r"[+-]?(?:(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)[eE][+-]?[0-9]++|[0-9]*+\.[0-9]++|[0-9]++)(?![A-Za-z_0-9])"

#: Kinds of tokens: the number of the group of `TOKEN` that a token has matched.
NAME, MARK, LITERAL, NUMBER, WORD, END, BAD = 1, 2, 3, 7, 8, 9, 10
#: Parts of a `LITERAL`: the quoted string, its language tag (without the @), the name of its datatype.
QUOTED, LANGUAGE, DATATYPE = 4, 5, 6

#: Spaces and comments, then one token; matches everywhere.
TOKEN: Final = re.compile(
    rf"""{_GAP}(?:
    ({_NAME}|{_BLANK})
  | (\.(?![0-9]) | [;,\[(\]] | \)(?:>>)?+ | \{{\|? | \}} | \|\}} | <<\(?+ | >> | ~)
  | (({_STRING})(?:{_GAP}@(?!{_DIRECTIVE})([A-Za-z]++(?:-++[A-Za-z0-9]++)*+)|{_GAP}\^\^{_GAP}({_NAME}))?+)
  | ({_NUMBER})
  | (@?+{_WORD})
  | (\Z)
  | (\"\"\"|'''|["'<]|\.?+[^\s<>"'\[\](){{}},;.\#]++|.)
    )""",
    re.VERBOSE | re.DOTALL,
)
#: Behind `@prefix`: what should be a prefix, and its colon.
DECLARED_PREFIX: Final = re.compile(rf"{_GAP}([^\s:<\#]*+)([ \t]*+:)?+")
#: Behind it, or behind `@base`: what should be an IRI in angle brackets, or stands in its place.
DECLARED_IRI: Final = re.compile(rf"""{_GAP}(?:(<[^<>\n\r]*+>)|(<?+(?!\#)[^\s<>"'{{}}\[\](),;]++))?+""")
PREFIX: Final = re.compile(rf"(?:{_WORD})?+")
GAP: Final = re.compile(_GAP)
LINE_END: Final = re.compile(r"\r\n|\n|\r")
#: One escape in a string, or what looks like one (ECHAR and UCHAR).
ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)


def match_at(pattern: re.Pattern[str], text: str, offset: int) -> re.Match[str]:
    """The match at a place of a pattern that matches everywhere, as all of these do but the last two."""
    found = pattern.match(text, offset)
    if found is None:
        raise AssertionError(pattern.pattern)
    return found
