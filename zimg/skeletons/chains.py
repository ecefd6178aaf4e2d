"""A branch of voxels as a chain of nodes: thick ones first, and none inside another."""

import numpy as np
from numpy.typing import NDArray

from zimg.swc.graphs import reference_order

# Behaviour of the reference.
THINNEST, RADIUS_MARGIN, THIN_END = 0.1, 0.5, 2.0

Points = NDArray[np.float64]


def radii(squared: NDArray[np.integer]) -> Points:
    """Radius of the node at a voxel, from its squared distance to the background."""
    return np.maximum(THINNEST, np.sqrt(squared.astype(np.float64)) - RADIUS_MARGIN)


def chain(points: Points, radius: Points) -> tuple[Points, Points]:
    """Nodes of a branch.

    Parameters
    ----------
    points
        ``(n, 3)`` x, y, z of its voxels, from the tip on.
    radius
        ``(n,)``.

    Returns
    -------
    tuple of ndarray
        Positions and radii of the nodes that are kept, the first of them the root.
    """
    kept = _kept(points, radius)
    return _trimmed(points[kept], radius[kept])


def _kept(points: Points, radius: Points) -> NDArray[np.bool_]:
    """Voxels that are in no node which was kept before; thick ones have the choice."""
    open_ = np.ones(len(points), np.bool_)
    kept = np.zeros(len(points), np.bool_)
    for node in reference_order((-radius).tolist()):
        if open_[node]:
            kept[node] = True
            apart = points - points[node]
            open_ &= np.sqrt((apart * apart).sum(axis=1)) >= radius[node]
    return kept


def _trimmed(points: Points, radius: Points) -> tuple[Points, Points]:
    """Without a thin root before a thick node, then without a thin last one."""
    first = 1 if len(radius) > 1 and THIN_END * radius[0] < radius[1] else 0
    points, radius = points[first:], radius[first:]
    last = len(radius)
    if last > 1 and THIN_END * radius[-1] < radius[-2]:
        last -= 1
    return points[:last], radius[:last]
