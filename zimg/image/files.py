"""Images and the files they are read from and written to; the formats live in `zimg.io`."""

from importlib import import_module
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zimg.image.info import ZImgInfo
from zimg.image.parameters import ZImgWriteParameters
from zimg.image.region import ZImgRegion
from zimg.image.source import FileName, ZImgSource
from zimg.image.values import FileFormat

if TYPE_CHECKING:
    from zimg.image.img import ZImg

# Where a method takes ``*names``: a file name and `FileFormat`, or a list of file names with
# `catDim`, `catScenes`, and then `format` and `expandXY`.
Names = Any


class ImageFiles:
    """What is known about files without their pixels, their stored pieces, and writing."""

    @staticmethod
    def readImgInfo(imgSource: ZImgSource | FileName) -> ZImgInfo:
        """What the file of a source says about its image, the region applied; reads no pixels."""
        source = imgSource if isinstance(imgSource, ZImgSource) else ZImgSource(imgSource)
        info: ZImgInfo = import_module("zimg.io").read_source_info(source)
        return info

    @staticmethod
    def readImgInfos(*names: Names, **options: Names) -> list[ZImgInfo]:
        """What is known about each scene, without reading pixels.

        Parameters
        ----------
        *names, **options
            ``filename, format=FileFormat.Unknown``, or ``filenames, catDim, catScenes,
            format=FileFormat.Unknown, expandXY=True`` for a list that is joined.
        """
        infos: list[ZImgInfo] = import_module("zimg.io").read_source_infos(
            _source(*names, **options)
        )
        return infos

    @staticmethod
    def readImgPixelsOnly(*names: Names, **options: Names) -> "ZImg":
        """Read an image from a file or a `ZImgSource`; arguments as of the class itself."""
        image: ZImg = import_module("zimg.image").ZImg(*names, **options)
        return image

    @staticmethod
    def getInternalSubRegions(*names: Names, **options: Names) -> list[list[ZImgRegion]]:
        """Regions that are stored together, for each scene; arguments as of `readImgInfos`."""
        regions: list[list[ZImgRegion]] = import_module("zimg.io").internal_sub_regions(
            _source(*names, **options)
        )
        return regions

    @staticmethod
    def readSubBlockLists(*names: Names, **options: Names) -> list[NDArray[np.int64]]:
        """Stored pieces of each scene; arguments as of `readImgInfos`.

        Returns
        -------
        list of ndarray
            Per scene int64: rows t, x, y, z, width, height, depth in voxels of full resolution, and
            the ratios along x, y, z.
        """
        lists: list[NDArray[np.int64]] = import_module("zimg.io").sub_block_lists(
            _source(*names, **options)
        )
        return lists

    @staticmethod
    def readSubBlock(*names: Names, **options: Names) -> "ZImg":
        """Read one stored piece, in the size in which it is stored.

        Parameters
        ----------
        *names, **options
            ``filename, scene, blockIndex, format=FileFormat.Unknown``, or ``filenames, catDim,
            catScenes, scene, blockIndex, format=FileFormat.Unknown, expandXY=True``.

        Raises
        ------
        ZException
            When the scene or the piece is not there.
        """
        form = _block_of_file if _is_single(names, options) else _block_of_list
        source, block = form(*names, **options)
        image: ZImg = import_module("zimg.io").read_sub_block(source, block)
        return image

    def save(
        self,
        filename: FileName,
        format: FileFormat = FileFormat.Unknown,
        paras: ZImgWriteParameters | None = None,
    ) -> None:
        """Write the image to a file; arguments, result and errors as in `zimg.io.write`."""
        import_module("zimg.io").write(filename, self, format=format, parameters=paras)

    @staticmethod
    def writeImg(
        filename: FileName,
        sliceProvider: Any = None,
        format: FileFormat = FileFormat.Unknown,
        paras: ZImgWriteParameters | None = None,
        *,
        blockProvider: Any = None,
    ) -> None:
        """Write an image that is given in parts, without holding it.

        Parameters
        ----------
        filename
            File to create or replace.
        sliceProvider, blockProvider
            A `ZImgSliceProvider` or a `ZImgBlockProvider`; either may stand at the second place.
        format
            Found from the suffix when unknown.
        paras
            How pixels are packed.

        Raises
        ------
        ZException
            When the file cannot be written, or a part is not as announced; there is no file then.
            What the provider raises passes unchanged.
        """
        provider = sliceProvider if blockProvider is None else blockProvider
        import_module("zimg.io").write_provided(filename, provider, format=format, parameters=paras)


def _is_single(names: tuple[Names, ...], options: dict[str, Names]) -> bool:
    return not (names and isinstance(names[0], list | tuple)) and "filenames" not in options


def _source(*names: Names, **options: Names) -> ZImgSource:
    """The file or list that the arguments of a reading method name."""
    form = _file if _is_single(names, options) else _list
    return form(*names, **options)


def _file(filename: FileName, format: FileFormat = FileFormat.Unknown) -> ZImgSource:
    return ZImgSource(filename, format=format)


def _list(
    filenames: list[FileName],
    catDim: int,
    catScenes: bool,
    format: FileFormat = FileFormat.Unknown,
    expandXY: bool = True,
) -> ZImgSource:
    return ZImgSource(filenames, catDim, catScenes, format=format, expandXY=expandXY)


def _block_of_file(
    filename: FileName, scene: int, blockIndex: int, format: FileFormat = FileFormat.Unknown
) -> tuple[ZImgSource, int]:
    return ZImgSource(filename, scene=scene, format=format), _place(blockIndex)


def _block_of_list(
    filenames: list[FileName],
    catDim: int,
    catScenes: bool,
    scene: int,
    blockIndex: int,
    format: FileFormat = FileFormat.Unknown,
    expandXY: bool = True,
) -> tuple[ZImgSource, int]:
    source = ZImgSource(filenames, catDim, catScenes, scene=scene, format=format, expandXY=expandXY)
    return source, _place(blockIndex)


def _place(block: int) -> int:
    if index(block) < 0:
        raise TypeError(f"blockIndex takes an integer from 0 up, got {block}")
    return index(block)
