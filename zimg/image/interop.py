"""Arrays of any framework into an image: shared where they already are what is stored."""

from importlib import import_module

import numpy as np
from array_api_compat import is_array_api_obj, is_dask_array, is_pydata_sparse_array
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device, framework_of
from zimg._typing import Array, Device
from zimg.image.host import aligned_copy
from zimg.image.layout import AXES, checked_layout, czyx_shape, in_order, moves_data, time_points
from zimg.image.values import VoxelFormat

# Bytes per voxel and kind of every type an image may have.
VOXEL_TYPES = {
    "bool": (1, VoxelFormat.Unsigned),
    **{f"uint{8 * n}": (n, VoxelFormat.Unsigned) for n in (1, 2, 4, 8)},
    **{f"int{8 * n}": (n, VoxelFormat.Signed) for n in (1, 2, 4, 8)},
    "float16": (2, VoxelFormat.Float),
    "bfloat16": (2, VoxelFormat.Float),
    "float32": (4, VoxelFormat.Float),
    "float64": (8, VoxelFormat.Float),
}
ACCEPTED = "bool, (u)int8 to (u)int64, float16, bfloat16, float32 and float64"


def dtype_name(dtype: object) -> str:
    """Name of a dtype of any framework, without byte order: ``uint16``, ``float32``, ..."""
    return str(getattr(dtype, "name", None) or str(dtype).rsplit(".", maxsplit=1)[-1])


def framework_name(x: Array) -> str:
    """Name of the framework of `x`: ``numpy``, ``torch``, ``jax``, ..."""
    return framework_of(array_namespace(x))


def on_host(x: Array) -> bool:
    """Whether the host can read the memory of `x` directly."""
    return framework_name(x) != "cupy" and "cpu" in str(device(x)).lower()


def stored(data: object, layout: str, *, copy_if_needed: bool) -> list[Array]:
    """The arrays an image keeps of `data`: one C-contiguous ``(C, Z, Y, X)`` array per time.

    Parameters
    ----------
    data
        An array of any framework, or host memory with DLPack or the buffer protocol.
    layout
        One letter of T, C, Z, Y, X per axis.
    copy_if_needed
        Whether data that cannot be shared may be copied, once, on its device.

    Returns
    -------
    list of arrays
        Of the framework and on the device of `data`, in native byte order. They share its memory
        when it already is C-contiguous in the order C, Z, Y, X, up to axes of size 1.

    Raises
    ------
    TypeError
        For an object or a dtype that no image can hold.
    ValueError
        For a layout that does not fit, or when a copy is needed and not allowed.
    """
    x = _imported(data, copy_if_needed=copy_if_needed)
    letters = checked_layout(layout, x.shape)
    contiguous = _contiguous
    if framework_name(x) == "jax" and on_host(x) and letters != AXES:
        # JAX copies whenever an axis is added or a time is taken out; its host view does not.
        x, contiguous = np.asarray(x), _contiguous_in_jax
    points = time_points(x, letters)
    letters = letters.replace("T", "")
    return [contiguous(point, letters, copy_if_needed=copy_if_needed) for point in points]


def _imported(data: object, *, copy_if_needed: bool) -> Array:
    """`data` as an array with a voxel type and in native byte order."""
    x = _as_array(data, copy_if_needed=copy_if_needed)
    if dtype_name(x.dtype) not in VOXEL_TYPES:
        raise TypeError(f"an image cannot hold {x.dtype} voxels; accepted are {ACCEPTED}")
    if not isinstance(x, np.ndarray) or x.dtype.isnative:
        return x
    if not copy_if_needed:
        raise ValueError(f"byte order {x.dtype.str} prevents sharing; allow a copy")
    return x.astype(x.dtype.newbyteorder("="))


