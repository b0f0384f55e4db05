"""Reads Turtle, TriG, N-Triples and N-Quads token by token, without recursion: what is open stands on a stack.

The grammars are those of RDF 1.1 (Turtle, section 6; TriG, section 4; N-Triples and N-Quads, section 2), and of
RDF 1.2 reified triples, triple terms and annotations. Triples come in the order in which pyoxigraph's parser gives
them: a triple is complete with the token that ends its object (for a bare string: the token behind it), the cells of
a list are linked as its items come, and what one token completes comes from the last to the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.sources.turtle import misplaced, recovery
from cdkg.sources.turtle.declarations import DIRECTIVES, declare
from cdkg.sources.turtle.state import (
    AFTER,
    ITEM,
    MORE,
    OBJECT,
    PREDICATE,
    RDF_NIL,
    RDF_REIFIES,
    RDF_REST,
    REIFIER,
    SUBJECT,
    Frame,
    Reading,
    Span,
)
from cdkg.sources.turtle.tokens import BAD, DATATYPE, END, LANGUAGE, LITERAL, MARK, NAME, NUMBER, TOKEN, WORD, match_at
from cdkg.vocabulary import RDF_TYPE, Term

#: Triple terms in one another, as many: libraries take them apart by recursion.
_MOST_TERMS: Final = 500
_Handler = Callable[[Reading, re.Match[str]], None]


def read(reading: Reading) -> None:
    """Read the text to its end; what is found stands in `reading`."""
    match, text, flush = TOKEN.match, reading.text, reading.flush
    handlers = [_HANDLERS.get(kind, _name) for kind in range(BAD + 1)]
    kind = 0
    while kind != END:
        token = match(text, reading.at)
        kind = token.lastindex  # type: ignore[assignment, union-attr]
        reading.at = token.end()  # type: ignore[union-attr]
        handlers[kind](reading, token)  # type: ignore[arg-type]
        if kind != LITERAL:
            flush()
        reading.last = token.span(kind)  # type: ignore[union-attr]


# -- terms --------------------------------------------------------------------------------------------------------


def _name(reading: Reading, token: re.Match[str]) -> None:
    start, _ = span = token.span(NAME)
    state = reading.frame.state
    if state == REIFIER:
        _named_reifier(reading, token)
        return
    if state == AFTER:
        if reading.syntax == "nquads" and reading.graph is None and not recovery.on_new_line(reading, start):
            reading.graph = _graph_of(reading.terms.name(token[NAME], start))
            return
        if not recovery.missing_mark(reading, start):
            return
        state = reading.frame.state
    term = reading.terms.name(token[NAME], start)
    if state == ITEM:
        reading.begin_item(start)
    elif isinstance(term, BlankNode) and state in {PREDICATE, MORE}:
        misplaced.not_a_predicate(reading, span, "a blank node")
        return
    reading.place(term, span)


def _literal(reading: Reading, token: re.Match[str]) -> None:
    _value(reading, token.span(LITERAL), lambda: reading.terms.literal(token))
    if token[LANGUAGE] is not None or token[DATATYPE] is not None:
        reading.flush()


def _number(reading: Reading, token: re.Match[str]) -> None:
    _value(reading, token.span(NUMBER), lambda: reading.terms.number(token[NUMBER]))
    if reading.lines:
        reading.tell(*token.span(NUMBER), "N-Triples has no bare numbers", 'write "1"^^<…#integer>')


def _value(reading: Reading, span: Span, literal: Callable[[], Literal | None]) -> None:
    """A literal: it can be an object or an item, and nothing else."""
    if reading.frame.state in {AFTER, REIFIER} and not recovery.missing_mark(reading, span[0]):
        return
    if reading.frame.state == SUBJECT:
        misplaced.not_a_subject(reading, span)
    elif reading.frame.state in {PREDICATE, MORE}:
        misplaced.not_a_predicate(reading, span, "a value")
    else:
        if reading.frame.state == ITEM:
            reading.begin_item(span[0])
            if reading.text[span[0]] in "\"'":
                reading.flush()
        reading.place(literal(), span)


def _word(reading: Reading, token: re.Match[str]) -> None:
    """A keyword, or what is none: `a`, `true`, `false`, directives, `GRAPH`."""
    span, word = token.span(WORD), token[WORD]
    state = reading.frame.state
    if reading.lines:
        recovery.no_word_in_lines(reading, word, span)
    elif word in {"true", "false"} and state in {OBJECT, ITEM, AFTER}:
        _value(reading, span, lambda: reading.terms.boolean(word))
    elif word == "a" and state in {PREDICATE, MORE}:
        reading.place(RDF_TYPE, span)
    elif word.lower() in DIRECTIVES:
        recovery.must_be_outside(reading, span)
        declare(reading, word, span)
    elif reading.syntax == "trig" and word.lower() == "graph" and state in {SUBJECT, AFTER}:
        recovery.must_be_outside(reading, span)
        _graph_word(reading, token)
    else:
        misplaced.no_word(reading, word, span)


# -- marks --------------------------------------------------------------------------------------------------------


def _mark(reading: Reading, token: re.Match[str]) -> None:
    start, end = token.span(MARK)
    mark = token[MARK]
    if reading.lines and mark not in {".", "<<(", ")>>"}:
        recovery.no_mark_in_lines(reading, mark, (start, end))
    else:
        if reading.frame.state == REIFIER:
            _reify(reading, BlankNode(), list(reading.last))
        _MARKS[mark](reading, start, end)


def _full_stop(reading: Reading, start: int, end: int) -> None:
    if reading.outer:
        recovery.full_stop_in_brackets(reading, (start, end))
        return
    state = reading.frame.state
    if state == SUBJECT:
        recovery.stray(reading, ".", (start, end))
    elif state in {PREDICATE, OBJECT}:
        recovery.unfinished(reading, (start, end), ".")
        if state == PREDICATE and recovery.goes_on(reading, end):
            return
    reading.finish(end)
    if reading.lines:
        reading.graph = None


def _semicolon(reading: Reading, start: int, end: int) -> None:
    frame = reading.frame
    if frame.opened in {"(", "<<", "<<("} or frame.state == SUBJECT or (frame.state == MORE and frame.verb is None):
        recovery.stray(reading, ";", (start, end))
    elif frame.state in {PREDICATE, OBJECT}:
        recovery.unfinished(reading, (start, end), ";")
    if frame.opened not in {"(", "<<", "<<("}:
        frame.state, frame.reifier = MORE, None
        reading.muted = False


def _comma(reading: Reading, start: int, end: int) -> None:
    frame = reading.frame
    if frame.state == AFTER and not frame.opened.startswith("<<"):
        frame.state, frame.reifier = OBJECT, None
    elif frame.state == OBJECT:
        recovery.unfinished(reading, (start, end), ",")
    else:
        recovery.stray(reading, ",", (start, end))


def _open(reading: Reading, start: int, end: int) -> None:
    """`[`, `(`, `<<` or `<<(`."""
    opened = reading.text[start:end]
    if reading.frame.state == AFTER:
        recovery.missing_mark(reading, start, bracket=True)
    state = reading.frame.state
    if state in {PREDICATE, MORE}:
        misplaced.bracket_as_predicate(reading, (start, end))
    elif state == ITEM:
        reading.begin_item(start)
    if opened == "[":
        reading.push(opened, (start, end), MORE, BlankNode())
    else:
        reading.push(opened, (start, end), ITEM if opened == "(" else SUBJECT)


def _close_bracket(reading: Reading, start: int, end: int) -> None:
    if not recovery.closes(reading, "[", (start, end)):
        return
    if reading.frame.state == OBJECT:
        recovery.unfinished(reading, (start, end), "]")
    closed = reading.pop(end)
    _put_back(reading, closed, closed.subject, alone=closed.verb is not None)


def _close_list(reading: Reading, start: int, end: int) -> None:
    if not recovery.closes(reading, "(", (start, end)):
        return
    closed = reading.pop(end)
    if closed.subject is None:
        _put_back(reading, closed, RDF_NIL)
    else:
        reading.pending.append((Triple(closed.subject, RDF_REST, RDF_NIL), closed.span, closed.verb, (start, end)))  # type: ignore[arg-type]


def _put_back(reading: Reading, closed: Frame, term: Term | None, *, alone: bool = False) -> None:
    """What stood in brackets takes its place outside; `alone`: as a subject it need not be followed by anything."""
    subject = reading.frame.state == SUBJECT
    reading.place(term, closed.span)
    if subject and alone:
        reading.frame.state = MORE


# -- graphs (TriG) --------------------------------------------------------------------------------------------------


def _open_graph(reading: Reading, start: int, end: int) -> None:
    frame = reading.frame
    if (
        reading.syntax != "trig"
        or reading.brace is not None
        or reading.outer
        or frame.state not in {SUBJECT, PREDICATE}
    ):
        recovery.stray_brace(reading, (start, end))
        reading.finish(reading.last[1])
    reading.graph = _graph_of(reading.frame.subject)
    reading.brace = start
    reading.frame = Frame("", [end, end], SUBJECT)


def _close_graph(reading: Reading, start: int, end: int) -> None:
    if reading.brace is None:
        recovery.stray(reading, "}", (start, end))
        return
    if reading.outer:
        recovery.unclosed(reading, start)
    elif reading.frame.state in {PREDICATE, OBJECT}:
        recovery.unfinished(reading, (start, end), "}")
    reading.finish(reading.last[1])
    reading.graph = reading.brace = None
    reading.muted = reading.syntax != "trig" and recovery.goes_on(reading, end)


def _graph_word(reading: Reading, word: re.Match[str]) -> None:
    """`GRAPH`: a name and a brace must follow, and say all."""
    name = match_at(TOKEN, reading.text, reading.at)
    behind = match_at(TOKEN, reading.text, name.end())
    texts = [token[token.lastindex or END] for token in (name, behind)]
    if texts != ["[", "]"] and (name.lastindex != NAME or texts[1] != "{"):
        reading.tell(*word.span(WORD), "GRAPH is followed by the name of a graph and {", "")


def _graph_of(term: Term | None) -> str | None:
    return term.value if isinstance(term, NamedNode) else None if term is None else str(term)


# -- RDF 1.2: triples about triples ---------------------------------------------------------------------------------


def _close_triple(reading: Reading, start: int, end: int) -> None:
    """`>>` or `)>>`: the triple in the marks stands for its reifier, or for itself."""
    opened = "<<" if end - start == 2 else "<<("
    if not recovery.closes(reading, opened, (start, end)):
        return
    frame = reading.frame
    if frame.state != AFTER:
        recovery.unfinished(reading, (start, end), reading.text[start:end])
    if opened == "<<" and frame.reifier is None:
        _reify(reading, BlankNode(), frame.span)
    depth = reading.open["<<("]
    closed = reading.pop(end)
    if opened == "<<":
        _put_back(reading, closed, closed.reifier, alone=True)
    else:
        _put_back(reading, closed, _triple_of(closed) if depth <= _MOST_TERMS else None)


def _tilde(reading: Reading, start: int, end: int) -> None:
    if reading.frame.state == AFTER:
        reading.frame.state = REIFIER
    else:
        recovery.stray(reading, "~", (start, end))


def _open_annotation(reading: Reading, start: int, end: int) -> None:
    frame = reading.frame
    if frame.state != AFTER:
        recovery.stray(reading, "{|", (start, end))
    if (named := frame.reifier) is None:
        _reify(reading, BlankNode(), [start, end])
    reading.push("{|", (start, end), MORE, frame.reifier)
    reading.outer[-1].reifier = named


def _close_annotation(reading: Reading, start: int, end: int) -> None:
    if recovery.closes(reading, "{|", (start, end)):
        if reading.frame.state == OBJECT:
            recovery.unfinished(reading, (start, end), "|}")
        reading.pop(end)


def _named_reifier(reading: Reading, token: re.Match[str]) -> None:
    """The name behind `~`."""
    name = reading.terms.name(token[NAME], token.start(NAME))
    reading.frame.state = AFTER
    if name is not None:
        _reify(reading, name, list(token.span(NAME)))


def _reify(reading: Reading, reifier: NamedNode | BlankNode, span: list[int]) -> None:
    """`reifier` stands for the triple of the last object."""
    frame = reading.frame
    frame.reifier, frame.state = reifier, AFTER
    triple = _triple_of(frame)
    if triple is not None:
        reading.pending.append((Triple(reifier, RDF_REIFIES, triple), span, span, span))


def _triple_of(frame: Frame) -> Triple | None:
    if frame.subject is None or frame.predicate is None or frame.object is None:
        return None
    return Triple(frame.subject, frame.predicate, frame.object)


_MARKS: Final[dict[str, Callable[[Reading, int, int], None]]] = {
    ".": _full_stop,
    ";": _semicolon,
    ",": _comma,
    "[": _open,
    "(": _open,
    "<<": _open,
    "<<(": _open,
    "]": _close_bracket,
    ")": _close_list,
    ">>": _close_triple,
    ")>>": _close_triple,
    "{": _open_graph,
    "}": _close_graph,
    "~": _tilde,
    "{|": _open_annotation,
    "|}": _close_annotation,
}
_HANDLERS: Final[dict[int, _Handler]] = {
    NAME: _name,
    MARK: _mark,
    LITERAL: _literal,
    NUMBER: _number,
    WORD: _word,
    END: recovery.end_of_text,
    BAD: misplaced.bad_token,
}
