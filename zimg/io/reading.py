"""Arrays and metadata out of files."""

import logging
import os
from collections.abc import Sequence

from zimg._errors import ZException
from zimg._typing import Array, Device
from zimg.arrays.export import check_place
from zimg.io.disk.errors import ReplacedError
from zimg.io.scenes.levels import check_ratios, decode
from zimg.io.scenes.scene import Scene
from zimg.io.source import ZImgSource
from zimg.io.source_scenes import opened_scenes, opened_source
from zimg.values import FileFormat, ZImgInfo
from zimg.values.info import cut

ATTEMPTS = 10  # at reading what other processes replace while it is read


def read_arrays(
    source: ZImgSource,
    ratios: Sequence[int] = (1, 1, 1),
    *,
    framework: str = "numpy",
    device: Device = None,
) -> tuple[list[Array], ZImgInfo]:
    """Read what a `ZImgSource` names.

    Parameters
    ----------
    source
        One file, or several that are joined.
    ratios
        By how much to shrink along x, y, z; stored levels are used.
    framework, device
        Where the arrays shall be.

    Returns
    -------
    arrays, info
        One ``(C, Z, Y, X)`` array per time, in the dtype of the file and native byte order, and the
        metadata of exactly these arrays.

    Raises
    ------
    ZException
        As of `zimg.read`.
    ValueError
        When a ratio is below 1.
    """
    wanted = check_ratios(ratios)
    check_place(framework, device)
    for attempt in range(ATTEMPTS):
        try:
            with opened_source(source) as scene:
                found = decode(scene, source.region, wanted)
            break
        except ReplacedError:
            if attempt == ATTEMPTS - 1:
                raise
    return found.placed(framework, device)


def read_info(
    path: str | os.PathLike[str], scene: int = 0, *, format: FileFormat = FileFormat.Unknown
) -> ZImgInfo:
    """Metadata of one scene of a file, without reading pixels; errors as of `zimg.read`."""
    return read_source_info(ZImgSource(path, None, scene, format))


def read_infos(
    path: str | os.PathLike[str], *, format: FileFormat = FileFormat.Unknown
) -> list[ZImgInfo]:
    """Metadata of each scene of a file, without reading pixels; errors as of `zimg.read`."""
    return read_source_infos(ZImgSource(path, format=format))


def read_source_infos(source: ZImgSource) -> list[ZImgInfo]:
    """Metadata of each scene of a file or a list of files; errors as of `zimg.read`.

    A scene that cannot be opened, among others that can, gives an empty info and a warning.
    """
    with opened_scenes(source) as scenes:
        return scene_infos(scenes)


def scene_infos(scenes: Sequence[Scene]) -> list[ZImgInfo]:
    """Metadata of some scenes; an empty one and a warning for each that cannot be opened.

    Raises
    ------
    ZException
        When none can be opened.
    """
    found: list[ZImgInfo] = []
    failed: dict[int, ZException] = {}
    for number in range(len(scenes)):
        try:
            found.append(scenes[number].info.copy())
        except ReplacedError:
            raise
        except ZException as error:
            failed[number] = error
            found.append(ZImgInfo())
    if failed and len(failed) == len(found):
        raise failed[0]
    for number, reason in failed.items():
        logging.getLogger("zimg").warning("scene %d cannot be opened: %s", number, reason)
    return found


def read_source_info(source: ZImgSource) -> ZImgInfo:
    """Metadata of what a `ZImgSource` names, its region applied; errors as of `zimg.read`."""
    with opened_source(source) as scene:
        return cut(scene.info, source.region.resolve(scene.info.size))
