"""Hooks for PyTorch: uint16 that can be read, scatters without sorts, transfers, threads.

Figures are CPU milliseconds on one x86-64 core, generic body / hook. Nothing has run on CUDA.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray

from zimg import ops
from zimg._dispatch import PRIMITIVES
from zimg._typing import Array, Device, Namespace
from zimg.kernels.voxels import OUTSIDE, list_length, listed
from zimg.ops.transfer import plain

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
from ._torch_compile import jit as jit  # hooks of this module
from ._torch_compile import row_plan as row_plan

_SAME_BITS = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}


def _bits(x: Array) -> Array:
    """`x` in a dtype that torch can index; it cannot index these unsigned ones (pytorch#58734)."""
    return x.view(_SAME_BITS.get(x.dtype, x.dtype))


def gather(
    x: Array, index: Array, /, *, fill: float | None = None, xp: Namespace | None = None
) -> Array:
    """Rows by position, uint16 included, which the generic body cannot read.

    Read as signed bits: the generic read of 600 000 values takes 6 ms, a fancy one of uint16 20 ms.
    Indices promised to be inside are not wrapped around, which takes the generic read three
    operations more.
    """
    if fill is None and x.dtype not in _SAME_BITS:
        return torch.index_select(x, 0, index.reshape(-1)).reshape(*index.shape, *x.shape[1:])
    generic = inspect.unwrap(ops.gather)
    if x.dtype not in _SAME_BITS:
        return generic(x, index, fill=fill, xp=xp)
    bits = None if fill is None else _bits(torch.tensor(fill, dtype=x.dtype)).item()
    return generic(_bits(x), index, fill=bits, xp=xp).view(x.dtype)


def scatter_add(values: Array, ids: Array, size: int, /, *, xp: Namespace | None = None) -> Array:
    """Sum per cell; 500 000 values in 100 000 cells: 53 / 4 ms."""
    total = torch.zeros(size + 1, dtype=values.dtype, device=values.device)
    return total.index_add_(0, _cells(ids, size), values)[:size]


def scatter_min(
    values: Array, ids: Array, size: int, /, *, empty: float, xp: Namespace | None = None
) -> Array:
    """Smallest per cell; 500 000 values in 100 000 cells: 137 / 6 ms."""
    return _extreme("amin", values, ids, size, empty)


def scatter_max(
    values: Array, ids: Array, size: int, /, *, empty: float, xp: Namespace | None = None
) -> Array:
    """Largest per cell; as fast as `scatter_min`."""
    return _extreme("amax", values, ids, size, empty)


def _cells(ids: Array, size: int) -> Array:
    """Ids as int64; those outside are mapped to an extra cell, which is dropped."""
    return torch.where(ids < 0, size, ids).clamp(max=size).to(torch.int64)


def _extreme(pick: str, values: Array, ids: Array, size: int, empty: float) -> Array:
    """Exclude the fill from the comparison, because `empty` may be among the values."""
    found = torch.full((size + 1,), empty, dtype=values.dtype, device=values.device)
    return found.scatter_reduce_(0, _cells(ids, size), values, pick, include_self=False)[:size]


def scatter_set(x: Array, ids: Array, values: Array, /, *, xp: Namespace | None = None) -> Array:
    """Copy with values written; 100 000 into 4 000 000: 366 / 5 ms."""
    size = x.shape[0]
    written = torch.empty(size + 1, dtype=x.dtype, device=x.device)
    written[:size] = x
    _bits(written).index_put_((_cells(ids, size),), _bits(values))
    return written[:size]


def compact(
    x: Array, keep: Array, size: int, /, *, fill: float, xp: Namespace | None = None
) -> tuple[Array, Array]:
    """Kept rows first; 100 000 of 2 000 000: 145 / 9 ms.

    A mask would wait for CUDA to learn its size: each row is written to its place instead.
    """
    place = torch.cumsum(keep, 0, dtype=torch.int64)
    inside = keep & (place <= size)
    packed = torch.full((size + 1, *x.shape[1:]), fill, dtype=x.dtype, device=x.device)
    _bits(packed).index_put_((torch.where(inside, place - 1, size),), _bits(x))
    return packed[:size], torch.sum(keep, dtype=torch.int64)


def voxel_list(mask: Array, /, *, xp: Namespace | None = None) -> Array:
    """``nonzero``, which waits for the number of voxels and needs no memory but for these."""
    if mask.device.type == "meta":
        return listed(mask.reshape(-1), size=mask.numel() + 1, xp=xp or torch)
    found = torch.nonzero(mask.reshape(-1))[:, 0]
    voxels = torch.full(
        (list_length(found.shape[0], mask.numel()),), OUTSIDE, dtype=torch.int32, device=mask.device
    )
    voxels[: found.shape[0]] = found
    return voxels


def cumulative_max(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """Running maximum; 2 000 000 values: 56 / 3 ms."""
    return torch.cummax(x, 0).values


def cumulative_min(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """Running minimum; as fast as `cumulative_max`."""
    return torch.cummin(x, 0).values


def to_host(x: Array, /, *, xp: Namespace | None = None) -> NDArray[np.generic]:
    """A view of CPU memory or a copy from a device, without gradients (the generic body raises)."""
    if x.is_meta:
        raise ValueError("a tensor on the device meta has no values that can be read")
    host: NDArray[np.generic] = x.detach().cpu().numpy()
    return host


PAGEABLE = 2**16
"""Bytes up to which CUDA copies pageable memory without blocking the host (CUDA driver API,
synchronization behaviour of memcpy)."""


def upload(
    host: NDArray[np.generic], /, *, on: Device, dtype: DTypeLike | None = None, xp: Namespace
) -> Array:
    """A view if `host` is writable: torch would write to read-only memory (numpy#20337).

    Large uploads to CUDA are asynchronous, from a pinned copy that the allocator keeps until they
    are complete.
    """
    ready = plain(host, dtype)
    tensor = torch.from_numpy(ready if ready.flags.writeable else ready.copy())
    if ready.nbytes > PAGEABLE and on is not None and torch.device(on).type == "cuda":
        return tensor.pin_memory().to(on, non_blocking=True)
    return tensor.to(on)


def synchronize(x: Array, /, *, xp: Namespace | None = None) -> None:
    """Wait for the CUDA device of `x`; results on the CPU are always ready."""
    if x.device.type == "cuda":
        torch.cuda.synchronize(x.device)


@contextmanager
def threads(n: int, /, *, xp: Namespace) -> Iterator[None]:
    """Limit the threads inside one operation."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _on_host(host: Callable[..., Array]) -> Callable[..., Array]:
    """Run a voxel kernel on views of CPU memory; the generic body on devices."""

    @wraps(host)
    def hook(*args: Any, **options: Any) -> Array:
        if args[0].device.type != "cpu":
            return inspect.unwrap(PRIMITIVES[host.__name__])(*args, **options)
        options = {name: _viewed(value) for name, value in options.items()}
        found = host(*map(_viewed, args), **options)
        if isinstance(found, tuple):
            return tuple(map(torch.from_numpy, found))
        return torch.from_numpy(found)

    return hook


def _viewed(value: Any) -> Any:
    return value.detach().numpy() if isinstance(value, torch.Tensor) else value


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
        if args[0].device.type != "cpu":
            return inspect.unwrap(PRIMITIVES[host.__name__])(*args, **options)
        return host(*args, **options)

    return hook


def fastest(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """A NumPy view of CPU memory if segments are compiled for NumPy."""
    return x if _compiled.status().problem else for_voxels(x)


def for_voxels(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """A NumPy view of CPU memory, whose voxel hooks are faster than operations of Torch."""
    if x.device.type != "cpu" or str(x.dtype).removeprefix("torch.") not in VIEWED:
        return x
    return x.detach().numpy()


fit_segments = _on_rows(_compiled_tracing.fit_segments)
grow_strands = _on_rows(_compiled_tracing.grow_strands)
orient_segments = _on_rows(_compiled_tracing.orient_segments)
score_segments = _on_rows(_compiled_tracing.score_segments)


def shareable(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """`x` without its gradient, which other frameworks do not accept."""
    return x.detach()


def settled(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """A copy of a tensor that has the negative bit: its memory holds the negated values."""
    if torch._C._functorch.is_functorch_wrapped_tensor(x):
        raise TypeError(
            "a tensor inside torch.func has no memory; call this function outside of it"
        )
    return x.resolve_neg() if x.is_neg() else x


def host_view(x: Array, /, *, xp: Namespace | None = None) -> NDArray[np.generic]:
    """bfloat16 is viewed as the type of ``ml_dtypes``, because NumPy has no bfloat16."""
    if x.dtype is torch.bfloat16:
        bits = np.asarray(x.view(torch.uint16))
        return bits.view(import_module("ml_dtypes").bfloat16)
    return np.asarray(x)


def free_memory(x: Array, /, *, xp: Namespace | None = None) -> int | None:
    """Free memory of the CUDA device plus memory that torch has reserved but does not use."""
    if x.device.type != "cuda":
        return None
    free, _ = torch.cuda.mem_get_info(x.device)
    kept = torch.cuda.memory_reserved(x.device) - torch.cuda.memory_allocated(x.device)
    return int(free + kept)


def release_memory() -> None:
    """Release the memory that torch has reserved on CUDA devices but does not use."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def is_contiguous(x: Array, /, *, xp: Namespace | None = None) -> bool:
    """The answer of torch."""
    return x.is_contiguous()


def is_writable(x: Array, /, *, xp: Namespace | None = None) -> bool:
    """Always: torch has no read-only memory."""
    return True


def device_named(name: Device, /, *, xp: Namespace) -> Device:
    """As arrays report it: torch compares ``cuda`` and ``cuda:0`` as different devices."""
    return torch.empty(0, device=torch.device(name)).device


def obstacle(host: NDArray[np.generic], /, *, on: Device = None, xp: Namespace) -> str | None:
    """Read-only memory, to which torch would write, and strides that torch does not support."""
    if not host.dtype.isnative:
        return f"of its byte order {host.dtype.str}"
    if not host.flags.writeable:
        return "it is read-only"
    if any(step < 0 or step % host.itemsize for step in host.strides):
        return f"of its strides {host.strides}"
    return None if host.flags.aligned else f"of its alignment: not to its type {host.dtype}"


def import_host(host: NDArray[np.generic], /, *, on: Device = None, xp: Namespace) -> Array:
    """Shared by ``from_numpy``, which warns of read-only memory."""
    if host.dtype.name == "bfloat16":
        return torch.from_numpy(host.view(np.uint16)).view(torch.bfloat16).to(device=on)
    return torch.from_numpy(host).to(device=on)
