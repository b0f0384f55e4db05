"""The metadata block of an SSSOM file: the part of YAML 1.2 that such blocks are made of, with places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

#: Where something stands in the text.
Span = tuple[int, int]
#: Is told what is wrong: where, what, why, what to do.
Fault = Callable[[Span, str, str, str], None]

_LINE: Final = re.compile(r"#( *)([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_IN_QUOTES: Final = r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'"""
# plain text ends with a character that is no space, so that no run of spaces is tried at each of its lengths
_PLAIN: Final = r"""[^\s:#'"\[\]{},&*!|>%@`-](?:[^:]*[^\s:])?"""
_ENTRY: Final = re.compile(rf"({_IN_QUOTES}|{_PLAIN})\s*:(?:\s+|$)")
_ESCAPE: Final = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_ESCAPES: Final = {
    '"': '"',
    "/": "/",
    "\\": "\\",
    " ": " ",
    "0": "\0",
    "N": "\x85",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_FLOW_ITEM: Final = re.compile(rf"""\s*({_IN_QUOTES}|[^\s,\[\]{{}}"'](?:[^,\[\]{{}}"']*[^\s,\[\]{{}}"'])?)\s*(,|$)""")
#: Characters that begin something that no plain text is, or that the specification forbids.
_ODD: Final = frozenset("&*!|>%@`{}[],")


@dataclass(frozen=True, slots=True)
class Value:
    """A text and where it stands."""

    text: str
    span: Span


@dataclass(slots=True)
class Entry:
    """A key of the head with its values.

    Attributes:
        name: The key.
        span: Where the key stands.
        values: Its value, or those of its list.
        pairs: Its keys and values, where it is a table.
        is_list: Whether it was written as a list.
    """

    name: str
    span: Span
    values: list[Value] = field(default_factory=list)
    pairs: dict[str, Value] = field(default_factory=dict)
    is_list: bool = False


def read_head(text: str, fault: Fault) -> tuple[dict[str, Entry], int]:
    """Read the lines that begin with `#`.

    Args:
        text: A file.
        fault: Is told what is wrong.

    Returns:
        Its keys, and where the table begins.
    """
    return _Head(fault).read(text)


class _Head:
    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._entries: dict[str, Entry] = {}
        self._last: Entry | None = None

    def read(self, text: str) -> tuple[dict[str, Entry], int]:
        margin: int | None = None
        at = 0
        for found in _lines(text):
            at = found.end()
            content = found[2].rstrip()
            if not content:
                continue
            if margin is None:
                margin = len(found[1])
            span = found.start(2), found.start(2) + len(content)
            self._line(len(found[1]) - margin, Value(content, span))
        return self._entries, at

    def _line(self, indent: int, line: Value) -> None:
        if line.text.startswith(("- ", "-\t")) or line.text == "-":
            self._item(line)
        elif indent == 0:
            self._key(line)
        elif indent < 0:
            self._fault(line.span, "this line stands further left than the first", "", "give all the same margin")
        else:
            self._pair(line)

    def _key(self, line: Value) -> None:
        self._last = None
        found = _ENTRY.match(line.text)
        if found is None:
            why = "each line of the head is `key: value`, or belongs to the key above it"
            self._fault(line.span, f"{line.text[:40]!r} is no key with a value", why, "take it out, or write the key")
            return
        start = line.span[0]
        name, span = _bare(found[1]), (start, start + len(found[1]))
        if name in self._entries:
            self._fault(span, f"{name} is there twice", "a key stands once", "keep one of them")
        entry = self._last = self._entries[name] = Entry(name, span)
        rest = Value(line.text[found.end() :], (start + found.end(), line.span[1]))
        if rest.text.startswith("["):
            entry.is_list = True
            entry.values = list(self._flow(rest))
        elif rest.text and rest.text != "{}":
            entry.values = self._scalar(rest)

    def _item(self, line: Value) -> None:
        if self._last is None or (self._last.values and not self._last.is_list):
            self._fault(line.span, "this value belongs to no key", "a list follows its key", "write the key above it")
            return
        self._last.is_list = True
        content = line.text[1:].lstrip()
        self._last.values += self._scalar(Value(content, (line.span[1] - len(content), line.span[1])))

    def _pair(self, line: Value) -> None:
        found = _ENTRY.match(line.text)
        if found is None or self._last is None or self._last.values:
            why = "text of several lines is not read, and a table has one `key: value` a line"
            self._fault(line.span, f"{line.text[:40]!r} belongs to no key", why, "write the value in one line")
            return
        start = line.span[0]
        rest = Value(line.text[found.end() :], (start + found.end(), line.span[1]))
        name = _bare(found[1])
        if name in self._last.pairs:
            self._fault((start, start + len(found[1])), f"{name} is there twice", "", "keep one of them")
        for value in self._scalar(rest) or [Value("", line.span)]:
            self._last.pairs[name] = value

    def _flow(self, rest: Value) -> Iterator[Value]:
        """The values of `[a, b]`."""
        inner = rest.text[1:-1].rstrip() if rest.text.endswith("]") else None
        if inner is None:
            self._fault(rest.span, "the list is not closed in its line", "", "write ] at its end, or one value a line")
            return
        at = 0
        while at < len(inner):
            found = _FLOW_ITEM.match(inner, at)
            if found is None:
                self._fault(rest.span, "this is no list of texts", "", "write one value a line, each behind `- `")
                return
            start = rest.span[0] + 1
            yield from self._scalar(Value(found[1], (start + found.start(1), start + found.end(1))))
            at = found.end()

    def _scalar(self, value: Value) -> list[Value]:
        """A text in plain or quoted style; none where it is empty or wrong."""
        text = value.text
        if not text or text in {"null", "~"}:
            return []
        if text[0] in "\"'":
            whole = re.fullmatch(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')""", text)
            if whole is None:
                self._fault(
                    value.span, "the quotation mark is not closed", "", f"end it with {text[0]}, and nothing more"
                )
                return []
            return [Value(_bare(text), value.span)]
        odd = re.search(r":(?=\s|$)|\s#", text)
        if text[0] in _ODD or odd:
            what = text[0] if text[0] in _ODD else text[odd.start() : odd.end()].strip() if odd else ""
            why = f"`{what}` there means something else in YAML"
            self._fault(value.span, f"{text[:40]!r} is no plain text", why, "put it in double quotes")
            return []
        return [value]


def _lines(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text) and (found := _LINE.match(text, at)):
        yield found
        at = found.end()


def _bare(text: str) -> str:
    """A text without its quotation marks."""
    if text[:1] == '"':
        return _ESCAPE.sub(_unescaped, text[1:-1])
    return text[1:-1].replace("''", "'") if text[:1] == "'" else text


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else found[0]
    return _ESCAPES.get(code, found[0])
