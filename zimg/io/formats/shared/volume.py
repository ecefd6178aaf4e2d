"""Common parts of the formats of one volume after a short header: MetaImage, NRRD, NIfTI."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.bytes import FileBytes
from zimg.io.options import ZLIB, check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.scenes.scene import Scene
from zimg.io.units import UNIT_IN_UM, in_um
from zimg.values import Compression, VoxelSizeUnit, ZImgInfo

# Voxel types that all three formats support.
TYPES = tuple(name for name in VOXEL_TYPES if name not in ("bool", "float16", "bfloat16"))
# Units that files can state; others are converted to micrometres.
NAMES = {
    VoxelSizeUnit.inch: "in",
    VoxelSizeUnit.cm: "cm",
    VoxelSizeUnit.mm: "mm",
    VoxelSizeUnit.um: "um",
    VoxelSizeUnit.nm: "nm",
    VoxelSizeUnit.m: "m",
}


class VolumeFile:
    """An open file of one volume.

    Parameters
    ----------
    name
        Of the format.
    file
        Data file, closed together with this object.
    scene
        The volume.
    companions
        Header and data files of the image.
    """

    def __init__(
        self, name: str, file: FileBytes, scene: Scene, companions: Iterable[Path] = ()
    ) -> None:
        self.name, self.scenes, self._file = name, (scene,), file
        self.companions = list(companions)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def volume_info(sizes: Mapping[str, int], dtype: np.dtype[Any]) -> ZImgInfo:
    """Metadata from sizes by axis and voxel type; an absent axis has size 1."""
    x, y, z, c, t = (sizes.get(axis, 1) for axis in "xyzct")
    return ZImgInfo(x, y, z, c, t, *VOXEL_TYPES[dtype.name])


def set_position(info: ZImgInfo, place: Sequence[float], unit: str) -> None:
    """Set the position of the first voxel along x, y, z, in the unit of the voxel sizes.

    Ignored if it is the origin or not finite.
    """
    if not any(place) or not all(map(math.isfinite, place)):
        return
    own, stated = UNIT_IN_UM.get(info.voxelSizeUnit), in_um(unit)
    factor = stated / own if own and stated else 1.0
    info.position = [float(value) * factor for value in place]


def stated_position(info: ZImgInfo, unit: VoxelSizeUnit) -> list[float]:
    """The position of the first voxel along x, y, z to write, in `unit`."""
    place = [*info.position, 0.0, 0.0, 0.0][:3]
    if unit == info.voxelSizeUnit:
        return place
    return [value * (UNIT_IN_UM[info.voxelSizeUnit] / UNIT_IN_UM[unit]) for value in place]


def stated_size(
    info: ZImgInfo, units: Mapping[VoxelSizeUnit, Any]
) -> tuple[VoxelSizeUnit, list[float]]:
    """Unit and voxel sizes along x, y, z to write: in micrometres if the unit is not in `units`.

    The unit ``none`` is kept; the sizes then have no unit.
    """
    if info.voxelSizeUnit in (VoxelSizeUnit.none, *units):
        return info.voxelSizeUnit, [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]
    in_micrometres = info.voxelSizeXInUm(), info.voxelSizeYInUm(), info.voxelSizeZInUm()
    return VoxelSizeUnit.um, list(in_micrometres)


def check_volume(
    info: ZImgInfo, parameters: ZImgWriteParameters, *, name: str, times: bool = True
) -> None:
    """Refuse types, time points and compressions that the format does not support."""
    if info.dataTypeString() not in TYPES:
        raise ZException(f"{name} stores {', '.join(TYPES)}, not {info.dataTypeString()}")
    if info.numTimes > 1 and not times:
        raise ZException(f"{name} stores a single time point, but the image has {info.numTimes}")
    accepted = Compression.AUTO, Compression.NONE, Compression.DEFLATE
    if parameters.compression not in accepted:
        names = ", ".join(each.name for each in accepted)
        raise ZException(
            f"{name} supports compression {names}, not {Compression(parameters.compression).name}"
        )
    packed = parameters.compression != Compression.NONE
    check_options(name if packed else f"{name} without compression", parameters, (ZLIB,) * packed)


def time_step(info: ZImgInfo, name: str) -> tuple[float, float]:
    """First time stamp and time step; a `ZException` if stamps are not evenly spaced."""
    stamps = info.timeStamps
    if len(stamps) < 2:
        return 0.0, 1.0  # a single time point has no time axis in these formats
    step = (stamps[-1] - stamps[0]) / (len(stamps) - 1)
    even = [stamps[0] + n * step for n in range(len(stamps))]
    if step <= 0 or not np.allclose(stamps, even, rtol=0, atol=1e-6 * step):
        raise ZException(f"{name} stores evenly spaced time stamps, got {stamps}")
    return stamps[0], step
