"""Orders in which a forest is walked, from its column of parents."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def children_of(parent: Rows) -> tuple[Rows, Rows]:
    """Rows of the children of all nodes, and where each node's begin.

    Parameters
    ----------
    parent
        ``(n,)`` row of the parent of every node, -1 for roots.

    Returns
    -------
    rows, start
        The children of row ``i`` are ``rows[start[i]:start[i + 1]]`` in ascending order; `start`
        has ``n + 1`` entries.
    """
    rows = np.argsort(parent, kind="stable")[np.count_nonzero(parent < 0) :]
    counts = np.bincount(parent[parent >= 0], minlength=len(parent))
    return rows, np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])


def depth_first(parent: Rows) -> Rows:
    """Rows in depth-first order: roots and siblings ascending, each node before its children.

    Rows on a cycle of parents, and those below one, are left out.
    """
    rows, start = children_of(parent)
    children, begin = rows[::-1].tolist(), (len(rows) - start).tolist()
    waiting = np.flatnonzero(parent < 0)[::-1].tolist()
    order = []
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += children[begin[node + 1] : begin[node]]  # last child first
    return np.array(order, dtype=np.int64)


def breadth_first(parent: Rows) -> Rows:
    """Rows in breadth-first order: all roots, then all their children, and so on."""
    rows, start = children_of(parent)
    children, begin = rows.tolist(), start.tolist()
    order = np.flatnonzero(parent < 0).tolist()
    for node in order:  # grows while it is walked
        order += children[begin[node] : begin[node + 1]]
    return np.array(order, dtype=np.int64)


def cycles_in(parent: Rows, reached: Rows) -> Iterator[list[int]]:
    """Cycles of parents, each row followed by its parent, the smallest row of each first.

    Parameters
    ----------
    parent
        Rows of the parents.
    reached
        Rows that `depth_first` reached, which are on no cycle.
    """
    parents = parent.tolist()
    seen = np.zeros(len(parent), dtype=bool)
    seen[reached] = True
    for start in np.flatnonzero(~seen).tolist():
        path: dict[int, int] = {}
        node = start
        while not seen[node]:
            seen[node] = True
            path[node] = len(path)
            node = parents[node]
        if node in path:  # otherwise the path leads to a cycle that was found before
            cycle = list(path)[path[node] :]
            first = cycle.index(min(cycle))
            yield cycle[first:] + cycle[:first]
