"""Values of properties for tables: the data extension service (Reconciliation Service API 0.2, section 7)."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from pyoxigraph import Literal, NamedNode

from cdkg.linking.reconciling import PLACE
from cdkg.server.describing.labels import in_words
from cdkg.server.reconciling.asked import AskedError, Wanted
from cdkg.server.reconciling.asking import Asking
from cdkg.server.reconciling.columns import read_path
from cdkg.server.reconciling.gathering import Gathered, full
from cdkg.vocabulary import PREFIXES

#: What clients can set (section 7.1).
SETTINGS: Final[list[dict[str, Any]]] = [
    {
        "name": "limit", "label": "Limit", "type": "number", "default": 0,
        "help_text": "How many values of each property at the most (0: all)",
    },
    {
        "name": "content", "label": "Things as", "type": "select", "default": "entity",
        "help_text": "How values that are things are told",
        "choices": [
            {"value": "entity", "name": "reconciled cells"},
            {"value": "label", "name": "names"},
            {"value": "iri", "name": "identifiers"},
        ],
    },
    {
        "name": "language", "label": "Language", "type": "text", "default": "",
        "help_text": "Only texts in this language, and those without any: en, es, …",
    },
]  # fmt: skip
#: So many values of a property are told at a time.
_MOST_VALUES: Final = 50_000
_CONTENTS: Final = ("entity", "label", "iri")
_XSD: Final = PREFIXES["xsd"]
_INTEGERS: Final = frozenset(
    _XSD + name
    for name in (
        "integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "unsignedInt",
        "unsignedLong", "unsignedShort", "unsignedByte", "negativeInteger", "nonPositiveInteger",
    )
)  # fmt: skip
_REALS: Final = frozenset(_XSD + name for name in ("decimal", "double", "float"))
#: As schemas of the specification have it, with the time of day left out in `xsd:date`.
_DATE: Final = re.compile(
    r"(\d{4}-(?:1[0-2]|0[1-9])-(?:3[01]|0[1-9]|[12]\d))(T(?:2[0-3]|[01]\d):[0-5]\d:[0-5]\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
#: Numbers that programs in JavaScript tell apart.
_EXACT: Final = 2**53

Cell = dict[str, Any]


def extended(wanted: Wanted, gathered: Gathered, asking: Asking) -> dict[str, Any]:
    """The values of some properties of some things (section 7.4); a thing that is not known has none.

    Raises:
        AskedError: There is no such property, or setting.
        CdkgError: They cannot be found out now.
    """
    rows: dict[str, dict[str, list[Cell]]] = {each: {} for each in wanted.ids}
    meta = []
    for pid, given in wanted.properties:
        settings = _Settings(pid, given)
        if pid == PLACE:
            name, cells = "coordinates", _places(wanted, gathered)
        else:
            name, cells = _values(pid, wanted, gathered, asking, settings)
        meta.append({"id": pid, "name": name})
        for each in wanted.ids:
            found = cells.get(full(each), [])
            rows[each][pid] = found[: settings.limit] if settings.limit else found
    return {"meta": meta, "rows": rows}


class _Settings:
    """The settings of a property; numbers come as texts from some clients."""

    def __init__(self, pid: str, given: dict[str, Any]) -> None:
        unknown = sorted(set(given) - {each["name"] for each in SETTINGS})
        if unknown:
            raise AskedError(f"property {pid}: no setting {unknown[0]!r}", hint="limit, content, language")
        limit = str(given.get("limit") or 0)
        if not re.fullmatch(r"\d{1,9}(?:\.0)?", limit, re.ASCII):
            raise AskedError(f"property {pid}: `limit` is to be a whole number")
        self.limit = int(float(limit))
        self.content = given.get("content") or _CONTENTS[0]
        if self.content not in _CONTENTS:
            raise AskedError(f"property {pid}: `content` is not known", hint=", ".join(_CONTENTS))
        self.language = given.get("language") or ""
        if not isinstance(self.language, str):
            raise AskedError(f"property {pid}: `language` is to be a text")


def _places(wanted: Wanted, gathered: Gathered) -> dict[str, list[Cell]]:
    found = (gathered.known.find(each) for each in wanted.ids)
    return {each.iri: [{"str": f"{each.point[0]},{each.point[1]}"}] for each in found if each and each.point}


def _values(
    pid: str, wanted: Wanted, gathered: Gathered, asking: Asking, settings: _Settings
) -> tuple[str, dict[str, list[Cell]]]:
    """What a property is called, and its values, each once, in a fixed order."""
    path = read_path(pid, gathered.properties)
    known = {each.iri for each in map(gathered.known.find, wanted.ids) if each}
    text = f"SELECT DISTINCT ?s ?v WHERE {{ VALUES ?s {{ $things }} ?s {path} ?v FILTER (!isBlank(?v)) }}"
    text += f" LIMIT {_MOST_VALUES + 1}"
    found: defaultdict[str, dict[str, Cell]] = defaultdict(dict)
    tell = _Telling(gathered, settings).cell
    rows = sorted(asking.rows_of(sorted(known), text), key=lambda row: (row["s"].value, _order(row["v"])))
    if len(rows) > _MOST_VALUES:
        raise AskedError(f"{pid} has over {_MOST_VALUES:,} values of these things", status=413, hint="ask for fewer")
    for row in rows:
        cell = tell(row["v"])
        if cell:
            found[row["s"].value].setdefault(repr(cell), cell)
    return path.name(gathered.properties), {iri: list(cells.values()) for iri, cells in found.items()}


def _order(term: Any) -> tuple[str, ...]:
    """English first, then texts without language, then the others."""
    if not isinstance(term, Literal):
        return "1", str(term)
    return {"en": "0", None: "1"}.get(term.language, "2"), term.language or "", term.value


class _Telling:
    """Tells a term as a cell of a table."""

    def __init__(self, gathered: Gathered, settings: _Settings) -> None:
        self._known, self._content, self._language = gathered.known, settings.content, settings.language

    def cell(self, term: Any) -> Cell | None:
        """The cell; None where the term is in another language."""
        if isinstance(term, NamedNode):
            return self._thing(term.value)
        if not isinstance(term, Literal):
            return None
        if self._language and term.language and term.language.partition("-")[0] != self._language.partition("-")[0]:
            return None
        told = next((tell for kinds, tell in _TOLD if term.datatype.value in kinds), None)
        return (told(term.value) if told else None) or {"str": term.value}

    def _thing(self, iri: str) -> Cell:
        """Things of others have no identifier of this service, so they are told as texts (section 7.4)."""
        entity = self._known.find(iri)
        if self._content == "iri" or not entity:
            return {"str": iri if self._content != "label" or entity else in_words(iri)}
        return {"str": entity.name} if self._content == "label" else {"id": entity.iri, "name": entity.name}


def _integer(text: str) -> Cell | None:
    return {"int": int(text)} if re.fullmatch(r"[+-]?\d{1,16}", text, re.ASCII) and abs(int(text)) <= _EXACT else None


def _real(text: str) -> Cell | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return {"float": number} if math.isfinite(number) else None


def _date(text: str) -> Cell | None:
    found = _DATE.fullmatch(text)
    return {"date": f"{found[1]}{found[2] or 'T00:00:00'}{found[3] or ''}"} if found else None


_TOLD: Final[tuple[tuple[frozenset[str], Callable[[str], Cell | None]], ...]] = (
    (_INTEGERS, _integer),
    (_REALS, _real),
    (frozenset({_XSD + "date", _XSD + "dateTime"}), _date),
)
