"""A chain: consecutive tube segments grown from one seed, from head to tail."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from zimg.tracing.segments import Rows, point_at

BACKWARD, BOTH, FORWARD = -1, 0, 1


class End(Enum):
    """Why a chain ends where it does."""

    OPEN = "open"
    LOW_SCORE = "low score"
    TOO_LARGE = "too large"
    LOOP = "loop formed"
    SIZE_CHANGE = "size change"
    SIGNAL_CHANGE = "signal change"
    OUT_OF_BOUND = "out of bound"
    HIT_MARK = "hit mark"


@dataclass
class Chain:
    """Segments in trace space with the record of each.

    Attributes
    ----------
    segments
        ``(n, 8)`` rows of :mod:`zimg.tracing.segments`; bottoms towards the head.
    direction
        ``(n,)`` int: how each segment was traced, `BACKWARD`, `FORWARD`, or `BOTH` for the seed.
    fix
        ``(n,)`` axial fraction held fixed in the fit (1 backward, 0 forward), NaN if none.
    score
        ``(n,)`` correlation of the fitted field with the signal.
    mean_signal
        ``(n,)`` mean signal inside each segment.
    head, tail
        Why the two ends stopped.
    """

    segments: Rows
    direction: NDArray[np.int8]
    fix: Rows
    score: Rows
    mean_signal: Rows
    head: End = End.OPEN
    tail: End = End.OPEN

    def __len__(self) -> int:
        return len(self.segments)


KNOT_DISTANCE = 1e-3
"""Knots closer than this, in voxels, are one knot (behaviour of the reference)."""


def knots(chain: Chain) -> tuple[NDArray[np.int64], Rows]:
    """Segment index and axial fraction of the points that carry the chain's shape."""
    last = len(chain) - 1
    if last == 0:
        return np.array([0, 0]), np.array([0.0, 1.0])
    index, fraction = _carried(chain)
    points = point_at(chain.segments[index], fraction)
    found, previous = [(0, 0.0)], None
    apart = np.linalg.norm(np.diff(points, axis=0), axis=1) > KNOT_DISTANCE
    for place, knot in enumerate(zip(index.tolist(), fraction.tolist(), strict=True)):
        if previous is not None and not (
            apart[place - 1]
            if previous == place - 1
            else np.linalg.norm(points[place] - points[previous]) > KNOT_DISTANCE
        ):
            continue
        if not _same_knot(found[-1], knot):
            found.append(knot)
            previous = place
    if not _same_knot(found[-1], (last, 1.0)):
        found.append((last, 1.0))
    return np.array([i for i, _ in found]), np.array([f for _, f in found])


def _carried(chain: Chain) -> tuple[NDArray[np.int64], Rows]:
    """The segments that carry a knot, and where on their axes."""
    direction, fixed = chain.direction, ~np.isnan(chain.fix)
    after_backward = np.append(False, direction[:-1] == BACKWARD)
    carries = (direction != BOTH) & (fixed | (direction == BACKWARD) | ~after_backward)
    fraction = np.where(fixed, chain.fix, np.where(direction == BACKWARD, 1.0, 0.0))
    index = np.flatnonzero(carries)
    return index, fraction[index]


def _same_knot(a: tuple[int, float], b: tuple[int, float]) -> bool:
    return a[0] == b[0] and abs(a[1] - b[1]) < 1e-5


def knot_points(chain: Chain) -> Rows:
    """Positions of the knots, ``(m, 3)`` in trace space, x y z."""
    index, fraction = knots(chain)
    return point_at(chain.segments[index], fraction)


def length(chain: Chain) -> float:
    """Length of the polyline through the knots, in voxels."""
    return float(np.linalg.norm(np.diff(knot_points(chain), axis=0), axis=1).sum())
