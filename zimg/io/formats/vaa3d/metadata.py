"""Read the header of a Vaa3D stack."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.bytes import FileBytes
from zimg.values import ZImgInfo

RAW, PACKED = b"raw_image_stack_by_hpeng", b"v3d_volume_pkbitdf_encod"
OTHER_PACKED = b"v3d_stack_pkbit_by_gene1"
ORDERS: dict[bytes, Literal["<", ">"]] = {b"L": "<", b"l": "<", b"B": ">", b"b": ">"}
# Only the width is stored; readers assume these types.
TYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype(np.uint8),
    2: np.dtype(np.uint16),
    4: np.dtype(np.float32),
    8: np.dtype(np.float64),
}
SHORT_SIZES, SIZES = 35, 43  # offset of the voxels
LARGEST_SIZE = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Header:
    """Sizes along x, y, z, c, stored type, and offset of the voxels."""

    sizes: tuple[int, int, int, int]
    stored: np.dtype[Any]
    offset: int

    @property
    def count(self) -> int:
        """Number of voxels."""
        return math.prod(self.sizes)

    def info(self) -> ZImgInfo:
        """Metadata of the image."""
        x, y, z, c = self.sizes
        return ZImgInfo(x, y, z, c, 1, *VOXEL_TYPES[self.stored.name])


def read_header(file: FileBytes, *, packed: bool) -> Header:
    """Read the header of an open stack; raise a `ZException` if it is invalid."""
    order = ORDERS.get(file.read(24, 1, "the header"))
    if order is None:
        raise ZException("the byte order in the header must be L or B")
    (width,) = np.frombuffer(file.read(25, 2, "the header"), f"{order}u2")
    if int(width) not in TYPES or (packed and width > 2):
        raise ZException(f"{width} bytes per voxel are not supported: expected 1, 2, 4 or 8")
    stored = TYPES[int(width)].newbyteorder(order)
    short = np.frombuffer(file.read(27, 8, "the header"), f"{order}u2")
    if short.all() and not packed:  # the old variant; the new one contains zeros here
        return Header(_sizes(short), stored, SHORT_SIZES)
    long = np.frombuffer(file.read(27, 16, "the header"), f"{order}u4")
    if not long.all():
        raise ZException(
            f"sizes {' x '.join(map(str, long))} in the header are invalid: each must be above 0"
        )
    return Header(_sizes(long), stored, SIZES)


def _sizes(values: NDArray[Any]) -> tuple[int, int, int, int]:
    x, y, z, c = (int(value) for value in values)
    return x, y, z, c
