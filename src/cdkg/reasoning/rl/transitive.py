"""The transitive closure of a column of pairs, and the strongly connected components that it rests on.

Rules run round by round would walk a chain of two thousand links two thousand times over all that is known (prp-trp,
OWL 2 Profiles, table 5). Here each node takes over, once, what its successors reach: leaves first, cycles as one node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from cdkg.reasoning.rl.columns import (
    EMPTY,
    Rows,
    gather,
    gather_codes,
    join,
    lower,
    merge,
    minus,
    pack,
    ranges,
    swap,
    unique,
    upper,
)
from cdkg.reasoning.rl.terms import Codes


class TooLargeError(Exception):
    """The closure would hold more pairs than allowed; who calls knows what to tell of it.

    Attributes:
        predicate: The code of the property, as soon as somebody knows it.
    """

    predicate: int | None = None


def closure(edges: Rows, most: int) -> Rows:
    """All pairs (x, z) with a way from x to z of one edge or more.

    Raises:
        TooLargeError: There are more than `most` of them.
    """
    x, y = upper(edges), lower(edges)
    loops = x == y
    if loops.any():
        return gather([edges[loops], closure(edges[~loops], most)])
    if not len(edges):
        return edges
    names = gather_codes([x, y], int(max(x[-1], y.max())) + 1)
    x, y = np.searchsorted(names, x), np.searchsorted(names, y)
    reach = _Reach(len(names), x, y, most)
    left = reach.peel()
    if len(left):
        return _of_cyclic(names, x, y, most)
    return unique(reach.pairs(names))


class _Reach:
    """What each node of an acyclic graph reaches, filled from the leaves upwards."""

    def __init__(self, size: int, x: Codes, y: Codes, most: int) -> None:
        self.size, self.most = size, most
        self.forward = unique(pack(x, y))
        self.backward = unique(pack(y, x))
        self.waiting = np.bincount(upper(self.forward), minlength=size)  # successors that are not done
        self.start = np.zeros(size, np.int64)
        self.count = np.zeros(size, np.int64)
        self.parts: list[Codes] = []
        self.total = 0

    def peel(self) -> Codes:
        """Do all nodes that reach no cycle; return those that are left."""
        done = np.flatnonzero(self.waiting == 0)
        self.buffer = np.empty(max(1024, 2 * len(self.forward)), np.int64)
        while len(done):
            _, above = join(done, self.backward)
            if not len(above):
                break
            nodes, freed = np.unique(above, return_counts=True)
            self.waiting[nodes] -= freed
            done = nodes[self.waiting[nodes] == 0]
            if len(done):
                self._take_over(done)
        return np.flatnonzero(self.waiting > 0)

    def _take_over(self, nodes: Codes) -> None:
        """Each node reaches its successors and all that they reach."""
        which, successors = join(nodes, self.forward)
        counts = self.count[successors]
        if len(successors) > len(nodes):
            far = self.buffer[ranges(self.start[successors], counts)]
            found = unique(np.concatenate([pack(which, successors), pack(np.repeat(which, counts), far)]))
            sizes = np.bincount(upper(found), minlength=len(nodes))
            reached = lower(found)
        else:  # one successor each: nothing can be reached twice
            sizes = counts + 1
            ends = np.cumsum(sizes)
            if self.total + int(ends[-1]) > self.most:
                raise TooLargeError
            reached = self.buffer[ranges(self.start[successors] - 1, sizes)]
            reached[ends - sizes] = successors
        self._keep(nodes, sizes, reached)

    def _keep(self, nodes: Codes, sizes: Codes, reached: Codes) -> None:
        if self.total + len(reached) > self.most:
            raise TooLargeError
        self._room_for(len(reached))
        self.buffer[self.total : self.total + len(reached)] = reached
        self.start[nodes] = self.total + np.cumsum(sizes) - sizes
        self.count[nodes] = sizes
        self.total += len(reached)

    def _room_for(self, more: int) -> None:
        if self.total + more > len(self.buffer):
            larger = np.empty(2 * (self.total + more), np.int64)
            larger[: self.total] = self.buffer[: self.total]
            self.buffer = larger

    def pairs(self, names: Codes) -> Rows:
        """All pairs found, by the names of their nodes."""
        nodes = np.flatnonzero(self.count)
        reached = self.buffer[ranges(self.start[nodes], self.count[nodes])]
        return pack(np.repeat(names[nodes], self.count[nodes]), names[reached])


def _of_cyclic(names: Codes, x: Codes, y: Codes, most: int) -> Rows:
    """The closure of a graph with cycles: of its components, each then written out as its members."""
    component, count = components(len(names), x, y)
    members = np.argsort(component, kind="stable")
    sizes = np.bincount(component, minlength=count)
    first = np.cumsum(sizes) - sizes
    cx, cy = component[x], component[y]
    inner = np.zeros(count, np.bool_)
    inner[cx[cx == cy]] = True  # a component with an edge inside reaches itself, a node alone does not
    crossing = cx != cy
    own = np.flatnonzero(inner)
    between = EMPTY
    if crossing.any():
        reach = _Reach(count, cx[crossing], cy[crossing], most)
        reach.peel()
        between = reach.pairs(np.arange(count))
    a = np.concatenate([own, upper(between)])
    b = np.concatenate([own, lower(between)])
    if int((sizes[a] * sizes[b]).sum()) > most:
        raise TooLargeError
    a_each = np.repeat(np.arange(len(a)), sizes[a])
    a_member = members[ranges(first[a], sizes[a])]
    each = sizes[b][a_each]
    b_member = members[ranges(first[b][a_each], each)]
    return unique(pack(names[np.repeat(a_member, each)], names[b_member]))


def components(size: int, x: Codes, y: Codes) -> tuple[Codes, int]:
    """The strongly connected component of each node of a graph, and how many there are.

    A graph that runs both ways everywhere (a symmetric property) is done by label propagation, the others by Tarjan.
    """
    forward = unique(pack(x, y))
    backward = unique(swap(forward))
    if len(forward) == len(backward) and bool((forward == backward).all()):
        label = connected(size, x, y)
    else:
        starts = np.searchsorted(forward, np.arange(size + 1) << 32).tolist()
        targets = lower(forward).tolist()
        order = strong_components(range(size), [targets[starts[n] : starts[n + 1]] for n in range(size)])
        label = np.empty(size, np.int64)
        for number, nodes in enumerate(order):
            label[nodes] = number
    _, label = np.unique(label, return_inverse=True)
    return label, int(label.max()) + 1


def connected(size: int, x: Codes, y: Codes) -> Codes:
    """The least node that each node is connected with, whichever way the edges run."""
    label = np.arange(size)
    while len(x):
        low = np.minimum(label[x], label[y])
        np.minimum.at(label, label[x], low)
        np.minimum.at(label, label[y], low)
        while True:  # follow the labels to their roots
            further = label[label]
            if (further == label).all():
                break
            label = further
        open_edges = label[x] != label[y]
        x, y = x[open_edges], y[open_edges]
    return label


def strong_components(
    nodes: Iterable[int], edges: Mapping[int, Iterable[int]] | Sequence[Iterable[int]]
) -> list[list[int]]:
    """The strongly connected components of a graph (Tarjan 1972), each after those that it reaches; no recursion."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    open_nodes: list[int] = []
    is_open: set[int] = set()
    found: list[list[int]] = []
    for root in nodes:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        open_nodes.append(root)
        is_open.add(root)
        walk = [(root, iter(edges[root]))]
        while walk:
            node, ahead = walk[-1]
            for target in ahead:
                if target not in index:
                    index[target] = low[target] = len(index)
                    open_nodes.append(target)
                    is_open.add(target)
                    walk.append((target, iter(edges[target])))
                    break
                if target in is_open and index[target] < low[node]:
                    low[node] = index[target]
            else:
                walk.pop()
                if walk and low[node] < low[walk[-1][0]]:
                    low[walk[-1][0]] = low[node]
                if low[node] == index[node]:
                    at = len(open_nodes) - 1
                    while open_nodes[at] != node:
                        at -= 1
                    found.append(open_nodes[at:])
                    is_open.difference_update(open_nodes[at:])
                    del open_nodes[at:]
    return found


def extended(closed: Rows, swapped: Rows, edges: Rows, most: int) -> Rows:
    """What a transitive column gains by a few more edges.

    Args:
        closed: The column, transitively closed.
        swapped: The same, turned round.
        edges: The new edges, none of them in the column.
        most: How many pairs the column may have.

    Raises:
        TooLargeError: There would be more.
    """
    # each new way runs: closed? edge closed? edge … closed?; `hop` is one edge with what may follow it
    which, far = join(lower(edges), closed)
    hop = gather([edges, pack(upper(edges)[which], far)])
    which, near = join(upper(hop), swapped)
    found = minus(gather([hop, pack(near, lower(hop)[which])]), closed)
    last = found
    while True:
        which, far = join(lower(last), hop)
        last = minus(minus(unique(pack(upper(last)[which], far)), found), closed)
        if not len(last):
            return found
        found = merge(found, last)
        if len(found) + len(closed) > most:
            raise TooLargeError
