"""Values of any length, told in part: a literal may have millions of characters, and a finding tells it many times."""

from __future__ import annotations

import re
from typing import Final

#: Longer texts are cut wherever they are told.
MOST: Final = 1000
#: A character of a literal in N-Triples form, or its escape (RDF 1.1 N-Triples, grammar).
_CHARACTER: Final = re.compile(r"[^\\]|\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)


def cut(text: str, most: int = MOST) -> str:
    """A text without its middle, which says how long it was; both ends are seen."""
    if len(text) <= most:
        return text
    note = _note(len(text))
    half = max(1, (most - len(note) - 1) // 2)
    return f"{text[:half]}{note}…{text[-half:]}"


def cut_term(term: str, most: int = MOST) -> str:
    """The same for a term in N-Triples form; of a literal its end is cut off, so that it is still a literal."""
    if len(term) <= most or not term.startswith('"'):
        return cut(term, most)
    end = term.rindex('"')  # neither language tags nor datatypes have one
    length = sum(1 for _ in _CHARACTER.finditer(term, 1, end)) if "\\" in term else end - 1
    last = 1
    for match in _CHARACTER.finditer(term, 1, end):
        if match.end() > most:
            break
        last = match.end()
    return f"{term[:last]}{_note(length)}{term[end:]}"


def _note(length: int) -> str:
    return f"… (cut: {length:,} characters in all) "
