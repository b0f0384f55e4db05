"""Look at a query before any engine parses it: size, nesting, SERVICE, and its dataset clauses.

A lexer of the terminals of SPARQL 1.1 (section 19.8), so that nothing inside strings, IRIs or comments misleads it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from cdkg.errors import Location, QueryError
from cdkg.vocabulary import PREFIXES

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|\#[^\n\r]*)
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
              |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
  | (?P<variable>[?$]\w+)
  | (?P<pname>(?:\w(?:[\w.\-]*[\w\-])?)?:(?:(?:[\w:%\-]|\\.)(?:(?:[\w.:%\-]|\\.)*(?:[\w:%\-]|\\.))?)?)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a query may be: bytes of UTF-8, and depth of brackets."""

    size: int = 100_000
    depth: int = 200


@dataclass(frozen=True, slots=True)
class Inspected:
    """A query that passed: its text without dataset clauses, and the graphs that those named."""

    text: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]

    @property
    def has_dataset(self) -> bool:
        """Whether the query has a FROM or FROM NAMED clause."""
        return bool(self.default_graphs or self.named_graphs)


def inspect(text: str, limits: Limits | None = None) -> Inspected:
    """Guard a query and take out its dataset clauses (SPARQL 1.1 Query, section 13.2).

    Raises:
        QueryError: It is empty, too long, nested too deeply, or calls SERVICE.
    """
    limits = limits or Limits()
    size = len(text.encode())
    if not text.strip():
        raise QueryError("the query is empty", hint="SELECT * WHERE { ?s ?p ?o } LIMIT 10")
    if size > limits.size:
        raise QueryError(f"the query has {size} bytes", why=f"at most {limits.size} are answered")
    tokens = [(m.lastgroup or "", m.group(), m.start()) for m in _TOKEN.finditer(text) if m.lastgroup != "space"]
    _check_tokens(text, tokens, limits)
    return _take_dataset(text, tokens)


def _check_tokens(text: str, tokens: list[tuple[str, str, int]], limits: Limits) -> None:
    depth = 0
    for kind, token, at in tokens:
        if kind == "other":
            depth += (token in "{([") - (token in "})]")
            if depth > limits.depth:
                raise QueryError(
                    "the query is nested too deeply",
                    where=_place(text, at),
                    why=f"more than {limits.depth} brackets are open",
                )
        elif kind == "word" and token.upper() == "SERVICE":
            raise QueryError(
                "SERVICE is not allowed here",
                where=_place(text, at),
                why="this endpoint sends no requests to others",
                hint="ask the other endpoint yourself and join the answers",
            )


def _take_dataset(text: str, tokens: list[tuple[str, str, int]]) -> Inspected:
    prefixes, base = dict(PREFIXES), ""
    default: list[str] = []
    named: list[str] = []
    cuts: list[tuple[int, int]] = []
    index = 0
    while index < len(tokens):
        kind, token, at = tokens[index]
        word = token.upper() if kind == "word" else ""
        if token == "{":
            break  # dataset clauses stand before the first group
        if word == "PREFIX" and index + 2 < len(tokens):
            prefixes[tokens[index + 1][1][:-1]] = urljoin(base, tokens[index + 2][1][1:-1])
            index += 2
        elif word == "BASE" and index + 1 < len(tokens):
            base = tokens[index + 1][1][1:-1]
        elif word == "FROM" and index + 1 < len(tokens):
            is_named = tokens[index + 1][1].upper() == "NAMED"
            index += 1 + is_named
            if index < len(tokens) and tokens[index][0] in {"iri", "pname"}:
                _, name, name_at = tokens[index]
                (named if is_named else default).append(_resolve(name, prefixes, base, _place(text, name_at)))
                cuts.append((at, name_at + len(name)))
        index += 1
    for start, end in reversed(cuts):
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return Inspected(text, tuple(default), tuple(named))


def _resolve(name: str, prefixes: dict[str, str], base: str, place: Location) -> str:
    if name.startswith("<"):
        return urljoin(base, name[1:-1])
    prefix, _, local = name.partition(":")
    if prefix not in prefixes:
        raise QueryError(f"the prefix {prefix}: is not declared", where=place, hint=f"add PREFIX {prefix}: <…>")
    return prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)


def _place(text: str, at: int) -> Location:
    return Location("query", text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
