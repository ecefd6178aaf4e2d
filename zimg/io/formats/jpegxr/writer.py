"""Write JPEG XR files of one plane; lossless with quality 1."""

from pathlib import Path

import imagecodecs

from zimg._errors import ZException
from zimg.io.disk.atomic import atomic_path
from zimg.io.formats.shared.planar import (
    check_planar,
    interleaved,
)
from zimg.io.options import check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import Compression, ZImgInfo


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse images that JPEG XR does not support, and a quality outside its range."""
    types, own = ("uint8", "uint16"), (Compression.JPEGXR,)
    check_planar(info, parameters, name="JPEG XR", types=types, compression=own, alpha=True)
    if info.numChannels == 2:
        raise ZException("JPEG XR stores an alpha channel only together with three other channels")
    check_options("JPEG XR", parameters, ("jpegXRQuality",))


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write one plane."""
    plane = interleaved(pixels)
    data = imagecodecs.jpegxr_encode(
        plane, level=parameters.jpegXRQuality, hasalpha=pixels.info.lastChannelIsAlphaChannel
    )
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)
