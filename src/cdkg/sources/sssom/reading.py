"""Read SSSOM/TSV (SSSOM 1.0, "The SSSOM/TSV serialisation format"); all that is wrong is told with its place."""

from __future__ import annotations

from collections.abc import Container
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pyoxigraph import NamedNode

from cdkg.errors import SourceError
from cdkg.sources.sssom.head import Entry, Span, read_head
from cdkg.sources.sssom.mapping import LITERAL, Mapping, MappingSet
from cdkg.sources.sssom.slots import BUILT_IN, OF_MAPPING, OF_SET, Slot
from cdkg.sources.sssom.table import Cell, pieces, read_table
from cdkg.sources.sssom.values import BadValueError, nearest, read_value, told
from cdkg.sources.text import LineStarts, read_unmarked, shown

_REQUIRED: Final = ("predicate_id", "mapping_justification")
_NOT_READ: Final = frozenset({"mappings", "extension_definitions"})


@dataclass(frozen=True, slots=True)
class Written:
    """A set of mappings and where its parts are written.

    Attributes:
        mapping_set: The mappings in the order of the file, with the values of the head that hold for all of them.
        keys: Where the keys of the head stand.
        cells: For each mapping, where its cells stand.
        rows: For each mapping, where its row stands.
    """

    mapping_set: MappingSet
    keys: dict[str, Span]
    cells: tuple[dict[str, Span], ...]
    rows: tuple[Span, ...]


def read(path: Path) -> MappingSet:
    """Read a file.

    Raises:
        SourceError: It cannot be opened, is not UTF-8, or no valid SSSOM/TSV; `faults` has all that is wrong.
    """
    return read_written(read_unmarked(path), shown(path)).mapping_set


def read_written(text: str, path: str) -> Written:
    """Read a text.

    Columns that are no slots are refused: the specification would have them passed over by whoever does not know them,
    but then a slip in a name would lose a column without a word.

    Args:
        text: The file, without a byte order mark; lines may end with LF, CRLF or CR.
        path: How the file is called where faults are told.

    Raises:
        SourceError: It is not valid; `faults` has all that is wrong.
    """
    reading = _Reading(text, path)
    found = reading.read()
    if found is None or reading.faults:
        place = [
            (fault.where.line or 0, fault.where.column or 0) if fault.where else (0, 0) for fault in reading.faults
        ]
        order = sorted(range(len(place)), key=place.__getitem__)
        raise SourceError.of([reading.faults[i] for i in order])
    return found


