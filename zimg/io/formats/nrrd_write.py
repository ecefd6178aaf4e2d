"""Writing of NRRD files, slab by slab."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from zimg._errors import ZException
from zimg.io.disk.atomic import atomic_path
from zimg.io.formats.keeping import KEY, kept
from zimg.io.formats.volume import NAMES, check_volume, stated_size, time_step
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import Compression, VoxelSizeUnit, ZImgInfo

TYPES = {"float32": "float", "float64": "double"}  # the names of integers are NumPy's


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse what NRRD cannot hold: other types, uneven times, other ways of packing."""
    check_volume(info, parameters, name="NRRD")
    start, _ = time_step(info, "NRRD")
    if start:
        raise ZException(f"NRRD counts times from 0, the first time stamp is {start}")


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write one file, packed by gzip unless `parameters` say otherwise."""
    none = parameters.compression == Compression.NONE
    level = parameters.zlibCompressionLevel
    packer = None if none else zlib.compressobj(level, wbits=zlib.MAX_WBITS + 16)
    stored, info = pixels.dtype.newbyteorder("<"), pixels.info
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        lines = _lines(pixels, "raw" if none else "gzip")
        file.write("".join(f"{line}\n" for line in lines).encode() + b"\n")
        for time in range(info.numTimes):
            for z in range(info.depth):
                plane = np.moveaxis(pixels.slab(time, z, z + 1)[:, 0], 0, -1)
                data = np.ascontiguousarray(plane, stored).reshape(-1).view(np.uint8).data
                file.write(packer.compress(data) if packer else data)
        if packer:
            file.write(packer.flush())


def _lines(pixels: Pixels, encoding: str) -> Iterator[str]:
    """The header: channels run fastest, then x, y, z and times."""
    info = pixels.info
    channels, times = info.numChannels > 1, info.numTimes > 1
    front, back = ["vector"] * channels, ["time"] * times
    sizes = [info.numChannels] * channels + [info.width, info.height, info.depth]
    sizes += [info.numTimes] * times
    yield "NRRD0005"
    yield f"type: {TYPES.get(pixels.dtype.name, pixels.dtype.name)}"
    yield f"dimension: {len(sizes)}"
    yield f"sizes: {' '.join(map(str, sizes))}"
    yield f"kinds: {' '.join([*front, 'domain', 'domain', 'domain', *back])}"
    yield from _steps(info, channels=channels, times=times)
    yield "endian: little"
    yield f"encoding: {encoding}"
    line = kept(info)
    if line:
        yield f"{KEY}:=" + line.replace("\\", "\\\\")


def _steps(info: ZImgInfo, *, channels: bool, times: bool) -> Iterator[str]:
    """Distances of voxels and of times with their units; nothing where they are not known.

    A volume has directions in space, the usual form. ITK reads no fourth axis beside them, so
    volumes over time have plain spacings.
    """
    unit, sizes = stated_size(info, NAMES)
    known = unit != VoxelSizeUnit.none
    if times:
        step = time_step(info, "NRRD")[1]
        spacings = [np.nan] * channels + (sizes if known else [np.nan] * 3) + [step]
        units = [""] * channels + [NAMES.get(unit, "")] * 3 + ["s"]
        yield f"spacings: {' '.join(repr(float(each)) for each in spacings)}"
        yield f"units: {_quoted(units)}"
    elif known:
        vectors = ["({!r},{!r},{!r})".format(*vector) for vector in np.diag(sizes).tolist()]
        yield "space dimension: 3"
        yield f"space directions: {' '.join([*['none'] * channels, *vectors])}"
        yield f"space units: {_quoted([NAMES[unit]] * 3)}"


def _quoted(texts: list[str]) -> str:
    return " ".join(f'"{text}"' for text in texts)
