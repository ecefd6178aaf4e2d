"""Operations that return a new forest: parts, rerooting, pruning, resampling, repair."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg.swc.table import COLUMNS, NodeTable, Table, columns_of, row_in, take_rows, with_columns
from zimg.swc.units import require_one_unit

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
SLACK = 1 - 1e-9  # so that rounding does not cut 3 * 0.1 into four steps of 0.1
MOST_NODES = 2**31


def rows_between(tree: Table, first: int, last: int) -> Table:
    """Forest of the rows from `first` to `last` (exclusive); the first row becomes a root."""
    part = {name: getattr(tree, name)[first:last].copy() for name in COLUMNS}
    part["parent"] = np.maximum(part["parent"] - first, -1)
    return tree._of_columns(**part, comments=list(tree.comments))


def trees_of(tree: Table) -> list[Table]:
    """One forest per root."""
    starts = [*tree.roots.tolist(), len(tree)]
    return [rows_between(tree, *ends) for ends in pairwise(starts)]


def subtree(tree: Table, row: int) -> Table:
    """A node and its descendants."""
    first = row_in(tree, row)
    outside = np.flatnonzero(tree.parent[first + 1 :] < first)
    return rows_between(tree, first, first + 1 + outside[0] if outside.size else len(tree))


def concatenated(kind: type[Table], trees: Iterable[Table]) -> Table:
    """Join forests; see `zimg.swc.editing.TreeEditing.concatenate`."""
    parts = [columns_of(tree) for tree in require_one_unit(trees)]
    if not parts:
        return kind.from_arrays(np.zeros((0, 3)), [], [])
    first_row = np.cumsum([0, *(len(part["id"]) for part in parts)])
    for part, row in zip(parts, first_row.tolist(), strict=False):
        part["parent"][part["parent"] >= 0] += row
    columns = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
    if len(np.unique(columns["id"])) < first_row[-1]:
        columns["id"] = np.arange(1, first_row[-1] + 1)
    comments = dict.fromkeys(comment for part in parts for comment in part["comments"])
    return kind._of_columns(**columns, comments=list(comments))


def rerooted(tree: Table, rows: int | Sequence[int]) -> Table:
    """Make given nodes the roots of their trees; see `zimg.swc.editing.TreeEditing`."""
    given = [row_in(tree, row) for row in np.atleast_1d(np.asarray(rows, dtype=np.int64)).tolist()]
    old, new = tree.parent.tolist(), tree.parent.copy()
    place = np.arange(len(tree))  # position among its future siblings
    turned = set()
    for row in given:
        path = [row]
        while (above := old[path[-1]]) >= 0:
            path.append(above)
        if path[-1] in turned:
            raise ValueError(f"rows must be in different trees, but two of {given} are in one")
        turned.add(path[-1])
        new[path[1:]], new[row] = path[:-1], -1
        place[path[1:]] = len(tree)  # the former parent is the last child
        place[row] = path[-1]  # the tree stays where it is
    order = np.argsort(place, kind="stable")
    return take_rows(tree, order, new[order])


def pruned(tree: Table, min_length: float, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> Table:
    """Remove short side branches; see `zimg.swc.editing.TreeEditing`."""
    if not min_length >= 0:
        raise ValueError(f"min_length must be at least 0, got {min_length}")
    gone = (_side_lengths(tree, tree.edge_lengths(spacing)) < min_length).tolist()
    for row, above in enumerate(tree.parent.tolist()):  # parents precede their children
        if above >= 0 and gone[above]:
            gone[row] = True
    rows = np.flatnonzero(~np.array(gone, dtype=bool))
    return take_rows(tree, rows, tree.parent[rows])


def _side_lengths(tree: NodeTable, lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longest path from the parent through each node to a tip; infinite unless it is a side branch.

    Each child starts a side branch, except the one with the longest path, the first of equal ones.
    """
    reach = lengths.tolist()
    heir: dict[int, int] = {}
    longest = [0.0] * len(tree)
    parents = tree.parent.tolist()
    for row in range(len(tree) - 1, -1, -1):  # children before parents, last ones first
        reach[row] += longest[row]
        above = parents[row]
        if above >= 0 and reach[row] >= longest[above]:
            longest[above], heir[above] = reach[row], row
    sides = np.array(reach, dtype=np.float64)
    sides[[*heir.values(), *tree.roots.tolist()]] = np.inf
    return sides


