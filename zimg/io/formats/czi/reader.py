"""CZI files: scenes, mosaics and pyramids from the sub-block directory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.remote import opened_bytes
from zimg.io.formats.czi.directory import IMAGE_AXES, metadata_text, places, tiles
from zimg.io.formats.czi.metadata import czi_metadata
from zimg.io.formats.czi.scene import CziScene
from zimg.values import FileFormat


class CziReader:
    """An open CZI file.

    Parameters
    ----------
    path
        An existing file.
    format
        Only `FileFormat.ZeissCZI`.

    Raises
    ------
    ZException
        When the file is damaged, or its acquisition was not finished.

    Notes
    -----
    Each scene and each index along B, V, H, I and R is an image of its own; so are runs of channels
    of one pixel type.
    """

    name = "CZI"

    def __init__(self, path: Path | str, format: FileFormat) -> None:  # noqa: ARG002 (it is the only one)
        self._file = opened_bytes(path)
        try:
            directory, place = places(self._file)
            found = tiles(self._file, directory)
            self._metadata = czi_metadata(metadata_text(self._file, place))
            self.scenes = [self._scene(part) for part in _images(found)]
        except BaseException:
            self.close()
            raise
        if not self.scenes:
            raise ZException("the file has no sub-block of full resolution")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _scene(self, part: NDArray[Any]) -> CziScene:
        scene = CziScene(self._file, part)
        index = max(int(part["S"][0]), 0)
        self._metadata.describe(scene.info, scene.channels, scene.samples, index)
        return scene


def _images(found: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Sub-blocks of each image with sub-blocks of full resolution."""
    keys = np.stack([found[axis] for axis in IMAGE_AXES], axis=1)
    images, which = np.unique(keys, axis=0, return_inverse=True)
    which = which.reshape(-1)
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which, minlength=len(images))
    for part in np.split(order, np.cumsum(counts)[:-1]):
        yield from _of_one_type(found[part])


def _of_one_type(part: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Sub-blocks of each run of channels of one pixel type."""
    full = part[(part["width"] == part["columns"]) & (part["height"] == part["rows"])]
    types: dict[int, int] = {}
    for channel, kind in np.unique(np.stack([full["C"], full["pixels"]], axis=1), axis=0):
        if types.setdefault(int(channel), int(kind)) != kind:
            raise ZException(f"channel {channel} has sub-blocks of more than one pixel type")
    run: list[int] = []
    for channel in sorted(types):
        if run and types[channel] != types[run[0]]:
            yield part[np.isin(part["C"], run)]
            run = []
        run.append(channel)
    if run:
        yield part[np.isin(part["C"], run)]
