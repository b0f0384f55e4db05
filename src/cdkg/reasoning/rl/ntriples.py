"""Canonical N-Triples to codes and back, a stretch of text at a time (RDF 1.2 N-Triples, section 4).

In the canonical form one space stands between terms, ` .` and a line feed end each triple, and no subject or predicate
holds a space; so a line is cut at its first two spaces, whatever the object is, and no parser is needed. Stretches are
small, as text and terms that stay in the processor's cache take half the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, filterfalse, repeat
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import RdfFormat, parse, serialize

from cdkg.errors import Location, SourceError
from cdkg.reasoning.rl.terms import Codes, Terms

#: Bytes of text, and triples, of one stretch.
_BYTES: Final = 1 << 16
_TRIPLES: Final = 1 << 13

_END: Final = b" .\n"
_IRI: Final = rb'<[^ <>"]*>'
_LITERAL: Final = rb'"(?:[^"\\]|\\.)*"(?:@[^ "<>]+|\^\^' + _IRI + rb")?"
_CANONICAL: Final = re.compile(
    rb"(?:" + _IRI + rb"|_:[^ ]+) " + _IRI + rb" (?:" + _IRI + rb"|_:[^ ]+|" + _LITERAL + rb"|<<\( .+ \)>>) \.\n"
)
_LINE: Final = re.compile(rb"[^\n]*\n|[^\n]+\Z")


def canonical(data: bytes) -> bytes:
    """Any N-Triples as canonical N-Triples, which `encode` wants; takes as long as `encode` itself.

    Raises:
        SourceError: It is not N-Triples.
    """
    try:
        return serialize(parse(data, format=RdfFormat.N_TRIPLES), format=RdfFormat.N_TRIPLES) or b""
    except SyntaxError as error:
        raise SourceError(
            "the triples cannot be read", where=Location("<N-Triples>", error.lineno, error.offset), why=error.msg
        ) from error


def encode(data: bytes, terms: Terms) -> tuple[Codes, Codes, Codes]:
    """The subjects, predicates and objects of canonical N-Triples as codes; terms that are new are taken up.

    A triple that stands twice comes twice. A line in another form is refused where it can be told at no cost; an escape
    that the canonical form does not use is not noticed, and makes another term (see `canonical`).

    Raises:
        LimitError: There are more terms than codes.
        SourceError: A line is not in the canonical form.
    """
    codes = terms.codes
    columns: list[NDArray[np.int64]] = []
    for start, end in _stretches(data):
        lines = data[start:end].split(_END)
        rest = lines.pop()
        forms = list(chain.from_iterable(map(bytes.split, lines, repeat(b" "), repeat(2))))
        # most terms of a stretch come more than once in it, and asking a small dictionary first is quicker
        new = list(filterfalse(codes.__contains__, dict.fromkeys(forms)))
        if rest or len(forms) != 3 * data.count(b"\n", start, end) or not {form[:1] for form in new} <= _BEGINNINGS:
            raise _not_canonical(data, start, end)
        terms.extend(new)
        columns.append(np.fromiter(map(codes.__getitem__, forms), np.int64, len(forms)))
    terms.classify()
    spo = np.concatenate(columns).reshape(-1, 3) if columns else np.zeros((0, 3), np.int64)
    s, p, o = np.ascontiguousarray(spo.T)
    return s, p, o


_BEGINNINGS: Final = {b"<", b"_", b'"'}


def _stretches(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the text is cut, always behind a line."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + _BYTES) + 1 or len(data)
        yield start, end
        start = end


def _not_canonical(data: bytes, start: int, end: int) -> SourceError:
    """What is wrong in a stretch, by its first bad line."""
    before = data.count(b"\n", 0, start)
    lines = enumerate(_LINE.findall(data[start:end]), start=before + 1)
    number, line = next((found for found in lines if not _CANONICAL.fullmatch(found[1])), (before + 1, b""))
    return SourceError(
        "a line is not canonical N-Triples",
        where=Location("<N-Triples>", number),
        why=f"it reads {line[:80].decode(errors='replace')!r}",
        hint="write it anew with a serializer of N-Triples",
    )


def decode(terms: Terms, s: Codes, p: Codes, o: Codes) -> bytes:
    """Canonical N-Triples of the triples with these codes, in their order; generalised triples as they are."""
    return b"".join(_texts(np.array(terms.forms, np.object_), s, p, o))


def written(terms: Terms, columns: Iterable[tuple[int, Codes, Codes]]) -> Iterator[bytes]:
    """Canonical N-Triples of columns, each a predicate with its subjects and objects, in stretches of whole lines.

    What is written to a file or loaded into a store need never be in memory as a whole.
    """
    forms = np.array(terms.forms, np.object_)
    for predicate, s, o in columns:
        yield from _texts(forms, s, predicate, o)


def _texts(forms: NDArray[np.object_], s: Codes, p: Codes | int, o: Codes) -> Iterator[bytes]:
    line = np.array([b"", b" ", b"", b" ", b"", _END], np.object_)
    page = np.tile(line, (min(len(s), _TRIPLES), 1))
    for start in range(0, len(s), _TRIPLES):
        part = slice(start, start + _TRIPLES)
        rows = page[: len(s[part])]
        rows[:, 0] = forms[s[part]]
        rows[:, 2] = forms[p if isinstance(p, int) else p[part]]
        rows[:, 4] = forms[o[part]]
        yield b"".join(rows.ravel().tolist())
