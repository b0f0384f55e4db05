"""Comparisons as SPARQL makes them (SPARQL 1.1, section 17.3), many at once.

Integers and decimals are compared exactly, however long they are; all else is put to the SPARQL engine.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Sequence
from typing import Final

from pyoxigraph import QuerySolutions, Store

from cdkg.reasoning.rl import lexical
from cdkg.reasoning.rl.datatypes import DATATYPES
from cdkg.vocabulary import PREFIXES

_DECIMAL: Final = PREFIXES["xsd"] + "decimal"
#: The datatypes of exact numbers, as they end a literal.
_EXACT: Final = {f"^^<{iri}>".encode(): known for iri, known in DATATYPES.items() if _DECIMAL in known.within}
_NUMBER: Final = re.compile(rb'"([^"\\]*)"(\^\^<[^>]*>)')

_EMPTY: Final = Store()


def ordered(pairs: Sequence[tuple[bytes, bytes]], operator: str) -> list[bool]:
    """For each pair of literals in N-Triples form whether `<` or `<=` holds; not where they cannot be compared."""
    numbers = {form: number(form) for pair in pairs for form in pair}
    found, open_ = [False] * len(pairs), []
    for index, (left, right) in enumerate(pairs):
        one, other = numbers[left], numbers[right]
        if one is None or other is None:
            open_.append(index)
        else:
            found[index] = one < other or (operator == "<=" and one == other)
    for index in _holding([(index, *pairs[index]) for index in open_], operator):
        found[index] = True
    return found


def _holding(rows: Sequence[tuple[int, bytes, bytes]], operator: str) -> list[int]:
    """The numbers of the pairs of literals that a comparison holds for."""
    if not rows:
        return []
    table = "\n".join(f"({index} {left.decode()} {right.decode()})" for index, left, right in rows)
    return _indices(f"VALUES (?i ?left ?right) {{ {table} }} FILTER(?left {operator} ?right)")


def number(form: bytes) -> decimal.Decimal | None:
    """The value of a literal in N-Triples form that is an exact number."""
    match = _NUMBER.fullmatch(form)
    known = _EXACT.get(match[2]) if match else None
    if match is None or known is None:
        return None
    text = match[1].decode()
    if not lexical.DECIMAL.fullmatch(text) or not (known.lexical and known.lexical.fullmatch(text)):
        return None
    key = lexical.decimal_key(text)
    return decimal.Decimal(key) if known.holds(key) else None


def accepts(pattern: str, flags: str) -> bool:
    """Whether the SPARQL engine knows a regular expression."""
    (solution,) = _solutions(f'SELECT (REGEX("", {quoted(pattern)}, {quoted(flags)}) AS ?known) {{}}')
    return solution["known"] is not None


def matching(texts: Sequence[str], pattern: str, flags: str) -> list[bool]:
    """For each text whether a regular expression matches somewhere in it (SPARQL 1.1, section 17.4.3.14)."""
    rows = "\n".join(f"({index} {quoted(text)})" for index, text in enumerate(texts))
    condition = f"REGEX(?text, {quoted(pattern)}, {quoted(flags)})"
    found = [False] * len(texts)
    for index in _indices(f"VALUES (?i ?text) {{ {rows} }} FILTER({condition})"):
        found[index] = True
    return found


_ESCAPED: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


def quoted(text: str) -> str:
    """A text as a string of SPARQL."""
    return f'"{text.translate(_ESCAPED)}"'


def _indices(where: str) -> list[int]:
    return [int(solution["i"].value) for solution in _solutions(f"SELECT ?i {{ {where} }}")]


def _solutions(query: str) -> QuerySolutions:
    found = _EMPTY.query(query)
    assert isinstance(found, QuerySolutions)  # noqa: S101  # each query here is a SELECT
    return found
