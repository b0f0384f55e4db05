"""What of a valid JSON-LD document no reader keeps: JSON-LD leaves out, without a word, what stands for nothing.

So it is with keys that no context defines (JSON-LD 1.1 API, section 5.1.2), and with IRIs and language tags that are
not well-formed (section 7.2.2). A prefix that no context defines is no loss, but makes an IRI that nobody means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cdkg.errors import Location
from cdkg.sources.json_ld.context import KEYWORDS, Context, Term
from cdkg.sources.json_ld.document import Value, read
from cdkg.sources.json_ld.names import Verdict, of_id, of_key, of_language, of_reference, of_type
from cdkg.sources.text import place_in, span_in

#: So many are told of a document, each kind of them once; and texts up to this length are looked through.
MOST: Final = 100
MOST_LOOKED_THROUGH: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that no reader keeps, or keeps as what nobody means.

    Attributes:
        what: What is lost and why.
        hint: What to do.
        where: Where it stands first.
        grave: Whether the document is not well-formed there; else it is as JSON-LD allows.
        number: At how many places.
    """

    what: str
    hint: str
    where: Location
    grave: bool
    number: int = 1


#: What remains to be looked at: a value, its context and term; whether it is the value of no property, or of a map.
_Task = tuple[Value, Context, Term | None, bool, bool]


def losses(text: str, path: str) -> list[Loss]:
    """All that is lost of a document, in the order of places; what is lost again and again counts as one.

    Args:
        text: The document, which the parser has taken.
        path: Its file.
    """
    if not text.strip():
        return []
    if len(text) > MOST_LOOKED_THROUGH:
        what = (
            f"Nobody has looked for what is lost of this document: it has more than {MOST_LOOKED_THROUGH:,} characters."
        )
        return [Loss(what, "split it into several files", Location(path, 1, 1), grave=False)]
    walk = _Walk()
    walk.run(read(text))
    found = sorted(walk.found.items(), key=lambda item: item[1][0])
    told = [
        Loss(verdict.what, verdict.hint, span_in(text, span, path), verdict.grave, len(walk.places[verdict]))
        for verdict, span in found[:MOST]
    ]
    if len(found) > MOST:
        what = f"{len(found) - MOST} more kinds of losses of this document are not told."
        told.append(
            Loss(what, "mend those before, and check again", place_in(text, found[MOST][1][0], path), grave=False)
        )
    return told


