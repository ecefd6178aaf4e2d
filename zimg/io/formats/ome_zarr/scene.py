"""An image of an OME-Zarr store: levels, chunks and decoding of regions."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.buffer.cpu import NDBuffer

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.errors import ReplacedError
from zimg.io.disk.limits import check_counts
from zimg.io.formats.ome_zarr.absent import known_empty
from zimg.io.formats.ome_zarr.array_checks import check_array, check_chunks, check_claims
from zimg.io.formats.ome_zarr.axes import ALL
from zimg.io.formats.ome_zarr.bounded import bounded
from zimg.io.formats.ome_zarr.direct import DirectArray, Part
from zimg.io.formats.ome_zarr.failing_chunk import failing_chunk
from zimg.io.scenes.scene import Job, Level, full_level, grid
from zimg.values import ZImgInfo, ZImgRegion

_log = logging.getLogger("zimg")
Steps = dict[str, int]


class ZarrScene:
    """One image of a store.

    Parameters
    ----------
    letters
        Letters (t, c, z, y, x) of the axes, in stored order.
    paths
        Paths of the arrays of its levels, full resolution first.
    open_array
        Opens the array at a path.
    describe
        Adds the metadata to an info.
    steady
        Context manager for reading the array at a path; raises an error if it was replaced.

    Raises
    ------
    ZException
        When the array of full resolution cannot be decoded.
    """

    packed_bytes: int | None = None  # chunks are files that may be missing

    def __init__(
        self,
        letters: Sequence[str],
        paths: Sequence[str],
        open_array: Callable[[str], "zarr.Array[Any]"],
        describe: Callable[[ZImgInfo], None],
        steady: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        self._letters, self._paths, self._open = letters, paths, open_array
        self._steady = steady
        with steady(paths[0]):
            full = self._opened(paths[0])
        self.dtype = check_array(full, paths[0])
        sizes = self._by_letter(full.shape)
        x, y, z, c, t = (sizes[a] for a in "xyzct")
        check_counts(c, t)
        self.info = ZImgInfo(x, y, z, c, t, *VOXEL_TYPES[self.dtype.name])
        describe(self.info)
        self._full = full
        self._checked: set[int] = set()

    @cached_property
    def _arrays(self) -> list["zarr.Array[Any]"]:
        """The arrays of all levels with the channels and times of the first."""
        arrays = [self._full]
        for path in self._paths[1:]:
            try:
                with self._steady(path):
                    arrays.append(self._level_at(path))
            except ReplacedError:
                raise
            except Exception as error:  # errors of any library: a broken level is skipped
                _log.warning("level %s is ignored: %s", path, error)
        return arrays

    def _level_at(self, path: str) -> "zarr.Array[Any]":
        """The array of a smaller level; a `ZException` if it does not match this image."""
        array = self._opened(path)
        sizes, info = self._by_letter(array.shape), self.info
        alike = (sizes["c"], sizes["t"]) == (info.numChannels, info.numTimes)
        if not alike or check_array(array, path) != self.dtype:
            raise ZException("it differs in channels, times or type")
        return array

    def _opened(self, path: str) -> "zarr.Array[Any]":
        array = self._open(path)
        if len(array.shape) != len(self._letters):
            raise ZException(
                f"array {path!r} has {len(array.shape)} axes, but its metadata {len(self._letters)}"
            )
        return bounded(array)

    def _by_letter(self, sizes: Sequence[int]) -> Steps:
        return dict.fromkeys(ALL, 1) | dict(zip(self._letters, map(int, sizes), strict=True))

    @cached_property
    def levels(self) -> Sequence[Level]:
        """Sizes of all levels; a ratio is the nearest integer to that of the sizes."""
        full = full_level(self.info)
        return (full, *(self._level(array, full.size) for array in self._arrays[1:]))

    def _level(self, array: "zarr.Array[Any]", full: tuple[int, int, int]) -> Level:
        sizes = self._by_letter(array.shape)
        size = sizes["x"], sizes["y"], sizes["z"]
        x, y, z = (max(1, int(n / own + 0.5)) for n, own in zip(full, size, strict=True))
        return Level(size, (x, y, z))

    def blocks(self, level: int) -> NDArray[np.int64]:
        """One block per chunk along t, x, y and z, whether or not the chunk exists."""
        steps = self._by_letter((self._arrays[level] if level else self._full).chunks)
        block = steps["x"], steps["y"], steps["z"]
        size = self.levels[level].size if level else self.info.size[:3]
        return grid(size, self.info.numTimes, block)

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:
        """Jobs for the rows of chunks along t and z that meet `region`."""
        array = self._with_chunks(level)
        steps = self._by_letter(array.shards or array.chunks)
        start, end = region.start, region.end
        wanted = [(getattr(start, a), getattr(end, a)) for a in "tczyx"]
        box = dict(zip(ALL, wanted, strict=True))
        check_claims(array, box, self._letters)
        direct = DirectArray.of(array)
        if direct is not None:
            return [self._direct_job(array.path, part) for part in direct.parts(self._box(box))]
        return [
            self._job(array, [t, wanted[1], z, *wanted[3:]], (start.t, start.z))
            for t in _pieces(*wanted[0], steps["t"])
            for z in _pieces(*wanted[2], steps["z"])
        ]

    def empty(self, region: ZImgRegion, level: int = 0) -> bool:
        """Whether a region is known, without decoding, to hold zeros only."""
        array = self._with_chunks(level)
        start, end = region.start, region.end
        box = {letter: (getattr(start, letter), getattr(end, letter)) for letter in ALL}
        with self._steady(array.path):
            return known_empty(array, self._box(box))

    def _with_chunks(self, level: int) -> "zarr.Array[Any]":
        """The array of a level, which has chunks."""
        array = self._full if level == 0 else self._arrays[level]
        if level not in self._checked:
            with self._steady(array.path):
                check_chunks(array)
            self._checked.add(level)
        return array

    def _job(
        self, array: "zarr.Array[Any]", box: Sequence[tuple[int, int]], corner: tuple[int, int]
    ) -> Job:
        """Decode a box of t, c, z, y, x into buffers whose first time and plane are `corner`."""
        (first, last), (low, high) = box[0], box[2]
        planes = slice(low - corner[1], high - corner[1])
        whole = dict(zip(ALL, box, strict=True))
        times = range(first - corner[0], last - corner[0])

        def job(out: list[NDArray[Any]]) -> None:
            if len(times) == 1:
                self._read(array, whole, out[times[0]][None, :, planes])
                return
            part = np.empty([b - a for a, b in box], self.dtype)
            self._read(array, whole, part)
            for time, volume in zip(times, part, strict=True):
                out[time][:, planes] = volume

        return job

    def _box(self, box: Mapping[str, tuple[int, int]]) -> tuple[slice, ...]:
        """A box along the axes of the arrays."""
        return tuple(slice(*box[letter]) for letter in self._letters)

    def _direct_job(self, path: str, part: Part) -> Job:
        """Copy the requested part of one chunk to its place."""
        present = [letter for letter in ALL if letter in self._letters]
        order = [self._letters.index(letter) for letter in present]
        missing = tuple(place for place, letter in enumerate(ALL) if letter not in self._letters)

        def job(out: list[NDArray[Any]]) -> None:
            with self._steady(path):
                voxels, put = part.voxels()
            ordered = np.expand_dims(voxels.transpose(order), missing)
            at = dict(zip(self._letters, put, strict=True))
            t, *rest = (at.get(letter, slice(0, 1)) for letter in ALL)
            for time, volume in enumerate(ordered, t.start):
                out[time][tuple(rest)] = volume

        return job

    def _read(
        self, array: "zarr.Array[Any]", box: dict[str, tuple[int, int]], out: NDArray[Any]
    ) -> None:
        """Fill `out`, ``(T, C, Z, Y, X)``, with the voxels in `box`."""
        absent = tuple(0 if letter not in self._letters else slice(None) for letter in ALL)
        present = [letter for letter in ALL if letter in self._letters]
        order = [present.index(letter) for letter in self._letters]
        voxels = out.view(np.bool_) if array.dtype == np.bool_ else out
        target = NDBuffer.from_numpy_array(voxels[absent].transpose(order))
        selected = self._box(box)
        with self._steady(array.path):
            try:
                array.get_basic_selection(selected, out=target)
            except Exception as error:
                raise failing_chunk(array, selected, error) from error


def _pieces(first: int, last: int, step: int) -> list[tuple[int, int]]:
    """`first` to `last`, cut at the multiples of `step`."""
    cuts = [first, *range((first // step + 1) * step, last, step), last]
    return list(pairwise(cuts))
