"""Tests that a newly fitted segment must pass to extend its chain."""

from collections.abc import Sequence

from zimg._dispatch import namespace_by_type
from zimg._typing import Array
from zimg.tracing.chains import End
from zimg.tracing.segments import (
    Rows,
    contains,
    geometric_radius,
    point_at,
    upper_direction,
)

LARGEST_RADIUS = 25.0
SIZE_RATIO = 2.0
SIGNAL_RATIO = 0.5
"""Limits of growth, in voxels and as ratios of neighbours (behaviour of the reference)."""


def passes_score(score: Array, rows: Array, limit: float | Array) -> Array:
    """Whether scores exceed `limit`, thick tubes by up to half (behaviour of the reference)."""
    xp = namespace_by_type(rows)
    exponent = xp.clip(4.0 - geometric_radius(rows), max=700.0)
    return score > limit * (1.0 + 1.0 / (2.0 + xp.exp(exponent)))


OWN = (None, End.LOW_SCORE, End.TOO_LARGE)
CHANGE = (None, End.SIZE_CHANGE, End.SIGNAL_CHANGE, End.OUT_OF_BOUND)
"""Failures by the numbers that the functions below return."""


def own_failures(rows: Array, score: Array, limit: float | Array) -> Array:
    """Why segments fail by themselves, which is tested before loops: int8 numbers into `OWN`."""
    large = geometric_radius(rows) > LARGEST_RADIUS
    return _first_of([~passes_score(score, rows, limit), large])


def change_failures(
    rows: Array, previous: Array, signal_ratio: Array, front: Array, upper: Sequence[float]
) -> Array:
    """Why segments fail against their neighbours or leave the volume: int8 numbers into `CHANGE`.

    Parameters
    ----------
    rows, previous
        ``(n, 8)`` segments and their neighbours.
    signal_ratio
        ``(n,)`` mean signal of each segment over that of its neighbour.
    front
        ``(n, 3)`` the ends that point away from the chain.
    upper
        Largest coordinates inside the volume, in trace space, x, y, z.
    """
    xp, radius = namespace_by_type(rows), geometric_radius(rows)
    ratio = geometric_radius(previous) / radius
    size = (radius > 1.0) & ~((ratio >= 1.0 / SIZE_RATIO) & (ratio <= SIZE_RATIO))
    x, y, z = (front[..., axis] > upper[axis] for axis in range(3))
    # A front with a negative coordinate counts as inside; behaviour of the reference.
    outside = (x | y | z) & ~xp.any(front < 0, axis=-1)
    return _first_of([size, signal_ratio < SIGNAL_RATIO, outside])


def _first_of(failures: list[Array]) -> Array:
    """The number, from 1, of the first failure of each segment; 0 without any."""
    xp = namespace_by_type(failures[0])
    number = xp.zeros_like(failures[0], dtype=xp.int8)
    for place in range(len(failures), 0, -1):
        number = xp.where(failures[place - 1], xp.full_like(number, place), number)
    return number


def forms_loop(row: Rows, front: Rows, chain: Rows, neighbour: int) -> bool:
    """Whether a new segment runs back into its chain.

    Parameters
    ----------
    front
        ``(3,)`` the end of `row` that points away from the chain.
    chain
        ``(n, 8)`` the segments so far.
    neighbour
        Index in `chain` of the segment that is being extended.
    """
    if front[0] < 0:
        return False
    if contains(chain, front).any():
        return True
    inside = contains(chain, point_at(row, 0.5))
    inside[neighbour] = False
    if not inside.any():
        return False
    rear = 2.0 * point_at(row, 0.5) - front
    opposed = upper_direction(chain) @ upper_direction(row) < 0.0
    return bool((inside & (~contains(chain, rear) | opposed)).any())
