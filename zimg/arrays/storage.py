"""The storage rule: one C-contiguous ``(C, Z, Y, X)`` array per time, shared where possible."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device, namespace_by_type
from zimg._typing import Array
from zimg.arrays.host import ALIGNMENT, aligned_copy, is_aligned
from zimg.arrays.inputs import voxels
from zimg.arrays.interop import dtype_name, framework_name
from zimg.arrays.layout import AXES, checked_layout, czyx_shape, in_order, moves_data, time_points
from zimg.ops.memory import (
    copies_when_sliced,
    host_view,
    import_host,
    is_contiguous,
    lacks_dtype,
    on_host,
)


def stored(data: Sequence[object], layout: str, *, copy_if_needed: bool) -> list[Array]:
    """Convert `data` to the storage of an image: a C-contiguous ``(C, Z, Y, X)`` array per time.

    Parameters
    ----------
    data
        Arrays of one framework, dtype and shape, or host memory with DLPack or the buffer protocol.
    layout
        One letter of T, C, Z, Y, X per axis; the same for all arrays.
    copy_if_needed
        Whether data that cannot be shared may be copied once, on its device.

    Returns
    -------
    list of arrays
        Of the framework and on the device of `data`, in native byte order. An array shares the
        memory of its source if that is C-contiguous in the order C, Z, Y, X, up to axes of size 1.

    Raises
    ------
    TypeError
        For objects and dtypes that an image cannot hold, and for mixed frameworks or devices.
    ValueError
        For a wrong layout, arrays of different shape or dtype, or a necessary copy that is not
        allowed.
    """
    arrays = [voxels(x, copy_if_needed=copy_if_needed) for x in data]
    letters, *_ = (checked_layout(layout, x.shape) for x in arrays)
    if len(arrays) == 1:
        return _points(arrays[0], letters, copy_if_needed=copy_if_needed)
    _check_alike(arrays, letters)
    result = []
    for place, x in enumerate(arrays):
        try:
            result += _points(x, letters, copy_if_needed=copy_if_needed)
        except ValueError as error:
            raise ValueError(f"array {place} of the list: {error}") from None
    return result


def part(x: Array, box: tuple[slice, ...]) -> Array:
    """Part of a stored array: a view if it is C-contiguous, else one copy."""
    if _is_seen_by_host(x):
        host = host_view(x)
        return _by_host(_contiguous(host[box], AXES, copy_if_needed=True), x, host)
    return _contiguous(x[box], AXES, copy_if_needed=True)


def _check_alike(arrays: list[Array], letters: str) -> None:
    """Refuse time points that differ in framework, device, dtype or shape."""
    kinds = {(framework_name(x), str(device(x))) for x in arrays}
    if len(kinds) > 1:
        raise TypeError(f"time points must have the same framework and device, got {sorted(kinds)}")
    if len({(czyx_shape(x.shape, letters), dtype_name(x.dtype)) for x in arrays}) > 1:
        found = ", ".join(f"{tuple(x.shape)} {dtype_name(x.dtype)}" for x in arrays)
        raise ValueError(f"time points must have the same shape and dtype, got {found}")


def _points(x: Array, letters: str, *, copy_if_needed: bool) -> list[Array]:
    """The stored arrays of one array, T split into time points."""
    if letters != AXES and not copy_if_needed and copies_when_sliced(x) and not on_host(x):
        raise ValueError(
            f"{framework_name(x)} must copy to reorder {letters} to {AXES} on {device(x)}; "
            "allow a copy"
        )
    by_host = letters != AXES and _is_seen_by_host(x)
    source = host_view(x) if by_host else x
    axes = letters.replace("T", "")
    points = [
        _contiguous(point, axes, copy_if_needed=copy_if_needed)
        for point in time_points(source, letters)
    ]
    if not by_host:
        return points
    return [_by_host(point, x, source, copy_if_needed=copy_if_needed) for point in points]


def _is_seen_by_host(x: Array) -> bool:
    """Whether to slice the host view of `x`, because its framework would copy."""
    return copies_when_sliced(x) and on_host(x)


def _contiguous(x: Array, letters: str, *, copy_if_needed: bool) -> Array:
    """Convert one time point to the stored form."""
    shape, ordered = czyx_shape(x.shape, letters), in_order(x, letters)
    swapped = isinstance(x, np.ndarray) and not x.dtype.isnative
    if swapped or not is_contiguous(ordered):
        if not copy_if_needed:
            raise ValueError(_reason(x, letters))
        ordered = _copied(ordered)
    if tuple(ordered.shape) == shape:
        return ordered
    return array_namespace(x).reshape(ordered, shape)


def _copied(x: Array) -> Array:
    """Copy `x` to C order and native byte order on its device, possibly with merged axes."""
    if isinstance(x, np.ndarray):
        return aligned_copy(x)
    xp = array_namespace(x)
    flat = xp.reshape(x, (-1,))  # the portable way to force C order
    # axes with a common stride merge without a copy
    return flat if is_contiguous(flat) else xp.asarray(flat, copy=True)


def _by_host(
    point: NDArray[np.generic],
    x: Array,
    host: NDArray[np.generic],
    *,
    copy_if_needed: bool = True,
) -> Array:
    """Part of the host view of `x`, or a copy of it, in the framework of `x`."""
    xp = namespace_by_type(x)
    if reason := lacks_dtype(point.dtype.name, xp=xp):
        raise TypeError(reason)
    start = point.ctypes.data
    if np.may_share_memory(point, host) and not is_aligned(point):
        point = aligned_copy(point)
    result = import_host(point, on=device(x), xp=xp)
    if not copy_if_needed and point.ctypes.data != start:
        raise ValueError(
            f"{framework_name(x)} shares only memory aligned to {ALIGNMENT} bytes; allow a copy"
        )
    return result


def _reason(x: Array, letters: str) -> str:
    """Reason why `x` cannot be shared."""
    if moves_data(tuple(x.shape), letters):
        why = f"axis order {letters} differs from {AXES}"
    elif isinstance(x, np.ndarray) and not x.dtype.isnative:
        why = f"byte order {x.dtype.str} is not that of this machine"
    else:
        strides = x.stride() if hasattr(x, "stride") else getattr(x, "strides", "unknown")
        why = f"strides {strides} of axes {letters} are not those of C order"
    return f"{why}, which prevents sharing an array of shape {tuple(x.shape)}; allow a copy"
