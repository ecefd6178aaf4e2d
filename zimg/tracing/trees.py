"""Selection of trees by length: all, those not much shorter than the longest, or the longest."""

import numpy as np
from numpy.typing import NDArray

from zimg.swc import ZSwc

TREE_SHARE = 0.3
"""Length of a tree that is kept, in units of the longest one; 0.25 to 0.5 are as good."""


def cable_lengths(tree: ZSwc, spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """Length of all edges of each tree, in the order of its roots."""
    sums = np.concatenate([[0.0], np.cumsum(tree.edge_lengths(spacing))])
    bounds = np.append(tree.roots, len(tree))
    return np.asarray(np.diff(sums[bounds]))


def chosen_trees(tree: ZSwc, trees: str, *, z_to_xy: float = 1.0) -> ZSwc:
    """Selected trees, the longest first.

    Parameters
    ----------
    tree
        A forest in voxels.
    trees
        ``"relative"``: those not shorter than 0.3 of the longest; ``"single"``: the longest;
        ``"all"``.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.
    """
    lengths = cable_lengths(tree, (1.0, 1.0, z_to_xy))
    order = np.argsort(-lengths, kind="stable")
    if trees == "single":
        order = order[:1]
    elif trees == "relative" and len(order):
        order = order[lengths[order] >= TREE_SHARE * lengths.max()]
    parts = tree.trees()
    return ZSwc.concatenate([parts[index] for index in order.tolist()])
