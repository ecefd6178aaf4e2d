"""Write PNG files of one plane."""

import zlib
from pathlib import Path

import imagecodecs

from zimg.io.disk.atomic import atomic_path
from zimg.io.formats.png.reader import HEADER_END
from zimg.io.formats.shared.planar import (
    check_planar,
    interleaved,
)
from zimg.io.options import ZLIB, check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import Compression, VoxelSizeUnit, ZImgInfo

LONGEST = 10**6  # libpng refuses larger sizes, in reading and in writing


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse images that PNG does not support, and invalid compression levels."""
    lossless = (Compression.DEFLATE, Compression.ADOBE_DEFLATE)
    types = ("uint8", "uint16")
    check_planar(
        *(info, parameters),
        name="PNG",
        types=types,
        compression=lossless,
        alpha=True,
        longest=LONGEST,
    )
    check_options("PNG", parameters, (ZLIB,))


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write one plane."""
    data = imagecodecs.png_encode(interleaved(pixels), level=parameters.zlibCompressionLevel)
    with atomic_path(path) as temporary:
        temporary.write_bytes(_with_size(data, pixels.info))


def _with_size(data: bytes | bytearray, info: ZImgInfo) -> bytes:
    """`data` with a chunk for the pixel size, if known."""
    data = bytes(data)
    if info.voxelSizeUnit == VoxelSizeUnit.none:
        return data
    per_metre = [round(1e6 / size) for size in (info.voxelSizeXInUm(), info.voxelSizeYInUm())]
    if not all(0 < count < 2**31 for count in per_metre):
        return data
    chunk = b"pHYs" + b"".join(count.to_bytes(4) for count in per_metre) + b"\1"
    checked = (9).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
    return data[:HEADER_END] + checked + data[HEADER_END:]
