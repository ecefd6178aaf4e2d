"""Vaa3D's raw stacks, and those packed by differences (v3dpbd)."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.atomic import atomic_path
from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.vaa3d_pbd import check_claim, unpack_8_bits, unpack_16_bits
from zimg.io.options import check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.scenes.scene import Scene
from zimg.io.scenes.strided import StridedScene, Strides
from zimg.io.scenes.whole import WholeScene
from zimg.io.writer import Pixels
from zimg.values import Compression, FileFormat, ZImgInfo

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


class Vaa3DReader:
    """An open stack, raw or packed.

    Parameters
    ----------
    path
        An existing file.
    format
        Not looked at: the first bytes tell.

    Raises
    ------
    ZException
        When the header is of another program or the file too short for it.
    """

    name = "Vaa3D"
    scenes: tuple[Scene, ...]

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002
        self._file = FileBytes(path)
        try:
            key = self._file.read(0, len(RAW), "its header")
            if key == OTHER_PACKED:
                raise ZException(f"stacks packed as {OTHER_PACKED.decode()} are not read")
            if key not in (RAW, PACKED):
                raise ZException(f"it begins with {key!r}, not with {RAW!r}")
            header = self._header(packed=key == PACKED)
            self.scenes = (self._packed(header) if key == PACKED else self._raw(header),)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _header(self, *, packed: bool) -> Header:
        order = ORDERS.get(self._file.read(24, 1, "its header"))
        if order is None:
            raise ZException("its byte order is neither L nor B")
        (width,) = np.frombuffer(self._file.read(25, 2, "its header"), f"{order}u2")
        if int(width) not in TYPES or (packed and width > 2):
            raise ZException(f"it has {width} bytes per voxel; accepted are 1, 2, 4, 8")
        stored = TYPES[int(width)].newbyteorder(order)
        short = np.frombuffer(self._file.read(27, 8, "its header"), f"{order}u2")
        if short.all() and not packed:  # the old variant; the new one has zeros among them
            return Header(_sizes(short), stored, SHORT_SIZES)
        long = np.frombuffer(self._file.read(27, 16, "its header"), f"{order}u4")
        if not long.all():
            raise ZException(f"its header tells of {' x '.join(map(str, long))} voxels")
        return Header(_sizes(long), stored, SIZES)

    def _raw(self, header: Header) -> Scene:
        x, y, z, _ = header.sizes
        step = header.stored.itemsize
        # before the metadata, which has a name for each channel that is claimed
        self._file.check(header.offset, header.count * step, "its image")
        strides = Strides(0, step * x * y * z, step * x * y, step * x, step)
        return StridedScene(self._file, header.info(), header.stored, header.offset, strides)

    def _packed(self, header: Header) -> Scene:
        check_claim(header.count, self._file.size)
        unpack: Callable[..., NDArray[Any]] = unpack_8_bits
        if header.stored.itemsize == 2:
            unpack = unpack_16_bits

        def decode() -> NDArray[Any]:
            data = self._file.read(header.offset, self._file.size - header.offset, "its voxels")
            x, y, z, c = header.sizes
            voxels = unpack(data, header.count, header.stored)
            return voxels.reshape(c, z, y, x)

        return WholeScene(header.info(), header.stored.newbyteorder("="), decode)


def _sizes(values: NDArray[Any]) -> tuple[int, int, int, int]:
    x, y, z, c = (int(value) for value in values)
    return x, y, z, c


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse what would be read back as something else, or not at all."""
    if info.numTimes > 1:
        raise ZException(f"a Vaa3D stack holds one time point, the image has {info.numTimes}")
    names = [dtype.name for dtype in TYPES.values()]
    if info.dataTypeString() not in names:
        raise ZException(f"a Vaa3D stack holds {', '.join(names)}, not {info.dataTypeString()}")
    if parameters.compression not in (Compression.AUTO, Compression.NONE):
        name = Compression(parameters.compression).name
        raise ZException(f"a Vaa3D stack is not packed: compression AUTO or NONE, not {name}")
    check_options("a Vaa3D stack", parameters, ())
    if max(info.size) > LARGEST_SIZE:
        raise ZException(f"a Vaa3D stack has at most {LARGEST_SIZE} voxels along an axis")


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:  # noqa: ARG001
    """Write the raw stack in the byte order of this machine; channels lie one after the other."""
    x, y, z, c, _ = pixels.info.size
    order = b"L" if sys.byteorder == "little" else b"B"
    sizes = np.asarray([x, y, z, c], np.uint32)
    plane = x * y * pixels.dtype.itemsize
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(RAW + order + np.uint16(pixels.dtype.itemsize).tobytes() + sizes.tobytes())
        for depth in range(z):
            slab = pixels.slab(0, depth, depth + 1)
            for channel in range(c):
                file.seek(SIZES + (channel * z + depth) * plane)
                file.write(np.ascontiguousarray(slab[channel]).data)
