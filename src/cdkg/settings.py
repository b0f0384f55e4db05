"""What can be set: `cdkg.toml` beside `data/`, and `CDKG_*` in the environment, which wins."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from cdkg.errors import Location, SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults; each may be set as `name = …` in `cdkg.toml` or as `CDKG_NAME`.

    Attributes:
        host: Address that `serve` listens on.
        port: Port that `serve` listens on; 0 takes a free one.
        state: Folder for snapshots; empty means `.cdkg` of the project or the user's cache folder.
        keep_snapshots: How many snapshots stay on disk.
        max_query_bytes: Longest query that is answered, in bytes.
        max_query_depth: Deepest nesting of braces and brackets in a query.
        max_results: How many validation results of one kind are printed before the rest is counted.
    """

    host: str = "127.0.0.1"
    port: int = 7171
    state: str = ""
    keep_snapshots: int = 3
    max_query_bytes: int = 100_000
    max_query_depth: int = 200
    max_results: int = 20


def read(folder: Path) -> Settings:
    """Read the settings of a project folder and of the environment.

    Raises:
        SettingsError: The file is no TOML, a name is unknown, or a value has the wrong type.
    """
    values: dict[str, object] = {}
    known = {field.name: field.type for field in fields(Settings)}
    path = folder / "cdkg.toml"
    if path.is_file():
        values |= _from_toml(path, known)
    for name, kind in known.items():
        text = os.environ.get(f"CDKG_{name.upper()}")
        if text is not None:
            values[name] = _number(name, text) if kind == "int" else text
    return Settings(**values)  # type: ignore[arg-type]  # names and types were checked above


def _from_toml(path: Path, known: dict[str, object]) -> dict[str, object]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("cdkg.toml is not valid TOML", where=Location(str(path)), why=str(error)) from error
    for name, value in table.items():
        wanted = known.get(name)
        if wanted is None:
            raise SettingsError(
                f"unknown setting {name!r}", where=Location(str(path)), hint=f"known: {', '.join(known)}"
            )
        if type(value).__name__ != wanted:
            raise SettingsError(f"setting {name!r} must be of type {wanted}", where=Location(str(path)))
    return table


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise SettingsError(f"CDKG_{name.upper()} must be a whole number, not {text!r}") from error
