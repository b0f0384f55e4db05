"""Answers kept on disk, with what is needed to ask whether they still hold (RFC 9111, RFC 9110 section 13)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

#: The first line of a file; another one is of another form, or of somebody else.
_FORM: Final = b"cdkg answer 1\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer.

    Attributes:
        url: Where it came from in the end.
        media_type: Its media type.
        body: What was sent.
        at: When it was sent or was last said to hold, in seconds since 1970.
        etag: Its validator, as the other side wrote it.
        last_modified: The same as a date.
        fresh: Seconds that it may be used without asking, by the other side's word; None where that says nothing.
    """

    url: str
    media_type: str
    body: bytes
    at: float
    etag: str = ""
    last_modified: str = ""
    fresh: float | None = None

    @property
    def conditions(self) -> dict[str, str]:
        """The header fields that ask for it only if it has changed."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Cache:
    """Answers in a folder, one file each.

    Attributes:
        folder: Where.
        most_bytes: Of all files together; the oldest go first.
    """

    folder: Path
    most_bytes: int = 200_000_000

    def get(self, key: str) -> Kept | None:
        """What is kept under a key; None where nothing is, or where a file is not what was written."""
        try:
            data = (self.folder / f"{key}.answer").read_bytes()
        except OSError:
            return None
        head, _, body = data.removeprefix(_FORM).partition(b"\n")
        if not data.startswith(_FORM):
            return None
        try:
            told = json.loads(head)
            if told.pop("sha256") != hashlib.sha256(body).hexdigest():
                return None
            return Kept(body=body, **told)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def put(self, key: str, kept: Kept) -> None:
        """Keep an answer: the file is there as a whole, or not at all.

        Raises:
            OSError: The folder cannot be written.
        """
        told = {name: value for name, value in asdict(kept).items() if name != "body"}
        head = json.dumps({**told, "sha256": hashlib.sha256(kept.body).hexdigest()}, sort_keys=True)
        written(self.folder / f"{key}.answer", _FORM + head.encode() + b"\n" + kept.body)
        self._shrink()

    def _shrink(self) -> None:
        files = []
        for path in self.folder.glob("*.answer"):
            with contextlib.suppress(OSError):  # another process was quicker
                found = path.stat()
                files.append((found.st_mtime_ns, path.name, found.st_size, path))
        size = sum(each[2] for each in files)
        for _, _, length, path in sorted(files):
            if size <= self.most_bytes:
                return
            path.unlink(missing_ok=True)
            size -= length


def key_of(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> str:
    """The key of a request: the same for the same method, address, body and wish for a format."""
    parts = (method, url, headers.get("Accept", ""), headers.get("Content-Type", ""), hashlib.sha256(body).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def kept_of(url: str, media_type: str, body: bytes, at: float, headers: Mapping[str, str]) -> Kept | None:
    """An answer as it is kept; None where the other side wants that nobody keeps it (RFC 9111, section 5.2.2)."""
    control = {each.strip().lower() for each in headers.get("cache-control", "").split(",")}
    if "no-store" in control or headers.get("vary", "").strip() == "*":
        return None
    ages = [int(found[1]) for each in control if (found := re.fullmatch(r"max-age=\"?(\d{1,9})\"?", each))]
    fresh = 0.0 if "no-cache" in control else float(min(ages)) if ages else None
    return Kept(url, media_type, body, at, headers.get("etag", ""), headers.get("last-modified", ""), fresh)


def written(path: Path, data: bytes) -> None:
    """Write a file as a whole, also where the machine stops in the midst of it.

    Raises:
        OSError: The folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
