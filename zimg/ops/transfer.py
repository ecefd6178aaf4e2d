"""Explicit transfers between host and device, and synchronization."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
from numpy.typing import DTypeLike, NDArray

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Device, Namespace
from zimg.ops.rows import RowPlan


@hookable
def to_host(x: Array, /, *, xp: Namespace | None = None) -> NDArray[np.generic]:
    """`x` as a NumPy array; the one place where a result leaves its device.

    Parameters
    ----------
    x
        Any shape and dtype, of any framework.
    xp
        Namespace of `x`; found from it when None.

    Returns
    -------
    numpy.ndarray
        Shape and dtype of `x`. It may share memory with `x` and may be read-only: copy before
        writing.

    Raises
    ------
    TypeError
        When `x` is on a device that the host cannot read.
    """
    try:
        host = np.asarray(x)
    except (RuntimeError, TypeError, ValueError) as error:
        raise TypeError(f"cannot read an array on {device(x)} from the host: {error}") from error
    if host.dtype == np.object_:  # NumPy wraps what it cannot read instead of refusing it
        raise TypeError(f"cannot read {type(x).__name__} on {device(x)} from the host")
    return host


def rows_to_host(
    parts: Sequence[tuple[Array, int]], plan: RowPlan, /, *, axis: int = 0
) -> NDArray[np.generic]:
    """Padded results without their padding, joined along an axis, on the host.

    Parameters
    ----------
    parts
        At least one array with the number of its entries along the axis that are not padding.
    plan
        Whether padding stays on the device; all parts are then one download.
    axis
        The padded axis.
    """
    kept = [_first(x if plan.partial else to_host(x), count, axis) for x, count in parts]
    if len(kept) == 1:
        return to_host(kept[0])
    return to_host(array_namespace(kept[0]).concat(kept, axis=axis))


def _first(x: Array, count: int, axis: int) -> Array:
    """The first `count` entries along an axis."""
    return x[(*[slice(None)] * axis, slice(count), ...)]


@hookable
def upload(
    host: NDArray[np.generic], /, *, on: Device, dtype: DTypeLike | None = None, xp: Namespace
) -> Array:
    """A NumPy array on a device of another framework.

    Parameters
    ----------
    host
        Any shape, layout and byte order.
    on
        Device of the result; None for the framework's default.
    dtype
        NumPy dtype to convert to before the transfer; None keeps that of `host`.
    xp
        Namespace of the result.

    Returns
    -------
    Array
        Shape of `host`. It may share memory with `host`, which must not be written to afterwards;
        a read-only `host` is copied where the framework could write through it.

    Raises
    ------
    TypeError
        When the framework has no such dtype, or has switched it off (64-bit types on JAX).
    """
    return xp.asarray(plain(host, dtype), device=on)


def plain(host: NDArray[np.generic], dtype: DTypeLike | None = None) -> NDArray[np.generic]:
    """`host` in native byte order and C order, converted to `dtype`; itself if it is that."""
    host = np.asarray(host)
    wanted = host.dtype if dtype is None else np.dtype(dtype)
    return np.asarray(host, dtype=wanted.newbyteorder("="), order="C")


def like(host: NDArray[np.generic], image: Array, /, *, dtype: DTypeLike | None = None) -> Array:
    """A NumPy array in the framework and on the device of `image`.

    Parameters
    ----------
    host
        Any shape, layout and byte order.
    image
        The array to follow.
    dtype
        NumPy dtype to convert to before the transfer; None keeps that of `host`.

    Returns
    -------
    Array
        As from `upload`, whose errors it raises.
    """
    return upload(host, on=device(image), dtype=dtype, xp=array_namespace(image))


@hookable
def synchronize(x: Array, /, *, xp: Namespace | None = None) -> None:
    """Wait until `x` is computed; for benchmarks and before a file is written.

    Parameters
    ----------
    x
        Any array.
    xp
        Namespace of `x`; found from it when None.
    """


@hookable
def threads(n: int, /, *, xp: Namespace) -> AbstractContextManager[None]:
    """Context that limits the framework to `n` threads per operation, if it supports that.

    Parameters
    ----------
    n
        Positive number of threads.
    xp
        Namespace of the framework.

    Returns
    -------
    context manager
        Restores the former number at its end.
    """
    return nullcontext()
