"""The cheapest path through the voxels of a box, along bright signal, by Dijkstra's method."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.special import expit

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

LEAST_WEIGHT = 1e-5
"""Weight of a step between two perfectly bright voxels (behaviour of the reference)."""

STEPS = np.array([step for step in product((-1, 0, 1), repeat=3) if any(step)])


@dataclass(frozen=True)
class Contrast:
    """What counts as bright: a threshold and the width of the transition, in grey values."""

    threshold: float
    width: float

    def darkness(self, values: Floats) -> Floats:
        """From 0 for bright to 1 for dark."""
        return np.asarray(expit((self.threshold - values) / self.width), dtype=np.float64)


def two_means_contrast(values: Floats) -> Contrast | None:
    """Threshold in the middle of the means of its two sides, None when all values are one.

    The threshold is an integer, as in the reference; it starts in the middle of the range.
    """
    threshold, previous = float(np.trunc((values.min() + values.max()) / 2.0)), None
    low = high = 0.0
    for _ in range(values.size):
        above = values > threshold
        if above.all() or not above.any():
            return None
        low, high = float(values[~above].mean()), float(values[above].mean())
        previous, threshold = threshold, float(np.trunc((low + high) / 2.0))
        if threshold == previous:
            break
    return Contrast(threshold, max(1.0, high - low) / 9.2)


def cheapest_path(
    darkness: Floats, start: Index, targets: Index, spacing: Floats
) -> tuple[Index, float] | None:
    """Cheapest 26-connected path from a voxel to the nearest of a set.

    Parameters
    ----------
    darkness
        ``(Z, Y, X)`` cost of a voxel, from 0 to 1; a step costs its length times the sum of both.
    start
        ``(3,)`` first voxel.
    targets
        ``(n, 3)`` voxels that end the path, at least one.
    spacing
        ``(3,)`` step length along each axis.

    Returns
    -------
    tuple or None
        ``(k, 3)`` voxels from `start` to a target, and the cost.
    """
    padded = np.pad(darkness, 1, constant_values=np.inf)
    source = _flat(start[None], padded.shape)[0]
    ends = _flat(targets, padded.shape)
    limit = _straight_cost(darkness, start, targets, spacing)
    graph = _voxel_graph(padded, limit, spacing)
    cost, previous = dijkstra(graph, indices=source, return_predecessors=True, limit=limit)
    best = ends[int(np.argmin(cost[ends]))]
    if not np.isfinite(cost[best]):
        return None
    path = [best]
    while path[-1] != source:
        path.append(previous[path[-1]])
    voxels = np.stack(np.unravel_index(np.array(path[::-1]), padded.shape), axis=-1) - 1
    return voxels.astype(np.int64), float(cost[best])


def _flat(voxels: Index, padded: tuple[int, ...]) -> Index:
    return np.asarray(np.ravel_multi_index(tuple((voxels + 1).T), padded), dtype=np.int64)


def _straight_cost(darkness: Floats, start: Index, targets: Index, spacing: Floats) -> float:
    """Cost of a straight walk to the nearest target: what the search need not exceed."""
    nearest = targets[int(np.argmin((((targets - start) * spacing) ** 2).sum(-1)))]
    steps = max(1, int(np.abs(nearest - start).max()))
    walk = np.rint(start + (nearest - start) * np.linspace(0.0, 1.0, steps + 1)[:, None])
    values = darkness[tuple(walk.astype(np.int64).T)]
    length = np.linalg.norm(np.diff(walk, axis=0) * spacing, axis=-1)
    cost = (length * (values[1:] + values[:-1] + LEAST_WEIGHT)).sum()
    return float(cost) * (1.0 + 1e-9) + 1e-12


def _voxel_graph(padded: Floats, limit: float, spacing: Floats) -> csr_array:
    """Edges of all voxels that a path cheaper than `limit` may enter.

    Every row has all its 26 edges, so that the arrays need no search; those into the padding cost
    infinity and are never taken.
    """
    flat = padded.reshape(-1)
    strides = np.array([padded.shape[1] * padded.shape[2], padded.shape[2], 1])
    # A step into a voxel costs at least `darkness * shortest step`: darker ones are out of reach.
    rows = np.flatnonzero(flat * spacing.min() <= limit)
    columns = rows[:, None] + (STEPS @ strides)[None, :]
    length = np.linalg.norm(STEPS * spacing, axis=-1)
    weights = length * (flat[rows][:, None] + flat[columns] + LEAST_WEIGHT)
    pointers = np.zeros(flat.size + 1, dtype=np.int32)
    pointers[rows + 1] = len(STEPS)
    pointers = np.cumsum(pointers, dtype=np.int32)
    return csr_array(
        (weights.reshape(-1), columns.reshape(-1).astype(np.int32), pointers),
        shape=(flat.size, flat.size),
    )
