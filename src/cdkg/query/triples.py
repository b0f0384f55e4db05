"""Read the triple patterns and property paths of SPARQL 1.1 (sections 4.2 and 9.1) out of tokens."""

from __future__ import annotations

from typing import Final, NoReturn

from cdkg.errors import Location, QueryError
from cdkg.query.syntax import Alternative, Names, Negated, Path, Pattern, Repeated, Sequence, Step, inverse
from cdkg.sources.sparql import tokens
from cdkg.vocabulary import PREFIXES

_RDF: Final = PREFIXES["rdf"]
_END: Final = ("end", "", -1)


def place(text: str, at: int) -> Location:
    """Line and column of an offset in the text of a query."""
    return Location("query", text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


class Cursor:
    """Goes through the tokens of a query and gives back what it went through as text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = list(tokens(text))
        self._next = 0

    def _peek(self, ahead: int = 0) -> tuple[str, str, int]:
        index = self._next + ahead
        return self._tokens[index] if index < len(self._tokens) else _END

    def _word(self) -> str:
        kind, token, _ = self._peek()
        return token.upper() if kind == "word" else ""

    def _take(self, *expected: str) -> bool:
        """Step over the next token if it is one of these words, in any case, or signs."""
        kind, token, _ = self._peek()
        found = (self._word() or token) in expected and kind in {"word", "other"}
        self._next += found
        return found

    def _expect(self, expected: str) -> None:
        if not self._take(expected):
            self._refuse()

    def _refuse(self) -> NoReturn:
        _, token, at = self._peek()
        what = f"the query cannot be taken apart at {token!r}" if token else "the query ends too early"
        where = place(self.text, at if token else len(self.text))
        raise QueryError(what, where=where, why="only what SPARQL 1.1 has can be explained")

    def _since(self, start: int) -> tuple[str, int]:
        """The tokens from `start` on as text, with single spaces where there was space or a comment; its offset."""
        text, end = "", -1
        for _, token, at in self._tokens[start : self._next]:
            text += f" {token}" if text and at != end else token
            end = at + len(token)
        return text, self._tokens[start][2] if start < len(self._tokens) else len(self.text)

    def _names(self, start: int) -> Names:
        return frozenset(token[1:] for kind, token, _ in self._tokens[start : self._next] if kind == "variable")

    def _variable(self) -> str:
        kind, token, _ = self._peek()
        if kind != "variable":
            self._refuse()
        self._next += 1
        return token[1:]


class TriplesReader(Cursor):
    """Reads triples; a blank node becomes a variable of ours, whose name begins with `fresh`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.fresh = "why"
        while self.fresh in text:
            self.fresh += "_"
        self.constants: dict[str, int] = {}
        self.mentioned: dict[str, int] = {}
        self._blanks: dict[str, str] = {}

    def _triples(self) -> list[Pattern]:
        subject, shown, patterns = self._node()
        if self._starts_verb():
            patterns += self._properties(subject, shown)
        return patterns

    def _starts_verb(self) -> bool:
        kind, token, _ = self._peek()
        return kind in {"variable", "iri", "pname"} or token in {"a", "^", "!", "("}

    def _properties(self, subject: str, shown: str) -> list[Pattern]:
        patterns: list[Pattern] = []
        while self._starts_verb():
            start = self._next
            predicate = self._term() if self._peek()[0] == "variable" else self._path()
            if isinstance(predicate, Step) and not predicate.inverse:
                predicate = predicate.iri
            verb, at = self._since(start)
            while True:
                obj, told, inner = self._node()
                patterns.append(Pattern(f"{shown} {verb} {told}", at, subject, predicate, obj, verb))
                patterns += inner
                if not self._take(","):
                    break
                at = self._peek()[2]  # the first object has the place of its verb, the others have their own
            while self._take(";"):
                pass
        return patterns

    def _node(self) -> tuple[str, str, list[Pattern]]:
        """A term, a blank node in brackets or a list: its name in patterns, its text, and what it says itself."""
        start = self._next
        if self._take("["):
            name = self._blank()
            inner = self._properties(name, "[]")
            self._expect("]")
            return name, "[]", inner
        if self._take("("):
            return self._list(start)
        name = self._term()
        return name, self._since(start)[0], []

    def _list(self, start: int) -> tuple[str, str, list[Pattern]]:
        """A list as its `rdf:first` and `rdf:rest` (section 4.2.3)."""
        items: list[tuple[str, str, list[Pattern]]] = []
        while not self._take(")"):
            items.append(self._node())
        at = self._tokens[start][2]
        nil = self._constant(f"<{_RDF}nil>", at)
        heads = [*(self._blank() for _ in items), nil]
        patterns: list[Pattern] = []
        for head, rest, (name, told, inner) in zip(heads, heads[1:], items, strict=False):
            for local, obj, shown in (("first", name, told), ("rest", rest, "()" if rest == nil else "[]")):
                iri = self._constant(f"<{_RDF}{local}>", at)
                patterns.append(Pattern(f"[] rdf:{local} {shown}", at, head, iri, obj, iri))
            patterns += inner
        return heads[0], "[]" if items else "()", patterns

    def _blank(self, label: str = "") -> str:
        name = self._blanks.get(label) or f"?{self.fresh}b{len(self._blanks)}"
        self._blanks[label or name] = name
        return name

    def _constant(self, text: str, at: int) -> str:
        self.constants.setdefault(text, at)
        return text

    def _term(self) -> str:
        """A variable, a labelled blank node, or a constant of a pattern."""
        text, at, is_constant = self._read_term()
        return self._constant(text, at) if is_constant else text

    def _read_term(self) -> tuple[str, int, bool]:
        """A term, its offset, and whether it is an IRI or literal."""
        start = self._next
        if self._peek()[1] in {"+", "-"}:
            self._next += 1
        kind, token, at = self._peek()
        if kind not in {"variable", "iri", "pname", "string", "number"} and self._word() not in {"TRUE", "FALSE"}:
            self._refuse()
        self._next += 1
        if kind == "variable":
            return f"?{token[1:]}", at, False
        if kind == "pname" and token.startswith("_:"):
            return self._blank(token), at, False
        if kind == "string":
            self._tag()
        return *self._since(start), True

    def _tag(self) -> None:
        """The language tag or datatype behind a string."""
        if self._take("^"):
            self._expect("^")
            self._next += 1
        elif self._take("@"):
            self._next += 1
            while self._peek()[1] == "-" and self._peek()[2] == self._peek(-1)[2] + len(self._peek(-1)[1]):
                self._next += 2

    def _path(self) -> Path:
        paths = [self._sequence()]
        while self._take("|"):
            paths.append(self._sequence())
        return paths[0] if len(paths) == 1 else Alternative(tuple(paths))

    def _sequence(self) -> Path:
        paths = [self._element()]
        while self._take("/"):
            paths.append(self._element())
        return paths[0] if len(paths) == 1 else Sequence(tuple(paths))

    def _element(self) -> Path:
        backwards = self._take("^")
        path: Path
        if self._take("("):
            path = self._path()
            self._expect(")")
        else:
            path = self._negated() if self._take("!") else Step(self._property())
        _, sign, at = self._peek()
        signs_number = sign == "+" and self._peek(1)[0] == "number" and self._peek(1)[2] == at + 1
        if sign in {"?", "*", "+"} and not signs_number:
            self._next += 1
            path = Repeated(path, sign)
        return inverse(path) if backwards else path

    def _negated(self) -> Negated:
        """A negated property set; it is walked backwards only if it names a property with `^`."""
        several = self._take("(")
        forward: list[str] = []
        backward: list[str] = []
        while not (several and self._take(")")):
            (backward if self._take("^") else forward).append(self._property())
            if not several:
                break
            self._take("|")
        return Negated(tuple(forward) if forward or not backward else None, tuple(backward) if backward else None)

    def _property(self) -> str:
        at = self._peek()[2]
        return self._constant(f"<{_RDF}type>", at) if self._take("A") else self._term()
