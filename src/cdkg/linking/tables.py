"""Tables of names, as people have them: CSV or TSV with a row of column names."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from cdkg.errors import Location, SourceError
from cdkg.linking.names import folded
from cdkg.linking.places import Kind, Sought
from cdkg.sources.text import read_bytes, shown, unmarked

#: What columns are called, for each thing that is known of a place.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "key": ("id", "iri", "uri", "key"),
    "name": ("name", "city", "label", "place", "title", "town", "city name"),
    "country": ("country", "country code", "countrycode", "iso", "iso2", "iso3", "country name"),
    "region": ("region", "state", "province", "admin1", "county"),
    "latitude": ("latitude", "lat", "y"),
    "longitude": ("longitude", "lon", "lng", "long", "x"),
    "population": ("population", "pop", "inhabitants"),
    "kind": ("type", "kind"),
}
#: An IRI with authority, as SPARQL and Turtle write it (SPARQL 1.1, section 19.8, IRIREF).
_IRI: Final = re.compile(r"[A-Za-z][\w+.-]*://[^\x00-\x20<>\"{}|\\^`]+")
_BOUNDS: Final = {"latitude": 90.0, "longitude": 180.0}


def read_table(path: Path, named: Mapping[str, str] | None = None, kind: Kind | None = None) -> list[Sought]:
    """Read the rows of a table as places that are sought.

    Args:
        path: The file; its cells are separated by commas, semicolons or tabs.
        named: Columns by what they hold (`name`, `country` …), where they are called otherwise than in `COLUMNS`.
        kind: What kind of place all rows are, where no column says it.

    Raises:
        SourceError: It cannot be read, is not UTF-8, has no rows, lacks a column, or a cell is no number; `faults` has
            all that is wrong.
    """
    text = unmarked(read_bytes(path).removeprefix(codecs.BOM_UTF8), shown(path))  # spreadsheets write the mark
    where = Location(shown(path))
    if not text.strip():
        raise SourceError(
            "the table is empty", where=where, hint="begin with a row of column names, such as name,country"
        )
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SourceError("this is no table of texts", where=Location(shown(path), line), why="there is a NUL in it")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise SourceError("this is no CSV", where=Location(shown(path), reader.line_num), why=str(error)) from error
    columns = _columns(rows[0][1], named or {}, Location(shown(path), rows[0][0]))
    if len(rows) == 1:
        raise SourceError("the table has no rows", where=where, why="there is nothing behind the names of columns")
    faults: list[SourceError] = []
    found = list(_rows(rows, columns, kind, shown(path), faults))
    if faults:
        raise SourceError.of(faults)
    return found


def _separator(text: str) -> str:
    """What separates the cells of the first row."""
    first = text.split("\n", 1)[0]
    return max("\t;,", key=first.count)


def _columns(row: Sequence[str], named: Mapping[str, str], where: Location) -> dict[str, int]:
    """Where what is known of a place stands.

    Raises:
        SourceError: A column is not there, or what holds names and coordinates cannot be told.
    """
    names = [folded(cell) for cell in row]
    found: dict[str, int] = {}
    for what, column in named.items():
        if column not in row and folded(column) not in names:
            near = get_close_matches(column, row, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the columns are {', '.join(row)}"
            raise SourceError(f"there is no column {column!r}", where=where, hint=hint)
        found[what] = row.index(column) if column in row else names.index(folded(column))
    for what, usual in COLUMNS.items():
        at = next((names.index(name) for name in usual if name in names), None)
        if at is not None and at not in found.values():
            found.setdefault(what, at)
    if "name" not in found and not {"latitude", "longitude"} <= found.keys():
        why = f"the columns are {', '.join(row)}"
        raise SourceError("no column holds the names", where=where, why=why, hint="say which: --column name=…")
    return found


def _rows(
    rows: Sequence[tuple[int, list[str]]], columns: Mapping[str, int], kind: Kind | None, path: str,
    faults: list[SourceError],
) -> Iterator[Sought]:  # fmt: skip
    width = len(rows[0][1])
    for line, row in rows[1:]:
        if len(row) != width:
            why = "a text with a separator in it stands in quotes" if len(row) > width else "some are missing"
            what = f"this row has {len(row)} cells, the first has {width}"
            faults.append(SourceError(what, where=Location(path, line), why=why))
            continue
        cells = {what: row[at].strip() for what, at in columns.items()}
        try:
            yield _sought(cells, kind, f"row {line}")
        except ValueError as error:
            faults.append(SourceError(str(error), where=Location(path, line), hint="mend the cell, or leave it empty"))


def _sought(cells: Mapping[str, str], kind: Kind | None, key: str) -> Sought:
    """A row.

    Raises:
        ValueError: A cell is no number, or no IRI.
    """
    written = cells.get("key", "")
    if "://" in written and not _IRI.fullmatch(written):
        raise ValueError(f"{written!r} is no IRI")
    population = _number("population", cells.get("population", ""))
    said = cells.get("kind", "").casefold()
    return Sought(
        key=written or key, name=cells.get("name", ""), country=cells.get("country", ""),
        region=cells.get("region", ""), latitude=_number("latitude", cells.get("latitude", "")),
        longitude=_number("longitude", cells.get("longitude", "")),
        population=None if population is None else int(population), kind=Kind(said) if said in set(Kind) else kind,
    )  # fmt: skip


def _number(name: str, text: str) -> float | None:
    if not text:
        return None
    plain = re.sub(r"[\s,'](?=\d{3}\b)", "", text) if name == "population" else text.replace(",", ".")
    try:
        number = float(plain)
    except ValueError as error:
        raise ValueError(f"the {name} {text!r} is no number") from error
    bound = _BOUNDS.get(name)
    if not (abs(number) <= bound if bound else 0 <= number < 1e11):
        raise ValueError(f"the {name} {text} is out of range")
    return number
