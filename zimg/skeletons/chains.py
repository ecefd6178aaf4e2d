"""Convert branches of voxels to chains of nodes: thick voxels first, none inside another node."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from zimg._dispatch import hookable
from zimg._typing import Namespace
from zimg.skeletons.paths import Floats, Index
from zimg.swc.graphs import reference_order

# Behaviour of the reference.
THINNEST, RADIUS_MARGIN, THIN_END = 0.1, 0.5, 2.0

ROUNDING = 1.0 + 1e-9
"""Search margin beyond the radius; candidates are then measured exactly."""


def radii(squared: NDArray[np.number]) -> Floats:
    """Radius of the node at a voxel, from its squared distance to the background."""
    return np.maximum(THINNEST, np.sqrt(squared.astype(np.float64)) - RADIUS_MARGIN)


@hookable
def chain_nodes(
    points: Floats,
    radius: Floats,
    starts: Index,
    /,
    *,
    xp: Namespace | None = None,  # noqa: ARG001
) -> tuple[Index, Index]:
    """Choose the points of each branch that become nodes.

    Parameters
    ----------
    points
        ``(m, 3)`` voxels of all branches, branch by branch, each starting at its tip.
    radius
        ``(m,)`` radii.
    starts
        ``(b + 1,)`` start of each branch, and the end.
    xp
        NumPy: this is work of the host.

    Returns
    -------
    tuple of ndarray
        Rows of `points` that become nodes, and ``(b + 1,)`` start of those of each branch. A thin
        first node before a thick second one is dropped, and a thin last one, too.
    """
    chosen: list[Index] = [np.empty(0, np.int64)]
    for first, last in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        kept = np.flatnonzero(_kept(points[first:last], radius[first:last])) + first
        chosen.append(_trimmed(kept, radius))
    return np.concatenate(chosen), np.cumsum([len(nodes) for nodes in chosen])


def _kept(points: Floats, radius: Floats) -> NDArray[np.bool_]:
    """Points outside the balls of kept points, thick points first."""
    tree = cKDTree(points)
    open_ = np.ones(len(points), np.bool_)
    kept = np.zeros(len(points), np.bool_)
    for node in reference_order((-radius).tolist()):
        if open_[node]:
            kept[node] = True
            near = np.asarray(tree.query_ball_point(points[node], radius[node] * ROUNDING))
            apart = points[near] - points[node]
            open_[near[np.sqrt((apart * apart).sum(axis=1)) < radius[node]]] = False
    return kept


def _trimmed(kept: Index, radius: Floats) -> Index:
    """Drop a thin first node, then a thin last one."""
    if len(kept) > 1 and THIN_END * radius[kept[0]] < radius[kept[1]]:
        kept = kept[1:]
    if len(kept) > 1 and THIN_END * radius[kept[-1]] < radius[kept[-2]]:
        kept = kept[:-1]
    return kept
