"""Selection of chains by shape and by contrast to noise, to clutter and to the other chains.

Contrast is the mean signal of a chain minus that around it; it separates neurites from texture
better than score or length. In images with much dim clutter the limit follows from the distribution
of contrasts if that has two well separated modes.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHORTEST = 11.0
"""Shortest chain that is kept and counted, in voxels."""

SLENDERNESS, BODY = 4.0, 0.5
"""Least length of a chain in units of its median radius: a neurite is twice as long as wide. The
glow around a cell body is filled with chains that are not. The cell body itself has such chains,
too, whose signal is at least this share of that of the brightest chain."""

LEAST_CONTRAST = 4.5
"""Smallest contrast of a chain in units of the noise."""

RELATIVE_CONTRAST = 0.2
"""Smallest contrast of a chain in units of the median contrast of the image's chains."""

SPLIT_RATIO, SPLIT_CHAINS, SPLIT_REACH = 4.0, 50, 0.75
"""Conditions for clutter: least ratio of the median contrasts of bright and dim chains, least
number of dim chains, least length of the bright chains in units of the image's longer side."""

SPLIT_SHARE = 0.8
"""Least contrast of a chain in units of the contrast that separates the two modes."""


@dataclass(frozen=True)
class Screening:
    """Result of the screening of one image.

    Attributes
    ----------
    keep
        ``(chains,)`` bool.
    limit
        Contrast that a chain needs.
    split, threshold, ratio, dim_chains
        Whether clutter was split off; the contrast that separates dim and bright chains, the ratio
        of their medians, and the number of dim ones.
    removed_by_split
        Length of the chains that the split alone has removed, in voxels.
    """

    keep: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    limit: float = 0.0
    split: bool = False
    threshold: float = 0.0
    ratio: float = 0.0
    dim_chains: int = 0
    removed_by_split: float = 0.0


def screen_by_contrast(
    contrast: Floats,
    length: Floats,
    radius: Floats,
    signal: Floats,
    *,
    noise: float,
    longest_side: float,
    clutter: str = "split",
) -> Screening:
    """Decide which chains to keep.

    Parameters
    ----------
    contrast
        ``(chains,)`` mean over the segments of the signal inside less that around, in units of the
        image.
    length
        ``(chains,)`` lengths in voxels.
    radius
        ``(chains,)`` median radii of the segments, in voxels.
    signal
        ``(chains,)`` mean signal of the segments, in units of the image.
    noise
        Standard deviation of the smoothed background, in units of the image.
    longest_side
        The larger of height and width of the image, in voxels.
    clutter
        ``"split"`` removes dim chains if the conditions for clutter hold, ``"keep"`` does not.
    """
    threshold, ratio, dim, split = _separation(contrast, length, longest_side)
    split = split and clutter == "split"
    strong = contrast >= LEAST_CONTRAST * noise
    typical = weighted_median(contrast[strong], length[strong])
    plain = max(LEAST_CONTRAST * noise, RELATIVE_CONTRAST * typical)
    limit = max(plain, SPLIT_SHARE * threshold) if split else plain
    body = signal >= BODY * signal.max(initial=0.0)
    enough = (length >= SHORTEST) & (body | (length >= SLENDERNESS * radius)) & (contrast >= plain)
    keep = enough & (contrast >= limit)
    removed = float(length[enough & ~keep].sum())
    return Screening(keep, limit, split, threshold, ratio, dim, removed)


def _separation(
    contrast: Floats, length: Floats, longest_side: float
) -> tuple[float, float, int, bool]:
    """Separating contrast, ratio of bright to dim, number of dim chains, whether to split."""
    counted = (length >= SHORTEST) & (contrast > 0.0)
    values, weights = contrast[counted], length[counted]
    threshold = otsu_threshold(np.log(values), weights)
    if threshold is None:
        return 0.0, 0.0, 0, False
    dim = np.log(values) < threshold
    medians = [weighted_median(values[part], weights[part]) for part in (~dim, dim)]
    ratio, count = medians[0] / medians[1], int(dim.sum())
    two_kinds = ratio >= SPLIT_RATIO and count >= SPLIT_CHAINS
    two_kinds &= bool(weights[~dim].sum() >= SPLIT_REACH * longest_side)
    return float(np.exp(threshold)), ratio, count, bool(two_kinds)


def otsu_threshold(values: Floats, weights: Floats) -> float | None:
    """Threshold that separates `values` into two parts of largest variance between them.

    Parameters
    ----------
    values, weights
        ``(n,)``.

    Returns
    -------
    float or None
        Between two neighbouring values; None where all are equal. N. Otsu, 1979,
        doi:10.1109/TSMC.1979.4310076.
    """
    order = np.argsort(values, kind="stable")
    ordered, weights = values[order], weights[order]
    cuts = np.flatnonzero(ordered[1:] > ordered[:-1])
    if not cuts.size:
        return None
    mass, moment = np.cumsum(weights), np.cumsum(weights * ordered)
    low, high = mass[cuts], mass[-1] - mass[cuts]
    apart = moment[cuts] / low - (moment[-1] - moment[cuts]) / high
    best = cuts[int(np.argmax(low * high * apart**2))]
    return float((ordered[best] + ordered[best + 1]) / 2.0)


def weighted_median(values: Floats, weights: Floats) -> float:
    """Smallest of `values` that at least half of the weight does not exceed; 0 without values."""
    if not values.size:
        return 0.0
    order = np.argsort(values, kind="stable")
    mass = np.cumsum(weights[order])
    return float(values[order][int(np.searchsorted(mass, mass[-1] / 2.0))])