class Paths(NamedTuple):
    """Unbranched paths: the rows from a child of a root or fork to the next fork or tip.

    In depth-first order these rows are consecutive. A root is a path without edges.

    Attributes
    ----------
    first, last
        Rows of the first node and of the one that ends the path.
    begin
        Sum of the lengths of all edges before the path.
    length
        Length of the path, 0 for roots.
    parts
        Number of parts into which the path is cut.
    """

    first: Rows
    last: Rows
    begin: Floats
    length: Floats
    parts: Rows


def resampled(tree: Table, step: float, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> Table:
    """Place nodes at equal distances; see `zimg.swc.editing.TreeEditing`."""
    if not (step > 0 and np.isfinite(step)):
        raise ValueError(f"step must be a positive length, got {step}")
    lengths = tree.edge_lengths(spacing)
    along = np.cumsum(lengths)
    paths = _paths(tree, lengths, along, step)
    edge, share = _samples(paths, along, lengths)
    above = np.maximum(tree.parent[edge], 0)  # the share of roots is 1
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
        raise ValueError(f"step {step} would make more than {MOST_NODES} nodes; use a longer one")
    before = along[first] - lengths[first]
    return Paths(first, last, before, length, np.maximum(parts, 1).astype(np.int64))


def _samples(paths: Paths, along: Floats, lengths: Floats) -> tuple[Rows, Floats]:
    """Row of the edge of each new node, and the relative position on the edge."""
    path = np.repeat(np.arange(len(paths.parts)), paths.parts)
    number = np.arange(len(path)) - (np.cumsum(paths.parts) - paths.parts)[path] + 1
    wanted = paths.begin[path] + paths.length[path] * (number / paths.parts[path])
    edge = np.clip(np.searchsorted(along, wanted), paths.first[path], paths.last[path])
    covered = wanted - (along - lengths)[edge]
    share = np.clip(covered / np.where(lengths[edge] > 0, lengths[edge], 1.0), 0.0, 1.0)
    ends = number == paths.parts[path]
    return np.where(ends, paths.last[path], edge), np.where(ends, 1.0, share)


def _parents(tree: NodeTable, paths: Paths) -> Rows:
    """Parents of the new nodes: the preceding node, or the end of another path."""
    end = np.cumsum(paths.parts) - 1
    parent = np.arange(-1, end[-1] if len(end) else -1)
    new_row = np.full(len(tree) + 1, -1, dtype=np.int64)
    new_row[paths.last] = end
    parent[end - paths.parts + 1] = new_row[tree.parent[paths.first]]
    return parent


def repaired(tree: Table) -> Table:
    """Estimate unknown radii; see `zimg.swc.editing.TreeEditing`."""
    lengths, parents = tree.edge_lengths().tolist(), tree.parent.tolist()
    known = [(0.0, radius) if radius >= 0 else None for radius in tree.radius.tolist()]
    above, below = known.copy(), known.copy()
    for row, parent in enumerate(parents):
        if above[row] is None and parent >= 0 and (nearest := above[parent]):
            above[row] = (nearest[0] + lengths[row], nearest[1])
    for row in range(len(tree) - 1, -1, -1):  # children before their parents
        parent, nearest = parents[row], below[row]
        if parent >= 0 and nearest and known[parent] is None:
            reached = (nearest[0] + lengths[row], nearest[1])
            below[parent] = min(below[parent] or reached, reached)
    radii = [_between(*pair) for pair in zip(above, below, strict=True)]
    if radii and (lost := [row for row, radius in enumerate(radii) if radius is None]):
        raise ValueError(f"no radius is known near row {lost[0]}: assign tree.radius")
    return with_columns(tree, radius=np.array(radii, dtype=np.float64))


def _between(above: tuple[float, float] | None, below: tuple[float, float] | None) -> float | None:
    """Radius interpolated between two nodes at a distance each, or that of the only one."""
    if above is None or below is None:
        one = above or below
        return one[1] if one else None
    whole = above[0] + below[0]
    share = above[0] / whole if whole > 0 else 0.5
    return above[1] * (1 - share) + below[1] * share
