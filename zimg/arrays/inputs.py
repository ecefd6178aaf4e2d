"""Accept arrays of any framework and buffers of host memory as images."""

import numpy as np
from array_api_compat import is_array_api_obj, is_dask_array, is_pydata_sparse_array

from zimg._typing import Array
from zimg.arrays.interop import ACCEPTED, VOXEL_TYPES, dtype_name
from zimg.ops.memory import settled


def voxels(data: object, *, copy_if_needed: bool) -> Array:
    """Return `data` as an array with a voxel type, with shared memory and unchanged strides.

    Parameters
    ----------
    data
        An array of any framework, or host memory with DLPack or the buffer protocol.
    copy_if_needed
        Whether to compute a Dask array, gather an array from several devices, and resolve the
        negative bit of torch.

    Returns
    -------
    array
        Array of the framework of `data`, or of NumPy if it has none.

    Raises
    ------
    TypeError
        For objects and dtypes that an image cannot hold.
    ValueError
        When a copy would be necessary but is not allowed.
    """
    check_plain(data)
    given = _as_array(data, copy_if_needed=copy_if_needed)
    x = settled(given)
    if x is not given and not copy_if_needed:
        raise ValueError(
            "an array on several devices, or with the negative bit, cannot be shared; allow a copy"
        )
    if dtype_name(x.dtype) not in VOXEL_TYPES:
        raise TypeError(f"an image cannot hold {x.dtype} voxels; accepted are {ACCEPTED}")
    return x


def check_plain(data: object) -> None:
    """Refuse sparse, masked and nested arrays, whose voxels are not those of their memory.

    Raises
    ------
    TypeError
        Naming the kind of array.
    """
    kind = type(data).__name__
    layout = str(getattr(data, "layout", "torch.strided"))  # sparse tensors have others
    if getattr(data, "is_nested", False):
        kind = f"nested {kind}"
    elif layout != "torch.strided":
        kind = f"{kind} of layout {layout}"
    elif not isinstance(data, np.ma.MaskedArray) and not is_pydata_sparse_array(data):
        return
    raise TypeError(f"an image cannot hold a {kind}; give a plain array")


def _as_array(data: object, *, copy_if_needed: bool) -> Array:
    """Return `data` as an array of its framework, or of NumPy if it has none."""
    if isinstance(data, np.ndarray):
        return np.asarray(data)
    if is_dask_array(data):
        if not copy_if_needed:
            raise ValueError("a Dask array has no memory to share; allow a copy or compute it")
        return np.asarray(data)
    if is_array_api_obj(data):
        return data
    try:
        if hasattr(data, "__dlpack__"):
            return np.from_dlpack(data)  # others are refused below
        return np.asarray(memoryview(data))  # type: ignore[arg-type]
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise TypeError(
            f"cannot make an image from {type(data).__name__}: accepted are arrays of NumPy, "
            f"torch, JAX, CuPy and array API libraries, and host memory by DLPack or the buffer "
            f"protocol ({error})"
        ) from error


def shape_of(data: object) -> tuple[int, ...] | None:
    """Shape of what `voxels` accepts, known before anything is computed; None for other objects.

    Raises
    ------
    TypeError
        For sparse, masked and nested arrays.
    """
    check_plain(data)
    if not hasattr(data, "shape"):
        try:
            data = voxels(data, copy_if_needed=False)
        except TypeError:
            return None
    return tuple(data.shape)  # type: ignore[attr-defined]
