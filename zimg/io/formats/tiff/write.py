"""Plain TIFF files: a page for each plane, with all channels where they are colours."""

from pathlib import Path

import numpy as np

from zimg.io.formats.tiff.description import check_description
from zimg.io.formats.tiff.packing import Packing
from zimg.io.formats.tiff.paging import write_pages
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import ZImgInfo


def samples(info: ZImgInfo) -> int:
    """Channels in a page: all of grey or RGB, with or without opacity, otherwise 1.

    Pages of other numbers of samples are read wrongly, or in part, by many programs.
    """
    colors = info.numChannels - info.lastChannelIsAlphaChannel
    together = colors == 3 or (colors == 1 and info.lastChannelIsAlphaChannel)
    return info.numChannels if together else 1


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse types, options and metadata that TIFF cannot hold."""
    _packing(info, parameters).check("TIFF")
    check_description(info)


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write a TIFF file, described by OME-XML whatever its name."""
    write_pages(path, pixels, _packing(pixels.info, parameters), pyramid=False)


def _packing(info: ZImgInfo, parameters: ZImgWriteParameters) -> Packing:
    return Packing(parameters, np.dtype(info.dataTypeString()), samples(info))
