"""Separate trees joined across gaps, the shortest gaps first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg.swc.forest import Forest
from zimg.swc.graphs import spanning

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gap:
    """From an end or branch point of one tree to a node of another."""

    node: int
    other: int
    trees: tuple[int, int]
    width: float


def bridge(forest: Forest, *, z_scale: float = 1.0, widest: float = -1.0) -> None:
    """Join trees in place along a minimum spanning forest of the gaps between them.

    Parameters
    ----------
    forest
        Any trees.
    z_scale
        Size of a voxel in z over that in the plane.
    widest
        Largest gap, from centre to surface; negative for any.
    """
    trees = [forest.depth_first(root) for root in forest.children()]
    if len(trees) < 2:
        return
    gaps = _gaps(forest, trees, z_scale, widest)
    for place in spanning([gap.width for gap in gaps], [gap.trees for gap in gaps], len(trees)):
        forest.set_root(gaps[place].node)
        forest.append_child(gaps[place].other, gaps[place].node)


def _gaps(forest: Forest, trees: list[list[int]], z_scale: float, widest: float) -> list[Gap]:
    """The narrowest gap between every two trees, in the order in which pairs are met."""
    order = np.asarray([node for tree in trees for node in tree])
    points = np.asarray(forest.position)[order] * (1.0, 1.0, z_scale)
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


def _choice(width: Points, radius: Points) -> int:
    """The nearest node, or the one that a point is deepest in relative to its radius."""
    inside = np.flatnonzero(width < 0)
    if len(inside):
        return int(inside[np.argmin(width[inside] / radius[inside])])
    return int(np.argmin(width))
