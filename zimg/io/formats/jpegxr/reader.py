"""JPEG XR files: one plane of 8 or 16 bits or floats; lossy unless written with quality 1."""

import struct
from pathlib import Path
from typing import Any, NamedTuple

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.formats.shared.planar import (
    PlanarFile,
    planar_info,
    planar_scene,
)
from zimg.values import FileFormat, ZImgInfo

SIGNATURE = b"II\xbc"


PIXEL_FORMAT, WIDTH, HEIGHT, PLACE, COUNT = 0xBC01, 0xBC80, 0xBC81, 0xBCC0, 0xBCC1


# Offset of the colour format and bit depth in the pixel data, after its signature.
CODE, CODED = 11, b"WMPHOTO\0"


# Prefix of most pixel formats; the last byte identifies them (ITU-T T.832, table A.6).
_COMMON = bytes.fromhex("24c3dd6f034efe4bb1853d77768dc9")


class PixelFormat(NamedTuple):
    """Number of channels, whether the last is alpha, voxel type, and its code in the pixel data."""

    channels: int
    alpha: bool
    dtype: str
    code: int


PIXEL_FORMATS = {
    _COMMON + b"\x08": PixelFormat(1, False, "uint8", 0x01),
    _COMMON + b"\x0b": PixelFormat(1, False, "uint16", 0x02),
    _COMMON + b"\x0c": PixelFormat(3, False, "uint8", 0x71),
    _COMMON + b"\x0d": PixelFormat(3, False, "uint8", 0x71),
    _COMMON + b"\x0f": PixelFormat(4, True, "uint8", 0x71),
    bytes.fromhex("2dadc7f58d6add43a7a8a29935261ae9"): PixelFormat(4, True, "uint8", 0x71),
    _COMMON + b"\x11": PixelFormat(1, False, "float32", 0x07),
    _COMMON + b"\x15": PixelFormat(3, False, "uint16", 0x72),
    _COMMON + b"\x16": PixelFormat(4, True, "uint16", 0x72),
    _COMMON + b"\x3e": PixelFormat(1, False, "float16", 0x04),
}


BYTES = {1: 1, 3: 2, 4: 4}  # of the field types that hold a whole number


def open_jpegxr(path: Path, format: FileFormat) -> PlanarFile:  # noqa: ARG001 (it is the only one)
    """Open a JPEG XR file and read its header; pixels are decoded on demand."""
    info = _info(path.read_bytes())
    return PlanarFile("JPEG XR", planar_scene(info, path, _decode))


def _info(data: bytes) -> ZImgInfo:
    fields = _fields(data)
    place = fields.get(PIXEL_FORMAT, 0)
    name = data[place : place + 16]
    known = PIXEL_FORMATS.get(name)
    if known is None:
        raise ZException(f"JPEG XR pixel format {name.hex()} is not supported")
    width, height = fields.get(WIDTH, 0), fields.get(HEIGHT, 0)
    if not (width and height):
        raise ZException(f"unsupported JPEG XR: {width} x {height} pixels")
    if fields.get(PLACE, 0) + fields.get(COUNT, 0) > len(data):
        raise ZException("the pixels extend beyond the end of the file: it is truncated")
    pixels = data[fields.get(PLACE, 0) :][: CODE + 1]
    # The decoder crashes on kinds of pixels that the header does not announce.
    if not pixels.startswith(CODED) or pixels[CODE:] != bytes([known.code]):
        raise ZException("the pixels are damaged or do not match the pixel format of the header")
    return planar_info(width, height, known.channels, np.dtype(known.dtype), alpha=known.alpha)


def _fields(data: bytes) -> dict[int, int]:
    """Integers in the directory of the file, by tag."""
    try:
        (start,) = struct.unpack_from("<I", data, 4)
        (count,) = struct.unpack_from("<H", data, start)
        entries = [struct.unpack_from("<HHI4s", data, start + 2 + 12 * n) for n in range(count)]
    except struct.error:
        raise ZException(
            "the directory extends beyond the end of the file: it is truncated or damaged"
        ) from None
    return {
        tag: int.from_bytes(value[: BYTES.get(kind, 4)], "little")
        for tag, kind, _, value in entries
    }


def _decode(data: bytes) -> NDArray[Any]:
    pixels: NDArray[Any] = imagecodecs.jpegxr_decode(data)
    return pixels
