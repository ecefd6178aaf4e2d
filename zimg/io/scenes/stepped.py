"""Parts of a scene with steps along its axes; skipped planes and times are not decoded."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.io.scenes.decoding import decoded
from zimg.io.scenes.scene import Scene
from zimg.values import ZImgRegion
from zimg.values.indexing import Box


def decoded_box(scene: Scene, box: Box, level: int = 0) -> list[NDArray[Any]]:
    """Decode the voxels of a box with steps.

    Parameters
    ----------
    scene
        Of an open file.
    box
        Slices with start, stop and step along T, C, Z, Y, X, in voxels of `level`.
    level
        Index into the levels of the scene.

    Returns
    -------
    list of ndarray
        One ``(C, Z, Y, X)`` array per time, C-contiguous.
    """
    t, c, z, y, x = box
    arrays: list[NDArray[Any]] = []
    for times in _runs(t):
        slabs = [decoded(scene, _region(times, c, depths, y, x), level) for depths in _runs(z)]
        arrays += [_thinned(parts, box) for parts in zip(*slabs, strict=True)]
    return arrays


def _runs(part: slice) -> Iterator[slice]:
    """`part` itself, or one slice per index if it has steps."""
    if (part.step or 1) == 1:
        yield part
        return
    for place in range(part.start, part.stop, part.step):
        yield slice(place, place + 1)


def region_of(box: Box) -> ZImgRegion:
    """The region from the first to the last voxel of a box."""
    return _region(*box)


def _region(t: slice, c: slice, z: slice, y: slice, x: slice) -> ZImgRegion:
    starts, stops = zip(*((part.start, part.stop) for part in (x, y, z, c, t)), strict=True)
    return ZImgRegion(starts, stops)


def _thinned(parts: tuple[NDArray[Any], ...], box: Box) -> NDArray[Any]:
    """The slabs of one time point as one array, with steps applied along C, Y and X."""
    _, c, _, y, x = box
    thin = [part[:: c.step, :, :: y.step, :: x.step] for part in parts]
    return np.ascontiguousarray(thin[0]) if len(thin) == 1 else np.concatenate(thin, axis=1)
