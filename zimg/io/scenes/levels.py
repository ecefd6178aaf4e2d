"""Read at a lower resolution: choose a stored level and resize it where needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array, Device
from zimg.arrays.export import exported
from zimg.arrays.resizing import resized_array
from zimg.io.scenes.decoding import decoded
from zimg.io.scenes.scene import Level, Scene, full_level
from zimg.values import ZImgInfo, ZImgRegion
from zimg.values.info import cut, resized

Ratios = tuple[int, int, int]


def check_ratios(ratios: Sequence[int]) -> Ratios:
    """Return ratios along x, y, z as integers of at least 1, or raise a `ValueError`."""
    x, y, z = (index(ratio) for ratio in ratios)
    if min(x, y, z) < 1:
        raise ValueError(
            f"ratios must be three integers of at least 1 (x, y, z), got {tuple(ratios)}"
        )
    return x, y, z


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels on the host, their metadata, and the size to shrink them to."""

    arrays: list[NDArray[Any]]
    info: ZImgInfo
    wanted: tuple[int, int, int]

    def placed(
        self, framework: str = "numpy", device: Device = None
    ) -> tuple[list[Array], ZImgInfo]:
        """Convert to a framework; shrink there if no level had the requested size."""
        arrays = [exported(array, framework, device=device) for array in self.arrays]
        if self.wanted == self.info.size[:3]:
            return arrays, self.info
        sizes = self.wanted[::-1]
        return [resized_array(x, sizes) for x in arrays], resized(self.info, self.wanted)


def decode(scene: Scene, region: ZImgRegion, ratios: Ratios) -> Decoded:
    """Decode a region of a scene at the level closest to `ratios`.

    Parameters
    ----------
    scene
        Of an open file.
    region
        In voxels of full resolution; may have open ends.
    ratios
        By how much to shrink along x, y, z.

    Returns
    -------
    Decoded
        To be shrunk to ceil(size / ratio).
    """
    box = region.resolve(scene.info.size)
    # Opening each further level of a store may cost a request.
    levels = scene.levels if ratios != (1, 1, 1) else [full_level(scene.info)]
    level = best_level(levels, box, ratios)
    part = region_at(box, levels[level])
    arrays = decoded(scene, part, level)
    x, y, z = (-(-n // ratio) for n, ratio in zip(box.size, ratios, strict=False))
    return Decoded(arrays, resized(cut(scene.info, box), part.size[:3]), (x, y, z))


def best_level(levels: Sequence[Level], box: ZImgRegion, ratios: Ratios) -> int:
    """The smallest stored level that is not below the requested size and aligned with the box.

    Parameters
    ----------
    levels
        The full size first.
    box
        Resolved, in voxels of full resolution.
    ratios
        Wanted along x, y, z.
    """
    corner = tuple(box.start)[:3]

    def fits(level: Level) -> bool:
        pairs = zip(level.ratios, ratios, corner, strict=True)
        return all(own <= wanted and first % own == 0 for own, wanted, first in pairs)

    fitting = [n for n, level in enumerate(levels) if n == 0 or fits(level)]
    return max(fitting, key=lambda n: int(np.prod(levels[n].ratios)))


def region_at(box: ZImgRegion, level: Level) -> ZImgRegion:
    """The voxels of `level` that cover a resolved box of the full image."""
    start, end = tuple(box.start), tuple(box.end)
    # Sizes of levels may be rounded down: the last voxel then covers the remainder, too.
    first = [
        min(a // ratio, n - 1) for a, ratio, n in zip(start, level.ratios, level.size, strict=False)
    ]
    last = [
        min(-(-b // ratio), n) for b, ratio, n in zip(end, level.ratios, level.size, strict=False)
    ]
    return ZImgRegion((*first, *start[3:]), (*last, *end[3:]))
