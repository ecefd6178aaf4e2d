"""Hooks for CuPy: written from its documentation, and never run.

The tests look up every name in CuPy where it is installed, run the formulas on NumPy and SciPy,
which have the same interface, run ``segments.cu`` as C++, and compile it by ``nvcc`` where that is
installed. No hook carries a measurement; each waits for the conformance suite on a GPU.
"""

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

import cupy
import cupyx
import cupyx.scipy.ndimage
import numpy as np
from numpy.typing import DTypeLike, NDArray

from zimg import ops
from zimg._dispatch import PRIMITIVES
from zimg._typing import Array, Device, Namespace
from zimg.kernels.pack import Layout
from zimg.kernels.template import Template
from zimg.ops.rows import RowPlan
from zimg.ops.transfer import plain

from . import _segments

ATOMIC_ADD = ("int32", "uint32", "uint64", "float32", "float64")
ATOMIC_EXTREMES = ATOMIC_ADD
"""Types of ``cupyx.scatter_add``, ``scatter_min`` and ``scatter_max``."""


def sample_linear(
    volume: Array, points: Array, /, *, fill_value: float = 0.0, xp: Namespace | None = None
) -> Array:
    """One kernel instead of about eighty; ``grid-constant`` has the same border rule."""
    coordinates = points.reshape(-1, volume.ndim).T
    found = cupyx.scipy.ndimage.map_coordinates(
        volume, coordinates, output=points.dtype, order=1, mode="grid-constant", cval=fill_value
    )
    return found.reshape(points.shape[:-1])


def scatter_add(values: Array, ids: Array, size: int, /, *, xp: Namespace | None = None) -> Array:
    """Atomic additions: the order of floating sums varies from run to run."""
    if values.dtype.name not in ATOMIC_ADD:
        return inspect.unwrap(ops.scatter_add)(values, ids, size, xp=xp)
    total = cupy.zeros(size + 1, dtype=values.dtype)
    cupyx.scatter_add(total, _cells(ids, size), values)
    return total[:size]


def scatter_min(
    values: Array, ids: Array, size: int, /, *, empty: float, xp: Namespace | None = None
) -> Array:
    """Atomic minima."""
    if values.dtype.name not in ATOMIC_EXTREMES:
        return inspect.unwrap(ops.scatter_min)(values, ids, size, empty=empty, xp=xp)
    return _extreme(cupyx.scatter_min, values, ids, size, empty)


def scatter_max(
    values: Array, ids: Array, size: int, /, *, empty: float, xp: Namespace | None = None
) -> Array:
    """Atomic maxima."""
    if values.dtype.name not in ATOMIC_EXTREMES:
        return inspect.unwrap(ops.scatter_max)(values, ids, size, empty=empty, xp=xp)
    return _extreme(cupyx.scatter_max, values, ids, size, empty)


def _cells(ids: Array, size: int) -> Array:
    """Map ids outside to an extra cell, which is dropped; CuPy would wrap them around."""
    return cupy.where((ids >= 0) & (ids < size), ids, size)


def _extreme(
    pick: Callable[[Array, Array, Array], None],
    values: Array,
    ids: Array,
    size: int,
    empty: float,
) -> Array:
    """Initialize every hit cell with one of its values, because `empty` may be among the values."""
    found, cells = cupy.full(size + 1, empty, dtype=values.dtype), _cells(ids, size)
    found[cells] = values
    pick(found, cells, values)
    return found[:size]


def scatter_set(x: Array, ids: Array, values: Array, /, *, xp: Namespace | None = None) -> Array:
    """Copy with values written, without a sort."""
    size = x.shape[0]
    written = cupy.empty(size + 1, dtype=x.dtype)
    written[:size] = x
    written[_cells(ids, size)] = values
    return written[:size]


def compact(
    x: Array, keep: Array, size: int, /, *, fill: float, xp: Namespace | None = None
) -> tuple[Array, Array]:
    """Kept rows first, without sorting and without waiting for their number."""
    place = cupy.cumsum(keep, dtype=cupy.int64)
    packed = cupy.full((size + 1, *x.shape[1:]), fill, dtype=x.dtype)
    packed[cupy.where(keep & (place <= size), place - 1, size)] = x
    return packed[:size], cupy.sum(keep, dtype=cupy.int64)


def score_segments(
    words: Array,
    rows: NDArray[np.float64],
    template: Template,
    /,
    *,
    layout: Layout,
    what: str,
    xp: Namespace | None = None,
) -> NDArray[np.float64]:
    """One launch with one block per segment; the generic body for core templates."""
    if what not in _segments.WHAT or not len(rows):
        generic = inspect.unwrap(PRIMITIVES["score_segments"])
        scored: NDArray[np.float64] = generic(
            words, rows, template, layout=layout, what=what, xp=xp
        )
        return scored
    number, width = _segments.WHAT[what]
    with words.device:
        given = _segments.given(words, layout, template)
        scores = cupy.empty((len(rows), width), dtype=cupy.float64)
        sent = cupy.asarray(plain(rows, np.float64))
        asked = (template.inside, np.int32(number), np.int32(width), sent, scores)
        _launch("score_segments", words, layout, template, len(rows), (*given, *asked))
        found: NDArray[np.float64] = scores.get()
    return found


