"""Queries whose answers fall into parts, one for each term that a variable may be: an edit changes only some parts.

With the variable bound before the query is evaluated, the engine must give the answers in which it has this value, and
no others. So a group that names the variable must bind it itself (SPARQL 1.1 Query, section 18.2.1: what is in scope),
before anything looks at it that tells bound from unbound: OPTIONAL, MINUS, BIND and FILTER.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Variable

from cdkg.reasoning.rules.patterns import PropertyPath, TriplePattern
from cdkg.sources.sparql import Token, tokens

#: What answers of all parts take together.
_TOGETHER: Final = frozenset({"LIMIT", "OFFSET", "SERVICE"})
_AGGREGATES: Final = frozenset({"AVG", "COUNT", "GROUP", "GROUP_CONCAT", "HAVING", "MAX", "MIN", "SAMPLE", "SUM"})
#: Of these the outcome hangs on the order of what they look at.
_ORDERED: Final = frozenset({"GROUP_CONCAT", "SAMPLE"})
_ASIDE: Final = frozenset({"EXISTS", "MINUS", "OPTIONAL"})


@dataclass(slots=True)
class _Group:
    """A group graph pattern.

    Attributes:
        kind: `EXISTS`, `GRAPH`, `MINUS`, `OPTIONAL`, `SELECT` for a query with its modifiers, or nothing.
        begin: Where it begins in the text.
        end: Where it ends.
        own: Its tokens, but for those of the groups inside.
        inner: The groups inside.
        is_choice: Whether it stands beside UNION.
    """

    kind: str
    begin: int
    end: int = -1
    own: list[Token] = field(default_factory=list)
    inner: list[_Group] = field(default_factory=list)
    is_choice: bool = False

    def names(self, name: str) -> bool:
        """Whether it names a variable, itself or further inside."""
        return any(_is(token, name) for token in self.own) or any(group.names(name) for group in self.inner)

    def holding(self, place: int) -> _Group:
        """The innermost group around a place of the text."""
        inner = next((group for group in self.inner if group.begin < place < group.end), None)
        return inner.holding(place) if inner else self

    def all(self) -> Iterator[_Group]:
        """It and all groups inside."""
        yield self
        for group in self.inner:
            yield from group.all()


def falls_apart(text: str, body: Sequence[TriplePattern], name: Variable) -> bool:
    """Whether the answers of a query fall into parts by the values of a variable.

    Args:
        text: The query, of which the engine has said that it is valid.
        body: Its patterns.
        name: The variable.
    """
    found = list(tokens(text))
    words = [token.upper() if kind == "word" else token for kind, token, _ in found]
    if not _TOGETHER.isdisjoint(words) or (not _ORDERED.isdisjoint(words) and "ORDER" not in words):
        return False
    if any(word == "AS" and _is(token, name.value) for word, token in zip(words, found[1:], strict=False)):
        return False
    naming = [pattern for pattern in body if name in {*pattern.ends, pattern.predicate}]
    if any(_may_be_empty(pattern) for pattern in naming):
        return False
    query = _read(found, words)
    if query is None:
        return False
    binders: dict[int, int] = {}
    for pattern in naming:
        begin = query.holding(pattern.offset).begin
        binders[begin] = min(pattern.offset, binders.get(begin, pattern.offset))
    selects = [group for group in query.all() if group.kind == "SELECT" and group.names(name.value)]
    return (
        query in selects and all(_shows(group, name.value) for group in selects) and _fits(query, name.value, binders)
    )


def _may_be_empty(pattern: TriplePattern) -> bool:
    """Whether it may match a term that is in no triple (section 18.4)."""
    path = pattern.predicate
    return isinstance(path, PropertyPath) and (path.may_be_empty or path.anything)


def _bound_at(group: _Group, binders: dict[int, int]) -> int | None:
    """From where on in the text the variable is bound in each answer of a group; None: it need not be."""
    places = [binders[group.begin]] if group.begin in binders else []
    certain = (inner for inner in group.inner if inner.kind in {"", "GRAPH", "SELECT"} and not inner.is_choice)
    places += [inner.begin for inner in certain if _bound_at(inner, binders) is not None]
    return min(places, default=None)


def _fits(group: _Group, name: str, binders: dict[int, int]) -> bool:
    """Whether a group gives the same, as far as the variable has a value, where it has that value from the start."""
    if group.kind == "EXISTS":
        return True  # it is evaluated for each answer around it, in which the variable has its value anyway
    bound = _bound_at(group, binders)
    looks = [inner.begin for inner in group.inner if inner.kind in {"OPTIONAL", "MINUS"} and inner.names(name)]
    if group.kind == "SELECT":
        named = group.names(name)  # answers in which it is not bound would be counted among others
    else:
        looks += _binds(group.own, name)
        named = any(_is(token, name) for token in group.own)
        named |= any(inner.kind == "EXISTS" and inner.names(name) for inner in group.inner)
    if named and bound is None:
        return False
    if looks and (bound is None or min(looks) < bound):
        return False
    if any(inner.kind == "MINUS" and _bound_at(inner, binders) is None for inner in group.inner):
        return False
    return all(_fits(inner, name, binders) for inner in group.inner)


def _binds(own: Sequence[Token], name: str) -> list[int]:
    """Where the BIND stand that look at the variable."""
    found: list[int] = []
    start, depth = -1, 0
    for at, (kind, token, place) in enumerate(own):
        if kind == "word" and token.upper() == "BIND":
            start, depth = place, 0
        depth += (token == "(") - (token == ")")
        if start >= 0 and _is(own[at], name):
            found.append(start)
        if token == ")" and depth == 0:
            start = -1
    return found


def _shows(select: _Group, name: str) -> bool:
    """Whether a query shows the variable as it is: else another one has its name inside."""
    words = [token.upper() if kind == "word" else token for kind, token, _ in select.own]
    if not _AGGREGATES.isdisjoint(words) and not _is_grouped(select.own, words, name):
        return False
    if "SELECT" not in words:
        return True  # CONSTRUCT
    end = next((at for at, word in enumerate(words) if word == "WHERE"), len(words))
    depth = 0
    for word, token in zip(words[:end], select.own, strict=False):
        depth += (word == "(") - (word == ")")
        if depth == 0 and (word == "*" or _is(token, name)):
            return True
    return False


def _is_grouped(own: Sequence[Token], words: Sequence[str], name: str) -> bool:
    """Whether each group of answers has one value of the variable (section 11.1)."""
    start = words.index("GROUP") + 2 if "GROUP" in words else len(words)
    for token in own[start:]:
        if token[0] != "variable":
            return False
        if _is(token, name):
            return True
    return False


def _is(token: Token, name: str) -> bool:
    return token[0] == "variable" and token[1][1:] == name


def _read(found: Sequence[Token], words: Sequence[str]) -> _Group | None:
    """A query as its groups; None where something is not looked into here."""
    query = _Group("SELECT", -1)
    stack: list[tuple[_Group, str]] = [(query, "SELECT")]
    data = False
    for at, token in enumerate(found):
        group, word = stack[-1][0], words[at]
        if word == "{":
            opened = _kind(words, at, data=data)
            data = False
            if words[at + 1] == "SELECT":
                if opened:
                    return None
                opened = "SELECT"
            if opened != "DATA":
                group.inner.append(_Group(opened, token[2], is_choice=words[at - 1] == "UNION"))
                group = group.inner[-1]
            stack.append((group, opened))
        elif word == "}":
            ended, opened = stack.pop()
            if opened != "DATA":
                ended.end = token[2]
                ended.is_choice |= words[at + 1 : at + 2] == ["UNION"]
        else:
            data |= word == "VALUES"
            group.own.append(token)
    return query


def _kind(words: Sequence[str], at: int, *, data: bool) -> str:
    """What the brace there opens."""
    if data or words[at - 1] == "CONSTRUCT":
        return "DATA"
    if words[at - 1] in _ASIDE:
        return words[at - 1]
    return "GRAPH" if at > 1 and words[at - 2] == "GRAPH" else ""
