"""The part of GitHub's expression language that our action and workflows use; anything else is refused.

Values are strings, booleans and, where a path leads nowhere, None. As on GitHub, `&&` and `||` give one of their
operands, and strings are compared without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:(&&|\|\||==|!=|[!().])|('(?:[^']|'')*')|([A-Za-z_][\w-]*))")


class Open(dict[str, Any]):
    """A context whose members come from outside: what is missing there is null, not a slip of ours."""


class ExpressionError(Exception):
    """An expression that this reader does not know, or a name that nobody defines."""


def evaluate(text: str, contexts: Mapping[str, Any], functions: Mapping[str, Callable[[], bool]]) -> Any:
    """Return the value of one expression.

    Raises:
        ExpressionError: It uses what this reader does not know.
    """
    reader = _Reader(_tokens(text), contexts, functions)
    value = reader.either()
    if reader.rest:
        raise ExpressionError(f"{text}: not understood from {reader.rest[0]!r}")
    return value


def interpolate(text: str, contexts: Mapping[str, Any]) -> str:
    """Return a text with each `${{ … }}` replaced by its value."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: as_text(evaluate(found[1], contexts, {})), text, flags=re.DOTALL)


def as_text(value: Any) -> str:
    """A value as it comes out in a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, str | int):
        return "" if value is None else str(value)
    raise ExpressionError(f"{value!r} is no text")


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise ExpressionError(f"{text}: not understood from {text[at:]!r}")
        found.append(token[0].strip())
        at = token.end()
    return found


class _Reader:
    """Recursive descent, one method a level of the grammar."""

    def __init__(
        self, tokens: list[str], contexts: Mapping[str, Any], functions: Mapping[str, Callable[[], bool]]
    ) -> None:
        self.rest = tokens
        self._contexts = contexts
        self._functions = functions

    def either(self) -> Any:
        value = self._both()
        while self._took("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._took("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Any:
        value = self._single()
        for sign in ("==", "!="):
            if self._took(sign):
                other = self._single()
                return (as_text(value).lower() == as_text(other).lower()) is (sign == "==")
        return value

    def _single(self) -> Any:
        if self._took("!"):
            return not self._single()
        if self._took("("):
            value = self.either()
            self._want(")")
            return value
        if not self.rest:
            raise ExpressionError("an expression breaks off")
        token = self.rest.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in {"true", "false"}:
            return token == "true"
        if self._took("("):
            self._want(")")
            return _known(self._functions, token)()
        return self._path(token)

    def _path(self, name: str) -> Any:
        value, opened = _known(self._contexts, name), False
        while self._took("."):
            member = self.rest.pop(0) if self.rest else ""
            opened = opened or isinstance(value, Open)
            value = (value or {}).get(member) if opened else _known(value, member)
        return value

    def _took(self, sign: str) -> bool:
        if self.rest and self.rest[0] == sign:
            self.rest.pop(0)
            return True
        return False

    def _want(self, sign: str) -> None:
        if not self._took(sign):
            raise ExpressionError(f"{sign} is missing before {self.rest[:1]}")


def _known(names: Mapping[str, Any], name: str) -> Any:
    if name not in names:
        raise ExpressionError(f"nobody defines {name!r}: known are {sorted(names)}")
    return names[name]
