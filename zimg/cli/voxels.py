"""What commands need to know about the voxel size of an image."""

from pathlib import Path

from zimg._errors import ZException
from zimg.cli.errors import complain
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
    """Say that a volume is traced with cubic voxels because its file states no voxel size."""
    cubic = info.voxelSizeX == info.voxelSizeY == info.voxelSizeZ
    if info.depth > 1 and info.voxelSizeUnit == VoxelSizeUnit.none and cubic:
        complain(
            f"note: {file} states no voxel size, so voxels are taken to be as large in z as in x "
            "and y; --z-to-xy states the ratio"
        )
