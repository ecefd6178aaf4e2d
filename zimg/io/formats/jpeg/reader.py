"""JPEG files: one plane of 8 bits, with loss, or of 16 bits in grey without loss."""

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
from zimg.values import FileFormat, ZImgInfo

# Markers that begin a frame (ITU-T T.81, table B.1): 0xC0 to 0xCF without tables and arithmetic.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


START_OF_SCAN = 0xDA


END = b"\xff\xd9"


def open_jpeg(path: Path, format: FileFormat) -> PlanarFile:  # noqa: ARG001 (it is the only one)
    """Open a JPEG file; its header is read now, its pixels later."""
    info = _info(path.read_bytes())
    return PlanarFile("JPEG", planar_scene(info, path, _decode))


def _info(data: bytes) -> ZImgInfo:
    for marker, content in _segments(data):
        if marker in FRAMES and len(content) >= 6:
            bits, channels = content[0], content[5]
            height, width = (int.from_bytes(content[place : place + 2]) for place in (1, 3))
            if not (width and height and channels in (1, 3, 4) and 2 <= bits <= 16):
                break
            dtype = np.dtype(np.uint8 if bits <= 8 else np.uint16)
            info = planar_info(width, height, min(channels, 3), dtype)
            info.validBitCount = bits
            return info
    raise ZException("it has no JPEG frame of 1, 3 or 4 components of 2 to 16 bits")


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment before the pixels."""
    place = 2
    while data[:2] == b"\xff\xd8" and place + 4 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4])
        if marker == 0xFF:  # filling
            place += 1
            continue
        yield marker, data[place + 4 : place + 2 + length]
        if marker == START_OF_SCAN:
            return
        place += 2 + length


def _decode(data: bytes) -> NDArray[Any]:
    if END not in data[-1024:]:  # the decoder would fill what is missing with grey
        raise ZException("it is truncated: it has no end")
    pixels: NDArray[Any] = imagecodecs.jpeg_decode(data)
    if pixels.ndim == 3 and pixels.shape[-1] == 4:  # cyan, magenta, yellow, black: inverted
        inks = pixels.astype(np.uint16)
        return ((inks[..., :3] * inks[..., 3:] + 127) // 255).astype(np.uint8)
    return pixels
