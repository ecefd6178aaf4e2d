"""Points along the edges of a forest, and the nearest ones of another."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from zimg.swc.table import NodeTable

Floats = NDArray[np.float64]


def sampled(tree: NodeTable, size: Floats, step: float) -> Floats:
    """Nodes, then points between them: ``(s, 4)`` x, y, z, radius.

    Parameters
    ----------
    tree
        Any forest.
    size
        Factors of x, y, z.
    step
        Largest distance of points on an edge, after the factors.

    Returns
    -------
    numpy.ndarray
        The radius is NaN where it is unknown, which is what a negative one means.
    """
    known = np.where(tree.radius < 0, np.nan, tree.radius)
    nodes = np.column_stack([tree.xyz * size, known])
    child = np.flatnonzero(tree.parent >= 0)
    start, end = nodes[tree.parent[child]], nodes[child]
    length = np.linalg.norm(end[:, :3] - start[:, :3], axis=1)
    parts = np.maximum(np.ceil(length / step).astype(np.int64), 1)
    edge = np.repeat(np.arange(len(child)), parts - 1)
    before = np.cumsum(parts - 1) - (parts - 1)
    share = ((np.arange(len(edge)) - before[edge] + 1) / parts[edge])[:, None]
    return np.concatenate([nodes, start[edge] * (1 - share) + end[edge] * share])


def nearest(samples: Floats, others: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Distance to, and row of, the nearest of `others`; nothing if one has no samples."""
    if not len(samples) or not len(others):
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    found: tuple[Any, Any] = cKDTree(others[:, :3]).query(samples[:, :3])
    return found
