"""A branch point in a chain: where another chain meets its knots, and the segment put there."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zimg.tracing.chains import BACKWARD, BOTH, FORWARD, Chain, knots
from zimg.tracing.distances import nearest_interval
from zimg.tracing.segments import LENGTH, POSITION, RADIUS, Rows, point_at

PROBE_REACH = 5.0
"""Half length of the probe laid along the hook's orientation (behaviour of the reference)."""

SHORT = 1.0
"""A branch point nearer to a knot, in voxels, moves to it (behaviour of the reference)."""

SHORT_AT_ENDS = 3.0
"""The same at the two ends of a chain (behaviour of the reference)."""


@dataclass(frozen=True)
class BranchPoint:
    """Where a hook chain meets a loop chain.

    Attributes
    ----------
    chain
        The loop chain, with a segment more when the point is not on one of its knots.
    position
        ``(3,)`` the point in trace space.
    index
        Segment of the inserted point; None without an insertion.
    new
        Segments of `chain` that are new; those after it have moved up by one.
    """

    chain: Chain
    position: Rows
    index: int | None = None
    new: range = range(0)


@dataclass(frozen=True)
class KnotLine:
    """The polyline through the knots of a chain.

    Attributes
    ----------
    index, fraction
        ``(m,)`` segment and axial fraction of every knot.
    points
        ``(m, 3)`` positions in trace space.
    """

    index: NDArray[np.int64]
    fraction: Rows
    points: Rows


def knot_line(chain: Chain) -> KnotLine:
    """The polyline through the knots of `chain`."""
    index, fraction = knots(chain)
    return KnotLine(index, fraction, point_at(chain.segments[index], fraction))


def with_branch_point(
    chain: Chain, line: KnotLine, position: Rows, orientation: Rows | None
) -> BranchPoint:
    """Find the point of `chain` nearest to a hook and insert it unless a knot is near.

    Parameters
    ----------
    chain
        The loop chain; it is not changed.
    line
        The polyline through its knots.
    position
        ``(3,)`` point on its surface nearest to the hook.
    orientation
        ``(3,)`` unit vector of the hook's end, or None for the point alone.

    Returns
    -------
    BranchPoint
        A point within 1 voxel of a knot, or 3 voxels of an end, is moved there.
    """
    reach = np.zeros(3) if orientation is None else PROBE_REACH * orientation
    interval, along = nearest_interval(position - reach, position + reach, line.points)
    along = _snapped(along, interval, line.points)
    if along in (0.0, 1.0):
        return BranchPoint(chain, line.points[interval + int(along)])
    lower, upper = line.index[interval : interval + 2].tolist()
    fraction = line.fraction[interval : interval + 2]
    if lower == upper:
        return _split(chain, lower, fraction, along)
    return _bridged(chain, lower, upper, fraction, along)


def _snapped(along: float, interval: int, points: Rows) -> float:
    """Move a point that is near a knot of its interval onto it."""
    before = along * float(np.linalg.norm(points[interval + 1] - points[interval]))
    after = (1.0 - along) / along * before if along > 0.0 else np.inf
    if before < SHORT and along <= 0.5:
        return 0.0
    if after < SHORT and along >= 0.5:
        return 1.0
    if interval == 0 and before < SHORT_AT_ENDS:
        return 0.0
    if interval == len(points) - 2 and after < SHORT_AT_ENDS:
        return 1.0
    return along


def _split(chain: Chain, at: int, fraction: Rows, along: float) -> BranchPoint:
    """Cut the segment that carries both knots in two.

    The upper part gets its own length; the reference gives it the lower part's.
    """
    row = chain.segments[at]
    cut = fraction[0] * (1.0 - along) + fraction[1] * along
    position = point_at(row, cut)
    if row[LENGTH] <= 1.0:
        return BranchPoint(chain, position)
    reach = row[LENGTH] - 1.0
    rows = np.insert(chain.segments, at, row, axis=0)
    rows[at, LENGTH] = reach * cut + 1.0
    rows[at + 1, LENGTH] = reach * (1.0 - cut) + 1.0
    rows[at + 1, POSITION] = position
    out = _with_records(chain, at, rows)
    if fraction[0] == 0.0:
        _set_knot(out, at, 1.0, BACKWARD)
        _set_knot(out, at + 1, (fraction[1] - cut) / (1.0 - cut), int(out.direction[at + 1]))
    else:
        _set_knot(out, at, fraction[0] / cut, int(out.direction[at]))
        _set_knot(out, at + 1, 0.0, FORWARD)
    # Of the two parts, the one that is not an end of the chain stands for the point.
    return BranchPoint(out, position, at + 1 if at == 0 else at, range(at, at + 2))


def _bridged(chain: Chain, lower: int, upper: int, fraction: Rows, along: float) -> BranchPoint:
    """Put a segment of unit length between two neighbours, at a point between their knots."""
    ends = point_at(chain.segments[[lower, upper]], fraction)
    position = ends[0] * (1.0 - along) + ends[1] * along
    row = chain.segments[lower].copy()
    radius = chain.segments[[lower, upper], RADIUS]
    row[RADIUS] = radius[0] * (1.0 - along) + radius[1] * along
    row[LENGTH] = 1.0
    row[POSITION] = position
    out = _with_records(chain, lower, np.insert(chain.segments, upper, row, axis=0), before=upper)
    out.direction[upper] = FORWARD
    _set_knot(out, upper, 0.0, FORWARD)
    if out.direction[upper + 1] != BOTH:
        out.fix[upper + 1] = fraction[1]
    return BranchPoint(out, position, upper, range(upper, upper + 1))


def _with_records(chain: Chain, source: int, rows: Rows, *, before: int | None = None) -> Chain:
    """`rows` as a chain whose new segment, before index `before`, has the record of `source`."""
    at = source if before is None else before
    return replace(
        chain,
        segments=rows,
        direction=np.insert(chain.direction, at, chain.direction[source]),
        fix=np.insert(chain.fix, at, chain.fix[source]),
        score=np.insert(chain.score, at, chain.score[source]),
        mean_signal=np.insert(chain.mean_signal, at, chain.mean_signal[source]),
    )


def _set_knot(chain: Chain, index: int, fraction: float, direction: int) -> None:
    """Let a segment carry its knot at `fraction`; a seed, which carries none, gets a direction."""
    chain.fix[index] = fraction
    if chain.direction[index] == BOTH:
        chain.direction[index] = direction
