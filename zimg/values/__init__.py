"""Values that describe an image without its pixels: sizes, types, regions, units."""

from zimg.values.enums import (
    Compression,
    Dimension,
    FileFormat,
    ImgMergeMode,
    Interpolant,
    VoxelFormat,
    VoxelSizeUnit,
    ZVoxelCoordinate,
    col4,
)
from zimg.values.info import ZImgInfo
from zimg.values.region import ZImgRegion

__all__ = [
    "Compression",
    "Dimension",
    "FileFormat",
    "ImgMergeMode",
    "Interpolant",
    "VoxelFormat",
    "VoxelSizeUnit",
    "ZImgInfo",
    "ZImgRegion",
    "ZVoxelCoordinate",
    "col4",
]
