"""Hooks for JAX: transfers, devices and what its arrays can share."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import numpy as np
from numpy.typing import DTypeLike, NDArray

from zimg._typing import Array, Device, Namespace
from zimg.arrays.host import is_aligned
from zimg.ops.memory import is_shared
from zimg.ops.transfer import plain


def to_host(x: Array, /, *, xp: Namespace | None = None) -> NDArray[np.generic]:
    """A read-only view of CPU memory, or a copy from a device after the result is ready."""
    if isinstance(x, jax.core.Tracer):
        raise TypeError(
            f"cannot read an array of JAX {x.shape} on the host inside jit, vmap or grad; "
            "call this function outside of them"
        )
    return np.asarray(x)


def upload(
    host: NDArray[np.generic], /, *, on: Device, dtype: DTypeLike | None = None, xp: Namespace
) -> Array:
    """Refuse 64-bit types that are switched off: JAX would narrow them silently."""
    ready = plain(host, dtype)
    if jax.dtypes.canonicalize_dtype(ready.dtype) != ready.dtype:
        raise TypeError(
            f"JAX has {ready.dtype} switched off: set jax_enable_x64, or pass dtype= "
            "float32, int32 or uint32"
        )
    return jax.device_put(ready, on)


def synchronize(x: Array, /, *, xp: Namespace | None = None) -> None:
    """Wait for the computation that makes `x`."""
    jax.block_until_ready(x)  # type: ignore[no-untyped-call]


def device_entered(x: Array, /, *, xp: Namespace | None = None) -> AbstractContextManager[Any]:
    """The device of `x` as the default one: JAX makes some constants there and copies them."""
    if not isinstance(x, jax.Array) or isinstance(x, jax.core.Tracer):
        return nullcontext()
    first, *others = x.sharding.device_set
    default = jax.config.jax_default_device  # type: ignore[attr-defined]
    if others or (default is None and first == jax.devices()[0]):
        return nullcontext()
    return jax.default_device(first)


def settled(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """Gather an array that is sharded over several devices on the first of them."""
    if isinstance(x, jax.core.Tracer):
        return x
    if x.is_deleted():
        raise ValueError(f"an array of JAX {x.shape} {x.dtype} has been deleted or donated")
    if len(x.devices()) == 1:
        return x
    if not x.is_fully_addressable:
        raise ValueError("an array with parts in other processes cannot be taken; gather it first")
    return jax.device_put(x, min(x.devices(), key=lambda each: each.id))


def free_memory(x: Array, /, *, xp: Namespace | None = None) -> int | None:
    """Free memory reported by the allocator of the device; None for CPUs and during tracing."""
    if isinstance(x, jax.core.Tracer):
        return None
    stats = min(x.devices(), key=lambda each: each.id).memory_stats() or {}
    if not {"bytes_limit", "bytes_in_use"} <= stats.keys():
        return None
    return int(stats["bytes_limit"] - stats["bytes_in_use"])


def is_contiguous(x: Array, /, *, xp: Namespace | None = None) -> bool:
    """Always: the compiler hides other layouts."""
    return True


def is_writable(x: Array, /, *, xp: Namespace | None = None) -> bool:
    """Never: arrays are immutable."""
    return False


def copies_when_sliced(x: Array, /, *, xp: Namespace | None = None) -> bool:
    """JAX copies to add an axis or take a slice; its host view does not."""
    return True


def device_named(name: Device, /, *, xp: Namespace) -> Device:
    """Platform and number, such as ``cuda:0``."""
    if isinstance(name, jax.Device | jax.sharding.Sharding):
        return name
    kind, _, number = str(name).partition(":")
    found = jax.devices(kind or "nameless")
    if not 0 <= (index := int(number or 0)) < len(found):
        raise ValueError(f"it lists {', '.join(map(str, found))}")
    return found[index]


def lacks_dtype(name: str, /, *, xp: Namespace) -> str | None:
    """64-bit types are disabled by default; JAX would narrow them silently."""
    if name.endswith("64") and jax.dtypes.canonicalize_dtype(name) != name:
        return (
            f"JAX has {name} switched off; jax.config.update('jax_enable_x64', True) switches it on"
        )
    return None


def obstacle(host: NDArray[np.generic], /, *, on: Device = None, xp: Namespace) -> str | None:
    """JAX shares host memory only in C order and aligned to 64 bytes."""
    if not host.dtype.isnative:
        return f"of its byte order {host.dtype.str}"
    if host.size == 0 or not is_shared(on):
        return None
    if not host.flags.c_contiguous:
        return f"its strides {host.strides} are not those of C order"
    return None if is_aligned(host) else "of its alignment: not to multiples of 64 bytes"


def import_host(host: NDArray[np.generic], /, *, on: Device = None, xp: Namespace) -> Array:
    """Stay on the host if no device is given, because the default device may be a GPU."""
    return jax.device_put(host, jax.devices("cpu")[0] if on is None else on)
