"""Seeds become fitted segments with scores; the best of those that overlap survive."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._progress import Reporter
from zimg.tracing.fit import fit
from zimg.tracing.labels import Labeller, Mask, hits
from zimg.tracing.orientation import centred, search_orientation
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import COLUMNS, DEFAULT_LENGTH, LENGTH, RADIUS, SCALE, Rows

SMALL_VALUE = 3.0
"""Below this distance the start radius is half a voxel larger (behaviour of the reference)."""

FITTED = 512
"""Seeds that are fitted between two looks at the progress; enough to fill a device."""

BASE_LIMIT = 1.01
"""Squared distance in radii up to which a seed covers voxels (behaviour of the reference)."""


@dataclass
class ScoredSeeds:
    """Fitted segments, best first, that did not overlap a better one when they were committed.

    Attributes
    ----------
    rows
        ``(n, 8)`` segments in trace space.
    score, mean_signal
        ``(n,)`` correlation with the signal, and mean signal inside.
    """

    rows: Rows
    score: Rows
    mean_signal: Rows


def score_seeds(
    scorer: TubeScorer, points: Rows, values: Rows, *, exact: bool, report: Reporter
) -> ScoredSeeds:
    """Fit one segment to every seed, in the order given.

    Parameters
    ----------
    points, values
        ``(n, 3)`` voxels x y z and ``(n,)`` distances from the background, of the mask's seeds.
    exact
        Compare all orientations in full.
    """
    rows = _start(points, values, scorer.layout.z_to_xy)
    report.stage("score seeds", len(rows))
    rows = centred(rows, scorer.centroid(rows))
    rows, _ = search_orientation(scorer, rows, exact=exact)
    for _ in range(3):
        rows = centred(rows, scorer.centroid(rows))
    for start in range(0, len(rows), FITTED):
        report.check()
        part = rows[start : start + FITTED]
        part[:], _ = fit(scorer, part)
        report.advance(len(part))
    full = scorer.full(rows)
    return ScoredSeeds(rows, full[:, 1], full[:, 2])


def _start(points: Rows, values: Rows, z_to_xy: float) -> Rows:
    """Upright segments of default length around the seeds."""
    rows = np.zeros((len(points), COLUMNS))
    rows[:, RADIUS] = np.where(values < SMALL_VALUE, values + 0.5, values)
    rows[:, SCALE], rows[:, LENGTH] = 1.0, DEFAULT_LENGTH
    return centred(rows, points * np.array([1.0, 1.0, z_to_xy]))


def commit(
    seeds: ScoredSeeds,
    points: Rows,
    base_mask: Mask,
    *,
    z_to_xy: float,
    strong: float,
    trace_mask: Mask | None = None,
) -> ScoredSeeds:
    """Keep the seeds, best first, whose voxel no better one has covered; mark what they cover.

    Parameters
    ----------
    points
        ``(n, 3)`` voxels x y z of the seeds.
    base_mask
        Written with 2 where a segment with a score above `strong` lies and 1 under a weaker one.
    trace_mask
        Voxels of earlier chains: a segment that meets them is dropped.
    """
    labeller = Labeller(seeds.rows, z_to_xy, limit=BASE_LIMIT)
    kept = []
    for index in np.argsort(-seeds.score, kind="stable"):
        x, y, z = points[index].astype(int)
        if base_mask[z, y, x]:
            continue
        if trace_mask is not None and hits(trace_mask, seeds.rows[index], z_to_xy):
            continue
        labeller.write(base_mask, index, 2 if seeds.score[index] > strong else 1)
        kept.append(index)
    return _chosen(seeds, np.array(kept, np.int64))


def _chosen(seeds: ScoredSeeds, index: NDArray[np.int64]) -> ScoredSeeds:
    return ScoredSeeds(seeds.rows[index], seeds.score[index], seeds.mean_signal[index])
