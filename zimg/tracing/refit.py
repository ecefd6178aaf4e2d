"""A second try where chains stopped: their ends are shortened and continued from a new angle."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from zimg._progress import Reporter
from zimg.tracing.chains import BOTH, Chain, End
from zimg.tracing.checks import passes_score
from zimg.tracing.ends import part, shortened
from zimg.tracing.fit import fit
from zimg.tracing.orientation import angles_of, grid
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seed_scores import ScoredSeeds
from zimg.tracing.segments import (
    COLUMNS,
    DEFAULT_LENGTH,
    LENGTH,
    POSITION,
    PSI,
    THETA,
    Rows,
    axis_point,
    flipped,
    frame,
    geometric_radius,
    upper_direction,
)

FINAL = (End.HIT_MARK, End.OUT_OF_BOUND)
"""Ends that stopped for good."""

SHORTEST = DEFAULT_LENGTH / 3.0
"""An end segment that is shortened below this is given up, in voxels."""

LARGEST_RADIUS = 5.5
"""Thicker ends are not tried again (behaviour of the reference)."""

LEAST_STEP = 0.75
"""Fraction of the end segment at which its continuation begins at the earliest."""

WIDEST_TURN = 1.6
"""Largest angle to the end segment, in radians, of the directions that are tried."""


def continuations(
    scorer: TubeScorer, chains: Sequence[Chain], *, min_score: float, report: Reporter
) -> ScoredSeeds:
    """Segments that continue chains where they stopped, best first.

    Parameters
    ----------
    scorer
        The volume.
    chains
        Chains in trace space.
    min_score
        Least score of a continuation.

    Notes
    -----
    The reference does this while a chain grows; here the continuations are seeds of new chains,
    which the structure stage joins to the old ones.
    """
    starts = [row for chain in chains for row in _open_ends(chain, scorer)]
    if not starts:
        return ScoredSeeds(np.zeros((0, COLUMNS)), np.zeros(0), np.zeros(0))
    rows = np.stack([_best_turn(scorer, _next_row(row)) for row in starts])
    report.check()
    rows, _ = fit(scorer, rows)
    full = scorer.full(rows)
    good = np.flatnonzero(passes_score(full[:, 1], rows, min_score))
    order = good[np.argsort(-full[good, 1], kind="stable")]
    return ScoredSeeds(rows[order], full[order, 1], full[order, 2])


def without_overlap_of_seed(chain: Chain) -> Chain:
    """The part of a continuing chain from its seed on: before it lies the chain it continues."""
    seed = int(np.flatnonzero(chain.direction == BOTH)[0]) if BOTH in chain.direction else 0
    return replace(part(chain, slice(seed, None)), head=End.HIT_MARK)


def _open_ends(chain: Chain, scorer: TubeScorer) -> Iterator[Rows]:
    """The shortened end segments that may go on, tops outwards."""
    ends = ((chain.tail, chain.segments[::-1]), (chain.head, flipped(chain.segments)))
    for status, rows in ends:
        if status in FINAL or len(chain) < 2:
            continue
        for row in rows:
            short = shortened(row, scorer)
            if short[LENGTH] >= SHORTEST:
                if geometric_radius(short) < LARGEST_RADIUS:
                    yield short
                break


def _next_row(row: Rows) -> Rows:
    """The segment that follows `row`, before it is turned and fitted."""
    out = row.copy()
    step = max(LEAST_STEP, 1.0 - float(geometric_radius(row)) / row[LENGTH])
    out[POSITION] = axis_point(row, step * (row[LENGTH] - 1.0))
    out[LENGTH] = DEFAULT_LENGTH
    return out


def _best_turn(scorer: TubeScorer, row: Rows) -> Rows:
    """The direction about its bottom in which a segment fits the signal best."""
    angles = grid()
    angles = angles[angles[:, 0] < WIDEST_TURN]
    start = np.zeros((len(angles), COLUMNS))
    start[:, THETA : PSI + 1] = angles
    turned = upper_direction(start) @ np.stack(frame(row))
    rows = np.repeat(row[None], len(angles) + 1, axis=0)
    rows[1:, THETA : PSI + 1] = np.column_stack(angles_of(turned))
    return rows[int(np.argmax(scorer.core(rows)))]