def fit_segments(
    words: Array,
    rows: NDArray[np.float64],
    template: Template,
    /,
    *,
    layout: Layout,
    xp: Namespace | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """One launch with one block per segment; each block runs the whole line search."""
    if not len(rows):
        return rows.copy(), np.zeros(0, np.int64)
    with words.device:
        given = _segments.given(words, layout, template)
        sent, steps = cupy.array(plain(rows, np.float64)), cupy.empty(len(rows), dtype=cupy.int32)
        _launch("fit_segments", words, layout, template, len(rows), (*given, sent, steps))
        fitted, accepted = sent.get(), steps.get().astype(np.int64)
    fitted[:, 1:3] %= 2.0 * np.pi
    return fitted, accepted


def _launch(
    name: str, words: Array, layout: Layout, template: Template, blocks: int, given: Any
) -> None:
    options = _segments.macros(layout, template.inner.dtype.name, words.size)
    _compiled(options).get_function(name)((blocks,), (_segments.THREADS,), given)


@lru_cache(maxsize=12)
def _compiled(options: tuple[str, ...]) -> Any:
    """The kernels for one set of macros; CuPy caches the machine code on disk."""
    return cupy.RawModule(code=_segments.source(), options=("-std=c++17", *options))


def row_plan(*, xp: Namespace, on: Device) -> RowPlan:
    """Large chunks, since launches cost more than rows; an estimate."""
    return RowPlan(rows=4096, shapes=(), workers=1, seeds=128, lanes=(256,), unread=8)


def to_host(x: Array, /, *, xp: Namespace | None = None) -> NDArray[np.generic]:
    """Copy to the host after the result is ready (the generic body raises)."""
    host: NDArray[np.generic] = x.get()
    return host


def upload(
    host: NDArray[np.generic], /, *, on: Device, dtype: DTypeLike | None = None, xp: Namespace
) -> Array:
    """Copy to the device `on`, or to the current one."""
    with cupy.cuda.Device() if on is None else on:
        return cupy.asarray(plain(host, dtype))


def device_entered(x: Any, /, *, xp: Namespace | None = None) -> AbstractContextManager[Any]:
    """The device of `x`, or of the first array in it; other arguments change nothing."""
    first = (
        next((each for each in x if isinstance(each, cupy.ndarray)), None)
        if (isinstance(x, tuple))
        else x
    )
    return first.device if isinstance(first, cupy.ndarray) else nullcontext()


def release_memory() -> None:
    """Free the blocks of the pools that no array uses, on every device."""
    for number in range(cupy.cuda.runtime.getDeviceCount()):
        with cupy.cuda.Device(number):
            cupy.get_default_memory_pool().free_all_blocks()
    cupy.get_default_pinned_memory_pool().free_all_blocks()


def synchronize(x: Array, /, *, xp: Namespace | None = None) -> None:
    """Wait for the current stream of the device of `x`."""
    with x.device:
        cupy.cuda.get_current_stream().synchronize()


def on_host(x: Array, /, *, xp: Namespace | None = None) -> bool:
    """Never."""
    return False


def free_memory(x: Array, /, *, xp: Namespace | None = None) -> int | None:
    """Free memory of the device plus unused blocks of the pool."""
    with x.device:
        free, _ = cupy.cuda.runtime.memGetInfo()
        return int(free + cupy.get_default_memory_pool().free_bytes())


def shares_host_memory(*, xp: Namespace) -> bool:
    """Never: arrays are on GPUs."""
    return False


def device_named(name: Device, /, *, xp: Namespace) -> Device:
    """``cuda:0`` or ``gpu:0``."""
    if not isinstance(name, str):
        return name
    kind, _, number = name.partition(":")
    if kind not in ("cuda", "gpu"):
        raise ValueError("it has cuda:0, cuda:1, ...")
    return cupy.cuda.Device(int(number or 0))


def obstacle(host: NDArray[np.generic], /, *, on: Device = None, xp: Namespace) -> str | None:
    """Only the byte order; arrays with any strides can be uploaded."""
    return None if host.dtype.isnative else f"of its byte order {host.dtype.str}"


def import_host(host: NDArray[np.generic], /, *, on: Device = None, xp: Namespace) -> Array:
    """Copy to the device `on`, or to the current one."""
    with cupy.cuda.Device() if on is None else on:
        return cupy.asarray(host)
