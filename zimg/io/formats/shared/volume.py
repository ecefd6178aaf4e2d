"""What formats of one volume behind a short header share: MetaImage, NRRD and NIfTI."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.inflate import PackedBytes, StreamedScene
from zimg.io.options import ZLIB, check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.scenes.scene import Scene
from zimg.io.scenes.strided import StridedScene, Strides
from zimg.io.units import in_um, usable
from zimg.values import Compression, VoxelSizeUnit, ZImgInfo

# Integers and floats that all three formats hold.
TYPES = tuple(name for name in VOXEL_TYPES if name not in ("bool", "float16", "bfloat16"))
UNITS = {
    25400.0: VoxelSizeUnit.inch,
    1e4: VoxelSizeUnit.cm,
    1e3: VoxelSizeUnit.mm,
    1.0: VoxelSizeUnit.um,
    1e-3: VoxelSizeUnit.nm,
    1e6: VoxelSizeUnit.m,
}
# How files spell the units; lengths in others are converted to micrometres.
NAMES = {VoxelSizeUnit.inch: "in"} | {
    unit: unit.name for unit in UNITS.values() if unit != VoxelSizeUnit.inch
}


class VolumeFile:
    """An open file of one volume.

    Parameters
    ----------
    name
        Of the format.
    file
        Where the voxels are; closed with this.
    scene
        The volume.
    """

    def __init__(self, name: str, file: FileBytes, scene: Scene) -> None:
        self.name, self.scenes, self._file = name, (scene,), file

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Storage:
    """Where voxels are, and how.

    Parameters
    ----------
    path
        The file that holds them.
    stored
        Type with its byte order.
    axes
        Letters of ``xyzct``, those that run fastest first.
    packing
        ``zlib``, ``gzip``, ``bzip2`` or empty.
    start, count
        Where the packed bytes lie; up to the end when `count` is None.
    offset
        Of the first voxel: in the file, or in the unpacked bytes.
    """

    path: Path
    stored: np.dtype[Any]
    axes: str = "xyzct"
    packing: str = ""
    start: int = 0
    count: int | None = None
    offset: int = 0

    def open(self, info: ZImgInfo) -> tuple[FileBytes, StridedScene]:
        """The open file, and the image in it; a `ZException` when it is too short for it."""
        strides = strides_of(self.axes, info, self.stored.itemsize)
        if self.packing:
            packed = PackedBytes(self.path, self.packing, self.start, self.count)
            return self._scene(StreamedScene, packed, info, strides)
        return self._scene(StridedScene, FileBytes(self.path), info, strides)

    def _scene(
        self, kind: Any, file: FileBytes, info: ZImgInfo, strides: Strides
    ) -> tuple[FileBytes, StridedScene]:
        try:
            return file, kind(file, info, self.stored, self.offset, strides)
        except BaseException:
            file.close()
            raise


def strides_of(axes: str, info: ZImgInfo, itemsize: int) -> Strides:
    """Bytes from one voxel to the next, where `axes` are stored without gaps, fastest first."""
    sizes = dict(zip("xyzct", info.size, strict=True))
    found, step = {}, itemsize
    for axis in axes:
        found[axis] = step
        step *= sizes[axis]
    return Strides(**found)


def volume_info(sizes: Mapping[str, int], dtype: np.dtype[Any]) -> ZImgInfo:
    """What is known from sizes by axis and the type; an axis that is not there has size 1."""
    if min(sizes.values()) < 1:
        raise ZException(f"its sizes are {dict(sizes)}; all are 1 at least")
    x, y, z, c, t = (sizes.get(axis, 1) for axis in "xyzct")
    return ZImgInfo(x, y, z, c, t, *VOXEL_TYPES[dtype.name])


def set_voxel_size(
    info: ZImgInfo, sizes: Sequence[float | str | None], units: Sequence[str]
) -> None:
    """Take voxel sizes over; unusable ones are 1, one unit for all, none when it is no length."""
    in_micrometres = [in_um(unit) for unit in units]
    factors = [factor for factor in in_micrometres if factor is not None]
    if not any(usable(size) for size in sizes) or len(factors) != len(in_micrometres):
        return
    common = factors[0] if len(set(factors)) == 1 and factors[0] in UNITS else 1.0
    info.voxelSizeUnit = UNITS[common]
    for axis, size, factor in zip("XYZ", sizes, factors, strict=False):
        value = usable(size)
        if value is not None:
            setattr(info, f"voxelSize{axis}", value * (factor / common))


def stated_size(
    info: ZImgInfo, units: Mapping[VoxelSizeUnit, Any]
) -> tuple[VoxelSizeUnit, list[float]]:
    """Unit and voxel sizes along x, y, z to write: in micrometres when the unit is not of `units`.

    The unit ``none`` stays, and the sizes are without meaning then.
    """
    if info.voxelSizeUnit in (VoxelSizeUnit.none, *units):
        return info.voxelSizeUnit, [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]
    in_micrometres = info.voxelSizeXInUm(), info.voxelSizeYInUm(), info.voxelSizeZInUm()
    return VoxelSizeUnit.um, list(in_micrometres)


def beside(header: Path, name: str) -> Path:
    """The data file that a header names, which must exist in its folder or below."""
    folder = header.absolute().parent
    path = folder / name.replace("\\", "/")
    outside = ".." in path.relative_to(folder).parts if path.is_relative_to(folder) else True
    if not name or outside or not path.resolve().is_relative_to(folder.resolve()):
        raise ZException(f"its data file {name!r} does not lie in the folder of the header")
    if not path.is_file():
        raise ZException(f"its data file {name!r} does not exist")
    return path


def check_volume(
    info: ZImgInfo, parameters: ZImgWriteParameters, *, name: str, times: bool = True
) -> None:
    """Refuse types, times and ways of packing that the format does not know."""
    if info.dataTypeString() not in TYPES:
        raise ZException(f"{name} holds {', '.join(TYPES)}, not {info.dataTypeString()}")
    if info.numTimes > 1 and not times:
        raise ZException(f"{name} holds one time point, the image has {info.numTimes}")
    accepted = Compression.AUTO, Compression.NONE, Compression.DEFLATE
    if parameters.compression not in accepted:
        names = ", ".join(each.name for each in accepted)
        raise ZException(
            f"{name} knows compression {names}, not {Compression(parameters.compression).name}"
        )
    packed = parameters.compression != Compression.NONE
    check_options(name if packed else f"{name} without compression", parameters, (ZLIB,) * packed)


def time_step(info: ZImgInfo, name: str) -> tuple[float, float]:
    """First time stamp and distance of all; a `ZException` when they are not evenly spaced."""
    stamps = info.timeStamps
    if len(stamps) < 2:
        return 0.0, 1.0  # a single image has no time axis in these formats
    step = (stamps[-1] - stamps[0]) / (len(stamps) - 1)
    even = [stamps[0] + n * step for n in range(len(stamps))]
    if step <= 0 or not np.allclose(stamps, even, rtol=0, atol=1e-6 * step):
        raise ZException(f"{name} holds times at equal distances, these are not: {stamps}")
    return stamps[0], step
