"""Compiled search for the orientation of a tube segment about its centre.

Volumes and templates come as in ``_compiled_segments``. Positions count from the voxel of the
centre, so only the frame changes from one orientation to the next.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from ._compiled import jit
from ._compiled_samples import (
    VECTOR,
    core_points,
    inside_volume,
    kernel,
    locate,
    part,
    read_at,
    scratch,
    view,
)


@kernel
def sums(value, valid, weight, n, like, masked):
    """Sums of products, squares and squared weights of the deviations of valid samples.

    Deviations and sums have the dtype of `like`.
    """
    real = like.dtype.type
    mean, product, squares, spread = real(0.0), real(0.0), real(0.0), real(0.0)
    for p in range(n):
        mean += value[p]
    mean = real(mean / n)
    if masked:
        for p in range(n):
            v, w = (value[p] - mean) * valid[p], weight[p] * valid[p]
            product += v * w
            squares += v * v
            spread += w * w
    else:
        for p in range(n):
            v, w = value[p] - mean, weight[p]
            product += v * w
            squares += v * v
            spread += w * w
    return product, squares, spread


@part
def local_points(core, row, slices):
    """Points of a core field in the frame of a segment, and deviations of their weights."""
    wall_x, wall_y, weight = core
    n, count = wall_x.shape[0], wall_x.shape[0] * slices
    across, along = np.empty(count, wall_x.dtype), np.empty(count, wall_x.dtype)
    ahead, deviation = np.empty(count, wall_x.dtype), np.empty(count, wall_x.dtype)
    mean = 0.0
    for p in range(n):
        mean += weight[p] / n
    for s in range(slices):
        offset = (row[4] - 1.0) * (s / (slices - 1) - 0.5)
        for p in range(n):
            at = s * n + p
            across[at], along[at] = wall_x[p] * (row[0] * row[3]), wall_y[p] * row[0]
            ahead[at], deviation[at] = offset, weight[p] - mean
    return across, along, ahead, deviation


@view
def correlated(words, base, steps, points, frame, arrays, masked, value, valid, like):
    """Correlation of the signal with the points in the frame of an orientation."""
    across, along, ahead, deviation = points
    n = across.shape[0]
    x, y, z = arrays[0]
    core_points(across, along, ahead, n, frame, arrays[3], x, y, z)
    read_at(words, base, steps, n, arrays, masked, value, valid)
    product, squares, spread = sums(value, valid, deviation, n, like, masked)
    spread *= squares
    return np.float64(product) / np.sqrt(spread) if spread > 0.0 else 0.0


@part
def frames_of(orientations, z_to_xy):
    """Frame of every orientation for `core_points`, ``(m, 8)``."""
    frames = np.empty((orientations.shape[0], 8))
    for i in range(orientations.shape[0]):
        ct, st = np.cos(orientations[i, 0]), np.sin(orientations[i, 0])
        cp, sp = np.cos(orientations[i, 1]), np.sin(orientations[i, 1])
        frames[i, 0], frames[i, 1], frames[i, 2], frames[i, 3] = cp, sp, -ct * sp, ct * cp
        frames[i, 4], frames[i, 5] = st / z_to_xy, st * sp
        frames[i, 6], frames[i, 7] = -st * cp, ct / z_to_xy
    return frames


@view
def _centre_of(row, centre):
    """Midpoint of the axis."""
    half, st = (row[4] - 1.0) / 2.0, np.sin(row[1])
    centre[0] = row[5] + half * (st * np.sin(row[2]))
    centre[1] = row[6] - half * (st * np.cos(row[2]))
    centre[2] = row[7] + half * np.cos(row[1])


@view
def _in_order(rank, one, other):
    """Whether the first of two orientations ranks higher; ties go to the earlier one."""
    return rank[one] > rank[other] or (rank[one] == rank[other] and one < other)


@part
def highest(rank, kept):
    """The `kept` orientations of highest rank, in descending order."""
    count = rank.shape[0]
    order = np.arange(count)
    marked = np.zeros(count)
    for i in range(kept):
        best = i
        for j in range(i + 1, count):
            if _in_order(rank, order[j], order[best]):
                best = j
        order[i], order[best] = order[best], order[i]
        marked[order[i]] = 1.0
    found = 0
    for which in range(count):
        if marked[which] > 0.0:
            order[found] = which
            found += 1
    return order[:found]


@part
def _turn(orientation, row):
    """Rotate a row about its centre, in place."""
    half, old, new = (row[4] - 1.0) / 2.0, np.sin(row[1]), np.sin(orientation[0])
    x = row[5] + half * (old * np.sin(row[2]))
    y = row[6] - half * (old * np.cos(row[2]))
    z = row[7] + half * np.cos(row[1])
    row[1], row[2] = orientation[0], orientation[1]
    row[5] = x - half * (new * np.sin(row[2]))
    row[6] = y + half * (new * np.cos(row[2]))
    row[7] = z - half * np.cos(row[1])


@jit
def orient_rows(
    words, layout, steps, z_to_xy, core, thin, upper, rows, orientations, kept, slices, few, score,
    first, last,
):  # fmt: skip
    """Turn rows in place to their best orientations, and write the correlations to `score`.

    The thin template, in `few` slices, ranks all orientations; the best `kept` of them are compared
    by the core template, in `slices`, in their order. Where there are no more than `kept`, all are
    compared. Without any, the row is compared as it is.
    """
    real, n = core[0].dtype, core[0].shape[0] * slices
    value, valid = np.empty(n + VECTOR, real), np.empty(n + VECTOR, real)
    exact = np.empty(0)
    arrays, centre = scratch(words, steps, real), np.empty(3)
    turning = orientations.shape[0] > 0
    angles = orientations if turning else np.empty((1, 2))
    frames = frames_of(angles, z_to_xy)
    for i in range(first, last):
        row = rows[i]
        if not turning:
            angles[0, 0], angles[0, 1] = row[1], row[2]
            frames = frames_of(angles, z_to_xy)
        _centre_of(row, centre)
        base = locate(centre, z_to_xy, layout, arrays[3], arrays[4], arrays[5])
        masked = not inside_volume(row, upper)  # by a sphere round the centre: the same for all
        chosen = np.arange(frames.shape[0])
        if kept < chosen.shape[0]:
            rank = np.empty(chosen.shape[0])
            points = local_points(thin, row, few)
            for which in chosen:
                rank[which] = correlated(
                    words, base, steps, points, frames[which], arrays, masked, value, valid, value
                )
            chosen = highest(rank, kept)
        points = local_points(core, row, slices)
        best, winner = 0.0, -1
        for which in chosen:
            found = correlated(
                words, base, steps, points, frames[which], arrays, masked, value, valid, exact
            )
            if winner < 0 or found > best:
                best, winner = found, which
        score[i] = best
        if turning:
            _turn(orientations[winner], row)
