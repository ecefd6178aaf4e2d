"""Methods of `ZImg` that read metadata and blocks of files, and write files."""

import os
from collections.abc import Sequence
from operator import index
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg._signatures import of_forms
from zimg._typing import Array
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.reading import read_source_info, read_source_infos
from zimg.io.source import FileName, ZImgSource
from zimg.io.streaming import write_provided
from zimg.io.subblocks import internal_sub_regions, read_sub_block, sub_block_lists
from zimg.io.writer import ImagePixels
from zimg.io.writing import write_pixels
from zimg.values.enums import Dimension, FileFormat
from zimg.values.info import ZImgInfo
from zimg.values.region import ZImgRegion

# Where a method accepts ``*names``: a file name and `FileFormat`, or a list of file names with
# `catDim`, `catScenes`, and then `format` and `expandXY`.
Names = Any


def _is_single(names: tuple[Names, ...], options: dict[str, Names]) -> bool:
    return not (names and isinstance(names[0], list | tuple)) and "filenames" not in options


def _source(*names: Names, **options: Names) -> ZImgSource:
    """The file or list that the arguments of a reading method name."""
    form = _file if _is_single(names, options) else _list
    return form(*names, **options)


def _file(filename: FileName, format: FileFormat = FileFormat.Unknown) -> ZImgSource:
    return ZImgSource(filename, format=format)


