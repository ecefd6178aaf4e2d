"""Digital balls: the voxels painted around the voxels of a branch."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.int64]
Step = tuple[int, int, int]

PIECE = 32
"""Voxels of a branch painted at a time, to bound the memory."""


@lru_cache(maxsize=1024)
def widths(radius: float) -> Offsets:
    """Half widths of the rows of a digital ball.

    Parameters
    ----------
    radius
        In voxels; a plane at height dz has rows up to ``round(sqrt(radius**2 - dz**2))``, a row
        reaches as far in turn. Rounding is half away from zero (behaviour of the reference).

    Returns
    -------
    ndarray
        ``(2 h + 1, 2 w + 1)`` for rows dz, dy from ``-h, -w`` on: largest dx, -1 without a row.
    """
    height = int(radius + 0.5)
    planes = [_root(radius * radius - dz * dz) for dz in range(height + 1)]
    most = max(int(plane + 0.5) for plane in planes)
    reach = np.full((height + 1, most + 1), -1, dtype=np.int64)
    for dz, plane in enumerate(planes):
        for dy in range(int(plane + 0.5) + 1):
            reach[dz, dy] = int(_root(plane * plane - dy * dy) + 0.5)
    half = np.concatenate([reach[:, :0:-1], reach], axis=1)
    return np.concatenate([half[:0:-1], half])


def _root(value: float) -> float:
    return value**0.5 if value > 0 else 0.0


def ball(radius: float) -> Offsets:
    """``(n, 3)`` offsets dz, dy, dx of a digital ball."""
    wide = widths(radius)
    return _cells(-wide, wide)


def shell(radius: float, before: float, step: Step) -> Offsets:
    """Offsets of a ball that the previous one, displaced by `step` (dz, dy, dx), does not cover.

    Parameters
    ----------
    radius, before
        Radii of the ball and of the previous one.
    step
        Displacement from the centre of the previous one.
    """
    wide, other = widths(radius), widths(before)
    margin = max(0, len(wide) - len(other)) // 2 + 1
    other = np.pad(other, margin, constant_values=-1)
    height, width = wide.shape
    top, left = (
        outer // 2 - inner // 2 + way
        for outer, inner, way in zip(other.shape, wide.shape, step, strict=False)
    )
    other = other[top : top + height, left : left + width]
    first = _cells(-wide, np.where(other < 0, wide, np.minimum(wide, -other - step[2] - 1)))
    last = _cells(np.maximum(-wide, other - step[2] + 1), np.where(other < 0, -wide - 1, wide))
    return np.concatenate([first, last])


def _cells(first: Offsets, last: Offsets) -> Offsets:
    """All offsets of rows from `first` to `last`; no offsets where `last` is less."""
    height, width = first.shape[0] // 2, first.shape[1] // 2
    rows, columns = np.nonzero(last >= first)
    first, last = first[rows, columns], last[rows, columns]
    lengths = last - first + 1
    row = np.repeat(np.arange(len(lengths)), lengths)
    dx = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths - first, lengths)
    return np.stack([rows[row] - height, columns[row] - width, dx], axis=1)


KEPT = 1 << 12
"""Larger lists of cells are not cached: there are many, and they seldom recur."""


class Painter:
    """Find the voxels of a volume that balls around others cover.

    Parameters
    ----------
    numbers
        ``(Z, Y, X)`` numbers of the foreground voxels, negative elsewhere.
    """

    def __init__(self, numbers: NDArray[np.integer]) -> None:
        self._numbers = numbers.reshape(-1)
        self._shape = numbers.shape
        self._strides = np.asarray([numbers.shape[1] * numbers.shape[2], numbers.shape[2], 1])
        self._known: dict[tuple[float, float | None, Step], tuple[NDArray[np.int32], Offsets]] = {}

    def reached(self, places: NDArray[np.integer], radii: NDArray[np.float64]) -> Offsets:
        """Numbers of the foreground voxels in the balls around `places`, possibly repeated.

        Parameters
        ----------
        places
            ``(n, 3)`` indices z, y, x inside the volume, each a neighbour of the one before.
        radii
            ``(n,)`` radii of the balls.
        """
        pieces = [
            self._reached(places[first : first + PIECE], radii[first : first + PIECE].tolist())
            for first in range(0, len(radii), PIECE)
        ]
        return np.concatenate(pieces)

    def _reached(self, places: NDArray[np.integer], radii: list[float]) -> Offsets:
        reach = np.asarray([widths(radius).shape for radius in radii]) // 2
        reach = np.concatenate([reach, reach[:, :1]], axis=1)  # no row is longer than the height
        inside = ((places >= reach) & (places + reach < self._shape)).all(axis=1)
        steps = map(tuple, (places[1:] - places[:-1]).tolist())
        parts = [  # only the part that the previous ball does not cover is new
            self._offsets(radius, before, step)
            for radius, before, step in zip(
                radii, [None, *radii], [(0, 0, 0), *steps], strict=False
            )
        ]
        whole, cut = np.flatnonzero(inside), np.flatnonzero(~inside)
        found = []
        if len(whole):
            flat = [parts[i][1] for i in whole.tolist()]
            center = np.repeat(places[whole] @ self._strides, [len(part) for part in flat])
            found.append(self._numbers[center + np.concatenate(flat)])
        if len(cut):
            near = [parts[i][0] for i in cut.tolist()]
            cells = np.repeat(places[cut], [len(part) for part in near], axis=0)
            cells += np.concatenate(near)
            cells = cells[((cells >= 0) & (cells < self._shape)).all(axis=1)]
            found.append(self._numbers[cells @ self._strides])
        numbers = np.concatenate(found)
        return numbers[numbers >= 0].astype(np.int64)

    def _offsets(
        self, radius: float, before: float | None, step: Step
    ) -> tuple[NDArray[np.int32], Offsets]:
        """Cells of a ball, or of its shell, and their distances in the flat volume."""
        known = self._known.get((radius, before, step))
        if known is None:
            cells = ball(radius) if before is None else shell(radius, before, step)
            known = cells.astype(np.int32), cells @ self._strides
            if len(cells) <= KEPT:
                self._known[radius, before, step] = known
        return known
