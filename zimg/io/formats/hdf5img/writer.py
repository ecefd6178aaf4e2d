"""Write HDF5Img files plane by plane; chunks are compressed in several threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from h5py import h5d, h5g, h5p, h5s, h5t, h5z
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.atomic import atomic_path
from zimg.io.formats.hdf5img.describe import check_info, write_info
from zimg.io.formats.hdf5img.metadata import TYPES
from zimg.io.formats.hdf5img.packing import Packer, check_packing
from zimg.io.formats.hdf5img.reader import ROOT
from zimg.io.formats.hdf5img.scene import TILE, plane_name
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.scenes.decoding import processors
from zimg.io.scenes.halving import halved
from zimg.io.writer import Pixels
from zimg.values import ZImgInfo

# Bytes of planes compressed at once, unless a single plane is larger.
SLAB = 2**25
# From this version on, HDF5 metadata have checksums.
VERSION = "v110"


class _Chunk(NamedTuple):
    """A chunk to store: first voxel, skipped filters, bytes."""

    y: int
    x: int
    mask: int
    data: Any


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse types and options that the format does not support."""
    dtype = info.dataTypeString()
    if dtype not in TYPES:
        raise ZException(f"HDF5Img stores {', '.join(TYPES)}, not {dtype}")
    check_packing(dtype, parameters)
    check_info(info)


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write an image with its levels; few planes are in memory at any time."""
    info = pixels.info
    with (
        atomic_path(path) as temporary,
        ThreadPoolExecutor(processors()) as pool,
        h5py.File(temporary, "w", libver=(VERSION, VERSION)) as file,
    ):
        writing = _Writing(file, Packer(parameters), pool, info, pixels.dtype)
        depth = max(
            1, SLAB // (info.numChannels * info.width * info.height * pixels.dtype.itemsize)
        )
        for time in range(info.numTimes):
            for first in range(0, info.depth, depth):
                last = min(first + depth, info.depth)
                writing.slab(pixels.slab(time, first, last), time, first)


def factors_of(width: int, height: int) -> list[int]:
    """Reduction factors of the levels: halved until both sides fit into a chunk."""
    factors = [1]
    while -(-max(width, height) // factors[-1]) > TILE:
        factors.append(2 * factors[-1])
    return factors


class _Writing:
    """State of a file being written."""

    def __init__(
        self,
        file: h5py.File,
        packer: Packer,
        pool: ThreadPoolExecutor,
        info: ZImgInfo,
        dtype: np.dtype[Any],
    ) -> None:
        self._packer, self._pool, self._info = packer, pool, info
        self._factors = factors_of(info.width, info.height)
        self._stored = dtype.newbyteorder("<")
        properties = h5p.create(h5p.GROUP_CREATE)
        properties.set_attr_phase_change(0, 0)  # allows attributes above 64 KiB
        self._root = h5g.create(file.id, ROOT.encode(), gcpl=properties)
        write_info(h5py.Group(self._root), info, self._factors)

    def slab(self, slab: NDArray[Any], time: int, first: int) -> None:
        """Write planes of all channels, level by level."""
        planes = {
            f"TimePoint{time}/Channel{c}/Z{first + z}": slab[c, z]
            for c in range(slab.shape[0])
            for z in range(slab.shape[1])
        }
        for number, factor in enumerate(self._factors):
            more = number + 1 < len(self._factors)
            planes = self._level(planes, plane_name(factor), more=more)

    def _level(
        self, planes: dict[str, NDArray[Any]], name: str, *, more: bool
    ) -> dict[str, NDArray[Any]]:
        """Write one level of planes to their groups, and make the next level if needed."""
        shape: tuple[int, int] = next(iter(planes.values())).shape
        smaller = (-(-shape[0] // 2), -(-shape[1] // 2)) if more else (0, 0)
        halves = {where: np.empty(smaller, plane.dtype) for where, plane in planes.items()}
        properties = self._properties(shape)
        stripes = [(where, y) for where in planes for y in range(0, shape[0], TILE)]

        def pack(stripe: tuple[str, int]) -> list[_Chunk]:
            where, y = stripe
            rows = planes[where][y : y + TILE]
            if more:
                halves[where][y // 2 : y // 2 + TILE // 2] = halved(rows)
            return [
                _Chunk(y, x, *self._packer.packed(part)) for x, part in self._parts(rows, shape)
            ]

        dataset: Any = None
        now = ""
        for (where, _), chunks in zip(stripes, self._pool.map(pack, stripes), strict=True):
            if where != now:
                dataset, now = self._dataset(f"{where}/{name}", shape, properties), where
            for chunk in chunks:
                dataset.write_direct_chunk((chunk.y, chunk.x), chunk.data, chunk.mask)
        return halves

    def _parts(
        self, rows: NDArray[Any], shape: tuple[int, int]
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """First column and voxels of each chunk in a stripe, padded with 0 outside the plane."""
        size = _chunk_shape(shape)
        for x in range(0, shape[1], size[1]):
            part = rows[:, x : x + size[1]]
            if part.shape == size:
                yield x, np.ascontiguousarray(part, self._stored)
            else:
                padded = np.zeros(size, self._stored)
                padded[: part.shape[0], : part.shape[1]] = part
                yield x, padded

    def _properties(self, shape: tuple[int, int]) -> h5p.PropDCID:
        """Properties of the datasets of a level: chunks and compression."""
        properties, chunk = h5p.create(h5p.DATASET_CREATE), _chunk_shape(shape)
        properties.set_chunk(chunk)
        properties.set_fill_time(h5d.FILL_TIME_IFSET)
        if self._packer.number:
            values = self._packer.values(self._stored, chunk)
            # Optional, since HDF5 does not apply the filters and may not know them.
            properties.set_filter(self._packer.number, h5z.FLAG_OPTIONAL, values)
        return properties

    def _dataset(
        self, name: str, shape: tuple[int, int], properties: h5p.PropDCID
    ) -> h5d.DatasetID:
        links = h5p.create(h5p.LINK_CREATE)
        links.set_create_intermediate_group(True)
        return h5d.create(
            self._root,
            name.encode(),
            h5t.py_create(self._stored),
            h5s.create_simple(shape),
            properties,
            links,
        )


def _chunk_shape(shape: tuple[int, int]) -> tuple[int, int]:
    return min(TILE, shape[0]), min(TILE, shape[1])
