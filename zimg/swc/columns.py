"""Checks of the columns of a forest, and the orders in which to traverse it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.int64]
NO_PARENT = -1


def sorted_rows(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows in depth-first order; raises a ValueError for invalid parents."""
    wrong = np.flatnonzero((parent < -1) | (parent >= len(parent)))
    if wrong.size:
        raise ValueError(
            f"parent of row {wrong[0]} is {parent[wrong[0]]}; expected a row from 0 to "
            f"{len(parent) - 1}, or -1 for a root"
        )
    order = depth_first(parent)
    if len(order) < len(parent):
        raise ValueError(f"parents form a cycle: rows {next(cycles_in(parent, order))}")
    return order


def points(values: ArrayLike) -> NDArray[np.float64]:
    """`values` as rows of x, y, z; an empty sequence gives no rows."""
    rows = np.asarray(values, dtype=np.float64)
    if rows.size == 0:
        return np.zeros((0, 3))
    if rows.ndim != 2 or rows.shape[1] != 3:
        raise ValueError(
            f"xyz has shape {rows.shape}; expected (n, 3), one row of x, y, z per node"
        )
    return rows


def integers(name: str, values: ArrayLike, count: int) -> NDArray[np.int64]:
    """`values` as a column of integers; a single value is repeated for all rows."""
    given = np.asarray(values)
    column = given.astype(np.int64)
    if not np.array_equal(column, given):
        raise ValueError(f"{name} must hold integers")
    return _repeated(name, column, count)


def reals(name: str, values: ArrayLike, count: int) -> NDArray[np.float64]:
    """`values` as a column of real numbers; a single value is repeated for all rows."""
    return _repeated(name, np.asarray(values, dtype=np.float64), count)


def _repeated(name: str, values: NDArray[Any], count: int) -> NDArray[Any]:
    if values.shape not in ((), (count,)):
        raise ValueError(
            f"{name} has shape {values.shape}; expected ({count},) or () for {count} nodes"
        )
    return np.broadcast_to(values, (count,))


def different(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """`ids`, if all are different; raises a ValueError otherwise."""
    values, counts = np.unique(ids, return_counts=True)
    if len(values) < len(ids):
        raise ValueError(f"id {values[counts > 1][0]} is used twice")
    return ids


def rows_of_ids(ids: NDArray[np.int64], parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row of the parent of each node, the first row with its id; -1 if no row has it.

    Parameters
    ----------
    ids
        ``(n,)`` ids of the nodes.
    parent
        ``(n,)`` ids of their parents.
    """
    order = np.argsort(ids, kind="stable")
    ascending = ids[order]
    place = np.minimum(np.searchsorted(ascending, parent), max(len(ids) - 1, 0))
    # -1 means no parent, even if a virtual node has this id.
    found = (ascending[place] == parent) & (parent != NO_PARENT)
    return np.where(found, order[place], NO_PARENT)


def require_finite(name: str, column: NDArray[np.float64]) -> None:
    """Raise a ValueError if a column has NaN or infinite values."""
    if not np.isfinite(column).all():
        raise ValueError(f"{name} has values that are not finite")


def children_of(parent: Rows) -> tuple[Rows, Rows]:
    """Rows of the children of all nodes, grouped by parent.

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

    Rows on a cycle of parents, and the rows below it, are left out.
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
    for node in order:  # the list grows during the loop
        order += children[begin[node] : begin[node + 1]]
    return np.array(order, dtype=np.int64)


def cycles_in(parent: Rows, reached: Rows) -> Iterator[list[int]]:
    """Cycles of parents, each row followed by its parent, the smallest row of each first.

    Parameters
    ----------
    parent
        Rows of the parents.
    reached
        Rows that `depth_first` reached; they are on no cycle.
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
