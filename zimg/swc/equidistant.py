"""Nodes at equal distances along the unbranched paths of a forest."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg.swc.table import NodeTable, Table

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
SLACK = 1 - 1e-9  # 3 * 0.1 is cut at 0.1 into three parts, though a double of it is a bit longer
MOST_NODES = 2**31


class Paths(NamedTuple):
    """Unbranched paths, each the rows from the child of a root or fork to the next end.

    In depth-first order those rows follow each other. A root is a path without edge.

    Attributes
    ----------
    first, last
        Rows of the first node and of the one that ends the path.
    begin
        Lengths of all edges of the forest before the path.
    length
        Of the path, 0 for roots.
    parts
        Into how many it is cut.
    """

    first: Rows
    last: Rows
    begin: Floats
    length: Floats
    parts: Rows


def resampled(tree: Table, step: float, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> Table:
    """Put nodes at equal distances; see `zimg.swc.editing.TreeEditing`."""
    if not (step > 0 and np.isfinite(step)):
        raise ValueError(f"step is a positive length, got {step}")
    lengths = tree.edge_lengths(spacing)
    along = np.cumsum(lengths)
    paths = _paths(tree, lengths, along, step)
    edge, share = _samples(paths, along, lengths)
    above = np.maximum(tree.parent[edge], 0)  # roots have the share 1
    reals = np.column_stack([tree.xyz, tree.radius])
    between = reals[above] + (reals[edge] - reals[above]) * share[:, None]
    between = np.where(share[:, None] < 1, between, reals[edge])
    return tree.from_arrays(
        between[:, :3],
        between[:, 3],
        _parents(tree, paths),
        type=tree.type[edge],
        label=tree.label[edge],
        comments=tree.comments,
    )


def _paths(tree: NodeTable, lengths: Floats, along: Floats, step: float) -> Paths:
    """Paths of a forest in the order of its rows."""
    children = np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree))
    last = np.flatnonzero((children != 1) | (tree.parent < 0))
    first = np.append(0, last[:-1] + 1) if len(last) else last
    length = np.add.reduceat(lengths, first) if len(first) else np.zeros(0)
    parts = np.ceil(length / step * SLACK)
    if not parts.sum() < MOST_NODES:
        raise ValueError(f"a step of {step} makes more than {MOST_NODES} nodes; take a longer one")
    before = along[first] - lengths[first]
    return Paths(first, last, before, length, np.maximum(parts, 1).astype(np.int64))


def _samples(paths: Paths, along: Floats, lengths: Floats) -> tuple[Rows, Floats]:
    """Row of the edge of every new node, and the share of the way to the edge's lower end."""
    path = np.repeat(np.arange(len(paths.parts)), paths.parts)
    number = np.arange(len(path)) - (np.cumsum(paths.parts) - paths.parts)[path] + 1
    wanted = paths.begin[path] + paths.length[path] * (number / paths.parts[path])
    edge = np.clip(np.searchsorted(along, wanted), paths.first[path], paths.last[path])
    covered = wanted - (along - lengths)[edge]
    share = np.clip(covered / np.where(lengths[edge] > 0, lengths[edge], 1.0), 0.0, 1.0)
    ends = number == paths.parts[path]
    return np.where(ends, paths.last[path], edge), np.where(ends, 1.0, share)


def _parents(tree: NodeTable, paths: Paths) -> Rows:
    """Rows of the new nodes' parents: the node before, or the end of another path."""
    end = np.cumsum(paths.parts) - 1
    parent = np.arange(-1, end[-1] if len(end) else -1)
    new_row = np.full(len(tree) + 1, -1, dtype=np.int64)
    new_row[paths.last] = end
    parent[end - paths.parts + 1] = new_row[tree.parent[paths.first]]
    return parent
