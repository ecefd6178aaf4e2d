"""Geometry of tube segments: rows of eight numbers, on the host in float64, else on any device.

A segment is a straight elliptic cylinder in *trace space* (x, y, z in xy voxels; z is the plane
index times the z:xy voxel ratio). A row holds ``radius, theta, psi, scale, length, x, y, z``: the
radius along the local y axis, two angles, the ratio of the x radius to the y radius, the length and
the position of the *bottom*. The axis runs from ``t = 0`` (bottom) to ``t = length - 1`` (top).
"""

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import namespace_by_type
from zimg._typing import Array

Rows = NDArray[np.float64]

RADIUS, THETA, PSI, SCALE, LENGTH, X, Y, Z = range(8)
POSITION = slice(X, Z + 1)
COLUMNS = 8

DEFAULT_LENGTH = 11.0
"""Length of a segment while it is fitted, in voxels (behaviour of the reference)."""


def frame(rows: Array) -> tuple[Array, Array, Array]:
    """Local axes u, v (section) and a (bottom to top) of every row, each ``(..., 3)``."""
    xp = namespace_by_type(rows)
    ct, st = xp.cos(rows[..., THETA]), xp.sin(rows[..., THETA])
    cp, sp = xp.cos(rows[..., PSI]), xp.sin(rows[..., PSI])
    u = xp.stack([cp, sp, xp.zeros_like(cp)], axis=-1)
    v = xp.stack([-ct * sp, ct * cp, st], axis=-1)
    return u, v, axis_direction(rows)


def axis_direction(rows: Array) -> Array:
    """Unit vectors from bottom to top, ``(..., 3)``."""
    xp = namespace_by_type(rows)
    ct, st = xp.cos(rows[..., THETA]), xp.sin(rows[..., THETA])
    cp, sp = xp.cos(rows[..., PSI]), xp.sin(rows[..., PSI])
    return xp.stack([st * sp, -st * cp, ct], axis=-1)


def upper_direction(rows: Rows) -> Rows:
    """Direction of the angles with a z component that is never negative, ``(..., 3)``.

    The reference compares orientations by this vector; it is the axis only for ``|theta| <= pi/2``.
    """
    st = np.sin(rows[..., THETA])
    cp, sp = np.cos(rows[..., PSI]), np.sin(rows[..., PSI])
    return np.stack([st * sp, -st * cp, np.sqrt(1.0 - st * st)], axis=-1)


def axis_point(rows: Array, offset: float | Array) -> Array:
    """Points on the axes at `offset` voxels from the bottoms, ``(..., 3)``."""
    reach = offset if isinstance(offset, int | float) else offset[..., None]
    return rows[..., POSITION] + reach * axis_direction(rows)


def point_at(rows: Array, fraction: float | Array) -> Array:
    """Points on the axes at a `fraction` of the way from bottom (0) to top (1)."""
    return axis_point(rows, (rows[..., LENGTH] - 1.0) * fraction)


def flipped(rows: Rows) -> Rows:
    """The same segments with bottom and top exchanged."""
    out = rows.copy()
    out[..., POSITION] = point_at(rows, 1.0)
    out[..., THETA] += np.pi
    return out


def geometric_radius(rows: Array) -> Array:
    """Radius of the circle with the area of the section."""
    return rows[..., RADIUS] * namespace_by_type(rows).sqrt(rows[..., SCALE])


def local_coordinates(rows: Array, points: Array) -> tuple[Array, Array, Array]:
    """Section coordinates (along u and v) and axial offset of `points` in each row's frame."""
    xp, delta = namespace_by_type(rows), points - rows[..., POSITION]
    across, along, offset = (xp.sum(delta * axis, axis=-1) for axis in frame(rows))
    return across, along, offset


def contains(rows: Array, points: Array) -> Array:
    """Whether each point lies in its row's cylinder, half a voxel longer at both ends."""
    across, along, offset = local_coordinates(rows, points)
    inside = (across / rows[..., SCALE]) ** 2 + along**2 <= rows[..., RADIUS] ** 2
    return inside & (offset >= -0.5) & (offset <= rows[..., LENGTH] - 0.5)
