"""Histogram and extremes of an image."""

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.widen import widened
from zimg.ops import jit, parts_of, scatter_add
from zimg.ops.gather import index_dtype


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
    xp, counts = xp or array_namespace(values), None
    count = jit(_counts, xp=xp)
    for part in parts_of(*(values,) if where is None else (values, where), xp=xp):
        found = count(*part, bins=bins, xp=xp)
        counts = found if counts is None else counts + found
    return counts


def _counts(values: Array, where: Array | None = None, *, bins: int, xp: Namespace) -> Array:
    """Histogram of one part."""
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
    found = [jit(_extremes, xp=xp)(part, xp=xp) for (part,) in parts_of(values, xp=xp)]
    return found[0] if len(found) == 1 else _extremes(xp.stack(found), xp=xp)


def _extremes(values: Array, *, xp: Namespace) -> Array:
    wide = widened(values, xp=xp)
    return xp.stack([xp.min(wide), xp.max(wide)])
