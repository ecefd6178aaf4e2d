"""Short side branches: which they are, and the forest without them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zimg.swc.table import NodeTable, Table, taken


def pruned(tree: Table, min_length: float, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> Table:
    """Remove short side branches; see `zimg.swc.editing.TreeEditing`."""
    if not min_length >= 0:
        raise ValueError(f"min_length is a length from 0, got {min_length}")
    gone = (_side_lengths(tree, tree.edge_lengths(spacing)) < min_length).tolist()
    for row, above in enumerate(tree.parent.tolist()):  # parents stand before their children
        if above >= 0 and gone[above]:
            gone[row] = True
    rows = np.flatnonzero(~np.array(gone, dtype=bool))
    return taken(tree, rows, tree.parent[rows])


def _side_lengths(tree: NodeTable, lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longest way from the parent through each node to a tip; infinite where no side branch begins.

    A side branch begins at each child but the one with the longest way, the first of equal ones.
    """
    reach = lengths.tolist()
    heir: dict[int, int] = {}
    longest = [0.0] * len(tree)
    parents = tree.parent.tolist()
    for row in range(len(tree) - 1, -1, -1):  # children before their parents, the last ones first
        reach[row] += longest[row]
        above = parents[row]
        if above >= 0 and reach[row] >= longest[above]:
            longest[above], heir[above] = reach[row], row
    sides = np.array(reach, dtype=np.float64)
    sides[[*heir.values(), *tree.roots.tolist()]] = np.inf
    return sides
