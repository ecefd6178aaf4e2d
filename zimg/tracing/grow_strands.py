"""Growth of strands: segment after segment from one end, until something stops it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import hookable
from zimg._typing import Array, Namespace
from zimg.kernels.pack import Layout
from zimg.kernels.template import Template
from zimg.tracing.checks import change_failures, own_failures
from zimg.tracing.fit import fit_segments
from zimg.tracing.labels import Mask, marked
from zimg.tracing.scorer import score_segments
from zimg.tracing.segments import (
    DEFAULT_LENGTH,
    LENGTH,
    POSITION,
    Rows,
    axis_point,
    contains,
    point_at,
)

OVERLAP = 0.5
"""Fraction of a segment at which the next one begins (behaviour of the reference)."""

REFUSED = -1.0
"""Score of a segment whose signal does not stand out: below every limit."""


class Grown(NamedTuple):
    """What strands have grown, on the host.

    Attributes
    ----------
    rows
        ``(n, k, 8)`` new segments, tops in the direction of growth.
    score, signal
        ``(n, k)`` correlation and mean signal of each.
    own, change
        ``(n, k)`` why a segment fails before and after the loop test, numbers into the tuples of
        `zimg.tracing.checks`.
    gained
        ``(n,)`` number of new segments.
    open
        ``(n,)`` whether the strand may go on, as far as is known.
    """

    rows: Rows
    score: Rows
    signal: Rows
    own: NDArray[np.int8]
    change: NDArray[np.int8]
    gained: NDArray[np.int64]
    open: NDArray[np.bool_]


@hookable
def grow_strands(
    words: Array,
    rows: Rows,
    count: NDArray[np.int64],
    signal: Rows,
    ahead: Rows,
    mask: Mask,
    template: Template,
    /,
    *,
    layout: Layout,
    limit: float,
    contrast: float,
    most: int,
    xp: Namespace | None = None,
) -> Grown:
    """Grow strands in a packed volume; what one becomes does not depend on the others.

    Parameters
    ----------
    words
        Packed volume, of `zimg.kernels.pack`.
    rows, count
        ``(n, m, 8)`` segments of each strand so far, of which the first ``(n,)`` count.
    signal
        ``(n,)`` mean signal of the last segment.
    ahead
        ``(n, 3)`` where each strand is looked up in `mask` before its next segment.
    mask
        ``(Z, Y, X)`` uint8 on the host: strands end before they grow from where it is set. A mask
        of another shape stops nothing.
    template
        The full template, beside `words`.
    layout
        How to read `words`.
    limit
        Score that segments must exceed (with the factor for thick tubes).
    contrast
        Least difference of the mean signals inside and around a segment; 0 for none.
    most
        New segments of a strand at most.
    xp
        Namespace of `words`.

    Returns
    -------
    Grown
        Segments with their scores, and why each strand ends; a last segment that fails is included.
    """
    n, known = len(rows), rows.shape[1]
    chain = np.concatenate([rows, np.ones((n, most, rows.shape[2]))], axis=1)
    place, signal, ahead = count.copy(), signal.copy(), ahead.copy()
    found = _nothing(n, most)
    where = np.arange(known + most)
    for level in range(most):
        if mask.shape == layout.shape:
            found.open[:] &= ~marked(mask, ahead, layout.z_to_xy)
        on = np.flatnonzero(found.open)
        if not len(on):
            break
        last = chain[on, place[on] - 1]
        fitted, _ = fit_segments(words, predicted(last), template, layout=layout, xp=xp)
        score, mean = scored(words, fitted, template, layout, contrast, xp=xp)
        front = point_at(fitted, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(signal[on] != 0.0, mean / signal[on], np.inf)
        own = own_failures(fitted, score, limit)
        change = change_failures(fitted, last, ratio, front, np.array(layout.upper))
        before = where < place[on][:, None]
        loop = (contains(chain[on], front[:, None]) & before).any(1) & (front[:, 0] >= 0)
        found.rows[on, level], found.score[on, level] = fitted, score
        found.signal[on, level], found.own[on, level] = mean, own
        found.change[on, level] = change
        chain[on, place[on]] = fitted
        place[on] += 1
        signal[on], ahead[on] = mean, front
        found.gained[on] += 1
        found.open[on] = ~((own > 0) | (change > 0) | loop)
    return found


def _nothing(n: int, most: int) -> Grown:
    """Strands that have grown nothing yet."""
    score, signal = np.zeros((2, n, most))
    own, change = np.zeros((2, n, most), np.int8)
    rows, gained = np.zeros((n, most, 8)), np.zeros(n, np.int64)
    return Grown(rows, score, signal, own, change, gained, np.ones(n, np.bool_))


def predicted(last: Rows) -> Rows:
    """Segments moved on by half their axes, to be fitted, ``(n, 8)``."""
    rows = last.copy()
    rows[..., POSITION] = axis_point(last, OVERLAP * (last[..., LENGTH] - 1.0))
    rows[..., LENGTH] = DEFAULT_LENGTH
    return rows


def scored(
    words: Array,
    rows: Rows,
    template: Template,
    layout: Layout,
    contrast: float,
    *,
    xp: Namespace | None,
) -> tuple[Rows, Rows]:
    """Correlation and mean signal of segments, those without contrast refused."""
    full = score_segments(words, rows, template, layout=layout, what="full", xp=xp)
    score, mean = full[:, 1], full[:, 2]
    if contrast > 0.0:
        score = np.where(np.nan_to_num(mean - full[:, 3]) < contrast, REFUSED, score)
    return score, mean
