"""What an array of any framework tells about itself: dtype, framework, device, contiguity."""

from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from zimg._dispatch import array_namespace, device, framework_of
from zimg._typing import Array, Device, DType
from zimg.values.enums import VoxelFormat

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


# Kinds of arrays met so far. Asking an array for its namespace costs a third of wrapping it.
_FRAMEWORKS: dict[type, str] = {}


def dtype_name(dtype: DType) -> str:
    """Name of a dtype of any framework, without byte order: ``uint16``, ``float32``, ..."""
    kind: Any = type(dtype)
    return _dtype_name(kind, dtype)


@lru_cache(maxsize=256)
def _dtype_name(_: Any, dtype: DType) -> str:
    """`dtype_name`; the kind comes first since strict dtypes warn when compared with others."""
    return str(getattr(dtype, "name", None) or str(dtype).rsplit(".", maxsplit=1)[-1])


def framework_name(x: Array) -> str:
    """Name of the framework of `x`: ``numpy``, ``torch``, ``jax``, ..."""
    kind = type(x)
    if kind not in _FRAMEWORKS:
        _FRAMEWORKS[kind] = framework_of(array_namespace(x))
    return _FRAMEWORKS[kind]


def on_host(x: Array) -> bool:
    """Whether the host can read the memory of `x` directly."""
    return framework_name(x) != "cupy" and "cpu" in str(device(x)).lower()


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
    if x.__dlpack_device__()[0] == 1:  # DLPack's number of the host: a pretended device
        return bool(np.from_dlpack(x).flags.c_contiguous)
    try:  # nothing tells strides of other devices; this refuses all but steps of one size
        array_namespace(x).reshape(x, (-1,), copy=False)
    except (AttributeError, ValueError):  # array-api-strict raises the former
        return False
    return True


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
