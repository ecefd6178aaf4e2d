"""Fit of tube segments to the signal: many segments at a time.

The procedure is in `zimg.kernels.line_search`, its vectorization in `zimg.kernels.fit_lanes`.
"""

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.arrays.interop import dtype_name
from zimg.kernels.fit_lanes import fit_lanes
from zimg.kernels.line_search import PROBES, VARIABLES
from zimg.kernels.pack import Layout
from zimg.kernels.template import Template
from zimg.kernels.widen import widest_float
from zimg.ops import RowPlan, jit, like, row_plan, rows_to_host, wide_types
from zimg.tracing.scorer import TubeScorer, relative
from zimg.tracing.segments import COLUMNS, PSI, THETA, Rows


def fit(scorer: TubeScorer, rows: Rows) -> tuple[Rows, NDArray[np.int64]]:
    """Fitted `rows`, ``(n, 8)``, and the number of accepted steps of each."""
    return fit_segments(scorer.words, rows, scorer.templates.full, layout=scorer.layout)


@hookable
def fit_segments(
    words: Array,
    rows: Rows,
    template: Template,
    /,
    *,
    layout: Layout,
    xp: Namespace | None = None,
) -> tuple[Rows, NDArray[np.int64]]:
    """Fit segments in a packed volume; the result of a row depends on that row alone.

    Parameters
    ----------
    words
        Packed volume, of `zimg.kernels.pack`.
    rows
        ``(n, 8)`` segments, float64 on the host.
    template
        The full template, beside `words`; its dtype is that of the samples. The search itself is
        made in float64 where the device has it.
    layout
        How to read `words`.
    xp
        Namespace of `words`.

    Returns
    -------
    rows, steps
        Fitted segments with angles in ``[0, 2 pi)``, float64, and ``(n,)`` int64 numbers of
        accepted steps, on the host.
    """
    xp = xp or array_namespace(words)
    plan = row_plan(xp=xp, on=device(words))
    out, steps = rows.copy(), np.zeros(len(rows), np.int64)
    for start in range(0, len(rows), plan.queues[-1]):
        part = slice(start, start + plan.queues[-1])
        found = _fitted(words, rows[part], template, layout, plan, xp=xp)
        out[part, :VARIABLES], steps[part] = found[:, :VARIABLES], found[:, VARIABLES]
    out[:, THETA : PSI + 1] %= 2.0 * np.pi
    return out, steps


def _fitted(
    words: Array,
    rows: Rows,
    template: Template,
    layout: Layout,
    plan: RowPlan,
    *,
    xp: Namespace,
) -> NDArray[np.generic]:
    """Variables and accepted steps of as many segments as a queue holds, ``(n, 5)``."""
    padded = np.zeros((plan.queue(len(rows)), COLUMNS + 3))
    padded[: len(rows)] = relative(rows, layout)
    widths = plan.widths(len(padded))
    with wide_types(xp=xp):
        found = jit(fit_lanes, xp=xp, loops=True)(
            words,
            like(padded, words, dtype=dtype_name(widest_float(words, xp=xp))),
            like(np.asarray([len(rows)], np.int32), words),
            template,
            layout=layout,
            widths=widths,
            chunk=PROBES * widths[0] if plan.shapes else plan.rows,
            unread=plan.unread,
        )
        return rows_to_host([(found, len(rows))], plan)
