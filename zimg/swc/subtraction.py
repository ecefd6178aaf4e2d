"""Remove the nodes of a forest that lie inside other forests."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from zimg.swc.links import NONE, Links
from zimg.swc.table import radii_from_zero, take_rows
from zimg.swc.tree import ZSwc
from zimg.swc.units import require_one_unit

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
SHORTEST_CONE = 0.1  # behaviour of the reference: shorter edges have no cone
PAIRS_AT_ONCE = 1 << 20
SLACK = 1 + 1e-9  # the search may find too many, never too few


def subtract(tree: ZSwc, others: ZSwc | Sequence[ZSwc], *, legacy_order: bool = False) -> ZSwc:
    """Remove the nodes of a forest whose centre lies inside other forests.

    A forest occupies a ball around each node and a truncated cone along each edge, including their
    surfaces; the radius of the removed node has no influence. The children of a removed node
    become roots after all others, in depth-first order of their parents. Nodes with a negative id
    are neither removed nor subtracted. A negative radius, which means unknown, counts as 0, with a
    warning.

    Parameters
    ----------
    tree
        Forest to cut; it is not changed.
    others
        One or more forests to subtract.
    legacy_order
        Test nodes while cutting, as the reference does: after a node with children is removed, the
        traversal continues at its first child, which is then among the last roots, and skips the
        nodes in between.

    Returns
    -------
    ZSwc
        Remaining nodes, with ids, types, positions, radii, labels and comments unchanged.

    Raises
    ------
    ValueError
        If the forests state different units.

    Examples
    --------
    >>> chain = zimg.ZSwc.from_arrays([[0, 0, 0], [5, 0, 0], [9, 0, 0]], 1, [-1, 0, 1])
    >>> ball = zimg.ZSwc.from_arrays([[5, 0, 0]], 2, [-1])
    >>> zimg.subtract(chain, ball)
    <ZSwc 2 nodes, 2 trees>
    """
    forests = [others] if isinstance(others, ZSwc) else list(others)
    require_one_unit([tree, *forests])
    hit = np.zeros(len(tree), dtype=bool)
    for forest in forests:
        hit |= _inside(tree.xyz, forest)
    hit &= tree.id >= 0
    links = _cut_while_walking(tree, hit) if legacy_order else _cut_all(tree, hit)
    return take_rows(tree, *links)


def _inside(points: Floats, forest: ZSwc) -> NDArray[np.bool_]:
    """Whether each point lies inside a forest."""
    inside = np.zeros(len(points), dtype=bool)
    radius = radii_from_zero(forest, "subtracted", stacklevel=4)
    ball = np.flatnonzero(forest.id >= 0)
    for point, found in _pairs(points, forest.xyz[ball], radius[ball]):
        away = points[point] - forest.xyz[ball[found]]
        inside[point[(away * away).sum(-1) <= radius[ball[found]] ** 2]] = True
    end, start, length = _cones(forest)
    middle = (forest.xyz[start] + forest.xyz[end]) / 2
    for point, found in _pairs(points, middle, length / 2 + np.maximum(radius[start], radius[end])):
        a, b, h = start[found], end[found], length[found]
        away = points[point] - forest.xyz[a]
        along = (away * (forest.xyz[b] - forest.xyz[a])).sum(-1) / h
        across = np.sqrt(np.maximum((away * away).sum(-1) - along * along, 0.0))
        wide = radius[a] + (radius[b] - radius[a]) * along / h
        inside[point[(along >= 0) & (along <= h) & (across <= wide)]] = True
    return inside


def _cones(forest: ZSwc) -> tuple[Rows, Rows, Floats]:
    """End, start and length of the edges that are cones."""
    end = np.flatnonzero((forest.parent >= 0) & (forest.id >= 0))
    end = end[forest.id[forest.parent[end]] >= 0]
    start = forest.parent[end]
    length = np.linalg.norm(forest.xyz[end] - forest.xyz[start], axis=1)
    cone = length >= SHORTEST_CONE
    return end[cone], start[cone], length[cone]


def _pairs(points: Floats, centres: Floats, reach: Floats) -> Iterator[tuple[Rows, Rows]]:
    """Rows of points and of the centres that reach them, in batches."""
    if not len(points) or not len(centres):
        return
    search = cKDTree(points)
    reach = reach * SLACK + np.finfo(np.float64).tiny
    counts = search.query_ball_point(centres, reach, return_length=True)
    batch = np.cumsum(counts) // PAIRS_AT_ONCE
    for rows in np.split(np.arange(len(centres)), np.flatnonzero(np.diff(batch)) + 1):
        near = search.query_ball_point(centres[rows], reach[rows])
        yield np.concatenate(near).astype(np.int64), np.repeat(rows, counts[rows])


def _cut_all(tree: ZSwc, hit: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Rows to keep, new roots last, and their parents among all rows."""
    orphan = (tree.parent >= 0) & ~hit & hit[tree.parent]
    orphans = np.flatnonzero(orphan)
    orphans = orphans[np.argsort(tree.parent[orphans], kind="stable")]
    left = np.concatenate([np.flatnonzero(~hit & ~orphan), orphans])
    return left, np.where(orphan, NONE, tree.parent)[left]


def _cut_while_walking(tree: ZSwc, hit: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """As `_cut_all`, for a traversal that chooses its next node before each cut."""
    links = Links()
    for row, parent in enumerate(tree.parent.tolist()):
        links.grow()
        if parent >= 0:
            links.unlink(row)
            links.link(row, parent)
    hits = hit.tolist()
    node = links.first_child(NONE)
    while node != NONE:
        following = _successor(links, node)
        if hits[node]:
            for child in links.children(node):
                links.unlink(child)
                links.link(child, NONE)
            links.unlink(node)
        node = following
    left = np.array(links.depth_first(), dtype=np.int64)
    return left, np.array(links.parent, dtype=np.int64)[left]


def _successor(links: Links, node: int) -> int:
    """The node after `node` in depth-first order, or `NONE`."""
    if not links.is_leaf(node):
        return links.first_child(node)
    while node != NONE and links.next_sibling(node) == NONE:
        node = links.parent[node]
    return NONE if node == NONE else links.next_sibling(node)
