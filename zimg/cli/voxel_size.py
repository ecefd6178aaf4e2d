"""Voxel sizes of images in commands."""

from pathlib import Path

from zimg._errors import ZException
from zimg.cli.messages import complain
from zimg.values import VoxelSizeUnit, ZImgInfo


def require_unit(file: Path, info: ZImgInfo) -> None:
    """Refuse ``--um`` for an image without a voxel size in a unit of length.

    Raises
    ------
    ZException
        Naming the file.
    """
    try:
        info.voxelSizeXInUm()
    except ZException as error:
        raise ZException(f"{file} states no voxel size for --um: {error}") from error


def say_missing_size(file: Path, info: ZImgInfo) -> None:
    """Print a note if a file states no voxel size, so that voxels count as cubic."""
    cubic = info.voxelSizeX == info.voxelSizeY == info.voxelSizeZ
    if info.depth > 1 and info.voxelSizeUnit == VoxelSizeUnit.none and cubic:
        complain(
            f"note: {file} states no voxel size: voxels are assumed to be as large in z as in x "
            "and y; --z-to-xy sets the ratio"
        )
