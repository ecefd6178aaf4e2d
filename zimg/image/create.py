"""Forms of the constructor of an image."""

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from zimg._errors import ZException
from zimg._typing import Array
from zimg.arrays.host import aligned_zeros
from zimg.arrays.interop import VOXEL_TYPES, dtype_name
from zimg.arrays.storage import stored
from zimg.io.reading import read_arrays
from zimg.io.source import ZImgSource
from zimg.values.enums import Dimension, FileFormat
from zimg.values.info import ZImgInfo, described
from zimg.values.region import ZImgRegion

Created = tuple[list[Array], ZImgInfo]

# bool and bfloat16 share size and kind with uint8 and float16, which an info means.
_NUMPY_TYPES = {
    kind: name for name, kind in VOXEL_TYPES.items() if name not in ("bool", "bfloat16")
}


def created(source: Any, args: Sequence[Any], options: Mapping[str, Any]) -> Created:
    """Make the stored arrays and the metadata of an image from constructor arguments.

    Parameters
    ----------
    source
        First argument; None if absent, or if given in `options` by its name in the reference.
    args, options
        Further arguments.

    Raises
    ------
    TypeError
        For an unknown kind of source, or arguments that its form does not accept.
    """
    form, options = _form_of(source), dict(options)
    if source is None and (named := [name for name in _BY_KEYWORD if name in options]):
        if len(named) > 1:
            raise TypeError(f"an image is made from one source, got {' and '.join(named)}")
        form, source = _BY_KEYWORD[named[0]], options.pop(named[0])
    first, *accepted = form.__code__.co_varnames[: form.__code__.co_argcount]
    if unknown := [name for name in options if name not in accepted]:
        raise TypeError(
            f"ZImg({first.strip('_')}) accepts {', '.join(accepted) or 'no further arguments'}; "
            f"got {', '.join(unknown)}"
        )
    result: Created = form(source, *args, **options)
    return result


def _form_of(source: Any) -> Any:
    """Find the function for this kind of source."""
    if source is None:
        return _empty
    if isinstance(source, ZImgInfo):
        return _zeros
    if isinstance(source, ZImgSource):
        return _of_source
    if isinstance(source, str | os.PathLike):
        return _of_file
    if isinstance(source, list | tuple):
        names = source and all(isinstance(name, str | os.PathLike) for name in source)
        return _of_files if names else _of_times
    return _of_array


def _empty(_nothing: None) -> Created:
    """Make an empty image."""
    return [], ZImgInfo()


def _zeros(info: ZImgInfo) -> Created:
    """Make an image of zeros."""
    if 0 in info.size:
        return [], ZImgInfo()
    dtype = _NUMPY_TYPES.get((info.bytesPerVoxel, info.voxelFormat))
    if dtype is None:
        raise ValueError(f"an image cannot hold voxels of type {info.dataTypeString()}")
    shape = info.numChannels, info.depth, info.height, info.width
    try:
        arrays = [aligned_zeros(shape, dtype) for _ in range(info.numTimes)]
    except (MemoryError, ValueError) as error:  # NumPy raises the latter beyond its own limits
        size = math.prod(info.size) * info.bytesPerVoxel
        raise ZException(f"cannot allocate {size} bytes for an image of {info.size}") from error
    return arrays, described(_sizes_and_type(arrays), info)


def _of_array(
    ndarray: Any,
    imgInfo: ZImgInfo | None = None,
    copy_if_needed: bool = True,
    layout: str = "CZYX",
) -> Created:
    """Make an image from an array."""
    return _described(stored([ndarray], layout, copy_if_needed=copy_if_needed), imgInfo)


def _of_times(
    listOfndarray: Iterable[Any],
    imgInfo: ZImgInfo | None = None,
    copy_if_needed: bool = True,
    layout: str = "CZYX",
) -> Created:
    """Make an image from a list of arrays."""
    arrays = list(listOfndarray)
    if not arrays:
        raise ValueError("a list of arrays must have one array per time point, got an empty list")
    return _described(stored(arrays, layout, copy_if_needed=copy_if_needed), imgInfo)


def _of_file(
    filename: str | os.PathLike[str],
    region: ZImgRegion | None = None,
    scene: int = 0,
    xRatio: int = 1,
    yRatio: int = 1,
    zRatio: int = 1,
    format: FileFormat = FileFormat.Unknown,
) -> Created:
    """Read an image from a file."""
    return _of_source(ZImgSource(filename, region, scene, format), xRatio, yRatio, zRatio)


def _of_files(
    filenames: Sequence[str | os.PathLike[str]],
    catDim: Dimension,
    catScenes: bool,
    region: ZImgRegion | None = None,
    scene: int = 0,
    xRatio: int = 1,
    yRatio: int = 1,
    zRatio: int = 1,
    format: FileFormat = FileFormat.Unknown,
    expandXY: bool = True,
    expandWithMaxValue: bool = False,
) -> Created:
    """Read an image from a list of files."""
    source = ZImgSource(
        filenames, catDim, catScenes, region, scene, format, expandXY, expandWithMaxValue
    )
    return _of_source(source, xRatio, yRatio, zRatio)


def _of_source(imgSource: ZImgSource, xRatio: int = 1, yRatio: int = 1, zRatio: int = 1) -> Created:
    """Read an image from a source."""
    return read_arrays(imgSource, (xRatio, yRatio, zRatio))


_BY_KEYWORD: dict[str, Callable[..., Created]] = {
    "ndarray": _of_array,
    "listOfndarray": _of_times,
    "filename": _of_file,
    "filenames": _of_files,
    "imgSource": _of_source,
}


FORMS = tuple(_BY_KEYWORD.values())
"""One function for each form of the arguments."""


def _described(arrays: list[Array], info: ZImgInfo | None) -> Created:
    """Stored arrays with the metadata of `info`, whose sizes and type are ignored."""
    if info is None:
        return arrays, _sizes_and_type(arrays)
    if not isinstance(info, ZImgInfo):
        raise TypeError(f"imgInfo must be a ZImgInfo, got {type(info).__name__}")
    return arrays, described(_sizes_and_type(arrays), info)


def _sizes_and_type(arrays: list[Array]) -> ZImgInfo:
    """Sizes and type of stored arrays."""
    return _plain_info(len(arrays), *arrays[0].shape, dtype_name(arrays[0].dtype)).copy()


@lru_cache(maxsize=64)
def _plain_info(t: int, c: int, z: int, y: int, x: int, dtype: str) -> ZImgInfo:
    """Metadata with sizes and type only; cached to make wrapping fast."""
    return ZImgInfo(x, y, z, c, t, *VOXEL_TYPES[dtype])
