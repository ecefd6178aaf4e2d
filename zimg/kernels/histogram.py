"""Histogram and extremes of an image."""

import math

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.widen import widened
from zimg.ops import jit, scatter_add
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
    xp = xp or array_namespace(values)
    counts = jit(_counts, xp=xp)
    if values.ndim and math.prod(values.shape) <= SLAB:
        found: Array = counts(values, where, bins=bins, xp=xp)
        return found
    flat = xp.reshape(values, (-1,))
    counted = None if where is None else xp.reshape(where, (-1,))
    total = xp.zeros((bins,), dtype=index_dtype(xp=xp, on=device(values)), device=device(values))
    for first in range(0, flat.shape[0], SLAB):
        part = slice(first, min(first + SLAB, flat.shape[0]))
        chosen = None if counted is None else counted[part]
        total = total + counts(flat[part], chosen, bins=bins, xp=xp)
    return total


def _counts(values: Array, where: Array | None, *, bins: int, xp: Namespace) -> Array:
    """Histogram of one slab."""
    indexing = index_dtype(xp=xp, on=device(values))
    ids = xp.astype(values, indexing)
    if where is not None:
        ids = xp.where(where, ids, -1)
    ids = xp.reshape(ids, (-1,))
    ones = xp.ones(ids.shape, dtype=indexing, device=device(values))
    return scatter_add(ones, ids, bins, xp=xp)


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
    found: Array = jit(_extremes, xp=xp)(values, xp=xp)
    return found


def _extremes(values: Array, *, xp: Namespace) -> Array:
    wide = widened(values, xp=xp)
    return xp.stack([xp.min(wide), xp.max(wide)])
