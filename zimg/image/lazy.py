"""Lazy images, which are read from their file when they are indexed."""

import os
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from zimg._errors import ZException
from zimg._typing import Device, ImageFramework
from zimg.arrays.export import check_place, exported
from zimg.image.img import ZImg
from zimg.io.opening import numbered_scene
from zimg.io.reading import scene_infos
from zimg.io.scenes.chunked import as_dask, as_xarray, called_by, chunks_of
from zimg.io.scenes.scene import Level, full_level
from zimg.io.scenes.shared_file import LockedScene, SharedFile
from zimg.io.scenes.stepped import decoded_box, region_of
from zimg.values import FileFormat, ZImgInfo
from zimg.values.indexing import Box, box_of, info_of


class ZImgFile:
    """An image in a file that is read on indexing; made by `zimg.open`.

    Parameters
    ----------
    path
        File or folder that is an image.
    scene
        Index of the image in the file.
    level
        Resolution level; 0 is full resolution.
    format
        Format to read; detected when unknown.
    framework, device
        Framework and device of the returned arrays.
    held
        An open file to share.

    Notes
    -----
    The file stays open between reads, until `close` or until its last handle is deleted. Several
    threads may read concurrently. A pickled handle reopens the file when it is unpickled, so the
    path must be valid there.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        scene: int = 0,
        level: int = 0,
        format: FileFormat = FileFormat.Unknown,
        framework: ImageFramework = "numpy",
        device: Device = None,
        *,
        held: SharedFile | None = None,
    ) -> None:
        name = os.fspath(path)
        self._path = name if "://" in name else os.path.abspath(name)  # noqa: PTH100 (a text)
        self._number, self._level, self._format = scene, level, FileFormat(format)
        check_place(framework, device)
        self._framework, self._device = framework, device
        self._held = held or SharedFile(self._path, self._format)
        with self._held.reading() as scenes:
            found = numbered_scene(scenes, scene, self._path)
            self._scene = LockedScene(found, self._held.planning)
            stored = self._scene.levels if level else [full_level(found.info)]
            _check("level", level, len(stored), self._path)
            self._info = _info_at(found.info, stored[level])
            # Opening all scenes of a plate would cost a request for each.
            lists = isinstance(scenes, tuple | list)
            self._infos = tuple(scene_infos(scenes)) if lists else None

    @property
    def path(self) -> str:
        """Absolute name of the file."""
        return self._path

    @property
    def info(self) -> ZImgInfo:
        """Copy of the metadata of this scene at this level."""
        return self._info.copy()

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Sizes along T, C, Z, Y, X."""
        x, y, z, c, t = self._info.size
        return t, c, z, y, x

    @property
    def ndim(self) -> int:
        """Number of axes, always 5: T, C, Z, Y, X."""
        return 5

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type as a NumPy dtype."""
        return self._scene.dtype

    @property
    def scenes(self) -> tuple[ZImgInfo, ...]:
        """Copies of the metadata of all scenes; empty for a scene that cannot be opened."""
        if self._infos is None:
            with self._held.reading() as scenes:
                self._infos = tuple(scene_infos(scenes))
        return tuple(info.copy() for info in self._infos)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Resolution levels of this scene with their ratios, full resolution first."""
        with self._held.reading():
            return tuple(self._scene.levels)

    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        """Sizes of the stored blocks along T, C, Z, Y, X, in the form of Dask."""
        with self._held.reading():
            return chunks_of(self._scene.blocks(self._level), self.shape)

    def scene(self, number: int) -> Self:
        """Handle of another image of the same open file, at full resolution."""
        return self._like(number, 0)

    def level(self, number: int) -> Self:
        """Handle of the same image at another resolution level."""
        return self._like(self._number, number)

    def _like(self, scene: int, level: int) -> Self:
        where = self._framework, self._device
        return type(self)(self._path, scene, level, self._format, *where, held=self._held)

    def __getitem__(self, key: Any) -> ZImg:
        """Read a part; only stored blocks that intersect it are decoded.

        Parameters
        ----------
        key
            A `ZImgRegion` in voxels of this level, or integers, slices with steps forward, and
            ``...`` for T, C, Z, Y, X, as in `ZImg`. An integer keeps its axis with size 1.

        Returns
        -------
        ZImg
            Image in the framework and on the device of this handle.

        Raises
        ------
        IndexError, TypeError, ValueError
            If the index is invalid for this image.
        ZException
            For a region outside the image, a closed handle, or a file that cannot be read.
        """
        box = box_of(key, self.shape)
        arrays = [exported(a, self._framework, device=self._device) for a in self.voxels(box)]
        return ZImg._of(arrays, info_of(self._info, box))

    def voxels(self, box: Box) -> list[NDArray[Any]]:
        """Read a box of slices with start, stop and step along T, C, Z, Y, X to the host."""
        with self._held.reading():
            return decoded_box(self._scene, box, self._level)

    def empty(self, box: Box) -> bool:
        """Whether a box is known to hold nothing but zeros, without decoding any of it.

        True where none of the stored blocks that the box meets is there, in formats that can leave
        blocks out (OME-Zarr in a folder or a zip file).
        """
        with self._held.reading():
            return self._scene.empty(region_of(box), self._level)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Read all voxels as a NumPy array, ``(T, C, Z, Y, X)``, for `numpy.asarray`.

        Raises
        ------
        ValueError
            When `copy` is False, since a file has no memory to share.
        ZException
            As in indexing.
        """
        if copy is False:
            raise ValueError("the voxels of a file have no memory to share; allow a copy")
        found = np.stack(self.voxels(box_of(..., self.shape)))
        return found if dtype is None else found.astype(dtype, copy=False)

    def __len__(self) -> int:
        """Number of time points."""
        return self.shape[0]

    def __iter__(self) -> Iterator[ZImg]:
        """Yield the image of each time point, read in turn."""
        return (self[time] for time in range(len(self)))

    def to_dask(self) -> Any:
        """Make a Dask array ``(T, C, Z, Y, X)`` of NumPy chunks, one task per stored block.

        The handle may be closed afterwards: workers open the file themselves.

        Raises
        ------
        ZException
            When Dask is not installed.
        """
        return as_dask(self._elsewhere(), self._held.version)

    def to_xarray(self) -> Any:
        """Make a lazy `xarray.DataArray` with axes T, C, Z, Y, X.

        Coordinates along Z, Y, X are distances from the first voxel in micrometres (attribute
        ``units``), or voxels of this level where the file states no unit; along C the names of
        channels, or their numbers; along T the time stamps.

        Raises
        ------
        ZException
            When Dask or xarray is not installed.
        """
        return as_xarray(self.to_dask, self.info, os.path.basename(self._path))  # noqa: PTH119

    def _elsewhere(self) -> "ZImgFile":
        """Handle of the same image with a separate file object, on the host."""
        return ZImgFile(self._path, self._number, self._level, self._format)

    def close(self) -> None:
        """Close the file for all handles that share it, after running reads have finished."""
        self._held.close()

    def __enter__(self) -> Self:
        """The handle itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        where = self._framework, self._device
        return type(self), (self._path, self._number, self._level, self._format, *where)

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        """Token of the image for Dask; `dask.array.from_array` is refused.

        It assumes that integer indices remove axes and that parts are arrays, and would fail later.
        """
        if called_by("from_array", "dask.array.core"):
            raise TypeError(
                "dask.array.from_array does not support ZImgFile: use ZImgFile.to_dask()"
            )
        return self.__reduce__()[1], self._held.version

    def __repr__(self) -> str:
        t, c, z, y, x = self.shape
        which = f"scene={self._number}, level={self._level}"
        size = f"times={t}, channels={c}, z={z}, y={y}, x={x}, {self.dtype}"
        closed = ", closed" if self._held.closed else ""
        return f"ZImgFile({self._path!r}, {self._held.name}, {which}, {size}{closed})"


