"""A JSON text as values that know where they stand (RFC 8259)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[^\s",:{}\[\]]++|[{}\[\]]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Value:
    """A value of JSON.

    Attributes:
        start: Where it begins.
        end: Behind its last character.
        content: A string; a list of values; a tuple of pairs of values, as an object may have a key twice; None for
            null; True for all else.
    """

    start: int
    end: int
    content: Any

    @property
    def members(self) -> tuple[tuple[Value, Value], ...]:
        """The keys and values of an object; of what is none, nothing."""
        return self.content if isinstance(self.content, tuple) else ()

    @property
    def each(self) -> list[Value]:
        """The items of an array; of what is none, itself."""
        return self.content if isinstance(self.content, list) else [self]


def read(text: str) -> Value:
    """Read a text that is valid JSON, however deep it is nested."""
    items: list[Value] = []
    outer: list[tuple[int, list[Value]]] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in {"{", "["}:
            outer.append((match.start(), items))
            items = []
        elif token in {"}", "]"}:
            # keys and values take turns, as nothing is kept of colons and commas
            content = tuple(zip(items[::2], items[1::2], strict=True)) if token == "}" else items
            start, items = outer.pop()
            items.append(Value(start, match.end(), content))
        else:
            items.append(Value(*match.span(), _scalar(token)))
    return items[0]


def _scalar(token: str) -> str | bool | None:
    if token[0] == '"':
        return str(json.loads(token)) if "\\" in token else token[1:-1]
    return None if token == "null" else True
