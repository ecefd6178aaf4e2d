"""Digital balls: the voxels that are painted round a voxel of a branch."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.int64]


@lru_cache(maxsize=4096)
def ball(radius: float) -> Offsets:
    """Offsets (dz, dy, dx) of a digital ball.

    Parameters
    ----------
    radius
        In voxels; a plane at height dz has rows up to ``round(sqrt(radius**2 - dz**2))``, a row
        reaches as far in turn. Rounding is half away from zero (behaviour of the reference).

    Returns
    -------
    ndarray
        ``(n, 3)`` int64, read-only.
    """
    rows: list[tuple[int, int, int]] = []
    for dz in _range(radius):
        in_plane = _root(radius * radius - dz * dz)
        for dy in _range(in_plane):
            reach = _range(_root(in_plane * in_plane - dy * dy))
            rows += [(dz, dy, dx) for dx in reach]
    offsets = np.asarray(rows, dtype=np.int64)
    offsets.flags.writeable = False
    return offsets


def _range(reach: float) -> range:
    whole = int(reach + 0.5)
    return range(-whole, whole + 1)


def _root(value: float) -> float:
    return value**0.5 if value > 0 else 0.0


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

    def reached(self, places: Offsets, radius: float) -> Offsets:
        """Numbers of the foreground voxels in the balls round `places`, some more than once.

        Parameters
        ----------
        places
            ``(n, 3)`` indices z, y, x inside the volume.
        radius
            Of every ball.
        """
        offsets = ball(radius)
        reach = offsets.max(axis=0)
        _, y, x = self._shape
        inside = ((places >= reach) & (places + reach < self._shape)).all(axis=1)
        center = (places[inside] * (y * x, x, 1)).sum(axis=1)
        flat = center[:, None] + (offsets * (y * x, x, 1)).sum(axis=1)
        found = self._numbers[flat.reshape(-1)]
        cut = (places[~inside, None] + offsets).reshape(-1, 3)
        if len(cut):
            cut = cut[((cut >= 0) & (cut < self._shape)).all(axis=1)]
            found = np.concatenate([found, self._numbers[(cut * (y * x, x, 1)).sum(axis=1)]])
        return found[found >= 0].astype(np.int64)
