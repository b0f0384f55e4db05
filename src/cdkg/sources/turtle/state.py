"""What a reader knows while it reads: the open subjects, the triples of the statement so far, the faults."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, overload

from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg.sources.turtle.terms import Terms
from cdkg.sources.turtle.tokens import BAD, END, GAP, LINE_END, LITERAL, NAME, NUMBER, TOKEN, WORD, match_at
from cdkg.vocabulary import PREFIXES, Term

#: As it is written: where it begins, and where it ends (behind the last character).
Span = tuple[int, int]

#: No more faults are told of a document.
MOST_FAULTS: Final = 100

#: What an open subject waits for: its subject, a predicate that must come, one that may come (behind `;` or an
#: opening bracket), an object, a mark behind an object, the next item of a list, the name of a reifier (behind `~`).
SUBJECT, PREDICATE, MORE, OBJECT, AFTER, ITEM, REIFIER = range(7)

RDF_FIRST, RDF_REST, RDF_NIL, RDF_REIFIES = (
    NamedNode(PREFIXES["rdf"] + name) for name in ("first", "rest", "nil", "reifies")
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A triple as it is written; what the text leaves out (`rdf:first`, `rdf:rest`) is told by its brackets.

    Attributes:
        triple: The triple; its blank nodes have names of this reading.
        graph: The IRI of its graph in TriG and N-Quads (`_:x` for a blank one); None for the default graph.
        subject: Offsets of the subject: of a list or of a blank node property list, from bracket to bracket.
        predicate: Offsets of the predicate; of the cells of a list, of its opening bracket.
        object: Offsets of the object; of the rest of a list, from the next item to the closing bracket.
        block: From the subject of the statement to its full stop; in braces, to its last term where none stands.
    """

    triple: Triple
    graph: str | None
    subject: Span
    predicate: Span
    object: Span
    block: Span


