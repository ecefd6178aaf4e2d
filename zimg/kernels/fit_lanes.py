"""Fits of many segments on a few lanes: a lane that finishes takes the next segment of a queue.

All lanes take a round together, so the shapes are static and nothing is read on the host but
whether any lane still works. The result of a segment does not depend on the lanes.
"""

from collections.abc import Callable
from typing import NamedTuple

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.line_search import (
    VARIABLES,
    Rules,
    Search,
    advanced,
    fresh,
    rules,
)
from zimg.kernels.pack import Layout
from zimg.kernels.scores import dot_scores
from zimg.kernels.template import Template
from zimg.ops import gather, jit, scatter_set, while_loop

WRITTEN = VARIABLES + 1
"""Numbers of a fitted segment: its variables and the number of accepted steps."""


class Lanes(NamedTuple):
    """Fits under way.

    Attributes
    ----------
    key
        ``(w,)`` number of the segment in each lane; beyond the last one in an idle lane.
    head
        ``(1,)`` number of the next segment of the queue.
    search
        Where each lane is.
    found
        ``(5 n,)`` variables and accepted steps of the segments whose fits have ended.
    """

    key: Array
    head: Array
    search: Search
    found: Array


def fit_lanes(
    words: Array,
    rows: Array,
    count: Array,
    template: Template,
    *,
    layout: Layout,
    widths: tuple[int, ...],
    chunk: int,
    unread: int,
) -> Array:
    """Fit segments in a packed volume, ``(n, 5)``: variables and numbers of accepted steps.

    Parameters
    ----------
    words
        Packed volume.
    rows
        ``(n, 11)`` segments as the kernels take them, in the precision of the search.
    count
        ``(1,)`` int32, how many of them are to be fitted.
    template
        The full template; its dtype is that of the samples.
    layout
        How to read `words`.
    widths
        Numbers of lanes, descending: the next is taken when no more segments are left.
    chunk
        Segments that are scored at a time, at most.
    unread
        Rounds between two looks at whether any lane still works.
    """
    xp = array_namespace(rows)
    step, given = jit(fit_round, xp=xp), (words, rows, count, template)
    table = rules(dtype=rows.dtype, xp=xp, on=device(rows))

    def body(lanes: Lanes) -> Lanes:
        return step(*given, table, lanes, layout=layout, chunk=chunk)

    return fitted(body, rows, count, widths=widths, unread=unread, xp=xp)


def fit_round(
    words: Array,
    rows: Array,
    count: Array,
    template: Template,
    table: Rules,
    lanes: Lanes,
    *,
    layout: Layout,
    chunk: int,
) -> Lanes:
    """One round of all lanes; arguments as of `fit_lanes`."""

    def objective(asked: Array) -> Array:
        xp, size = array_namespace(asked), asked.shape[0]
        asked = xp.astype(asked, template.inner.dtype)
        parts = [slice(i, min(i + chunk, size)) for i in range(0, size, chunk)]
        scores = [
            dot_scores(words, asked[part, :], template, layout=layout, masked=True)
            for part in parts
        ]
        return xp.concat(scores) if len(scores) > 1 else scores[0]

    return one_round(objective, rows, count, table, lanes, xp=array_namespace(rows))


def climb(objective: Callable[[Array], Array], rows: Array, *, widths: tuple[int, ...]) -> Array:
    """As `fit_lanes`, for any objective: ``(m, k)`` rows to ``(m,)`` scores."""
    xp, on = array_namespace(rows), device(rows)
    table = rules(dtype=rows.dtype, xp=xp, on=on)
    count = xp.asarray([rows.shape[0]], dtype=xp.int32, device=on)

    def body(lanes: Lanes) -> Lanes:
        return one_round(objective, rows, count, table, lanes, xp=xp)

    return fitted(body, rows, count, widths=widths, unread=1, xp=xp)


def fitted(
    body: Callable[[Lanes], Lanes],
    rows: Array,
    count: Array,
    *,
    widths: tuple[int, ...],
    unread: int,
    xp: Namespace,
) -> Array:
    """Run rounds until all lanes are idle; return the results, ``(n, 5)``."""

    def rounds(lanes: Lanes) -> Lanes:
        for _ in range(unread):
            lanes = body(lanes)
        return lanes

    if not rows.shape[0]:
        return xp.zeros((0, WRITTEN), dtype=rows.dtype, device=device(rows))
    lanes = _filled(rows, count, widths[0], xp=xp)
    if unread > 1:
        lanes = rounds(lanes)  # no look is needed before the first rounds
    for width, narrower in zip(widths, (*widths[1:], 0), strict=True):

        def crowded(lanes: Lanes, least: int = narrower) -> Array:
            return xp.count_nonzero(lanes.key < count) > least

        lanes = while_loop(crowded, rounds, _narrowed(lanes, count, width, xp=xp), xp=xp)
    return xp.reshape(lanes.found, (-1, WRITTEN))


def _filled(rows: Array, count: Array, width: int, *, xp: Namespace) -> Lanes:
    """Lanes with the first segments of the queue."""
    key = xp.arange(width, dtype=count.dtype, device=device(rows))
    found = xp.zeros((rows.shape[0] * WRITTEN,), dtype=rows.dtype, device=device(rows))
    search = fresh(gather(rows, xp.minimum(key, count - 1), xp=xp), xp=xp)
    return Lanes(key, xp.zeros_like(count) + width, search, found)


def _narrowed(lanes: Lanes, count: Array, width: int, *, xp: Namespace) -> Lanes:
    """Move the busy lanes to the front and keep the first `width`."""
    if width == lanes.key.shape[0]:
        return lanes
    idle = xp.astype(lanes.key >= count, count.dtype)
    kept = xp.argsort(idle, stable=True)[:width]
    search = Search(*(xp.take(column, kept, axis=0) for column in lanes.search))
    return lanes._replace(key=xp.take(lanes.key, kept, axis=0), search=search)


def one_round(
    objective: Callable[[Array], Array],
    rows: Array,
    count: Array,
    table: Rules,
    lanes: Lanes,
    *,
    xp: Namespace,
) -> Lanes:
    """Advance every lane, write finished fits and start the next segments of the queue."""
    search, done = advanced(objective, lanes.search, table, xp=xp)
    done &= lanes.key < count
    found = _written(lanes, search, done, count, xp=xp)
    turn = xp.cumulative_sum(xp.astype(done, count.dtype), dtype=count.dtype)
    key = xp.where(done, lanes.head + turn - 1, lanes.key)
    begun = fresh(gather(rows, xp.minimum(key, count - 1), xp=xp), xp=xp)
    mixed = (_chosen(done, new, old, xp=xp) for new, old in zip(begun, search, strict=True))
    return Lanes(key, lanes.head + turn[-1:], Search(*mixed), found)


def _chosen(done: Array, new: Array, old: Array, *, xp: Namespace) -> Array:
    return xp.where(done if old.ndim == 1 else done[:, None], new, old)


def _written(lanes: Lanes, search: Search, done: Array, count: Array, *, xp: Namespace) -> Array:
    """Add the results of finished lanes."""
    result = xp.concat([search.rows[:, :VARIABLES], search.accepted[:, None]], axis=1)
    column = xp.arange(WRITTEN, dtype=count.dtype, device=device(count))
    place = xp.where(done, lanes.key, -1)[:, None] * WRITTEN + column  # -1: nowhere
    return scatter_set(lanes.found, xp.reshape(place, (-1,)), xp.reshape(result, (-1,)), xp=xp)
