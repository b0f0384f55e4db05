"""SPARQL text as tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

#: The terminals of SPARQL 1.1 (section 19.8), so that nothing inside strings, IRIs or comments misleads anybody.
#: Possessive quantifiers and the bound of 200 keep it linear: no text is walked again and again. A string that is not
#: closed is a token of its own, or each of its quotes would begin another try.
_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s++|\#[^\n\r]*+)
  | (?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>)
  | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*+'''
              |(?!\"\"\")"(?:[^"\\\n\r]|\\.)*+"|(?!''')'(?:[^'\\\n\r]|\\.)*+')
  | (?P<unclosed>["'])
  | (?P<variable>[?$]\w++)
  | (?P<number>\d++(?:\.\d++)?(?:[eE][+-]?\d++)?)
  | (?P<pname>(?:\w(?:[\w.\-]{0,200}[\w\-])?)?:(?:(?:[\w:%\-]|\\.)(?:(?:[\w.:%\-]|\\.)*(?:[\w:%\-]|\\.))?)?)
  | (?P<word>[A-Za-z_]\w*+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

#: Kind, text and offset.
Token = tuple[str, str, int]


def tokens(text: str) -> Iterator[Token]:
    """Yield all tokens but white space and comments; a string that is not closed is the token `unclosed`."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "space":
            yield kind, match.group(), match.start()


def asks_elsewhere(text: str) -> int | None:
    """Where a query may ask another endpoint: the offset of the first word with SERVICE in it, else None.

    A comparison that could also be read as an IRI is looked into, as it might hide the word.
    """
    for kind, token, at in tokens(text):
        looked_into = token if kind in {"word", "other"} else token.partition(":")[0] if kind == "pname" else ""
        if kind == "iri" and re.match(r"<[^:/#?]*\bSERVICE\b", token, re.IGNORECASE):
            looked_into = token
        if "SERVICE" in looked_into.upper():
            return at
    return None


#: The engine compares keywords by their length: its place is as far behind as the keyword is long. Blanks at the end
#: keep it from telling the end of the text instead.
PADDING: Final = "\n" + " " * 40
_QUOTED: Final = re.compile(r"""\"(?:[^"\\]|\\.)*\"|\[(?:'[^']*'|[^\]'])*\]""")


def refusal(text: str, error: Exception) -> tuple[int, str] | None:
    """The offset at which the engine refuses a query, and why; None where it does not tell.

    Args:
        text: The query, which was given to the engine with `PADDING` behind it.
        error: What the engine has raised.
    """
    told = re.search(r"at (\d+):(\d+): expected (?:one of )?(.*)", str(error), re.DOTALL)
    if told is None:
        return None
    starts = [0, *(end.end() for end in re.finditer("\n", text + PADDING))]
    at = starts[int(told[1]) - 1] + int(told[2]) - 1
    marks = told[3].replace("[_]", "")
    named = [item.strip() for item in _QUOTED.sub("", marks).split(",") if item.strip()]
    sentences = [item for item in named if " " in item]
    if sentences:
        return _told_of(text, at, sentences[0]), sentences[0]
    if named and not _QUOTED.search(marks):
        at -= min(map(len, named))
    at += len(text[at:]) - len(text[at:].lstrip())
    unclosed = next((start for kind, _, start in tokens(text) if kind == "unclosed" and start < at), None)
    if unclosed is not None:
        return unclosed, "the string that begins here is not closed"
    found = next(tokens(text[at:]), None)
    return (at, f"{found[1]} cannot stand here") if found else (len(text.rstrip()), "it ends too early")


def _told_of(text: str, at: int, sentence: str) -> int:
    """Where that begins which the engine says something of: it tells the end."""
    if "SELECT" in sentence:
        return next((start for _, token, start in tokens(text) if token.upper() == "SELECT"), 0)
    if sentence.startswith("IRI"):
        return max(text.rfind("<", 0, at), 0)
    return next((start for _, token, start in tokens(text) if start < at <= start + len(token)), min(at, len(text)))


_ESCAPES: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def unescaped(text: str) -> str:
    """Resolve escapes: of characters (section 19.7) and of code points (section 19.2)."""

    def character(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _ESCAPES.get(match[3], match[3])

    return re.sub(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", character, text)
