"""A filter for bright tubes of several widths."""

import math

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.filters import as_float, edged, gaussian
from zimg.kernels.morphology import cut
from zimg.ops import jit

SCALES = (1.0, 1.5, 2.5, 4.0)
"""Standard deviations in voxels of the x, y plane at which tubes are sought."""

FLAT = 5
"""Up to so many planes tubes are sought in each plane by itself."""


def tubular(volume: Array, /, *, z_to_xy: float = 1.0) -> Array:
    """Response of each voxel to a filter for the centre lines of bright tubes.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.

    Returns
    -------
    Array
        ``(Z, Y, X)`` float32 (float64 stays), on the device of `volume`, in units of `volume`: the
        largest over the scales of the geometric mean of the two strongest curvatures; 0 where
        these are not both those of a bright line.

    Notes
    -----
    Y. Sato et al. 1998, doi:10.1016/S1361-8415(98)80009-1, with the plain geometric mean.
    """
    xp = array_namespace(volume)
    values = as_float(volume, xp=xp)
    answer = jit(_flat_answer if volume.shape[0] <= FLAT else _answer, xp=xp)
    best = None
    for scale in SCALES:
        deep = 0.0 if volume.shape[0] <= FLAT else scale / z_to_xy
        found = answer(gaussian(values, (deep, scale, scale)), z_to_xy=z_to_xy, xp=xp)
        found = found * scale**2
        best = found if best is None else xp.maximum(best, found)
    return best


def _neighbour(padded: Array, offset: tuple[int, int, int], reach: tuple[int, int, int]) -> Array:
    """The volume within `padded`, read `offset` voxels further."""
    for axis, (step, margin) in enumerate(zip(offset, reach, strict=True)):
        length = padded.shape[axis] - 2 * margin
        padded = cut(padded, axis, margin + step, margin + step + length)
    return padded


def _curvature(padded: Array, axes: tuple[int, int], reach: tuple[int, int, int]) -> Array:
    """Second difference along one axis, or mixed along two."""

    def read(first: int, second: int = 0) -> Array:
        offset = [0, 0, 0]
        offset[axes[0]] += first
        offset[axes[1]] += second
        return _neighbour(padded, (offset[0], offset[1], offset[2]), reach)

    if axes[0] == axes[1]:
        return read(1) + read(-1) - 2.0 * read(0)
    return (read(1, 1) + read(-1, -1) - read(1, -1) - read(-1, 1)) * 0.25


def _flat_answer(smooth: Array, *, z_to_xy: float, xp: Namespace) -> Array:  # noqa: ARG001
    """The strongest downward curvature within each plane."""
    reach = (0, 1, 1)
    padded = edged(smooth, reach, xp=xp)
    yy, yx, xx = (_curvature(padded, axes, reach) for axes in ((1, 1), (1, 2), (2, 2)))
    lowest = (yy + xx) * 0.5 - xp.sqrt(((yy - xx) * 0.5) ** 2 + yx**2)
    return xp.maximum(-lowest, xp.zeros_like(lowest))


def _answer(smooth: Array, *, z_to_xy: float, xp: Namespace) -> Array:
    """Geometric mean of the two strongest downward curvatures, by the closed form."""
    reach = (1, 1, 1)
    padded = edged(smooth, reach, xp=xp)
    deep = 1.0 / z_to_xy
    zz, zy, zx = (_curvature(padded, axes, reach) for axes in ((0, 0), (0, 1), (0, 2)))
    yy, yx, xx = (_curvature(padded, axes, reach) for axes in ((1, 1), (1, 2), (2, 2)))
    zz, zy, zx = zz * deep**2, zy * deep, zx * deep
    mean = (zz + yy + xx) / 3.0
    zz, yy, xx = zz - mean, yy - mean, xx - mean
    spread = xp.sqrt((zz**2 + yy**2 + xx**2 + 2.0 * (zy**2 + zx**2 + yx**2)) / 6.0)
    one = xp.ones_like(spread)
    safe = xp.where(spread > 0, spread, one)
    determinant = zz * (yy * xx - yx**2) - zy * (zy * xx - yx * zx) + zx * (zy * yx - yy * zx)
    angle = xp.acos(xp.clip(determinant / (2.0 * safe**3), -1.0, 1.0)) / 3.0
    lowest = mean + 2.0 * spread * xp.cos(angle + 2.0 * math.pi / 3.0)
    middle = 3.0 * mean - lowest - (mean + 2.0 * spread * xp.cos(angle))
    return xp.where(middle < 0, xp.sqrt(xp.maximum(middle * lowest, 0.0 * one)), 0.0 * one)
