"""Parents of nodes that are linked by edges without direction."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

Rows = NDArray[np.int64]


def oriented(edges: Rows, count: int) -> Rows:
    """Row of the parent of every node, -1 for the first node of each tree.

    Parameters
    ----------
    edges
        ``(m, 2)`` rows of two neighbours in any order.
    count
        Nodes there are.

    Raises
    ------
    ValueError
        For a row that is not there, and edges that form a cycle.
    """
    if edges.size and not (edges.min() >= 0 and edges.max() < count):
        raise ValueError(f"edges name nodes {edges.min()} to {edges.max()}, there are {count}")
    number, tree = connected_components(_graph(edges, count), directed=False)
    if number - 1 + len(edges) != count:  # the ground is a component by itself
        raise ValueError("edges form a cycle, which a tree cannot have")
    roots = np.unique(tree[:count], return_index=True)[1]
    grounded = np.concatenate([edges, np.stack([np.full(len(roots), count), roots], axis=1)])
    above = breadth_first_order(_graph(grounded, count), count, directed=False)[1][:count]
    return np.where(above == count, -1, above).astype(np.int64)


def _graph(edges: Rows, count: int) -> csr_matrix:
    """Graph of the nodes and the ground, node `count`."""
    ends = (edges[:, 0], edges[:, 1])
    return coo_matrix((np.ones(len(edges)), ends), shape=(count + 1, count + 1)).tocsr()
