"""Scores, fits and orientations of tube segments by compiled loops, for arrays in host memory.

Samples have the precision of the template, everything else is float64; sums are taken in another
order than in the generic bodies. Figures are CPU microseconds per segment on one x86-64 core,
generic body on NumPy / compiled.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import PRIMITIVES
from zimg._typing import Array, Namespace
from zimg.kernels.pack import BYTES, PAIRS, Layout
from zimg.kernels.template import THIN_SLICES, Template
from zimg.ops import to_host

from ._compiled import each, load, parts

Rows = NDArray[np.float64]

FEWEST = 32
"""Rows that are worth a thread."""


def _or_generic(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """Use the generic body if nothing can be compiled."""

    @wraps(compiled)
    def hook(*args: Any, **options: Any) -> Any:
        if load("_compiled_segments") is None:
            return inspect.unwrap(PRIMITIVES[compiled.__name__])(*args, **options)
        return compiled(*args, **options)

    return hook


@_or_generic
def score_segments(
    words: Array,
    rows: Rows,
    template: Template,
    /,
    *,
    layout: Layout,
    what: str,
    xp: Namespace | None = None,
) -> Rows:
    """One row at a time; full scores: 87 / 9 us."""
    code: Any = load("_compiled_segments")
    rows = np.array(rows, np.float64, order="C")
    if what in ("core", "thin"):
        slices = THIN_SLICES if what == "thin" else code.SLICES
        search = (_NO_OTHER, 1, slices, slices)
        return _turned(words, rows, (template, template), search, layout=layout)[:, None]
    asked = {"dot": code.DOT, "full": code.FULL, "slices": code.PER_SLICE}
    number = asked.get(what, code.CENTROID)
    out = np.empty((len(rows), code.WIDTHS[number]))
    given = (*packed(words, layout), _full_parts(template, layout), number)
    each(
        lambda part: code.segment_rows(*given, rows, out, part.start, part.stop),
        parts(len(rows), FEWEST),
    )
    return out


@_or_generic
def fit_segments(
    words: Array,
    rows: Rows,
    template: Template,
    /,
    *,
    layout: Layout,
    xp: Namespace | None = None,
) -> tuple[Rows, NDArray[np.int64]]:
    """One line search at a time, without rounds and batches; 2900 / 160 us."""
    code: Any = load("_compiled_segments")
    fitted, steps = np.array(rows, np.float64, order="C"), np.empty((len(rows), 1))
    given = (*packed(words, layout), _full_parts(template, layout), code.FIT)
    each(
        lambda part: code.segment_rows(*given, fitted, steps, part.start, part.stop),
        parts(len(rows), FEWEST // 4),
    )
    return fitted, steps[:, 0].astype(np.int64)


@_or_generic
def orient_segments(
    words: Array,
    rows: Rows,
    templates: tuple[Template, Template],
    orientations: Rows,
    /,
    *,
    layout: Layout,
    kept: int,
    xp: Namespace | None = None,
) -> tuple[Rows, Rows]:
    """Rank all orientations by sampling instead of matrix products; 2200 / 220 us."""
    code: Any = load("_compiled_segments")
    turned = np.array(rows, np.float64, order="C")
    search = (np.array(orientations, np.float64, order="C"), kept, code.SLICES, THIN_SLICES)
    return turned, _turned(words, turned, templates, search, layout=layout)


_NO_OTHER = np.empty((0, 2))
"""No orientations but that of a row itself."""


def _turned(
    words: Array,
    rows: Rows,
    templates: tuple[Template, Template],
    search: tuple[Any, ...],
    *,
    layout: Layout,
) -> Rows:
    """Turn rows in place and return their correlations."""
    code: Any = load("_compiled_orientation")
    score = np.empty(len(rows))
    core, thin = (_core_parts(template) for template in templates)
    given = (*packed(words, layout), core, thin, layout.upper, rows, *search, score)
    each(
        lambda part: code.orient_rows(*given, part.start, part.stop),
        parts(len(rows), FEWEST // 4),
    )
    return score


@_or_generic
def grow_strands(
    words: Array,
    rows: Rows,
    count: NDArray[np.int64],
    signal: Rows,
    ahead: Rows,
    mask: NDArray[np.uint8],
    template: Template,
    /,
    *,
    layout: Layout,
    limit: float,
    contrast: float,
    most: int,
    xp: Namespace | None = None,
) -> Any:
    """One strand per thread, to its end; 3400 / 990 us per strand."""
    code: Any = load("_compiled_growth")
    n, known = rows.shape[:2]
    chain = np.zeros((n, known + most, 8))
    chain[:, :known] = rows
    scores, signals = np.zeros((n, most)), np.zeros((n, most))
    own, change = np.zeros((n, most), np.int8), np.zeros((n, most), np.int8)
    gained, goes_on = np.zeros(n, np.int64), np.zeros(n, np.bool_)
    given = (*packed(words, layout), _full_parts(template, layout))
    front = np.array(ahead, np.float64)
    limits = (float(limit), float(contrast), int(most))

    def grow(i: int) -> None:
        strand = (chain[i], int(count[i]), float(signal[i]), front[i], mask, *limits)
        gained[i], goes_on[i] = code.grow(*given, *strand, scores[i], signals[i], own[i], change[i])

    each(grow, range(n))
    places = count[:, None] + np.arange(most)
    grown = np.take_along_axis(chain, places[..., None], axis=1)
    return _grown()(grown, scores, signals, own, change, gained, goes_on)


def _grown() -> Any:
    """The type of the result; imported late, because tracing imports hooks."""
    return import_module("zimg.tracing.grow_strands").Grown


def packed(words: Array, layout: Layout) -> tuple[Any, ...]:
    """Words, shape, steps and z:xy ratio as arguments of the compiled functions."""
    host = to_host(words)
    kinds: dict[str, Any] = {BYTES: np.uint32, PAIRS: np.int32}
    typed = host.view(kinds.get(layout.kind, host.dtype))
    index = np.int32 if typed.size < 2**31 else np.int64
    return typed, layout.shape, np.array([layout.row, layout.plane], index), layout.z_to_xy


def _full_parts(template: Template, layout: Layout) -> tuple[Any, ...]:
    """Section, inside points and bounds as arguments of the compiled functions."""
    x, y, inner, outer, inside, surplus, inner_sum, outer_sum = map(to_host, template)
    sums = np.array([inner_sum, outer_sum], np.float64)
    shape = (x, y, inner, outer, surplus, sums)
    return shape, inside.astype(x.dtype), layout.upper


def _core_parts(template: Template) -> tuple[Any, ...]:
    """Positions and weights of a core template as arguments of the compiled functions."""
    inner = to_host(template.inner)
    return to_host(template.wall_x), to_host(template.wall_y), inner / np.abs(inner).sum()
