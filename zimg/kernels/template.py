"""Planar templates of a tube section: a Mexican hat, positive inside, negative around it."""

from collections.abc import Iterator
from math import exp, hypot
from typing import NamedTuple

from zimg._typing import Array, Device, Namespace

SPACING = 0.2
"""Lattice step in units of the tube radius (behaviour of the reference)."""

FULL_LIMIT = 66
"""Squared radius of the full template in lattice steps, (1.6² + 0.1) / 0.2² (as the reference)."""

CORE_LIMIT = 20
"""Squared radius of the core template in lattice steps, 0.81 / 0.2² (as the reference)."""

THIN_SLICES = 6
"""Sections along the axis that ranking with the thin core template samples, of eleven."""

WALL = 25
"""Squared distance of the tube wall from the axis, in lattice steps."""


class Template(NamedTuple):
    """Points of a unit section with their weights, as arrays of one framework and device.

    Attributes
    ----------
    wall_x, wall_y
        ``(n,)`` position in units of the radius; for a point beyond the wall, of the wall before
        it.
    inner, outer
        ``(n,)`` value of ``(1 - t) exp(-t)`` with ``t = x² + y²``; 0 outside, or 0 inside.
    inside
        ``(n,)`` bool: the point lies on or inside the wall and scales with the radius.
    surplus
        ``(n,)`` distance of a point beyond the wall, 0 inside.
    inner_sum, outer_sum
        ``()`` sums of the absolute values inside and outside.
    """

    wall_x: Array
    wall_y: Array
    inner: Array
    outer: Array
    inside: Array
    surplus: Array
    inner_sum: Array
    outer_sum: Array


def full_template(*, dtype: object, xp: Namespace, on: Device) -> Template:
    """The 213 points that feed the fit, the centroid shift and the reported scores."""
    return _template(list(lattice(FULL_LIMIT, 8)), dtype=dtype, xp=xp, on=on)


def core_template(*, dtype: object, xp: Namespace, on: Device) -> Template:
    """The 69 points inside the wall that feed the orientation search."""
    return _template(list(lattice(CORE_LIMIT, 4)), dtype=dtype, xp=xp, on=on)


def thin_core_template(*, dtype: object, xp: Namespace, on: Device) -> Template:
    """Every other point of the core template, in checkerboard order, to rank orientations."""
    return _template(_thin_core(), dtype=dtype, xp=xp, on=on)


def thin_core_points() -> list[tuple[float, float, float]]:
    """Position and value of the thin core template's points, as plain numbers."""
    return [(SPACING * i, SPACING * j, _hat(i, j)) for i, j in _thin_core()]


def _thin_core() -> list[tuple[int, int]]:
    return [(i, j) for i, j in lattice(CORE_LIMIT, 4) if (i + j) % 2 == 0]


def lattice(limit: int, reach: int) -> Iterator[tuple[int, int]]:
    """Lattice points within a squared radius, in the order in which the reference sums them."""
    yield 0, 0
    for i in range(1, reach + 1):
        yield from ((i, 0), (-i, 0))
    for j in range(1, reach + 1):
        yield from ((0, j), (0, -j))
    for j in range(1, reach + 1):
        for i in range(1, reach + 1):
            if i * i + j * j <= limit:
                yield from ((i, j), (-i, j), (i, -j), (-i, -j))


def _hat(i: int, j: int) -> float:
    t = (i * i + j * j) * SPACING * SPACING
    return (1.0 - t) * exp(-t)


def _on_or_inside(i: int, j: int) -> bool:
    """Whether a point is inside; of the points on the wall only those on the axes are."""
    square = i * i + j * j
    return square < WALL or (square == WALL and i * j == 0)


def _template(
    points: list[tuple[int, int]], *, dtype: object, xp: Namespace, on: Device
) -> Template:
    inside = [_on_or_inside(i, j) for i, j in points]
    norm = [SPACING * hypot(i, j) for i, j in points]
    value = [_hat(i, j) for i, j in points]
    to_wall = [1.0 if within else 1.0 / n for n, within in zip(norm, inside, strict=True)]
    columns = (
        [SPACING * i * f for (i, _), f in zip(points, to_wall, strict=True)],
        [SPACING * j * f for (_, j), f in zip(points, to_wall, strict=True)],
        [v if within else 0.0 for v, within in zip(value, inside, strict=True)],
        [0.0 if within else v for v, within in zip(value, inside, strict=True)],
        inside,
        [0.0 if within else n - 1.0 for n, within in zip(norm, inside, strict=True)],
        sum(abs(v) for v, within in zip(value, inside, strict=True) if within),
        sum(abs(v) for v, within in zip(value, inside, strict=True) if not within),
    )
    kinds = (dtype, dtype, dtype, dtype, xp.bool, dtype, dtype, dtype)
    return Template(
        *(xp.asarray(c, dtype=k, device=on) for c, k in zip(columns, kinds, strict=True))
    )
