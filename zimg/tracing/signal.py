"""Reads of the image by the structure stage: samples along axes and boxes on the host."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.ops import RowPlan, jit, like, row_plan, sample_linear, to_host
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
        xp, at = array_namespace(self.volume), np.clip(index, 0.0, last)
        if not self._plan.partial:
            at = np.concatenate([at, np.zeros((rounded_up(len(at)) - len(at), 3))])
        sent = like(at, self.volume, dtype=np.float32)
        values = to_host(jit(_sampled, xp=xp)(self.volume, sent, xp=xp))[: len(index)]
        return np.where(inside, np.asarray(values, np.float64), np.nan)

    def crop(self, low: Index, high: Index) -> Rows:
        """Voxels of the half-open box from `low` to `high`, both z y x, as float64 on the host."""
        size = np.asarray(high) - low
        if self._plan.partial:
            box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
            return np.asarray(to_host(self.volume[box]), dtype=np.float64)
        xp, wide = array_namespace(self.volume), tuple(map(rounded_up, size.tolist()))
        start = like(np.asarray(low, np.int32), self.volume)
        found = to_host(jit(_box, xp=xp)(self.volume, start, size=wide, xp=xp))
        return np.asarray(found[tuple(map(slice, size.tolist()))], np.float64)

    @property
    def _plan(self) -> RowPlan:
        return row_plan(xp=array_namespace(self.volume), on=device(self.volume))


FEWEST = 16
"""Smallest number of points or planes where each number needs a program."""


def rounded_up(count: int) -> int:
    """`count` or the next power of two, at least `FEWEST`."""
    return max(FEWEST, 1 << max(0, count - 1).bit_length())


def _sampled(volume: Array, points: Array, *, xp: Namespace) -> Array:
    return sample_linear(volume, points, xp=xp)


def _box(volume: Array, start: Array, *, size: tuple[int, ...], xp: Namespace) -> Array:
    """Voxels from `start` on; beyond the volume its last ones are repeated."""
    for axis, (count, most) in enumerate(zip(size, volume.shape, strict=True)):
        index = start[axis] + xp.arange(count, dtype=start.dtype, device=device(volume))
        volume = xp.take(volume, xp.clip(index, 0, most - 1), axis=axis)
    return volume
