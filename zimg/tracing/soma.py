"""Cell bodies: bright discs, in the plane, much wider than the neurites.

Discs are measured within planes because stacks are often coarser, or blurred, along z, and many do
not state by how much.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.distance import squared_distance
from zimg.kernels.filters import as_float, edged, gaussian, smoothed_planes
from zimg.kernels.morphology import combine_box
from zimg.ops import cut, fused, in_slabs, jit, to_host
from zimg.tracing.counts import Counts, range_of

Disc = tuple[tuple[int, int, int], float]
"""Voxel z, y, x and radius."""

IN_PLANE = (0.0, 1.0, 1.0)
"""Standard deviations of the smoothing before, along z, y, x."""

MOST_SOMATA = 8

SMALLEST_RADIUS, RADIUS_RATIO = 6.0, 3.0
"""A soma has at least this radius in voxels, and so many times that of a typical neurite."""

LARGEST_SHARE = 0.2
"""Of the shorter side of the image; a blob with a larger radius is out of focus or saturated."""

SATURATED_SHARE = 0.9
"""Threshold of a saturated image in units of its highest value, at which the blob is smaller."""

FLAT_STACK = 7
"""Largest number of planes for which somata are detected in the projection along z."""


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
    signal: Array,
    /,
    *,
    top: float,
    neurite_radius: float,
    z_to_xy: float = 1.0,
    counts: Counts | None = None,
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
    counts
        Of `zimg.tracing.counts.value_counts` for the signal, if known.
    """
    xp = array_namespace(signal)
    depth, height, width = signal.shape
    _, highest = range_of(signal, counts)
    threshold = _threshold(top, highest)
    planes = gaussian(signal, IN_PLANE) if depth <= FLAT_STACK else None
    if planes is not None:
        bright = xp.max(planes, axis=0, keepdims=True) > threshold
    else:
        brighter = fused(_brighter, signal, xp=xp)
        bright = in_slabs(lambda part: brighter(part, threshold, xp=xp), signal, xp=xp)
    largest = LARGEST_SHARE * min(height, width)
    least = max(SMALLEST_RADIUS, RADIUS_RATIO * neurite_radius)
    found = _discs(bright, least, largest, z_to_xy, xp=xp)
    return [
        Soma(_in_trace_space(index, planes, z_to_xy), radius)
        for index, radius in found
        if radius <= largest
    ]


def _brighter(planes: Array, threshold: float, *, xp: Namespace) -> Array:
    """Whether voxels are brighter than a threshold after smoothing within their plane."""
    values = as_float(planes, xp=xp)
    return smoothed_planes(values, (0, planes.shape[0]), IN_PLANE, xp=xp) > threshold


def _discs(
    bright: Array, least: float, largest: float, z_to_xy: float, *, xp: Namespace
) -> list[Disc]:
    """Inner discs with a radius of at least `least`; distances are measured around them only.

    All voxels nearer than the radius are foreground. Those nearer than the radius less `least` have
    discs of their own, so the box of all of them, widened by `least`, contains the background that
    limits every disc.
    """
    margin = math.ceil(least) + 2
    wide = _wide(bright, least, xp=xp)
    bounds = _bounds(wide, xp=xp)
    if bounds is None:
        return []
    box = tuple(
        slice(max(low - margin, 0), min(high + margin, length))
        for (low, high), length in zip(bounds, bright.shape, strict=True)
    )
    # Beyond the border the foreground continues, as far as a disc of interest can reach.
    longest = max(high - low for low, high in bounds) + margin
    reach = min(math.ceil(largest) + 2, longest)
    around = tuple(
        reach if axis and (part.start == 0 or part.stop == length) else 0
        for axis, (part, length) in enumerate(zip(box, bright.shape, strict=True))
    )
    radii = _inner_radii(bright[box], wide[box], around, xp=xp)
    z, y, x = (part.start for part in box)
    return [
        ((index[0] + z, index[1] + y, index[2] + x), radius)
        for index, radius in _largest_discs(radii, least, z_to_xy)
    ]


def _wide(bright: Array, least: float, *, xp: Namespace) -> Array:
    """Voxels around which the square inside a disc is foreground; the border repeats itself."""
    reach, eroded = math.ceil(least / math.sqrt(2.0)) - 1, jit(_eroded, xp=xp)
    return in_slabs(lambda part: eroded(part, reach=reach, xp=xp), bright, xp=xp)


