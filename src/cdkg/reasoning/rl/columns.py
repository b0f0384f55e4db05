"""Columns: sorted arrays without repetition, of codes or of pairs of codes, and the few operations that rules need.

A pair (x, y) is one 64-bit integer, x in the upper half, so that a sorted column of pairs is ordered by x, then by y,
and all pairs of one x stand together.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cdkg.reasoning.rl.terms import Codes, Mask

#: Codes or packed pairs, sorted and without repetition.
Rows = NDArray[np.int64]

EMPTY: Final[Rows] = np.zeros(0, np.int64)
EMPTY.setflags(write=False)
_LOWER: Final = np.int64(0xFFFFFFFF)

#: From this size on a table of all codes is quicker than binary search.
_MANY: Final = 4096


def pack(x: Codes, y: Codes) -> Rows:
    """The pairs (x, y), in the order given."""
    return (x << 32) | y


def lower(rows: Rows) -> Codes:
    """The second members of pairs."""
    return rows & _LOWER


def upper(rows: Rows) -> Codes:
    """The first members of pairs."""
    return rows >> 32


def swap(rows: Rows) -> Rows:
    """The pairs turned round, in the same order, so no longer sorted."""
    return (rows << 32) | (rows >> 32)


def unique(rows: Rows) -> Rows:
    """Sorted and without repetition."""
    if len(rows) < 2:
        return rows
    return _distinct(np.sort(rows))


def _distinct(rows: Rows) -> Rows:
    """Without repetition, of sorted rows."""
    if len(rows) < 2:
        return rows
    first = np.empty(len(rows), np.bool_)
    first[0] = True
    np.not_equal(rows[1:], rows[:-1], out=first[1:])
    return rows if first.all() else rows[first]


def firsts(rows: Rows) -> Codes:
    """The first members of a column of pairs, each once."""
    return _distinct(rows >> 32)


def gather(parts: list[Rows]) -> Rows:
    """All rows of the parts, sorted and without repetition."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return EMPTY
    if len(parts) == 1 and len(parts[0]) > _MANY and _is_sorted(parts[0]):
        return _distinct(parts[0])
    rows = np.concatenate(parts)
    # runs that are sorted already are merged, which takes a tenth of the time
    merged = len(rows) > _MANY and all(map(_is_sorted, parts))
    return _distinct(np.sort(rows, kind="stable" if merged else None))


def _is_sorted(rows: Rows) -> bool:
    few = rows[:64]
    return bool((few[1:] >= few[:-1]).all()) and bool((rows[1:] >= rows[:-1]).all())


def gather_codes(parts: list[Codes], size: int) -> Codes:
    """As `gather`, for codes below `size`: where there are many, by ticking them off in a table."""
    parts = [part for part in parts if len(part)]
    if sum(map(len, parts)) < max(_MANY, size >> 6):
        return gather(parts)
    table = np.zeros(size, np.bool_)
    for part in parts:
        table[part] = True
    return np.flatnonzero(table)


def merge(rows: Rows, more: Rows) -> Rows:
    """Both columns in one; they must have nothing in common."""
    if not len(rows) or not len(more):
        return more if len(more) else rows
    if len(more) * 8 < len(rows):
        return np.insert(rows, np.searchsorted(rows, more), more)
    return np.sort(np.concatenate([rows, more]), kind="stable")


def within(rows: Rows, column: Rows) -> Mask:
    """Which of the rows stand in the column."""
    if not len(column):
        return np.zeros(len(rows), np.bool_)
    at = np.searchsorted(column, rows)
    at[at == len(column)] = 0
    found: Mask = column[at] == rows
    return found


def within_codes(codes: Codes, column: Codes) -> Mask:
    """As `within`, for codes: where many are asked for, by a table."""
    if not len(codes) or not len(column):
        return np.zeros(len(codes), np.bool_)
    size = max(int(codes.max()), int(column[-1])) + 1
    if len(codes) < max(_MANY, size >> 6):
        return within(codes, column)
    table = np.zeros(size, np.bool_)
    table[column] = True
    return table[codes]


def minus(rows: Rows, column: Rows) -> Rows:
    """The rows that do not stand in the column."""
    if not len(column) or not len(rows):
        return rows
    return rows[~within(rows, column)]


def without(column: Rows, rows: Rows) -> Rows:
    """The column less some rows, all of which stand in it."""
    if not len(rows):
        return column
    left = np.ones(len(column), np.bool_)
    left[np.searchsorted(column, rows)] = False
    return column[left]


def common(one: Rows, other: Rows) -> Rows:
    """The rows that stand in both columns."""
    if len(one) > len(other):
        one, other = other, one
    return one[within(one, other)]


def of(column: Rows, x: int) -> Codes:
    """All y of the pairs (x, y)."""
    start, end = np.searchsorted(column, [x << 32, (x + 1) << 32])
    return column[start:end] & _LOWER


def begins(codes: Codes, column: Rows) -> Mask:
    """Which of the codes are first members of pairs in the column."""
    at = np.searchsorted(column, codes << 32)
    at[at == len(column)] = 0
    found: Mask = (column[at] >> 32) == codes
    return found


def ranges(starts: Codes, counts: Codes) -> Codes:
    """The numbers from each start on, as many as its count, one run after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - ends + counts, counts)


def join(keys: Codes, column: Rows) -> tuple[Codes, Codes]:
    """All meetings of keys with the pairs (key, y) of a column.

    Returns:
        For each meeting the index of the key and the y.
    """
    if not len(keys) or not len(column):
        return EMPTY, EMPTY
    start, counts = _runs(keys, column)
    found = np.repeat(np.arange(len(keys)), counts)
    return found, lower(column[ranges(start, counts)])


def _runs(keys: Codes, column: Rows) -> tuple[Codes, Codes]:
    """Where in the column the pairs of each key begin, and how many they are."""
    last = int(column[-1]) >> 32
    if len(keys) * 64 < len(column) + last:
        start = np.searchsorted(column, keys << 32)
        return start, np.searchsorted(column, (keys + 1) << 32) - start
    # for many keys a table of all codes is quicker than to search for each
    sizes = np.bincount(column >> 32, minlength=max(last, int(keys.max())) + 1)
    return (np.cumsum(sizes) - sizes)[keys], sizes[keys]


def groups(rows: Rows) -> tuple[Codes, Codes]:
    """Where the runs of equal first members begin in a column of pairs, and how long each is."""
    if not len(rows):
        return EMPTY, EMPTY
    x = rows >> 32
    starts = np.flatnonzero(np.concatenate([[True], x[1:] != x[:-1]]))
    return starts, np.diff(np.append(starts, len(rows)))
