"""Marks of segments in host masks: which voxels a segment covers, whether it meets marked ones.

Masks are ``(Z, Y, X)`` uint8 arrays on the host, because tracing reads single voxels of them.
"""

import array_api_compat.numpy as xp
import numpy as np
from numpy.typing import NDArray

from zimg.kernels.pack import PLAIN, Layout
from zimg.kernels.template import full_template
from zimg.kernels.tube import full_field
from zimg.tracing.segments import (
    LENGTH,
    POSITION,
    RADIUS,
    SCALE,
    Rows,
    axis_point,
    frame,
)

Mask = NDArray[np.uint8]

SWELL_FACTOR, SWELL_LIMIT = 1.5, 3.0
"""A traced tube claims half its radius more, at most three voxels (behaviour of the reference)."""

BOXES = 256
"""Segments whose boxes are found together; bounds the memory."""

TEMPLATE = full_template(dtype=np.float64, xp=xp, on="cpu")


def rounded(points: Rows) -> NDArray[np.int64]:
    """Nearest voxel, ties away from zero (behaviour of the reference)."""
    return (np.sign(points) * np.floor(np.abs(points) + 0.5)).astype(np.int64)


def marked(mask: Mask, points: Rows, z_to_xy: float) -> NDArray[np.bool_]:
    """Whether the voxels nearest to ``(n, 3)`` points of trace space are set; outside is not."""
    voxel = rounded(points / np.array([1.0, 1.0, z_to_xy]))[:, ::-1]
    inside = np.all((voxel >= 0) & (voxel < mask.shape), axis=1)
    z, y, x = np.where(inside[:, None], voxel, 0).T
    return inside & (mask[z, y, x] > 0)


def swollen(rows: Rows) -> Rows:
    """Segments with the radii that a trace claims."""
    out = rows.copy()
    across, along = rows[..., RADIUS] * rows[..., SCALE], rows[..., RADIUS]
    across = np.minimum(SWELL_FACTOR * across, across + SWELL_LIMIT)
    along = np.minimum(SWELL_FACTOR * along, along + SWELL_LIMIT)
    out[..., RADIUS], out[..., SCALE] = along, across / along
    return out


class Labeller:
    """Writes segments into host masks of one shape; the boxes of all segments are found at once.

    Parameters
    ----------
    rows
        ``(n, 8)`` segments.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.
    limit
        Bound of the squared distance from the axis, in units of the squared radius.
    """

    def __init__(self, rows: Rows, z_to_xy: float, *, limit: float) -> None:
        self._rows, self._z_to_xy, self._limit = rows, z_to_xy, limit
        self._start, self._size = boxes(rows, z_to_xy)
        self._frames = frame(rows)

    def write(self, mask: Mask, index: int, value: int) -> None:
        """Set the voxels of segment `index` to `value`."""
        row = self._rows[index]
        bottom = row[POSITION] / np.array([1.0, 1.0, self._z_to_xy])
        voxel = rounded(bottom)
        low = np.maximum(voxel + self._start[index], 0)
        high = np.minimum(voxel + self._start[index] + self._size[index], mask.shape[::-1])
        if np.any(low >= high):
            return
        x, y, z = (np.arange(a, b) - v for a, b, v in zip(low, high, voxel, strict=True))
        rest = bottom - voxel
        # The remainder in z stays in image units, the step in trace units (as the reference does).
        inside = self._inside(index, x - rest[0], y - rest[1], z * self._z_to_xy - rest[2])
        mask[low[2] : high[2], low[1] : high[1], low[0] : high[0]][inside] = value

    def _inside(self, index: int, x: Rows, y: Rows, z: Rows) -> NDArray[np.bool_]:
        """Which points of a grid lie in the segment, ``(z, y, x)``."""
        across, along, offset = (
            (z[:, None, None] * a[2]) + (y[:, None] * a[1] + x * a[0])
            for a in (axis[index] for axis in self._frames)
        )
        row = self._rows[index]
        across *= 1.0 / row[SCALE]
        across *= across
        along *= along
        across += along
        inside: NDArray[np.bool_] = across <= self._limit * row[RADIUS] ** 2
        inside &= offset >= -0.5
        inside &= offset <= row[LENGTH] - 0.5
        return inside


def boxes(rows: Rows, z_to_xy: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First corners from the bottom voxels and sizes of the fields' boxes, ``(n, 3)`` x y z."""
    if not len(rows):
        return np.empty((0, 3), np.int64), np.empty((0, 3), np.int64)
    parts = [_boxes(rows[first : first + BOXES], z_to_xy) for first in range(0, len(rows), BOXES)]
    start, size = (np.concatenate(part) for part in zip(*parts, strict=True))
    return start, size


def _boxes(rows: Rows, z_to_xy: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    origin = np.concatenate([rows, np.zeros((len(rows), 3))], axis=1)
    origin[:, POSITION] = 0.0
    field = full_field(origin, TEMPLATE, Layout(PLAIN, (1, 1, 1), z_to_xy))
    pairs = list(zip(field.section, field.axis, strict=True))
    low = np.stack([q.min(1) + a.min(1) for q, a in pairs], axis=1)
    high = np.stack([q.max(1) + a.max(1) for q, a in pairs], axis=1)
    start = np.trunc(low - 1.5)
    return start.astype(np.int64), np.trunc(high - start + 1.5).astype(np.int64)


def label_trace(mask: Mask, rows: Rows, z_to_xy: float) -> None:
    """Mark what the segments of a chain claim."""
    labeller = Labeller(swollen(rows), z_to_xy, limit=1.0)
    for index in range(len(rows)):
        labeller.write(mask, index, 1)


def hits(mask: Mask, row: Rows, z_to_xy: float) -> bool:
    """Whether a lattice of points inside the segment, circular in section, meets a marked voxel."""
    radius = row[RADIUS]
    side = np.arange(-radius, radius + 1e-9, 1.0)
    across, along = (part.ravel() for part in np.meshgrid(side, side))
    within = across**2 + along**2 < 1.001 * radius**2
    u, v, _ = frame(row)
    section = across[within, None] * u + along[within, None] * v
    offset = np.arange(0.0, row[LENGTH] + 1e-9, 1.0)
    points = section + axis_point(np.broadcast_to(row, (len(offset), len(row))), offset)[:, None]
    return bool(marked(mask, points.reshape(-1, 3), z_to_xy).any())
