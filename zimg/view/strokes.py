"""Antialiased lines of one width, drawn in batches."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Share = NDArray[np.float32]

SPACING = 1.0
"""Distance in pixels between the points of a line around which pixels are examined."""

POINTS_AT_ONCE = 1 << 18


def strokes(shape: tuple[int, int], starts: Floats, ends: Floats, half_width: float) -> Share:
    """Share of each pixel that lines between pairs of points cover.

    Parameters
    ----------
    shape
        Rows and columns of the picture.
    starts, ends
        ``(n, 2)`` points in pixels, column first; parts outside the picture are cut off.
    half_width
        In pixels.

    Returns
    -------
    numpy.ndarray
        `shape`, float32 in 0..1; borders fall off over one pixel, as in `zimg.view.lines.cover`.
    """
    covered = np.zeros(shape, dtype=np.float32)
    reach = int(np.ceil(half_width + 0.5 + SPACING / 2))
    side = np.arange(-reach, reach + 1)
    offsets = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    size = np.array(shape[::-1])
    for line, points in _points(starts, ends, size, reach):
        pixels = np.floor(points + 0.5).astype(np.int64)[:, None, :] + offsets
        distance = _distances(pixels, starts[line, None], (ends - starts)[line, None])
        share = np.clip(half_width + 0.5 - distance, 0.0, 1.0)
        inside = ((pixels >= 0) & (pixels < size)).all(axis=-1) & (share > 0)
        column, row = pixels[inside].T
        np.maximum.at(covered, (row, column), share[inside].astype(np.float32))
    return covered


def _distances(pixels: Rows, start: Floats, step: Floats) -> Floats:
    """Distances of pixels ``(m, k, 2)`` from lines ``(m, 1, 2)``."""
    away = pixels - start
    squared = (step * step).sum(axis=-1)
    along = np.clip((away * step).sum(axis=-1) / np.where(squared > 0, squared, 1.0), 0.0, 1.0)
    apart: Floats = np.hypot(*np.moveaxis(away - along[..., None] * step, -1, 0))
    return apart


def _points(starts: Floats, ends: Floats, size: Rows, reach: int) -> Iterator[tuple[Rows, Floats]]:
    """Numbers of lines, and points at equal distances along their parts inside the picture."""
    step = ends - starts
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        sides = (-reach - starts) / step, (size + reach - starts) / step
    enter = np.fmax.reduce(np.fmin(*sides), axis=1, initial=0.0)
    leave = np.fmin.reduce(np.fmax(*sides), axis=1, initial=1.0)
    share = np.where(enter <= leave, leave - enter, np.nan)
    counts = np.nan_to_num(np.ceil(np.hypot(*step.T) * share / SPACING) + 1).astype(np.int64)
    batch = np.cumsum(counts) // POINTS_AT_ONCE
    for rows in np.split(np.arange(len(counts)), np.flatnonzero(np.diff(batch)) + 1):
        line = np.repeat(rows, counts[rows])
        first = np.repeat(np.cumsum(counts[rows]) - counts[rows], counts[rows])
        number = (np.arange(len(line)) - first) / np.maximum(counts[line] - 1, 1)
        yield line, starts[line] + (enter[line] + share[line] * number)[:, None] * step[line]
