"""Signal for tracing by hand, and the conversion between its voxels and those of the image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array
from zimg.image import ZImg
from zimg.image.volume import volume_of
from zimg.ops import fastest
from zimg.swc import ZSwc
from zimg.tracing.automatic import ratio_of
from zimg.tracing.brightness import prepared, thick
from zimg.tracing.preprocess import check_signal

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HandSignal:
    """A signal of at least three planes, bright on dark and without background.

    Attributes
    ----------
    signal
        ``(Z, Y, X)``; the outer planes of thin images are repeated.
    shape
        Voxels of the image along z, y, x.
    before
        Planes that were put before the first one of the image.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.
    """

    signal: Array
    shape: tuple[int, ...]
    before: int
    z_to_xy: float

    @classmethod
    def of(
        cls,
        image_or_array: ZImg | Array,
        *,
        channel: int,
        time: int,
        z_to_xy: float | None,
        invert: bool,
        caller: str,
    ) -> "HandSignal":
        """Prepare a channel of an image; arguments and errors as in `zimg.trace`."""
        volume = fastest(volume_of(image_or_array, channel, time, caller=caller))
        check_signal(volume)
        ratio = ratio_of(image_or_array, z_to_xy)
        stack, before = thick(volume)
        return cls(prepared(stack, invert=invert).signal, tuple(volume.shape), before, ratio)

    def point(self, given: Sequence[float], name: str) -> Floats:
        """A point x, y, z in voxels of the image, as an array.

        Raises
        ------
        ValueError
            If it is not three numbers, or lies outside the image.
        """
        point = np.asarray(given, dtype=np.float64)
        if point.shape != (3,):
            raise ValueError(f"{name} must be three numbers x, y, z, got {given!r}")
        last = tuple(size - 1 for size in self.shape[::-1])
        if not np.all((point >= 0) & (point <= last)):
            raise ValueError(f"{name} must lie between (0, 0, 0) and {last}, got {given!r}")
        return point

    def to_voxels(self, xyz: Floats) -> Floats:
        """Positions in voxels of the image as positions in voxels of `signal`."""
        return xyz + np.array([0.0, 0.0, float(self.before)])

    def to_trace(self, xyz: Floats) -> Floats:
        """Positions in voxels of the image as positions in the trace space of `signal`."""
        return self.to_voxels(xyz) * np.array([1.0, 1.0, self.z_to_xy])

    def from_trace(self, xyz: Floats) -> Floats:
        """Positions in the trace space of `signal` as positions in voxels of the image."""
        found = xyz / np.array([1.0, 1.0, self.z_to_xy])
        found[:, 2] = 0.0 if self.shape[0] == 1 else found[:, 2] - self.before
        return found

    def claimed(self, tree: ZSwc) -> NDArray[np.uint8]:
        """Mask of `signal` in which a tree in voxels of the image is drawn."""
        if not len(tree):
            return np.zeros(self.signal.shape, np.uint8)
        moved = tree.translated((0.0, 0.0, float(self.before)))
        spacing = (1.0, 1.0, self.z_to_xy)
        return np.asarray(moved.rasterize(self.signal.shape, spacing=spacing), np.uint8)
