"""What can be set: `cdkg.toml` beside `data/`, and `CDKG_*` in the environment, which wins."""

from __future__ import annotations

import codecs
import os
import re
import tomllib
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from cdkg.errors import Location, SettingsError

#: How a setting of several texts is typed below.
_LIST: Final = "tuple[str, ...]"
#: What each type is called.
_KINDS: Final = {"str": "a text", "int": "a whole number", _LIST: "a list of texts"}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults; each may be set as `name = …` in `cdkg.toml` or as `CDKG_NAME`.

    Attributes:
        host: Address that `serve` listens on.
        port: Port that `serve` listens on; 0 takes a free one.
        state: Folder for snapshots, in `cdkg.toml` relative to that file; empty means `.cdkg` of the project or the
            user's cache folder.
        keep_snapshots: How many snapshots stay on disk.
        memory_quads: A graph of more quads, inferred ones included, is served from disk; one of fewer lies in memory.
        validation_seconds: Time that shapes and checks may take.
        validation_megabytes: Memory that they may take.
        max_query_bytes: Longest query that is answered, in bytes.
        max_query_depth: Deepest nesting of braces and brackets in a query.
        services: SPARQL endpoints that queries may ask with SERVICE; in `CDKG_SERVICES` with blanks between them.
        contact: How those can reach who runs this one: an address of a page or of mail.
        query_seconds: Time that a query may take, its answer included.
        query_megabytes: Memory that a query may take, beside the store.
        query_patience: Seconds that a query waits for its turn before it is told to come again.
        query_workers: How many queries are answered at a time; each may take `query_megabytes`.
        queries_per_client: How many queries of one address are answered or wait; of IPv6, of one network of 64 bits.
        queries_waiting: How many queries wait in all.
        answer_bytes: Longest answer of a query.
        answer_rows: Most solutions or triples of an answer; 0: as many as `answer_bytes` lets through.
        cache_megabytes: Memory for answers that are asked for again; 0: none are kept.
        threads: How many requests are taken up at a time; more than workers and those that wait, so that others are
            answered while these are full.
        connections: How many clients may be connected.
        idle_seconds: Time that a connection may be silent between requests.
        trusted_proxy: Address of the proxy before the server, whose X-Forwarded-For, -Proto and -Host are believed; `*`
            where nobody else can connect. Empty: nobody is believed. Without it, all clients of a proxy count as one.
        log_requests: `yes`: each request is a line of JSON on standard error; `no`: faults only.
        base_url: Address that people reach the server at (`https://kg.example.org/`), for links and descriptions of
            itself; empty: as each request has it.
        data_license: Address of the licence of the data, told in the description of the dataset; empty: none is told,
            but that of our own data.
    """

    host: str = "127.0.0.1"
    port: int = 7171
    state: str = ""
    keep_snapshots: int = 3
    memory_quads: int = 2_000_000
    validation_seconds: int = 300
    validation_megabytes: int = 4096
    max_query_bytes: int = 100_000
    max_query_depth: int = 200
    services: tuple[str, ...] = ()
    contact: str = ""
    query_seconds: int = 30
    query_megabytes: int = 1024
    query_patience: int = 10
    query_workers: int = 8
    queries_per_client: int = 6
    queries_waiting: int = 64
    answer_bytes: int = 256 * 1024 * 1024
    answer_rows: int = 2_000_000
    cache_megabytes: int = 64
    threads: int = 80
    connections: int = 1000
    idle_seconds: int = 60
    trusted_proxy: str = ""
    log_requests: str = "yes"
    base_url: str = ""
    data_license: str = ""


#: The settings of who has set none.
USUAL: Final = Settings()


def read(folder: Path) -> Settings:
    """Read the settings of a project folder and of the environment.

    Raises:
        SettingsError: The file cannot be read or is no TOML, a name is unknown, or a value has the wrong type or is
            out of range.
    """
    known = {field.name: field.type for field in fields(Settings)}
    path = folder / "cdkg.toml"
    values = _from_toml(path, known) if path.exists() else {}
    if values.get("state"):
        values["state"] = str(folder / str(values["state"]))
    for name, kind in known.items():
        text = os.environ.get(f"CDKG_{name.upper()}")
        if text is not None:
            values[name] = _number(name, text) if kind == "int" else tuple(text.split()) if kind == _LIST else text
            _check_range(name, values[name], Location(f"CDKG_{name.upper()}"))
    return Settings(**values)  # type: ignore[arg-type]  # names and types were checked above


def _from_toml(path: Path, known: dict[str, object]) -> dict[str, object]:
    try:
        data = path.read_bytes().removeprefix(codecs.BOM_UTF8)
        text = data.decode("utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise SettingsError(
            "cannot open the file", where=Location(str(path)), why=error.strerror or str(error)
        ) from error
    except UnicodeDecodeError as error:
        raise _not_utf8(path, data, error.start) from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        where = Location(str(path), int(place[1]), int(place[2])) if place else Location(str(path))
        why = str(error)[: place.start()] if place else str(error)
        raise SettingsError(
            "cdkg.toml is not valid TOML", where=where, why=why, hint="mend what stands there"
        ) from error
    for name, value in table.items():
        wanted, where = known.get(name), _place(path, text, name)
        if wanted is None:
            near = get_close_matches(name, known, 1)
            hint = f"write {near[0]}, if that is meant" if near else f"known: {', '.join(known)}"
            raise SettingsError(f"unknown setting {name!r}", where=where, hint=hint)
        if wanted == _LIST and isinstance(value, list) and all(isinstance(each, str) for each in value):
            table[name] = tuple(value)
        elif type(value).__name__ != wanted:
            raise SettingsError(f"setting {name!r} must be {_KINDS[str(wanted)]}, not {value!r}", where=where)
        _check_range(name, value, where)
    return table


def _place(path: Path, text: str, name: str) -> Location:
    """Where a setting stands; TOML tells no places, so the line that begins with its name is looked for."""
    found = re.search(rf"""^[ \t]*\[?["']?({re.escape(name)})\b""", text, re.MULTILINE)
    if found is None:
        return Location(str(path))
    return Location(str(path), text.count("\n", 0, found.start(1)) + 1, found.start(1) - found.start() + 1)


def _not_utf8(path: Path, data: bytes, at: int) -> SettingsError:
    """What is wrong with a file whose first byte that is not UTF-8 stands at an offset (TOML 1.0 asks for UTF-8)."""
    before = data[:at].decode("utf-8")
    where = Location(str(path), before.count("\n") + 1, len(before) - before.rfind("\n"))
    why = f"the byte 0x{data[at]:02X} does not belong there"
    return SettingsError("cdkg.toml is not UTF-8", where=where, why=why, hint="save the file as UTF-8")


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise SettingsError(f"CDKG_{name.upper()} must be a whole number, not {text!r}") from error


def check_address(value: str, where: Location | None = None, of: str = "a server") -> None:
    """Refuse what is no `http` or `https` address without query and fragment.

    Raises:
        SettingsError: It is none.
    """
    if not re.fullmatch(r"https?://[^\s/?#<>\"{}|\\^`]+(?:/[^\s?#<>\"{}|\\^`]*)?", value):
        raise SettingsError(
            f"{value!r} is no address of {of}", where=where, hint="write one as https://kg.example.org/"
        )


def _check_range(name: str, value: object, where: Location) -> None:
    if name == "base_url" and value:
        check_address(str(value), where)
    if name == "data_license" and value:
        check_address(str(value), where, "a licence")
    least, most = (0, 65535) if name == "port" else (0 if name in {"answer_rows", "cache_megabytes"} else 1, None)
    if isinstance(value, int) and (value < least or (most is not None and value > most)):
        wanted = f"at least {least}" if most is None else f"from {least} to {most}"
        raise SettingsError(f"setting {name!r} must be {wanted}, not {value}", where=where)
