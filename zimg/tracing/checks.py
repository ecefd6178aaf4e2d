"""Tests that a newly fitted segment must pass to extend its chain."""

import numpy as np
from numpy.typing import NDArray

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


def passes_score(score: Rows, rows: Rows, limit: float) -> NDArray[np.bool_]:
    """Whether scores exceed `limit`, thick tubes by up to half (behaviour of the reference)."""
    exponent = np.minimum(4.0 - geometric_radius(rows), 700.0)
    passed: NDArray[np.bool_] = score > limit * (1.0 + 1.0 / (2.0 + np.exp(exponent)))
    return passed


OWN = (None, End.LOW_SCORE, End.TOO_LARGE)
CHANGE = (None, End.SIZE_CHANGE, End.SIGNAL_CHANGE, End.OUT_OF_BOUND)
"""Failures by the numbers that the functions below return."""


def own_failures(rows: Rows, score: Rows, limit: float) -> NDArray[np.int8]:
    """Why segments fail by themselves, which is tested before loops: numbers into `OWN`."""
    large = np.where(geometric_radius(rows) > LARGEST_RADIUS, 2, 0)
    return np.where(passes_score(score, rows, limit), large, 1).astype(np.int8)


def change_failures(
    rows: Rows, previous: Rows, signal_ratio: Rows, front: Rows, upper: Rows
) -> NDArray[np.int8]:
    """Why segments fail against their neighbours or leave the volume: numbers into `CHANGE`.

    Parameters
    ----------
    rows, previous
        ``(n, 8)`` segments and their neighbours.
    signal_ratio
        ``(n,)`` mean signal of each segment over that of its neighbour.
    front
        ``(n, 3)`` the ends that point away from the chain.
    upper
        ``(3,)`` largest coordinates inside the volume, in trace space.
    """
    radius = geometric_radius(rows)
    ratio = geometric_radius(previous) / radius
    size = (radius > 1.0) & ~((ratio >= 1.0 / SIZE_RATIO) & (ratio <= SIZE_RATIO))
    # A front with a negative coordinate counts as inside; behaviour of the reference.
    outside = np.any(front > upper, axis=-1) & ~np.any(front < 0, axis=-1)
    return np.select([size, signal_ratio < SIGNAL_RATIO, outside], [1, 2, 3], 0).astype(np.int8)


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