class _Reading:
    def __init__(self, text: str, path: str) -> None:
        self._text, self._path, self._lines = text, path, LineStarts(text)
        self.faults: list[SourceError] = []

    def fault(self, span: Span, what: str, why: str = "", hint: str = "") -> None:
        self.faults.append(SourceError(what, where=self._lines.span(span, self._path), why=why, hint=hint))

    def read(self) -> Written | None:
        if (at := self._text.find("\0")) >= 0:
            self.fault((at, at + 1), "there is a NUL", "no text has one; is this another kind of file?", "take it out")
        entries, start = read_head(self._text, self.fault)
        if not entries:
            hint = "begin the file with #curie_map:, #mapping_set_id: and #license:"
            self.fault((0, 0), "there is no head", "an SSSOM file begins with lines of metadata behind #", hint)
        prefixes = self._prefixes(entries)
        head = self._head(entries, prefixes)
        rows = read_table(self._text, start, self.fault)
        if not rows:
            end = len(self._text)
            self.fault((end, end), "there is no table", "behind the head comes the line of column names", "")
            return None
        columns = self._columns(rows[0])
        mappings, cells, spans = self._mappings(rows[1:], columns, head, prefixes)
        if self.faults:
            return None
        common = {name for name, slot in OF_SET.items() if slot.is_common and name in head}
        common = {name for name in common if mappings and not any(getattr(m, name) for m in mappings)}
        moved = {name: head.pop(name) for name in common}
        mappings = [replace(mapping, **moved) for mapping in mappings] if moved else mappings
        declared = {name: start for name, start in prefixes.items() if name in self._declared}
        mapping_set = MappingSet(curie_map=declared, mappings=tuple(mappings), **head)
        keys = {name: entry.span for name, entry in entries.items()}
        return Written(mapping_set, keys, tuple(cells), tuple(spans))

    # -- the head ----------------------------------------------------------------------------------------------------

    def _prefixes(self, entries: dict[str, Entry]) -> dict[str, str]:
        """What prefixes stand for, those that need no declaration included."""
        entry = entries.get("curie_map")
        self._declared: set[str] = set(entry.pairs) if entry else set()
        found = dict(BUILT_IN)
        if entry is not None and entry.values:
            self.fault(
                entry.span, "curie_map is a table", "it has a prefix and its IRI a line", "write `#  wd: http://…`"
            )
        for name, value in (entry.pairs if entry else {}).items():
            try:
                NamedNode(value.text)
            except ValueError as error:
                what = f"{told(name)}: {told(value.text)!r} is no IRI"
                self.fault(value.span, what, told(str(error)), "write the beginning of an IRI")
                continue
            if BUILT_IN.get(name, value.text) != value.text:
                why = "every SSSOM file means the same by it"
                self.fault(value.span, f"{name} stands for <{BUILT_IN[name]}>", why, "take this line out")
            found[name] = value.text
        return found

    def _head(self, entries: dict[str, Entry], prefixes: ReadOnly[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, entry in entries.items():
            slot = OF_SET.get(name)
            if name == "curie_map":
                continue
            if slot is None:
                self._unknown(entry.span, name, "slot of a mapping set", [*OF_SET, "curie_map"])
            elif entry.pairs:
                self.fault(entry.span, f"{name} is no table", "", "write its value behind it")
            elif len(entry.values) > 1 and not slot.is_many:
                self.fault(entry.span, f"{name} has one value, not {len(entry.values)}", "", "keep one of them")
            elif entry.values:
                values = [self._value(slot, Cell(value.text, value.span), prefixes) for value in entry.values]
                found[name] = tuple(values) if slot.is_many else values[0]
        for name in ("mapping_set_id", "license"):
            if name not in entries:
                hint = f"add `#{name}: https://…`"
                self.fault((0, 0), f"{name} is missing in the head", "every set of mappings has one", hint)
            elif not entries[name].values:
                self.fault(entries[name].span, f"{name} has no value", "every set of mappings has one", "write it")
        return found

    def _unknown(self, span: Span, name: str, kind: str, known: list[str]) -> None:
        if name in _NOT_READ:
            why = "slots beyond those of SSSOM would be lost when the file is written" if name != "mappings" else ""
            self.fault(span, f"{name} is not read here", why or "mappings stand in the table", "take it out")
            return
        near = nearest(name, known)
        self.fault(
            span, f"{told(name)!r} is no {kind}", "what nobody knows would be lost without a word",
            f"did you mean {near}?" if near else "take it out, or put it into `other` or `comment`",
        )  # fmt: skip

    # -- the table ---------------------------------------------------------------------------------------------------

    def _columns(self, row: list[Cell]) -> list[str]:
        names = [cell.text.strip() for cell in row]
        for number, cell in enumerate(row):
            name = names[number]
            if name not in OF_MAPPING:
                self._unknown(cell.span, name, "slot of a mapping", [*OF_MAPPING])
            elif name in names[:number]:
                self.fault(cell.span, f"the column {told(name)} is there twice", "", "keep one of them")
        for name in _columns_missing(names):
            span = row[0].span[0], row[-1].span[1]
            self.fault(span, f"the column {name} is missing", "every mapping has one", "add it")
        return names

    def _mappings(
        self, rows: list[list[Cell]], columns: list[str], head: dict[str, Any], prefixes: ReadOnly[str, str]
    ) -> tuple[list[Mapping], list[dict[str, Span]], list[Span]]:
        mappings, cells, spans = [], [], []
        seen: dict[Any, Span] = {}
        for row in rows:
            span = row[0].span[0], row[-1].span[1]
            if len(row) != len(columns):
                self._length(row, columns)
                continue
            by_name = dict(zip(columns, row, strict=True))
            mapping = self._mapping(by_name, span, head, prefixes)
            if mapping is None:
                continue
            self._once(mapping, span, seen)
            mappings.append(mapping)
            cells.append({name: cell.span for name, cell in by_name.items()})
            spans.append(span)
        identified = [mapping.record_id is not None for mapping in mappings]
        if any(identified) and not all(identified):
            self.fault(
                spans[identified.index(False)], "record_id: this row has none", "either all rows have one, or none"
            )
        return mappings, cells, spans

    def _length(self, row: list[Cell], columns: list[str]) -> None:
        given, asked = len(row), len(columns)
        what = f"this row has {given} cells, and there are {asked} columns"
        if given > asked:
            span, why = (row[asked].span[0], row[-1].span[1]), f"it goes on behind {columns[-1]}"
        else:
            span, why = (row[-1].span[1], row[-1].span[1]), f"{columns[given]} comes next"
        self.fault(span, what, why, "a tab stands between cells, also between empty ones")

    def _mapping(
        self, row: dict[str, Cell], span: Span, head: dict[str, Any], prefixes: ReadOnly[str, str]
    ) -> Mapping | None:
        """The mapping of a row; None where something is wrong."""
        before = len(self.faults)
        values: dict[str, Any] = {}
        for name, cell in row.items():
            slot = OF_MAPPING.get(name)
            if slot is None or not cell.text.strip():
                continue
            if slot.is_many:
                parts = [Cell(part.strip(), cell.span) for part in pieces(cell.text)]
                if not all(part.text for part in parts):
                    self.fault(cell.span, f"{name}: a value is empty", "| stands between values", "take a | out")
                values[name] = tuple(self._value(slot, part, prefixes) for part in parts if part.text)
            else:
                values[name] = self._value(slot, Cell(cell.text.strip(), cell.span), prefixes)
        for name, why in _missing(values, head):
            if name in row or name not in _columns_missing(row):
                place = row[name].span if name in row else span
                self.fault(place, f"{name}: there is no value", why, "write it, or take the row out")
        wanted = {*_REQUIRED} <= values.keys() and len(self.faults) == before
        return Mapping(**values) if wanted else None

    def _value(self, slot: Slot, cell: Cell, prefixes: ReadOnly[str, str]) -> str | float:
        try:
            return read_value(slot, cell.text, prefixes)
        except BadValueError as fault:
            what, why, hint = fault.args
            self.fault(cell.span, f"{slot.name}: {what}", why, hint)
            return cell.text

    def _once(self, mapping: Mapping, span: Span, seen: dict[Any, Span]) -> None:
        keys = [("this mapping", mapping.key)]
        keys += [("record_id: this one", mapping.record_id)] if mapping.record_id else []  # type: ignore[list-item]
        for what, key in keys:
            if key in seen:
                line = self._lines.place(seen[key][0])[0]
                self.fault(span, f"{what} is there twice", f"line {line} has it already", "keep one of them")
            seen.setdefault(key, span)


def _columns_missing(columns: Container[str]) -> list[str]:
    """The columns that a table must have and has not; of a thing that may be a text, its label will do."""
    found = [name for name in _REQUIRED if name not in columns]
    ends = [side for side in ("subject", "object") if f"{side}_label" not in columns]
    return found + [f"{side}_id" for side in ends if f"{side}_id" not in columns]


def _missing(values: dict[str, Any], head: dict[str, Any]) -> list[tuple[str, str]]:
    """The slots that a mapping must have and has not, each with why."""
    found = [(name, "every mapping has one") for name in _REQUIRED if name not in values]
    for side in ("subject", "object"):
        is_literal = values.get(f"{side}_type", head.get(f"{side}_type")) == LITERAL
        name = f"{side}_label" if is_literal else f"{side}_id"
        if name not in values:
            found.append((name, f"the {side} is a text" if is_literal else "every mapping has one"))
    if not {"reviewer_id", "reviewer_label"} & values.keys():
        told = [name for name in ("review_date", "reviewer_agreement") if name in values]
        found += [("reviewer_id", f"{name} is given") for name in told]
    return found
