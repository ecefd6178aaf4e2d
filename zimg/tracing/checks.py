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


def own_failure(row: Rows, score: float, limit: float) -> End | None:
    """Why a segment fails by itself, which is tested before loops, or None."""
    if not passes_score(np.asarray(score), row, limit):
        return End.LOW_SCORE
    return End.TOO_LARGE if geometric_radius(row) > LARGEST_RADIUS else None


def change_failure(
    row: Rows, previous: Rows, signal_ratio: float, front: Rows, upper: Rows
) -> End | None:
    """Why a segment fails against its neighbour or leaves the volume, or None.

    Parameters
    ----------
    signal_ratio
        Mean signal of the segment over that of `previous`.
    front
        ``(3,)`` the end that points away from the chain.
    upper
        ``(3,)`` largest coordinates inside the volume, in trace space.
    """
    radius, ratio = geometric_radius(row), geometric_radius(previous) / geometric_radius(row)
    if radius > 1.0 and not 1.0 / SIZE_RATIO <= ratio <= SIZE_RATIO:
        return End.SIZE_CHANGE
    if signal_ratio < SIGNAL_RATIO:
        return End.SIGNAL_CHANGE
    # A front with a negative coordinate counts as inside; behaviour of the reference.
    outside = np.any(front > upper) and not np.any(front < 0)
    return End.OUT_OF_BOUND if outside else None


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
