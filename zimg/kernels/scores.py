"""Scores of tube segments: how well the signal follows their field, and where its centroid lies.

Every kernel takes a packed volume and ``(n, 11)`` rows (see ``zimg.kernels.tube``) and returns one
result per row; `masked` False promises that every sample lies inside the volume. All run under
``jit`` with `layout` and `masked` static.
"""

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.pack import Layout
from zimg.kernels.template import Template
from zimg.kernels.tube import SLICES, core_field, full_field, sampled


def dot_scores(
    words: Array, rows: Array, template: Template, *, layout: Layout, masked: bool
) -> Array:
    """Weighted sum of the signal over each segment's field, ``(n,)``: the objective of the fit."""
    xp = array_namespace(rows)
    field = full_field(rows, template, layout)
    value, _ = sampled(words, rows, field, layout, masked=masked)
    return _sum(_sum(value, 1, xp=xp) * field.weight, 1, xp=xp)


def full_scores(
    words: Array, rows: Array, template: Template, *, layout: Layout, masked: bool
) -> Array:
    """Objective, correlation, mean signal inside and mean signal around each segment, ``(n, 4)``.

    The correlation subtracts the mean of *all* weights and divides the sum of the valid samples by
    the number of *all* samples (behaviour of the reference). It is 0 without variance, and the mean
    signal, taken over the points on or inside the wall, is NaN without a valid sample there, and so
    is that of the points beyond the wall.
    """
    xp = array_namespace(rows)
    field = full_field(rows, template, layout)
    value, valid = sampled(words, rows, field, layout, masked=masked)
    dot = _sum(_sum(value, 1, xp=xp) * field.weight, 1, xp=xp)
    correlation = _correlation(value, valid, field.weight, xp=xp)
    inner = xp.astype(template.inside, value.dtype)
    total = _sum(value, 1, xp=xp)
    if valid is None:
        count = SLICES * xp.ones_like(total)
    else:
        count = _sum(xp.astype(valid, value.dtype), 1, xp=xp)
    inside, around = (_mean(total, count, part, xp=xp) for part in (inner, 1.0 - inner))
    return xp.stack([dot, correlation, inside, around], axis=1)


def _mean(total: Array, count: Array, part: Array, *, xp: Namespace) -> Array:
    """Sum of the samples over their number, at the points of `part`; NaN where there are none."""
    signal, samples = _sum(total * part, 1, xp=xp), _sum(count * part, 1, xp=xp)
    return xp.where(samples > 0, signal / xp.maximum(samples, xp.ones_like(samples)), xp.nan)


def core_correlations(
    words: Array,
    rows: Array,
    template: Template,
    *,
    layout: Layout,
    masked: bool,
    slices: int = SLICES,
) -> Array:
    """Correlation with the inside of each segment, sampled in `slices` sections, ``(n,)``."""
    xp = array_namespace(rows)
    field = core_field(rows, template, layout, slices)
    value, valid = sampled(words, rows, field, layout, masked=masked)
    return _correlation(value, valid, field.weight, xp=xp)


def slice_correlations(
    words: Array, rows: Array, template: Template, *, layout: Layout, masked: bool
) -> Array:
    """Correlation of the signal with every slice of each field alone, ``(n, 11)``."""
    xp = array_namespace(rows)
    field = full_field(rows, template, layout)
    value, valid = sampled(words, rows, field, layout, masked=masked)
    return _correlations(value, valid, field.weight, xp=xp)


def centroids(
    words: Array, rows: Array, template: Template, *, layout: Layout, masked: bool
) -> Array:
    """Signal-weighted mean of each field's positions, ``(n, 3)``.

    x, y, z in image voxels from the row's own voxel. Without any signal it is the plain mean.
    """
    xp = array_namespace(rows)
    field = full_field(rows, template, layout)
    value, _ = sampled(words, rows, field, layout, masked=masked)
    empty = xp.sum(value, axis=(1, 2), dtype=value.dtype) == 0
    value = xp.where(empty[:, None, None], xp.ones_like(value), value)
    over_slices, over_points = _sum(value, 1, xp=xp), _sum(value, 2, xp=xp)
    mass = _sum(over_points, 1, xp=xp)
    moments = [
        (_sum(over_slices * q, 1, xp=xp) + _sum(over_points * a, 1, xp=xp)) / mass
        for q, a in zip(field.section, field.axis, strict=True)
    ]
    return xp.stack(moments, axis=1)


def _correlation(value: Array, valid: Array | None, weight: Array, *, xp: Namespace) -> Array:
    """Correlation over the valid samples, with both means divided by the number of all samples."""
    count = value.shape[1] * value.shape[2]
    mean = _sum(_sum(value, 2, xp=xp), 1, xp=xp) / count
    values, weights = _kept(value - mean[:, None, None], valid, xp=xp), _deviations(weight, xp=xp)
    squares, spread = _squares(values, valid, weights, xp=xp)
    product = _sum(_sum(values, 1, xp=xp) * weights[:, 0, :], 1, xp=xp)
    spread = _sum(spread, 1, xp=xp) * _sum(squares, 1, xp=xp)
    return _over_root(product, spread, xp=xp)


def _correlations(value: Array, valid: Array | None, weight: Array, *, xp: Namespace) -> Array:
    """As `_correlation`, of every slice by itself, ``(n, slices)``."""
    mean = _sum(value, 2, xp=xp) / value.shape[2]
    values, weights = _kept(value - mean[:, :, None], valid, xp=xp), _deviations(weight, xp=xp)
    squares, spread = _squares(values, valid, weights, xp=xp)
    product = _sum(values * weights, 2, xp=xp)
    return _over_root(product, spread * squares, xp=xp)


def _kept(values: Array, valid: Array | None, *, xp: Namespace) -> Array:
    """Set invalid `values` to 0, in place."""
    if valid is not None:
        values *= xp.astype(valid, values.dtype)
    return values


def _deviations(weight: Array, *, xp: Namespace) -> Array:
    """Weights less their mean, ``(n, 1, points)``."""
    mean = _sum(weight, 1, xp=xp) / weight.shape[1]
    return (weight - mean[:, None])[:, None, :]


def _squares(
    values: Array, valid: Array | None, weights: Array, *, xp: Namespace
) -> tuple[Array, Array]:
    """Sums of the squares of the samples and of the weights of valid ones, ``(n, slices)``."""
    squares = weights * weights
    if valid is None:
        # Summed slice by slice, as where samples are tested: the bits must not depend on the test.
        spread = xp.concat([_sum(squares, 2, xp=xp)] * values.shape[1], axis=1)
    else:
        spread = _sum(squares * xp.astype(valid, values.dtype), 2, xp=xp)
    return _sum(values * values, 2, xp=xp), spread


def _over_root(product: Array, spread: Array, *, xp: Namespace) -> Array:
    """Correlations of a product and a product of squares; 0 where nothing varies."""
    flat = spread <= 0
    root = xp.sqrt(xp.where(flat, xp.ones_like(spread), spread))
    return xp.where(flat, xp.zeros_like(product), product / root)


def _sum(values: Array, axis: int, *, xp: Namespace) -> Array:
    return xp.sum(values, axis=axis, dtype=values.dtype)
