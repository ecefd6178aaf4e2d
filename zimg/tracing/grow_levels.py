"""Growth of strands on a device: fit, score and tests of one segment of every strand at a time."""

from math import inf, tau
from typing import NamedTuple

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.fit_lanes import fit_lanes
from zimg.kernels.line_search import VARIABLES
from zimg.kernels.pack import Layout
from zimg.kernels.scores import full_scores
from zimg.kernels.template import Template
from zimg.ops import jit, while_loop
from zimg.tracing.checks import change_failures, own_failures
from zimg.tracing.scorer import relative
from zimg.tracing.segments import (
    COLUMNS,
    DEFAULT_LENGTH,
    LENGTH,
    SCALE,
    THETA,
    axis_point,
    contains,
    point_at,
)

OVERLAP = 0.5
"""Fraction of a segment at which the next one begins (behaviour of the reference)."""

REFUSED = -1.0
"""Score of a segment whose signal does not stand out: below every limit."""

SCORE, SIGNAL, OWN, CHANGE, STATE = range(COLUMNS, COLUMNS + 5)
WRITTEN = COLUMNS + 5
"""Numbers of a grown segment: its row and these columns."""

COUNT, MEAN, BASE, LIMITS = COLUMNS, COLUMNS + 1, slice(COLUMNS + 2, COLUMNS + 5), slice(-2, None)
GIVEN = COLUMNS + 7
"""Numbers of a strand that is to grow: its last segment and these columns."""

NOT_GROWN, GOES_ON, ENDS = 0, 1, 2
"""Values of `STATE`."""


class Strands(NamedTuple):
    """Strands under way.

    Attributes
    ----------
    level
        ``(1,)`` int32, how many segments each has been asked for.
    chain
        ``(n, k, 8)`` segments of each strand, of which the first `count` count.
    last, count, signal
        ``(n, 8)`` last segment, ``(n,)`` int32 number of segments, ``(n,)`` last mean signal.
    on
        ``(n,)`` whether a strand goes on.
    grown
        ``(levels, n, 13)`` new segments.
    """

    level: Array
    chain: Array
    last: Array
    count: Array
    signal: Array
    on: Array
    grown: Array


class Level(NamedTuple):
    """How a level is computed; Python numbers, which never change a result.

    Attributes
    ----------
    widths, unread
        Of the fits: see `zimg.kernels.fit_lanes.fit_lanes`.
    chunk
        Segments that are scored at a time, at most.
    """

    widths: tuple[int, ...]
    chunk: int
    unread: int


def grow_levels(
    words: Array,
    chain: Array,
    start: Array,
    template: Template,
    *,
    layout: Layout,
    levels: int,
    how: Level,
) -> Array:
    """Grow strands by some segments, ``(levels, n, 13)``.

    Parameters
    ----------
    words
        Packed volume.
    chain
        ``(n, k, 8)`` segments of each strand so far, with room for the new ones, in the precision
        of the search.
    start
        ``(n, 15)`` of each strand, in that precision: its last segment; `COUNT`, how many segments
        it has, 0 in places that are not used; `MEAN`, mean signal of the last; `BASE`, x, y, z of
        the voxel from which its positions count; `LIMITS`, of the first strand, score that segments
        must exceed, and least contrast or 0. One transfer takes less time than five.
    template
        The full template.
    layout
        How to read `words`.
    levels
        New segments of a strand at most.
    how
        How a level is computed.
    """
    xp, on = array_namespace(chain), device(chain)
    grown = xp.zeros((levels, chain.shape[0], WRITTEN), dtype=chain.dtype, device=on)
    level = xp.zeros((1,), dtype=xp.int32, device=on)
    count, last = xp.astype(start[:, COUNT], xp.int32), start[:, :COLUMNS]
    base, limits = start[:, BASE], start[0, LIMITS]
    first = Strands(level, chain, last, count, start[:, MEAN], count > 0, grown)
    asked, judged = jit(next_of_strands, xp=xp), jit(judged_strands, xp=xp)

    def body(strands: Strands) -> Strands:
        placed, order, queue, working = asked(strands, base, layout=layout)
        found = fit_lanes(words, queue, working, template, layout=layout, **how._asdict())
        given = (words, strands, placed, order, found, base, limits, template)
        return judged(*given, layout=layout, chunk=how.chunk)

    if levels == 1:
        return body(first).grown

    def goes_on(strands: Strands) -> Array:
        return xp.any(strands.on & (strands.level < levels))

    return while_loop(goes_on, body, first, xp=xp).grown


def predicted(last: Array) -> Array:
    """Segments moved on by half their axes, to be fitted, ``(n, 8)``."""
    xp = array_namespace(last)
    place = axis_point(last, OVERLAP * (last[:, LENGTH] - 1.0))
    length = xp.full_like(last[:, :1], DEFAULT_LENGTH)
    return xp.concat([last[:, :VARIABLES], length, place], axis=1)


def next_of_strands(
    strands: Strands, base: Array, *, layout: Layout
) -> tuple[Array, Array, Array, Array]:
    """The next segments of strands, to be fitted.

    Returns
    -------
    start, order, queue, working
        ``(n, 11)`` segments as the kernels take them; ``(n,)`` the strands that go on before the
        others; the segments in that order; ``(1,)`` how many go on.
    """
    xp, on = array_namespace(strands.chain), strands.on
    placed = relative(predicted(strands.last), layout)
    start = xp.concat([placed[:, :COLUMNS], placed[:, COLUMNS:] + base], axis=1)
    order = xp.argsort(xp.astype(~on, xp.int32), stable=True)
    working = xp.reshape(xp.sum(xp.astype(on, xp.int32), dtype=xp.int32), (1,))
    return start, order, xp.take(start, order, axis=0), working


