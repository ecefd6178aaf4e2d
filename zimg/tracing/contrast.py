"""Contrast of segments: rejection, screening and trimming of chains in accurate tracing."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from zimg.tracing.chains import Chain, length
from zimg.tracing.grow_levels import REFUSED
from zimg.tracing.ladder import FLOOR
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.screening import (
    LEAST_CONTRAST,
    SPLIT_REACH,
    Screening,
    screen_by_contrast,
)
from zimg.tracing.segments import (
    LENGTH,
    POSITION,
    Rows,
    axis_point,
    flipped,
    geometric_radius,
)

HALF = 0.5
"""Fraction of the neurite's signal at which it ends (half maximum)."""

LOWEST = FLOOR / LEAST_CONTRAST
"""Lowest threshold of the ladder in units of the contrast that a chain needs."""

NEARBY = 6
"""Segments before an end whose median is the brightness of the neurite: about 30 voxels."""


class ContrastScorer(TubeScorer):
    """A scorer that refuses segments without contrast also as seeds, not only while they grow."""

    def full(self, rows: Rows) -> Rows:
        """Objective, correlation and mean signal, ``(n, 3)``; correlation -1 without contrast."""
        scores = self.full_around(rows)
        if self.least_contrast > 0.0:
            scores[_difference(scores) < self.least_contrast, 1] = REFUSED
        return scores[:, :3]

    def contrast(self, rows: Rows) -> Rows:
        """Mean signal inside less that around each segment, ``(n,)``; 0 without a sample."""
        return _difference(self.full_around(rows))


def _difference(scores: Rows) -> Rows:
    return np.nan_to_num(scores[:, 2] - scores[:, 3], nan=0.0)


@dataclass
class ContrastChain(Chain):
    """A chain with the contrast of each segment.

    Attributes
    ----------
    contrast
        ``(n,)`` mean signal inside less that around.
    bright
        ``(n,)`` length of the part that is at least half as bright as the neurite, from the inner
        end of a first or last segment; the whole length of others.
    """

    contrast: Rows = field(default_factory=lambda: np.zeros(0))
    bright: Rows = field(default_factory=lambda: np.zeros(0))


def with_contrast(chains: Sequence[Chain], scorer: TubeScorer) -> list[Chain]:
    """Chains with their contrast if `scorer` is a `ContrastScorer`; else unchanged chains."""
    if not isinstance(scorer, ContrastScorer) or not chains:
        return list(chains)
    found = scorer.full_around(np.concatenate([chain.segments for chain in chains]))
    bounds = np.cumsum([len(chain) for chain in chains])[:-1]
    inside = np.split(found[:, 2], bounds)
    lengths = bright_lengths(chains, inside, scorer)
    return [
        ContrastChain(
            **{f.name: getattr(chain, f.name) for f in fields(Chain)}, contrast=part, bright=bright
        )
        for chain, part, bright in zip(
            chains, np.split(_difference(found), bounds), lengths, strict=True
        )
    ]


def bright_lengths(
    chains: Sequence[Chain], inside: Sequence[Rows], scorer: TubeScorer
) -> list[Rows]:
    """`ContrastChain.bright` of every chain.

    Parameters
    ----------
    chains
        In trace space of `scorer`.
    inside
        ``(n,)`` mean signal inside the segments of each.
    scorer
        Measures slices of the end segments.
    """
    lengths = [chain.segments[:, LENGTH].copy() for chain in chains]
    several = [number for number, chain in enumerate(chains) if len(chain) > 1]
    if not several:
        return lengths
    tails = np.stack([chains[number].segments[-1] for number in several])
    heads = flipped(np.stack([chains[number].segments[0] for number in several]))
    behind = np.array([np.median(inside[n][:-1][-NEARBY:]) for n in several])
    ahead = np.array([np.median(inside[n][1:][:NEARBY]) for n in several])
    for end, rows, level in ((-1, tails, behind), (0, heads, ahead)):
        for number, reach in zip(several, _bright_reach(rows, level, scorer), strict=True):
            lengths[number][end] = reach
    return lengths


def _bright_reach(rows: Rows, level: Rows, scorer: TubeScorer) -> Rows:
    """Length of each segment up to its last unit slice that is bright enough, at least 1."""
    slices = int(rows[:, LENGTH].max())
    offset = np.arange(float(slices))
    thin = np.repeat(rows[:, None, :], slices, axis=1)
    thin[..., POSITION] = axis_point(thin, offset)
    thin[..., LENGTH] = 1.0
    signal = np.nan_to_num(scorer.full_around(thin.reshape(-1, rows.shape[1]))[:, 2])
    bright = signal.reshape(len(rows), slices) >= HALF * level[:, None]
    bright &= offset <= rows[:, LENGTH, None] - 1.0
    last = np.where(bright, offset, 0.0).max(axis=1)
    whole = last + 1.0 > rows[:, LENGTH] - 1.0  # less than a voxel would be cut
    return np.where(whole, rows[:, LENGTH], last + 1.0)


def screened(
    chains: Sequence[Chain], *, noise: float, longest_side: float, clutter: str
) -> Screening:
    """Screen the chains of `with_contrast`; see `screen_by_contrast`."""
    if not chains:
        return Screening()
    return screen_by_contrast(
        mean_contrast(chains),
        np.array([length(chain) for chain in chains]),
        np.array([np.median(geometric_radius(chain.segments)) for chain in chains]),
        np.array([chain.mean_signal.mean() for chain in chains]),
        noise=noise,
        longest_side=longest_side,
        clutter=clutter,
    )


def mean_contrast(chains: Sequence[Chain]) -> Rows:
    """Mean contrast of the segments of each chain, ``(chains,)``."""
    contrast = [chain.contrast for chain in chains if isinstance(chain, ContrastChain)]
    assert len(contrast) == len(chains)
    counts = np.array([len(part) for part in contrast])
    sums = np.add.reduceat(np.concatenate(contrast), np.cumsum([0, *counts[:-1]]))
    return np.asarray(sums / counts)


def worth_tracing(
    level: float, chains: Sequence[Chain], *, noise: float, longest_side: float
) -> bool:
    """Whether a threshold can reveal further neurites that pass the screening.

    Along its middle, a neurite is brighter than its contrast. The ladder ends at `FLOOR` times the
    noise because chains need `LEAST_CONTRAST` times the noise; where the chains found so far raise
    that limit, the ladder ends higher by the same ratio. Clutter that is split off does not raise
    it, because the split may change with every further level. Nor do chains that are together
    shorter than a neuron: a bright soma has some, and its neurites may be much dimmer.

    Parameters
    ----------
    level
        The threshold, in units of the signal.
    chains
        Of `with_contrast`, from all higher thresholds.
    noise
        In units of the signal.
    longest_side
        The larger of height and width of the image, in voxels.
    """
    screening = screened(chains, noise=noise, longest_side=np.inf, clutter="keep")
    keep = screening.keep.tolist()
    reach = sum(length(chain) for chain, kept in zip(chains, keep, strict=True) if kept)
    return reach < SPLIT_REACH * longest_side or level >= LOWEST * screening.limit