def _as_array(data: object, *, copy_if_needed: bool) -> Array:
    """`data` as an array of its own framework, or of NumPy when it has none."""
    if isinstance(data, np.ma.MaskedArray) or is_pydata_sparse_array(data):
        raise TypeError(f"an image cannot hold a {type(data).__name__}; give a plain array")
    if is_dask_array(data) and not copy_if_needed:
        raise ValueError("a Dask array has no memory to share; allow a copy, or compute it")
    if isinstance(data, np.ndarray) or is_dask_array(data):
        return np.asarray(data)
    if is_array_api_obj(data):
        return data
    try:
        if hasattr(data, "__dlpack__"):
            return np.from_dlpack(data)  # refused below if it is not
        return np.asarray(memoryview(data))  # type: ignore[arg-type]
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise TypeError(
            f"cannot take a {type(data).__name__} as an image; accepted are arrays of NumPy, "
            f"torch, JAX, CuPy and array API libraries, and host memory by DLPack or the buffer "
            f"protocol ({error})"
        ) from error


def _contiguous(x: Array, letters: str, *, copy_if_needed: bool) -> Array:
    """One time point as it is stored."""
    xp, shape = array_namespace(x), czyx_shape(x.shape, letters)
    ordered = in_order(x, letters)
    if not is_contiguous(ordered):
        if not copy_if_needed:
            raise ValueError(_reason(x, letters))
        ordered = xp.reshape(ordered, (-1,))  # the portable way to C order, where it has to copy
        if not is_contiguous(ordered):  # steps of one size need no copy to become one axis
            ordered = xp.asarray(ordered, copy=True)
    return ordered if tuple(ordered.shape) == shape else xp.reshape(ordered, shape)


def _contiguous_in_jax(x: NDArray[np.generic], letters: str, *, copy_if_needed: bool) -> Array:
    """The host view `x` of (part of) a JAX array as it is stored, again in JAX."""
    host = _contiguous(x, letters, copy_if_needed=copy_if_needed)
    shared = np.may_share_memory(host, x)
    jax = import_module("jax")
    result = jax.device_put(host if shared else aligned_copy(host), jax.devices("cpu")[0])
    if not copy_if_needed and result.unsafe_buffer_pointer() != x.ctypes.data:
        raise ValueError("JAX shares memory from multiples of 64 bytes only; allow a copy")
    return result


def is_contiguous(x: Array) -> bool:
    """Whether the memory of `x` is in C order, axes of size 1 aside."""
    if hasattr(x, "flags"):  # NumPy, CuPy
        return bool(x.flags.c_contiguous)
    if hasattr(x, "is_contiguous"):  # torch
        return bool(x.is_contiguous())
    if framework_name(x) == "jax":
        return True
    if on_host(x):
        return bool(np.asarray(x).flags.c_contiguous)
    try:  # nothing tells strides of other devices; this refuses all but steps of one size
        array_namespace(x).reshape(x, (-1,), copy=False)
    except (AttributeError, ValueError):  # array-api-strict raises the former
        return False
    return True


def _reason(x: Array, letters: str) -> str:
    """Why `x` cannot be shared."""
    if moves_data(tuple(x.shape), letters):
        why = f"axis order {letters} differs from {AXES}"
    else:
        strides = x.stride() if hasattr(x, "stride") else getattr(x, "strides", "unknown")
        why = f"strides {strides} of axes {letters} are not those of C order"
    return f"{why}, which prevents sharing an array of shape {tuple(x.shape)}; allow a copy"


def device_named(name: Device, framework: str) -> Device:
    """A device of `framework` from a string such as ``cpu`` or ``cuda:0``; others pass through."""
    if not isinstance(name, str):
        return name
    kind, _, number = name.partition(":")
    module = import_module(framework)
    if framework == "torch":
        return module.device(name)
    if framework == "jax":
        return module.devices(kind)[int(number or 0)]
    if framework == "cupy" and kind in ("cuda", "gpu"):
        return module.cuda.Device(int(number or 0))
    if framework == "numpy" and name == "cpu":
        return name
    if framework == "array_api_strict":
        return module.Device("CPU_DEVICE" if name == "cpu" else name)
    raise ValueError(f"{framework} has no device {name!r}")
