"""The header of a Vaa3D stack, and what it says about the image."""

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
# Only the width is stored; these types are what readers take it for.
TYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype(np.uint8),
    2: np.dtype(np.uint16),
    4: np.dtype(np.float32),
    8: np.dtype(np.float64),
}
SHORT_SIZES, SIZES = 35, 43  # where the voxels begin
LARGEST_SIZE = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Header:
    """Sizes along x, y, z, c, the type as stored, and where the voxels begin."""

    sizes: tuple[int, int, int, int]
    stored: np.dtype[Any]
    offset: int

    @property
    def count(self) -> int:
        """Number of voxels."""
        return math.prod(self.sizes)

    def info(self) -> ZImgInfo:
        """What is known about the image."""
        x, y, z, c = self.sizes
        return ZImgInfo(x, y, z, c, 1, *VOXEL_TYPES[self.stored.name])


def read_header(file: FileBytes, *, packed: bool) -> Header:
    """The header of an open stack; a `ZException` for one that no stack can have."""
    order = ORDERS.get(file.read(24, 1, "its header"))
    if order is None:
        raise ZException("its byte order is neither L nor B")
    (width,) = np.frombuffer(file.read(25, 2, "its header"), f"{order}u2")
    if int(width) not in TYPES or (packed and width > 2):
        raise ZException(f"it has {width} bytes per voxel; accepted are 1, 2, 4, 8")
    stored = TYPES[int(width)].newbyteorder(order)
    short = np.frombuffer(file.read(27, 8, "its header"), f"{order}u2")
    if short.all() and not packed:  # the old variant; the new one has zeros among them
        return Header(_sizes(short), stored, SHORT_SIZES)
    long = np.frombuffer(file.read(27, 16, "its header"), f"{order}u4")
    if not long.all():
        raise ZException(f"its header tells of {' x '.join(map(str, long))} voxels")
    return Header(_sizes(long), stored, SIZES)


def _sizes(values: NDArray[Any]) -> tuple[int, int, int, int]:
    x, y, z, c = (int(value) for value in values)
    return x, y, z, c
