"""Reads along the first axis, with a defined value for indices outside."""

import array_api_extra as xpx

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Device, DType, Namespace


def index_dtype(*, xp: Namespace, on: Device) -> DType:
    """The integer type in which the device `on` indexes (int32 on JAX, else int64)."""
    return xpx.default_dtype(xp, "indexing", device=on)


@hookable
def gather(
    x: Array,
    index: Array,
    /,
    *,
    fill: float | None = None,
    xp: Namespace | None = None,
) -> Array:
    """Read rows of `x` by position.

    Parameters
    ----------
    x
        ``(n, ...)``, any dtype.
    index
        ``(...)``, int32 or int64.
    fill
        What an index outside ``[0, n)`` reads, a Python scalar of `x`'s kind; negative indices are
        outside. None promises that every index is inside, and makes this the cheapest read that
        the framework has; a broken promise raises or reads an arbitrary value.
    xp
        Namespace of the arrays; found from `x` when None.

    Returns
    -------
    Array
        ``index.shape + x.shape[1:]``, in the dtype and on the device of `x`.

    Notes
    -----
    Static shapes, no host read.
    """
    xp = xp or array_namespace(x)
    flat = xp.reshape(index, (-1,))
    shape = (*index.shape, *x.shape[1:])
    if fill is None:
        return xp.reshape(xp.take(x, flat, axis=0), shape)
    if x.shape[0] == 0:
        return xp.full(shape, fill, dtype=x.dtype, device=device(x))
    inside = (flat >= 0) & (flat < x.shape[0])
    rows = xp.take(x, xp.clip(flat, 0, x.shape[0] - 1), axis=0)
    inside = xp.reshape(inside, (-1, *(1,) * (x.ndim - 1)))
    return xp.reshape(xp.where(inside, rows, fill), shape)
