"""Nodes and edges of a forest as parts of tapered capsules with boxes of voxels."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg.swc.table import NodeTable

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shape = tuple[int, int, int]

SHORTEST_PART = 4.0
"""Length in voxels of the part of an edge that shares a box, or the radius if that is larger."""

MARGIN = 1e-6
"""Margin of boxes in voxels, so that rounding does not cut off voxels."""


class Axes(NamedTuple):
    """Axes of capsules in voxels along z, y, x, and their radii.

    Attributes
    ----------
    row
        ``(n,)`` row of the node.
    first, step
        ``(n, 3)`` start of the axis, and the vector from there to its end.
    radius, taper
        ``(n,)`` radius at the start, and its change towards the end.
    """

    row: Integers
    first: Floats
    step: Floats
    radius: Floats
    taper: Floats

    def at(self, which: NDArray[np.bool_] | Integers) -> "Axes":
        """Axes selected by a mask or by numbers."""
        columns: list[Any] = [column[which] for column in self]
        return Axes(*columns)


class Parts(NamedTuple):
    """Parts of capsules: whole axes, and boxes ``(n, 3)`` from `low` to `high` (exclusive).

    A voxel in a capsule lies in the box of the nearest part of the axis.
    """

    axes: Axes
    low: Integers
    high: Integers

    def at(self, which: NDArray[np.bool_]) -> "Parts":
        """Parts selected by a mask."""
        return Parts(self.axes.at(which), self.low[which], self.high[which])


def capsule_parts(tree: NodeTable, sizes: Shape, sides: Floats) -> Parts:
    """Split nodes and edges into parts inside a volume.

    Parameters
    ----------
    tree
        Positions in voxels.
    sizes
        Sizes of the volume along z, y, x.
    sides
        Sizes of a voxel along z, y, x, in the unit of the radii.

    Returns
    -------
    Parts
        Nodes as balls, edges, and the voxels that axes pass through as balls of radius 0: one per
        voxel along the longest axis of an edge.
    """
    linked = np.flatnonzero(tree.parent >= 0)
    row = np.concatenate([np.arange(len(tree)), linked])
    upper = np.concatenate([np.arange(len(tree)), tree.parent[linked]])
    first, radius = tree.xyz[upper, ::-1], tree.radius[upper]
    step, taper = tree.xyz[row, ::-1] - first, tree.radius[row] - radius
    axes, limits = Axes(row, first, step, radius, taper), np.array(sizes)
    tubes, line = _tubes(axes, limits, sides), _line(axes, limits)
    both: list[Any] = [np.concatenate(pair) for pair in zip(tubes.axes, line.axes, strict=True)]
    low, high = (np.concatenate(pair) for pair in ((tubes.low, line.low), (tubes.high, line.high)))
    return Parts(Axes(*both), low, high)


def _tubes(axes: Axes, sizes: Integers, sides: Floats) -> Parts:
    """Capsules in parts that are about as long as wide, so that their boxes are well filled."""
    wide = np.maximum(axes.radius, axes.radius + axes.taper)
    part, *ends = _intervals(axes, wide[:, None] / sides, np.maximum(wide, SHORTEST_PART), sizes)
    axes = axes.at(part)
    a, b = (axes.first + end[:, None] * axes.step for end in ends)
    thick = np.maximum(*(axes.radius + end * axes.taper for end in ends))
    reach = thick[:, None] / sides + MARGIN
    low = np.clip(np.ceil(np.minimum(a, b) - reach), 0, sizes).astype(np.int64)
    high = np.clip(np.floor(np.maximum(a, b) + reach) + 1, 0, sizes).astype(np.int64)
    return Parts(axes, low, high)


def _line(axes: Axes, sizes: Integers) -> Parts:
    """Voxels that axes pass through, as balls of radius 0."""
    count = len(axes.row)
    part, begin, _ = _intervals(axes, np.ones((count, 3)), np.ones(count), sizes)
    voxel = np.floor(axes.first[part] + begin[:, None] * axes.step[part] + 0.5)
    inside = ((voxel >= 0) & (voxel < sizes)).all(axis=1)
    voxel, row, nought = voxel[inside], axes.row[part][inside], np.zeros(int(inside.sum()))
    low = voxel.astype(np.int64)
    return Parts(Axes(row, voxel, np.zeros_like(voxel), nought, nought), low, low + 1)


def _intervals(
    axes: Axes, reach: Floats, side: Floats, sizes: Integers
) -> tuple[Integers, Floats, Floats]:
    """Cut the parts of axes inside the volume, widened by `reach`, into pieces.

    Returns
    -------
    which, begin, end
        Number of the axis, and start and end on it from 0 to 1, for each piece, which is at most
        `side` voxels long along each axis of the volume.
    """
    first, step = axes.first, axes.step
    # Axes parallel to a plane, or so nearly that the quotient overflows, never leave it.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        sides = (-reach - first) / step, (sizes - 1 + reach - first) / step
    enter = np.fmax.reduce(np.fmin(*sides), axis=1, initial=0.0)
    leave = np.fmin.reduce(np.fmax(*sides), axis=1, initial=1.0)
    inside = enter <= leave
    share = np.where(inside, leave, 0.0) - np.where(inside, enter, 0.0)
    count = np.ceil(share * np.abs(step).max(axis=1, initial=0.0) / side)
    count = np.where(inside, np.maximum(count, 1), 0).astype(np.int64)
    which = np.repeat(np.arange(len(first)), count)
    number = np.arange(len(which)) - (np.cumsum(count) - count)[which]
    width = share[which] / count[which]
    return which, enter[which] + number * width, enter[which] + (number + 1) * width


def slabs(parts: Parts, sizes: Shape, at_once: int) -> Iterator[tuple[Shape, Parts]]:
    """Sizes of successive slabs of planes, and the parts that reach into each."""
    planes = max(1, at_once // (sizes[1] * sizes[2]))
    for top in range(0, sizes[0], planes):
        depth = min(planes, sizes[0] - top)
        shift = np.array([top, 0, 0])
        low, high = np.maximum(parts.low - shift, 0), parts.high - shift
        high[:, 0] = np.minimum(high[:, 0], depth)
        axes = parts.axes._replace(first=parts.axes.first - shift)
        yield (depth, *sizes[1:]), Parts(axes, low, high).at((low < high).all(axis=1))
