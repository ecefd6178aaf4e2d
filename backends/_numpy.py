"""Hooks for NumPy: writes by index and running extremes as one pass instead of sorts.

Figures are CPU milliseconds on one x86-64 core, generic body / hook.
"""

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array, Device, Namespace
from zimg.ops.rows import RowPlan

from . import _compiled
from ._compiled_tracing import fit_segments, grow_strands, orient_segments, score_segments
from ._host import components, histogram, majority, regional_maxima, remove_small
from ._host_arithmetic import combined
from ._host_distance import distance_peaks, local_maxima, squared_distance
from ._host_filters import correlated
from ._host_order import median_box, ranked
from ._host_pack import pack_volume
from ._host_skeletons import (
    branch_voxels,
    bridges,
    chain_nodes,
    cheapest_paths,
    joined_chains,
    object_numbers,
    on_surface,
    ordered_paths,
    planar_depth,
    spatial_depth,
    thinning,
)

__all__ = [  # what is imported from a neighbour is a hook as well
    "branch_voxels",
    "bridges",
    "chain_nodes",
    "cheapest_paths",
    "combined",
    "components",
    "correlated",
    "distance_peaks",
    "fit_segments",
    "grow_strands",
    "histogram",
    "joined_chains",
    "local_maxima",
    "majority",
    "median_box",
    "object_numbers",
    "on_surface",
    "ordered_paths",
    "orient_segments",
    "pack_volume",
    "planar_depth",
    "ranked",
    "regional_maxima",
    "remove_small",
    "score_segments",
    "spatial_depth",
    "squared_distance",
    "thinning",
]


def scatter_add(values: Array, ids: Array, size: int, /, *, xp: Namespace | None = None) -> Array:
    """Sum per cell; 500 000 values in 100 000 cells: 82 / 5 ms.

    Floats are summed in float64 by ``bincount``, as the generic body does.
    """
    values, ids = _inside(values, ids, size)
    if np.issubdtype(values.dtype, np.floating):
        return np.bincount(ids, weights=values, minlength=size).astype(values.dtype)
    total = np.zeros(size, dtype=values.dtype)
    np.add.at(total, ids, values)
    return total


def scatter_min(
    values: Array, ids: Array, size: int, /, *, empty: float, xp: Namespace | None = None
) -> Array:
    """Smallest per cell; 500 000 values in 100 000 cells: 162 / 10 ms."""
    return _extreme(np.minimum, values, ids, size, empty)


def scatter_max(
    values: Array, ids: Array, size: int, /, *, empty: float, xp: Namespace | None = None
) -> Array:
    """Largest per cell; as fast as `scatter_min`."""
    return _extreme(np.maximum, values, ids, size, empty)


def _inside(values: Array, ids: Array, size: int) -> tuple[Array, Array]:
    """Values whose cell exists."""
    kept = (ids >= 0) & (ids < size)
    return (values, ids) if kept.all() else (values[kept], ids[kept])


def _extreme(pick: np.ufunc, values: Array, ids: Array, size: int, empty: float) -> Array:
    """Initialize every hit cell with one of its values, because `empty` may be among the values."""
    values, ids = _inside(values, ids, size)
    found = np.full(size, empty, dtype=values.dtype)
    found[ids] = values
    pick.at(found, ids, values)
    return found


def scatter_set(x: Array, ids: Array, values: Array, /, *, xp: Namespace | None = None) -> Array:
    """Copy with values written; 100 000 into 4 000 000: 217 / 4 ms."""
    values, ids = _inside(values, ids, x.shape[0])
    written = x.copy()
    written[ids] = values
    return written


def compact(
    x: Array, keep: Array, size: int, /, *, fill: float, xp: Namespace | None = None
) -> tuple[Array, Array]:
    """Kept rows first; 100 000 of 2 000 000: 42 / 4 ms."""
    kept = x[keep]
    packed = np.full((size, *x.shape[1:]), fill, dtype=x.dtype)
    packed[: kept.shape[0]] = kept[:size]
    return packed, np.int64(kept.shape[0])


def cumulative_max(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """Running maximum; 2 000 000 values: 50 / 8 ms."""
    return np.maximum.accumulate(x, axis=0)


def cumulative_min(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """Running minimum; as fast as `cumulative_max`."""
    return np.minimum.accumulate(x, axis=0)


def row_plan(*, xp: Namespace, on: Device) -> RowPlan:
    """Chunks of 24 to 32 rows fit the second-level cache; 48 rows do not.

    Two threads take 1.4 times the CPU time of one and the same wall time: they wait for each other
    between the many short array operations. Compiled growth takes strands to their ends, two seeds
    or one for every thread at a time: more of them grow what a better one has grown already.
    """
    if _compiled.status().problem:
        return RowPlan(rows=24, shapes=(), workers=1)
    return RowPlan(rows=24, shapes=(), workers=1, seeds=max(2, _compiled.threads()), levels=64)


def slow_because(*, xp: Namespace) -> str:
    """Reason why nothing is compiled."""
    return _compiled.status().problem


def threads(n: int, /, *, xp: Namespace) -> AbstractContextManager[None]:
    """Limit the threads of BLAS if threadpoolctl is installed; NumPy uses no other threads.

    Without it ``OPENBLAS_NUM_THREADS`` and its like, set before NumPy is imported, have the say.
    """
    try:
        control = import_module("threadpoolctl")
    except ModuleNotFoundError:
        return nullcontext()
    limits: AbstractContextManager[None] = control.threadpool_limits(limits=n, user_api="blas")
    return limits


def to_host(x: Array, /, *, xp: Namespace | None = None) -> NDArray[np.generic]:
    """`x` itself, without the checks of the generic body."""
    host: NDArray[np.generic] = x
    return host


def device_named(name: Device, /, *, xp: Namespace) -> Device:
    """NumPy is on the host only."""
    if "cpu" not in str(name).lower():
        raise ValueError("it has 'cpu' only")
    return "cpu"
