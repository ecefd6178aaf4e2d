"""Write TIFF and OME-TIFF files: pages of planes, described by OME-XML."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zimg.io.formats.tiff.describe import check_description
from zimg.io.formats.tiff.packing import Packing
from zimg.io.formats.tiff.paging import write_pages
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import ZImgInfo


@dataclass(frozen=True, slots=True)
class TiffWriting:
    """Writer of one kind of TIFF file, independent of the suffix.

    Parameters
    ----------
    name
        Of the format, for errors.
    colors
        Whether a page holds all channels of colour images; otherwise it holds one channel.
    pyramid
        Whether to write reduced copies of each page.
    """

    name: str
    colors: bool
    pyramid: bool

    def check(self, info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
        """Refuse types, options and metadata that the format does not support."""
        self._packing(info, parameters).check(self.name)
        check_description(info)

    def write(self, path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
        """Write a file."""
        packing = self._packing(pixels.info, parameters)
        write_pages(path, pixels, packing, pyramid=self.pyramid)

    def _packing(self, info: ZImgInfo, parameters: ZImgWriteParameters) -> Packing:
        count = samples(info) if self.colors else 1
        return Packing(parameters, np.dtype(info.dataTypeString()), count)


def samples(info: ZImgInfo) -> int:
    """Channels per page: all of grey or RGB with or without alpha, otherwise 1.

    Many programs misread pages with other numbers of samples.
    """
    colors = info.numChannels - info.lastChannelIsAlphaChannel
    together = colors == 3 or (colors == 1 and info.lastChannelIsAlphaChannel)
    return info.numChannels if together else 1


TIFF = TiffWriting("TIFF", colors=True, pyramid=False)
OME_TIFF = TiffWriting("OME-TIFF", colors=False, pyramid=True)
