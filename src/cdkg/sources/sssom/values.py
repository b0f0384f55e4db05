"""The values of slots: from how files write them to what they mean, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as ReadOnly
from datetime import date
from difflib import get_close_matches
from typing import Final

from pyoxigraph import NamedNode

from cdkg.sources.sssom.mapping import NO_TERM
from cdkg.sources.sssom.slots import BUILT_IN, JUSTIFICATIONS, Kind, Slot

_CURIE: Final = re.compile(r"([A-Za-z_][\w.-]*):([^\s<>\"{}|\\^`]*)")
_NUMBER: Final = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_ENDS: Final = frozenset({"subject_id", "object_id"})
#: So many characters of a value are told.
_MOST: Final = 200


class BadValueError(Exception):
    """A value that its slot does not allow: what, why, what to do."""


def told(text: str) -> str:
    """A value as messages have it: whole, or its beginning."""
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def nearest(text: str, known: Iterable[str]) -> str:
    """The known word that a text is a slip of; empty where there is none. What is long is none."""
    return next(iter(get_close_matches(text, [*known], n=1)), "") if len(text) <= _MOST else ""


def read_value(slot: Slot, text: str, prefixes: ReadOnly[str, str]) -> str | float:
    """What a single value means.

    Args:
        slot: The slot.
        text: The value as a file writes it.
        prefixes: What the prefixes of CURIEs stand for.

    Raises:
        BadValueError: The slot does not allow it.
    """
    match slot.kind:
        case Kind.ENTITY:
            return _entity(slot, text, prefixes)
        case Kind.NUMBER:
            return _number(slot, text)
        case Kind.DATE:
            _date(text)
        case Kind.ADDRESS:
            _address(text)
        case Kind.CHOICE if text not in slot.choices:
            raise _unknown(text, [*slot.choices])
        case _:
            pass
    return text


def write_value(value: str | float, slot: Slot, prefixes: ReadOnly[str, str]) -> str:
    """How a file writes a value: numbers with up to three digits behind the point, identifiers as CURIEs.

    Raises:
        BadValueError: There is no prefix for an identifier, or it is not allowed in the slot.
    """
    if isinstance(value, float | int):
        text = f"{value + 0.0:.3f}".rstrip("0").rstrip(".")
        text = "0" if text == "-0" else text
    else:
        text = contracted(value, prefixes) if slot.kind is Kind.ENTITY else value
    read_value(slot, text, prefixes)
    return text


def expanded(curie: str, prefixes: ReadOnly[str, str]) -> str:
    """The IRI of a CURIE (CURIE Syntax 1.0, section 3).

    Raises:
        BadValueError: It is none, or its prefix is not declared.
    """
    found = _CURIE.fullmatch(curie)
    if found is None:
        why = "identifiers are written as prefix:name"
        raise BadValueError(f"{told(curie)!r} is no CURIE", why, "write prefix:name")
    prefix, name = found[1], found[2]
    if prefix not in prefixes:
        if name.startswith("//"):
            raise BadValueError(
                f"<{told(curie)}> is an IRI, no CURIE",
                "in these files identifiers are CURIEs (SSSOM/TSV, Identifiers)",
                _shorter(curie, prefixes),
            )
        near = nearest(prefix, prefixes)
        hint = f"did you mean {near}:{told(name)}?" if near else f"declare {told(prefix)} in curie_map"
        raise BadValueError(f"the prefix {told(prefix)!r} is not declared", f"{told(curie)!r} has it", hint)
    iri = prefixes[prefix] + name
    try:
        NamedNode(iri)
    except ValueError as error:
        what, why = f"{told(curie)!r} stands for no IRI", told(f"<{iri}>: {error}")
        raise BadValueError(what, why, "mend it, or its prefix") from error
    return iri


def contracted(iri: str, prefixes: ReadOnly[str, str]) -> str:
    """The CURIE of an IRI, with the prefix that leaves the shortest name.

    Raises:
        BadValueError: No prefix fits.
    """
    fitting = [(len(iri) - len(start), name) for name, start in prefixes.items() if start and iri.startswith(start)]
    if not fitting:
        raise BadValueError(
            f"there is no prefix for <{iri}>", "identifiers are written as CURIEs", "add one to curie_map"
        )
    left, prefix = min(fitting)
    return f"{prefix}:{iri[len(iri) - left :]}"


def _shorter(iri: str, prefixes: ReadOnly[str, str]) -> str:
    try:
        return f"write {told(contracted(iri, prefixes))}"
    except BadValueError:
        return "declare a prefix for it in curie_map, and write prefix:name"


def _entity(slot: Slot, text: str, prefixes: ReadOnly[str, str]) -> str:
    iri = expanded(text, prefixes)
    if slot.name == "mapping_justification" and iri not in JUSTIFICATIONS:
        raise _unknown(text, [contracted(known, BUILT_IN) for known in JUSTIFICATIONS])
    if iri == NO_TERM and slot.name not in _ENDS:
        raise BadValueError(f"{text} cannot stand here", "it stands for a subject or object that there is not", "")
    return iri


def _number(slot: Slot, text: str) -> float:
    number = float(text) if _NUMBER.fullmatch(text) else None
    if number is None or not slot.least <= number <= 1:
        why = "it is no number" if number is None else "it is outside of these bounds"
        raise BadValueError(f"{told(text)!r} is no number from {slot.least:g} to 1", why, "write one, such as 0.95")
    return number


def _date(text: str) -> None:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            raise ValueError("a date is written as YYYY-MM-DD")  # noqa: TRY301
        date.fromisoformat(text)
    except ValueError as error:
        raise BadValueError(f"{told(text)!r} is no date", str(error), "write YYYY-MM-DD, such as 2026-11-22") from error


def _address(text: str) -> None:
    why = "it begins with no scheme, or has a space in it"
    try:
        if _ADDRESS.fullmatch(text):
            NamedNode(text)
            return
    except ValueError as error:
        why = told(str(error))
    raise BadValueError(f"{told(text)!r} is no absolute URI", why, "write it as https://…")


def _unknown(text: str, known: list[str]) -> BadValueError:
    near = nearest(text, known)
    hint = f"did you mean {near}?" if near else f"one of {', '.join(known)}"
    return BadValueError(f"{told(text)!r} is none of the values of this slot", f"there are {len(known)}", hint)
