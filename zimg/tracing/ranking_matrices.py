"""Matrices that rank the orientations of a segment of given radius, the same for every image."""

from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg.kernels.template import THIN_SLICES, thin_core_points
from zimg.tracing.segments import COLUMNS, DEFAULT_LENGTH, PSI, THETA, Rows, frame

RADIUS_STEP = 0.1
"""Ranking rounds the logarithm of the radius to multiples of this."""


def reach_of(radius: Rows) -> Rows:
    """Voxels from the centre that the core field of any orientation can touch."""
    half = (DEFAULT_LENGTH - 1.0) / 2.0
    return np.ceil(np.sqrt(half**2 + 0.81 * (radius * np.exp(RADIUS_STEP / 2.0)) ** 2)) + 1.0


class RankingMatrices(NamedTuple):
    """Weights of the voxels around a centre in the sums over each orientation's field (float32)."""

    reach: int
    touched: NDArray[np.int32]
    weighted: NDArray[np.float32]
    counted: NDArray[np.float32]
    weight_sums: NDArray[np.float32]


@lru_cache(maxsize=32)
def ranking_matrices(
    level: int, z_to_xy: float, orientations: tuple[tuple[float, float], ...]
) -> RankingMatrices:
    """Matrices for tubes of radius ``exp(level * RADIUS_STEP)``, the same for every image."""
    radius = float(np.exp(level * RADIUS_STEP))
    points, weight = _core_offsets(radius, np.array(orientations))
    points = points / np.array([1.0, 1.0, z_to_xy])
    reach = int(reach_of(np.array(radius)))
    side, count = 2 * reach + 1, len(orientations)
    floor = np.floor(points).astype(np.int64)
    fraction = points - floor
    corners = np.array(list(product((0, 1), repeat=3)))[:, None, None, :]
    share = np.prod(np.where(corners, fraction, 1.0 - fraction), axis=-1)
    x, y, z = np.moveaxis(floor + corners + reach, -1, 0)
    cell = (np.arange(count)[:, None] * side + z) * side**2 + y * side + x
    shape = (count, side**3)
    counted = np.bincount(cell.ravel(), share.ravel(), count * side**3).reshape(shape)
    share *= weight
    weighted = np.bincount(cell.ravel(), share.ravel(), count * side**3).reshape(shape)
    touched = np.flatnonzero(counted.any(axis=0))
    sums = np.array([weight.size, weight.sum(), (weight**2).sum()], np.float32)
    return RankingMatrices(
        reach,
        touched.astype(np.int32),
        np.ascontiguousarray(weighted[:, touched].T, np.float32),
        np.ascontiguousarray(counted[:, touched].T, np.float32),
        sums,
    )


def _core_offsets(radius: float, orientations: Rows) -> tuple[Rows, Rows]:
    """Thin core field in each orientation, ``(m, 222, 3)``, and its weights, ``(222,)``."""
    x, y, value = np.array(thin_core_points()).T
    offset = np.linspace(-0.5, 0.5, THIN_SLICES) * (DEFAULT_LENGTH - 1.0)
    rows = np.zeros((len(orientations), COLUMNS))
    rows[:, THETA : PSI + 1] = orientations
    u, v, a = (axis[:, None, None, :] for axis in frame(rows))
    section = radius * (x[:, None] * u + y[:, None] * v)
    points = section + offset[:, None, None] * a
    weight = np.broadcast_to(value / np.abs(value).sum(), (THIN_SLICES, len(value)))
    return points.reshape(len(orientations), -1, 3), weight.ravel()
