"""Distances between points, tube segments, lines and polylines, elementwise over float64 rows."""

import numpy as np
from numpy.typing import NDArray

from zimg.tracing.segments import (
    LENGTH,
    POSITION,
    RADIUS,
    SCALE,
    Rows,
    axis_direction,
    frame,
)

ON_AXIS = 1e-5
"""Coordinates and differences of semi-axes below this count as 0 (behaviour of the reference)."""

NEWTON_TOLERANCE = 1e-5
"""Residual or relative step at which the root find stops (behaviour of the reference)."""

NEWTON_STEPS = 100


def surface_distance(points: Rows, rows: Rows) -> tuple[Rows, Rows]:
    """Distance of every point to the segment of the same row, and the nearest point there.

    Parameters
    ----------
    points
        ``(n, 3)`` positions in trace space, x y z, in voxels.
    rows
        ``(n, 8)`` segments, see :mod:`zimg.tracing.segments`.

    Returns
    -------
    tuple
        ``(n,)`` distances, 0 inside, and ``(n, 3)`` nearest points. A point inside is its own
        nearest point; one that faces the section of an end has its foot on the axis there.
    """
    axes = np.stack(frame(rows), axis=-2)
    local = np.einsum("nij,nj->ni", axes, points - rows[:, POSITION])
    top = rows[:, LENGTH] - 1.0
    radius = rows[:, RADIUS]
    offset = local[:, 2]
    in_section = (local[:, 0] / rows[:, SCALE]) ** 2 + local[:, 1] ** 2 <= radius**2
    inside = in_section & (offset >= -0.5) & (offset <= top + 0.5)
    edge_distance, edge = _edge_of_section(local, rows, ~in_section)
    foot = np.concatenate([edge, np.clip(offset, 0.0, top)[:, None]], axis=-1)
    beyond = np.abs(offset - foot[:, 2])
    distance = np.where(in_section, beyond, np.hypot(edge_distance, beyond))
    nearest = rows[:, POSITION] + np.einsum("nij,ni->nj", axes, foot)
    return np.where(inside, 0.0, distance), np.where(inside[:, None], points, nearest)


