"""Scores of many tube segments in one volume, on the device that holds it."""

from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import NamedTuple, Self

import array_api_compat.numpy as host
import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device, hookable, namespace_by_type
from zimg._typing import Array, Namespace
from zimg.arrays.interop import dtype_name
from zimg.kernels.pack import Layout, pack_volume
from zimg.kernels.scores import (
    centroids,
    core_correlations,
    dot_scores,
    full_scores,
    slice_correlations,
)
from zimg.kernels.template import (
    THIN_SLICES,
    Template,
    core_template,
    full_template,
    thin_core_template,
)
from zimg.kernels.tube import SLICES
from zimg.ops import RowPlan, jit, like, row_plan, rows_to_host, threads
from zimg.tracing.segments import LENGTH, POSITION, RADIUS, SCALE, Rows, X, Z, point_at

REACH = 1.64
"""A field ends at most this many radii, or voxels where that is more, beyond its wall."""

KERNELS = {
    "dot": (dot_scores, 1, {}),
    "full": (full_scores, 4, {}),
    "slices": (slice_correlations, SLICES, {}),
    "centroid": (centroids, 3, {}),
    "core": (core_correlations, 1, {}),
    "thin": (core_correlations, 1, {"slices": THIN_SLICES}),
}
"""Kernel, numbers per row and options of everything that `score_segments` computes."""


class Templates(NamedTuple):
    """The templates of a precision, as arrays beside the volume."""

    full: Template
    core: Template
    thin: Template


@hookable
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
    """Scores of segments in a packed volume; the result of a row depends on that row alone.

    Parameters
    ----------
    words
        Packed volume, of `zimg.kernels.pack`.
    rows
        ``(n, 8)`` segments, float64 on the host.
    template
        Beside `words`; its dtype is that of the samples.
    layout
        How to read `words`.
    what
        ``"dot"``: objective of the fit; ``"full"``: objective, correlation, mean signal inside the
        wall and mean signal around it; ``"slices"``: correlation of each slice; ``"centroid"``:
        centre in voxels from the voxel of the bottom; ``"core"``, ``"thin"``: correlation with a
        core template.
    xp
        Namespace of `words`.

    Returns
    -------
    numpy.ndarray
        ``(n, k)`` float64 on the host.
    """
    kernel, width, static = KERNELS[what]
    xp = xp or array_namespace(words)
    plan, compiled = row_plan(xp=xp, on=device(words)), jit(kernel, xp=xp)
    dtype = dtype_name(template.inner_sum.dtype)
    samples = template.inner.shape[0] * static.get("slices", SLICES)
    order, found = [np.zeros(0, np.int64)], []
    for chosen, masked in _chunks(rows, layout, samples, plan):
        size = plan.padded(len(chosen)) if plan.shapes else len(chosen)
        chunk = like(filled(relative(rows[chosen], layout), size).astype(dtype), words)
        result = compiled(words, chunk, template, layout=layout, masked=masked, **static)
        order.append(chosen)
        found.append((result, len(chosen)))
    out = np.empty((len(rows), width))
    if found:
        out[np.concatenate(order)] = rows_to_host(found, plan).reshape(-1, width)
    return out


