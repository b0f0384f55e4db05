"""Terms in the wrong place, words that are no keywords, and characters that begin no token: told, and passed over."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import Final

from cdkg.sources.turtle.declarations import DIRECTIVES, declare
from cdkg.sources.turtle.state import AFTER, ITEM, OBJECT, REIFIER, SUBJECT, Reading, Span
from cdkg.sources.turtle.tokens import BAD, TOKEN, match_at

_WORDS: Final = {"A": "a", "True": "true", "False": "false", "TRUE": "true", "FALSE": "false"}
#: How far the end of a string is looked for that has a line break where it must not have one.
_WINDOW: Final = 2000
_UNCLOSED_IRI: Final = re.compile(r"[^\s<>\"]*+")
_MARK_AT_END: Final = re.compile(r"[ \t]*+[.;,]?+[ \t]*+\Z")

# -- terms in the wrong place --------------------------------------------------------------------------------------


def not_a_subject(reading: Reading, span: Span) -> None:
    """A literal where a statement begins."""
    why = f"the value {reading.shown(*span)} cannot be what a statement is about"
    reading.stumble(span, why, "a statement begins with a name")
    reading.place(None, span)


def not_a_predicate(reading: Reading, span: Span, what: str) -> None:
    """A literal or a blank node where a predicate should stand; followed by a mark, it is the object."""
    number, _ = reading.terms_ahead(span[0])
    shown = reading.shown(*span)
    if number == 1:
        reading.stumble(span, f"a predicate is missing before {shown}", "a statement has three parts")
        reading.place(None, span)
        reading.frame.state = AFTER
    else:
        reading.stumble(span, f"{what} cannot be a predicate: {shown}", "a predicate is a name, such as rdfs:label")
        reading.place(None, span)


def bracket_as_predicate(reading: Reading, span: Span) -> None:
    """A bracket opens where a predicate should stand."""
    reading.stumble(span, "a bracket cannot begin a predicate", "a predicate is a name, such as rdfs:label")


def no_word(reading: Reading, word: str, span: Span) -> None:
    """A word that is no keyword, or no keyword here."""
    if reading.frame.state == SUBJECT and not reading.muted:
        near = get_close_matches(word.lower(), DIRECTIVES, 1, 0.75)
        if near:
            meant = near[0].upper() if word.isupper() else near[0]
            reading.tell(*span, f"{word} is no keyword", f"did you mean {meant}?")
            declare(reading, near[0], span)
            return
    reading.stumble(span, *_why_word(reading, word))
    _pass_over(reading, span)


def _why_word(reading: Reading, word: str) -> tuple[str, str]:
    if word[0] == "@" and reading.frame.state in {AFTER, REIFIER}:
        return f"the language tag {word} stands behind no text", "a language tag follows a text in quotes"
    if word[0] == "@":
        return f"{word} is no keyword of Turtle", "there are @prefix and @base"
    if word in _WORDS:
        return f"{word} is no keyword", f"write {_WORDS[word]}"
    if word in {"a", "true", "false"}:
        return f"the keyword {word} cannot stand here", "`a` is a predicate; true and false are values"
    if reading.frame.state in {OBJECT, ITEM, AFTER}:
        return f"the word {word} stands alone", f'a text stands in quotes ("{word}"), a name has a prefix (ex:{word})'
    return f"the word {word} stands alone", f"a name has a prefix with a colon: ex:{word}"


def _pass_over(reading: Reading, span: Span) -> None:
    """What is no term counts as one where one is awaited."""
    if reading.frame.state == ITEM:
        reading.begin_item(span[0])
    if reading.frame.state not in {AFTER, REIFIER}:
        reading.place(None, span)


# -- what is no token -----------------------------------------------------------------------------------------------


def bad_token(reading: Reading, token: re.Match[str]) -> None:
    """Characters that begin no token."""
    start, end = span = token.span(BAD)
    text = token[BAD]
    if text[:1] in {'"', "'"}:
        _open_string(reading, start, text)
    elif text == "<":
        end = match_at(_UNCLOSED_IRI, reading.text, end).end()
        reading.at = end
        what = reading.shown(start, end)
        why, hint = f"the angle bracket of {what} is not closed on its line", "add > where the IRI ends"
        reading.stumble((start, end), *((_NO_TURTLE, "") if what == "<=" else (why, hint)))
        _pass_over(reading, (start, end))
    else:
        _no_term(reading, span, text)


def _no_term(reading: Reading, span: Span, text: str) -> None:
    """Characters in the place of a term count as one; behind a term, without a space, they belong to it."""
    glued = span[0] == reading.last[1]
    if text == "^^" or not (glued or _NUMERIC.match(text)):
        reading.stumble(span, *_why_bad(text))
    elif not reading.muted:
        reading.tell(*span, *_why_bad(text))  # it is clear how the statement goes on
    if text == "^^":
        _skip_term(reading)
    elif not glued:
        _pass_over(reading, span)


def _skip_term(reading: Reading) -> None:
    number, _ = reading.terms_ahead(reading.at)
    if number == 1:
        reading.at = match_at(TOKEN, reading.text, reading.at).end()


def _open_string(reading: Reading, start: int, quotes: str) -> None:
    """A string without an end: a long one hides all that follows, a short one ends with its line or soon after."""
    if len(quotes) == 3:
        why = f"the long text that {quotes} opens here is never closed"
        reading.stumble((start, start + 3), why, f"add {quotes} where it ends", len(reading.text))
        reading.at = len(reading.text)
        return
    end = reading.line_end(start)
    mark = _MARK_AT_END.search(reading.text, max(start + 1, end - 20), end)
    over = re.compile(rf"[^\\{quotes}]*{quotes}(?:@[A-Za-z-]+)?\s*[.;,\])]")
    ends = reading.muted or (mark and mark[0].strip())
    closed = None if ends else over.match(reading.text, end, end + _WINDOW)
    if closed:
        why = f"a line ends within the text that {quotes} opens here"
        hint = "write \\n for the end of a line" if reading.lines else f"open and close it with {quotes * 3}"
        closing = reading.text.index(quotes, end) + 1
        reading.stumble((start, end), why, hint)
        reading.at = closed.end() - 1
        _pass_over(reading, (start, closing))
        return
    end = mark.start() if mark else end
    reading.stumble((start, end), f"the text that {quotes} opens here is not closed on its line", f"add {quotes}")
    reading.at = max(end, start + 1)
    _pass_over(reading, (start, end))


def _why_bad(text: str) -> tuple[str, str]:
    first = text[0]
    shown = text if len(text) <= 40 else text[:39] + "…"
    if unicodedata.category(first) in {"Zs", "Cf", "Cc", "Zl", "Zp", "Cs", "Co", "Cn"}:
        name = unicodedata.name(first, "no name")
        return f"a character that cannot be seen stands here (U+{ord(first):04X}, {name})", "remove it"
    if _NUMERIC.match(text):
        return f"{shown} is no number", 'write 12, 1.5 or 1e6; anything else stands in quotes ("…")'
    for characters, why, hint in _BAD_CHARACTERS:
        if first in characters:
            return why or f"{shown} cannot stand here", hint
    return f"{shown} cannot stand here", ""


_NUMERIC: Final = re.compile(r"[+-]?\.?[0-9]|[+-]")
_NO_TURTLE: Final = "=, => and <= belong to N3; Turtle has statements of three parts"
_QUOTATION_MARKS: Final = "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a"
#: Characters that begin no token, what is wrong with them, and what to do.
_BAD_CHARACTERS: Final = (
    (_QUOTATION_MARKS, "this is no quotation mark of Turtle", 'write straight quotes: "'),
    ("=", _NO_TURTLE, ""),
    ("@", "@ is followed by no language tag", "write @en, @de, @pt-br …"),
    ("^", "no datatype stands behind ^^, or nothing before it that can have one", 'write "…"^^xsd:date'),
    ("%", "", "in a name, % is followed by two hexadecimal digits, or write \\%"),
    ("\\", "", "in a name, a backslash stands only before one of _~.-!$&'()*+,;=/?#@%"),
    ("/", "", "write the whole IRI in angle brackets, or \\/ in the name"),
    ("_", "", "a blank node is written _:name"),
    ("?", "", "variables belong to SPARQL"),
    ("&", "", "write \\& in a name, or the whole IRI in angle brackets"),
)
