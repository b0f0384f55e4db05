"""Queries of shapes with values given for some of their variables (SHACL, section 5.2.1 and appendix B).

SHACL defines pre-binding as "values insertion": each basic graph pattern is joined with a table of the given values.
So a table is put first into each group of the query in which such a variable stands, and into the outermost group.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Literal, NamedNode, Store

from cdkg.errors import ShapesError
from cdkg.sources.sparql import Token, tokens
from cdkg.vocabulary import Term

#: Gives a term to a query that SPARQL has no syntax for (see `is_said`); its argument is the number of the variable.
NODE: Final = NamedNode("urn:x-cdkg:pre-bound")

_REFUSED: Final = {
    "MINUS": "SHACL does not allow it with pre-bound variables",
    "VALUES": "SHACL does not allow it with pre-bound variables",
    "SERVICE": "shapes may not ask other servers",
    "FROM": "shapes may not name other data",
}
#: What ends the triple patterns that a group begins with.
_ENDS_TRIPLES: Final = frozenset({"OPTIONAL", "BIND", "FILTER", "UNION", "GRAPH", "EXISTS", "NOT"})
_SEES_OUTSIDE: Final = frozenset({"EXISTS", "OPTIONAL"})
_COUNTING: Final = frozenset({"GROUP", "HAVING", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_EMPTY: Final = Store()


@dataclass(slots=True, eq=False)
class Group:
    """What stands between two braces, without the groups inside.

    Attributes:
        start: The offset behind its brace.
        opener: The keyword before its brace.
        parent: The group around it.
        is_select: Whether it is a sub-select, whose pattern is a group inside.
        leading: The variables of the triple patterns that it begins with.
        variables: All its variables.
        words: Its keywords.
        terms: How many terms and keywords it has.
        signs: Its punctuation.
        inside: The groups in it.
        begins: Whether nothing but triple patterns was met so far.
        filter: The offset of FILTER where it stands in `FILTER NOT EXISTS { … }`, else -1.
        end: The offset of its closing brace.
    """

    start: int
    opener: str
    parent: Group | None
    is_select: bool
    leading: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    terms: int = 0
    signs: set[str] = field(default_factory=set)
    inside: list[Group] = field(default_factory=list)
    begins: bool = True
    filter: int = -1
    end: int = -1

    def take(self, kind: str, text: str) -> None:
        """Take up a token of its own."""
        self.terms += kind != "other"
        if kind == "variable":
            self.variables.add(text[1:])
            if self.begins:
                self.leading.add(text[1:])
        elif kind == "word":
            self.words.add(text.upper())
            self.begins &= text.upper() not in _ENDS_TRIPLES
        elif kind == "other":
            self.signs.add(text)
        if kind == "other" and self.begins and text in ("*", "?"):
            self.leading.clear()  # a path of no length leads from nodes that are in no triple
            self.begins = False

    @property
    def is_one_triple(self) -> bool:
        """Whether it is one triple pattern."""
        return self.begins and self.terms == 3 and not self.signs & set(";,/[(")

    @property
    def is_absence(self) -> bool:
        """Whether it says in triple patterns what the outermost group must not have, about what that begins with.

        Then `FILTER NOT EXISTS` is the same as `MINUS` at the end of the outermost group: all its variables have
        values in each of its solutions, and one of them has a value in each solution of the outermost group.
        """
        around = self.parent
        if around is None or around.parent is not None or self.filter < 0 or not self.begins:
            return False
        return bool(self.variables & around.leading)

    def mentions(self, name: str) -> bool:
        """Whether a variable stands in it or in a group inside."""
        return name in self.variables or any(group.mentions(name) for group in self.inside)


class Query:
    """A SELECT or ASK query of a shape, looked through.

    Args:
        text: The query, `$PATH` replaced.
        prologue: Declarations of prefixes.
        given: The names of the variables that may get values; sub-selects must return those of `returned`.
        returned: See there.

    Raises:
        ShapesError: It is no such query, or says what SHACL does not allow.
    """

    def __init__(self, text: str, prologue: str, given: Collection[str], returned: Collection[str] = ("this",)) -> None:
        self.text, self._prologue = text, prologue
        self._tokens = list(tokens(text))
        self._given, self._returned = frozenset(given), returned
        self._refuse()
        self.groups: list[Group] = []
        self._outside: list[Token] = []
        self._read()
        self._look_at_projections()
        try:
            _EMPTY.query(prologue + text, custom_functions={})
        except (SyntaxError, ValueError) as error:
            raise ShapesError("the query cannot be read", why=str(error)) from error

    @property
    def is_ask(self) -> bool:
        """Whether it is an ASK query."""
        return self._form[1].upper() == "ASK"

    def mentions(self, name: str) -> bool:
        """Whether a variable stands anywhere in it."""
        return any(kind == "variable" and text[1:] == name for kind, text, _ in self._tokens)

    # -- reading --------------------------------------------------------------------------------------------------

    def _refuse(self) -> None:
        for index, (kind, text, _) in enumerate(self._tokens):
            word = text.upper() if kind == "word" else ""
            if word in _REFUSED:
                raise ShapesError(f"the query uses {word}", why=_REFUSED[word])
            if word == "AS" and self._name(index + 1) in self._given:
                raise ShapesError(f"the query sets ?{self._name(index + 1)} anew", why="SHACL gives it its value")

    def _name(self, index: int) -> str:
        """The name of the variable at an index; empty where there is none."""
        kind, text, _ = self._tokens[index] if index < len(self._tokens) else ("", "", 0)
        return text[1:] if kind == "variable" else ""

    def _word(self, index: int) -> str:
        if not 0 <= index < len(self._tokens):
            return ""
        kind, text, _ = self._tokens[index]
        return text.upper() if kind == "word" else ""

    def _read(self) -> None:
        """Find the groups; what stands in none is the head and the tail of the query."""
        current: Group | None = None
        for index, (kind, text, offset) in enumerate(self._tokens):
            if kind == "other" and text == "{":
                inner = Group(offset + 1, self._word(index - 1), current, self._word(index + 1) == "SELECT")
                if [self._word(index - back) for back in (3, 2, 1)] == ["FILTER", "NOT", "EXISTS"]:
                    inner.filter = self._tokens[index - 3][2]
                self.groups.append(inner)
                if current:
                    current.begins = False
                    current.inside.append(inner)
                current = inner
            elif kind == "other" and text == "}" and current:
                current.end = offset
                current = current.parent
            elif current:
                current.take(kind, text)
            else:
                self._outside.append((kind, text, offset))
        words = [token for token in self._outside if token[0] == "word" and token[1].upper() in ("SELECT", "ASK")]
        if not words or not self.groups:
            raise ShapesError("the query is neither SELECT nor ASK")
        self._form = words[0]

    def _look_at_projections(self) -> None:
        """The query itself returns `?this`, and each sub-select all that may be given."""
        for index, (_, _, offset) in enumerate(self._tokens):
            if self._word(index) != "SELECT":
                continue
            names = self._projected(index + 1)
            if offset == self._form[2]:
                missing = set() if names is None else {"this"} - names
            else:
                missing = set(self._returned) - (names or set())
            if missing:
                lacking = ", ".join(f"?{name}" for name in sorted(missing))
                raise ShapesError(f"SELECT does not return {lacking}", why="variables with given values must come back")

    def _projected(self, index: int) -> set[str] | None:
        """The variables that a SELECT clause returns; None for all."""
        names: set[str] = set()
        depth = 0
        for kind, text, _ in self._tokens[index:]:
            if text == "{" or (kind == "word" and text.upper() == "WHERE"):
                break
            depth += (text == "(") - (text == ")")
            if text == "*" and not depth:
                return None
            if kind == "variable" and (not depth or self._word(index - 1) == "AS"):
                names.add(text[1:])
            index += 1
        return names

    # -- giving values --------------------------------------------------------------------------------------------

    def given(self, values: Mapping[str, Term]) -> str:
        """The query with one value for each of some variables."""
        tables = {name: _table(number, name, value) for number, (name, value) in enumerate(values.items())}
        return self._with({group: self._tables(group, tables) for group in self.groups})

    def given_many(self, name: str, table: str, values: Mapping[str, Term]) -> str:
        """The query with many values of one variable, where `is_sure`.

        Args:
            name: The variable.
            table: A `VALUES` clause for the outermost group; empty where it needs none.
            values: One value for each of some other variables.
        """
        tables = {other: _table(number, other, value) for number, (other, value) in enumerate(values.items())}
        tables.pop(name, None)
        texts = {group: self._tables(group, tables) for group in self.groups}
        texts[self.groups[0]] = table + texts[self.groups[0]]
        return self._with(texts, [group for group in self.groups if group.is_absence and not group.is_one_triple])

    def _tables(self, group: Group, tables: Mapping[str, str]) -> str:
        if group.is_select:
            return ""
        outermost = group.parent is None or group.parent.is_select
        return "".join(
            table for name, table in tables.items() if name in group.variables or (outermost and self._takes(name))
        )

    def _takes(self, name: str) -> bool:
        return name == "this" or self.mentions(name)

    def _with(self, inserted: Mapping[Group, str], absences: Collection[Group] = ()) -> str:
        """The query with texts put first into its groups.

        Args:
            inserted: The texts.
            absences: Groups that become `MINUS` at the end of the outermost group: the engine evaluates those once,
                and what `NOT EXISTS` asks again for each solution.
        """
        edits = [(group.start, group.start, text) for group, text in inserted.items() if group not in absences]
        edits += [(group.filter, group.end + 1, "") for group in absences]
        moved = [f" MINUS {{{inserted[group]}{self.text[group.start : group.end]}}} " for group in absences]
        edits.append((self.groups[0].end, self.groups[0].end, "".join(moved)))
        parts, last = [self._prologue], 0
        for start, end, text in sorted(edits):
            parts += [self.text[last:start], text]
            last = end
        return "".join([*parts, self.text[last:]])

    def selecting(self, name: str) -> Query:
        """An ASK query as one that selects a variable."""
        _, word, offset = self._form
        text = f"{self.text[:offset]}SELECT DISTINCT ?{name} ?this{self.text[offset + len(word) :]}"
        return Query(text, self._prologue, self._given, self._returned)

    # -- many values at once --------------------------------------------------------------------------------------

    def binds(self, name: str) -> bool:
        """Whether the triple patterns that the query begins with give a variable its values."""
        return name in self.groups[0].leading

    def is_sure(self, name: str) -> bool:
        """Whether many values of a variable may be given at once, as the answers for each can be told apart.

        That is so where nothing counts or cuts solutions but for each value by itself, and where no part of the query
        is evaluated that has the variable and does not get it from a triple pattern or from around it.
        """
        words = {word for _, word, _ in self._words()}
        if words & {"LIMIT", "OFFSET", "REDUCED"} or any(group.is_select for group in self.groups):
            return False
        if words & _COUNTING and name not in self._grouped():
            return False
        return all(_is_sure(group, name) for group in self.groups[1:])

    def _words(self) -> Iterator[Token]:
        for kind, text, offset in self._tokens:
            if kind == "word":
                yield kind, text.upper(), offset

    def _grouped(self) -> set[str]:
        """The variables of the clause GROUP BY."""
        names: set[str] = set()
        within = False
        for kind, text, _ in self._outside:
            if kind == "word":
                within = text.upper() in ("GROUP", "BY") and (within or text.upper() == "GROUP")
            elif kind == "variable" and within:
                names.add(text[1:])
        return names


def _is_sure(group: Group, name: str) -> bool:
    if not group.mentions(name):
        return True
    around = group.parent
    sees = group.opener in _SEES_OUTSIDE
    if group.opener == "EXISTS" and not (group.is_one_triple or group.is_absence):
        return False  # sure or not, the engine would evaluate it as a whole for each solution
    if sees and not (around is None or around.parent is None or name in around.leading):
        return False
    return name not in group.variables or name in group.leading or (sees and "BIND" not in group.words)


def is_said(term: Term) -> bool:
    """Whether a query can say a term: SPARQL has no syntax for one blank node among others."""
    return isinstance(term, NamedNode | Literal)


def _table(number: int, name: str, value: Term) -> str:
    if not is_said(value):
        return f" BIND(<{NODE.value}>({number}) AS ?{name}) "
    return f" VALUES ?{name} {{ {value} }} "
