"""Dtype and framework of an array, by name."""

from functools import lru_cache
from typing import Any

from zimg._dispatch import array_namespace, framework_of, namespace_by_type
from zimg._typing import Array, DType
from zimg.ops.memory import on_host
from zimg.values.enums import VoxelFormat

__all__ = ["ACCEPTED", "VOXEL_TYPES", "dtype_name", "framework_name", "in_float32", "on_host"]

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
    return framework_of(namespace_by_type(x))


def in_float32(x: Array, *names: str) -> Array:
    """`x`, as float32 if its dtype is among `names`, which are floats of 16 bits."""
    if dtype_name(x.dtype) not in names:
        return x
    xp = array_namespace(x)
    return xp.astype(x, xp.float32)
