"""Which literals are well-formed for which datatype (SHACL, section 4.1.2).

The datatypes of OWL 2 RL are those of the reasoner; here are the others of XML Schema, dates above all. A literal of a
datatype that neither knows is taken as well-formed.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from cdkg.reasoning.rl import lexical
from cdkg.reasoning.rl.datatypes import DATATYPES, not_canonical, value_of
from cdkg.reasoning.rl.terms import Codes, Mask
from cdkg.validation.shacl.columnar.columns import Columns
from cdkg.vocabulary import PREFIXES

_XSD: Final = PREFIXES["xsd"]
_LANG_STRING: Final = PREFIXES["rdf"] + "langString"
_DIRECTED: Final = PREFIXES["rdf"] + "dirLangString"
_STRING: Final = _XSD + "string"

_ZONE: Final = r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR: Final = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_DAY: Final = r"(?:0[1-9]|[12][0-9]|3[01])"
_TIME: Final = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]++)?|24:00:00(?:\.0++)?)"
_YEARS: Final = r"(?=[0-9]+[YM])(?:[0-9]++Y)?(?:[0-9]++M)?"
_CLOCK: Final = r"T(?=[0-9.]+[HMS])(?:[0-9]++H)?(?:[0-9]++M)?(?:[0-9]++(?:\.[0-9]++)?S)?"
_DAYS: Final = rf"(?:[0-9]++D(?:{_CLOCK})?|{_CLOCK})"

#: XML Schema 1.1 Part 2, sections 3.3.6 to 3.3.14 and 3.4.26 to 3.4.27.
_SPACES: Final = {
    "date": re.compile(rf"({_YEAR}-{_MONTH}-{_DAY}){_ZONE}"),
    "gYear": re.compile(_YEAR + _ZONE),
    "gYearMonth": re.compile(f"{_YEAR}-{_MONTH}{_ZONE}"),
    "gMonth": re.compile(f"--{_MONTH}{_ZONE}"),
    "gMonthDay": re.compile(f"-(-{_MONTH}-{_DAY}){_ZONE}"),
    "gDay": re.compile(f"---{_DAY}{_ZONE}"),
    "time": re.compile(_TIME + _ZONE),
    "duration": re.compile(rf"-?P(?:{_YEARS}(?:{_DAYS})?|{_DAYS})"),
    "yearMonthDuration": re.compile(rf"-?P{_YEARS}"),
    "dayTimeDuration": re.compile(rf"-?P{_DAYS}"),
}


def of_datatype(columns: Columns, codes: Codes, datatype: str) -> Mask:
    """Which terms are well-formed literals of a datatype."""
    mask = columns.terms.is_literal(codes)
    forms = columns.terms.forms
    if datatype in (_STRING, _LANG_STRING, _DIRECTED):
        kinds = [_untyped(forms[code]) for code in codes[mask].tolist()]
        mask[mask] = np.array([kind == datatype for kind in kinds], np.bool_)
    else:
        ending = b'"^^<' + datatype.encode() + b">"
        mask[mask] = np.array([forms[code].endswith(ending) for code in codes[mask].tolist()], np.bool_)
    mask[mask] = _well_formed(columns, codes[mask], datatype)
    return mask


def _untyped(form: bytes) -> str:
    """The datatype of a literal that is written without one; an empty string for all others."""
    ending = form[form.rindex(b'"') + 1 :]
    if not ending:
        return _STRING
    if not ending.startswith(b"@"):
        return ""
    return _DIRECTED if b"--" in ending else _LANG_STRING


def _well_formed(columns: Columns, codes: Codes, datatype: str) -> Mask:
    """Which literals, all of one datatype, have a lexical form of it."""
    mask = np.ones(len(codes), np.bool_)
    if datatype in DATATYPES and datatype not in (_LANG_STRING, PREFIXES["rdfs"] + "Literal"):
        forms = columns.terms.forms
        joined = b"\n".join([forms[code][1 : forms[code].rindex(b'"')] for code in codes.tolist()])
        odd = np.array(not_canonical(joined, datatype), np.int64) if len(codes) else codes
        mask[odd] = [value_of(text, datatype) is not None for text in columns.texts(codes[odd])]
    elif datatype.startswith(_XSD) and (space := datatype.removeprefix(_XSD)) in _SPACES:
        mask[:] = [_is_in(space, text) for text in columns.texts(codes)]
    return mask


def _is_in(space: str, text: str) -> bool:
    found = _SPACES[space].fullmatch(text)
    if found is None or space not in ("date", "gMonthDay"):
        return found is not None
    # whether the month has the day; 29 February is a day of some year
    day = found[1] if space == "date" else f"2000{found[1]}"
    return lexical.time_key(f"{day}T00:00:00") is not None
