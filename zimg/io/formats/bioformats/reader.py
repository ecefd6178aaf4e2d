"""Read files of other microscopes with Bio-Formats in a Java virtual machine.

Scyjava starts the virtual machine. The first time it downloads the jars of Bio-Formats from Maven,
which needs Java and a network; later it uses its cache.
"""

from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np
import scyjava

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.formats.bioformats.java import started
from zimg.io.formats.bioformats.metadata import describe
from zimg.io.formats.bioformats.scene import BioFormatsScene
from zimg.values import FileFormat, ZImgInfo

# By the numbers of loci.formats.FormatTools.
TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")


class BioFormatsReader:
    """An open file of any format that Bio-Formats supports; its series are scenes.

    Parameters
    ----------
    path
        An existing file.
    format
        Only `FileFormat.BioFormats`.

    Raises
    ------
    ZException
        When Java or the jars are missing, or Bio-Formats cannot read the file.
    """

    name = "Bio-Formats"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002 (it is the only one)
        started()
        self._reader = scyjava.jimport("loci.formats.ImageReader")()
        service = scyjava.jimport("loci.formats.MetadataTools")
        self._metadata = service.createOMEXMLMetadata()
        try:
            self._reader.setMetadataStore(self._metadata)
            self._reader.setId(str(path))
            lock = Lock()
            count = int(self._reader.getSeriesCount())
            self.scenes = [self._scene(series, lock) for series in range(count)]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def _scene(self, series: int, lock: Lock) -> "BioFormatsScene":
        reader = self._reader
        reader.setSeries(series)
        kind = int(reader.getPixelType())
        if not 0 <= kind < len(TYPES):
            raise ZException(f"series {series} has voxels of type {kind}, which is not supported")
        sizes = (reader.getSizeX(), reader.getSizeY(), reader.getSizeZ(), reader.getSizeC())
        x, y, z, c = (int(size) for size in sizes)
        info = ZImgInfo(x, y, z, c, int(reader.getSizeT()), *VOXEL_TYPES[TYPES[kind]])
        info.validBitCount = int(reader.getBitsPerPixel())
        describe(info, self._metadata, series)
        order: Literal["<", ">"] = "<" if reader.isLittleEndian() else ">"
        stored = np.dtype(TYPES[kind]).newbyteorder(order)
        return BioFormatsScene(reader, series, info, stored, lock)
