"""Write a query anew where the engine would plan it badly, so that its answer stays the same multiset of solutions.

The engine orders the patterns of one join by rough sizes. It does not look into a member of that join which is itself
a join, orders nothing inside EXISTS, takes no value out of FILTER, and keeps OPTIONAL where it stands. So:

- patterns and VALUES beside a UNION go into its branches: join distributes over union (SPARQL 1.1 Query, 18.5);
- what stands behind an OPTIONAL goes before it, where the two share only what is bound already;
- VALUES at the end of the query goes into its pattern, and first;
- `FILTER(?x = <iri>)` and `FILTER(?x IN (…))` also become VALUES, where `?x` is bound in every solution;
- the patterns of an EXISTS are asked one inside the other, the most selective first;
- a path from or to a constant, walked `*` or `+` times, is written first.

What is not known to be safe stays as it is. Which of these earn their place: docs/decisions/0008-rewriting-queries.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise, product, takewhile
from math import prod
from typing import Final

from pyoxigraph import QuerySolutions, Store

from cdkg.errors import QueryError
from cdkg.query import syntax
from cdkg.query.guard import Inspected, inspect
from cdkg.query.planning import mentioned, nested, pays, restrictions
from cdkg.query.reader import read
from cdkg.query.syntax import (
    Bind,
    Filter,
    Group,
    InGraph,
    Minus,
    Names,
    Optional,
    Part,
    Pattern,
    Query,
    Repeated,
    Select,
    Step,
    Union,
    Values,
    is_variable,
)
from cdkg.sources.sparql import tokens
from cdkg.vocabulary import PREFIXES

#: Without one of these there is nothing to write anew.
_WORTH_READING: Final = re.compile(
    r"UNION|VALUES|OPTIONAL|EXISTS|FILTER[^}]*(?:[^!<>]=|\bIN\b|sameTerm)|[\w>)][*+]", re.IGNORECASE
)
#: What tells solutions apart by their order, or gives something else each time; and what is not of SPARQL 1.1.
_LEFT_ALONE: Final = re.compile(
    r"\b(?:GROUP_CONCAT|SAMPLE|SUM|AVG|MIN|MAX|RAND|UUID|STRUUID|BNODE|SERVICE|LATERAL)\b|\(\s*DISTINCT\s*\*",
    re.IGNORECASE,
)
_LONGEST: Final = 10_000
_MOST_PATTERNS: Final = 50
#: More of these than that may be more steps than the guard lets pass.
_SIGNS: Final = "{.!+-*/|^&=<>"
_MOST_SIGNS: Final = 500
_MOST_BRANCHES: Final = 8
#: Members of a join; and what such a member may pass: other members, and filters, which come last anyway.
_OPERANDS: Final = (Pattern, Values, Union, InGraph, Group, Select)
_PASSED: Final = (*_OPERANDS, Filter)


def replanned(asked: Inspected, base: str | None = None) -> str:
    """The text to give to the engine: the query written anew, or as it is.

    A query that the engine refuses stays as it is, so that its error tells of its own text.

    Args:
        asked: The query, guarded.
        base: What relative IRIs are relative to.
    """
    text = asked.text
    if len(text) > _LONGEST or not _WORTH_READING.search(text) or _LEFT_ALONE.search(text):
        return text
    try:
        query = _read(asked)
        variables = _variables(text, base) if _is_small(query) else None
        if variables is None:
            return text
        changed = _Plan(query, base).text(text, variables)
        if sum(map(changed.count, _SIGNS)) > _MOST_SIGNS:
            inspect(changed)  # what was within the limits may be no longer
    except (QueryError, RecursionError, IndexError, ValueError):  # the reader takes what it reads for valid
        return text
    return changed if changed == text or _variables(changed, base) == variables else text


@cache
def _empty() -> Store:
    return Store()


def _is_small(query: Query) -> bool:
    """Whether the engine plans the query in no time: it does so three times then, and perhaps for more patterns."""
    return sum(isinstance(part, Pattern | Group) for part in syntax.walk(query.select.body)) <= _MOST_PATTERNS


def _variables(text: str, base: str | None) -> list[str] | None:
    """The variables of the answer in their order; None if the engine refuses the query."""
    try:
        found = _empty().query(text, base_iri=base, prefixes=PREFIXES)
    except (SyntaxError, ValueError, RuntimeError):
        return None
    return [variable.value for variable in found.variables] if isinstance(found, QuerySolutions) else []


def _read(asked: Inspected) -> Query:
    """Take a query apart; a CONSTRUCT is read as `SELECT *` with its pattern at the same place.

    Raises:
        QueryError: It cannot be read.
    """
    if asked.form != "CONSTRUCT":
        return read(asked)
    start, depth, open_at = -1, 0, []
    for kind, token, at in tokens(asked.text):
        if start < 0 and kind == "word" and token.upper() == "CONSTRUCT":
            start = at
        elif start >= 0 and kind == "other" and token in {"{", "}"}:
            open_at += [at] if token == "{" and not depth else []
            depth += 1 if token == "{" else -1
    if len(open_at) != 2:  # the short form has no template, and a pattern that needs no plan of ours
        raise QueryError("a CONSTRUCT without template")
    text = asked.text[:start] + "SELECT *".ljust(open_at[1] - start) + asked.text[open_at[1] :]
    return read(replace(asked, text=text, form="SELECT"))


class _Plan:
    """Writes one query anew."""

    def __init__(self, query: Query, base: str | None) -> None:
        self._query, self._base = query, base

    def text(self, text: str, variables: Sequence[str]) -> str:
        """The query, which has these variables; the same text if there is nothing to change."""
        body, data = self._query.select.body, self._query.select.data
        end = _end(text, body.at)
        tail = text[end:]
        if data and _may_stand_inside(self._query.select, data):
            body = replace(body, parts=(*body.parts, data))
            tail = text[end : data.at]
        planned = self._group(body)
        if planned == body:
            return text
        return _named(text[: body.at], variables) + _written(planned) + tail

    def _group(self, group: Group, *, restricted: bool = True, around: Names = frozenset()) -> Group:
        """A group planned.

        Args:
            group: The group.
            restricted: Whether its filters may become VALUES; in an OPTIONAL that gains nothing.
            around: Variables that are bound where it is asked.
        """
        bound = around.union(group.visible())
        parts = _optionals_last([self._part(part, bound, restricted) for part in group.parts])
        if restricted:
            parts = [*self._restrictions(parts), *parts]
        parts = _distributed(_paths_first(parts))
        return replace(group, parts=tuple(parts))

    def _part(self, part: Part, bound: Names, restricted: bool) -> Part:
        match part:
            case Filter():
                part = replace(part, condition=nested(part.condition, bound))
            case Bind():
                part = replace(part, value=nested(part.value, bound))
            case Optional():
                part = replace(part, body=self._group(part.body, restricted=False, around=bound))
            case Union():
                branches = (self._group(branch, restricted=restricted) for branch in part.branches)
                part = replace(part, branches=tuple(branches))
            case InGraph() if _is_matched_in_graph(part):
                part = replace(part, body=self._group(part.body, restricted=restricted))
            case Group():
                part = self._group(part, restricted=restricted)
        return part

    def _restrictions(self, parts: list[Part]) -> list[Part]:
        """VALUES for what filters want of variables that each solution of the first join binds."""
        operands = _first_join(parts)
        found: list[Part] = []
        for part in parts:
            for name, terms in restrictions(part.condition.text) if isinstance(part, Filter) else ():
                given = {n for other in (*operands, *found) if isinstance(other, Values) for n in other.names}
                if name in _certain(operands) - given and pays(operands, name, len(terms)):
                    rows = self._rows(terms)
                    if rows:
                        found.append(Values(f"VALUES ?{name} {{ {rows} }}", part.at, *[frozenset({name})] * 2))
        return found

    def _rows(self, terms: Collection[str]) -> str:
        """Constants as the engine reads them, each once: two prefixes may stand for one IRI."""
        text = f"{self._query.prologue} SELECT DISTINCT ?t {{ VALUES ?t {{ {' '.join(terms)} }} }}"
        found = _empty().query(text, base_iri=self._base, prefixes=PREFIXES)
        return " ".join(str(row["t"]) for row in found) if isinstance(found, QuerySolutions) else ""


def _is_matched_in_graph(part: InGraph) -> bool:
    """Whether patterns tell the graph in each group: the engine does not bind its variable beside VALUES alone."""
    groups = [group for group in syntax.walk(part.body) if isinstance(group, Group)]
    matched = all(any(isinstance(below, Pattern) for below in group.parts) for group in groups)
    return matched and part.name[1:] not in mentioned(part.body)


def _may_stand_inside(select: Select, data: Values) -> bool:
    """Whether the VALUES clause may be joined inside of the pattern: no group and no filter tells the difference."""
    filtered = {name for part in select.body.parts if isinstance(part, Filter) for name in part.condition.names}
    return not select.aggregated and data.names & filtered <= select.body.certain()


def _optionals_last(parts: list[Part]) -> list[Part]:
    """Move members of a join before the OPTIONALs that they stand behind.

    `LeftJoin(A, B, F) ⋈ C = LeftJoin(A ⋈ C, B, F)` where A binds, in each solution, all that C shares with B and F.
    """
    moved = list(parts)
    for index, part in enumerate(parts):
        if not isinstance(part, _OPERANDS):
            continue
        target = index
        for before in range(index - 1, -1, -1):
            other = moved[before]
            if isinstance(other, Optional):
                if not mentioned(part) & mentioned(other) <= _certain(moved[:before]):
                    break
                target = before
            elif not isinstance(other, _PASSED):
                break
        if target < index:
            moved.insert(target, moved.pop(index))
    return moved


def _paths_first(parts: list[Part]) -> list[Part]:
    """Put a path that is walked again and again, from or to a constant, before the patterns of its join."""
    operands = _first_join(parts)
    first = [part for part in operands if isinstance(part, Pattern) and _is_walk_from_constant(part)]
    if not first or operands[: len(first)] == first:
        return parts
    return [*first, *(part for part in parts if not any(part is one for one in first))]


def _is_walk_from_constant(pattern: Pattern) -> bool:
    path = pattern.predicate
    walked = isinstance(path, Repeated) and isinstance(path.path, Step) and path.times in {"*", "+"}
    return walked and is_variable(pattern.subject) != is_variable(pattern.object)


def _distributed(parts: list[Part]) -> list[Part]:
    """Join the patterns and VALUES of the first join with each branch of its UNIONs, if the engine would not.

    `Union(A, B) ⋈ P = Union(A ⋈ P, B ⋈ P)`, as multisets.
    """
    operands = _first_join(parts)
    unions = [part for part in operands if isinstance(part, Union)]
    others = [part for part in operands if not isinstance(part, Union)]
    if (
        not unions
        or not others
        or not all(_is_plain(part) for part in others)
        or not any(_is_heavy(branch) for union in unions for branch in union.branches)
        or prod(len(union.branches) for union in unions) > _MOST_BRANCHES
    ):
        return parts
    joined = [_joined(others, branches) for branches in product(*(union.branches for union in unions))]
    rest = [part for part in parts if not any(part is operand for operand in operands)]
    return [Union(unions[0].text, unions[0].at, tuple(joined)), *rest]


def _is_plain(part: Part) -> bool:
    return isinstance(part, Values) or (isinstance(part, Pattern) and not isinstance(part.predicate, Repeated))


def _is_heavy(branch: Group) -> bool:
    """Whether the engine evaluates the branch as a whole, not once for each solution of the others."""
    operands = [part for part in branch.parts if isinstance(part, _OPERANDS)]
    light = len(operands) == 1 and isinstance(operands[0], Pattern | Values)
    sequence = light and isinstance(operands[0], Pattern) and isinstance(operands[0].predicate, syntax.Sequence)
    return not light or sequence or any(isinstance(part, Minus) for part in branch.parts)


def _joined(others: Sequence[Part], branches: Sequence[Group]) -> Group:
    """One branch of each UNION, joined with what stands beside them."""
    parts = list(others)
    for branch in branches:
        beside = {name for part in (*others, *branches) if part is not branch for name in mentioned(part)}
        parts += branch.parts if _is_open(branch, beside) else [branch]
    parts = _paths_first(_optionals_last(parts))
    return replace(branches[0], parts=tuple(parts))


def _is_open(group: Group, beside: set[str]) -> bool:
    """Whether a group may lose its braces: none of its parts would see a variable that it did not see (section 18.2).

    Args:
        group: The group.
        beside: The variables of what it is joined with.
    """
    certain = _certain(_first_join(group.parts))
    return all(isinstance(part, _OPERANDS) or mentioned(part) & beside <= certain for part in group.parts)


def _first_join(parts: Iterable[Part]) -> list[Part]:
    """What is joined before anything else is done with it; filters come last, wherever they stand (section 18.2.2)."""
    before = takewhile(lambda part: isinstance(part, _PASSED), parts)
    return [part for part in before if not isinstance(part, Filter)]


def _certain(parts: Iterable[Part]) -> set[str]:
    return {name for part in parts for name in part.certain()}


def _written(part: Part) -> str:
    """A part as SPARQL; blank nodes have become variables."""
    text = part.text
    match part:
        case Pattern() | Select():
            text = part.rewritten()
        case Filter():
            text = f"FILTER {part.condition.text}"
        case Bind():
            text = f"BIND ({part.value.text} AS ?{part.name})"
        case Group():
            text = f"{{ {' '.join(map(_written, part.parts))} }}"
        case Optional():
            text = f"OPTIONAL {_written(part.body)}"
        case Union():
            text = " UNION ".join(map(_written, part.branches))
        case InGraph():
            text = f"GRAPH {part.name} {_written(part.body)}"
    return text


def _named(head: str, variables: Sequence[str]) -> str:
    """What stands before the pattern, with names in place of the `*` of SELECT: ours must not be among them."""
    found = list(tokens(head))
    for (_, word, _), (_, star, at) in pairwise(found):
        if star == "*" and word.upper() in {"SELECT", "DISTINCT", "REDUCED"}:
            return head[:at] + " ".join(f" ?{name}" for name in variables) + " " + head[at + 1 :]
    return head


def _end(text: str, at: int) -> int:
    """Where the group ends that begins there."""
    depth = 0
    for kind, token, start in tokens(text[at:]):
        if kind == "other":
            depth += (token == "{") - (token == "}")
            if not depth:
                return at + start + 1
    raise QueryError("a group without end")
