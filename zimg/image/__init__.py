"""`ZImg` and its companions; the value types are re-exported."""

import sys

from zimg.arrays import export, host, interop
from zimg.image.img import ZImg
from zimg.image.lazy import ZImgFile, open
from zimg.image.providers import ZImgBlockProvider, ZImgSliceProvider
from zimg.image.reading import read
from zimg.image.tile import ZImgSubBlock, ZImgTileSubBlock
from zimg.image.writing import write
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.source import ZImgSource
from zimg.values import (
    Compression,
    Dimension,
    FileFormat,
    ImgMergeMode,
    Interpolant,
    VoxelFormat,
    VoxelSizeUnit,
    ZImgInfo,
    ZImgRegion,
    ZVoxelCoordinate,
    col4,
)

# Where these modules were before arrays had a folder of their own; scripts import them from here.
sys.modules |= {f"{__name__}.{m.__name__.rpartition('.')[2]}": m for m in (export, host, interop)}

__all__ = [
    "Compression",
    "Dimension",
    "FileFormat",
    "ImgMergeMode",
    "Interpolant",
    "VoxelFormat",
    "VoxelSizeUnit",
    "ZImg",
    "ZImgBlockProvider",
    "ZImgFile",
    "ZImgInfo",
    "ZImgRegion",
    "ZImgSliceProvider",
    "ZImgSource",
    "ZImgSubBlock",
    "ZImgTileSubBlock",
    "ZImgWriteParameters",
    "ZVoxelCoordinate",
    "col4",
    "open",
    "read",
    "write",
]
