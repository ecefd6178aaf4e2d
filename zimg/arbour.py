"""Synthetic trees in volumes of any size, drawn box by box, for tests of large volumes."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.image import ZImgInfo
from zimg.io.disk.atomic import atomic_folder
from zimg.io.formats.ome_zarr.describe import group_attributes
from zimg.io.formats.ome_zarr.pyramid import Shrunk
from zimg.io.scenes.halving import halved
from zimg.swc import ZSwc

Floats = NDArray[np.float64]
ZYX = tuple[int, int, int]

WALL = 3.0
"""Steepness of a tube's wall, per voxel."""
REACH = 3.0
"""Voxels beyond its radius to which a tube is drawn."""
CELL = 64
"""Voxels of a cell: noise is drawn per cell, so that it does not depend on the box."""
STEP = 4.0
"""Length of an edge of a random walk."""


@dataclass(frozen=True)
class Arbour:
    """Trees and their appearance in a volume.

    Attributes
    ----------
    shape
        Voxels along z, y, x.
    tree
        Trees in voxels x, y, z.
    brightness
        Brightness of the edge above every node, as a share of `signal`; None for 1.
    background, signal, noise
        Grey value of empty space, value added inside a tube, and standard deviation of the noise.
    seed
        Seed of the noise.
    """

    shape: ZYX
    tree: ZSwc
    brightness: Floats | None = None
    background: float = 12.0
    signal: float = 100.0
    noise: float = 8.0
    seed: int = 1

    @classmethod
    def of_paths(
        cls, shape: ZYX, paths: Sequence[Floats], radius: float = 3.0, **options: Any
    ) -> "Arbour":
        """Unbranched trees through ``(n, 3)`` points x, y, z."""
        xyz = np.concatenate([np.asarray(path, np.float64) for path in paths])
        starts = np.cumsum([0, *(len(path) for path in paths)])[:-1]
        parent = np.arange(len(xyz)) - 1
        parent[starts] = -1
        return cls(shape, ZSwc.from_arrays(xyz, np.full(len(xyz), radius), parent), **options)

    @classmethod
    def grown(
        cls,
        shape: ZYX,
        *,
        trees: int,
        length: float,
        radius: float = 3.0,
        fork_every: float = 200.0,
        seed: int = 1,
        **options: Any,
    ) -> "Arbour":
        """Grow random trees of about `length` voxels of cable each inside the volume."""
        random = np.random.default_rng(seed)
        nodes: list[tuple[Floats, int]] = []
        for _ in range(trees):
            _grow(nodes, np.array(shape[::-1], np.float64), length, fork_every, random)
        xyz = np.array([point for point, _ in nodes])
        parent = np.array([above for _, above in nodes], np.int64)
        tree = ZSwc.from_arrays(xyz, np.full(len(xyz), radius), parent)
        return cls(shape, tree, seed=seed, **options)

    def box(self, low: Sequence[int], high: Sequence[int]) -> NDArray[np.uint8]:
        """Voxels of a half-open box z, y, x; independent of the partition into boxes."""
        size = [b - a for a, b in zip(low, high, strict=True)]
        bright = np.zeros(size, np.float32)
        for edge in self._edges_in(low, high):
            self._draw(bright, edge, np.asarray(low))
        values = self.background + self.signal * bright
        if self.noise > 0:
            values += self._noise_in(low, high)
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)

    def volume(self) -> NDArray[np.uint8]:
        """The whole volume, if it fits in memory."""
        return self.box((0, 0, 0), self.shape)

    def write(
        self,
        path: str | Path,
        *,
        chunk: ZYX = (64, 64, 64),
        halve: Sequence[str] = (),
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """Write an OME-Zarr store chunk by chunk; memory holds one chunk at a time.

        Parameters
        ----------
        path
            Folder to create or replace.
        chunk
            Voxels z, y, x of a chunk; even numbers.
        halve
            Axes, such as ``("x", "y")``, along which a second level is halved; empty for no second
            level.
        progress
            Called with the numbers of finished and of all chunks.
        """
        import zarr
        from zarr.storage import LocalStore

        factor = tuple(2 if axis in halve else 1 for axis in "zyx")
        small = tuple(-(-n // f) for n, f in zip(self.shape, factor, strict=True))
        levels = [Shrunk(self.shape), *([Shrunk(small, factor)] if halve else [])]  # type: ignore[arg-type]
        info = ZImgInfo(*self.shape[::-1], 1, 1, 1)
        with atomic_folder(path, ("zarr.json",)) as folder:
            attributes = group_attributes(info, levels, Path(path).stem, "0.5")
            group = zarr.create_group(LocalStore(folder), zarr_format=3, attributes=attributes)
            arrays = [
                _array(group, str(n), level.size, chunk, level.factor)
                for n, level in enumerate(levels)
            ]
            corners = list(_corners(self.shape, chunk))
            for done, low in enumerate(corners):
                high = [min(a + c, n) for a, c, n in zip(low, chunk, self.shape, strict=True)]
                voxels = self.box(low, high)
                _put(arrays[0], low, voxels)
                if halve:
                    along = [axis for axis, f in enumerate(factor) if f == 2]
                    _put(
                        arrays[1],
                        [a // f for a, f in zip(low, factor, strict=True)],
                        halved(voxels, along),
                    )
                if progress is not None:
                    progress(done + 1, len(corners))

    @cached_property
    def _cells(self) -> dict[ZYX, list[int]]:
        """Edges by the cells that they intersect."""
        cells: dict[ZYX, list[int]] = {}
        for edge in range(len(self.tree)):
            low, high = self._reach_of(edge)
            for cell in product(
                *(range(a // CELL, b // CELL + 1) for a, b in zip(low, high, strict=True))
            ):
                cells.setdefault(cell, []).append(edge)  # type: ignore[arg-type]
        return cells

    def _reach_of(self, edge: int) -> tuple[list[int], list[int]]:
        parent = int(self.tree.parent[edge])
        ends = self.tree.xyz[[edge, edge if parent < 0 else parent]][:, ::-1]
        wide = float(self.tree.radius[edge]) + REACH
        low = np.floor(ends.min(0) - wide).astype(int)
        high = np.ceil(ends.max(0) + wide).astype(int)
        return low.tolist(), high.tolist()

    def _edges_in(self, low: Sequence[int], high: Sequence[int]) -> list[int]:
        ranges = (range(a // CELL, (b - 1) // CELL + 1) for a, b in zip(low, high, strict=True))
        found = {edge for z, y, x in product(*ranges) for edge in self._cells.get((z, y, x), ())}
        return sorted(found)

    def _draw(self, bright: NDArray[np.float32], edge: int, origin: NDArray[Any]) -> None:
        """Raise `bright` to the brightness of one tube with round ends."""
        first, last = self._reach_of(edge)
        low = np.clip(np.array(first) - origin, 0, bright.shape)
        high = np.clip(np.array(last) + 1 - origin, 0, bright.shape)
        if np.any(low >= high):
            return
        parent = int(self.tree.parent[edge])
        end = self.tree.xyz[edge][::-1] - origin
        start = self.tree.xyz[edge if parent < 0 else parent][::-1] - origin
        box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        grid = np.ogrid[box]
        offset = [axis - place for axis, place in zip(grid, start, strict=True)]
        step = end - start
        length = float(step @ step)
        along = sum(o * s for o, s in zip(offset, step, strict=True)) / max(length, 1e-9)
        along = np.clip(along, 0.0, 1.0)
        apart = np.sqrt(sum((o - along * s) ** 2 for o, s in zip(offset, step, strict=True)))
        share = 1.0 if self.brightness is None else float(self.brightness[edge])
        wall = 1.0 / (1.0 + np.exp(WALL * (apart - float(self.tree.radius[edge]))))
        np.maximum(bright[box], share * wall, out=bright[box], casting="unsafe")

    def _noise_in(self, low: Sequence[int], high: Sequence[int]) -> NDArray[np.float32]:
        out = np.empty([b - a for a, b in zip(low, high, strict=True)], np.float32)
        ranges = (range(a // CELL, (b - 1) // CELL + 1) for a, b in zip(low, high, strict=True))
        for cell in product(*ranges):
            random = np.random.Generator(np.random.SFC64([self.seed, *cell]))
            noise = random.standard_normal((CELL,) * 3, dtype=np.float32)
            take, put = [], []
            for c, a, b in zip(cell, low, high, strict=True):
                first, last = max(a, c * CELL), min(b, (c + 1) * CELL)
                take.append(slice(first - c * CELL, last - c * CELL))
                put.append(slice(first - a, last - a))
            out[tuple(put)] = noise[tuple(take)]
        return out * np.float32(self.noise)


def _grow(
    nodes: list[tuple[Floats, int]],
    size: Floats,
    length: float,
    fork_every: float,
    random: np.random.Generator,
) -> None:
    """Add one tree: smooth random walks that fork from earlier ones."""
    margin = np.minimum(12.0, size / 3)
    first = len(nodes)
    nodes.append((random.uniform(margin, size - margin), -1))
    left = length
    while left > 0:
        at = first if len(nodes) == first + 1 else int(random.integers(first, len(nodes)))
        run = min(left, max(random.exponential(fork_every), 40.0))
        _walk(nodes, at, math.ceil(run / STEP), size, margin, random)
        left -= run


def _walk(
    nodes: list[tuple[Floats, int]],
    at: int,
    steps: int,
    size: Floats,
    margin: Floats,
    random: np.random.Generator,
) -> None:
    way = random.normal(size=3)
    for _ in range(steps):
        here = nodes[at][0]
        low, high = (2.0 * margin - here) / margin, (here - size + 2.0 * margin) / margin
        way = way / np.linalg.norm(way) + random.normal(0.0, 0.15, 3)
        way += 0.5 * (np.clip(low, 0.0, 2.0) - np.clip(high, 0.0, 2.0))  # turn before the border
        way /= np.linalg.norm(way)
        point = np.clip(here + STEP * way, margin, size - margin)
        nodes.append((point, at))
        at = len(nodes) - 1


def _corners(shape: ZYX, chunk: ZYX) -> Iterator[list[int]]:
    for corner in product(*(range(0, n, c) for n, c in zip(shape, chunk, strict=True))):
        yield list(corner)


def _array(group: Any, name: str, size: ZYX, chunk: ZYX, factor: ZYX) -> Any:
    chunks = [max(1, c // f) for c, f in zip(chunk, factor, strict=True)]
    return group.create_array(
        name,
        shape=(1, 1, *size),
        dtype="uint8",
        chunks=(1, 1, *(min(c, n) for c, n in zip(chunks, size, strict=True))),
        fill_value=0,
        dimension_names=["t", "c", "z", "y", "x"],
    )


def _put(array: Any, low: Sequence[int], voxels: NDArray[np.uint8]) -> None:
    box = tuple(slice(a, a + n) for a, n in zip(low, voxels.shape, strict=True))
    array[(0, 0, *box)] = voxels
