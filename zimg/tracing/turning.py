"""Segments turned about their centres into many orientations, made and compared on a device."""

from zimg._dispatch import array_namespace, device
from zimg._typing import Array
from zimg.kernels.pack import Layout
from zimg.kernels.ranking import highest
from zimg.kernels.scores import core_correlations
from zimg.kernels.template import THIN_SLICES, Template
from zimg.tracing.scorer import relative
from zimg.tracing.segments import COLUMNS, LENGTH, POSITION, SCALE, THETA

ANGLES = slice(0, 2)
AXIS = slice(2, 5)
"""Columns of a table of orientations: theta and psi, and the unit vector along the axis."""


def best_of_all(
    words: Array,
    rows: Array,
    table: Array,
    template: Template,
    *,
    layout: Layout,
    masked: bool,
    kept: int,
) -> Array:
    """Numbers of the `kept` orientations with the highest approximate correlations, ascending.

    Parameters
    ----------
    words
        Packed volume.
    rows
        ``(n, 11)`` segments whose positions are those of their *centres*, in trace space, and the
        voxel x, y, z from which they count.
    table
        ``(m, 5)`` orientations, in the dtype of `rows`: `ANGLES` and `AXIS`.
    template
        The thin core template; its dtype is that of the samples.
    layout
        How to read `words`.
    masked
        Whether samples may lie outside the volume.

    Returns
    -------
    Array
        ``(n, kept)`` int16.
    """
    xp = array_namespace(rows)
    asked = _turned(rows[:, None, :], table[None, ...], template, layout)
    ranks = core_correlations(
        words, asked, template, layout=layout, masked=masked, slices=THIN_SLICES
    )
    return highest(xp.reshape(ranks, (rows.shape[0], table.shape[0])), kept)


def best_of_some(
    words: Array,
    rows: Array,
    table: Array,
    template: Template,
    chosen: Array,
    *,
    layout: Layout,
    masked: bool,
) -> Array:
    """The first best of some orientations of each segment by its correlation, and that.

    Parameters
    ----------
    words, rows, table, layout, masked
        As of `best_of_all`.
    template
        The core template.
    chosen
        ``(n, k)`` integers, the orientations in the order of evaluation.

    Returns
    -------
    Array
        ``(n, 2)`` in the dtype of the samples: position in `chosen`, and correlation.
    """
    xp = array_namespace(rows)
    n, k = chosen.shape
    picked = xp.take(table, xp.reshape(xp.astype(chosen, xp.int32), (-1,)), axis=0)
    asked = _turned(rows[:, None, :], xp.reshape(picked, (n, k, -1)), template, layout)
    score = core_correlations(words, asked, template, layout=layout, masked=masked)
    score = xp.reshape(score, (n, k))
    best = xp.max(score, axis=1, keepdims=True)
    place = xp.arange(k, dtype=score.dtype, device=device(score))
    first = xp.min(xp.where(score == best, place[None, :], float(k - 1)), axis=1)
    return xp.stack([first, best[:, 0]], axis=1)


def _turned(rows: Array, orientations: Array, template: Template, layout: Layout) -> Array:
    """Segments as the kernels take them, ``(n * k, 11)``, in the dtype of the samples."""
    xp = array_namespace(rows)
    n, k = rows.shape[0], orientations.shape[1]

    def every(values: Array) -> Array:
        wide = xp.broadcast_to(values, (n, k, values.shape[2]))
        return xp.reshape(wide, (n * k, values.shape[2]))

    half = (rows[..., LENGTH : LENGTH + 1] - 1.0) / 2.0
    bottom = rows[..., POSITION] - half * orientations[..., AXIS]
    parts = (rows[..., :THETA], orientations[..., ANGLES], rows[..., SCALE : LENGTH + 1], bottom)
    placed = relative(xp.concat([every(part) for part in parts], axis=1), layout)
    voxel = placed[:, COLUMNS:] + every(rows[..., COLUMNS:])
    return xp.astype(xp.concat([placed[:, :COLUMNS], voxel], axis=1), template.inner.dtype)
