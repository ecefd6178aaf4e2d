"""Images of CZI files: levels, and the sub-blocks that make up a region."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.czi.mosaic import Rectangle, visible
from zimg.io.formats.czi.pixels import Stored, pixel_type
from zimg.io.scenes.missing import MissingPlane, report_missing
from zimg.io.scenes.scene import Job, Level
from zimg.values import ZImgInfo, ZImgRegion

# Larger planes are refused if their tiles cover less than one voxel in this many.
LARGE_PLANE = 2**30
SPARSEST = 100
# Planes per sub-block: only damaged files lack more of them than this.
MOST_ABSENT = 1000


class CziScene:
    """Sub-blocks of one image, of one pixel type.

    Parameters
    ----------
    file
        Open while the scene is used.
    tiles
        Sub-blocks of all sizes, a structured array of `TILE`.

    Notes
    -----
    The box of the image is that of its tiles of full resolution. Where tiles overlap, the one with
    the higher mosaic index is visible. Voxels without a tile are 0, as in the reference. A pyramid
    level with a missing tile is not offered. Reading a plane without any tile is an error.
    """

    packed_bytes: int | None = None  # mosaics with holes store little

    def __init__(self, file: FileBytes, tiles: NDArray[Any]) -> None:
        self._file = file
        tiles = tiles[np.argsort(tiles["M"], kind="stable")]
        ratios = _ratios(tiles)
        full = tiles[ratios == 1]
        self._x, self._y = int(full["X"].min()), int(full["Y"].min())
        width = int((full["X"] + full["width"]).max()) - self._x
        height = int((full["Y"] + full["height"]).max()) - self._y
        self.channels = [int(c) for c in np.unique(full["C"])]
        self._z, depth = _range(full, "Z")
        self._t, times = _range(full, "T")
        kind = pixel_type(int(full["pixels"][0]))
        self.samples = kind.samples
        self.dtype = kind.dtype.newbyteorder("=")
        channels = len(self.channels) * kind.samples
        self.info = ZImgInfo(width, height, depth, channels, times, *VOXEL_TYPES[self.dtype.name])
        self._full, self._tiles, self._all_ratios = full, tiles, ratios

    @cached_property
    def _by_ratio(self) -> dict[int, NDArray[Any]]:
        """Tiles of full resolution, and of the levels that cover as much."""
        found = {1: self._full}
        for ratio in np.unique(self._all_ratios):
            tiles = self._tiles[self._all_ratios == ratio]
            if ratio > 1 and self._covers(tiles, int(ratio)):
                found[int(ratio)] = tiles
        return found

    def _covers(self, tiles: NDArray[Any], ratio: int) -> bool:
        """Whether the tiles of a level cover all tiles of full resolution."""
        planes, full = _members(tiles), _members(self._full)
        if set(planes) != set(full):
            return False
        wanted, shown = _extents(self._full, 0), _extents(tiles, ratio)  # their ends are rounded
        checked = set()
        for plane, own in full.items():
            boxes = np.concatenate([wanted[own], shown[planes[plane]]])
            key = boxes.tobytes()
            if key not in checked and any(n < len(own) for n, _ in visible(boxes, _hull(boxes))):
                return False
            checked.add(key)
        return True

    @cached_property
    def levels(self) -> Sequence[Level]:
        """Full resolution, then the complete levels of the pyramid."""
        info = self.info
        return [
            Level((-(-info.width // r), -(-info.height // r), info.depth), (r, r, 1))
            for r in self._by_ratio
        ]

    def blocks(self, level: int) -> NDArray[np.int64]:
        """One block for the tiles of all channels at one place."""
        tiles, boxes = self._at(level)
        t, z = tiles["T"] - self._t, tiles["Z"] - self._z
        size = boxes[:, 2:] - boxes[:, :2]
        rows = np.stack([t, z, boxes[:, 1], boxes[:, 0], *size.T], axis=1)
        rows = np.unique(rows[(size > 0).all(axis=1)], axis=0)
        deep = np.ones(len(rows), np.int64)
        t, z, y, x, width, height = rows.T
        return np.stack([t, x, y, z, width, height, deep], axis=1)

    def _at(self, level: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Tiles of a level and their boxes in its voxels, clipped to the image."""
        tiles = list(self._by_ratio.values())[level]
        ratio = self.levels[level].ratios[0]
        corner = np.stack([tiles["X"] - self._x, tiles["Y"] - self._y], axis=1) // ratio
        end = corner + np.stack([tiles["columns"], tiles["rows"]], axis=1)
        boxes = np.concatenate([np.maximum(corner, 0), end], axis=1)
        boxes[:, 2:] = np.minimum(boxes[:, 2:], self.levels[level].size[:2])
        return tiles, boxes

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:
        """Plan one job per tile that is visible in `region`."""
        tiles, boxes = self._at(level)
        if (tiles["part"] != 0).any():
            raise ZException("some sub-blocks are stored in other files, which are not read")
        self._check_extent(region, tiles, boxes)
        members, ratio = _members(tiles), self.levels[level].ratios[0]
        times, depths = range(region.start.t, region.end.t), range(region.start.z, region.end.z)
        groups = range(region.start.c // self.samples, -(-region.end.c // self.samples))
        jobs: list[Job] = []
        missing: list[MissingPlane] = []
        for t, z, group in product(times, depths, groups):
            own = members.get((t + self._t, z + self._z, self.channels[group]))
            if own is None:
                name = f"z={z} c={group} t={t}"
                missing.append(MissingPlane(name, "some planes have no sub-block"))
                continue
            jobs.extend(self._pieces(region, (t, z, group), tiles[own], boxes[own], ratio))
        report_missing(missing)
        return jobs

    def _check_extent(
        self, region: ZImgRegion, tiles: NDArray[Any], boxes: NDArray[np.int64]
    ) -> None:
        """Refuse a large region that distant tiles hardly cover."""
        width, height, *_ = region.size
        if width * height <= LARGE_PLANE:
            return
        covered = int((tiles["columns"] * tiles["rows"]).sum()) // len(_members(tiles))
        if covered * SPARSEST < width * height:
            raise ZException(
                f"sub-blocks cover only {covered} of {width}x{height} voxels: "
                f"some are far away, x {boxes[:, 0].min()} to {boxes[:, 2].max()}, "
                f"y {boxes[:, 1].min()} to {boxes[:, 3].max()}; read a region"
            )

    def _pieces(
        self,
        region: ZImgRegion,
        plane: tuple[int, int, int],
        tiles: NDArray[Any],
        boxes: NDArray[np.int64],
        ratio: int,
    ) -> Iterator[Job]:
        """Visible parts of the tiles of a plane (time, z and channel group)."""
        start, end = region.start, region.end
        t, z, group = plane
        first = group * self.samples
        samples = max(start.c - first, 0), min(end.c - first, self.samples)
        put = t - start.t, first + samples[0] - start.c, z - start.z
        for index, part in visible(boxes, (start.x, start.y, end.x, end.y)):
            tile = tiles[index]
            corner = (int(tile["X"]) - self._x) // ratio, (int(tile["Y"]) - self._y) // ratio
            yield _Piece(self._file, tile, part, corner, (start.x, start.y), samples, put)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A job that reads a part of one tile."""

    file: FileBytes
    tile: Any
    part: Rectangle
    corner: tuple[int, int]
    origin: tuple[int, int]
    samples: tuple[int, int]
    put: tuple[int, int, int]

    def __call__(self, out: list[NDArray[Any]]) -> None:
        left, top, right, bottom = self.part
        x, y = self.corner
        stored = Stored.of(self.file, self.tile)
        rows = stored.read(self.file, top - y, bottom - y)
        pixels = rows[:, left - x : right - x, slice(*self.samples)]
        t, c, z = self.put
        own_x, own_y = self.origin
        channels = slice(c, c + pixels.shape[-1])
        place = slice(top - own_y, bottom - own_y), slice(left - own_x, right - own_x)
        out[t][(channels, z, *place)] = np.moveaxis(pixels, -1, 0)


def _ratios(tiles: NDArray[Any]) -> NDArray[np.int64]:
    """Reduction factor of each tile: 1, 2, 3, ..."""
    across = tiles["width"] / tiles["columns"]
    down = tiles["height"] / tiles["rows"]
    # Ends are rounded: the longer side gives the more precise ratio.
    best = np.where(tiles["columns"] >= tiles["rows"], across, down)
    return np.maximum(np.rint(best), 1).astype(np.int64)


def _range(tiles: NDArray[Any], axis: str) -> tuple[int, int]:
    """First index along an axis, and the number of indices to the last."""
    first, last = int(tiles[axis].min()), int(tiles[axis].max())
    count = last - first + 1
    if count > MOST_ABSENT * len(tiles):
        raise ZException(
            f"{len(tiles)} sub-blocks lie at {axis} from {first} to {last}: the file is damaged"
        )
    return first, count


def _extents(tiles: NDArray[Any], margin: int) -> NDArray[np.int64]:
    """Left, top, right, bottom of tiles in voxels of full resolution, with a margin."""
    x, y = tiles["X"], tiles["Y"]
    ends = x + tiles["width"] + margin, y + tiles["height"] + margin
    return np.stack([x - margin, y - margin, *ends], axis=1)


def _hull(boxes: NDArray[np.int64]) -> Rectangle:
    """The bounding rectangle of boxes."""
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    return int(left), int(top), int(right), int(bottom)


def _members(tiles: NDArray[Any]) -> dict[tuple[int, ...], NDArray[np.int64]]:
    """Indices of the tiles of each plane, by time, z and channel as the file counts them."""
    keys = np.stack([tiles[axis] for axis in "TZC"], axis=1)
    planes, which = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(which.reshape(-1), kind="stable")
    counts = np.bincount(which.reshape(-1), minlength=len(planes))
    parts = np.split(order, np.cumsum(counts)[:-1])
    return {tuple(int(n) for n in key): part for key, part in zip(planes, parts, strict=True)}
