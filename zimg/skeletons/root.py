"""Requested roots: a point or a mask, and rerooting of the tree there."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array
from zimg.kernels.distance import squared_distance
from zimg.ops import to_host
from zimg.skeletons.joining import NODE_TYPE
from zimg.skeletons.mask import reduced_by
from zimg.skeletons.nodes import Nodes
from zimg.skeletons.options import SkeletonizeConfig
from zimg.skeletons.paths import Floats, Index
from zimg.skeletons.window import occupied
from zimg.swc.columns import depth_first
from zimg.swc.forest import Forest, Point
from zimg.swc.links import ERASED, NONE

log = logging.getLogger("zimg")

Root = Sequence[float] | Array | Literal["reference"] | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """Place of a root in the reduced volume.

    Attributes
    ----------
    point
        z, y, x in reduced voxels, possibly fractional.
    size
        Reduction factors along z, y, x.
    depth
        ``(Z, Y, X)`` squared distances inside the mask of the root, or None.
    """

    point: Floats
    size: Index
    depth: NDArray[np.integer] | None = None

    def nearest(self, places: NDArray[Any]) -> int:
        """The first of the voxels ``(n, 3)`` deepest in the mask, or nearest to the point."""
        if self.depth is not None:
            deep = self.depth[tuple(places.T)]
            if deep.any():
                return int(np.argmax(deep))
        return int(np.argmin((((places - self.point) * self.size) ** 2).sum(axis=1)))


def anchor(root: Root, shape: tuple[int, ...], options: SkeletonizeConfig, /) -> Anchor | None:
    """Check the argument `root`.

    Parameters
    ----------
    root
        None, a point x, y, z in voxels of the volume, or a mask of its shape.
    shape
        Shape of the volume, ``(Z, Y, X)``.
    options
        Options with the reduction factors.

    Raises
    ------
    ValueError
        For a point outside the volume or not finite, and a mask that is empty or of another shape.
    """
    if root is None:
        return None
    given = np.asarray(root) if isinstance(root, list | tuple) else to_host(root)
    if given.dtype.kind not in "biuf":
        raise TypeError(f"root must be numbers (a point x, y, z or a mask), got {given.dtype}")
    if given.shape == (3,):
        return _at(given.astype(np.float64)[::-1], shape, options)
    if given.shape not in (shape, shape[1:] if shape[0] == 1 else shape):
        raise ValueError(
            f"root must be a point x, y, z or a mask of the shape of the volume, {shape}, got "
            "an array of "
            f"shape {given.shape}"
        )
    return _inside(given.reshape(shape), options)


def _at(point: Floats, shape: tuple[int, ...], options: SkeletonizeConfig) -> Anchor:
    """Convert a point to blocks of the reduction: voxel 0 extends from -0.5 to 0.5."""
    if not ((point >= -0.5) & (point <= np.asarray(shape) - 0.5)).all():  # also refuses NaN
        raise ValueError(
            f"root must be a point inside the volume of {shape[::-1]} voxels along x, y, z, "
            f"got {tuple(point[::-1].tolist())}"
        )
    size = np.asarray(options.factors[::-1])
    return Anchor((point - (size - 1) / 2) / size, size)


def _inside(mask: NDArray[Any], options: SkeletonizeConfig) -> Anchor:
    """The most interior voxel of a mask; values up to 0 and NaN are outside."""
    window = occupied(mask, SkeletonizeConfig(downsampleInterval=options.downsampleInterval))
    if window is None:
        raise ValueError("root: the mask has no voxel above 0")
    size = np.asarray(options.factors[::-1])
    depth = np.zeros(tuple((-(-np.asarray(mask.shape) // size)).tolist()), np.int32)
    own = reduced_by(window.of(mask), options.factors, xp=np) > 0
    place = tuple(
        slice(first, first + length)
        for first, length in zip(window.reduced(options), own.shape, strict=True)
    )
    depth[place] = squared_distance(own)
    point = np.asarray(np.unravel_index(int(np.argmax(depth)), depth.shape), dtype=np.float64)
    return Anchor(point, size, depth)


def at_thickest(nodes: Nodes) -> Nodes:
    """Reroot every tree at its thickest node, the first of equal ones."""
    forest, moved = nodes.parent.astype(np.int64), False
    bounds = np.append(np.flatnonzero(nodes.parent == NONE), len(nodes))
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        node = first + int(np.argmax(nodes.radius[first:last]))
        moved |= node != first
        above = NONE
        while node != NONE:
            forest[node], above, node = above, node, int(forest[node])
    if not moved:
        return nodes
    order = depth_first(forest)
    row = np.append(np.empty(len(order), np.int64), NONE)  # read by index -1
    row[order] = np.arange(len(order))
    return nodes.reordered(order, row[forest[order]])


def root_at(forest: Forest, own: list[int], position: Point, radius: float) -> None:
    """Reroot the tree of one object at a position, inserting a node if necessary.

    Parameters
    ----------
    forest
        Any trees; changed in place.
    own
        Nodes of the object; joining and thinning may have erased some.
    position, radius
        Position and radius of the new root.
    """
    left = [node for node in own if forest.parent[node] != ERASED] or forest.depth_first()
    if not left:
        log.warning("skeletonize: the object of the root has no branch of sufficient length")
        return
    node, share = _nearest_edge(forest, left, np.asarray(position))
    if forest.position[node] != position:
        near = node
        if 0 < share < 1:
            node = forest.break_edge(near, share)
        else:
            node = forest.add(position, radius)
            forest.put_before(near, node)
            forest.append_child(node, near)
        forest.position[node], forest.radius[node] = position, radius
        forest.type[node] = NODE_TYPE
    forest.set_root(node)


def _nearest_edge(forest: Forest, nodes: list[int], point: Floats) -> tuple[int, float]:
    """The node with the edge nearest to a point, and the position on it; 1 at the node."""
    end = np.asarray([forest.position[node] for node in nodes])
    above = [forest.parent[node] for node in nodes]
    begin = np.asarray(
        [forest.position[up if up != NONE else node] for up, node in zip(above, nodes, strict=True)]
    )
    axis = end - begin
    squared = (axis * axis).sum(axis=1)
    share = ((point - begin) * axis).sum(axis=1) / np.where(squared > 0, squared, 1.0)
    share = np.where(squared > 0, np.clip(share, 0.0, 1.0), 1.0)
    apart = ((begin + share[:, None] * axis - point) ** 2).sum(axis=1)
    best = int(np.argmin(apart))
    if share[best] == 0:
        return above[best], 1.0
    return nodes[best], float(share[best])