class Statements(Sequence[Statement]):
    """Statements as columns: a statement is made when it is asked for, so that large files stay small.

    Attributes:
        triples: Their triples.
        graphs: Their graphs.
        offsets: Eight for each: subject, predicate, object, block.
    """

    def __init__(self) -> None:
        self.triples: list[Triple] = []
        self.graphs: list[str | None] = []
        self.offsets = array("q")

    def __len__(self) -> int:
        return len(self.triples)

    @overload
    def __getitem__(self, index: int) -> Statement: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Statement, ...]: ...
    def __getitem__(self, index: int | slice) -> Statement | tuple[Statement, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        index = range(len(self))[index]
        a, b, c, d, e, f, g, h = self.offsets[8 * index : 8 * index + 8]
        return Statement(self.triples[index], self.graphs[index], (a, b), (c, d), (e, f), (g, h))


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the text is not what its grammar asks for.

    Attributes:
        start: Where it begins.
        end: Behind its last character.
        why: What is wrong, in plain words.
        hint: What to do.
        seen: Where it shows, if not at `start`: an open bracket shows where something else comes in its place.
    """

    start: int
    end: int
    why: str
    hint: str = ""
    seen: int | None = None


@dataclass(slots=True)
class Frame:
    """A subject whose predicates and objects are being read: of a statement, in brackets, or a list.

    Attributes:
        opened: The bracket that opened it; empty for a statement.
        span: Where its subject stands; the end is set when it is known.
        state: What it waits for.
        subject: Its subject; None where that is not known (yet).
        predicate: Its predicate; None where that is not known.
        verb: Where the predicate stands; None where none has been read.
        object: Its last object, which annotations are about.
        reifier: What stands for the triple of that object (RDF 1.2), where it has been named.
        rests: Where the rests of a list stand.
    """

    opened: str
    span: list[int]
    state: int
    subject: NamedNode | BlankNode | None = None
    predicate: NamedNode | None = None
    verb: Span | list[int] | None = None
    object: Term | None = None
    reifier: NamedNode | BlankNode | None = None
    rests: list[list[int]] = field(default_factory=list)


class Reading:
    """A text, how far it has been read, and what has been found."""

    def __init__(self, text: str, base: str, syntax: str) -> None:
        self.text, self.syntax = text, syntax
        self.lines = syntax in {"ntriples", "nquads"}
        self.terms = Terms(base, self.tell, absolute=self.lines)
        self.at = 0
        self.last: Span = (0, 0)  # the token before
        self.statements = Statements()
        self.faults: list[Fault] = []
        self.frame = Frame("", [0, 0], SUBJECT)
        self.outer: list[Frame] = []
        self.open: Counter[str] = Counter()  # how many brackets of a kind
        self.muted = False  # what follows a word that is no term is guesswork until the next mark
        self.graph: str | None = None
        self.brace: int | None = None  # where the open graph has its brace
        self._told: list[tuple[Triple, list[int], Span | list[int], Span | list[int]]] = []
        self.pending: list[tuple[Triple, list[int], Span | list[int], Span | list[int]]] = []

    def tell(self, start: int, end: int, why: str, hint: str = "", seen: int | None = None) -> None:
        """Note a fault; behind the last that is told, reading ends."""
        start, end = min(start, len(self.text)), min(end, len(self.text))
        again = self.faults and (self.faults[-1].start, self.faults[-1].end) == (start, end)
        if not again and len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(start, end, why, hint, seen))
        if len(self.faults) >= MOST_FAULTS:
            self.at = len(self.text)

    def stumble(self, span: Span, why: str, hint: str = "", seen: int | None = None) -> None:
        """Tell a fault of the structure, if what is read is not guesswork yet; from here on it is."""
        if not self.muted:
            self.tell(*span, why, hint, seen)
        self.muted = True

    def emit(self, frame: Frame, term: Term | None, span: Span | list[int]) -> None:
        """A triple of `frame` has its object."""
        frame.object = term
        if frame.opened[:2] == "<<":
            return
        if frame.subject is not None and frame.predicate is not None and term is not None:
            triple = Triple(frame.subject, frame.predicate, term)
            self.pending.append((triple, frame.span, frame.verb or span, span))

    def flush(self) -> None:
        """A token is done. The parser gives the triples that one token completes from the last to the first."""
        if self.pending:
            self.pending.reverse()
            self._told += self.pending
            self.pending.clear()

    def finish(self, end: int) -> None:
        """A statement ends, and all its brackets with it: what it says has its block now."""
        while self.outer:
            self.pop(end)
        self.flush()
        if self._told:
            begin, offsets = self.frame.span[0], self.statements.offsets
            for triple, subject, verb, term in self._told:
                self.statements.triples.append(triple)
                offsets.extend((*subject, *verb, *term, begin, end))
            self.statements.graphs += [self.graph] * len(self._told)
            self._told.clear()
        self.frame = Frame("", [end, end], SUBJECT)
        self.muted = False

    def push(self, opened: str, span: Span, state: int, subject: NamedNode | BlankNode | None = None) -> None:
        """Open a bracket."""
        self.outer.append(self.frame)
        self.open[opened] += 1
        self.frame = Frame(opened, list(span), state, subject)

    def pop(self, end: int) -> Frame:
        """Close the innermost bracket."""
        closed = self.frame
        closed.span[1] = end
        for rest in closed.rests:
            rest[1] = end
        self.frame = self.outer.pop()
        self.open[closed.opened] -= 1
        return closed

    def place(self, term: Term | None, span: Span | list[int]) -> None:
        """Put a term where the innermost open subject waits for one."""
        frame = self.frame
        state = frame.state
        if state == OBJECT:
            frame.state = AFTER
            self.emit(frame, term, span)
        elif state == ITEM:
            self.emit(frame, term, span)
        elif state == SUBJECT:
            frame.state = PREDICATE
            frame.subject = term if isinstance(term, NamedNode | BlankNode) else None
            if not frame.opened:
                frame.span = span if isinstance(span, list) else list(span)
        else:
            frame.state = OBJECT
            frame.verb = span
            frame.predicate = term if isinstance(term, NamedNode) else None

    def begin_item(self, start: int) -> None:
        """A list goes on: its next cell, and for the first one the list itself takes its place outside."""
        frame = self.frame
        cell = BlankNode()
        if frame.subject is None:
            self.frame = self.outer[-1]
            self.place(cell, frame.span)
            self.frame = frame
            frame.predicate, frame.verb = RDF_FIRST, tuple(frame.span)  # type: ignore[assignment]
        else:
            frame.rests.append([start, start])
            self.pending.append((Triple(frame.subject, RDF_REST, cell), frame.span, frame.verb, frame.rests[-1]))  # type: ignore[arg-type]
        frame.subject = cell

    def shown(self, start: int, end: int) -> str:
        """A piece of the text for people: shortened, one line."""
        text = self.text[start : min(end, start + 60)].split("\n")[0].rstrip("\r")
        return text if len(text) == end - start and len(text) <= 40 else text[:39] + "…"

    def column(self, offset: int) -> int:
        """How far in its line a place is; lines longer than a window are long."""
        window = max(0, offset - 10_000)
        return offset - max(self.text.rfind(end, window, offset) for end in "\r\n") - 1

    def terms_ahead(self, start: int) -> tuple[int, str]:
        """How many terms stand in a row from `start`, and what follows; three at most, and none behind a bracket."""
        number, at = 0, start
        while True:
            token = match_at(TOKEN, self.text, at)
            kind = token.lastindex or END
            text = token[kind]
            bracket = text in {"[", "(", "<<", "<<("}
            if number == 3 or not (bracket or kind in {NAME, LITERAL, NUMBER, WORD, BAD}):
                return number, text
            number, at = number + 1, token.end()
            if bracket or (kind == BAD and text[0] in "\"'"):
                return number, ""

    def line_end(self, offset: int) -> int:
        """Where the line of a place ends."""
        end = LINE_END.search(self.text, offset)
        return end.start() if end else len(self.text)

    def skip_line(self) -> None:
        """Go on behind this line."""
        self.at = self.line_end(self.at)

    def behind_gap(self, offset: int) -> int:
        """The first place from `offset` on that is neither space nor comment."""
        return match_at(GAP, self.text, offset).end()
