"""Images that stay in their file until a part of them is asked for."""

import os
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from zimg._errors import ZException
from zimg._typing import Device, ImageFramework
from zimg.arrays.export import exported
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
    """An image in a file, read where it is indexed; made by `zimg.open`.

    Parameters
    ----------
    path
        File or folder that is an image.
    scene
        Which image of the file, from 0.
    level
        Which of the stored sizes, the full one being 0.
    format
        What to read the file as; found when unknown.
    framework, device
        Where the arrays of what is read shall be.
    held
        The file when it is open already; it is shared then.

    Notes
    -----
    The file stays open between reads until `close`, or until the last handle of it is gone. Several
    threads may read at a time. A pickled handle opens the file again where it is unpickled, so the
    path must name the same file there.
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
        self._framework, self._device = framework, device
        self._held = held or SharedFile(self._path, self._format)
        with self._held.reading() as scenes:
            found = numbered_scene(scenes, scene, self._path)
            self._scene = LockedScene(found, self._held.planning)
            stored = self._scene.levels if level else [full_level(found.info)]
            _check("level", level, len(stored), self._path)
            self._info = _info_at(found.info, stored[level])
            # Opening all scenes of a plate would take a request for each.
            lists = isinstance(scenes, tuple | list)
            self._infos = tuple(scene_infos(scenes)) if lists else None

    @property
    def path(self) -> str:
        """Absolute name of the file."""
        return self._path

    @property
    def info(self) -> ZImgInfo:
        """Sizes, type and metadata of this scene at this level; a copy."""
        return self._info.copy()

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Sizes along T, C, Z, Y, X."""
        x, y, z, c, t = self._info.size
        return t, c, z, y, x

    @property
    def ndim(self) -> int:
        """Five: T, C, Z, Y, X."""
        return 5

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type, as NumPy names it."""
        return self._scene.dtype

    @property
    def scenes(self) -> tuple[ZImgInfo, ...]:
        """Metadata of each image of the file; copies, empty for one that cannot be opened."""
        if self._infos is None:
            with self._held.reading() as scenes:
                self._infos = tuple(scene_infos(scenes))
        return tuple(info.copy() for info in self._infos)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The sizes in which this scene is stored, with their ratios; the full one first."""
        with self._held.reading():
            return tuple(self._scene.levels)

    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        """Voxels of the stored blocks along T, C, Z, Y, X, as Dask writes them."""
        with self._held.reading():
            return chunks_of(self._scene.blocks(self._level), self.shape)

    def scene(self, number: int) -> Self:
        """Another image of the same open file, at full resolution."""
        return self._like(number, 0)

    def level(self, number: int) -> Self:
        """The same image of the same open file in another of its stored sizes."""
        return self._like(self._number, number)

    def _like(self, scene: int, level: int) -> Self:
        where = self._framework, self._device
        return type(self)(self._path, scene, level, self._format, *where, held=self._held)

    def __getitem__(self, key: Any) -> ZImg:
        """Read a part; only stored blocks that hold some of it are decoded.

        Parameters
        ----------
        key
            A `ZImgRegion` in voxels of this level, or integers, slices with steps forward, and
            ``...`` for T, C, Z, Y, X, as of a `ZImg`. An integer keeps its axis with size 1.

        Returns
        -------
        ZImg
            In the framework and on the device of this handle.

        Raises
        ------
        IndexError, TypeError, ValueError
            For what is no index of this image.
        ZException
            For a region that leaves the image, a file that is closed or cannot be read.
        """
        box = box_of(key, self.shape)
        arrays = [exported(a, self._framework, device=self._device) for a in self.voxels(box)]
        return ZImg._of(arrays, info_of(self._info, box))

    def voxels(self, box: Box) -> list[NDArray[Any]]:
        """Voxels of a box of slices with start, stop and step along T, C, Z, Y, X, on the host."""
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
        """All voxels as a NumPy array, ``(T, C, Z, Y, X)``, read now: what `numpy.asarray` gives.

        Raises
        ------
        ValueError
            When `copy` is False: a file has no memory to share.
        ZException
            As of indexing.
        """
        if copy is False:
            raise ValueError("the voxels of a file cannot be shared as memory; allow a copy")
        found = np.stack(self.voxels(box_of(..., self.shape)))
        return found if dtype is None else found.astype(dtype, copy=False)

    def __len__(self) -> int:
        """Number of time points."""
        return self.shape[0]

    def __iter__(self) -> Iterator[ZImg]:
        """The images of one time point each, read one after the other."""
        return (self[time] for time in range(len(self)))

    def to_dask(self) -> Any:
        """A Dask array of NumPy arrays, ``(T, C, Z, Y, X)``, one task per stored block.

        The handle may be closed after: workers open the file themselves.

        Raises
        ------
        ZException
            When Dask is not installed.
        """
        return as_dask(self._elsewhere(), self._held.version)

    def to_xarray(self) -> Any:
        """A lazy `xarray.DataArray` with axes T, C, Z, Y, X.

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
        """The same image with a file of its own, on the host."""
        return ZImgFile(self._path, self._number, self._level, self._format)

    def close(self) -> None:
        """Close the file, for all handles that share it; reads that run are finished first."""
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
        """The name by which Dask knows the image; `dask.array.from_array` is refused.

        It takes an integer index to remove an axis, and parts to be arrays: it would fail later.
        """
        if called_by("from_array", "dask.array.core"):
            raise TypeError("dask.array.from_array cannot take a ZImgFile; use its to_dask()")
        return self.__reduce__()[1], self._held.version

    def __repr__(self) -> str:
        t, c, z, y, x = self.shape
        which = f"scene={self._number}, level={self._level}"
        size = f"times={t}, channels={c}, z={z}, y={y}, x={x}, {self.dtype}"
        closed = ", closed" if self._held.closed else ""
        return f"ZImgFile({self._path!r}, {self._held.name}, {which}, {size}{closed})"


def open(  # the name that files are opened by everywhere
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
        File, or folder that is an image; its format is found from its content, then its suffix.
    scene
        Which image of the file, from 0.
    format
        What to read the file as, whatever it looks like.
    framework
        Of the arrays that indexing gives: ``numpy``, ``torch``, ``jax``, ``cupy``,
        ``array_api_strict``.
    device
        Where they shall be; None for the framework's default.

    Returns
    -------
    ZImgFile
        ``handle[t, c, z, y, x]`` reads a part as a `ZImg`; it is a context manager.

    Raises
    ------
    ZException
        In one line naming the file: missing, of no known format, damaged, without such a scene, or
        of a format whose packages are not installed (the line says how to install them).

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
    """What is known about a stored size: its voxels are larger by its ratios."""
    result = info.copy()
    result.width, result.height, result.depth = level.size
    sizes: Sequence[float] = (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ)
    result.voxelSizeX, result.voxelSizeY, result.voxelSizeZ = (
        size * ratio for size, ratio in zip(sizes, level.ratios, strict=True)
    )
    return result
