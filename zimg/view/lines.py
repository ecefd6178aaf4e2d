"""Antialiased lines, tapered tubes and dots on a colour canvas."""

import numpy as np
from numpy.typing import NDArray

Canvas = NDArray[np.float32]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def cover(
    canvas: Canvas, points: Floats, radii: Floats | float, ends: Indices, starts: Indices
) -> Canvas:
    """Share of each pixel that tapered segments cover.

    Parameters
    ----------
    canvas
        ``(rows, columns, 3)`` picture, for its size.
    points
        ``(n, 2)`` positions in pixels, column first; parts outside the canvas are cut off.
    radii
        Half widths in pixels, ``(n,)`` or one for all; below -0.5 nothing is covered.
    ends, starts
        Rows of `points`; a segment from a point to itself is a dot.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` float32 in 0..1; borders fall off over one pixel.
    """
    covered = np.zeros(canvas.shape[:2], dtype=np.float32)
    radii = np.broadcast_to(np.asarray(radii, dtype=np.float64), len(points))
    for end, start in zip(ends, starts, strict=True):
        _cover_segment(covered, points[start], points[end], radii[start], radii[end])
    return covered


def blend(canvas: Canvas, share: Canvas, colour: NDArray[np.float32]) -> None:
    """Blend `colour` into a canvas in place, by the covered share of each pixel."""
    canvas += share[..., None] * (colour - canvas)


def _cover_segment(
    cover: Canvas, start: Floats, end: Floats, first_radius: float, last_radius: float
) -> None:
    """Raise `cover` to the share of each pixel that one segment covers."""
    reach = max(first_radius, last_radius) + 1.0
    shape = np.array(cover.shape[::-1])
    low = np.clip(np.floor(np.minimum(start, end) - reach), 0, shape).astype(np.int64)
    high = np.clip(np.ceil(np.maximum(start, end) + reach) + 1, 0, shape).astype(np.int64)
    if (low >= high).any():
        return
    x = np.arange(low[0], high[0])[None, :] - start[0]
    y = np.arange(low[1], high[1])[:, None] - start[1]
    step = end - start
    squared = float(step @ step)
    along = np.clip((x * step[0] + y * step[1]) / squared, 0.0, 1.0) if squared > 0 else 0.0
    distance = np.hypot(x - along * step[0], y - along * step[1])
    radius = first_radius + along * (last_radius - first_radius)
    box = cover[low[1] : high[1], low[0] : high[0]]
    np.maximum(box, np.clip(radius - distance + 0.5, 0.0, 1.0), out=box, casting="same_kind")