def _list(
    filenames: Sequence[FileName],
    catDim: Dimension,
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
    filenames: Sequence[FileName],
    catDim: Dimension,
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
        raise TypeError(f"blockIndex must be an integer of at least 0, got {block}")
    return index(block)


class ImageFiles:
    """Read metadata and stored blocks of files, and write files."""

    if TYPE_CHECKING:
        _arrays: list[Array]

        def __init__(self, *names: Any, **options: Any) -> None: ...

        @property
        def info(self) -> ZImgInfo:
            """Metadata."""

        @property
        def data(self) -> list[Array]:
            """Arrays."""

        @classmethod
        def _of(cls, arrays: Any, info: ZImgInfo) -> Self: ...

    @staticmethod
    def readImgInfo(imgSource: ZImgSource | FileName) -> ZImgInfo:
        """Read the metadata of an image, without its pixels.

        Parameters
        ----------
        imgSource
            A source, whose region is applied, or a file name.

        Returns
        -------
        ZImgInfo
            Sizes, type, voxel size and channels.

        Raises
        ------
        ZException
            If the file cannot be read, or the region is outside the image.

        Examples
        --------
        >>> ZImg.readImgInfo("cell.tif").width  # doctest: +SKIP
        1024
        """
        source = imgSource if isinstance(imgSource, ZImgSource) else ZImgSource(imgSource)
        return read_source_info(source)

    @overload
    @staticmethod
    def readImgInfos(
        filename: FileName, format: FileFormat = FileFormat.Unknown
    ) -> list[ZImgInfo]: ...
    @overload
    @staticmethod
    def readImgInfos(
        filenames: Sequence[FileName],
        catDim: Dimension,
        catScenes: bool,
        format: FileFormat = FileFormat.Unknown,
        expandXY: bool = True,
    ) -> list[ZImgInfo]: ...
    @staticmethod
    @of_forms(_file, _list)
    def readImgInfos(*names: Names, **options: Names) -> list[ZImgInfo]:
        """Read the metadata of every scene, without pixels.

        Parameters
        ----------
        *names, **options
            ``filename, format=FileFormat.Unknown``, or ``filenames, catDim, catScenes,
            format=FileFormat.Unknown, expandXY=True`` for a list of files that are joined.

        Returns
        -------
        list of ZImgInfo
            One per scene.

        Raises
        ------
        ZException
            If a file cannot be read, or the files of a list do not fit together.
        """
        return read_source_infos(_source(*names, **options))

    @classmethod
    def readImgPixelsOnly(cls, *names: Names, **options: Names) -> Self:
        """Read an image from a file or a `ZImgSource`; the same as calling the class.

        Parameters
        ----------
        *names, **options
            As for `ZImg`: a file name, a list of them, or a `ZImgSource`, with their options.

        Returns
        -------
        ZImg
            The image, in NumPy memory.

        Raises
        ------
        ZException
            If the file cannot be read.
        """
        return cls(*names, **options)

    @overload
    @staticmethod
    def getInternalSubRegions(
        filename: FileName, format: FileFormat = FileFormat.Unknown
    ) -> list[list[ZImgRegion]]: ...
    @overload
    @staticmethod
    def getInternalSubRegions(
        filenames: Sequence[FileName],
        catDim: Dimension,
        catScenes: bool,
        format: FileFormat = FileFormat.Unknown,
        expandXY: bool = True,
    ) -> list[list[ZImgRegion]]: ...
    @staticmethod
    @of_forms(_file, _list)
    def getInternalSubRegions(*names: Names, **options: Names) -> list[list[ZImgRegion]]:
        """Regions that are stored together, for example tiles or chunks.

        Parameters
        ----------
        *names, **options
            As in `readImgInfos`.

        Returns
        -------
        list of list of ZImgRegion
            The regions of each scene.

        Raises
        ------
        ZException
            If a file cannot be read.
        """
        return internal_sub_regions(_source(*names, **options))

    @overload
    @staticmethod
    def readSubBlockLists(
        filename: FileName, format: FileFormat = FileFormat.Unknown
    ) -> list[NDArray[np.int64]]: ...
    @overload
    @staticmethod
    def readSubBlockLists(
        filenames: Sequence[FileName],
        catDim: Dimension,
        catScenes: bool,
        format: FileFormat = FileFormat.Unknown,
        expandXY: bool = True,
    ) -> list[NDArray[np.int64]]: ...
    @staticmethod
    @of_forms(_file, _list)
    def readSubBlockLists(*names: Names, **options: Names) -> list[NDArray[np.int64]]:
        """List the stored blocks of each scene, of all resolution levels.

        Parameters
        ----------
        *names, **options
            As in `readImgInfos`.

        Returns
        -------
        list of ndarray
            Per scene int64: rows t, x, y, z, width, height, depth in voxels of full resolution, and
            the ratios along x, y, z.

        Raises
        ------
        ZException
            If a file cannot be read.
        """
        return sub_block_lists(_source(*names, **options))

    @overload
    @classmethod
    def readSubBlock(
        cls,
        filename: FileName,
        scene: int,
        blockIndex: int,
        format: FileFormat = FileFormat.Unknown,
    ) -> Self: ...
    @overload
    @classmethod
    def readSubBlock(
        cls,
        filenames: Sequence[FileName],
        catDim: Dimension,
        catScenes: bool,
        scene: int,
        blockIndex: int,
        format: FileFormat = FileFormat.Unknown,
        expandXY: bool = True,
    ) -> Self: ...
    @classmethod
    @of_forms(_block_of_file, _block_of_list, bound=True)
    def readSubBlock(cls, *names: Names, **options: Names) -> Self:
        """Read one stored block at its stored resolution.

        Parameters
        ----------
        *names, **options
            ``filename, scene, blockIndex, format=FileFormat.Unknown``, or ``filenames, catDim,
            catScenes, scene, blockIndex, format=FileFormat.Unknown, expandXY=True``. `blockIndex`
            counts the rows of `readSubBlockLists`.

        Returns
        -------
        ZImg
            The block, in NumPy memory.

        Raises
        ------
        ZException
            If the scene or the block does not exist.
        """
        form = _block_of_file if _is_single(names, options) else _block_of_list
        source, block = form(*names, **options)
        return cls._of(*read_sub_block(source, block))

    def save(
        self,
        filename: FileName,
        format: FileFormat = FileFormat.Unknown,
        paras: ZImgWriteParameters | None = None,
    ) -> None:
        """Write the image to a file.

        Parameters
        ----------
        filename
            File to create or to replace atomically.
        format
            Found from the suffix when unknown.
        paras
            Compression and options of the format.

        Raises
        ------
        ZException
            If the image is empty, the format does not support it, or the file cannot be written.

        Examples
        --------
        >>> import numpy as np
        >>> ZImg(np.zeros((4, 6, 8), np.uint8), layout="ZYX").save("cell.ome.tif")
        >>> ZImg("cell.ome.tif").shape
        (1, 1, 4, 6, 8)
        """
        if not self._arrays:
            raise ZException(f"cannot write {os.fspath(filename)}: the image is empty")
        write_pixels(filename, ImagePixels(self), format=format, parameters=paras)

    @staticmethod
    def writeImg(
        filename: FileName,
        sliceProvider: Any = None,
        format: FileFormat = FileFormat.Unknown,
        paras: ZImgWriteParameters | None = None,
        *,
        blockProvider: Any = None,
    ) -> None:
        """Write an image that a provider delivers in parts, without holding it in memory.

        Parameters
        ----------
        filename
            File to create or replace.
        sliceProvider, blockProvider
            A `ZImgSliceProvider` or a `ZImgBlockProvider`; either may be the second argument.
        format
            Found from the suffix when unknown.
        paras
            Compression and options of the format.

        Raises
        ------
        ZException
            When the file cannot be written, or a part differs from the announced image; no file is
            left then. Exceptions of the provider pass unchanged.
        """
        provider = sliceProvider if blockProvider is None else blockProvider
        write_provided(filename, provider, format=format, parameters=paras)
