"""Shortest paths on the host, by SciPy's Dijkstra: the answer is unique, so the bits are too."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from zimg._errors import ZException
from zimg._typing import Array, Namespace
from zimg.kernels.geodesic import NEIGHBOURS, voxel_numbers

PIECE = 1 << 13
"""Voxels whose steps are made at a time: they stay in the cache."""

MOST_STEPS = 2**31 - 1
"""SciPy counts the edges of a graph in 32 bits."""

Index = NDArray[np.int64]
Floats = NDArray[np.float64]
Neighbours = NDArray[np.integer]
Shape = tuple[int, int, int]


def cheapest_paths(
    voxels: Array,
    squared: Array,
    sources: Array,
    /,
    *,
    shape: Shape,
    steps: tuple[float, ...],
    xp: Namespace | None = None,
) -> tuple[Floats, Neighbours, Neighbours]:
    """A queue instead of sweeps, no table of neighbours; 56 000 voxels: 1100 / 130 ms."""
    grid = _Grid(np.asarray(voxels), np.asarray(squared), shape, np.asarray(steps))
    cost = np.asarray(dijkstra(grid.graph(), indices=np.asarray(sources), min_only=True))
    return cost, *grid.predecessors(cost)


class _Grid:
    """Voxels and what the steps between them cost, a piece of them at a time."""

    def __init__(self, voxels: Neighbours, squared: Neighbours, shape: Shape, steps: Floats):
        self._voxels, self._shape, self._steps = voxels, shape, steps
        self._thick = np.append(1.0 + squared, 1.0)
        strides = np.asarray([shape[1] * shape[2], shape[2], 1], dtype=np.int64)
        self._offsets: Index = np.asarray(NEIGHBOURS, dtype=np.int64) @ strides

    def graph(self) -> csr_array:
        """Cost of every step, a row per voxel."""
        count, end = len(self._voxels), 0
        # Only what is written takes memory, and most voxels have fewer neighbours.
        columns = np.empty(len(NEIGHBOURS) * count, np.int32)
        prices = np.empty(len(NEIGHBOURS) * count)
        place = np.zeros(count + 1, np.int64)
        for piece, neighbours, price in self._pieces():
            there = neighbours < count
            np.cumsum(there.sum(axis=1), out=place[piece.start + 1 : piece.stop + 1])
            place[piece.start + 1 : piece.stop + 1] += end
            begin, end = end, int(place[piece.stop])
            columns[begin:end], prices[begin:end] = neighbours[there], price[there]
        if end > MOST_STEPS:
            raise ZException(
                f"{count} voxels have {end} steps between them, more than the {MOST_STEPS} that "
                "shortest paths can take: reduce the volume with downsample="
            )
        place = place.astype(np.int32)
        return csr_array((prices[:end], columns[:end], place), shape=(count, count))

    def predecessors(self, cost: Floats) -> tuple[Neighbours, Neighbours]:
        """As the kernel of this name: smallest cost, then smallest own cost, then the first."""
        count, padded = len(self._voxels), np.append(cost, np.inf)
        before, rows = np.empty(count, np.int32), np.empty(count, np.int32)
        for piece, neighbours, price in self._pieces():
            own = padded[neighbours]
            total = own + price
            own[total != total.min(axis=1, keepdims=True)] = np.inf
            rows[piece] = own.argmin(axis=1)
            before[piece] = np.take_along_axis(neighbours, rows[piece, None], axis=1)[:, 0]
        alone = (cost == 0) | np.isinf(cost)
        before[alone], rows[alone] = count, -1
        return before, rows

    def _pieces(self) -> Iterator[tuple[slice, Neighbours, Floats]]:
        """Voxels in order: which, ``(k, 26)`` numbers of their neighbours and costs of the steps.

        The number of a neighbour that is not there is the number of voxels.
        """
        count = len(self._voxels)
        numbers = np.asarray(voxel_numbers(self._voxels, self._shape)).reshape(-1)
        numbers[numbers < 0] = count
        for first in range(0, count, PIECE):
            piece = slice(first, min(first + PIECE, count))
            voxels = self._voxels[piece].astype(np.int64)
            neighbours = numbers.take(voxels[:, None] + self._offsets, mode="clip")
            self._cut(voxels, neighbours)
            price = self._steps / self._thick[neighbours]
            price += self._steps / self._thick[piece, None]
            yield piece, neighbours, price

    def _cut(self, voxels: Index, neighbours: Neighbours) -> None:
        """Take away the neighbours that are on the other side of a face of the volume."""
        for axis, place in enumerate(np.unravel_index(voxels, self._shape)):
            for way, last in ((-1, 0), (1, self._shape[axis] - 1)):
                outside = np.flatnonzero(place == last)
                beyond = [row for row, step in enumerate(NEIGHBOURS) if step[axis] == way]
                neighbours[outside[:, None], beyond] = len(self._voxels)