def judged_strands(
    words: Array,
    strands: Strands,
    start: Array,
    order: Array,
    found: Array,
    base: Array,
    limits: Array,
    template: Template,
    *,
    layout: Layout,
    chunk: int,
) -> Strands:
    """Strands with their next segments, scored and tested; `found` is what `fit_lanes` gives."""
    xp = array_namespace(strands.chain)
    fitted = _fitted(start, order, found, strands.on, xp=xp)
    row = xp.concat([fitted, predicted(strands.last)[:, VARIABLES:]], axis=1)
    placed = xp.concat([fitted, start[:, VARIABLES:]], axis=1)
    full = _full(words, placed, template, layout, chunk, xp=xp)
    score, signal = _with_contrast(full, limits[1], xp=xp), full[:, 2]
    front = point_at(row, 1.0)
    beyond = front + _in_trace(base, layout, xp=xp)
    own = own_failures(row, score, limits[0])
    ratio = _ratio(signal, strands.signal, xp=xp)
    change = change_failures(row, strands.last, ratio, beyond, layout.upper)
    loop = _runs_back(strands, front, xp=xp) & (beyond[:, 0] >= 0)
    ends = (own > 0) | (change > 0) | loop
    state = xp.astype(ends, score.dtype) * (ENDS - GOES_ON) + GOES_ON
    figures = (score, signal, xp.astype(own, score.dtype), xp.astype(change, score.dtype), state)
    written = xp.concat([row, *(column[:, None] for column in figures)], axis=1)
    return _taken(strands, written, ends, xp=xp)


def _in_trace(base: Array, layout: Layout, *, xp: Namespace) -> Array:
    """Voxels in trace space, ``(n, 3)``."""
    return xp.concat([base[:, :2], base[:, 2:] * layout.z_to_xy], axis=1)


def _fitted(start: Array, order: Array, found: Array, on: Array, *, xp: Namespace) -> Array:
    """Fitted variables ``(n, 4)`` of the strands that go on; others keep those they have."""
    found = xp.take(found, xp.argsort(order), axis=0)
    found = xp.where(on[:, None], found[:, :VARIABLES], start[:, :VARIABLES])
    radius, angles, scale = found[:, :THETA], found[:, THETA:SCALE], found[:, SCALE:]
    return xp.concat([radius, angles % tau, scale], axis=1)


def _full(
    words: Array, placed: Array, template: Template, layout: Layout, chunk: int, *, xp: Namespace
) -> Array:
    """Full scores of segments, ``(n, 4)``, some rows at a time."""
    asked, size = xp.astype(placed, template.inner.dtype), placed.shape[0]
    parts = [
        full_scores(words, asked[i : min(i + chunk, size), :], template, layout=layout, masked=True)
        for i in range(0, size, chunk)
    ]
    return xp.astype(xp.concat(parts), placed.dtype)


def _with_contrast(full: Array, contrast: Array, *, xp: Namespace) -> Array:
    """Correlations of segments, those without contrast refused."""
    score, difference = full[:, 1], full[:, 2] - full[:, 3]
    difference = xp.where(xp.isnan(difference), xp.zeros_like(difference), difference)
    refused = (contrast > 0) & (difference < contrast)
    return xp.where(refused, xp.full_like(score, REFUSED), score)


def _ratio(signal: Array, before: Array, *, xp: Namespace) -> Array:
    """Mean signals over those of the segments before; infinite over nothing."""
    known = before != 0
    ratio = signal / xp.where(known, before, xp.ones_like(before))
    return xp.where(known, ratio, xp.full_like(ratio, inf))


def _runs_back(strands: Strands, front: Array, *, xp: Namespace) -> Array:
    """Whether a front lies in a segment of its own strand, ``(n,)``."""
    inside = contains(strands.chain, front[:, None, :])
    return xp.any(inside & (_numbers(strands, xp=xp) < strands.count[:, None]), axis=1)


def _numbers(strands: Strands, *, xp: Namespace) -> Array:
    """Numbers of the segments in a chain, ``(1, k)``."""
    length, on = strands.chain.shape[1], device(strands.chain)
    return xp.arange(length, dtype=strands.count.dtype, device=on)[None, :]


def _taken(strands: Strands, written: Array, ends: Array, *, xp: Namespace) -> Strands:
    """The strands with their new segments."""
    on, level, row = strands.on, strands.level, written[:, :COLUMNS]
    new = on[:, None] & (_numbers(strands, xp=xp) == strands.count[:, None])
    levels = xp.arange(strands.grown.shape[0], dtype=level.dtype, device=device(written))
    here = (levels == level)[:, None, None] & on[None, :, None]
    return Strands(
        level + 1,
        xp.where(new[:, :, None], row[:, None, :], strands.chain),
        xp.where(on[:, None], row, strands.last),
        strands.count + xp.astype(on, strands.count.dtype),
        xp.where(on, written[:, SIGNAL], strands.signal),
        on & ~ends,
        xp.where(here, written[None, ...], strands.grown),
    )
