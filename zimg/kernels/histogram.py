"""Histogram and extremes of an image."""

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.widen import widened
from zimg.ops import scatter_add
from zimg.ops.gather import index_dtype

SLAB = 2**22
"""Values that are counted together; bounds the memory of their indices."""


@hookable
def histogram(
    values: Array, bins: int, /, *, where: Array | None = None, xp: Namespace | None = None
) -> Array:
    """Count the values 0, 1, ... ``bins - 1``.

    Parameters
    ----------
    values
        Any shape, integer.
    bins
        Number of bins. Values outside are not counted.
    where
        Bool, in the shape of `values`: which of them count; None for all.
    xp
        Namespace of the arrays; found from `values` when None.

    Returns
    -------
    Array
        ``(bins,)``, in the indexing dtype and on the device of `values`.
    """
    xp, on = xp or array_namespace(values), device(values)
    indexing = index_dtype(xp=xp, on=on)
    flat = xp.reshape(values, (-1,))
    counted = None if where is None else xp.reshape(where, (-1,))
    total = xp.zeros((bins,), dtype=indexing, device=on)
    for first in range(0, flat.shape[0], SLAB):
        part = slice(first, min(first + SLAB, flat.shape[0]))
        ids = xp.astype(flat[part], indexing)
        if counted is not None:
            ids = xp.where(counted[part], ids, -1)
        ones = xp.ones(ids.shape, dtype=indexing, device=on)
        total = total + scatter_add(ones, ids, bins, xp=xp)
    return total


def extremes(values: Array, /) -> Array:
    """Lowest and highest of `values`.

    Parameters
    ----------
    values
        Any shape, real, not empty, without NaN.

    Returns
    -------
    Array
        ``(2,)``, on the device of `values`, in their dtype or (see `widened`) a wider one.
    """
    xp = array_namespace(values)
    wide = widened(values, xp=xp)
    return xp.stack([xp.min(wide), xp.max(wide)])
