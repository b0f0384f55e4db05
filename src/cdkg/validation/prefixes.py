"""Prefixes bound to another namespace than everybody's: a slip that turns every name written with them into another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from cdkg.errors import SourceError
from cdkg.graph import KnowledgeGraph, Role
from cdkg.sources import read_text
from cdkg.validation.report import Kind, Result, Severity
from cdkg.vocabulary import ID, PREFIXES

RULE: Final = "urn:cdkg:rule:prefix"
_DECLARED: Final = re.compile(r"(?:@prefix|\bprefix)\s+([\w.\-]*):\s*<([^<>\"{}|^`\\\s]*)>", re.IGNORECASE)
_SUFFIXES: Final = frozenset({".ttl", ".trig", ".n3"})

#: The namespaces that everybody knows by these prefixes; those of our entities are for each file to name.
_KNOWN: Final = {prefix: iri for prefix, iri in PREFIXES.items() if not iri.startswith(ID)}


def odd_prefixes(graph: KnowledgeGraph) -> Iterator[Result]:
    """A finding for each declaration, in data, of a well-known prefix or namespace that is bound otherwise."""
    for path in dict.fromkeys(named.path for named in graph.of(Role.PASSAGE, Role.EDITORIAL)):
        if path is not None and path.suffix.lower() in _SUFFIXES and path.is_file():
            stat = path.stat()
            yield from _of_file(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _of_file(path: Path, _changed: int, _size: int) -> tuple[Result, ...]:
    try:
        return tuple(_of_text(path, read_text(path)))
    except SourceError:  # told where the file was read
        return ()


def _of_text(path: Path, text: str) -> Iterator[Result]:
    for match in _DECLARED.finditer(text):
        prefix, iri = match[1], match[2]
        wanted = _wanted(prefix, iri)
        if wanted and not _is_within_statement(path, match.start()):
            yield _told(path, prefix, iri, wanted, match.span(2))


def _wanted(prefix: str, iri: str) -> str:
    """The namespace that is meant, where it is another one; else an empty string."""
    if prefix in _KNOWN:
        return _KNOWN[prefix] if iri != _KNOWN[prefix] else ""
    known = _BY_BARE.get(_bare(iri), iri)
    return known if known != iri else ""


@cache
def _bare(iri: str) -> str:
    """A namespace without what people get wrong: the scheme, `www.`, the mark at its end, capitals."""
    return re.sub(r"^https?://(www\.)?|[/#]+$", "", iri).casefold()


def _is_within_statement(path: Path, offset: int) -> bool:
    """Whether what looks like a declaration is part of a text."""
    from cdkg.sources.turtle import document_of  # noqa: PLC0415  # its patterns take a while to make

    return any(statement.block[0] <= offset < statement.block[1] for statement in document_of(path).statements)


_BY_BARE: Final = {_bare(iri): iri for iri in PREFIXES.values()}


def _told(path: Path, prefix: str, iri: str, wanted: str, span: tuple[int, int]) -> Result:
    from cdkg.sources.turtle import document_of  # noqa: PLC0415  # as above

    start, end = span
    return Result(
        Severity.WARNING,
        f"The prefix {prefix}: is bound to <{iri}>, which is another namespace than <{wanted}>.",
        RULE,
        value=f"<{iri}>",
        places=(document_of(path).location(str(path), (start - 1, end + 1)),),
        kind=Kind.VOCABULARY,
        expected=f"<{wanted}>",
        hint=f"write @prefix {prefix}: <{wanted}> ." if _bare(iri) == _bare(wanted) else "take another prefix for it",
    )