def _edge_of_section(local: Rows, rows: Rows, wanted: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Distance to the rim of the section and its foot, both 0 where not `wanted`."""
    distance, foot = np.zeros(len(local)), np.zeros((len(local), 2))
    semi = rows[wanted, RADIUS][:, None] * np.stack(
        [rows[wanted, SCALE], np.ones(int(wanted.sum()))], axis=-1
    )
    distance[wanted], foot[wanted] = ellipse_distance(local[wanted, :2], semi)
    return distance, foot


def ellipse_distance(points: Rows, semi: Rows) -> tuple[Rows, Rows]:
    """Distance of points from the curve of centred ellipses, and the nearest point of the curve.

    Parameters
    ----------
    points
        ``(n, 2)`` coordinates along the two axes.
    semi
        ``(n, 2)`` positive semi-axes.

    Returns
    -------
    tuple
        ``(n,)`` distances and ``(n, 2)`` points of the curves.
    """
    swap = semi[:, 0] < semi[:, 1]
    first = np.where(swap[:, None], points[:, ::-1], points)
    a, b = np.max(semi, axis=1), np.min(semi, axis=1)
    sign = np.where(first < 0.0, -1.0, 1.0)
    u, v = np.where(np.abs(first) < ON_AXIS, 0.0, np.abs(first)).T
    x, y = _generic_foot(u, v, a, b)
    x, y = _foot_from_axes(u, v, a, b, x, y)
    foot = np.stack([x, y], axis=-1) * sign
    distance = np.hypot(u - x, v - y)
    return distance, np.where(swap[:, None], foot[:, ::-1], foot)


def _generic_foot(u: Rows, v: Rows, a: Rows, b: Rows) -> tuple[Rows, Rows]:
    """Foot in the open first quadrant: Newton on ``(au/(t+a²))² + (bv/(t+b²))² = 1``.

    The start leaves the root on the right of a convex falling function, so no step overshoots.
    """
    t = b * (v - b)
    p, q, pp, qq = a * u, b * v, a * a, b * b
    active = (u > 0.0) & (v > 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(NEWTON_STEPS):
            if not active.any():
                break
            s, r = t + pp, t + qq
            first, second = (p / s) ** 2, (q / r) ** 2
            residual = first + second - 1.0
            step = np.where(active, residual / (-2.0 * (first / s + second / r)), 0.0)
            t = t - step
            active = active & (np.abs(residual) >= NEWTON_TOLERANCE)
            # Relative to the pole's distance: relative to t it stops early near the long axis.
            active = active & (np.abs(step) >= NEWTON_TOLERANCE * np.abs(t + qq))
        return pp * u / (t + pp), qq * v / (t + qq)


def _foot_from_axes(u: Rows, v: Rows, a: Rows, b: Rows, x: Rows, y: Rows) -> tuple[Rows, Rows]:
    """Replace the feet of circles and of points on an axis by their closed forms."""
    focal = a * a - b * b
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.where(focal > 0.0, a * a * u / focal, np.inf)
        norm = np.hypot(u, v)
        round_x, round_y = (
            np.where(norm > 0.0, a * u / norm, a),
            np.where(norm > 0.0, a * v / norm, 0.0),
        )
    major, minor = v == 0.0, (u == 0.0) & (v > 0.0)
    major_x = np.minimum(between, a)
    x, y = np.where(major, major_x, x), np.where(major, b * np.sqrt(1.0 - (major_x / a) ** 2), y)
    x, y = np.where(minor, 0.0, x), np.where(minor, b, y)
    circle = np.abs(a - b) < ON_AXIS
    return np.where(circle, round_x, x), np.where(circle, round_y, y)


def axis_line_distance(first: Rows, second: Rows) -> Rows:
    """Distance of the infinite axis lines of two sets of segments, row by row, ``(n,)``."""
    a, b = axis_direction(first), axis_direction(second)
    delta = second[..., POSITION] - first[..., POSITION]
    normal = np.cross(a, b)
    size = np.linalg.norm(normal, axis=-1)
    parallel = size < 1e-12
    apart = np.abs((delta * normal).sum(-1)) / np.where(parallel, 1.0, size)
    return np.where(parallel, np.linalg.norm(np.cross(delta, a), axis=-1), apart)


def nearest_interval(start: Rows, end: Rows, polyline: Rows) -> tuple[int, float]:
    """Interval of `polyline` nearest to the straight segment from `start` to `end`.

    Parameters
    ----------
    start, end
        ``(3,)`` ends of the segment; they may coincide.
    polyline
        ``(m, 3)`` vertices, at least two.

    Returns
    -------
    tuple
        Index of the interval, the first of equals, and the position of the nearest point on it,
        from 0 to 1; that of a parallel interval faces the middle of the segment.
    """
    base, along = polyline[:-1], np.diff(polyline, axis=0)
    own = end - start
    fractions = _nearest_fractions(start, own, base, along)
    delta = base + fractions[:, :1] * along - start - fractions[:, 1:] * own
    index = int(np.argmin((delta**2).sum(-1)))
    return index, float(fractions[index, 0])


def _nearest_fractions(start: Rows, own: Rows, base: Rows, along: Rows) -> Rows:
    """Fractions on the intervals and on the segment of their nearest points, ``(m - 1, 2)``."""
    delta = base - start
    squared, own_squared = (along**2).sum(-1), float(own @ own)
    product, on_interval, on_own = along @ own, (along * delta).sum(-1), delta @ own
    determinant = squared * own_squared - product**2
    skew = determinant > 1e-12 * np.maximum(squared * own_squared, 1e-300)
    inner = (product * on_own - on_interval * own_squared) / np.where(skew, determinant, 1.0)
    # Parallel ones have many nearest points; the middle of the segment is the best one here.
    middle = _clipped_ratio(0.5 * product - on_interval, squared)
    fraction = np.where(skew, np.clip(inner, 0.0, 1.0), middle)
    other = _clipped_ratio(fraction * product + on_own, np.full_like(squared, own_squared))
    fraction = _clipped_ratio(other * product - on_interval, squared)
    return np.stack([fraction, other], axis=-1)


def _clipped_ratio(value: Rows, scale: Rows) -> Rows:
    """``value / scale`` within [0, 1], 0 where the scale is."""
    return np.clip(np.where(scale > 0.0, value / np.where(scale > 0.0, scale, 1.0), 0.0), 0.0, 1.0)
