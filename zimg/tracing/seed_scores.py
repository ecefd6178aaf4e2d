"""Segments fitted to seeds and their scores; of overlapping segments the best is kept."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._progress import Reporter
from zimg.tracing.fit import fit
from zimg.tracing.labels import Labeller, Mask, hits
from zimg.tracing.orientation import centred, search_orientation
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seeds import Seeds, marks_at
from zimg.tracing.segments import COLUMNS, DEFAULT_LENGTH, LENGTH, RADIUS, SCALE, Rows

SMALL_VALUE = 3.0
"""Below this distance the start radius is half a voxel larger (behaviour of the reference)."""

FITTED = 512
"""Seeds that are fitted between two reports of progress; enough to occupy a device."""

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
    report.stage("score seeds", len(points))
    return _scored(scorer, points, values, exact=exact, report=report)


def score_unrefused(
    scorer: TubeScorer, seeds: Seeds, refused: Mask, *, least: float, exact: bool, report: Reporter
) -> tuple[ScoredSeeds, Seeds]:
    """Fit segments to seeds, but not inside segments that were fitted before and refused.

    In textured images most seeds lie close together, and at every threshold again where higher
    thresholds had some: their fits end in the same segments, whose scores are too low.

    Parameters
    ----------
    scorer
        The volume.
    seeds
        Off what is traced.
    refused
        ``(Z, Y, X)`` uint8 on the host, of earlier calls: in refused segments the distance of
        their seeds from the background in voxels. Seeds at less than half of it are fitted: a
        neurite can leave a soma.
    least
        Score up to which a segment is refused. Thick tubes need more to grow, but do not count as
        refused: a soma would keep the seeds of its neurites.
    exact
        Whether all orientations are compared in full.

    Returns
    -------
    ScoredSeeds, Seeds
        Segments of the seeds that were fitted, and these seeds, in the order given. Seeds at the
        largest distance from the background are fitted first.
    """
    report.stage("score seeds", len(seeds))
    order, fitted, scores = np.argsort(-seeds.value, kind="stable"), [], []
    for start in range(0, len(order), FITTED):
        part = np.zeros(len(seeds), np.bool_)
        part[order[start : start + FITTED]] = True
        part[part] = ~_inside_refused(seeds.chosen(part), refused)
        chosen = seeds.chosen(part)
        report.advance(len(order[start : start + FITTED]) - len(chosen))
        found = _scored(scorer, chosen.points, chosen.value, exact=exact, report=report)
        _refuse(found, chosen.value, refused, least, scorer.layout.z_to_xy)
        fitted.append(np.flatnonzero(part))
        scores.append(found)
    return _in_order(seeds, fitted, scores)


def _inside_refused(seeds: Seeds, refused: Mask) -> NDArray[np.bool_]:
    """Whether seeds lie in refused segments whose seeds were at most twice as thick."""
    thickness = marks_at(seeds, refused)
    return np.asarray((thickness > 0) & (thickness <= 2.0 * seeds.value))


def _refuse(seeds: ScoredSeeds, values: Rows, refused: Mask, least: float, z_to_xy: float) -> None:
    """Mark the segments whose scores are too low with the distances of their seeds."""
    labeller = Labeller(seeds.rows, z_to_xy, limit=BASE_LIMIT)
    thickness = np.clip(np.ceil(values), 1, 255).astype(np.int64)
    for index in np.flatnonzero(seeds.score <= least).tolist():
        labeller.write(refused, index, int(thickness[index]))


def _in_order(
    seeds: Seeds, fitted: list[NDArray[np.intp]], scores: list[ScoredSeeds]
) -> tuple[ScoredSeeds, Seeds]:
    """Fitted segments, which come in parts, and their seeds, in the order of the seeds."""
    index = np.concatenate(fitted)
    order = np.argsort(index)
    joined = [
        np.concatenate([getattr(part, name) for part in scores])[order]
        for name in ("rows", "score", "mean_signal")
    ]
    chosen = index[order]
    return ScoredSeeds(*joined), Seeds(seeds.points[chosen], seeds.value[chosen])


def _scored(
    scorer: TubeScorer, points: Rows, values: Rows, *, exact: bool, report: Reporter
) -> ScoredSeeds:
    rows = _start(points, values, scorer.layout.z_to_xy)
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