@dataclass(slots=True)
class _Walk:
    """Follows the expansion algorithm (section 5.1.2) as far as it takes to know what each key stands for.

    Attributes:
        found: What is lost, and where first.
        places: Where each is.
    """

    found: dict[Verdict, tuple[int, int]] = field(default_factory=dict)
    places: dict[Verdict, set[int]] = field(default_factory=dict)
    _tasks: list[_Task] = field(default_factory=list)

    def run(self, document: Value) -> None:
        """Look at a whole document."""
        if not document.content:
            self._lose(document, Verdict("This document holds nothing.", "see whether it was written as a whole"))
        self._tasks.append((document, Context(), None, True, False))
        while self._tasks:
            value, context, term, free, mapped = self._tasks.pop()
            if isinstance(value.content, list):
                self._tasks += [(item, context, term, free, mapped) for item in value.content]
            elif isinstance(value.content, tuple):
                self._object(value, context, term, free=free, mapped=mapped)
            elif free:
                self._alone(value)
            elif isinstance(value.content, str) and term is not None and term.coercion in {"@id", "@vocab"}:
                self._judge(value, of_id if term.coercion == "@id" else of_reference, context)

    def _lose(self, value: Value, verdict: Verdict) -> None:
        span = value.start, value.end
        self.found[verdict] = min(span, self.found.get(verdict, span))
        self.places.setdefault(verdict, set()).add(value.start)

    def _alone(self, value: Value) -> None:
        if value.content is not None:
            what = "What stands here is dropped: it is the value of no property."
            self._lose(value, Verdict(what, "give it a key, within an object that has an @id or other keys"))

    def _judge(self, value: Value, rule: Callable[[str, Context], Verdict | None], context: Context) -> bool:
        """Tell what a rule says of a string; whether the string is kept."""
        key = rule, value.content
        if key not in context.judged:
            context.judged[key] = rule(str(value.content), context)
        verdict: Verdict | None = context.judged[key]
        if verdict is not None:
            self._lose(value, verdict)
        return verdict is None or verdict.kept

    def _object(self, value: Value, context: Context, term: Term | None, *, free: bool, mapped: bool) -> None:
        if context.previous is not None and not mapped and not self._is_plain(value, context):
            context = context.previous
        if term is not None and term.context is not None:
            context = context.scoped(term.context)
        for key, member in value.members:
            if key.content == "@context":
                self._languages(member)
                context = context.applied(member)
        typed = context  # types are looked up in what holds before the contexts of types do
        context = _of_types(value, context)
        keys = {context.iri(key.content, vocab=True) for key, _ in value.members} - {"@context"}
        if free and keys == {"@id"}:
            self._lose(
                value,
                Verdict(
                    "This object is dropped: it has an @id, and nothing is said of it.",
                    "say something of it, or leave it out",
                ),
            )
        elif free and ("@value" in keys or "@list" in keys):
            self._alone(value)
        self._members(value, context, typed, term)

    @staticmethod
    def _is_plain(value: Value, context: Context) -> bool:
        keys = [context.iri(key.content, vocab=True) for key, _ in value.members]
        return "@value" in keys or keys == ["@id"]

    def _members(self, value: Value, context: Context, typed: Context, term: Term | None) -> None:
        for key, member in value.members:
            stands_for = context.iri(key.content, vocab=True)
            if stands_for in KEYWORDS:
                self._keyword(stands_for or "", member, context, typed, term)
            elif self._judge(key, of_key, context) and stands_for is not None:
                self._property(member, context, context.terms.get(key.content))

    def _keyword(self, keyword: str, member: Value, context: Context, typed: Context, term: Term | None) -> None:
        strings = [item for item in member.each if isinstance(item.content, str)]
        if keyword == "@id":
            for item in strings:
                self._judge(item, of_id, context)
        elif keyword == "@type":
            for item in strings:
                self._judge(item, of_type, typed)
        elif keyword == "@language":
            for item in strings:
                self._judge(item, of_language, context)
        elif keyword in {"@graph", "@included"}:
            self._tasks.append((member, context, None, True, False))
        elif keyword in {"@list", "@set"}:
            self._tasks.append((member, context, term, False, False))
        elif keyword in {"@nest", "@reverse"}:
            self._tasks.append((member, context, None, False, True))

    def _property(self, member: Value, context: Context, term: Term | None) -> None:
        """What a property says; a map has keys that are no properties (section 4.6)."""
        if term is None or not member.members:
            kind = "" if term is None else term.coercion
            if kind != "@json":
                self._tasks.append((member, context, term, False, False))
            return
        if term.coercion == "@json":
            return
        if "@language" in term.container:
            for key, _ in member.members:
                if context.iri(key.content, vocab=True) != "@none":
                    self._judge(key, of_language, context)
        elif term.container & {"@index", "@id", "@type"}:
            self._map(member, context, term)
        else:
            self._tasks.append((member, context, term, False, False))

    def _map(self, member: Value, context: Context, term: Term) -> None:
        by_type = "@type" in term.container
        outer = context.previous or context if by_type else context
        rule = of_id if "@id" in term.container else of_type
        for key, value in member.members:
            if "@index" not in term.container and context.iri(key.content, vocab=True) != "@none":
                self._judge(key, rule, context)
            inner = context.terms.get(key.content) if by_type else None
            within = outer.scoped(inner.context, propagate=False) if inner and inner.context else outer
            self._tasks.append((value, within, term, False, True))

    def _languages(self, context: Value) -> None:
        """The language tags in a context, and in those within it."""
        open_ = [context]
        while open_:
            for single in open_.pop().each:
                for key, member in single.members:
                    if key.content == "@language" and isinstance(member.content, str):
                        self._judge(member, of_language, Context())
                    elif key.content == "@context" or not key.content.startswith("@"):
                        open_.append(member)


def _of_types(value: Value, context: Context) -> Context:
    """The context with that of the types of an object (section 5.1.2, step 11).

    Where several types have one, the parser takes the last by name alone: what the others define is lost.
    """
    typed = context
    for key, member in value.members:
        if context.iri(key.content, vocab=True) == "@type":
            for name in sorted(str(item.content) for item in member.each):
                term = typed.terms.get(name)
                if term is not None and term.context is not None:
                    context = typed.scoped(term.context, propagate=False)
    return context
