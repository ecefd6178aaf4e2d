"""Picture of a trace: the volume without and with the tree, a scale bar, and lengths."""

from collections.abc import Sequence

import numpy as np

from zimg._typing import Array
from zimg.view.legend import BAR_SHARE, Entry, Scale, legend, scale_bar
from zimg.view.lines import Canvas
from zimg.view.overlay import (
    COLOURS,
    GROUND,
    SEPARATOR,
    Ground,
    Picture,
    as_picture,
    ground_of,
    mounted,
    tree_labels,
    tree_painter,
)
from zimg.view.protocols import TreeLike

WIDE = 1.5
"""Ratio of width to height from which the halves are stacked vertically."""


def preview(
    volume: Array,
    tree: TreeLike,
    *,
    z_to_xy: float = 1.0,
    voxel_size: Sequence[float] | None = None,
    longest_side: int = 2000,
) -> Picture:
    """Show a volume without and with its trace, side by side.

    Each half has the maximum projections of `overlay`. Below them are a scale bar and the lengths
    of the trees in their colours, longest first.

    Parameters
    ----------
    volume
        ``(Z, Y, X)`` array of any framework.
    tree
        Tree in voxel indices of `volume`.
    z_to_xy
        Size of a voxel in z over that in x and y.
    voxel_size
        Sizes along x, y, z in µm, for the scale bar and lengths; None counts in voxels along x.
    longest_side
        Width or height of the two halves, whichever is larger, in pixels.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 3)`` uint8, RGB.
    """
    depth, height, width = volume.shape
    across, down = width + depth * z_to_xy, height + depth * z_to_xy
    stacked = across > WIDE * down
    both = max(across, 2 * down) if stacked else max(2 * across, down)
    side = round(longest_side * max(across, down) / max(both, 1.0))
    ground = ground_of(volume, z_to_xy, side)
    halves = [mounted(ground), mounted(ground, tree_painter(ground, tree))]
    picture = joined(halves, axis=0 if stacked else 1)
    unit = "voxels" if voxel_size is None else "µm"
    spacing = (1.0, 1.0, z_to_xy) if voxel_size is None else tuple(voxel_size)
    strip = legend(
        picture.shape[1], bar_of(ground, spacing, unit), entries(tree, spacing, unit), GROUND
    )
    return as_picture(np.concatenate([picture, strip]))


def joined(parts: Sequence[Canvas], axis: int) -> Canvas:
    """Join two pictures along an axis, with a gap."""
    shape = list(parts[0].shape)
    shape[axis] = 2 * SEPARATOR
    gap = np.empty(shape, dtype=np.float32)
    gap[:] = GROUND
    whole: Canvas = np.concatenate([parts[0], gap, parts[1]], axis=axis)
    return whole


def bar_of(ground: Ground, spacing: Sequence[float], unit: str) -> Scale:
    """Scale bar of the view along z."""
    width = ground.panels[0].canvas.shape[1]
    return scale_bar(BAR_SHARE * width, float(ground.zoom[0]) / spacing[0], unit)


def entries(tree: TreeLike, spacing: Sequence[float], unit: str) -> list[Entry]:
    """Length of each tree by colour, and of the trees without a colour of their own."""
    labels = tree_labels(tree)
    lengths = np.bincount(labels, weights=tree.edge_lengths(spacing)).tolist()
    listed = [
        Entry(COLOURS[rank], f"{length:.4g} {unit}")
        for rank, length in enumerate(lengths[: len(COLOURS)])
    ]
    if len(lengths) > len(COLOURS):
        rest = lengths[len(COLOURS) :]
        listed.append(Entry(GROUND, f"{len(rest)} more: {sum(rest):.4g} {unit}"))
    return listed
