"""Several files or scenes concatenated along an axis."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.opening import opened, scene_of
from zimg.io.scenes.decoding import decoded
from zimg.io.scenes.scene import Box, Job, PlaneScene, grid
from zimg.io.source import ZImgSource
from zimg.values import Dimension, FileFormat, ZImgInfo, ZImgRegion

# Attribute of `ZImgInfo` with the size along each axis, in the order of `Dimension`.
SIZES = ("width", "height", "depth", "numChannels", "numTimes")
IN_PLANE = {Dimension.X, Dimension.Y}


@dataclass(frozen=True, slots=True)
class Part:
    """A scene of a file and its place in the joined image along x, y, z, c, t."""

    path: str
    format: FileFormat
    scene: int
    info: ZImgInfo
    corner: tuple[int, int, int, int, int]

    @property
    def box(self) -> list[tuple[int, int]]:
        """Start and end along x, y, z, c, t."""
        return [(a, a + n) for a, n in zip(self.corner, self.info.size, strict=True)]


class JoinedScene(PlaneScene):
    """Concatenated scenes of several files; a file is opened when a region needs it.

    Parameters
    ----------
    parts
        In order along the axis; of equal type, and of equal size along the other axes unless
        padded.
    info
        Of the joined image.
    along
        The axis.
    pad_with_largest
        Whether smaller parts are padded with their largest value instead of their smallest.
    """

    def __init__(
        self, parts: Sequence[Part], info: ZImgInfo, along: Dimension, *, pad_with_largest: bool
    ) -> None:
        super().__init__(info, np.dtype(info.dataTypeString()))
        self._parts, self._along, self._largest = parts, along, pad_with_largest

    def blocks(self, level: int) -> NDArray[np.int64]:
        """One block per plane of each part; of the joined image when channels are joined."""
        if self._along == Dimension.C:
            return super().blocks(level)
        return np.concatenate([_planes(part, self._along) for part in self._parts])

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """One job for each part that meets the region."""
        wanted = list(zip(region.start, region.end, strict=True))
        return list(self._jobs(wanted))

    def _jobs(self, wanted: list[tuple[int, int]]) -> Iterator[Job]:
        for part in self._parts:
            slot = [*part.box]
            for axis in IN_PLANE - {self._along}:  # the padding belongs to the part
                slot[axis] = (0, self.info.size[axis])
            place = Box.meeting(slot, wanted)
            if place is not None:
                inner = Box.meeting(
                    part.box, [_ends(a, b) for a, b in zip(place.put, wanted, strict=True)]
                )
                yield _PartJob(part, place, inner, slot != part.box, self._largest)


def _ends(put: slice, wanted: tuple[int, int]) -> tuple[int, int]:
    return put.start + wanted[0], put.stop + wanted[0]


@dataclass(frozen=True, slots=True)
class _PartJob:
    """Fill the requested region from one part."""

    part: Part
    place: Box  # of the part with its padding, in the wanted region
    inner: Box | None  # of the part itself, in that place
    padded: bool
    largest: bool

    def __call__(self, out: list[NDArray[Any]]) -> None:
        with opened(self.part.path, self.part.format) as reader:
            scene = scene_of(reader, self.part.scene, self.part.path)
            views = self._views(out)
            if self.padded:
                whole = decoded(scene, ZImgRegion().resolve(self.part.info.size))
                value = (max if self.largest else min)(_extreme(x, self.largest) for x in whole)
                for view in views:
                    view[...] = value
            if self.inner is not None:
                take = [(each.start, each.stop) for each in self.inner.take]
                region = ZImgRegion(tuple(a for a, _ in take), tuple(b for _, b in take))
                x, y, z, c, t = self.inner.put
                for view, pixels in zip(views[t], decoded(scene, region), strict=True):
                    view[c, z, y, x] = pixels

    def _views(self, out: list[NDArray[Any]]) -> list[NDArray[Any]]:
        x, y, z, c, t = self.place.put
        return [buffer[c, z, y, x] for buffer in out[t]]


def _extreme(pixels: NDArray[Any], largest: bool) -> Any:
    return pixels.max() if largest else pixels.min()


def joined_scene(source: ZImgSource) -> JoinedScene:
    """The image that a source with several files, or all scenes of its files, stands for.

    Parameters
    ----------
    source
        Its region is not applied.

    Raises
    ------
    ZException
        When a file cannot be read, or the images do not fit together.
    """
    found = list(_scenes(source))
    if not found:
        raise ZException("cannot join an empty file list")
    along = Dimension(source.catDim)
    padded = (IN_PLANE - {along}) if source.expandXY else set()
    first = found[0][2]
    for path, _, info in found[1:]:
        _check_alike(path, info, first, {along} | padded)
    size = [max(info.size[axis] for _, _, info in found) for axis in Dimension]
    size[along] = sum(info.size[along] for _, _, info in found)
    parts, place = [], 0
    for path, scene, info in found:
        corner = [(size[a] - info.size[a]) // 2 if a in padded else 0 for a in Dimension]
        corner[along] = place
        place += info.size[along]
        x, y, z, c, t = corner
        parts.append(Part(path, source.format, scene, info, (x, y, z, c, t)))
    info = _joined_info([each[2] for each in found], size, along)
    return JoinedScene(parts, info, along, pad_with_largest=source.expandWithMaxValue)


def _scenes(source: ZImgSource) -> Iterator[tuple[str, int, ZImgInfo]]:
    """File, number and metadata of each scene to join."""
    for path in source.filenames:
        with opened(path, source.format) as reader:
            if source.catScenes:
                for number, scene in enumerate(reader.scenes):
                    yield path, number, scene.info
            else:
                yield path, source.scene, scene_of(reader, source.scene, path).info


def _check_alike(path: str, info: ZImgInfo, first: ZImgInfo, free: set[Dimension]) -> None:
    kind, expected = info.dataTypeString(), first.dataTypeString()
    if kind != expected:
        raise ZException(
            f"cannot join {path}: image types don't match: {kind} instead of {expected}"
        )
    for axis in Dimension:
        if axis not in free and info.size[axis] != first.size[axis]:
            raise ZException(
                f"cannot join {path}: image dimensions don't match: {SIZES[axis]} "
                f"{info.size[axis]} instead of {first.size[axis]}"
            )


def _joined_info(infos: list[ZImgInfo], size: list[int], along: Dimension) -> ZImgInfo:
    """Metadata of the first image; along channels, names and colours of all images."""
    info = deepcopy(infos[0])
    for name, count in zip(SIZES, size, strict=True):
        setattr(info, name, count)
    if along == Dimension.T:
        info.timeStamps = [float(t) for t in range(info.numTimes)]
    if along == Dimension.C:
        info.channelNames = [name for each in infos for name in each.channelNames]
        info.channelColors = [color for each in infos for color in each.channelColors]
        info.lastChannelIsAlphaChannel = infos[-1].lastChannelIsAlphaChannel
    return info


def _planes(part: Part, along: Dimension) -> NDArray[np.int64]:
    """Blocks of one part, in their place."""
    width, height, depth, _, times = part.info.size
    blocks = grid((width, height, depth), times, (width, height, 1))
    x, y, z, _, t = part.corner
    blocks[:, :4] += {
        Dimension.T: (t, 0, 0, 0),
        Dimension.Z: (0, 0, 0, z),
        Dimension.Y: (0, 0, y, 0),
        Dimension.X: (0, x, 0, 0),
    }[along]
    return blocks
