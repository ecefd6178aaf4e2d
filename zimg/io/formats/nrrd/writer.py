"""Write NRRD files slab by slab."""

import zlib
from pathlib import Path

import numpy as np

from zimg._errors import ZException
from zimg.io.disk.atomic import atomic_path
from zimg.io.formats.nrrd.describe import header_lines
from zimg.io.formats.shared.volume import check_volume, time_step
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import Compression, ZImgInfo


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse images and options that NRRD does not support."""
    check_volume(info, parameters, name="NRRD")
    start, _ = time_step(info, "NRRD")
    if start:
        raise ZException(f"NRRD time stamps start at 0, but the first time stamp is {start}")


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write one file, compressed with gzip by default."""
    none = parameters.compression == Compression.NONE
    level = parameters.zlibCompressionLevel
    packer = None if none else zlib.compressobj(level, wbits=zlib.MAX_WBITS + 16)
    stored, info = pixels.dtype.newbyteorder("<"), pixels.info
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        lines = header_lines(pixels, "raw" if none else "gzip")
        file.write("".join(f"{line}\n" for line in lines).encode() + b"\n")
        for time in range(info.numTimes):
            for z in range(info.depth):
                plane = np.moveaxis(pixels.slab(time, z, z + 1)[:, 0], 0, -1)
                data = np.ascontiguousarray(plane, stored).reshape(-1).view(np.uint8).data
                file.write(packer.compress(data) if packer else data)
        if packer:
            file.write(packer.flush())