def open(  # the usual name for opening files
    path: str | os.PathLike[str],
    *,
    scene: int = 0,
    format: FileFormat = FileFormat.Unknown,
    framework: ImageFramework = "numpy",
    device: Device = None,
) -> ZImgFile:
    """Open an image without reading its pixels.

    Parameters
    ----------
    path
        Image file or folder; the format is detected from its content, then its suffix.
    scene
        Index of the image in the file.
    format
        Format to read, instead of the detected one.
    framework
        Framework of the arrays: ``numpy``, ``torch``, ``jax``, ``cupy``, ``array_api_strict``.
    device
        Device of the arrays; None for the default of the framework.

    Returns
    -------
    ZImgFile
        ``handle[t, c, z, y, x]`` reads a part as a `ZImg`; the handle is a context manager.

    Raises
    ------
    ZException
        If the file is missing, damaged, of unknown format, or has no such scene, or a required
        package is not installed. The message is one line that names the file, or the command that
        installs the package.

    Examples
    --------
    Nothing is read before the handle is indexed:

    >>> with zimg.open("cell.tif") as file:
    ...     plane = file[0, 0, 5]
    >>> plane.shape
    (1, 1, 1, 64, 80)
    """
    return ZImgFile(path, scene, 0, format, framework, device)


def _check(what: str, number: int, count: int, path: str) -> None:
    if not 0 <= number < count:
        raise ZException(f"{path} has no {what} {number}: it has {count}, from 0")


def _info_at(info: ZImgInfo, level: Level) -> ZImgInfo:
    """Metadata of a level: voxel sizes are multiplied by the ratios."""
    result = info.copy()
    result.width, result.height, result.depth = level.size
    sizes: Sequence[float] = (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ)
    result.voxelSizeX, result.voxelSizeY, result.voxelSizeZ = (
        size * ratio for size, ratio in zip(sizes, level.ratios, strict=True)
    )
    return result
