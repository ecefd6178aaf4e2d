"""Image files that OpenImageIO reads: BMP, TGA, GIF, WebP, OpenEXR, Radiance, PNM, DPX, PSD, ..."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.limits import check_decoded
from zimg.io.formats.shared.planar import planar_info
from zimg.io.scenes.scene import Job, PlaneScene
from zimg.values import FileFormat, ZImgInfo, ZImgRegion

TYPES = {"half": "float16", "float": "float32", "double": "float64"}
MOST_PARTS = 100_000


class OiioReader:
    """An open file; OpenImageIO opens it again when pixels are wanted.

    Parameters
    ----------
    path
        An existing file.
    format
        Only `FileFormat.OpenImageIO`.

    Raises
    ------
    ZException
        When OpenImageIO does not open it, or it claims more pixels than it can hold, or deep ones.

    Notes
    -----
    Images in a file are scenes; the frames of a movie are times of one scene. Values are those that
    are stored: opacity is not multiplied into colours where the file keeps them apart.
    """

    name = "OpenImageIO"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002 (it is the only one)
        size, source = path.stat().st_size, _opened(path)
        try:
            specs = _specs(source)
        finally:
            source.close()
        movie = len(specs) > 1 and bool(specs[0].get_int_attribute("oiio:Movie"))
        parts = [range(len(specs))] if movie else [range(n, n + 1) for n in range(len(specs))]
        self.scenes = [OiioScene(path, part, [specs[n] for n in part]) for part in parts]
        for scene in self.scenes:
            check_decoded(scene.info.size, scene.dtype.itemsize, stored=size)

    def close(self) -> None:
        """Nothing is open."""


class OiioScene(PlaneScene):
    """One image of a file, or a movie of several.

    Parameters
    ----------
    path
        File to decode.
    parts
        Numbers of its images, one per time.
    specs
        What OpenImageIO tells of each.
    """

    def __init__(self, path: Path, parts: range, specs: Sequence[Any]) -> None:
        info = _info(specs)
        super().__init__(info, np.dtype(info.dataTypeString()))
        self._path, self._parts = path, parts

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """One job, which decodes all wanted frames: each builds on the one before it."""

        def job(out: list[NDArray[Any]]) -> None:
            source = _opened(self._path)
            try:
                for target, part in zip(
                    out, self._parts[region.start.t : region.end.t], strict=True
                ):
                    target[...] = self._pixels(source, part)[region.czyx]
            finally:
                source.close()

        return [job]

    def _pixels(self, source: Any, part: int) -> NDArray[Any]:
        info = self.info
        _, _, depth, channels, _ = info.size
        if not source.seek_subimage(part, 0):
            raise ZException(f"its image {part} is gone")
        kind = source.spec().format
        pixels = source.read_image(part, 0, 0, channels, kind)
        if pixels is None:
            raise ZException(f"its image {part} cannot be decoded: {source.geterror()}")
        expected = (info.height, info.width, channels)
        if pixels.size != depth * np.prod(expected) or pixels.dtype != self.dtype:
            raise ZException(f"its image {part} has pixels {pixels.shape} {pixels.dtype}")
        found: NDArray[Any] = pixels.reshape(depth, *expected).transpose(3, 0, 1, 2)
        return found


def _opened(path: Path) -> Any:
    """The file as its suffix says, not as any other format that may decode it."""
    hints = OpenImageIO.ImageSpec()
    hints.attribute("oiio:UnassociatedAlpha", 1)
    source = OpenImageIO.ImageInput.open(str(path), hints)
    if source is None:
        raise ZException(" ".join(OpenImageIO.geterror().split()) or "it cannot be opened")
    known = dict(
        entry.partition(":")[::2]
        for entry in OpenImageIO.get_string_attribute("extension_list").split(";")
    )
    name = source.format_name()
    if path.suffix.lower()[1:] not in known.get(name, "").split(","):
        source.close()
        raise ZException(f"its content is {name}, its suffix {path.suffix!r} is that of another")
    return source


def _specs(source: Any) -> list[Any]:
    """What is told of each image."""
    specs: list[Any] = []
    while len(specs) < MOST_PARTS and source.seek_subimage(len(specs), 0):
        spec = source.spec().copy()
        if spec.deep:
            raise ZException("its pixels are deep (several values each), which is not read")
        specs.append(spec)
    return specs


def _info(specs: Sequence[Any]) -> ZImgInfo:
    spec = specs[0]
    kinds = {
        (s.width, s.height, s.depth, s.nchannels, str(s.format), tuple(s.channelnames))
        for s in specs
    }
    if len(kinds) > 1:
        raise ZException(f"its frames have unequal sizes or types: {sorted(kinds)[:2]}")
    kind = TYPES.get(str(spec.format), str(spec.format))
    if kind not in VOXEL_TYPES or min(spec.width, spec.height, spec.depth, spec.nchannels) < 1:
        raise ZException(f"its header tells of {kinds}")
    names = list(spec.channelnames)
    alpha = names[-1] == "A" and len(names) > 1
    info = planar_info(spec.width, spec.height, len(names), np.dtype(kind), alpha=alpha)
    info.depth, info.numTimes, info.channelNames = spec.depth, len(specs), names
    rate = _frames_per_second(spec)
    if rate and len(specs) > 1:
        info.timeStamps = [n / rate for n in range(len(specs))]
    return info


def _frames_per_second(spec: Any) -> float:
    """0 when it is not told."""
    rate = spec.getattribute("FramesPerSecond")
    if isinstance(rate, (tuple, list)) and len(rate) == 2 and rate[1]:
        return float(rate[0]) / float(rate[1])
    return float(rate) if isinstance(rate, (int, float)) else 0.0
