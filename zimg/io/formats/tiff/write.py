"""TIFF files that any program opens: one page per plane, described by OME-XML."""

import os
from typing import Any

import numpy as np
from tifffile import imwrite

from zimg._errors import ZException
from zimg.image import VoxelSizeUnit, ZImg, ZImgInfo
from zimg.io.atomic import atomic_path

TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
LARGEST_RESOLUTION = 2**32 - 1


def write_tiff(img: ZImg, path: str | os.PathLike[str]) -> None:
    """Write an image as OME-TIFF.

    Parameters
    ----------
    img
        Any image of integers up to 32 bits or of float32 or float64.
    path
        File to create or replace, in one step; usually ending in ``.ome.tif`` or ``.tif``.

    Raises
    ------
    ZException
        When the image is empty or of another type, or the file cannot be written; there is no
        partial file then.

    Notes
    -----
    Voxel size, channel names and colours, and evenly spaced time stamps are kept; sizes are in
    micrometres. Pixels are packed with zlib, without loss.
    """
    if img.isEmpty():
        raise ZException(f"cannot write {os.fspath(path)}: the image is empty")
    info = img.info
    planes = np.stack([x.swapaxes(0, 1) for x in img.to_arrays("numpy", device="cpu")])
    if planes.dtype.name not in TYPES:
        raise ZException(
            f"cannot write {os.fspath(path)}: OME-TIFF holds {', '.join(TYPES)}, "
            f"not {planes.dtype.name}"
        )
    with atomic_path(path) as temporary:
        imwrite(
            temporary,
            planes,
            ome=True,
            photometric="minisblack",
            compression="zlib",
            metadata=_description(info),
            **_resolution(info),
        )


def _description(info: ZImgInfo) -> dict[str, Any]:
    """What the OME-XML shall say; tifffile writes the rest of it."""
    colors = [int.from_bytes(bytes(color), "big", signed=True) for color in info.channelColors]
    told: dict[str, Any] = {
        "axes": "TZCYX",
        "Channel": {"Name": info.channelNames, "Color": colors},
    }
    if info.voxelSizeUnit != VoxelSizeUnit.none:
        for axis in "XYZ":
            told[f"PhysicalSize{axis}"] = getattr(info, f"voxelSize{axis}InUm")()
            told[f"PhysicalSize{axis}Unit"] = "µm"
    if info.numTimes > 1:
        told["TimeIncrement"] = info.timeStamps[1] - info.timeStamps[0]
        told["TimeIncrementUnit"] = "s"
    return told


def _resolution(info: ZImgInfo) -> dict[str, Any]:
    """Pixels per centimetre, for programs that do not read OME-XML."""
    if info.voxelSizeUnit == VoxelSizeUnit.none:
        return {}
    per_cm = [
        1e4 / size if size > 0 else 0 for size in (info.voxelSizeXInUm(), info.voxelSizeYInUm())
    ]
    if not all(0 < value < LARGEST_RESOLUTION for value in per_cm):
        return {}
    return {"resolution": tuple(per_cm), "resolutionunit": "CENTIMETER"}
