"""Files as layers of napari: images lazily, with their levels and scenes, and trees."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from zimg._errors import ZException
from zimg.image import open as open_image
from zimg.image.lazy import ZImgFile
from zimg.image.napari_layers import LayerData, image_layers
from zimg.io.registry import format_to_read
from zimg.swc import ZSwc

TREES = (".swc", ".eswc")
Paths = str | Sequence[str]


def reader_of(path: Paths) -> Callable[[Paths], list[LayerData]] | None:
    """What reads some paths; None when none of ours does.

    Parameters
    ----------
    path
        One or several; napari passes it by this name.
    """
    return layers_of if all(map(_is_ours, _listed(path))) else None


def layers_of(path: Paths) -> list[LayerData]:
    """The layers of all images and trees of some files.

    Raises
    ------
    ZException
        When one of them cannot be read.
    """
    return [layer for each in _listed(path) for layer in _layers(each)]


def _listed(path: Paths) -> list[str]:
    return [os.fspath(path)] if isinstance(path, str | os.PathLike) else list(path)


def _is_ours(path: str) -> bool:
    if path.lower().endswith(TREES) or "://" in path:
        return True
    try:
        return not format_to_read(Path(path)).missing
    except (ZException, OSError):
        return False


def _layers(path: str) -> list[LayerData]:
    name = Path(path).name
    if path.lower().endswith(TREES):
        layers: list[LayerData] = ZSwc(path).to_napari(name=name)
        return layers
    with open_image(path) as first:
        count = len(first.scenes)
        scenes = [first.scene(number) for number in range(count)]
        return [
            layer
            for number, scene in enumerate(scenes)
            for layer in _scene(scene, f"{name} {number}" if count > 1 else name)
        ]


def _scene(scene: ZImgFile, name: str) -> list[LayerData]:
    """Dask arrays of the levels, which open the file themselves."""
    levels: list[Any] = [scene.level(number).to_dask() for number in range(len(scene.levels))]
    return image_layers(levels, scene.info, name)
