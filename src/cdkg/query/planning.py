"""What helps to plan a query: how many triples a pattern finds, what filters want, and EXISTS one inside the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from cdkg.query import syntax
from cdkg.query.syntax import (
    Alternative,
    Bind,
    Exists,
    Expression,
    Filter,
    Group,
    InGraph,
    Minus,
    Names,
    Part,
    Path,
    Pattern,
    Repeated,
    Select,
    Step,
    Union,
    Values,
    is_variable,
)
from cdkg.sources.sparql import Token, tokens

#: Rough numbers of triples by what is known (subject, predicate, object): those of the engine, to foresee its plans.
_SIZES: Final = {
    (True, True, True): 1,
    (True, False, True): 2,
    (True, True, False): 10,
    (True, False, False): 100,
    (False, True, True): 10_000,
    (False, False, True): 100_000,
    (False, True, False): 1_000_000,
    (False, False, False): 1_000_000_000,
}
_WALK: Final = 1_000
_ALL: Final = 1_000_000_000
#: Patterns of an EXISTS beyond which it is left as it is.
_MOST_NESTED: Final = 8


def mentioned(part: Part) -> set[str]:
    """All variables that a part mentions, in scope or not."""
    match part:
        case Values() | Minus():
            return set(part.names)
        case Filter():
            return set(part.condition.names)
        case Bind():
            return {part.name, *part.value.names}
        case Select():
            return {token[1:] for kind, token, _ in tokens(part.text) if kind == "variable"}
        case Pattern():
            return set(part.visible())
    own = {part.name[1:]} if isinstance(part, InGraph) and is_variable(part.name) else set()
    return own.union(*map(mentioned, part.below()))


# -- sizes ----------------------------------------------------------------------------------------------------------


def size(pattern: Pattern, bound: Iterable[str]) -> int:
    """Roughly how many solutions a pattern has, with these variables bound."""
    known = [not is_variable(n) or n[1:] in bound for n in (pattern.subject, pattern.object)]
    if isinstance(pattern.predicate, str):
        verb = not is_variable(pattern.predicate) or pattern.predicate[1:] in bound
        return _SIZES[known[0], verb, known[1]]
    return _walked(known[0], pattern.predicate, known[1])


def _walked(start: bool, path: Path, end: bool) -> int:
    match path:
        case Step():
            return _SIZES[(end, True, start) if path.inverse else (start, True, end)]
        case Alternative():
            return sum(_walked(start, inner, end) for inner in path.paths)
        case syntax.Sequence():
            first, *others = path.paths
            if not others:
                return _walked(start, first, end)
            rest = syntax.Sequence(tuple(others))
            ways = ((_walked(start, first, known), _walked(not known, rest, end)) for known in (False, True))
            return min(a * b for a, b in ways)
        case Repeated():
            once = _walked(start, path.path, end) * _WALK if start or end or path.times == "+" else _ALL
            return 1 if start and end else once
    return _SIZES[start, False, end]


def _least(part: Part, bound: Names) -> int:
    """Roughly how many solutions the most selective pattern of a part has."""
    match part:
        case Pattern():
            return size(part, bound)
        case Union():
            return sum(_least(branch, bound) for branch in part.branches)
        case Values():
            return 1 + part.text.count("\n") + part.text.count(" ")
        case Group() | InGraph():
            return min((_least(below, bound) for below in part.below()), default=_ALL)
    return _ALL


def pays(operands: Sequence[Part], name: str, rows: int) -> bool:
    """Whether it is less work to begin a join with so many values of a variable."""
    without = min(_least(part, frozenset()) for part in operands)
    bound = frozenset({name})
    return rows * min(_least(part, bound) for part in operands if name in mentioned(part)) < without


# -- what filters want ----------------------------------------------------------------------------------------------


def restrictions(condition: str) -> Iterator[tuple[str, list[str]]]:
    """What a condition wants of single variables: a name, and the terms (as written) of which it is to equal one.

    A condition that is true wants each member of its `&&`, and one of its `||` (SPARQL 1.1 Query, section 17.2).
    """
    yield from _wanted(list(tokens(condition))).items()


def _wanted(found: list[Token]) -> dict[str, list[str]]:
    while len(found) > 1 and found[0][1] == "(" and _closing(found) == len(found) - 1:
        found = found[1:-1]
    sides = _split(found, "|")
    if len(sides) > 1:
        either = [_wanted(side) for side in sides]
        names = set(either[0]).intersection(*either)
        return {name: [term for side in either for term in side[name]] for name in sorted(names)}
    sides = _split(found, "&")
    if len(sides) > 1:
        both: dict[str, list[str]] = {}
        for side in sides:
            both = _wanted(side) | both
        return both
    return _equality(found)


def _closing(found: list[Token]) -> int:
    """The index of the bracket that closes the first one."""
    depth = 0
    for index, (kind, token, _) in enumerate(found):
        if kind == "other":
            depth += (token == "(") - (token == ")")
        if not depth:
            return index
    return -1


def _split(found: list[Token], sign: str) -> list[list[Token]]:
    """The sides of `||` or `&&` outside of all brackets."""
    sides: list[list[Token]] = [[]]
    depth = 0
    for index, (kind, token, at) in enumerate(found):
        if kind == "other":
            depth += (token in "({") - (token in ")}")
        if kind == "other" and token == sign and not depth:
            if index and found[index - 1][1] == sign:
                sides.append([])
            continue
        sides[-1].append((kind, token, at))
    return sides


def _equality(found: list[Token]) -> dict[str, list[str]]:
    """`?x = term`, `term = ?x`, `?x IN (term, …)` or `sameTerm(?x, term)`."""
    signs = [token.upper() for _, token, _ in found]
    if len(found) > 3 and signs[0] == "SAMETERM" and signs[1] == "(" and signs[3] == "," and signs[-1] == ")":
        return _of(found[2], [found[4:-1]])
    if len(found) > 3 and signs[1:3] == ["IN", "("] and signs[-1] == ")":
        members: list[list[Token]] = [[]]
        for token in found[3:-1]:
            if token[1] == ",":
                members.append([])
            else:
                members[-1].append(token)
        return _of(found[0], members)
    if len(found) > 2 and signs[1] == "=":
        return _of(found[0], [found[2:]]) or _of(found[-1], [found[:-2]])
    if len(found) > 2 and signs[-2] == "=":
        return _of(found[-1], [found[:-2]])
    return {}


def _of(variable: Token, members: list[list[Token]]) -> dict[str, list[str]]:
    if variable[0] != "variable" or not all(map(_is_term, members)):
        return {}
    return {variable[1][1:]: ["".join(token for _, token, _ in member) for member in members]}


def _is_term(member: list[Token]) -> bool:
    """Whether tokens are one IRI or string, perhaps with a language: it is equal to itself alone (section 17.3)."""
    if not member:
        return False
    (kind, token, _), *tag = member
    if kind == "string" and tag:
        return tag[0][1] == "@" and all(k in {"word", "number"} or t == "-" for k, t, _ in tag[1:])
    return not tag and (kind in {"iri", "string"} or (kind == "pname" and not token.startswith("_:")))


# -- EXISTS ---------------------------------------------------------------------------------------------------------


def nested(expression: Expression, bound: Names) -> Expression:
    """An expression whose EXISTS ask their patterns one inside the other, the most selective first.

    There is a solution of `A ⋈ B` if, and only if, there is one of A with which there is one of B. The filters of the
    group stand with the last pattern, where all of it is bound.

    Args:
        expression: The expression.
        bound: Variables that are bound where it is evaluated.
    """
    text = expression.text
    if not expression.exists or any(kind == "string" and "EXISTS" in token.upper() for kind, token, _ in tokens(text)):
        return expression
    for exists in expression.exists:
        text = text.replace(exists.text, _nested(exists, bound))
    return replace(expression, text=text)


def _nested(exists: Exists, bound: Names) -> str:
    patterns = [part for part in exists.body.parts if isinstance(part, Pattern)]
    filters = [part for part in exists.body.parts if isinstance(part, Filter)]
    if not 1 < len(patterns) <= _MOST_NESTED or len(patterns) + len(filters) < len(exists.body.parts):
        return exists.text
    inside = bound.union(exists.body.visible())
    text = " ".join(f"FILTER {nested(part.condition, inside).text}" for part in filters)
    for pattern in reversed(_most_selective_first(patterns, set(bound))):
        text = f"EXISTS {{ {pattern.rewritten()} {'FILTER ' if text.startswith('EXISTS') else ''}{text} }}"
    return text if exists.text.upper().startswith("EXISTS") else f"NOT {text}"


def _most_selective_first(patterns: list[Pattern], bound: set[str]) -> list[Pattern]:
    left, order = list(patterns), []
    while left:  # of two of one size the one that hangs on what is bound already
        order.append(min(left, key=lambda pattern: (size(pattern, bound), bound.isdisjoint(pattern.visible()))))
        left.remove(order[-1])
        bound |= set(order[-1].visible())
    return order
