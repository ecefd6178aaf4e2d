"""Writes by index, expressed as sorts: reductions per cell, assignment and compaction."""

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, DType, Namespace
from zimg.ops.gather import gather, index_dtype


def cell_bounds(ids: Array, size: int, *, xp: Namespace) -> tuple[Array, Array, Array]:
    """Stable order that sorts `ids`; where each cell ``0 ... size - 1`` begins and ends in it."""
    order = xp.argsort(ids, stable=True)
    ordered = xp.take(ids, order, axis=0)
    cells = xp.arange(size, dtype=ids.dtype, device=device(ids))
    low = xp.searchsorted(ordered, cells, side="left")
    return order, low, xp.searchsorted(ordered, cells, side="right")


@hookable
def scatter_add(values: Array, ids: Array, size: int, /, *, xp: Namespace | None = None) -> Array:
    """Sum `values` per cell.

    Parameters
    ----------
    values
        ``(n,)``, floating or integer (not uint16, which some frameworks cannot add).
    ids
        ``(n,)``, int32 or int64; the cell of each value. Ids outside ``[0, size)`` are dropped.
    size
        Number of cells.
    xp
        Namespace of the arrays; found from `values` when None.

    Returns
    -------
    Array
        ``(size,)``, in the dtype and on the device of `values`; 0 where no value falls. Integers
        wrap around. The order of floating additions is the framework's own.
    """
    xp = xp or array_namespace(values)
    if values.shape[0] == 0:
        return xp.zeros((size,), dtype=values.dtype, device=device(values))
    order, low, high = cell_bounds(ids, size, xp=xp)
    wide = _sum_dtype(values, xp=xp)
    sums = xp.cumulative_sum(
        xp.astype(xp.take(values, order, axis=0), wide), include_initial=True, dtype=wide
    )
    total = xp.take(sums, high, axis=0) - xp.take(sums, low, axis=0)
    return xp.astype(total, values.dtype)


def _sum_dtype(values: Array, *, xp: Namespace) -> DType:
    """The dtype of a running sum: float64 for floats where the device has it, as it cancels."""
    if not xp.isdtype(values.dtype, "real floating"):
        return values.dtype
    floats = xp.__array_namespace_info__().dtypes(device=device(values), kind="real floating")
    return floats.get("float64", values.dtype)


@hookable
def scatter_min(
    values: Array, ids: Array, size: int, /, *, empty: float, xp: Namespace | None = None
) -> Array:
    """Smallest of `values` per cell.

    Parameters
    ----------
    values
        ``(n,)``, real, without NaN (not uint16, which some frameworks cannot compare).
    ids
        ``(n,)``, int32 or int64; the cell of each value. Ids outside ``[0, size)`` are dropped.
    size
        Number of cells.
    empty
        What a cell without values holds, a Python scalar of the kind of `values`.
    xp
        Namespace of the arrays; found from `values` when None.

    Returns
    -------
    Array
        ``(size,)``, in the dtype and on the device of `values`.
    """
    xp = xp or array_namespace(values)
    return _extreme(values, ids, size, empty, last=False, xp=xp)


@hookable
def scatter_max(
    values: Array, ids: Array, size: int, /, *, empty: float, xp: Namespace | None = None
) -> Array:
    """Largest of `values` per cell; everything else as in `scatter_min`.

    Parameters
    ----------
    values
        ``(n,)``, real, without NaN (not uint16, which some frameworks cannot compare).
    ids
        ``(n,)``, int32 or int64; the cell of each value. Ids outside ``[0, size)`` are dropped.
    size
        Number of cells.
    empty
        What a cell without values holds, a Python scalar of the kind of `values`.
    xp
        Namespace of the arrays; found from `values` when None.

    Returns
    -------
    Array
        ``(size,)``, in the dtype and on the device of `values`.
    """
    xp = xp or array_namespace(values)
    return _extreme(values, ids, size, empty, last=True, xp=xp)


def _extreme(
    values: Array, ids: Array, size: int, empty: float, *, last: bool, xp: Namespace
) -> Array:
    """First or last value of each cell after sorting by value: the sort by id is stable."""
    if values.shape[0] == 0:
        return xp.full((size,), empty, dtype=values.dtype, device=device(values))
    rank = xp.argsort(values, stable=True)
    values, ids = gather(values, rank, xp=xp), xp.take(ids, rank, axis=0)
    order, low, high = cell_bounds(ids, size, xp=xp)
    found = xp.clip(high - 1 if last else low, 0, order.shape[0] - 1)
    chosen = gather(values, xp.take(order, found, axis=0), xp=xp)
    return xp.where(high > low, chosen, empty)


@hookable
def scatter_set(x: Array, ids: Array, values: Array, /, *, xp: Namespace | None = None) -> Array:
    """Copy of `x` with `values` written at the positions `ids`.

    Parameters
    ----------
    x
        ``(n,)``, any dtype.
    ids
        ``(m,)``, int32 or int64. Ids outside ``[0, n)`` are dropped. An id may repeat only with
        equal values: which of several is kept is not defined.
    values
        ``(m,)``, in the dtype of `x`.
    xp
        Namespace of the arrays; found from `x` when None.

    Returns
    -------
    Array
        ``(n,)``, new, in the dtype and on the device of `x`.
    """
    xp = xp or array_namespace(x)
    if ids.shape[0] == 0 or x.shape[0] == 0:
        return xp.asarray(x, copy=True, device=device(x))
    order, low, high = cell_bounds(ids, x.shape[0], xp=xp)
    first = xp.take(order, xp.clip(low, 0, order.shape[0] - 1), axis=0)
    return xp.where(high > low, gather(values, first, xp=xp), x)


@hookable
def compact(
    x: Array, keep: Array, size: int, /, *, fill: float, xp: Namespace | None = None
) -> tuple[Array, Array]:
    """Move the rows of `x` to keep to the front of an array of fixed size.

    Parameters
    ----------
    x
        ``(n, ...)``, any dtype.
    keep
        ``(n,)`` bool.
    size
        Rows of the result. When more are kept, the last ones are left out.
    fill
        What the rows behind the kept ones hold, a Python scalar of `x`'s kind.
    xp
        Namespace of the arrays; found from `x` when None.

    Returns
    -------
    tuple of Array
        ``(size, ...)`` in the dtype and on the device of `x`, the kept rows in their order; and how
        many rows are to be kept (0-d, indexing dtype), larger than `size` when some were left out.
    """
    xp, on = xp or array_namespace(x), device(x)
    indexing = index_dtype(xp=xp, on=on)
    count = xp.sum(xp.astype(keep, indexing), dtype=indexing)
    order = xp.argsort(xp.astype(~keep, indexing), stable=True)
    place = xp.arange(size, dtype=indexing, device=on)
    source = gather(xp.astype(order, indexing), place, fill=-1, xp=xp)
    source = xp.where(place < count, source, -1)
    return gather(x, source, fill=fill, xp=xp), count
