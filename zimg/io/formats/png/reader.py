"""PNG files: one plane of 8 or 16 bits, grey or colour, with or without alpha."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.formats.shared.planar import (
    PlanarFile,
    planar_info,
    planar_scene,
)
from zimg.values import FileFormat, VoxelSizeUnit, ZImgInfo

SIGNATURE = b"\x89PNG\r\n\x1a\n"


# Channels by colour type (https://www.w3.org/TR/png-3/#11IHDR); a palette holds RGB.
CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


PALETTE = 3


HEADER_END = 33  # signature and the first chunk


def open_png(path: Path, format: FileFormat) -> PlanarFile:  # noqa: ARG001 (it is the only one)
    """Open a PNG file and read its header; pixels are decoded on demand."""
    with path.open("rb") as file:
        info = _info(file.read(2**16))
    return PlanarFile("PNG", planar_scene(info, path, _decode))


def _info(head: bytes) -> ZImgInfo:
    if head[:8] != SIGNATURE or head[12:16] != b"IHDR" or len(head) < HEADER_END:
        raise ZException("the file has no PNG header")
    width, height = (int.from_bytes(head[place : place + 4]) for place in (16, 20))
    bits, color = head[24], head[25]
    if color not in CHANNELS or bits not in (1, 2, 4, 8, 16) or not (width and height):
        raise ZException(
            f"unsupported PNG: colour type {color} with {bits} bits, {width} x {height} pixels"
        )
    before_pixels = dict(_chunks(head, whole=False))
    if b"acTL" in before_pixels:
        raise ZException("animated PNG is not supported")
    alpha = color >= 4 or b"tRNS" in before_pixels
    channels = CHANNELS[color] + (alpha and color < 4)
    dtype = np.dtype(np.uint16 if bits == 16 else np.uint8)
    info = planar_info(width, height, channels, dtype, alpha=alpha)
    info.validBitCount = 0 if bits == 8 or color == PALETTE else bits  # as the reference
    _read_size(before_pixels.get(b"pHYs", b""), info)
    return info


def _read_size(size: bytes, info: ZImgInfo) -> None:
    """Read the pixel size if it is stated in metres."""
    x, y = (int.from_bytes(size[place : place + 4]) for place in (0, 4))
    if len(size) == 9 and size[8] == 1 and x and y:
        info.voxelSizeUnit = VoxelSizeUnit.um
        info.voxelSizeX, info.voxelSizeY = 1e6 / x, 1e6 / y
        info.voxelSizeZ = info.voxelSizeX  # a plane has no depth; 1.0 would mean a micrometre


def _chunks(data: bytes, *, whole: bool) -> Iterator[tuple[bytes, bytes]]:
    """Type and content of each chunk, up to the pixels or, with `whole`, checked to the end."""
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4])
        kind, end = data[place + 4 : place + 8], place + 8 + length
        if not whole and (kind == b"IDAT" or end + 4 > len(data)):
            return
        if zlib.crc32(data[place + 4 : end]) != int.from_bytes(data[end : end + 4]):
            raise ZException(f"chunk {kind!r} is damaged or truncated")
        yield kind, data[place + 8 : end]
        if kind == b"IEND":
            return
        place = end + 4
    if whole:
        raise ZException("the last chunk is missing: the file is truncated")


def _decode(data: bytes) -> NDArray[Any]:
    for _ in _chunks(data, whole=True):  # the decoder ignores wrong checksums
        pass
    pixels: NDArray[Any] = imagecodecs.png_decode(data)
    bits, color = data[24], data[25]
    if bits < 8 and color == 0:  # the decoder scales them to 255
        pixels[..., 0 if pixels.ndim == 3 else slice(None)] //= 255 // (2**bits - 1)
    return pixels