def _eroded(mask: Array, *, reach: int, xp: Namespace) -> Array:
    return combine_box(mask, xp.logical_and, reach, axes=(1, 2), xp=xp)


def _bounds(mask: Array, *, xp: Namespace) -> list[tuple[int, int]] | None:
    """First voxel and end of a mask along z, y and x, or None where it is empty."""
    places = [np.flatnonzero(to_host(line)) for line in jit(_shadows, xp=xp)(mask, xp=xp)]
    if not all(place.size for place in places):
        return None
    return [(int(place[0]), int(place[-1]) + 1) for place in places]


def _shadows(mask: Array, *, xp: Namespace) -> tuple[Array, ...]:
    """Whether a mask has voxels at each z, y and x."""
    return tuple(xp.any(mask, axis=axes) for axes in ((1, 2), (0, 2), (0, 1)))


def _threshold(top: float, highest: float) -> float:
    """Half of the top; near the highest value where the image is saturated."""
    return SATURATED_SHARE * top if top >= highest else top / 2.0


def _inner_radii(bright: Array, wide: Array, around: tuple[int, ...], *, xp: Namespace) -> Array:
    """Distance of every wide voxel from the background of its plane, with borders repeated."""
    padded = jit(_padded, xp=xp)(bright, around=around, xp=xp)
    squared = squared_distance(padded, planar=True)
    radii: Array = jit(_roots, xp=xp)(squared, wide, around=around, xp=xp)
    return radii


def _padded(mask: Array, *, around: tuple[int, ...], xp: Namespace) -> Array:
    return edged(mask, around, xp=xp)


def _roots(squared: Array, wide: Array, *, around: tuple[int, ...], xp: Namespace) -> Array:
    """Roots of the squares within a margin, 0 for voxels that are not wide."""
    for axis, reach in enumerate(around):
        squared = cut(squared, axis, reach, reach + wide.shape[axis])
    radii = xp.sqrt(xp.astype(squared, xp.float32))
    return xp.where(wide, radii, xp.zeros_like(radii))


def _largest_discs(radii: Array, least: float, z_to_xy: float) -> list[Disc]:
    """Voxel z, y, x and radius of the largest inner discs that are two radii apart."""
    xp = array_namespace(radii)
    found = []
    for _ in range(MOST_SOMATA):
        largest, place = jit(_largest, xp=xp)(radii, xp=xp)
        radius = float(to_host(largest))
        if radius < least:
            break
        z, y, x = (int(i) for i in np.unravel_index(int(to_host(place)), radii.shape))
        found.append(((z, y, x), radius))
        reach = 4.0 * radius * radius
        radii = jit(_without, xp=xp)(radii, (z, y, x), reach, z_to_xy=z_to_xy, xp=xp)
    return found


def _largest(radii: Array, *, xp: Namespace) -> tuple[Array, Array]:
    """The largest radius and its flat index, both ``()``."""
    return xp.max(radii), xp.argmax(xp.reshape(radii, (-1,)))


def _without(
    radii: Array, voxel: tuple[int, int, int], reach: float, *, z_to_xy: float, xp: Namespace
) -> Array:
    """`radii`, 0 up to a squared distance from a voxel."""
    near = _squared_distances(radii, voxel, z_to_xy, xp=xp) <= reach
    return xp.where(near, xp.zeros_like(radii), radii)


def _squared_distances(
    like_this: Array, voxel: tuple[int, int, int], z_to_xy: float, *, xp: Namespace
) -> Array:
    """Squared distance of every voxel from one, in voxels of the x, y plane."""
    total = None
    for axis, (length, at) in enumerate(zip(like_this.shape, voxel, strict=True)):
        step = z_to_xy if axis == 0 else 1.0
        line = xp.arange(length, dtype=like_this.dtype, device=device(like_this)) - at
        shape = tuple(length if a == axis else 1 for a in range(3))
        part = xp.reshape((line * step) ** 2, shape)
        total = part if total is None else total + part
    return total


def _in_trace_space(
    index: tuple[int, int, int], planes: Array | None, z_to_xy: float
) -> NDArray[np.float64]:
    """The centre of the disc; in a flat stack, whose planes are given, where it is brightest."""
    z, y, x = index
    if planes is not None:
        z = int(np.argmax(to_host(planes[:, y, x])))
    return np.array([float(x), float(y), z * z_to_xy])
