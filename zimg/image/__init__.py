"""What an image is: the container, its metadata, and the ways in and out of it."""

from zimg.image.img import ZImg
from zimg.image.info import ZImgInfo
from zimg.image.parameters import ZImgWriteParameters
from zimg.image.region import ZImgRegion
from zimg.image.source import ZImgSource
from zimg.image.values import (
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

__all__ = [
    "Compression",
    "Dimension",
    "FileFormat",
    "ImgMergeMode",
    "Interpolant",
    "VoxelFormat",
    "VoxelSizeUnit",
    "ZImg",
    "ZImgInfo",
    "ZImgRegion",
    "ZImgSource",
    "ZImgWriteParameters",
    "ZVoxelCoordinate",
    "col4",
]
