"""Aligned host memory that every framework can share."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

# JAX shares a host buffer only if its address is a multiple of this.
ALIGNMENT = 64


def aligned_zeros(shape: Sequence[int], dtype: DTypeLike) -> NDArray[np.generic]:
    """Allocate an aligned C-contiguous array of zeros.

    Untouched pages use no memory, so this is also suitable for buffers that are filled later.

    Raises
    ------
    MemoryError
        When the memory cannot be allocated.
    """
    voxel = np.dtype(dtype)
    size = math.prod(shape) * voxel.itemsize
    buffer = np.zeros(size + ALIGNMENT, dtype=np.uint8)
    first = -buffer.ctypes.data % ALIGNMENT
    return buffer[first : first + size].view(voxel).reshape(tuple(shape))


def aligned_copy(x: NDArray[np.generic]) -> NDArray[np.generic]:
    """Copy `x` to aligned memory in C order and native byte order."""
    result = aligned_zeros(x.shape, x.dtype if x.dtype.isnative else x.dtype.newbyteorder("="))
    result[...] = x
    return result


def is_aligned(x: NDArray[np.generic]) -> bool:
    """Whether the memory of `x` is aligned so that JAX can share it."""
    return x.ctypes.data % ALIGNMENT == 0
