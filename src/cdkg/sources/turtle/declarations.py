"""`@prefix`, `@base` and their sisters without @ (RDF 1.1 Turtle, section 2.4; `@version` is of RDF 1.2)."""

from __future__ import annotations

from typing import Final

from cdkg.sources.turtle.state import Reading, Span
from cdkg.sources.turtle.tokens import (
    DECLARED_IRI,
    DECLARED_PREFIX,
    LINE_END,
    LITERAL,
    MARK,
    PREFIX,
    QUOTED,
    TOKEN,
    match_at,
)

DIRECTIVES: Final = ("@prefix", "@base", "@version", "prefix", "base", "version")


def declare(reading: Reading, word: str, span: Span) -> None:
    """Read a declaration behind its keyword `word`, which may be written wrongly; one fault of it is told."""
    kind, before = word.lower().lstrip("@"), len(reading.faults)
    if word[0] == "@" and word != word.lower():
        reading.tell(*span, f"{word} is written in small letters", f"write {word.lower()}")
    if kind == "prefix":
        prefix = _prefix(reading)
        reading.terms.declare(prefix, _iri(reading, f"the prefix {prefix}:", before))
    elif kind == "base":
        reading.terms.set_base(_iri(reading, "the base", before))
    else:
        _version(reading)
    _full_stop(reading, word, span, told=len(reading.faults) > before)
    reading.finish(reading.at)


def _prefix(reading: Reading) -> str:
    found = match_at(DECLARED_PREFIX, reading.text, reading.at)
    prefix, colon = found.group(1, 2)
    start, end = found.span(1)
    reading.at = found.end() if prefix or colon else start
    if colon is None and not prefix:
        reading.tell(start, start + 1, "a prefix with a colon is missing here", "write @prefix ex: <http://…> .")
    elif colon is None:
        reading.tell(start, end, f"a colon is missing behind {prefix}", f"write {prefix}:")
    elif colon != ":":
        reading.tell(start, found.end(), f"there is a space between {prefix} and its colon", f"write {prefix}:")
    elif PREFIX.fullmatch(prefix) is None:
        reading.tell(start, end, f"{prefix} cannot be a prefix", "take letters, digits and - (a letter first)")
    return prefix


def _iri(reading: Reading, what: str, before: int) -> str | None:
    """The IRI of a declaration; in place of one that is missing, nothing is read."""
    found = match_at(DECLARED_IRI, reading.text, reading.at)
    text, bare = found.group(1, 2)
    if len(reading.faults) > before and LINE_END.search(reading.text, reading.at, found.end()):
        return None  # what stands on the next line is no part of this
    if text is not None:
        reading.at = found.end()
        return reading.terms.checked(text, found.start(1))
    bare = (bare or "").rstrip(".")
    start = found.start(2)
    iri = bare.lstrip("<")
    if not iri:
        end = reading.at
        if len(reading.faults) == before:
            reading.tell(max(end - 1, 0), end, f"the IRI of {what} is missing", "write it as <http://…>", found.end())
        return None
    reading.at = start + len(bare)
    why = "is not closed by >" if bare[0] == "<" else "stands in no angle brackets"
    reading.tell(start, reading.at, f"the IRI of {what} {why}", f"write <{iri}>")
    return reading.terms.checked(f"<{iri}>", start + len(bare) - len(iri) - 1)


def _version(reading: Reading) -> None:
    token = match_at(TOKEN, reading.text, reading.at)
    if token.lastindex == LITERAL:
        reading.at = token.end(QUOTED)
    else:
        reading.tell(
            reading.at - 1, reading.at, "the version is missing", 'write "1.2"', reading.behind_gap(reading.at)
        )


def _full_stop(reading: Reading, word: str, span: Span, *, told: bool) -> None:
    declared, token = reading.at, match_at(TOKEN, reading.text, reading.at)
    stops = token.lastindex == MARK and token[MARK] == "."
    if stops:
        reading.at = token.end()
    if told and not stops:
        reading.skip_line()
    elif word[0] == "@" and not stops:
        seen = reading.behind_gap(reading.at)
        reading.tell(span[0], reading.at, f"a full stop is missing at the end of {word}", "add a . behind it", seen)
    elif word[0] != "@" and stops and not LINE_END.search(reading.text, declared, token.start(MARK)):
        reading.tell(*token.span(MARK), f"{word} has no full stop", f"leave it out, or write @{word.lower()}")
