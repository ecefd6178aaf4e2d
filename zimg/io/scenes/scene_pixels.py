"""A scene of a file as the pixel source of a writer, slab by slab."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.arrays.resizing import resized_array
from zimg.io.scenes.decoding import decoded
from zimg.io.scenes.levels import best_level, check_ratios, region_at
from zimg.io.scenes.shared_file import SharedFile
from zimg.io.scenes.whole import WholeScene
from zimg.values import ZImgInfo, ZImgRegion
from zimg.values.info import cut, resized


class ScenePixels:
    """A part of a scene, as `zimg.io.writer.Pixels`.

    Parameters
    ----------
    file
        Open file; read errors name it.
    number
        Which scene of it, from 0.
    region
        In voxels of full resolution; may have open ends.
    ratios
        Reduction factors along x, y, z; stored levels are used.
    channels
        Which channels of the region, from 0; None for all.
    advance
        Called with the number of planes after each slab that a writer took.

    Raises
    ------
    ValueError
        When a ratio is below 1 or there is no such channel.

    Notes
    -----
    Memory holds as many planes as stored blocks are deep. A ratio along z beyond the stored levels
    needs a whole time point, and so do files that are decoded as a whole.
    """

    def __init__(
        self,
        file: SharedFile,
        number: int,
        region: ZImgRegion,
        ratios: Sequence[int] = (1, 1, 1),
        channels: Sequence[int] | None = None,
        *,
        advance: Callable[[int], object] = lambda planes: None,  # noqa: ARG005
    ) -> None:
        wanted = check_ratios(ratios)
        with file.reading() as scenes:
            scene = scenes[number]
        box = region.resolve(scene.info.size)
        self._scene, self._file, self._advance = scene, file, advance
        self._level = best_level(scene.levels, box, wanted)
        self._part = region_at(box, scene.levels[self._level])
        full = cut(scene.info, box)
        sizes = (full.width, full.height, full.depth)
        x, y, z = (-(-n // ratio) for n, ratio in zip(sizes, wanted, strict=True))
        self._channels = _checked(channels, full.numChannels)
        self.info = _chosen(resized(full, (x, y, z)), self._channels)
        self.dtype = scene.dtype
        self._shrinks_z = z != self._part.size[2]
        self._depth = self._slab_depth()
        self._held: tuple[tuple[int, int], NDArray[Any]] | None = None

    def _slab_depth(self) -> int:
        """Number of planes decoded together: those of a block, or all."""
        if self._shrinks_z or isinstance(self._scene, WholeScene):
            return self._scene.levels[self._level].size[2]
        return int(self._scene.blocks(self._level)[:, 6].max(initial=1))

    def slab(self, time: int, first: int, last: int) -> NDArray[Any]:
        """Planes of a time point, ``(C, last - first, Y, X)``; may be views of the kept slab."""
        parts, plane = [], first
        while plane < last:
            start, pixels = self._decoded(time, plane)
            end = min(last, start + pixels.shape[1])
            parts.append(pixels[:, plane - start : end - start])
            plane = end
        self._advance(last - first)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _decoded(self, time: int, plane: int) -> tuple[int, NDArray[Any]]:
        """The slab that contains a plane, and its first plane; kept until another one is needed."""
        begin, end = self._part.start.z, self._part.end.z
        slab = 0 if self._shrinks_z else (begin + plane) // self._depth
        low, high = max(slab * self._depth, begin), min((slab + 1) * self._depth, end)
        if self._held is None or self._held[0] != (time, slab):
            self._held = None  # not two slabs at a time
            self._held = (time, slab), self._sized(self._read(time, low, high))
        return low - begin, self._held[1]

    def _read(self, time: int, low: int, high: int) -> NDArray[Any]:
        x, y, _, c, t = self._part.start
        right, bottom = self._part.end.x, self._part.end.y
        first, last = min(self._channels), max(self._channels) + 1
        end = (right, bottom, high, c + last, t + time + 1)
        part = ZImgRegion((x, y, low, c + first, t + time), end)
        with self._file.reading():
            pixels = decoded(self._scene, part, self._level)[0]
        if self._channels == tuple(range(first, last)):
            return pixels
        return np.take(pixels, [channel - first for channel in self._channels], axis=0)

    def _sized(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Resize planes to the size of the written image."""
        depth = self.info.depth if self._shrinks_z else pixels.shape[1]
        wanted = (depth, self.info.height, self.info.width)
        if wanted == pixels.shape[1:]:
            return pixels
        result: NDArray[Any] = resized_array(pixels, wanted)
        return result


def _checked(channels: Sequence[int] | None, count: int) -> tuple[int, ...]:
    chosen = tuple(range(count)) if channels is None else tuple(channels)
    if not chosen or not all(0 <= channel < count for channel in chosen):
        raise ValueError(f"channels must be numbers from 0 to {count - 1}, got {chosen}")
    return chosen


def _chosen(info: ZImgInfo, channels: tuple[int, ...]) -> ZImgInfo:
    """`info` with the chosen channels; an alpha channel remains one only in last place."""
    opaque = info.numChannels - 1 if info.lastChannelIsAlphaChannel else None
    info.lastChannelIsAlphaChannel = channels[-1] == opaque
    names, colours = list(info.channelNames), list(info.channelColors)
    info.numChannels = len(channels)
    info.channelNames = [names[c] for c in channels if c < len(names)]
    info.channelColors = [colours[c] for c in channels if c < len(colours)]
    return info
