"""Cell bodies: bright balls much thicker than the neurites, each of which becomes one node."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.distance import squared_distance
from zimg.kernels.filters import edged, gaussian
from zimg.kernels.widen import widened
from zimg.ops import to_host

MOST_SOMATA = 8

SMALLEST_RADIUS, RADIUS_RATIO = 6.0, 3.0
"""A soma has at least this radius in voxels, and so many times that of a typical neurite."""

LARGEST_SHARE = 0.2
"""Of the shorter side of the image; a blob with a larger radius is out of focus or saturated."""

SATURATED_SHARE = 0.9
"""Threshold of a saturated image in units of its highest value, at which the blob is smaller."""

FLAT_STACK = 7
"""Up to so many planes somata are sought in the projection along z."""


@dataclass(frozen=True)
class Soma:
    """A cell body.

    Attributes
    ----------
    position
        ``(3,)`` x, y, z in trace space.
    radius
        In voxels of the x, y plane.
    """

    position: NDArray[np.float64]
    radius: float


def find_somata(
    signal: Array, /, *, top: float, neurite_radius: float, z_to_xy: float = 1.0
) -> list[Soma]:
    """Cell bodies in a signal, the largest first.

    Parameters
    ----------
    signal
        ``(Z, Y, X)``, real, its background subtracted.
    top
        Intensity of the brightest structures, see `zimg.tracing.ladder.top_value`.
    neurite_radius
        Radius of a typical neurite in voxels.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.
    """
    xp = array_namespace(signal)
    depth, height, width = signal.shape
    flat = depth <= FLAT_STACK
    smooth = gaussian(signal, (0.0 if flat else 1.0, 1.0, 1.0))
    shown = xp.max(smooth, axis=0, keepdims=True) if flat else smooth
    bright = shown > _threshold(signal, top, xp=xp)
    largest = LARGEST_SHARE * min(height, width)
    planar = flat or z_to_xy != 1.0
    radii = _inner_radii(bright, math.ceil(largest) + 2, planar=planar, xp=xp)
    found = _largest_balls(radii, max(SMALLEST_RADIUS, RADIUS_RATIO * neurite_radius), z_to_xy)
    return [
        Soma(_in_trace_space(index, smooth, z_to_xy, flat=flat), radius)
        for index, radius in found
        if radius <= largest
    ]


def _threshold(signal: Array, top: float, *, xp: Namespace) -> float:
    """Half of the top; near the highest value where the image is saturated."""
    highest = float(to_host(xp.max(widened(signal, xp=xp))))
    return SATURATED_SHARE * top if top >= highest else top / 2.0


def _inner_radii(bright: Array, reach: int, *, planar: bool, xp: Namespace) -> Array:
    """Distance of every voxel from the background, which does not begin at the border."""
    depth, height, width = bright.shape
    around = (0 if planar else reach, reach, reach)
    squared = squared_distance(edged(bright, around, xp=xp), planar=planar)
    inner = squared[around[0] : around[0] + depth, reach : reach + height, reach : reach + width]
    return xp.sqrt(xp.astype(inner, xp.float32))


def _largest_balls(
    radii: Array, least: float, z_to_xy: float
) -> list[tuple[tuple[int, int, int], float]]:
    """Voxel z, y, x and radius of the largest inner balls that are two radii apart."""
    xp = array_namespace(radii)
    found = []
    for _ in range(MOST_SOMATA):
        radius = float(to_host(xp.max(radii)))
        if radius < least:
            break
        flat = int(to_host(xp.argmax(xp.reshape(radii, (-1,)))))
        z, y, x = (int(i) for i in np.unravel_index(flat, radii.shape))
        found.append(((z, y, x), radius))
        near = _squared_distances(radii, (z, y, x), z_to_xy, xp=xp) <= 4.0 * radius * radius
        radii = xp.where(near, xp.zeros_like(radii), radii)
    return found


def _squared_distances(
    like_this: Array, voxel: tuple[int, int, int], z_to_xy: float, *, xp: Namespace
) -> Array:
    """Squared distance of every voxel from one, in voxels of the x, y plane."""
    total = None
    for axis, (length, at) in enumerate(zip(like_this.shape, voxel, strict=True)):
        step = z_to_xy if axis == 0 else 1.0
        line = xp.arange(length, dtype=like_this.dtype, device=device(like_this)) - float(at)
        shape = tuple(length if a == axis else 1 for a in range(3))
        part = xp.reshape((line * step) ** 2, shape)
        total = part if total is None else total + part
    return total


def _in_trace_space(
    index: tuple[int, int, int], smooth: Array, z_to_xy: float, *, flat: bool
) -> NDArray[np.float64]:
    """The ball's centre; in a flat stack, in the plane where it is brightest."""
    z, y, x = index
    if flat:
        z = int(np.argmax(to_host(smooth[:, y, x])))
    return np.array([float(x), float(y), z * z_to_xy])
