"""What is told where the text is not as its grammar asks, and how reading goes on.

The aim is that the next real fault is found and none is made up: a bad term counts as a term, a missing mark is
guessed from what follows, and behind a guess nothing more is told of the structure until the next mark.
"""

from __future__ import annotations

import re
from re import Match
from typing import Final

from cdkg.sources.turtle.state import AFTER, MORE, OBJECT, PREDICATE, SUBJECT, Reading, Span
from cdkg.sources.turtle.tokens import LINE_END, TOKEN, match_at

_CLOSING: Final = {"[": "]", "(": ")", "<<": ">>", "<<(": ")>>", "{|": "|}"}

# -- marks that are missing, or stand where they should not ---------------------------------------------------------


def missing_mark(reading: Reading, start: int, *, bracket: bool = False) -> bool:
    """Behind an object stands a term: guess which mark is missing from how many terms follow; False: skip the term."""
    own_line = on_new_line(reading, start)
    frame = reading.frame
    if _bare_date(reading, start):
        return False
    if reading.lines:
        return _missing_in_lines(reading, start, own_line=own_line)
    if reading.muted and not own_line and not bracket:
        return False
    number, follows = reading.terms_ahead(start)
    new = own_line and (number == 3 or follows == "{") and not _further_in(reading, start)
    if reading.muted and not new and not bracket:
        return False
    shown = reading.shown(start, match_at(TOKEN, reading.text, start).end())
    behind = reading.shown(*reading.last)
    if frame.opened in {"<<", "<<("}:
        reading.stumble(reading.last, f"{_CLOSING[frame.opened]} is missing behind {behind}", "", start)
        return False
    if new and not reading.outer:
        reading.stumble(reading.last, f"a full stop is missing behind {behind}", "add a . there", start)
        reading.finish(reading.last[1])
    elif new:
        unclosed(reading, start)
        reading.finish(reading.last[1])
    else:
        _missing_within(reading, start, number, shown, behind)
    return True


def on_new_line(reading: Reading, start: int) -> bool:
    """Whether a line ends between the token before and this place."""
    return LINE_END.search(reading.text, reading.last[1], start) is not None


def _missing_within(reading: Reading, start: int, number: int, shown: str, behind: str) -> None:
    if number == 1:
        reading.stumble(reading.last, f"a mark is missing between {behind} and {shown}", _MARKS_HINT, start)
        reading.frame.state = OBJECT
    else:
        reading.stumble(reading.last, f"a semicolon is missing between {behind} and {shown}", _MARKS_HINT, start)
        reading.frame.state = MORE


#: What people write without quotes: to the grammar it is a number, and then others.
_DATE: Final = re.compile(r"-?\d{4}-\d{2}(-\d{2}(T[\d:.]*\d(?:Z|[+-]\d{2}:\d{2})?)?)?(?![\w-])")


def _bare_date(reading: Reading, start: int) -> bool:
    """Whether a date without quotes has begun with the token before `start`; if so it is told, and passed over."""
    date = _DATE.match(reading.text, reading.last[0])
    if date is None or reading.last[1] != start or date.end() <= start:
        return False
    kind = "xsd:dateTime" if date[2] else "xsd:date" if date[1] else "xsd:gYearMonth"
    reading.tell(*date.span(), f"{date[0]} is no number, and a date stands in quotes", f'write "{date[0]}"^^{kind}')
    reading.at = date.end()
    return True


_MARKS_HINT: Final = "add , before a further value, ; before a further property, . at the end; a text stands in quotes"


def _missing_in_lines(reading: Reading, start: int, *, own_line: bool) -> bool:
    behind = reading.shown(*reading.last)
    reading.stumble(reading.last, f"a full stop is missing behind {behind}", "each line is one statement", start)
    reading.finish(reading.last[1])
    if not own_line:
        reading.skip_line()
    return own_line


def no_mark_in_lines(reading: Reading, mark: str, span: Span) -> None:
    """N-Triples and N-Quads have no mark but the full stop."""
    reading.stumble(span, f"N-Triples and N-Quads have no {mark}", "write each statement in full on its own line")
    reading.finish(span[1])
    reading.skip_line()


def no_word_in_lines(reading: Reading, word: str, span: Span) -> None:
    """N-Triples and N-Quads have no keywords."""
    reading.stumble(
        span, f"N-Triples and N-Quads have no keywords such as {word}", "write all IRIs in full, as <http://…>"
    )
    reading.finish(span[1])
    reading.skip_line()


def stray(reading: Reading, mark: str, span: Span) -> None:
    """A mark where none can be; it is passed over."""
    if reading.frame.opened == "(" and mark in {",", ";"}:
        why, hint = f"the items of a list have no {mark} between them", "put spaces between them"
    elif mark == "." and reading.frame.state == SUBJECT:
        why, hint = "nothing stands before this full stop", "remove it"
    elif mark == ";" and reading.frame.state == SUBJECT:
        why, hint = "no statement goes on here", "is the full stop before it meant to be a semicolon?"
    elif mark in {"]", ")", "}", ">>", ")>>", "|}"}:
        why, hint = f"{mark} closes what nobody opened", "remove it, or add the bracket that opens it"
    else:
        why, hint = f"{mark} cannot stand here", ""
    reading.stumble(span, why, hint)


