"""Write JPEG files of one plane; grey images of 16 bits are lossless."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

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

LONGEST = 65535  # rows and columns have 16 bits (ITU-T T.81, B.2.2)
# `jpegAccurateDCT` is not among them: the transform is always the accurate one.
OPTIONS = ("jpegQuality", "jpegProgressive", "jpegChrominanceSubsampling")


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse images and options that JPEG does not support."""
    types = ("uint8", "uint16") if info.numChannels == 1 else ("uint8",)
    own = (Compression.JPEG,)
    check_planar(info, parameters, name="JPEG", types=types, compression=own, longest=LONGEST)
    if info.dataTypeString() == "uint16":
        check_options("lossless JPEG (uint16)", parameters, ())
        return
    check_options("JPEG", parameters, OPTIONS)
    if parameters.jpegProgressive and find_spec("OpenImageIO") is None:
        raise ZException('progressive JPEG needs OpenImageIO; pip install "zimg-xp[oiio]" adds it')


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write one plane; 16 bits are lossless."""
    plane = interleaved(pixels)
    quality, subsampling = parameters.jpegQuality, parameters.jpegChrominanceSubsampling
    with atomic_path(path) as temporary:
        if parameters.jpegProgressive:
            from zimg.io.formats.jpeg.progressive import write_progressive  # needs an extra

            write_progressive(temporary, plane, quality, subsampling)
        else:
            temporary.write_bytes(_encoded(plane, quality, subsampling))


def _encoded(plane: NDArray[Any], quality: int, subsampling: int) -> bytes | bytearray:
    """Encode baseline JPEG with the accurate transform, the encoder's default."""
    data: bytes | bytearray
    if plane.dtype == np.uint16:
        data = imagecodecs.jpeg_encode(plane, lossless=True, bitspersample=16)
    else:
        data = imagecodecs.jpeg_encode(
            plane, level=quality, subsampling=str(subsampling), optimize=True
        )
    return data