class TubeScorer:
    """Evaluates rows of segments in one ``(Z, Y, X)`` volume, where that is held.

    Rows and results are float64 on the host, the kernels compute in `dtype`. The result of a row
    does not depend on the rows beside it. As a context manager it keeps BLAS to one thread.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.
    dtype
        ``"float32"`` or ``"float64"``.
    beside
        Array of the framework and on the device where segments are scored; None for `volume`.

    Attributes
    ----------
    least_contrast
        Segments are refused while they grow whose mean signal is not so much above that around
        them; 0 refuses none.
    """

    least_contrast: float = 0.0

    def __init__(
        self,
        volume: Array,
        *,
        z_to_xy: float = 1.0,
        dtype: str = "float32",
        beside: Array | None = None,
    ) -> None:
        beside = volume if beside is None else beside
        xp, on = array_namespace(beside), device(beside)
        compute = getattr(array_namespace(volume), dtype)
        words, self.layout = pack_volume(volume, z_to_xy=z_to_xy, dtype=compute)
        self.words = _beside(words, beside)
        made = {"dtype": getattr(xp, dtype), "xp": xp, "on": on}
        self.templates = Templates(
            full_template(**made), core_template(**made), thin_core_template(**made)
        )
        self.plan = row_plan(xp=xp, on=on)
        self.upper = np.array(self.layout.upper)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(threads(1, xp=host))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def dot(self, rows: Rows) -> Rows:
        """Objective of the fit, ``(n,)``."""
        return self._scores("dot", rows)[:, 0]

    def full(self, rows: Rows) -> Rows:
        """Objective, correlation and mean signal, ``(n, 3)``."""
        return self._scores("full", rows)[:, :3]

    def full_around(self, rows: Rows) -> Rows:
        """As :meth:`full`, and the mean signal around each segment, ``(n, 4)``."""
        return self._scores("full", rows)

    def core(self, rows: Rows) -> Rows:
        """Correlation with the inside of the segments, ``(n,)``."""
        return self._scores("core", rows)[:, 0]

    def thin_core(self, rows: Rows) -> Rows:
        """Approximate :meth:`core` from fewer samples, ``(n,)``."""
        return self._scores("thin", rows)[:, 0]

    def slices(self, rows: Rows) -> Rows:
        """Correlation of each of the eleven slices, ``(n, 11)``."""
        return self._scores("slices", rows)

    def centroid(self, rows: Rows) -> Rows:
        """Signal-weighted centre of each field in trace space, ``(n, 3)`` x y z."""
        local = self._scores("centroid", rows)
        return (_origins(rows, self.layout) + local) * _image_to_trace(self.layout)

    def interior(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether every sample of a row's field lies inside the volume, by its bounding sphere."""
        return interior(rows, self.layout)

    def _scores(self, what: str, rows: Rows) -> Rows:
        template = getattr(self.templates, what if what in ("core", "thin") else "full")
        return score_segments(self.words, rows, template, layout=self.layout, what=what)


def _beside(words: Array, array: Array) -> Array:
    """The words of a volume in the framework of `array`, in one of the lengths it compiles for."""
    xp = array_namespace(array)
    if array_namespace(words) == xp:
        return words
    ready = np.asarray(words)
    size = row_plan(xp=xp, on=device(array)).words(ready.size)
    return like(np.pad(ready, (0, size - ready.size)), array)


def interior(rows: Rows, layout: Layout) -> NDArray[np.bool_]:
    """Whether every sample of a row's field lies inside the volume, by its bounding sphere."""
    wall = rows[:, RADIUS] * np.maximum(rows[:, SCALE], 1.0)
    reach = np.hypot((rows[:, LENGTH] - 1.0) / 2.0, wall + REACH * np.maximum(wall, 1.0))
    middle, upper = point_at(rows, 0.5), np.array(layout.upper)
    return np.all((middle > reach[:, None]) & (middle < upper - reach[:, None]), axis=1)


def _chunks(
    rows: Rows, layout: Layout, samples: int, plan: RowPlan
) -> Iterator[tuple[NDArray[np.int64], bool]]:
    """Row numbers of each chunk, and whether its samples need the border test.

    Chunks hold more rows of kernels with fewer `samples` per row. Compiled frameworks always
    test, to keep one shape; the test does not change a valid sample.
    """
    if plan.shapes:
        yield from ((part, True) for part in _parts(np.arange(len(rows)), plan.rows))
        return
    size = max(1, plan.rows * SAMPLES // samples)
    inside = interior(rows, layout)
    if len(rows) <= size:
        if len(rows):
            yield np.arange(len(rows)), not inside.all()
        return
    yield from ((part, False) for part in _parts(np.flatnonzero(inside), size))
    yield from ((part, True) for part in _parts(np.flatnonzero(~inside), size))


SAMPLES = 213 * SLICES
"""Samples of a row of the full template, of which a plan counts its rows."""


def relative(rows: Array, layout: Layout) -> Array:
    """Rows for the kernels, ``(n, 11)``: their positions count from the voxel of the bottom."""
    xp = namespace_by_type(rows)
    height = xp.floor(rows[:, Z:] / layout.z_to_xy)
    voxel = xp.concat([xp.floor(rows[:, X:Z]), height], axis=1)
    flat, height = rows[:, X:Z] - voxel[:, :2], rows[:, Z:] - height * layout.z_to_xy
    return xp.concat([rows[:, :X], flat, height, voxel], axis=1)


def filled(rows: NDArray[np.generic], size: int) -> NDArray[np.generic]:
    """Rows, the last repeated until there are `size`."""
    missing = size - len(rows)
    return np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows


def _origins(rows: Rows, layout: Layout) -> Rows:
    """The voxel of each bottom, ``(n, 3)`` x y z, as whole numbers."""
    return np.floor(rows[:, POSITION] / _image_to_trace(layout))


def _image_to_trace(layout: Layout) -> Rows:
    return np.array([1.0, 1.0, layout.z_to_xy])


def _parts(chosen: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """`chosen` in even parts of at most `size`."""
    return np.array_split(chosen, -(-len(chosen) // size)) if len(chosen) else []
