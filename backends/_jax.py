"""Hooks for JAX: indexed updates, loops and compilation that tracing can follow.

Figures are CPU milliseconds under ``jit`` on one x86-64 core, generic body / hook.
"""

import inspect
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache, wraps
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from zimg import ops
from zimg._dispatch import PRIMITIVES, device
from zimg._typing import Array, Device, Namespace
from zimg.kernels.pack import Layout
from zimg.kernels.voxels import Grid, list_length, listed
from zimg.ops.gather import index_dtype
from zimg.ops.rows import RowPlan, usable_cores

from . import (
    _compiled,
    _compiled_tracing,
    _host,
    _host_arithmetic,
    _host_distance,
    _host_filters,
    _host_order,
    _host_paths,
)
from ._compiled import VIEWED
from ._jax_memory import copies_when_sliced as copies_when_sliced  # hooks of this module
from ._jax_memory import device_entered as device_entered
from ._jax_memory import device_named as device_named
from ._jax_memory import free_memory as free_memory
from ._jax_memory import import_host as import_host
from ._jax_memory import is_contiguous as is_contiguous
from ._jax_memory import is_writable as is_writable
from ._jax_memory import lacks_dtype as lacks_dtype
from ._jax_memory import obstacle as obstacle
from ._jax_memory import settled as settled
from ._jax_memory import synchronize as synchronize
from ._jax_memory import to_host as to_host
from ._jax_memory import upload as upload


def gather(
    x: Array, index: Array, /, *, fill: float | None = None, xp: Namespace | None = None
) -> Array:
    """Rows by position; 600 000 promised to be inside: 1.5 / 1.05 ms.

    The gain is the test for negative indices; ``promise_in_bounds`` is not faster than the clamp.
    """
    if fill is None and x.shape[0]:
        return jnp.take(x, index, axis=0, mode="clip")
    return inspect.unwrap(ops.gather)(x, index, fill=fill, xp=xp)


def scatter_add(values: Array, ids: Array, size: int, /, *, xp: Namespace | None = None) -> Array:
    """Sum per cell; 500 000 values in 100 000 cells: 229 / 1.2 ms."""
    total = jnp.zeros(size, dtype=values.dtype, device=device(values))
    return total.at[_cells(ids, size)].add(values, mode="drop")


def scatter_min(
    values: Array, ids: Array, size: int, /, *, empty: float, xp: Namespace | None = None
) -> Array:
    """Smallest per cell; 500 000 values in 100 000 cells: 488 / 3 ms."""
    cells, start = _cells(ids, size), _start(values, ids, size, empty)
    return start.at[cells].min(values, mode="drop")


def scatter_max(
    values: Array, ids: Array, size: int, /, *, empty: float, xp: Namespace | None = None
) -> Array:
    """Largest per cell; as fast as `scatter_min`."""
    cells, start = _cells(ids, size), _start(values, ids, size, empty)
    return start.at[cells].max(values, mode="drop")


def _start(values: Array, ids: Array, size: int, empty: float) -> Array:
    """Initialize every hit cell with one of its values, because `empty` may be among the values."""
    start = jnp.full(size, empty, dtype=values.dtype, device=device(values))
    return start.at[_cells(ids, size)].set(values, mode="drop")


def _cells(ids: Array, size: int) -> Array:
    """Move negative ids behind the end: ``.at`` would count from the end, ``drop`` drops them."""
    return jnp.where(ids < 0, size, ids)


def scatter_set(x: Array, ids: Array, values: Array, /, *, xp: Namespace | None = None) -> Array:
    """Copy with values written; 100 000 into 4 000 000: 1029 / 6 ms."""
    return x.at[_cells(ids, x.shape[0])].set(values, mode="drop")


def compact(
    x: Array, keep: Array, size: int, /, *, fill: float, xp: Namespace | None = None
) -> tuple[Array, Array]:
    """Kept rows first; 100 000 of 2 000 000: 541 / 37 ms (``nonzero(size=)``: 42)."""
    indexing = index_dtype(xp=jnp, on=device(x))
    place = jnp.where(keep, jnp.cumsum(keep, dtype=indexing) - 1, size)
    packed = jnp.full((size, *x.shape[1:]), fill, dtype=x.dtype, device=device(x))
    return packed.at[place].set(x, mode="drop"), jnp.sum(keep, dtype=indexing)


