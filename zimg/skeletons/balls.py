"""Digital balls: the voxels that are painted round the voxels of a branch."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.int64]
Step = tuple[int, int, int]

PIECE = 32
"""Voxels of a branch that are painted at a time, which bounds the memory it takes."""


@lru_cache(maxsize=1024)
def widths(radius: float) -> Offsets:
    """How far the rows of a digital ball reach.

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


def shell(radius: float, step: Step) -> Offsets:
    """Offsets of a ball that the same ball one `step` (dz, dy, dx) before does not reach."""
    wide = widths(radius)
    dz, dy, dx = step
    before = np.pad(wide, 1, constant_values=-1)
    height, width = wide.shape
    before = before[1 + dz : 1 + dz + height, 1 + dy : 1 + dy + width]
    left = _cells(-wide, np.minimum(wide, -before - dx - 1))
    right = _cells(np.maximum(-wide, before - dx + 1), wide)
    return np.concatenate([left, right])


def _cells(first: Offsets, last: Offsets) -> Offsets:
    """All offsets of rows that reach from `first` to `last`; none where that is less."""
    height, width = first.shape[0] // 2, first.shape[1] // 2
    rows, columns = np.nonzero(last >= first)
    first, last = first[rows, columns], last[rows, columns]
    lengths = last - first + 1
    row = np.repeat(np.arange(len(lengths)), lengths)
    dx = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths - first, lengths)
    return np.stack([rows[row] - height, columns[row] - width, dx], axis=1)


class Painter:
    """Finds the voxels of a volume that balls round others reach.

    Parameters
    ----------
    numbers
        ``(Z, Y, X)`` numbers of the foreground voxels, negative elsewhere.
    """

    def __init__(self, numbers: NDArray[np.integer]) -> None:
        self._numbers = numbers.reshape(-1)
        self._shape = numbers.shape
        self._strides = np.asarray([numbers.shape[1] * numbers.shape[2], numbers.shape[2], 1])
        self._known: dict[tuple[float, Step | None], tuple[NDArray[np.int32], Offsets]] = {}

    def reached(self, places: NDArray[np.integer], radii: NDArray[np.float64]) -> Offsets:
        """Numbers of the foreground voxels in the balls round `places`, some more than once.

        Parameters
        ----------
        places
            ``(n, 3)`` indices z, y, x inside the volume, each a neighbour of the one before.
        radii
            ``(n,)`` of the balls.
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
        parts = [  # of a ball as large as the one before only a shell is new
            self._offsets(radius, step if radius == before else None)
            for radius, before, step in zip(radii, [None, *radii], [None, *steps], strict=False)
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

    def _offsets(self, radius: float, step: Step | None) -> tuple[NDArray[np.int32], Offsets]:
        """Cells of a ball, or of its shell, and their distances in the flat volume."""
        known = self._known.get((radius, step))
        if known is None:
            cells = ball(radius) if step is None else shell(radius, step)
            known = cells.astype(np.int32), cells @ self._strides
            self._known[radius, step] = known
        return known
