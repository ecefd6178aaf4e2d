"""NIfTI files (.nii, .nii.gz, .hdr with .img): one volume, or one for each time."""

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.inflate import StreamedScene
from zimg.io.formats.keeping import take
from zimg.io.formats.nifti_header import Header, comment, parsed
from zimg.io.formats.nifti_write import check, write
from zimg.io.formats.volume import Storage, VolumeFile, set_voxel_size, volume_info
from zimg.io.scenes.scene import Job, PlaneScene
from zimg.io.scenes.strided import StridedScene
from zimg.io.units import usable
from zimg.values import FileFormat, ZImgInfo, ZImgRegion

__all__ = ["check", "open_nifti", "write"]

GZIP = b"\x1f\x8b"
LONGEST_HEADER = 2**16  # with extensions that are looked at
NARROW = ("int8", "uint8", "int16", "uint16", "float32")  # float32 holds them exactly


def open_nifti(path: Path, format: FileFormat) -> VolumeFile:  # noqa: ARG001
    """Open a NIfTI file; its header is read now, its voxels later.

    Parameters
    ----------
    path
        The single file, or either one of a pair.
    format
        Not looked at.

    Raises
    ------
    ZException
        For a header that is damaged or of Analyze 7.5, complex numbers, more than 5 axes, a missing
        second file, or a file that is too short.
    """
    head = _other(path, ".hdr") if _ends(path, ".img") else path
    first = _head(head)
    header = parsed(first)
    data = path if header.single else _other(head, ".img")
    info = _info(header)
    take(info, comment(first, header).decode("ascii", "replace"))
    axes = "cxyzt" if header.colors > 1 else "xyztc"
    packing = "gzip" if _is_packed(data) else ""
    storage = Storage(data, header.stored, axes, packing, offset=header.offset)
    file, scene = storage.open(info)
    if (header.slope, header.intercept) == (1.0, 0.0):
        return VolumeFile("NIfTI", file, scene)
    return VolumeFile("NIfTI", file, ScaledScene(scene, header.slope, header.intercept))


def _ends(path: Path, suffix: str) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(suffix)


def _other(path: Path, suffix: str) -> Path:
    """The second file of a pair, packed or not, in the case of the first."""
    stem = path.name[: -len(".hdr.gz")] if path.suffix.lower() == ".gz" else path.stem
    for name in (suffix, suffix.upper(), f"{suffix}.gz"):
        if path.with_name(stem + name).is_file():
            return path.with_name(stem + name)
    raise ZException(f"the file {stem}{suffix} beside it does not exist")


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP


def _head(path: Path) -> bytes:
    """The first bytes, unpacked."""
    with path.open("rb") as file:
        data = file.read(LONGEST_HEADER)
    if not data.startswith(GZIP):
        return data
    try:
        return zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(data, LONGEST_HEADER)
    except zlib.error as error:
        raise ZException(f"its header cannot be unpacked, it is damaged: {error}") from error


def _info(header: Header) -> ZImgInfo:
    sizes = dict(header.sizes)
    if header.colors > 1:
        if sizes.get("c", 1) > 1:
            raise ZException(f"it has {sizes['c']} vectors of colours at each place")
        sizes["c"] = header.colors
    info = volume_info(sizes, header.stored)
    steps = [abs(step) for step in header.steps]
    if header.unit or any(usable(step) not in (None, 1.0) for step in steps[:3]):
        set_voxel_size(info, steps[:3], [header.unit or "mm"] * 3)  # as the reference
    step = usable(steps[3])
    if info.numTimes > 1 and step:
        first = header.first
        info.timeStamps = [(first + n * step) * header.seconds for n in range(info.numTimes)]
    return info


class ScaledScene(PlaneScene):
    """Stored values times a slope, plus an intercept.

    Parameters
    ----------
    scene
        The stored values.
    slope, intercept
        Computed in float64, kept as float32 where that holds every stored value, else as float64.
    """

    def __init__(self, scene: StridedScene, slope: float, intercept: float) -> None:
        kind = "float32" if scene.dtype.name in NARROW else "float64"
        info = scene.info.copy()
        info.bytesPerVoxel, info.voxelFormat = VOXEL_TYPES[kind]
        super().__init__(info, np.dtype(kind))
        self._scene, self._slope, self._intercept = scene, slope, intercept

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """A job for each plane, or one for all in the order of the file when that is packed."""
        jobs = list(self._planes(region))
        if not isinstance(self._scene, StreamedScene):
            return jobs

        def job(out: list[NDArray[Any]]) -> None:
            for each in jobs:
                each(out)

        return [job]

    def _planes(self, region: ZImgRegion) -> Iterator[Job]:
        start, end = region.start, region.end
        for c in range(start.c, end.c):
            for t in range(start.t, end.t):
                for z in range(start.z, end.z):
                    plane = ZImgRegion(
                        (start.x, start.y, z, c, t), (end.x, end.y, z + 1, c + 1, t + 1)
                    )
                    yield self._job(plane, (t - start.t, c - start.c, z - start.z))

    def _job(self, plane: ZImgRegion, put: tuple[int, int, int]) -> Job:
        t, c, z = put

        def job(out: list[NDArray[Any]]) -> None:
            x, y, *_ = plane.size
            stored = np.empty((1, 1, y, x), self._scene.dtype)
            for each in self._scene.plan(plane):
                each([stored])
            values = stored[0, 0].astype(np.float64) * self._slope + self._intercept
            out[t][c, z] = values

        return job
