"""Distance of a point to the conical frusta of the edges of a tree."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

SHORT = 0.1
"""Edges shorter than this count as balls around their parent (behaviour of the reference)."""

STEP = 0.5
"""Sampling distance along the axis of slanted surfaces (behaviour of the reference)."""


def frustum_distance(
    point: Points, bottom: Points, top: Points, bottom_radius: Points, top_radius: Points
) -> tuple[Points, Points]:
    """Distance to each frustum, and its nearest point.

    Parameters
    ----------
    point
        ``(3,)``.
    bottom, top
        ``(n, 3)`` ends of the axes: parents and nodes.
    bottom_radius, top_radius
        ``(n,)``.

    Returns
    -------
    tuple of ndarray
        ``(n,)`` distances, 0 inside, and ``(n, 3)`` points: the point itself inside, the end of the
        axis or a point of the rim beyond an end, else a point of the surface.
    """
    axis = top - bottom
    height = np.sqrt((axis * axis).sum(axis=1))
    short = height < SHORT
    safe = np.where(short, 1.0, height)
    unit = axis / safe[:, None]
    offset = point - bottom
    along = (offset * unit).sum(axis=1)
    radial = offset - along[:, None] * unit
    away = np.sqrt((radial * radial).sum(axis=1))
    outward = radial / np.where(away > 0, away, 1.0)[:, None]
    slope = (top_radius - bottom_radius) / safe

    ends = np.where((along <= 0)[:, None], bottom, top)
    rim = np.where(along <= 0, bottom_radius, bottom_radius + slope * height)
    beyond = np.where(along <= 0, -along, along - height)
    facing = away <= rim
    distance = np.where(facing, beyond, _hypotenuse(beyond, away - rim))
    nearest = np.where(facing[:, None], ends, ends + rim[:, None] * outward)

    beside = (along > 0) & (along < height)
    here = bottom_radius + slope * along
    inside = (along >= 0) & (along <= height) & (away <= here)
    distance = np.where(beside, np.abs(away - here), distance)
    surface = bottom + along[:, None] * unit + here[:, None] * outward
    nearest = np.where(beside[:, None], surface, nearest)
    slanted = np.flatnonzero(beside & ~inside & (slope != 0) & ~short)
    if len(slanted):
        better, where, radius = _along_slope(
            distance[slanted],
            along[slanted],
            away[slanted],
            height[slanted],
            bottom_radius[slanted],
            slope[slanted],
        )
        shifted = bottom[slanted] + where[:, None] * unit[slanted]
        shifted = shifted + radius[:, None] * outward[slanted]
        moved = better < distance[slanted]
        nearest[slanted[moved]] = shifted[moved]
        distance[slanted] = np.minimum(better, distance[slanted])

    distance = np.where(inside, 0.0, distance)
    nearest = np.where(inside[:, None], point, nearest)
    ball = np.maximum(0.0, np.sqrt((offset * offset).sum(axis=1)) - bottom_radius)
    return np.where(short, ball, distance), np.where(short[:, None], bottom, nearest)


def _hypotenuse(one: Points, other: Points) -> Points:
    """Hypotenuse rounded as in compiled loops, unlike `numpy.hypot`."""
    return np.asarray(np.sqrt(one * one + other * other))


def _along_slope(
    distance: Points, along: Points, away: Points, height: Points, radius: Points, slope: Points
) -> tuple[Points, Points, Points]:
    """The nearest surface point at the steps of the axis: distance, position, radius."""
    steps = np.arange(STEP, float(height.max()), STEP)
    if not len(steps):
        return distance, along, radius
    places = steps[None, :]
    rises = np.broadcast_to(slope[:, None] * STEP, (len(slope), len(steps)))
    radii = np.cumsum(np.column_stack([radius, rises]), axis=1)[:, 1:]  # summed step by step
    tried = _hypotenuse(along[:, None] - places, away[:, None] - radii)
    tried = np.where(places < height[:, None], tried, np.inf)
    best = np.argmin(tried, axis=1)
    row = np.arange(len(best))
    return tried[row, best], steps[best], radii[row, best]
