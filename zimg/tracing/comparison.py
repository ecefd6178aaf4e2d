"""Comparison of the orientations of many segments, on the device of a packed volume."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import device
from zimg._typing import Array, Namespace
from zimg.arrays.interop import dtype_name
from zimg.kernels.pack import Layout
from zimg.kernels.ranking import best_ranked
from zimg.kernels.template import THIN_SLICES, Template
from zimg.kernels.tube import SLICES
from zimg.kernels.widen import widest_float
from zimg.ops import RowPlan, jit, like, row_plan, rows_to_host, wide_types
from zimg.tracing.ranking_matrices import RankingMatrices
from zimg.tracing.scorer import SAMPLES, filled, interior
from zimg.tracing.segments import COLUMNS, POSITION, PSI, THETA, Rows, axis_direction, point_at
from zimg.tracing.turning import best_of_all, best_of_some

CROPS = 64
"""Centres that are ranked together; one fixed shape, because a matrix product may depend on it."""


class Comparison(NamedTuple):
    """A packed volume with the templates and the orientations of a search."""

    words: Array
    layout: Layout
    core_template: Template
    thin_template: Template
    xp: Namespace
    orientations: Rows
    table: Array

    @classmethod
    def of(
        cls,
        words: Array,
        layout: Layout,
        templates: tuple[Template, Template],
        orientations: Rows,
        xp: Namespace,
    ) -> Self:
        """Send a table of `orientations`."""
        with wide_types(xp=xp):
            kind = dtype_name(widest_float(words, xp=xp))
            table = like(_table(orientations), words, dtype=kind)
        return cls(words, layout, *templates, xp, orientations, table)

    def ranked(self, centres: Rows, matrices: RankingMatrices, kept: int) -> NDArray[np.int64]:
        """The orientations that are ranked highest around `centres` (image voxels), ``(n, k)``."""
        compiled = jit(best_ranked, xp=self.xp)
        arrays = [like(np.asarray(a), self.words) for a in matrices[1:]]
        plan, parts = row_plan(xp=self.xp, on=device(self.words)), []
        for start in range(0, len(centres), CROPS):
            part = centres[start : start + CROPS]
            moved = like(filled(part, CROPS).astype(np.float32), self.words)
            given = (self.words, moved, *arrays)
            found = compiled(*given, layout=self.layout, reach=matrices.reach, kept=kept)
            parts.append((found, len(part)))
        return rows_to_host(parts, plan).astype(np.int64)

    def sampled(self, rows: Rows, kept: int) -> NDArray[np.int64]:
        """The orientations with the highest approximate correlations, ``(n, k)``."""
        asked, each = (rows, self.thin_template), len(self.orientations)
        found = self._compared(best_of_all, *asked, each=each, slices=THIN_SLICES, kept=kept)
        return found.astype(np.int64)

    def best(self, rows: Rows, shortlist: NDArray[np.int64]) -> tuple[NDArray[np.int64], Rows]:
        """Place in its shortlist and correlation of the first best orientation of each row."""
        asked, each = (rows, self.core_template), shortlist.shape[1]
        chosen = shortlist.astype(np.int16)
        found = self._compared(best_of_some, *asked, chosen, each=each, slices=SLICES)
        return found[:, 0].astype(np.int64), found[:, 1]

    def _compared(
        self,
        kernel: Callable[..., Array],
        rows: Rows,
        template: Template,
        *columns: NDArray[np.generic],
        each: int,
        slices: int,
        **static: int,
    ) -> Rows:
        """Results of a kernel for rows that take `each` orientations, some rows at a time."""
        xp, plan = self.xp, row_plan(xp=self.xp, on=device(self.words))
        compiled, found = jit(kernel, xp=xp), []
        with wide_types(xp=xp):
            kind = dtype_name(self.table.dtype)
            placed = _placed(rows, self.layout, kind)
            for part, size in _parts(len(rows), each, template.inner.shape[0] * slices, plan):
                masked = bool(plan.shapes) or not interior(rows[part], self.layout).all()
                asked = like(filled(placed[part], size), self.words, dtype=kind)
                more = [like(filled(column[part], size), self.words) for column in columns]
                given = (self.words, asked, self.table, template, *more)
                result = compiled(*given, layout=self.layout, masked=masked, **static)
                found.append((result, len(rows[part])))
            return rows_to_host(found, plan).astype(np.float64)


def _table(orientations: Rows) -> Rows:
    """Angles and axes of orientations, ``(m, 5)``."""
    start = np.zeros((len(orientations), COLUMNS))
    start[:, THETA : PSI + 1] = orientations
    return np.concatenate([orientations, axis_direction(start)], axis=1)


def _placed(rows: Rows, layout: Layout, kind: str) -> Rows:
    """Rows with the positions of their centres, and the voxels these count from, ``(n, 11)``."""
    out, scale = rows.copy(), np.array([1.0, 1.0, layout.z_to_xy])
    centre, base = point_at(rows, 0.5), np.zeros((len(rows), 3))
    if kind != "float64":  # small numbers keep their digits
        base = np.floor(centre / scale)
    out[:, POSITION] = centre - base * scale
    return np.concatenate([out, base], axis=1)


def _parts(count: int, each: int, samples: int, plan: RowPlan) -> Iterator[tuple[slice, int]]:
    """Parts of some rows of which each is evaluated in `each` orientations, and their sizes."""
    most = plan.rows if plan.shapes else plan.rows * SAMPLES // samples
    sizes = [max(1, size // each) for size in plan.shapes or (most,)]
    for start in range(0, count, sizes[-1]):
        left = min(count - start, sizes[-1])
        padded = next(size for size in sizes if size >= left) if plan.shapes else left
        yield slice(start, start + left), padded
