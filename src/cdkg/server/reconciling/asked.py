"""What clients send: batches of queries and requests for data, read with the query that a fault is in."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdkg.errors import CdkgError
from cdkg.linking.reconciling import PLACE, Asked, Strictness
from cdkg.linking.reconciling_values import Condition, Point, Value, point
from cdkg.vocabulary import PREFIXES

#: So many queries are taken in a batch; things, and properties of each, are told at a time.
MOST_QUERIES: Final = 1000
MOST_IDS: Final = 1000
MOST_PROPERTIES: Final = 20
#: So many values of a property may be the one; so many types are named; so many candidates are given: at most, usually.
_MOST_VALUES: Final = 50
_MOST_TYPES: Final = 50
_MOST_CANDIDATES: Final = 100
_CANDIDATES: Final = 5
#: Characters of a name, a value, an identifier.
LONGEST: Final = 500
_FIELDS: Final = frozenset({"query", "type", "limit", "properties", "type_strict"})
_LATITUDES: Final = frozenset(
    {PREFIXES["schema"] + "latitude", "http://www.w3.org/2003/01/geo/wgs84_pos#lat", "schema:latitude"}
)
_LONGITUDES: Final = frozenset(
    {PREFIXES["schema"] + "longitude", "http://www.w3.org/2003/01/geo/wgs84_pos#long", "schema:longitude"}
)


class AskedError(CdkgError):
    """A request cannot be answered as it was sent.

    Args:
        what: What is wrong.
        query: Which query of the batch it is in; empty: the request as a whole.
        status: The HTTP status that says so.
        **more: As of `CdkgError`.
    """

    def __init__(self, what: str, *, query: str = "", status: int = 400, **more: Any) -> None:
        self.query, self.status = query, status
        super().__init__(f"query {query!r}: {what}" if query else what, **more)


class UnansweredError(AskedError):
    """A query is one by the schema of the API, but cannot be answered; this does not touch others of its batch."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which properties of which things somebody wants.

    Attributes:
        ids: The things, as they were named.
        properties: The properties, as they were named, each with its settings.
    """

    ids: tuple[str, ...]
    properties: tuple[tuple[str, dict[str, Any]], ...]


def read_batch(
    text: str, expand: Callable[[str], str], expand_type: Callable[[str], str]
) -> dict[str, Asked | UnansweredError]:
    """Read a batch of queries (Reconciliation Service API 0.2, section 4.1); those that cannot be answered as why not.

    Args:
        text: The batch in JSON.
        expand: The IRI that a short form of an identifier stands for.
        expand_type: The same for a class.

    Raises:
        AskedError: It is none, or has too many queries.
    """
    found = _read(text, "queries")
    if len(found) > MOST_QUERIES:
        raise AskedError(f"{len(found):,} queries at a time", status=413, why=f"at most {MOST_QUERIES:,} are answered")
    return {name: _Query(name, expand, expand_type).read(each) for name, each in found.items()}


def read_extension(text: str) -> Wanted:
    """Read a request for data (section 7.3).

    Raises:
        AskedError: It is none, or asks for too much.
    """
    found = _read(text, "extend")
    ids, properties = found.get("ids"), found.get("properties")
    if not isinstance(ids, list) or not all(isinstance(each, str) and each for each in ids):
        raise AskedError("`ids` is to be a list of identifiers")
    if not isinstance(properties, list):
        raise AskedError("`properties` is to be a list of objects with an `id`")
    for number, most, told in ((len(ids), MOST_IDS, "things"), (len(properties), MOST_PROPERTIES, "properties")):
        if number > most:
            raise AskedError(f"{number:,} {told} at a time", status=413, why=f"at most {most:,} are told")
    wanted: list[tuple[str, dict[str, Any]]] = []
    for each in properties:
        settings = each.get("settings", {}) if isinstance(each, dict) else None
        if not isinstance(settings, dict) or not isinstance(each.get("id"), str) or not each["id"]:
            raise AskedError("a property is to be an object with an `id`, and perhaps `settings`")
        wanted.append((_short(each["id"], "the `id` of a property"), settings))
    return Wanted(tuple(dict.fromkeys(ids)), tuple(wanted))


def _read(text: str, field: str) -> dict[str, Any]:
    """The object of a field of a request."""
    try:
        found = json.loads(text, parse_constant=_no_number)
        text.encode()
        json.dumps(found, ensure_ascii=False).encode()  # lone surrogates are no text
    except RecursionError as error:
        raise AskedError(f"`{field}` is nested too deeply") from error
    except ValueError as error:
        raise AskedError(f"`{field}` is no JSON", why=_reason(error)) from error
    if not isinstance(found, dict):
        raise AskedError(f"`{field}` is to be a JSON object", hint='{"q0": {"query": "Barcelona"}}')
    return found


def _reason(error: ValueError) -> str:
    return "it has half a character" if isinstance(error, UnicodeEncodeError) else str(error)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number in JSON")


def _short(text: str, told: str) -> str:
    if len(text) > LONGEST:
        raise UnansweredError(f"{told} has {len(text):,} characters", why=f"at most {LONGEST} are looked at")
    return text


class _Query:
    """Reads a query.

    Args:
        name: Its name in the batch.
        expand: The IRI that a short form of an identifier stands for.
        expand_type: The same for a class.
    """

    def __init__(self, name: str, expand: Callable[[str], str], expand_type: Callable[[str], str]) -> None:
        self._name, self._expand, self._expand_type = name, expand, expand_type

    def read(self, found: Any) -> Asked | UnansweredError:
        """Read it.

        Raises:
            AskedError: It is no query.
        """
        try:
            return self._read(found)
        except UnansweredError as error:
            return error

    def _read(self, found: Any) -> Asked:
        if not isinstance(found, dict):
            raise self._wrong("is to be an object", hint='{"query": "Barcelona"}')
        unknown = sorted(set(found) - _FIELDS)
        if unknown:
            raise self._wrong(f"{unknown[0]!r} is not known", hint=f"known: {', '.join(sorted(_FIELDS))}")
        text, properties = found.get("query", ""), found.get("properties", [])
        if not isinstance(text, str):
            raise self._wrong("`query` is to be a text")
        if not isinstance(properties, list):
            raise self._wrong("`properties` is to be a list")
        if "query" not in found and not properties:
            raise self._wrong("neither a name nor a property is given", why="one of `query`, `properties` is needed")
        if len(properties) > MOST_PROPERTIES:
            raise UnansweredError(f"{len(properties)} properties", why=f"at most {MOST_PROPERTIES} are looked at")
        given = [each for each in map(self._condition, properties) if each.values]  # cells of tables may be empty
        if not text.strip() and not given:
            raise UnansweredError("neither a name nor a property is given", why="what is given is empty")
        conditions, where, is_strict = self._placed(given)
        return Asked(
            text=_short(text.strip(), "`query`"),
            types=self._types(found.get("type")),
            strictness=self._strictness(found.get("type_strict", "any")),
            conditions=conditions,
            point=where,
            needs_point=is_strict,
            limit=self._limit(found.get("limit", _CANDIDATES)),
        )

    def _wrong(self, what: str, **more: Any) -> AskedError:
        return AskedError(what, query=self._name, **more)

    def _limit(self, found: Any) -> int:
        is_number = isinstance(found, (int, float)) and not isinstance(found, bool) and math.isfinite(found)
        if not is_number or found < 1 or found != int(found):
            raise self._wrong("`limit` is to be a whole number from 1")
        return min(int(found), _MOST_CANDIDATES)

    def _strictness(self, found: Any) -> Strictness:
        if found not in tuple(Strictness):
            raise self._wrong("`type_strict` is not known", hint=f"one of {', '.join(Strictness)}")
        return Strictness(found)

    def _types(self, found: Any) -> tuple[str, ...]:
        several = found if isinstance(found, list) else [found] if found else []
        if not all(isinstance(each, str) and each for each in several):
            raise self._wrong("`type` is to be an identifier, or a list of some")
        if len(several) > _MOST_TYPES:
            raise UnansweredError(f"{len(several)} types", why=f"at most {_MOST_TYPES} are looked at")
        return tuple(self._expand_type(_short(each, "`type`")) for each in several)

    def _condition(self, found: Any) -> Condition:
        """A property with values, as they were sent."""
        if not isinstance(found, dict) or not isinstance(found.get("pid"), str) or "v" not in found:
            raise self._wrong("a property is to be an object with `pid` and `v`")
        unknown = sorted(set(found) - {"pid", "v", "strict"})
        if unknown or not found["pid"]:
            raise self._wrong(f"a property has no `{unknown[0]}`" if unknown else "a `pid` is empty")
        if not isinstance(found.get("strict", False), bool):
            raise self._wrong("`strict` is to be true or false")
        pid = _short(found["pid"], "a `pid`")
        several: Sequence[Any] = found["v"] if isinstance(found["v"], list) else [found["v"]]
        if len(several) > _MOST_VALUES:
            raise UnansweredError(f"{pid} has {len(several)} values", why=f"at most {_MOST_VALUES} are looked at")
        values = (self._value(pid, each) for each in several)
        return Condition(pid, tuple(each for each in values if each.iri or each.text), found.get("strict", False))

    def _value(self, pid: str, found: Any) -> Value:
        if isinstance(found, dict):
            iri, name = found.get("id"), found.get("name", "")
            if not isinstance(iri, str) or not iri or not isinstance(name, str):
                raise self._wrong(f"a value of {pid} is an object without `id`")
            return Value(_short(name, f"a value of {pid}"), self._expand(_short(iri, "an `id`")))
        if isinstance(found, bool):
            return Value("true" if found else "false")
        if isinstance(found, (str, int, float)):
            return Value(_short(str(found).strip(), f"a value of {pid}"))
        raise self._wrong(f"a value of {pid} is neither text, number, true, false nor an object with `id`")

    def _placed(self, conditions: list[Condition]) -> tuple[tuple[Condition, ...], Point | None, bool]:
        """The conditions without those that are coordinates, these, and whether they are strict."""
        apart: dict[str, Condition] = {}
        for each in conditions:
            kind = PLACE if each.pid == PLACE else "latitude" if each.pid in _LATITUDES else ""
            kind = "longitude" if each.pid in _LONGITUDES else kind
            if kind:
                apart[kind] = each
        if PLACE not in apart and len(apart) < 2:  # one number alone is a value as any
            return tuple(conditions), None, False
        used = [apart[name] for name in ((PLACE,) if PLACE in apart else ("latitude", "longitude"))]
        text = ",".join(each.values[0].text for each in used)
        where = point(text)
        if where is None:
            why = "coordinates are latitude and longitude in degrees"
            raise UnansweredError(f"{text[:80]!r} is no place", why=why, hint="41.38, 2.17")
        rest = tuple(each for each in conditions if each not in used)
        return rest, where, any(each.is_strict for each in used)
