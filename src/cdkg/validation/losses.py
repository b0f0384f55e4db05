"""What no reader keeps of a JSON-LD file, as findings: JSON-LD leaves it out without a word."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator
from typing import Final

from pyoxigraph import RdfFormat

from cdkg.sources import json_ld
from cdkg.sources.foreign import RdfFile
from cdkg.sources.text import shown
from cdkg.validation.report import Kind, Result, Severity

RULE: Final = "urn:cdkg:rule:json-ld"


def losses(files: Iterable[RdfFile], unread: Container[str] = ()) -> Iterator[Result]:
    """A finding for each thing that is lost of the JSON-LD files among these.

    What is not well-formed is a violation, as in a file of another syntax; what JSON-LD lets a document hold without
    meaning it is a warning.

    Args:
        files: The files.
        unread: The paths of those that the parser has refused: they have faults, and nothing of them is kept.
    """
    for file in files:
        if file.syntax.writer == RdfFormat.JSON_LD and shown(file.path) not in unread:
            yield from _of_file(file)


def _of_file(file: RdfFile) -> tuple[Result, ...]:
    """The findings of a file; what a watch sees again and again is looked through once."""
    key = shown(file.path), hashlib.blake2b(file.data).hexdigest()
    if key not in _known:
        while len(_known) >= _MOST_KNOWN:
            del _known[next(iter(_known))]
        _known[key] = tuple(map(_told, json_ld.losses(file.data.decode("utf-8"), shown(file.path))))
    return _known[key]


_known: dict[tuple[str, str], tuple[Result, ...]] = {}
_MOST_KNOWN: Final = 1000


def _told(loss: json_ld.Loss) -> Result:
    more = f"; it stands at {loss.number:,} places" if loss.number > 1 else ""
    return Result(
        Severity.VIOLATION if loss.grave else Severity.WARNING,
        loss.what,
        RULE,
        places=(loss.where,),
        kind=Kind.SYNTAX if loss.grave else Kind.VOCABULARY,
        hint=loss.hint + more,
    )
