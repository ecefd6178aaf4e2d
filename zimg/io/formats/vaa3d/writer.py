"""Raw stacks of Vaa3D, written slab by slab."""

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