def unfinished(reading: Reading, span: Span, mark: str) -> None:
    """A mark comes before the statement is complete; what is missing counts as read."""
    frame, behind = reading.frame, reading.shown(*reading.last)
    if frame.state == OBJECT:
        why, hint = f"an object is missing between {behind} and {mark}", f"write a value behind {behind}"
    elif frame.state == SUBJECT:
        why, hint = f"there is nothing before {mark}", ""
    else:
        why, hint = f"{behind} has no predicate and object before {mark}", "a statement has three parts"
    reading.stumble(reading.last, why, hint, span[0])
    if mark != ",":
        frame.state = AFTER


def goes_on(reading: Reading, end: int) -> bool:
    """Whether what follows a full stop belongs to the subject before it: it is on its line, or further in."""
    following = reading.behind_gap(end)
    if following == len(reading.text):
        return False
    same_line = LINE_END.search(reading.text, end, following) is None
    return same_line or _further_in(reading, following)


def _further_in(reading: Reading, offset: int) -> bool:
    """Whether a place is further to the right than the subject of the statement."""
    return reading.column(offset) > reading.column((reading.outer or [reading.frame])[0].span[0])


def full_stop_in_brackets(reading: Reading, span: Span) -> None:
    """A full stop comes before a bracket is closed: the bracket is missing, or the full stop is another mark."""
    following = reading.behind_gap(span[1])
    if reading.text[following : following + 1] in {"]", ")"}:
        reading.stumble(span, "a full stop cannot stand in brackets", "remove it")
    elif goes_on(reading, span[1]):
        opened = reading.frame.opened
        reading.stumble(
            span, "a full stop cannot stand in brackets", "remove it" if opened == "(" else "write ; for it"
        )
        if opened in {"[", "{|"}:
            reading.frame.state = MORE
            reading.frame.verb = reading.frame.verb or span
            reading.muted = False
    else:
        unclosed(reading, span[0])
        reading.finish(span[1])


def unclosed(reading: Reading, seen: int) -> None:
    """Tell that the innermost open bracket should have been closed before `seen`."""
    frame = reading.frame
    opened = frame.opened
    start = frame.span[0]
    more = len(reading.outer) - 1
    others = f", and {more} more around it" if more else ""
    hint = f"add {_CLOSING[opened]} where it ends"
    reading.stumble((start, start + len(opened)), f"this {opened} is never closed{others}", hint, seen)


def closes(reading: Reading, opened: str, span: Span) -> bool:
    """Whether there is what a closing bracket can close; what was opened within it and is open still is told."""
    if reading.frame.opened == opened:
        return True
    if not reading.open[opened]:
        _closes_nothing(reading, span)
        return False
    frame = reading.frame
    start = frame.span[0]
    closing, wrong = _CLOSING[frame.opened], reading.text[slice(*span)]
    why = f"this {frame.opened} is closed by {wrong}"
    reading.stumble((start, start + len(frame.opened)), why, f"write {closing} before {wrong}", span[0])
    while reading.frame.opened != opened:
        reading.pop(span[0])
        if reading.frame.state == OBJECT:
            reading.frame.state = AFTER
    return True


def _closes_nothing(reading: Reading, span: Span) -> None:
    """A closing bracket that fits nothing open: another is meant, unless that other follows."""
    opened, wrong = reading.frame.opened, reading.text[slice(*span)]
    follows = match_at(TOKEN, reading.text, span[1])[0].strip()
    if opened not in {"[", "("} or follows == _CLOSING[opened]:
        stray(reading, wrong, span)
        return
    reading.stumble(span, f"{wrong} cannot close the {opened} before it", f"write {_CLOSING[opened]}")
    closed = reading.pop(span[1])
    if opened == "[" or closed.subject is None:
        reading.place(closed.subject, closed.span)


def stray_brace(reading: Reading, span: Span) -> None:
    """`{` where no graph can begin."""
    if reading.syntax != "trig":
        why, hint = "braces belong to TriG, not to Turtle", "name the file *.trig, or take the braces away"
    else:
        why, hint = "no graph can begin here", "close the graph or the statement before it"
    reading.stumble(span, why, hint)


def must_be_outside(reading: Reading, span: Span) -> None:
    """A declaration comes: what is open before it is told and ends here."""
    frame = reading.frame
    last = reading.last
    if reading.outer:
        unclosed(reading, span[0])
    elif frame.state == AFTER:
        reading.stumble(last, f"a full stop is missing behind {reading.shown(*last)}", "add a . there", span[0])
    elif frame.state != SUBJECT:
        unfinished(reading, span, reading.shown(*span))
    reading.finish(last[1])
    if reading.brace is not None:
        reading.tell(*span, f"{reading.shown(*span)} cannot stand in the braces of a graph", "put it before the graph")


def end_of_text(reading: Reading, _: Match[str]) -> None:
    """The text ends: nothing may be open."""
    end = len(reading.text)
    last, state = reading.last, reading.frame.state
    if reading.outer:
        unclosed(reading, end)
    elif state in {PREDICATE, OBJECT}:
        unfinished(reading, (end, end), "the end")
    elif state != SUBJECT and not reading.brace:
        reading.stumble(last, f"a full stop is missing behind {reading.shown(*last)}", "add a . at the end", end)
    reading.finish(last[1])
    if reading.brace is not None:
        reading.tell(reading.brace, reading.brace + 1, "this { is never closed", "add } where the graph ends", end)
