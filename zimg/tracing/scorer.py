"""Scores of many tube segments in one volume, evaluated chunk by chunk on its device."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array
from zimg.kernels.pack import pack_volume
from zimg.kernels.ranking import orientation_ranks
from zimg.kernels.scores import (
    centroids,
    core_correlations,
    dot_scores,
    full_scores,
    slice_correlations,
)
from zimg.kernels.template import Template, core_template, full_template, thin_core_template
from zimg.kernels.tube import SLICES
from zimg.ops import jit, like, row_plan, to_host
from zimg.tracing.segments import LENGTH, POSITION, RADIUS, SCALE, Rows, point_at

if TYPE_CHECKING:
    from zimg.tracing.orientation import RankingMatrices

Kernel = Callable[..., Array]

THIN_SLICES = 6
"""Sections along the axis that ranking samples."""

REACH = 1.64
"""A field ends at most this many radii, or voxels where that is more, beyond its wall."""


CROPS = 64
"""Centres that are ranked together; one fixed shape, because a matrix product may depend on it."""


class TubeScorer:
    """Evaluates rows of segments in one ``(Z, Y, X)`` volume, where that is held.

    Rows and results are float64 on the host, the kernels compute in `dtype`. The result of a row
    does not depend on the rows beside it. A context manager, for it owns a pool of host threads.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.
    dtype
        ``"float32"`` or ``"float64"``.
    """

    def __init__(self, volume: Array, *, z_to_xy: float = 1.0, dtype: str = "float32") -> None:
        self._xp, self._on = array_namespace(volume), device(volume)
        compute = getattr(self._xp, dtype)
        self._dtype = np.dtype(dtype)
        self.words, self.layout = pack_volume(volume, z_to_xy=z_to_xy, dtype=compute)
        self._full = full_template(dtype=compute, xp=self._xp, on=self._on)
        self._core = core_template(dtype=compute, xp=self._xp, on=self._on)
        self._thin = thin_core_template(dtype=compute, xp=self._xp, on=self._on)
        self._plan = row_plan(xp=self._xp, on=self._on)
        self.batch_rows = self._plan.rows
        self._pool = ThreadPoolExecutor(self._plan.workers) if self._plan.workers > 1 else None
        depth, height, width = self.layout.shape
        self._image_to_trace = np.array([1.0, 1.0, z_to_xy])
        self.upper = np.array([width - 1.0, height - 1.0, (depth - 1.0) * z_to_xy])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def dot(self, rows: Rows) -> Rows:
        """Objective of the fit, ``(n,)``."""
        return self._evaluate(dot_scores, self._full, rows, ())

    def full(self, rows: Rows) -> Rows:
        """Objective, correlation and mean signal, ``(n, 3)``."""
        return self._evaluate(full_scores, self._full, rows, (3,))

    def core(self, rows: Rows) -> Rows:
        """Correlation with the inside of the segments, ``(n,)``."""
        return self._evaluate(core_correlations, self._core, rows, ())

    def thin_core(self, rows: Rows) -> Rows:
        """Approximate :meth:`core` from fewer samples, ``(n,)``."""
        return self._evaluate(core_correlations, self._thin, rows, (), slices=THIN_SLICES)

    def slices(self, rows: Rows) -> Rows:
        """Correlation of each of the eleven slices, ``(n, 11)``."""
        return self._evaluate(slice_correlations, self._full, rows, (11,))

    def centroid(self, rows: Rows) -> Rows:
        """Signal-weighted centre of each field in trace space, ``(n, 3)`` x y z."""
        local = self._evaluate(centroids, self._full, rows, (3,))
        return (self._origins(rows) + local) * self._image_to_trace

    def ranks(self, centres: Rows, matrices: "RankingMatrices") -> Rows:
        """Approximate correlation with all orientations around `centres` (image voxels)."""
        compiled = jit(orientation_ranks, xp=self._xp)
        arrays = [like(np.asarray(a), self.words) for a in matrices[1:]]
        out = np.empty((len(centres), matrices.counted.shape[1]))
        for start in range(0, len(centres), CROPS):
            part = centres[start : start + CROPS]
            padded = np.concatenate([part, np.repeat(part[-1:], CROPS - len(part), axis=0)])
            device_centres = like(padded.astype(np.float32), self.words)
            result = compiled(
                self.words, device_centres, *arrays, layout=self.layout, reach=matrices.reach
            )
            out[start : start + CROPS] = to_host(result)[: len(part)]
        return out

    def interior(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether every sample of a row's field lies inside the volume, by its bounding sphere."""
        wall = rows[:, RADIUS] * np.maximum(rows[:, SCALE], 1.0)
        reach = np.hypot((rows[:, LENGTH] - 1.0) / 2.0, wall + REACH * np.maximum(wall, 1.0))
        middle = point_at(rows, 0.5)
        return np.all((middle > reach[:, None]) & (middle < self.upper - reach[:, None]), axis=1)

    def _evaluate(
        self, kernel: Kernel, template: Template, rows: Rows, tail: tuple[int, ...], **static: int
    ) -> Rows:
        """Results of `kernel` for all rows, chunk by chunk."""
        out = np.empty((len(rows), *tail))
        compiled = jit(kernel, xp=self._xp)
        samples = template.inner.shape[0] * static.get("slices", SLICES)

        def run(task: tuple[NDArray[np.int64], bool]) -> None:
            chosen, masked = task
            chunk = like(self._relative(rows[chosen]).astype(self._dtype), self.words)
            result = compiled(
                self.words, chunk, template, layout=self.layout, masked=masked, **static
            )
            out[chosen] = to_host(result)[: len(chosen)]

        self._each(run, list(self._chunks(rows, samples)))
        return out

    def _origins(self, rows: Rows) -> Rows:
        """The voxel of each bottom, ``(n, 3)`` x y z, as whole numbers."""
        return np.floor(rows[:, POSITION] / self._image_to_trace)

    def _each(self, run: Callable[[Any], None], tasks: list[Any]) -> None:
        if self._pool is None or len(tasks) < 2:
            for task in tasks:
                run(task)
        else:
            list(self._pool.map(run, tasks))

    def _chunks(self, rows: Rows, samples: int) -> Iterator[tuple[NDArray[np.int64], bool]]:
        """Row numbers of each chunk, and whether its samples need the border test.

        Chunks hold more rows of kernels with fewer `samples` per row. Compiled frameworks always
        test, to keep one shape; the test does not change a valid sample.
        """
        if self._plan.shapes:
            yield from ((part, True) for part in _parts(np.arange(len(rows)), self._plan.rows))
            return
        size = self._plan.rows * self._full.inner.shape[0] * SLICES // samples
        inside = self.interior(rows)
        if len(rows) <= size:
            yield np.arange(len(rows)), not inside.all()
            return
        yield from ((part, False) for part in _parts(np.flatnonzero(inside), size))
        yield from ((part, True) for part in _parts(np.flatnonzero(~inside), size))

    def _relative(self, rows: Rows) -> Rows:
        """Rows for the kernels: relative to the voxel of their bottom, padded to a known shape."""
        if self._plan.shapes:
            missing = self._plan.padded(len(rows)) - len(rows)
            rows = np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)])
        origins = self._origins(rows)
        relative = np.concatenate([rows, origins], axis=1)
        relative[:, POSITION] -= origins * self._image_to_trace
        return relative


def _parts(chosen: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """`chosen` in even parts of at most `size`."""
    return np.array_split(chosen, -(-len(chosen) // size)) if len(chosen) else []
