"""Property paths walked from many nodes at once (SHACL, section 2.3.1; SPARQL 1.1, section 9)."""

from __future__ import annotations

from typing import Final

import numpy as np

from cdkg.errors import LimitError
from cdkg.reasoning.rl.columns import EMPTY, Rows, gather, join, lower, merge, minus, pack, unique, upper, within_codes
from cdkg.reasoning.rl.terms import Codes
from cdkg.reasoning.rl.transitive import TooLargeError, closure
from cdkg.validation.shacl.columnar.columns import Columns
from cdkg.validation.shacl.paths import Alternative, Inverse, Path, Predicate, Repeated, Sequence

#: The most pairs of one path; they take a gigabyte.
_MOST: Final = 2**27
#: Where there are so many more steps than starts, each start is followed by itself.
_FEW: Final = 16


def plain(path: Path) -> Path:
    """The same path with `Inverse` about single properties only."""
    if isinstance(path, Inverse):
        return _turned(path.path)
    if isinstance(path, Sequence):
        return Sequence(tuple(map(plain, path.paths)))
    if isinstance(path, Alternative):
        return Alternative(tuple(map(plain, path.paths)))
    if isinstance(path, Repeated):
        return Repeated(plain(path.path), path.least, path.once)
    return path


def _turned(path: Path) -> Path:
    """The way back along a path."""
    if isinstance(path, Inverse):
        return plain(path.path)
    if isinstance(path, Sequence):
        return Sequence(tuple(map(_turned, reversed(path.paths))))
    if isinstance(path, Alternative):
        return Alternative(tuple(map(_turned, path.paths)))
    if isinstance(path, Repeated):
        return Repeated(_turned(path.path), path.least, path.once)
    return Inverse(path)


def walk(path: Path, starts: Codes, columns: Columns) -> Rows:
    """The pairs (start, node that the path leads to).

    Args:
        path: A path as `plain` gives it.
        starts: Sorted and without repetition.
        columns: The data graph.
    """
    if isinstance(path, Predicate):
        return _step(starts, columns.column(path.iri))
    if isinstance(path, Inverse) and isinstance(path.path, Predicate):
        return _step(starts, columns.turned(path.path.iri))
    if isinstance(path, Sequence):
        rows = pack(starts, starts)
        for part in path.paths:
            rows = _onwards(rows, part, columns)
        return rows
    if isinstance(path, Alternative):
        return gather([walk(part, starts, columns) for part in path.paths])
    if isinstance(path, Repeated):
        return _repeated(path, starts, columns)
    return walk(plain(path), starts, columns)


def _step(starts: Codes, column: Rows) -> Rows:
    at, found = join(starts, column)
    return pack(starts[at], found)


def _onwards(rows: Rows, path: Path, columns: Columns) -> Rows:
    """Each pair led on along a path; a node that many pairs end in is left once."""
    ends = lower(rows)
    at, found = join(ends, walk(path, unique(ends), columns))
    return unique(pack(upper(rows)[at], found))


def _repeated(path: Repeated, starts: Codes, columns: Columns) -> Rows:
    """Pairs over a path that is walked again and again until nothing is new, so that circles end.

    Raises:
        LimitError: There are more of them than memory should hold.
    """
    own = pack(starts, starts)
    if path.once:
        return gather([own, walk(path.path, starts, columns)])
    edges = _edges(path.path, starts, columns)
    if len(starts) * _FEW < len(edges):
        found = _from_few(own, edges, path)
    else:
        try:
            found = closure(edges, _MOST)
        except TooLargeError:
            raise _too_many(path) from None
        found = found[within_codes(upper(found), starts)]
    return found if path.least else gather([own, found])


def _edges(path: Path, starts: Codes, columns: Columns) -> Rows:
    """The single steps from the starts, and from wherever they lead."""
    parts, seen, new = [EMPTY], starts, starts
    while len(new):
        parts.append(walk(path, new, columns))
        new = minus(unique(lower(parts[-1])), seen)
        seen = merge(seen, new)
    return gather(parts)


def _from_few(own: Rows, edges: Rows, path: Path) -> Rows:
    """What few starts reach, step by step; what is found stands in runs of growing length, as to sort it in is dear."""
    runs: list[Rows] = []
    new = own
    while len(new):
        which, ends = join(lower(new), edges)
        new = unique(pack(upper(new)[which], ends))
        for run in runs:
            new = minus(new, run)
        runs.append(new)
        while len(runs) > 1 and len(runs[-1]) * 2 > len(runs[-2]):
            runs[-2:] = [merge(runs[-2], runs[-1])]
        if sum(map(len, runs)) > _MOST:
            raise _too_many(path)
    return gather(runs)


def _too_many(path: Path) -> LimitError:
    return LimitError(
        f"the path {path} leads to more than {_MOST:,} pairs of nodes", hint="look at fewer focus nodes at a time"
    )


def values(path: Path | None, focus: Codes, columns: Columns) -> tuple[Codes, Codes]:
    """The value nodes of focus nodes: for each the index of its focus node, in order, and the node.

    Without a path, as in node shapes, each focus node is its own value node.
    """
    if path is None:
        return np.arange(len(focus)), focus
    if isinstance(path, Predicate):
        return join(focus, columns.column(path.iri))
    rows = walk(path, focus, columns)
    return np.searchsorted(focus, upper(rows)), lower(rows)


def in_sparql(path: Path) -> str:
    """The path as SPARQL writes it, with whole IRIs."""
    if isinstance(path, Predicate):
        return f"<{path.iri}>"
    if isinstance(path, Inverse):
        return f"(^{in_sparql(path.path)})"
    if isinstance(path, Repeated):
        return f"({in_sparql(path.path)}{'?' if path.once else '+' if path.least else '*'})"
    mark = "/" if isinstance(path, Sequence) else "|"
    return f"({mark.join(map(in_sparql, path.paths))})"
