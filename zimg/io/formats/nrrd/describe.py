"""Make the header of a NRRD file."""

import math
from collections.abc import Iterator

import numpy as np

from zimg.io.formats.shared.extra_metadata import KEY, dumps
from zimg.io.formats.shared.volume import NAMES, stated_position, stated_size, time_step
from zimg.io.writer import Pixels
from zimg.values import VoxelSizeUnit, ZImgInfo

TYPES = {"float32": "float", "float64": "double"}  # integers have the names of NumPy


def header_lines(pixels: Pixels, encoding: str) -> Iterator[str]:
    """The header: channels are fastest, then x, y, z and times."""
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
    line = dumps(info)
    if line:
        yield f"{KEY}:=" + line.replace("\\", "\\\\")


def _steps(info: ZImgInfo, *, channels: bool, times: bool) -> Iterator[str]:
    """Distances of voxels and time points with units; empty where unknown.

    A single volume gets space directions, the usual form. ITK does not accept them with a fourth
    axis, so time series get plain spacings.
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
        place = stated_position(info, unit)
        if any(place) and all(map(math.isfinite, place)):
            yield "space origin: ({!r},{!r},{!r})".format(*place)


def _quoted(texts: list[str]) -> str:
    return " ".join(f'"{text}"' for text in texts)
