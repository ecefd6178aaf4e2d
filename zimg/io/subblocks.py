"""Stored blocks of a file: list them without pixels, and read single ones."""

from copy import deepcopy

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg._typing import Array
from zimg.io.scenes.decoding import decoded
from zimg.io.scenes.scene import Scene
from zimg.io.source import ZImgSource
from zimg.io.source_scenes import opened_scenes
from zimg.values import ZImgInfo, ZImgRegion


def sub_block_lists(source: ZImgSource) -> list[NDArray[np.int64]]:
    """List the stored blocks of each scene without reading pixels.

    Parameters
    ----------
    source
        One file or several joined ones; its scene and region are ignored.

    Returns
    -------
    list of ndarray
        Per scene int64 in Fortran order, one row per block: t, x, y, z, width, height, depth in
        voxels of full resolution, and the ratios along x, y, z. A block holds all channels; blocks
        of full resolution come first.
    """
    with opened_scenes(source) as scenes:
        return [np.asfortranarray(np.concatenate(_rows(scene))) for scene in scenes]


def _rows(scene: Scene) -> list[NDArray[np.int64]]:
    """Rows of each level, in voxels of full resolution and cut at the image."""
    rows = []
    for number, level in enumerate(scene.levels):
        blocks, ratios = scene.blocks(number), np.asarray(level.ratios, dtype=np.int64)
        first = blocks[:, 1:4] * ratios
        last = np.minimum(first + blocks[:, 4:] * ratios, scene.info.size[:3])
        repeated = np.broadcast_to(ratios, first.shape)
        rows.append(np.concatenate([blocks[:, :1], first, last - first, repeated], axis=1))
    return rows


def read_sub_block(source: ZImgSource, block: int) -> tuple[list[Array], ZImgInfo]:
    """Read one block at its stored resolution.

    Parameters
    ----------
    source
        One file or several joined ones; its region is ignored.
    block
        Row of the block in the list of its scene.

    Returns
    -------
    arrays, info
        All channels at one time, on the host; voxel sizes are multiplied by the ratios of the
        block.

    Raises
    ------
    ZException
        When the scene or the block does not exist.
    """
    with opened_scenes(source) as scenes:
        if not source.scene < len(scenes):
            raise ZException(f"scene {source.scene} overflow, max {len(scenes)}")
        scene = scenes[source.scene]
        level, row = _find(scene, block)
        t, x, y, z, width, height, depth = (int(value) for value in row)
        channels = scene.info.numChannels
        region = ZImgRegion((x, y, z, 0, t), (x + width, y + height, z + depth, channels, t + 1))
        arrays = decoded(scene, region, level)
        info = deepcopy(scene.info)
    for axis, ratio in zip("XYZ", scene.levels[level].ratios, strict=True):
        setattr(info, f"voxelSize{axis}", getattr(info, f"voxelSize{axis}") * ratio)
    info.timeStamps = info.timeStamps[t : t + 1]
    info.width, info.height, info.depth, info.numTimes = width, height, depth, 1
    return list(arrays), info


def _find(scene: Scene, block: int) -> tuple[int, NDArray[np.int64]]:
    """Level and row, in voxels of the level, of a block counted across all levels."""
    place = block
    for level in range(len(scene.levels)):
        blocks = scene.blocks(level)
        if place < len(blocks):
            return level, blocks[place]
        place -= len(blocks)
    raise ZException(f"blockIndex {block} overflow, max {block - place}")


def internal_sub_regions(source: ZImgSource) -> list[list[ZImgRegion]]:
    """Regions of full resolution that are stored together; neighbouring planes are merged.

    Parameters
    ----------
    source
        One file or several joined ones; its scene and region are ignored.

    Returns
    -------
    list of list of ZImgRegion
        Regions that cover each scene, ordered by t, then x, then y.
    """
    with opened_scenes(source) as scenes:
        return [_merged(scene) for scene in scenes]


def _merged(scene: Scene) -> list[ZImgRegion]:
    blocks = scene.blocks(0)
    t, x, y, z = (blocks[:, column] for column in range(4))
    regions: list[ZImgRegion] = []
    for row in blocks[np.lexsort((z, y, x, t))]:
        time, left, top, first, width, height, depth = (int(value) for value in row)
        start = (left, top, first, 0, time)
        end = (left + width, top + height, first + depth, scene.info.numChannels, time + 1)
        if regions and _goes_on(regions[-1], start, end):
            regions[-1].end.z = end[2]
        else:
            regions.append(ZImgRegion(start, end))
    return regions


def _goes_on(region: ZImgRegion, start: tuple[int, ...], end: tuple[int, ...]) -> bool:
    """Whether the box from `start` to `end` directly follows `region` with the same outline."""
    own = tuple(region.start), tuple(region.end)
    same = all(a[:2] + a[3:] == b[:2] + b[3:] for a, b in zip(own, (start, end), strict=True))
    return same and own[1][2] == start[2]
