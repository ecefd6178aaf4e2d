"""Join separate trees across gaps, shortest first, and merge redundant nodes."""

from dataclasses import dataclass

import numpy as np

from zimg._dispatch import hookable
from zimg._typing import Namespace
from zimg.skeletons.clusters import nearest_gaps
from zimg.skeletons.nodes import Nodes
from zimg.skeletons.paths import Floats, Index
from zimg.swc.cleaning import resample_optimal
from zimg.swc.forest import Forest
from zimg.swc.graphs import spanning
from zimg.swc.links import NONE

MOST_PAIRED = 4096
"""Largest number of trees for which all pairs are examined, as in the reference; more would take
hours."""


@dataclass(frozen=True, slots=True)
class Gap:
    """From an end or branch point of one tree to a node of another."""

    node: int
    other: int
    trees: tuple[int, int]
    width: float


def bridged(nodes: Nodes, *, z_scale: float = 1.0, widest: float = -1.0) -> Nodes:
    """Join trees along a minimum spanning forest of the gaps between them.

    Parameters
    ----------
    nodes
        Of any trees.
    z_scale
        Size of a voxel in z over that in the plane.
    widest
        Largest gap, from centre to surface; negative for any.
    """
    if np.count_nonzero(nodes.parent == NONE) < 2:
        return nodes
    points = nodes.xyz * (1.0, 1.0, z_scale)
    if np.count_nonzero(nodes.parent == NONE) > MOST_PAIRED:
        return _clustered(nodes, points, widest)
    return nodes.reordered(*bridges(points, nodes.radius, nodes.parent, widest=widest))


def _clustered(nodes: Nodes, points: Floats, widest: float) -> Nodes:
    """Join very many trees by clusters."""
    roots = nodes.parent == NONE
    children = np.bincount(nodes.parent[~roots], minlength=len(nodes))
    ends = np.flatnonzero(roots | (children != 1))
    gaps = nearest_gaps(points, nodes.radius, np.cumsum(roots) - 1, ends, widest=widest)
    forest = nodes.to_forest()
    for node, other in zip(gaps.node.tolist(), gaps.other.tolist(), strict=True):
        forest.set_root(node)
        forest.append_child(other, node)
    return nodes.from_forest(forest)


def thinned(nodes: Nodes) -> Nodes:
    """Merge nodes that their neighbours make redundant."""
    if not len(nodes):
        return nodes
    columns = (nodes.xyz, nodes.radius, nodes.type)
    xyz, radius, kind, order, parent = thinning(*columns, nodes.parent)
    return nodes.reordered(order, parent, xyz=xyz, radius=radius, type=kind)


@hookable
def thinning(
    xyz: Floats,
    radius: Floats,
    kind: Index,
    parent: Index,
    /,
    *,
    xp: Namespace | None = None,  # noqa: ARG001
) -> tuple[Floats, Floats, Index, Index, Index]:
    """Merge redundant nodes, by the rules of `resample_optimal`.

    Parameters
    ----------
    xyz, radius, kind, parent
        Columns of `Nodes`.
    xp
        NumPy: this is work of the host.

    Returns
    -------
    tuple of ndarray
        Positions, radii and types in the order given; rows that are left, in depth-first order; and
        the places of their parents in that order.
    """
    own = Nodes(xyz, radius, kind, parent, np.arange(len(parent)))
    forest = own.to_forest()
    resample_optimal(forest)
    left = own.from_forest(forest)
    columns = (np.asarray(forest.position), np.asarray(forest.radius), np.asarray(forest.type))
    return *columns, left.owner, left.parent


@hookable
def bridges(
    points: Floats,
    radius: Floats,
    parent: Index,
    /,
    *,
    widest: float,
    xp: Namespace | None = None,  # noqa: ARG001
) -> tuple[Index, Index]:
    """Join trees across the narrowest gaps between them.

    Parameters
    ----------
    points
        ``(n, 3)`` positions of nodes in depth-first order, distances along z scaled.
    radius, parent
        Columns of `Nodes`.
    widest
        Largest gap, from centre to surface; negative for any.
    xp
        NumPy: this is work of the host.

    Returns
    -------
    tuple of ndarray
        Rows in the new depth-first order, and the places of their parents in that order.
    """
    nodes = Nodes(points, radius, np.zeros(len(parent), np.int64), parent, np.arange(len(parent)))
    forest = nodes.to_forest()
    trees = [forest.depth_first(root) for root in forest.children()]
    gaps = _gaps(forest, trees, widest)
    for place in spanning([gap.width for gap in gaps], [gap.trees for gap in gaps], len(trees)):
        forest.set_root(gaps[place].node)
        forest.append_child(gaps[place].other, gaps[place].node)
    joined = nodes.from_forest(forest)
    return joined.owner, joined.parent


def _gaps(forest: Forest, trees: list[list[int]], widest: float) -> list[Gap]:
    """The narrowest gap between every pair of trees, in the order of pairs."""
    order = np.asarray([node for tree in trees for node in tree])
    points = np.asarray(forest.position)[order]
    radius = np.asarray(forest.radius)[order]
    starts = np.cumsum([0] + [len(tree) for tree in trees])
    found: dict[tuple[int, int], Gap] = {}
    for tree, nodes in enumerate(trees):
        for place, node in enumerate(nodes, int(starts[tree])):
            if forest.is_continuation(node):
                continue
            apart = points - points[place]
            width = np.sqrt((apart * apart).sum(axis=1)) - radius
            for other in range(len(trees)):
                if other == tree:
                    continue
                part = slice(starts[other], starts[other + 1])
                best = int(starts[other]) + _choice(width[part], radius[part])
                if widest >= 0 and width[best] > widest:
                    continue
                pair = (min(tree, other), max(tree, other))
                gap = Gap(node, int(order[best]), pair, max(0.0, float(width[best])))
                if pair not in found or gap.width < found[pair].width:
                    found[pair] = gap
    return list(found.values())


def _choice(width: Floats, radius: Floats) -> int:
    """The nearest node, or the one that contains the point most deeply relative to its radius."""
    inside = np.flatnonzero(width < 0)
    if len(inside):
        return int(inside[np.argmin(width[inside] / radius[inside])])
    return int(np.argmin(width))
