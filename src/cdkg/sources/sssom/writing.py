"""Write SSSOM/TSV in its canonical form (SSSOM 1.0, "Canonical SSSOM/TSV format"), or as the JSON of the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from cdkg.errors import OutputError
from cdkg.sources.sssom.mapping import Mapping, MappingSet
from cdkg.sources.sssom.slots import BUILT_IN, OF_MAPPING, OF_SET, Kind, Slot
from cdkg.sources.sssom.table import joined
from cdkg.sources.sssom.values import BadValueError, write_value

#: Slots that version 1.1 has added.
_NEW_IN_MAPPINGS: Final = (
    "record_id", "predicate_type", "cardinality_scope", "mapping_tool_id", "review_date", "reviewer_agreement",
)  # fmt: skip
_NEW_IN_SETS: Final = (
    "mapping_set_confidence", "predicate_type", "cardinality_scope", "mapping_tool_id", "similarity_measure",
    "curation_rule", "curation_rule_text",
)  # fmt: skip
#: Text that YAML reads as itself without quotation marks, and as a text.
_PLAIN: Final = re.compile(
    r"(?![-?:] |[-&*!|>%@`{}\[\],'\"#?:]|(?:null|Null|NULL|~|true|false|True|False|TRUE|FALSE)$)\S(?:.*\S)?"
)
_NUMERIC: Final = re.compile(
    r"[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?|0x[\da-f]+|0o[0-7]+|[-+]?\.inf|\.nan", re.IGNORECASE
)


def write(mapping_set: MappingSet) -> str:
    """The file of a set of mappings: the same mappings give the same text, whatever their order.

    Rows and columns stand in the order of the schema, what holds for all mappings stands in the head, and prefixes are
    declared that are used. A set with slots that version 1.0 does not have says that it is of version 1.1.

    Raises:
        OutputError: A value is not allowed in its slot, an identifier has no prefix, or two mappings are the same.
    """
    condensed = _versioned(_condensed(mapping_set))
    rows = sorted(_row(mapping, condensed.curie_map) for mapping in condensed.mappings)
    _refuse_twice(condensed.mappings)
    names = [name for i, name in enumerate(OF_MAPPING) if any(row[i] for row in rows) or name in _ALWAYS]
    chosen = [i for i, name in enumerate(OF_MAPPING) if name in names]
    lines = ["\t".join(names), *("\t".join(_quoted(row[i]) for i in chosen) for row in rows)]
    return "".join(f"{line}\n" for line in (*_head(condensed, rows), *lines))


_ALWAYS: Final = frozenset({"subject_id", "predicate_id", "object_id", "mapping_justification"})


def as_json(mapping_set: MappingSet) -> dict[str, Any]:
    """The same as the JSON that the schema describes, with CURIEs.

    Raises:
        OutputError: As of `write`.
    """
    found = _json_values(mapping_set, OF_SET, mapping_set.curie_map)
    found["curie_map"] = dict(sorted(mapping_set.curie_map.items()))
    found["mappings"] = [_json_values(m, OF_MAPPING, mapping_set.curie_map) for m in mapping_set.mappings]
    return found


def _json_values(record: Mapping | MappingSet, slots: dict[str, Slot], prefixes: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, slot in slots.items():
        values = _values(record, slot, prefixes)
        if values:
            plain = [float(value) if slot.kind is Kind.NUMBER else value for value in values]
            found[name] = plain if slot.is_many else plain[0]
    return found


def _condensed(mapping_set: MappingSet) -> MappingSet:
    """The set with what all mappings share in its head (SSSOM 1.0, model, Condensation)."""
    mappings = mapping_set.mappings
    if not mappings:
        return mapping_set
    moved: dict[str, Any] = {}
    for name in (name for name, slot in OF_SET.items() if slot.is_common):
        value, own = getattr(mappings[0], name), getattr(mapping_set, name)
        if value and own in (value, None, ()) and all(getattr(mapping, name) == value for mapping in mappings):
            moved[name] = value
    empty: dict[str, Any] = {name: () if OF_SET[name].is_many else None for name in moved}
    return replace(mapping_set, mappings=tuple(replace(mapping, **empty) for mapping in mappings), **moved)


def _versioned(mapping_set: MappingSet) -> MappingSet:
    """The set with the version that it needs: without one, readers take it for one of 1.0."""
    records = [(mapping_set, _NEW_IN_SETS), *((mapping, _NEW_IN_MAPPINGS) for mapping in mapping_set.mappings)]
    is_new = any(getattr(record, name) not in {None, ()} for record, names in records for name in names)
    return replace(mapping_set, sssom_version="1.1") if is_new else mapping_set


def _row(mapping: Mapping, prefixes: dict[str, str]) -> list[str]:
    return [joined(tuple(_values(mapping, slot, prefixes))) if slot.is_many
            else next(iter(_values(mapping, slot, prefixes)), "") for slot in OF_MAPPING.values()]  # fmt: skip


def _values(record: Mapping | MappingSet, slot: Slot, prefixes: dict[str, str]) -> list[str]:
    """The values of a slot as a file writes them.

    Raises:
        OutputError: One is not allowed.
    """
    value = getattr(record, slot.name)
    values = value if slot.is_many else () if value is None else (value,)
    try:
        return [write_value(each, slot, BUILT_IN | prefixes) for each in values]
    except BadValueError as fault:
        what, why, hint = fault.args
        who = f" of {record.subject_id or record.subject_label}" if isinstance(record, Mapping) else ""
        raise OutputError(f"{slot.name}{who}: {what}", why=why, hint=hint) from fault


def _refuse_twice(mappings: Iterable[Mapping]) -> None:
    seen = set()
    for mapping in mappings:
        if mapping.key in seen:
            what = f"the mapping of {mapping.subject_id} to {mapping.object_id} is there twice"
            raise OutputError(what, why="a set has each mapping once", hint="keep one of them")
        seen.add(mapping.key)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search(r'[\t\r\n"]', text) else text


def _head(mapping_set: MappingSet, rows: list[list[str]]) -> Iterator[str]:
    """The lines of the head."""
    slots = {name: _values(mapping_set, slot, mapping_set.curie_map) for name, slot in OF_SET.items()}
    if slots["sssom_version"]:
        yield f"#sssom_version: {json.dumps(slots['sssom_version'][0])}"
    used = _used(slots, rows)
    declared = {name: iri for name, iri in mapping_set.curie_map.items() if name in used and name not in BUILT_IN}
    if declared:
        yield "#curie_map:"
        yield from (f"#  {name}: {_scalar(iri)}" for name, iri in sorted(declared.items()))
    for name, values in slots.items():
        if name == "sssom_version" or not values:
            continue
        if OF_SET[name].is_many:
            yield f"#{name}:"
            yield from (f"#  - {_scalar(value)}" for value in values)
        else:
            yield f"#{name}: {_scalar(values[0], is_number=OF_SET[name].kind is Kind.NUMBER)}"


def _used(slots: dict[str, list[str]], rows: list[list[str]]) -> set[str]:
    """The prefixes of the identifiers in the head and the rows."""
    found = {v.partition(":")[0] for name, vs in slots.items() if OF_SET[name].kind is Kind.ENTITY for v in vs}
    for i, slot in enumerate(OF_MAPPING.values()):
        if slot.kind is Kind.ENTITY:
            found |= {part.partition(":")[0] for row in rows for part in row[i].split("|")}
    return found


def _scalar(text: str, *, is_number: bool = False) -> str:
    """A text as YAML writes it: plain where it can be, else in double quotes."""
    plain = _PLAIN.fullmatch(text) and not re.search(r":(\s|$)|\s#|[^\S ]|[\x00-\x1f\x7f-\x9f]", text)
    if plain and (is_number or not _NUMERIC.fullmatch(text)):
        return text
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f").replace("\x85", "\\x85")
