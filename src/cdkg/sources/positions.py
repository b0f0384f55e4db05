"""Where each triple of a Turtle file stands: a tokenizer and an iterative parser of the Turtle grammar.

Only asked for when there is something to report. pyoxigraph stays the judge of syntax: what is read here has passed it.
Terminals follow RDF 1.1 Turtle, section 6.5.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

_LOCAL: Final = r"(?:[\w:]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%])"
_TOKEN: Final = re.compile(
    rf"""
    (?P<space>\s+|\#[^\n\r]*)
  | (?P<iri><[^<>"{{}}|^`\x00-\x20]*>)
  | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
              |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
  | (?P<blank>_:[\w](?:[\w.\-]*[\w\-])?)
  | (?P<directive>@prefix|@base)
  | (?P<language>@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)
  | (?P<double>[+-]?(?:\d+\.\d*|\.?\d+)[eE][+-]?\d+)
  | (?P<decimal>[+-]?\d*\.\d+)
  | (?P<integer>[+-]?\d+)
  | (?P<pname>(?:\w(?:[\w.\-]*[\w\-])?)?:(?:{_LOCAL}(?:(?:{_LOCAL}|[.\-])*(?:{_LOCAL}|-))?)?)
  | (?P<word>[A-Za-z]+)
  | (?P<punctuation>\^\^|[.;,\[\]()])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_CHARACTERS: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_XSD: Final = PREFIXES["xsd"]
_RDF: Final = PREFIXES["rdf"]


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column (from 1, in characters) of a triple's object, and the line of its subject."""

    line: int
    column: int
    subject_line: int


#: Places of triples with blank nodes by `nameless`.
Nameless = dict[tuple[Term | None, Term, Term | None], list[Position]]


@dataclass(slots=True)
class _Frame:
    """An open subject: the statement itself, a blank node in brackets, or a list being read."""

    subject: Term
    at: int
    predicate: NamedNode | None = None
    items: list[tuple[Term, int]] | None = None


def locate(path: Path) -> dict[Triple, Position]:
    """Return the place of each triple of a valid Turtle file; of triples written twice, the first place.

    Triples with blank nodes are left out: their names differ from parse to parse (see `locate_nameless`).
    """
    stat = path.stat()
    return _locate(path, stat.st_mtime_ns, stat.st_size)[0]


def locate_nameless(path: Path) -> Nameless:
    """Return the places of the triples with blank nodes, in the order of the file, by what has a name in them."""
    stat = path.stat()
    return _locate(path, stat.st_mtime_ns, stat.st_size)[1]


def nameless(triple: Triple) -> tuple[Term | None, Term, Term | None]:
    """A triple with None in place of its blank nodes."""
    s, o = (None if isinstance(term, BlankNode) else term for term in (triple.subject, triple.object))
    return s, triple.predicate, o


@lru_cache(maxsize=512)
def _locate(path: Path, _changed: int, _size: int) -> tuple[dict[Triple, Position], Nameless]:
    # no newline translation: columns and lines are those of the bytes on disk
    text = path.read_bytes().decode("utf-8")
    starts = [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", text))]

    def line(offset: int) -> int:
        return bisect_right(starts, offset)

    found: dict[Triple, Position] = {}
    others: Nameless = defaultdict(list)
    for triple, subject_at, at in _Parser(text, path.resolve().as_uri()).triples():
        row = line(at)
        position = Position(row, at - starts[row - 1] + 1, line(subject_at))
        if None in (key := nameless(triple)):
            others[key].append(position)
        else:
            found.setdefault(triple, position)
    return found, others


class _Parser:
    """Turtle without recursion: open brackets and lists stand on a stack of frames."""

    def __init__(self, text: str, base: str) -> None:
        self.base, self.prefixes = base, dict[str, str]()
        self.blank = 0
        self.tokens = [
            (m.lastgroup or "", m.group(), m.start()) for m in _TOKEN.finditer(text) if m.lastgroup != "space"
        ]
        self.index = 0

    def triples(self) -> Iterator[tuple[Triple, int, int]]:
        """Yield triple, offset of its subject, offset of its object."""
        while self.index < len(self.tokens):
            if not self._directive():
                yield from self._statement()

    def _next(self) -> tuple[str, str, int]:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def _peek(self) -> str:
        return self.tokens[self.index][1] if self.index < len(self.tokens) else ""

    def _directive(self) -> bool:
        kind, text, _ = self.tokens[self.index]
        word = text.lower().lstrip("@")
        if not (kind == "directive" or (kind == "word" and word in {"prefix", "base"})):
            return False
        self.index += 1
        if word == "prefix":
            prefix = self._next()[1][:-1]
            self.prefixes[prefix] = self._iri(self._next()[1])
        else:
            self.base = self._iri(self._next()[1])
        if kind == "directive":
            self._next()  # the full stop
        return True

    def _statement(self) -> Iterator[tuple[Triple, int, int]]:
        stack: list[_Frame] = []
        while True:
            kind, text, at = self._next()
            frame = stack[-1] if stack else None
            if text == "." and kind == "punctuation":
                return
            if kind == "punctuation" and text in {";", ","}:
                if frame and text == ";":
                    frame.predicate = None
            elif text == "[" and kind == "punctuation":
                stack.append(_Frame(self._fresh(), at))
            elif text == "(" and kind == "punctuation":
                stack.append(_Frame(self._fresh(), at, items=[]))
            elif text in {"]", ")"} and kind == "punctuation":
                closed = stack.pop()
                term = yield from self._close(closed)
                yield from self._take(stack, term, closed.at)
            elif frame and frame.items is None and frame.predicate is None:
                frame.predicate = RDF_TYPE if text == "a" else NamedNode(self._iri(text))
            else:
                yield from self._take(stack, self._term(kind, text), at)

    def _take(self, stack: list[_Frame], term: Term, at: int) -> Iterator[tuple[Triple, int, int]]:
        """Put a finished term where it belongs: as subject, list item or object."""
        if not stack:
            stack.append(_Frame(term, at))
            return
        frame = stack[-1]
        if frame.items is not None:
            frame.items.append((term, at))
        else:
            yield Triple(frame.subject, frame.predicate, term), frame.at, at  # type: ignore[arg-type]

    def _close(self, frame: _Frame) -> Generator[tuple[Triple, int, int], None, Term]:
        """Write the triples of a finished list; a blank node in brackets has written its own."""
        if frame.items is None:
            return frame.subject
        cells = [self._fresh() for _ in frame.items]
        nil = NamedNode(_RDF + "nil")
        tails: list[Term] = [*cells[1:], nil]
        for cell, tail, (item, at) in zip(cells, tails, frame.items, strict=True):
            yield Triple(cell, NamedNode(_RDF + "first"), item), frame.at, at
            yield Triple(cell, NamedNode(_RDF + "rest"), tail), frame.at, at
        return cells[0] if cells else nil

    def _fresh(self) -> BlankNode:
        self.blank += 1
        return BlankNode(f"p{self.blank}")

    def _term(self, kind: str, text: str) -> Term:
        if kind in {"iri", "pname"}:
            return NamedNode(self._iri(text))
        if kind == "blank":
            return BlankNode("l" + text[2:])
        if kind == "string":
            return self._literal(text)
        if kind == "word":
            return Literal(text, datatype=NamedNode(_XSD + "boolean"))
        return Literal(text, datatype=NamedNode(_XSD + kind))

    def _literal(self, text: str) -> Literal:
        quotes = 3 if text[:3] in {'"""', "'''"} else 1
        value = _unescape(text[quotes:-quotes])
        if self.tokens[self.index][0] == "language":
            return Literal(value, language=self._next()[1][1:].lower())
        if self._peek() == "^^":
            self.index += 1
            return Literal(value, datatype=NamedNode(self._iri(self._next()[1])))
        return Literal(value)

    def _iri(self, text: str) -> str:
        if text.startswith("<"):
            return urljoin(self.base, _unescape(text[1:-1])) if text != "<>" else self.base.partition("#")[0]
        prefix, _, local = text.partition(":")
        return self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        short, long, plain = match.groups()
        return chr(int(short or long, 16)) if short or long else _CHARACTERS.get(plain, plain)

    return _ESCAPE.sub(character, text) if "\\" in text else text
