"""The falling thresholds at which an image is traced."""

import math
from collections.abc import Iterator

from zimg._dispatch import array_namespace
from zimg._typing import Array
from zimg.kernels.order import ranked
from zimg.kernels.widen import widened
from zimg.ops import to_host
from zimg.tracing.counts import Counts, value_counts, value_of_rank
from zimg.tracing.mask import count_above

BRIGHTEST_SHARE, FEWEST_BRIGHT = 0.001, 50
"""The top of the ladder is the value that this share of the voxels exceeds, or so many of them."""

STEP = 0.65
"""Ratio of neighbouring thresholds. On neurites, 0.5 to 0.8 give the same quality. 0.5 costs a
fifth less, but can miss the level at which a bright soma stands apart from its neurites."""

FLOOR = 4.0
"""Lowest threshold in units of the noise."""

MOST_LEVELS = 14

TO_SIGMA = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""

MOST_FOREGROUND = 0.25
"""Largest share of voxels above a threshold; below it, neurites merge."""


def top_value(signal: Array, counts: Counts | None = None, /) -> float:
    """Intensity of the brightest structures, insensitive to a few hot voxels.

    Parameters
    ----------
    signal
        ``(Z, Y, X)``, real, its background subtracted.
    counts
        Of `value_counts` for `signal`, if known.

    Returns
    -------
    float
        In units of `signal`; 0 when no voxel is above 0.
    """
    size = math.prod(signal.shape)
    counts = value_counts(signal) if counts is None else counts
    positive = count_above(signal, 0.0) if counts is None else int(counts[1:].sum())
    if positive == 0:
        return 0.0
    rank = size - min(max(FEWEST_BRIGHT, int(BRIGHTEST_SHARE * size)), positive)
    if counts is not None:
        return float(value_of_rank(counts, rank))
    return float(to_host(ranked(widened(signal, xp=array_namespace(signal)), rank)))


def thresholds(top: float, noise: float, *, step: float) -> list[float]:
    """Thresholds from the top of the signal down to its noise, in falling order.

    Parameters
    ----------
    top
        As from `top_value`.
    noise
        Standard deviation of the smoothed background.
    step
        Smallest difference of two values of the signal; 0 for continuous values.

    Returns
    -------
    list of float
        At least one. The lower end depends on the noise alone: between a saturated soma and the
        thinnest branch of the same neuron lies a factor of more than 50.
    """
    floor = max(FLOOR * noise, step)
    levels = [top * STEP**j for j in range(1, MOST_LEVELS + 1)]
    return [level for level in levels if level >= floor] or [top / 2.0]


def spread(answer: Array, /) -> float:
    """Noise of a non-negative filter response, half of which is background.

    Parameters
    ----------
    answer
        ``(Z, Y, X)``, floating.

    Returns
    -------
    float
        Standard deviation of a normal distribution whose upper half has the same median.
    """
    size = math.prod(answer.shape)
    positive = count_above(answer, 0.0)
    if positive == 0:
        return 0.0
    return TO_SIGMA * float(to_host(ranked(answer, size - 1 - positive // 2)))


def separating(
    signal: Array, levels: list[float], counts: Counts | None = None, /
) -> Iterator[float]:
    """The first threshold, and those with a foreground small enough for separate structures.

    `counts` are those of `value_counts` for the signal, if they are known.
    """
    counts = value_counts(signal) if counts is None else counts
    size = math.prod(signal.shape)
    for index, level in enumerate(levels):
        brighter = count_above(signal, level) if counts is None else counts[int(level) + 1 :].sum()
        share = int(brighter) / size
        if index and share > MOST_FOREGROUND:
            return
        yield level
