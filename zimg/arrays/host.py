"""Host memory that every framework can share."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

# JAX shares a host buffer only when it starts at a multiple of this many bytes.
ALIGNMENT = 64


def aligned_zeros(shape: Sequence[int], dtype: DTypeLike) -> NDArray[np.generic]:
    """A C-contiguous array of zeros whose first byte is aligned.

    Untouched pages cost no memory, so this serves for buffers that are filled afterwards too.

    Raises
    ------
    MemoryError
        When the memory cannot be had.
    """
    voxel = np.dtype(dtype)
    size = math.prod(shape) * voxel.itemsize
    buffer = np.zeros(size + ALIGNMENT, dtype=np.uint8)
    first = -buffer.ctypes.data % ALIGNMENT
    return buffer[first : first + size].view(voxel).reshape(tuple(shape))


def aligned_copy(x: NDArray[np.generic]) -> NDArray[np.generic]:
    """`x` in C order, native byte order and aligned memory."""
    result = aligned_zeros(x.shape, x.dtype if x.dtype.isnative else x.dtype.newbyteorder("="))
    result[...] = x
    return result


def is_aligned(x: NDArray[np.generic]) -> bool:
    """Whether the memory of `x` starts where JAX can share it."""
    return x.ctypes.data % ALIGNMENT == 0
