"""Decode images with OpenImageIO."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.formats.oiio.metadata import oiio_info
from zimg.io.formats.oiio.stretching import Stretching
from zimg.io.scenes.scene import Job, PlaneScene
from zimg.values import ZImgRegion


class OiioScene(PlaneScene):
    """One image of a file, or a movie of several.

    Parameters
    ----------
    path
        File to decode.
    parts
        Image numbers in the file, one per time point.
    specs
        Specification of each image.
    stretched
        The scaling of values by OpenImageIO, which is undone.
    """

    def __init__(
        self, path: Path, parts: range, specs: Sequence[Any], stretched: Stretching
    ) -> None:
        info = oiio_info(specs)
        super().__init__(info, np.dtype(info.dataTypeString()))
        self._path, self._parts, self._stretching = path, parts, stretched
        info.validBitCount = stretched.bits

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """Plan one job that decodes all requested frames, since each depends on the one before."""

        def job(out: list[NDArray[Any]]) -> None:
            source = opened_image(self._path)
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
            raise ZException(f"image {part} no longer exists in the file")
        kind = source.spec().format
        pixels = source.read_image(part, 0, 0, channels, kind)
        if pixels is None:
            raise ZException(f"image {part} cannot be decoded: {source.geterror()}")
        expected = (info.height, info.width, channels)
        if pixels.size != depth * np.prod(expected) or pixels.dtype != self.dtype:
            raise ZException(f"image {part} changed: its pixels are {pixels.shape} {pixels.dtype}")
        found: NDArray[Any] = pixels.reshape(depth, *expected).transpose(3, 0, 1, 2)
        return self._stretching.undone(found)


def opened_image(path: Path) -> Any:
    """Open the file in the format of its suffix, not in any other that could decode it."""
    hints = OpenImageIO.ImageSpec()
    hints.attribute("oiio:UnassociatedAlpha", 1)
    source = OpenImageIO.ImageInput.open(str(path), hints)
    if source is None:
        raise ZException(" ".join(OpenImageIO.geterror().split()) or "OpenImageIO cannot open it")
    known = dict(
        entry.partition(":")[::2]
        for entry in OpenImageIO.get_string_attribute("extension_list").split(";")
    )
    name = source.format_name()
    if path.suffix.lower()[1:] not in known.get(name, "").split(","):
        source.close()
        raise ZException(
            f"the content is {name}, but the suffix {path.suffix!r} belongs to another format"
        )
    return source
