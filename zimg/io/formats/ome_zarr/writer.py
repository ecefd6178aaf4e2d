"""Write OME-Zarr stores slab by slab; smaller levels are computed on the fly."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.io.disk.atomic import atomic_folder
from zimg.io.formats.ome_zarr.array_writer import ArrayWriter
from zimg.io.formats.ome_zarr.describe import check_description, group_attributes
from zimg.io.formats.ome_zarr.documents import write_group
from zimg.io.formats.ome_zarr.pyramid import Shrunk, levels_of
from zimg.io.formats.ome_zarr.store_layout import Layout, layout_of
from zimg.io.options import LEVELS, check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.scenes.decoding import processors
from zimg.io.scenes.halving import halved
from zimg.io.writer import Pixels
from zimg.values import Compression, ZImgInfo

OPTIONS = ("omeZarrVersion", "chunks", "shards")
# A folder with one of these names may be replaced by a store.
MARKS = ("zarr.json", ".zattrs", ".zgroup", ".zarray")


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse types, options and metadata that OME-Zarr does not support."""
    layout_of(info, parameters)
    asked = Compression(parameters.compression)
    packing = Compression.ZSTD if asked == Compression.AUTO else asked
    check_options(
        f"OME-Zarr with compression {packing.name}",
        parameters,
        (*OPTIONS, *LEVELS.get(packing, ())),
    )
    check_description(info)


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write a store with its pyramid; memory holds one slab of each level."""
    info, layout = pixels.info, layout_of(pixels.info, parameters)
    levels = levels_of(info)
    name = path.name.removesuffix(".zarr").removesuffix(".ome")
    with atomic_folder(path, MARKS) as folder, ThreadPoolExecutor(processors()) as pool:
        write_group(folder, layout, group_attributes(info, levels, name, layout.version))
        top = _chain(folder, info, levels, layout, pool)
        for time in range(info.numTimes):
            for first in range(0, info.depth, top.depth):
                last = min(first + top.depth, info.depth)
                top.add(time, pixels.slab(time, first, last))


class LevelWriter:
    """Write the planes of a level and pass their means to the next level.

    Parameters
    ----------
    array
        Target, ``(T, C, Z, Y, X)``.
    depth
        Number of planes written together.
    halve
        Axes of ``(C, Z, Y, X)`` along which the next level is smaller.
    smaller
        The next level.
    """

    def __init__(
        self,
        array: ArrayWriter,
        depth: int,
        halve: Sequence[int] = (),
        smaller: "LevelWriter | None" = None,
    ) -> None:
        self.depth = depth
        self._array, self._halve, self._smaller = array, halve, smaller
        self._done = 0
        self._waiting: list[NDArray[Any]] = []

    def add(self, time: int, planes: NDArray[Any]) -> None:
        """Add planes, ``(C, depth, Y, X)``; they are written when a slab is complete."""
        self._waiting.append(planes)
        count = sum(each.shape[1] for each in self._waiting)
        if count < self.depth and self._done + count < self._array.shape[2]:
            return
        whole = planes if len(self._waiting) == 1 else np.concatenate(self._waiting, axis=1)
        self._waiting = []
        self._array.write(time, self._done, whole)
        self._done = (self._done + count) % self._array.shape[2]
        if self._smaller is not None:
            self._smaller.add(time, self._halved(whole))

    def _halved(self, planes: NDArray[Any]) -> NDArray[Any]:
        """Planes of the next level, computed two at a time since sums take twice the bytes."""
        sizes = [-(-n // 2) if axis in self._halve else n for axis, n in enumerate(planes.shape)]
        result = np.empty(sizes, planes.dtype)
        step = 1 if 1 in self._halve else 2
        for first in range(0, planes.shape[1], 2):
            part = halved(planes[:, first : first + 2], self._halve)
            place = first * step // 2
            result[:, place : place + part.shape[1]] = part
        return result


def _chain(
    folder: Path,
    info: ZImgInfo,
    levels: Sequence[Shrunk],
    layout: Layout,
    pool: ThreadPoolExecutor,
    number: int = 0,
) -> LevelWriter:
    """Make the writers of all `levels`, each feeding the next; return the first."""
    level, *rest = levels
    shape = (info.numTimes, info.numChannels, *level.size)
    dtype = np.dtype(info.dataTypeString())
    array = ArrayWriter(folder / str(number), layout, shape, dtype, pool)
    depth = layout.slab_depth(level.size[0])
    if not rest:
        return LevelWriter(array, depth)
    halve = (1, 2, 3) if rest[0].factor[0] > level.factor[0] else (2, 3)
    return LevelWriter(array, depth, halve, _chain(folder, info, rest, layout, pool, number + 1))
