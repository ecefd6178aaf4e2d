"""Growth of strands: segment after segment from one end, until something stops it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.arrays.interop import dtype_name
from zimg.kernels.line_search import PROBES
from zimg.kernels.pack import Layout
from zimg.kernels.template import Template
from zimg.kernels.widen import widest_float
from zimg.ops import RowPlan, jit, like, row_plan, rows_to_host, wide_types
from zimg.tracing.grow_levels import (
    BASE,
    CHANGE,
    COUNT,
    GIVEN,
    GOES_ON,
    LIMITS,
    MEAN,
    NOT_GROWN,
    OWN,
    SCORE,
    SIGNAL,
    STATE,
    Level,
    grow_levels,
)
from zimg.tracing.labels import Mask, marked
from zimg.tracing.segments import COLUMNS, POSITION, Rows, point_at

FEWEST_KNOWN = 64
"""Shortest room for the segments of a strand where shapes are compiled; each longer one doubles."""


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
        of another shape is ignored.
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
    xp = xp or array_namespace(words)
    plan, free = row_plan(xp=xp, on=device(words)), np.arange(len(rows))
    seen = mask.shape == layout.shape
    if seen:
        free = np.flatnonzero(~marked(mask, ahead, layout.z_to_xy))
    written = np.zeros((most, len(rows), STATE + 1))
    size = 2 * plan.seeds if plan.shapes else max(len(free), 1)
    for start in range(0, len(free), size):
        part = free[start : start + size]
        given = rows[part], count[part], signal[part]
        limits = np.array([limit, contrast])
        written[:, part] = _grown(words, *given, limits, template, layout, plan, most, xp=xp)
    found = _read(written, np.isin(np.arange(len(rows)), free))
    return _stopped(found, mask, layout.z_to_xy) if seen else found


def _grown(
    words: Array,
    rows: Rows,
    count: NDArray[np.int64],
    signal: Rows,
    limits: Rows,
    template: Template,
    layout: Layout,
    plan: RowPlan,
    most: int,
    *,
    xp: Namespace,
) -> Rows:
    """New segments of strands, ``(most, n, 13)``: one way up, and one down."""
    n, room = len(rows), rows.shape[1] + most
    if plan.shapes:
        n, room = min(plan.queue(n), 2 * plan.seeds), _room(room)
    every, base = np.arange(len(rows)), np.zeros((len(rows), 3))
    with wide_types(xp=xp):
        kind = dtype_name(widest_float(words, xp=xp))
        if kind != "float64":  # small numbers keep their digits
            base = np.floor(rows[every, count - 1, POSITION] / _scale(layout))
        chain = rows.copy()
        chain[..., POSITION] -= (base * _scale(layout))[:, None]
        start = np.zeros((n, GIVEN))
        start[:, :COLUMNS], start[0, LIMITS] = 1.0, limits
        start[every, :COLUMNS] = chain[every, count - 1]
        start[every, COUNT], start[every, MEAN], start[every, BASE] = count, signal, base
        widths = plan.widths(n)
        chunk = PROBES * widths[0] if plan.shapes else plan.rows
        found = jit(grow_levels, xp=xp, loops=True)(
            words,
            _with_room(chain, (n, room), words, kind, plan, xp=xp),
            like(start, words, dtype=kind),
            template,
            layout=layout,
            levels=most,
            how=Level(widths, chunk, plan.unread),
        )
        written = np.array(rows_to_host([(found, len(rows))], plan, axis=1), np.float64)
    written[..., POSITION] += base * _scale(layout)
    return written


def _with_room(
    chain: Rows, shape: tuple[int, int], words: Array, kind: str, plan: RowPlan, *, xp: Namespace
) -> Array:
    """Segments of strands beside `words`, with ones up to `shape`; only segments are sent."""
    if not plan.partial:
        full = np.ones((*shape, COLUMNS))
        full[: len(chain), : chain.shape[1]] = chain
        return like(full, words, dtype=kind)
    sent = like(chain, words, dtype=kind)
    for axis, size in enumerate(shape):
        missing = [*sent.shape]
        missing[axis] = size - missing[axis]
        if missing[axis]:
            ones = xp.ones(tuple(missing), dtype=sent.dtype, device=device(sent))
            sent = xp.concat([sent, ones], axis=axis)
    return sent


def _scale(layout: Layout) -> Rows:
    """Size of a voxel in trace space, x, y, z."""
    return np.array([1.0, 1.0, layout.z_to_xy])


def _room(segments: int) -> int:
    """Length to which chains of `segments` are padded."""
    room = FEWEST_KNOWN
    while room < segments:
        room *= 2
    return room


def _read(written: Rows, free: NDArray[np.bool_]) -> Grown:
    """What has grown, by strand; those that are not `free` have met the mask already."""
    by_strand = np.swapaxes(written, 0, 1)
    state = by_strand[..., STATE]
    gained = (state != NOT_GROWN).sum(axis=1)
    last = np.take_along_axis(state, np.maximum(gained - 1, 0)[:, None], axis=1)[:, 0]
    return Grown(
        rows=np.ascontiguousarray(by_strand[..., :COLUMNS]),
        score=by_strand[..., SCORE],
        signal=by_strand[..., SIGNAL],
        own=by_strand[..., OWN].astype(np.int8),
        change=by_strand[..., CHANGE].astype(np.int8),
        gained=gained,
        open=free & ((gained == 0) | (last == GOES_ON)),
    )


def _stopped(found: Grown, mask: Mask, z_to_xy: float) -> Grown:
    """`found`, each strand cut before the first segment that it would grow from within `mask`."""
    n, most = found.score.shape
    fronts = point_at(found.rows, 1.0).reshape(-1, 3)
    hit = marked(mask, fronts, z_to_xy).reshape(n, most)[:, : most - 1]
    hit &= np.arange(1, most) < found.gained[:, None]
    meets = hit.any(axis=1)
    gained = np.where(meets, hit.argmax(axis=1) + 1, found.gained) if most > 1 else found.gained
    kept = np.arange(most) < gained[:, None]
    return Grown(
        rows=found.rows * kept[..., None],
        score=found.score * kept,
        signal=found.signal * kept,
        own=found.own * kept,
        change=found.change * kept,
        gained=gained,
        open=found.open & ~meets,
    )
