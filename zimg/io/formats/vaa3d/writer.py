"""Write raw Vaa3D stacks slab by slab."""

import sys
from pathlib import Path

import numpy as np

from zimg._errors import ZException
from zimg.io.disk.atomic import atomic_path
from zimg.io.formats.vaa3d.metadata import LARGEST_SIZE, RAW, SIZES, TYPES
from zimg.io.options import check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import Compression, ZImgInfo


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse images and options that the format does not support."""
    if info.numTimes > 1:
        raise ZException(f"Vaa3D stores a single time point, but the image has {info.numTimes}")
    names = [dtype.name for dtype in TYPES.values()]
    if info.dataTypeString() not in names:
        raise ZException(f"Vaa3D stores {', '.join(names)}, not {info.dataTypeString()}")
    if parameters.compression not in (Compression.AUTO, Compression.NONE):
        name = Compression(parameters.compression).name
        raise ZException(
            f"Vaa3D stacks are not compressed: expected compression AUTO or NONE, got {name}"
        )
    check_options("a Vaa3D stack", parameters, ())
    if max(info.size) > LARGEST_SIZE:
        raise ZException(f"Vaa3D stores at most {LARGEST_SIZE} voxels along an axis")


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:  # noqa: ARG001
    """Write the raw stack in native byte order, channel by channel."""
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
