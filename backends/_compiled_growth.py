"""Compiled growth of one strand at a time: fit, score and test segment after segment.

Volumes and templates come as in ``_compiled_segments``; the rules are those of
``zimg.tracing.grow_strands`` and ``zimg.tracing.checks``.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from ._compiled import jit
from ._compiled_samples import view
from ._compiled_segments import FULL, fit, measure

LARGEST_RADIUS = 25.0
SIZE_RATIO = 2.0
SIGNAL_RATIO = 0.5
OVERLAP = 0.5
DEFAULT_LENGTH = 11.0
REFUSED = -1.0


@view
def top_of(row, out):
    """The end of the axis."""
    st, reach = np.sin(row[1]), row[4] - 1.0
    out[0] = row[5] + reach * (st * np.sin(row[2]))
    out[1] = row[6] - reach * (st * np.cos(row[2]))
    out[2] = row[7] + reach * np.cos(row[1])


@view
def is_marked(mask, point, z_to_xy):
    """Whether the voxel nearest to a point is set; False outside the volume."""
    x, y, z = _nearest(point[0]), _nearest(point[1]), _nearest(point[2] / z_to_xy)
    inside = x >= 0 and y >= 0 and z >= 0
    if not (inside and z < mask.shape[0] and y < mask.shape[1] and x < mask.shape[2]):
        return False
    return mask[int(z), int(y), int(x)] > 0


@view
def _nearest(value):
    """Round to the nearest integer, ties away from zero."""
    return np.floor(value + 0.5) if value >= 0.0 else -np.floor(0.5 - value)


@view
def is_inside(row, point):
    """Whether a point lies in a segment, half a voxel longer at both ends."""
    ct, st, cp, sp = np.cos(row[1]), np.sin(row[1]), np.cos(row[2]), np.sin(row[2])
    x, y, z = point[0] - row[5], point[1] - row[6], point[2] - row[7]
    across = x * cp + y * sp
    along = -x * ct * sp + y * ct * cp + z * st
    offset = x * st * sp - y * st * cp + z * ct
    inside = (across / row[3]) ** 2 + along**2 <= row[0] ** 2
    return inside and offset >= -0.5 and offset <= row[4] - 0.5


@view
def own_failure(row, score, limit):
    """Reason why a segment fails by itself: 1 score, 2 size."""
    radius = row[0] * np.sqrt(row[3])
    if not score > limit * (1.0 + 1.0 / (2.0 + np.exp(min(4.0 - radius, 700.0)))):
        return 1
    return 2 if radius > LARGEST_RADIUS else 0


@view
def change_failure(row, previous, ratio, front, upper):
    """Reason why a segment fails next to its neighbour: 1 size, 2 signal, 3 outside the volume."""
    radius = row[0] * np.sqrt(row[3])
    change = previous[0] * np.sqrt(previous[3]) / radius
    if radius > 1.0 and not (1.0 / SIZE_RATIO <= change <= SIZE_RATIO):
        return 1
    if ratio < SIGNAL_RATIO:
        return 2
    beyond = front[0] > upper[0] or front[1] > upper[1] or front[2] > upper[2]
    negative = front[0] < 0.0 or front[1] < 0.0 or front[2] < 0.0
    return 3 if beyond and not negative else 0


@jit
def grow(
    words, layout, steps, z_to_xy, template, chain, known, signal, front, mask, limit, contrast,
    most, scores, signals, own, change,
):  # fmt: skip
    """Grow one strand of `known` segments in `chain`; return the gain and whether it can continue.

    New segments are written behind the known ones.
    """
    upper, answer, count = template[2], np.empty(4), 0
    masked = mask.shape[0] == layout[0] and mask.shape[1] == layout[1]
    masked = masked and mask.shape[2] == layout[2]
    while count < most:
        if masked and is_marked(mask, front, z_to_xy):
            return count, False
        last, row = chain[known + count - 1], chain[known + count]
        for i in range(4):
            row[i] = last[i]
        row[4] = DEFAULT_LENGTH
        st, reach = np.sin(last[1]), OVERLAP * (last[4] - 1.0)
        row[5] = last[5] + reach * (st * np.sin(last[2]))
        row[6] = last[6] - reach * (st * np.cos(last[2]))
        row[7] = last[7] + reach * np.cos(last[1])
        fit(words, layout, steps, z_to_xy, template, row)
        measure(words, layout, steps, z_to_xy, template, row, np.int64(FULL), answer)
        score, mean, difference = answer[1], answer[2], answer[2] - answer[3]
        if contrast > 0.0 and (0.0 if np.isnan(difference) else difference) < contrast:
            score = REFUSED
        top_of(row, front)
        loop = False
        if front[0] >= 0.0:
            for i in range(known + count):
                loop = loop or is_inside(chain[i], front)
        ratio = mean / signal if signal != 0.0 else np.inf
        own[count] = own_failure(row, score, limit)
        change[count] = change_failure(row, last, ratio, front, upper)
        scores[count], signals[count] = score, mean
        signal = mean
        count += 1
        if loop or own[count - 1] > 0 or change[count - 1] > 0:
            return count, False
    return count, True
