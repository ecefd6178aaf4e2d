"""The ends of a grown chain: cut to the supported length, removed where they fold back."""

from dataclasses import replace

import numpy as np

from zimg.tracing.chains import Chain, End
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import (
    COLUMNS,
    LENGTH,
    SCALE,
    Rows,
    contains,
    flipped,
    point_at,
    upper_direction,
)

SLICE_CORRELATION = 0.5
"""A slice that correlates better than this supports its segment (behaviour of the reference)."""

LARGEST_TURN = 1.0
"""End segments that turn by more, in radians, are dropped (behaviour of the reference)."""

FLATTER, WORSE = 1.4, 0.85
"""Flatness and score of a segment, relative to the medians of its chain, beyond which it lies
across two branches of a fork."""


def tuned(chain: Chain, scorer: TubeScorer) -> Chain:
    """The chain with both end segments cut to their supported length, unless they met a mark."""
    if len(chain) < 2:
        return chain
    rows = chain.segments.copy()
    ends = np.stack([flipped(rows[0]), rows[-1]])
    free = np.array([end is not End.HIT_MARK for end in (chain.head, chain.tail)])
    ends[free] = shortened(ends[free], scorer)
    rows[-1] = ends[1]
    if free[0]:
        rows[0] = flipped(ends[0])
    return replace(chain, segments=rows)


def shortened(rows: Rows, scorer: TubeScorer) -> Rows:
    """Segments, ``(..., 8)``, cut behind the last of their unit slices that the signal supports."""
    out = rows.reshape(-1, COLUMNS).copy()
    supported = scorer.slices(out)[:, 1:] > SLICE_CORRELATION
    last = supported.shape[1] - np.argmax(supported[:, ::-1], axis=1)
    out[:, LENGTH] = np.where(supported.any(axis=1), last + 1.0, 1.0)
    return out.reshape(rows.shape)


def without_overlap(chain: Chain) -> Chain:
    """The chain without end segments that lie inside their neighbours."""
    if len(chain) >= 2 and _inside(chain.segments[0], chain.segments[1]):
        chain = part(chain, slice(1, None))
    if len(chain) >= 2 and _inside(chain.segments[-1], chain.segments[-2]):
        chain = part(chain, slice(None, -1))
    return chain


def without_turns(chain: Chain) -> Chain:
    """The chain without end segments that turn sharply."""
    if len(chain) >= 2 and _turn(chain.segments[0], chain.segments[1]) > LARGEST_TURN:
        chain = part(chain, slice(1, None))
    if len(chain) >= 2 and _turn(chain.segments[-1], chain.segments[-2]) > LARGEST_TURN:
        chain = part(chain, slice(None, -1))
    return chain


def without_straddling(chain: Chain) -> Chain:
    """The chain without segments at its ends that lie across two branches of a fork.

    A thick neurite that forks goes on growing between its branches, as a flat tube that fits less
    and less. Ends that met a mark stay.
    """
    flat = np.maximum(chain.segments[:, SCALE], 1.0 / chain.segments[:, SCALE])
    across = (flat > FLATTER * np.median(flat)) & (chain.score < WORSE * np.median(chain.score))
    first, last = 0, len(chain)
    while chain.tail is not End.HIT_MARK and last - first > 2 and across[last - 1]:
        last -= 1
    while chain.head is not End.HIT_MARK and last - first > 2 and across[first]:
        first += 1
    return part(chain, slice(first, last)) if last - first < len(chain) else chain


def part(chain: Chain, kept: slice) -> Chain:
    """Consecutive segments of a chain, with their records."""
    return replace(
        chain,
        segments=chain.segments[kept],
        direction=chain.direction[kept],
        fix=chain.fix[kept],
        score=chain.score[kept],
        mean_signal=chain.mean_signal[kept],
    )


def _inside(row: Rows, neighbour: Rows) -> bool:
    return bool(contains(neighbour, point_at(row, 0.0)) and contains(neighbour, point_at(row, 1.0)))


def _turn(a: Rows, b: Rows) -> float:
    """Angle between two segments, in radians."""
    return float(np.arccos(np.clip(upper_direction(a) @ upper_direction(b), -1.0, 1.0)))
