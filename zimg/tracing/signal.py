"""Reads of the image by the structure stage: samples along axes and boxes on the host."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array
from zimg.ops import like, sample_linear, to_host
from zimg.tracing.segments import Rows

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Signal:
    """A volume on any device, addressed in trace space or by voxel.

    Attributes
    ----------
    volume
        ``(Z, Y, X)`` real array of any framework.
    z_to_xy
        Size of a voxel in z in units of its size in xy.
    """

    volume: Array
    z_to_xy: float = 1.0

    @property
    def shape_zyx(self) -> tuple[int, int, int]:
        """Size of the volume in voxels."""
        z, y, x = self.volume.shape
        return int(z), int(y), int(x)

    def index_of(self, points: Rows) -> Rows:
        """Fractional z y x indices of points x y z in trace space, ``(n, 3)``."""
        return points[:, ::-1] / np.array([self.z_to_xy, 1.0, 1.0])

    def points_of(self, index: Index) -> Rows:
        """Points x y z in trace space of z y x indices, ``(n, 3)``."""
        return (index * np.array([self.z_to_xy, 1.0, 1.0]))[:, ::-1]

    def sample(self, points: Rows) -> Rows:
        """Trilinear samples at ``(n, 3)`` points of trace space; NaN on and outside the border."""
        index = self.index_of(points)
        last = np.array(self.shape_zyx) - 1.0
        inside = ((index > 0.0) & (index < last)).all(axis=-1)
        at = like(np.clip(index, 0.0, last), self.volume, dtype=np.float32)
        values = np.asarray(to_host(sample_linear(self.volume, at)), dtype=np.float64)
        return np.where(inside, values, np.nan)

    def crop(self, low: Index, high: Index) -> Rows:
        """Voxels of the half-open box from `low` to `high`, both z y x, as float64 on the host."""
        box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        return np.asarray(to_host(self.volume[box]), dtype=np.float64)
