"""JPEG files: one lossy plane of 8 bits, or one lossless grey plane of 16 bits."""

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
FILLING = 0xFF
# Bytes after 0xFF without a length: zero, TEM, restarts, start and end of an image.
WITHOUT_CONTENT = frozenset((0x00, 0x01, *range(0xD0, 0xDA), FILLING))


def open_jpeg(path: Path, format: FileFormat) -> PlanarFile:  # noqa: ARG001 (it is the only one)
    """Open a JPEG file and read its header; pixels are decoded on demand."""
    info = _info(path.read_bytes())
    return PlanarFile("JPEG", planar_scene(info, path, _decode))


def _info(data: bytes) -> ZImgInfo:
    for marker, content, _ in _segments(data):
        if marker in FRAMES and len(content) >= 6:
            bits, channels = content[0], content[5]
            height, width = (int.from_bytes(content[place : place + 2]) for place in (1, 3))
            if not (width and height and channels in (1, 3, 4) and 2 <= bits <= 16):
                break
            dtype = np.dtype(np.uint8 if bits <= 8 else np.uint16)
            info = planar_info(width, height, min(channels, 3), dtype)
            info.validBitCount = bits
            return info
    raise ZException("the file has no JPEG frame of 1, 3 or 4 components of 2 to 16 bits")


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Marker, content and end offset of each segment before the pixels.

    Bytes between segments are skipped, as decoders do (ITU-T T.81, B.1.1.2).
    """
    place = 2 if data[:2] == b"\xff\xd8" else len(data)
    while (place := data.find(b"\xff", place)) >= 0 and place + 4 <= len(data):
        marker = data[place + 1]
        if marker in WITHOUT_CONTENT:
            place += 1 if marker == FILLING else 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4])
        end = place + 2 + length
        yield marker, data[place + 4 : end], end
        if marker == START_OF_SCAN:
            return
        place = end


def _decode(data: bytes) -> NDArray[Any]:
    # The decoder would fill what is missing with grey. Packed pixels hold no end marker, and
    # what follows it is not looked at: other images of the file, text, films.
    pixels_at = next((end for marker, _, end in _segments(data) if marker == START_OF_SCAN), 0)
    if data.find(END, pixels_at) < 0:
        raise ZException("the JPEG image has no end marker: the file is truncated")
    pixels: NDArray[Any] = imagecodecs.jpeg_decode(data)
    if pixels.ndim == 3 and pixels.shape[-1] == 4:  # cyan, magenta, yellow, black: inverted
        inks = pixels.astype(np.uint16)
        return ((inks[..., :3] * inks[..., 3:] + 127) // 255).astype(np.uint8)
    return pixels
