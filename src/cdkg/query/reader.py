"""Read the text of a guarded SPARQL 1.1 query into its parts (the grammar of section 19.8).

It reads groups, patterns and paths; expressions and clauses stay as they are written. Every query of the standard that
the engine takes is read; what only drafts of a later SPARQL have is refused with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from cdkg.errors import QueryError
from cdkg.query.guard import Inspected
from cdkg.query.syntax import (
    Bind,
    Exists,
    Expression,
    Filter,
    Group,
    InGraph,
    Minus,
    Optional,
    Part,
    Query,
    Select,
    Union,
    Values,
)
from cdkg.query.triples import TriplesReader, place

_AGGREGATES: Final = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_VOLATILE: Final = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE"})
_MODIFIERS: Final = ("HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES")
_BLOCKS: Final = frozenset({"OPTIONAL", "MINUS", "GRAPH", "FILTER", "BIND"})


def read(asked: Inspected) -> Query:
    """Take a SELECT or ASK query apart.

    Raises:
        QueryError: It is of another form, or has parts that SPARQL 1.1 does not have.
    """
    return _Reader(asked.text).query()


class _Reader(TriplesReader):
    """Reads a query by recursive descent."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._exists: list[Exists] = []

    def query(self) -> Query:
        while self._word() in {"PREFIX", "BASE"}:
            self._next += 3 if self._word() == "PREFIX" else 2
        at, form = self._peek()[2], self._word()
        if form not in {"SELECT", "ASK"}:
            raise QueryError(
                f"{form or 'this'} cannot be explained row by row",
                where=place(self.text, at) if at >= 0 else None,
                hint="ask with SELECT for what its pattern matches",
            )
        select = self._select()
        if self._peek()[0] != "end":
            self._refuse()
        return Query(self.text, self.text[:at], select, self.fresh, self.constants, self.mentioned)

    def _select(self) -> Select:
        """A query from its first word on; ASK is read as `SELECT * … LIMIT 1`."""
        start = self._next
        limit: int | None = 1 if self._take("ASK") else None
        self._take("SELECT")
        distinct = self._take("DISTINCT")
        self._take("REDUCED")
        names, items = self._projection()
        self._take("WHERE")
        body = self._group()
        keys = self._keys() if self._take("GROUP") else []
        having = self._clause("HAVING", _MODIFIERS[1:])
        order = self._clause("ORDER", _MODIFIERS[2:])
        offset = 0
        while self._word() in {"LIMIT", "OFFSET"}:
            is_limit = self._take("LIMIT") or not self._take("OFFSET")
            number = int(self._peek()[1])
            self._next += 1
            limit, offset = (number, offset) if is_limit else (limit, number)
        data = self._values() if self._word() == "VALUES" else None
        shown = body.visible() | (data.visible() if data else {})
        computed = (*(item.value for item in items), having, order)
        return Select(
            *self._since(start),
            names=tuple(names or [name for name in shown if not name.startswith(self.fresh)]),
            items=tuple(items),
            body=body,
            distinct=distinct,
            keys=tuple(keys),
            aggregated=bool(keys) or any(e.aggregate for e in computed if e),
            having=having,
            order=order,
            limit=limit,
            offset=offset,
            data=data,
        )

    def _projection(self) -> tuple[list[str], list[Bind]]:
        names: list[str] = []
        items: list[Bind] = []
        while not self._take("*"):
            if self._peek()[0] == "variable":
                names.append(self._variable())
            elif self._peek()[1] == "(":
                items.append(self._bind())
                names.append(items[-1].name)
            else:
                break
        return names, items

    def _keys(self) -> list[Bind]:
        """The conditions of GROUP BY, each with a name: its own or one of ours."""
        self._expect("BY")
        keys: list[Bind] = []
        while self._peek()[0] != "end" and self._word() not in _MODIFIERS and self._peek()[1] != "}":
            start = self._next
            if self._peek()[0] == "variable":
                name = self._variable()
                keys.append(Bind(*self._since(start), name, self._found(start)))
            elif self._peek()[1] == "(":
                keys.append(self._bind())
            else:
                condition = self._condition()
                name = f"{self.fresh}k{condition.at}"
                keys.append(Bind(f"({condition.text} AS ?{name})", condition.at, name, condition))
        return keys

    def _clause(self, word: str, stops: Collection[str]) -> Expression | None:
        """A clause from its word up to one of `stops`, or to the end of the query."""
        start = self._next
        if not self._take(word):
            return None

        def ends() -> bool:
            return self._peek()[0] == "end" or self._peek()[1] == "}" or self._word() in stops

        self._skip(ends)
        return self._found(start)

    def _group(self) -> Group:
        start = self._next
        self._expect("{")
        parts: list[Part] = []
        while not self._take("}"):
            if self._word() == "SELECT":
                parts.append(self._select())
            elif not self._take("."):
                parts += self._parts()
        text, at = self._since(start)
        return Group(text, at, tuple(parts), f"{self.fresh}m{at}")

    def _parts(self) -> list[Part]:
        start, word = self._next, self._word()
        if self._peek()[1] == "{":
            branches = [self._group()]
            while self._take("UNION"):
                branches.append(self._group())
            return [branches[0] if len(branches) == 1 else Union(*self._since(start), tuple(branches))]
        if word == "VALUES":
            return [self._values()]
        return [self._block()] if word in _BLOCKS else list(self._triples())

    def _block(self) -> Part:
        start, word = self._next, self._word()
        self._next += 1
        if word == "FILTER":
            condition = self._condition()
            return Filter(*self._since(start), condition)
        if word == "BIND":
            bound = self._bind()
            return Bind(*self._since(start), bound.name, bound.value)
        name = self._term() if word == "GRAPH" else ""
        body = self._group()
        if word == "OPTIONAL":
            return Optional(*self._since(start), body)
        if word == "MINUS":
            return Minus(*self._since(start), self._names(start))
        return InGraph(*self._since(start), name, body)

    def _values(self) -> Values:
        start = self._next
        self._expect("VALUES")
        several = self._take("(")
        columns: list[str] = []
        while self._peek()[0] == "variable":
            columns.append(self._variable())
        if several:
            self._expect(")")
        self._expect("{")
        gaps: set[str] = set()
        column = 0
        while not self._take("}"):
            if self._take("(", ")"):
                column = 0
            elif self._take("UNDEF"):
                gaps.add(columns[column])
                column += several
            else:
                self._mention()
                column += several
        return Values(*self._since(start), frozenset(columns), frozenset(columns) - gaps)

    def _bind(self) -> Bind:
        """`(expression AS ?name)`; as a condition of GROUP BY it may have no name."""
        start = self._next
        self._expect("(")
        inner = self._next
        self._skip(lambda: self._word() == "AS" or self._peek()[1] == ")")
        value = self._found(inner)
        name = self._variable() if self._take("AS") else f"{self.fresh}k{value.at}"
        self._expect(")")
        return Bind(f"({value.text} AS ?{name})", self._since(start)[1], name, value)

    def _condition(self) -> Expression:
        """A constraint: an expression in brackets, a call, or EXISTS."""
        start = self._next
        if self._starts_exists():
            self._exists.append(self._read_exists())
            return self._found(start)
        if self._peek()[1] != "(":
            self._next += 1
        self._expect("(")
        self._skip(lambda: self._peek()[1] == ")")
        self._expect(")")
        return self._found(start)

    def _skip(self, ends: Callable[[], bool]) -> None:
        """Step through an expression to where `ends` holds outside of brackets; its EXISTS are read."""
        depth = 0
        while depth or not ends():
            kind, token, _ = self._peek()
            if kind == "end":
                self._refuse()
            depth += (token == "(") - (token == ")")
            if self._starts_exists():
                self._exists.append(self._read_exists())
            elif kind in {"iri", "pname", "string"} and self._peek(1)[1] != "(":
                self._mention()
            else:
                self._next += 1

    def _mention(self) -> None:
        """A constant that stands in no pattern."""
        text, at, _ = self._read_term()
        self.mentioned.setdefault(text, at)

    def _starts_exists(self) -> bool:
        ahead = self._word() == "NOT"
        return self._peek(ahead)[1].upper() == "EXISTS" and self._peek(ahead + 1)[1] == "{"

    def _read_exists(self) -> Exists:
        start = self._next
        self._take("NOT")
        self._expect("EXISTS")
        body = self._group()
        return Exists(*self._since(start), body, self._names(start))

    def _found(self, start: int) -> Expression:
        """The expression from token `start` on, with the EXISTS that were read in it."""
        text, at = self._since(start)
        exists = tuple(e for e in self._exists if e.at >= at)
        del self._exists[len(self._exists) - len(exists) :]
        words = {token.upper() for kind, token, _ in self._tokens[start : self._next] if kind == "word"}
        has = [bool(words & of) for of in (_VOLATILE, _AGGREGATES, {"BOUND", "COALESCE"})]
        return Expression(text, at, self._names(start), exists, *has)
