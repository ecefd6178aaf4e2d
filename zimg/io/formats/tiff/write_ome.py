"""OME-TIFF files: a page for each plane of each channel, with a pyramid of smaller copies."""

from pathlib import Path

import numpy as np

from zimg.io.formats.tiff.description import check_description
from zimg.io.formats.tiff.packing import Packing
from zimg.io.formats.tiff.paging import write_pages
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import ZImgInfo


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse types, options and metadata that OME-TIFF cannot hold."""
    _packing(info, parameters).check("OME-TIFF")
    check_description(info)


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write an OME-TIFF file."""
    write_pages(path, pixels, _packing(pixels.info, parameters), pyramid=True)


def _packing(info: ZImgInfo, parameters: ZImgWriteParameters) -> Packing:
    return Packing(parameters, np.dtype(info.dataTypeString()))
