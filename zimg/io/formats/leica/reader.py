"""Leica files (.lif, .lof, .xlif, .xlef), read with the strides in their descriptions."""

import logging
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import liffile

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.leica.metadata import LeicaImage
from zimg.io.formats.leica.projects import check_references
from zimg.io.formats.shared.references import named_inside
from zimg.io.scenes.strided import StridedScene, Strides
from zimg.values import FileFormat

_log = logging.getLogger("zimg")
HEAD = 13  # bytes before the text of a binary file: marks, length in bytes, length in characters


class LeicaReader:
    """An open Leica file.

    Parameters
    ----------
    path
        An existing file.
    format
        Only `FileFormat.Leica`.

    Raises
    ------
    ZException
        When the file is damaged or truncated, or keeps its pixels in image files other than LOF.

    Notes
    -----
    Each index along axes other than x, y, z, t and c (wavelengths, mosaic tiles, rotation, ...) is
    an image of its own, and so is each run of channels of one type. Tiles are not stitched,
    recorded flips are not applied, and channels keep their stored order.
    """

    name = "Leica"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002 (it is the only one)
        self._files: dict[str, FileBytes] = {}
        _check_head(path)
        self.companions = check_references(path)
        try:
            with liffile.LifFile(path, squeeze=False) as file:
                self.scenes = [scene for image in file.images for scene in self._scenes(image)]
        except BaseException:
            self.close()
            raise
        if not self.scenes:
            raise ZException("the file has no image")
        self.companions.update(Path(owner) for owner in self._files)

    def close(self) -> None:
        """Close the file and the files it refers to."""
        for file in self._files.values():
            file.close()

    def _scenes(self, image: Any) -> Iterator[StridedScene]:
        if not isinstance(image, liffile.LifImage):
            raise ZException(f"image {image.name!r} holds lifetimes, which are not supported")
        block, owner = _storage(image)
        file = self._files.get(owner) or self._files.setdefault(owner, FileBytes(owner))
        file.check(block.offset, block.size, f"image {image.name!r}")
        described = LeicaImage(image)
        described.check(block.size)
        if described.flips:
            flips = ", ".join(described.flips)
            message = "%s: tiles of %r are marked %s; they are read as stored"
            _log.info(message, image.parent.filepath, image.name, flips)
        for others in product(*(range(axis.count) for axis in described.others)):
            for channels in described.channel_groups():
                info, place = described.info(others, channels), described.place(others)
                offset = block.offset + place + channels[0].bytes_inc
                strides = _strides(described, channels)
                yield StridedScene(file, info, channels[0].dtype, offset, strides)


def _check_head(path: Path) -> None:
    """Refuse a binary file whose description would be longer than the file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
    length = 2 * int.from_bytes(head[9:13], "little")
    if head[:1] == b"\x70" and (len(head) < HEAD or HEAD + length > size):
        raise ZException(
            f"the description takes {length} bytes, the file has {size}: it is truncated"
        )


def _storage(image: Any) -> tuple[Any, str]:
    """The memory block of an image, and the path of the file that contains it."""
    block = image.memory_block
    if not block.frames:
        return block, str(image.parent.filepath)
    if len(block.frames) > 1 or not block.frames[0].file.lower().endswith(".lof"):
        raise ZException(
            f"image {image.name!r} is stored in {len(block.frames)} files such as "
            f"{block.frames[0].file}: only a single LOF file is supported"
        )
    path = _voxels_of(image, block.frames[0].file.replace("\\", "/"))
    _check_head(path)
    with liffile.LifFile(path, squeeze=False) as lof:
        return next(iter(lof.memory_blocks.values())), str(path)


def _voxels_of(image: Any, name: str) -> Path:
    """The file that a description names, in the same folder or its parent."""
    folder = Path(image.parent.dirname or ".").absolute()
    try:
        return named_inside(folder, name, folder.parent)
    except ZException as error:
        raise ZException(f"the voxels of image {image.name!r}: {error}") from error


def _strides(image: LeicaImage, channels: Sequence[Any]) -> Strides:
    """Bytes between voxels; along axes of one voxel any positive number."""
    itemsize = channels[0].dtype.itemsize
    steps = [image.step(axis) for axis in "TZYX"]
    row = image.count("X") * max(image.step("X"), itemsize)
    t, z, y, x = (
        step or other for step, other in zip(steps, (row, row, row, itemsize), strict=True)
    )
    apart = {b.bytes_inc - a.bytes_inc for a, b in pairwise(channels)}
    if len(apart) > 1 or (apart and min(apart) < 1):
        raise ZException(f"channels are {sorted(apart)} bytes apart: expected equal distances")
    c = apart.pop() if apart else itemsize
    return Strides(t=t, c=c, z=z, y=y, x=x)
