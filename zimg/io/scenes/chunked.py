"""Images in files as Dask and xarray arrays."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.values import VoxelSizeUnit, ZImgInfo
from zimg.values.indexing import Box, box_of

Chunks = tuple[tuple[int, ...], ...]
AXES = ("T", "C", "Z", "Y", "X")


class Source(Protocol):
    """An image that is read in parts."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes along T, C, Z, Y, X."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type."""

    @property
    def chunks(self) -> Chunks:
        """Voxels of the stored blocks along T, C, Z, Y, X."""

    def voxels(self, box: Box) -> list[NDArray[Any]]:
        """One ``(C, Z, Y, X)`` array per time."""


class Voxels:
    """A source that returns five-dimensional NumPy arrays, for Dask.

    Parameters
    ----------
    source
        Must be picklable.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.shape, self.dtype, self.ndim = source.shape, source.dtype, len(AXES)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """The voxels of slices along T, C, Z, Y, X."""
        arrays = self._source.voxels(box_of(key, self.shape))
        return arrays[0][None] if len(arrays) == 1 else np.stack(arrays)


def chunks_of(blocks: NDArray[np.int64], shape: tuple[int, ...]) -> Chunks:
    """Sizes of stored blocks along T, C, Z, Y, X.

    Parameters
    ----------
    blocks
        Rows t, x, y, z, width, height, depth, as a `Scene` gives them.
    shape
        Of the image, along T, C, Z, Y, X.

    Returns
    -------
    tuple
        One tuple per axis, which sums to the size. Blocks that overlap or leave gaps, as in
        mosaics, give one chunk per plane.
    """
    t, c, z, y, x = shape
    cuts = [np.unique(blocks[:, column]) for column in (3, 2, 1)]
    regular = len(blocks) == t * np.prod([len(cut) for cut in cuts])
    if not regular or any(cut[0] for cut in cuts):
        cuts = [np.arange(z), np.zeros(1, np.int64), np.zeros(1, np.int64)]
    spatial = (_sizes(cut, n) for cut, n in zip(cuts, (z, y, x), strict=True))
    return ((1,) * t, (c,), *spatial)


def _sizes(starts: NDArray[np.int64], size: int) -> tuple[int, ...]:
    return tuple(int(step) for step in np.diff(np.append(starts, size)))


def as_dask(source: Source, version: int) -> Any:
    """A Dask array whose chunks are the stored blocks; `version` changes when the file does."""
    array, base = _needed("dask.array", "dask"), _needed("dask.base", "dask")
    return array.from_array(
        Voxels(source),
        chunks=source.chunks,
        name=f"zimg-{base.tokenize(source, version)}",
        lock=False,
        asarray=False,
        fancy=False,
        meta=np.empty((0,) * len(AXES), source.dtype),
    )


def as_xarray(pixels: Callable[[], Any], info: ZImgInfo, name: str) -> Any:
    """A `DataArray` of a Dask array with axes T, C, Z, Y, X, described by `info`."""
    xarray = _needed("xarray", "dask,xarray")
    return xarray.DataArray(pixels(), dims=AXES, coords=_coordinates(info), name=name)


def _coordinates(info: ZImgInfo) -> dict[str, Any]:
    known = info.voxelSizeUnit != VoxelSizeUnit.none
    steps = (1.0, 1.0, 1.0)
    if known:
        steps = info.voxelSizeZInUm(), info.voxelSizeYInUm(), info.voxelSizeXInUm()
    units = {"units": "um" if known else "voxel"}
    sizes = (info.depth, info.height, info.width)
    names = [name or str(number) for number, name in enumerate(info.channelNames)]
    space = {
        axis: (axis, np.arange(n) * step, units)
        for axis, n, step in zip("ZYX", sizes, steps, strict=True)
    }
    return {"T": ("T", np.asarray(info.timeStamps)), "C": ("C", names), **space}


def _needed(module: str, extras: str) -> Any:
    """Import a module of an extra; raise a `ZException` that names the extra if it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ZException(
            f'{package} is not installed; pip install "zimg-xp[{extras}]" adds it'
        ) from error


def called_by(function: str, module: str) -> bool:
    """Whether a function of a module is among the callers."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_name == function and frame.f_globals.get("__name__") == module:
            return True
    return False
