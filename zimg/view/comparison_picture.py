"""Picture of a comparison: matched, false and missed branches."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array
from zimg.view.legend import Entry, legend
from zimg.view.lines import Canvas, blend
from zimg.view.overlay import (
    GROUND,
    Ground,
    Panel,
    Picture,
    as_picture,
    ground_of,
    mounted,
    zoom_of,
)
from zimg.view.protocols import TreeLike
from zimg.view.strokes import strokes
from zimg.view.trace_picture import bar_of

MATCHED = np.array((200, 204, 212), dtype=np.float32)
FALSE = np.array((255, 112, 32), dtype=np.float32)
MISSED = np.array((64, 196, 255), dtype=np.float32)
"""Colours that colour-blind readers can distinguish."""

THIN, THICK = 0.7, 1.3
"""Half widths of matched and of unmatched lines, in pixels."""

MARGIN = 0.03
"""Border around trees that are drawn without a volume, as a share of their box."""


class Marked(NamedTuple):
    """A tree, and for each node and the edge to its parent, whether it has no counterpart."""

    tree: TreeLike
    alone: NDArray[np.bool_]


def differences(
    a: Marked,
    b: Marked,
    *,
    volume: Array | None = None,
    spacing: Sequence[float] = (1.0, 1.0, 1.0),
    unit: str = "voxels",
    longest_side: int = 1200,
) -> Picture:
    """Draw a tree and an expected one: matched edges grey, false ones orange, missed ones blue.

    Parameters
    ----------
    a
        Tree under test, with the nodes that the expected one lacks.
    b
        Expected tree, with the nodes that `a` lacks.
    volume
        ``(Z, Y, X)`` array to draw over; None draws on black, as far as the trees reach.
    spacing
        Size of a voxel along x, y, z, for proportions and lengths. A 0 leaves an axis flat.
    unit
        Unit of `spacing`.
    longest_side
        Width or height of the projections, whichever is larger, in pixels.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 3)`` uint8, RGB, with a scale bar and the three lengths below.
    """
    factors = np.asarray(spacing, dtype=np.float64)
    across = float(np.sqrt(factors[0] * factors[1])) or float(factors.max(initial=0.0)) or 1.0
    z_to_xy = float(factors[2]) / across
    if volume is None:
        ground, corner = _black(np.concatenate([a.tree.xyz, b.tree.xyz]), z_to_xy, longest_side)
    else:
        ground, corner = ground_of(volume, z_to_xy, longest_side), np.zeros(3)

    def paint(canvas: Canvas, panel: Panel) -> None:
        for (tree, alone), colour in ((a, FALSE), (b, MISSED)):
            places = ground.places(tree.xyz - corner, panel)
            if colour is FALSE:
                _draw(canvas, tree, ~alone, places, MATCHED, THIN)
            _draw(canvas, tree, alone, places, colour, THICK)

    picture = mounted(ground, paint)
    lengths = [_length(*a, spacing), _length(*b, spacing), _length(a.tree, ~a.alone, spacing)]
    names = ((FALSE, "false"), (MISSED, "missed"), (MATCHED, "matched"))
    listed = [
        Entry(colour, f"{name} {length:.4g} {unit}")
        for (colour, name), length in zip(names, lengths, strict=True)
    ]
    strip = legend(picture.shape[1], bar_of(ground, (across,), unit), listed, GROUND)
    return as_picture(np.concatenate([picture, strip]))


def _draw(
    canvas: Canvas,
    tree: TreeLike,
    chosen: NDArray[np.bool_],
    places: NDArray[np.float64],
    colour: Canvas,
    half_width: float,
) -> None:
    """Draw some nodes with the edges to their parents; a root is a dot."""
    rows = np.flatnonzero(chosen)
    starts = np.where(tree.parent[rows] >= 0, tree.parent[rows], rows)
    share = strokes(canvas.shape[:2], places[starts], places[rows], half_width)
    blend(canvas, share, colour)


def _length(tree: TreeLike, chosen: NDArray[np.bool_], spacing: Sequence[float]) -> float:
    return float(tree.edge_lengths(spacing)[chosen].sum())


def _black(
    xyz: NDArray[np.float64], z_to_xy: float, longest_side: int
) -> tuple[Ground, NDArray[np.float64]]:
    """Black panels around some positions, and the position of their corner."""
    low = xyz.min(axis=0) if len(xyz) else np.zeros(3)
    size = xyz.max(axis=0) - low if len(xyz) else np.ones(3)
    border = MARGIN * float(size.max()) + 1.0
    low, size = low - border, size + 2 * border
    zoom = zoom_of(size, z_to_xy, longest_side)
    pixels = np.maximum(np.ceil(size * zoom), 1).astype(np.int64)
    first, second, third = (
        Panel(np.zeros((pixels[down], pixels[across], 3), dtype=np.float32), across, down)
        for across, down in ((0, 1), (2, 1), (0, 2))
    )
    return Ground((first, second, third), zoom), low + 0.5
