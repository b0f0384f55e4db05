"""Answers kept on disk, with what is needed to ask whether they still hold (RFC 9111, RFC 9110 section 13)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from cdkg.http.partial import why_cut

#: The first line of a file, before the hash of all that follows; another one is of another form, or of somebody else.
_FORM: Final = b"cdkg answer 2 "


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer.

    Attributes:
        url: Where it came from in the end.
        media_type: Its media type.
        body: What was sent.
        at: When it was sent or was last said to hold, in seconds since 1970.
        headers: Header fields, their names in lower case.
    """

    url: str
    media_type: str
    body: bytes
    at: float
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def conditions(self) -> dict[str, str]:
        """The header fields that ask for it only if it has changed."""
        found = {"If-None-Match": self.headers.get("etag"), "If-Modified-Since": self.headers.get("last-modified")}
        return {name: value for name, value in found.items() if value}

    @property
    def fresh(self) -> float | None:
        """Seconds that it may be used without asking, by the other side's word; None where that says nothing.

        What it spent in caches on the way is taken off (RFC 9111, section 4.2).
        """
        control = _control(self.headers)
        if "no-cache" in control:
            return 0.0
        ages = [int(found[1]) for each in control if (found := re.fullmatch(r"max-age=\"?(\d{1,9})\"?", each))]
        spent = re.fullmatch(r"\d{1,9}", self.headers.get("age", "").strip())
        return max(0.0, float(min(ages)) - (int(spent[0]) if spent else 0)) if ages else None


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
        told, _, content = data.removeprefix(_FORM).partition(b"\n")
        if not data.startswith(_FORM) or told != _hash(content):
            return None
        head, _, body = content.partition(b"\n")
        return Kept(body=body, **json.loads(head))

    def put(self, key: str, kept: Kept) -> None:
        """Keep an answer: the file is there as a whole, or not at all.

        Raises:
            OSError: The folder cannot be written.
        """
        told = {name: value for name, value in asdict(kept).items() if name != "body"}
        content = json.dumps(told, sort_keys=True).encode() + b"\n" + kept.body
        written(self.folder / f"{key}.answer", _FORM + _hash(content) + b"\n" + content)
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
    """The key of a request: two share one only where nothing differs that an answer could vary by."""
    fields = [f"{name.lower()}: {value}" for name, value in sorted(headers.items())]
    parts = (method, url, *fields, hashlib.sha256(body).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def may_be_kept(headers: Mapping[str, str]) -> bool:
    """Whether an answer is whole, and the other side lets it be kept (RFC 9111, section 5.2.2)."""
    return "no-store" not in _control(headers) and headers.get("vary", "").strip() != "*" and not why_cut(headers)


def _control(headers: Mapping[str, str]) -> set[str]:
    return {each.strip().lower() for each in headers.get("cache-control", "").split(",")}


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


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
