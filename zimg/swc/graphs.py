"""Graphs of nodes and edges: order of equal costs, spanning forests, orientation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]


def reference_order(costs: Sequence[float]) -> list[int]:
    """Indices that sort `costs` in ascending order, with ties in the order of the reference.

    Ties are common, since all pairs of touching chains have the same cost, and they determine the
    topology of a tree. The reference uses a quicksort: the first element of a part is the pivot;
    its place is filled alternately by the first smaller element from the right and the first
    larger one from the left; then both sides are sorted.
    """
    values = np.asarray(costs, dtype=np.float64)
    index = np.arange(len(values))
    parts = [(0, len(values))]
    while parts:
        low, high = parts.pop()
        if high - low < 2:
            continue
        middle = _partition(values[low:high], index[low:high])
        parts += [(low, low + middle), (low + middle + 1, high)]
    return index.tolist()


def _partition(values: Floats, index: Rows) -> int:
    """Partition views in place around their first element; returns its final position."""
    pivot, own = values[0], index[0]
    if not (values[1:] < pivot).any():  # in the common case, a run of ties, nothing moves
        return 0
    left, right = 0, len(values) - 1
    while left < right:
        while left < right and values[right] >= pivot:
            right -= 1
        values[left], index[left] = values[right], index[right]
        while left < right and values[left] <= pivot:
            left += 1
        values[right], index[right] = values[left], index[left]
    values[left], index[left] = pivot, own
    return left


def spanning(costs: Sequence[float], ends: Sequence[tuple[int, int]], count: int) -> list[int]:
    """Edges of a minimum spanning forest, by Kruskal's algorithm.

    Parameters
    ----------
    costs
        Cost of each edge.
    ends
        The two vertices of each edge.
    count
        Number of vertices, which are numbered from 0.

    Returns
    -------
    list of int
        Positions of the chosen edges, in their original order.
    """
    group = list(range(count))
    chosen = []
    for edge in reference_order(costs):
        first, second = (_leader(group, end) for end in ends[edge])
        if first != second:
            group[first] = second
            chosen.append(edge)
    return sorted(chosen)


def _leader(group: list[int], item: int) -> int:
    """Representative of the group of `item`; halves the path to it."""
    while group[item] != item:
        group[item] = group[group[item]]
        item = group[item]
    return item


def oriented(edges: Rows, count: int) -> Rows:
    """Row of the parent of each node, -1 for the first node of each tree.

    Parameters
    ----------
    edges
        ``(m, 2)`` rows of the two nodes of each edge, in any order.
    count
        Number of nodes.

    Raises
    ------
    ValueError
        If a row does not exist, or the edges form a cycle.
    """
    if edges.size and not (edges.min() >= 0 and edges.max() < count):
        raise ValueError(
            f"edges refer to nodes {edges.min()} to {edges.max()}, but there are {count} nodes"
        )
    number, tree = connected_components(_graph(edges, count), directed=False)
    if number - 1 + len(edges) != count:  # the extra node `count` is a component by itself
        raise ValueError("edges form a cycle")
    roots = np.unique(tree[:count], return_index=True)[1]
    grounded = np.concatenate([edges, np.stack([np.full(len(roots), count), roots], axis=1)])
    above = breadth_first_order(_graph(grounded, count), count, directed=False)[1][:count]
    return np.where(above == count, -1, above).astype(np.int64)


def _graph(edges: Rows, count: int) -> csr_matrix:
    """Graph of the nodes and an extra node `count`, to which roots are joined."""
    ends = (edges[:, 0], edges[:, 1])
    return coo_matrix((np.ones(len(edges)), ends), shape=(count + 1, count + 1)).tocsr()