def flat_length(volume: Array, /, *, xp: Namespace | None = None) -> int:
    """As long as the packed volume: functions are compiled for each; not padded during tracing."""
    if isinstance(volume, jax.core.Tracer) or volume.ndim == 1:
        return int(volume.size)
    return row_plan(xp=jnp, on=device(volume)).words(math.prod(n + 1 for n in volume.shape))


def voxel_list(mask: Array, /, *, xp: Namespace | None = None) -> Array:
    """One program to count and one to list; during tracing a mask may be all foreground."""
    flat = mask.reshape(-1)
    if isinstance(mask, jax.core.Tracer):
        return listed(flat, size=mask.size + 1, xp=jnp)
    count = int(ops.to_host(jnp.count_nonzero(flat)))
    return _jitted(listed)(flat, size=list_length(count, mask.size), xp=jnp)


def cumulative_max(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """Running maximum; 2 000 000 values: 290 / 40 ms."""
    return lax.cummax(x)


def cumulative_min(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """Running minimum; as fast as `cumulative_max`."""
    return lax.cummin(x)


def while_loop(
    cond: Callable[[Any], Array], body: Callable[[Any], Any], state: Any, /, *, xp: Namespace
) -> Any:
    """A compiled loop; the generic one reads a value that is unknown during tracing."""
    return lax.while_loop(cond, body, state)


def jit(fn: Callable[..., Any], /, *, xp: Namespace, loops: bool = False) -> Callable[..., Any]:
    """Compile `fn`, including its loops, per shape, dtype and keyword-only argument."""
    return _jitted(fn)


@lru_cache(maxsize=256)  # bounded, for closures come and go
def _jitted(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The compiled form of `fn`; keyword-only arguments other than layouts and grids are static."""
    parameters = inspect.signature(fn).parameters.values()
    fixed = [each for each in parameters if each.kind is each.KEYWORD_ONLY]
    static = tuple(each.name for each in fixed if each.annotation not in TRACED)
    plain = jax.jit(fn, static_argnames=static)
    on_cpu = jax.jit(fn, static_argnames=static, compiler_options=CPU_OPTIONS)

    @wraps(fn)
    def compiled(*args: Any, **kwargs: Any) -> Any:
        leaves = jax.tree.leaves(args)
        # Options are for the outermost function only.
        traced = any(isinstance(leaf, jax.core.Tracer) for leaf in leaves)
        first = next((leaf for leaf in leaves if isinstance(leaf, jax.Array)), None)
        ours = not traced and _platform(None if first is None else device(first)) == "cpu"
        if first is not None and not traced:
            wide, on = bool(jax.config.jax_enable_x64), device(first)  # type: ignore[attr-defined]
            kwargs = {
                name: _placed(value, on, wide) if isinstance(value, TRACED) else value
                for name, value in kwargs.items()
            }
        return (on_cpu if ours else plain)(*args, **kwargs)

    return compiled


@lru_cache(maxsize=64)
def _placed(numbers: Layout | Grid, on: Any, wide: bool) -> Layout | Grid:
    """A layout or grid with numbers on the device, so that calls do not transfer them."""
    placed: Layout | Grid = jax.device_put(numbers, on)
    return placed


CPU_OPTIONS = {"xla_disable_hlo_passes": "cse_barrier_expander"}
"""Keep XLA from dropping barriers before it fuses: the tube kernel is twice as fast.

Measured with JAX 0.10.2: 15 instead of 33 ns per sample. The pass changes no values.
"""

TRACED = (Layout, Grid)
"""Types of keyword-only arguments whose numbers are traced."""

jax.tree_util.register_dataclass(Layout, data_fields=["shape", "z_to_xy"], meta_fields=["kind"])
jax.tree_util.register_dataclass(Grid, data_fields=["shape"], meta_fields=[])


def barrier(x: Any, /, *, xp: Namespace | None = None) -> Any:
    """Stop XLA from recomputing what lies before in every consumer behind.

    Without its three barriers the tube kernel takes twice as long; `jit` makes them last.
    """
    return lax.optimization_barrier(x)  # type: ignore[no-untyped-call]


def wide_types(*, xp: Namespace) -> AbstractContextManager[None]:
    """Enable 64-bit types in this thread; programs compiled inside are cached separately."""
    return jax.enable_x64(True)


def row_plan(*, xp: Namespace, on: Device) -> RowPlan:
    """Few compiled shapes, none below 32 rows, where XLA orders sums differently.

    On a CPU chunks of 64 instead of 256 rows cost 24 % more; the sizes for a GPU are an estimate.
    Volumes are one slab: XLA fuses local functions, and every slab would be a program.
    """
    if _platform(on) == "cpu":
        return RowPlan(
            rows=256,
            shapes=(32, 64, 128, 256),
            workers=usable_cores(),
            seeds=32,
            lanes=(32,),
            slab=WHOLE,
            partial=False,
        )
    return RowPlan(
        rows=4096,
        shapes=(64, 512, 4096),
        workers=1,
        seeds=128,
        lanes=(256,),
        queues=(512,),
        slab=WHOLE,
        partial=False,
    )


WHOLE = 2**62
"""Voxels of a slab that holds any volume."""


def _platform(on: Device) -> str:
    """Platform of a device, a sharding, or (None) the default device."""
    if on is None:
        return jax.default_backend()
    devices = getattr(on, "device_set", (on,))
    return str(next(iter(devices)).platform)


def _on_host(host: Callable[..., Array]) -> Callable[..., Array]:
    """Run a voxel kernel on views of CPU memory; the generic body on devices and during tracing."""

    @wraps(host)
    def hook(*args: Any, **options: Any) -> Array:
        if isinstance(args[0], jax.core.Tracer) or _platform(device(args[0])) != "cpu":
            return inspect.unwrap(PRIMITIVES[host.__name__])(*args, **options)
        options = {name: _viewed(value) for name, value in options.items()}
        found = host(*map(_viewed, args), **options)
        on = device(args[0])
        return tuple(_put(x, on) for x in found) if isinstance(found, tuple) else _put(found, on)

    return hook


def _put(found: NDArray[Any], on: Device) -> Array:
    return jax.device_put(found.astype(jax.dtypes.canonicalize_dtype(found.dtype), copy=False), on)


def _viewed(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, jax.Array) else value


cheapest_paths = _on_host(_host_paths.cheapest_paths)
combined = _on_host(_host_arithmetic.combined)
components = _on_host(_host.components)
correlated = _on_host(_host_filters.correlated)
histogram = _on_host(_host.histogram)
distance_peaks = _on_host(_host_distance.distance_peaks)
local_maxima = _on_host(_host_distance.local_maxima)
majority = _on_host(_host.majority)
median_box = _on_host(_host_order.median_box)
ranked = _on_host(_host_order.ranked)
regional_maxima = _on_host(_host.regional_maxima)
remove_small = _on_host(_host.remove_small)
squared_distance = _on_host(_host_distance.squared_distance)


def _on_rows(host: Callable[..., Any]) -> Callable[..., Any]:
    """As `_on_host`, for results that stay on the host."""

    @wraps(host)
    def hook(*args: Any, **options: Any) -> Any:
        if _platform(device(args[0])) != "cpu":
            return inspect.unwrap(PRIMITIVES[host.__name__])(*args, **options)
        return host(*args, **options)

    return hook


def fastest(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """A NumPy view of CPU memory if segments are compiled for NumPy."""
    return x if _compiled.status().problem else for_voxels(x)


def for_voxels(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """A NumPy view of CPU memory, because JAX would compile programs for every new shape."""
    if _platform(device(x)) != "cpu":
        return jax.device_put(x, device(x))  # committed, as uploads are: JAX compiles for both
    return to_host(x) if str(x.dtype) in VIEWED else x


fit_segments = _on_rows(_compiled_tracing.fit_segments)
grow_strands = _on_rows(_compiled_tracing.grow_strands)
orient_segments = _on_rows(_compiled_tracing.orient_segments)
score_segments = _on_rows(_compiled_tracing.score_segments)


def namespace() -> Namespace:
    """Namespace of JAX that implements the standard."""
    return jnp
