"""Contact sheet: a small picture of each of many trees, with its name."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array
from zimg.view.contrast import stretched
from zimg.view.letters import HEIGHT, WIDTH, write_text
from zimg.view.lines import Canvas, blend
from zimg.view.overlay import COLOURS, CONTRAST, GAMMA, GROUND, WHITE, Picture, as_picture, resized
from zimg.view.protocols import TreeLike
from zimg.view.reducing import plane_of
from zimg.view.strokes import strokes
from zimg.view.tree_card import roots_of, segments_to_draw

LINE, ROOT = 0.9, 2.6
MARGIN = 6
"""Space around a tree that is drawn without a volume, in pixels."""

SPACE = 4
WORDS = np.array((226, 228, 232), dtype=np.float32)
RATIO = 1.5
"""Ratio of width to height of a sheet, as far as the number of tiles allows."""


class Tile(NamedTuple):
    """A square picture ``(side, side, 3)`` in 0..255, and the text below it."""

    canvas: Canvas
    title: str


def tile(
    title: str,
    tree: TreeLike,
    volume: Array | None = None,
    *,
    corner: Sequence[float] = (0.0, 0.0, 0.0),
    side: int = 200,
) -> Tile:
    """Draw one tree, seen along z.

    Parameters
    ----------
    title
        Text below the picture.
    tree
        Tree in voxels; an empty one leaves the background.
    volume
        ``(Z, Y, X)`` array whose maximum projection lies below the tree; None draws on black, as
        far as the tree reaches.
    corner
        Position x, y, z of the first voxel of `volume`.
    side
        Width and height in pixels.

    Returns
    -------
    Tile
        The picture, with true proportions in the plane.
    """
    canvas = np.zeros((side, side, 3), dtype=np.float32)
    if volume is not None and 0 not in volume.shape:
        zoom = side / max(volume.shape[1:])
        _place(canvas, _grey(volume, zoom))
        low = np.asarray(corner[:2], dtype=np.float64) - 0.5
        size = np.array(volume.shape[:0:-1]) * zoom
    else:
        low, zoom, size = _frame(tree, side)
    _draw(canvas, tree, (tree.xyz[:, :2] - low) * zoom - 0.5 + (side - size) / 2)
    return Tile(canvas, title)


def _grey(volume: Array, zoom: float) -> Canvas:
    image = plane_of(volume, "xy", "max")
    scale = zoom * volume.shape[1] / image.shape[0], zoom * volume.shape[2] / image.shape[1]
    return 255.0 * WHITE * resized(stretched(image, CONTRAST) ** GAMMA, scale)


def _place(canvas: Canvas, grey: Canvas) -> None:
    """Put a grey picture into the middle of a larger canvas."""
    rows, columns = (min(a, b) for a, b in zip(grey.shape, canvas.shape[:2], strict=True))
    top, left = (canvas.shape[0] - rows) // 2, (canvas.shape[1] - columns) // 2
    canvas[top : top + rows, left : left + columns] = grey[:rows, :columns, None]


def _frame(tree: TreeLike, side: int) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Lower corner, pixels per voxel and size in pixels of a tree that fills a tile."""
    points = tree.xyz[np.isfinite(tree.xyz).all(axis=1), :2]
    if not len(points):
        return np.zeros(2), 1.0, np.zeros(2)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    zoom = (side - 2 * MARGIN) / max(float(extent.max()), 1.0)
    return low - 0.5 / zoom, zoom, extent * zoom


def _draw(canvas: Canvas, tree: TreeLike, points: NDArray[np.float64]) -> None:
    shape, lines, roots = canvas.shape[:2], segments_to_draw(tree), roots_of(tree)
    blend(canvas, strokes(shape, points[lines.starts], points[lines.ends], LINE), COLOURS[0])
    marked = points[roots][np.isfinite(points[roots]).all(axis=1)]
    blend(canvas, strokes(shape, marked, marked, ROOT), COLOURS[1])


def sheet(tiles: Iterable[Tile], columns: int | None = None) -> Picture:
    """Arrange tiles in rows.

    Parameters
    ----------
    tiles
        Pictures of one size.
    columns
        Tiles in a row; None makes the sheet about 1.5 times as wide as high.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 3)`` uint8, RGB.

    Raises
    ------
    ValueError
        If there are no tiles, or `columns` is not positive.
    """
    shown = list(tiles)
    if not shown:
        raise ValueError("a contact sheet needs at least one tree")
    if columns is not None and columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    side = shown[0].canvas.shape[0]
    height = side + HEIGHT + 3 * SPACE
    wide = columns or math.ceil(math.sqrt(len(shown) * RATIO * height / (side + SPACE)))
    wide = min(wide, len(shown))
    rows = -(-len(shown) // wide)
    picture = np.empty((rows * height + SPACE, wide * (side + SPACE) + SPACE, 3), np.float32)
    picture[:] = GROUND
    for number, (canvas, title) in enumerate(shown):
        top = number // wide * height + SPACE
        left = number % wide * (side + SPACE) + SPACE
        picture[top : top + side, left : left + side] = canvas
        text = title.lower()[: side // (WIDTH + 1)]
        write_text(picture, text, top + side + SPACE, left, scale=1, colour=WORDS)
    return as_picture(picture)
